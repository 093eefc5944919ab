// SPDX-License-Identifier: GPL-2.0

//! How the driver of one member gets at the buffers of another, and why in no better way.
//!
//! What the drivers and the bus tell says which ways there could be. Whether the best of them works
//! is tried when the first buffer is exported for a member. That it works is remembered for the
//! pair of members; that it does not is remembered for the client alone, whose buffer may have been
//! of a kind that others do not use.

use crate::member_info::MemberInfo;
use kernel::{
    new_mutex,
    prelude::*,
    sync::{
        atomic::{
            Atomic,
            Relaxed, //
        },
        Mutex, //
    }, //
};
use kernel_ext::{
    dma_buf::{
        self,
        DmaBuf,
        Importer,
        Mapped, //
    },
    drm_device::ForeignDevice,
    uapi, //
};
use mvgal_vendors::{
    Addresses,
    Capability, //
};

#[cfg(mvgal_kunit)]
#[path = "../tests/kunit/reach.rs"]
mod test;

/// A way, by its number in `enum drm_mvgal_reach`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u32)]
pub(crate) enum Reach {
    /// By a copy.
    Copy = uapi::drm_mvgal_reach_DRM_MVGAL_REACH_COPY,
    /// By an import, with the memory in system memory.
    Import = uapi::drm_mvgal_reach_DRM_MVGAL_REACH_IMPORT,
    /// By an import, with the memory where it is.
    PeerToPeer = uapi::drm_mvgal_reach_DRM_MVGAL_REACH_P2P,
    /// It is its own memory.
    Own = uapi::drm_mvgal_reach_DRM_MVGAL_REACH_OWN,
    /// In no way.
    None = uapi::drm_mvgal_reach_DRM_MVGAL_REACH_NONE,
}

/// Why it is no better way, by its number in `enum drm_mvgal_reach_limit`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u32)]
pub(crate) enum Limit {
    /// There is none.
    None = uapi::drm_mvgal_reach_limit_DRM_MVGAL_REACH_LIMIT_NONE,
    /// The exporter does not export.
    Export = uapi::drm_mvgal_reach_limit_DRM_MVGAL_REACH_LIMIT_EXPORT,
    /// The importer does not import.
    Import = uapi::drm_mvgal_reach_limit_DRM_MVGAL_REACH_LIMIT_IMPORT,
    /// The exporter is not on PCI.
    ExporterBus = uapi::drm_mvgal_reach_limit_DRM_MVGAL_REACH_LIMIT_EXPORTER_BUS,
    /// The importer is not on PCI.
    ImporterBus = uapi::drm_mvgal_reach_limit_DRM_MVGAL_REACH_LIMIT_IMPORTER_BUS,
    /// The drivers do not do it.
    Drivers = uapi::drm_mvgal_reach_limit_DRM_MVGAL_REACH_LIMIT_DRIVERS,
    /// The exporter maps its memory for no other device.
    Map = uapi::drm_mvgal_reach_limit_DRM_MVGAL_REACH_LIMIT_MAP,
    /// The exporter gives out physical addresses, which an IOMMU translates for the importer.
    Iommu = uapi::drm_mvgal_reach_limit_DRM_MVGAL_REACH_LIMIT_IOMMU,
    /// PCI does not let the one reach the other.
    Pci = uapi::drm_mvgal_reach_limit_DRM_MVGAL_REACH_LIMIT_PCI,
    /// The exporter refused when it was tried.
    Attach = uapi::drm_mvgal_reach_limit_DRM_MVGAL_REACH_LIMIT_ATTACH,
    /// The client told that the importer refused.
    Refused = uapi::drm_mvgal_reach_limit_DRM_MVGAL_REACH_LIMIT_REFUSED,
    /// The buffer has copies by itself.
    Replicated = uapi::drm_mvgal_reach_limit_DRM_MVGAL_REACH_LIMIT_REPLICATED,
}

/// How an importer gets at the memory of an exporter.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Way {
    /// In which way.
    pub(crate) reach: Reach,
    /// Why in no better one.
    pub(crate) limit: Limit,
    /// With what a better one was refused when it was tried.
    pub(crate) refusal: Option<Error>,
}

impl Way {
    const fn new(reach: Reach, limit: Limit) -> Self {
        Self {
            reach,
            limit,
            refusal: None,
        }
    }

    /// The memory is the member's own.
    pub(crate) const OWN: Self = Self::new(Reach::Own, Limit::None);

    /// The CPU reads it, which is no driver.
    pub(crate) const BY_CPU: Self = Self::new(Reach::Copy, Limit::None);

    /// The client told that there is no other.
    pub(crate) const REFUSED: Self = Self::new(Reach::Copy, Limit::Refused);

    /// The member has a copy anyway.
    pub(crate) const REPLICATED: Self = Self::new(Reach::Copy, Limit::Replicated);

    /// The way to memory of which there can be copies only if the CPU reads and writes it.
    pub(crate) fn of_memory(self, by_cpu: bool) -> Self {
        match self.reach {
            Reach::Copy if !by_cpu => Self {
                reach: Reach::None,
                ..self
            },
            _ => self,
        }
    }

    /// What is to be expected of `importer` and the memory of `exporter`; `None` is the host.
    pub(crate) fn expected(exporter: Option<&MemberInfo>, importer: &MemberInfo) -> Self {
        let lacks = |member: &MemberInfo, bit: u32| member.features() & u64::from(bit) == 0;
        let imports = !lacks(importer, uapi::DRM_MVGAL_FEATURE_IMPORT);

        let Some(exporter) = exporter else {
            return match imports {
                true => Self::new(Reach::Import, Limit::None),
                false => Self::new(Reach::Copy, Limit::Import),
            };
        };
        let by_copy =
            |limit| Self::new(Reach::Copy, limit).of_memory(exporter.can(Capability::Copy));
        if lacks(exporter, uapi::DRM_MVGAL_FEATURE_EXPORT) {
            return by_copy(Limit::Export);
        }
        if !imports {
            return by_copy(Limit::Import);
        }
        match exporter.addresses_for_others() {
            Addresses::Mapped => {}
            Addresses::Physical if !importer.translates_addresses() => {}
            Addresses::Physical => return by_copy(Limit::Iommu),
            Addresses::None => return by_copy(Limit::Map),
        }
        if !exporter.is_pci() {
            Self::new(Reach::Import, Limit::ExporterBus)
        } else if !importer.is_pci() {
            Self::new(Reach::Import, Limit::ImporterBus)
        } else if exporter.p2p_distance(importer).is_none() {
            Self::new(Reach::Import, Limit::Pci)
        } else if !exporter.exports_peer_memory() || !importer.imports_peer_memory() {
            Self::new(Reach::Import, Limit::Drivers)
        } else {
            Self::new(Reach::PeerToPeer, Limit::None)
        }
    }

    /// The best way from `self` on that works when `map` is called to try it. `system` is how the
    /// importer imports system memory.
    ///
    /// # Errors
    ///
    /// What interrupted a trial, and `ENODEV`.
    fn tried(
        self,
        system: Importer,
        mut map: impl FnMut(Importer) -> Result<Mapped>,
    ) -> Result<(Self, Lesson)> {
        let mut way = self;
        let mut lesson = Lesson::ForAll;
        if way.reach == Reach::PeerToPeer {
            match map(Importer::PeerToPeer) {
                Ok(Mapped::PeerToPeer) => return Ok((way, lesson)),
                // It may have been asleep, or not this buffer.
                Ok(Mapped::System) => {
                    return Ok((Self::new(Reach::Import, Limit::Attach), Lesson::None))
                }
                Err(err) => {
                    lesson = lesson.min(Lesson::of(err)?);
                    way = Self {
                        reach: Reach::Import,
                        limit: Limit::Attach,
                        refusal: Some(err),
                    };
                }
            }
        }
        if way.reach == Reach::Import {
            if let Err(err) = map(system) {
                lesson = lesson.min(Lesson::of(err)?);
                way = Self {
                    reach: Reach::Copy,
                    limit: Limit::Attach,
                    refusal: Some(err),
                };
            }
        }
        Ok((way, lesson))
    }
}

/// Whom the outcome of a trial tells something about other buffers.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Lesson {
    /// Nobody: it was for want of memory, or for what may be over soon.
    None,
    /// The client whose buffer it was. Others may have buffers of another kind.
    ForClient,
    /// All clients.
    ForAll,
}

impl Lesson {
    /// What a refusal tells. `EINVAL` is what amdgpu and xe answer as long as it is pinned in VRAM,
    /// by a job that has it mapped, say.
    ///
    /// # Errors
    ///
    /// That of the refusal, if it is not one but an interruption, or the end of the device.
    fn of(refusal: Error) -> Result<Self> {
        if refusal == EINTR || refusal == ERESTARTSYS || refusal == ENODEV {
            Err(refusal)
        } else if refusal == EOPNOTSUPP {
            Ok(Self::ForClient)
        } else {
            Ok(Self::None)
        }
    }
}

/// How often buffers were reached in each way.
pub(crate) struct Reached([Atomic<u64>; WAYS.len()]);

/// The ways and their names.
const WAYS: [(Reach, &str); 4] = [
    (Reach::Copy, "copy"),
    (Reach::Import, "import"),
    (Reach::PeerToPeer, "p2p"),
    (Reach::Own, "own"),
];

impl Reached {
    /// Not at all yet.
    pub(crate) const fn new() -> Self {
        Self([const { Atomic::new(0) }; WAYS.len()])
    }

    /// Counts one.
    pub(crate) fn count(&self, reach: Reach) {
        for (count, _) in self.0.iter().zip(WAYS).filter(|(_, way)| way.0 == reach) {
            count.fetch_add(1, Relaxed);
        }
    }

    /// Returns the name of each way, and how often it was.
    pub(crate) fn counts(&self) -> impl Iterator<Item = (&'static str, u64)> + '_ {
        let counts = self.0.iter().zip(WAYS);
        counts.map(|(count, (_, name))| (name, count.load(Relaxed)))
    }
}

/// What is known of a pair of members.
struct Pair {
    exporter: u32,
    importer: u32,
    way: Way,
}

/// The ways that were found, by the ids of exporter and importer.
#[pin_data]
pub(crate) struct Ways {
    #[pin]
    pairs: Mutex<KVec<Pair>>,
}

impl Ways {
    /// Nothing is known yet.
    pub(crate) fn new() -> impl PinInit<Self> {
        pin_init!(Self {
            pairs <- new_mutex!(KVec::new(), "mvgal::Ways::pairs"),
        })
    }

    /// Returns what is remembered of a pair.
    pub(crate) fn get(&self, exporter: u32, importer: u32) -> Option<Way> {
        let pairs = self.pairs.lock();
        let found = pairs
            .iter()
            .find(|pair| (pair.exporter, pair.importer) == (exporter, importer));
        found.map(|pair| pair.way)
    }

    /// Remembers the way of a pair, and forgets those of members that are not `there` any more.
    ///
    /// # Errors
    ///
    /// `ENOMEM`.
    pub(crate) fn remember(
        &self,
        exporter: u32,
        importer: u32,
        way: Way,
        there: impl Fn(u32) -> bool,
    ) -> Result {
        let mut pairs = self.pairs.lock();
        pairs.retain(|pair| there(pair.exporter) && there(pair.importer));
        let new = Pair {
            exporter,
            importer,
            way,
        };
        match pairs
            .iter_mut()
            .find(|pair| (pair.exporter, pair.importer) == (exporter, importer))
        {
            Some(pair) => *pair = new,
            None => pairs.push(new, GFP_KERNEL_ACCOUNT)?,
        }
        Ok(())
    }
}

/// Tries how the device `dev` of the member `importer` gets at the memory of `dma_buf`, from the
/// best way that is `expected` on. Returns also who can learn from that.
///
/// # Errors
///
/// What interrupted it, and `ENODEV` if the device was unplugged.
pub(crate) fn find_way(
    expected: Way,
    dma_buf: &DmaBuf,
    importer: &MemberInfo,
    dev: &ForeignDevice,
) -> Result<(Way, Lesson)> {
    let system = if importer.imports_peer_memory() {
        Importer::Dynamic
    } else {
        Importer::Static
    };
    let (way, lesson) =
        expected.tried(system, |importer| dma_buf::try_map(dma_buf, dev, importer))?;
    Ok((way.of_memory(dma_buf.can_vmap()), lesson))
}

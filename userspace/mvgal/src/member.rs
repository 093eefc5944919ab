// SPDX-License-Identifier: MIT OR Apache-2.0

//! Members: the GPUs behind the logical one.

use std::fmt;
use std::path::PathBuf;

use bitflags::bitflags;

use crate::error::{Error, Result};
use crate::member_node::MemberNode;
use crate::refusal::{Capability, Operations, Refusals};
use crate::sys;

/// Names a member, the host, or any.
///
/// Ids count up from 1 and are never used again while the module is loaded, so
/// an id that was kept over a hotplug names the same member or none.
///
/// ```
/// use mvgal::MemberId;
///
/// assert_eq!(MemberId::new(3).to_string(), "3");
/// assert_eq!(MemberId::HOST.to_string(), "host");
/// assert!(MemberId::new(3).is_member() && !MemberId::ANY.is_member());
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct MemberId(u32);

impl MemberId {
    /// The CPU and system memory.
    pub const HOST: MemberId = MemberId(sys::DRM_MVGAL_MEMBER_HOST);
    /// Whichever the client's policy chooses.
    pub const ANY: MemberId = MemberId(sys::DRM_MVGAL_MEMBER_ANY);

    /// The id as the kernel has it.
    pub const fn new(id: u32) -> Self {
        MemberId(id)
    }

    /// The id as the kernel wants it.
    pub const fn get(self) -> u32 {
        self.0
    }

    /// Whether it names one member, and not the host or any.
    pub fn is_member(self) -> bool {
        self != Self::HOST && self != Self::ANY
    }
}

impl fmt::Display for MemberId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match *self {
            Self::HOST => f.pad("host"),
            Self::ANY => f.pad("any"),
            MemberId(id) => f.pad(&id.to_string()),
        }
    }
}

bitflags! {
    /// What a member can do, read by the kernel off its driver's own tables.
    #[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
    pub struct Features: u64 {
        /// Has a render node.
        const RENDER = sys::DRM_MVGAL_FEATURE_RENDER as u64;
        /// Drives displays.
        const MODESET = sys::DRM_MVGAL_FEATURE_MODESET as u64;
        /// Is a compute accelerator without graphics.
        const COMPUTE = sys::DRM_MVGAL_FEATURE_COMPUTE as u64;
        /// Has GEM buffers.
        const GEM = sys::DRM_MVGAL_FEATURE_GEM as u64;
        /// Knows syncobjs.
        const SYNCOBJ = sys::DRM_MVGAL_FEATURE_SYNCOBJ as u64;
        /// Knows timeline syncobjs.
        const TIMELINE = sys::DRM_MVGAL_FEATURE_TIMELINE as u64;
        /// Allocates through the generic dumb-buffer operation.
        const DUMB = sys::DRM_MVGAL_FEATURE_DUMB as u64;
        /// mvgal allocates through the vendor's own ioctl.
        const VENDOR_ALLOC = sys::DRM_MVGAL_FEATURE_VENDOR_ALLOC as u64;
        /// Its buffers can be exported as dma-bufs.
        const EXPORT = sys::DRM_MVGAL_FEATURE_EXPORT as u64;
        /// It imports dma-bufs of other drivers.
        const IMPORT = sys::DRM_MVGAL_FEATURE_IMPORT as u64;
        /// Its PCI device provides peer-to-peer memory.
        const P2PMEM = sys::DRM_MVGAL_FEATURE_P2PMEM as u64;
        /// It takes native commands, see [`Job::native`](crate::Job::native).
        const NATIVE = sys::DRM_MVGAL_FEATURE_NATIVE as u64;
        // Bits of newer modules are kept.
        const _ = !0;
    }
}

impl Features {
    /// Whether mvgal can allocate exportable buffers there.
    pub fn can_allocate(self) -> bool {
        self.contains(Features::GEM | Features::EXPORT)
            && self.intersects(Features::DUMB | Features::VENDOR_ALLOC)
    }

    /// The names of the features that are set, in the order of their bits.
    pub fn names(self) -> impl Iterator<Item = &'static str> {
        Features::all()
            .iter_names()
            .filter(move |(_, bit)| self.contains(*bit))
            .map(|(name, _)| name)
    }
}

/// What a member can be asked to do.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum MemberState {
    /// It takes buffers and jobs.
    Online,
    /// The fence of a native job did not come in time. Native jobs end with `EIO`
    /// until it has come, and [any](MemberId::ANY) avoids the member.
    Hung,
    /// What a newer module says.
    Other(u32),
}

impl fmt::Display for MemberState {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            MemberState::Online => f.pad("online"),
            MemberState::Hung => f.pad("hung"),
            MemberState::Other(state) => f.pad(&format!("unknown ({state})")),
        }
    }
}

/// The bus a member sits on.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Bus {
    /// PCI or PCI Express.
    Pci,
    /// The platform bus.
    Platform,
    /// Another one: virtual, USB, …
    Other,
}

impl fmt::Display for Bus {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(match self {
            Bus::Pci => "pci",
            Bus::Platform => "platform",
            Bus::Other => "other",
        })
    }
}

/// What identifies a PCI device.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct PciId {
    /// Vendor id.
    pub vendor: u16,
    /// Device id.
    pub device: u16,
    /// Subsystem vendor id.
    pub subvendor: u16,
    /// Subsystem id.
    pub subdevice: u16,
    /// Class code, 24 bits.
    pub class: u32,
    /// Revision.
    pub revision: u32,
}

impl fmt::Display for PciId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:04x}:{:04x}", self.vendor, self.device)
    }
}

/// One member, as it was when it was asked for.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct Member {
    /// Its id.
    pub id: MemberId,
    /// Its bit in masks, 0–63; another member may get it later.
    pub slot: u32,
    /// What it can be asked to do.
    pub state: MemberState,
    /// The bus it sits on.
    pub bus: Bus,
    /// What it can do.
    pub features: Features,
    /// Name of its DRM driver.
    pub driver: String,
    /// Version of the driver: major, minor, patch level.
    pub driver_version: (i32, i32, i32),
    /// Name of its bus device: `0000:03:00.0`, `vgem`.
    pub bus_address: String,
    /// NUMA node, if it is known.
    pub numa_node: Option<u32>,
    /// Minor number of `/dev/dri/cardN`.
    pub primary_minor: Option<u32>,
    /// Minor number of `/dev/dri/renderDN`.
    pub render_minor: Option<u32>,
    /// Its PCI ids, if it is on PCI.
    pub pci: Option<PciId>,
    /// Current PCIe link: MT/s and lanes; `None` if unknown.
    pub link: Option<(u32, u32)>,
    /// Best PCIe link of the device: MT/s and lanes; `None` if unknown.
    pub link_max: Option<(u32, u32)>,
    /// Sizes of its memory BARs in bytes; 0 where there is none.
    pub bar_size: [u64; 6],
    /// Jobs of all clients that wait for its turn.
    pub jobs_queued: u32,
    /// Jobs of all clients in flight on it.
    pub jobs_running: u32,
    /// Jobs that ended on it, in any way.
    pub jobs_done: u64,
    /// Time it has spent on jobs, in ns.
    pub busy_ns: u64,
    /// By which operations the kernel module drives it.
    pub operations: Operations,
    /// What it cannot do, and why.
    pub refusals: Refusals,
    /// By priority of jobs, the priority that a context of its driver should have for
    /// native jobs, as the driver's own interface has it; `None` if its contexts have
    /// none.
    pub context_priorities: Option<[i32; 16]>,
}

impl Member {
    /// Decodes what the kernel gave.
    ///
    /// No value of the kernel's makes this fail: strings that are not UTF-8 are
    /// shown with replacement characters, and numbers without a name are kept.
    ///
    /// ```
    /// use mvgal::{Member, sys};
    ///
    /// let mut raw = sys::drm_mvgal_device { id: 2, numa_node: -1, ..Default::default() };
    /// raw.driver[..4].copy_from_slice(b"vgem");
    /// let member = Member::from_raw(&raw);
    /// assert_eq!(member.driver, "vgem");
    /// assert_eq!(member.numa_node, None);
    /// ```
    pub fn from_raw(raw: &sys::drm_mvgal_device) -> Self {
        let bus = match raw.bus {
            sys::DRM_MVGAL_BUS_PCI => Bus::Pci,
            sys::DRM_MVGAL_BUS_PLATFORM => Bus::Platform,
            _ => Bus::Other,
        };
        let minor = |minor| (minor != sys::DRM_MVGAL_MINOR_NONE).then_some(minor);
        let refusals = Refusals::from_raw(&raw.refusals);
        let prioritizes = refusals.why(Capability::Prioritize).is_none()
            // A module before 1.2 says nothing.
            && raw.context_priorities.iter().any(|&priority| priority != 0);
        let link = |speed, width| (speed != 0 && width != 0).then_some((speed, width));
        Member {
            id: MemberId(raw.id),
            slot: raw.slot,
            state: match raw.state {
                sys::DRM_MVGAL_MEMBER_ONLINE => MemberState::Online,
                sys::DRM_MVGAL_MEMBER_HUNG => MemberState::Hung,
                other => MemberState::Other(other),
            },
            bus,
            features: Features::from_bits_retain(raw.features),
            driver: text(&raw.driver),
            driver_version: (raw.driver_major, raw.driver_minor, raw.driver_patchlevel),
            bus_address: text(&raw.bus_address),
            numa_node: u32::try_from(raw.numa_node).ok(),
            primary_minor: minor(raw.primary_minor),
            render_minor: minor(raw.render_minor),
            pci: (bus == Bus::Pci).then_some(PciId {
                vendor: raw.pci_vendor,
                device: raw.pci_device,
                subvendor: raw.pci_subvendor,
                subdevice: raw.pci_subdevice,
                class: raw.pci_class,
                revision: raw.pci_revision,
            }),
            link: link(raw.link_speed, raw.link_width),
            link_max: link(raw.link_speed_max, raw.link_width_max),
            bar_size: raw.bar_size,
            jobs_queued: raw.jobs_queued,
            jobs_running: raw.jobs_running,
            jobs_done: raw.jobs_done,
            busy_ns: raw.busy_ns,
            operations: Operations::from_raw(raw.vendor),
            refusals,
            context_priorities: prioritizes.then_some(raw.context_priorities),
        }
    }

    /// Where its nodes are: the render node first, which needs no privilege.
    pub fn node_paths(&self) -> Vec<PathBuf> {
        let render = self.render_minor.map(|n| format!("/dev/dri/renderD{n}"));
        let primary = self.primary_minor.map(|n| format!("/dev/dri/card{n}"));
        render
            .into_iter()
            .chain(primary)
            .map(PathBuf::from)
            .collect()
    }

    /// Opens a node of this member, to [attach](crate::Device::attach) it.
    ///
    /// # Errors
    ///
    /// [`Error::NoMemberNode`] if it has no node, [`Error::OpenMember`] if none may be
    /// opened, and [`Error::WrongDriver`] if the node belongs to another driver:
    /// the member was unplugged and its number given away.
    pub fn open(&self) -> Result<MemberNode> {
        let mut failure = Error::NoMemberNode {
            id: self.id.get(),
            driver: self.driver.clone(),
        };
        for path in self.node_paths() {
            match MemberNode::open(&path, &self.driver) {
                Ok(node) => return Ok(node),
                // Of several failures the render node's says most.
                Err(error) if matches!(failure, Error::NoMemberNode { .. }) => failure = error,
                Err(_) => {}
            }
        }
        Err(failure)
    }
}

/// The members at one moment.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Members {
    /// Changes whenever a member comes or goes.
    pub generation: u64,
    list: Vec<Member>,
}

impl Members {
    /// Decodes what the kernel gave, which has them by slot.
    pub fn from_raw(generation: u64, raw: &[sys::drm_mvgal_device]) -> Self {
        let mut list: Vec<Member> = raw.iter().map(Member::from_raw).collect();
        list.sort_by_key(|member| member.id);
        Members { generation, list }
    }

    /// The members by id, the one first that came first.
    pub fn iter(&self) -> std::slice::Iter<'_, Member> {
        self.list.iter()
    }

    /// How many there are.
    pub fn len(&self) -> usize {
        self.list.len()
    }

    /// Whether there is none.
    pub fn is_empty(&self) -> bool {
        self.list.is_empty()
    }

    /// The member with this id.
    pub fn get(&self, id: MemberId) -> Option<&Member> {
        self.list.iter().find(|member| member.id == id)
    }
}

impl IntoIterator for Members {
    type Item = Member;
    type IntoIter = std::vec::IntoIter<Member>;

    fn into_iter(self) -> Self::IntoIter {
        self.list.into_iter()
    }
}

impl<'a> IntoIterator for &'a Members {
    type Item = &'a Member;
    type IntoIter = std::slice::Iter<'a, Member>;

    fn into_iter(self) -> Self::IntoIter {
        self.iter()
    }
}

/// The text of a NUL-terminated field; all of it if there is no NUL.
fn text(field: &[u8]) -> String {
    let end = field.iter().position(|&b| b == 0).unwrap_or(field.len());
    String::from_utf8_lossy(&field[..end]).into_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bad_strings_do_no_harm() {
        let raw = sys::drm_mvgal_device {
            driver: [0xff; 32],
            ..Default::default()
        };
        assert_eq!(Member::from_raw(&raw).driver.chars().count(), 32);
    }

    #[test]
    fn render_node_comes_first() {
        let raw = sys::drm_mvgal_device {
            primary_minor: 1,
            render_minor: 129,
            ..Default::default()
        };
        let paths = Member::from_raw(&raw).node_paths();
        assert_eq!(paths[0].to_str(), Some("/dev/dri/renderD129"));
        assert_eq!(paths[1].to_str(), Some("/dev/dri/card1"));
    }

    #[test]
    fn members_are_listed_by_id() {
        // The slot of one that went is taken by the next that comes.
        let raw = [(7, 0), (2, 1), (6, 2)].map(|(id, slot)| sys::drm_mvgal_device {
            id,
            slot,
            ..Default::default()
        });
        let members = Members::from_raw(1, &raw);
        let ids: Vec<u32> = members.iter().map(|member| member.id.get()).collect();
        assert_eq!(ids, [2, 6, 7]);
    }

    #[test]
    fn no_node_is_an_error_that_names_the_member() {
        let mut raw = sys::drm_mvgal_device {
            id: 7,
            primary_minor: sys::DRM_MVGAL_MINOR_NONE,
            render_minor: sys::DRM_MVGAL_MINOR_NONE,
            ..Default::default()
        };
        raw.driver[..4].copy_from_slice(b"vkms");
        let error = Member::from_raw(&raw).open().unwrap_err().to_string();
        assert!(error.starts_with("member 7 (vkms) has no node"), "{error}");
    }

    #[test]
    fn unknown_feature_bits_are_kept() {
        let features = Features::from_bits_retain(1 << 63 | 1);
        assert_eq!(features.bits(), 1 << 63 | 1);
        assert_eq!(features.names().collect::<Vec<_>>(), ["RENDER"]);
    }
}

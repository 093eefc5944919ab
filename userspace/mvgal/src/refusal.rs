// SPDX-License-Identifier: MIT OR Apache-2.0

//! How the kernel module drives a member, what it cannot do there, and why.

use std::fmt;

use crate::sys;

/// The operations by which the kernel module drives a member. They go by the name
/// of its driver and the version of the driver's interface.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Operations {
    /// Those that work with any driver.
    Generic,
    /// Those for amdgpu.
    Amdgpu,
    /// Those for i915.
    I915,
    /// Those for xe.
    Xe,
    /// Those for nouveau.
    Nouveau,
    /// Those for nvidia-drm.
    NvidiaDrm,
    /// Those for mtgpu.
    Mtgpu,
    /// Those for virtio-gpu.
    VirtioGpu,
    /// What a newer module says.
    Other(u32),
}

impl Operations {
    pub(crate) fn from_raw(raw: u32) -> Self {
        match raw {
            sys::DRM_MVGAL_VENDOR_GENERIC => Self::Generic,
            sys::DRM_MVGAL_VENDOR_AMDGPU => Self::Amdgpu,
            sys::DRM_MVGAL_VENDOR_I915 => Self::I915,
            sys::DRM_MVGAL_VENDOR_XE => Self::Xe,
            sys::DRM_MVGAL_VENDOR_NOUVEAU => Self::Nouveau,
            sys::DRM_MVGAL_VENDOR_NVIDIA_DRM => Self::NvidiaDrm,
            sys::DRM_MVGAL_VENDOR_MTGPU => Self::Mtgpu,
            sys::DRM_MVGAL_VENDOR_VIRTIO_GPU => Self::VirtioGpu,
            other => Self::Other(other),
        }
    }
}

impl fmt::Display for Operations {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(match self {
            Self::Generic => "generic",
            Self::Amdgpu => "amdgpu",
            Self::I915 => "i915",
            Self::Xe => "xe",
            Self::Nouveau => "nouveau",
            Self::NvidiaDrm => "nvidia-drm",
            Self::Mtgpu => "mtgpu",
            Self::VirtioGpu => "virtio_gpu",
            Self::Other(number) => return f.pad(&format!("unknown ({number})")),
        })
    }
}

/// Something that a member may or may not be able to do.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Capability {
    /// Allocate buffers.
    Alloc,
    /// Allocate them where they are wanted.
    Place,
    /// Export them.
    Export,
    /// Import those of other drivers.
    Import,
    /// Take native jobs.
    Native,
    /// Put contexts above one another.
    Prioritize,
    /// Have its memory read and written by the jobs that the CPU does.
    Copy,
    /// What a newer module says.
    Other(u32),
}

impl Capability {
    fn from_raw(raw: u32) -> Self {
        match raw {
            sys::DRM_MVGAL_CAN_ALLOC => Self::Alloc,
            sys::DRM_MVGAL_CAN_PLACE => Self::Place,
            sys::DRM_MVGAL_CAN_EXPORT => Self::Export,
            sys::DRM_MVGAL_CAN_IMPORT => Self::Import,
            sys::DRM_MVGAL_CAN_NATIVE => Self::Native,
            sys::DRM_MVGAL_CAN_PRIORITIZE => Self::Prioritize,
            sys::DRM_MVGAL_CAN_COPY => Self::Copy,
            other => Self::Other(other),
        }
    }
}

impl fmt::Display for Capability {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(match self {
            Self::Alloc => "alloc",
            Self::Place => "place",
            Self::Export => "export",
            Self::Import => "import",
            Self::Native => "native",
            Self::Prioritize => "prioritize",
            Self::Copy => "copy",
            Self::Other(number) => return f.pad(&format!("unknown ({number})")),
        })
    }
}

/// Why a member cannot do something.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Refusal {
    /// The module does not know the driver.
    UnknownDriver,
    /// It knows the driver, but not this version of its interface.
    UnknownVersion,
    /// The driver has no such operation.
    NotThere,
    /// The driver leaves no choice.
    DriverDecides,
    /// Only user memory would tell whether the driver can.
    CannotAsk,
    /// Work is handed to the GPU from user mode.
    UserModeSubmit,
    /// Submissions are ordered by objects of the driver's own.
    OwnFences,
    /// The driver's kernel mode setting is off.
    NoModeset,
    /// The vendor has not published how it is done.
    NotPublished,
    /// What a newer module says.
    Other(u32),
}

impl Refusal {
    fn from_raw(raw: u32) -> Option<Self> {
        Some(match raw {
            sys::DRM_MVGAL_REFUSAL_NONE => return None,
            sys::DRM_MVGAL_REFUSAL_UNKNOWN_DRIVER => Self::UnknownDriver,
            sys::DRM_MVGAL_REFUSAL_UNKNOWN_VERSION => Self::UnknownVersion,
            sys::DRM_MVGAL_REFUSAL_NOT_THERE => Self::NotThere,
            sys::DRM_MVGAL_REFUSAL_DRIVER_DECIDES => Self::DriverDecides,
            sys::DRM_MVGAL_REFUSAL_CANNOT_ASK => Self::CannotAsk,
            sys::DRM_MVGAL_REFUSAL_USER_MODE_SUBMIT => Self::UserModeSubmit,
            sys::DRM_MVGAL_REFUSAL_OWN_FENCES => Self::OwnFences,
            sys::DRM_MVGAL_REFUSAL_NO_MODESET => Self::NoModeset,
            sys::DRM_MVGAL_REFUSAL_NOT_PUBLISHED => Self::NotPublished,
            other => Self::Other(other),
        })
    }

    /// The number in `enum drm_mvgal_refusal`.
    pub fn number(self) -> u32 {
        match self {
            Self::UnknownDriver => sys::DRM_MVGAL_REFUSAL_UNKNOWN_DRIVER,
            Self::UnknownVersion => sys::DRM_MVGAL_REFUSAL_UNKNOWN_VERSION,
            Self::NotThere => sys::DRM_MVGAL_REFUSAL_NOT_THERE,
            Self::DriverDecides => sys::DRM_MVGAL_REFUSAL_DRIVER_DECIDES,
            Self::CannotAsk => sys::DRM_MVGAL_REFUSAL_CANNOT_ASK,
            Self::UserModeSubmit => sys::DRM_MVGAL_REFUSAL_USER_MODE_SUBMIT,
            Self::OwnFences => sys::DRM_MVGAL_REFUSAL_OWN_FENCES,
            Self::NoModeset => sys::DRM_MVGAL_REFUSAL_NO_MODESET,
            Self::NotPublished => sys::DRM_MVGAL_REFUSAL_NOT_PUBLISHED,
            Self::Other(number) => number,
        }
    }
}

impl fmt::Display for Refusal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(match self {
            Self::UnknownDriver => "mvgal does not know the driver",
            Self::UnknownVersion => "mvgal does not know this version of the driver",
            Self::NotThere => "the driver has no such operation",
            Self::DriverDecides => "the driver leaves no choice",
            Self::CannotAsk => "the driver does not tell the kernel whether it can",
            Self::UserModeSubmit => "work goes to the GPU from user mode, past the kernel",
            Self::OwnFences => "the driver orders work by objects of its own",
            Self::NoModeset => "needs the driver's modeset=1",
            Self::NotPublished => "the vendor has not published how",
            Self::Other(number) => return f.pad(&format!("unknown reason ({number})")),
        })
    }
}

/// What a member cannot do, and why, in the order of the capabilities.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Refusals(Vec<(Capability, Refusal)>);

impl Refusals {
    /// Decodes what the kernel gave.
    ///
    /// ```
    /// use mvgal::{Capability, Refusal, Refusals};
    ///
    /// // DRM_MVGAL_CAN_NATIVE is 4, DRM_MVGAL_REFUSAL_USER_MODE_SUBMIT is 6.
    /// let refusals = Refusals::from_raw(&[0, 0, 0, 0, 6, 0, 0, 0]);
    /// assert_eq!(refusals.why(Capability::Native), Some(Refusal::UserModeSubmit));
    /// assert_eq!(refusals.why(Capability::Alloc), None);
    /// ```
    pub fn from_raw(raw: &[u32]) -> Self {
        let refusals = (0..).zip(raw).filter_map(|(capability, &refusal)| {
            Some((
                Capability::from_raw(capability),
                Refusal::from_raw(refusal)?,
            ))
        });
        Refusals(refusals.collect())
    }

    /// Why the member cannot do something; `None` if it can.
    pub fn why(&self, capability: Capability) -> Option<Refusal> {
        self.iter()
            .find(|(refused, _)| *refused == capability)
            .map(|(_, refusal)| refusal)
    }

    /// What it cannot do, with the reasons.
    pub fn iter(&self) -> impl Iterator<Item = (Capability, Refusal)> {
        self.0.iter().copied()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_a_newer_module_says_is_kept() {
        let refusals = Refusals::from_raw(&[0, 77, 0, 0, 0, 0, 0, 3]);
        assert_eq!(
            refusals.iter().collect::<Vec<_>>(),
            [
                (Capability::Place, Refusal::Other(77)),
                (Capability::Other(7), Refusal::NotThere)
            ]
        );
        assert_eq!(Refusal::Other(77).to_string(), "unknown reason (77)");
    }

    #[test]
    fn numbers_are_those_of_the_header() {
        for number in 1..=9 {
            let refusal = Refusal::from_raw(number).unwrap();
            assert!(!matches!(refusal, Refusal::Other(_)), "{number}");
            assert_eq!(refusal.number(), number);
        }
        for number in 0..=7 {
            let operations = Operations::from_raw(number);
            assert!(!matches!(operations, Operations::Other(_)), "{number}");
        }
    }
}

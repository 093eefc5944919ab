// SPDX-License-Identifier: GPL-2.0

//! What cannot be done with a member, and why.

use kernel::prelude::*;
use kernel_ext::uapi;

/// Something that a member's driver may or may not be able to do, by its number in
/// `enum drm_mvgal_capability`.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
#[repr(u32)]
pub enum Capability {
    /// Allocate memory.
    Alloc = uapi::drm_mvgal_capability_DRM_MVGAL_CAN_ALLOC,
    /// Allocate it where it is wanted.
    Place = uapi::drm_mvgal_capability_DRM_MVGAL_CAN_PLACE,
    /// Export it.
    Export = uapi::drm_mvgal_capability_DRM_MVGAL_CAN_EXPORT,
    /// Import what others have exported.
    Import = uapi::drm_mvgal_capability_DRM_MVGAL_CAN_IMPORT,
    /// Take submissions of NATIVE jobs.
    Native = uapi::drm_mvgal_capability_DRM_MVGAL_CAN_NATIVE,
    /// Put contexts above one another.
    Prioritize = uapi::drm_mvgal_capability_DRM_MVGAL_CAN_PRIORITIZE,
    /// Have its memory read and written by the CPU's jobs.
    Copy = uapi::drm_mvgal_capability_DRM_MVGAL_CAN_COPY,
}

impl Capability {
    /// All of them.
    pub const ALL: [Self; 7] = [
        Self::Alloc,
        Self::Place,
        Self::Export,
        Self::Import,
        Self::Native,
        Self::Prioritize,
        Self::Copy,
    ];
}

/// Why a member's driver cannot do something, by its number in `enum drm_mvgal_refusal`.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
#[repr(u32)]
pub enum Refusal {
    /// mvgal has no operations for this driver.
    UnknownDriver = uapi::drm_mvgal_refusal_DRM_MVGAL_REFUSAL_UNKNOWN_DRIVER,
    /// It has operations for this driver, but not for this version of its UAPI.
    UnknownVersion = uapi::drm_mvgal_refusal_DRM_MVGAL_REFUSAL_UNKNOWN_VERSION,
    /// The driver has it not among its operations, in this version or on this device.
    NotThere = uapi::drm_mvgal_refusal_DRM_MVGAL_REFUSAL_NOT_THERE,
    /// The driver decides by itself.
    DriverDecides = uapi::drm_mvgal_refusal_DRM_MVGAL_REFUSAL_DRIVER_DECIDES,
    /// Only what the driver writes to user memory would tell whether it can.
    CannotAsk = uapi::drm_mvgal_refusal_DRM_MVGAL_REFUSAL_CANNOT_ASK,
    /// Work is handed to the device from user mode, past the kernel.
    UserModeSubmit = uapi::drm_mvgal_refusal_DRM_MVGAL_REFUSAL_USER_MODE_SUBMIT,
    /// Submissions are ordered by objects of the driver's own, which no other driver knows.
    OwnFences = uapi::drm_mvgal_refusal_DRM_MVGAL_REFUSAL_OWN_FENCES,
    /// The driver's kernel mode setting is switched off, and with it its memory for others.
    NoModeset = uapi::drm_mvgal_refusal_DRM_MVGAL_REFUSAL_NO_MODESET,
    /// The driver's vendor has not published how it is done.
    NotPublished = uapi::drm_mvgal_refusal_DRM_MVGAL_REFUSAL_NOT_PUBLISHED,
}

impl From<Refusal> for Error {
    fn from(_: Refusal) -> Self {
        EOPNOTSUPP
    }
}

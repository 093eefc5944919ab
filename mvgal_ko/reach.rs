// SPDX-License-Identifier: GPL-2.0

//! How the driver of one member gets at the buffers of another, and why in no better way.

use crate::member_info::MemberInfo;
use kernel_ext::uapi;

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
    /// PCI does not let the one reach the other.
    Pci = uapi::drm_mvgal_reach_limit_DRM_MVGAL_REACH_LIMIT_PCI,
}

/// Returns how `importer` gets at the buffers of `exporter`.
pub(crate) fn reach(exporter: &MemberInfo, importer: &MemberInfo) -> (Reach, Limit) {
    let lacks = |member: &MemberInfo, bit: u32| member.features() & u64::from(bit) == 0;

    if lacks(exporter, uapi::DRM_MVGAL_FEATURE_EXPORT) {
        (Reach::Copy, Limit::Export)
    } else if lacks(importer, uapi::DRM_MVGAL_FEATURE_IMPORT) {
        (Reach::Copy, Limit::Import)
    } else if !exporter.is_pci() {
        (Reach::Import, Limit::ExporterBus)
    } else if !importer.is_pci() {
        (Reach::Import, Limit::ImporterBus)
    } else if exporter.p2p_distance(importer).is_none() {
        (Reach::Import, Limit::Pci)
    } else {
        (Reach::PeerToPeer, Limit::None)
    }
}

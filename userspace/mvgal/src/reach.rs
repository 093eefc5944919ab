// SPDX-License-Identifier: MIT OR Apache-2.0

//! How the driver of a member gets at a buffer.

use std::fmt;

use crate::dma_buf::DmaBuf;
use crate::member::MemberId;
use crate::sys;

/// How the driver of a member gets at a buffer of another.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Reach {
    /// By a copy in memory of its own, which jobs keep coherent.
    Copy,
    /// It imports the dma-buf, where the memory is system memory or is moved there.
    Import,
    /// It imports the dma-buf, and PCI lets it reach the memory where it is.
    P2p,
    /// The memory is its own.
    Own,
    /// In no way: it does not import it, and jobs of the CPU cannot copy it. The engine of the
    /// member whose memory it is may reach memory that both do.
    None,
    /// What a newer module says.
    Other(u32),
}

impl From<u32> for Reach {
    fn from(raw: u32) -> Self {
        match raw {
            sys::DRM_MVGAL_REACH_COPY => Reach::Copy,
            sys::DRM_MVGAL_REACH_IMPORT => Reach::Import,
            sys::DRM_MVGAL_REACH_P2P => Reach::P2p,
            sys::DRM_MVGAL_REACH_OWN => Reach::Own,
            sys::DRM_MVGAL_REACH_NONE => Reach::None,
            other => Reach::Other(other),
        }
    }
}

impl fmt::Display for Reach {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Reach::Copy => f.pad("copy"),
            Reach::Import => f.pad("import"),
            Reach::P2p => f.pad("p2p"),
            Reach::Own => f.pad("own"),
            Reach::None => f.pad("none"),
            Reach::Other(reach) => f.pad(&format!("unknown ({reach})")),
        }
    }
}

/// Why there is no better [`Reach`]; the first reason, if there are several.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum ReachLimit {
    /// It is the best there is.
    None,
    /// The exporter's driver does not export.
    Export,
    /// The importer's driver does not import.
    Import,
    /// The exporter is not on PCI.
    ExporterBus,
    /// The importer is not on PCI.
    ImporterBus,
    /// PCI does not pass on what one sends to the other, as far as the kernel knows.
    Pci,
    /// The exporter's driver refused when it was tried.
    Attach,
    /// This client told that the importer's driver refused.
    Refused,
    /// The buffer is [replicated](crate::BufferFlags::REPLICATED).
    Replicated,
    /// PCI would let it, but not both drivers do peer-to-peer by dma-bufs.
    Drivers,
    /// The exporter's driver maps its memory for no other device.
    Map,
    /// The exporter's driver gives out physical addresses, and an IOMMU translates those of the
    /// importer's device. It does not with `iommu=pt` on the kernel's command line.
    Iommu,
    /// What a newer module says.
    Other(u32),
}

impl From<u32> for ReachLimit {
    fn from(raw: u32) -> Self {
        match raw {
            sys::DRM_MVGAL_REACH_LIMIT_NONE => ReachLimit::None,
            sys::DRM_MVGAL_REACH_LIMIT_EXPORT => ReachLimit::Export,
            sys::DRM_MVGAL_REACH_LIMIT_IMPORT => ReachLimit::Import,
            sys::DRM_MVGAL_REACH_LIMIT_EXPORTER_BUS => ReachLimit::ExporterBus,
            sys::DRM_MVGAL_REACH_LIMIT_IMPORTER_BUS => ReachLimit::ImporterBus,
            sys::DRM_MVGAL_REACH_LIMIT_PCI => ReachLimit::Pci,
            sys::DRM_MVGAL_REACH_LIMIT_ATTACH => ReachLimit::Attach,
            sys::DRM_MVGAL_REACH_LIMIT_REFUSED => ReachLimit::Refused,
            sys::DRM_MVGAL_REACH_LIMIT_REPLICATED => ReachLimit::Replicated,
            sys::DRM_MVGAL_REACH_LIMIT_DRIVERS => ReachLimit::Drivers,
            sys::DRM_MVGAL_REACH_LIMIT_MAP => ReachLimit::Map,
            sys::DRM_MVGAL_REACH_LIMIT_IOMMU => ReachLimit::Iommu,
            other => ReachLimit::Other(other),
        }
    }
}

impl fmt::Display for ReachLimit {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            ReachLimit::None => f.pad("it is the best there is"),
            ReachLimit::Export => f.pad("the exporter's driver does not export"),
            ReachLimit::Import => f.pad("the importer's driver does not import"),
            ReachLimit::ExporterBus => f.pad("the exporter is not on PCI"),
            ReachLimit::ImporterBus => f.pad("the importer is not on PCI"),
            ReachLimit::Pci => f.pad("PCI does not let the one reach the other"),
            ReachLimit::Attach => f.pad("the exporter's driver refused when it was tried"),
            ReachLimit::Refused => f.pad("the importer's driver refused"),
            ReachLimit::Replicated => f.pad("the buffer is replicated"),
            ReachLimit::Drivers => f.pad("not both drivers do peer-to-peer by dma-bufs"),
            ReachLimit::Map => f.pad("the exporter's driver maps it for no other device"),
            ReachLimit::Iommu => {
                f.pad("the exporter's driver does not map it for the importer's IOMMU (iommu=pt)")
            }
            ReachLimit::Other(limit) => f.pad(&format!("unknown ({limit})")),
        }
    }
}

/// A dma-buf by which a member's driver gets at a buffer: what
/// [`Buffer::export_for`](crate::Buffer::export_for) returns.
#[derive(Debug)]
#[non_exhaustive]
pub struct Exported {
    /// What the member's driver can import.
    pub dma_buf: DmaBuf,
    /// How it gets at the buffer by that.
    pub reach: Reach,
    /// Why in no better way.
    pub limit: ReachLimit,
    /// Whose memory it is: with [`Reach::Copy`], whose copy.
    pub home: MemberId,
}

// SPDX-License-Identifier: GPL-2.0

//! What the device and driver of a member tell about themselves.
//!
//! All of it is read off the structures and tables of the kernel, in the same way for any driver.

#[cfg(mvgal_kunit)]
#[path = "../tests/kunit/vendors.rs"]
mod vendors_test;

use kernel::{
    pci,
    platform,
    prelude::*,
    sync::aref::ARef, //
};
use kernel_ext::{
    drm_device::{
        Feature,
        ForeignDevice, //
    },
    pci::{
        link,
        max_link,
        memory_bars,
        p2p_distance,
        provides_p2p_memory, //
    },
    uapi, //
};
use mvgal_vendors::{
    ops_for,
    Addresses,
    Capability,
    VendorOps, //
};

use crate::run_queue::LEVELS;

/// What a member's device and driver told.
pub(crate) struct MemberInfo {
    /// What does not change, in the form in which it is asked for.
    fixed: uapi::drm_mvgal_device,
    vendor: &'static dyn VendorOps,
    pci: Option<ARef<pci::Device>>,
    translates_addresses: bool,
}

impl MemberInfo {
    /// Reads it off a device.
    pub(crate) fn new(dev: &ForeignDevice) -> Self {
        let parent = dev.parent();
        let version = dev.driver_version();
        let vendor = ops_for(dev);
        let mut fixed = uapi::drm_mvgal_device {
            features: features(dev, vendor),
            vendor: vendor.vendor() as u32,
            refusals: refusals(dev, vendor),
            context_priorities: context_priorities(vendor),
            bus: uapi::drm_mvgal_bus_DRM_MVGAL_BUS_OTHER,
            driver_major: version.major,
            driver_minor: version.minor,
            driver_patchlevel: version.patchlevel,
            numa_node: dev
                .numa_node()
                .and_then(|node| i32::try_from(node).ok())
                .unwrap_or(-1),
            primary_minor: dev.primary_minor().unwrap_or(uapi::DRM_MVGAL_MINOR_NONE),
            render_minor: dev.render_minor().unwrap_or(uapi::DRM_MVGAL_MINOR_NONE),
            ..Default::default()
        };
        copy_name(&mut fixed.driver, dev.driver_name());
        copy_name(&mut fixed.bus_address, parent.name());

        let pci: Option<&pci::Device> = parent.try_into().ok();
        if let Some(pci) = pci {
            fixed.bus = uapi::drm_mvgal_bus_DRM_MVGAL_BUS_PCI;
            fixed.pci_vendor = pci.vendor_id().as_raw();
            fixed.pci_device = pci.device_id();
            fixed.pci_subvendor = pci.subsystem_vendor_id();
            fixed.pci_subdevice = pci.subsystem_device_id();
            fixed.pci_class = pci.pci_class().as_raw();
            fixed.pci_revision = pci.revision_id().into();
            fixed.bar_size = memory_bars(pci);

            let link = max_link(pci);
            fixed.link_speed_max = link.speed;
            fixed.link_width_max = link.width;
        } else if <&platform::Device>::try_from(parent).is_ok() {
            fixed.bus = uapi::drm_mvgal_bus_DRM_MVGAL_BUS_PLATFORM;
        }

        Self {
            fixed,
            vendor,
            pci: pci.map(ARef::from),
            translates_addresses: dev.translates_addresses(),
        }
    }

    /// Returns the name of the driver.
    pub(crate) fn driver(&self) -> &[u8] {
        self.fixed
            .driver
            .split(|byte| *byte == 0)
            .next()
            .unwrap_or_default()
    }

    /// Returns the `DRM_MVGAL_FEATURE_*` bits.
    pub(crate) fn features(&self) -> u64 {
        // Drivers may set this up after they have registered their device.
        let p2p = self.pci.as_deref().is_some_and(provides_p2p_memory);

        let p2p = if p2p {
            uapi::DRM_MVGAL_FEATURE_P2PMEM
        } else {
            0
        };

        self.fixed.features | u64::from(p2p)
    }

    /// Returns whether it is a PCI device.
    pub(crate) fn is_pci(&self) -> bool {
        self.pci.is_some()
    }

    /// Returns how far `importer` is from this one's memory, `None` if it cannot reach it directly.
    pub(crate) fn p2p_distance(&self, importer: &Self) -> Option<u32> {
        p2p_distance(self.pci.as_deref()?, importer.pci.as_deref()?)
    }

    /// Whether it can do something.
    pub(crate) fn can(&self, capability: Capability) -> bool {
        let refusal = self.fixed.refusals.get(capability as usize);
        refusal.is_some_and(|refusal| *refusal == uapi::drm_mvgal_refusal_DRM_MVGAL_REFUSAL_NONE)
    }

    /// By which addresses others reach what its driver has exported.
    pub(crate) fn addresses_for_others(&self) -> Addresses {
        self.vendor.addresses_for_others()
    }

    /// Whether an IOMMU translates the addresses of its device.
    pub(crate) fn translates_addresses(&self) -> bool {
        self.translates_addresses
    }

    /// Whether its driver lets others read and write its own memory where it lies.
    pub(crate) fn exports_peer_memory(&self) -> bool {
        self.vendor.exports_peer_memory()
    }

    /// Whether its driver reads and writes memory of others where it lies.
    pub(crate) fn imports_peer_memory(&self) -> bool {
        self.vendor.imports_peer_memory()
    }

    /// Returns it in the form in which it is asked for, with what only the member knows left 0.
    pub(crate) fn to_uapi(&self) -> uapi::drm_mvgal_device {
        let link = self.pci.as_deref().map(link).unwrap_or_default();

        uapi::drm_mvgal_device {
            features: self.features(),
            link_speed: link.speed,
            link_width: link.width,
            ..self.fixed
        }
    }
}

fn features(dev: &ForeignDevice, vendor: &dyn VendorOps) -> u64 {
    let can = |capability| vendor.can(dev, capability).is_ok();

    [
        (dev.has(Feature::Render), uapi::DRM_MVGAL_FEATURE_RENDER),
        (dev.has(Feature::Modeset), uapi::DRM_MVGAL_FEATURE_MODESET),
        (
            dev.has(Feature::ComputeAccel),
            uapi::DRM_MVGAL_FEATURE_COMPUTE,
        ),
        (dev.has(Feature::Gem), uapi::DRM_MVGAL_FEATURE_GEM),
        (dev.has(Feature::Syncobj), uapi::DRM_MVGAL_FEATURE_SYNCOBJ),
        (
            dev.has(Feature::SyncobjTimeline),
            uapi::DRM_MVGAL_FEATURE_TIMELINE,
        ),
        (dev.has_dumb_buffers(), uapi::DRM_MVGAL_FEATURE_DUMB),
        (
            vendor.allocates_by_ioctl(dev),
            uapi::DRM_MVGAL_FEATURE_VENDOR_ALLOC,
        ),
        (can(Capability::Export), uapi::DRM_MVGAL_FEATURE_EXPORT),
        (can(Capability::Import), uapi::DRM_MVGAL_FEATURE_IMPORT),
        (can(Capability::Native), uapi::DRM_MVGAL_FEATURE_NATIVE),
    ]
    .into_iter()
    .filter(|(present, _)| *present)
    .fold(0u64, |bits, (_, bit)| bits | u64::from(bit))
}

/// Returns why what cannot be done cannot be done, by the number of the capability.
fn refusals(
    dev: &ForeignDevice,
    vendor: &dyn VendorOps,
) -> [u32; uapi::DRM_MVGAL_CAPABILITIES as usize] {
    let mut refusals = [uapi::drm_mvgal_refusal_DRM_MVGAL_REFUSAL_NONE; _];

    for capability in Capability::ALL {
        if let (Some(number), Err(refusal)) = (
            refusals.get_mut(capability as usize),
            vendor.can(dev, capability),
        ) {
            *number = refusal as u32;
        }
    }
    refusals
}

/// Returns the priorities of the driver's contexts by level; 0 if it has none.
fn context_priorities(vendor: &dyn VendorOps) -> [i32; LEVELS] {
    // CAST: There are few levels.
    core::array::from_fn(|level| vendor.context_priority(level as u32).unwrap_or_default())
}

/// Copies a name, as much of it as there is room for with a NUL.
fn copy_name(field: &mut [u8], name: &CStr) {
    let Some((_, room)) = field.split_last_mut() else {
        return;
    };

    for (to, from) in room.iter_mut().zip(name.to_bytes()) {
        *to = *from;
    }
}

// SPDX-License-Identifier: GPL-2.0

//! What the `kernel` crate does not tell about PCI devices.
//!
//! C headers: [`include/linux/pci.h`](srctree/include/linux/pci.h),
//! [`include/linux/pci-p2pdma.h`](srctree/include/linux/pci-p2pdma.h)

use crate::bindings;
use core::ptr;
use kernel::pci;

/// Speed and width of a PCIe link.
#[derive(Clone, Copy, Default, PartialEq, Eq, Debug)]
pub struct Link {
    /// Speed in MT/s, 0 if unknown.
    pub speed: u32,
    /// Lanes, 0 if unknown.
    pub width: u32,
}

fn as_raw(dev: &pci::Device) -> *mut bindings::pci_dev {
    // CAST: `pci::Device` is a transparent wrapper of `struct pci_dev`.
    ptr::from_ref(dev).cast_mut().cast()
}

/// Returns the sizes of the memory BARs in bytes, 0 for what is none.
///
/// A BAR of 64 bits takes two places, of which the second is 0.
pub fn memory_bars(dev: &pci::Device) -> [u64; 6] {
    let mut bars = [0; 6];

    for (bar, index) in bars.iter_mut().zip(0..) {
        // SAFETY: `dev` is valid, and a device has at least six BARs.
        *bar = unsafe { bindings::mvgal_shim_pci_memory_bar_len(as_raw(dev), index) };
    }
    bars
}

/// Reads the current state of a device's link.
pub fn link(dev: &pci::Device) -> Link {
    let mut status = 0;
    // SAFETY: `dev` is valid, and `status` is valid for a write.
    let ret = unsafe {
        bindings::pcie_capability_read_word(
            as_raw(dev),
            bindings::PCI_EXP_LNKSTA as i32,
            &mut status,
        )
    };

    // A device that is powered off reads as all ones.
    if ret != 0 || status == u16::MAX {
        return Link::default();
    }
    Link {
        speed: match u32::from(status) & bindings::PCI_EXP_LNKSTA_CLS {
            1 => 2500,
            2 => 5000,
            3 => 8000,
            4 => 16000,
            5 => 32000,
            6 => 64000,
            _ => 0,
        },
        width: (u32::from(status) & bindings::PCI_EXP_LNKSTA_NLW)
            >> bindings::PCI_EXP_LNKSTA_NLW.trailing_zeros(),
    }
}

/// Reads the best that a device's link can do.
pub fn max_link(dev: &pci::Device) -> Link {
    // SAFETY: `dev` is valid.
    let (speed, width) = unsafe {
        (
            bindings::pcie_get_speed_cap(as_raw(dev)),
            bindings::pcie_get_width_cap(as_raw(dev)),
        )
    };

    Link {
        speed: match speed {
            bindings::pci_bus_speed_PCIE_SPEED_2_5GT => 2500,
            bindings::pci_bus_speed_PCIE_SPEED_5_0GT => 5000,
            bindings::pci_bus_speed_PCIE_SPEED_8_0GT => 8000,
            bindings::pci_bus_speed_PCIE_SPEED_16_0GT => 16000,
            bindings::pci_bus_speed_PCIE_SPEED_32_0GT => 32000,
            bindings::pci_bus_speed_PCIE_SPEED_64_0GT => 64000,
            _ => 0,
        },
        width: match width {
            bindings::pcie_link_width_PCIE_LNK_WIDTH_UNKNOWN => 0,
            width => width,
        },
    }
}

/// Returns whether the device's driver has set it up to provide peer-to-peer memory.
pub fn provides_p2p_memory(dev: &pci::Device) -> bool {
    // SAFETY: `dev` is valid.
    unsafe { bindings::mvgal_shim_pci_has_p2pdma(as_raw(dev)) }
}

/// Returns how far `client` is from the memory of `provider`, `None` if it cannot reach it.
///
/// The smaller the better. May sleep.
pub fn p2p_distance(provider: &pci::Device, client: &pci::Device) -> Option<u32> {
    // SAFETY: Both devices are valid.
    let distance =
        unsafe { bindings::mvgal_shim_pci_p2pdma_distance(as_raw(provider), as_raw(client)) };

    u32::try_from(distance).ok()
}

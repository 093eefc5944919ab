// SPDX-License-Identifier: MIT OR Apache-2.0

//! `nouveau`: `NOUVEAU_GETPARAM`.
//!
//! Engines and clocks are told by NVIF alone, whose structures are the driver's
//! own and no part of its UAPI: they are not asked for, and are not known.

use nix::errno::Errno;

use super::query::{Driver, known};
use super::{MemberDetails, Memory, UnitKind, Units, Vendor, sys};

/// What only `nouveau` tells.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct Nouveau {
    /// Number of the chip: 0x164 for TU104, say.
    pub chipset: Option<u64>,
    /// Graphics processing clusters, of chips from Fermi on.
    pub graphics_clusters: Option<u32>,
    /// Most pushes of one `EXEC`; `None` where the driver has no such ioctl.
    pub max_pushes: Option<u64>,
}

pub(super) fn ask(driver: &mut Driver<'_>) -> MemberDetails {
    let mut param = |name, param| {
        let value = getparam(driver, param);
        driver.note(name, value)
    };
    let chipset = param(
        "NOUVEAU_GETPARAM_CHIPSET_ID",
        sys::NOUVEAU_GETPARAM_CHIPSET_ID,
    );
    let vram = param("NOUVEAU_GETPARAM_FB_SIZE", sys::NOUVEAU_GETPARAM_FB_SIZE);
    let gart = param("NOUVEAU_GETPARAM_AGP_SIZE", sys::NOUVEAU_GETPARAM_AGP_SIZE);
    let visible = param(
        "NOUVEAU_GETPARAM_VRAM_BAR_SIZE",
        sys::NOUVEAU_GETPARAM_VRAM_BAR_SIZE,
    );
    let used = param(
        "NOUVEAU_GETPARAM_VRAM_USED",
        sys::NOUVEAU_GETPARAM_VRAM_USED,
    );
    let units = param(
        "NOUVEAU_GETPARAM_GRAPH_UNITS",
        sys::NOUVEAU_GETPARAM_GRAPH_UNITS,
    );
    let max_pushes = param(
        "NOUVEAU_GETPARAM_EXEC_PUSH_MAX",
        sys::NOUVEAU_GETPARAM_EXEC_PUSH_MAX,
    );

    // Before Fermi the value is a mask of another layout.
    let units = units.filter(|_| chipset.is_some_and(|chipset| chipset >= 0xc0));
    MemberDetails {
        chip: chipset.map(|chipset| match family(chipset) {
            Some(family) => format!("NV{chipset:X} ({family})"),
            None => format!("NV{chipset:X}"),
        }),
        vram: vram.and_then(known).map(|total| Memory {
            total,
            cpu_visible: visible.and_then(known).map(|visible| visible.min(total)),
            used,
        }),
        system: gart.and_then(known).map(|total| Memory {
            total,
            cpu_visible: Some(total),
            used: None,
        }),
        units: units
            .and_then(|units| known((units >> 8) as u32 & 0xff_ffff))
            .map(|count| Units {
                kind: UnitKind::TextureProcessingClusters,
                count,
            }),
        vendor: Vendor::Nouveau(Nouveau {
            chipset,
            graphics_clusters: units.and_then(|units| known(units as u32 & 0xff)),
            max_pushes: max_pushes.and_then(known),
        }),
        ..MemberDetails::default()
    }
}

fn getparam(driver: &Driver<'_>, param: u32) -> Result<u64, Errno> {
    let mut arg = sys::drm_nouveau_getparam {
        param: param.into(),
        value: 0,
    };
    // SAFETY: The structure has no pointers.
    unsafe { driver.call(sys::IOCTL_NOUVEAU_GETPARAM, &mut arg)? };
    Ok(arg.value)
}

/// The family of a chip, as the driver tells them apart.
fn family(chipset: u64) -> Option<&'static str> {
    Some(match chipset & 0x1f0 {
        0x020 => "Kelvin",
        0x030 => "Rankine",
        0x040 | 0x060 => "Curie",
        0x050 | 0x080 | 0x090 | 0x0a0 => "Tesla",
        0x0c0 | 0x0d0 => "Fermi",
        0x0e0 | 0x0f0 | 0x100 => "Kepler",
        0x110 | 0x120 => "Maxwell",
        0x130 => "Pascal",
        0x140 => "Volta",
        0x160 => "Turing",
        0x170 => "Ampere",
        0x180 => "Hopper",
        0x190 => "Ada",
        0x1a0 | 0x1b0 => "Blackwell",
        _ => return None,
    })
}

#[cfg(test)]
mod tests {
    use std::os::raw::c_void;

    use super::super::ask;
    use super::super::query::Ioctl;
    use super::*;

    struct Card(&'static [(u32, u64)]);

    impl Ioctl for Card {
        unsafe fn ioctl(&self, request: u32, arg: *mut c_void) -> Result<(), Errno> {
            assert_eq!(request, sys::IOCTL_NOUVEAU_GETPARAM);
            // SAFETY: The caller promises that this is the argument.
            let arg = unsafe { &mut *arg.cast::<sys::drm_nouveau_getparam>() };
            let value = self
                .0
                .iter()
                .find(|(param, _)| u64::from(*param) == arg.param);
            arg.value = value.ok_or(Errno::EINVAL)?.1;
            Ok(())
        }
    }

    #[test]
    fn a_card_tells_all() {
        let card = Card(&[
            (sys::NOUVEAU_GETPARAM_CHIPSET_ID, 0x164),
            (sys::NOUVEAU_GETPARAM_FB_SIZE, 8 << 30),
            (sys::NOUVEAU_GETPARAM_AGP_SIZE, 1 << 40),
            (sys::NOUVEAU_GETPARAM_VRAM_BAR_SIZE, 256 << 20),
            (sys::NOUVEAU_GETPARAM_VRAM_USED, 0),
            (sys::NOUVEAU_GETPARAM_GRAPH_UNITS, 64 << 32 | 24 << 8 | 6),
            (sys::NOUVEAU_GETPARAM_EXEC_PUSH_MAX, 1023),
        ]);
        insta::assert_debug_snapshot!(ask("nouveau", &card));
    }

    #[test]
    fn a_driver_of_old_on_a_tesla_knows_little() {
        let details = ask(
            "nouveau",
            &Card(&[
                (sys::NOUVEAU_GETPARAM_CHIPSET_ID, 0x50),
                (sys::NOUVEAU_GETPARAM_FB_SIZE, 512 << 20),
                (sys::NOUVEAU_GETPARAM_AGP_SIZE, 512 << 20),
                (sys::NOUVEAU_GETPARAM_GRAPH_UNITS, 0x0f0f_00ff),
            ]),
        );
        assert_eq!(details.chip.as_deref(), Some("NV50 (Tesla)"));
        assert_eq!(details.units, None);
        let vram = details.vram.unwrap();
        assert_eq!((vram.cpu_visible, vram.used), (None, None));
        assert_eq!(
            details
                .unanswered
                .iter()
                .map(|u| u.query)
                .collect::<Vec<_>>(),
            [
                "NOUVEAU_GETPARAM_VRAM_BAR_SIZE",
                "NOUVEAU_GETPARAM_VRAM_USED",
                "NOUVEAU_GETPARAM_EXEC_PUSH_MAX",
            ]
        );
    }

    #[test]
    fn no_vram_is_not_0_bytes_of_it() {
        assert_eq!(
            ask("nouveau", &Card(&[(sys::NOUVEAU_GETPARAM_FB_SIZE, 0)])).vram,
            None
        );
    }
}

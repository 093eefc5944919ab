// SPDX-License-Identifier: MIT OR Apache-2.0

//! Clocks and throttling of i915 and xe, which have directories of their own.
//!
//! All are in MHz. A GT that sleeps has a clock of 0. The first one is that with the
//! shaders; another may be for video.

use std::path::{Path, PathBuf};

use super::files::{Reader, Sysfs};
use super::{ClockReading, Health};
use crate::vendor::Clock;

/// The attributes of a GT.
struct Gt {
    label: String,
    slowest: PathBuf,
    now: PathBuf,
    fastest: PathBuf,
    throttled: Option<PathBuf>,
}

/// Those in `drm/cardN/gt/gtM` of i915, or what was before it in `drm/cardN`.
fn gts_of_i915(reader: &mut Reader<'_>, device: &Path) -> Vec<Gt> {
    let class = device.join("drm");
    let mut found = Vec::new();
    for card in reader.names(&class, "card") {
        let card = class.join(card);
        let gts = reader.names(&card.join("gt"), "gt");
        if gts.is_empty() {
            found.push(Gt {
                label: "gt".to_owned(),
                slowest: card.join("gt_RPn_freq_mhz"),
                now: card.join("gt_act_freq_mhz"),
                fastest: card.join("gt_RP0_freq_mhz"),
                throttled: None,
            });
        }
        found.extend(gts.into_iter().map(|gt| {
            let dir = card.join("gt").join(&gt);
            Gt {
                label: gt,
                slowest: dir.join("rps_RPn_freq_mhz"),
                now: dir.join("rps_act_freq_mhz"),
                fastest: dir.join("rps_RP0_freq_mhz"),
                throttled: Some(dir.join("throttle_reason_status")),
            }
        }));
    }
    found
}

/// Those in `tileN/gtM/freq0` of xe.
fn gts_of_xe(reader: &mut Reader<'_>, device: &Path) -> Vec<Gt> {
    let mut found = Vec::new();
    for tile in reader.names(device, "tile") {
        let tile = device.join(tile);
        let gts = reader.names(&tile, "gt").into_iter();
        found.extend(gts.map(|gt| {
            let dir = tile.join(&gt).join("freq0");
            Gt {
                label: gt,
                slowest: dir.join("rpn_freq"),
                now: dir.join("act_freq"),
                fastest: dir.join("rp0_freq"),
                throttled: Some(dir.join("throttle/status")),
            }
        }));
    }
    found
}

/// Those of a device of either driver.
fn gts(reader: &mut Reader<'_>, device: &Path) -> Vec<Gt> {
    let mut gts = gts_of_i915(reader, device);
    gts.extend(gts_of_xe(reader, device));
    gts
}

/// Reads what i915 or xe have of a device.
pub(super) fn read(reader: &mut Reader<'_>, device: &Path, health: &mut Health) {
    for gt in gts(reader, device) {
        if let Some(now) = hertz(reader, &gt.now) {
            health.clocks.push(ClockReading {
                label: gt.label,
                hertz: now,
                max: fastest(reader, &gt.fastest),
            });
        }
        // One GT that is held back is enough.
        let status = gt
            .throttled
            .and_then(|path| reader.number(&path, |status: &u8| *status <= 1));
        if let Some(status) = status {
            health.throttled = Some(health.throttled == Some(true) || status == 1);
        }
    }
}

/// The clock of the shaders of an i915 or xe device, whose ioctls do not tell it.
///
/// `device` is its directory in sysfs.
pub(crate) fn shader_clock(device: &Path) -> Option<Clock> {
    let reader = &mut Reader::new(&Sysfs);
    let gt = gts(reader, device).into_iter().next()?;
    Clock::of(
        hertz(reader, &gt.slowest).filter(|&min| min > 0),
        hertz(reader, &gt.now),
        fastest(reader, &gt.fastest),
    )
}

fn hertz(reader: &mut Reader<'_>, path: &Path) -> Option<u64> {
    let mega_hertz = reader.number(path, |mega_hertz: &u64| *mega_hertz <= 1_000_000);
    mega_hertz.map(|mega_hertz| mega_hertz * 1_000_000)
}

fn fastest(reader: &mut Reader<'_>, path: &Path) -> Option<u64> {
    hertz(reader, path).filter(|&max| max > 0)
}

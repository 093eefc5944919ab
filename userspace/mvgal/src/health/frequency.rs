// SPDX-License-Identifier: MIT OR Apache-2.0

//! Clocks and throttling of i915 and xe, which have directories of their own.
//!
//! All are in MHz. A GT that sleeps has a clock of 0.

use std::path::Path;

use super::files::Reader;
use super::{ClockReading, Health};

/// Reads `drm/cardN/gt/gtM` of i915, or what was before it in `drm/cardN`.
pub(super) fn read_i915(reader: &mut Reader<'_>, device: &Path, health: &mut Health) {
    let class = device.join("drm");
    for card in reader.names(&class, "card") {
        let card = class.join(card);
        let gts = reader.names(&card.join("gt"), "gt");
        if gts.is_empty() {
            let clock = clock(
                reader,
                "gt",
                &card.join("gt_act_freq_mhz"),
                &card.join("gt_RP0_freq_mhz"),
            );
            health.clocks.extend(clock);
        }
        for gt in gts {
            let dir = card.join("gt").join(&gt);
            let clock = clock(
                reader,
                &gt,
                &dir.join("rps_act_freq_mhz"),
                &dir.join("rps_RP0_freq_mhz"),
            );
            health.clocks.extend(clock);
            throttled(reader, &dir.join("throttle_reason_status"), health);
        }
    }
}

/// Reads `tileN/gtM/freq0` of xe.
pub(super) fn read_xe(reader: &mut Reader<'_>, device: &Path, health: &mut Health) {
    for tile in reader.names(device, "tile") {
        let tile = device.join(tile);
        for gt in reader.names(&tile, "gt") {
            let dir = tile.join(&gt).join("freq0");
            let clock = clock(reader, &gt, &dir.join("act_freq"), &dir.join("rp0_freq"));
            health.clocks.extend(clock);
            throttled(reader, &dir.join("throttle/status"), health);
        }
    }
}

fn clock(reader: &mut Reader<'_>, label: &str, now: &Path, max: &Path) -> Option<ClockReading> {
    let mut hertz = |path| {
        let mega_hertz = reader.number(path, |mega_hertz: &u64| *mega_hertz <= 1_000_000);
        mega_hertz.map(|mega_hertz| mega_hertz * 1_000_000)
    };
    Some(ClockReading {
        label: label.to_owned(),
        hertz: hertz(now)?,
        max: hertz(max).filter(|&max| max > 0),
    })
}

/// One GT that is held back is enough.
fn throttled(reader: &mut Reader<'_>, path: &Path, health: &mut Health) {
    if let Some(status) = reader.number(path, |status: &u8| *status <= 1) {
        health.throttled = Some(health.throttled == Some(true) || status == 1);
    }
}

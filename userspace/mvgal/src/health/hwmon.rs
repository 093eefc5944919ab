// SPDX-License-Identifier: MIT OR Apache-2.0

//! The hwmon class: temperatures, power, fans and clocks of any driver.
//!
//! An attribute is named by its kind, the number of its channel, and what it says of
//! it: `temp2_crit`. Units are those of the kernel's Documentation/hwmon/sysfs-interface.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

use super::files::Reader;
use super::{ClockReading, Fan, Health, Power, Temperature};

/// No part of a computer is colder or hotter, in millidegrees.
const SENSIBLE_TEMPERATURE: std::ops::RangeInclusive<i64> = -100_000..=1_000_000;

/// Reads all hwmon devices of a device.
pub(super) fn read(reader: &mut Reader<'_>, device: &Path, health: &mut Health) {
    let class = device.join("hwmon");
    for name in reader.names(&class, "hwmon") {
        let hwmon = Hwmon {
            dir: class.join(name),
        };
        for channel in hwmon.channels(reader, &["temp"]) {
            health
                .temperatures
                .extend(hwmon.temperature(reader, channel));
        }
        for channel in hwmon.channels(reader, &["power", "energy"]) {
            health.powers.extend(hwmon.power(reader, channel));
        }
        for channel in hwmon.channels(reader, &["fan"]) {
            health.fans.extend(hwmon.fan(reader, channel));
        }
        for channel in hwmon.channels(reader, &["freq"]) {
            health.clocks.extend(hwmon.clock(reader, channel));
        }
    }
}

struct Hwmon {
    dir: PathBuf,
}

impl Hwmon {
    /// Numbers of the channels of these kinds.
    fn channels(&self, reader: &mut Reader<'_>, kinds: &[&str]) -> BTreeSet<u32> {
        let mut channels = BTreeSet::new();
        for kind in kinds {
            for name in reader.names(&self.dir, kind) {
                let channel = name[kind.len()..]
                    .split_once('_')
                    .and_then(|(channel, _)| channel.parse::<u32>().ok());
                channels.extend(channel);
            }
        }
        channels
    }

    fn label(&self, reader: &mut Reader<'_>, kind: &str, channel: u32) -> Option<String> {
        reader
            .text(&self.dir.join(format!("{kind}{channel}_label")))
            .filter(|label| !label.is_empty())
    }

    fn temperature(&self, reader: &mut Reader<'_>, channel: u32) -> Option<Temperature> {
        let mut value = |what| {
            reader.number(&self.dir.join(format!("temp{channel}_{what}")), |value| {
                SENSIBLE_TEMPERATURE.contains(value)
            })
        };
        let millidegrees = value("input")?;
        // A limit of 0 is one that was not set.
        let max = value("max").filter(|&max| max > 0);
        let critical = value("crit").filter(|&crit| crit > 0);
        let emergency = value("emergency").filter(|&emergency| emergency > 0);
        Some(Temperature {
            label: self.label(reader, "temp", channel),
            millidegrees,
            max,
            critical: critical.or(emergency),
        })
    }

    /// Power and energy of a channel belong together, where a driver gives both.
    fn power(&self, reader: &mut Reader<'_>, channel: u32) -> Option<Power> {
        let mut value = |what: String| reader.number(&self.dir.join(what), |_: &u64| true);
        let microwatts = value(format!("power{channel}_input"))
            .or_else(|| value(format!("power{channel}_average")));
        let energy = value(format!("energy{channel}_input"));
        if microwatts.is_none() && energy.is_none() {
            return None;
        }
        let limit = ["cap", "max"]
            .into_iter()
            .find_map(|what| value(format!("power{channel}_{what}")).filter(|&limit| limit > 0));
        let critical = value(format!("power{channel}_crit")).filter(|&crit| crit > 0);
        let label = self
            .label(reader, "power", channel)
            .or_else(|| self.label(reader, "energy", channel));
        Some(Power {
            label,
            microwatts,
            energy_microjoules: energy,
            limit,
            critical,
        })
    }

    fn fan(&self, reader: &mut Reader<'_>, channel: u32) -> Option<Fan> {
        let mut value = |what| {
            reader.number(
                &self.dir.join(format!("fan{channel}_{what}")),
                |rpm: &u32| *rpm <= 1_000_000,
            )
        };
        let rpm = value("input")?;
        let max = value("max").filter(|&max| max > 0);
        Some(Fan {
            label: self.label(reader, "fan", channel),
            rpm,
            max,
        })
    }

    fn clock(&self, reader: &mut Reader<'_>, channel: u32) -> Option<ClockReading> {
        let hertz = reader.number(&self.dir.join(format!("freq{channel}_input")), |_| true)?;
        Some(ClockReading {
            label: self
                .label(reader, "freq", channel)
                .unwrap_or_else(|| format!("clock {channel}")),
            hertz,
            max: None,
        })
    }
}

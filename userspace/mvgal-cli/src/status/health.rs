// SPDX-License-Identifier: MIT OR Apache-2.0

//! How the members are: what sysfs says of their devices.

use std::time::Duration;

use comfy_table::Table;
use mvgal::health::{ClockReading, Power, Temperature};
use mvgal::{Health, Member};
use serde::Serialize;

use crate::{output, select, units};

/// How a member is, at the end of an interval.
#[derive(Debug, Clone)]
pub struct Reading {
    /// "3 (amdgpu)".
    name: String,
    id: u32,
    driver: String,
    health: Health,
}

impl Reading {
    /// Puts together two looks at a member: drivers that count energy alone get their
    /// power from what was spent between them.
    pub fn new(member: &Member, before: Option<&Health>, now: Health, interval: Duration) -> Self {
        let mut health = now;
        let before = before.map_or(&[][..], |before| &before.powers);
        for (power, before) in health.powers.iter_mut().zip(before) {
            power.microwatts = power.microwatts.or_else(|| power.since(before, interval));
        }
        Reading {
            name: select::name(member),
            id: member.id.get(),
            driver: member.driver.clone(),
            health,
        }
    }

    /// The part of the document, if the member has sensors at all.
    pub fn document(&self) -> Option<Document> {
        let health = &self.health;
        (!health.is_empty()).then(|| Document {
            level: health.level().map(|level| level.to_string()),
            suspended: health.suspended,
            temperatures: health.temperatures.iter().map(temperature).collect(),
            powers: health
                .powers
                .iter()
                .map(|power| PowerDocument {
                    label: power.label.clone(),
                    microwatts: power.microwatts,
                    limit_microwatts: power.limit,
                    critical_microwatts: power.critical,
                })
                .collect(),
            fans: health
                .fans
                .iter()
                .map(|fan| FanDocument {
                    label: fan.label.clone(),
                    rpm: fan.rpm,
                    max_rpm: fan.max,
                })
                .collect(),
            clocks: health
                .clocks
                .iter()
                .map(|clock| ClockDocument {
                    label: clock.label.clone(),
                    hz: clock.hertz,
                    max_hz: clock.max,
                })
                .collect(),
            gpu_busy_percent: health.busy_percent,
            memory_busy_percent: health.memory_busy_percent,
            vram: health.vram.map(|vram| VramDocument {
                total_bytes: vram.total,
                used_bytes: vram.used,
            }),
            throttled: health.throttled,
            concerns: health.concerns().into_iter().map(|c| c.text).collect(),
            faults: health.faults.iter().map(ToString::to_string).collect(),
        })
    }
}

/// The member `health` of a member of the document.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Document {
    level: Option<String>,
    suspended: bool,
    temperatures: Vec<TemperatureDocument>,
    powers: Vec<PowerDocument>,
    fans: Vec<FanDocument>,
    clocks: Vec<ClockDocument>,
    gpu_busy_percent: Option<u8>,
    memory_busy_percent: Option<u8>,
    vram: Option<VramDocument>,
    throttled: Option<bool>,
    concerns: Vec<String>,
    faults: Vec<String>,
}

#[derive(Debug, Clone, PartialEq, Serialize)]
struct TemperatureDocument {
    label: Option<String>,
    millidegrees: i64,
    max_millidegrees: Option<i64>,
    critical_millidegrees: Option<i64>,
    level: String,
}

#[derive(Debug, Clone, PartialEq, Serialize)]
struct PowerDocument {
    label: Option<String>,
    microwatts: Option<u64>,
    limit_microwatts: Option<u64>,
    critical_microwatts: Option<u64>,
}

#[derive(Debug, Clone, PartialEq, Serialize)]
struct FanDocument {
    label: Option<String>,
    rpm: u32,
    max_rpm: Option<u32>,
}

#[derive(Debug, Clone, PartialEq, Serialize)]
struct ClockDocument {
    label: String,
    hz: u64,
    max_hz: Option<u64>,
}

#[derive(Debug, Clone, PartialEq, Serialize)]
struct VramDocument {
    total_bytes: u64,
    used_bytes: u64,
}

fn temperature(temperature: &Temperature) -> TemperatureDocument {
    TemperatureDocument {
        label: temperature.label.clone(),
        millidegrees: temperature.millidegrees,
        max_millidegrees: temperature.max,
        critical_millidegrees: temperature.critical,
        level: temperature.level().to_string(),
    }
}

/// A table of those that have sensors, what is wrong with them, and who has none.
pub fn text(readings: &[Reading]) -> String {
    let mut text = String::new();
    let (without, with): (Vec<&Reading>, Vec<&Reading>) = readings
        .iter()
        .partition(|reading| reading.health.is_empty());
    if !with.is_empty() {
        text += &format!("\nHealth\n{}\n", output::lines(table(&with)));
    }
    for reading in &with {
        for concern in reading.health.concerns() {
            text += &format!("{}: {}\n", reading.name, concern.text);
        }
        for fault in &reading.health.faults {
            text += &format!("{}: cannot read {fault}\n", reading.name);
        }
    }
    if !without.is_empty() {
        let names: Vec<&str> = without.iter().map(|r| r.name.as_str()).collect();
        text += &format!("\nNo sensors in sysfs: {}", names.join(", "));
        if without.iter().any(|reading| reading.driver == "nvidia-drm") {
            text += "; nvidia-drm has none there, see nvidia-smi";
        }
        text.push('\n');
    }
    text
}

fn table(readings: &[&Reading]) -> Table {
    // It fits into 80 columns; labels and limits are in what is said below of concerns.
    let mut table = output::table(
        [
            "id", "driver", "health", "temp", "power", "rpm", "clock", "GPU", "VRAM",
        ],
        &[0, 3, 4, 5, 6, 7, 8],
    );
    for reading in readings {
        let health = &reading.health;
        let level = match health.level() {
            _ if health.suspended => "asleep".to_owned(),
            Some(level) => level.to_string(),
            None => "-".to_owned(),
        };
        let worst = health
            .temperatures
            .iter()
            .max_by_key(|temperature| (temperature.level(), temperature.millidegrees));
        // What consumes most: of a card and a part of it, the card.
        let power = health.powers.iter().max_by_key(|power| power.microwatts);
        table.add_row([
            reading.id.to_string(),
            reading.driver.clone(),
            level,
            or_dash(worst.map(degrees)),
            or_dash(power.and_then(watts)),
            or_dash(
                health
                    .fans
                    .iter()
                    .map(|fan| fan.rpm)
                    .max()
                    .map(|rpm| rpm.to_string()),
            ),
            or_dash(health.clocks.first().map(clock)),
            or_dash(health.busy_percent.map(|percent| format!("{percent} %"))),
            or_dash(health.vram.map(|vram| format!("{} %", vram.percent()))),
        ]);
    }
    table
}

fn or_dash(text: Option<String>) -> String {
    text.unwrap_or_else(|| "-".to_owned())
}

fn degrees(temperature: &Temperature) -> String {
    let value = (temperature.millidegrees as f64 / 100.0).round() / 10.0;
    format!("{value} °C")
}

fn watts(power: &Power) -> Option<String> {
    let watts = (power.microwatts? as f64 / 1e6).round();
    Some(format!("{watts} W"))
}

fn clock(clock: &ClockReading) -> String {
    units::hertz(clock.hertz)
}

#[cfg(test)]
mod tests {
    use mvgal::health::{Fan, Fault, FaultReason, VramUse};
    use mvgal::{Errno, sys};

    use super::*;

    fn member(id: u32, driver: &str) -> Member {
        let mut raw = sys::drm_mvgal_device {
            id,
            ..Default::default()
        };
        raw.driver[..driver.len()].copy_from_slice(driver.as_bytes());
        Member::from_raw(&raw)
    }

    fn amdgpu() -> Health {
        let mut health = Health::default();
        health.temperatures = [("edge", 71_000, 100_000), ("junction", 112_000, 110_000)]
            .map(|(label, millidegrees, critical)| Temperature {
                label: Some(label.to_owned()),
                millidegrees,
                max: None,
                critical: Some(critical),
            })
            .to_vec();
        health.powers = vec![Power {
            label: Some("PPT".to_owned()),
            microwatts: Some(220_400_000),
            energy_microjoules: None,
            limit: Some(300_000_000),
            critical: None,
        }];
        health.fans = vec![Fan {
            label: None,
            rpm: 1800,
            max: Some(3300),
        }];
        health.clocks = vec![ClockReading {
            label: "sclk".to_owned(),
            hertz: 2_304_000_000,
            max: None,
        }];
        health.busy_percent = Some(97);
        health.vram = Some(VramUse {
            total: 24 << 30,
            used: 12 << 30,
        });
        health
    }

    fn xe(energy: u64) -> Health {
        let mut health = Health::default();
        health.powers = vec![Power {
            label: Some("card".to_owned()),
            microwatts: None,
            energy_microjoules: Some(energy),
            limit: Some(90_000_000),
            critical: None,
        }];
        health
    }

    fn broken() -> Health {
        let mut health = Health::default();
        health.faults = vec![Fault {
            path: "/sys/devices/x/hwmon/hwmon0/temp1_input".into(),
            reason: FaultReason::Unreadable(Errno::EIO),
        }];
        health
    }

    fn readings() -> Vec<Reading> {
        let interval = Duration::from_millis(500);
        let reading = |id, driver, before: Option<Health>, now| {
            Reading::new(&member(id, driver), before.as_ref(), now, interval)
        };
        let mut asleep = Health::default();
        asleep.suspended = true;
        vec![
            reading(1, "amdgpu", None, amdgpu()),
            reading(2, "xe", Some(xe(7_000_000)), xe(57_000_000)),
            reading(3, "amdgpu", None, asleep),
            reading(4, "nouveau", None, broken()),
            reading(5, "nvidia-drm", None, Health::default()),
            reading(6, "vgem", None, Health::default()),
        ]
    }

    #[test]
    fn sensors_are_shown_and_judged() {
        insta::assert_snapshot!(text(&readings()));
    }

    #[test]
    fn the_document_has_units_in_its_names() {
        let readings = readings();
        let documents: Vec<_> = readings.iter().map(Reading::document).collect();
        assert_eq!(documents[4], None);
        insta::assert_snapshot!(serde_json::to_string_pretty(&documents[..2]).unwrap());
    }
}

// SPDX-License-Identifier: MIT OR Apache-2.0

//! How members are: temperature, power, fans, clocks, load and memory in use.
//!
//! All of it is read from sysfs, where drivers put it: the hwmon class for any driver,
//! and attributes of amdgpu, i915 and xe of their own. `nvidia-drm`, `mtgpu` and
//! virtual GPUs have nothing there, and their [`Health`] is empty.
//!
//! # Levels
//!
//! What has a limit is judged by it, see [`Level`]:
//!
//! * a temperature is warm from the driver's `max` on and critical from `crit` (or
//!   `emergency`) on; without `max` it is warm from [`WARM_BELOW_CRITICAL`] below
//!   critical, and without any limit from [`WARM`] and [`CRITICAL`];
//! * power is warm from the driver's `cap` (or `max`) on, critical from `crit` on, and not
//!   judged without;
//! * VRAM in use is warm from [`VRAM_WARM`] on and critical from [`VRAM_CRITICAL`] on;
//! * a GPU that its driver holds back (throttles) is warm.
//!
//! ```no_run
//! # fn main() -> mvgal::Result<()> {
//! for member in &mvgal::Device::open()?.members()? {
//!     for concern in member.health().concerns() {
//!         println!("{}: {}", member.driver, concern.text);
//!     }
//! }
//! # Ok(())
//! # }
//! ```

use std::fmt;
use std::path::{Path, PathBuf};
use std::time::Duration;

use crate::member::Member;

mod files;
pub(crate) mod frequency;
mod hwmon;

pub use files::{Fault, FaultReason};
use files::{Files, Reader, Sysfs};

/// From where a temperature without limits is warm: 85 °C, in millidegrees.
pub const WARM: i64 = 85_000;
/// From where a temperature without limits is critical: 100 °C, in millidegrees.
pub const CRITICAL: i64 = 100_000;
/// How far below critical a temperature is warm: 10 °C, in millidegrees.
pub const WARM_BELOW_CRITICAL: i64 = 10_000;
/// From what share of VRAM in use on memory is warm, in percent.
pub const VRAM_WARM: u8 = 90;
/// From what share of VRAM in use on memory is critical, in percent.
pub const VRAM_CRITICAL: u8 = 98;

/// How near something is to its limit.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Level {
    /// Far enough.
    Ok,
    /// Near, or held back.
    Warm,
    /// At the limit.
    Critical,
}

impl fmt::Display for Level {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(match self {
            Level::Ok => "ok",
            Level::Warm => "warm",
            Level::Critical => "critical",
        })
    }
}

impl Level {
    /// The level of a value with these limits.
    fn of<T: PartialOrd>(value: T, warm: Option<T>, critical: Option<T>) -> Level {
        match (warm, critical) {
            (_, Some(critical)) if value >= critical => Level::Critical,
            (Some(warm), _) if value >= warm => Level::Warm,
            _ => Level::Ok,
        }
    }
}

/// How a member is.
///
/// What its driver does not tell is empty or `None`, and never 0.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct Health {
    /// Whether it is suspended. Nothing else is known then, as to ask would wake it up.
    pub suspended: bool,
    /// Its temperatures.
    pub temperatures: Vec<Temperature>,
    /// What it consumes, the whole card first.
    pub powers: Vec<Power>,
    /// Its fans.
    pub fans: Vec<Fan>,
    /// Its clocks.
    pub clocks: Vec<ClockReading>,
    /// Share of the time that it was busy of late, in percent.
    pub busy_percent: Option<u8>,
    /// Share of the time that its memory was busy of late, in percent.
    pub memory_busy_percent: Option<u8>,
    /// Its own memory.
    pub vram: Option<VramUse>,
    /// Whether its driver holds it back: for heat, power or current.
    pub throttled: Option<bool>,
    /// Attributes that are there and could not be read.
    pub faults: Vec<Fault>,
}

/// A temperature.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Temperature {
    /// What it is of: `edge`, `junction`, `mem`, say.
    pub label: Option<String>,
    /// In thousandths of a degree Celsius.
    pub millidegrees: i64,
    /// The driver's limit for lasting use, in the same unit.
    pub max: Option<i64>,
    /// The driver's limit from which it does something about it, in the same unit.
    pub critical: Option<i64>,
}

impl Temperature {
    /// From where on it is warm and critical, in millidegrees.
    pub fn limits(&self) -> (i64, i64) {
        let critical = self.critical.unwrap_or(match self.max {
            Some(max) => max.saturating_add(WARM_BELOW_CRITICAL),
            None => CRITICAL,
        });
        let warm = match (self.max, self.critical) {
            (Some(max), _) => max,
            (None, Some(critical)) => critical.saturating_sub(WARM_BELOW_CRITICAL),
            (None, None) => WARM,
        };
        (warm, critical)
    }

    /// How near it is to its limits.
    pub fn level(&self) -> Level {
        let (warm, critical) = self.limits();
        Level::of(self.millidegrees, Some(warm), Some(critical))
    }
}

/// What a part consumes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Power {
    /// What consumes it: `card` or `pkg`, say.
    pub label: Option<String>,
    /// In millionths of a watt; `None` where the driver counts energy alone.
    pub microwatts: Option<u64>,
    /// Energy consumed so far, in millionths of a joule.
    pub energy_microjoules: Option<u64>,
    /// The driver's limit, in microwatts.
    pub limit: Option<u64>,
    /// What the driver has to keep off from, in microwatts.
    pub critical: Option<u64>,
}

impl Power {
    /// How near it is to its limits; `None` if there are none, or no reading.
    pub fn level(&self) -> Option<Level> {
        let microwatts = self.microwatts?;
        if self.limit.is_none() && self.critical.is_none() {
            return None;
        }
        Some(Level::of(microwatts, self.limit, self.critical))
    }

    /// Mean power since an earlier reading of the same counter, in microwatts.
    ///
    /// `None` if one of them has no energy, or if the counter was set back.
    pub fn since(&self, earlier: &Power, elapsed: Duration) -> Option<u64> {
        let spent = self
            .energy_microjoules?
            .checked_sub(earlier.energy_microjoules?)?;
        let nanos = elapsed.as_nanos();
        if nanos == 0 {
            return None;
        }
        u64::try_from(u128::from(spent) * 1_000_000_000 / nanos).ok()
    }
}

/// A fan.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Fan {
    /// Which it is.
    pub label: Option<String>,
    /// Turns in a minute.
    pub rpm: u32,
    /// The most it can do.
    pub max: Option<u32>,
}

/// A clock as it is now.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ClockReading {
    /// What it drives: `sclk`, `mclk`, `gt0`, say.
    pub label: String,
    /// In Hz; 0 while it stands still.
    pub hertz: u64,
    /// The fastest it can be, in Hz.
    pub max: Option<u64>,
}

/// How much of the GPU's own memory is in use.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct VramUse {
    /// All of it, in bytes; not 0.
    pub total: u64,
    /// What is in use, in bytes.
    pub used: u64,
}

impl VramUse {
    /// The share in use, in percent, rounded down.
    pub fn percent(self) -> u8 {
        let percent = u128::from(self.used) * 100 / u128::from(self.total.max(1));
        u8::try_from(percent).unwrap_or(u8::MAX)
    }

    /// How near it is to being full.
    pub fn level(self) -> Level {
        Level::of(self.percent(), Some(VRAM_WARM), Some(VRAM_CRITICAL))
    }
}

/// Something that is not [`Level::Ok`].
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct Concern {
    /// How near it is to its limit.
    pub level: Level,
    /// What it is, with its limit: for people.
    pub text: String,
}

impl Health {
    /// Whether there is no reading at all.
    pub fn is_empty(&self) -> bool {
        *self == Health::default()
    }

    /// The worst level of all; `None` if nothing could be judged.
    pub fn level(&self) -> Option<Level> {
        let temperatures = self.temperatures.iter().map(Temperature::level);
        let powers = self.powers.iter().filter_map(Power::level);
        let vram = self.vram.map(VramUse::level);
        let throttled = self
            .throttled
            .map(|throttled| if throttled { Level::Warm } else { Level::Ok });
        temperatures
            .chain(powers)
            .chain(vram)
            .chain(throttled)
            .max()
    }

    /// All that is not in order, the worst first.
    pub fn concerns(&self) -> Vec<Concern> {
        let mut concerns = Vec::new();
        let mut add = |level: Level, text: String| {
            if level > Level::Ok {
                concerns.push(Concern { level, text });
            }
        };
        let degrees = |millidegrees: i64| millidegrees as f64 / 1000.0;
        for temperature in &self.temperatures {
            let level = temperature.level();
            let (warm, critical) = temperature.limits();
            let limit = if level == Level::Critical {
                critical
            } else {
                warm
            };
            add(
                level,
                format!(
                    "{} at {} °C, {level} from {} °C on",
                    temperature.label.as_deref().unwrap_or("temperature"),
                    degrees(temperature.millidegrees),
                    degrees(limit)
                ),
            );
        }
        let watts = |microwatts: u64| microwatts as f64 / 1e6;
        for power in &self.powers {
            let level = power.level().unwrap_or(Level::Ok);
            let limit = match level {
                Level::Critical => power.critical,
                _ => power.limit,
            };
            add(
                level,
                format!(
                    "{} {} W, {level} from {} W on",
                    power.label.as_deref().unwrap_or("power"),
                    watts(power.microwatts.unwrap_or_default()),
                    watts(limit.unwrap_or_default())
                ),
            );
        }
        if let Some(vram) = self.vram {
            let level = vram.level();
            let limit = if level == Level::Critical {
                VRAM_CRITICAL
            } else {
                VRAM_WARM
            };
            add(
                level,
                format!(
                    "{} % of VRAM in use, {level} from {limit} % on",
                    vram.percent()
                ),
            );
        }
        if self.throttled == Some(true) {
            add(Level::Warm, "held back by its driver".to_owned());
        }
        concerns.sort_by_key(|concern| std::cmp::Reverse(concern.level));
        concerns
    }

    /// Reads how a device is, by its directory in sysfs (`/sys/bus/pci/devices/…`).
    ///
    /// What cannot be read is left out, and noted in [`faults`](Self::faults).
    pub fn read(device: &Path) -> Health {
        Health::read_from(&Sysfs, device)
    }

    fn read_from(files: &dyn Files, device: &Path) -> Health {
        let mut reader = Reader::new(files);
        let mut health = Health::default();
        let status = reader.text(&device.join("power/runtime_status"));
        if status.as_deref() == Some("suspended") {
            health.suspended = true;
        } else {
            hwmon::read(&mut reader, device, &mut health);
            frequency::read(&mut reader, device, &mut health);
            read_amdgpu(&mut reader, device, &mut health);
        }
        health.faults = reader.into_faults();
        health
    }
}

/// Reads the attributes of amdgpu in the directory of its device.
fn read_amdgpu(reader: &mut Reader<'_>, device: &Path, health: &mut Health) {
    let mut percent = |name| reader.number(&device.join(name), |percent: &u8| *percent <= 100);
    health.busy_percent = percent("gpu_busy_percent");
    health.memory_busy_percent = percent("mem_busy_percent");
    let total: Option<u64> = reader.number(&device.join("mem_info_vram_total"), |_| true);
    // A part of a processor may have none.
    if let Some(total) = total.filter(|&total| total > 0) {
        let used = reader.number(&device.join("mem_info_vram_used"), |used| *used <= total);
        health.vram = used.map(|used| VramUse { total, used });
    }
}

impl Member {
    /// The directory of its device in sysfs; `None` if it has no node.
    pub fn sysfs_path(&self) -> Option<PathBuf> {
        let minor = self.primary_minor.or(self.render_minor)?;
        // 226 is the major number of DRM.
        Some(format!("/sys/dev/char/226:{minor}/device").into())
    }

    /// Reads how it is.
    ///
    /// It opens no node and wakes up no GPU. A member that has gone meanwhile is one of
    /// which nothing is known.
    pub fn health(&self) -> Health {
        self.sysfs_path()
            .map(|device| Health::read(&device))
            .unwrap_or_default()
    }
}

#[cfg(test)]
mod tests;

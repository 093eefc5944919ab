// SPDX-License-Identifier: MIT OR Apache-2.0

use std::cell::RefCell;
use std::collections::BTreeMap;
use std::fs;
use std::io;

use nix::errno::Errno;
use proptest::prelude::*;
use tempfile::TempDir;

use super::*;
use crate::vendor::Clock;

/// A directory that stands for one of sysfs, and goes with its owner.
fn tree(files: &[(&str, &str)]) -> TempDir {
    let dir = TempDir::new().unwrap();
    for (path, text) in files {
        let path = dir.path().join(path);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, text).unwrap();
    }
    dir
}

/// What stands for sysfs where errors are needed that no file system gives at will.
#[derive(Default)]
struct Made {
    files: BTreeMap<PathBuf, Result<Vec<u8>, Errno>>,
    read: RefCell<Vec<PathBuf>>,
}

impl Made {
    fn with(mut self, path: &str, content: Result<&str, Errno>) -> Self {
        let content = content.map(|text| text.as_bytes().to_vec());
        self.files.insert(Path::new("/dev").join(path), content);
        self
    }

    fn health(&self) -> Health {
        Health::read_from(self, Path::new("/dev"))
    }
}

impl Files for Made {
    fn read(&self, path: &Path) -> io::Result<Vec<u8>> {
        self.read.borrow_mut().push(path.to_owned());
        match self.files.get(path) {
            Some(Ok(bytes)) => Ok(bytes.clone()),
            Some(Err(errno)) => Err((*errno).into()),
            None => Err(Errno::ENOENT.into()),
        }
    }

    fn list(&self, path: &Path) -> io::Result<Vec<String>> {
        let names = self.files.keys().filter_map(|file| {
            let name = file.strip_prefix(path).ok()?.iter().next()?;
            Some(name.to_str()?.to_owned())
        });
        Ok(names
            .collect::<std::collections::BTreeSet<_>>()
            .into_iter()
            .collect())
    }
}

const AMDGPU: [(&str, &str); 24] = [
    ("power/runtime_status", "active\n"),
    ("gpu_busy_percent", "97\n"),
    ("mem_busy_percent", "40\n"),
    ("mem_info_vram_total", "25753026560\n"),
    ("mem_info_vram_used", "23400000000\n"),
    ("hwmon/hwmon4/name", "amdgpu\n"),
    ("hwmon/hwmon4/temp1_input", "71000\n"),
    ("hwmon/hwmon4/temp1_label", "edge\n"),
    ("hwmon/hwmon4/temp1_crit", "100000\n"),
    ("hwmon/hwmon4/temp1_crit_hyst", "-273150\n"),
    ("hwmon/hwmon4/temp1_emergency", "105000\n"),
    ("hwmon/hwmon4/temp2_input", "112000\n"),
    ("hwmon/hwmon4/temp2_label", "junction\n"),
    ("hwmon/hwmon4/temp2_crit", "110000\n"),
    ("hwmon/hwmon4/power1_average", "301000000\n"),
    ("hwmon/hwmon4/power1_cap", "300000000\n"),
    ("hwmon/hwmon4/power1_label", "PPT\n"),
    ("hwmon/hwmon4/fan1_input", "1800\n"),
    ("hwmon/hwmon4/fan1_max", "3300\n"),
    ("hwmon/hwmon4/freq1_input", "2304000000\n"),
    ("hwmon/hwmon4/freq1_label", "sclk\n"),
    ("hwmon/hwmon4/freq2_input", "1249000000\n"),
    ("hwmon/hwmon4/freq2_label", "mclk\n"),
    ("hwmon/hwmon4/in0_input", "950\n"),
];

#[test]
fn amdgpu_tells_all() {
    let tree = tree(&AMDGPU);
    let health = Health::read(tree.path());
    insta::assert_debug_snapshot!(health);
    assert_eq!(health.level(), Some(Level::Critical));
    let concerns: Vec<String> = health.concerns().into_iter().map(|c| c.text).collect();
    assert_eq!(
        concerns,
        [
            "junction at 112 °C, critical from 110 °C on",
            "PPT 301 W, warm from 300 W on",
            "90 % of VRAM in use, warm from 90 % on",
        ]
    );
}

#[test]
fn i915_has_clocks_by_gt_and_counts_energy() {
    let tree = tree(&[
        ("drm/card0/gt_act_freq_mhz", "999\n"),
        ("drm/card0/gt/gt0/rps_act_freq_mhz", "2050\n"),
        ("drm/card0/gt/gt0/rps_RP0_freq_mhz", "2400\n"),
        ("drm/card0/gt/gt0/rps_RPn_freq_mhz", "300\n"),
        ("drm/card0/gt/gt0/throttle_reason_status", "1\n"),
        ("drm/card0/gt/gt1/rps_act_freq_mhz", "0\n"),
        ("drm/card0/gt/gt1/throttle_reason_status", "0\n"),
        ("drm/renderD128/dev", "226:128\n"),
        ("hwmon/hwmon3/energy1_input", "5000000\n"),
        ("hwmon/hwmon3/power1_max", "190000000\n"),
        ("hwmon/hwmon3/power1_crit", "0\n"),
    ]);
    let mut health = Health::read(tree.path());
    let clock = |label: &str, hertz, max| ClockReading {
        label: label.to_owned(),
        hertz,
        max,
    };
    assert_eq!(
        health.clocks,
        [
            clock("gt0", 2_050_000_000, Some(2_400_000_000)),
            clock("gt1", 0, None),
        ]
    );
    assert_eq!(health.throttled, Some(true));
    assert_eq!(health.level(), Some(Level::Warm));
    assert_eq!(health.faults, []);
    assert_eq!(
        frequency::shader_clock(tree.path()),
        Some(Clock {
            min: Some(300_000_000),
            now: Some(2_050_000_000),
            max: Some(2_400_000_000),
        })
    );

    let before = health.powers[0].clone();
    assert_eq!((before.microwatts, before.level()), (None, None));
    assert_eq!((before.limit, before.critical), (Some(190_000_000), None));
    let now = &mut health.powers[0];
    now.energy_microjoules = Some(5_000_000 + 45_000_000);
    assert_eq!(
        now.since(&before, Duration::from_millis(250)),
        Some(180_000_000)
    );
    assert_eq!(before.since(now, Duration::from_millis(250)), None);
    assert_eq!(now.since(&before, Duration::ZERO), None);
}

#[test]
fn an_i915_of_old_has_one_clock() {
    let tree = tree(&[
        ("drm/card0/gt_act_freq_mhz", "350\n"),
        ("drm/card0/gt_RP0_freq_mhz", "1150\n"),
    ]);
    let health = Health::read(tree.path());
    let clock = frequency::shader_clock(tree.path()).unwrap();
    assert_eq!((clock.min, clock.now), (None, Some(350_000_000)));
    assert_eq!(health.clocks[0].max, Some(1_150_000_000));
    assert_eq!(health.level(), None);
}

#[test]
fn xe_has_clocks_by_tile() {
    let tree = tree(&[
        ("tile0/gt0/freq0/act_freq", "2850\n"),
        ("tile0/gt0/freq0/rp0_freq", "2850\n"),
        ("tile0/gt0/freq0/throttle/status", "0\n"),
        ("tile0/gt0/freq0/rpn_freq", "400\n"),
        ("tile0/gt1/freq0/act_freq", "1200\n"),
        ("hwmon/hwmon7/temp2_input", "66000\n"),
        ("hwmon/hwmon7/temp2_label", "pkg\n"),
        ("hwmon/hwmon7/temp2_max", "90000\n"),
        ("hwmon/hwmon7/temp2_emergency", "115000\n"),
        ("hwmon/hwmon7/energy1_input", "1\n"),
        ("hwmon/hwmon7/energy1_label", "card\n"),
        ("hwmon/hwmon7/energy2_input", "2\n"),
    ]);
    let health = Health::read(tree.path());
    assert_eq!(health.clocks.len(), 2);
    assert_eq!(health.clocks[1].label, "gt1");
    let clock = frequency::shader_clock(tree.path()).unwrap();
    assert_eq!(clock.min, Some(400_000_000));
    assert_eq!(clock.now, clock.max);
    assert_eq!(health.throttled, Some(false));
    assert_eq!(health.temperatures[0].limits(), (90_000, 115_000));
    assert_eq!(health.powers[0].label.as_deref(), Some("card"));
    assert_eq!(health.powers[1].energy_microjoules, Some(2));
    assert_eq!(health.level(), Some(Level::Ok));
}

#[test]
fn nvidia_has_nothing_there() {
    let tree = tree(&[
        ("power/runtime_status", "active\n"),
        ("drm/card0/dev", "226:0\n"),
        ("vendor", "0x10de\n"),
    ]);
    let health = Health::read(tree.path());
    assert!(health.is_empty(), "{health:?}");
    assert_eq!(health.level(), None);
    assert_eq!(frequency::shader_clock(tree.path()), None);
}

#[test]
fn a_device_that_has_gone_is_empty() {
    assert!(Health::read(Path::new("/nonexistent/device")).is_empty());
}

#[test]
fn what_sleeps_is_not_woken() {
    let made = AMDGPU
        .iter()
        .fold(Made::default(), |made, (path, text)| {
            made.with(path, Ok(text))
        })
        .with("power/runtime_status", Ok("suspended\n"));
    let health = made.health();
    assert!(health.suspended);
    assert_eq!(health.temperatures, []);
    assert_eq!(health.level(), None);
    assert_eq!(
        *made.read.borrow(),
        [Path::new("/dev/power/runtime_status")]
    );
}

#[test]
fn what_cannot_be_read_is_left_out_and_noted() {
    let health = Made::default()
        .with("gpu_busy_percent", Err(Errno::EPERM))
        .with("mem_info_vram_total", Ok("1000\n"))
        .with("mem_info_vram_used", Err(Errno::EACCES))
        .with("hwmon/hwmon0/temp1_input", Err(Errno::EIO))
        .with("hwmon/hwmon0/temp1_label", Ok("edge\n"))
        .with("hwmon/hwmon0/temp2_input", Ok("50000\n"))
        .with("hwmon/hwmon0/temp2_crit", Err(Errno::EIO))
        .with("hwmon/hwmon0/fan1_input", Err(Errno::ENODATA))
        .health();
    assert_eq!(health.temperatures.len(), 1);
    assert_eq!(health.temperatures[0].limits(), (WARM, CRITICAL));
    assert_eq!((health.fans.len(), health.vram), (0, None));
    let faults: Vec<String> = health.faults.iter().map(ToString::to_string).collect();
    assert_eq!(
        faults,
        [
            "/dev/hwmon/hwmon0/temp1_input: I/O error (EIO)",
            "/dev/hwmon/hwmon0/temp2_crit: I/O error (EIO)",
            "/dev/hwmon/hwmon0/fan1_input: No data available (ENODATA)",
            "/dev/gpu_busy_percent: Operation not permitted (EPERM)",
            "/dev/mem_info_vram_used: Permission denied (EACCES)",
        ]
    );
}

#[test]
fn what_makes_no_sense_is_left_out_and_noted() {
    let tree = tree(&[
        ("gpu_busy_percent", "101\n"),
        ("mem_busy_percent", ""),
        ("mem_info_vram_total", "1000\n"),
        ("mem_info_vram_used", "1001\n"),
        ("hwmon/hwmon0/temp1_input", "hot\n"),
        ("hwmon/hwmon0/temp2_input", "99999999999999999999\n"),
        ("hwmon/hwmon0/temp3_input", "2000000\n"),
        ("hwmon/hwmon0/temp_input", "1\n"),
        ("hwmon/hwmon0/power1_input", "-5\n"),
        ("hwmon/hwmon0/freq1_input", "1.5\n"),
    ]);
    let health = Health::read(tree.path());
    assert_eq!(health.level(), None);
    let mut empty = health.clone();
    empty.faults.clear();
    assert!(empty.is_empty(), "{empty:?}");
    let texts: Vec<&str> = health
        .faults
        .iter()
        .map(|fault| match &fault.reason {
            FaultReason::Malformed(text) => text.as_str(),
            other => panic!("{other:?}"),
        })
        .collect();
    assert_eq!(
        texts,
        [
            "hot",
            "99999999999999999999",
            "2000000",
            "-5",
            "1.5",
            "101",
            "",
            "1001"
        ]
    );
    assert_eq!(
        health.faults[0].to_string(),
        format!(
            "{}/hwmon/hwmon0/temp1_input: \"hot\" is not a number that makes sense",
            tree.path().display()
        )
    );
}

#[test]
fn a_real_read_error_is_no_panic() {
    // A directory where an attribute should be: reading it gives EISDIR.
    let tree = tree(&[("gpu_busy_percent/file", "")]);
    let health = Health::read(tree.path());
    assert_eq!(
        health.faults[0].reason,
        FaultReason::Unreadable(Errno::EISDIR)
    );
}

#[test]
fn without_limits_the_defaults_hold() {
    let at = |millidegrees| {
        Temperature {
            label: None,
            millidegrees,
            max: None,
            critical: None,
        }
        .level()
    };
    assert_eq!(at(84_999), Level::Ok);
    assert_eq!(at(85_000), Level::Warm);
    assert_eq!(at(99_999), Level::Warm);
    assert_eq!(at(100_000), Level::Critical);
}

#[test]
fn memory_fills_up() {
    let level = |used| VramUse { total: 1000, used }.level();
    assert_eq!(level(0), Level::Ok);
    assert_eq!(level(899), Level::Ok);
    assert_eq!(level(900), Level::Warm);
    assert_eq!(level(979), Level::Warm);
    assert_eq!(level(980), Level::Critical);
    let huge = VramUse {
        total: u64::MAX,
        used: u64::MAX,
    };
    assert_eq!(huge.percent(), 100);
}

proptest! {
    #[test]
    fn no_content_is_too_strange(
        content in proptest::collection::vec(
            (0..AMDGPU.len(), proptest::collection::vec(any::<u8>(), 0..20)),
            0..10,
        ),
    ) {
        let mut made = Made::default();
        for (index, bytes) in content {
            made.files.insert(Path::new("/dev").join(AMDGPU[index].0), Ok(bytes));
        }
        let health = made.health();
        let worst = health.concerns().first().map(|concern| concern.level);
        let level = health.level().filter(|&level| level > Level::Ok);
        prop_assert_eq!(worst, level);
    }

    #[test]
    fn a_hotter_part_is_never_better_off(
        cold: i64, heat in 0..i64::MAX, max: Option<i64>, critical: Option<i64>,
    ) {
        let at = |millidegrees| Temperature { label: None, millidegrees, max, critical }.level();
        prop_assert!(at(cold) <= at(cold.saturating_add(heat)));
    }
}

// SPDX-License-Identifier: MIT OR Apache-2.0

//! From raw figures to the results of the benchmarks. docs/benchmarks.md
//! says why these are compared.

use crate::Result;
use crate::alloc::ALIVE;
use crate::figures::Measured;
use crate::goal::Goal;
use crate::result::Figure;
use crate::{staging, vendor_alloc, zero_copy};

const INSTRUCTIONS: &str = "instructions";

/// KiB of the transfers.
const SIZES: [u64; 6] = [64, 256, 1024, 4096, 16384, 65536];

/// What names of figures on the wall clock begin with.
pub const WALL: &str = "wall_";

/// The results.
///
/// # Errors
///
/// If a figure is missing.
pub fn results(measured: &Measured) -> Result<Vec<Figure>> {
    let m = Lookup(measured);
    let mut all = Vec::new();

    for (what, number, goal) in [("idle member", 1, 1.15), ("batch of 16, per job", 16, 1.0)] {
        let vendor = m.get(format!("native_vendor_{number}"))?;
        all.push(
            Figure::alone(
                format!("1 NATIVE submit, {what}, to the vendor's ioctl"),
                INSTRUCTIONS,
                m.get(format!("native_mvgal_{number}"))?,
            )
            .against(vendor)
            .should_be(Goal::AtMost(goal)),
        );
        all.push(
            Figure::alone(
                format!("1 NATIVE submit, {what}, with an out-sync, too"),
                INSTRUCTIONS,
                m.get(format!("native_mvgal_out_{number}"))?,
            )
            .against(vendor),
        );
    }

    for (operation, what) in [("push", "enqueue"), ("pick", "pick-next")] {
        let name = format!("run_queue_{operation}");
        all.push(m.flat(
            format!("2 {what}: 1, 10^3, 10^5 queued, most to least"),
            INSTRUCTIONS,
            &format!("{name}_one"),
            &[1, 1000, 100_000],
        )?);
        all.push(m.flat(
            format!("2 {what}, 100 clients, 16 levels: 10^4, 10^5, most to least"),
            INSTRUCTIONS,
            &format!("{name}_many"),
            &[10_000, 100_000],
        )?);
    }

    for (batch, what) in [
        (1, "one at a time"),
        (16, "batches of 16"),
        (1000, "batches of 1000"),
    ] {
        all.push(
            Figure::alone(
                format!("3 empty job, {what}, to drm_sched"),
                INSTRUCTIONS,
                m.get(format!("mvgal_job_{batch}"))?,
            )
            .against(m.get(format!("drm_sched_job_fence_and_timeout_{batch}"))?)
            .should_be(Goal::AtMost(1.0)),
        );
        all.push(
            Figure::alone(
                format!("3 empty job, {what}, to drm_sched without fences and time-outs"),
                INSTRUCTIONS,
                m.get(format!("mvgal_job_{batch}"))?,
            )
            .against(m.get(format!("drm_sched_job_bare_{batch}"))?)
            .should_be(Goal::AtMost(1.0)),
        );
    }
    for (batch, what) in [
        (1, "one at a time"),
        (16, "batches of 16"),
        (1000, "batches of 1000"),
    ] {
        all.push(
            Figure::alone(
                format!("3 empty job, {what}, to drm_sched, 2 processors"),
                "ns",
                m.get(format!("{WALL}mvgal_job_{batch}"))?,
            )
            .against(m.get(format!("{WALL}drm_sched_job_fence_and_timeout_{batch}"))?),
        );
    }

    all.push(
        Figure::alone(
            "4 fence signals to dependent job dispatched, to drm_sched",
            INSTRUCTIONS,
            m.get("mvgal_dependency")?,
        )
        .against(m.get("drm_sched_dependency")?)
        .should_be(Goal::AtMost(1.0)),
    );

    for (kind, what) in [
        ("fence", "fence of a point signals"),
        ("point", "point without a fence signals"),
    ] {
        all.push(
            Figure::alone(
                format!("5 {what} to wake-up, to SYNCOBJ_TIMELINE_WAIT"),
                INSTRUCTIONS,
                m.get(format!("wake_{kind}_mvgal"))?,
            )
            .against(m.get(format!("wake_{kind}_core"))?)
            .should_be(Goal::AtMost(1.05)),
        );
    }

    for (job, bare) in [("copy", "memcpy"), ("fill", "memset")] {
        let upper = job.to_uppercase();
        for kib in SIZES {
            let size = size(kib);
            all.push(
                Figure::alone(
                    format!("6 {upper} of {size}, ioctl to wait, to {bare}()"),
                    "bytes/instruction",
                    m.rate(format!("client_{job}_{kib}"), kib)?,
                )
                .against(m.rate(format!("{bare}_{kib}"), kib)?)
                .should_be(Goal::AtLeast(0.95)),
            );
        }
        for kib in SIZES {
            let size = size(kib);
            all.push(
                Figure::alone(
                    format!("6 {upper} of {size}, job alone, to {bare}(), 2 processors"),
                    "bytes/ns",
                    m.rate(format!("{WALL}{job}_job_{kib}"), kib)?,
                )
                .against(m.rate(format!("{WALL}{bare}_{kib}"), kib)?)
                .should_be(Goal::AtLeast(0.95)),
            );
        }
    }

    all.push(Figure::alone(
        "7 kernel memory of a queued job",
        "bytes",
        m.get("clients_bytes_1")?,
    ));
    for (of, counts) in [
        ("clients", &[1, 10, 100, 1000][..]),
        ("members", &[1, 2, 4, 8, 16, 32][..]),
    ] {
        let most = counts.last().copied().unwrap_or(0);
        for (kind, what, unit) in [
            ("ready", "ready job", INSTRUCTIONS),
            ("blocked", "job behind a fence", INSTRUCTIONS),
            ("bytes", "memory of a queued job", "bytes"),
        ] {
            all.push(m.flat(
                format!("7 {what}: 1 to {most} {of}, most to least"),
                unit,
                &format!("{of}_{kind}"),
                counts,
            )?);
        }
    }

    all.push(
        Figure::alone(
            "8 level 15 overtakes of 10^4 jobs of level 0",
            "jobs",
            m.get("inversion_overtaken")?,
        )
        .against(10_000.0)
        .should_be(Goal::AtLeast(1.0)),
    );
    all.push(
        Figure::alone(
            "8 level 15, submit to wake-up, 10^4 of level 0 queued, to none",
            INSTRUCTIONS,
            m.get("inversion_flooded")?,
        )
        .against(m.get("inversion_alone")?),
    );

    all.push(m.flat(
        "9 allocate and free a page: 1, 100, 10^4 alive, most to least".to_owned(),
        INSTRUCTIONS,
        "alloc_free",
        &ALIVE,
    )?);

    for (driver, clears) in vendor_alloc::DRIVERS {
        let cleared = if clears { ", cleared by the CPU" } else { "" };
        for kib in vendor_alloc::SIZES {
            let size = size(kib);
            all.push(
                Figure::alone(
                    format!("10 {driver}: allocate, export, free {size}{cleared}, to its ioctls"),
                    INSTRUCTIONS,
                    m.get(vendor_alloc::figure(driver, "mvgal", kib))?,
                )
                .against(m.get(vendor_alloc::figure(driver, "vendor", kib))?)
                .should_be(Goal::AtMost(1.2)),
            );
        }
    }

    for (from, to, maps) in zero_copy::PAIRS {
        let what =
            |part| format!("11 memory of {from} to {to}, {part}: 64 KiB to 64 MiB, most to least");
        let name = |part| zero_copy::figure(from, to, part);
        if maps {
            let (ours, theirs) = (what("mvgal's part"), what("the driver's import"));
            let sizes = &zero_copy::SIZES;
            all.push(m.flat(ours, INSTRUCTIONS, &name("mvgal"), sizes)?);
            all.push(m.spread(theirs, INSTRUCTIONS, &name("driver"), sizes)?);
        } else {
            let what = what("export and import");
            all.push(m.flat(what, INSTRUCTIONS, &name("all"), &zero_copy::SIZES)?);
        }
    }
    for kib in staging::SIZES {
        let what = size(kib);
        all.push(
            Figure::alone(
                format!("11 {what} through the host, to two memcpy() overlapped"),
                "bytes/ns",
                m.rate(format!("{WALL}staged_{kib}"), kib)?,
            )
            .against(m.rate(format!("{WALL}overlapped_{kib}"), kib)?)
            .should_be(Goal::AtLeast(0.9)),
        );
    }
    Ok(all)
}

fn size(kib: u64) -> String {
    match kib {
        0..1024 => format!("{kib} KiB"),
        _ => format!("{} MiB", kib >> 10),
    }
}

struct Lookup<'a>(&'a Measured);

impl Lookup<'_> {
    fn get(&self, name: impl AsRef<str>) -> Result<f64> {
        let name = name.as_ref();
        match self.0.get(name) {
            Some(value) => Ok(*value as f64),
            None => Err(format!("not measured: {name}").into()),
        }
    }

    /// Bytes for each unit of time.
    fn rate(&self, name: impl AsRef<str>, kib: u64) -> Result<f64> {
        Ok((kib << 10) as f64 / self.get(name)?.max(1.0))
    }

    /// The largest of some, which should be within 5 % of the smallest.
    fn flat(&self, what: String, unit: &str, name: &str, counts: &[u64]) -> Result<Figure> {
        let spread = self.spread(what, unit, name, counts)?;
        Ok(spread.should_be(Goal::AtMost(1.05)))
    }

    /// The largest of some to the smallest.
    fn spread(&self, what: String, unit: &str, name: &str, counts: &[u64]) -> Result<Figure> {
        let (mut least, mut most) = (f64::MAX, 0.0);
        for count in counts {
            let value = self.get(format!("{name}_{count}"))?;
            least = value.min(least);
            most = value.max(most);
        }
        Ok(Figure::alone(what, unit, most).against(least))
    }
}

#[cfg(test)]
pub mod tests {
    use super::*;
    use crate::result;

    /// All that is needed, each with the value 1000.
    pub fn measured() -> Measured {
        let mut measured = Measured::new();
        loop {
            match results(&measured) {
                Ok(_) => return measured,
                Err(error) => {
                    let text = error.to_string();
                    let name = text
                        .strip_prefix("not measured: ")
                        .expect("what is missing");
                    measured.insert(name.to_owned(), 1000);
                }
            }
        }
    }

    fn of<'a>(all: &'a [Figure], name: &str) -> &'a Figure {
        let mut found = all.iter().filter(|figure| figure.name.starts_with(name));
        found.next().unwrap_or_else(|| panic!("no result {name}"))
    }

    #[test]
    fn complete() {
        let all = results(&measured()).expect("all is there");
        let json = serde_json::to_string(&all).expect("it can be encoded");
        assert_eq!(result::read(&json).expect("it is valid"), all);
    }

    #[test]
    fn every_figure_is_needed() {
        let all = measured();
        for name in all.keys() {
            let mut less = all.clone();
            less.remove(name);
            let error = results(&less).expect_err(name).to_string();
            assert_eq!(error, format!("not measured: {name}"));
        }
    }

    #[test]
    fn more_is_slower() {
        let mut measured = measured();
        measured.insert("native_mvgal_1".into(), 1150);
        measured.insert("native_mvgal_16".into(), 1001);
        let all = results(&measured).expect("all is there");
        assert_eq!(of(&all, "1 NATIVE submit, idle member, to").met, Some(true));
        assert_eq!(
            of(&all, "1 NATIVE submit, batch of 16, per job, to").met,
            Some(false)
        );
    }

    #[test]
    fn bandwidth_is_bytes_by_time() {
        let mut measured = measured();
        measured.insert("client_copy_64".into(), 65536);
        measured.insert("memcpy_64".into(), 32768);
        let all = results(&measured).expect("all is there");
        let copy = of(&all, "6 COPY of 64 KiB, ioctl");
        assert_eq!((copy.value, copy.baseline), (1.0, Some(2.0)));
        assert_eq!(copy.met, Some(false));
    }

    #[test]
    fn what_a_driver_maps_is_its_own() {
        let mut measured = measured();
        measured.insert("zero_copy_vgem_nouveau_driver_65536".into(), 500_000);
        measured.insert("zero_copy_vgem_vkms_all_65536".into(), 1051);
        let all = results(&measured).expect("all is there");
        assert_eq!(
            of(&all, "11 memory of vgem to nouveau, mvgal").met,
            Some(true)
        );
        let driver = of(&all, "11 memory of vgem to nouveau, the driver");
        assert_eq!((driver.ratio, driver.met), (Some(500.0), None));
        assert_eq!(of(&all, "11 memory of vgem to vkms").met, Some(false));
    }

    #[test]
    fn flat_is_most_to_least() {
        let mut measured = measured();
        measured.insert("run_queue_pick_one_1000".into(), 1051);
        measured.insert("clients_ready_100".into(), 960);
        let all = results(&measured).expect("all is there");
        let pick = of(&all, "2 pick-next: ");
        assert_eq!((pick.value, pick.baseline), (1051.0, Some(1000.0)));
        assert_eq!(pick.met, Some(false));
        assert_eq!(of(&all, "2 enqueue: ").met, Some(true));
        assert_eq!(of(&all, "7 ready job: ").met, Some(true));
    }
}

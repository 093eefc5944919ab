// SPDX-License-Identifier: MIT OR Apache-2.0

//! Jobs with a description: submitting them, and what became of them.

mod chart;

use mvgal::{
    Allocation, Buffer, BufferFlags, Device, Errno, Error, Job, Mapping, MemberId, Priority, Report,
};
use serde::Serialize;

use self::chart::Block;
use crate::failure::Failure;
use crate::{output, units};

/// Bytes for a report and some room.
const REPORT_STRIDE: usize = 64;

/// What a job is, for the legend.
#[derive(Debug, Clone, Serialize)]
pub struct Label {
    /// "copy", "fill" or "engine copy", say.
    pub kind: &'static str,
    /// Name of the stop it reads from.
    pub from: Option<String>,
    /// Name of the stop it writes to.
    pub to: String,
    /// Bytes written.
    pub bytes: u64,
}

/// A job and what became of it.
#[derive(Debug, Clone, Serialize)]
pub struct Ran {
    /// Its number, in the order of submission, from 1.
    pub job: usize,
    #[serde(flatten)]
    pub label: Label,
    pub priority: u32,
    /// Id of the member it ran on.
    pub member: u32,
    /// Number of its dispatch over all members.
    pub sequence: Option<u64>,
    pub submitted_ns: Option<u64>,
    pub ready_ns: Option<u64>,
    pub started_ns: Option<u64>,
    pub finished_ns: Option<u64>,
    /// Number of the error it ended with.
    pub errno: Option<i32>,
}

impl Ran {
    /// Time it was ready and waited for its turn, in ns.
    fn queued_ns(&self) -> Option<u64> {
        Some(self.started_ns?.saturating_sub(self.ready_ns?))
    }

    /// Time it ran, in ns.
    fn run_ns(&self) -> Option<u64> {
        Some(self.finished_ns?.saturating_sub(self.started_ns?))
    }
}

/// Jobs to submit together, each with a report.
pub struct Part<'a> {
    jobs: Vec<(Label, Priority, Job<'a>)>,
    reports: &'a Reports,
}

/// A host buffer for reports.
pub struct Reports {
    buffer: Buffer,
    mapping: Mapping,
}

impl Reports {
    /// Room for the reports of `jobs` jobs.
    pub fn new(device: &Device, jobs: usize) -> Result<Self, Error> {
        let size = (jobs.max(1) * REPORT_STRIDE) as u64;
        let buffer = device.alloc(&Allocation::linear(size).flags(BufferFlags::HOST_VALID))?;
        Ok(Reports {
            mapping: buffer.map()?,
            buffer,
        })
    }
}

impl<'a> Part<'a> {
    pub fn new(reports: &'a Reports) -> Self {
        Part {
            jobs: Vec::new(),
            reports,
        }
    }

    /// Adds a job; its number is what `len` gives after it.
    pub fn push(&mut self, label: Label, member: MemberId, priority: Priority, job: Job<'a>) {
        let offset = (self.jobs.len() * REPORT_STRIDE) as u64;
        let job = job
            .member(member)
            .priority(priority)
            .report(&self.reports.buffer, offset);
        self.jobs.push((label, priority, job));
    }

    pub fn len(&self) -> usize {
        self.jobs.len()
    }

    /// Submits all of it as one batch.
    pub fn submit(self, device: &Device) -> Result<Submitted<'a>, Error> {
        let (labels, jobs): (Vec<_>, Vec<_>) = self
            .jobs
            .into_iter()
            .map(|(label, priority, job)| ((label, priority), job))
            .unzip();
        device.batch().jobs(jobs).submit()?;
        Ok(Submitted {
            labels,
            reports: self.reports,
        })
    }
}

/// Jobs under way.
pub struct Submitted<'a> {
    labels: Vec<(Label, Priority)>,
    reports: &'a Reports,
}

impl Submitted<'_> {
    /// Reads the reports, after all jobs have ended.
    ///
    /// # Errors
    ///
    /// The error of the first job that failed by itself and was not cancelled
    /// because of another.
    pub fn reports(self, name: impl Fn(MemberId) -> String) -> Result<Vec<Ran>, Failure> {
        let mut ran = Vec::new();
        let mut failure: Option<(usize, Errno, MemberId)> = None;
        for (index, (label, priority)) in self.labels.into_iter().enumerate() {
            let report = Report::read(&self.reports.mapping, index * REPORT_STRIDE)?;
            if let Some(errno) = report.error
                && failure.is_none_or(|(_, first, _)| first == Errno::ECANCELED)
            {
                failure = Some((index, errno, report.member));
            }
            ran.push(Ran {
                job: index + 1,
                label,
                priority: priority.get(),
                member: report.member.get(),
                sequence: report.sequence,
                submitted_ns: report.submitted_ns,
                ready_ns: report.ready_ns,
                started_ns: report.started_ns,
                finished_ns: report.finished_ns,
                errno: report.error.map(|errno| errno as i32),
            });
        }
        match failure {
            None => Ok(ran),
            Some((index, errno, member)) => Err(Failure::Job {
                job: index + 1,
                what: describe(&ran[index].label),
                member: name(member),
                errno,
            }),
        }
    }
}

/// "copy 1 virtio_gpu → 2 vgem".
fn describe(label: &Label) -> String {
    match &label.from {
        Some(from) => format!("{} {from} → {}", label.kind, label.to),
        None => format!("{} {}", label.kind, label.to),
    }
}

/// The chart and the legend, for people. `rows` are ids and names of the stops.
pub fn show(rows: &[(MemberId, String)], jobs: &[Ran], columns: usize) -> String {
    let blocks: Vec<Block> = jobs
        .iter()
        .filter_map(|job| {
            Some(Block {
                row: rows.iter().position(|(id, _)| id.get() == job.member)?,
                job: job.job,
                priority: job.priority,
                ready: job.ready_ns?,
                started: job.started_ns?,
                finished: job.finished_ns?,
            })
        })
        .collect();
    let names: Vec<String> = rows.iter().map(|(_, name)| name.clone()).collect();
    let mut text = chart::render(&names, &blocks, columns);

    let mut table = output::table(
        [
            "order",
            "job",
            "priority",
            "what",
            "bytes",
            "queued µs",
            "run µs",
        ],
        &[0, 1, 2, 4, 5, 6],
    );
    let mut order: Vec<&Ran> = jobs.iter().collect();
    order.sort_by_key(|job| job.sequence);
    let micros = |ns: Option<u64>| ns.map_or_else(|| "-".to_owned(), units::micros);
    for (index, job) in order.into_iter().enumerate() {
        table.add_row([
            (index + 1).to_string(),
            job.job.to_string(),
            job.priority.to_string(),
            describe(&job.label),
            units::bytes(job.label.bytes),
            micros(job.queued_ns()),
            micros(job.run_ns()),
        ]);
    }
    text += &output::lines(table);
    text.push('\n');
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_legend_is_in_the_order_of_dispatch() {
        let job = |job: usize, sequence: u64, priority: u32| Ran {
            job,
            label: Label {
                kind: "copy",
                from: Some("1 vgem".to_owned()),
                to: "host".to_owned(),
                bytes: 262_144,
            },
            priority,
            member: 1,
            sequence: Some(sequence),
            submitted_ns: Some(1_000),
            ready_ns: Some(2_000),
            started_ns: Some(2_000 + sequence * 50_000),
            finished_ns: Some(2_000 + sequence * 50_000 + 40_500),
            errno: None,
        };
        let jobs = [job(1, 3, 0), job(2, 2, 8), job(3, 1, 15)];
        let rows = [(MemberId::new(1), "1 vgem".to_owned())];
        let text = show(&rows, &jobs, 60);
        insta::assert_snapshot!(anstream::adapter::strip_str(&text).to_string());
    }
}

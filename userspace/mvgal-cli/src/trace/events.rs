// SPDX-License-Identifier: MIT OR Apache-2.0

//! The tracepoints of the module, as tracefs prints them, and the jobs that
//! they tell of.

use std::collections::BTreeMap;

/// An event. Times are ns of `CLOCK_MONOTONIC`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Event {
    /// When it was.
    pub time: u64,
    /// Number of the client.
    pub client: u64,
    /// Number of the job.
    pub job: u64,
    /// Its member.
    pub member: u32,
    /// Its priority.
    pub priority: u32,
    /// What happened.
    pub what: What,
}

/// What happened to a job.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum What {
    /// It was submitted.
    Submit {
        /// COPY, FILL and so on.
        kind: String,
    },
    /// It entered the run queue.
    Ready,
    /// It was dispatched.
    Dispatch,
    /// It is over.
    Complete {
        /// When it began.
        started: u64,
        /// When it was over.
        finished: u64,
        /// 0 or a negative errno.
        error: i32,
    },
    /// It ended without having been dispatched.
    Cancel {
        /// A negative errno.
        error: i32,
    },
}

/// What a line of `trace_pipe` holds.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Line {
    /// An event of the module.
    Event(Event),
    /// So many events were lost.
    Lost(u64),
    /// Nothing that is known.
    Other,
}

/// Reads a line.
pub fn parse(line: &str) -> Line {
    if let Some(rest) = line.split("[LOST ").nth(1) {
        let count = rest.split(' ').next().and_then(|count| count.parse().ok());
        return Line::Lost(count.unwrap_or(1));
    }
    event(line).map_or(Line::Other, Line::Event)
}

fn event(line: &str) -> Option<Event> {
    let at = line.find(": mvgal_job_")?;
    let (before, after) = (&line[..at], &line[at + ": mvgal_job_".len()..]);
    let time = seconds(before.split_whitespace().next_back()?)?;
    let (name, fields) = after.split_once(": ")?;
    let fields: BTreeMap<&str, &str> = fields
        .split_whitespace()
        .filter_map(|field| field.split_once('='))
        .collect();
    let number = |key: &str| fields.get(key)?.parse().ok();
    let error = || fields.get("error")?.parse().ok();
    Some(Event {
        time,
        client: number("client")?,
        job: number("job")?,
        member: u32::try_from(number("member")?).ok()?,
        priority: u32::try_from(number("priority")?).ok()?,
        what: match name {
            "submit" => What::Submit {
                kind: (*fields.get("kind")?).to_owned(),
            },
            "ready" => What::Ready,
            "dispatch" => What::Dispatch,
            "complete" => What::Complete {
                started: number("started_ns")?,
                finished: number("finished_ns")?,
                error: error()?,
            },
            "cancel" => What::Cancel { error: error()? },
            _ => return None,
        },
    })
}

/// Reads "seconds.microseconds", in ns.
fn seconds(text: &str) -> Option<u64> {
    let (seconds, micros) = text.split_once('.')?;
    let digits = micros.len();
    if !(1..=9).contains(&digits) {
        return None;
    }
    let fraction: u64 = micros.parse().ok()?;
    let seconds: u64 = seconds.parse().ok()?;
    seconds
        .checked_mul(1_000_000_000)?
        .checked_add(fraction * 10u64.pow(9 - digits as u32))
}

/// A job, as far as it was seen.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Job {
    /// Number of the client.
    pub client: u64,
    /// Its own number.
    pub job: u64,
    /// COPY, FILL and so on; empty if its submission was not seen.
    pub kind: String,
    /// Its member.
    pub member: u32,
    /// Its priority.
    pub priority: u32,
    /// When it was submitted.
    pub submitted: Option<u64>,
    /// When it entered the run queue.
    pub ready: Option<u64>,
    /// When it ran.
    pub ran: Option<(u64, u64)>,
    /// When it ended without having run.
    pub cancelled: Option<u64>,
    /// 0 or a negative errno.
    pub error: i32,
}

/// All that was seen.
#[derive(Debug, Default)]
pub struct Record {
    jobs: BTreeMap<u64, Job>,
    /// Events that were lost.
    pub lost: u64,
    /// Events that were seen.
    pub events: u64,
}

impl Record {
    /// Adds a line.
    pub fn add(&mut self, line: &str) {
        match parse(line) {
            Line::Event(event) => self.event(event),
            Line::Lost(count) => self.lost += count,
            Line::Other => {}
        }
    }

    fn event(&mut self, event: Event) {
        self.events += 1;
        let job = self.jobs.entry(event.job).or_insert_with(|| Job {
            client: event.client,
            job: event.job,
            kind: String::new(),
            member: event.member,
            priority: event.priority,
            submitted: None,
            ready: None,
            ran: None,
            cancelled: None,
            error: 0,
        });
        match event.what {
            What::Submit { kind } => {
                job.kind = kind;
                job.submitted = Some(event.time);
            }
            What::Ready => job.ready = Some(event.time),
            What::Dispatch => {}
            What::Complete {
                started,
                finished,
                error,
            } => {
                job.ran = Some((started, finished));
                job.error = error;
            }
            What::Cancel { error } => {
                job.cancelled = Some(event.time);
                job.error = error;
            }
        }
    }

    /// The jobs, by number.
    pub fn jobs(&self) -> impl Iterator<Item = &Job> {
        self.jobs.values()
    }
}

impl Job {
    /// When it could have run, as well as is known.
    pub fn waiting_since(&self) -> Option<u64> {
        self.ready.or(self.submitted)
    }
}

/// Jobs that ran, on as few rows a member as they take without overlap: member
/// and row, with the job.
pub fn rows<'a>(jobs: impl Iterator<Item = &'a Job>) -> Vec<((u32, usize), &'a Job)> {
    let mut ran: Vec<_> = jobs
        .filter_map(|job| job.ran.map(|ran| (ran, job)))
        .collect();
    ran.sort_by_key(|((start, end), job)| (*start, *end, job.job));
    let mut ends: BTreeMap<u32, Vec<u64>> = BTreeMap::new();
    ran.into_iter()
        .map(|((start, end), job)| {
            let rows = ends.entry(job.member).or_default();
            let row = match rows.iter().position(|last| *last <= start) {
                Some(row) => row,
                None => {
                    rows.push(0);
                    rows.len() - 1
                }
            };
            rows[row] = end;
            ((job.member, row), job)
        })
        .collect()
}

#[cfg(test)]
pub mod tests {
    use super::*;

    /// A recording with three jobs that ran, one of them failed, and one that
    /// did not.
    pub const RECORD: &str = "\
     mvgal-e2e-93      [000] .....    10.000100: mvgal_job_submit: client=7 job=1 kind=COPY priority=5 member=0 timeout_ns=60000000000
     mvgal-e2e-93      [000] .....    10.000101: mvgal_job_ready: client=7 job=1 member=0 priority=5
     kworker/u8:1-31   [001] .....    10.000200: mvgal_job_dispatch: client=7 job=1 member=0 priority=5 sequence=1
     mvgal-e2e-93      [000] .....    10.000210: mvgal_job_submit: client=7 job=2 kind=NATIVE priority=15 member=2 timeout_ns=60000000000
     mvgal-e2e-93      [000] .....    10.000211: mvgal_job_submit: client=8 job=3 kind=NATIVE priority=0 member=2 timeout_ns=60000000000
CPU:0 [LOST 12 EVENTS]
     something else entirely
     kworker/u8:1-31   [001] .....    10.000300: mvgal_job_complete: client=7 job=1 member=0 priority=5 kind=COPY started_ns=10000200000 finished_ns=10000300000 error=0
     <idle>-0          [000] d.h1.    10.000700: mvgal_job_complete: client=7 job=2 member=2 priority=15 kind=NATIVE started_ns=10000220000 finished_ns=10000700000 error=0
     <idle>-0          [000] d.h1.    10.000800: mvgal_job_complete: client=8 job=3 member=2 priority=0 kind=NATIVE started_ns=10000400000 finished_ns=10000800000 error=-5
     mvgal-e2e-93      [000] .....    10.000900: mvgal_job_cancel: client=8 job=4 member=2 priority=11 error=-125
";

    /// What was recorded.
    pub fn record() -> Record {
        let mut record = Record::default();
        RECORD.lines().for_each(|line| record.add(line));
        record
    }

    #[test]
    fn lines() {
        let record = record();
        assert_eq!((record.events, record.lost), (9, 12));
        let jobs: Vec<_> = record.jobs().collect();
        assert_eq!(jobs.len(), 4);
        assert_eq!(jobs[0].submitted, Some(10_000_100_000));
        assert_eq!(jobs[0].waiting_since(), Some(10_000_101_000));
        assert_eq!(jobs[0].ran, Some((10_000_200_000, 10_000_300_000)));
        assert_eq!(jobs[1].kind, "NATIVE");
        assert_eq!((jobs[2].error, jobs[3].error), (-5, -125));
        assert_eq!(jobs[3].cancelled, Some(10_000_900_000));
    }

    #[test]
    fn nonsense_is_no_event() {
        for line in [
            "",
            "x: mvgal_job_submit: client=1",
            " 1.5: mvgal_job_submit: client=1 job=x kind=COPY priority=1 member=1",
            " 1.5: mvgal_job_other: client=1 job=1 priority=1 member=1",
            " x.5: mvgal_job_ready: client=1 job=1 priority=1 member=1",
            " 1.5: mvgal_job_complete: client=1 job=1 priority=1 member=1 error=0",
        ] {
            assert_eq!(parse(line), Line::Other, "{line}");
        }
    }

    #[test]
    fn overlapping_jobs_get_rows() {
        let record = record();
        let rows: Vec<_> = rows(record.jobs())
            .into_iter()
            .map(|(row, job)| (row, job.job))
            .collect();
        assert_eq!(rows, [((0, 0), 1), ((2, 0), 2), ((2, 1), 3)]);
    }
}

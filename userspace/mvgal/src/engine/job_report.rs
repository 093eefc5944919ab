// SPDX-License-Identifier: MIT OR Apache-2.0

//! Places where the jobs of an engine write their reports.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use crate::buffer::{Allocation, Buffer, BufferFlags};
use crate::error::Result;
use crate::job::Job;
use crate::mapping::Mapping;
use crate::member::MemberId;
use crate::node::Node;
use crate::report::Report;

/// Bytes from one place to the next.
const STRIDE: usize = Report::SIZE.next_multiple_of(8);
/// Bytes of a buffer with places.
const PAGE: usize = 4096;

/// Places for reports: as many as are in use at a time, by the page.
#[derive(Debug)]
pub(super) struct JobReports {
    node: Arc<Node>,
    pages: Mutex<Vec<Arc<Page>>>,
}

#[derive(Debug)]
struct Page {
    buffer: Buffer,
    mapping: Mapping,
    /// Offsets of the places that nobody has.
    free: Mutex<Vec<usize>>,
}

/// A place that is one job's until it is dropped, which must not be before the job has ended
/// if others are to come after it.
#[derive(Debug)]
pub(super) struct JobReport {
    page: Arc<Page>,
    offset: usize,
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

impl JobReports {
    pub(super) fn new(node: &Arc<Node>) -> Self {
        JobReports {
            node: node.clone(),
            pages: Mutex::default(),
        }
    }

    /// A place for the report of one job.
    pub(super) fn place(&self) -> Result<JobReport> {
        let mut pages = lock(&self.pages);
        let there = pages.iter().find_map(Page::take);
        let (page, offset) = match there {
            Some(place) => place,
            None => {
                let page = Arc::new(Page::new(&self.node)?);
                pages.push(page.clone());
                let offset = lock(&page.free).pop().unwrap_or(0);
                (page, offset)
            }
        };
        drop(pages);
        let report = JobReport { page, offset };
        // What was written for another job says nothing.
        let nothing = [0; Report::SIZE];
        report.page.mapping.write_at(offset, &nothing)?;
        Ok(report)
    }
}

impl Page {
    fn new(node: &Arc<Node>) -> Result<Self> {
        let allocation = Allocation::linear(PAGE as u64)
            .member(MemberId::HOST)
            .flags(BufferFlags::HOST_VALID);
        let buffer = Buffer::alloc(node, allocation)?;
        let mapping = buffer.map()?;
        let free = (0..PAGE / STRIDE).map(|place| place * STRIDE).collect();
        Ok(Page {
            buffer,
            mapping,
            free: Mutex::new(free),
        })
    }

    fn take(self: &Arc<Self>) -> Option<(Arc<Self>, usize)> {
        let offset = lock(&self.free).pop()?;
        Some((self.clone(), offset))
    }
}

impl JobReport {
    /// Has the job report there.
    pub(super) fn of<'a>(&'a self, job: Job<'a>) -> Job<'a> {
        job.report(&self.page.buffer, self.offset as u64)
    }

    /// Whether the job has reported, and its driver was never given it.
    pub(super) fn never_started(&self) -> bool {
        let report = Report::read(&self.page.mapping, self.offset);
        report.is_ok_and(|report| report.submitted_ns.is_some() && report.started_ns.is_none())
    }
}

impl Drop for JobReport {
    fn drop(&mut self) {
        lock(&self.page.free).push(self.offset);
    }
}

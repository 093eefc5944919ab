// SPDX-License-Identifier: MIT OR Apache-2.0

//! Jobs and batches, with every raw field within reach.

use crate::client::Buffer;
use crate::client::Client;
use crate::client::array;
use crate::raw;
use crate::raw::Result;
use crate::sys::*;

/// A job; what the raw structure points at is beside it.
#[derive(Clone)]
pub struct Job {
    /// The structure, but for its pointers, which [`Batch::new`] sets.
    pub raw: drm_mvgal_job,
    /// What it waits for.
    pub ins: Vec<drm_mvgal_sync>,
    /// What it signals.
    pub outs: Vec<drm_mvgal_sync>,
    /// The payload.
    pub payload: Vec<u8>,
}

impl Job {
    fn new(kind: u32, payload: Vec<u8>) -> Self {
        Self {
            raw: drm_mvgal_job {
                kind,
                ..Default::default()
            },
            ins: Vec::new(),
            outs: Vec::new(),
            payload,
        }
    }

    /// A FILL on the host.
    pub fn fill_with(fill: drm_mvgal_fill) -> Self {
        Self::new(DRM_MVGAL_JOB_FILL, raw::bytes_of(&fill))
    }

    /// A FILL of a whole buffer with one byte.
    pub fn fill(buffer: &Buffer, byte: u8) -> Self {
        Self::fill_with(drm_mvgal_fill {
            dst: buffer.handle,
            pattern_size: 1,
            pattern: byte.into(),
            width: buffer.size,
            height: 1,
            ..Default::default()
        })
    }

    /// A COPY on the host.
    pub fn copy_with(copy: drm_mvgal_copy) -> Self {
        Self::new(DRM_MVGAL_JOB_COPY, raw::bytes_of(&copy))
    }

    /// A NATIVE job; its member must be named.
    pub fn native_with(native: drm_mvgal_native) -> Self {
        Self::new(DRM_MVGAL_JOB_NATIVE, raw::bytes_of(&native))
    }

    /// A REPLICATE of the memory that the host has of a buffer.
    pub fn replicate_with(replicate: drm_mvgal_replicate) -> Self {
        Self::new(DRM_MVGAL_JOB_REPLICATE, raw::bytes_of(&replicate))
    }

    /// A REPLICATE of a whole buffer, of whatever member its memory is.
    pub fn replicate(buffer: &Buffer) -> Self {
        Self::replicate_with(drm_mvgal_replicate {
            buffer: buffer.handle,
            width: buffer.size,
            height: 1,
            ..Default::default()
        })
        .on(ANY)
    }

    /// A BARRIER on the host.
    pub fn barrier() -> Self {
        Self::new(DRM_MVGAL_JOB_BARRIER, Vec::new())
    }

    /// Has that time-out.
    pub fn timeout_ms(mut self, ms: u64) -> Self {
        self.raw.timeout_ns = ms * 1_000_000;
        self
    }

    /// A COPY of a whole buffer to another.
    pub fn copy(from: &Buffer, to: &Buffer) -> Self {
        Self::copy_with(drm_mvgal_copy {
            src: from.handle,
            dst: to.handle,
            width: from.size.min(to.size),
            height: 1,
            ..Default::default()
        })
    }

    /// Goes through that member's queue.
    pub fn on(mut self, member: u32) -> Self {
        self.raw.member = member;
        self
    }

    /// Has that priority.
    pub fn priority(mut self, priority: u32) -> Self {
        self.raw.priority = priority;
        self
    }

    /// Waits for a point.
    pub fn after(mut self, point: (u32, u64)) -> Self {
        self.ins.push(sync(point));
        self
    }

    /// Signals a point.
    pub fn signals(mut self, point: (u32, u64)) -> Self {
        self.outs.push(sync(point));
        self
    }

    /// Is ordered by the dma_resv of its buffers.
    pub fn implicit(mut self) -> Self {
        self.raw.flags |= DRM_MVGAL_JOB_IMPLICIT_SYNC;
        self
    }

    /// Writes its report as the `index`-th of a buffer.
    pub fn report(mut self, buffer: &Buffer, index: usize) -> Self {
        self.raw.flags |= DRM_MVGAL_JOB_REPORT;
        self.raw.report = buffer.handle;
        self.raw.report_offset = (index * size_of::<drm_mvgal_job_report>()) as u64;
        self
    }
}

impl Job {
    /// Writes its report, and what it has moved, to the start of a buffer.
    pub fn report_traffic(self, buffer: &Buffer) -> Self {
        let mut job = self.report(buffer, 0);
        job.raw.flags |= DRM_MVGAL_JOB_REPORT_TRAFFIC;
        job
    }
}

/// What a job has moved, behind the report at the start of a buffer.
pub fn traffic(client: &Client, buffer: &Buffer) -> drm_mvgal_job_traffic {
    let (at, size) = (
        size_of::<drm_mvgal_job_report>(),
        size_of::<drm_mvgal_job_traffic>(),
    );
    raw::from_bytes(&client.map(buffer).read_at(at, size))
}

/// A point as a job names it.
pub fn sync(point: (u32, u64)) -> drm_mvgal_sync {
    drm_mvgal_sync {
        handle: point.0,
        flags: 0,
        point: point.1,
    }
}

/// The `index`-th report of a buffer.
pub fn report(client: &Client, buffer: &Buffer, index: usize) -> drm_mvgal_job_report {
    let size = size_of::<drm_mvgal_job_report>();
    raw::from_bytes(&client.map(buffer).read_at(index * size, size))
}

/// A batch ready to submit: all pointers are set, and all of it can be edited.
pub struct Batch {
    /// What the pointers of `jobs` point at.
    _parts: Vec<Job>,
    /// The elements.
    pub jobs: Vec<drm_mvgal_job>,
    /// The argument.
    pub arg: drm_mvgal_submit_workload,
}

impl Batch {
    /// Sets the pointers.
    pub fn new(parts: Vec<Job>) -> Self {
        let jobs: Vec<_> = parts
            .iter()
            .map(|part| drm_mvgal_job {
                in_syncs: array(&part.ins),
                out_syncs: array(&part.outs),
                payload: match &part.payload[..] {
                    [] => 0,
                    payload => raw::address(payload),
                },
                payload_size: part.payload.len() as u32,
                ..part.raw
            })
            .collect();
        let arg = drm_mvgal_submit_workload {
            jobs: array(&jobs),
            ..Default::default()
        };
        Self {
            _parts: parts,
            jobs,
            arg,
        }
    }

    /// Submits it as it is now.
    pub fn submit(&mut self, client: &Client) -> Result<()> {
        client.ioctl(DRM_IOCTL_MVGAL_SUBMIT_WORKLOAD, &mut self.arg)
    }
}

impl Client {
    /// Submits a batch.
    pub fn submit(&self, jobs: Vec<Job>) -> Result<()> {
        Batch::new(jobs).submit(self)
    }

    /// Submits a batch that must be taken.
    #[track_caller]
    pub fn queue(&self, jobs: Vec<Job>) {
        let count = jobs.len();
        if let Err(error) = self.submit(jobs) {
            panic!("SUBMIT_WORKLOAD of {count} jobs: {error}");
        }
    }

    /// Submits one job and waits for its end.
    #[track_caller]
    pub fn run(&self, job: Job) {
        let done = (self.syncobj(), 0);
        self.queue(vec![job.signals(done)]);
        self.done(done);
        self.syncobj_destroy(done.0).expect("SYNCOBJ_DESTROY");
    }
}

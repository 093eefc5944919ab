// SPDX-License-Identifier: MIT OR Apache-2.0

//! What is measured.
//!
//! The bare ioctls are called with structures that are ready, so that none of
//! the library counts. Buffers and jobs are on the host, where no driver of
//! another vendor has a part in it.

use std::os::fd::{AsFd, AsRawFd};

use mvgal::{Allocation, Buffer, BufferFlags, Deadline, Device, Timeline, WaitMode, ioctls, sys};

use crate::Result;
use crate::measure;
use crate::report::Report;

/// Bytes that a job fills: so few that the job itself costs next to nothing.
const BYTES: u64 = 8;

/// Jobs in a large batch.
const JOBS: u32 = 1000;

/// An empty QUERY_CAPABILITIES.
pub fn query(device: &Device, rounds: u32, report: &mut Report) -> Result<()> {
    let fd = device.as_fd().as_raw_fd();
    let cost = measure::time(rounds, || {
        let mut args = sys::drm_mvgal_query_capabilities::default();
        // SAFETY: the structure is valid and names no other memory.
        unsafe { ioctls::query_capabilities(fd, &mut args) }?;
        Ok(())
    })?;
    report.add("QUERY_CAPABILITIES, empty", cost);
    Ok(())
}

/// FILL jobs on the host that signal the points of one timeline.
struct Fills<'a> {
    device: &'a Device,
    timeline: Timeline,
    _buffer: Buffer,
    fill: sys::drm_mvgal_fill,
    submitted: u64,
}

impl<'a> Fills<'a> {
    fn new(device: &'a Device) -> Result<Self> {
        let buffer = device.alloc(&Allocation::linear(4096).flags(BufferFlags::HOST_VALID))?;
        Ok(Fills {
            device,
            timeline: device.timeline()?,
            fill: sys::drm_mvgal_fill {
                dst: buffer.handle(),
                pattern_size: 1,
                pattern: 0x5a,
                width: BYTES,
                height: 1,
                ..Default::default()
            },
            _buffer: buffer,
            submitted: 0,
        })
    }

    /// Submits a batch, of which only the last job signals a point.
    fn submit(&mut self, jobs: u32) -> Result<()> {
        self.submitted += 1;
        let sync = sys::drm_mvgal_sync {
            handle: self.timeline.syncobj().handle(),
            point: self.submitted,
            ..Default::default()
        };
        let mut batch = vec![
            sys::drm_mvgal_job {
                kind: sys::DRM_MVGAL_JOB_FILL,
                priority: 5,
                member: sys::DRM_MVGAL_MEMBER_HOST,
                payload: &raw const self.fill as u64,
                payload_size: size_of::<sys::drm_mvgal_fill>() as u32,
                ..Default::default()
            };
            jobs as usize
        ];
        if let Some(last) = batch.last_mut() {
            last.out_syncs = sys::drm_mvgal_obj_array {
                stride: size_of::<sys::drm_mvgal_sync>() as u32,
                count: 1,
                array: &raw const sync as u64,
            };
        }
        let mut args = sys::drm_mvgal_submit_workload {
            jobs: sys::drm_mvgal_obj_array {
                stride: size_of::<sys::drm_mvgal_job>() as u32,
                count: jobs,
                array: batch.as_ptr() as u64,
            },
            ..Default::default()
        };
        let fd = self.device.as_fd().as_raw_fd();
        // SAFETY: the arrays and payloads live until the call has returned.
        unsafe { ioctls::submit_workload(fd, &mut args) }?;
        Ok(())
    }

    fn wait(&self) -> Result<()> {
        let point = self.timeline.point(self.submitted);
        self.device.wait(&[point], WaitMode::All, Deadline::NEVER)?;
        Ok(())
    }
}

/// One FILL job: the ioctl alone, and up to its fence.
pub fn fill(device: &Device, rounds: u32, report: &mut Report) -> Result<()> {
    let mut fills = Fills::new(device)?;
    let mut costs = Vec::new();
    for _ in 0..=rounds {
        let start = measure::now();
        fills.submit(1)?;
        costs.push(measure::now() - start);
        fills.wait()?;
    }
    costs.sort_unstable();
    report.add(
        "SUBMIT_WORKLOAD, one FILL: the ioctl",
        costs[costs.len() / 2],
    );

    let cost = measure::time(rounds, || {
        fills.submit(1)?;
        fills.wait()
    })?;
    report.add("SUBMIT_WORKLOAD, one FILL: until waited for", cost);
    Ok(())
}

/// A large batch, per job: the ioctl alone, and up to the fence of the last.
pub fn batch(device: &Device, rounds: u32, report: &mut Report) -> Result<()> {
    let mut fills = Fills::new(device)?;
    let mut costs = Vec::new();
    for _ in 0..=rounds {
        let start = measure::now();
        fills.submit(JOBS)?;
        costs.push(measure::now() - start);
        fills.wait()?;
    }
    costs.sort_unstable();
    report.add(
        format!("SUBMIT_WORKLOAD, {JOBS} FILLs: the ioctl, per job"),
        costs[costs.len() / 2] / u64::from(JOBS),
    );

    let cost = measure::time(rounds, || {
        fills.submit(JOBS)?;
        fills.wait()
    })?;
    report.add(
        format!("SUBMIT_WORKLOAD, {JOBS} FILLs: until waited for, per job"),
        cost / u64::from(JOBS),
    );
    Ok(())
}

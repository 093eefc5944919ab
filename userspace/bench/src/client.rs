// SPDX-License-Identifier: MIT OR Apache-2.0

//! A client of mvgal whose structures are ready before the clock runs, so that
//! none of the library counts.

use std::os::fd::{AsFd, AsRawFd, BorrowedFd, FromRawFd, OwnedFd};

use mvgal::{Device, ioctls, sys};

use crate::Result;
use crate::drm::{self, Point, address};

/// An open file of mvgal.
pub struct Client {
    device: Device,
}

impl Client {
    /// Opens one.
    pub fn open() -> Result<Self> {
        Ok(Client {
            device: Device::open()?,
        })
    }

    /// For what is not measured.
    pub fn device(&self) -> &Device {
        &self.device
    }

    /// The descriptor.
    pub fn fd(&self) -> BorrowedFd<'_> {
        self.device.as_fd()
    }

    /// Creates a syncobj.
    pub fn syncobj(&self) -> Result<u32> {
        drm::syncobj(self.fd())
    }

    /// ALLOC_MEMORY of plain bytes. Returns the handle.
    pub fn alloc(&self, member: u32, size: u64, flags: u32) -> Result<u32> {
        let mut args = sys::drm_mvgal_alloc_memory {
            size,
            flags,
            member,
            ..Default::default()
        };
        // SAFETY: the structure is valid and has no pointers.
        unsafe { ioctls::alloc_memory(self.fd().as_raw_fd(), &mut args) }?;
        Ok(args.handle)
    }

    /// EXPORT_DMABUF, for a member if one is given, which must be able to use the memory
    /// in place.
    pub fn export(&self, handle: u32, member: Option<u32>) -> Result<OwnedFd> {
        let mut args = sys::drm_mvgal_export_dmabuf {
            handle,
            flags: member.map_or(0, |_| sys::DRM_MVGAL_EXPORT_FOR_MEMBER),
            member: member.unwrap_or_default(),
            ..Default::default()
        };
        // SAFETY: the structure is valid and has no pointers.
        unsafe { ioctls::export_dmabuf(self.fd().as_raw_fd(), &mut args) }?;
        // SAFETY: the kernel has just made the descriptor, so nobody else owns it.
        let fd = unsafe { OwnedFd::from_raw_fd(args.fd) };
        if member.is_some() && args.reach == sys::DRM_MVGAL_REACH_COPY {
            return Err(format!("it is copied, for reason {}", args.limit).into());
        }
        Ok(fd)
    }

    /// FREE_MEMORY.
    pub fn free(&self, handle: u32) -> Result<()> {
        let mut args = sys::drm_mvgal_free_memory { handle, pad: 0 };
        // SAFETY: the structure is valid and has no pointers.
        unsafe { ioctls::free_memory(self.fd().as_raw_fd(), &mut args) }?;
        Ok(())
    }

    /// SUBMIT_WORKLOAD.
    pub fn submit(&self, batch: &Batch) -> Result<()> {
        let mut args = sys::drm_mvgal_submit_workload {
            jobs: array(&batch.jobs),
            ..Default::default()
        };
        // SAFETY: the batch has all that the jobs point at.
        unsafe { ioctls::submit_workload(self.fd().as_raw_fd(), &mut args) }?;
        Ok(())
    }

    /// WAIT_FENCE for one point, for ever. Fails if its fence carries an error.
    pub fn wait(&self, point: Point) -> Result<()> {
        let mut waits = [sys::drm_mvgal_fence_wait {
            handle: point.handle,
            point: point.point,
            ..Default::default()
        }];
        let mut args = sys::drm_mvgal_wait_fence {
            timeout_ns: i64::MAX,
            waits: sys::drm_mvgal_obj_array {
                stride: size_of::<sys::drm_mvgal_fence_wait>() as u32,
                count: 1,
                array: waits.as_mut_ptr().expose_provenance() as u64,
            },
            ..Default::default()
        };
        // SAFETY: the array has one element, which is written.
        unsafe { ioctls::wait_fence(self.fd().as_raw_fd(), &mut args) }?;
        match waits[0].error {
            0 => Ok(()),
            errno => Err(format!("a job failed: {}", nix::Error::from_raw(-errno)).into()),
        }
    }
}

/// What a job does.
#[derive(Clone, Copy)]
pub enum Work {
    /// Nothing.
    Barrier,
    /// A copy.
    Copy(sys::drm_mvgal_copy),
    /// A fill.
    Fill(sys::drm_mvgal_fill),
}

/// Jobs, ready to be submitted again and again.
pub struct Batch {
    jobs: Vec<sys::drm_mvgal_job>,
    // What the jobs point at; each in a place of its own, which does not move.
    _work: Box<Work>,
    wait: Box<sys::drm_mvgal_sync>,
    done: Box<sys::drm_mvgal_sync>,
}

impl Batch {
    /// Jobs of one kind on one member, at priority 5.
    pub fn new(work: Work, count: usize, member: u32) -> Self {
        let work = Box::new(work);
        let (kind, payload, payload_size) = match &*work {
            Work::Barrier => (sys::DRM_MVGAL_JOB_BARRIER, 0, 0),
            Work::Copy(copy) => (
                sys::DRM_MVGAL_JOB_COPY,
                address(copy),
                size_of_val(copy) as u32,
            ),
            Work::Fill(fill) => (
                sys::DRM_MVGAL_JOB_FILL,
                address(fill),
                size_of_val(fill) as u32,
            ),
        };
        let job = sys::drm_mvgal_job {
            kind,
            priority: 5,
            member,
            payload,
            payload_size,
            ..Default::default()
        };
        Self::of(vec![job; count], work)
    }

    fn of(jobs: Vec<sys::drm_mvgal_job>, work: Box<Work>) -> Self {
        Batch {
            jobs,
            _work: work,
            wait: Box::default(),
            done: Box::default(),
        }
    }

    /// A batch of jobs that were made elsewhere.
    ///
    /// # Safety
    ///
    /// What the jobs point at must outlive the batch.
    pub unsafe fn from_jobs(jobs: Vec<sys::drm_mvgal_job>) -> Self {
        Self::of(jobs, Box::new(Work::Barrier))
    }

    /// Gives all jobs a priority.
    pub fn priority(mut self, priority: u32) -> Self {
        for job in &mut self.jobs {
            job.priority = priority;
        }
        self
    }

    /// Has the last job report to a place in a buffer of the host.
    pub fn report(mut self, buffer: u32) -> Self {
        if let Some(last) = self.jobs.last_mut() {
            last.flags |= sys::DRM_MVGAL_JOB_REPORT;
            last.report = buffer;
        }
        self
    }

    /// Has all jobs wait for a point.
    pub fn after(&mut self, point: Point) {
        *self.wait = sync(point);
        for job in &mut self.jobs {
            job.in_syncs = array(std::slice::from_ref(&*self.wait));
        }
    }

    /// Has the last job signal a point.
    pub fn signals(&mut self, point: Point) {
        *self.done = sync(point);
        if let Some(last) = self.jobs.last_mut() {
            last.out_syncs = array(std::slice::from_ref(&*self.done));
        }
    }
}

fn sync(point: Point) -> sys::drm_mvgal_sync {
    sys::drm_mvgal_sync {
        handle: point.handle,
        point: point.point,
        ..Default::default()
    }
}

fn array<T>(elements: &[T]) -> sys::drm_mvgal_obj_array {
    sys::drm_mvgal_obj_array {
        stride: size_of::<T>() as u32,
        count: elements.len() as u32,
        array: address(elements),
    }
}

/// A timeline of a client, of which each step is used once.
pub struct Steps {
    handle: u32,
    last: u64,
}

impl Steps {
    /// Makes one.
    pub fn new(client: &Client) -> Result<Self> {
        Ok(Steps {
            handle: client.syncobj()?,
            last: 0,
        })
    }

    /// The next point.
    pub fn next(&mut self) -> Point {
        self.last += 1;
        self.current()
    }

    /// The point that [`Steps::next`] gave last.
    pub fn current(&self) -> Point {
        Point {
            handle: self.handle,
            point: self.last,
        }
    }
}

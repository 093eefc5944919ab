// SPDX-License-Identifier: MIT OR Apache-2.0

//! Submitting command streams, to the driver or to mvgal.

use std::cell::Cell;
use std::fmt;
use std::sync::Arc;

use nix::errno::Errno;

use super::commands::Commands;
use super::error::{Call, Error, Result};
use super::fence::Fence;
use super::file::File;
use super::resource::Resource;
use super::{ioctls, sys};
use crate::deadline::Deadline;
use crate::job::Job;
use crate::member::MemberId;
use crate::native::NativeCommand;
use crate::syncobj::Point;
use crate::wait::{self, WaitMode};

/// A command stream with all that its submission needs, at addresses that stay.
///
/// [`submit`](Self::submit) hands it to the driver at once.
/// [`job`](Self::job) makes a NATIVE job of it; then it is to be kept until that
/// job was dispatched: until its [`fence`](Self::fence) is submitted or the job's
/// point has signalled. Dropped before, it leaks its memory, since the kernel will
/// still read it, and the job runs if the resources are there that it uses.
pub struct Submission<'s> {
    file: Arc<File>,
    kept: Kept,
    arg: sys::drm_virtgpu_execbuffer,
    fence: Fence,
    job: Cell<Option<Point<'s>>>,
}

/// What the kernel reads when a job is dispatched.
#[derive(Default)]
struct Kept {
    words: Vec<u32>,
    handles: Vec<u32>,
    out_syncobjs: Vec<sys::drm_virtgpu_execbuffer_syncobj>,
    resources: Vec<Resource>,
}

impl<'s> Submission<'s> {
    pub(super) fn new(file: &Arc<File>, commands: Commands) -> Result<Self> {
        let (words, resources) = commands.into_parts();
        for resource in &resources {
            belongs(file, resource)?;
        }
        let fence = Fence::new(file)?;
        let out_syncobjs = vec![sys::drm_virtgpu_execbuffer_syncobj {
            handle: fence.handle(),
            flags: 0,
            point: 0,
        }];
        let handles = resources.iter().map(Resource::handle).collect();
        let mut submission = Submission {
            file: file.clone(),
            kept: Kept {
                words,
                handles,
                out_syncobjs,
                resources,
            },
            arg: sys::drm_virtgpu_execbuffer::default(),
            fence,
            job: Cell::new(None),
        };
        submission.point_at_kept()?;
        Ok(submission)
    }

    /// Adds a resource that the commands use without naming it: bound by an
    /// earlier stream.
    ///
    /// # Errors
    ///
    /// [`Error::Foreign`].
    pub fn uses(mut self, resource: &Resource) -> Result<Self> {
        belongs(&self.file, resource)?;
        if !self.kept.resources.iter().any(|known| known.is(resource)) {
            self.kept.resources.push(resource.clone());
            self.kept.handles.push(resource.handle());
            self.point_at_kept()?;
        }
        Ok(self)
    }

    fn point_at_kept(&mut self) -> Result<()> {
        let kept = &self.kept;
        let size = u32::try_from(size_of_val(&kept.words[..])).map_err(|_| Error::Range {
            what: "number of words in a command stream",
            value: kept.words.len() as u64,
            allowed: "below 4 GiB".into(),
        })?;
        self.arg = sys::drm_virtgpu_execbuffer {
            size,
            command: kept.words.as_ptr().expose_provenance() as u64,
            bo_handles: kept.handles.as_ptr().expose_provenance() as u64,
            num_bo_handles: kept.handles.len() as u32,
            fence_fd: -1,
            syncobj_stride: size_of::<sys::drm_virtgpu_execbuffer_syncobj>() as u32,
            num_out_syncobjs: kept.out_syncobjs.len() as u32,
            out_syncobjs: kept.out_syncobjs.as_ptr().expose_provenance() as u64,
            ..Default::default()
        };
        Ok(())
    }

    /// The fence that it signals.
    pub fn fence(&self) -> &Fence {
        &self.fence
    }

    /// Bytes of the commands.
    pub fn bytes(&self) -> usize {
        size_of_val(&self.kept.words[..])
    }

    /// Submits it to the driver, behind all that was submitted to the context
    /// before.
    ///
    /// # Errors
    ///
    /// `ENOMEM`, `ENODEV`, `EINVAL` for an empty stream. What is wrong with the
    /// commands only the host finds, later: see
    /// [`Context::check`](super::Context::check).
    pub fn submit(self) -> Result<Fence> {
        self.submit_after(&[])
    }

    /// Submits it to the driver once other submissions have ended. The call waits
    /// for those of other contexts.
    ///
    /// # Errors
    ///
    /// As [`submit`](Self::submit), and `EINVAL` if one was not submitted yet.
    pub fn submit_after(mut self, fences: &[&Fence]) -> Result<Fence> {
        let after: Vec<_> = fences
            .iter()
            .map(|fence| sys::drm_virtgpu_execbuffer_syncobj {
                handle: fence.handle(),
                flags: 0,
                point: 0,
            })
            .collect();
        let mut arg = sys::drm_virtgpu_execbuffer {
            num_in_syncobjs: after.len() as u32,
            in_syncobjs: after.as_ptr().expose_provenance() as u64,
            ..self.arg
        };
        // SAFETY: What `arg` points at is in `kept` and `after`, which live until
        // after the call.
        unsafe { self.file.call(ioctls::execbuffer, &mut arg) }.map_err(|errno| {
            let subject = format!("{} bytes of commands", self.bytes());
            Error::call(Call::ExecBuffer, subject, errno)
        })?;
        let next = Fence::new(&self.file)?;
        Ok(std::mem::replace(&mut self.fence, next))
    }

    /// Makes a job of it for `member`, for which the context is attached. The job
    /// signals `done`, a point of mvgal's.
    ///
    /// A submission is one job: of several that are made of it, one is submitted.
    pub fn job<'a>(&'a self, member: MemberId, done: Point<'s>) -> Job<'a>
    where
        's: 'a,
    {
        self.job.set(Some(done));
        self.native_job(member).signal(done)
    }

    /// The same job without a point to signal. Who has it sees to it that this is kept until
    /// the job has ended, or calls [`leave_to_the_kernel`](Self::leave_to_the_kernel).
    pub(crate) fn native_job(&self, member: MemberId) -> Job<'_> {
        // SAFETY: The structure has no padding, and lives as long as `self`.
        let argument = unsafe {
            std::slice::from_raw_parts((&raw const self.arg).cast::<u8>(), size_of_val(&self.arg))
        };
        // SAFETY: What `arg` points at is in `kept`, which nothing changes while
        // `self` is borrowed by the job; afterwards `drop` sees to it.
        let command = unsafe {
            NativeCommand::new(sys::DRM_VIRTGPU_EXECBUFFER, argument, self.fence.native())
        };
        Job::native(member, command)
    }

    /// Drops it, but for the memory that the kernel may still read.
    pub(crate) fn leave_to_the_kernel(mut self) {
        self.leave();
    }

    fn leave(&mut self) {
        let kept = std::mem::take(&mut self.kept);
        // Not the resources, which would keep the file open for ever.
        drop(kept.resources);
        self.fence.keep();
        std::mem::forget((kept.words, kept.handles, kept.out_syncobjs));
    }

    /// Whether a job made of it may still read its memory.
    fn is_read(&self) -> bool {
        let Some(done) = self.job.get() else {
            return false;
        };
        if self.fence.is_submitted().unwrap_or(false) {
            return false;
        }
        let node = &done.syncobj().node;
        match wait::wait(node, &[done], WaitMode::All, Deadline::NOW) {
            Ok(waited) => {
                let given_up = [Some(Errno::ETIME), Some(Errno::ENODEV)];
                let errors = || waited.outcomes.iter().map(|outcome| outcome.error);
                waited.timed_out || errors().any(|error| given_up.contains(&error))
            }
            Err(_) => true,
        }
    }
}

impl fmt::Debug for Submission<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Submission")
            .field("words", &self.kept.words.len())
            .field("resources", &self.kept.handles)
            .field("fence", &self.fence.handle())
            .finish_non_exhaustive()
    }
}

impl Drop for Submission<'_> {
    fn drop(&mut self) {
        if self.is_read() {
            self.leave();
        }
    }
}

fn belongs(file: &Arc<File>, resource: &Resource) -> Result<()> {
    if Arc::ptr_eq(file, resource.file()) {
        Ok(())
    } else {
        Err(Error::Foreign {
            handle: resource.handle(),
        })
    }
}

// SPDX-License-Identifier: MIT OR Apache-2.0

//! A file of a GPU whose engines copy by addresses: what is bound there, and what runs.

use std::collections::HashMap;
use std::fs::File;
use std::io::{Seek, SeekFrom};
use std::os::fd::{AsFd, BorrowedFd};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use drm::control::{Device as _, RawResourceHandle, syncobj};
use nix::errno::Errno;

use super::address::AddressSpace;
use super::driver::{Driver, Object, Submission};
use super::error::failed;
use super::job_fence::{JobFence, JobState};
use super::span::Span;
use crate::buffer::{Allocation, Buffer, BufferFlags};
use crate::dma_buf::DmaBuf;
use crate::error::{Call, Error, Result};
use crate::handle::Handle;
use crate::job::Job;
use crate::mapping::Mapping;
use crate::member::MemberId;
use crate::member_node::MemberNode;
use crate::native::{NativeCommand, NativeFence};
use crate::node::Node;

/// Longest command stream in bytes.
const MAX_STREAM: usize = 1 << 20;
/// Bytes behind a stream that the hardware may read ahead: more than `bb_prefetch()` of
/// `xe_bb.c` leaves for any generation.
const READ_AHEAD: usize = 4096;
/// Buffers for streams that are kept for the next copies.
const MAX_SPARE: usize = 8;

/// The file of a GPU, with its context.
#[derive(Debug)]
pub(super) struct Gpu {
    mvgal: Arc<Node>,
    member: MemberId,
    node: MemberNode,
    driver: Box<dyn Driver>,
    objects: Mutex<Objects>,
    spare: Mutex<Vec<Code>>,
    /// What was dropped by its owner before the driver and the GPU were through with it.
    abandoned: Mutex<Vec<Run>>,
}

/// Objects that are bound, by their handles. As with mvgal's own handles, importing a
/// dma-buf twice gives the same.
#[derive(Debug)]
struct Objects {
    bound: HashMap<u32, Bound>,
    addresses: AddressSpace,
}

#[derive(Debug)]
struct Bound {
    uses: usize,
    object: Object,
    size: u64,
    /// As long as there is the buffer, mvgal sees to it that its driver tells of moves.
    _buffer: Handle,
}

/// A buffer for a command stream.
#[derive(Debug)]
struct Code {
    mapping: Mapping,
    object: Object,
}

/// A submission with all that it needs while the GPU has it.
#[derive(Debug)]
pub(super) struct Run {
    code: Code,
    /// Handles of the objects that are read and written; one use of each is this one's.
    objects: Vec<u32>,
    /// On the GPU's file: the driver's fence.
    syncobj: syncobj::Handle,
    submission: Submission,
    fence: JobFence,
}

/// The driver's fence of a submission.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum DriverFence {
    /// The driver has given none.
    None,
    /// The GPU is at it, or it cannot be told as the GPU was unplugged.
    Pending,
    /// The GPU is through with it, or will never be at it again.
    Signalled,
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

impl Gpu {
    pub(super) fn new(
        mvgal: &Arc<Node>,
        member: MemberId,
        node: MemberNode,
        driver: Box<dyn Driver>,
    ) -> Self {
        Gpu {
            mvgal: mvgal.clone(),
            member,
            node,
            objects: Mutex::new(Objects {
                bound: HashMap::new(),
                addresses: AddressSpace::new(driver.end()),
            }),
            driver,
            spare: Mutex::default(),
            abandoned: Mutex::default(),
        }
    }

    pub(super) fn unit(&self) -> u64 {
        self.driver.unit()
    }

    /// Imports the dma-buf of a buffer, or finds the member's own object behind it, and binds
    /// it. It is one use of its handle, to be given to [`release`](Self::release).
    pub(super) fn acquire(&self, buffer: &Buffer) -> Result<Object> {
        let dma_buf = buffer.export()?;
        let mut objects = lock(&self.objects);
        let handle = self
            .node
            .prime_fd_to_buffer(dma_buf.as_fd())
            .map_err(|error| Error::io(Call::Driver("PRIME_FD_TO_HANDLE"), "a dma-buf", &error))?;
        if let Some(bound) = objects.bound.get_mut(&handle.into()) {
            bound.uses += 1;
            return Ok(bound.object);
        }
        match self.bind(&mut objects, handle.into(), (buffer, &dma_buf)) {
            Ok(object) => Ok(object),
            Err(error) => {
                self.close(handle.into());
                Err(error)
            }
        }
    }

    fn bind(
        &self,
        objects: &mut Objects,
        handle: u32,
        (buffer, dma_buf): (&Buffer, &DmaBuf),
    ) -> Result<Object> {
        let size = size_of_dma_buf(dma_buf)?;
        let full = || failed("the address space", format!("{size} bytes"), Errno::ENOSPC);
        let address = objects.addresses.take(size).ok_or_else(full)?;
        let object = Object { handle, address };
        // It may yet be bound if the driver was too slow: the address is not used again.
        self.driver.bind(&self.node, object, size)?;
        let bound = Bound {
            uses: 1,
            object,
            size,
            _buffer: buffer.keep(),
        };
        objects.bound.insert(handle, bound);
        Ok(object)
    }

    /// Counts one more use of a handle that is in use.
    pub(super) fn retain(&self, handle: u32) {
        if let Some(bound) = lock(&self.objects).bound.get_mut(&handle) {
            bound.uses += 1;
        }
    }

    /// Drops one use of a handle, and the object with the last.
    pub(super) fn release(&self, handle: u32) {
        let mut objects = lock(&self.objects);
        let Some(bound) = objects.bound.get_mut(&handle) else {
            return;
        };
        bound.uses -= 1;
        if bound.uses != 0 {
            return;
        }
        if let Some(Bound { object, size, .. }) = objects.bound.remove(&handle) {
            // What is still bound there keeps its address.
            if self.driver.unbind(&self.node, object, size).is_ok() {
                objects.addresses.give_back(object.address);
            }
            self.close(handle);
        }
    }

    fn close(&self, handle: u32) {
        if let Some(handle) = RawResourceHandle::new(handle) {
            // The handle is ours; that it is gone already is no loss.
            let _ = self.node.close_buffer(handle.into());
        }
    }

    /// A buffer with room for so many bytes of commands.
    fn code(&self, bytes: usize) -> Result<Code> {
        let mut spare = lock(&self.spare);
        if let Some(at) = spare.iter().position(|code| code.mapping.len() >= bytes) {
            return Ok(spare.swap_remove(at));
        }
        drop(spare);
        let allocation = Allocation::linear(bytes as u64)
            .member(self.member)
            .flags(BufferFlags::HOST_VALID | BufferFlags::DMA_BUF);
        let buffer = Buffer::alloc(&self.mvgal, allocation)?;
        let mapping = buffer.map()?;
        let object = self.acquire(&buffer)?;
        Ok(Code { mapping, object })
    }

    /// Writes the command stream of a copy, and prepares its submission.
    pub(super) fn prepare(
        &self,
        src: (Object, u64),
        dst: (Object, u64),
        span: Span,
    ) -> Result<Run> {
        self.reap();
        let words = self
            .driver
            .stream(src.0.address + src.1, dst.0.address + dst.1, span);
        let bytes = size_of_val(&words[..]);
        if bytes > MAX_STREAM {
            let allowed = format!("at most {MAX_STREAM}; copy fewer rows at a time");
            let what = "number of bytes of a command stream";
            return Err(Error::range(what, bytes as u64, allowed));
        }
        let fence = JobFence::new(&self.mvgal)?;
        let stream: Vec<u8> = words.iter().flat_map(|word| word.to_le_bytes()).collect();
        let code = self.code(bytes + READ_AHEAD)?;
        let syncobj = code
            .mapping
            .write_at(0, &stream)
            .and_then(|()| {
                self.node
                    .create_syncobj(false)
                    .map_err(|error| Error::io(Call::Syncobj, "a new syncobj", &error))
            })
            .inspect_err(|_| self.release(code.object.handle))?;
        let submission = self.driver.submission(
            code.object,
            bytes as u32,
            &[src.0],
            &[dst.0],
            syncobj.into(),
        );
        let objects = vec![src.0.handle, dst.0.handle];
        for &handle in &objects {
            self.retain(handle);
        }
        Ok(Run {
            code,
            objects,
            syncobj,
            submission,
            fence,
        })
    }

    /// A job that makes the submission.
    pub(super) fn job<'a>(&self, run: &'a Run) -> Job<'a> {
        let Submission { nr, argument, .. } = &run.submission;
        let fence = NativeFence::Syncobj {
            handle: run.syncobj.into(),
        };
        // SAFETY: What the argument points at is kept with the run until the driver does not
        // read it any more, or its memory is for ever: see `give_back` and `drop`.
        let command = unsafe { NativeCommand::new(*nr, argument, fence) };
        run.fence.of(Job::native(self.member, command))
    }

    /// Whether neither the driver nor the GPU uses anything of a run.
    fn is_over(&self, run: &Run) -> bool {
        match (run.fence.state(), self.driver_fence(run)) {
            (JobState::NotSubmitted, _) => true,
            (JobState::Pending, _) => false,
            (JobState::Ended | JobState::GivenUp, DriverFence::Signalled) => true,
            // The driver did not get it, or has refused it.
            (JobState::Ended, DriverFence::None) => true,
            // It may still come.
            (JobState::GivenUp, DriverFence::None) => false,
            (JobState::Ended | JobState::GivenUp, DriverFence::Pending) => false,
        }
    }

    fn driver_fence(&self, run: &Run) -> DriverFence {
        match self.node.syncobj_wait(&[run.syncobj], 0, true, false) {
            Ok(_) => DriverFence::Signalled,
            Err(error) if error.raw_os_error() == Some(Errno::EINVAL as i32) => DriverFence::None,
            Err(_) => DriverFence::Pending,
        }
    }

    /// Takes back what a run used: at once, or at a later copy when it is over.
    pub(super) fn give_back(&self, run: Run) {
        if self.is_over(&run) {
            self.recycle(run);
        } else {
            lock(&self.abandoned).push(run);
        }
    }

    fn recycle(&self, run: Run) {
        // The handle is ours; that it is gone already is no loss.
        let _ = self.node.destroy_syncobj(run.syncobj);
        for handle in run.objects {
            self.release(handle);
        }
        let mut spare = lock(&self.spare);
        if spare.len() < MAX_SPARE {
            spare.push(run.code);
        } else {
            drop(spare);
            self.release(run.code.object.handle);
        }
    }

    /// Takes back what abandoned runs used that are over by now.
    fn reap(&self) {
        let mut abandoned = lock(&self.abandoned);
        let (over, rest) = std::mem::take(&mut *abandoned)
            .into_iter()
            .partition(|run| self.is_over(run));
        *abandoned = rest;
        drop(abandoned);
        for run in over {
            self.recycle(run);
        }
    }
}

impl AsFd for Gpu {
    fn as_fd(&self) -> BorrowedFd<'_> {
        self.node.as_fd()
    }
}

impl Drop for Gpu {
    /// The file may live on: mvgal keeps it as long as it is attached, and where its driver
    /// exported a buffer that still is. So what can be given back is.
    fn drop(&mut self) {
        self.reap();
        for code in std::mem::take(&mut *lock(&self.spare)) {
            self.release(code.object.handle);
        }
        let abandoned = std::mem::take(&mut *lock(&self.abandoned));
        if abandoned.is_empty() {
            return self.driver.close(&self.node);
        }
        // What these use goes with the file, the context included, as closing that would stop
        // them.
        for run in abandoned {
            // Its job may still be dispatched, and the kernel then reads this.
            std::mem::forget(run.submission.kept);
        }
    }
}

/// Size of a dma-buf: what it says itself, as that of a driver's object may be more than
/// what was asked for.
fn size_of_dma_buf(dma_buf: &DmaBuf) -> Result<u64> {
    let size = || -> std::io::Result<u64> {
        let mut file = File::from(dma_buf.as_fd().try_clone_to_owned()?);
        file.seek(SeekFrom::End(0))
    };
    size().map_err(|error| Error::io(Call::Driver("lseek"), "a dma-buf", &error))
}

// SPDX-License-Identifier: MIT OR Apache-2.0

//! A file of a GPU whose engines copy by addresses: what is bound there, and what runs.

use std::collections::HashMap;
use std::fs::File;
use std::io::{Seek, SeekFrom};
use std::os::fd::AsFd;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use drm::control::{Device as _, RawResourceHandle, syncobj};
use nix::errno::Errno;

use super::address::AddressSpace;
use super::driver::{Driver, Object, Submission};
use super::error::failed;
use super::span::Span;
use crate::buffer::{Allocation, Buffer, BufferFlags};
use crate::dma_buf::DmaBuf;
use crate::error::{Call, Error, Result};
use crate::job::Job;
use crate::mapping::Mapping;
use crate::member::MemberId;
use crate::member_node::MemberNode;
use crate::native::{NativeCommand, NativeFence};
use crate::node::Node;

/// Longest command stream in bytes.
const MAX_STREAM: usize = 1 << 20;
/// Bytes behind a stream that the hardware may read ahead: `xe_bb_prefetch()` of `xe_bb.c`
/// leaves half a KiB at most, or 4 KiB for a copy engine of Xe3p.
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
    /// What was dropped by its owner before its end.
    abandoned: Mutex<Vec<Run>>,
}

/// Objects that are bound, by their handles. As with mvgal's own handles, importing a
/// dma-buf twice gives the same.
#[derive(Debug, Default)]
struct Objects {
    bound: HashMap<u32, Bound>,
    addresses: AddressSpace,
}

#[derive(Debug)]
struct Bound {
    uses: usize,
    object: Object,
    size: u64,
}

/// A buffer for a command stream.
#[derive(Debug)]
struct Code {
    mapping: Mapping,
    object: Object,
    _buffer: Buffer,
}

/// A submission with all that it needs while the GPU has it.
#[derive(Debug)]
pub(super) struct Run {
    code: Code,
    /// Handles of the objects that are read and written; one use of each is this one's.
    objects: Vec<u32>,
    syncobj: syncobj::Handle,
    submission: Submission,
}

/// How far a submission has come.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Progress {
    /// The driver has not got it.
    NotSubmitted,
    /// The driver has it.
    Running,
    /// Its fence has signalled.
    Ended,
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
            driver,
            objects: Mutex::default(),
            spare: Mutex::default(),
            abandoned: Mutex::default(),
        }
    }

    pub(super) fn unit(&self) -> u64 {
        self.driver.unit()
    }

    /// Imports a dma-buf, or finds the member's own object behind it, and binds it. It is
    /// one use of its handle, to be given to [`release`](Self::release).
    pub(super) fn acquire(&self, dma_buf: &DmaBuf) -> Result<Object> {
        let mut objects = lock(&self.objects);
        let handle = self
            .node
            .prime_fd_to_buffer(dma_buf.as_fd())
            .map_err(|error| Error::io(Call::Driver("PRIME_FD_TO_HANDLE"), "a dma-buf", &error))?;
        if let Some(bound) = objects.bound.get_mut(&handle.into()) {
            bound.uses += 1;
            return Ok(bound.object);
        }
        match self.bind(&mut objects, handle.into(), dma_buf) {
            Ok(object) => Ok(object),
            Err(error) => {
                self.close(handle.into());
                Err(error)
            }
        }
    }

    fn bind(&self, objects: &mut Objects, handle: u32, dma_buf: &DmaBuf) -> Result<Object> {
        let size = size_of_dma_buf(dma_buf)?;
        let full = || failed("the address space", format!("{size} bytes"), Errno::ENOSPC);
        let address = objects.addresses.take(size).ok_or_else(full)?;
        let object = Object { handle, address };
        if let Err(error) = self.driver.bind(&self.node, object, size) {
            objects.addresses.give_back(address);
            return Err(error);
        }
        let bound = Bound {
            uses: 1,
            object,
            size,
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
        if bound.uses == 0 {
            let (object, size) = (bound.object, bound.size);
            objects.bound.remove(&handle);
            self.driver.unbind(&self.node, object, size);
            objects.addresses.give_back(object.address);
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
        let object = self.acquire(&buffer.export()?)?;
        Ok(Code {
            mapping,
            object,
            _buffer: buffer,
        })
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
        let code = self.code(bytes + READ_AHEAD)?;
        let stream: Vec<u8> = words.iter().flat_map(|word| word.to_le_bytes()).collect();
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
        })
    }

    /// A job that makes the submission.
    pub(super) fn job<'a>(&self, run: &'a Run) -> Job<'a> {
        let Submission { nr, argument, .. } = &run.submission;
        let fence = NativeFence::Syncobj {
            handle: run.syncobj.into(),
        };
        // SAFETY: What the argument points at is kept with the run, which is kept until its
        // end, or its memory is for ever: see `finish` and `abandon`.
        let command = unsafe { NativeCommand::new(*nr, argument, fence) };
        Job::native(self.member, command)
    }

    fn progress(&self, run: &Run) -> Progress {
        match self.node.syncobj_wait(&[run.syncobj], 0, true, false) {
            Ok(_) => Progress::Ended,
            Err(error) => match error.raw_os_error().map(Errno::from_raw) {
                // It has no fence.
                Some(Errno::EINVAL) => Progress::NotSubmitted,
                _ => Progress::Running,
            },
        }
    }

    /// Takes back what a run used, of which the job has ended or was never submitted.
    pub(super) fn finish(&self, run: Run) {
        match self.progress(&run) {
            Progress::NotSubmitted | Progress::Ended => self.recycle(run),
            // mvgal has given it up, the GPU has not.
            Progress::Running => lock(&self.abandoned).push(run),
        }
    }

    /// Takes over a run, of whose job it is not known whether it has ended.
    pub(super) fn abandon(&self, run: Run) {
        match self.progress(&run) {
            Progress::Ended => self.recycle(run),
            Progress::NotSubmitted | Progress::Running => lock(&self.abandoned).push(run),
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

    /// Takes back what abandoned runs used that have ended since.
    fn reap(&self) {
        let mut abandoned = lock(&self.abandoned);
        let (ended, rest) = std::mem::take(&mut *abandoned)
            .into_iter()
            .partition(|run| self.progress(run) == Progress::Ended);
        *abandoned = rest;
        drop(abandoned);
        for run in ended {
            self.recycle(run);
        }
    }
}

impl Drop for Gpu {
    /// The objects, addresses and syncobjs go with the file, which mvgal keeps as long as it
    /// is attached.
    fn drop(&mut self) {
        self.reap();
        for run in std::mem::take(&mut *lock(&self.abandoned)) {
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

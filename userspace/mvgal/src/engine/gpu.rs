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
use super::job_report::JobReports;
use super::span::Span;
use crate::buffer::{Allocation, Buffer, BufferFlags};
use crate::deadline::Deadline;
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
const MAX_STREAM: u64 = 1 << 20;
/// Bytes behind a stream that the hardware may read ahead: more than `bb_prefetch()` of
/// `xe_bb.c` leaves for any generation.
const READ_AHEAD: usize = 4096;
/// Buffers for streams that are kept for the next copies.
const MAX_SPARE: usize = 8;

/// The file of a GPU, with its context.
#[derive(Debug)]
pub(super) struct Gpu {
    mvgal: Arc<Node>,
    /// Where jobs tell whether their driver was given them, if they can.
    reports: Option<JobReports>,
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
    /// On the GPU's file: signals when the GPU sees it, if submissions do not wait for that.
    seen: Option<syncobj::Handle>,
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
        reports: Option<JobReports>,
        member: MemberId,
        node: MemberNode,
        driver: Box<dyn Driver>,
    ) -> Self {
        Gpu {
            mvgal: mvgal.clone(),
            reports,
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
    pub(super) fn acquire(&self, buffer: &Buffer, deadline: Deadline) -> Result<Object> {
        let (object, seen) = self.import(buffer)?;
        let Some(seen) = seen else {
            return Ok(object);
        };
        // Without the lock: others have deadlines of their own.
        self.wait_until_seen(object, seen, deadline)
            .inspect_err(|_| self.release(object.handle))?;
        Ok(object)
    }

    fn import(&self, buffer: &Buffer) -> Result<(Object, Option<syncobj::Handle>)> {
        let dma_buf = buffer.export()?;
        let mut objects = lock(&self.objects);
        let handle = self
            .node
            .prime_fd_to_buffer(dma_buf.as_fd())
            .map_err(|error| Error::io(Call::Driver("PRIME_FD_TO_HANDLE"), "a dma-buf", &error))?;
        if let Some(bound) = objects.bound.get_mut(&handle.into()) {
            bound.uses += 1;
            return Ok((bound.object, bound.seen));
        }
        self.bind(&mut objects, handle.into(), (buffer, &dma_buf))
            .inspect_err(|_| self.close(handle.into()))
    }

    fn bind(
        &self,
        objects: &mut Objects,
        handle: u32,
        (buffer, dma_buf): (&Buffer, &DmaBuf),
    ) -> Result<(Object, Option<syncobj::Handle>)> {
        let size = size_of_dma_buf(dma_buf)?;
        let full = || failed("the address space", format!("{size} bytes"), Errno::ENOSPC);
        let address = objects.addresses.take(size).ok_or_else(full)?;
        let object = Object { handle, address };
        let seen = self
            .driver
            .bind(&self.node, object, size)
            .inspect_err(|_| objects.addresses.give_back(address))?;
        let bound = Bound {
            uses: 1,
            object,
            size,
            seen,
            _buffer: buffer.keep(),
        };
        objects.bound.insert(handle, bound);
        Ok((object, seen))
    }

    fn wait_until_seen(
        &self,
        object: Object,
        seen: syncobj::Handle,
        deadline: Deadline,
    ) -> Result<()> {
        loop {
            let waited = self
                .node
                .syncobj_wait(&[seen], deadline.as_ns(), true, false);
            let Err(error) = waited else {
                return Ok(());
            };
            let what = format!("the GPU to see object {}", object.handle);
            match error.raw_os_error().map(Errno::from_raw) {
                Some(Errno::EINTR) => {}
                Some(Errno::ETIME) => return Err(Error::TimedOut { what }),
                _ => return Err(Error::io(Call::Syncobj, what, &error)),
            }
        }
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
        if let Some(bound) = objects.bound.remove(&handle) {
            let Bound {
                object, size, seen, ..
            } = bound;
            if let Some(seen) = seen {
                self.drop_syncobj(seen);
            }
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

    fn drop_syncobj(&self, syncobj: syncobj::Handle) {
        // The handle is ours; that it is gone already is no loss.
        let _ = self.node.destroy_syncobj(syncobj);
    }

    /// A buffer with room for so many bytes of commands.
    fn code(&self, bytes: usize, deadline: Deadline) -> Result<Code> {
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
        let object = self.acquire(&buffer, deadline)?;
        Ok(Code { mapping, object })
    }

    /// Writes the command stream of a copy, and prepares its submission.
    pub(super) fn prepare(
        &self,
        src: (Object, u64),
        dst: (Object, u64),
        span: Span,
        deadline: Deadline,
    ) -> Result<Run> {
        self.reap();
        let addresses = (src.0.address + src.1, dst.0.address + dst.1);
        let stream = stream(&*self.driver, addresses, span)?;
        let fence = JobFence::new(&self.mvgal, self.reports.as_ref())?;
        let code = self.code(stream.len() + READ_AHEAD, deadline)?;
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
            stream.len() as u32,
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
        self.drop_syncobj(run.syncobj);
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

/// The command stream of a copy from one address to another, unless it is too long.
fn stream(driver: &dyn Driver, (src, dst): (u64, u64), span: Span) -> Result<Vec<u8>> {
    let bytes = driver.words(span).saturating_mul(size_of::<u32>() as u64);
    if bytes > MAX_STREAM {
        let allowed = format!("at most {MAX_STREAM}; copy fewer rows at a time");
        let what = "number of bytes of a command stream";
        return Err(Error::range(what, bytes, allowed));
    }
    let words = driver.stream(src, dst, span);
    Ok(words.iter().flat_map(|word| word.to_le_bytes()).collect())
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

#[cfg(test)]
mod tests {
    use super::*;

    /// Counts words, and writes none.
    #[derive(Debug)]
    struct Counter(u64);

    impl Driver for Counter {
        fn unit(&self) -> u64 {
            1
        }

        fn end(&self) -> u64 {
            u64::MAX
        }

        fn bind(&self, _: &MemberNode, _: Object, _: u64) -> Result<Option<syncobj::Handle>> {
            Ok(None)
        }

        fn unbind(&self, _: &MemberNode, _: Object, _: u64) -> Result<()> {
            Ok(())
        }

        fn close(&self, _: &MemberNode) {}

        fn words(&self, _: Span) -> u64 {
            self.0
        }

        fn stream(&self, _: u64, _: u64, _: Span) -> Vec<u32> {
            assert!(self.0 <= MAX_STREAM / 4, "it is too long to be written");
            vec![0x0403_0201; 2]
        }

        fn submission(&self, _: Object, _: u32, _: &[Object], _: &[Object], _: u32) -> Submission {
            unreachable!("nothing is submitted")
        }
    }

    #[test]
    fn a_stream_that_is_too_long_is_not_even_written() {
        let stream = |words| stream(&Counter(words), (0, 0), Span::Bytes(1));
        assert_eq!(stream(MAX_STREAM / 4).unwrap(), [1, 2, 3, 4, 1, 2, 3, 4]);
        for words in [MAX_STREAM / 4 + 1, u64::MAX] {
            let text = stream(words).unwrap_err().to_string();
            assert!(text.contains("copy fewer rows"), "{text}");
        }
    }
}

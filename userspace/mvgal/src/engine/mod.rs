// SPDX-License-Identifier: MIT OR Apache-2.0

//! Copies by the members' own copy engines.
//!
//! A [copy job](crate::Job::copy) of mvgal runs on the CPU, which reads a GPU's own memory
//! slowly over PCI Express, and of some drivers not at all. GPUs have engines for it. What
//! these are told has pointers into the client's memory all over, so that it is not the
//! kernel module but this module which writes it: command streams of the hardware, to be
//! submitted as [native jobs](crate::Job::native).
//!
//! | driver | engine | commands | units |
//! |---|---|---|---|
//! | amdgpu | SDMA 4 and later | `COPY` with `LINEAR` | bytes |
//! | i915 | blitter, Gen9 and later | `XY_FAST_COPY_BLT` | 64 bytes |
//! | xe | blitter, Xe-LP to Xe3 | `XY_FAST_COPY_BLT` | 64 bytes |
//! | virtio_gpu | the host's, with virgl | `RESOURCE_COPY_REGION` | bytes, no rows |
//!
//! **None of the first three has run on a GPU.** The commands are those that the kernel's own
//! drivers write, and run on stand-ins for the GPUs which were written from these drivers.
//! nouveau's, nvidia-drm's and mtgpu's engines are not used: [`NoEngine`] says why.
//!
//! ```no_run
//! use mvgal::engine::{CopyEngine, Span};
//! use mvgal::{Allocation, BufferFlags, Deadline, Device};
//!
//! # fn main() -> mvgal::Result<()> {
//! let device = Device::open()?;
//! let members = device.members()?;
//! let gpu = members.iter().find(|member| member.driver == "xe").unwrap();
//! let engine = CopyEngine::attach(&device, gpu)?;
//!
//! let exported = BufferFlags::DMA_BUF;
//! let picture = Allocation::linear(1 << 20).member(gpu.id);
//! let picture = device.alloc(&picture.flags(exported | BufferFlags::GPU_VALID))?;
//! let host = device.alloc(&Allocation::linear(1 << 20).flags(exported))?;
//!
//! let (from, to) = (engine.import(&picture)?, engine.import(&host)?);
//! let copy = engine.copy((&from, 0), (&to, 0), Span::Bytes(1 << 20))?;
//! let timeline = device.timeline()?;
//! let jobs = copy.jobs(&[], timeline.point(1));
//! device.batch().jobs(jobs).submit()?;
//! timeline.wait(1, Deadline::NEVER)?;
//! # Ok(())
//! # }
//! ```
//!
//! # When something goes wrong
//!
//! A command stream that hangs or faults ends with the error that the driver gives to its
//! fence, and mostly costs the engine its context: later copies are refused (`ECANCELED`,
//! `ETIME` or `EIO`). A new [`CopyEngine`] goes on. virgl's host tells of no errors.

mod address;
mod amdgpu;
mod blitter;
mod driver;
mod error;
mod gpu;
mod i915;
mod job_fence;
mod job_report;
mod sdma;
mod span;
mod virgl;
mod xe;

use std::os::fd::AsFd;
use std::sync::Arc;
use std::time::Duration;

pub use error::NoEngine;
pub use span::Span;

use self::driver::{Driver, Object};
use self::gpu::Gpu;
use self::job_report::JobReports;
use self::virgl::Virgl;
use crate::affinity::Attachment;
use crate::buffer::Buffer;
use crate::deadline::Deadline;
use crate::device::Device;
use crate::error::{Error, Result};
use crate::handle::Handle;
use crate::job::Job;
use crate::member::{Member, MemberId};
use crate::member_node::MemberNode;
use crate::node::Node;
use crate::refusal::Capability;
use crate::syncobj::Point;
use crate::virgl::Resource;

/// How long a driver may take to let its GPU see a buffer, if nothing is said.
const PATIENCE: Duration = Duration::from_secs(10);

/// The copy engine of a member, by a context of its own on the file that is attached.
#[derive(Debug, Clone)]
pub struct CopyEngine {
    mvgal: Arc<Node>,
    member: MemberId,
    kind: Kind,
    /// Of the file, if it is this that has attached it.
    attachment: Option<Attachment>,
}

#[derive(Debug, Clone)]
enum Kind {
    Gpu(Arc<Gpu>),
    Virgl(Arc<Virgl>),
}

impl CopyEngine {
    /// Opens a node of a member, attaches it, and makes a context for copies.
    ///
    /// Another file that was attached for the member is so no more: native jobs which are in
    /// its terms name objects, contexts and syncobjs of this one then, or none. Those of
    /// another engine of the member on this device are refused from then on, with `ESTALE`;
    /// modules before UAPI 1.5 run them with whatever has these names here.
    ///
    /// # Errors
    ///
    /// [`Error::NoEngine`] if there is none to use; what opening and attaching the member
    /// answer; and what its driver answers to the making of a context.
    pub fn attach(device: &Device, member: &Member) -> Result<Self> {
        // Said before anything is opened: it is true of the driver, whatever may be opened.
        if let Some(refusal) = member.refusals.why(Capability::Native) {
            return Err(NoEngine::NoNative(refusal).into());
        }
        if !WRITTEN.contains(&member.driver.as_str()) {
            let driver = member.driver.clone();
            return Err(NoEngine::NotWritten { driver }.into());
        }
        let mut engine = Self::on(device, member.id, member.open()?)?;
        // Last, so that another file stays attached if there is no engine.
        let file = match &engine.kind {
            Kind::Gpu(gpu) => gpu.as_fd(),
            Kind::Virgl(virgl) => virgl.as_fd(),
        };
        engine.attachment = Some(device.attach_file(member.id, file)?);
        Ok(engine)
    }

    /// Makes a context for copies on a file, which has no other user: its address space is this
    /// engine's. It is to be attached for the member when copies are submitted.
    ///
    /// # Errors
    ///
    /// As [`attach`](Self::attach).
    pub fn on(device: &Device, member: MemberId, node: MemberNode) -> Result<Self> {
        let mvgal = device.node().clone();
        let tells = device.capabilities()?.uapi_version >= REPORTS_TELL;
        let reports = tells.then(|| JobReports::new(&mvgal));
        let driver: Option<Box<dyn Driver>> = match node.driver() {
            "amdgpu" => Some(Box::new(amdgpu::Amdgpu::new(&node)?)),
            "i915" => Some(Box::new(i915::I915::new(&node)?)),
            "xe" => Some(Box::new(xe::Xe::new(&node)?)),
            "virtio_gpu" => None,
            driver => {
                let driver = driver.to_owned();
                return Err(NoEngine::NotWritten { driver }.into());
            }
        };
        let kind = match driver {
            Some(driver) => Kind::Gpu(Arc::new(Gpu::new(&mvgal, reports, member, node, driver))),
            None => Kind::Virgl(Arc::new(Virgl::new(&mvgal, reports, member, node)?)),
        };
        Ok(CopyEngine {
            mvgal,
            member,
            kind,
            attachment: None,
        })
    }

    /// The member.
    pub fn member(&self) -> MemberId {
        self.member
    }

    /// What offsets, lengths and pitches must be multiples of; a power of two.
    pub fn unit(&self) -> u64 {
        match &self.kind {
            Kind::Gpu(gpu) => gpu.unit(),
            Kind::Virgl(_) => 1,
        }
    }

    /// Whether the copies spare the CPU. Those of a virtio GPU are made by the host's, with
    /// more work than a copy within the guest.
    pub fn spares_the_cpu(&self) -> bool {
        matches!(self.kind, Kind::Gpu(_))
    }

    /// How many jobs a copy has.
    pub(crate) fn jobs_of_a_copy(&self) -> usize {
        match self.kind {
            Kind::Gpu(_) => 1,
            Kind::Virgl(_) => 3,
        }
    }

    /// Makes the engine see a buffer, which is imported by the member's driver; one that the
    /// member has itself is used as it is.
    ///
    /// It keeps the buffer, as if its handle were used, and so do copies until they are over.
    /// Of a buffer with [copies](crate::BufferFlags::REPLICATED) it is the memory of the buffer
    /// itself: what is written to that, a [replicate job](crate::Job::replicate) brings to the
    /// others.
    ///
    /// xe is waited for until it has changed its page tables, 10 s at most.
    ///
    /// # Errors
    ///
    /// [`Error::Foreign`]; `EACCES` if the buffer was allocated without
    /// [`DMA_BUF`](crate::BufferFlags::DMA_BUF); what the driver answers to the import if
    /// it does not take the memory; [`NoEngine::Image`] for images with virgl;
    /// [`Error::TimedOut`].
    pub fn import(&self, buffer: &Buffer) -> Result<EngineBuffer> {
        self.import_until(buffer, Deadline::after(PATIENCE))
    }

    /// As [`import`](Self::import), waiting until a deadline.
    ///
    /// What the driver does within a call is not waited for, and not bounded by this.
    ///
    /// # Errors
    ///
    /// As [`import`](Self::import).
    pub fn import_until(&self, buffer: &Buffer, deadline: Deadline) -> Result<EngineBuffer> {
        if !Arc::ptr_eq(buffer.node(), &self.mvgal) {
            return Err(Error::Foreign {
                what: "buffer",
                handle: buffer.handle(),
            });
        }
        // What `Buffer::export_for` gives in the worst case is a copy, which would have to be
        // filled and brought back by the CPU; a transfer has better ways then.
        let object = match &self.kind {
            Kind::Gpu(gpu) => Import::Gpu(gpu.clone(), gpu.acquire(buffer, deadline)?),
            Kind::Virgl(virgl) => Import::Virgl(virgl.import(buffer)?, buffer.keep()),
        };
        Ok(EngineBuffer {
            object,
            size: buffer.size(),
        })
    }

    /// Prepares a copy between two buffers that this engine has imported, each with an
    /// offset.
    ///
    /// Ranges within one buffer must not overlap; of those that do, which bytes arrive is
    /// not said.
    ///
    /// # Errors
    ///
    /// [`Error::Range`] if something is not inside of a buffer, no multiple of
    /// [`unit`](Self::unit), or of too many rows; [`Error::Foreign`] if a buffer was imported
    /// by another engine; and what allocating memory for the commands answers, and
    /// [importing](Self::import) that.
    pub fn copy(
        &self,
        src: (&EngineBuffer, u64),
        dst: (&EngineBuffer, u64),
        span: Span,
    ) -> Result<EngineCopy> {
        self.copy_until(src, dst, span, Deadline::after(PATIENCE))
    }

    /// As [`copy`](Self::copy), waiting until a deadline for what the commands need; not for the
    /// copy itself.
    ///
    /// # Errors
    ///
    /// As [`copy`](Self::copy).
    pub fn copy_until(
        &self,
        (src, src_offset): (&EngineBuffer, u64),
        (dst, dst_offset): (&EngineBuffer, u64),
        span: Span,
        deadline: Deadline,
    ) -> Result<EngineCopy> {
        span.check((src_offset, src.size), (dst_offset, dst.size))?;
        self.check_units([src_offset, dst_offset], span)?;
        let run = match (&self.kind, &src.object, &dst.object) {
            (Kind::Gpu(gpu), Import::Gpu(of_src, src), Import::Gpu(of_dst, dst))
                if Arc::ptr_eq(gpu, of_src) && Arc::ptr_eq(gpu, of_dst) =>
            {
                Run::Gpu(gpu.prepare((*src, src_offset), (*dst, dst_offset), span, deadline)?)
            }
            (Kind::Virgl(virgl), Import::Virgl(src, _), Import::Virgl(dst, _)) => Run::Virgl(
                Box::new(virgl.prepare((src, src_offset), (dst, dst_offset), span)?),
            ),
            _ => {
                return Err(Error::Foreign {
                    what: "import of another engine on member",
                    handle: self.member.get(),
                });
            }
        };
        Ok(EngineCopy {
            kind: self.kind.clone(),
            run: Some(run),
            attachment: self.attachment,
        })
    }

    fn check_units(&self, [src, dst]: [u64; 2], span: Span) -> Result<()> {
        let unit = self.unit();
        if span.is_in_units(unit, [src, dst]) {
            return Ok(());
        }
        let (width, _, src_pitch, dst_pitch) = span.rows();
        let wrong = [
            ("source offset", src),
            ("target offset", dst),
            ("number of bytes to copy", width),
            ("source pitch", src_pitch),
            ("target pitch", dst_pitch),
        ]
        .into_iter()
        .find(|(_, value)| !value.is_multiple_of(unit));
        let (what, value) = wrong.unwrap_or(("number of bytes to copy", width));
        let allowed = format!("a multiple of {unit}, in which this engine counts");
        Err(Error::range(what, value, allowed))
    }
}

/// A buffer that an engine has imported; dropping it drops the import. Copies that use it
/// keep what they need.
#[derive(Debug)]
pub struct EngineBuffer {
    object: Import,
    size: u64,
}

#[derive(Debug)]
enum Import {
    Gpu(Arc<Gpu>, Object),
    Virgl(Resource, #[expect(dead_code, reason = "it is kept")] Handle),
}

impl EngineBuffer {
    /// Size in bytes.
    pub fn size(&self) -> u64 {
        self.size
    }
}

impl Drop for EngineBuffer {
    fn drop(&mut self) {
        if let Import::Gpu(gpu, object) = &self.object {
            gpu.release(object.handle);
        }
    }
}

/// A copy that an engine is ready to make, once.
///
/// It may be dropped at any time. What its jobs need, the engine keeps until they have ended,
/// and, if they have ended because they took too long or the member is gone, until its driver
/// and the GPU are through with it. It is given back at later copies; memory that the kernel
/// may still read when the engine itself is dropped is never freed.
#[derive(Debug)]
pub struct EngineCopy {
    kind: Kind,
    /// Taken when it is dropped.
    run: Option<Run>,
    attachment: Option<Attachment>,
}

#[derive(Debug)]
enum Run {
    Gpu(gpu::Run),
    Virgl(Box<virgl::Run>),
}

impl EngineCopy {
    /// The jobs that make the copy: one, or with virgl three. The first waits for points,
    /// the last signals one.
    ///
    /// Of several batches with them, one is to be submitted.
    pub fn jobs<'a>(&'a self, after: &[Point<'a>], done: Point<'a>) -> Vec<Job<'a>> {
        let mut jobs = match (&self.kind, &self.run) {
            (Kind::Gpu(gpu), Some(Run::Gpu(run))) => {
                let job = after
                    .iter()
                    .fold(gpu.job(run), |job, &point| job.wait_for(point));
                vec![job.signal(done)]
            }
            (Kind::Virgl(virgl), Some(Run::Virgl(run))) => virgl.jobs(run, after, done),
            // A copy is made with a run of the engine's kind, and keeps it.
            _ => Vec::new(),
        };
        if let Some(attachment) = self.attachment {
            jobs = jobs
                .into_iter()
                .map(|job| job.through(attachment))
                .collect();
        }
        jobs
    }
}

impl Drop for EngineCopy {
    fn drop(&mut self) {
        match (&self.kind, self.run.take()) {
            (Kind::Gpu(gpu), Some(Run::Gpu(run))) => gpu.give_back(run),
            (Kind::Virgl(virgl), Some(Run::Virgl(run))) => virgl.give_back(*run),
            _ => {}
        }
    }
}

/// UAPI from which on the report of a native job tells whether its driver was given it.
const REPORTS_TELL: (u16, u16) = (1, 5);

/// Drivers that command streams are written for.
const WRITTEN: [&str; 4] = ["amdgpu", "i915", "xe", "virtio_gpu"];

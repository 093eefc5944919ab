// SPDX-License-Identifier: MIT OR Apache-2.0

//! NATIVE jobs against the vendor's own ioctl: the same commands, EXECBUFFER of
//! virtio_gpu with virgl, through the same file, each with a fence in the same
//! timeline of that file.

use std::os::fd::{AsFd, AsRawFd, BorrowedFd};

use mvgal::{MemberId, MemberNode, sys};

use crate::Result;
use crate::client::{Batch, Client, Steps};
use crate::clock;
use crate::drm::{self, Point, VirtgpuExecbuffer, VirtgpuResourceCreate, VirtgpuSyncobj, address};
use crate::figures::Figures;

/// Submissions in a batch.
const BATCH: usize = 16;

/// Width and height of what is cleared, in pixels.
const SIDE: u32 = 16;

// Of virglrenderer's protocol: virgl_protocol.h and virgl_hw.h.
const CREATE_SURFACE: u32 = 1 | 8 << 8 | 5 << 16;
const SET_FRAMEBUFFER: u32 = 5 | 3 << 16;
const CLEAR: u32 = 7 | 8 << 16;
const CLEAR_COLOR0: u32 = 1 << 2;
const B8G8R8A8_UNORM: u32 = 1;
const BIND_RENDER_TARGET: u32 = 1 << 1;
const TEXTURE_2D: u32 = 2;

/// Measures them.
pub fn run(rounds: u32, figures: &mut Figures) -> Result<()> {
    let client = Client::open()?;
    let (member, node) = virgl(&client)?;
    let mut gpu = Gpu::new(&node)?;
    let clock = clock::cost();

    for (name, count) in [("1", 1), ("16", BATCH)] {
        let vendor = clock::undisturbed_of(rounds, || gpu.vendor(clock, count))?;
        figures.add(format!("native_vendor_{name}"), vendor / count as u64)?;

        let mut jobs = Native::new(member.get(), count);
        let native = clock::undisturbed_of(rounds, || gpu.native(clock, &client, &mut jobs, None))?;
        figures.add(format!("native_mvgal_{name}"), native / count as u64)?;

        let mut steps = Steps::new(&client)?;
        let native = clock::undisturbed_of(rounds, || {
            gpu.native(clock, &client, &mut jobs, Some(&mut steps))
        })?;
        figures.add(format!("native_mvgal_out_{name}"), native / count as u64)?;
    }
    Ok(())
}

/// Attaches the first member that renders.
fn virgl(client: &Client) -> Result<(MemberId, MemberNode)> {
    for member in client.device().members()?.iter() {
        if member.driver == "virtio_gpu" {
            let node = member.open()?;
            if Gpu::new(&node).is_ok() {
                client.device().attach(member.id, &node)?;
                return Ok((member.id, node));
            }
        }
    }
    Err("there is no virtio-gpu with virgl here".into())
}

/// A rendering context with an image, and a timeline for its fences.
struct Gpu<'a> {
    fd: BorrowedFd<'a>,
    image: u32,
    commands: [u32; 9],
    syncobj: u32,
    submitted: u64,
}

impl<'a> Gpu<'a> {
    fn new(node: &'a MemberNode) -> Result<Self> {
        let fd = node.as_fd();
        let mut create = VirtgpuResourceCreate {
            target: TEXTURE_2D,
            format: B8G8R8A8_UNORM,
            bind: BIND_RENDER_TARGET,
            width: SIDE,
            height: SIDE,
            depth: 1,
            array_size: 1,
            size: SIDE * SIDE * 4,
            ..Default::default()
        };
        // SAFETY: the structure is valid and names no other memory.
        unsafe { drm::virtgpu_resource_create(fd.as_raw_fd(), &mut create) }?;
        let mut gpu = Gpu {
            fd,
            image: create.bo_handle,
            commands: [CLEAR, CLEAR_COLOR0, 0, 0, 0, 1f32.to_bits(), 0, 0, 0],
            syncobj: drm::syncobj(fd)?,
            submitted: 0,
        };
        let (surface, image) = (1, create.res_handle);
        #[rustfmt::skip]
        let target = [
            CREATE_SURFACE, surface, image, B8G8R8A8_UNORM, 0, 0,
            SET_FRAMEBUFFER, 1, 0, surface,
        ];
        let done = gpu.next();
        gpu.exec(&target, done)?;
        gpu.wait()?;
        Ok(gpu)
    }

    fn next(&mut self) -> VirtgpuSyncobj {
        self.submitted += 1;
        VirtgpuSyncobj {
            handle: self.syncobj,
            flags: 0,
            point: self.submitted,
        }
    }

    fn args(&self, words: &[u32], out: &VirtgpuSyncobj) -> VirtgpuExecbuffer {
        VirtgpuExecbuffer {
            size: size_of_val(words) as u32,
            command: address(words),
            bo_handles: address(&self.image),
            num_bo_handles: 1,
            fence_fd: -1,
            syncobj_stride: size_of::<VirtgpuSyncobj>() as u32,
            num_out_syncobjs: 1,
            out_syncobjs: address(out),
            ..Default::default()
        }
    }

    fn exec(&self, words: &[u32], out: VirtgpuSyncobj) -> Result<()> {
        let mut args = self.args(words, &out);
        // SAFETY: the commands, the handle and the syncobj outlive the call.
        unsafe { drm::virtgpu_execbuffer(self.fd.as_raw_fd(), &mut args) }?;
        Ok(())
    }

    /// The point of what was submitted last.
    fn last(&self) -> Point {
        Point {
            handle: self.syncobj,
            point: self.submitted,
        }
    }

    /// Waits until the GPU is idle. Fails if something was not submitted.
    fn wait(&self) -> Result<()> {
        drm::wait(self.fd, self.last(), 0)
    }

    /// The ioctl itself, `count` times.
    fn vendor(&mut self, clock: u64, count: usize) -> Result<u64> {
        let outs: Vec<_> = (0..count).map(|_| self.next()).collect();
        let mut args: Vec<_> = outs
            .iter()
            .map(|out| self.args(&self.commands, out))
            .collect();
        let cost = clock::time(clock, || {
            for args in &mut args {
                // SAFETY: the commands, the handle and the syncobj outlive the call.
                unsafe { drm::virtgpu_execbuffer(self.fd.as_raw_fd(), args) }?;
            }
            Ok(())
        })?;
        self.wait()?;
        Ok(cost)
    }

    /// One SUBMIT_WORKLOAD of as many jobs.
    fn native(
        &mut self,
        clock: u64,
        client: &Client,
        jobs: &mut Native,
        steps: Option<&mut Steps>,
    ) -> Result<u64> {
        for out in &mut jobs.outs {
            *out = self.next();
        }
        let mut batch = jobs.batch(self);
        let done = steps.map(Steps::next);
        if let Some(done) = done {
            batch.signals(done);
        }
        let start = clock::now();
        client.submit(&batch)?;
        let mut end = clock::now();
        // What was handed to a worker instead counts up to when the vendor has it.
        if drm::last_submitted(self.fd, self.syncobj)? != self.submitted {
            drm::wait(self.fd, self.last(), drm::WAIT_AVAILABLE)?;
            end = clock::now();
        }
        self.wait()?;
        if let Some(done) = done {
            client.wait(done)?;
        }
        Ok((end - start).saturating_sub(clock))
    }
}

/// What NATIVE jobs point at.
struct Native {
    member: u32,
    outs: Vec<VirtgpuSyncobj>,
    args: Vec<VirtgpuExecbuffer>,
    payloads: Vec<sys::drm_mvgal_native>,
}

impl Native {
    fn new(member: u32, count: usize) -> Self {
        Native {
            member,
            outs: vec![VirtgpuSyncobj::default(); count],
            args: vec![VirtgpuExecbuffer::default(); count],
            payloads: vec![sys::drm_mvgal_native::default(); count],
        }
    }

    fn batch(&mut self, gpu: &Gpu<'_>) -> Batch {
        let mut jobs = Vec::new();
        for ((out, args), payload) in self.outs.iter().zip(&mut self.args).zip(&mut self.payloads) {
            *args = gpu.args(&gpu.commands, out);
            *payload = sys::drm_mvgal_native {
                nr: drm::EXECBUFFER,
                args_size: size_of_val(args) as u32,
                args: address(args),
                fence: sys::DRM_MVGAL_NATIVE_FENCE_SYNCOBJ,
                handle: out.handle,
                point: out.point,
                ..Default::default()
            };
            jobs.push(sys::drm_mvgal_job {
                kind: sys::DRM_MVGAL_JOB_NATIVE,
                priority: 5,
                member: self.member,
                payload: address(payload),
                payload_size: size_of_val(payload) as u32,
                ..Default::default()
            });
        }
        // SAFETY: what the jobs point at is in `self` and `gpu`, which the caller
        // keeps until it has waited for the jobs.
        unsafe { Batch::from_jobs(jobs) }
    }
}

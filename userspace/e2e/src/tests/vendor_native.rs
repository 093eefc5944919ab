// SPDX-License-Identifier: MIT OR Apache-2.0

//! NATIVE jobs with the drivers of GPU vendors, which are stand-ins here: the way to
//! the command processor is the driver's own, what it executes is a small language of
//! theirs (`tests/fake_vendors/cp.h`).
//!
//! Each job has the GPU fill a buffer of mvgal that the member's own file has imported.

use crate::check::refused;
use crate::check::same;
use crate::client::Buffer;
use crate::client::Client;
use crate::client::PAGE;
use crate::client::text;
use crate::drm::Node;
use crate::drm::nr;
use crate::drm::uapi;
use crate::harness::suite;
use crate::job::Job;
use crate::job::report;
use crate::lab::Lab;
use crate::lab::Need;
use crate::proc::Child;
use crate::proc::become_user;
use crate::raw;
use crate::raw::Result;
use crate::sys::*;
use crate::vendor::read_fault;
use crate::vendor::set_fault;
use crate::virgl::in_buffer;
use crate::virgl::in_syncobj;
use crate::virgl::job;
use nix::errno::Errno;
use std::any::Any;
use std::cell::Cell;
use std::mem::offset_of;
use std::os::fd::AsFd;
use std::thread;
use std::time::Duration;

const ON_AMDGPU: Need = Need::Driver("amdgpu");
const ON_I915: Need = Need::Driver("i915");
const ON_NOUVEAU: Need = Need::Driver("nouveau");
const ON_XE: Need = Need::Driver("xe");

suite! {
    amdgpu_fills [ON_AMDGPU];
    amdgpu_fills_when_it_is_told [ON_AMDGPU];
    amdgpu_at_all_priorities [ON_AMDGPU];
    amdgpu_wants_it_again [ON_AMDGPU];
    amdgpu_wants_the_same_privilege [ON_AMDGPU];
    given_to_the_driver_or_not [ON_AMDGPU] in 60;
    file_that_was_replaced [ON_AMDGPU];
    i915_fills [ON_I915];
    i915_fills_when_it_is_told [ON_I915];
    i915_at_all_priorities [ON_I915];
    i915_wants_the_same_privilege [ON_I915];
    i915_takes_no_descriptors [ON_I915];
    nouveau_fills [ON_NOUVEAU];
    nouveau_fills_when_it_is_told [ON_NOUVEAU];
    nvidia_fences_hold_jobs_back [Need::Driver("nvidia-drm")];
    xe_fills [ON_XE];
    xe_fills_when_it_is_told [ON_XE];
    xe_at_all_priorities [ON_XE];
    xe_wants_the_same_privilege [ON_XE];
    xe_has_its_fence_in_syncobjs [ON_XE];
}

uapi! {
    /// `struct drm_amdgpu_ctx_in`; its first word is the id afterwards.
    AmdgpuCtx { op: u32, flags: u32, ctx_id: u32, priority: i32 }
    /// `struct drm_amdgpu_gem_va`
    AmdgpuGemVa {
        handle: u32, pad: u32, operation: u32, flags: u32, va_address: u64, offset_in_bo: u64,
        map_size: u64, vm_timeline_point: u64, vm_timeline_syncobj_out: u32,
        num_syncobj_handles: u32, input_fence_syncobj_handles: u64,
    }
    /// `struct drm_amdgpu_cs_in`
    AmdgpuCs { ctx_id: u32, bo_list_handle: u32, num_chunks: u32, flags: u32, chunks: u64 }
    /// `struct drm_amdgpu_cs_chunk`
    AmdgpuChunk { chunk_id: u32, length_dw: u32, chunk_data: u64 }
    /// `struct drm_amdgpu_cs_chunk_ib`
    AmdgpuIb {
        pad: u32, flags: u32, va_start: u64, ib_bytes: u32, ip_type: u32, ip_instance: u32,
        ring: u32,
    }
    /// `struct drm_amdgpu_bo_list_in`
    AmdgpuBoList {
        operation: u32, list_handle: u32, bo_number: u32, bo_info_size: u32, bo_info_ptr: u64,
    }
    /// `struct drm_amdgpu_bo_list_entry`
    AmdgpuBo { bo_handle: u32, bo_priority: u32 }
    /// `struct drm_i915_gem_context_create_ext`
    I915ContextCreate { ctx_id: u32, flags: u32, extensions: u64 }
    /// `struct drm_i915_gem_context_param`
    I915ContextParam { ctx_id: u32, size: u32, param: u64, value: i64 }
    /// `struct drm_i915_gem_exec_object2`
    I915Object {
        handle: u32, relocation_count: u32, relocs_ptr: u64, alignment: u64, offset: u64,
        flags: u64, rsvd1: u64, rsvd2: u64,
    }
    /// `struct drm_i915_gem_exec_fence`
    I915Fence { handle: u32, flags: u32 }
    /// `struct drm_i915_gem_execbuffer2`
    I915Exec {
        buffers_ptr: u64, buffer_count: u32, batch_start_offset: u32, batch_len: u32, dr1: u32,
        dr4: u32, num_cliprects: u32, cliprects_ptr: u64, flags: u64, rsvd1: u64, rsvd2: u64,
    }
}

uapi! {
    /// `struct drm_nouveau_vm_init`
    NouveauVmInit { kernel_managed_addr: u64, kernel_managed_size: u64 }
    /// `struct drm_nouveau_channel_alloc`
    NouveauChannelAlloc {
        fb_ctxdma_handle: u32, tt_ctxdma_handle: u32, channel: i32, pushbuf_domains: u32,
        notifier_handle: u32, subchan: [u32; 16], nr_subchan: u32,
    }
    /// `struct drm_nouveau_vm_bind_op`
    NouveauVmBindOp {
        op: u32, flags: u32, handle: u32, pad: u32, addr: u64, bo_offset: u64, range: u64,
    }
    /// `struct drm_nouveau_vm_bind`
    NouveauVmBind {
        op_count: u32, flags: u32, wait_count: u32, sig_count: u32, wait_ptr: u64, sig_ptr: u64,
        op_ptr: u64,
    }
    /// `struct drm_nouveau_sync`
    NouveauSync { flags: u32, handle: u32, timeline_value: u64 }
    /// `struct drm_nouveau_exec_push`
    NouveauPush { va: u64, va_len: u32, flags: u32 }
    /// `struct drm_nouveau_exec`
    NouveauExec {
        channel: u32, push_count: u32, wait_count: u32, sig_count: u32, wait_ptr: u64,
        sig_ptr: u64, push_ptr: u64,
    }
    /// `struct drm_nvidia_semsurf_fence_ctx_create_params`
    NvidiaContext {
        index: u64, nvkms_params_ptr: u64, nvkms_params_size: u64, handle: u32, pad: u32,
    }
    /// `struct drm_nvidia_semsurf_fence_create_params`
    NvidiaFence {
        fence_context_handle: u32, timeout_value_ms: u32, wait_value: u64, fd: i32, pad: u32,
    }
    /// `struct drm_xe_vm_create`
    XeVmCreate { extensions: u64, flags: u32, vm_id: u32, reserved: [u64; 2] }
    /// `struct drm_xe_vm_bind_op`
    XeVmBindOp {
        extensions: u64, obj: u32, pat_index: u16, pad: u16, obj_offset: u64, range: u64,
        addr: u64, op: u32, flags: u32, prefetch_mem_region_instance: u32, pad2: u32,
        reserved: [u64; 3],
    }
    /// `struct drm_xe_vm_bind`
    XeVmBind {
        extensions: u64, vm_id: u32, exec_queue_id: u32, pad: u32, num_binds: u32,
        bind: XeVmBindOp, pad2: u32, num_syncs: u32, syncs: u64, reserved: [u64; 2],
    }
    /// `struct drm_xe_engine_class_instance`
    XeEngine { engine_class: u16, engine_instance: u16, gt_id: u16, pad: u16 }
    /// `struct drm_xe_ext_set_property`
    XeSetProperty {
        next_extension: u64, name: u32, pad: u32, property: u32, pad2: u32, value: u64,
        reserved: [u64; 2],
    }
    /// `struct drm_xe_exec_queue_create`
    XeQueueCreate {
        extensions: u64, width: u16, num_placements: u16, vm_id: u32, flags: u32,
        exec_queue_id: u32, instances: u64, reserved: [u64; 2],
    }
    /// `struct drm_xe_sync`
    XeSync {
        extensions: u64, kind: u32, flags: u32, handle: u64, timeline_value: u64,
        reserved: [u64; 2],
    }
    /// `struct drm_xe_exec`
    XeExec {
        extensions: u64, exec_queue_id: u32, num_syncs: u32, syncs: u64, address: u64,
        num_batch_buffer: u16, pad: [u16; 3], reserved: [u64; 2],
    }
}

/// Where the buffer that is filled is for the GPU, and where what fills it.
const TARGET: u64 = 0x1_0000_0000;
pub const CODE: u64 = 0x2_0000_0000;
/// Size of either.
const SIZE: u64 = 4 * PAGE;
/// Bytes of the code, with what amdgpu pads it with.
pub const CODE_BYTES: usize = 128;

/// `FAKE_CP_FILL` of the whole target with a word, and the end.
fn code(word: u32) -> [u8; CODE_BYTES] {
    const FILL: u32 = 0x4d56_0001;
    const END: u32 = 0x0500_0000;

    let mut bytes = [0; CODE_BYTES];
    bytes[0..4].copy_from_slice(&FILL.to_le_bytes());
    bytes[4..8].copy_from_slice(&word.to_le_bytes());
    bytes[8..16].copy_from_slice(&TARGET.to_le_bytes());
    bytes[24..32].copy_from_slice(&SIZE.to_le_bytes());
    bytes[32..36].copy_from_slice(&END.to_le_bytes());
    bytes
}

/// A job with all that its argument points at.
pub struct Submission {
    pub job: Job,
    _keep: Vec<Box<dyn Any>>,
}

/// A file of a member, and objects of it that it is to work with. The last has the code.
pub struct Work<'a> {
    pub node: &'a Node,
    pub member: u32,
    pub context: u32,
    pub objects: &'a [u32],
}

/// A vendor's way to its GPU.
pub trait Vendor {
    /// Does what has to be done before anything is allocated on a file.
    fn opened(&self, _node: &Node) {}

    /// Where it puts fences, one by one.
    fn fences(&self, node: &Node) -> Vec<Fence> {
        vec![Fence::Syncobj(node.syncobj()), Fence::Target]
    }

    /// Makes a context with a priority.
    fn context(&self, node: &Node, priority: i32) -> Result<u32>;

    /// Makes the GPU see the beginning of an object of the file at an address.
    fn bind(&self, node: &Node, handle: u32, address: u64, size: u64);

    /// Describes a submission of the code.
    fn submission(&self, work: &Work<'_>, fence: Fence) -> Submission;
}

/// Where the fence of a submission is to be found.
#[derive(Clone, Copy)]
pub enum Fence {
    Syncobj(u32),
    /// The first of the objects.
    Target,
}

impl Fence {
    fn of(self, work: &Work<'_>) -> drm_mvgal_native {
        match self {
            Fence::Syncobj(handle) => in_syncobj((handle, 0)),
            Fence::Target => in_buffer(work.objects[0]),
        }
    }
}

/// A member, with a target and code that it sees.
pub struct Gpu<'a> {
    vendor: &'a dyn Vendor,
    member: u32,
    priorities: [i32; 16],
    pub client: Client,
    pub node: Node,
    target: Buffer,
    target_handle: u32,
    code: Buffer,
    code_handle: u32,
}

impl<'a> Gpu<'a> {
    pub fn new(lab: &Lab, driver: &str, vendor: &'a dyn Vendor) -> Self {
        let device = lab.member(driver);
        let (client, node) = lab.with(device);
        vendor.opened(&node);
        let shared = |address| {
            let flags = DRM_MVGAL_BUFFER_HOST_VALID | DRM_MVGAL_BUFFER_DMA_BUF;
            let buffer = client.alloc_flags(device.id, SIZE, flags).expect("alloc");
            let fd = client.export(buffer.handle).expect("EXPORT_DMABUF");
            let handle = node.prime_import(fd.as_fd()).expect("PRIME_FD_TO_HANDLE");
            vendor.bind(&node, handle, address, SIZE);
            (buffer, handle)
        };
        let (target, target_handle) = shared(TARGET);
        let (code, code_handle) = shared(CODE);
        Self {
            vendor,
            member: device.id,
            priorities: device.context_priorities,
            client,
            node,
            target,
            target_handle,
            code,
            code_handle,
        }
    }

    pub fn context(&self, level: usize) -> u32 {
        self.vendor
            .context(&self.node, self.priorities[level])
            .unwrap_or_else(|error| panic!("a context for level {level}: {error}"))
    }

    pub fn submission(&self, context: u32, fence: Fence, word: u32) -> Submission {
        self.client.map(&self.code).write_at(0, &code(word));
        let work = Work {
            node: &self.node,
            member: self.member,
            context,
            objects: &[self.target_handle, self.code_handle],
        };
        self.vendor.submission(&work, fence)
    }

    pub fn is_filled_with(&self, word: u32) {
        let wanted: Vec<u8> = word.to_le_bytes().repeat(SIZE as usize / 4);
        let what = format!("filled with {word:#x}");
        same(&self.client.map(&self.target).read(), &wanted, &what);
    }
}

/// Fills, once with either place of the fence.
fn fills(lab: &Lab, driver: &str, vendor: &dyn Vendor) {
    let gpu = Gpu::new(lab, driver, vendor);
    let context = gpu.context(5);
    for (fence, word) in vendor.fences(&gpu.node).into_iter().zip(0x1234_5678..) {
        let submission = gpu.submission(context, fence, word);
        gpu.client.run(submission.job.clone());
        gpu.is_filled_with(word);
    }
}

/// Fills behind a point that the test signals: it is a kernel thread that submits.
fn fills_when_it_is_told(lab: &Lab, driver: &str, vendor: &dyn Vendor) {
    let gpu = Gpu::new(lab, driver, vendor);
    let fence = Fence::Syncobj(gpu.node.syncobj());
    let submission = gpu.submission(gpu.context(5), fence, 0xa5a5_0f0f);
    let told = (gpu.client.syncobj(), 1);
    let done = (gpu.client.syncobj(), 1);
    let job = submission.job.clone().after(told).signals(done);
    gpu.client.queue(vec![job]);
    gpu.client.pending(done);
    gpu.is_filled_with(0);
    gpu.client.signal(told, 0).expect("SIGNAL_FENCE");
    gpu.client.done(done);
    gpu.is_filled_with(0xa5a5_0f0f);
}

/// Fills in contexts of all levels, with jobs of them.
fn at_all_priorities(lab: &Lab, driver: &str, vendor: &dyn Vendor) {
    let gpu = Gpu::new(lab, driver, vendor);
    let fence = Fence::Syncobj(gpu.node.syncobj());
    for level in 0..16 {
        let word = 0x100 + level;
        let submission = gpu.submission(gpu.context(level as usize), fence, word);
        gpu.client.run(submission.job.clone().priority(level));
        gpu.is_filled_with(word);
    }
}

/// Contexts of the levels above 11 take CAP_SYS_NICE, those of the others do not.
fn wants_the_same_privilege(lab: &Lab, driver: &str, vendor: &dyn Vendor, refused: Errno) {
    let device = lab.member(driver);
    let node = lab.open(device);
    let child = Child::run(|| {
        become_user(65534);
        for level in 0..16 {
            let made = vendor.context(&node, device.context_priorities[level]);
            if level > 11 {
                assert_eq!(made.err(), Some(refused), "level {level}");
            } else {
                assert!(made.is_ok(), "level {level}: {made:?}");
            }
        }
    });
    child.join();
}

/// amdgpu.
pub struct Amdgpu;

impl Vendor for Amdgpu {
    fn context(&self, node: &Node, priority: i32) -> Result<u32> {
        const ALLOC: u32 = 1;

        let mut arg = AmdgpuCtx {
            op: ALLOC,
            priority,
            ..Default::default()
        };
        node.ioctl(nr::<AmdgpuCtx>(0x42), &mut arg)?;
        Ok(arg.op)
    }

    fn bind(&self, node: &Node, handle: u32, address: u64, size: u64) {
        const MAP: u32 = 1;
        const READABLE_WRITEABLE_EXECUTABLE: u32 = 7 << 1;

        let mut arg = AmdgpuGemVa {
            handle,
            operation: MAP,
            flags: READABLE_WRITEABLE_EXECUTABLE,
            va_address: address,
            map_size: size,
            ..Default::default()
        };
        let number = raw::iow(b'd', 0x48, size_of::<AmdgpuGemVa>());
        node.ioctl(number, &mut arg).expect("AMDGPU_GEM_VA");
    }

    fn submission(&self, work: &Work<'_>, fence: Fence) -> Submission {
        const DMA: u32 = 2;
        const CHUNK_IB: u32 = 1;
        const CHUNK_SYNCOBJ_OUT: u32 = 5;
        const CHUNK_BO_HANDLES: u32 = 6;

        let ib = Box::new(AmdgpuIb {
            va_start: CODE,
            ib_bytes: CODE_BYTES as u32,
            ip_type: DMA,
            ..Default::default()
        });
        let bos = work.objects.iter().map(|bo_handle| AmdgpuBo {
            bo_handle: *bo_handle,
            ..Default::default()
        });
        let bos: Box<Vec<AmdgpuBo>> = Box::new(bos.collect());
        let list = Box::new(AmdgpuBoList {
            operation: u32::MAX,
            list_handle: u32::MAX,
            bo_number: bos.len() as u32,
            bo_info_size: size_of::<AmdgpuBo>() as u32,
            bo_info_ptr: raw::address(&bos[..]),
        });
        let out = Box::new(match fence {
            Fence::Syncobj(handle) => handle,
            Fence::Target => 0,
        });
        let mut chunks = vec![chunk(CHUNK_IB, &*ib), chunk(CHUNK_BO_HANDLES, &*list)];
        if matches!(fence, Fence::Syncobj(_)) {
            chunks.push(chunk(CHUNK_SYNCOBJ_OUT, &*out));
        }
        let pointers: Vec<u64> = chunks.iter().map(raw::address).collect();
        let arg = Box::new(AmdgpuCs {
            ctx_id: work.context,
            num_chunks: pointers.len() as u32,
            chunks: raw::address(&pointers[..]),
            ..Default::default()
        });
        let job = job(work.member, 4, &*arg, fence.of(work));
        Submission {
            job,
            _keep: vec![
                ib,
                bos,
                list,
                out,
                Box::new(chunks),
                Box::new(pointers),
                arg,
            ],
        }
    }
}

fn chunk<T>(chunk_id: u32, data: &T) -> AmdgpuChunk {
    AmdgpuChunk {
        chunk_id,
        length_dw: size_of::<T>() as u32 / 4,
        chunk_data: raw::address(data),
    }
}

fn amdgpu_fills(lab: &Lab) {
    fills(lab, "amdgpu", &Amdgpu);
}

fn amdgpu_fills_when_it_is_told(lab: &Lab) {
    fills_when_it_is_told(lab, "amdgpu", &Amdgpu);
}

fn amdgpu_wants_it_again(lab: &Lab) {
    let device = text(&lab.member("amdgpu").bus_address);
    set_fault(&device, "again", "5");
    fills(lab, "amdgpu", &Amdgpu);
    assert_eq!(read_fault(&device, "again"), 0);
}

/// Of two jobs whose time is up the driver has one in its hands; the other waits for that. Their
/// reports tell them apart, and what was not given to the driver by then is not given to it later.
fn given_to_the_driver_or_not(lab: &Lab) {
    const STALL: Duration = Duration::from_secs(5);
    const LATE: i32 = -(Errno::ETIME as i32);

    let gpu = Gpu::new(lab, "amdgpu", &Amdgpu);
    let device = text(&lab.member("amdgpu").bus_address);
    let client = &gpu.client;
    let reports = client.alloc(HOST, PAGE);
    let context = gpu.context(5);
    let told = (client.syncobj(), 1);
    let fences = [0; 3].map(|_| gpu.node.syncobj());
    let runs = fences.map(|fence| gpu.submission(context, Fence::Syncobj(fence), 0x600d));
    let done = [0; 3].map(|_| (client.syncobj(), 0));
    let job = |n: usize| {
        let job = runs[n].job.clone().signals(done[n]);
        job.report(&reports, n)
    };
    let late = |n| job(n).after(told).timeout_ms(1500);
    client.queue(vec![late(0), late(1)]);
    set_fault(&device, "stall_us", &STALL.as_micros().to_string());
    thread::scope(|scope| {
        // Who signals may be the one who submits.
        scope.spawn(|| client.signal(told, 0).expect("SIGNAL_FENCE"));
        for done in &done[..2] {
            assert_eq!(client.ended(*done).error, LATE);
        }
        let [given, kept] = [0, 1].map(|n| report(client, &reports, n));
        assert_eq!((given.error, kept.error), (LATE, LATE));
        assert!(given.ready_ns != 0 && kept.ready_ns != 0);
        assert!(given.started_ns >= given.ready_ns && given.sequence != 0);
        assert_eq!((kept.started_ns, kept.sequence), (0, 0));
        set_fault(&device, "stall_us", "0");
    });
    // Behind both.
    client.queue(vec![job(2)]);
    client.done(done[2]);
    assert!(
        gpu.node.sync_file(fences[0], 0).is_ok(),
        "the driver had it"
    );
    let kept = gpu.node.sync_file(fences[1], 0);
    assert_eq!(kept.err(), Some(Errno::EINVAL), "the driver did not get it");
    gpu.is_filled_with(0x600d);
}

/// A job that names the file whose handles it has is not run with those of another.
fn file_that_was_replaced(lab: &Lab) {
    let gpu = Gpu::new(lab, "amdgpu", &Amdgpu);
    let client = &gpu.client;
    let first = client.attach_numbered(gpu.member, &gpu.node);
    let first = first.expect("attach");
    let fence = Fence::Syncobj(gpu.node.syncobj());
    let context = gpu.context(5);
    let run = gpu.submission(context, fence, 0xf11e);
    let naming = |attachment: u64| {
        let mut job = run.job.clone();
        let at = offset_of!(drm_mvgal_native, attachment);
        job.payload[at..].copy_from_slice(&attachment.to_ne_bytes());
        job
    };
    client.run(naming(first));
    gpu.is_filled_with(0xf11e);
    // Before there was such a field.
    let mut job = naming(first);
    job.payload
        .truncate(offset_of!(drm_mvgal_native, attachment));
    client.run(job);

    let (gate, done) = ((client.syncobj(), 1), (client.syncobj(), 0));
    let later = gpu.submission(context, fence, 0xf11f);
    let mut job = naming(first).after(gate).signals(done);
    job.payload[..size_of::<drm_mvgal_native>() - 8]
        .copy_from_slice(&later.job.payload[..size_of::<drm_mvgal_native>() - 8]);
    client.queue(vec![job]);
    let second = lab.open(lab.member("amdgpu"));
    let number = client.attach_numbered(gpu.member, &second);
    let number = number.expect("attach");
    for stale in [first, number + 1, u64::MAX] {
        let at_once = || client.submit(vec![naming(stale)]);
        refused(client, Errno::ESTALE, "of another file", at_once);
        let queued = || client.submit(vec![naming(stale).signals(done)]);
        refused(client, Errno::ESTALE, "of another file", queued);
    }
    // It has no such handles, which is found out next.
    for attachment in [number, 0] {
        refused(client, Errno::ENOENT, "the syncobj", || {
            client.submit(vec![naming(attachment)])
        });
    }
    client.signal(gate, 0).expect("SIGNAL_FENCE");
    client.done(done);
    gpu.is_filled_with(0xf11f);
}

fn amdgpu_at_all_priorities(lab: &Lab) {
    at_all_priorities(lab, "amdgpu", &Amdgpu);
}

fn amdgpu_wants_the_same_privilege(lab: &Lab) {
    wants_the_same_privilege(lab, "amdgpu", &Amdgpu, Errno::EACCES);
}

struct I915;

/// `DRM_I915_GEM_EXECBUFFER2`
const EXECBUFFER2: u32 = 0x29;

impl Vendor for I915 {
    fn context(&self, node: &Node, priority: i32) -> Result<u32> {
        const PARAM_PRIORITY: u64 = 6;

        let mut arg = I915ContextCreate::default();
        node.ioctl(nr::<I915ContextCreate>(0x6d), &mut arg)?;
        let mut param = I915ContextParam {
            ctx_id: arg.ctx_id,
            param: PARAM_PRIORITY,
            value: priority.into(),
            ..Default::default()
        };
        node.ioctl(nr::<I915ContextParam>(0x75), &mut param)?;
        Ok(arg.ctx_id)
    }

    /// A submission names the addresses.
    fn bind(&self, _node: &Node, _handle: u32, _address: u64, _size: u64) {}

    fn submission(&self, work: &Work<'_>, fence: Fence) -> Submission {
        const BLT_NO_RELOC: u64 = 3 | 1 << 11;
        const FENCE_ARRAY: u64 = 1 << 19;
        const SIGNAL: u32 = 2;
        const WRITE: u64 = 1 << 2;
        const PINNED_48B: u64 = 1 << 4 | 1 << 3;

        let object = |handle, offset, flags| I915Object {
            handle,
            offset,
            flags: flags | PINNED_48B,
            ..Default::default()
        };
        // The last is the batch.
        let objects = Box::new([
            object(work.objects[0], TARGET, WRITE),
            object(work.objects[1], CODE, 0),
        ]);
        let fences: Box<Vec<I915Fence>> = Box::new(match fence {
            Fence::Syncobj(handle) => vec![I915Fence {
                handle,
                flags: SIGNAL,
            }],
            Fence::Target => Vec::new(),
        });
        let mut arg = Box::new(I915Exec {
            buffers_ptr: raw::address(&*objects),
            buffer_count: objects.len() as u32,
            flags: BLT_NO_RELOC,
            rsvd1: work.context.into(),
            ..Default::default()
        });
        if !fences.is_empty() {
            arg.flags |= FENCE_ARRAY;
            arg.num_cliprects = fences.len() as u32;
            arg.cliprects_ptr = raw::address(&fences[..]);
        }
        let job = job(work.member, EXECBUFFER2, &*arg, fence.of(work));
        Submission {
            job,
            _keep: vec![objects, fences, arg],
        }
    }
}

fn i915_fills(lab: &Lab) {
    fills(lab, "i915", &I915);
}

fn i915_fills_when_it_is_told(lab: &Lab) {
    fills_when_it_is_told(lab, "i915", &I915);
}

fn i915_at_all_priorities(lab: &Lab) {
    at_all_priorities(lab, "i915", &I915);
}

fn i915_wants_the_same_privilege(lab: &Lab) {
    wants_the_same_privilege(lab, "i915", &I915, Errno::EPERM);
}

fn i915_takes_no_descriptors(lab: &Lab) {
    let device = lab.member("i915");
    let (client, node) = lab.with(device);
    let fence = (node.syncobj(), 0);
    // FENCE_IN, FENCE_OUT, FENCE_SUBMIT, and SECURE, which is for the DRM master.
    for bit in [16, 17, 20, 9] {
        let arg = I915Exec {
            flags: 1 << bit,
            ..Default::default()
        };
        let job = job(device.id, EXECBUFFER2, &arg, in_syncobj(fence));
        assert_eq!(client.submit(vec![job]), Err(Errno::EINVAL), "bit {bit}");
    }
}

struct Nouveau;

/// A channel of nouveau's graphics engine.
pub fn nouveau_channel(node: &Node) -> Result<u32> {
    const ENGINE_GR: u32 = 1;

    let mut arg = NouveauChannelAlloc {
        fb_ctxdma_handle: u32::MAX,
        tt_ctxdma_handle: ENGINE_GR,
        ..Default::default()
    };
    node.ioctl(nr::<NouveauChannelAlloc>(0x42), &mut arg)?;
    Ok(arg.channel as u32)
}

impl Vendor for Nouveau {
    /// Takes the newer UAPI.
    fn opened(&self, node: &Node) {
        let mut arg = NouveauVmInit {
            kernel_managed_addr: 1 << 46,
            kernel_managed_size: 1 << 46,
        };
        node.ioctl(nr::<NouveauVmInit>(0x50), &mut arg)
            .expect("NOUVEAU_VM_INIT");
    }

    /// A channel, which has no priority.
    fn context(&self, node: &Node, _priority: i32) -> Result<u32> {
        nouveau_channel(node)
    }

    fn bind(&self, node: &Node, handle: u32, address: u64, size: u64) {
        let op = NouveauVmBindOp {
            handle,
            addr: address,
            range: size,
            ..Default::default()
        };
        let mut arg = NouveauVmBind {
            op_count: 1,
            op_ptr: raw::address(&op),
            ..Default::default()
        };
        node.ioctl(nr::<NouveauVmBind>(0x51), &mut arg)
            .expect("NOUVEAU_VM_BIND");
    }

    fn submission(&self, work: &Work<'_>, fence: Fence) -> Submission {
        let push = Box::new(NouveauPush {
            va: CODE,
            va_len: CODE_BYTES as u32,
            ..Default::default()
        });
        let signals: Box<Vec<NouveauSync>> = Box::new(match fence {
            Fence::Syncobj(handle) => vec![NouveauSync {
                handle,
                ..Default::default()
            }],
            Fence::Target => Vec::new(),
        });
        let arg = Box::new(NouveauExec {
            channel: work.context,
            push_count: 1,
            push_ptr: raw::address(&*push),
            sig_count: signals.len() as u32,
            sig_ptr: raw::address(&signals[..]),
            ..Default::default()
        });
        let job = job(work.member, 0x12, &*arg, fence.of(work));
        Submission {
            job,
            _keep: vec![push, signals, arg],
        }
    }
}

fn nouveau_fills(lab: &Lab) {
    fills(lab, "nouveau", &Nouveau);
}

fn nouveau_fills_when_it_is_told(lab: &Lab) {
    fills_when_it_is_told(lab, "nouveau", &Nouveau);
}

/// nvidia-drm takes no jobs, but what it makes fences of holds back jobs elsewhere.
fn nvidia_fences_hold_jobs_back(lab: &Lab) {
    const INDEX: u64 = 3;
    const VALUE: u64 = 7;
    // What the stand-in has in the place of nvkms' parameters.
    const SURFACE: u64 = 0x6d76_6761_736d_7376;

    let device = lab.member("nvidia-drm");
    let (client, node) = lab.with(device);
    let mut context = NvidiaContext {
        index: INDEX,
        nvkms_params_ptr: raw::address(&SURFACE),
        nvkms_params_size: size_of_val(&SURFACE) as u64,
        ..Default::default()
    };
    node.ioctl(nr::<NvidiaContext>(0x54), &mut context)
        .expect("NVIDIA_SEMSURF_FENCE_CTX_CREATE");
    let mut fence = NvidiaFence {
        fence_context_handle: context.handle,
        wait_value: VALUE,
        ..Default::default()
    };
    node.ioctl(nr::<NvidiaFence>(0x55), &mut fence)
        .expect("NVIDIA_SEMSURF_FENCE_CREATE");
    let file = raw::own(fence.fd);

    let of_nvidia = (client.syncobj(), 0);
    client
        .import_sync_file(of_nvidia.0, of_nvidia.1, file.as_fd())
        .expect("import of a sync_file");
    let buffer = client.alloc(HOST, PAGE);
    let done = (client.syncobj(), 1);
    let job = Job::fill(&buffer, 0x77).after(of_nvidia).signals(done);
    client.queue(vec![job]);
    client.pending(done);
    assert_eq!(client.map(&buffer).read_at(0, 1), [0], "filled too early");
    let semaphore = format!(
        "/sys/bus/platform/devices/{}/semaphore",
        text(&device.bus_address)
    );
    std::fs::write(&semaphore, format!("{INDEX} {VALUE}\n")).expect(&semaphore);
    client.done(done);
    assert_eq!(client.map(&buffer).read_at(0, 1), [0x77]);
}

/// xe, with the VM of the file, once it has one.
#[derive(Default)]
pub struct Xe(Cell<Option<u32>>);

/// `DRM_XE_EXEC`
const XE_EXEC: u32 = 9;

impl Xe {
    fn vm(&self, node: &Node) -> u32 {
        if let Some(vm) = self.0.get() {
            return vm;
        }
        let mut arg = XeVmCreate::default();
        node.ioctl(nr::<XeVmCreate>(0x43), &mut arg)
            .expect("XE_VM_CREATE");
        self.0.set(Some(arg.vm_id));
        arg.vm_id
    }
}

impl Vendor for Xe {
    /// Its fences in buffers are only for the driver's own memory management.
    fn fences(&self, node: &Node) -> Vec<Fence> {
        vec![Fence::Syncobj(node.syncobj())]
    }

    /// An exec queue.
    fn context(&self, node: &Node, priority: i32) -> Result<u32> {
        let property = XeSetProperty {
            value: priority as u64,
            ..Default::default()
        };
        let engine = XeEngine::default();
        let mut arg = XeQueueCreate {
            extensions: raw::address(&property),
            width: 1,
            num_placements: 1,
            vm_id: self.vm(node),
            instances: raw::address(&engine),
            ..Default::default()
        };
        node.ioctl(nr::<XeQueueCreate>(0x46), &mut arg)?;
        Ok(arg.exec_queue_id)
    }

    fn bind(&self, node: &Node, handle: u32, address: u64, size: u64) {
        let mut arg = XeVmBind {
            vm_id: self.vm(node),
            num_binds: 1,
            bind: XeVmBindOp {
                obj: handle,
                range: size,
                addr: address,
                ..Default::default()
            },
            ..Default::default()
        };
        let number = raw::iow(b'd', 0x45, size_of::<XeVmBind>());
        node.ioctl(number, &mut arg).expect("XE_VM_BIND");
    }

    fn submission(&self, work: &Work<'_>, fence: Fence) -> Submission {
        const SIGNAL: u32 = 1;

        let syncobj = match fence {
            Fence::Syncobj(handle) => handle,
            Fence::Target => work.node.syncobj(),
        };
        let sync = Box::new(XeSync {
            flags: SIGNAL,
            handle: syncobj.into(),
            ..Default::default()
        });
        let arg = Box::new(XeExec {
            exec_queue_id: work.context,
            num_syncs: 1,
            syncs: raw::address(&*sync),
            address: CODE,
            num_batch_buffer: 1,
            ..Default::default()
        });
        let job = job(work.member, XE_EXEC, &*arg, fence.of(work));
        Submission {
            job,
            _keep: vec![sync, arg],
        }
    }
}

fn xe_fills(lab: &Lab) {
    fills(lab, "xe", &Xe::default());
}

fn xe_fills_when_it_is_told(lab: &Lab) {
    fills_when_it_is_told(lab, "xe", &Xe::default());
}

fn xe_at_all_priorities(lab: &Lab) {
    at_all_priorities(lab, "xe", &Xe::default());
}

fn xe_wants_the_same_privilege(lab: &Lab) {
    wants_the_same_privilege(lab, "xe", &Xe::default(), Errno::EPERM);
}

fn xe_has_its_fence_in_syncobjs(lab: &Lab) {
    let xe = Xe::default();
    let gpu = Gpu::new(lab, "xe", &xe);
    let submission = gpu.submission(gpu.context(0), Fence::Target, 1);
    let refused = gpu.client.submit(vec![submission.job.clone()]);
    assert_eq!(refused, Err(Errno::EINVAL), "the fence in a buffer");
    gpu.is_filled_with(0);
}

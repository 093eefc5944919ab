// SPDX-License-Identifier: MIT OR Apache-2.0

//! NATIVE jobs with the drivers of GPU vendors, which are stand-ins here.
//!
//! Each job has the GPU fill a buffer of mvgal that the member's own file has imported.

use crate::check::refused;
use crate::client::PAGE;
use crate::client::text;
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
use crate::submission::Amdgpu;
use crate::submission::EXECBUFFER2;
use crate::submission::Fence;
use crate::submission::Gpu;
use crate::submission::I915;
use crate::submission::I915Exec;
use crate::submission::Nouveau;
use crate::submission::Vendor;
use crate::submission::Xe;
use crate::sys::*;
use crate::vendor::read_fault;
use crate::vendor::set_fault;
use crate::virgl::in_syncobj;
use crate::virgl::job;
use nix::errno::Errno;
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
    /// `struct drm_nvidia_semsurf_fence_ctx_create_params`
    NvidiaContext {
        index: u64, nvkms_params_ptr: u64, nvkms_params_size: u64, handle: u32, pad: u32,
    }
    /// `struct drm_nvidia_semsurf_fence_create_params`
    NvidiaFence {
        fence_context_handle: u32, timeout_value_ms: u32, wait_value: u64, fd: i32, pad: u32,
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

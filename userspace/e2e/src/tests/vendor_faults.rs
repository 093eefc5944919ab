// SPDX-License-Identifier: MIT OR Apache-2.0

//! Whatever goes wrong with a vendor's GPU, at each step: the errno is the one that the header
//! names or that the driver's fence has, nothing is left behind, and what comes next works. Last of
//! all, as members have other ids when they have been unplugged.

use super::unplugged::plug;
use super::unplugged::unplug;
use crate::check::refused;
use crate::client::Client;
use crate::client::PAGE;
use crate::client::text;
use crate::harness::suite;
use crate::job::Job;
use crate::lab::Lab;
use crate::lab::Need;
use crate::lab::VGEM;
use crate::raw;
use crate::submission::Amdgpu;
use crate::submission::Fence;
use crate::submission::Gpu;
use crate::submission::I915;
use crate::submission::Nouveau;
use crate::submission::Vendor;
use crate::submission::Xe;
use crate::sys::*;
use crate::vendor::read_fault;
use crate::vendor::set_fault;
use nix::errno::Errno;
use std::os::fd::AsFd;

suite! {
    no_memory_at_each_step [Need::Driver("nvidia-drm"), VGEM] in 60;
    errors_of_jobs [Need::Driver("nouveau")] in 60;
    slow_jobs_are_waited_for [Need::Driver("nouveau")] in 60;
    reset_while_jobs_run [Need::Driver("nouveau")] in 60;
    unplugged_with_jobs [Need::Driver("nouveau")] in 90;
    unplugged_with_buffers [Need::Driver("nvidia-drm"), VGEM] in 90;
}

const DMA_BUF: u32 = DRM_MVGAL_BUFFER_DMA_BUF;

/// The stand-ins among the members there are now.
fn standins(lab: &Lab) -> Vec<(&drm_mvgal_device, String)> {
    let devices = lab.devices.iter();
    let named = devices.map(|device| (device, text(&device.bus_address)));
    named.filter(|(_, at)| at.starts_with("fake-")).collect()
}

/// Those that take NATIVE jobs, and how.
fn each_with_jobs(test: impl Fn(&Lab, &str, &str)) {
    for driver in ["amdgpu", "i915", "nouveau", "xe"] {
        let lab = Lab::new();
        let Some((_, at)) = standins(&lab)
            .into_iter()
            .find(|(device, _)| text(&device.driver) == driver)
        else {
            continue;
        };
        let before = memory(&at);
        test(&lab, driver, &at);
        frees(&at, before);
        works(driver);
        frees(&at, before);
    }
}

/// A driver's way to its GPU, for one file.
fn vendor(driver: &str) -> Box<dyn Vendor> {
    match driver {
        "amdgpu" => Box::new(Amdgpu),
        "i915" => Box::new(I915),
        "nouveau" => Box::new(Nouveau),
        _ => Box::new(Xe::default()),
    }
}

/// A new client of a driver has its jobs run.
fn works(driver: &str) {
    let lab = Lab::new();
    let vendor = vendor(driver);
    let gpu = Gpu::new(&lab, driver, &*vendor);
    let fence = Fence::Syncobj(gpu.node.syncobj());
    let submission = gpu.submission(gpu.context(5), fence, 0x7a11_900d);
    gpu.client.run(submission.job.clone());
    gpu.is_filled_with(0x7a11_900d);
}

/// Bytes that a stand-in has allocated.
fn memory(at: &str) -> u64 {
    let of = |name| read_fault(at, name);
    of("vram_used") + of("gtt_used") + of("system_used")
}

/// Waits until no more is allocated than before: the last of a client goes behind its close().
fn frees(at: &str, before: u64) {
    for _ in 0..100 {
        if memory(at) <= before {
            return;
        }
        raw::sleep_ms(50);
    }
    panic!(
        "{at}: {} bytes are allocated, and were {before}",
        memory(at)
    );
}

fn no_memory_at_each_step(_: &Lab) {
    let lab = Lab::new();
    let vgem = lab.member("vgem");
    for (device, at) in standins(&lab) {
        let before = memory(&at);
        let client = lab.attached();
        client
            .set_mask(1 << device.slot | 1 << vgem.slot)
            .expect("mask");
        // The first allocation of a file may be of more than the buffer.
        client.alloc(device.id, PAGE);
        let fails = |what: &str, call: &dyn Fn() -> raw::Result<()>| {
            let before = memory(&at);
            // amdgpu and xe try again elsewhere what VRAM has no room for.
            set_fault(&at, "enomem", "9");
            refused(&client, Errno::ENOMEM, &format!("{at}: {what}"), call);
            assert_ne!(read_fault(&at, "enomem"), 9, "{at}: {what}: never asked");
            set_fault(&at, "enomem", "0");
            assert_eq!(memory(&at), before, "{at}: {what}");
            call().unwrap_or_else(|error| panic!("{at}: {what}, afterwards: {error}"));
        };
        for flags in [0, DRM_MVGAL_BUFFER_GPU_VALID, DMA_BUF] {
            fails(&format!("ALLOC_MEMORY, {flags:#x}"), &|| {
                client.alloc_flags(device.id, PAGE, flags).map(drop)
            });
        }
        let lazy = DRM_MVGAL_BUFFER_LAZY_ALLOCATE | DMA_BUF;
        let buffer = client.alloc_flags(device.id, PAGE, lazy).expect("lazily");
        fails("the first use", &|| client.export(buffer.handle).map(drop));
        let copied = device.refusals[DRM_MVGAL_CAN_COPY as usize] == DRM_MVGAL_REFUSAL_NONE;
        if copied {
            fails("REPLICATED", &|| {
                let flags = DRM_MVGAL_BUFFER_REPLICATED;
                client.alloc_flags(vgem.id, PAGE, flags).map(drop)
            });
            // A driver that imports gets its copy in memory of the host then.
            let theirs = client.alloc(vgem.id, PAGE);
            set_fault(&at, "enomem", "9");
            let flags = DRM_MVGAL_EXPORT_REFUSED;
            let copy = client.export_for(theirs.handle, device.id, flags);
            set_fault(&at, "enomem", "0");
            let wanted = match device.refusals[DRM_MVGAL_CAN_IMPORT as usize] {
                DRM_MVGAL_REFUSAL_NONE => Ok((DRM_MVGAL_REACH_COPY, HOST)),
                _ => Err(Errno::ENOMEM),
            };
            let copy = copy.map(|copy| (copy.reach, copy.home));
            assert_eq!(copy, wanted, "{at}: a copy for the driver");
        }
        drop(client);
        frees(&at, before);
    }
}

/// Has a job run by the caller, or behind a point by a thread of the kernel; its error.
fn error_of(gpu: &Gpu<'_>, job: &Job, told: bool) -> i32 {
    let start = (gpu.client.syncobj(), 1);
    let done = (gpu.client.syncobj(), 0);
    let job = job.clone().signals(done);
    gpu.client
        .queue(vec![if told { job.after(start) } else { job }]);
    if told {
        gpu.client.signal(start, 0).expect("SIGNAL_FENCE");
    }
    gpu.client.ended(done).error
}

fn errors_of_jobs(_: &Lab) {
    each_with_jobs(|lab, driver, at| {
        for (fault, wanted) in [("submit", Errno::ENOMEM), ("eio", Errno::EIO)] {
            for told in [false, true] {
                // A context whose job has failed may take no more.
                let vendor = vendor(driver);
                let gpu = Gpu::new(lab, driver, &*vendor);
                let fence = Fence::Syncobj(gpu.node.syncobj());
                let submission = gpu.submission(gpu.context(5), fence, 1);
                set_fault(at, fault, "1");
                let error = error_of(&gpu, &submission.job, told);
                let what = format!("{driver}: {fault}, told {told}");
                assert_eq!(error, -(wanted as i32), "{what}");
                assert_eq!(read_fault(at, fault), 0, "{what}");
                let next = (gpu.client.syncobj(), 1);
                let behind = Job::barrier().after(next);
                let done = (gpu.client.syncobj(), 0);
                gpu.client.queue(vec![
                    submission.job.clone().signals(next),
                    behind.signals(done),
                ]);
                gpu.client.ended(next);
                gpu.client.ended(done);
            }
        }
    });
}

fn slow_jobs_are_waited_for(_: &Lab) {
    each_with_jobs(|lab, driver, at| {
        let vendor = vendor(driver);
        let gpu = Gpu::new(lab, driver, &*vendor);
        let fence = Fence::Syncobj(gpu.node.syncobj());
        let submission = gpu.submission(gpu.context(5), fence, 0x510_3000);
        let done = (gpu.client.syncobj(), 0);
        set_fault(at, "slow_us", "600000");
        gpu.client.queue(vec![submission.job.clone().signals(done)]);
        let early = gpu.client.wait(done, raw::in_ms(50)).map(drop);
        set_fault(at, "slow_us", "0");
        assert_eq!(early, Err(Errno::ETIME), "{driver}");
        gpu.client.done(done);
        gpu.is_filled_with(0x510_3000);
    });
}

fn reset_while_jobs_run(_: &Lab) {
    each_with_jobs(|lab, driver, at| {
        let vendor = vendor(driver);
        let gpu = Gpu::new(lab, driver, &*vendor);
        let fence = Fence::Syncobj(gpu.node.syncobj());
        let submission = gpu.submission(gpu.context(5), fence, 2);
        let (done, behind) = ((gpu.client.syncobj(), 1), (gpu.client.syncobj(), 0));
        set_fault(at, "slow_us", "2000000");
        gpu.client.queue(vec![
            submission.job.clone().signals(done),
            Job::barrier().after(done).signals(behind),
        ]);
        gpu.client.pending(done);
        set_fault(at, "reset", "1");
        set_fault(at, "slow_us", "0");
        let error = gpu.client.ended(done).error;
        assert_eq!(error, -(Errno::ECANCELED as i32), "{driver}");
        // What depends on it is not run.
        let error = gpu.client.ended(behind).error;
        assert_eq!(error, -(Errno::ECANCELED as i32), "{driver}: behind it");
    });
}

/// Jobs run, wait for the driver, wait for a point; and are submitted afterwards.
fn unplugged_with_jobs(_: &Lab) {
    const GONE: i32 = -(Errno::ENODEV as i32);
    each_with_jobs(|lab, driver, at| {
        let vendor = vendor(driver);
        let gpu = Gpu::new(lab, driver, &*vendor);
        let context = gpu.context(5);
        let native = |word| {
            let fence = Fence::Syncobj(gpu.node.syncobj());
            gpu.submission(context, fence, word)
        };
        let jobs = [native(1), native(1), native(1), native(1)];
        let start = (gpu.client.syncobj(), 1);
        let ends = [(); 3].map(|()| (gpu.client.syncobj(), 0));
        set_fault(at, "slow_us", "400000");
        gpu.client.queue(vec![
            jobs[0].job.clone().signals(ends[0]),
            jobs[1].job.clone().signals(ends[1]),
            jobs[2].job.clone().after(start).signals(ends[2]),
        ]);
        gpu.client.pending(ends[1]);
        unplug(at);
        gpu.client.signal(start, 0).expect("SIGNAL_FENCE");
        // The first may have been done by then.
        let errors = ends.map(|end| gpu.client.ended(end).error);
        assert!([0, GONE].contains(&errors[0]), "{driver}: {errors:?}");
        assert_eq!(errors[1..], [GONE; 2], "{driver}");
        let late = gpu.client.submit(vec![jobs[3].job.clone()]);
        assert_eq!(late, Err(Errno::ENODEV), "{driver}: NATIVE afterwards");
        drop(gpu);
        plug(at);
    });
}

/// A buffer there, one exported, one imported, one not yet allocated.
fn unplugged_with_buffers(_: &Lab) {
    for (driver, at) in standins(&Lab::new())
        .into_iter()
        .map(|(device, at)| (text(&device.driver), at))
    {
        let lab = Lab::new();
        let (device, vgem) = (lab.member(&driver).id, lab.member("vgem").id);
        let client = lab.attached();
        let theirs = client.alloc(device, PAGE);
        let map = client.map(&theirs);
        map.write_at(0, b"before");
        let fd = client.export(theirs.handle).expect("EXPORT_DMABUF");
        let other = Client::open();
        let imported = other.import(fd.as_fd()).expect("IMPORT_DMABUF");
        let lazy = DRM_MVGAL_BUFFER_LAZY_ALLOCATE | DMA_BUF;
        let later = client.alloc_flags(device, PAGE, lazy).expect("lazily");
        let host = client.alloc(HOST, PAGE);

        unplug(&at);
        let gone = Some(Errno::ENODEV);
        let what = |step: &str| format!("{driver}: {step}");
        let error = client.alloc_flags(device, PAGE, 0).err();
        assert_eq!(error, gone, "{}", what("ALLOC_MEMORY"));
        let error = client.export(later.handle).err();
        assert_eq!(error, gone, "{}", what("the first use"));
        let error = client.export_for(theirs.handle, vgem, 0).err();
        assert_eq!(error, gone, "{}", what("EXPORT_DMABUF for another"));
        let error = client.export_for(host.handle, device, 0).err();
        assert_eq!(error, gone, "{}", what("EXPORT_DMABUF for it"));
        let error = client.submit(vec![Job::copy(&theirs, &host)]).err();
        assert_eq!(error, gone, "{}", what("COPY"));
        let job = other.submit(vec![Job::fill(&imported, 1)]).err();
        assert_eq!(job, gone, "{}", what("FILL of what was imported"));
        // What is mapped stays so: no SIGBUS.
        let _ = map.read_at(0, 6);
        let fresh = Client::open();
        fresh.import(fd.as_fd()).expect("IMPORT_DMABUF afterwards");

        drop((client, other, fresh, fd, map));
        plug(&at);
        frees(&at, 0);
        let lab = Lab::new();
        let client = lab.attached();
        client.alloc(lab.member(&driver).id, PAGE);
    }
}

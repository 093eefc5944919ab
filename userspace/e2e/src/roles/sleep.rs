// SPDX-License-Identifier: MIT OR Apache-2.0

//! Clients for `tests/vm/suspend.sh` and `tests/vm/wake_fails.sh`: what they have when the system
//! or a device sleeps.

use super::hand_over;
use super::may_go;
use super::tell_ready;
use crate::check::noise;
use crate::check::same;
use crate::client::Buffer;
use crate::client::Client;
use crate::client::PAGE;
use crate::client::text;
use crate::job::Job;
use crate::lab::Lab;
use crate::proc::Child;
use crate::raw;
use crate::submission::Amdgpu;
use crate::submission::Fence;
use crate::submission::Gpu;
use crate::sys::*;
use crate::vendor::SwSync;
use crate::vendor::read_fault;
use crate::vendor::set_fault;
use nix::errno::Errno;
use nix::sys::signal;
use std::os::fd::AsFd;

/// A buffer in the member's own memory that the CPU can access.
fn own(client: &Client, member: u32, size: u64) -> Buffer {
    let flags = DRM_MVGAL_BUFFER_GPU_VALID | DRM_MVGAL_BUFFER_HOST_VALID;
    let buffer = client.alloc_flags(member, size, flags);
    buffer.unwrap_or_else(|error| panic!("ALLOC_MEMORY on member {member}: {error}"))
}

pub fn asleep(driver: &str, step: &str) {
    const SIZE: u64 = 64 * PAGE;
    let lab = Lab::new();
    let device = lab.member(driver);
    let (client, _node) = lab.with(device);
    let [src, back] = [(); 2].map(|()| client.alloc(HOST, SIZE));
    let [used, later] = [(); 2].map(|()| own(&client, device.id, SIZE));
    let data = noise(SIZE as usize, 5);
    client.map(&src).write_at(0, &data);
    client.run(Job::copy(&src, &used).on(device.id));
    let gate = (client.syncobj(), 1);
    let done = (client.syncobj(), 0);
    client.queue(vec![
        Job::copy(&used, &later)
            .on(device.id)
            .after(gate)
            .signals(done),
    ]);
    // Longer than a mapping is kept, so that it is the job that has it.
    raw::sleep_ms(3000);
    hand_over(step);
    client.pending(done);
    client.signal(gate, 0).expect("SIGNAL_FENCE");
    client.done(done);
    for buffer in [&used, &later] {
        client.run(Job::copy(buffer, &back).on(HOST));
        same(&client.map(&back).read(), &data, "what was there before");
    }
}

pub fn busy(drivers: &[&str], step: &str) {
    const SIZE: u64 = 16 * PAGE;
    let lab = Lab::new();
    let client = lab.attached();
    let ids: Vec<_> = drivers.iter().map(|driver| lab.member(driver).id).collect();
    let [first, last] = [(); 2].map(|()| client.alloc(HOST, SIZE));
    let there: Vec<_> = ids.iter().map(|id| own(&client, *id, SIZE)).collect();
    let [from, to] = [&first, &last].map(|buffer| client.map(buffer));
    let mut round = 0;
    while round == 0 || !may_go(step) {
        let data = noise(SIZE as usize, round);
        from.write_at(0, &data);
        let points: Vec<_> = (0..=ids.len()).map(|_| (client.syncobj(), 0)).collect();
        let mut jobs = Vec::new();
        for (index, buffer) in there.iter().chain([&last]).enumerate() {
            let before = if index == 0 {
                &first
            } else {
                &there[index - 1]
            };
            let job = Job::copy(before, buffer).on(ids.get(index).copied().unwrap_or(HOST));
            let job = match index {
                0 => job,
                _ => job.after(points[index - 1]),
            };
            jobs.push(job.signals(points[index]));
        }
        client.queue(jobs);
        client.done(points[ids.len()]);
        same(&to.read(), &data, &format!("round {round}"));
        for (handle, _) in points {
            client.syncobj_destroy(handle).expect("SYNCOBJ_DESTROY");
        }
        if round == 0 {
            tell_ready(step);
        }
        round += 1;
    }
    println!("{round} rounds");
}

/// Queues a FILL of a new buffer that waits for a fence of `sw`. Returns that buffer, and what the
/// job signals.
fn late_fill(client: &Client, sw: &mut SwSync, byte: u8) -> (Buffer, (u32, u64)) {
    let buffer = client.alloc(HOST, PAGE);
    let (late, done) = ((client.syncobj(), 0), (client.syncobj(), 0));
    client
        .import_sync_file(late.0, 0, sw.fence().as_fd())
        .expect("the fence of sw_sync");
    client.queue(vec![Job::fill(&buffer, byte).after(late).signals(done)]);
    (buffer, done)
}

pub fn due(step: &str) {
    let lab = Lab::new();
    let client = lab.client();
    let mut sw = SwSync::new();
    let (buffer, done) = late_fill(&client, &mut sw, 0x5a);
    hand_over(step);
    // Jobs go on as ever, if the system has not slept because of this one.
    client.run(Job::fill(&buffer, 0x11));
    client.pending(done);
    sw.signal();
    client.done(done);
    same(&client.map(&buffer).read(), &[0x5a; PAGE as usize], "FILL");
}

/// How long a child may take that waits for nothing, in ms.
const AT_ONCE: i32 = 1000;

pub fn held(step: &str) {
    let lab = Lab::new();
    let client = lab.client();
    let mut sw = SwSync::new();
    let (buffer, done) = late_fill(&client, &mut sw, 0x11);
    hand_over(step);
    // The system begins to wait for that job about now. From then on SUBMIT waits.
    let submits = |byte| Child::run(|| client.run(Job::fill(&buffer, byte)));
    let mut tries = 0;
    let waits = loop {
        let child = submits(0x22);
        if !child.ends_within(AT_ONCE) {
            break child;
        }
        tries += 1;
        assert!(tries < 30, "SUBMIT_WORKLOAD waits for nothing");
        raw::sleep_ms(200);
    };
    let killed = submits(0x33);
    let interrupted = Child::run(|| {
        let handler = signal::SigHandler::Handler(ignore);
        let action =
            signal::SigAction::new(handler, signal::SaFlags::empty(), signal::SigSet::empty());
        // SAFETY: the handler does nothing.
        unsafe { signal::sigaction(signal::Signal::SIGUSR1, &action) }.expect("sigaction");
        let outcome = client.submit(vec![Job::fill(&buffer, 0x44)]);
        assert_eq!(outcome, Err(Errno::EINTR), "SUBMIT_WORKLOAD");
    });
    assert!(!killed.ends_within(AT_ONCE) && !interrupted.ends_within(0));
    interrupted.signal(signal::Signal::SIGUSR1 as i32);
    interrupted.join();
    killed.kill();
    // What needs no gate is not kept there.
    client.pending(done);
    assert!(!waits.ends_within(0), "SUBMIT_WORKLOAD ended too early");
    sw.signal();
    client.done(done);
    waits.join();
    same(&client.map(&buffer).read(), &[0x22; PAGE as usize], "FILL");
}

extern "C" fn ignore(_signal: i32) {}

pub fn native_queue(driver: &str, step: &str) {
    const JOBS: u64 = 100;
    const JOB_US: u64 = 400_000;
    const WORD: u32 = 0x0f1e_2d3c;
    let lab = Lab::new();
    let address = text(&lab.member(driver).bus_address);
    let gpu = Gpu::new(&lab, driver, &Amdgpu);
    let fence = Fence::Syncobj(gpu.node.syncobj());
    let submission = gpu.submission(gpu.context(5), fence, WORD);
    let line = gpu.client.syncobj();
    set_fault(&address, "slow_us", &JOB_US.to_string());
    for point in 1..=JOBS {
        gpu.client
            .queue(vec![submission.job.clone().signals((line, point))]);
    }
    hand_over(step);
    gpu.client.pending((line, JOBS));
    set_fault(&address, "slow_us", "0");
    gpu.client.done((line, JOBS));
    gpu.is_filled_with(WORD);
}

pub fn let_go(driver: &str, way: &str, step: &str) {
    // Devices are suspended when the job in flight is over, for 3 s.
    const JOB_MS: u64 = 6000;
    let lab = Lab::new();
    let device = lab.member(driver);
    let address = text(&device.bus_address);
    let gpu = Gpu::with_memory_on(HOST, &lab, driver, &Amdgpu);
    let fence = Fence::Syncobj(gpu.node.syncobj());
    let submission = gpu.submission(gpu.context(5), fence, 0x0bad_cafe);
    let buffer = own(&gpu.client, device.id, PAGE);
    let Gpu { client, node, .. } = gpu;
    let (never, late, done) = (
        (client.syncobj(), 1),
        (client.syncobj(), 0),
        (client.syncobj(), 0),
    );
    let late_job = Job::fill(&buffer, 1)
        .on(device.id)
        .after(never)
        .signals(late);
    set_fault(&address, "slow_us", &(JOB_MS * 1000).to_string());
    let native = match way {
        "direct" => submission.job.clone(),
        _ => submission.job.clone().signals(done),
    };
    client.queue(vec![native]);
    client.queue(vec![late_job.timeout_ms(JOB_MS + 1000)]);
    client.free(buffer.handle).expect("FREE_MEMORY");
    client.detach(device.id).expect("detach");
    drop(node);
    hand_over(step);
    set_fault(&address, "slow_us", "0");
    assert_eq!(
        client.ended(late).error,
        -(Errno::ETIME as i32),
        "what is late"
    );
    if way != "direct" {
        // By its time-out, if the module's is short.
        client.ended(done);
    }
}

pub fn drowsy(driver: &str) {
    let lab = Lab::new();
    let device = lab.member(driver);
    let address = text(&device.bus_address);
    let (client, _node) = lab.with(device);
    let used = || ["vram_used", "gtt_used"].map(|name| read_fault(&address, name));
    let before = used();
    // Others may import it, so that it keeps a handle.
    let flags = DRM_MVGAL_BUFFER_GPU_VALID | DRM_MVGAL_BUFFER_DMA_BUF;
    let buffer = client
        .alloc_flags(device.id, PAGE, flags)
        .expect("a buffer");
    assert_ne!(used(), before, "memory in use");
    let power = format!("/sys/bus/platform/devices/{address}/power");
    std::fs::write(format!("{power}/control"), "auto").expect(&power);
    let until = raw::in_ms(10_000);
    let status = || std::fs::read_to_string(format!("{power}/runtime_status")).expect(&power);
    while status().trim() != "suspended" {
        assert!(raw::now() < until, "it does not fall asleep: {}", status());
        raw::sleep_ms(10);
    }
    set_fault(&address, "resume", "1 5");
    client.free(buffer.handle).expect("FREE_MEMORY");
    while used() != before {
        assert!(raw::now() < until, "{:?}, and not {before:?}", used());
        raw::sleep_ms(10);
    }
    assert_eq!(read_fault(&address, "resume"), 0, "nobody tried to wake it");
}

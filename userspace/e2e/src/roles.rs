// SPDX-License-Identifier: MIT OR Apache-2.0

//! Clients for `tests/vm/*.sh`: `mvgal-e2e client ROLE …`
//!
//! ```text
//! client members                 one line a member: id slot driver address
//! client generation              the generation number
//! client exercise [DRIVER…]      FILL and COPY on the host and on members
//! client hold DRIVER STEP        has the member attached, with a buffer
//! client detached DRIVER STEP    had it attached; keeps mvgal's file open
//! client unplug MEMBER STEP      has buffers and jobs on the member of that driver
//!                                or address, and its device goes
//! client limited BYTES           may have that much memory, by the module's parameter
//! client blocked STEP            has jobs queued that nothing releases
//! client asleep DRIVER STEP      has jobs on the member that wait for user space, and data
//!                                in its memory, while the system sleeps
//! client busy DRIVER… STEP       has jobs on the members without end
//! client due STEP                has a job whose fence others have, and that does not end
//! client held STEP               has a job like that, and submits others while the system waits
//!                                for it to sleep
//! client native_queue DRIVER STEP  has NATIVE jobs on the stand-in that take longer than the
//!                                system waits for jobs
//! client let_go DRIVER direct|queued STEP
//!                                has a NATIVE job on the stand-in, and one that ends late, that
//!                                have the last references to its file and a buffer
//! client drowsy DRIVER           frees a buffer of a stand-in that does not wake up any more
//! client gone STEP               has buffers and jobs; mvgal itself goes
//! client kill_rounds N SEED      clients are killed at random points, N times
//! client unplug_rounds N SEED    a vkms is unplugged under 1,000 jobs, N times
//! client graph_rounds N SEED     random graphs of 2,000 jobs, N times
//! ```
//!
//! Those with a STEP create the file `STEP.ready` when all is set up, and go on
//! when the script has created `STEP.go`. They exit with 0 if all was as it
//! should be, else with 1 and the reason on standard error.

mod sleep;

use crate::canvas::Canvas;
use crate::check::refused;
use crate::client::Client;
use crate::client::DEVICE;
use crate::client::PAGE;
use crate::client::text;
use crate::drm::Node;
use crate::job::Job;
use crate::lab::Lab;
use crate::lab::Need;
use crate::proc::Child;
use crate::raw;
use crate::sys::*;
use crate::vendor::SwSync;
use nix::errno::Errno;
use std::os::fd::AsFd;
use std::path::Path;
use std::process::ExitCode;

/// Plays the role named.
pub fn run(args: &[String]) -> ExitCode {
    let args: Vec<&str> = args.iter().map(|arg| &**arg).collect();
    let args = &args[..];
    let role = Child::run(|| match args {
        ["members"] => members(),
        ["generation"] => println!("{}", Client::open().devices().0),
        ["exercise", drivers @ ..] => exercise(drivers),
        ["hold", driver, step] => hold(driver, step),
        ["detached", driver, step] => detached(driver, step),
        ["unplug", member, step] => unplug(member, step),
        ["blocked", step] => blocked(step),
        ["asleep", driver, step] => sleep::asleep(driver, step),
        ["busy", drivers @ .., step] => sleep::busy(drivers, step),
        ["due", step] => sleep::due(step),
        ["held", step] => sleep::held(step),
        ["native_queue", driver, step] => sleep::native_queue(driver, step),
        ["let_go", driver, way, step] => sleep::let_go(driver, way, step),
        ["drowsy", driver] => sleep::drowsy(driver),
        ["gone", step] => gone(step),
        ["limited", bytes] => limited(bytes.parse().expect("a number of bytes")),
        [
            role @ ("kill_rounds" | "unplug_rounds" | "graph_rounds"),
            count,
            seed,
        ] => {
            rounds(role, count, seed);
        }
        _ => panic!("usage: see roles.rs"),
    });
    match role.outcome(i32::MAX) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("{}: {error}", args.join(" "));
            ExitCode::FAILURE
        }
    }
}

fn rounds(role: &str, count: &str, seed: &str) {
    use crate::rounds;
    let number = |text: &str| text.parse().unwrap_or_else(|_| panic!("{text}: no number"));
    let (count, seed) = (number(count), number(seed));
    match role {
        "kill_rounds" => rounds::run("kill", count, seed, |random| {
            rounds::kill(&Lab::new(), random);
        }),
        "unplug_rounds" => rounds::run("unplug", count, seed, rounds::unplug),
        _ => rounds::run("graph", count, seed, |random| {
            rounds::graph(&Lab::new(), random, 2_000);
        }),
    }
}

/// Tells the script that all is ready, and waits until it has done its part.
fn hand_over(step: &str) {
    tell_ready(step);
    for _ in 0..3000 {
        if may_go(step) {
            return;
        }
        raw::sleep_ms(20);
    }
    panic!("the script never created {step}.go");
}

fn tell_ready(step: &str) {
    std::fs::write(format!("{step}.ready"), "").expect(step);
}

fn may_go(step: &str) -> bool {
    Path::new(&format!("{step}.go")).exists()
}

fn members() {
    for device in Client::open().devices().1 {
        let (driver, address) = (text(&device.driver), text(&device.bus_address));
        println!("{} {} {driver} {address}", device.id, device.slot);
    }
}

fn exercise(drivers: &[&str]) {
    let lab = Lab::new();
    let client = lab.attached();
    let mut places = vec![HOST];
    places.extend(drivers.iter().map(|driver| lab.member(driver).id));
    for from in &places {
        for to in &places {
            let (src, dst) = (client.alloc(*from, PAGE), client.alloc(*to, PAGE));
            client.run(Job::fill(&src, 0x6b).on(*from));
            client.run(Job::copy(&src, &dst).on(*to));
            assert_eq!(client.map(&dst).read(), [0x6b; PAGE as usize]);
        }
    }
}

fn hold(driver: &str, step: &str) {
    let lab = Lab::new();
    let device = lab.member(driver);
    let (client, _node) = lab.with(device);
    let buffer = client.alloc(device.id, PAGE);
    hand_over(step);
    client.run(Job::fill(&buffer, 1).on(device.id));
}

fn detached(driver: &str, step: &str) {
    let lab = Lab::new();
    let device = lab.member(driver);
    let (client, node) = lab.with(device);
    let buffer = client.alloc(device.id, PAGE);
    client.run(Job::fill(&buffer, 1).on(device.id));
    client.free(buffer.handle).expect("FREE_MEMORY");
    client.detach(device.id).expect("detach");
    drop(node);
    let (generation, _) = client.devices();
    hand_over(step);
    let (later, devices) = client.devices();
    assert_ne!(later, generation, "generation");
    assert!(
        devices.iter().all(|d| d.id != device.id),
        "it is still listed"
    );
    let gone = client.alloc_flags(device.id, PAGE, 0).err();
    assert_eq!(gone, Some(Errno::ENODEV), "an id that there was once");
}

fn unplug(member: &str, step: &str) {
    let lab = Lab::new();
    let names = |d: &drm_mvgal_device| [text(&d.driver), text(&d.bus_address)];
    let mut devices = lab.devices.iter();
    let device = devices.find(|device| names(device).contains(&member.to_owned()));
    let device = device.expect("no member has that driver or address");
    let (client, node) = lab.with(device);
    let (there, here) = (
        client.alloc(device.id, 4 * PAGE),
        client.alloc(HOST, 4 * PAGE),
    );
    let (map, here_map) = (client.map(&there), client.map(&here));
    map.write_at(0, b"before");
    // What is to outlive the member does so in full: its memory is the host's.
    let imports = device.features & u64::from(DRM_MVGAL_FEATURE_IMPORT) != 0;
    let kept = imports.then(|| {
        let kept = client.alloc_flags(device.id, 4 * PAGE, DRM_MVGAL_BUFFER_PERSISTENT);
        let kept = kept.expect("a persistent buffer");
        client.run(Job::fill(&kept, 0x44).on(device.id));
        kept
    });
    let dma_buf = client.export(there.handle).expect("EXPORT_DMABUF");
    let gate = (client.syncobj(), 1);
    let (on_it, on_host) = ((client.syncobj(), 0), (client.syncobj(), 0));
    client.queue(vec![
        Job::fill(&there, 0x11)
            .on(device.id)
            .after(gate)
            .signals(on_it),
        Job::fill(&here, 0x22).on(HOST).after(gate).signals(on_host),
    ]);
    let (generation, _) = client.devices();
    hand_over(step);
    let (later, devices) = client.devices();
    assert_ne!(later, generation, "generation");
    assert!(
        devices.iter().all(|d| d.id != device.id),
        "it is still listed"
    );
    // Its job ends although nothing has released it; the host's does not.
    assert_ne!(
        client.ended(on_it).error,
        0,
        "a job of the unplugged member"
    );
    client.pending(on_host);
    client.signal(gate, 0).expect("SIGNAL_FENCE");
    client.done(on_host);
    assert_eq!(here_map.read_at(0, 4), [0x22; 4]);
    // New work for it is refused.
    let alloc = client.alloc_flags(device.id, PAGE, 0).err();
    assert_eq!(alloc, Some(Errno::ENODEV), "ALLOC_MEMORY");
    let submit = client.submit(vec![Job::fill(&here, 1).on(device.id)]);
    assert_eq!(submit, Err(Errno::ENODEV), "SUBMIT_WORKLOAD");
    for client in [&client, &lab.client()] {
        let attach = client.attach(device.id, &node);
        assert_eq!(attach, Err(Errno::ENODEV), "SET_GPU_AFFINITY");
    }
    let any = client.alloc(ANY, PAGE);
    assert_ne!(any.member, device.id, "ANY");
    if let Some(kept) = kept {
        client.run(Job::copy(&kept, &here).on(HOST));
        assert_eq!(here_map.read(), [0x44; 4 * PAGE as usize]);
    }
    // What was mapped stays readable, and all of it can be let go.
    assert_eq!(map.read_at(0, 6), b"before");
    client.free(there.handle).expect("FREE_MEMORY");
    client.detach(device.id).ok();
    drop((dma_buf, node, map));
    client.run(Job::fill(&here, 0x33));
}

fn blocked(step: &str) {
    let lab = Lab::new();
    let client = lab.attached();
    let gate = (client.syncobj(), 1);
    for member in lab.cpu_places() {
        let buffer = client.alloc(member, PAGE);
        client.queue(vec![Job::fill(&buffer, 1).on(member).after(gate); 100]);
    }
    hand_over(step);
}

/// A client that may have that many bytes.
fn limited(bytes: u64) {
    let lab = Lab::new();
    let client = lab.attached();
    for place in lab.cpu_places() {
        let half = client.alloc(place, bytes / 2);
        let page = client.alloc(place, PAGE);
        refused(&client, Errno::ENOSPC, "more than all", || {
            client.alloc_flags(place, bytes / 2, 0)
        });
        refused(&client, Errno::ENOSPC, "more than any", || {
            client.alloc_flags(place, bytes + PAGE, 0)
        });
        // What is promised costs nothing before it is used.
        let lazy = DRM_MVGAL_BUFFER_LAZY_ALLOCATE;
        let later = client.alloc_flags(place, bytes / 2, lazy).expect("lazily");
        refused(&client, Errno::ENOSPC, "a first use", || {
            client.submit(vec![Job::fill(&later, 1)])
        });
        // What others have allocated is theirs, whoever imports it.
        let other = lab.attached();
        let theirs = other.alloc(place, bytes - PAGE);
        let fd = other.export(theirs.handle).expect("EXPORT_DMABUF");
        let imported = client.import(fd.as_fd()).expect("IMPORT_DMABUF");
        client.free(imported.handle).expect("FREE_MEMORY");
        // What is freed may be had again, at once.
        client.free(page.handle).expect("FREE_MEMORY");
        client.run(Job::fill(&later, 1));
        client.free(later.handle).expect("FREE_MEMORY");
        client.free(half.handle).expect("FREE_MEMORY");
        let all = client.alloc(place, bytes);
        client.free(all.handle).expect("FREE_MEMORY");
        // A job keeps what it was given, whose handle may be gone.
        let (gate, done) = ((client.syncobj(), 1), (client.syncobj(), 0));
        for _ in 0..3 {
            let used = client.alloc(place, bytes / 4);
            client.queue(vec![Job::fill(&used, 1).after(gate).signals(done)]);
            client.free(used.handle).expect("FREE_MEMORY");
        }
        refused(&client, Errno::ENOSPC, "what jobs have", || {
            client.alloc_flags(place, bytes / 2, 0)
        });
        client.signal(gate, 0).expect("SIGNAL_FENCE");
        client.done(done);
        let all = client.alloc(place, bytes);
        client.free(all.handle).expect("FREE_MEMORY");
    }
}

fn gone(step: &str) {
    let lab = Lab::new();
    let client = lab.attached();
    let buffers: Vec<_> = lab
        .places()
        .iter()
        .map(|m| client.alloc(*m, PAGE))
        .collect();
    let maps: Vec<_> = buffers.iter().map(|buffer| client.map(buffer)).collect();
    let gate = (client.syncobj(), 1);
    let done = (client.syncobj(), 1);
    // The core's own view of the job's end, from a file that outlives mvgal.
    let witness = lab.devices.iter().find(|d| text(&d.driver) == "virtio_gpu");
    let witness = witness.map(|device| {
        let node = lab.open(device);
        let fd = client.syncobj_export(done.0).expect("export");
        let handle = node.syncobj_import(fd.as_fd()).expect("import");
        (node, handle)
    });
    client.queue(vec![Job::fill(&buffers[0], 1).after(gate).signals(done)]);
    // A job that the driver has, and whose fence comes when mvgal is gone.
    let mut flying = [Need::Virgl, crate::lab::SW_SYNC]
        .iter()
        .all(|need| lab.lacks(*need).is_none())
        .then(|| {
            let (mut canvas, mut sw) = (Canvas::new(&lab), SwSync::new());
            let (image, exec, job) = canvas.late_job(&mut sw);
            canvas.client.queue(vec![job]);
            (sw, canvas, image, exec)
        });
    let waiter = Child::run(|| {
        // Whatever it says, it must not wait for ever.
        let _ = client.wait(gate, i64::MAX);
    });
    raw::sleep_ms(200);
    hand_over(step);
    assert!(
        waiter.ends_within(60_000),
        "a WAIT_FENCE outlives the device"
    );
    if let Some((node, handle)) = witness {
        node.core_wait((handle, 1), crate::drm::WAIT_FOR_SUBMIT, raw::in_ms(60_000))
            .expect("the point of a queued job was never signalled");
    }
    for nr in 0x40..0x4a {
        let mut arg = [0u64; 32];
        let outcome = client.ioctl(raw::iowr(b'd', nr, size_of_val(&arg)), &mut arg);
        assert_eq!(outcome, Err(Errno::ENODEV), "ioctl {nr:#x}");
    }
    assert_eq!(client.driver().err(), Some(Errno::ENODEV), "DRM_VERSION");
    assert!(Node::open(DEVICE).is_err(), "{DEVICE} can still be opened");
    for map in maps {
        map.write_at(0, b"x");
        assert_eq!(map.read_at(0, 1), b"x");
    }
    if let Some((sw, ..)) = &mut flying {
        sw.signal();
    }
}

// SPDX-License-Identifier: MIT OR Apache-2.0

//! Random rounds, as many as one likes: clients killed and members unplugged in
//! the middle of things, and graphs of jobs.
//!
//! Each round prints nothing if all is well, and the first that is not ends the
//! run with its seed: `mvgal-e2e client ROLE 1 SEED` does that round again.

use crate::check::Random;
use crate::client::Client;
use crate::client::PAGE;
use crate::client::text;
use crate::graph;
use crate::job::Job;
use crate::lab::Lab;
use crate::proc::Child;
use crate::raw;
use crate::sys::*;
use crate::virgl;
use crate::virgl::Commands;
use crate::virgl::EXECBUFFER;
use crate::virgl::Exec;
use crate::virgl::Resource;
use nix::errno::Errno;
use std::fs;
use std::io::IsTerminal;
use std::os::unix::fs::symlink;
use std::path::Path;

/// Runs `round` so many times, with a seed of its own each.
pub fn run(what: &str, rounds: u64, seed: u64, round: impl Fn(&mut Random)) {
    let began = raw::now();
    let mut told = began;
    for n in 0..rounds {
        let seed = seed.wrapping_add(n);
        let outcome = std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| {
            round(&mut Random::new(seed));
        }));
        if let Err(panic) = outcome {
            eprintln!("{what}: round {} of {rounds}, seed {seed}", n + 1);
            std::panic::resume_unwind(panic);
        }
        // On a terminal often, in a log now and then.
        let pause = if std::io::stderr().is_terminal() {
            1
        } else {
            15
        };
        if raw::now() - told > pause * 1_000_000_000 {
            told = raw::now();
            let secs = (told - began) / 1_000_000_000;
            eprintln!("{what}: round {} of {rounds}, {secs} s", n + 1);
        }
    }
    let secs = (raw::now() - began) / 1_000_000_000;
    println!("{what}: {rounds} rounds, all well, {secs} s");
}

/// Checks that soon no member has anything to do.
#[track_caller]
fn all_idle() {
    let client = Client::open();
    let limit = raw::in_ms(120_000);
    loop {
        let devices = client.devices().1;
        let busy: Vec<_> = devices
            .iter()
            .filter(|d| d.jobs_queued + d.jobs_running != 0)
            .map(|d| (d.id, text(&d.driver), d.jobs_queued, d.jobs_running))
            .collect();
        if busy.is_empty() {
            return;
        }
        assert!(raw::now() < limit, "jobs left: {busy:?}");
        raw::sleep_ms(2);
    }
}

/// A client that does things until it is killed.
fn busy(lab: &Lab, random: &mut Random) {
    let client = lab.attached();
    let buffers: Vec<_> = lab
        .places()
        .into_iter()
        .filter_map(|member| client.alloc_flags(member, 64 * PAGE, 0).ok())
        .collect();
    let virgl = lab
        .devices
        .iter()
        .zip(&client.nodes)
        .find(|(device, node)| {
            text(&device.driver) == "virtio_gpu" && crate::vendor::has_virgl(node)
        });
    let canvas = virgl.map(|(device, node)| (device.id, node, Resource::image(node, 64, 64)));
    let line = client.syncobj();
    let gate = client.syncobj();
    let mut kept = Vec::new();
    for point in 1u64.. {
        let mut jobs = Vec::new();
        // Nothing but command streams, which may go to the driver directly.
        let direct = canvas.is_some() && random.below(4) == 0;
        for _ in 0..1 + random.below(30) {
            let (from, to) = (random.pick(&buffers), random.pick(&buffers));
            let mut job = match random.below(4) {
                0 => Job::barrier(),
                1 if from.handle != to.handle => Job::copy(&from, &to),
                _ => Job::fill(&to, point as u8),
            };
            let native = direct || random.below(3) == 0;
            if let (Some((member, node, image)), true) = (&canvas, native) {
                let name = 1000 + kept.len() as u32;
                let commands = Commands::default()
                    .target(image, name)
                    .clear([1.0, 0.0, 0.0, 1.0])
                    .forget(name);
                let vendor = node.syncobj();
                // The job points at it.
                let exec = Box::new(Exec::new(commands, &[image.handle], Some((vendor, 0))));
                job = virgl::job(
                    *member,
                    EXECBUFFER,
                    &exec.arg,
                    virgl::in_syncobj((vendor, 0)),
                );
                kept.push(exec);
            } else {
                job = job.on(random.pick(&lab.places()));
            }
            if !direct && random.below(3) == 0 {
                job = job.after((gate, point + random.below(2)));
            }
            if random.below(4) == 0 {
                job = job.timeout_ms(1 + random.below(40));
            }
            let level = if direct { 5 } else { random.below(16) as u32 };
            jobs.push(job.priority(level));
        }
        if direct {
            let _ = client.submit(jobs);
        } else if let Some(last) = jobs.pop() {
            jobs.push(last.signals((line, point)));
            let _ = client.submit(jobs);
        }
        match random.below(4) {
            0 => drop(client.wait((line, point), raw::in_ms(3))),
            1 => drop(client.export(buffers[0].handle)),
            2 => raw::sleep_ms(random.below(3)),
            _ => {}
        }
        if random.below(2) == 0 {
            let _ = client.signal((gate, point), 0);
        }
        kept.truncate(500);
    }
}

/// A client is killed at a random point, while another goes on.
pub fn kill(lab: &Lab, random: &mut Random) {
    let seed = random.next();
    let victims: Vec<_> = (0..1 + random.below(3))
        .map(|n| Child::run(|| busy(lab, &mut Random::new(seed + n))))
        .collect();
    let client = lab.attached();
    let buffer = client.alloc(HOST, PAGE);
    let until = raw::now() + random.below(60_000_000) as i64;
    let mut byte = 0;
    loop {
        byte = (byte + 1) % 251;
        client.run(Job::fill(&buffer, byte).priority(random.below(12) as u32));
        assert_eq!(client.map(&buffer).read_at(0, 1), [byte]);
        if raw::now() > until {
            break;
        }
    }
    for victim in victims {
        victim.kill();
    }
    client.run(Job::fill(&buffer, 252));
    assert!(client.map(&buffer).read().iter().all(|found| *found == 252));
    drop(client);
    all_idle();
}

/// A vkms device made by configfs.
struct Vkms(String);

impl Vkms {
    fn new() -> Self {
        let dir = "/sys/kernel/config/vkms/rounds".to_owned();
        if !Path::new(&dir).exists() {
            for part in ["", "/planes/p", "/crtcs/c", "/encoders/e", "/connectors/n"] {
                let part = format!("{dir}{part}");
                fs::create_dir(&part).expect("configfs of vkms");
            }
            fs::write(format!("{dir}/planes/p/type"), "1").expect("plane");
            for (what, of) in [
                ("crtcs/c", "planes/p/possible_crtcs/c"),
                ("crtcs/c", "encoders/e/possible_crtcs/c"),
                ("encoders/e", "connectors/n/possible_encoders/e"),
            ] {
                symlink(format!("{dir}/{what}"), format!("{dir}/{of}")).expect("link");
            }
        }
        Self(dir)
    }

    fn plug(&self, there: bool) {
        let value = if there { "1" } else { "0" };
        fs::write(format!("{}/enabled", self.0), value).expect("enabled");
    }
}

/// A member is unplugged with 1,000 jobs in flight and queued, and comes back.
pub fn unplug(random: &mut Random) {
    const JOBS: u64 = 1000;
    let vkms = Vkms::new();
    vkms.plug(true);
    let lab = Lab::new();
    let device = lab
        .devices
        .iter()
        .find(|d| text(&d.bus_address) == "rounds");
    let device = *device.expect("the new device is a member");
    let (client, node) = lab.with(&device);
    let other = lab.attached();
    let there = client.alloc(device.id, 16 * PAGE);
    let here = client.alloc(HOST, 16 * PAGE);
    let gate = (client.syncobj(), 1);
    let line = client.syncobj();
    let done = other.syncobj();
    let mut jobs = Vec::new();
    for point in 1..=JOBS {
        let job = match random.below(3) {
            0 => Job::fill(&there, point as u8),
            1 => Job::copy(&here, &there),
            _ => Job::barrier(),
        };
        let mut job = job.on(device.id).priority(random.below(12) as u32);
        if random.below(3) == 0 {
            job = job.after(gate);
        }
        jobs.push(job.signals((line, point)));
    }
    client.queue(jobs);
    let host = other.alloc(HOST, PAGE);
    other.queue(vec![Job::fill(&host, 7).on(HOST).signals((done, 1))]);
    raw::sleep_ms(random.below(4));
    vkms.plug(false);
    // All that had not run ends; the point of the last is reached in any case.
    client.ended((line, JOBS));
    assert_eq!(
        client.submit(vec![Job::barrier().on(device.id)]),
        Err(Errno::ENODEV)
    );
    other.done((done, 1));
    client.signal(gate, 0).expect("SIGNAL_FENCE");
    client.run(Job::fill(&here, 9).on(HOST));
    drop((client, node, other));
    all_idle();
}

/// A graph of that many jobs.
pub fn graph(lab: &Lab, random: &mut Random, jobs: usize) {
    graph::run(lab, random, jobs);
    all_idle();
}

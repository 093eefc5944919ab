// SPDX-License-Identifier: MIT OR Apache-2.0

//! Many threads that do anything at all, at once.

use crate::check::Random;
use crate::client::Client;
use crate::client::PAGE;
use crate::client::wait_for;
use crate::harness::suite;
use crate::job::Batch;
use crate::job::Job;
use crate::lab::Lab;
use crate::raw;
use crate::sys::*;
use nix::errno::Errno;
use std::os::fd::AsFd;

suite! {
    random_calls_on_one_file in 90;
    random_calls_on_many_files in 90;
    random_bytes in 90;
}

/// How long the threads go on, in ms.
const MS: i64 = 3000;

/// What a thread's calls draw from.
struct Actor<'a> {
    lab: &'a Lab,
    client: &'a Client,
    random: Random,
}

impl Actor<'_> {
    fn handle(&mut self) -> u32 {
        let likely = self.random.below(24) as u32;
        self.random.pick(&[likely, likely, likely, 0, u32::MAX])
    }

    fn point(&mut self) -> (u32, u64) {
        let point = self.random.below(6);
        (
            self.handle(),
            self.random.pick(&[0, point, point, u64::MAX]),
        )
    }

    fn member(&mut self) -> u32 {
        let mut places = self.lab.places();
        places.extend([ANY, self.lab.no_member()]);
        self.random.pick(&places)
    }

    fn size(&mut self) -> u64 {
        let size = 1 + self.random.below(64 << 10);
        self.random.pick(&[PAGE, size, size, 0, u64::MAX, 1 << 40])
    }

    fn job(&mut self) -> Job {
        let offset = self.random.below(2 * PAGE);
        let mut job = match self.random.below(2) {
            0 => Job::fill_with(drm_mvgal_fill {
                dst: self.handle(),
                pattern_size: self.random.pick(&[1, 2, 4, 8, 3]),
                pattern: self.random.below(256),
                offset,
                width: 8 * self.random.below(1024),
                height: self.random.pick(&[1, 1, 1, 2, 0]),
                pitch: self.random.pick(&[0, 0, 64, u32::MAX]),
            }),
            _ => Job::copy_with(drm_mvgal_copy {
                src: self.handle(),
                dst: self.handle(),
                src_offset: offset,
                width: self.random.below(PAGE),
                height: 1,
                ..Default::default()
            }),
        };
        job.raw.priority = self.random.below(17) as u32;
        job.raw.member = self.member();
        if self.random.below(4) == 0 {
            job = job.implicit();
        }
        if self.random.below(4) == 0 {
            let index = self.random.below(90) as usize;
            job = job.report(
                &crate::client::Buffer {
                    handle: self.handle(),
                    ..NOTHING
                },
                index,
            );
        }
        for _ in 0..self.random.below(3) {
            job = job.after(self.point());
        }
        for _ in 0..self.random.below(3) {
            job = job.signals(self.point());
        }
        job
    }

    fn act(&mut self) {
        let client = self.client;
        match self.random.below(20) {
            0..3 => {
                ignore(client.alloc_flags(self.member(), self.size(), self.random.below(16) as u32))
            }
            3 => ignore(client.free(self.handle())),
            4 => ignore(client.gem_close(self.handle())),
            5 => {
                if let Ok(fd) = client.export(self.handle()) {
                    let _ = client.import(fd.as_fd());
                }
            }
            6 => ignore(client.syncobj_with(self.random.below(3) as u32)),
            7 => ignore(client.syncobj_destroy(self.handle())),
            8 => ignore(client.core_reset(self.handle())),
            9 => ignore(client.core_signal(self.handle(), self.random.below(8))),
            10 => ignore(client.signal(self.point(), self.random.pick(&[0, 0, -5, 5]))),
            11 => {
                let mut waits = [self.point(), self.point()].map(wait_for);
                let deadline = self.random.pick(&[0, 1, raw::in_ms(2), -1]);
                ignore(client.wait_many(&mut waits, self.random.below(3) as u32, deadline));
            }
            12 => {
                let devices = self.lab.devices.len() as u64;
                let device = &self.lab.devices[self.random.below(devices) as usize];
                ignore(client.attach(device.id, &self.lab.open(device)));
            }
            13 => ignore(client.detach(self.member())),
            14 => ignore(client.set_policy(self.random.below(5) as u32)),
            15 => ignore(client.transfer(self.point(), self.point(), 0)),
            16 => ignore((client.devices(), client.capabilities())),
            _ => {
                let jobs = (0..1 + self.random.below(6)).map(|_| self.job());
                ignore(Batch::new(jobs.collect()).submit(client));
            }
        }
    }
}

/// What came of a random call does not matter.
fn ignore<T>(_: T) {}

const NOTHING: crate::client::Buffer = crate::client::Buffer {
    handle: 0,
    size: 0,
    offset: 0,
    member: 0,
    pitch: 0,
};

fn seed() -> u64 {
    let given = std::env::var("MVGAL_SEED").ok();
    let given = given.and_then(|seed| seed.parse().ok());
    let seed = given.unwrap_or_else(|| raw::now() as u64);
    println!("# MVGAL_SEED={seed}");
    seed
}

/// Has four threads act on the clients.
fn storm(lab: &Lab, clients: &[&Client], act: impl Fn(&mut Actor<'_>) + Sync) {
    let seed = seed();
    let end = raw::in_ms(MS);
    std::thread::scope(|scope| {
        let threads: Vec<_> = (0..4)
            .map(|index| {
                let client = clients[index % clients.len()];
                let act = &act;
                scope.spawn(move || {
                    let random = Random::new(seed + index as u64);
                    let mut actor = Actor {
                        lab,
                        client,
                        random,
                    };
                    let mut calls = 0u32;
                    while raw::now() < end {
                        act(&mut actor);
                        calls += 1;
                    }
                    calls
                })
            })
            .collect();
        for thread in threads {
            assert!(
                thread.join().expect("a thread") > 20,
                "hardly anything was done"
            );
        }
    });
}

/// Checks that mvgal still works.
fn works(lab: &Lab) {
    let client = lab.attached();
    for member in lab.places() {
        let buffer = client.alloc(member, PAGE);
        client.run(Job::fill(&buffer, 7).on(member));
        assert_eq!(client.map(&buffer).read_at(0, 1), [7]);
    }
}

fn random_calls_on_one_file(lab: &Lab) {
    let client = lab.attached();
    storm(lab, &[&client], |actor| actor.act());
    drop(client);
    works(lab);
}

fn random_calls_on_many_files(lab: &Lab) {
    let clients = [
        lab.attached(),
        lab.attached(),
        lab.attached(),
        lab.attached(),
    ];
    let line = clients[0].syncobj();
    let fd = clients[0].syncobj_export(line).expect("export");
    for client in &clients[1..] {
        client.syncobj_import(fd.as_fd()).expect("import");
    }
    let clients_ref: Vec<&Client> = clients.iter().map(|client| &client.client).collect();
    storm(lab, &clients_ref, |actor| actor.act());
    drop(clients);
    works(lab);
}

/// Arguments of random bytes, mostly small numbers, to all ten ioctls.
fn random_bytes(lab: &Lab) {
    let client = lab.attached();
    storm(lab, &[&client], |actor| {
        let mut words = [0u64; 24];
        let memory = [0u8; 4096];
        for word in &mut words {
            let small = actor.random.below(4);
            let both = actor.random.below(3) | actor.random.below(3) << 32;
            let any = actor.random.next();
            let pointer = raw::address(&memory);
            *word = actor.random.pick(&[0, small, small, both, any, pointer]);
        }
        let sizes = [
            size_of::<drm_mvgal_query_devices>(),
            size_of::<drm_mvgal_query_capabilities>(),
            size_of::<drm_mvgal_submit_workload>(),
            size_of::<drm_mvgal_alloc_memory>(),
            size_of::<drm_mvgal_free_memory>(),
            size_of::<drm_mvgal_import_dmabuf>(),
            size_of::<drm_mvgal_export_dmabuf>(),
            size_of::<drm_mvgal_wait_fence>(),
            size_of::<drm_mvgal_signal_fence>(),
            size_of::<drm_mvgal_set_gpu_affinity>(),
        ];
        let index = actor.random.below(10) as usize;
        // A wait for ever would be one; a large buffer would take all memory.
        if index == 7 {
            words[1] = actor.random.below(1000);
        }
        if index == 3 {
            words[0] = actor.random.below(1 << 20);
        }
        // Outputs to write would go anywhere.
        if index < 2 {
            words[2..].fill(0);
        }
        let nr = raw::iowr(b'd', 0x40 + index as u32, sizes[index]);
        let outcome = actor.client.ioctl(nr, &mut words);
        // Descriptors that come of it are closed, if they are no one else's.
        if index == 6 && outcome.is_ok() {
            drop(raw::own(words[1] as u32 as i32));
        }
        assert_ne!(outcome, Err(Errno::ENOTTY));
    });
    drop(client);
    works(lab);
}

// SPDX-License-Identifier: MIT OR Apache-2.0

//! NATIVE jobs that go to the driver in the ioctl that submits them: those that
//! wait for, signal and report nothing. What became of them shows in the member's
//! own fences, the pixels, and the counters.

use super::fdinfo::fdinfo;
use super::fdinfo::level;
use crate::canvas::Canvas;
use crate::canvas::RED;
use crate::canvas::TEAL;
use crate::client::Client;
use crate::client::SOON;
use crate::drm::WAIT_FOR_SUBMIT;
use crate::harness::suite;
use crate::lab::Lab;
use crate::lab::Need;
use crate::lab::SW_SYNC;
use crate::proc::Child;
use crate::raw;
use crate::sys::*;
use crate::vendor::SwSync;
use crate::virgl;
use crate::virgl::Commands;
use crate::virgl::EXECBUFFER;
use crate::virgl::Exec;
use crate::virgl::in_buffer;
use nix::errno::Errno;

const VIRGL: Need = Need::Virgl;

suite! {
    one [VIRGL];
    batch [VIRGL];
    more_than_there_are_slots [VIRGL];
    of_several_priorities [VIRGL];
    refused_by_the_driver [VIRGL];
    bad_one_in_a_batch [VIRGL];
    many_tasks_of_one_client [VIRGL];
    hang [VIRGL, SW_SYNC];
    client_that_goes [VIRGL, SW_SYNC];
    ended_by_the_process [VIRGL];
}

/// Jobs that ended on the member, and that run there.
fn load(client: &Client, member: u32) -> (u64, u32) {
    let (_, devices) = client.devices();
    let device = devices.iter().find(|device| device.id == member);
    let device = device.expect("the member");
    (device.jobs_done, device.jobs_running)
}

/// Waits until so many jobs have ended since `before`, and none runs.
fn ended(client: &Client, member: u32, before: u64, count: u64) {
    let deadline = raw::in_ms(SOON);
    while load(client, member) != (before + count, 0) {
        let load = load(client, member);
        assert!(raw::now() < deadline, "{load:?}, and {before} before");
        raw::sleep_ms(2);
    }
}

/// Downloads the image in the common way, and compares it.
#[track_caller]
fn shows(canvas: &Canvas, color: [f32; 4]) {
    let done = (canvas.client.syncobj(), 1);
    canvas.client.queue(vec![canvas.download().signals(done)]);
    canvas.client.done(done);
    canvas.all(color);
}

fn one(lab: &Lab) {
    let mut canvas = Canvas::new(lab);
    let (before, _) = load(&canvas.client, canvas.member);
    for (count, color) in (1..).zip([RED, TEAL, RED]) {
        let exec = canvas.clear(color);
        canvas.client.queue(vec![canvas.render(&exec).priority(7)]);
        canvas
            .node
            .core_wait(exec.1, WAIT_FOR_SUBMIT, raw::in_ms(SOON))
            .expect("the driver's fence");
        ended(&canvas.client, canvas.member, before, count);
        assert_eq!(level(&fdinfo(&canvas.client), 7), (0, count));
    }
    shows(&canvas, RED);
}

fn batch(lab: &Lab) {
    let mut canvas = Canvas::new(lab);
    let (before, _) = load(&canvas.client, canvas.member);
    let colors: Vec<_> = (0..16).map(|n| [n as f32 / 15.0, 0.0, 0.0, 1.0]).collect();
    let execs: Vec<_> = colors.iter().map(|color| canvas.clear(*color)).collect();
    let jobs = execs.iter().map(|exec| canvas.render(exec));
    canvas.client.queue(jobs.collect());
    ended(&canvas.client, canvas.member, before, 16);
    shows(&canvas, colors[15]);
}

fn more_than_there_are_slots(lab: &Lab) {
    let mut canvas = Canvas::new(lab);
    let (before, _) = load(&canvas.client, canvas.member);
    for count in [1, 40, 64, 65, 100] {
        let execs: Vec<_> = (0..count).map(|_| canvas.clear(TEAL)).collect();
        let jobs = execs.iter().map(|exec| canvas.render(exec));
        canvas.client.queue(jobs.collect());
        // The streams must stay until they are dispatched.
        let last = execs.last().expect("one").1;
        canvas
            .node
            .core_wait(last, WAIT_FOR_SUBMIT, raw::in_ms(SOON))
            .expect("the driver's fence");
    }
    ended(&canvas.client, canvas.member, before, 270);
    shows(&canvas, TEAL);
}

fn of_several_priorities(lab: &Lab) {
    let mut canvas = Canvas::new(lab);
    let (before, _) = load(&canvas.client, canvas.member);
    let execs: Vec<_> = (0..8).map(|_| canvas.clear(RED)).collect();
    let jobs = (0..).zip(&execs);
    let jobs = jobs.map(|(priority, exec)| canvas.render(exec).priority(priority));
    canvas.client.queue(jobs.collect());
    ended(&canvas.client, canvas.member, before, 8);
    for priority in 0..8 {
        assert_eq!(level(&fdinfo(&canvas.client), priority), (0, 1));
    }
    shows(&canvas, RED);
}

fn refused_by_the_driver(lab: &Lab) {
    let mut canvas = Canvas::new(lab);
    let (before, _) = load(&canvas.client, canvas.member);
    let good = canvas.clear(TEAL);
    let bad = Exec::new(Commands::default().clear(RED), &[0xdead], None);
    let bad = virgl::job(
        canvas.member,
        EXECBUFFER,
        &bad.arg,
        in_buffer(canvas.image.handle),
    );
    // What the driver says of one job is no matter of the others.
    canvas
        .client
        .queue(vec![bad.clone(), canvas.render(&good), bad]);
    ended(&canvas.client, canvas.member, before, 3);
    shows(&canvas, TEAL);
}

fn bad_one_in_a_batch(lab: &Lab) {
    let mut canvas = Canvas::new(lab);
    let clear = canvas.clear(TEAL);
    canvas.client.queue(vec![canvas.render(&clear)]);
    shows(&canvas, TEAL);
    let (before, _) = load(&canvas.client, canvas.member);
    let exec = canvas.clear(RED);
    let good = canvas.render(&exec);
    for (bad, error) in [
        (good.clone().on(lab.no_member()), Errno::ENOENT),
        (good.clone().priority(16), Errno::EINVAL),
        (good.clone().implicit(), Errno::EINVAL),
        (good.clone().after((0xdead, 1)), Errno::ENOENT),
    ] {
        let jobs = vec![good.clone(), good.clone(), bad];
        assert_eq!(canvas.client.submit(jobs), Err(error));
    }
    assert_eq!(load(&canvas.client, canvas.member), (before, 0));
    shows(&canvas, TEAL);
}

fn many_tasks_of_one_client(lab: &Lab) {
    const ROUNDS: u64 = 60;
    let mut canvas = Canvas::new(lab);
    let (before, _) = load(&canvas.client, canvas.member);
    let line = canvas.client.syncobj();
    let execs: Vec<Vec<_>> = (0..4)
        .map(|_| {
            // Points of one timeline would come in any order.
            canvas.vendor = canvas.node.syncobj();
            (0..ROUNDS).map(|_| canvas.clear(TEAL)).collect()
        })
        .collect();
    let client = &canvas.client;
    std::thread::scope(|scope| {
        for (task, execs) in execs.iter().enumerate() {
            let jobs: Vec<_> = execs.iter().map(|exec| canvas.render(exec)).collect();
            scope.spawn(move || {
                for (round, job) in (1..).zip(jobs) {
                    // The last two signal, and so take the common way, through the same slots.
                    let job = match task {
                        2 => job.signals((client.syncobj(), 1)),
                        3 => job.signals((line, round)),
                        _ => job,
                    };
                    client.queue(vec![job]);
                }
            });
        }
    });
    canvas.client.done((line, ROUNDS));
    ended(&canvas.client, canvas.member, before, 4 * ROUNDS);
    shows(&canvas, TEAL);
}

fn state(client: &Client, member: u32) -> u32 {
    let (_, devices) = client.devices();
    let device = devices.iter().find(|device| device.id == member);
    device.expect("the member").state
}

fn hang(lab: &Lab) {
    let mut canvas = Canvas::new(lab);
    let mut sw = SwSync::new();
    let (before, _) = load(&canvas.client, canvas.member);
    let (_image, _exec, job) = canvas.late_job(&mut sw);
    canvas.client.queue(vec![job.timeout_ms(300)]);
    assert_eq!(load(&canvas.client, canvas.member), (before, 1));
    let deadline = raw::in_ms(SOON);
    while state(&canvas.client, canvas.member) != DRM_MVGAL_MEMBER_HUNG {
        assert!(raw::now() < deadline, "not hung");
        raw::sleep_ms(10);
    }
    // One that comes now is not submitted.
    let exec = canvas.clear(TEAL);
    canvas.client.queue(vec![canvas.render(&exec)]);
    let deadline = raw::in_ms(SOON);
    while load(&canvas.client, canvas.member) != (before + 1, 1) {
        assert!(raw::now() < deadline, "the next one has not ended");
        raw::sleep_ms(10);
    }

    sw.signal();
    ended(&canvas.client, canvas.member, before, 2);
    assert_eq!(
        state(&canvas.client, canvas.member),
        DRM_MVGAL_MEMBER_ONLINE
    );
    let exec = canvas.clear(TEAL);
    canvas.client.queue(vec![canvas.render(&exec)]);
    ended(&canvas.client, canvas.member, before, 3);
    shows(&canvas, TEAL);
}

fn client_that_goes(lab: &Lab) {
    let watcher = lab.client();
    let mut sw = SwSync::new();
    let mut canvas = Canvas::new(lab);
    let member = canvas.member;
    let (before, _) = load(&watcher, member);
    let (image, exec, job) = canvas.late_job(&mut sw);
    canvas.client.queue(vec![job]);
    assert_eq!(load(&watcher, member), (before, 1));
    drop((canvas, image, exec));
    // It is with the driver, which nobody can call it back from.
    raw::sleep_ms(150);
    assert_eq!(load(&watcher, member), (before, 1));
    sw.signal();
    ended(&watcher, member, before, 1);
}

fn ended_by_the_process(lab: &Lab) {
    let watcher = lab.client();
    let member = lab.virgl().id;
    let (before, _) = load(&watcher, member);
    let child = Child::run(|| {
        let mut canvas = Canvas::new(lab);
        let execs: Vec<_> = (0..10).map(|_| canvas.clear(RED)).collect();
        for exec in &execs {
            canvas.client.queue(vec![canvas.render(exec)]);
        }
        canvas
            .client
            .queue(execs.iter().map(|exec| canvas.render(exec)).collect());
    });
    child.outcome(120_000).expect("the child");
    // Those that were queued when it went are cancelled, and end as well.
    ended(&watcher, member, before, 20);
}

// SPDX-License-Identifier: MIT OR Apache-2.0

//! WAIT_FENCE.

use crate::client::Client;
use crate::client::array_mut;
use crate::client::wait_for;
use crate::harness::suite;
use crate::lab::Lab;
use crate::lab::SW_SYNC;
use crate::proc::Child;
use crate::raw;
use crate::sys::*;
use crate::vendor::SwSync;
use nix::errno::Errno;
use nix::sys::signal;
use std::os::fd::AsFd;

suite! {
    all_and_any;
    first_signaled;
    polls_without_waiting;
    expires_in_time;
    expired_wait_fills_elements;
    wakes_up_for_the_user;
    wakes_up_for_any;
    wakes_up_for_a_fence [SW_SYNC];
    the_same_point_twice;
    errors_and_times;
    later_points_reached;
    outputs_may_hold_anything;
    interrupted;
    restarted;
    killed;
    at_the_limit;
}

pub fn signalled(client: &Client) -> (u32, u64) {
    (client.syncobj_with(1).expect("SYNCOBJ_CREATE"), 0)
}

pub fn never(client: &Client) -> (u32, u64) {
    (client.syncobj(), 1)
}

fn all_and_any(lab: &Lab) {
    let client = lab.client();
    let (done, not) = (signalled(&client), never(&client));
    let wait = |points: &[(u32, u64)], flags| {
        let mut waits: Vec<_> = points.iter().map(|p| wait_for(*p)).collect();
        client.wait_many(&mut waits, flags, raw::in_ms(20))
    };
    assert_eq!(wait(&[done], 0), Ok(0));
    assert_eq!(wait(&[done, done], 0), Ok(0));
    assert_eq!(wait(&[done, not], 0), Err(Errno::ETIME));
    assert_eq!(wait(&[not], 0), Err(Errno::ETIME));
    assert_eq!(wait(&[done, not], DRM_MVGAL_WAIT_ANY), Ok(0));
    assert_eq!(wait(&[not, done], DRM_MVGAL_WAIT_ANY), Ok(1));
    assert_eq!(wait(&[not, not], DRM_MVGAL_WAIT_ANY), Err(Errno::ETIME));
}

fn first_signaled(lab: &Lab) {
    let client = lab.client();
    let (done, not) = (signalled(&client), never(&client));
    let mut waits = [not, not, done, done].map(wait_for);
    assert_eq!(client.wait_many(&mut waits, DRM_MVGAL_WAIT_ANY, 0), Ok(2));
    assert_eq!(waits.map(|w| w.signaled), [0, 0, 1, 1]);
    let mut arg = drm_mvgal_wait_fence {
        waits: array_mut(&mut waits),
        ..Default::default()
    };
    let outcome = client.ioctl(DRM_IOCTL_MVGAL_WAIT_FENCE, &mut arg);
    assert_eq!((outcome, arg.first_signaled), (Err(Errno::ETIME), 2));
    let mut waits = [not, not].map(wait_for);
    arg.waits = array_mut(&mut waits);
    let outcome = client.ioctl(DRM_IOCTL_MVGAL_WAIT_FENCE, &mut arg);
    assert_eq!((outcome, arg.first_signaled), (Err(Errno::ETIME), u32::MAX));
}

fn polls_without_waiting(lab: &Lab) {
    let client = lab.client();
    let begin = raw::now();
    for deadline in [0, 1, begin - 1_000_000_000] {
        assert_eq!(
            client.wait(never(&client), deadline).err(),
            Some(Errno::ETIME)
        );
        assert!(client.wait(signalled(&client), deadline).is_ok());
    }
    assert!(raw::now() - begin < 20_000_000_000, "it has waited");
}

fn expires_in_time(lab: &Lab) {
    let client = lab.client();
    for ms in [1, 50, 300] {
        let deadline = raw::in_ms(ms);
        assert_eq!(
            client.wait(never(&client), deadline).err(),
            Some(Errno::ETIME)
        );
        let late = raw::now() - deadline;
        assert!(late >= 0, "woke up {late} ns before the deadline");
        assert!(
            late < 20_000_000_000,
            "woke up {late} ns after the deadline"
        );
    }
}

fn expired_wait_fills_elements(lab: &Lab) {
    let client = lab.client();
    let failed = never(&client);
    client.signal(failed, -7).expect("SIGNAL_FENCE");
    let mut waits = [never(&client), failed, signalled(&client)].map(wait_for);
    for wait in &mut waits {
        (wait.signaled, wait.error, wait.timestamp_ns) = (9, 9, 9);
    }
    let outcome = client.wait_many(&mut waits, 0, raw::in_ms(10));
    assert_eq!(outcome, Err(Errno::ETIME));
    assert_eq!(
        waits.map(|w| (w.signaled, w.error)),
        [(0, 0), (1, -7), (1, 0)]
    );
    assert_eq!(waits[0].timestamp_ns, 0);
}

/// Runs something in a child after a little while.
fn later(act: impl FnOnce()) -> Child {
    Child::run(|| {
        raw::sleep_ms(150);
        act();
    })
}

fn wakes_up_for_the_user(lab: &Lab) {
    let client = lab.client();
    for point in [0, 1, 77] {
        let gate = (client.syncobj(), point);
        let child = later(|| client.signal(gate, 0).expect("SIGNAL_FENCE"));
        client.wait(gate, i64::MAX).expect("WAIT_FENCE");
        child.join();
        let gate = (client.syncobj(), point + 1);
        let child = later(|| client.core_signal(gate.0, gate.1).expect("TIMELINE_SIGNAL"));
        client.wait(gate, raw::in_ms(120_000)).expect("WAIT_FENCE");
        child.join();
    }
}

fn wakes_up_for_any(lab: &Lab) {
    let client = lab.client();
    let gates: Vec<_> = (0..10).map(|_| never(&client)).collect();
    let child = later(|| client.signal(gates[6], 0).expect("SIGNAL_FENCE"));
    let mut waits: Vec<_> = gates.iter().map(|gate| wait_for(*gate)).collect();
    let first = client.wait_many(&mut waits, DRM_MVGAL_WAIT_ANY, i64::MAX);
    assert_eq!(first, Ok(6));
    child.join();
}

fn wakes_up_for_a_fence(lab: &Lab) {
    let client = lab.client();
    let mut sw = SwSync::new();
    for point in [0, 3] {
        let gate = (client.syncobj(), point);
        client
            .import_sync_file(gate.0, gate.1, sw.fence().as_fd())
            .expect("import");
        client.pending(gate);
        let child = later(|| sw.signal());
        client.done(gate);
        child.join();
    }
}

fn the_same_point_twice(lab: &Lab) {
    let client = lab.client();
    let gate = never(&client);
    let child = later(|| client.signal(gate, 0).expect("SIGNAL_FENCE"));
    let mut waits = [gate; 8].map(wait_for);
    assert_eq!(client.wait_many(&mut waits, 0, i64::MAX), Ok(0));
    assert!(waits.iter().all(|w| w.signaled == 1));
    child.join();
}

fn errors_and_times(lab: &Lab) {
    let client = lab.client();
    for (point, error) in [(0, 0), (0, -5), (4, 0), (4, -4095), (1, -1)] {
        let gate = (client.syncobj(), point);
        let before = raw::now() as u64;
        client.signal(gate, error).expect("SIGNAL_FENCE");
        let after = raw::now() as u64;
        let wait = client.ended(gate);
        assert_eq!(wait.error, error, "{gate:?}");
        let time = wait.timestamp_ns;
        assert!(
            (before..=after).contains(&time),
            "{before} <= {time} <= {after}"
        );
    }
}

fn later_points_reached(lab: &Lab) {
    let client = lab.client();
    let line = client.syncobj();
    client.signal((line, 10), 0).expect("SIGNAL_FENCE");
    for point in [1, 9, 10] {
        client.done((line, point));
    }
    client.pending((line, 11));
    client.signal((line, u64::MAX), 0).expect("SIGNAL_FENCE");
    client.done((line, u64::MAX));
}

fn outputs_may_hold_anything(lab: &Lab) {
    let client = lab.client();
    let mut waits = [wait_for(signalled(&client))];
    (waits[0].signaled, waits[0].error) = (u32::MAX, i32::MIN);
    waits[0].timestamp_ns = u64::MAX;
    let mut arg = drm_mvgal_wait_fence {
        first_signaled: 1234,
        waits: array_mut(&mut waits),
        ..Default::default()
    };
    client
        .ioctl(DRM_IOCTL_MVGAL_WAIT_FENCE, &mut arg)
        .expect("WAIT_FENCE");
    assert_eq!(
        (arg.first_signaled, waits[0].signaled, waits[0].error),
        (0, 1, 0)
    );
}

extern "C" fn on_alarm(_: i32) {}

/// Waits for ever, and is sent SIGALRM meanwhile.
fn wait_with_alarm(client: &Client, flags: signal::SaFlags, deadline: i64) -> raw::Result<u32> {
    let action = signal::SigAction::new(
        signal::SigHandler::Handler(on_alarm),
        flags,
        signal::SigSet::empty(),
    );
    // SAFETY: the handler does nothing.
    unsafe { signal::sigaction(signal::Signal::SIGALRM, &action) }.expect("sigaction");
    let parent = nix::unistd::getpid();
    let child = later(|| signal::kill(parent, signal::Signal::SIGALRM).expect("kill"));
    let outcome = client.wait_many(&mut [wait_for(never(client))], 0, deadline);
    child.join();
    outcome
}

fn interrupted(lab: &Lab) {
    let client = lab.client();
    let outcome = wait_with_alarm(&client, signal::SaFlags::empty(), i64::MAX);
    assert_eq!(outcome, Err(Errno::EINTR));
}

fn restarted(lab: &Lab) {
    let client = lab.client();
    let deadline = raw::in_ms(600);
    let outcome = wait_with_alarm(&client, signal::SaFlags::SA_RESTART, deadline);
    assert_eq!(outcome, Err(Errno::ETIME));
    assert!(
        raw::now() >= deadline,
        "the deadline is absolute, restarted or not"
    );
}

fn killed(lab: &Lab) {
    let client = lab.client();
    let gate = never(&client);
    let child = Child::run(|| {
        let _ = client.wait(gate, i64::MAX);
    });
    assert!(!child.ends_within(200), "it does not wait");
    child.signal(nix::libc::SIGKILL);
    assert!(child.ends_within(60_000), "kill -9 does not end the wait");
    child.kill();
    client.signal(gate, 0).expect("SIGNAL_FENCE");
}

fn at_the_limit(lab: &Lab) {
    let client = lab.client();
    let done = signalled(&client);
    let mut waits = vec![wait_for(done); lab.caps.max_waits as usize];
    assert_eq!(client.wait_many(&mut waits, 0, 0), Ok(0));
    assert!(waits.iter().all(|wait| wait.signaled == 1));
}

// SPDX-License-Identifier: MIT OR Apache-2.0

//! How long a thread that waits for a point takes to wake up, from before the
//! call that signals it: by WAIT_FENCE and by SYNCOBJ_TIMELINE_WAIT, on points
//! of the same kind of the same file, signalled by the same call.

use std::os::fd::AsFd;
use std::sync::mpsc;
use std::thread;
use std::time::Duration;

use crate::Result;
use crate::client::{Client, Steps};
use crate::clock;
use crate::drm::{self, Point, SwSync};
use crate::figures::Figures;

/// Who waits.
#[derive(Clone, Copy)]
enum Waiter {
    Mvgal,
    Core,
}

impl Waiter {
    fn wait(self, client: &Client, point: Point) -> Result<()> {
        match self {
            Waiter::Mvgal => client.wait(point),
            Waiter::Core => drm::wait(client.fd(), point, drm::WAIT_FOR_SUBMIT),
        }
    }
}

/// Measures it.
pub fn run(rounds: u32, figures: &mut Figures) -> Result<()> {
    let client = Client::open()?;
    for (name, waiter) in [("mvgal", Waiter::Mvgal), ("core", Waiter::Core)] {
        // A point that gets a fence only when it is signalled.
        let mut steps = Steps::new(&client)?;
        let cost = clock::median_of(rounds, || {
            let point = steps.next();
            wake_up(&client, waiter, point, || drm::signal(client.fd(), point))
        })?;
        figures.add(format!("wake_point_{name}"), cost)?;

        // A point that has a fence, of another driver.
        let sw_sync = SwSync::new()?;
        let mut steps = Steps::new(&client)?;
        let cost = clock::median_of(rounds, || {
            let point = steps.next();
            let fence = sw_sync.fence(point.point as u32)?;
            drm::import_sync_file(client.fd(), point, fence.as_fd())?;
            wake_up(&client, waiter, point, || sw_sync.advance())
        })?;
        figures.add(format!("wake_fence_{name}"), cost)?;
    }
    Ok(())
}

/// One wake-up: from before `signal` to after the wait.
fn wake_up(
    client: &Client,
    waiter: Waiter,
    point: Point,
    signal: impl FnOnce() -> Result<()>,
) -> Result<u64> {
    let (send, receive) = mpsc::channel();
    let woken = thread::scope(|scope| -> Result<u64> {
        let thread = scope.spawn(move || {
            clock::real_time()
                .and_then(|()| {
                    send.send(())?;
                    waiter.wait(client, point)?;
                    Ok(clock::now())
                })
                // An error that can cross threads.
                .map_err(|error| error.to_string())
        });
        // Once it runs it has the processor until it waits.
        let started = receive.recv();
        thread::sleep(Duration::from_millis(1));
        let start = clock::now();
        if started.is_ok() {
            signal()?;
        }
        let woken = thread.join().map_err(|_| "the waiting thread panicked")??;
        Ok(woken.saturating_sub(start))
    })?;
    Ok(woken)
}

// SPDX-License-Identifier: GPL-2.0

//! Looking after the jobs that a member has in flight, when their time is up or the member is gone.

use kernel::{
    prelude::*,
    sync::{
        atomic::Relaxed,
        Arc, //
    },
};

use kernel_ext::{
    alarm::Alarm,
    clock::monotonic_ns, //
};

use super::{
    Dispatcher,
    Ready, //
};
use crate::{
    direct::MAX_SPARE,
    flights::{
        Overdue,
        Phase,
        Rider, //
    },
};

/// Looks after jobs in flight when their time is up.
pub(super) struct Watchdog {
    /// Present once there may be such jobs, until the member is gone.
    alarm: Option<Alarm>,
    /// What the alarm is set to; `u64::MAX` if it is not set.
    set_ns: u64,
}

impl Watchdog {
    /// One that is not set.
    pub(super) fn new() -> Self {
        Self {
            alarm: None,
            set_ns: u64::MAX,
        }
    }
}

impl Dispatcher {
    /// Makes the alarm for jobs in flight, and room for what is left of them.
    pub(super) fn watch(self: &Arc<Self>) -> Result {
        if self.watchdog.lock().alarm.is_some() {
            return Ok(());
        }
        let mut spare = KVec::with_capacity(MAX_SPARE, GFP_KERNEL)?;
        let mut ready = self.ready.lock();
        if ready.spare.capacity() == 0 {
            core::mem::swap(&mut ready.spare, &mut spare);
        }
        drop(ready);
        drop(spare);
        let this = self.clone();
        let mut alarm = Some(Alarm::new(move || this.look_after())?);
        let mut watchdog = self.watchdog.lock();
        // Once the member is gone, nobody would take it away again.
        if watchdog.alarm.is_none() && !self.is_gone() {
            watchdog.alarm = alarm.take();
        }
        drop(watchdog);
        drop(alarm);
        Ok(())
    }

    /// Has the jobs in flight looked after at `deadline_ns` or before.
    pub(super) fn look_after_at(&self, deadline_ns: u64) {
        // Who looks after them says so before looking, and looks with the lock of what has been
        // changed before this is called.
        if deadline_ns >= self.looks_ns.load(Relaxed) {
            return;
        }
        let mut watchdog = self.watchdog.lock();
        if deadline_ns < watchdog.set_ns {
            if let Some(alarm) = &watchdog.alarm {
                alarm.set(deadline_ns);
                watchdog.set_ns = deadline_ns;
                self.looks_ns.store(deadline_ns, Relaxed);
            }
        }
    }

    /// Sees to jobs in flight whose time is up.
    fn look_after(self: &Arc<Self>) {
        {
            let mut watchdog = self.watchdog.lock();
            watchdog.set_ns = u64::MAX;
            self.looks_ns.store(u64::MAX, Relaxed);
        }
        self.release_here();
        let now_ns = monotonic_ns();
        loop {
            let mut ready = self.ready.lock();
            let overdue = ready.flights.overdue(now_ns);
            let Some(overdue) = overdue else {
                let next_ns = ready.flights.deadline_ns();
                drop(ready);
                if let Some(next_ns) = next_ns {
                    self.look_after_at(next_ns);
                }
                return;
            };
            self.note_hung(&ready);
            if ready.flights.is_hung() {
                let mut jobs = ready.native.run.take_all();
                ready.native.doomed.push_all_back(&mut jobs);
            }
            self.submit(&mut ready);
            drop(ready);
            match overdue {
                Overdue::Late(job) => {
                    self.warn_late(job.timeout_ns());
                    job.give_up_flight(Phase::Late, ETIME);
                }
                Overdue::LateDirect(timeout_ns) => self.warn_late(timeout_ns),
                Overdue::Lost(landed) => match landed.rider {
                    Rider::Job(job) => job.give_up_flight(landed.phase, ETIME),
                    Rider::Direct(direct) => self.give_up_direct(direct, landed.phase, ETIME),
                },
            }
        }
    }

    fn warn_late(&self, timeout_ns: u64) {
        pr_warn!(
            "member {}: no fence from its driver within {} ms\n",
            self.member,
            timeout_ns / 1_000_000
        );
    }

    pub(super) fn note_hung(&self, ready: &Ready) {
        self.hung.store(ready.flights.is_hung(), Relaxed);
    }

    /// Ends all jobs in flight with `error`, whatever their fences do: nobody waits for those any
    /// more.
    pub(super) fn abandon(self: &Arc<Self>, error: Error) {
        // Waits for it to be over.
        let alarm = self.watchdog.lock().alarm.take();
        drop(alarm);
        loop {
            let mut ready = self.ready.lock();
            let landed = ready.flights.evict(monotonic_ns());
            self.note_hung(&ready);
            drop(ready);
            let Some(landed) = landed else { break };
            let phase = landed.phase;
            match landed.rider {
                Rider::Job(job) => {
                    job.give_up_flight(phase, error);
                    if phase != Phase::Submitting {
                        job.release();
                    }
                }
                Rider::Direct(direct) => self.give_up_direct(direct, phase, error),
            }
        }
        self.release_here();
    }
}

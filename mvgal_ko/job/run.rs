// SPDX-License-Identifier: GPL-2.0

//! Running a job, and ending it.

use kernel::{
    prelude::*,
    sync::atomic::Relaxed, //
};

use kernel_ext::{
    clock::monotonic_ns,
    dma_fence::SignallingSection,
    trace,
    uapi::drm_mvgal_job_report, //
};

use super::{
    arm_all,
    publish::context,
    Job,
    Publication,
    Setup,
    State, //
};
use crate::{
    client_jobs::JobSlot,
    dispatch::Started,
    timeline::Armable, //
};

impl Job {
    /// Runs an armed job of the fenced lane, or ends it if it must not run.
    ///
    /// Everything up to the signal is on the way to a published fence. The job is left with what it
    /// held; [`Job::release`] drops that, elsewhere.
    pub(crate) fn run_fenced(&self, now_ns: u64) -> Run {
        // What was known of the time may be from before the job was ready.
        let mut run = Run::start(now_ns.max(self.ready_ns.load(Relaxed)));
        let Some(mut setup) = self.take_armed(State::Taken) else {
            return run;
        };
        let section = SignallingSection::begin();
        let started = setup.start();
        run.result = self.check();
        if run.result.is_ok() {
            run.sequence = self.dispatch();
            let choices = self.client.sched().copy_choices();
            run.result = self.task.work.run(choices, || self.check());
        }
        self.finish(&mut run, started, setup.slot.take());
        if let Publication::Published(fence) =
            core::mem::replace(&mut setup.publication, Publication::None)
        {
            fence.signal(run.result);
        }
        drop(section);
        *self.state.lock() = State::Spent(setup);
        run
    }

    /// Runs an armed job of the unfenced lane, or ends it if it must not run.
    pub(crate) fn run_unfenced(&self, now_ns: u64) -> Run {
        let mut run = Run::start(now_ns);
        let Some(mut setup) = self.take_armed(State::Taken) else {
            return run;
        };
        let started = setup.start();
        run.result = self.check();
        if run.result.is_ok() {
            run.sequence = self.dispatch();
            let choices = self.client.sched().copy_choices();
            run.result = self.task.work.run_bracketed(choices, || self.check());
        }
        // Who learns that the job is over may import a buffer that must not be pinned by it.
        self.task.work.park();
        self.finish(&mut run, started, setup.slot.take());

        let mut armable = Armable::new();
        self.attach_signaled(&mut setup, run.result, &mut armable);
        arm_all(armable);
        drop(setup);
        self.client.sched().deadlines().remove(self);
        run
    }

    /// Drops what a job held that is over. Only to be called by a task, and with no lock held.
    pub(crate) fn release(&self) {
        let mut state = self.state.lock();
        let held = match &*state {
            State::Spent(_) | State::InFlight(..) => {
                Some(core::mem::replace(&mut *state, State::Taken))
            }
            _ => None,
        };
        drop(state);
        drop(held);
        self.client.sched().deadlines().remove(self);
    }

    /// Counts and reports a job that is over, right before its fence signals.
    fn finish(&self, run: &mut Run, started: Option<Started>, slot: Option<JobSlot>) {
        if run.sequence != 0 && self.task.work.bytes() != 0 {
            run.finished_ns = monotonic_ns();
        }
        self.tell(run);
        self.count(started, run.busy_ns());
        drop(slot);
    }

    /// Counts a job that is over and has kept its member busy for `busy_ns`. May be called with
    /// interrupts off.
    pub(super) fn count(&self, started: Option<Started>, busy_ns: u64) {
        if let Some(started) = started {
            started.finish(busy_ns);
        }
        self.queue.add_busy_ns(busy_ns);
        self.client.note_ended(self.task.level);
    }

    /// Tells how the job went: the tracepoints, and its report. May be called with interrupts off.
    pub(super) fn tell(&self, run: &Run) {
        let ran = run.sequence != 0;
        let error = run.result.err().map_or(0, Error::to_errno);
        let (client, job) = self.key();
        if ran {
            trace::job_complete(
                client,
                job,
                self.member(),
                self.priority(),
                self.work().kind(),
                run.started_ns,
                run.finished_ns,
                error,
            );
        } else {
            trace::job_cancel(client, job, self.member(), self.priority(), error);
        }
        if let Some(report) = &self.task.report {
            let bytes = match run.result {
                Ok(()) => self.work().bytes(),
                Err(_) => 0,
            };
            let times = drm_mvgal_job_report {
                submitted_ns: self.submitted_ns,
                ready_ns: self.ready_ns.load(Relaxed),
                started_ns: if ran { run.started_ns } else { 0 },
                finished_ns: run.finished_ns,
                sequence: run.sequence,
                member: self.member(),
                error,
            };
            report.write(&times, bytes);
        }
    }

    /// Gives the job's points a fence that has signalled, if they have none.
    pub(super) fn attach_signaled(&self, setup: &mut Setup, result: Result, armable: &mut Armable) {
        let publication = core::mem::replace(&mut setup.publication, Publication::None);
        let Publication::Later(alloc) = publication else {
            return;
        };
        let own = alloc.init(&context());
        let fence = own.fence();
        own.signal(result);
        let timelines = &self.client.sched().timelines;
        timelines.attach(&mut setup.outs, &fence, armable);
    }

    /// Ends a job that was not armed.
    pub(super) fn end_waiting(&self, mut setup: KBox<Setup>, error: Error, armable: &mut Armable) {
        self.end(&mut setup, Run::start(monotonic_ns()), error, armable);
        self.client.sched().deadlines().remove(self);
    }

    /// Ends a job whose work was not done.
    pub(super) fn end(&self, setup: &mut Setup, run: Run, error: Error, armable: &mut Armable) {
        let mut run = run;
        run.result = Err(error);
        run.finished_ns = monotonic_ns();
        self.tell(&run);
        self.count(setup.start(), 0);
        drop(setup.slot.take());
        self.attach_signaled(setup, Err(error), armable);
    }
}

/// How a run went.
pub(crate) struct Run {
    /// When it began, in ns.
    pub(crate) started_ns: u64,
    /// When it was over, in ns.
    pub(crate) finished_ns: u64,
    /// Its number among all dispatches; 0 if the job was not run.
    pub(crate) sequence: u64,
    /// What the fence carries.
    pub(crate) result: Result,
}

impl Run {
    /// One that begins at `started_ns`.
    pub(super) fn start(started_ns: u64) -> Self {
        #[cfg(mvgal_bench)]
        crate::bench::dispatched(started_ns);
        Self {
            started_ns,
            finished_ns: started_ns,
            sequence: 0,
            result: Ok(()),
        }
    }

    /// How long it took, in ns; 0 if the job was not run.
    pub(crate) fn busy_ns(&self) -> u64 {
        if self.sequence == 0 {
            return 0;
        }
        self.finished_ns.saturating_sub(self.started_ns)
    }
}

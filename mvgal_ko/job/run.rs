// SPDX-License-Identifier: GPL-2.0

//! Running a job, and ending it.

use kernel::{
    prelude::*,
    sync::atomic::Relaxed, //
};

use kernel_ext::{
    clock::monotonic_ns,
    dma_fence::{
        FenceAlloc,
        SignallingSection, //
    },
    trace,
    uapi::drm_mvgal_job_report, //
};

use super::{
    arm_all,
    publish::context,
    Job,
    Publication,
    Setup,
    Spent,
    State, //
};
use crate::{
    client_jobs::JobSlot,
    dispatch::Started,
    timeline::{
        Armable,
        OutPoint, //
    }, //
};

impl Job {
    /// Runs an armed job of the fenced lane, or ends it if it must not run.
    ///
    /// Everything up to the signal is on the way to a published fence. The job is left with what it
    /// held; [`Job::release`] drops that, elsewhere.
    pub(crate) fn run_fenced(&self) -> Run {
        let Some(armed) = self.take_armed(State::Taken) else {
            return Run::default();
        };
        let Publication::Early(fence) = armed.publication else {
            return Run::default();
        };
        let section = SignallingSection::begin();
        let started = armed.placed.start();
        let mut run = Run::start();
        run.result = self.check();
        if run.result.is_ok() {
            run.sequence = self.dispatch();
            run.result = self.task.work.run(|| self.check());
        }
        self.finish(&mut run, started, armed.slot);
        fence.signal(run.result);
        drop(section);

        let spent = Spent {
            _waits: armed.waits,
            _ins: armed.ins,
            _outs: armed.outs,
        };
        *self.state.lock() = State::Spent(spent);
        run
    }

    /// Runs an armed job of the unfenced lane, or ends it if it must not run.
    pub(crate) fn run_unfenced(&self) -> Run {
        let Some(armed) = self.take_armed(State::Taken) else {
            return Run::default();
        };
        let mut outs = armed.outs;
        let Publication::Late(fence) = armed.publication else {
            return Run::default();
        };
        let started = armed.placed.start();
        let mut run = Run::start();
        run.result = self.check();
        if run.result.is_ok() {
            run.sequence = self.dispatch();
            run.result = self.task.work.run_bracketed(|| self.check());
        }
        self.finish(&mut run, started, armed.slot);

        let mut armable = Armable::new();
        self.attach_signaled(fence, &mut outs, run.result, &mut armable);
        arm_all(armable);
        drop(armed.waits);
        self.client.sched().deadlines().remove(self);
        run
    }

    /// Drops what a job held that is over. Only to be called by a task, and with no lock held.
    pub(crate) fn release(&self) {
        let mut state = self.state.lock();
        let held = match &*state {
            State::Spent(_) | State::InFlight(_) => {
                Some(core::mem::replace(&mut *state, State::Taken))
            }
            _ => None,
        };
        drop(state);
        drop(held);
        self.client.sched().deadlines().remove(self);
    }

    /// Counts and reports a job that is over, right before its fence signals.
    fn finish(&self, run: &mut Run, started: Started, slot: JobSlot) {
        run.finished_ns = monotonic_ns();
        self.tell(run);
        self.count(started, run.busy_ns());
        drop(slot);
    }

    /// Counts a job that is over and has kept its member busy for `busy_ns`. May be called with
    /// interrupts off.
    pub(super) fn count(&self, started: Started, busy_ns: u64) {
        started.finish(busy_ns);
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
            report.write(&drm_mvgal_job_report {
                submitted_ns: self.submitted_ns,
                ready_ns: self.ready_ns.load(Relaxed),
                started_ns: if ran { run.started_ns } else { 0 },
                finished_ns: run.finished_ns,
                sequence: run.sequence,
                member: self.member(),
                error,
            });
        }
    }

    /// Gives the job's points a fence that has signalled.
    pub(super) fn attach_signaled(
        &self,
        fence: FenceAlloc,
        outs: &mut [OutPoint],
        result: Result,
        armable: &mut Armable,
    ) {
        let own = fence.init(&context());
        let fence = own.fence();
        own.signal(result);
        self.client.sched().timelines.attach(outs, &fence, armable);
    }

    /// Ends a job that was not armed.
    pub(super) fn end_waiting(&self, mut setup: Setup, error: Error, armable: &mut Armable) {
        let started = setup.placed.start();
        let mut run = Run::start();
        run.result = Err(error);
        self.finish(&mut run, started, setup.slot);
        if let Some(fence) = setup.fence {
            self.attach_signaled(fence, &mut setup.outs, Err(error), armable);
        }
        self.client.sched().deadlines().remove(self);
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
    pub(super) fn start() -> Self {
        let started_ns = monotonic_ns();
        #[cfg(mvgal_bench)]
        crate::bench::dispatched(started_ns);
        Self {
            started_ns,
            ..Self::default()
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

impl Default for Run {
    fn default() -> Self {
        Self {
            started_ns: 0,
            finished_ns: 0,
            sequence: 0,
            result: Ok(()),
        }
    }
}

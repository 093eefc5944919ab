// SPDX-License-Identifier: GPL-2.0

//! Submitting a NATIVE job to its member's driver, and what becomes of it there.

use kernel::{
    list::ListArc,
    prelude::*,
    sync::{
        aref::ARef,
        atomic::Relaxed,
        Arc, //
    },
};

use kernel_ext::{
    clock::monotonic_ns,
    dma_fence::{
        Fence,
        FenceCallback, //
    },
};

use super::{
    arm_all,
    setup::Handed,
    Job,
    Run,
    Setup,
    State, //
};
use crate::{
    client_jobs::JobSlot,
    dispatch::Started,
    flights::{
        Phase,
        Slot, //
    },
    native::Native,
    timeline::{
        Armable,
        OutPoint, //
    },
    work::Work, //
};

/// A job that the member's driver has.
pub(super) struct Flight {
    /// The driver's.
    pub(super) fence: ARef<Fence>,
    started_ns: u64,
    sequence: u64,
    /// Whether the job was ended without it.
    given_up: bool,
}

/// What is kept for the end of a job that its member's driver has.
pub(crate) struct Landing {
    job: Arc<Job>,
    run: Run,
    started: Option<Started>,
    slot: Option<JobSlot>,
}

impl FenceCallback for Landing {
    fn signaled(self, status: Result) {
        let dispatcher = self.job.dispatcher().clone();
        dispatcher.land(self, status);
    }
}

impl Landing {
    /// The job.
    pub(crate) fn job(&self) -> &Arc<Job> {
        &self.job
    }

    /// Counts and reports the job, which has kept the member busy for `busy_ns`, unless it was
    /// ended before. Returns it. May be called with interrupts off.
    pub(crate) fn touch_down(
        self,
        status: Result,
        now_ns: u64,
        busy_ns: u64,
        ended: bool,
    ) -> Option<ListArc<Job>> {
        let mut run = self.run;
        run.finished_ns = now_ns;
        run.result = status;
        if !ended {
            self.job.tell(&run);
        }
        self.job.count(self.started, busy_ns);
        drop(self.slot);
        ListArc::try_from_arc(self.job).ok()
    }
}

impl Job {
    /// Notes the slot of a job that is going to be submitted.
    pub(crate) fn board(&self, slot: Option<Slot>) {
        self.slot.store(slot.map_or(NO_SLOT, Slot::number), Relaxed);
    }

    /// The slot that it was given, and may have lost.
    pub(crate) fn slot(&self) -> Option<Slot> {
        Slot::new(self.slot.load(Relaxed))
    }

    /// Whether it is a NATIVE job that the current task can submit.
    pub(crate) fn is_of_current(&self) -> bool {
        match self.work() {
            Work::Native(native) => native.is_of_current(),
            _ => false,
        }
    }

    /// Submits a NATIVE job in the current task, whose memory it is of, or ends it if it must not
    /// run. Only to be called with no lock held.
    ///
    /// Returns the job if a signal for the task has interrupted the driver, which is no reason for
    /// the job to fail. A kernel thread gets no signals.
    pub(crate) fn submit_here(self: Arc<Self>) -> Option<ListArc<Job>> {
        let mut run = Run::start(monotonic_ns());
        let submitted = self.try_submit(&mut run, Native::submit);
        if let Err(err) = submitted {
            if err == ERESTARTSYS || err == EINTR {
                self.note_handed(None);
                return ListArc::try_from_arc(self).ok();
            }
        }
        self.submitted(run, submitted);
        None
    }

    /// The same in a kernel thread.
    pub(crate) fn submit_elsewhere(self: Arc<Self>) {
        let mut run = Run::start(monotonic_ns());
        let submitted = self.try_submit(&mut run, Native::submit_elsewhere);
        self.submitted(run, submitted);
    }

    fn try_submit(
        &self,
        run: &mut Run,
        submit: impl FnOnce(&Native) -> Result<ARef<Fence>>,
    ) -> Result<ARef<Fence>> {
        self.check()?;
        let Work::Native(native) = self.work() else {
            return Err(EINVAL);
        };
        let sequence = self.client.sched().next_sequence();
        let handed = Handed {
            started_ns: run.started_ns,
            sequence,
        };
        if !self.note_handed(Some(handed)) {
            return Err(ETIME);
        }
        run.sequence = sequence;
        self.trace_dispatch(sequence);
        submit(native)
    }

    /// Notes whether the driver is given the job. Returns whether it may be: one that was ended
    /// while it waited for those before it may not, as its report says that it was not.
    fn note_handed(&self, handed: Option<Handed>) -> bool {
        match &mut *self.state.lock() {
            State::Armed(setup) => {
                setup.handed = handed;
                true
            }
            _ => false,
        }
    }

    fn submitted(self: Arc<Self>, run: Run, submitted: Result<ARef<Fence>>) {
        match submitted {
            Ok(fence) => {
                if let Some(setup) = self.take_armed(State::TakingOff(None)) {
                    return self.fly(setup, run, fence);
                }
            }
            Err(err) => {
                if let Some(setup) = self.take_armed(State::Taken) {
                    self.end_armed(setup, run, err);
                }
            }
        }
        // If it was not armed any more, the driver has taken so long that the job was ended.
        self.dispatcher().vacate(&self, self.slot());
        self.release();
    }

    /// Publishes the driver's fence, and waits for it.
    fn fly(self: Arc<Self>, mut setup: KBox<Setup>, run: Run, fence: ARef<Fence>) {
        let flight = Flight {
            fence: fence.clone(),
            started_ns: run.started_ns,
            sequence: run.sequence,
            given_up: false,
        };

        self.dispatcher().submitted(&self, self.slot());
        let landing = Landing {
            job: self.clone(),
            run,
            started: setup.start(),
            slot: setup.slot.take(),
        };
        // Before others know of the fence, so that who waits for it finds the report written.
        match &mut setup.landing {
            Some(wait) => {
                if let Err(landing) = wait.arm(fence.clone(), landing) {
                    landing.signaled(fence.status().unwrap_or(Ok(())));
                }
            }
            None => landing.signaled(Err(EINVAL)),
        }
        let mut armable = Armable::new();
        let timelines = &self.client.sched().timelines;
        timelines.attach(&mut setup.outs, &fence, &mut armable);
        let given_up = self.arrive(State::InFlight(setup, flight));
        arm_all(armable);
        if let Some(error) = given_up {
            self.give_up_fence(error);
            // Without a slot, nobody else would end the wait for the fence.
            if error != ETIME {
                self.release();
            }
        }
    }

    /// Ends an armed NATIVE job that the driver does not have.
    fn end_armed(&self, mut setup: KBox<Setup>, run: Run, error: Error) {
        let mut armable = Armable::new();
        self.end(&mut setup, run, error, &mut armable);
        arm_all(armable);
    }

    /// Ends a job in flight with `error`. It had come as far as `phase` says, and has no slot any
    /// more, or is late.
    pub(crate) fn give_up_flight(&self, phase: Phase, error: Error) {
        match phase {
            Phase::Submitting => {
                if let Some(setup) = self.take_armed(State::Taken) {
                    let mut run = Run::start(monotonic_ns());
                    if let Some(handed) = setup.handed {
                        run.started_ns = handed.started_ns;
                        run.sequence = handed.sequence;
                    }
                    self.end_armed(setup, run, error);
                }
            }
            Phase::Submitted | Phase::Late => self.give_up_fence(error),
        }
    }

    /// Reports the end of a job in flight, and gives its points a fence with `error` in the place
    /// of the driver's, which stays what it is for those who wait for it already.
    fn give_up_fence(&self, error: Error) {
        let mut state = self.state.lock();
        let (setup, flight) = match &mut *state {
            State::InFlight(setup, flight) => (setup, flight),
            State::TakingOff(why) => {
                why.get_or_insert(error);
                return;
            }
            _ => return,
        };
        if core::mem::replace(&mut flight.given_up, true) {
            return;
        }
        // The points are not needed any more: they have their fence.
        let outs = core::mem::take(&mut setup.outs);
        let run = Run {
            started_ns: flight.started_ns,
            finished_ns: monotonic_ns(),
            sequence: flight.sequence,
            result: Err(error),
        };
        let fence = flight.fence.clone();
        drop(state);

        self.tell(&run);
        self.supersede(&outs, &fence, error);
    }

    fn supersede(&self, outs: &[OutPoint], fence: &ARef<Fence>, error: Error) {
        let sched = self.client.sched();
        for out in outs {
            // If there is no memory, the points keep the driver's fence.
            let _ = out.supersede(fence, error);
        }
        sched.deadlines().for_each(|job| {
            if job.waits_for(fence) {
                job.give_up(ECANCELED);
            }
            true
        });
        sched.note_given_up();
    }

    /// Whether an in-sync of the job is that fence.
    fn waits_for(&self, fence: &Fence) -> bool {
        match &*self.state.lock() {
            State::Armed(setup) => setup
                .ins
                .iter()
                .filter_map(|point| point.fence())
                .any(|awaited| awaited.unchained().same(fence)),
            _ => false,
        }
    }
}

/// A job without a slot.
const NO_SLOT: u32 = u32::MAX;

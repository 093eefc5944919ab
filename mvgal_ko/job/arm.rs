// SPDX-License-Identifier: GPL-2.0

//! Arming a job: its fence is published, and it waits for those of others until it is ready.

use kernel::{
    list::ListArc,
    prelude::*,
    sync::{
        aref::ARef,
        atomic::{
            Full,
            Relaxed, //
        },
        Arc, //
    },
};

use kernel_ext::{
    clock::monotonic_ns,
    dma_fence::{
        Fence,
        FenceCallback, //
    },
    trace, //
};

use super::{
    Job,
    Setup,
    State, //
};
use crate::{
    dispatch::{
        Dispatcher,
        Lane, //
    },
    gate::{
        Gate,
        Passage, //
    },
    plug::Plug,
    timeline::Armable, //
};

/// A fence that a job waits for.
///
/// The reference to the job is never the last: the job holds the [`FenceWait`] of this until it is
/// over, and dropping that waits for a callback that is under way.
pub(crate) struct Dependency {
    job: Arc<Job>,
    /// Whether an error of the fence cancels the job.
    explicit: bool,
}

impl FenceCallback for Dependency {
    fn signaled(self, status: Result) {
        if self.explicit && status.is_err() {
            self.job.stop(ECANCELED);
        }
        if let Some(job) = self.job.count_down() {
            Dispatcher::push(job);
        }
    }
}

/// Arms jobs, and those that become armable by that, until there are none, and lets those go that
/// are ready. Those that do not get through the gate stay there.
pub(crate) fn arm_all(armable: Armable) {
    arm_each(armable, |job, plug| {
        if let Some(passage) = Gate::enter(job.client.sched()) {
            return Some((job, passage));
        }
        // Who keeps it there waits for locks, whose holders may wait for what is held back.
        plug.pull();
        let sched = job.client.sched().clone();
        Gate::pass(&sched, job)
    });
}

/// The same for who has passed the gate: they get through.
pub(crate) fn arm_all_with(passage: &Passage, armable: Armable) {
    arm_each(armable, |job, _| Some((job, passage.again())));
}

fn arm_each(
    mut armable: Armable,
    pass: impl Fn(ListArc<Job>, &mut Plug) -> Option<(ListArc<Job>, Passage)>,
) {
    let mut plug = Plug::new();
    while let Some(job) = armable.next() {
        if let Some((job, passage)) = pass(job, &mut plug) {
            Job::arm(job.into_arc(), passage, &mut armable, &mut plug);
        }
        kernel_ext::sched::cond_resched();
    }
    plug.pull();
}

impl Job {
    /// Notes the fence of an in-sync. Returns whether it was the last that was missing.
    pub(crate) fn resolve(&self, index: usize, fence: ARef<Fence>) -> bool {
        self.with_setup(|setup| {
            if let Some(point) = setup.ins.get_mut(index) {
                point.resolve(fence);
            }
            setup.unresolved -= 1;
            setup.unresolved == 0
        })
        .unwrap_or(false)
    }

    /// Publishes the fence of a job in the fenced lane, and waits for the job's fences.
    ///
    /// Jobs that can be armed now that the fence is published are pushed to `armable`; the job
    /// itself to `plug`, if it is ready.
    fn arm(self: Arc<Self>, passage: Passage, armable: &mut Armable, plug: &mut Plug) {
        // In this order, so that the job is dropped first.
        let (passage, job) = (passage, self);
        let Some(mut setup) = job.take_setup() else {
            return;
        };
        let mut able = job.check();
        if setup.parked || !job.task.arms_freely() || able.is_err() {
            plug.pull();
        }
        if setup.parked {
            able = able.and_then(|()| job.task.work.map_again());
        }
        if let Err(err) = able {
            return job.end_waiting(setup, err, armable);
        }
        if job.lane() != Lane::Native {
            job.task.passage.populate(passage);
        }

        let ready = match job.lane() {
            Lane::Fenced => {
                let timelines = &job.client.sched().timelines;
                match setup.publish(&job.task, timelines, armable) {
                    Ok((users, _section)) => Ok(job.wait_for(setup, &users)),
                    Err(err) => Err((setup, err)),
                }
            }
            Lane::Unfenced => match setup.add_users(&job.task) {
                Ok(users) => Ok(job.wait_for(setup, &users)),
                Err(err) => Err((setup, err)),
            },
            Lane::Native => Ok(job.wait_for(setup, &[])),
        };
        match ready {
            Ok(Some(ready)) => plug.push(ready),
            Ok(None) => {}
            Err((setup, err)) => {
                plug.pull();
                job.end_waiting(setup, err, armable);
            }
        }
    }

    /// Waits for the fences of the in-syncs, and for those of other `users` of the buffers. Returns
    /// the job if it is ready.
    fn wait_for(
        self: &Arc<Self>,
        mut setup: KBox<Setup>,
        users: &[ARef<Fence>],
    ) -> Option<ListArc<Job>> {
        self.unsignalled.store(1, Relaxed);
        let Setup { waits, ins, .. } = &mut *setup;
        let explicit = ins.iter().filter_map(|point| point.fence());
        let explicit = explicit.map(|fence| (fence, true));
        let implicit = users.iter().map(|fence| (fence, false));
        let fences = Iterator::chain(explicit, implicit);
        for (wait, (fence, explicit)) in waits.iter_mut().zip(fences) {
            self.unsignalled.fetch_add(1, Relaxed);
            let dependency = Dependency {
                job: self.clone(),
                explicit,
            };
            if let Err(dependency) = wait.arm(fence.clone(), dependency) {
                dependency.signaled(fence.status().unwrap_or(Ok(())));
            }
        }
        let free = setup.waits.is_empty();
        if let Some(reason) = self.arrive(State::Armed(setup)) {
            return self.give_up_armed(reason);
        }
        if free {
            // It was ready from the beginning.
            self.unsignalled.store(0, Relaxed);
            return self.ready(self.submitted_ns);
        }
        self.count_down()
    }

    /// Counts one fence of the job as signalled. Returns the job if it was the last, so that the
    /// job is ready.
    ///
    /// May be called with interrupts off.
    fn count_down(self: &Arc<Self>) -> Option<ListArc<Job>> {
        if self.unsignalled.fetch_sub(1, Full) == 1 {
            return self.ready(monotonic_ns());
        }
        None
    }

    /// Notes that the job is ready, and returns it.
    fn ready(self: &Arc<Self>, now_ns: u64) -> Option<ListArc<Job>> {
        self.ready_ns.store(now_ns, Relaxed);
        trace::job_ready(self.client_id(), self.id, self.member(), self.priority());
        ListArc::try_from_arc(self.clone()).ok()
    }
}

// SPDX-License-Identifier: GPL-2.0

//! KUnit: the way of jobs from submission to their fence, on buffers in system memory.

use kernel::{
    faux,
    module::this_module,
    prelude::*,
    sync::{
        aref::ARef,
        Arc,
        SetOnce, //
    },
    time::{
        delay::fsleep,
        Delta, //
    },
};

use kernel_ext::{
    clock::monotonic_ns,
    dma_buf::DmaBuf,
    dma_fence::Fence,
    syncobj::Syncobj,
    system_buffer,
    uapi, //
};

use crate::{
    args::transfer::FillRequest,
    client_jobs::ClientJobs,
    deadlines::Deadlines,
    dispatch::{
        Dispatcher,
        Placed, //
    },
    flights::{
        Flights,
        Overdue,
        Phase,
        Rider, //
    },
    gate::Gate,
    job::{
        self,
        Job,
        Setup,
        Task, //
    },
    mapped::Mapped,
    mappings::Mappable,
    run_queue::Level,
    scheduler::{
        Limits,
        Scheduler, //
    },
    targets::Targets,
    timeline::{
        Armable,
        InPoint,
        OutPoint, //
    },
    work::Work, //
};

const SIZE: usize = 4096;

/// A time-out that does not come to pass in a test, in ns.
const LONG_NS: u64 = 1 << 40;

/// A scheduler with one dispatcher and one client.
struct Bench {
    sched: Arc<Scheduler>,
    dispatcher: Arc<Dispatcher>,
    jobs: Arc<ClientJobs>,
    buffer: ARef<DmaBuf>,
    dev: faux::Registration,
}

impl Bench {
    fn new() -> Result<Self> {
        let sched = Scheduler::new(Limits {
            max_job_timeout_ns: LONG_NS,
            max_in_flight: 4,
            max_client_bytes: u64::MAX,
        })?;
        Ok(Self {
            dispatcher: Dispatcher::new(7, sched.clone())?,
            jobs: ClientJobs::new(sched.clone())?,
            buffer: system_buffer::alloc(this_module::<crate::Mvgal>(), SIZE, None)?,
            dev: faux::Registration::new(c"mvgal-kunit", None)?,
            sched,
        })
    }

    /// A job that fills the buffer with `byte`.
    fn fill(
        &self,
        byte: u8,
        ins: &[(&ARef<Syncobj>, u64)],
        outs: &[(&ARef<Syncobj>, u64)],
    ) -> Result<Arc<Job>> {
        let args = FillRequest::new(&uapi::drm_mvgal_fill {
            dst: 1,
            pattern_size: 1,
            pattern: byte.into(),
            offset: 0,
            width: SIZE as u64,
            height: 1,
            pitch: 0,
        })?;
        let work = Work::Fill {
            plan: args.plan(SIZE as u64)?,
            dst: self.target()?,
        };
        self.job(work, LONG_NS, ins, outs)
    }

    /// The buffer, to write to.
    fn target(&self) -> Result<Targets> {
        let memory = Mappable::new(self.buffer.clone(), None, None, self.dev.as_ref().as_ref())?;
        let map = memory.map()?;
        let mut target = Targets::new();
        target.push(Mapped::new(memory, map))?;
        Ok(target)
    }

    /// A job of whatever work.
    fn job(
        &self,
        work: Work,
        timeout_ns: u64,
        ins: &[(&ARef<Syncobj>, u64)],
        outs: &[(&ARef<Syncobj>, u64)],
    ) -> Result<Arc<Job>> {
        let mut in_points = KVec::new();
        for (syncobj, point) in ins {
            in_points.push(
                InPoint::new(&self.jobs, &self.jobs.sharing(), (*syncobj).clone(), *point)?,
                GFP_KERNEL,
            )?;
        }
        let mut out_points = KVec::new();
        for (syncobj, point) in outs {
            out_points.push(
                OutPoint::new(&self.sched, (*syncobj).clone(), *point)?,
                GFP_KERNEL,
            )?;
        }
        let level = Level::new(3).ok_or(EINVAL)?;
        let task = Task {
            level,
            work,
            implicit_sync: false,
            report: None,
            timeout_ns,
            submitted_ns: monotonic_ns(),
            passage: SetOnce::new(),
            _ticket: self.sched.enter(1)?,
        };
        let placed = Placed::new(self.dispatcher.clone());
        let slot = self.jobs.reserve_job(level)?;
        let setup = Setup::new(&task, placed, slot, in_points, out_points)?;
        Job::new(&self.jobs, task, setup)
    }

    fn submit(&self, jobs: &[Arc<Job>]) -> Result {
        let mut armable = Armable::new();
        Deadlines::add(&self.sched, jobs)?;
        let result = self.sched.timelines.register(jobs, &mut armable);
        if result.is_err() {
            for job in jobs {
                job.refused(EINVAL);
            }
        }
        job::arm_all(armable);
        result
    }

    fn signal(&self, syncobj: &ARef<Syncobj>, point: u64, result: Result) -> Result {
        let mut outs = KVec::new();
        outs.push(
            OutPoint::new(&self.sched, syncobj.clone(), point)?,
            GFP_KERNEL,
        )?;
        let mut armable = Armable::new();
        let fences = [Fence::signaled_with(result)?];
        let signalled = self
            .sched
            .timelines
            .signal(&mut outs, &fences, &mut armable);
        job::arm_all(armable);
        signalled
    }

    /// Waits until all jobs are over.
    fn drain(&self) {
        self.sched.drain();
    }
}

impl Drop for Bench {
    fn drop(&mut self) {
        self.sched.close();
    }
}

fn status(syncobj: &Syncobj, point: u64) -> Option<Result> {
    syncobj.fence_at(point)?.status()
}

#[kunit_tests(mvgal_scheduler)]
mod tests {
    use super::*;

    #[test]
    fn job_without_syncs_runs() -> Result {
        let bench = Bench::new()?;
        bench.submit(&[bench.fill(0xaa, &[], &[])?])?;
        bench.drain();
        let load = bench.dispatcher.load().snapshot();
        assert_eq!((load.queued, load.running, load.done), (0, 0, 1));
        Ok(())
    }

    #[test]
    fn point_has_a_fence_right_after_submission() -> Result {
        let bench = Bench::new()?;
        let out = Syncobj::new()?;
        bench.submit(&[bench.fill(1, &[], &[(&out, 5)])?])?;
        assert!(out.fence_at(5).is_some());
        assert!(out.fence_at(6).is_none());
        bench.drain();
        assert!(matches!(status(&out, 5), Some(Ok(()))));
        Ok(())
    }

    #[test]
    fn job_behind_a_point_without_fence_publishes_none() -> Result {
        let bench = Bench::new()?;
        let (wait, out) = (Syncobj::new()?, Syncobj::new()?);
        bench.submit(&[bench.fill(1, &[(&wait, 1)], &[(&out, 1)])?])?;
        assert!(out.fence_at(1).is_none());
        bench.signal(&wait, 1, Ok(()))?;
        assert!(out.fence_at(1).is_some());
        bench.drain();
        assert!(matches!(status(&out, 1), Some(Ok(()))));
        Ok(())
    }

    #[test]
    fn error_of_a_dependency_cancels() -> Result {
        let bench = Bench::new()?;
        let (wait, out, next) = (Syncobj::new()?, Syncobj::new()?, Syncobj::new()?);
        bench.submit(&[
            bench.fill(1, &[(&wait, 1)], &[(&out, 1)])?,
            bench.fill(2, &[(&out, 1)], &[(&next, 1)])?,
        ])?;
        bench.signal(&wait, 1, Err(EIO))?;
        bench.drain();
        assert!(matches!(status(&out, 1), Some(Err(err)) if err == ECANCELED));
        assert!(matches!(status(&next, 1), Some(Err(err)) if err == ECANCELED));
        Ok(())
    }

    #[test]
    fn points_get_their_fences_in_order_of_submission() -> Result {
        let bench = Bench::new()?;
        let (wait, out) = (Syncobj::new()?, Syncobj::new()?);
        bench.submit(&[
            bench.fill(1, &[(&wait, 1)], &[(&out, 1)])?,
            bench.fill(2, &[], &[(&out, 2)])?,
        ])?;
        // The second job is done, but a fence at 2 would say that 1 is reached, too.
        assert!(out.fence_at(2).is_none());
        bench.signal(&wait, 1, Ok(()))?;
        assert!(out.fence_at(1).is_some() && out.fence_at(2).is_some());
        bench.drain();
        Ok(())
    }

    #[test]
    fn points_must_increase() -> Result {
        let bench = Bench::new()?;
        let out = Syncobj::new()?;
        bench.submit(&[bench.fill(1, &[], &[(&out, 5)])?])?;
        for point in [1, 4, 5] {
            assert_eq!(bench.signal(&out, point, Ok(())), Err(EINVAL));
        }
        // All or nothing: the first of the batch is in order, and must not have been claimed.
        let batch = [
            bench.fill(1, &[], &[(&out, 6)])?,
            bench.fill(1, &[], &[(&out, 6)])?,
        ];
        assert_eq!(bench.submit(&batch), Err(EINVAL));
        drop(batch);
        bench.signal(&out, 6, Ok(()))?;
        bench.drain();
        Ok(())
    }

    #[test]
    fn binary_syncobj_waits_for_the_job_before() -> Result {
        let bench = Bench::new()?;
        let (wait, binary, out) = (Syncobj::new()?, Syncobj::new()?, Syncobj::new()?);
        bench.signal(&binary, 0, Ok(()))?;
        bench.submit(&[
            bench.fill(1, &[(&wait, 1)], &[(&binary, 0)])?,
            bench.fill(2, &[(&binary, 0)], &[(&out, 1)])?,
        ])?;
        // The old fence of the binary syncobj is not what the second job waits for.
        assert!(out.fence_at(1).is_none());
        bench.signal(&wait, 1, Ok(()))?;
        assert!(out.fence_at(1).is_some());
        bench.drain();
        Ok(())
    }

    #[test]
    fn binary_waiter_gets_the_fence_of_its_own_job() -> Result {
        let bench = Bench::new()?;
        let (wait, binary, out) = (Syncobj::new()?, Syncobj::new()?, Syncobj::new()?);
        bench.submit(&[
            bench.fill(1, &[(&wait, 1)], &[(&binary, 0)])?,
            bench.fill(2, &[(&binary, 0)], &[(&out, 1)])?,
            bench.fill(3, &[], &[(&binary, 0)])?,
        ])?;
        // The first job fails; the third does not, and its fence comes right behind.
        bench.signal(&wait, 1, Err(EIO))?;
        bench.drain();
        assert!(matches!(status(&binary, 0), Some(Ok(()))));
        assert!(matches!(status(&out, 1), Some(Err(err)) if err == ECANCELED));
        Ok(())
    }

    #[test]
    fn error_of_a_point_is_not_hidden_by_the_next() -> Result {
        let bench = Bench::new()?;
        let (wait, line, out) = (Syncobj::new()?, Syncobj::new()?, Syncobj::new()?);
        bench.submit(&[
            bench.fill(1, &[(&wait, 1)], &[(&line, 1)])?,
            bench.fill(2, &[], &[(&line, 2)])?,
            bench.fill(3, &[(&line, 1)], &[(&out, 1)])?,
        ])?;
        // Ends without being armed, so its fence has signalled when the point gets it.
        job::cancel_waiting(&bench.sched, ENODEV, None, |job| job.key().1 == 1);
        bench.drain();
        assert!(matches!(status(&out, 1), Some(Err(err)) if err == ECANCELED));
        Ok(())
    }

    #[test]
    fn timeline_can_begin_anew_after_a_reset() -> Result {
        let bench = Bench::new()?;
        let line = Syncobj::new()?;
        bench.submit(&[bench.fill(1, &[], &[(&line, 5)])?])?;
        line.replace_fence(&Fence::signaled());
        bench.submit(&[bench.fill(2, &[], &[(&line, 1)])?])?;
        bench.drain();
        Ok(())
    }

    #[test]
    fn closing_a_client_cancels_what_waits() -> Result {
        let bench = Bench::new()?;
        let (wait, out) = (Syncobj::new()?, Syncobj::new()?);
        bench.submit(&[bench.fill(1, &[(&wait, 1)], &[(&out, 1)])?])?;
        bench.jobs.close();
        assert!(matches!(status(&out, 1), Some(Err(err)) if err == ECANCELED));
        bench.drain();
        Ok(())
    }

    #[test]
    fn removing_the_member_ends_jobs() -> Result {
        let bench = Bench::new()?;
        let out = Syncobj::new()?;
        bench.dispatcher.remove();
        bench.submit(&[bench.fill(1, &[], &[(&out, 1)])?])?;
        bench.drain();
        assert!(matches!(status(&out, 1), Some(Err(err)) if err == ENODEV));
        Ok(())
    }

    #[test]
    fn closing_ends_what_waits_for_userspace() -> Result {
        let bench = Bench::new()?;
        let (wait, out) = (Syncobj::new()?, Syncobj::new()?);
        bench.submit(&[bench.fill(1, &[(&wait, 1)], &[(&out, 1)])?])?;
        bench.sched.close();
        assert!(matches!(status(&out, 1), Some(Err(err)) if err == ENODEV));
        assert!(matches!(bench.sched.enter(1), Err(err) if err == ENODEV));
        Ok(())
    }

    #[test]
    fn barriers_pass_errors_on() -> Result {
        let bench = Bench::new()?;
        let (wait, out) = (Syncobj::new()?, Syncobj::new()?);
        bench.submit(&[bench.job(Work::Barrier, LONG_NS, &[(&wait, 1)], &[(&out, 1)])?])?;
        bench.signal(&wait, 1, Err(EIO))?;
        bench.drain();
        assert!(matches!(status(&out, 1), Some(Err(err)) if err == ECANCELED));
        Ok(())
    }

    #[test]
    fn waits_have_an_end() -> Result {
        let bench = Bench::new()?;
        let (wait, out, next) = (Syncobj::new()?, Syncobj::new()?, Syncobj::new()?);
        bench.submit(&[
            bench.job(Work::Barrier, 1_000_000, &[(&wait, 1)], &[(&out, 1)])?,
            bench.job(Work::Barrier, LONG_NS, &[(&out, 1)], &[(&next, 1)])?,
        ])?;
        bench.drain();
        assert!(matches!(status(&out, 1), Some(Err(err)) if err == ETIME));
        assert!(matches!(status(&next, 1), Some(Err(err)) if err == ECANCELED));
        Ok(())
    }

    #[test]
    fn jobs_wait_at_a_closed_gate() -> Result {
        let bench = Bench::new()?;
        let (wait, out, next) = (Syncobj::new()?, Syncobj::new()?, Syncobj::new()?);
        bench.submit(&[bench.fill(1, &[(&wait, 1)], &[(&out, 1)])?])?;
        bench.sched.gate().close(0)?;
        bench.signal(&wait, 1, Ok(()))?;
        bench.submit(&[bench.fill(2, &[(&out, 1)], &[(&next, 1)])?])?;
        assert!(out.fence_at(1).is_none() && next.fence_at(1).is_none());
        bench.sched.wake();
        bench.drain();
        assert!(matches!(status(&out, 1), Some(Ok(()))));
        assert!(matches!(status(&next, 1), Some(Ok(()))));
        Ok(())
    }

    #[test]
    fn nothing_ends_while_the_gate_is_shut() -> Result {
        let bench = Bench::new()?;
        let (wait, late, gone) = (Syncobj::new()?, Syncobj::new()?, Syncobj::new()?);
        bench.submit(&[
            bench.job(Work::Barrier, 30_000_000, &[(&wait, 1)], &[(&late, 1)])?,
            bench.fill(1, &[(&wait, 1)], &[(&gone, 1)])?,
        ])?;
        bench.sched.gate().close(0)?;
        fsleep(Delta::from_millis(60));
        bench.dispatcher.remove();
        fsleep(Delta::from_millis(60));
        assert!(late.fence_at(1).is_none() && gone.fence_at(1).is_none());
        bench.sched.wake();
        bench.drain();
        // Late or gone: whichever is seen to first.
        assert!(matches!(status(&late, 1), Some(Err(err)) if err == ETIME || err == ENODEV));
        assert!(matches!(status(&gone, 1), Some(Err(err)) if err == ENODEV));
        Ok(())
    }

    #[test]
    fn what_is_late_ends_while_others_have_passed() -> Result {
        let bench = Bench::new()?;
        let (wait, out) = (Syncobj::new()?, Syncobj::new()?);
        bench.submit(&[bench.job(Work::Barrier, 30_000_000, &[(&wait, 1)], &[(&out, 1)])?])?;
        let passed = Gate::enter(&bench.sched);
        assert_eq!(bench.sched.gate().close(0), Err(EBUSY));
        bench.drain();
        assert!(matches!(status(&out, 1), Some(Err(err)) if err == ETIME));
        drop(passed);
        Ok(())
    }

    #[test]
    fn slots_of_jobs_in_flight() -> Result {
        let bench = Bench::new()?;
        let job = || bench.job(Work::Barrier, LONG_NS, &[], &[]);
        let (one, two, three) = (job()?, job()?, job()?);
        let mut flights = Flights::new(2)?;
        let first = flights.take_off(&one, 100, 1000).ok_or(EINVAL)?;
        let second = flights.take_off(&two, 110, 900).ok_or(EINVAL)?;
        assert!(!flights.has_room() && flights.take_off(&three, 120, 950).is_none());
        assert_eq!(flights.deadline_ns(), Some(900));

        // A slot is that of its job alone.
        assert!(!flights.submitted(first, &two, 5000));
        assert!(flights.submitted(first, &one, 5000));
        assert!(flights.land(second, &one, 200).is_none());

        // One that the driver does not take loses its slot, and nobody hangs.
        assert!(flights.overdue(899).is_none());
        let Some(Overdue::Lost(lost)) = flights.overdue(900) else {
            return Err(EINVAL);
        };
        assert!(lost.phase == Phase::Submitting);
        assert!(matches!(&lost.rider, Rider::Job(job) if Arc::ptr_eq(job, &two)));
        assert!(flights.has_room() && !flights.is_hung());
        assert!(flights.land(second, &two, 910).is_none());

        // One whose fence is late keeps it, until the fence comes.
        let Some(Overdue::Late(late)) = flights.overdue(5000) else {
            return Err(EINVAL);
        };
        assert!(Arc::ptr_eq(&late, &one));
        assert!(flights.is_hung() && flights.overdue(9000).is_none());
        assert_eq!(flights.deadline_ns(), None);
        let landed = flights.land(first, &one, 9000).ok_or(EINVAL)?;
        assert_eq!((landed.phase, landed.busy_from_ns), (Phase::Late, 100));
        assert!(!flights.is_hung() && flights.count() == 0);

        // What overlaps is counted once: the next was busy from when that one was over.
        let slot = flights.take_off(&two, 8000, 9999).ok_or(EINVAL)?;
        flights.submitted(slot, &two, 9999);
        let landed = flights.land(slot, &two, 9500).ok_or(EINVAL)?;
        assert_eq!(landed.busy_from_ns, 9000);
        Ok(())
    }

    #[test]
    fn long_chain_of_jobs_all_run() -> Result {
        const JOBS: u64 = 200;
        let bench = Bench::new()?;
        let line = Syncobj::new()?;
        // Each waits for the one before, and they arrive in reverse.
        for point in (2..=JOBS).rev() {
            let done = Syncobj::new()?;
            bench.submit(&[bench.fill(1, &[(&line, point)], &[(&done, 1)])?])?;
        }
        for point in 1..=JOBS {
            bench.signal(&line, point, Ok(()))?;
        }
        bench.drain();
        assert_eq!(bench.dispatcher.load().snapshot().done, JOBS - 1);
        Ok(())
    }
}

// SPDX-License-Identifier: GPL-2.0

//! A scheduler of its own with one member and one client, and jobs made for it as SUBMIT_WORKLOAD
//! makes them once it has decoded its arguments.

use crate::{
    client_jobs::ClientJobs,
    deadlines::Deadlines,
    dispatch::{
        Dispatcher,
        Placed, //
    },
    job::{
        self,
        Job,
        Publication,
        Setup,
        Task, //
    },
    mapped::Mapped,
    mappings::Mappable,
    run_queue::Level,
    scheduler::{
        Limits,
        Scheduler,
        Ticket, //
    },
    targets::Targets,
    timeline::{
        Armable,
        InPoint, //
    },
    work::Work, //
};
use kernel::{
    faux,
    module::this_module,
    prelude::*,
    sync::{
        aref::ARef,
        Arc,
        SetOnce, //
    }, //
};
use kernel_ext::{
    clock::monotonic_ns,
    dma_buf::{
        DmaBuf,
        Vmap, //
    },
    syncobj::Syncobj,
    system_buffer, //
};

/// See the module's description.
pub(super) struct Bench {
    sched: Arc<Scheduler>,
    dispatcher: Arc<Dispatcher>,
    jobs: Arc<ClientJobs>,
    dev: faux::Registration,
}

impl Bench {
    /// Makes one.
    pub(super) fn new() -> Result<Self> {
        let sched = Scheduler::new(Limits::of_module())?;
        Ok(Self {
            dispatcher: Dispatcher::new(1, sched.clone())?,
            jobs: ClientJobs::new(sched.clone())?,
            dev: faux::Registration::new(c"mvgal-bench", None)?,
            sched,
        })
    }

    /// The scheduler.
    pub(super) fn sched(&self) -> &Scheduler {
        &self.sched
    }

    /// Makes a buffer in system memory.
    pub(super) fn buffer(size: usize) -> Result<ARef<DmaBuf>> {
        system_buffer::alloc(this_module::<crate::Mvgal>(), size, None)
    }

    /// Maps a buffer.
    pub(super) fn map(&self, buffer: &ARef<DmaBuf>) -> Result<Arc<Vmap>> {
        let map = DmaBuf::vmap(buffer.clone(), self.dev.as_ref().as_ref())?;
        Ok(Arc::new(map, GFP_KERNEL)?)
    }

    /// The same, to read from.
    pub(super) fn source(&self, buffer: &ARef<DmaBuf>) -> Result<Mapped> {
        let memory = Mappable::new(buffer.clone(), None, None, self.dev.as_ref().as_ref())?;
        Ok(Mapped::new(memory, self.map(buffer)?))
    }

    /// The same, to write to.
    pub(super) fn target(&self, buffer: &ARef<DmaBuf>) -> Result<Targets> {
        let mut target = Targets::new();
        target.push(self.source(buffer)?)?;
        Ok(target)
    }

    fn job(&self, work: Work, after: Option<&ARef<Syncobj>>, ticket: Ticket) -> Result<Arc<Job>> {
        let placed = Placed::new(self.dispatcher.clone());
        let level = Level::new(5).ok_or(EINVAL)?;
        let slot = self.jobs.reserve_job(level)?;
        let mut ins = KVec::new();
        if let Some(syncobj) = after {
            ins.push(
                InPoint::new(&self.jobs, &self.jobs.sharing(), syncobj.clone(), 0)?,
                GFP_KERNEL_ACCOUNT,
            )?;
        }
        let task = Task {
            level,
            work,
            implicit_sync: false,
            report: None,
            timeout_ns: self.sched.limits().max_job_timeout_ns,
            submitted_ns: monotonic_ns(),
            passage: SetOnce::new(),
            _ticket: ticket,
        };
        let mut setup = Setup::new(&task, placed, slot, ins, KVec::new())?;
        // As drm_sched, which always has one.
        setup.publication = Publication::later()?;
        Job::new(&self.jobs, task, setup)
    }

    fn submit(&self, jobs: &[Arc<Job>]) -> Result {
        let mut armable = Armable::new();
        Deadlines::add(&self.sched, jobs)?;
        if let Err(err) = self.sched.timelines.register(jobs, &mut armable) {
            for job in jobs {
                self.sched.deadlines().remove(job);
            }
            return Err(err);
        }
        job::arm_all(armable);
        Ok(())
    }

    /// Submits a batch of empty jobs.
    pub(super) fn submit_empty(&self, count: usize) -> Result {
        let mut tickets = self.sched.enter(u64::try_from(count)?)?;
        let mut jobs = KVec::with_capacity(count, GFP_KERNEL_ACCOUNT)?;
        for _ in 0..count {
            let ticket = tickets.split().ok_or(EINVAL)?;
            jobs.push(self.job(Work::Barrier, None, ticket)?, GFP_KERNEL_ACCOUNT)?;
        }
        self.submit(&jobs)
    }

    /// Submits an empty job that waits for the fence of `syncobj`.
    pub(super) fn submit_after(&self, syncobj: &ARef<Syncobj>) -> Result {
        let ticket = self.sched.enter(1)?;
        self.submit(&[self.job(Work::Barrier, Some(syncobj), ticket)?])
    }

    /// Submits a job and waits until it is gone.
    pub(super) fn run(&self, work: Work) -> Result {
        let ticket = self.sched.enter(1)?;
        self.submit(&[self.job(work, None, ticket)?])?;
        self.sched.wait_idle();
        Ok(())
    }
}

impl Drop for Bench {
    fn drop(&mut self) {
        self.jobs.close();
        self.sched.close();
    }
}

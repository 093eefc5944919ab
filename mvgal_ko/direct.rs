// SPDX-License-Identifier: GPL-2.0

//! Direct dispatch: NATIVE jobs that go to their member's driver in the very ioctl that submits
//! them, with no job object in between.
//!
//! That is for jobs that wait for nothing, signal nothing and report nothing, whose fence is thus
//! the driver's alone, on a member where no NATIVE job waits for its turn: nothing could come
//! before them. The policies are those of all other jobs. A batch has slots for all of its jobs
//! before the first goes to the driver, or takes the common way; while one client's task submits,
//! the client's others queue up behind it ([`ClientQueue::begin`]); the time that the driver takes
//! is charged, late fences make the member hung, and what is in flight is listed and traced.
//!
//! What a job needs while it is in flight is kept by its slot, the callback on its fence included,
//! whose memory the next such job uses again. So nothing keeps the module but the slot: once the
//! member is gone, or mvgal, the slots are emptied, which ends the callbacks.

use kernel::{
    fmt,
    prelude::*,
    sync::{
        aref::ARef,
        Arc, //
    },
};

use kernel_ext::{
    clock::monotonic_ns,
    dma_fence::{
        Fence,
        FenceCallback,
        FenceWait, //
    },
    drm_file::IoctlArg,
    trace,
    uapi, //
};

use crate::{
    affinity::{
        Attachment,
        Client, //
    },
    args::{
        JobHeader,
        Target, //
    },
    client_jobs::ClientJobs,
    client_queue::ClientQueue,
    dispatch::{
        Dispatcher,
        Lane, //
    },
    flights::{
        Slot,
        MAX_SLOTS, //
    },
    gate::Passage,
    native::Command,
    obj_array,
    run_queue::Level, //
};

/// Most jobs that are over and whose memory is kept for the next ones.
pub(crate) const MAX_SPARE: usize = 2 * MAX_SLOTS as usize;

/// A job in flight that went to the driver directly.
pub(crate) struct Direct {
    /// What tells of its end. `None` while it is in the hands of who submits the job. Its callback
    /// is dropped first.
    pub(crate) wait: Option<FenceWait<Landing>>,
    id: u64,
    level: Level,
    timeout_ns: u64,
    queue: Arc<ClientQueue>,
    client: Arc<ClientJobs>,
    /// Keeps the file open that the driver has the job of.
    _attachment: Arc<Attachment>,
}

impl Direct {
    /// Its number, which no other job has.
    pub(crate) fn id(&self) -> u64 {
        self.id
    }

    /// Its priority.
    pub(crate) fn level(&self) -> Level {
        self.level
    }

    /// How long the driver may take, in ns.
    pub(crate) fn timeout_ns(&self) -> u64 {
        self.timeout_ns
    }

    /// The client's queue that it would have gone through.
    pub(crate) fn queue(&self) -> &Arc<ClientQueue> {
        &self.queue
    }

    fn key(&self) -> (u64, u64, u32, u32) {
        // CAST: There are few levels.
        let priority = self.level.index() as u32;
        let member = self.queue.dispatcher().member();
        (self.client.id(), self.id, member, priority)
    }

    /// Tells the tracepoint that it is over. May be called with interrupts off.
    pub(crate) fn tell(&self, started_ns: u64, finished_ns: u64, result: Result) {
        let (client, job, member, priority) = self.key();
        let error = result.err().map_or(0, Error::to_errno);
        trace::job_complete(
            client,
            job,
            member,
            priority,
            uapi::drm_mvgal_job_kind_DRM_MVGAL_JOB_NATIVE,
            started_ns,
            finished_ns,
            error,
        );
    }

    /// Counts it as over after `busy_ns`, among the client's jobs. May be called with interrupts
    /// off.
    pub(crate) fn count(&self, busy_ns: u64) {
        self.queue.add_busy_ns(busy_ns);
        self.client.note_ended(self.level);
        self.client.leave(self.level, 1);
    }

    /// Counts it as if it had never been.
    pub(crate) fn uncount(&self) {
        self.client.leave(self.level, 1);
    }

    /// What to say of it, which was dispatched at `started_ns`.
    pub(crate) fn summary(&self, started_ns: u64) -> Summary {
        let (client, job, member, priority) = self.key();
        Summary {
            client,
            job,
            member,
            priority,
            started_ns,
        }
    }
}

/// A job that went to the driver directly, to be put into words.
pub(crate) struct Summary {
    client: u64,
    job: u64,
    member: u32,
    priority: u32,
    started_ns: u64,
}

impl Summary {
    /// Writes a line.
    pub(crate) fn describe(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let age_ns = monotonic_ns().saturating_sub(self.started_ns);
        writeln!(
            f,
            "client {} job {} NATIVE priority {} member {}: in flight, {} us old",
            self.client,
            self.job,
            self.priority,
            self.member,
            age_ns / 1000,
        )
    }
}

/// What is called when the fence of such a job signals.
pub(crate) struct Landing {
    // Never the last reference: the dispatcher has the slot that this belongs to, and disarms the
    // callback before it goes.
    dispatcher: Arc<Dispatcher>,
    slot: Slot,
    id: u64,
}

impl FenceCallback for Landing {
    fn signaled(self, status: Result) {
        self.dispatcher
            .land_direct(self.slot, self.id, status, true);
    }
}

/// A job on its way to the driver.
#[derive(Default)]
pub(crate) struct Prepared {
    command: Option<Command>,
    arg: IoctlArg,
    timeout_ns: u64,
    id: u64,
    slot: Option<Slot>,
    /// What will tell of its end.
    wait: Option<FenceWait<Landing>>,
    /// A job that is over and whose memory it uses; the rest is to be dropped in a task.
    _old: Option<Direct>,
}

/// What became of a batch.
pub(crate) enum Dispatched {
    /// Nothing: it takes the common way.
    None,
    /// Its first jobs are with the driver, or over. The others take the common way: a signal for
    /// the task has interrupted the driver.
    Part(Rest),
    /// All of it is with the driver, or over.
    All,
}

/// The jobs of a batch that have not been dispatched.
pub(crate) struct Rest {
    /// How many were, before them.
    pub(crate) done: usize,
    count: usize,
    member: u32,
    level: Level,
}

impl Rest {
    /// Ends them with `error`, as the batch was taken.
    pub(crate) fn cancel(&self, client: &ClientJobs, error: Error) {
        // CAST: There are few levels.
        let (id, priority) = (client.id(), self.level.index() as u32);
        for _ in 0..self.count {
            let job = client.sched().next_job();
            trace::job_cancel(id, job, self.member, priority, error.to_errno());
            client.note_ended(self.level);
        }
    }
}

/// Dispatches the jobs of a batch directly, if that can be. Nothing was done if it fails.
///
/// # Errors
///
/// Those of the arguments, `EBUSY` if the client has too many jobs, `ENOMEM`.
pub(crate) fn dispatch(
    client: &Client,
    passage: &Passage,
    jobs: &uapi::drm_mvgal_obj_array,
) -> Result<Dispatched> {
    let Ok(layout) = obj_array::Layout::of::<uapi::drm_mvgal_job>(jobs, MAX_SLOTS) else {
        return Ok(Dispatched::None);
    };
    let mut place = None;
    if layout.count() == 1 {
        // Without allocating.
        let mut job = Prepared::default();
        if !job.prepare(client, &layout, 0, &mut place)? {
            return Ok(Dispatched::None);
        }
        return run(client, passage, place, core::slice::from_mut(&mut job));
    }

    // Batches of other jobs are not to pay for the memory. Of those that signal a point it is most
    // often the last job that does.
    for index in [0, layout.count().saturating_sub(1)] {
        if !stands_alone(&layout.read(index)?) {
            return Ok(Dispatched::None);
        }
    }
    let mut batch = KVec::with_capacity(layout.count(), GFP_KERNEL)?;
    for index in 0..layout.count() {
        batch.push(Prepared::default(), GFP_KERNEL)?;
        let Some(job) = batch.last_mut() else { break };
        if !job.prepare(client, &layout, index, &mut place)? {
            return Ok(Dispatched::None);
        }
    }
    run(client, passage, place, &mut batch)
}

/// Whether it is a NATIVE job that waits for nothing and signals nothing.
fn stands_alone(job: &uapi::drm_mvgal_job) -> bool {
    job.kind == uapi::drm_mvgal_job_kind_DRM_MVGAL_JOB_NATIVE
        && job.in_syncs.count | job.out_syncs.count == 0
}

/// Where the jobs of a batch go.
struct Place {
    attachment: Arc<Attachment>,
    level: Level,
}

/// Where the jobs of a batch come from.
pub(crate) struct Origin<'a> {
    /// The client.
    pub(crate) client: &'a Arc<ClientJobs>,
    /// The client's queue that they would have gone through.
    pub(crate) queue: &'a Arc<ClientQueue>,
    /// Their priority.
    pub(crate) level: Level,
}

/// Dispatches a batch that was checked.
fn run(
    client: &Client,
    passage: &Passage,
    place: Option<Place>,
    batch: &mut [Prepared],
) -> Result<Dispatched> {
    let Some(place) = place else {
        return Ok(Dispatched::None);
    };
    let dispatcher = place.attachment.dispatcher();
    let queue = client.jobs().queue(dispatcher, Lane::Native)?;
    let origin = Origin {
        client: client.jobs(),
        queue: &queue,
        level: place.level,
    };
    if !queue.begin(passage) {
        return Ok(Dispatched::None);
    }
    let taken_off = dispatcher.take_off_direct(&origin, batch);
    let done = match taken_off {
        Ok(true) => submit(dispatcher, &origin, batch),
        Ok(false) | Err(_) => 0,
    };
    // Its other jobs may have come meanwhile.
    queue.submit_here();
    Ok(match (taken_off?, done) {
        (false, _) | (true, 0) => Dispatched::None,
        (true, done) if done == batch.len() => Dispatched::All,
        (true, done) => Dispatched::Part(Rest {
            done,
            count: batch.len() - done,
            member: dispatcher.member(),
            level: place.level,
        }),
    })
}

/// Hands the jobs to the driver. Returns how many it did before a signal for the task interrupted
/// the driver; the others have left their slots again.
fn submit(dispatcher: &Arc<Dispatcher>, origin: &Origin<'_>, batch: &mut [Prepared]) -> usize {
    let mut done = 0;
    for job in batch.iter_mut() {
        let (Some(slot), Some(command)) = (job.slot, &job.command) else {
            break;
        };
        // While the driver was at those before, the time of this one may have run out, or its
        // member may be gone. Then it is over, or is so now.
        if done != 0 && !dispatcher.still_flies_direct(slot, job.id) {
            done += 1;
            continue;
        }
        let submitted = command.submit(&mut job.arg);
        if let Err(err) = submitted {
            let interrupted = err == ERESTARTSYS || err == EINTR;
            if interrupted && dispatcher.abort_direct(slot, job.id) {
                job.slot = None;
                break;
            }
        }
        let member = dispatcher.member();
        // CAST: There are few levels.
        let (client, priority) = (origin.client.id(), origin.level.index() as u32);
        trace::job_submit(
            client,
            job.id,
            uapi::drm_mvgal_job_kind_DRM_MVGAL_JOB_NATIVE,
            priority,
            member,
            job.timeout_ns,
        );
        trace::job_ready(client, job.id, member, priority);
        let sequence = dispatcher.sched().next_sequence();
        trace::job_dispatch(client, job.id, member, priority, sequence);
        match submitted {
            Ok(fence) => wait_for(dispatcher, job, slot, fence),
            Err(err) => dispatcher.land_direct(slot, job.id, Err(err), false),
        }
        done += 1;
    }
    for job in batch.iter_mut().skip(done) {
        if let Some(slot) = job.slot.take() {
            dispatcher.abort_direct(slot, job.id);
        }
    }
    done
}

/// Waits for the fence of a job that the driver has taken.
fn wait_for(dispatcher: &Arc<Dispatcher>, job: &mut Prepared, slot: Slot, fence: ARef<Fence>) {
    let Some(mut wait) = job.wait.take() else {
        return;
    };
    let landing = Landing {
        dispatcher: dispatcher.clone(),
        slot,
        id: job.id,
    };
    let signaled = wait.arm(fence.clone(), landing).err();
    // If the job has left its slot by now, the callback is ended here.
    drop(dispatcher.submitted_direct(slot, job.id, job.timeout_ns, wait));
    if let Some(landing) = signaled {
        landing.signaled(fence.status().unwrap_or(Ok(())));
    }
}

impl Prepared {
    /// Reads and checks a job of a batch, which is for the member at `place`, and has its priority,
    /// once that is known. Returns whether it need not take the common way.
    ///
    /// # Errors
    ///
    /// Those of the arguments.
    fn prepare(
        &mut self,
        client: &Client,
        batch: &obj_array::Layout,
        index: usize,
        place: &mut Option<Place>,
    ) -> Result<bool> {
        let args: uapi::drm_mvgal_job = batch.read(index)?;
        if !stands_alone(&args) {
            return Ok(false);
        }
        let header = JobHeader::new(&args)?;
        if header.report.is_some() {
            return Ok(false);
        }
        if place.is_none() {
            client.check_priority(header.level)?;
        }
        let Target::Member(member) = header.target else {
            return Err(EINVAL);
        };
        let place = match place {
            Some(place) => place,
            None => {
                let attachment = client.member(member)?;
                if !attachment.dispatcher().takes_direct(batch.count()) {
                    return Ok(false);
                }
                place.insert(Place {
                    attachment,
                    level: header.level,
                })
            }
        };
        // Of several members one would be idle and the other not; of several priorities one comes
        // before the other.
        if place.attachment.member().id() != member || place.level != header.level {
            return Ok(false);
        }
        let sched = client.jobs().sched();
        self.command = Some(Command::new(
            place.attachment.clone(),
            args.payload,
            args.payload_size,
            &mut self.arg,
        )?);
        self.timeout_ns = sched.timeout_ns(header.timeout_ns);
        self.id = sched.next_job();
        Ok(true)
    }

    /// Whether it lacks the memory of a callback.
    pub(crate) fn lacks_wait(&self) -> bool {
        self.wait.is_none()
    }

    /// Gives it the memory of a callback.
    pub(crate) fn give_wait(&mut self, wait: FenceWait<Landing>) {
        self.wait = Some(wait);
    }

    /// Lets it use what a job had that is over. Not to be done twice.
    pub(crate) fn reuse(&mut self, mut old: Direct) {
        self.wait = old.wait.take();
        self._old = Some(old);
    }

    /// The job as its slot has it. `None` if it has no command.
    pub(crate) fn direct(&self, origin: &Origin<'_>) -> Option<Direct> {
        Some(Direct {
            wait: None,
            id: self.id,
            level: origin.level,
            timeout_ns: self.timeout_ns,
            queue: origin.queue.clone(),
            client: origin.client.clone(),
            _attachment: self.command.as_ref()?.attachment().clone(),
        })
    }

    /// How long the driver may take, in ns.
    pub(crate) fn timeout_ns(&self) -> u64 {
        self.timeout_ns
    }

    /// Notes its slot.
    pub(crate) fn board(&mut self, slot: Option<Slot>) {
        self.slot = slot;
    }
}

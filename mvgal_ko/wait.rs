// SPDX-License-Identifier: GPL-2.0

//! WAIT_FENCE and SIGNAL_FENCE: points as seen from the CPU.

#![allow(
    unsafe_code,
    reason = "the list macros of the `kernel` crate expand to it"
)]

use kernel::{
    list::{
        impl_list_arc_safe,
        impl_list_item,
        AtomicTracker,
        ListLinks,
        TryNewListArc, //
    },
    new_condvar,
    new_spinlock_irq,
    prelude::*,
    sync::{
        aref::ARef,
        Arc,
        CondVar,
        CondVarTimeoutResult,
        SpinLockIrq, //
    },
    time::msecs_to_jiffies, //
};

use kernel_ext::{
    clock::monotonic_ns,
    dma_fence::{
        Fence,
        FenceCallback,
        FenceWait, //
    },
    syncobj::Syncobj,
    uapi, //
};

use crate::{
    args::{
        signal_error,
        Deadline, //
    },
    client_jobs::ClientJobs,
    file::File,
    job, obj_array,
    scheduler::Scheduler,
    timeline::{
        Armable,
        InPoint,
        OutPoint, //
    },
};

/// Most points in one WAIT_FENCE or SIGNAL_FENCE.
pub(crate) const MAX_WAITS: u32 = 4096;

/// Longest single sleep, in ms; a wait that is longer sleeps again. In between it looks whether the
/// fence of a driver was given up, of which nothing else would tell it.
const MAX_SLEEP_MS: u64 = 1000;

/// A WAIT_FENCE call that is under way, as those see it who it waits for.
#[pin_data]
pub(crate) struct Waiting {
    #[pin]
    links: ListLinks,
    #[pin]
    tracker: AtomicTracker,
    client: u64,
    #[pin]
    inner: SpinLockIrq<Events>,
    #[pin]
    changed: CondVar,
}

impl_list_arc_safe! {
    impl ListArcSafe<0> for Waiting {
        tracked_by tracker: AtomicTracker;
    }
}

impl_list_item! {
    impl ListItem<0> for Waiting {
        using ListLinks { self.links };
    }
}

struct Events {
    /// Points that got a fence since the task looked last. There is room for all of them.
    resolved: KVVec<(usize, ARef<Fence>)>,
    /// How many fences have signalled.
    signaled: usize,
    /// How many the task wants.
    wanted: usize,
    /// Why the task shall stop waiting, if so.
    stop: Option<Stop>,
}

/// Why a task shall stop waiting.
#[derive(Clone, Copy)]
enum Stop {
    /// mvgal goes away.
    Closing,
    /// Points have to be watched that need not be when the wait began.
    StartOver,
}

/// Tells a task that a fence has signalled.
struct Wake(Arc<Waiting>);

impl FenceCallback for Wake {
    fn signaled(self, _status: Result) {
        self.0.count_signaled();
    }
}

impl Waiting {
    fn new(client: u64, points: usize, wanted: usize) -> Result<Arc<Self>> {
        let events = Events {
            resolved: KVVec::with_capacity(points, GFP_KERNEL_ACCOUNT)?,
            signaled: 0,
            wanted,
            stop: None,
        };
        Arc::pin_init(
            pin_init!(Self {
                links <- ListLinks::new(),
                tracker <- AtomicTracker::new(),
                client,
                inner <- new_spinlock_irq!(events, "mvgal::Waiting"),
                changed <- new_condvar!("mvgal::Waiting::changed"),
            }),
            GFP_KERNEL_ACCOUNT,
        )
    }

    /// Notes that the task's point of that index has a fence now. It is to be woken up then.
    pub(crate) fn resolve(&self, index: usize, fence: ARef<Fence>) {
        let mut events = self.inner.lock();
        let full = events.resolved.push_within_capacity((index, fence));
        drop(events);
        // Each point gets one fence, so there is room; the fence must not be dropped locked.
        drop(full);
    }

    /// Wakes the task up.
    pub(crate) fn wake(&self) {
        self.changed.notify_all();
    }

    /// Makes the task give up: mvgal goes away.
    pub(crate) fn interrupt(&self) {
        self.inner.lock().stop = Some(Stop::Closing);
        self.changed.notify_all();
    }

    /// Makes the task begin its wait anew.
    pub(crate) fn start_over(&self) {
        self.inner.lock().stop.get_or_insert(Stop::StartOver);
        self.changed.notify_all();
    }

    /// The number of the client that waits.
    pub(crate) fn client(&self) -> u64 {
        self.client
    }

    fn count_signaled(&self) {
        let mut events = self.inner.lock();
        events.signaled += 1;
        let enough = events.signaled >= events.wanted;
        drop(events);
        if enough {
            self.changed.notify_all();
        }
    }
}

/// A point of a WAIT_FENCE call.
struct Awaited {
    fence: Option<ARef<Fence>>,
    _wait: Option<FenceWait<Wake>>,
}

impl Awaited {
    /// Waits for `fence`.
    fn arm(&mut self, fence: ARef<Fence>, waiting: &Arc<Waiting>) -> Result {
        self.fence = Some(fence.clone());
        if fence.is_signaled() {
            waiting.count_signaled();
            return Ok(());
        }
        let mut wait = FenceWait::new(GFP_KERNEL_ACCOUNT)?;
        if let Err(wake) = wait.arm(fence, Wake(waiting.clone())) {
            wake.signaled(Ok(()));
        }
        self._wait = Some(wait);
        Ok(())
    }
}

/// Points that a task waits for; taken out of the timelines when dropped.
struct Registered<'a> {
    sched: &'a Scheduler,
    points: KVVec<InPoint>,
}

impl Drop for Registered<'_> {
    fn drop(&mut self) {
        self.sched.timelines.unregister(&mut self.points);
    }
}

/// How a sleep ended.
enum Woken {
    /// Enough points have signalled.
    Done,
    /// The time is up.
    Late,
    /// See [`Stop::StartOver`].
    StartOver,
}

/// DRM_IOCTL_MVGAL_WAIT_FENCE. Sleeps, so it must not keep mvgal from being unplugged.
pub(crate) fn wait_fence(
    jobs: &Arc<ClientJobs>,
    data: &mut uapi::drm_mvgal_wait_fence,
    file: &kernel::drm::File<File>,
) -> Result<u32> {
    loop {
        let woken = match wait_for_one(jobs, data, file)? {
            Some(woken) => woken,
            None => wait_once(jobs, data, file)?,
        };
        match woken {
            Woken::Done => return Ok(0),
            Woken::Late => return Err(ETIME),
            Woken::StartOver => continue,
        }
    }
}

/// Waits for a single point of a timeline that has a fence: what most calls are about. Returns
/// `None` if it is something else.
fn wait_for_one(
    jobs: &ClientJobs,
    data: &mut uapi::drm_mvgal_wait_fence,
    file: &kernel::drm::File<File>,
) -> Result<Option<Woken>> {
    // Who waits for a binary syncobj may wait for the fence that a job will give it.
    if data.waits.count != 1 || data.flags & !uapi::DRM_MVGAL_WAIT_ANY != 0 {
        return Ok(None);
    }
    let deadline = Deadline::new(data.timeout_ns)?;
    let mut wait: uapi::drm_mvgal_fence_wait =
        obj_array::read_one(data.waits.array, data.waits.stride)?;
    if wait.flags != 0 || wait.point == 0 {
        return Ok(None);
    }
    let sched = jobs.sched();
    let given_up = sched.given_up();
    let syncobj = Syncobj::lookup(file, wait.handle)?;
    let Some(fence) = syncobj.fence_at(wait.point) else {
        return Ok(None);
    };

    let woken = loop {
        if fence.is_signaled() {
            break Woken::Done;
        }
        let Some(left_ms) = deadline.sleep_ms() else {
            break Woken::Late;
        };
        if fence.wait_interruptible_timeout(msecs_to_jiffies(left_ms))? {
            break Woken::Done;
        }
        if sched.is_closing() {
            return Err(ENODEV);
        }
        if sched.given_up() != given_up {
            return Ok(Some(Woken::StartOver));
        }
    };
    fill(&mut wait, Some(&fence));
    data.first_signaled = if wait.signaled != 0 { 0 } else { u32::MAX };
    obj_array::write(&data.waits, core::slice::from_ref(&wait))?;
    Ok(Some(woken))
}

/// Fills in what became of a point.
fn fill(wait: &mut uapi::drm_mvgal_fence_wait, fence: Option<&ARef<Fence>>) {
    let status = fence.and_then(|fence| fence.status());
    wait.signaled = u32::from(status.is_some());
    wait.error = match status {
        Some(Err(err)) => err.to_errno(),
        _ => 0,
    };
    wait.timestamp_ns = match (fence, status) {
        (Some(fence), Some(_)) => fence.timestamp_ns().unwrap_or(0),
        _ => 0,
    };
}

impl Deadline {
    /// How long to sleep next, in ms; `None` if the time is up.
    fn sleep_ms(self) -> Option<u32> {
        let left_ms = match self {
            Deadline::Never => MAX_SLEEP_MS,
            Deadline::At(deadline) => {
                // CAST: It is not negative.
                let left = (deadline as u64).saturating_sub(monotonic_ns());
                if left == 0 {
                    return None;
                }
                left.div_ceil(1_000_000).min(MAX_SLEEP_MS)
            }
        };
        // CAST: At most `MAX_SLEEP_MS`.
        Some(left_ms as u32)
    }
}

fn wait_once(
    jobs: &Arc<ClientJobs>,
    data: &mut uapi::drm_mvgal_wait_fence,
    file: &kernel::drm::File<File>,
) -> Result<Woken> {
    if data.flags & !uapi::DRM_MVGAL_WAIT_ANY != 0 || data.waits.count == 0 {
        return Err(EINVAL);
    }
    let deadline = Deadline::new(data.timeout_ns)?;
    let mut waits = obj_array::read::<uapi::drm_mvgal_fence_wait>(&data.waits, MAX_WAITS)?;
    let wanted = if data.flags & uapi::DRM_MVGAL_WAIT_ANY != 0 {
        1
    } else {
        waits.len()
    };

    let sched = jobs.sched();
    let _ticket = sched.enter(1)?;
    let given_up = sched.given_up();
    let mut registered = Registered {
        sched,
        points: KVVec::with_capacity(waits.len(), GFP_KERNEL_ACCOUNT)?,
    };
    let sharing = jobs.sharing();
    for wait in &waits {
        if wait.flags != 0 {
            return Err(EINVAL);
        }
        let syncobj = Syncobj::lookup(file, wait.handle)?;
        registered.points.push(
            InPoint::new(jobs, &sharing, syncobj, wait.point)?,
            GFP_KERNEL_ACCOUNT,
        )?;
    }

    let waiting = Waiting::new(jobs.id(), waits.len(), wanted)?;
    // Dropped before `waiting`, whose last reference must not be that of a callback.
    let mut awaited = KVVec::with_capacity(waits.len(), GFP_KERNEL_ACCOUNT)?;
    sched
        .timelines
        .register_task(&waiting, &mut registered.points);
    drop(sharing);
    // If mvgal is going away, it may have looked for tasks to interrupt too early.
    if sched.is_closing() {
        return Err(ENODEV);
    }
    for point in &registered.points {
        let mut new = Awaited {
            fence: None,
            _wait: None,
        };
        if let Some(fence) = point.fence() {
            new.arm(fence.clone(), &waiting)?;
        }
        awaited.push(new, GFP_KERNEL_ACCOUNT)?;
    }

    let changed = || sched.given_up() != given_up;
    let woken = sleep(&waiting, &mut awaited, wanted, deadline, changed)?;
    if let Woken::StartOver = woken {
        return Ok(woken);
    }

    data.first_signaled = u32::MAX;
    for (index, (wait, awaited)) in (0u32..).zip(waits.iter_mut().zip(&awaited)) {
        fill(wait, awaited.fence.as_ref());
        if wait.signaled != 0 && data.first_signaled == u32::MAX {
            data.first_signaled = index;
        }
    }
    obj_array::write(&data.waits, &waits)?;
    Ok(woken)
}

/// Sleeps until enough points have signalled, or `changed` says that points may have got another
/// fence.
fn sleep(
    waiting: &Arc<Waiting>,
    awaited: &mut [Awaited],
    wanted: usize,
    deadline: Deadline,
    changed: impl Fn() -> bool,
) -> Result<Woken> {
    loop {
        let mut events = waiting.inner.lock();
        while let Some((index, fence)) = events.resolved.pop() {
            drop(events);
            if let Some(awaited) = awaited.get_mut(index) {
                awaited.arm(fence, waiting)?;
            }
            events = waiting.inner.lock();
        }
        if events.signaled >= wanted {
            return Ok(Woken::Done);
        }
        match events.stop {
            Some(Stop::Closing) => return Err(ENODEV),
            Some(Stop::StartOver) => return Ok(Woken::StartOver),
            None if changed() => return Ok(Woken::StartOver),
            None => {}
        }
        let Some(left_ms) = deadline.sleep_ms() else {
            return Ok(Woken::Late);
        };
        let jiffies = msecs_to_jiffies(left_ms);
        if let CondVarTimeoutResult::Signal { .. } = waiting
            .changed
            .wait_interruptible_timeout(&mut events, jiffies)
        {
            return Err(ERESTARTSYS);
        }
    }
}

/// DRM_IOCTL_MVGAL_SIGNAL_FENCE.
pub(crate) fn signal_fence(
    jobs: &Arc<ClientJobs>,
    data: &mut uapi::drm_mvgal_signal_fence,
    file: &kernel::drm::File<File>,
) -> Result<u32> {
    if data.flags != 0 || data.pad != 0 || data.signals.count == 0 {
        return Err(EINVAL);
    }
    let signals = obj_array::read::<uapi::drm_mvgal_fence_signal>(&data.signals, MAX_WAITS)?;
    let sched = jobs.sched();

    let mut outs = KVVec::with_capacity(signals.len(), GFP_KERNEL_ACCOUNT)?;
    let mut fences = KVVec::with_capacity(signals.len(), GFP_KERNEL_ACCOUNT)?;
    for signal in &signals {
        let result = signal_error(signal.error)?.map_or(Ok(()), Err);
        let syncobj = Syncobj::lookup(file, signal.handle)?;
        outs.push(
            OutPoint::new(sched, syncobj, signal.point)?,
            GFP_KERNEL_ACCOUNT,
        )?;
        fences.push(Fence::signaled_with(result)?, GFP_KERNEL_ACCOUNT)?;
    }

    let mut armable = Armable::new();
    let signalled = sched.timelines.signal(&mut outs, &fences, &mut armable);
    job::arm_all(armable);
    signalled.map(|()| 0)
}

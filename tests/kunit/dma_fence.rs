// SPDX-License-Identifier: GPL-2.0

//! KUnit: the life cycle of fences of our own, and callbacks on fences.

use crate::{
    bindings,
    dma_fence::{
        DriverFence,
        Fence,
        FenceAlloc,
        FenceCallback,
        FenceContext, //
    },
    sched::cond_resched, //
};
use kernel::{
    prelude::*,
    str::CStrExt,
    sync::{
        atomic::{
            Acquire,
            Atomic,
            Relaxed,
            Release, //
        },
        Arc,
        Completion, //
    },
    time::{
        delay::udelay,
        Delta, //
    },
    workqueue::{
        impl_has_work,
        new_work,
        Work,
        WorkItem, //
    },
};

/// What a callback was told, and how often.
#[pin_data]
pub(crate) struct Observed {
    pub(crate) calls: Atomic<i32>,
    pub(crate) errno: Atomic<i32>,
    pub(crate) drops: Atomic<i32>,
    #[pin]
    pub(crate) called: Completion,
}

impl Observed {
    pub(crate) fn new() -> Result<Arc<Self>> {
        Arc::pin_init(
            pin_init!(Self {
                calls: Atomic::new(0),
                errno: Atomic::new(0),
                drops: Atomic::new(0),
                called <- Completion::new(),
            }),
            GFP_KERNEL,
        )
    }

    /// The number of calls and of destructions.
    pub(crate) fn counts(&self) -> (i32, i32) {
        (self.calls.load(Relaxed), self.drops.load(Relaxed))
    }
}

/// A callback that records that it was called.
pub(crate) struct Observer(pub(crate) Arc<Observed>);

impl FenceCallback for Observer {
    fn signaled(self, status: Result) {
        self.0
            .errno
            .store(status.map_or_else(Error::to_errno, |()| 0), Relaxed);
        self.0.calls.fetch_add(1, Relaxed);
        self.0.called.complete_all();
    }
}

impl Drop for Observer {
    fn drop(&mut self) {
        self.0.drops.fetch_add(1, Relaxed);
    }
}

/// A callback that takes its time.
struct SlowObserver(Observer);

impl FenceCallback for SlowObserver {
    fn signaled(self, status: Result) {
        udelay(Delta::from_micros(20));
        self.0.signaled(status);
    }
}

/// Where the two sides of a race meet.
#[derive(Clone, Copy, PartialEq, Eq)]
#[repr(i32)]
enum Stage {
    /// The worker does not run yet.
    Queued,
    /// The worker waits.
    Ready,
    /// The worker may go on.
    Go,
}

/// Signals a fence in a worker when told to.
#[pin_data]
struct SignalWork {
    #[pin]
    work: Work<SignalWork>,
    fence: DriverFence,
    stage: Arc<Atomic<i32>>,
}

impl_has_work! {
    impl HasWork<Self> for SignalWork { self.work }
}

impl SignalWork {
    fn new(fence: DriverFence, stage: Arc<Atomic<i32>>) -> Result<Pin<KBox<Self>>> {
        KBox::pin_init(
            pin_init!(Self {
                work <- new_work!("SignalWork"),
                fence,
                stage,
            }),
            GFP_KERNEL,
        )
    }
}

impl WorkItem for SignalWork {
    type Pointer = Pin<KBox<Self>>;

    fn run(this: Pin<KBox<Self>>) {
        this.stage.store(Stage::Ready as i32, Release);
        wait_for_stage(&this.stage, Stage::Go);
        // Dropping the fence signals it.
    }
}

fn wait_for_stage(stage: &Atomic<i32>, wanted: Stage) {
    while stage.load(Acquire) != wanted as i32 {
        cond_resched();
    }
}

pub(crate) fn context() -> FenceContext {
    FenceContext::new(c"mvgal", c"kunit")
}

pub(crate) fn pending() -> Result<DriverFence> {
    Ok(FenceAlloc::new(GFP_KERNEL)?.init(&context()))
}

/// The number of references to a fence.
pub(crate) fn references(fence: &Fence) -> i32 {
    // SAFETY: The fence is valid; nobody else uses it in these tests when this is called.
    unsafe { (*fence.as_raw()).refcount.refcount.refs.counter }
}

/// Whether the fence has been detached from the operations of its driver.
fn is_detached(fence: &Fence) -> bool {
    // SAFETY: The fence is valid; nobody else uses it in these tests when this is called.
    unsafe { (*fence.as_raw()).ops.is_null() }
}

/// The names that the C code shows for a fence.
fn names(fence: &Fence) -> (&CStr, &CStr) {
    // SAFETY: The fence is valid and pending for as long as these tests use the names, which are
    // static then.
    unsafe {
        (
            CStr::from_char_ptr(bindings::dma_fence_driver_name(fence.as_raw())),
            CStr::from_char_ptr(bindings::dma_fence_timeline_name(fence.as_raw())),
        )
    }
}

#[kunit_tests(mvgal_dma_fence)]
#[allow(unsafe_op_in_unsafe_fn)]
mod tests {
    use super::*;
    use crate::{
        dma_fence::{
            FenceWait,
            SignallingSection, //
        },
        workqueue::{
            OwnedQueue,
            QueueFlag, //
        },
    };
    use kernel::{
        sync::rcu,
        time::{
            Instant,
            Monotonic, //
        },
    };

    #[test]
    fn is_pending_until_signalled() -> Result {
        let before = Instant::<Monotonic>::now();
        let driver = pending()?;
        let fence = driver.fence();

        assert!(!fence.is_signaled());
        assert!(fence.status().is_none());
        assert!(fence.timestamp_ns().is_none());

        driver.signal(Ok(()));

        assert!(fence.is_signaled());
        assert!(fence.status() == Some(Ok(())));

        // The time lies between the beginning and the end of the test.
        let at = fence.timestamp_ns().ok_or(EINVAL)?;
        assert!(at > 0);
        let age = Instant::<Monotonic>::now() - before;
        let later = Fence::signaled_with(Ok(()))?.timestamp_ns().ok_or(EINVAL)?;
        assert!(later >= at);
        assert!(i128::from(later - at) <= i128::from(age.as_nanos()) + 1_000_000_000);
        Ok(())
    }

    #[test]
    fn carries_its_error() -> Result {
        let driver = pending()?;
        let fence = driver.fence();

        driver.signal(Err(EIO));
        assert!(fence.status() == Some(Err(EIO)));
        Ok(())
    }

    #[test]
    fn dropped_unsignalled_is_cancelled() -> Result {
        let driver = pending()?;
        let fence = driver.fence();

        drop(driver);
        assert!(fence.status() == Some(Err(ECANCELED)));
        Ok(())
    }

    #[test]
    fn signalled_needs_nothing_of_the_module() -> Result {
        let driver = pending()?;
        let fence = driver.fence();

        assert!(!is_detached(&fence));
        driver.signal(Ok(()));

        assert!(is_detached(&fence));
        assert_eq!(references(&fence), 1);
        Ok(())
    }

    #[test]
    fn has_names_while_pending() -> Result {
        let driver = pending()?;
        let fence = driver.fence();
        let guard = rcu::read_lock();

        let (driver_name, timeline_name) = names(&fence);
        assert!(driver_name == c"mvgal");
        assert!(timeline_name == c"kunit");

        drop(guard);
        Ok(())
    }

    #[test]
    fn contexts_number_their_fences() -> Result {
        let (one, other) = (context(), context());
        let a = FenceAlloc::new(GFP_KERNEL)?.init(&one).fence();
        let b = FenceAlloc::new(GFP_KERNEL)?.init(&one).fence();
        let c = FenceAlloc::new(GFP_KERNEL)?.init(&other).fence();

        // SAFETY: The fences are valid, and these fields do not change.
        let [a, b, c] = [&a, &b, &c]
            .map(|fence| unsafe { ((*fence.as_raw()).context, (*fence.as_raw()).seqno) });

        assert_eq!(a.0, b.0);
        assert!(b.1 > a.1);
        assert!(c.0 != a.0);
        Ok(())
    }

    #[test]
    fn unused_memory_is_freed() -> Result {
        // Nothing to see but by kmemleak and KASAN.
        drop(FenceAlloc::new(GFP_KERNEL)?);
        drop(FenceWait::<Observer>::new(GFP_KERNEL)?);
        Ok(())
    }

    #[test]
    fn always_signalled_one_has_no_time() {
        let stub = Fence::signaled();

        assert!(stub.status() == Some(Ok(())));
        assert!(stub.timestamp_ns().is_none());
        assert!(stub.same(&Fence::signaled()));
    }

    #[test]
    fn signalled_with_a_result() -> Result {
        let good = Fence::signaled_with(Ok(()))?;
        let bad = Fence::signaled_with(Err(ETIME))?;

        assert!(good.status() == Some(Ok(())));
        assert!(bad.status() == Some(Err(ETIME)));
        assert!(bad.timestamp_ns().is_some());
        assert!(!good.same(&bad));
        assert!(is_detached(&bad));
        assert_eq!(references(&bad), 1);
        Ok(())
    }

    #[test]
    fn callback_is_called_once() -> Result {
        let observed = Observed::new()?;
        let driver = pending()?;
        let fence = driver.fence();
        let mut wait = FenceWait::new(GFP_KERNEL)?;

        assert!(wait.arm(fence.clone(), Observer(observed.clone())).is_ok());
        assert_eq!(observed.counts(), (0, 0));

        driver.signal(Err(EIO));
        assert_eq!(observed.counts(), (1, 1));
        assert_eq!(observed.errno.load(Relaxed), EIO.to_errno());

        // The reference of the wait is dropped together with it, not by the callback.
        assert_eq!(references(&fence), 2);
        assert!(wait.disarm().is_none());
        assert_eq!(references(&fence), 1);
        drop(wait);
        assert_eq!(observed.counts(), (1, 1));
        Ok(())
    }

    #[test]
    fn callback_on_a_signalled_fence_comes_back() -> Result {
        let observed = Observed::new()?;
        let fence = Fence::signaled_with(Ok(()))?;
        let mut wait = FenceWait::new(GFP_KERNEL)?;

        let data = wait.arm(fence.clone(), Observer(observed.clone()));
        assert!(data.is_err());
        assert_eq!(observed.counts(), (0, 0));
        drop(data);
        assert_eq!(observed.counts(), (0, 1));
        assert_eq!(references(&fence), 1);
        assert!(wait.disarm().is_none());
        Ok(())
    }

    #[test]
    fn disarmed_callback_is_not_called() -> Result {
        let observed = Observed::new()?;
        let driver = pending()?;
        let mut wait = FenceWait::new(GFP_KERNEL)?;

        assert!(wait.disarm().is_none());
        assert!(wait.arm(driver.fence(), Observer(observed.clone())).is_ok());
        assert!(wait.disarm().is_some());
        assert!(wait.disarm().is_none());

        driver.signal(Ok(()));
        assert_eq!(observed.counts(), (0, 1));
        Ok(())
    }

    #[test]
    fn dropped_wait_is_disarmed() -> Result {
        let observed = Observed::new()?;
        let driver = pending()?;
        let fence = driver.fence();
        let mut wait = FenceWait::new(GFP_KERNEL)?;

        assert!(wait.arm(fence.clone(), Observer(observed.clone())).is_ok());
        drop(wait);
        assert_eq!(observed.counts(), (0, 1));
        assert_eq!(references(&fence), 2);

        driver.signal(Ok(()));
        assert_eq!(observed.counts(), (0, 1));
        Ok(())
    }

    #[test]
    fn wait_can_be_armed_again() -> Result {
        let (first, second) = (Observed::new()?, Observed::new()?);
        let (a, b, c) = (pending()?, pending()?, pending()?);
        let mut wait = FenceWait::new(GFP_KERNEL)?;

        // While armed on another fence.
        assert!(wait.arm(a.fence(), Observer(first.clone())).is_ok());
        assert!(wait.arm(b.fence(), Observer(second.clone())).is_ok());
        assert_eq!(first.counts(), (0, 1));
        a.signal(Ok(()));
        assert_eq!(second.counts(), (0, 0));
        b.signal(Ok(()));
        assert_eq!(second.counts(), (1, 1));

        // After it was called.
        assert!(wait.arm(c.fence(), Observer(first.clone())).is_ok());
        c.signal(Ok(()));
        assert_eq!(first.counts(), (1, 2));
        Ok(())
    }

    #[test]
    fn several_waits_on_one_fence() -> Result {
        let observed = Observed::new()?;
        let driver = pending()?;
        let mut waits = KVec::new();

        for _ in 0..3 {
            let mut wait = FenceWait::new(GFP_KERNEL)?;
            assert!(wait.arm(driver.fence(), Observer(observed.clone())).is_ok());
            waits.push(wait, GFP_KERNEL)?;
        }
        drop(waits.pop());
        driver.signal(Ok(()));
        assert_eq!(observed.counts(), (2, 3));
        Ok(())
    }

    #[test]
    fn signals_in_a_nested_section() -> Result {
        let driver = pending()?;
        let fence = driver.fence();

        let outer = SignallingSection::begin();
        let inner = SignallingSection::begin();
        driver.signal(Ok(()));
        drop(inner);
        drop(outer);

        assert!(fence.is_signaled());
        Ok(())
    }

    #[test]
    fn disarming_races_with_signalling() -> Result {
        const ROUNDS: i32 = 200;

        let observed = Observed::new()?;
        let queue = OwnedQueue::new(QueueFlag::Unbound, 0, fmt!("mvgal-kunit"))?;

        let mut returned = 0;

        for round in 0..ROUNDS {
            let driver = pending()?;
            let stage = Arc::new(Atomic::new(Stage::Queued as i32), GFP_KERNEL)?;
            let mut wait = FenceWait::new(GFP_KERNEL)?;
            let data = SlowObserver(Observer(observed.clone()));

            assert!(wait.arm(driver.fence(), data).is_ok());
            queue.enqueue(SignalWork::new(driver, stage.clone())?);
            wait_for_stage(&stage, Stage::Ready);

            stage.store(Stage::Go as i32, Release);
            udelay(Delta::from_micros(i64::from(round % 40)));

            // Either it was called or its data came back, and whoever had it is through with it.
            if round % 2 == 0 {
                returned += i32::from(wait.disarm().is_some());
                assert!(wait.disarm().is_none());
            }
            drop(wait);
            assert_eq!(observed.drops.load(Relaxed), round + 1);
        }

        // Nobody is called late.
        let calls = observed.calls.load(Relaxed);
        drop(queue);
        assert_eq!(observed.calls.load(Relaxed), calls);
        assert!(calls + returned <= ROUNDS);
        Ok(())
    }
}

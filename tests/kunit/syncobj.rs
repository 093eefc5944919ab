// SPDX-License-Identifier: GPL-2.0

//! KUnit: timelines of points, and watching for a fence to be attached.

use crate::{
    bindings,
    dma_fence::{
        DriverFence,
        Fence, //
    },
    dma_fence_chain::ChainNode,
    dma_fence_test::{
        pending,
        references,
        Observed,
        Observer, //
    },
    syncobj::Syncobj, //
};
use kernel::{
    prelude::*,
    sync::{
        Arc,
        Completion, //
    },
};

/// Adds a pending fence as a point.
fn add(syncobj: &Syncobj, point: u64) -> Result<DriverFence> {
    let driver = pending()?;

    syncobj.add_point(ChainNode::new()?, &driver.fence(), point);
    Ok(driver)
}

/// Whether a fence is the node of a point.
fn is_node_of(fence: &Fence, point: u64) -> bool {
    // SAFETY: The fence is valid, and these fields do not change.
    unsafe {
        bindings::mvgal_shim_dma_fence_is_chain(fence.as_raw()) && (*fence.as_raw()).seqno == point
    }
}

fn completion() -> Result<Arc<Completion>> {
    Arc::pin_init(Completion::new(), GFP_KERNEL)
}

#[kunit_tests(mvgal_syncobj)]
#[allow(unsafe_op_in_unsafe_fn)]
mod tests {
    use super::*;
    use crate::{
        dma_fence::{
            FenceWait,
            SignallingSection, //
        },
        syncobj::SyncobjWatcher, //
    };
    use kernel::{
        sync::atomic::Relaxed,
        time::{
            delay::fsleep,
            Delta,
            Instant,
            Monotonic, //
        },
    };

    #[test]
    fn new_one_is_empty() -> Result {
        let syncobj = Syncobj::new()?;

        assert!(syncobj.fence_at(0).is_none());
        assert!(syncobj.fence_at(1).is_none());
        assert_eq!(syncobj.last_point(), 0);
        assert_eq!(syncobj.address(), syncobj.clone().address());
        Ok(())
    }

    #[test]
    fn unused_node_is_freed() -> Result {
        // Nothing to see but by kmemleak and KASAN.
        drop(ChainNode::new()?);
        Ok(())
    }

    #[test]
    fn binary_fence_is_no_point() -> Result {
        let syncobj = Syncobj::new()?;
        let (first, second) = (pending()?.fence(), pending()?.fence());

        syncobj.replace_fence(&first);
        assert!(syncobj.fence_at(0).ok_or(EINVAL)?.same(&first));
        assert!(syncobj.fence_at(1).is_none());
        assert_eq!(syncobj.last_point(), 0);

        syncobj.replace_fence(&second);
        assert!(syncobj.fence_at(0).ok_or(EINVAL)?.same(&second));
        assert_eq!(references(&first), 1);

        drop(syncobj);
        assert_eq!(references(&second), 1);
        Ok(())
    }

    #[test]
    fn points_signal_with_their_fences() -> Result {
        let syncobj = Syncobj::new()?;
        let one = add(&syncobj, 1)?;
        let two = add(&syncobj, 2)?;

        assert_eq!(syncobj.last_point(), 2);
        assert!(syncobj.fence_at(3).is_none());
        let first = syncobj.fence_at(1).ok_or(EINVAL)?;
        let second = syncobj.fence_at(2).ok_or(EINVAL)?;
        assert!(is_node_of(&first, 1));
        assert!(is_node_of(&second, 2));
        assert!(syncobj.fence_at(0).ok_or(EINVAL)?.same(&second));

        let one_fence = one.fence();
        one.signal(Err(EIO));
        assert!(first.status() == Some(Err(EIO)));
        assert!(first.timestamp_ns() == one_fence.timestamp_ns());
        assert!(second.status().is_none());

        two.signal(Ok(()));
        assert!(second.status() == Some(Ok(())));
        Ok(())
    }

    #[test]
    fn point_waits_for_earlier_ones() -> Result {
        let syncobj = Syncobj::new()?;
        let one = add(&syncobj, 1)?;
        let two = add(&syncobj, 2)?;
        let second = syncobj.fence_at(2).ok_or(EINVAL)?;

        two.signal(Err(EIO));
        assert!(second.status().is_none());
        one.signal(Ok(()));
        assert!(second.status() == Some(Err(EIO)));
        Ok(())
    }

    #[test]
    fn skipped_point_is_the_next_one() -> Result {
        let syncobj = Syncobj::new()?;
        let _three = add(&syncobj, 3)?;
        let seven = add(&syncobj, 7)?;

        let second = syncobj.fence_at(2).ok_or(EINVAL)?;
        let fifth = syncobj.fence_at(5).ok_or(EINVAL)?;
        assert!(is_node_of(&second, 3));
        assert!(is_node_of(&fifth, 7));

        drop(seven);
        assert!(fifth.status().is_none());
        Ok(())
    }

    #[test]
    fn passed_point_is_forgotten() -> Result {
        let syncobj = Syncobj::new()?;

        add(&syncobj, 1)?.signal(Err(EIO));
        add(&syncobj, 2)?.signal(Ok(()));
        let _three = add(&syncobj, 3)?;

        // Its error is gone, and its time as well.
        let first = syncobj.fence_at(1).ok_or(EINVAL)?;
        assert!(first.same(&Fence::signaled()));
        assert!(first.status() == Some(Ok(())));
        assert!(first.timestamp_ns().is_none());
        Ok(())
    }

    #[test]
    fn point_without_work_has_no_time() -> Result {
        let syncobj = Syncobj::new()?;

        // As DRM_IOCTL_SYNCOBJ_TIMELINE_SIGNAL does it.
        let own = Fence::signaled_with(Ok(()))?;
        syncobj.add_point(ChainNode::new()?, &Fence::signaled(), 1);
        syncobj.add_point(ChainNode::new()?, &own, 2);
        let second = syncobj.fence_at(2).ok_or(EINVAL)?;
        assert!(second.timestamp_ns().is_some());

        syncobj.add_point(ChainNode::new()?, &Fence::signaled(), 3);
        let third = syncobj.fence_at(3).ok_or(EINVAL)?;
        assert!(third.is_signaled());
        assert!(third.timestamp_ns().is_none());
        Ok(())
    }

    #[test]
    fn passed_point_waits_for_earlier_ones() -> Result {
        let syncobj = Syncobj::new()?;
        let one = add(&syncobj, 1)?;
        let two = add(&syncobj, 2)?;
        let _three = add(&syncobj, 3)?;

        two.signal(Ok(()));
        let second = syncobj.fence_at(2).ok_or(EINVAL)?;
        assert!(second.status().is_none());
        one.signal(Ok(()));
        assert!(second.status() == Some(Ok(())));
        Ok(())
    }

    #[test]
    fn keeps_its_fences_and_no_longer() -> Result {
        let syncobj = Syncobj::new()?;
        let driver = add(&syncobj, 1)?;
        let fence = driver.fence();

        assert_eq!(references(&fence), 3);
        driver.signal(Ok(()));
        assert_eq!(references(&fence), 2);
        drop(syncobj);
        assert_eq!(references(&fence), 1);
        Ok(())
    }

    #[test]
    fn point_can_be_added_in_a_signalling_section() -> Result {
        let syncobj = Syncobj::new()?;
        let driver = pending()?;
        let node = ChainNode::new()?;
        let section = SignallingSection::begin();

        syncobj.add_point(node, &driver.fence(), 1);
        driver.signal(Ok(()));
        drop(section);
        assert!(syncobj.fence_at(1).ok_or(EINVAL)?.is_signaled());
        Ok(())
    }

    #[test]
    fn callback_on_a_point_gets_its_error() -> Result {
        let observed = Observed::new()?;
        let syncobj = Syncobj::new()?;
        let one = add(&syncobj, 1)?;
        let two = add(&syncobj, 2)?;
        let mut wait = FenceWait::new(GFP_KERNEL)?;

        let second = syncobj.fence_at(2).ok_or(EINVAL)?;
        assert!(wait.arm(second.clone(), Observer(observed.clone())).is_ok());

        two.signal(Err(EIO));
        assert_eq!(observed.counts(), (0, 0));
        one.signal(Ok(()));

        // Nodes signal in an interrupt of their own.
        observed.called.wait_for_completion();
        drop(wait);
        assert_eq!(observed.counts(), (1, 1));
        assert_eq!(observed.errno.load(Relaxed), EIO.to_errno());
        assert!(second.is_signaled());
        Ok(())
    }

    #[test]
    fn watcher_sees_a_fence_that_comes() -> Result {
        let syncobj = Syncobj::new()?;
        let (fifth, ninth) = (completion()?, completion()?);
        let (on_fifth, on_ninth) = (fifth.clone(), ninth.clone());

        let a = SyncobjWatcher::spawn(syncobj.clone(), 5, move || on_fifth.complete_all())?;
        let b = SyncobjWatcher::spawn(syncobj.clone(), 9, move || on_ninth.complete_all())?;
        fsleep(Delta::from_millis(20));

        // Below both: no more than a wake-up.
        let _two = add(&syncobj, 2)?;
        fsleep(Delta::from_millis(20));
        let _six = add(&syncobj, 6)?;
        fifth.wait_for_completion();
        let _nine = add(&syncobj, 9)?;
        ninth.wait_for_completion();

        // In the other order than they were made, after their threads have ended.
        drop(a);
        drop(b);
        Ok(())
    }

    #[test]
    fn watcher_sees_a_fence_that_is_there() -> Result {
        let syncobj = Syncobj::new()?;
        let _one = add(&syncobj, 1)?;
        let done = completion()?;
        let on_fence = done.clone();

        let _watcher = SyncobjWatcher::spawn(syncobj, 1, move || on_fence.complete_all())?;
        done.wait_for_completion();
        Ok(())
    }

    #[test]
    fn watcher_sees_a_binary_fence() -> Result {
        let syncobj = Syncobj::new()?;
        let done = completion()?;
        let on_fence = done.clone();

        let _watcher = SyncobjWatcher::spawn(syncobj.clone(), 0, move || on_fence.complete_all())?;
        syncobj.replace_fence(&Fence::signaled());
        done.wait_for_completion();
        Ok(())
    }

    #[test]
    fn watcher_stops_at_once() -> Result {
        let syncobj = Syncobj::new()?;

        for pause in [0, 1, 50] {
            let observed = Observed::new()?;
            let observer = Observer(observed.clone());
            let watcher = SyncobjWatcher::spawn(syncobj.clone(), 1, move || {
                observer.0.calls.fetch_add(1, Relaxed);
            })?;

            fsleep(Delta::from_millis(pause));
            let start = Instant::<Monotonic>::now();
            drop(watcher);

            // The wait by itself would take seconds.
            assert!((Instant::<Monotonic>::now() - start).as_millis() < 1000);
            assert_eq!(observed.counts(), (0, 1));
        }
        Ok(())
    }
}

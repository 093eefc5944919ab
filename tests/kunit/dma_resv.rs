// SPDX-License-Identifier: GPL-2.0

//! KUnit: locking reservation objects together, and the fences in them.

use crate::{
    bindings,
    dma_fence_test::{
        pending,
        references, //
    },
    dma_resv::{
        private::Sealed,
        HasResv,
        LockedResvs,
        Usage, //
    }, //
};
use core::ptr::NonNull;
use kernel::{
    prelude::*,
    sync::{
        atomic::{
            Atomic,
            Relaxed, //
        },
        Arc, //
    },
    types::Opaque,
    workqueue::{
        impl_has_work,
        new_work,
        Work,
        WorkItem, //
    },
};

/// A reservation object and nothing around it.
#[pin_data(PinnedDrop)]
struct Bare {
    #[pin]
    resv: Opaque<bindings::dma_resv>,
}

// SAFETY: Reservation objects may be used on any thread.
unsafe impl Send for Bare {}

// SAFETY: All that is done through a `&Bare` is to lock the object.
unsafe impl Sync for Bare {}

impl Bare {
    fn new() -> Result<Arc<Self>> {
        Arc::pin_init(
            pin_init!(Self {
                // SAFETY: The memory is valid and pinned.
                resv <- Opaque::ffi_init(|resv| unsafe { bindings::dma_resv_init(resv) }),
            }),
            GFP_KERNEL,
        )
    }
}

#[pinned_drop]
impl PinnedDrop for Bare {
    fn drop(self: Pin<&mut Self>) {
        // SAFETY: The object is initialised and not locked.
        unsafe { bindings::dma_resv_fini(self.resv.get()) };
    }
}

impl Sealed for Bare {}

// SAFETY: The object is part of `self`.
unsafe impl HasResv for Bare {
    fn resv(&self) -> NonNull<bindings::dma_resv> {
        // SAFETY: It is not NULL.
        unsafe { NonNull::new_unchecked(self.resv.get()) }
    }
}

/// Locks the same objects again and again, in an order of its own.
#[pin_data]
struct LockWork {
    #[pin]
    work: Work<LockWork>,
    objects: [Arc<Bare>; 3],
    locked: Arc<Atomic<i32>>,
}

impl_has_work! {
    impl HasWork<Self> for LockWork { self.work }
}

impl WorkItem for LockWork {
    type Pointer = Pin<KBox<Self>>;

    fn run(this: Pin<KBox<Self>>) {
        let [a, b, c] = &this.objects;

        for _ in 0..ROUNDS {
            if LockedResvs::lock(&[&**a, &**b, &**c, &**a]).is_ok() {
                this.locked.fetch_add(1, Relaxed);
            }
        }
    }
}

const ROUNDS: i32 = 300;

#[kunit_tests(mvgal_dma_resv)]
#[allow(unsafe_op_in_unsafe_fn)]
mod tests {
    use super::*;
    use crate::workqueue::{
        OwnedQueue,
        QueueFlag, //
    };

    fn is_locked(object: &Bare) -> bool {
        // SAFETY: The object is valid; an attempt to lock it may be made at any time, and is undone
        // if it succeeds.
        unsafe {
            let lock = &raw mut (*object.resv.get()).lock;

            if bindings::ww_mutex_trylock(lock, core::ptr::null_mut()) == 0 {
                return true;
            }
            bindings::ww_mutex_unlock(lock);
            false
        }
    }

    #[test]
    fn locks_and_unlocks() -> Result {
        let (a, b) = (Bare::new()?, Bare::new()?);

        let objects = [&*a, &*b];
        let locked = LockedResvs::lock(&objects)?;
        assert!(is_locked(&a));
        assert!(is_locked(&b));
        drop(locked);
        assert!(!is_locked(&a));
        assert!(!is_locked(&b));
        Ok(())
    }

    #[test]
    fn locks_nothing() -> Result {
        let locked = LockedResvs::<Bare>::lock(&[])?;

        assert!(locked.fences(0, Usage::Read, &mut KVec::new()) == Err(EINVAL));
        Ok(())
    }

    #[test]
    fn locks_what_is_named_twice_once() -> Result {
        let (a, b) = (Bare::new()?, Bare::new()?);

        drop(LockedResvs::lock(&[&*a, &*b, &*a, &*a, &*b])?);
        assert!(!is_locked(&a));
        assert!(!is_locked(&b));
        Ok(())
    }

    #[test]
    fn writers_wait_for_all_and_readers_for_writers() -> Result {
        let object = Bare::new()?;
        let objects = [&*object];
        let mut locked = LockedResvs::lock(&objects)?;
        let (reader, writer) = (pending()?, pending()?);
        let mut fences = KVec::new();

        locked.reserve(0)?;
        locked.reserve(0)?;
        locked.add(0, &reader.fence(), Usage::Read)?;
        locked.add(0, &writer.fence(), Usage::Write)?;

        locked.fences(0, Usage::Write, &mut fences)?;
        assert_eq!(fences.len(), 2);

        fences.clear();
        locked.fences(0, Usage::Read, &mut fences)?;
        assert_eq!(fences.len(), 1);
        assert!(fences[0].same(&writer.fence()));

        // What has signalled is not waited for.
        writer.signal(Ok(()));
        fences.clear();
        locked.fences(0, Usage::Read, &mut fences)?;
        assert_eq!(fences.len(), 0);
        Ok(())
    }

    #[test]
    fn readers_wait_for_the_kernel() -> Result {
        let object = Bare::new()?;
        let objects = [&*object];
        let mut locked = LockedResvs::lock(&objects)?;
        let (kernel, bookkeeping) = (pending()?, pending()?);
        let mut fences = KVec::new();

        locked.reserve(0)?;
        locked.reserve(0)?;
        // SAFETY: The object is locked and has room for two.
        unsafe {
            bindings::dma_resv_add_fence(
                object.resv.get(),
                kernel.fence().as_raw(),
                bindings::dma_resv_usage_DMA_RESV_USAGE_KERNEL,
            );
            bindings::dma_resv_add_fence(
                object.resv.get(),
                bookkeeping.fence().as_raw(),
                bindings::dma_resv_usage_DMA_RESV_USAGE_BOOKKEEP,
            );
        }

        for usage in [Usage::Read, Usage::Write] {
            fences.clear();
            locked.fences(0, usage, &mut fences)?;
            assert_eq!(fences.len(), 1);
            assert!(fences[0].same(&kernel.fence()));
        }
        Ok(())
    }

    #[test]
    fn fences_need_room() -> Result {
        let object = Bare::new()?;
        let objects = [&*object, &*object];
        let mut locked = LockedResvs::lock(&objects)?;
        let (first, second) = (pending()?, pending()?);

        assert!(locked.add(0, &first.fence(), Usage::Read) == Err(EINVAL));
        assert!(locked.add(2, &first.fence(), Usage::Read) == Err(EINVAL));
        assert!(locked.reserve(2) == Err(EINVAL));

        // Both names of an object use the same room, which grows with each.
        for i in 0..8 {
            locked.reserve(i % 2)?;
        }
        for i in 0..8 {
            let fence = if i == 0 {
                first.fence()
            } else {
                pending()?.fence()
            };
            locked.add(i % 2, &fence, Usage::Read)?;
        }
        assert!(locked.add(0, &second.fence(), Usage::Read) == Err(EINVAL));

        drop(locked);
        assert_eq!(references(&first.fence()), 3);
        drop(object);
        assert_eq!(references(&first.fence()), 2);
        Ok(())
    }

    #[test]
    fn opposite_orders_do_not_deadlock() -> Result {
        let (a, b, c) = (Bare::new()?, Bare::new()?, Bare::new()?);
        let queue = OwnedQueue::new(QueueFlag::Unbound, 0, fmt!("mvgal-kunit"))?;
        let locked = Arc::new(Atomic::new(0), GFP_KERNEL)?;

        for objects in [
            [a.clone(), b.clone(), c.clone()],
            [c.clone(), b.clone(), a.clone()],
            [b.clone(), c.clone(), a.clone()],
        ] {
            let locked = locked.clone();

            queue.enqueue(KBox::pin_init(
                pin_init!(LockWork {
                    work <- new_work!("LockWork"),
                    objects,
                    locked,
                }),
                GFP_KERNEL,
            )?);
        }
        drop(queue);

        assert_eq!(locked.load(Relaxed), 3 * ROUNDS);
        for object in [&a, &b, &c] {
            assert!(!is_locked(object));
        }
        Ok(())
    }
}

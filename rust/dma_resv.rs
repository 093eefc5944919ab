// SPDX-License-Identifier: GPL-2.0

//! Reservation objects, which hold the fences of the users of a buffer.
//!
//! C header: [`include/linux/dma-resv.h`](srctree/include/linux/dma-resv.h)

use crate::{
    bindings,
    dma_buf::DmaBuf,
    dma_fence::Fence, //
};
use core::ptr::NonNull;
use kernel::{
    error::to_result,
    ffi,
    prelude::*,
    sync::aref::ARef,
    types::{
        NotThreadSafe,
        Opaque, //
    },
};

/// What has a reservation object.
///
/// # Safety
///
/// [`HasResv::resv`] must return a pointer to an initialised `struct dma_resv`, always the same for
/// the same value, which is valid as long as the value is borrowed.
pub unsafe trait HasResv: private::Sealed {
    /// Returns the reservation object.
    #[doc(hidden)]
    fn resv(&self) -> NonNull<bindings::dma_resv>;
}

pub(crate) mod private {
    /// Keeps [`HasResv`](super::HasResv) from being implemented outside of this crate.
    pub trait Sealed {}
}

impl private::Sealed for DmaBuf {}

// SAFETY: The reservation object of a dma-buf never changes, and lives as long as the dma-buf does.
unsafe impl HasResv for DmaBuf {
    fn resv(&self) -> NonNull<bindings::dma_resv> {
        // SAFETY: A dma-buf always has a reservation object.
        unsafe { NonNull::new_unchecked(self.resv()) }
    }
}

/// How an access uses a buffer.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Usage {
    /// It writes: it waits for all who read or write, and all wait for it.
    Write,
    /// It reads: it waits for who writes, and who writes waits for it.
    Read,
}

impl Usage {
    /// The usage under which the fence of such an access is kept.
    fn own(self) -> bindings::dma_resv_usage {
        match self {
            Usage::Write => bindings::dma_resv_usage_DMA_RESV_USAGE_WRITE,
            Usage::Read => bindings::dma_resv_usage_DMA_RESV_USAGE_READ,
        }
    }

    /// The usage up to which such an access waits for others.
    fn awaited(self) -> bindings::dma_resv_usage {
        // SAFETY: The function has no requirements.
        unsafe { bindings::mvgal_shim_dma_resv_usage_rw(self == Usage::Write) }
    }
}

/// A reservation object that is locked by the [`LockedResvs`] it is in.
struct Locked {
    resv: NonNull<bindings::dma_resv>,
    /// How many fences there is room for, at least.
    reserved: u32,
}

/// Reservation objects of several buffers, locked together.
///
/// Buffers may share an object, and a buffer may be named twice. All are unlocked when this is
/// dropped.
///
/// # Invariants
///
/// - `ctx` was initialised by `ww_acquire_init()` for the current task.
/// - Each object in `locked` is valid for `'a`, is locked with `ctx`, is there once, and has room
///   for at least `reserved` more fences. No others are locked with `ctx`.
pub struct LockedResvs<'a, T: HasResv> {
    objects: &'a [&'a T],
    locked: KVec<Locked>,
    ctx: KBox<Opaque<bindings::ww_acquire_ctx>>,
    _not_thread_safe: NotThreadSafe,
}

impl<'a, T: HasResv> LockedResvs<'a, T> {
    /// Locks the reservation objects of all `objects`.
    ///
    /// May sleep, and is not interrupted by signals: a job whose time has come must not fail
    /// because of one. Fails with [`ENOMEM`].
    #[doc(alias = "dma_resv_lock")]
    pub fn lock(objects: &'a [&'a T]) -> Result<Self> {
        let locked = KVec::with_capacity(objects.len(), GFP_KERNEL)?;
        let ctx = KBox::new(Opaque::uninit(), GFP_KERNEL)?;

        // SAFETY: The memory of the context is valid and, as that of a `KBox` that is not given
        // away, stays where it is. The class is that of all reservation objects.
        unsafe {
            bindings::mvgal_shim_ww_acquire_init(ctx.get(), &raw mut bindings::reservation_ww_class)
        };

        // INVARIANT: The context was just initialised, and nothing is locked with it.
        let mut this = Self {
            objects,
            locked,
            ctx,
            _not_thread_safe: NotThreadSafe,
        };

        // Dropping `this` unlocks what was locked up to a failure.
        this.lock_all()?;
        Ok(this)
    }

    fn lock_all(&mut self) -> Result {
        let mut contended = None;

        'back_off: loop {
            if let Some(resv) = contended {
                // SAFETY: After an `-EDEADLK` for this object everything was unlocked.
                self.lock_one(resv, |resv, ctx| unsafe {
                    bindings::mvgal_shim_dma_resv_lock_slow(resv, ctx);
                    0
                })?;
            }

            for object in self.objects {
                let resv = object.resv();

                // SAFETY: There was no `-EDEADLK` since everything was unlocked last.
                match self.lock_one(resv, |resv, ctx| unsafe {
                    bindings::dma_resv_lock(resv, ctx)
                }) {
                    Err(EDEADLK) => {
                        self.unlock_all();
                        contended = Some(resv);
                        continue 'back_off;
                    }
                    // It is that of an earlier buffer, or the contended one.
                    Err(EALREADY) => {}
                    result => result?,
                }
            }

            return Ok(());
        }
    }

    /// Locks `resv`, which must be that of one of the objects, with `lock`.
    fn lock_one(
        &mut self,
        resv: NonNull<bindings::dma_resv>,
        lock: impl FnOnce(*mut bindings::dma_resv, *mut bindings::ww_acquire_ctx) -> ffi::c_int,
    ) -> Result {
        // Room first, so that nothing stays locked for want of it.
        self.locked.reserve(1, GFP_KERNEL)?;
        to_result(lock(resv.as_ptr(), self.ctx.get()))?;

        // INVARIANT: The object was just locked, and was not before, or there would have been an
        // `-EALREADY`. It is valid for `'a` because it is that of one of `objects`.
        self.locked.push(Locked { resv, reserved: 0 }, GFP_KERNEL)?;
        Ok(())
    }

    fn unlock_all(&mut self) {
        while let Some(locked) = self.locked.pop() {
            // SAFETY: By the type invariant, the object is valid and locked by the current task.
            unsafe { bindings::dma_resv_unlock(locked.resv.as_ptr()) };
        }
    }

    /// Finds the locked object of the buffer with index `i`.
    fn position(&self, i: usize) -> Result<usize> {
        let resv = self.objects.get(i).ok_or(EINVAL)?.resv();

        self.locked
            .iter()
            .position(|locked| locked.resv == resv)
            .ok_or(EINVAL)
    }

    /// Adds the pending fences to `fences` for which a new access of buffer `i` must wait.
    ///
    /// Fails with [`ENOMEM`], and with [`EINVAL`] if there is no such buffer.
    #[doc(alias = "dma_resv_for_each_fence")]
    pub fn fences(&self, i: usize, usage: Usage, fences: &mut KVec<ARef<Fence>>) -> Result {
        let resv = self.objects.get(i).ok_or(EINVAL)?.resv();
        let mut cursor = bindings::dma_resv_iter::default();

        // SAFETY: By the type invariant, the object is locked, as it is that of one of `objects`.
        let mut next = unsafe {
            bindings::mvgal_shim_dma_resv_iter_begin(&mut cursor, resv.as_ptr(), usage.awaited());
            bindings::dma_resv_iter_first(&mut cursor)
        };

        while let Some(ptr) = NonNull::new(next) {
            // SAFETY: The object has a reference to each of its fences, and nobody changes it while
            // it is locked.
            let fence = unsafe { ptr.cast::<Fence>().as_ref() };

            if !fence.is_signaled() {
                fences.push(fence.into(), GFP_KERNEL)?;
            }

            // SAFETY: As above; the cursor is that of this iteration.
            next = unsafe { bindings::dma_resv_iter_next(&mut cursor) };
        }

        Ok(())
    }

    /// Makes room for one more fence in the object of buffer `i`, for [`LockedResvs::add`].
    ///
    /// Fails with [`ENOMEM`], and with [`EINVAL`] if there is no such buffer.
    #[doc(alias = "dma_resv_reserve_fences")]
    pub fn reserve(&mut self, i: usize) -> Result {
        let position = self.position(i)?;
        let locked = self.locked.get_mut(position).ok_or(EINVAL)?;
        let reserved = locked.reserved.checked_add(1).ok_or(EINVAL)?;

        // SAFETY: By the type invariant, the object is valid and locked.
        to_result(unsafe { bindings::dma_resv_reserve_fences(locked.resv.as_ptr(), reserved) })?;

        // INVARIANT: There is room for that many now.
        locked.reserved = reserved;
        Ok(())
    }

    /// Adds `fence` to the object of buffer `i`, in room that [`LockedResvs::reserve`] made.
    ///
    /// Each call uses up the room for one. Does not allocate. Others may wait for the fence from
    /// here on, before the object is unlocked: the [`SignallingSection`] of the fence begins before
    /// this call. `fence` must not be a container of others.
    ///
    /// Fails with [`EINVAL`], and then adds nothing, if there is no such buffer or no room was
    /// made.
    ///
    /// [`SignallingSection`]: crate::dma_fence::SignallingSection
    #[doc(alias = "dma_resv_add_fence")]
    pub fn add(&mut self, i: usize, fence: &Fence, usage: Usage) -> Result {
        let position = self.position(i)?;
        let locked = self.locked.get_mut(position).ok_or(EINVAL)?;

        // INVARIANT: A fence takes up the room for one at most.
        locked.reserved = locked.reserved.checked_sub(1).ok_or(EINVAL)?;

        // SAFETY: By the type invariant, the object is valid, locked and has room for the fence,
        // which is valid; the function takes a reference of its own.
        unsafe { bindings::dma_resv_add_fence(locked.resv.as_ptr(), fence.as_raw(), usage.own()) };
        Ok(())
    }
}

impl<T: HasResv> Drop for LockedResvs<'_, T> {
    fn drop(&mut self) {
        self.unlock_all();

        // SAFETY: By the type invariant, the context is initialised, and nothing is locked with it
        // any more.
        unsafe { bindings::mvgal_shim_ww_acquire_fini(self.ctx.get()) };
    }
}

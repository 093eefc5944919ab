// SPDX-License-Identifier: GPL-2.0

//! DMA fences.
//!
//! Signalling a fence and looking at it are different rights, and so are different types here:
//!
//! - [`Fence`] is any fence of any driver. It is shared and reference-counted, and can be queried
//!   and waited for ([`FenceWait`]).
//! - [`DriverFence`] is the right to signal one fence of our own. There is one for each such fence;
//!   signalling consumes it, and dropping it signals the fence with `ECANCELED`, so that no fence
//!   is left pending.
//!
//! The contract of fences between drivers is described in
//! [`drivers/dma-buf/dma-fence.c`](srctree/drivers/dma-buf/dma-fence.c); code between the
//! publication of a fence and its signalling is to be marked with a [`SignallingSection`].
//!
//! C header: [`include/linux/dma-fence.h`](srctree/include/linux/dma-fence.h)

mod callback;
mod driver;

pub use self::callback::{
    FenceCallback,
    FenceWait, //
};
pub use self::driver::{
    DriverFence,
    FenceAlloc,
    FenceContext,
    UnloadBarrier, //
};

use crate::bindings;
use core::ptr::{
    self,
    NonNull, //
};
use kernel::{
    error::to_result,
    ffi::{
        c_int,
        c_long, //
    },
    fmt,
    prelude::*,
    str::CStrExt,
    sync::{
        aref::{
            ARef,
            AlwaysRefCounted, //
        },
        rcu, //
    },
    time::Jiffies,
    types::{
        NotThreadSafe,
        Opaque, //
    },
};

/// A fence of any driver.
///
/// Dropping the last reference may run the `release` operation of the driver that made the fence.
/// That is allowed in any context, except under the lock of the fence itself.
///
/// # Invariants
///
/// `self.0` is a valid, initialised `struct dma_fence` with a non-zero reference count.
#[repr(transparent)]
pub struct Fence(Opaque<bindings::dma_fence>);

// SAFETY: A fence may be used, and its last reference dropped, on any thread.
unsafe impl Send for Fence {}

// SAFETY: All that can be done through a `&Fence` is synchronised by the C code.
unsafe impl Sync for Fence {}

// SAFETY: Fences are always reference-counted; `dma_fence_get()` keeps them alive until the
// matching `dma_fence_put()`.
unsafe impl AlwaysRefCounted for Fence {
    fn inc_ref(&self) {
        // SAFETY: By the type invariant, the fence is valid and has a reference.
        unsafe { bindings::mvgal_shim_dma_fence_get(self.as_raw()) };
    }

    unsafe fn dec_ref(obj: NonNull<Self>) {
        // SAFETY: By the safety requirements of this function, there is a reference to give up.
        unsafe { bindings::mvgal_shim_dma_fence_put(obj.cast().as_ptr()) };
    }
}

impl Fence {
    /// Takes over a reference to a fence.
    ///
    /// # Safety
    ///
    /// `ptr` must point to an initialised fence, and the caller must own a reference to it, which
    /// it gives up.
    pub(crate) unsafe fn from_raw(ptr: NonNull<bindings::dma_fence>) -> ARef<Self> {
        // INVARIANT: The caller promises that the fence is valid and has a reference.
        // SAFETY: `Fence` is a transparent wrapper, and the caller passes its reference on.
        unsafe { ARef::from_raw(ptr.cast()) }
    }

    /// Returns the C fence.
    pub(crate) fn as_raw(&self) -> *mut bindings::dma_fence {
        self.0.get()
    }

    /// Returns a fence that has been signalled since the kernel started, without an error.
    #[doc(alias = "dma_fence_get_stub")]
    pub fn signaled() -> ARef<Self> {
        // SAFETY: The function has no requirements.
        let stub = unsafe { bindings::dma_fence_get_stub() };

        // SAFETY: The function returns a static, initialised fence, hence not NULL, and a reference
        // to it.
        unsafe { Self::from_raw(NonNull::new_unchecked(stub)) }
    }

    /// Returns a new fence that is already signalled, now and with `result`.
    ///
    /// Allocates with `GFP_KERNEL`; fails with [`ENOMEM`].
    pub fn signaled_with(result: Result) -> Result<ARef<Self>> {
        let context = FenceContext::new(c"signaled", c"signaled");
        let fence = FenceAlloc::new(GFP_KERNEL)?.init(&context);
        let shared = fence.fence();

        fence.signal(result);
        Ok(shared)
    }

    /// Returns whether the fence has signalled.
    ///
    /// This may find out that it has, and then runs its callbacks, under its lock: the caller must
    /// not hold the lock of an unsignalled fence, as callbacks of others do.
    #[doc(alias = "dma_fence_is_signaled")]
    pub fn is_signaled(&self) -> bool {
        // SAFETY: By the type invariant, the fence is valid.
        unsafe { bindings::mvgal_shim_dma_fence_is_signaled(self.as_raw()) }
    }

    /// Returns what became of the fence: [`None`] while it is pending, then its error, if any.
    ///
    /// Nodes of a `dma_fence_chain` carry no error of their own: the result is that of the fence
    /// which the node contains. The result of earlier nodes has no influence.
    ///
    /// The rule on context of [`Fence::is_signaled`] applies.
    pub fn status(&self) -> Option<Result> {
        self.is_signaled().then(|| {
            // SAFETY: The fence is signalled, as was just seen.
            unsafe { self.signaled_status() }
        })
    }

    /// Returns the result of a signalled fence, without taking locks.
    ///
    /// # Safety
    ///
    /// The fence must have signalled.
    unsafe fn signaled_status(&self) -> Result {
        // SAFETY: The contained fence is valid as long as `self` is, and a chain node signals only
        // after the fence that it contains did.
        to_result(unsafe { bindings::mvgal_shim_dma_fence_signaled_error(self.contained()) })
    }

    /// Returns when the fence signalled, in nanoseconds of `CLOCK_MONOTONIC`.
    ///
    /// [`None`] if it is pending or if nobody knows: the fence of [`Fence::signaled`], which stands
    /// for points whose own fence is long gone and for those that user space signals through the
    /// DRM core, has signalled when the kernel started. For a node of a `dma_fence_chain` it is the
    /// time of the fence that the node contains: that of the node may be as late as the first look
    /// at it.
    ///
    /// The rule on context of [`Fence::is_signaled`] applies.
    pub fn timestamp_ns(&self) -> Option<u64> {
        if !self.is_signaled() || self.contained() == Self::signaled().as_raw() {
            return None;
        }

        // SAFETY: The contained fence is valid as long as `self` is, and has signalled, since
        // `self` has.
        let ktime = unsafe { bindings::mvgal_shim_dma_fence_timestamp(self.contained()) };

        u64::try_from(ktime).ok()
    }

    /// Waits until the fence has signalled, for `jiffies` at most. Returns whether it has.
    ///
    /// Sleeps. Fails with [`ERESTARTSYS`] if a signal comes.
    #[doc(alias = "dma_fence_wait_timeout")]
    pub fn wait_interruptible_timeout(&self, jiffies: Jiffies) -> Result<bool> {
        // CAST: What does not fit is longer than anybody waits.
        let jiffies = core::cmp::min(jiffies, (c_long::MAX - 1) as Jiffies) as c_long;

        // SAFETY: By the type invariant, the fence is valid.
        let left = unsafe { bindings::dma_fence_wait_timeout(self.as_raw(), true, jiffies) };
        // CAST: An error is a small negative number.
        to_result(left.min(0) as c_int)?;
        Ok(left != 0)
    }

    /// Writes what tells a pending fence from others: the names of its driver and timeline, its
    /// context and its number. Nothing is written of one that has signalled.
    ///
    /// The rule on context of [`Fence::is_signaled`] applies.
    #[doc(alias = "dma_fence_describe")]
    pub fn describe(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        // The names of a pending fence may be those of a driver that goes away a grace period after
        // it has signalled.
        let _guard = rcu::read_lock();
        if self.is_signaled() {
            return Ok(());
        }
        let fence = self.contained();

        // SAFETY: The fence is valid as long as `self` is, and within this RCU read-side critical
        // section both functions return strings that stay.
        unsafe {
            let driver = <CStr as CStrExt>::from_char_ptr(bindings::dma_fence_driver_name(fence));
            let timeline =
                <CStr as CStrExt>::from_char_ptr(bindings::dma_fence_timeline_name(fence));
            write!(
                f,
                "{} {} {}:{}",
                driver.to_str().unwrap_or("?"),
                timeline.to_str().unwrap_or("?"),
                (*fence).context,
                (*fence).seqno
            )
        }
    }

    /// Returns whether both are the same fence.
    pub fn same(&self, other: &Self) -> bool {
        ptr::eq(self, other)
    }

    /// Returns the fence in a node of a `dma_fence_chain`, or the fence itself if it is no such
    /// node.
    ///
    /// That is what the point of a timeline was given. It may signal before earlier points do.
    #[doc(alias = "dma_fence_chain_contained")]
    pub fn unchained(&self) -> ARef<Self> {
        // SAFETY: The pointer is to a valid fence as long as `self` is.
        unsafe { &*self.contained().cast::<Self>() }.into()
    }

    /// Returns what is to be in the place of this fence of a syncobj if the fence `old` of `point`,
    /// 0 standing for a binary syncobj, shall be `new` instead; [`None`] if `old` is not there or
    /// has signalled.
    pub(crate) fn superseded(
        &self,
        point: u64,
        old: &Fence,
        new: &Fence,
    ) -> Result<Option<ARef<Fence>>> {
        if old.is_signaled() {
            return Ok(None);
        }
        if point == 0 {
            return Ok(self.same(old).then(|| new.into()));
        }

        // From the newest node to the oldest that has not signalled.
        let mut nodes: KVec<(u64, ARef<Fence>)> = KVec::new();
        let mut found = false;
        let mut next: Option<ARef<Fence>> = Some(self.into());
        while let Some(node) = next {
            // SAFETY: The fence is valid, and its number does not change after initialisation.
            let (is_node, seqno) = unsafe {
                (
                    bindings::mvgal_shim_dma_fence_is_chain(node.as_raw()),
                    (*node.as_raw()).seqno,
                )
            };
            if !is_node {
                break;
            }
            let contained = node.unchained();
            let hit = seqno == point && contained.same(old);
            found |= hit;
            nodes.push(
                (seqno, if hit { new.into() } else { contained }),
                GFP_KERNEL,
            )?;
            // SAFETY: The function takes the reference that it is given, and returns one, or NULL.
            next = unsafe {
                NonNull::new(bindings::dma_fence_chain_walk(
                    ARef::into_raw(node).as_ptr().cast(),
                ))
                .map(|ptr| Fence::from_raw(ptr))
            };
        }
        if !found {
            return Ok(None);
        }

        let mut head: Option<ARef<Fence>> = None;
        while let Some((seqno, fence)) = nodes.pop() {
            let node = crate::dma_fence_chain::ChainNode::new()?;
            head = Some(node.init(head, fence, seqno));
        }
        Ok(head)
    }

    /// Returns the fence in a chain node, or the fence itself if it is none.
    ///
    /// The pointer is valid as long as `self` is.
    fn contained(&self) -> *mut bindings::dma_fence {
        // SAFETY: By the type invariant, the fence is valid.
        unsafe { bindings::mvgal_shim_dma_fence_chain_contained(self.as_raw()) }
    }
}

/// Marks code that must be run through for a published fence to signal.
///
/// Lockdep then reports what such code must not do: take a `dma_resv` lock, allocate with more than
/// `GFP_ATOMIC`, or take locks under which others do so. Sections may be nested.
pub struct SignallingSection {
    cookie: bool,
    _not_thread_safe: NotThreadSafe,
}

impl SignallingSection {
    /// Begins a section, which ends when the value is dropped.
    #[doc(alias = "dma_fence_begin_signalling")]
    #[must_use = "the section ends when this is dropped"]
    pub fn begin() -> Self {
        Self {
            // SAFETY: The function has no requirements.
            cookie: unsafe { bindings::mvgal_shim_dma_fence_begin_signalling() },
            _not_thread_safe: NotThreadSafe,
        }
    }
}

impl Drop for SignallingSection {
    fn drop(&mut self) {
        // SAFETY: The cookie is that of the beginning of this section, on this thread.
        unsafe { bindings::mvgal_shim_dma_fence_end_signalling(self.cookie) };
    }
}

// SPDX-License-Identifier: GPL-2.0

//! DRM sync objects.
//!
//! A sync object holds a fence that can be replaced: a binary one, or the newest node of a timeline
//! of points. A point may have no fence yet; user space can wait for that as well.
//!
//! C header: [`include/drm/drm_syncobj.h`](srctree/include/drm/drm_syncobj.h)

mod watcher;

pub use self::watcher::SyncobjWatcher;

use crate::{
    bindings,
    dma_fence::Fence,
    dma_fence_chain::ChainNode, //
};
use core::ptr::{
    self,
    NonNull, //
};
use kernel::{
    drm,
    prelude::*,
    sync::aref::{
        ARef,
        AlwaysRefCounted, //
    },
    types::Opaque,
};

/// A DRM sync object.
///
/// All of it is for process context, dropping a reference included: its lock is not safe against
/// interrupts.
///
/// # Invariants
///
/// `self.0` is a valid `struct drm_syncobj` with a non-zero reference count.
#[repr(transparent)]
pub struct Syncobj(Opaque<bindings::drm_syncobj>);

// SAFETY: A sync object may be used, and its last reference dropped, on any thread.
unsafe impl Send for Syncobj {}

// SAFETY: All that can be done through a `&Syncobj` is synchronised by the C code.
unsafe impl Sync for Syncobj {}

// SAFETY: Sync objects are always reference-counted; `drm_syncobj_get()` keeps them alive until the
// matching `drm_syncobj_put()`.
unsafe impl AlwaysRefCounted for Syncobj {
    fn inc_ref(&self) {
        // SAFETY: By the type invariant, the object is valid and has a reference.
        unsafe { bindings::mvgal_shim_drm_syncobj_get(self.as_raw()) };
    }

    unsafe fn dec_ref(obj: NonNull<Self>) {
        // SAFETY: By the safety requirements of this function, there is a reference to give up.
        unsafe { bindings::mvgal_shim_drm_syncobj_put(obj.cast().as_ptr()) };
    }
}

impl Syncobj {
    /// Creates a sync object that no file knows, without a fence; fails with [`ENOMEM`].
    #[cfg(any(mvgal_bench, mvgal_kunit))]
    #[doc(alias = "drm_syncobj_create")]
    pub fn new() -> Result<ARef<Self>> {
        let mut syncobj = ptr::null_mut();

        // SAFETY: The function stores a new object and a reference to it, or fails.
        kernel::error::to_result(unsafe {
            bindings::drm_syncobj_create(&mut syncobj, 0, ptr::null_mut())
        })?;

        // SAFETY: See above; `Syncobj` is transparent.
        Ok(unsafe { ARef::from_raw(NonNull::new(syncobj).ok_or(EINVAL)?.cast()) })
    }

    /// Looks up the sync object of a handle of `file`; fails with [`ENOENT`].
    #[doc(alias = "drm_syncobj_find")]
    pub fn lookup<T: drm::file::DriverFile>(
        file: &drm::File<T>,
        handle: u32,
    ) -> Result<ARef<Self>> {
        // SAFETY: `drm::File` is a transparent wrapper of a `struct drm_file` and mutable inside.
        unsafe { Self::find(ptr::from_ref(file).cast_mut().cast(), handle) }
    }

    /// Looks up the sync object of a handle of `file`; fails with [`ENOENT`].
    ///
    /// # Safety
    ///
    /// `file` must be an open file of a driver that uses sync objects.
    pub(crate) unsafe fn find(file: *mut bindings::drm_file, handle: u32) -> Result<ARef<Self>> {
        // SAFETY: By the safety requirements of this function.
        let ptr = unsafe { bindings::drm_syncobj_find(file, handle) };

        // INVARIANT: The function returns a valid object and a reference to it.
        // SAFETY: As above; the reference is passed on.
        Ok(unsafe { ARef::from_raw(NonNull::new(ptr).ok_or(ENOENT)?.cast()) })
    }

    /// Returns the C object.
    pub(crate) fn as_raw(&self) -> *mut bindings::drm_syncobj {
        self.0.get()
    }

    /// Returns the fence that the object has at present.
    fn head(&self) -> Option<ARef<Fence>> {
        // SAFETY: By the type invariant, the object is valid.
        let ptr = unsafe { bindings::mvgal_shim_drm_syncobj_fence_get(self.as_raw()) };

        // SAFETY: The function returns a fence with a reference, or NULL.
        NonNull::new(ptr).map(|ptr| unsafe { Fence::from_raw(ptr) })
    }

    /// Returns the fence that signals when `point` is reached, or [`None`] if there is none yet.
    ///
    /// Point 0 stands for whatever fence the object has. For other points, a fence which is not
    /// part of a timeline does not count. [`Fence::signaled`] is returned for a point that was
    /// passed so that its own fence is forgotten, and with it its error and time.
    ///
    /// The fence is that of the point itself with two exceptions. For a point that nobody added it
    /// is that of the next one above. For a point whose own fence has signalled while that of an
    /// earlier point has not, it is the latter: a point is only reached when all before it are. In
    /// both cases [`Fence::status`] is that of the other point.
    #[doc(alias = "dma_fence_chain_find_seqno")]
    pub fn fence_at(&self, point: u64) -> Option<ARef<Fence>> {
        let mut fence = ARef::into_raw(self.head()?).as_ptr().cast();

        // SAFETY: `fence` points to a valid fence with a reference of ours. On success, the
        // function replaces it by one with a reference of ours or by NULL, and drops the old
        // reference. On failure it leaves both alone.
        let ret = unsafe { bindings::dma_fence_chain_find_seqno(&mut fence, point) };

        // SAFETY: See above.
        let fence = NonNull::new(fence).map(|fence| unsafe { Fence::from_raw(fence) });

        if ret != 0 {
            return None;
        }
        fence.or_else(|| Some(Fence::signaled()))
    }

    /// Returns the newest point of the timeline, or 0 if there is none.
    pub fn last_point(&self) -> u64 {
        let Some(head) = self.head() else {
            return 0;
        };

        // SAFETY: The fence is valid, and its number does not change after initialisation.
        unsafe {
            if bindings::mvgal_shim_dma_fence_is_chain(head.as_raw()) {
                (*head.as_raw()).seqno
            } else {
                0
            }
        }
    }

    /// Gives `point` its fence and tells those who wait for that. Does not allocate.
    ///
    /// `point` must be above [`Syncobj::last_point`] for those who wait for it to see the right
    /// fence. `fence` must not be a node of a chain itself: chains are not to be nested.
    #[doc(alias = "drm_syncobj_add_point")]
    pub fn add_point(&self, node: ChainNode, fence: &Fence, point: u64) {
        // SAFETY: The object and the fence are valid; the function takes a reference of its own to
        // the fence, and takes the memory of the node over.
        unsafe {
            bindings::drm_syncobj_add_point(self.as_raw(), node.into_raw(), fence.as_raw(), point)
        };
    }

    /// Gives the object another fence, in place of what it has, and tells those who wait for that.
    /// Does not allocate.
    #[doc(alias = "drm_syncobj_replace_fence")]
    pub fn replace_fence(&self, fence: &Fence) {
        // SAFETY: The object and the fence are valid; the function takes a reference of its own.
        unsafe { bindings::drm_syncobj_replace_fence(self.as_raw(), fence.as_raw()) };
    }

    /// Puts `new` in the place of the fence `old`, where `point` has that and it has not signalled.
    /// Other points keep theirs. Who waits for `old` already goes on to do so. Sleeps.
    ///
    /// # Errors
    ///
    /// `ENOMEM`.
    pub fn supersede(&self, point: u64, old: &Fence, new: &Fence) -> Result {
        while let Some(head) = self.head() {
            let Some(replacement) = head.superseded(point, old, new)? else {
                return Ok(());
            };
            // SAFETY: By the type invariant, the object is valid, and so are the fences; the
            // function takes a reference of its own to the second.
            let done = unsafe {
                bindings::mvgal_shim_drm_syncobj_cmpxchg_fence(
                    self.as_raw(),
                    head.as_raw(),
                    replacement.as_raw(),
                )
            };
            if done {
                return Ok(());
            }
            // Somebody else was faster, and may have added a point.
        }
        Ok(())
    }

    /// Whether nobody else has a reference, at this moment.
    pub fn is_unique(&self) -> bool {
        // SAFETY: By the type invariant, the object is valid. The counter is only read, at once.
        unsafe { (&raw const (*self.as_raw()).refcount.refcount.refs.counter).read_volatile() == 1 }
    }

    /// Returns the address of the object, by which it can be told from others while there is a
    /// reference to it.
    pub fn address(&self) -> usize {
        self.as_raw().addr()
    }
}

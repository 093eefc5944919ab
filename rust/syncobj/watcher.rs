// SPDX-License-Identifier: GPL-2.0

//! Waiting for a fence that another driver has yet to attach to a sync object.
//!
//! The one exported function that tells when that happens is `drm_syncobj_find_fence()`, which
//! blocks and looks the sync object up by a handle of a DRM file. So there is a kernel thread for
//! each watched point, and a DRM file for each that is not the one of any client.

use super::Syncobj;
use crate::{
    bindings,
    dma_fence::Fence, //
};
use core::{
    cell::UnsafeCell,
    ptr::{
        self,
        NonNull, //
    },
};
use kernel::{
    error::{
        from_err_ptr,
        to_result, //
    },
    ffi,
    prelude::*,
    str::CStrExt,
    sync::aref::ARef,
    time::{
        delay::fsleep,
        Delta, //
    },
    types::Opaque,
};

/// The handle of the sync object in a [`PrivateFile`].
///
/// The first slot of an XArray is the one that takes no allocation.
const HANDLE: u32 = 0;

/// A DRM file that has one sync object and is good for nothing else.
///
/// # Invariants
///
/// - `file` is zeroed, except for `syncobj_xa`, which is initialised and has nothing but
///   `_syncobj`, at [`HANDLE`].
struct PrivateFile {
    file: KBox<Opaque<bindings::drm_file>>,
    // Keeps what the file refers to.
    _syncobj: ARef<Syncobj>,
}

// SAFETY: The file is only used through `find_fence()`, which C code synchronises.
unsafe impl Send for PrivateFile {}

// SAFETY: As above.
unsafe impl Sync for PrivateFile {}

impl PrivateFile {
    fn new(syncobj: ARef<Syncobj>) -> Result<Self> {
        let file: KBox<Opaque<bindings::drm_file>> =
            KBox::init(pin_init::init_zeroed(), GFP_KERNEL)?;

        // SAFETY: `file` is valid; the address of the XArray is stable, as the file is in a box.
        let xa = unsafe { &raw mut (*file.get()).syncobj_xa };

        // SAFETY: `xa` is valid and not in use. The pointer that is stored is not tagged, since
        // sync objects are aligned to more than two bytes.
        to_result(unsafe {
            bindings::xa_init_flags(xa, 0);
            bindings::xa_err(bindings::xa_store(
                xa,
                HANDLE as usize,
                syncobj.as_raw().cast(),
                bindings::GFP_KERNEL,
            ))
        })?;

        // INVARIANT: The object was stored, and the rest of the file is zeroed.
        Ok(Self {
            file,
            _syncobj: syncobj,
        })
    }

    /// Waits a few seconds at most for `point` to have a fence.
    ///
    /// Fails with [`ETIME`], and with [`ERESTARTSYS`] if the thread is to stop.
    fn find_fence(&self, point: u64) -> Result<ARef<Fence>> {
        let mut fence = ptr::null_mut();

        // SAFETY: Of a DRM file, the function only uses `syncobj_xa`, to look up the handle; so
        // that of a `PrivateFile` will do, by its invariants. What it finds there is valid, as
        // `self._syncobj` is a reference to it.
        let ret = unsafe {
            bindings::drm_syncobj_find_fence(
                self.file.get(),
                HANDLE,
                point,
                u64::from(bindings::DRM_SYNCOBJ_WAIT_FLAGS_WAIT_FOR_SUBMIT),
                &mut fence,
            )
        };

        // A fence that comes together with the signal to stop is passed on although the function
        // fails.
        // SAFETY: With these flags, the function either leaves `fence` alone or stores a fence in
        // it with a reference of ours, or NULL.
        let fence = NonNull::new(fence).map(|fence| unsafe { Fence::from_raw(fence) });

        to_result(ret)?;
        fence.ok_or(EINVAL)
    }
}

impl Drop for PrivateFile {
    fn drop(&mut self) {
        // SAFETY: By the type invariant, the XArray is initialised; nobody else uses it any more.
        unsafe { bindings::xa_destroy(&raw mut (*self.file.get()).syncobj_xa) };
    }
}

/// What a thread works on.
struct Watch<F> {
    file: PrivateFile,
    point: u64,
    /// Only used by the thread while there is one.
    on_fence: UnsafeCell<Option<F>>,
}

// SAFETY: `on_fence` is used by one thread at a time, and is `Send`; the rest is `Sync`.
unsafe impl<F: Send> Sync for Watch<F> {}

/// Anything that can be dropped on any thread.
trait Droppable: Send {}

impl<T: Send> Droppable for T {}

/// A thread that waits for a point of a sync object to have a fence.
///
/// Dropping it ends the thread, without waiting for the fence. Must not be dropped by the function
/// that it calls.
///
/// # Invariants
///
/// `task` is a thread that [`SyncobjWatcher::spawn`] made, with a reference to it, and `_watch` is
/// what it works on.
pub struct SyncobjWatcher {
    task: NonNull<bindings::task_struct>,
    // Declared to be dropped after the thread has ended.
    _watch: KBox<dyn Droppable>,
}

// SAFETY: A thread may be stopped, and its reference dropped, by any other; `_watch` is `Send`.
unsafe impl Send for SyncobjWatcher {}

// SAFETY: There is nothing that can be done through a `&SyncobjWatcher`.
unsafe impl Sync for SyncobjWatcher {}

impl SyncobjWatcher {
    /// Calls `on_fence` once there is a fence for `point` (see [`Syncobj::fence_at`]).
    ///
    /// It is called in process context, in a thread of its own; or never, if the value that this
    /// returns is dropped first. Then it is dropped with that value.
    ///
    /// Fails with [`ENOMEM`], or with [`EINTR`] if the current task is being killed.
    #[doc(alias = "kthread_run")]
    pub fn spawn<F>(syncobj: ARef<Syncobj>, point: u64, on_fence: F) -> Result<Self>
    where
        F: FnOnce() + Send + 'static,
    {
        let watch = KBox::new(
            Watch {
                file: PrivateFile::new(syncobj)?,
                point,
                on_fence: UnsafeCell::new(Some(on_fence)),
            },
            GFP_KERNEL,
        )?;

        // SAFETY: `watch` is a valid `Watch<F>`, as `run::<F>` needs, until after the thread has
        // ended: it is dropped after `drop()` has stopped the thread, and it is not dropped at all
        // if the watcher is leaked. The format takes one string, which is copied.
        let task = from_err_ptr(unsafe {
            bindings::kthread_create_on_node(
                Some(run::<F>),
                ptr::from_ref::<Watch<F>>(&watch).cast_mut().cast(),
                bindings::NUMA_NO_NODE,
                c"%s".as_char_ptr(),
                c"mvgal-syncobj".as_char_ptr(),
            )
        })?;
        let task = NonNull::new(task).ok_or(ENOMEM)?;

        // SAFETY: The thread is valid until it runs for the first time, and afterwards because of
        // the reference that is taken here first.
        unsafe {
            bindings::get_task_struct(task.as_ptr());
            bindings::wake_up_process(task.as_ptr());
        }

        // INVARIANT: The thread was just made, the reference just taken.
        Ok(Self {
            task,
            _watch: watch,
        })
    }
}

impl Drop for SyncobjWatcher {
    fn drop(&mut self) {
        // SAFETY: By the type invariant, the thread was made by `kthread_create()` and there is a
        // reference to it, which is given up. The function makes the wait in the thread end, as if
        // by a signal, and returns when the thread runs no more code of this module.
        unsafe { bindings::kthread_stop_put(self.task.as_ptr()) };
    }
}

/// The function of the thread.
///
/// # Safety
///
/// `data` must point to a `Watch<F>` that stays valid until this returns, and of which nobody else
/// uses `on_fence` meanwhile.
unsafe extern "C" fn run<F: FnOnce()>(data: *mut ffi::c_void) -> ffi::c_int {
    // SAFETY: By the safety requirements.
    let watch = unsafe { &*data.cast::<Watch<F>>() };

    // SAFETY: The current task is a thread made by `kthread_create()`.
    while !unsafe { bindings::kthread_should_stop() } {
        match watch.file.find_fence(watch.point) {
            Ok(_) => {
                // SAFETY: By the safety requirements, nobody else uses it.
                if let Some(on_fence) = unsafe { (*watch.on_fence.get()).take() } {
                    on_fence();
                }
                break;
            }
            // Nothing yet.
            Err(ETIME) => {}
            // To stop, as the loop sees then. If there were ever another reason, it must not make
            // the loop spin.
            Err(_) => fsleep(Delta::from_millis(1)),
        }
    }
    0
}

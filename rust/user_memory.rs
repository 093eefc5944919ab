// SPDX-License-Identifier: GPL-2.0

//! Working in the memory of a process, as somebody else.
//!
//! C headers: [`include/linux/kthread.h`](srctree/include/linux/kthread.h),
//! [`include/linux/cred.h`](srctree/include/linux/cred.h)

use crate::{
    bindings,
    drm_file::DrmFile, //
};
use kernel::{
    current,
    mm::{
        Mm,
        MmWithUser, //
    },
    prelude::*,
    sync::aref::ARef, //
};

/// The memory of a process, which may be gone by now.
pub struct UserMemory(ARef<Mm>);

impl UserMemory {
    /// That of the current task. [`None`] in a kernel thread.
    pub fn of_current() -> Option<Self> {
        let current = current!();
        let mm: &Mm = current.mm()?;

        Some(Self(mm.into()))
    }

    /// Whether it is that of the current task.
    pub fn is_of_current(&self) -> bool {
        match current!().mm() {
            Some(mm) => core::ptr::eq::<Mm>(&**mm, &*self.0),
            None => false,
        }
    }

    /// Calls `f` in this memory, with the credentials of the opener of `file`. Sleeps.
    ///
    /// # Errors
    ///
    /// `ECANCELED` if the process has ended or runs another program by now, and `EINVAL` if the
    /// current task is no kernel thread or uses other memory already.
    #[doc(alias = "kthread_use_mm")]
    pub fn enter<R>(&self, file: &DrmFile, f: impl FnOnce() -> R) -> Result<R> {
        // SAFETY: The flags of the current task are changed by itself alone.
        let flags = unsafe { (*current!().as_ptr()).flags };
        if flags & bindings::PF_KTHREAD == 0 || current!().mm().is_some() {
            return Err(EINVAL);
        }
        let Some(mm) = self.0.mmget_not_zero() else {
            return Err(ECANCELED);
        };
        // To tear a process down takes long and may wait for anything.
        let mm = MmWithUser::into_mmput_async(mm);

        // SAFETY: The file is open, so that it has credentials, which it keeps as long as it is.
        let cred = unsafe { (*file.as_raw()).f_cred };
        // SAFETY: The memory has a user, this is a kernel thread, and it uses none. It stays with
        // the user until the function is undone below. The credentials are valid until then.
        let old = unsafe {
            bindings::kthread_use_mm(mm.as_raw());
            bindings::mvgal_shim_override_creds(cred)
        };
        let result = f();
        // SAFETY: This undoes the above.
        unsafe {
            bindings::mvgal_shim_revert_creds(old);
            bindings::kthread_unuse_mm(mm.as_raw());
        }
        Ok(result)
    }
}

// SPDX-License-Identifier: GPL-2.0

//! The dmem controller of cgroups: how much device memory a group of tasks may have.
//!
//! A kernel without `CONFIG_CGROUP_DMEM` limits nothing.
//!
//! C header: [`include/linux/cgroup_dmem.h`](srctree/include/linux/cgroup_dmem.h)

use crate::bindings;
use core::ptr;
use kernel::{
    error::{
        from_err_ptr,
        to_result, //
    },
    prelude::*,
    str::CStrExt,
    sync::Arc, //
};

/// A kind of memory that is charged to the groups of those who allocate it.
///
/// # Invariants
///
/// The pointer is to a registered region, or NULL where the kernel has none.
pub struct Region(*mut bindings::dmem_cgroup_region);

// SAFETY: The controller locks what it changes.
unsafe impl Send for Region {}

// SAFETY: As above.
unsafe impl Sync for Region {}

impl Region {
    /// Registers a region of `size` bytes, under the name that administrators see in `dmem.max`.
    ///
    /// # Errors
    ///
    /// `ENOMEM`.
    #[doc(alias = "dmem_cgroup_register_region")]
    pub fn new(name: &CStr, size: u64) -> Result<Arc<Self>> {
        // SAFETY: The name is a string, which is copied.
        let region = unsafe { bindings::mvgal_shim_dmem_register(size, name.as_char_ptr()) };

        // INVARIANT: It has just been registered.
        Ok(Arc::new(Self(from_err_ptr(region)?), GFP_KERNEL)?)
    }

    /// Registers a region for memory of the host, as large as that.
    ///
    /// # Errors
    ///
    /// `ENOMEM`.
    pub fn of_host_memory(name: &CStr) -> Result<Arc<Self>> {
        // SAFETY: There is no requirement.
        let pages = unsafe { bindings::mvgal_shim_totalram_pages() };
        // CAST: Widens.
        Self::new(name, pages as u64 * kernel::page::PAGE_SIZE as u64)
    }

    /// Charges `bytes` to the group of the current task, until the returned value is dropped. May
    /// sleep.
    ///
    /// # Errors
    ///
    /// `ENOSPC` if that is more than the group may have, `ENOMEM`.
    #[doc(alias = "dmem_cgroup_try_charge")]
    pub fn charge(this: &Arc<Self>, bytes: u64) -> Result<Charge> {
        let mut pool = ptr::null_mut();
        // SAFETY: By the type invariant; `pool` is there to be filled.
        let ret = unsafe { bindings::mvgal_shim_dmem_try_charge(this.0, bytes, &mut pool) };

        to_result(ret).map_err(|err| if err == EAGAIN { ENOSPC } else { err })?;
        // INVARIANT: It has just been charged.
        Ok(Charge {
            pool,
            bytes,
            _region: this.clone(),
        })
    }
}

impl Drop for Region {
    fn drop(&mut self) {
        // SAFETY: By the type invariant; each charge holds a reference, so that there is none.
        unsafe { bindings::mvgal_shim_dmem_unregister(self.0) };
    }
}

/// Memory that is charged to a group.
///
/// # Invariants
///
/// `bytes` are charged to `pool`, which is NULL where the kernel has no controller.
pub struct Charge {
    pool: *mut bindings::dmem_cgroup_pool_state,
    bytes: u64,
    _region: Arc<Region>,
}

// SAFETY: A charge may be given back by any task.
unsafe impl Send for Charge {}

// SAFETY: There is nothing that can be done with a shared reference.
unsafe impl Sync for Charge {}

impl Drop for Charge {
    fn drop(&mut self) {
        // SAFETY: By the type invariant.
        unsafe { bindings::mvgal_shim_dmem_uncharge(self.pool, self.bytes) };
    }
}

// SPDX-License-Identifier: GPL-2.0

//! What `/proc/PID/fdinfo` says of an open DRM file.
//!
//! `Documentation/gpu/drm-usage-stats.rst` has the keys.
//!
//! C header: [`include/drm/drm_print.h`](srctree/include/drm/drm_print.h)

use crate::bindings;
use core::ptr;
use kernel::{
    fmt,
    str::CStrExt, //
};

/// Where the lines of a file go.
///
/// # Invariants
///
/// The pointer is to a printer that is valid as long as the value is.
pub struct FdInfo(*mut bindings::drm_printer);

impl FdInfo {
    /// # Safety
    ///
    /// `printer` must be valid as long as the value is.
    pub(crate) unsafe fn new(printer: *mut bindings::drm_printer) -> Self {
        // INVARIANT: By the safety requirements.
        Self(printer)
    }

    /// Prints a line: the key, a colon, a tab and the value.
    #[doc(alias = "drm_printf")]
    pub fn line(&self, key: fmt::Arguments<'_>, value: fmt::Arguments<'_>) {
        // SAFETY: By the type invariant; `%pA` takes a pointer to `fmt::Arguments`, twice.
        unsafe {
            bindings::drm_printf(
                self.0,
                c"%pA:\t%pA\n".as_char_ptr(),
                ptr::from_ref(&key).cast::<core::ffi::c_void>(),
                ptr::from_ref(&value).cast::<core::ffi::c_void>(),
            )
        };
    }
}

// SPDX-License-Identifier: GPL-2.0

//! Bindings: those of the `kernel` crate, and generated ones for what they lack.

#![allow(
    clippy::all,
    unused_imports,
    dead_code,
    improper_ctypes,
    missing_docs,
    non_camel_case_types,
    non_snake_case,
    non_upper_case_globals,
    unreachable_pub,
    unsafe_op_in_unsafe_fn
)]
#![allow(clippy::undocumented_unsafe_blocks)]

mod raw {
    use kernel::{
        bindings::*,
        ffi, //
    };
    use pin_init::MaybeZeroable;

    include!(env!("MVGAL_BINDINGS"));
}

mod shims {
    use super::raw::*;
    use kernel::{
        bindings::*,
        ffi, //
    };

    include!(env!("MVGAL_SHIMS"));
}

pub(crate) use kernel::bindings::*;
pub(crate) use raw::*;
pub(crate) use shims::*;

// SPDX-License-Identifier: GPL-2.0

//! Buffers: the GEM objects of mvgal.

use crate::driver::{
    MvgalDevice,
    MvgalDriver, //
};
use kernel::{
    drm::gem,
    prelude::*, //
};

/// A buffer.
#[pin_data]
pub(crate) struct Buffer {}

impl gem::DriverObject for Buffer {
    type Driver = MvgalDriver;
    type Args = ();

    fn new(_dev: &MvgalDevice, _size: usize, _args: ()) -> impl PinInit<Self, Error> {
        try_pin_init!(Buffer {})
    }
}

// SPDX-License-Identifier: GPL-2.0

//! Open files of the mvgal device: one client each.

use crate::driver::{
    MvgalDevice,
    MvgalDriver, //
};
use kernel::{
    drm,
    prelude::*, //
};

/// What an open file of mvgal holds.
pub(crate) struct File {}

impl drm::file::DriverFile for File {
    type Driver = MvgalDriver;

    fn open(_dev: &MvgalDevice) -> Result<Pin<KBox<Self>>> {
        Ok(KBox::new(Self {}, GFP_KERNEL)?.into())
    }
}

// SPDX-License-Identifier: GPL-2.0

//! Open files of the mvgal device: one client each.

use crate::{
    affinity::Client,
    driver::{
        MvgalDevice,
        MvgalDriver, //
    },
};
use kernel::{
    drm,
    prelude::*,
    sync::Arc, //
};

/// What an open file of mvgal holds.
pub(crate) struct File {
    client: Arc<Client>,
}

impl File {
    /// Returns the client that the file stands for.
    pub(crate) fn client(&self) -> &Arc<Client> {
        &self.client
    }
}

impl drm::file::DriverFile for File {
    type Driver = MvgalDriver;

    fn open(dev: &MvgalDevice) -> Result<Pin<KBox<Self>>> {
        let client = Client::new(dev.members().clone())?;

        Ok(KBox::new(Self { client }, GFP_KERNEL)?.into())
    }
}

impl Drop for File {
    fn drop(&mut self) {
        self.client.jobs().close();
    }
}

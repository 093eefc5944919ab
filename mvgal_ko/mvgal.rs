// SPDX-License-Identifier: GPL-2.0

//! mvgal: the GPUs of different vendors as one logical device.

use kernel::prelude::*;

#[expect(dead_code)]
mod run_queue;

struct Mvgal;

impl kernel::Module for Mvgal {
    fn init(_module: &'static kernel::ThisModule) -> Result<Self> {
        pr_info!("{}\n", kernel_ext::uapi::DRM_MVGAL_UAPI_MAJOR);
        Ok(Mvgal)
    }
}

module! {
    type: Mvgal,
    name: "mvgal",
    authors: ["The mvgal developers"],
    description: "Multi-vendor GPU aggregation layer",
    license: "GPL",
}

// SPDX-License-Identifier: GPL-2.0

//! mvgal: the GPUs of different vendors as one logical device.

#![deny(unsafe_code)]

mod account;
mod affinity;
mod args;
mod buffer;
mod client_jobs;
mod client_queue;
mod copy_choice;
mod deadlines;
mod debugfs;
mod direct;
mod dispatch;
mod driver;
mod fdinfo;
mod file;
mod flights;
mod gate;
mod ioctls;
mod job;
mod mapped;
mod mappings;
mod member;
mod member_info;
mod member_table;
mod native;
mod obj_array;
mod placement;
mod plug;
mod presence;
mod query;
mod reach;
mod report;
mod run_queue;
mod scheduler;
mod set_gpu_affinity;
mod sleep;
mod submit;
mod targets;
mod timeline;
mod wait;
mod watch;
mod work;

#[cfg(mvgal_bench)]
#[path = "../benches/kernel/bench.rs"]
mod bench;
#[cfg(mvgal_kunit)]
#[path = "../tests/kunit/rng.rs"]
mod rng;
#[cfg(mvgal_kunit)]
#[path = "../tests/kunit/scheduler.rs"]
mod scheduler_test;

use crate::driver::MvgalDriver;
use kernel::{
    driver::Registration,
    platform,
    prelude::*,
    InPlaceModule,
    ModuleMetadata, //
};
use kernel_ext::{
    dma_fence::UnloadBarrier,
    platform::DeviceRegistration, //
};

#[pin_data]
struct Mvgal {
    // The device goes first, so that the driver is unbound by then.
    _device: DeviceRegistration,
    #[pin]
    _driver: Registration<platform::Adapter<MvgalDriver>>,
    // Last, when there are no fences of ours any more.
    _barrier: UnloadBarrier,
}

impl InPlaceModule for Mvgal {
    fn init(module: &'static ThisModule) -> impl PinInit<Self, Error> {
        #[cfg(mvgal_bench)]
        bench::run();

        try_pin_init!(Self {
            _driver <- Registration::new(<Self as ModuleMetadata>::NAME, module),
            _device: DeviceRegistration::new(<Self as ModuleMetadata>::NAME)?,
            _barrier: UnloadBarrier,
        })
    }
}

module! {
    type: Mvgal,
    name: "mvgal",
    authors: ["The mvgal developers"],
    description: "Multi-vendor GPU aggregation layer",
    license: "GPL",
    params: {
        max_job_timeout_ms: u32 {
            default: 60_000,
            description: "Longest time-out of a job in ms, and that of jobs that name none",
        },
        max_in_flight: u32 {
            default: 16,
            description: "Most NATIVE jobs that one member has in flight (1-64)",
        },
        max_client_bytes: u64 {
            default: 0,
            description: "Most bytes that one client may allocate in buffers; 0 for no limit",
        },
    },
}

// SPDX-License-Identifier: MIT OR Apache-2.0

//! The tests, one file a topic.

mod affinity;
mod affinity_bad;
mod alloc;
mod alloc_bad;
mod batches;
mod blobs;
mod caps;
mod core;
mod details;
mod direct;
mod engine;
mod fault;
mod fdinfo;
mod fences;
mod flags;
mod graph;
mod handles;
mod i915;
mod implicit;
mod jobs;
mod kill;
mod lazy;
mod limits;
mod mappings;
mod native;
mod node;
mod p2p;
mod payload_bad;
mod pinned;
mod query;
mod reach;
mod render;
mod replicated;
mod resources;
mod sched;
mod signal;
mod smoke;
mod submit_bad;
mod sync;
mod sync_bad;
mod timeout;
mod transfer;
mod unplugged;
mod users;
mod vendor_faults;
pub mod vendor_native;
mod vendors;
mod wait;
mod wait_bad;
mod ways;

use crate::harness::Test;

/// All tests, in the order in which they run.
pub fn all() -> Vec<Test> {
    [
        node::TESTS,
        query::TESTS,
        caps::TESTS,
        details::TESTS,
        affinity::TESTS,
        affinity_bad::TESTS,
        alloc::TESTS,
        alloc_bad::TESTS,
        flags::TESTS,
        lazy::TESTS,
        reach::TESTS,
        ways::TESTS,
        pinned::TESTS,
        replicated::TESTS,
        mappings::TESTS,
        limits::TESTS,
        handles::TESTS,
        jobs::TESTS,
        batches::TESTS,
        submit_bad::TESTS,
        sync_bad::TESTS,
        payload_bad::TESTS,
        sync::TESTS,
        fences::TESTS,
        wait::TESTS,
        wait_bad::TESTS,
        signal::TESTS,
        timeout::TESTS,
        sched::TESTS,
        native::TESTS,
        render::TESTS,
        resources::TESTS,
        blobs::TESTS,
        direct::TESTS,
        implicit::TESTS,
        core::TESTS,
        fdinfo::TESTS,
        vendors::TESTS,
        vendor_native::TESTS,
        i915::TESTS,
        engine::TESTS,
        transfer::TESTS,
        graph::TESTS,
        users::TESTS,
        kill::TESTS,
        smoke::TESTS,
        fault::TESTS,
        p2p::TESTS,
        unplugged::TESTS,
        vendor_faults::TESTS,
    ]
    .concat()
}

// SPDX-License-Identifier: GPL-2.0

//! `/proc/PID/fdinfo` of a client: the time that each member has spent on it, its memory there, and
//! its jobs at each level.
//!
//! `drm-pdev` is specified for PCI devices. Tools go by it to find the device that a client is of,
//! so it is the name of our platform device here.
//!
//! Besides the keys of `Documentation/gpu/drm-usage-stats.rst` there are three of our own:
//! `mvgal-level-N`, the jobs of that priority that are not over, and how many are;
//! `mvgal-memory-ID`, the memory that the client has allocated on the member of that id, or of the
//! host if it is 0, without what it has imported; and `mvgal-reach-NAME`, how many exports for a
//! member went that way.

use core::str::from_utf8;
use kernel::prelude::*;
use kernel_ext::{
    fdinfo::FdInfo,
    uapi, //
};

use crate::affinity::Client;

/// Name of the platform device that mvgal registers.
const DEVICE_NAME: &str = "mvgal";

/// Prints the lines of a client.
pub(crate) fn show(client: &Client, info: &FdInfo) {
    let jobs = client.jobs();
    info.line(fmt!("drm-pdev"), fmt!("{DEVICE_NAME}"));
    client.for_each_attached(|id, driver| {
        let busy_ns = jobs.busy_ns(id);
        let driver = from_utf8(driver).unwrap_or("member");
        info.line(fmt!("drm-engine-{driver}-{id}"), fmt!("{busy_ns} ns"));
    });
    let host_ns = jobs.busy_ns(uapi::DRM_MVGAL_MEMBER_HOST);
    info.line(fmt!("drm-engine-host"), fmt!("{host_ns} ns"));
    client.account().for_each(|home, bytes| {
        let kib = bytes >> 10;
        info.line(fmt!("mvgal-memory-{home}"), fmt!("{kib} KiB"));
    });
    for (name, exports) in client.reached().counts() {
        if exports != 0 {
            info.line(fmt!("mvgal-reach-{name}"), fmt!("{exports}"));
        }
    }
    for (level, (waiting, ended)) in jobs.levels().enumerate() {
        if waiting != 0 || ended != 0 {
            info.line(fmt!("mvgal-level-{level}"), fmt!("{waiting} {ended}"));
        }
    }
}

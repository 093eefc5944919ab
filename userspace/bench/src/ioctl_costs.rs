// SPDX-License-Identifier: MIT OR Apache-2.0

//! What the ioctls cost by themselves: an empty one, and submissions of jobs
//! that do next to nothing.

use std::os::fd::AsRawFd;

use mvgal::{Allocation, ioctls, sys};

use crate::Result;
use crate::client::{Batch, Client, Steps, Work};
use crate::clock;
use crate::figures::Figures;

/// Jobs of a large batch.
const JOBS: usize = 1000;

/// Measures them.
pub fn run(rounds: u32, figures: &mut Figures) -> Result<()> {
    let clock = clock::cost();
    let client = Client::open()?;
    let query = clock::median_of(rounds, || {
        let mut args = sys::drm_mvgal_query_capabilities::default();
        clock::time(clock, || {
            // SAFETY: the structure is valid and names no other memory.
            unsafe { ioctls::query_capabilities(client.fd().as_raw_fd(), &mut args) }?;
            Ok(())
        })
    })?;
    figures.add("ioctl_query", query)?;

    let buffer = client.device().alloc(&Allocation::linear(4096))?;
    let fill = Work::Fill(sys::drm_mvgal_fill {
        dst: buffer.handle(),
        pattern_size: 1,
        pattern: 0x5a,
        width: 8,
        height: 1,
        ..Default::default()
    });
    for (name, work) in [("barrier", Work::Barrier), ("fill", fill)] {
        for jobs in [1, JOBS] {
            let mut batch = Batch::new(work, jobs, sys::DRM_MVGAL_MEMBER_HOST);
            let mut steps = Steps::new(&client)?;
            let cost = clock::median_of(rounds, || {
                let done = steps.next();
                batch.signals(done);
                clock::time(clock, || {
                    client.submit(&batch)?;
                    client.wait(done)
                })
            })?;
            figures.add(format!("ioctl_{name}_{jobs}"), cost / jobs as u64)?;
        }
    }
    Ok(())
}

// SPDX-License-Identifier: MIT OR Apache-2.0

//! Buffers: what one costs when there are many.

use std::os::fd::AsRawFd;

use mvgal::{ioctls, sys};

use crate::Result;
use crate::client::Client;
use crate::clock;
use crate::figures::Figures;

/// Buffers that are alive meanwhile.
pub const ALIVE: [u64; 3] = [1, 100, 10_000];

/// Bytes of each.
const SIZE: u64 = 4096;

fn alloc(client: &Client) -> Result<u32> {
    let mut arg = sys::drm_mvgal_alloc_memory {
        size: SIZE,
        ..Default::default()
    };
    // SAFETY: The structure is valid and has no pointers.
    unsafe { ioctls::alloc_memory(client.fd().as_raw_fd(), &mut arg) }?;
    Ok(arg.handle)
}

fn free(client: &Client, handle: u32) -> Result<()> {
    let mut arg = sys::drm_mvgal_free_memory { handle, pad: 0 };
    // SAFETY: As above.
    unsafe { ioctls::free_memory(client.fd().as_raw_fd(), &mut arg) }?;
    Ok(())
}

/// Measures allocating and freeing a page of the host.
pub fn run(rounds: u32, figures: &mut Figures) -> Result<()> {
    let clock = clock::cost();
    let client = Client::open()?;
    let mut alive = 0;
    for count in ALIVE {
        while alive < count {
            // They are freed when the client is closed.
            alloc(&client)?;
            alive += 1;
        }
        let cost = clock::median_of(rounds, || {
            clock::time(clock, || free(&client, alloc(&client)?))
        })?;
        figures.add(format!("alloc_free_{count}"), cost)?;
    }
    Ok(())
}

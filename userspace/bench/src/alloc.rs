// SPDX-License-Identifier: MIT OR Apache-2.0

//! Buffers: what one costs when there are many.

use mvgal::sys;

use crate::Result;
use crate::client::Client;
use crate::clock;
use crate::figures::Figures;

/// Buffers that are alive meanwhile.
pub const ALIVE: [u64; 3] = [1, 100, 10_000];

/// Bytes of each.
const SIZE: u64 = 4096;

/// Measures allocating and freeing a page of the host.
pub fn run(rounds: u32, figures: &mut Figures) -> Result<()> {
    let clock = clock::cost();
    let client = Client::open()?;
    let alloc = || client.alloc(sys::DRM_MVGAL_MEMBER_HOST, SIZE, 0);
    let mut alive = 0;
    for count in ALIVE {
        while alive < count {
            // They are freed when the client is closed.
            alloc()?;
            alive += 1;
        }
        let cost = clock::median_of(rounds, || clock::time(clock, || client.free(alloc()?)))?;
        figures.add(format!("alloc_free_{count}"), cost)?;
    }
    Ok(())
}

// SPDX-License-Identifier: MIT OR Apache-2.0

//! COPY and FILL as a client sees them: the ioctl, the job, the wait.

use mvgal::{Allocation, sys};

use crate::Result;
use crate::client::{Batch, Client, Steps, Work};
use crate::clock;
use crate::figures::Figures;

/// Bytes of a transfer, as in benches/kernel/transfer.rs.
const SIZES: [u64; 6] = [64 << 10, 256 << 10, 1 << 20, 4 << 20, 16 << 20, 64 << 20];

/// Bytes moved for one figure, at least; and rounds, at most.
const BYTES: u64 = 256 << 20;

/// Measures them.
pub fn run(rounds: u32, figures: &mut Figures) -> Result<()> {
    let clock = clock::cost();
    let client = Client::open()?;
    for size in SIZES {
        let rounds = rounds.min((BYTES / size).max(3) as u32);
        let src = client.device().alloc(&Allocation::linear(size))?;
        let dst = client.device().alloc(&Allocation::linear(size))?;
        let copy = Work::Copy(sys::drm_mvgal_copy {
            src: src.handle(),
            dst: dst.handle(),
            width: size,
            height: 1,
            ..Default::default()
        });
        let fill = Work::Fill(sys::drm_mvgal_fill {
            dst: dst.handle(),
            pattern_size: 1,
            pattern: 0x5a,
            width: size,
            height: 1,
            ..Default::default()
        });
        for (name, work) in [("copy", copy), ("fill", fill)] {
            let mut batch = Batch::new(work, 1, sys::DRM_MVGAL_MEMBER_HOST);
            let mut steps = Steps::new(&client)?;
            let cost = clock::median_of(rounds, || {
                let done = steps.next();
                batch.signals(done);
                clock::time(clock, || {
                    client.submit(&batch)?;
                    client.wait(done)
                })
            })?;
            figures.add(format!("client_{name}_{}", size >> 10), cost)?;
        }
    }
    Ok(())
}

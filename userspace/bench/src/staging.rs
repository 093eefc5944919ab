// SPDX-License-Identifier: MIT OR Apache-2.0

//! Transfers between members through memory of the host: a copy up and a copy down, in
//! chunks, which the queues of two members make at the same time.

use mvgal::transfer::{By, Way};
use mvgal::{Allocation, Buffer, BufferFlags, Deadline, Device, Job, MemberId, Transfer};

use crate::Result;
use crate::clock;
use crate::figures::Figures;
use crate::vkms::Vkms;

/// KiB of a transfer.
pub const SIZES: [u64; 3] = [4 << 10, 16 << 10, 64 << 10];

/// How many chunks are under way, each of a MiB.
const SLOTS: usize = 8;

/// Rounds, at most: each moves up to 256 MiB.
const ROUNDS: u32 = 15;

/// Measures it, between two members made of vkms, by turns with what it is compared to: as
/// many bytes copied up and down at the same time, by one `memcpy()` each.
pub fn run(rounds: u32, figures: &mut Figures) -> Result<()> {
    let _vkms = [Vkms::new("source")?, Vkms::new("target")?];
    let device = Device::open()?;
    let members = device.members()?;
    let mut ids = Vec::new();
    for member in members.iter().filter(|member| member.driver == "vkms") {
        device.attach(member.id, &member.open()?)?;
        ids.push(member.id);
    }
    let &[.., from, to] = &ids[..] else {
        return Err("there are no two members of vkms".into());
    };
    for kib in SIZES {
        let size = kib << 10;
        let there = |id| {
            let flags = BufferFlags::GPU_VALID | BufferFlags::HOST_VALID;
            device.alloc(&Allocation::linear(size).member(id).flags(flags))
        };
        let (source, target) = (there(from)?, there(to)?);
        let host = || device.alloc(&Allocation::linear(size));
        let (up, down) = (host()?, host()?);
        let transfer = Transfer::new(&device, &source, &target).by(By::Staged);
        let mut transfer = transfer.slots(SLOTS).prepare()?;

        let (mut ours, mut theirs) = (Vec::new(), Vec::new());
        // The first round does not count: it touches the pages.
        for round in 0..=rounds.min(ROUNDS) {
            let start = clock::now();
            let done = transfer.run(Deadline::NEVER, |_| ())?;
            let staged = clock::now() - start;
            if !matches!(done.way, Way::Staged { .. }) || done.bytes != size {
                return Err(format!("{} bytes went {}", done.bytes, done.way).into());
            }
            let buffers = [&source, &up, &down, &target];
            let copied = overlapped(&device, buffers, [from, to])?;
            if round != 0 {
                ours.push(staged);
                theirs.push(copied);
            }
        }
        figures.add(format!("staged_{kib}"), clock::median(ours))?;
        figures.add(format!("overlapped_{kib}"), clock::median(theirs))?;
    }
    Ok(())
}

/// Copies from the first to the second and from the third to the fourth, each by one job in
/// the queue of a member, at the same time: until both have ended, in ns.
fn overlapped(device: &Device, buffers: [&Buffer; 4], queues: [MemberId; 2]) -> Result<u64> {
    let ends = [device.timeline()?, device.timeline()?];
    let job = |n: usize| {
        let job = Job::copy(buffers[2 * n], buffers[2 * n + 1]).member(queues[n]);
        job.signal(ends[n].point(1))
    };
    let batch = device.batch().job(job(0)).job(job(1));
    let start = clock::now();
    batch.submit()?;
    for end in &ends {
        end.wait(1, Deadline::NEVER)?;
    }
    Ok(clock::now() - start)
}

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

/// Rounds that count, at most: each moves up to 256 MiB.
const ROUNDS: u32 = 31;

/// As many times more rounds are made at most.
const AGAIN: u32 = 4;

/// Measures it, between two members made of vkms, by turns with what it is compared to: as
/// many bytes copied up and down at the same time, by one `memcpy()` each. A round counts if
/// that took the same time before and after it, but for an eighth: so the machine was as fast
/// for one as for the other.
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
        let mut transfer = transfer.prepare(Deadline::NEVER)?;
        let copied = || overlapped(&device, [&source, &up, &down, &target], [from, to]);

        let rounds = rounds.min(ROUNDS);
        let (mut ours, mut theirs) = (Vec::new(), Vec::new());
        let mut before = copied()?;
        for round in 0..=AGAIN * rounds {
            let start = clock::now();
            let done = transfer.run(Deadline::NEVER, |_| ())?;
            let staged = clock::now() - start;
            if !matches!(done.way, Way::Staged { .. }) || done.bytes != size {
                return Err(format!("{} bytes went {}", done.bytes, done.way).into());
            }
            let after = copied()?;
            // The first round does not count: it touches the pages.
            if round != 0 && before.abs_diff(after) <= before.min(after) / 8 {
                ours.push(staged);
                theirs.push(before.midpoint(after));
            }
            before = after;
            if ours.len() >= rounds as usize {
                break;
            }
        }
        if ours.is_empty() {
            return Err("two runs in a row never took the same time".into());
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

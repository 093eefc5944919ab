// SPDX-License-Identifier: MIT OR Apache-2.0

//! Buffers in amdgpu's VRAM that nouveau imports: it follows no moves, so that the buffer is pinned in
//! GTT for as long as it has it. To map a buffer into the kernel, for a job of the CPU, pins it, too.

use crate::check::noise;
use crate::check::same;
use crate::client::Buffer;
use crate::client::PAGE;
use crate::client::text;
use crate::harness::suite;
use crate::job::Job;
use crate::lab::Attached;
use crate::lab::Lab;
use crate::lab::Need;
use crate::raw;
use crate::sys::*;
use crate::vendor::read_fault;
use std::os::fd::AsFd;

suite! {
    copied_while_it_is_imported [AMDGPU, NOUVEAU];
    imported_after_a_job [AMDGPU, NOUVEAU] in 60;
}

const AMDGPU: Need = Need::Driver("amdgpu");
const NOUVEAU: Need = Need::Driver("nouveau");

const SIZE: u64 = 8 * PAGE;
const OWN: u32 = DRM_MVGAL_BUFFER_GPU_VALID | DRM_MVGAL_BUFFER_DMA_BUF;

/// A new buffer, which is in amdgpu's VRAM.
fn in_vram(lab: &Lab, client: &Attached, flags: u32) -> Buffer {
    let amdgpu = lab.member("amdgpu");
    let used = || read_fault(&text(&amdgpu.bus_address), "vram_used");
    let before = used();
    let buffer = client.alloc_flags(amdgpu.id, SIZE, flags);
    assert_eq!(used() - before, SIZE, "bytes of VRAM");
    buffer.expect("ALLOC_MEMORY")
}

/// Imports a buffer where it is into nouveau's file.
fn import(lab: &Lab, client: &Attached, buffer: &Buffer) -> raw::Result<u32> {
    let nouveau = lab.member("nouveau").id;
    let exported = client.export_for(buffer.handle, nouveau, 0);
    let exported = exported.expect("EXPORT_DMABUF for nouveau");
    assert_eq!(exported.reach, DRM_MVGAL_REACH_IMPORT);
    client.file(nouveau).prime_import(exported.fd.as_fd())
}

fn copied_while_it_is_imported(lab: &Lab) {
    for flags in [OWN, OWN | DRM_MVGAL_BUFFER_HOST_VALID] {
        let client = lab.attached();
        let buffer = in_vram(lab, &client, flags);
        import(lab, &client, &buffer).expect("PRIME_FD_TO_HANDLE");
        let (from, to) = (client.alloc(HOST, SIZE), client.alloc(HOST, SIZE));
        let data = noise(SIZE as usize, u64::from(flags));
        client.map(&from).write_at(0, &data);
        client.run(Job::copy(&from, &buffer));
        client.run(Job::copy(&buffer, &to));
        same(&client.map(&to).read(), &data, "copied there and back");
        client.run(Job::fill(&buffer, 3));
        client.run(Job::copy(&buffer, &to));
        same(&client.map(&to).read(), &[3; SIZE as usize], "filled");
    }
}

/// No mapping is kept that pins it in VRAM, where nouveau cannot have it.
fn imported_after_a_job(lab: &Lab) {
    let client = lab.attached();
    // The way is found by a first buffer, and known for others.
    let first = in_vram(lab, &client, OWN);
    client.run(Job::fill(&first, 1));
    import(lab, &client, &first).expect("PRIME_FD_TO_HANDLE");
    for round in 0..10 {
        let buffer = in_vram(lab, &client, OWN);
        client.run(Job::fill(&buffer, round));
        import(lab, &client, &buffer).expect("PRIME_FD_TO_HANDLE after a job");
    }
}

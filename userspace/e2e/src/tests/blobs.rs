// SPDX-License-Identifier: MIT OR Apache-2.0

//! Blob resources of the crate's `virgl` module: memory of the guest, of the host, and both.
//! A lab with `--gpus blob` has them.

use super::render::context;
use super::render::download;
use super::render::run;
use super::render::upload;
use super::render::works;
use crate::check::noise;
use crate::check::same;
use crate::harness::suite;
use crate::lab::Lab;
use crate::lab::Need;
use mvgal::Errno;
use mvgal::virgl::Bind;
use mvgal::virgl::BlobInfo;
use mvgal::virgl::BlobMemory;
use mvgal::virgl::Box3d;
use mvgal::virgl::Context;
use mvgal::virgl::Direction;
use mvgal::virgl::Error;
use mvgal::virgl::Resource;
use mvgal::virgl::ResourceInfo;
use mvgal::virgl::Transfer;

suite! {
    as_the_lab_says [Need::Virgl];
    not_there [Need::Virgl];
    of_the_guest [Need::Blobs];
    of_the_host [Need::Blobs];
    of_both [Need::Blobs];
    refused [Need::Blobs];
    torn_down_alive [Need::Blobs] in 60;
}

const SIZE: u64 = 64 << 10;

/// A blob that can be mapped.
fn blob(memory: BlobMemory, bytes: u64) -> BlobInfo {
    BlobInfo {
        memory,
        bytes,
        mappable: true,
        shareable: false,
        cross_device: false,
        id: 0,
    }
}

fn buffer() -> ResourceInfo {
    ResourceInfo::buffer(SIZE as u32, Bind::VERTEX_BUFFER)
}

/// So that the others are not left out where they should run.
fn as_the_lab_says(lab: &Lab) {
    let wanted = std::env::var("MVGAL_LAB_GPUS").is_ok_and(|gpus| gpus == "blob");
    let features = context(lab).features();
    assert_eq!((features.blob, features.host_visible), (wanted, wanted));
}

/// What the crate says at once where there are none, the driver says, too.
fn not_there(lab: &Lab) {
    let gpu = context(lab);
    let memories = [
        BlobMemory::Guest,
        BlobMemory::Host,
        BlobMemory::HostAndGuest,
    ];
    for memory in memories.into_iter().filter(|_| !gpu.features().blob) {
        let error = gpu.create_blob(&blob(memory, SIZE));
        let error = error.expect_err("there are no blobs");
        assert!(matches!(error, Error::Unsupported { .. }), "{error}");
    }
    let info = BlobInfo {
        cross_device: true,
        ..blob(BlobMemory::Guest, SIZE)
    };
    if !gpu.features().cross_device {
        let error = gpu.create_blob(&info).expect_err("it shares with nobody");
        assert!(matches!(error, Error::Unsupported { .. }), "{error}");
    }
    works(&gpu);
}

fn of_the_guest(lab: &Lab) {
    let gpu = context(lab);
    let info = BlobInfo {
        shareable: true,
        ..blob(BlobMemory::Guest, SIZE)
    };
    let memory = gpu.create_blob(&info).expect("RESOURCE_CREATE_BLOB");
    let data = noise(SIZE as usize, 1);
    memory
        .map()
        .expect("map")
        .write_at(0, &data)
        .expect("write");
    let error = memory.transfer(&Transfer::whole(&memory), Direction::ToHost);
    let error = error.expect_err("pages of the guest need no transfer");
    assert_eq!(error.errno(), Some(Errno::EINVAL));
    // By its dma-buf, jobs of mvgal reach it, too.
    let client = lab.attached();
    let exported = memory.export().expect("export");
    let fd = std::os::fd::AsFd::as_fd(&exported);
    let buffer = client.import(fd).expect("IMPORT_DMABUF");
    let host = client.alloc(crate::sys::HOST, SIZE);
    client.run(crate::job::Job::copy(&buffer, &host));
    same(&client.map(&host).read(), &data, "copied by a job");
    works(&gpu);
}

/// Copies a whole buffer by the host.
fn copy(gpu: &Context, from: &Resource, to: &Resource) {
    let mut commands = gpu.sub_context().expect("a pipeline").commands();
    let all = Box3d::rect(0, 0, SIZE as u32, 1);
    commands.copy_region((to, 0, [0, 0, 0]), (from, 0, all));
    run(gpu, commands);
}

/// What the CPU writes the host sees, and the other way round, without any transfer.
fn of_the_host(lab: &Lab) {
    let gpu = context(lab);
    let memory = gpu
        .create_blob_of(&buffer(), &blob(BlobMemory::Host, SIZE))
        .expect("RESOURCE_CREATE_BLOB");
    let map = memory.map().expect("map");
    let other = gpu.create(&buffer()).expect("RESOURCE_CREATE");
    for round in 0..3 {
        let data = noise(SIZE as usize, 10 + round);
        map.write_at(0, &data).expect("write");
        copy(&gpu, &memory, &other);
        same(&download(&other), &data, "what the host sees");
        let data = noise(SIZE as usize, 20 + round);
        upload(&other, &data);
        copy(&gpu, &other, &memory);
        same(&map.to_vec(), &data, "what the CPU sees");
    }
    // The next one is another object.
    let second = gpu
        .create_blob_of(&buffer(), &blob(BlobMemory::Host, SIZE))
        .expect("RESOURCE_CREATE_BLOB");
    second
        .map()
        .expect("map")
        .write_at(0, &[0; 16])
        .expect("write");
    same(
        &map.to_vec(),
        &noise(SIZE as usize, 22),
        "the first, afterwards",
    );
    works(&gpu);
}

/// The lab's virglrenderer makes no resource of its context of them that transfers could be of.
fn of_both(lab: &Lab) {
    let gpu = context(lab);
    let memory = gpu
        .create_blob_of(&buffer(), &blob(BlobMemory::HostAndGuest, SIZE))
        .expect("RESOURCE_CREATE_BLOB");
    let data = noise(SIZE as usize, 3);
    let map = memory.map().expect("map");
    map.write_at(0, &data).expect("write");
    same(&map.to_vec(), &data, "the pages");
    works(&gpu);
}

fn refused(lab: &Lab) {
    let gpu = context(lab);
    let range = |error: Result<Resource, Error>| {
        let error = error.expect_err("it is refused");
        assert!(matches!(error, Error::Range { .. }), "{error}");
    };
    range(gpu.create_blob(&blob(BlobMemory::Guest, 0)));
    range(gpu.create_blob_of(&buffer(), &blob(BlobMemory::Host, SIZE - 1)));
    let named = BlobInfo {
        id: 7,
        ..blob(BlobMemory::Host, SIZE)
    };
    range(gpu.create_blob_of(&buffer(), &named));
    let shapeless = gpu.create_blob_of(&buffer(), &blob(BlobMemory::Guest, SIZE));
    let error = shapeless.expect_err("it has no shape");
    assert!(matches!(error, Error::Unsupported { .. }), "{error}");
    // Only the driver knows that the guest's pages are no object of the host's.
    let named = BlobInfo {
        id: 7,
        ..blob(BlobMemory::Guest, SIZE)
    };
    let error = gpu.create_blob(&named).expect_err("no such object");
    assert_eq!(error.errno(), Some(Errno::EINVAL), "{error}");
    assert_eq!(gpu.resources(), 0);
    works(&gpu);
}

/// With blobs there, mapped and in use.
fn torn_down_alive(lab: &Lab) {
    for round in 0..12 {
        let gpu = context(lab);
        let memory = gpu
            .create_blob_of(&buffer(), &blob(BlobMemory::Host, SIZE))
            .expect("RESOURCE_CREATE_BLOB");
        let guest = gpu.create_blob(&blob(BlobMemory::Guest, SIZE));
        let guest = guest.expect("RESOURCE_CREATE_BLOB");
        let map = memory.map().expect("map");
        let other = gpu.create(&buffer()).expect("RESOURCE_CREATE");
        let mut commands = gpu.sub_context().expect("a pipeline").commands();
        let half = Box3d::rect(0, 0, SIZE as u32 / 2, 1);
        commands.copy_region((&memory, 0, [0, 0, 0]), (&other, 0, half));
        let stream = gpu.submission(commands).expect("a submission");
        let fence = stream.submit().expect("EXECBUFFER");
        match round % 3 {
            0 => drop((gpu, memory, guest, other, fence)),
            1 => drop((fence, guest, memory, other, gpu)),
            _ => drop((memory, fence, gpu, guest, other)),
        }
        // The mapping keeps its memory.
        map.write_at(SIZE as usize - 4, b"last").expect("write");
        same(&map.to_vec()[SIZE as usize - 4..], b"last", "the mapping");
    }
    works(&context(lab));
}

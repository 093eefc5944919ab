// SPDX-License-Identifier: MIT OR Apache-2.0

//! How a member gets at a buffer: EXPORT_DMABUF for a member.

use crate::check::noise;
use crate::check::refused;
use crate::check::same;
use crate::check::unknown_bits;
use crate::client::PAGE;
use crate::harness::suite;
use crate::job::Job;
use crate::lab::Lab;
use crate::lab::Need;
use crate::lab::VGEM;
use crate::lab::VIRTIO;
use crate::lab::VKMS;
use crate::raw;
use crate::raw::inode;
use crate::sys::*;
use nix::errno::Errno;
use nix::sys::resource::Resource;
use std::os::fd::AsFd;

suite! {
    its_own [Need::Members(1)];
    zero_copy [VGEM, VKMS];
    hosts_memory [VKMS, VIRTIO];
    by_a_copy [VGEM, VIRTIO];
    the_copy_stays [VGEM, VIRTIO];
    refused_by_the_driver [VGEM, VKMS];
    refusals_are_the_clients_own [VGEM, VKMS];
    counted_in_fdinfo [VGEM, VKMS];
    lazily_on_that_member [VGEM];
    the_older_structure [VGEM];
    bad_flags [VGEM];
    bad_handles_and_members [VGEM];
    not_exportable [VGEM];
    without_descriptors [VGEM, VIRTIO];
    fields_of_a_plain_export [VGEM];
    no_way [Need::Driver("xe"), Need::Driver("mtgpu")];
    never_mapped_for_others [Need::Driver("nvidia-drm"), AMDGPU];
    the_exporter_refuses [AMDGPU, Need::Driver("nouveau")];
    what_was_imported_is_not_remembered [VGEM, I915];
    what_passes_is_tried_again [AMDGPU, VGEM];
    out_of_memory_is_not_remembered [AMDGPU, Need::Driver("xe")];
    the_import_fails [AMDGPU, I915] in 60;
    the_use_fails_later [AMDGPU, VGEM] in 60;
}

const AMDGPU: Need = Need::Driver("amdgpu");
const I915: Need = Need::Driver("i915");

const REFUSED: u32 = DRM_MVGAL_EXPORT_REFUSED;

fn its_own(lab: &Lab) {
    let client = lab.attached();
    for member in lab.places().into_iter().filter(|id| *id != HOST) {
        let buffer = client.alloc(member, PAGE);
        let own = client.export_to(&buffer, member);
        own.assert_way(member, DRM_MVGAL_REACH_OWN, DRM_MVGAL_REACH_LIMIT_NONE);
        let plain = client.export(buffer.handle).expect("EXPORT_DMABUF");
        assert_eq!(inode(own.fd.as_fd()), inode(plain.as_fd()));
    }
}

fn zero_copy(lab: &Lab) {
    let client = lab.attached();
    let (vgem, vkms) = (lab.member("vgem").id, lab.member("vkms").id);
    let buffer = client.alloc(vgem, 3 * PAGE);
    let exported = client.export_to(&buffer, vkms);
    exported.assert_way(
        vgem,
        DRM_MVGAL_REACH_IMPORT,
        DRM_MVGAL_REACH_LIMIT_EXPORTER_BUS,
    );
    let plain = client.export(buffer.handle).expect("EXPORT_DMABUF");
    assert_eq!(inode(exported.fd.as_fd()), inode(plain.as_fd()));
    let pair = client.pair(vgem, vkms);
    assert_eq!(pair.tried, 1);
    assert_eq!(pair.error, 0);
    assert_eq!(pair.reach, DRM_MVGAL_REACH_IMPORT);
    client.imports(vkms, &exported);
}

fn hosts_memory(lab: &Lab) {
    let client = lab.attached();
    let (vkms, virtio) = (lab.member("vkms").id, lab.member("virtio_gpu").id);
    let buffer = client.alloc(HOST, PAGE);
    let exported = client.export_to(&buffer, vkms);
    exported.assert_way(HOST, DRM_MVGAL_REACH_IMPORT, DRM_MVGAL_REACH_LIMIT_NONE);
    let exported = client.export_to(&buffer, virtio);
    exported.assert_way(virtio, DRM_MVGAL_REACH_COPY, DRM_MVGAL_REACH_LIMIT_IMPORT);
}

/// The one maps its memory for the kernel not at all, the other imports nothing.
fn no_way(lab: &Lab) {
    let client = lab.attached();
    let (xe, mtgpu) = (lab.member("xe"), lab.member("mtgpu").id);
    assert_eq!(
        xe.refusals[DRM_MVGAL_CAN_COPY as usize],
        DRM_MVGAL_REFUSAL_NOT_THERE
    );
    let pair = client.pair(xe.id, mtgpu);
    assert_eq!(pair.reach, DRM_MVGAL_REACH_NONE);
    assert_eq!(pair.limit, DRM_MVGAL_REACH_LIMIT_IMPORT);
    let buffer = client.alloc(xe.id, PAGE);
    for flags in [0, REFUSED] {
        let exported = client.export_for(buffer.handle, mtgpu, flags).map(|_| ());
        assert_eq!(exported, Err(Errno::EOPNOTSUPP));
    }
    let job = Job::fill_with(drm_mvgal_fill {
        dst: buffer.handle,
        pattern_size: 1,
        width: PAGE,
        height: 1,
        ..Default::default()
    });
    assert_eq!(client.submit(vec![job]), Err(Errno::EOPNOTSUPP));
    // What others have goes there by an import, and from there by the engine alone.
    assert_eq!(client.pair(mtgpu, xe.id).reach, DRM_MVGAL_REACH_IMPORT);
}

/// Video memory of nvidia-drm: this is known without a trial.
fn never_mapped_for_others(lab: &Lab) {
    let client = lab.attached();
    let (nvidia, amdgpu) = (lab.member("nvidia-drm").id, lab.member("amdgpu").id);
    let pair = client.pair(nvidia, amdgpu);
    assert_eq!(pair.reach, DRM_MVGAL_REACH_COPY);
    assert_eq!(pair.limit, DRM_MVGAL_REACH_LIMIT_MAP);
    let buffer = client.alloc(nvidia, PAGE);
    let data = noise(PAGE as usize, 12);
    client.map(&buffer).write_at(0, &data);
    let exported = client.export_to(&buffer, amdgpu);
    exported.assert_way(amdgpu, DRM_MVGAL_REACH_COPY, DRM_MVGAL_REACH_LIMIT_MAP);
    client.run(Job::replicate(&buffer));
    same(&exported.map(PAGE).read(), &data, "the copy");
}

fn by_a_copy(lab: &Lab) {
    let client = lab.attached();
    let (vgem, virtio) = (lab.member("vgem").id, lab.member("virtio_gpu").id);
    let size = 5 * PAGE;
    let data = noise(size as usize, 11);
    let buffer = client.alloc(vgem, size);
    client.map(&buffer).write_at(0, &data);
    let exported = client.export_to(&buffer, virtio);
    exported.assert_way(virtio, DRM_MVGAL_REACH_COPY, DRM_MVGAL_REACH_LIMIT_IMPORT);
    let copy = exported.map(size);
    same(&copy.read(), &vec![0; size as usize], "a new copy");
    client.run(Job::replicate(&buffer));
    same(&copy.read(), &data, "the copy, brought up to date");

    // From now on jobs write to both.
    client.run(Job::fill_with(drm_mvgal_fill {
        dst: buffer.handle,
        pattern_size: 1,
        pattern: 7,
        offset: 100,
        width: 50,
        height: 1,
        pitch: 0,
    }));
    let mut wanted = data;
    wanted[100..150].fill(7);
    same(&copy.read(), &wanted, "the copy, filled");
    same(&client.map(&buffer).read(), &wanted, "the buffer, filled");

    // What the member writes goes to the buffer.
    copy.write_at(200, b"of the member");
    wanted[200..213].copy_from_slice(b"of the member");
    client.run(Job::replicate(&buffer).on(virtio));
    same(
        &client.map(&buffer).read(),
        &wanted,
        "the buffer, from the copy",
    );
    client.imports(virtio, &exported);
}

fn the_copy_stays(lab: &Lab) {
    let client = lab.attached();
    let (vgem, virtio) = (lab.member("vgem").id, lab.member("virtio_gpu").id);
    let buffer = client.alloc(vgem, PAGE);
    let export = || client.export_to(&buffer, virtio);
    let (first, second) = (export(), export());
    assert_eq!(inode(first.fd.as_fd()), inode(second.fd.as_fd()));
    assert_eq!(second.reach, DRM_MVGAL_REACH_COPY);
    // It outlives the buffer as any memory that somebody has.
    first.map(PAGE).write_at(0, b"still there");
    client.free(buffer.handle).expect("FREE_MEMORY");
    same(&second.map(PAGE).read_at(0, 11), b"still there", "the copy");
}

fn refused_by_the_driver(lab: &Lab) {
    let client = lab.attached();
    let (vgem, vkms) = (lab.member("vgem").id, lab.member("vkms").id);
    let buffer = client.alloc(vgem, PAGE);
    client.run(Job::fill(&buffer, 3));
    let first = client.export_to(&buffer, vkms);
    assert_eq!(first.home, vgem);
    let second = client.export_after_refusal(&buffer, vkms);
    second.assert_way(vkms, DRM_MVGAL_REACH_COPY, DRM_MVGAL_REACH_LIMIT_REFUSED);
    client.run(Job::replicate(&buffer));
    same(&second.map(PAGE).read(), &[3; PAGE as usize], "the copy");

    // It is remembered for the pair, also for other buffers, but not for the other direction.
    let other = client.alloc(vgem, PAGE);
    let exported = client.export_to(&other, vkms);
    assert_eq!(exported.limit, DRM_MVGAL_REACH_LIMIT_REFUSED);
    let pair = client.pair(vgem, vkms);
    assert_eq!(pair.reach, DRM_MVGAL_REACH_COPY);
    assert_eq!(pair.limit, DRM_MVGAL_REACH_LIMIT_REFUSED);
    let back = client.alloc(vkms, PAGE);
    let exported = client.export_to(&back, vgem);
    assert_eq!(exported.reach, DRM_MVGAL_REACH_IMPORT);
}

fn refusals_are_the_clients_own(lab: &Lab) {
    let (vgem, vkms) = (lab.member("vgem").id, lab.member("vkms").id);
    let client = lab.attached();
    let buffer = client.alloc(vgem, PAGE);
    client.export_after_refusal(&buffer, vkms);
    let other = lab.attached();
    let buffer = other.alloc(vgem, PAGE);
    let exported = other.export_to(&buffer, vkms);
    assert_eq!(exported.reach, DRM_MVGAL_REACH_IMPORT);
    assert_eq!(other.pair(vgem, vkms).reach, DRM_MVGAL_REACH_IMPORT);
}

fn counted_in_fdinfo(lab: &Lab) {
    let client = lab.attached();
    let (vgem, vkms) = (lab.member("vgem").id, lab.member("vkms").id);
    let buffer = client.alloc(vgem, PAGE);
    let count = |name: &str| {
        let path = format!("/proc/self/fdinfo/{}", client.number());
        let text = std::fs::read_to_string(path).expect("fdinfo");
        let key = format!("mvgal-reach-{name}:");
        let line = text.lines().find_map(|line| line.strip_prefix(&key));
        line.map_or(0, |count| count.trim().parse().expect("a number"))
    };
    let counts = || ["own", "import", "copy", "p2p"].map(count);
    assert_eq!(counts(), [0; 4]);
    for (member, flags) in [(vgem, 0), (vkms, 0), (vkms, 0), (vkms, REFUSED)] {
        client
            .export_for(buffer.handle, member, flags)
            .expect("EXPORT_DMABUF");
    }
    assert_eq!(counts(), [1, 2, 1, 0]);
}

fn lazily_on_that_member(lab: &Lab) {
    let client = lab.attached();
    let vgem = lab.member("vgem").id;
    let flags = DRM_MVGAL_BUFFER_LAZY_ALLOCATE | DRM_MVGAL_BUFFER_DMA_BUF;
    let buffer = client.alloc_flags(ANY, PAGE, flags).expect("ALLOC_MEMORY");
    let exported = client.export_to(&buffer, vgem);
    assert_eq!(exported.reach, DRM_MVGAL_REACH_OWN);
    assert_eq!(exported.home, vgem);
}

/// DRM_IOCTL_MVGAL_EXPORT_DMABUF and its argument as UAPI 1.2 had them.
fn the_older_structure(lab: &Lab) {
    let client = lab.attached();
    let buffer = client.alloc(lab.member("vgem").id, PAGE);
    let nr = DRM_IOCTL_MVGAL_EXPORT_DMABUF & !(0x3fff << 16) | 16 << 16;
    // What follows is not the kernel's to read or write.
    let mut arg = [buffer.handle, 0, u32::MAX, 0, !0, !0, !0, !0];
    client.ioctl(nr, &mut arg).expect("EXPORT_DMABUF");
    let fd = raw::own(arg[2].cast_signed());
    let now = client.export(buffer.handle).expect("EXPORT_DMABUF");
    assert_eq!(inode(fd.as_fd()), inode(now.as_fd()));
    assert_eq!(arg[4..], [!0; 4]);
}

fn bad_flags(lab: &Lab) {
    let client = lab.attached();
    let vgem = lab.member("vgem").id;
    let buffer = client.alloc(vgem, PAGE);
    let export = |flags, member, pad| {
        let mut arg = drm_mvgal_export_dmabuf {
            handle: buffer.handle,
            flags,
            member,
            pad,
            ..Default::default()
        };
        client.ioctl(DRM_IOCTL_MVGAL_EXPORT_DMABUF, &mut arg)
    };
    for bit in unknown_bits(DRM_MVGAL_EXPORT_FOR_MEMBER | REFUSED) {
        refused(&client, Errno::EINVAL, "a flag", || export(bit, vgem, 0));
    }
    refused(&client, Errno::EINVAL, "no member", || {
        export(REFUSED, vgem, 0)
    });
    refused(&client, Errno::EINVAL, "no flag", || export(0, vgem, 0));
    refused(&client, Errno::EINVAL, "padding", || {
        export(DRM_MVGAL_EXPORT_FOR_MEMBER, vgem, 1)
    });
}

fn bad_handles_and_members(lab: &Lab) {
    let client = lab.attached();
    let vgem = lab.member("vgem");
    let buffer = client.alloc(vgem.id, PAGE);
    refused(&client, Errno::ENOENT, "no buffer", || {
        client.export_for(999, vgem.id, 0)
    });
    for member in [HOST, ANY, lab.no_member()] {
        refused(&client, Errno::ENOENT, "no member", || {
            client.export_for(buffer.handle, member, 0)
        });
    }
    let alone = lab.client();
    let buffer = alone.alloc(HOST, PAGE);
    refused(&alone, Errno::EACCES, "not attached", || {
        alone.export_for(buffer.handle, vgem.id, 0)
    });
    client
        .set_mask(lab.all_slots() & !(1 << vgem.slot))
        .expect("mask");
    let buffer = client.alloc(HOST, PAGE);
    refused(&client, Errno::EACCES, "not allowed", || {
        client.export_for(buffer.handle, vgem.id, 0)
    });
}

fn not_exportable(lab: &Lab) {
    let client = lab.attached();
    let vgem = lab.member("vgem").id;
    let buffer = client.alloc_flags(vgem, PAGE, 0).expect("ALLOC_MEMORY");
    refused(&client, Errno::EACCES, "for its own", || {
        client.export_for(buffer.handle, vgem, 0)
    });
}

/// A copy is not made for nobody.
fn without_descriptors(lab: &Lab) {
    let client = lab.attached();
    let virtio = lab.member("virtio_gpu").id;
    let buffer = client.alloc(lab.member("vgem").id, PAGE);
    let limits = nix::sys::resource::getrlimit(Resource::RLIMIT_NOFILE).expect("getrlimit");
    nix::sys::resource::setrlimit(Resource::RLIMIT_NOFILE, 0, limits.1).expect("setrlimit");
    let failed = client.export_for(buffer.handle, virtio, 0).map(drop);
    nix::sys::resource::setrlimit(Resource::RLIMIT_NOFILE, limits.0, limits.1).expect("setrlimit");
    assert_eq!(failed, Err(Errno::EMFILE));
    let report = client.alloc(HOST, PAGE);
    client.run(Job::fill(&buffer, 1).report_traffic(&report));
    assert_eq!(crate::job::traffic(&client, &report).copies, 1);
}

fn fields_of_a_plain_export(lab: &Lab) {
    let client = lab.attached();
    let vgem = lab.member("vgem").id;
    let mut arg = drm_mvgal_export_dmabuf {
        handle: client.alloc(vgem, PAGE).handle,
        reach: 0xdead,
        limit: 0xbeef,
        home: 0xcafe,
        ..Default::default()
    };
    client
        .ioctl(DRM_IOCTL_MVGAL_EXPORT_DMABUF, &mut arg)
        .expect("EXPORT_DMABUF");
    drop(raw::own(arg.fd));
    assert_eq!((arg.reach, arg.limit, arg.home), (0, 0, vgem));
}

/// Has a fake device fail: so many times, with an errno.
fn fault(lab: &Lab, driver: &str, name: &str, times: u32, error: Errno) {
    let address = crate::client::text(&lab.member(driver).bus_address);
    crate::vendor::set_fault(&address, name, &format!("{times} {}", error as i32));
}

/// What the kernel tries itself: the exporter does not map the memory for the device.
fn the_exporter_refuses(lab: &Lab) {
    let client = lab.attached();
    let (amdgpu, nouveau) = (lab.member("amdgpu").id, lab.member("nouveau").id);
    let buffer = client.alloc(amdgpu, PAGE);
    client.run(Job::fill(&buffer, 9));
    assert_eq!(client.pair(amdgpu, nouveau).tried, 0);
    fault(lab, "amdgpu", "map_by_other", 1, Errno::EOPNOTSUPP);
    let exported = client.export_to(&buffer, nouveau);
    exported.assert_way(nouveau, DRM_MVGAL_REACH_COPY, DRM_MVGAL_REACH_LIMIT_ATTACH);
    client.run(Job::replicate(&buffer));
    same(&exported.map(PAGE).read(), &[9; PAGE as usize], "the copy");

    // It is remembered for this client; and the fault is over.
    let pair = client.pair(amdgpu, nouveau);
    assert_eq!(pair.tried, 1);
    assert_eq!(pair.reach, DRM_MVGAL_REACH_COPY);
    assert_eq!(pair.limit, DRM_MVGAL_REACH_LIMIT_ATTACH);
    assert_eq!(pair.error, -(Errno::EOPNOTSUPP as i32));
    let buffer = client.alloc(amdgpu, PAGE);
    assert_eq!(client.export_to(&buffer, nouveau).home, nouveau);

    // Another tries by itself, and what works is remembered for all.
    let other = lab.attached();
    assert_eq!(other.pair(amdgpu, nouveau).tried, 0);
    let buffer = other.alloc(amdgpu, PAGE);
    assert_eq!(other.export_to(&buffer, nouveau).home, amdgpu);
    assert_eq!(lab.client().pair(amdgpu, nouveau).tried, 1);
}

/// Nor is what is refused of memory that others have allocated.
fn what_was_imported_is_not_remembered(lab: &Lab) {
    let client = lab.attached();
    let (vgem, i915) = (lab.member("vgem").id, lab.member("i915").id);
    let pair = || lab.client().pair(vgem, i915).tried;
    let file = lab.open_primary(lab.member("vgem"));
    let dumb = file.create_dumb(64, 64).expect("CREATE_DUMB");
    let fd = file.prime_export(dumb.handle).expect("PRIME_HANDLE_TO_FD");
    let buffer = client.import(fd.as_fd()).expect("IMPORT_DMABUF");
    let before = pair();
    assert_eq!(client.export_to(&buffer, i915).home, vgem);
    assert_eq!(pair(), before);
}

/// What is over soon is tried again.
fn what_passes_is_tried_again(lab: &Lab) {
    let client = lab.attached();
    let (amdgpu, vgem) = (lab.member("amdgpu").id, lab.member("vgem").id);
    assert_eq!(client.pair(amdgpu, vgem).tried, 0);
    let (one, two) = (client.alloc(amdgpu, PAGE), client.alloc(amdgpu, PAGE));
    fault(lab, "amdgpu", "map_by_other", 1, Errno::EBUSY);
    let exported = client.export_to(&one, vgem);
    assert_eq!(exported.home, vgem);
    assert_eq!(exported.limit, DRM_MVGAL_REACH_LIMIT_ATTACH);
    assert_eq!(client.pair(amdgpu, vgem).tried, 0);
    // The buffer keeps its copy, and why.
    let again = client.export_to(&one, vgem);
    assert_eq!((again.home, again.limit), (vgem, exported.limit));
    assert_eq!(inode(again.fd.as_fd()), inode(exported.fd.as_fd()));
    let exported = client.export_to(&two, vgem);
    assert_eq!(exported.home, amdgpu);
}

fn out_of_memory_is_not_remembered(lab: &Lab) {
    let client = lab.attached();
    let (amdgpu, xe) = (lab.member("amdgpu").id, lab.member("xe").id);
    assert_eq!(client.pair(amdgpu, xe).tried, 0);
    let buffer = client.alloc(amdgpu, PAGE);
    client.run(Job::fill(&buffer, 5));
    fault(lab, "amdgpu", "map_by_other", 1, Errno::ENOMEM);
    // The CPU cannot keep memory of xe coherent, so that it is the host's, which xe imports.
    let exported = client.export_to(&buffer, xe);
    assert_eq!(exported.home, HOST);
    client.run(Job::replicate(&buffer));
    same(&exported.map(PAGE).read(), &[5; PAGE as usize], "the copy");
    client.imports(xe, &exported);

    assert_eq!(client.pair(amdgpu, xe).tried, 0);
    let other = client.alloc(amdgpu, PAGE);
    assert_eq!(client.export_to(&other, xe).home, amdgpu);
    assert_eq!(client.pair(amdgpu, xe).tried, 1);
}

/// What a client's own import meets: the next way works, and the data are the same.
fn the_import_fails(lab: &Lab) {
    let client = lab.attached();
    let (amdgpu, i915) = (lab.member("amdgpu").id, lab.member("i915").id);
    let size = 3 * PAGE;
    let data = noise(size as usize, 21);
    let buffer = client.alloc(amdgpu, size);
    client.map(&buffer).write_at(0, &data);
    let file = client.file(i915);
    let exported = client.export_to(&buffer, i915);
    assert_eq!(exported.home, amdgpu);
    fault(lab, "i915", "import", 1, Errno::EOPNOTSUPP);
    let failed = file.prime_import(exported.fd.as_fd());
    assert_eq!(failed.expect_err("an import that fails"), Errno::EOPNOTSUPP);
    let copy = client.export_after_refusal(&buffer, i915);
    assert_eq!(copy.home, i915);
    let handle = file.prime_import(copy.fd.as_fd());
    let handle = handle.expect("PRIME_FD_TO_HANDLE of the copy");
    client.run(Job::replicate(&buffer));
    same(&copy.map(size).read(), &data, "what i915 sees");
    file.gem_close(handle).expect("GEM_CLOSE");
}

/// The import is fine, and what it is for fails later: the member goes on with a copy, also for
/// a buffer that was reached without one before.
fn the_use_fails_later(lab: &Lab) {
    let client = lab.attached();
    let (vgem, amdgpu) = (lab.member("vgem").id, lab.member("amdgpu").id);
    let buffer = client.alloc(vgem, PAGE);
    let first = client.export_to(&buffer, amdgpu);
    assert_eq!(first.reach, DRM_MVGAL_REACH_IMPORT);
    let file = client.file(amdgpu);
    let handle = file
        .prime_import(first.fd.as_fd())
        .expect("PRIME_FD_TO_HANDLE");
    client.run(Job::fill(&buffer, 1).on(amdgpu));
    let copy = client.export_after_refusal(&buffer, amdgpu);
    assert_eq!(copy.home, amdgpu);
    client.run(Job::replicate(&buffer));
    // Both are up to date from now on, whichever the driver happens to use.
    client.run(Job::fill(&buffer, 2).on(amdgpu));
    same(&copy.map(PAGE).read(), &[2; PAGE as usize], "the copy");
    same(&first.map(PAGE).read(), &[2; PAGE as usize], "the buffer");
    file.gem_close(handle).expect("GEM_CLOSE");
}

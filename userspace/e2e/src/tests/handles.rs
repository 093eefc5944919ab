// SPDX-License-Identifier: MIT OR Apache-2.0

//! FREE_MEMORY, EXPORT_DMABUF and IMPORT_DMABUF, and the core's GEM and PRIME.

use crate::check::refused;
use crate::check::refused_any;
use crate::check::unknown_bits;
use crate::client::PAGE;
use crate::drm::CreateDumb;
use crate::harness::suite;
use crate::lab::Lab;
use crate::lab::Need;
use crate::lab::VGEM;
use crate::raw;
use crate::raw::Map;
use crate::sys::*;
use crate::vendor;
use nix::errno::Errno;
use nix::libc;
use std::os::fd::AsFd;
use std::os::fd::AsRawFd;
use std::os::fd::OwnedFd;

suite! {
    free;
    free_unknown;
    free_bad_pad;
    gem_close;
    another_clients_handle;
    export;
    export_again_is_the_same;
    export_not_allowed;
    export_bad_flags;
    export_unknown;
    export_without_descriptors;
    prime_export_is_the_same;
    prime_export_not_allowed;
    import_from_members [Need::Members(1)];
    import_udmabuf [Need::File(vendor::UDMABUF)];
    import_heap [Need::File(vendor::HEAP)];
    import_twice;
    import_ones_own;
    import_into_another_client [Need::Members(1)];
    prime_import_is_the_same [VGEM];
    import_not_a_dma_buf;
    import_closed;
    import_bad_flags;
    imported_outlives_the_exporter [VGEM];
}

fn free(lab: &Lab) {
    let client = lab.attached();
    for member in lab.places() {
        let first = client.alloc(member, PAGE);
        client.free(first.handle).expect("FREE_MEMORY");
        let second = client.alloc(member, PAGE);
        assert_eq!(first.handle, second.handle, "the handle is free again");
        client.free(second.handle).expect("FREE_MEMORY");
        refused(&client, Errno::ENOENT, "freed twice", || {
            client.free(second.handle)
        });
    }
}

fn free_unknown(lab: &Lab) {
    let client = lab.client();
    client.alloc(HOST, PAGE);
    for handle in [0, 99, 1 << 31, u32::MAX] {
        refused(&client, Errno::ENOENT, &format!("handle {handle}"), || {
            client.free(handle)
        });
    }
}

fn free_bad_pad(lab: &Lab) {
    let client = lab.client();
    let buffer = client.alloc(HOST, PAGE);
    for pad in [1, 1 << 31] {
        refused(&client, Errno::EINVAL, &format!("pad {pad:#x}"), || {
            let handle = buffer.handle;
            let mut arg = drm_mvgal_free_memory { handle, pad };
            client.ioctl(DRM_IOCTL_MVGAL_FREE_MEMORY, &mut arg)
        });
    }
    client.free(buffer.handle).expect("it is still there");
}

fn gem_close(lab: &Lab) {
    let client = lab.attached();
    for member in lab.places() {
        let buffer = client.alloc(member, PAGE);
        client.gem_close(buffer.handle).expect("GEM_CLOSE");
        assert_eq!(client.free(buffer.handle), Err(Errno::ENOENT));
    }
}

fn another_clients_handle(lab: &Lab) {
    let (owner, other) = (lab.client(), lab.client());
    for _ in 0..20 {
        owner.alloc(HOST, PAGE);
    }
    let buffer = owner.alloc(HOST, PAGE);
    refused(&other, Errno::ENOENT, "free", || other.free(buffer.handle));
    refused(&other, Errno::ENOENT, "export", || {
        other.export(buffer.handle)
    });
    owner.free(buffer.handle).expect("it is still there");
}

fn export(lab: &Lab) {
    let client = lab.attached();
    for member in lab.places() {
        let buffer = client.alloc(member, PAGE);
        let fd = client.export(buffer.handle).expect("EXPORT_DMABUF");
        let flags = nix::fcntl::fcntl(&fd, nix::fcntl::FcntlArg::F_GETFD).expect("F_GETFD");
        assert_eq!(flags, libc::FD_CLOEXEC);
        let target = std::fs::read_link(format!("/proc/self/fd/{}", fd.as_raw_fd()));
        let target = target.expect("a link").to_string_lossy().into_owned();
        assert!(target.starts_with("/dmabuf:"), "{target}");
    }
}

fn export_again_is_the_same(lab: &Lab) {
    let client = lab.attached();
    for member in lab.places() {
        let buffer = client.alloc(member, PAGE);
        let fds: [OwnedFd; 2] =
            std::array::from_fn(|_| client.export(buffer.handle).expect("EXPORT_DMABUF"));
        assert_eq!(raw::inode(fds[0].as_fd()), raw::inode(fds[1].as_fd()));
    }
}

fn export_not_allowed(lab: &Lab) {
    let client = lab.attached();
    for member in lab.places() {
        let buffer = client
            .alloc_flags(member, PAGE, DRM_MVGAL_BUFFER_HOST_VALID)
            .expect("ALLOC_MEMORY");
        refused(&client, Errno::EACCES, "export", || {
            client.export(buffer.handle)
        });
    }
}

fn export_bad_flags(lab: &Lab) {
    let client = lab.client();
    let handle = client.alloc(HOST, PAGE).handle;
    let refuse = |arg: drm_mvgal_export_dmabuf| {
        refused(&client, Errno::EINVAL, &format!("{arg:?}"), || {
            client.ioctl(DRM_IOCTL_MVGAL_EXPORT_DMABUF, &mut arg.clone())
        });
    };
    for flags in unknown_bits(DRM_MVGAL_EXPORT_FOR_MEMBER) {
        refuse(drm_mvgal_export_dmabuf {
            handle,
            flags,
            ..Default::default()
        });
    }
    for pad in [1, 1 << 31] {
        refuse(drm_mvgal_export_dmabuf {
            handle,
            pad,
            ..Default::default()
        });
    }
}

fn export_unknown(lab: &Lab) {
    let client = lab.client();
    for handle in [0, 1, 99, u32::MAX] {
        refused(&client, Errno::ENOENT, &format!("handle {handle}"), || {
            client.export(handle)
        });
    }
}

fn export_without_descriptors(lab: &Lab) {
    use nix::sys::resource::Resource;
    let client = lab.client();
    let buffer = client.alloc(HOST, PAGE);
    let (soft, hard) = nix::sys::resource::getrlimit(Resource::RLIMIT_NOFILE).expect("getrlimit");
    let used = std::fs::File::open("/dev/null").expect("open").as_raw_fd() as u64;
    nix::sys::resource::setrlimit(Resource::RLIMIT_NOFILE, used, hard).expect("setrlimit");
    let outcome = client.export(buffer.handle).map(drop);
    nix::sys::resource::setrlimit(Resource::RLIMIT_NOFILE, soft, hard).expect("setrlimit");
    assert_eq!(outcome, Err(Errno::EMFILE));
    client.export(buffer.handle).expect("EXPORT_DMABUF");
}

fn prime_export_is_the_same(lab: &Lab) {
    let client = lab.attached();
    for member in lab.places() {
        let buffer = client.alloc(member, PAGE);
        let ours = client.export(buffer.handle).expect("EXPORT_DMABUF");
        let core = client
            .prime_export(buffer.handle)
            .expect("PRIME_HANDLE_TO_FD");
        assert_eq!(
            raw::inode(ours.as_fd()),
            raw::inode(core.as_fd()),
            "member {member}"
        );
    }
}

/// The core's ioctl is no way round the missing flag.
fn prime_export_not_allowed(lab: &Lab) {
    let client = lab.attached();
    for member in lab.places() {
        let buffer = client.alloc_flags(member, PAGE, 0).expect("ALLOC_MEMORY");
        let all = [
            Errno::EACCES,
            Errno::EPERM,
            Errno::EOPNOTSUPP,
            Errno::EINVAL,
            Errno::ENOSYS,
        ];
        refused_any(&client, &all, "PRIME_HANDLE_TO_FD", || {
            client.prime_export(buffer.handle)
        });
    }
}

/// Checks a dma-buf that is not mvgal's, of which `map` is the exporter's view.
fn import_works(lab: &Lab, fd: &OwnedFd, map: &Map, size: u64, home: u32) {
    let client = lab.client();
    let buffer = client.import(fd.as_fd()).expect("IMPORT_DMABUF");
    assert_eq!(buffer.member, home, "home of the dma-buf");
    assert_eq!(buffer.size, size);
    let again = client.export(buffer.handle).expect("EXPORT_DMABUF");
    assert_eq!(
        raw::inode(again.as_fd()),
        raw::inode(fd.as_fd()),
        "the original dma-buf"
    );
    let core = client
        .prime_export(buffer.handle)
        .expect("PRIME_HANDLE_TO_FD");
    assert_eq!(
        raw::inode(core.as_fd()),
        raw::inode(fd.as_fd()),
        "PRIME: the original dma-buf"
    );
    assert_ne!(buffer.offset, 0);
    map.write_at(10, b"from its exporter");
    let ours = client.map(&buffer);
    assert_eq!(ours.read_at(10, 17), b"from its exporter");
    ours.write_at(size as usize - 5, b"mvgal");
    assert_eq!(map.read_at(size as usize - 5, 5), b"mvgal");
}

fn import_from_members(lab: &Lab) {
    let dumb = u64::from(DRM_MVGAL_FEATURE_DUMB);
    for device in lab.devices.iter().filter(|d| d.features & dumb != 0) {
        let node = lab.open_primary(device);
        let dumb = node.create_dumb(100, 100).expect("CREATE_DUMB");
        let fd = node.prime_export(dumb.handle).expect("PRIME_HANDLE_TO_FD");
        let map = node.map_dumb(&dumb).expect("MAP_DUMB");
        import_works(lab, &fd, &map, dumb.size, device.id);
    }
}

fn map_dma_buf(fd: &OwnedFd, size: u64) -> Map {
    let prot = libc::PROT_READ | libc::PROT_WRITE;
    Map::new(fd.as_fd(), 0, size as usize, prot).expect("mmap of a dma-buf")
}

fn import_udmabuf(lab: &Lab) {
    let fd = vendor::udmabuf(16 * PAGE);
    import_works(lab, &fd, &map_dma_buf(&fd, 16 * PAGE), 16 * PAGE, HOST);
}

fn import_heap(lab: &Lab) {
    let fd = vendor::heap(16 * PAGE);
    import_works(lab, &fd, &map_dma_buf(&fd, 16 * PAGE), 16 * PAGE, HOST);
}

fn import_twice(lab: &Lab) {
    let client = lab.client();
    let other = lab.client();
    let fd = other
        .export(other.alloc(HOST, PAGE).handle)
        .expect("export");
    let first = client.import(fd.as_fd()).expect("IMPORT_DMABUF");
    let second = client.import(fd.as_fd()).expect("IMPORT_DMABUF again");
    assert_eq!(first.handle, second.handle);
    client.free(first.handle).expect("FREE_MEMORY");
    let third = client.import(fd.as_fd()).expect("IMPORT_DMABUF afresh");
    client.map(&third).write_at(0, b"works");
}

fn import_ones_own(lab: &Lab) {
    let client = lab.attached();
    for member in lab.places() {
        let buffer = client.alloc(member, 3 * PAGE);
        let fd = client.export(buffer.handle).expect("EXPORT_DMABUF");
        let back = client.import(fd.as_fd()).expect("IMPORT_DMABUF");
        assert_eq!(back.handle, buffer.handle);
        assert_eq!((back.member, back.size), (member, buffer.size));
    }
}

fn import_into_another_client(lab: &Lab) {
    let owner = lab.attached();
    let other = lab.client();
    for member in lab.places() {
        let buffer = owner.alloc(member, PAGE);
        let fd = owner.export(buffer.handle).expect("EXPORT_DMABUF");
        let imported = other.import(fd.as_fd()).expect("IMPORT_DMABUF");
        assert_eq!((imported.member, imported.size), (member, buffer.size));
        owner.map(&buffer).write_at(0, b"shared");
        assert_eq!(other.map(&imported).read_at(0, 6), b"shared");
    }
}

fn dumb(lab: &Lab) -> (crate::drm::Node, CreateDumb, OwnedFd) {
    let node = lab.open_primary(lab.member("vgem"));
    let dumb = node.create_dumb(64, 64).expect("CREATE_DUMB");
    let fd = node.prime_export(dumb.handle).expect("PRIME_HANDLE_TO_FD");
    (node, dumb, fd)
}

fn prime_import_is_the_same(lab: &Lab) {
    let client = lab.client();
    let (_node, dumb, fd) = dumb(lab);
    let core = client.prime_import(fd.as_fd()).expect("PRIME_FD_TO_HANDLE");
    let ours = client.import(fd.as_fd()).expect("IMPORT_DMABUF");
    assert_eq!(core, ours.handle);
    assert_eq!(ours.size, dumb.size);
    client.free(core).expect("FREE_MEMORY");
}

fn import_fd(lab: &Lab, error: Errno, fd: i32, flags: u32) {
    let client = lab.client();
    let mut arg = drm_mvgal_import_dmabuf {
        fd,
        flags,
        ..Default::default()
    };
    refused(
        &client,
        error,
        &format!("fd {fd}, flags {flags:#x}"),
        || client.ioctl(DRM_IOCTL_MVGAL_IMPORT_DMABUF, &mut arg),
    );
}

fn import_not_a_dma_buf(lab: &Lab) {
    let client = lab.client();
    let null = std::fs::File::open("/dev/null").expect("open");
    let (pipe, _write) = crate::proc::pipe();
    let syncobj = client.syncobj_export(client.syncobj()).expect("export");
    for fd in [
        null.as_raw_fd(),
        pipe.as_raw_fd(),
        syncobj.as_raw_fd(),
        client.number(),
    ] {
        import_fd(lab, Errno::EINVAL, fd, 0);
    }
    for device in &lab.devices {
        import_fd(lab, Errno::EINVAL, lab.open(device).number(), 0);
    }
}

fn import_closed(lab: &Lab) {
    for fd in [-1, i32::MIN, i32::MAX, 999] {
        import_fd(lab, Errno::EBADF, fd, 0);
    }
}

fn import_bad_flags(lab: &Lab) {
    let client = lab.client();
    let fd = client
        .export(client.alloc(HOST, PAGE).handle)
        .expect("export");
    for flags in unknown_bits(0) {
        import_fd(lab, Errno::EINVAL, fd.as_raw_fd(), flags);
    }
}

fn imported_outlives_the_exporter(lab: &Lab) {
    let client = lab.client();
    let (node, dumb, fd) = dumb(lab);
    let buffer = client.import(fd.as_fd()).expect("IMPORT_DMABUF");
    node.gem_close(dumb.handle).expect("GEM_CLOSE");
    drop((node, fd));
    let map = client.map(&buffer);
    map.write_at(0, b"alive");
    assert_eq!(map.read_at(0, 5), b"alive");
}

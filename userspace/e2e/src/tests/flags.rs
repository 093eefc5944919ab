// SPDX-License-Identifier: MIT OR Apache-2.0

//! Every combination of the eight flags of ALLOC_MEMORY, on every member: refused with the errno
//! that `mvgal_drm.h` names, or doing what it says.

use crate::check::same;
use crate::client::Buffer;
use crate::client::Client;
use crate::client::PAGE;
use crate::client::text;
use crate::harness::suite;
use crate::job::Job;
use crate::lab::Attached;
use crate::lab::Lab;
use crate::lab::Need;
use crate::sys::*;
use nix::errno::Errno;
use std::os::fd::AsFd;

suite! {
    on_all_members [Need::Members(2)] in 120;
    on_those_that_share [Need::Members(2)] in 120;
    on_one_alone [Need::Members(1)] in 120;
    without_members in 60;
}

const HOST_VALID: u32 = DRM_MVGAL_BUFFER_HOST_VALID;
const GPU_VALID: u32 = DRM_MVGAL_BUFFER_GPU_VALID;
const SHARED: u32 = DRM_MVGAL_BUFFER_SHARED;
const DMA_BUF: u32 = DRM_MVGAL_BUFFER_DMA_BUF;
const P2P: u32 = DRM_MVGAL_BUFFER_P2P;
const REPLICATED: u32 = DRM_MVGAL_BUFFER_REPLICATED;
const PERSISTENT: u32 = DRM_MVGAL_BUFFER_PERSISTENT;
const LAZY: u32 = DRM_MVGAL_BUFFER_LAZY_ALLOCATE;

/// Width of the images: rows of 256 bytes suit all drivers.
const WIDTH: u32 = 64;

/// What the members in a client's mask can do, lowest slot first.
struct Mask<'a> {
    members: Vec<&'a drm_mvgal_device>,
    pairs: Vec<drm_mvgal_p2p>,
}

impl Mask<'_> {
    fn can(&self, id: u32, capability: u32) -> bool {
        let member = self.members.iter().find(|member| member.id == id);
        let member = member.expect("a member in the mask");
        member.refusals[capability as usize] == DRM_MVGAL_REFUSAL_NONE
    }

    fn others(&self, home: Option<u32>) -> impl Iterator<Item = u32> {
        let ids = self.members.iter().map(|member| member.id);
        ids.filter(move |id| Some(*id) != home)
    }

    fn near(&self, exporter: u32, importer: u32) -> bool {
        let pair = |pair: &&drm_mvgal_p2p| (pair.exporter, pair.importer) == (exporter, importer);
        let pair = self.pairs.iter().find(pair);
        exporter == importer || pair.expect("a pair").distance >= 0
    }

    /// What the header says of the flags. `target` is a member, the host or `ANY`.
    fn verdict(&self, target: u32, flags: u32, image: bool) -> Result<(), Errno> {
        let has = |flag| flags & flag != 0;
        let own = has(GPU_VALID) || has(P2P);

        if own && (target == HOST || has(PERSISTENT)) || has(REPLICATED) && (has(P2P) || has(LAZY))
        {
            return Err(Errno::EINVAL);
        }
        // The one that the policy chooses: as long as nobody prefers another, the first.
        let chosen = match target {
            HOST => None,
            // The first use chooses.
            ANY if has(LAZY) => None,
            ANY => self.members.first().map(|member| member.id),
            member => Some(member),
        };
        let hosts = target == HOST || has(PERSISTENT);
        let home = chosen.filter(|_| !hosts);
        let may_be_hosts = hosts || target == ANY && !own;
        if has(LAZY)
            && (image && !(target == HOST || has(PERSISTENT)) || has(HOST_VALID) && !may_be_hosts)
        {
            return Err(Errno::EOPNOTSUPP);
        }
        if own && target == ANY && self.members.is_empty() && !has(LAZY) {
            return Err(Errno::ENOSPC);
        }
        let imports = |id| self.can(id, DRM_MVGAL_CAN_IMPORT);
        let reached = match home {
            Some(home) => self.others(None).all(|peer| self.near(home, peer)),
            None => self
                .others(None)
                .all(|home| self.others(None).all(|peer| self.near(home, peer))),
        };
        let copied = |id| self.can(id, DRM_MVGAL_CAN_COPY) && self.can(id, DRM_MVGAL_CAN_ALLOC);
        let refused = has(PERSISTENT) && !chosen.into_iter().all(imports)
            || has(SHARED) && !self.others(home).all(imports)
            || has(P2P) && !reached
            || has(REPLICATED) && !self.others(None).all(copied);
        if refused {
            return Err(Errno::EOPNOTSUPP);
        }
        Ok(())
    }
}

/// Checks a buffer that was granted.
fn does_what_it_says(client: &Client, mask: &Mask<'_>, buffer: &Buffer, flags: u32, what: &str) {
    let has = |flag| flags & flag != 0;
    assert_eq!(buffer.offset != 0, has(HOST_VALID), "{what}: {buffer:?}");

    // Who is to allocate it at its first use is not there.
    let homeless = buffer.member == ANY && (has(GPU_VALID) || has(P2P)) && mask.members.is_empty();
    if homeless {
        let job = client.submit(vec![Job::fill(buffer, 1)]);
        assert_eq!(job, Err(Errno::ENOSPC), "{what}: FILL");
        let fd = client.export(buffer.handle).map(drop);
        let wanted = if has(DMA_BUF) {
            Errno::ENOSPC
        } else {
            Errno::EACCES
        };
        assert_eq!(fd, Err(wanted), "{what}: EXPORT_DMABUF");
        return;
    }
    // What a job of the host uses first is the host's, unless it must not be.
    let home = match buffer.member {
        ANY if has(GPU_VALID) || has(P2P) => mask.members[0].id,
        ANY => HOST,
        _ if has(PERSISTENT) => HOST,
        member => member,
    };
    // In the memory of a driver that does not map it into the kernel there are no FILLs.
    let filled = home == HOST || mask.can(home, DRM_MVGAL_CAN_COPY);
    let done = (client.syncobj(), 0);
    let job = Job::fill(buffer, 0x5a).signals(done);
    let job = match buffer.member {
        ANY => job,
        member => job.on(member),
    };
    match client.submit(vec![job]) {
        Ok(()) => drop(client.done(done)),
        Err(Errno::EOPNOTSUPP) => assert!(!filled, "{what}: FILL"),
        Err(error) => panic!("{what}: FILL: {error}"),
    }
    client.syncobj_destroy(done.0).expect("SYNCOBJ_DESTROY");
    if has(HOST_VALID) {
        let wanted = [if filled { 0x5a } else { 0 }; 64];
        let map = client.map(buffer);
        same(&map.read_at(buffer.size as usize - 64, 64), &wanted, what);
        map.write_at(0, b"by the CPU");
        same(&map.read_at(0, 10), b"by the CPU", what);
    }

    match client.export(buffer.handle) {
        Ok(fd) => {
            assert!(has(DMA_BUF), "{what}: exported");
            let again = client.import(fd.as_fd()).expect("IMPORT_DMABUF");
            assert_eq!(again.handle, buffer.handle, "{what}");
        }
        Err(error) => {
            assert!(!has(DMA_BUF), "{what}: EXPORT_DMABUF: {error}");
            assert_eq!(error, Errno::EACCES, "{what}: EXPORT_DMABUF");
        }
    }
}

/// All flags, `with` some always, in the places given, and on the host and any. The members given
/// become the mask.
fn all_flags(client: &Attached, members: Vec<&drm_mvgal_device>, with: u32, places: &[u32]) {
    let slots = members
        .iter()
        .fold(0, |mask, device| mask | 1 << device.slot);
    client.set_mask(slots).expect("mask");
    let mut mask = Mask {
        members,
        pairs: client.pairs(),
    };
    mask.members.sort_by_key(|member| member.slot);
    let first = client.alloc(HOST, PAGE).handle;
    client.free(first).expect("FREE_MEMORY");

    let targets = places.iter().copied().chain([HOST, ANY]);
    let mut granted = 0;
    for target in targets {
        let member = mask.members.iter().find(|member| member.id == target);
        let name = member.map_or(target.to_string(), |member| text(&member.driver));
        for flags in (0..256).filter(|flags| flags & with == with) {
            for image in [false, true] {
                let shape = if image { "image" } else { "buffer" };
                let what = format!("{shape} on {name}, flags {flags:#04x}");
                let arg = drm_mvgal_alloc_memory {
                    member: target,
                    flags,
                    ..Default::default()
                };
                let arg = if image {
                    drm_mvgal_alloc_memory {
                        width: WIDTH,
                        height: 16,
                        format: u32::from_le_bytes(*b"XR24"),
                        ..arg
                    }
                } else {
                    drm_mvgal_alloc_memory { size: PAGE, ..arg }
                };
                let found = client.alloc_with(arg);
                let wanted = mask.verdict(target, flags, image);
                assert_eq!(found.map(drop), wanted, "{what}");
                let Ok(buffer) = found else {
                    continue;
                };
                granted += 1;
                if image {
                    assert_eq!(buffer.pitch, 4 * WIDTH, "{what}");
                    client.free(buffer.handle).expect("FREE_MEMORY");
                    continue;
                }
                does_what_it_says(client, &mask, &buffer, flags, &what);
                client.free(buffer.handle).expect("FREE_MEMORY");
            }
        }
    }
    assert_ne!(granted, 0);
    // No handle is left, neither of what was granted nor of what was refused.
    assert_eq!(client.alloc(HOST, PAGE).handle, first);
}

fn on_all_members(lab: &Lab) {
    let ids = lab.devices.iter().map(|device| device.id);
    let ids = ids.collect::<Vec<_>>();
    all_flags(&lab.attached(), lab.devices.iter().collect(), 0, &ids);
}

/// With those alone that import and that the CPU reaches, SHARED and REPLICATED are granted.
fn on_those_that_share(lab: &Lab) {
    let can = |device: &drm_mvgal_device, capability: u32| {
        device.refusals[capability as usize] == DRM_MVGAL_REFUSAL_NONE
    };
    let shares = |device: &&drm_mvgal_device| {
        can(device, DRM_MVGAL_CAN_IMPORT) && can(device, DRM_MVGAL_CAN_COPY)
    };
    let members = lab.devices.iter().filter(shares).collect::<Vec<_>>();
    let last = members.last().map(|device| device.id);
    let last = last.into_iter().collect::<Vec<_>>();
    all_flags(&lab.attached(), members, 0, &last);
}

/// With one member P2P is granted, as there is nobody who could not reach it.
fn on_one_alone(lab: &Lab) {
    for device in &lab.devices {
        all_flags(&lab.attached(), vec![device], P2P, &[device.id]);
    }
}

fn without_members(lab: &Lab) {
    all_flags(&lab.attached(), Vec::new(), 0, &[]);
}

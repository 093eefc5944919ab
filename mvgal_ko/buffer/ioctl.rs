// SPDX-License-Identifier: GPL-2.0

//! ALLOC_MEMORY, FREE_MEMORY and IMPORT_DMABUF.

use super::{
    lookup,
    memory::{
        size_on_host,
        vendor_request,
        Later, //
    },
    Access,
    Backing,
    Buffer,
    Memory,
    Parts, //
};
use crate::{
    affinity::Client,
    args::{
        alloc::AllocRequest,
        Target, //
    },
    driver::MvgalDevice,
    file::File,
    member::Member, //
};
use kernel::{
    drm::{
        self,
        gem::BaseObject, //
    },
    prelude::*,
    sync::Arc, //
};
use kernel_ext::{
    gem,
    uapi, //
};
use mvgal_vendors::AllocRequest as VendorRequest;

/// Handles `DRM_IOCTL_MVGAL_ALLOC_MEMORY`.
///
/// A member's driver may take its time.
pub(crate) fn alloc_memory(
    dev: &MvgalDevice,
    data: &mut uapi::drm_mvgal_alloc_memory,
    file: &drm::File<File>,
) -> Result<u32> {
    let request = AllocRequest::new(data)?;
    let inner = file.inner();
    let client = inner.client();

    if request.lazy {
        return alloc_lazily(dev, &request, data, file);
    }

    let mut placing = None;
    let place = match request.target {
        Target::Host => None,
        Target::Member(id) => Some(client.member(id)?),
        Target::Any => {
            let place = placing.insert(client.placing()?).choose(0, |_| (0, 0));
            if place.is_none() && (request.gpu_valid || request.peer_to_peer) {
                return Err(ENOSPC);
            }
            place
        }
    };
    let member = place.as_ref().map(|attachment| attachment.member());
    check_reach(client, &request, member)?;

    let wanted = vendor_request(&request)?;
    let (memory, pitch) = match &place {
        Some(attachment) if !request.persistent => {
            Memory::of_member(client.account(), attachment, &wanted)?
        }
        _ => {
            let (size, pitch) = size_on_host(&wanted)?;
            (Memory::of_host(client.account(), size)?, pitch)
        }
    };
    if request.host_valid && !memory.dma_buf.can_mmap() {
        return Err(EOPNOTSUPP);
    }
    let copies = if request.replicated {
        replicate(client, &memory, &wanted, pitch)?
    } else {
        KVec::new()
    };
    let sizes = copies.iter().map(|copy| copy.dma_buf.size());
    let parts = Parts {
        // What all of them have. CAST: Widens.
        size: sizes.fold(memory.dma_buf.size(), usize::min) as u64,
        backing: Backing::Now(memory),
        copies,
        access: request.access(),
    };
    let buffer = Buffer::create(dev, parts)?;
    let mmap_offset = buffer.mmap_offset()?;
    let size = buffer.size();
    let member = member.map_or(uapi::DRM_MVGAL_MEMBER_HOST, |member| member.id());

    // Nothing fails after the handle is there.
    data.handle = buffer.0.create_handle(file)?;
    if let Some(placing) = placing {
        client.placed(placing);
    }
    data.size = size;
    data.member = member;
    data.pitch = pitch;
    data.mmap_offset = mmap_offset;
    Ok(0)
}

/// Makes a buffer whose memory is allocated when it is used.
fn alloc_lazily(
    dev: &MvgalDevice,
    request: &AllocRequest,
    data: &mut uapi::drm_mvgal_alloc_memory,
    file: &drm::File<File>,
) -> Result<u32> {
    let inner = file.inner();
    let client = inner.client();
    let place = match request.target {
        Target::Member(id) => Some(client.member(id)?),
        Target::Host | Target::Any => None,
    };
    check_reach(client, request, place.as_ref().map(|it| it.member()))?;
    let wanted = vendor_request(request)?;
    let (size, pitch) = size_on_host(&wanted)?;
    let parts = Parts {
        size,
        backing: Backing::Later(Later::new(client.account(), request, wanted, size)),
        copies: KVec::new(),
        access: request.access(),
    };
    let buffer = Buffer::create(dev, parts)?;
    let mmap_offset = buffer.mmap_offset()?;

    // Nothing fails after the handle is there.
    data.handle = buffer.0.create_handle(file)?;
    data.size = size;
    data.pitch = pitch;
    data.mmap_offset = mmap_offset;
    Ok(0)
}

/// Allocates a copy of `memory`, whose rows are `pitch` bytes apart, on each other member that the
/// client may use.
fn replicate(
    client: &Client,
    memory: &Memory,
    wanted: &VendorRequest,
    pitch: u32,
) -> Result<KVec<Arc<Memory>>> {
    let mut copies = KVec::new();
    if !memory.dma_buf.can_vmap() {
        return Err(EOPNOTSUPP);
    }
    client.for_each_allowed(|attachment| {
        if attachment.member().id() == memory.home {
            return Ok(());
        }
        let (copy, copy_pitch) = Memory::of_member(client.account(), attachment, wanted)?;
        if copy_pitch != pitch || !copy.dma_buf.can_vmap() {
            return Err(EOPNOTSUPP);
        }
        let copy = Arc::new(copy, GFP_KERNEL_ACCOUNT)?;
        Ok(copies.push(copy, GFP_KERNEL_ACCOUNT)?)
    })?;
    Ok(copies)
}

impl AllocRequest {
    /// What user space may do with it.
    fn access(&self) -> Access {
        Access {
            mmap: self.host_valid,
            export: self.exportable,
        }
    }
}

/// Fails with `EOPNOTSUPP` unless all members that the client may use can reach the buffer in the
/// ways that are asked for. `place` is the member that the buffer is for, if that is known.
pub(super) fn check_reach(
    client: &Client,
    request: &AllocRequest,
    place: Option<&Arc<Member>>,
) -> Result {
    // What is persistent is the host's, and has to be imported by the member that it is for, too.
    let home = place.filter(|_| !request.persistent);

    if request.persistent {
        if let Some(member) = place {
            check_imports(member)?;
        }
    }
    if !request.shared && !request.peer_to_peer {
        return Ok(());
    }
    client.for_each_allowed(|attachment| {
        let member = attachment.member();
        if home.is_some_and(|home| home.id() == member.id()) {
            return Ok(());
        }

        if request.shared {
            check_imports(member)?;
        }
        if request.peer_to_peer {
            match home {
                Some(home) => check_peer(home, member),
                // It may come to be on any of them.
                None => client.for_each_allowed(|other| check_peer(other.member(), member)),
            }?;
        }
        Ok(())
    })
}

/// Fails with `EOPNOTSUPP` unless a member can import what is not its own.
fn check_imports(member: &Member) -> Result {
    if member.info().features() & u64::from(uapi::DRM_MVGAL_FEATURE_IMPORT) == 0 {
        return Err(EOPNOTSUPP);
    }
    Ok(())
}

/// Fails with `EOPNOTSUPP` unless `peer` reaches the memory of `home` by peer-to-peer.
fn check_peer(home: &Member, peer: &Member) -> Result {
    if home.id() == peer.id() {
        return Ok(());
    }
    home.info()
        .p2p_distance(peer.info())
        .map(|_| ())
        .ok_or(EOPNOTSUPP)
}

/// Handles `DRM_IOCTL_MVGAL_FREE_MEMORY`.
pub(crate) fn free_memory(
    data: &uapi::drm_mvgal_free_memory,
    file: &drm::File<File>,
) -> Result<u32> {
    if data.pad != 0 {
        return Err(EINVAL);
    }

    gem::delete_handle(file, data.handle)?;
    Ok(0)
}

/// Handles `DRM_IOCTL_MVGAL_IMPORT_DMABUF`.
pub(crate) fn import_dmabuf(
    dev: &MvgalDevice,
    data: &mut uapi::drm_mvgal_import_dmabuf,
    file: &drm::File<File>,
) -> Result<u32> {
    if data.flags != 0 {
        return Err(EINVAL);
    }

    let handle = gem::import(dev, file, data.fd)?;
    // It is there unless another thread of the client has just closed it.
    let buffer = lookup(file, handle)?;
    data.mmap_offset = buffer.mmap_offset()?;
    data.size = buffer.size();
    data.member = buffer.home().ok_or(EINVAL)?;
    data.handle = handle;
    Ok(0)
}

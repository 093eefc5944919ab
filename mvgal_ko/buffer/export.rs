// SPDX-License-Identifier: GPL-2.0

//! EXPORT_DMABUF, and how the member gets at a buffer that the export is for.

use super::{
    lookup,
    memory::size_on_host,
    BufferRef,
    FirstUse,
    Memory, //
};
use crate::{
    affinity::{
        Attachment,
        Client, //
    },
    driver::MvgalDevice,
    file::File,
    reach::{
        find_way,
        Lesson,
        Reach,
        Way, //
    },
};
use kernel::{
    drm,
    page::PAGE_SIZE,
    prelude::*,
    sync::{
        aref::ARef,
        Arc, //
    }, //
};
use kernel_ext::{
    dma_buf::{
        DmaBuf,
        ReservedFd, //
    },
    gem,
    trace,
    uapi, //
};
use mvgal_vendors::{
    AllocRequest as VendorRequest,
    Placement,
    Shape, //
};

/// Handles `DRM_IOCTL_MVGAL_EXPORT_DMABUF`.
///
/// A member's driver may take its time.
pub(crate) fn export_dmabuf(
    dev: &MvgalDevice,
    data: &mut uapi::drm_mvgal_export_dmabuf,
    file: &drm::File<File>,
) -> Result<u32> {
    match Request::new(data)? {
        Request::Plain => {
            let buffer = prepare_export(file, data.handle)?;
            let dma_buf = gem::export(dev, file, data.handle)?;
            // If it is of another buffer, another thread of the client has freed this one.
            let home = buffer.as_ref().and_then(|buffer| buffer.home_of(&dma_buf));
            let home = home.ok_or(ENOENT)?;
            data.fd = DmaBuf::to_fd(dma_buf)?;
            data.home = home;
            data.reach = 0;
            data.limit = 0;
        }
        Request::For { member, refused } => {
            let inner = file.inner();
            let client = inner.client();
            let attachment = client.member(member)?;
            let buffer = lookup(file, data.handle)?;
            if !buffer.0.access.export {
                return Err(EACCES);
            }
            // Not after a copy was made for nobody.
            let fd = ReservedFd::new()?;
            let chosen = Chosen::new(client, &buffer, &attachment, refused)?;
            data.home = chosen.home;
            data.reach = chosen.way.reach as u32;
            data.limit = chosen.way.limit as u32;
            data.fd = fd.install(chosen.dma_buf)?;
        }
    }
    Ok(0)
}

/// What is asked for.
enum Request {
    /// The dma-buf of the buffer.
    Plain,
    /// That by which a member gets at it.
    For {
        /// Id of the member.
        member: u32,
        /// Whether its driver has refused another.
        refused: bool,
    },
}

impl Request {
    /// Checks the arguments. Fails with `EINVAL`.
    fn new(data: &uapi::drm_mvgal_export_dmabuf) -> Result<Self> {
        const FOR_MEMBER: u32 = uapi::DRM_MVGAL_EXPORT_FOR_MEMBER;
        const REFUSED: u32 = uapi::DRM_MVGAL_EXPORT_REFUSED;

        if data.pad != 0 {
            return Err(EINVAL);
        }
        match data.flags {
            0 if data.member == 0 => Ok(Self::Plain),
            FOR_MEMBER => Ok(Self::For {
                member: data.member,
                refused: false,
            }),
            flags if flags == FOR_MEMBER | REFUSED => Ok(Self::For {
                member: data.member,
                refused: true,
            }),
            _ => Err(EINVAL),
        }
    }
}

/// Allocates the memory of a buffer that is about to be exported, if it is to be and there is none.
/// Returns the buffer, if there is one.
///
/// # Errors
///
/// As `Later::alloc`. What is wrong with the handle is for the export to say.
pub(crate) fn prepare_export(file: &drm::File<File>, handle: u32) -> Result<Option<BufferRef>> {
    let Ok(buffer) = lookup(file, handle) else {
        return Ok(None);
    };
    if buffer.0.access.export {
        buffer.memory_for(file.inner().client(), &FirstUse::Export)?;
    }
    Ok(Some(buffer))
}

/// The memory by which a member gets at a buffer.
struct Chosen {
    dma_buf: ARef<DmaBuf>,
    home: u32,
    way: Way,
}

impl Chosen {
    /// Chooses it, trying what has not been tried yet, and makes a copy if there is no other way.
    ///
    /// # Errors
    ///
    /// As `struct drm_mvgal_export_dmabuf` says.
    fn new(
        client: &Client,
        buffer: &BufferRef,
        attachment: &Attachment,
        refused: bool,
    ) -> Result<Self> {
        let member = attachment.member();
        let id = member.id();
        let memory = buffer.memory_for(client, &FirstUse::Member(attachment))?;
        let copies = &buffer.0.copies;
        if memory.home == id {
            return Ok(Self::of(client, id, memory, Way::OWN, memory, false));
        }
        if refused {
            let way = Way::REFUSED.of_memory(memory.dma_buf.can_vmap());
            let remember = |exporter| client.remember_way(exporter, id, way, Lesson::ForClient);
            remember(memory.home)?;
            // What it has refused may have been a copy in memory of the host.
            if let Some((copy, _)) = copies.served(id).filter(|(copy, _)| copy.home != id) {
                remember(copy.home)?;
                let copy = copy_for(client, buffer, memory, attachment, Way::REFUSED)?;
                return Ok(Self::of(client, id, memory, Way::REFUSED, &copy, false));
            }
        }
        if let Some((copy, way)) = copies.served(id) {
            return Ok(Self::of(client, id, memory, way, &copy, false));
        }
        if let Some(copy) = copies.find(id) {
            return Ok(Self::of(client, id, memory, Way::REPLICATED, &copy, false));
        }
        if !memory.is_there() {
            return Err(ENODEV);
        }
        let (known, tried) = client.way(memory.home, member)?;
        // What was imported may be of any kind, whatever was found out of other buffers.
        let tried = tried && memory.is_allocated();
        let way = if tried || matches!(known.reach, Reach::Copy | Reach::None) {
            known
        } else {
            // Where it is mapped is where it would stay.
            memory.unpin();
            let dev = attachment.file().device();
            let (way, lesson) = find_way(known, &memory.dma_buf, member.info(), dev)?;
            if memory.is_allocated() {
                client.remember_way(memory.home, id, way, lesson)?;
            }
            way
        };
        match way.reach {
            Reach::Copy => {
                let copy = copy_for(client, buffer, memory, attachment, way)?;
                Ok(Self::of(client, id, memory, way, &copy, !tried))
            }
            Reach::None => Err(EOPNOTSUPP),
            _ => Ok(Self::of(client, id, memory, way, memory, !tried)),
        }
    }

    /// `chosen`, by which `importer` gets at what is in `memory`; `tried` now.
    fn of(
        client: &Client,
        importer: u32,
        memory: &Memory,
        way: Way,
        chosen: &Memory,
        tried: bool,
    ) -> Self {
        trace::buffer_reach(
            client.jobs().id(),
            memory.home,
            importer,
            way.reach as u32,
            way.limit as u32,
            tried,
            way.refusal.map_or(0, |err| err.to_errno()),
        );
        client.reached().count(way.reach);
        Self {
            dma_buf: chosen.dma_buf.clone(),
            home: chosen.home,
            way,
        }
    }
}

/// Makes a copy of a buffer that a member can use, as there is no better way.
///
/// # Errors
///
/// `EOPNOTSUPP` if there can be none, and what allocating it fails with.
fn copy_for(
    client: &Client,
    buffer: &BufferRef,
    memory: &Memory,
    attachment: &Attachment,
    way: Way,
) -> Result<Arc<Memory>> {
    let copies = &buffer.0.copies;
    let id = attachment.member().id();
    // The CPU keeps it coherent.
    if !memory.dma_buf.can_vmap() {
        return Err(EOPNOTSUPP);
    }
    // It comes to lie where others can import it, too.
    let request = |placement| VendorRequest {
        shape: Shape::Linear {
            // CAST: Widens.
            size: buffer.size().next_multiple_of(PAGE_SIZE as u64),
        },
        placement,
        shared: true,
    };
    let mut failure = EOPNOTSUPP;
    for placement in [Placement::OwnVisible, Placement::System] {
        match Memory::of_member(client.account(), attachment, &request(placement)) {
            Ok((copy, _)) if copy.dma_buf.can_vmap() => {
                let copy = copies.add(Arc::new(copy, GFP_KERNEL_ACCOUNT)?)?;
                copies.serve(id, copy.home, way)?;
                return Ok(copy);
            }
            Ok(_) => {}
            Err(err) if err == ENOSPC || err == ENOMEM => failure = err,
            Err(err) if err == EOPNOTSUPP => {}
            Err(err) => return Err(err),
        }
    }
    let request = request(Placement::System);
    match copy_on_host(client, buffer, memory, attachment, &request)? {
        Some(copy) => {
            copies.serve(id, copy.home, way)?;
            Ok(copy)
        }
        None => Err(failure),
    }
}

/// Returns a copy of a buffer in memory of the host, if a member can import that.
///
/// # Errors
///
/// What allocating it fails with, and what interrupted a trial.
fn copy_on_host(
    client: &Client,
    buffer: &BufferRef,
    memory: &Memory,
    attachment: &Attachment,
    request: &VendorRequest,
) -> Result<Option<Arc<Memory>>> {
    const HOST: u32 = uapi::DRM_MVGAL_MEMBER_HOST;

    let member = attachment.member();
    let (known, tried) = client.way(HOST, member)?;
    if memory.home == HOST || known.reach == Reach::Copy {
        return Ok(None);
    }
    let copy = match buffer.0.copies.find(HOST) {
        Some(copy) => copy,
        None => {
            let (size, _) = size_on_host(request)?;
            Arc::new(Memory::of_host(client.account(), size)?, GFP_KERNEL_ACCOUNT)?
        }
    };
    if !tried {
        let dev = attachment.file().device();
        let (way, lesson) = find_way(known, &copy.dma_buf, member.info(), dev)?;
        client.remember_way(HOST, member.id(), way, lesson)?;
        if way.reach == Reach::Copy {
            return Ok(None);
        }
    }
    buffer.0.copies.add(copy).map(Some)
}

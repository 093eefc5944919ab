// SPDX-License-Identifier: GPL-2.0

//! The memory behind a buffer, and where it comes from.

use super::ioctl::check_reach;
use crate::{
    account::{
        Account,
        Charge,
        Owned, //
    },
    affinity::{
        Attachment,
        Client, //
    },
    args::{
        alloc::{
            AllocRequest,
            Shape, //
        },
        Target, //
    },
    mapped::Mapped,
    mappings::{
        Mapping,
        Pins, //
    },
    member::Member,
    presence::Presence,
    Mvgal, //
};
use kernel::{
    device::Device,
    module::this_module,
    page::PAGE_SIZE,
    prelude::*,
    sync::{
        aref::ARef,
        Arc, //
    }, //
};
use kernel_ext::{
    dma_buf::DmaBuf,
    drm_file::HeldHandle,
    system_buffer,
    uapi, //
};
use mvgal_vendors::{
    AllocRequest as VendorRequest,
    Allocation,
    ImageFormat,
    Placement, //
};

/// The memory of a buffer.
pub(crate) struct Memory {
    /// What the owner of the memory has exported.
    pub(crate) dma_buf: ARef<DmaBuf>,
    /// Id of the member whose driver owns it, or `DRM_MVGAL_MEMBER_HOST`.
    pub(crate) home: u32,
    /// That of the member.
    presence: Option<Arc<Presence>>,
    mapping: Mapping,
    /// Whether its driver pins it in its own memory to map it, where one who imports it cannot have
    /// it pinned: then the mapping is not kept for the next job.
    pins_own: bool,
    /// Whom it is charged to; what was imported is nobody's here.
    charge: Option<Owned>,
    /// What its driver needs to tell importers when it moves the memory.
    _held: Option<HeldHandle>,
}

impl Memory {
    /// The memory behind a dma-buf, of that member or of the host.
    pub(super) fn new(
        dma_buf: ARef<DmaBuf>,
        member: Option<&Member>,
        charge: Option<Arc<Charge>>,
    ) -> Self {
        Self {
            mapping: Mapping::new(Pins::Memory, charge.clone()),
            dma_buf,
            home: member.map_or(uapi::DRM_MVGAL_MEMBER_HOST, |member| member.id()),
            presence: member.map(|member| member.presence().clone()),
            // What was imported may be anywhere, and others may have imported it, too.
            pins_own: charge.is_none()
                && member.is_some_and(|member| member.info().exports_peer_memory()),
            charge: charge.map(Owned::new),
            _held: None,
        }
    }

    /// Whether its member is there; the host always is.
    pub(crate) fn is_there(&self) -> bool {
        let presence = self.presence.as_ref();
        presence.is_none_or(|presence| !presence.is_gone())
    }

    /// Whether it was allocated here, and not imported.
    pub(super) fn is_allocated(&self) -> bool {
        self.charge.is_some()
    }

    /// Maps it into the kernel for a job. `dev` is as with [`DmaBuf::vmap`].
    ///
    /// # Errors
    ///
    /// `ENODEV` if its member is gone, `ENOMEM`, and as [`DmaBuf::vmap`].
    pub(crate) fn map(&self, client: &Client, dev: &Device) -> Result<Mapped> {
        let presence = self.presence.as_ref();
        let mappings = client.mappings();
        let map = mappings.map(&self.mapping, &self.dma_buf, presence, dev)?;
        if self.pins_own {
            self.mapping.clear();
        }
        // After it is kept, so that the member's going does not overlook it.
        if !self.is_there() {
            self.mapping.clear();
            return Err(ENODEV);
        }
        Ok(map)
    }

    /// Gives up the mapping that is kept, which keeps the memory in its place.
    pub(super) fn unpin(&self) {
        self.mapping.clear();
    }

    /// Allocates memory by the driver of a member. Returns the bytes from row to row, too, or 0.
    ///
    /// # Errors
    ///
    /// As `VendorOps::alloc`, and `ENOSPC` if it is more than the client may have.
    pub(super) fn of_member(
        account: &Arc<Account>,
        attachment: &Attachment,
        request: &VendorRequest,
    ) -> Result<(Self, u32)> {
        let home = attachment.member().id();
        let (least, _) = size_on_host(request)?;
        let mut charge = account.charge(home, least)?;
        let vendor = attachment.vendor();
        let Allocation {
            dma_buf,
            pitch,
            held,
        } = vendor.alloc(attachment.file(), request)?;
        // CAST: Widens.
        charge.raise_to(dma_buf.size() as u64)?;
        let charge = Arc::new(charge, GFP_KERNEL_ACCOUNT)?;
        let memory = Self::new(dma_buf, Some(attachment.member()), Some(charge));
        let memory = Self {
            pins_own: held.is_some() && request.placement != Placement::System,
            _held: held,
            ..memory
        };
        Ok((memory, pitch))
    }

    /// Allocates memory of the host.
    ///
    /// # Errors
    ///
    /// `ENOMEM`; `ENOSPC` if it is more than the client may have, or the cgroup of the task.
    pub(super) fn of_host(account: &Arc<Account>, size: u64) -> Result<Self> {
        let size = usize::try_from(size).map_err(|_| ENOMEM)?;
        // CAST: Widens.
        let bytes = size as u64;
        let home = uapi::DRM_MVGAL_MEMBER_HOST;
        let charge = Arc::new(account.charge(home, bytes)?, GFP_KERNEL_ACCOUNT)?;
        let group = account.charge_group(bytes)?;
        let kept = KBox::new((charge.clone(), group), GFP_KERNEL_ACCOUNT)?;
        let dma_buf = system_buffer::alloc(this_module::<Mvgal>(), size, Some(kept))?;
        Ok(Self {
            mapping: Mapping::new(Pins::Nothing, None),
            ..Self::new(dma_buf, None, Some(charge))
        })
    }
}

/// What a member's driver is asked for.
pub(super) fn vendor_request(request: &AllocRequest) -> Result<VendorRequest> {
    let shape = match request.shape {
        Shape::Linear { size } => mvgal_vendors::Shape::Linear { size },
        Shape::Image {
            width,
            height,
            format,
            ..
        } => mvgal_vendors::Shape::Image {
            width,
            height,
            format: ImageFormat::from_fourcc(format).ok_or(EINVAL)?,
        },
    };
    let own = request.gpu_valid || request.peer_to_peer;
    Ok(VendorRequest {
        shape,
        placement: match (own, request.host_valid) {
            (false, _) => Placement::System,
            (true, false) => Placement::Own,
            (true, true) => Placement::OwnVisible,
        },
        shared: request.shared || request.exportable || request.peer_to_peer,
    })
}

/// Bytes that it takes in memory of the host, a multiple of the page size, and those from row to
/// row, or 0.
pub(super) fn size_on_host(request: &VendorRequest) -> Result<(u64, u32)> {
    let pitch = request.min_pitch()?;
    let size = request.size_with_pitch(pitch);
    // CAST: Widens.
    let size = size.checked_next_multiple_of(PAGE_SIZE as u64);
    Ok((size.ok_or(ENOMEM)?, pitch))
}

/// Who is the first to use a buffer.
pub(crate) enum FirstUse<'a> {
    /// The CPU.
    Host,
    /// A job on this member.
    Member(&'a Attachment),
    /// Whoever gets the dma-buf.
    Export,
}

impl<'a> FirstUse<'a> {
    /// The use by a job on a member, or on the host.
    pub(crate) fn by_job(member: Option<&'a Arc<Attachment>>) -> Self {
        member.map_or(Self::Host, |attachment| Self::Member(attachment))
    }
}

/// Where memory is allocated that is not there yet.
enum Place {
    /// In memory of the host.
    Host,
    /// By the driver of the member with this id.
    Member(u32),
    /// Wherever it is used first, also on the host.
    User,
    /// On the member that uses it first, and on one that the policy chooses if none does.
    UserMember,
}

/// Memory that is to be allocated when it is used for the first time.
pub(super) struct Later {
    account: Arc<Account>,
    size: u64,
    wanted: VendorRequest,
    place: Place,
    request: AllocRequest,
}

impl Later {
    /// What `request` asks for, which is `wanted` of a driver, and `size` bytes; to be charged to
    /// `account`.
    pub(super) fn new(
        account: &Arc<Account>,
        request: &AllocRequest,
        wanted: VendorRequest,
        size: u64,
    ) -> Self {
        let on_member = request.gpu_valid || request.peer_to_peer;
        let place = match request.target {
            _ if request.persistent => Place::Host,
            Target::Host => Place::Host,
            Target::Member(id) => Place::Member(id),
            Target::Any if on_member => Place::UserMember,
            Target::Any => Place::User,
        };
        Self {
            account: account.clone(),
            size,
            wanted,
            place,
            request: *request,
        }
    }

    /// Allocates it for its first use. Must not be called with a lock held.
    ///
    /// # Errors
    ///
    /// As [`Memory::of_member`] and [`Memory::of_host`]; `EACCES` and `ENODEV` if the client may
    /// not use the member any more, `ENOSPC` if there is none that it may use, `EOPNOTSUPP` if
    /// those that it may use by now cannot all reach it as was asked for.
    pub(super) fn alloc(&self, client: &Client, first: &FirstUse<'_>) -> Result<Memory> {
        match (&self.place, first) {
            (Place::Host, _) => self.alloc_on_host(),
            (Place::User, FirstUse::Host) => {
                check_reach(client, &self.request, None)?;
                self.alloc_on_host()
            }
            (Place::Member(id), _) => self.alloc_on(client, &*client.member(*id)?),
            (Place::User | Place::UserMember, FirstUse::Member(attachment)) => {
                self.alloc_on(client, attachment)
            }
            (Place::User, FirstUse::Export)
            | (Place::UserMember, FirstUse::Host | FirstUse::Export) => {
                let mut placing = client.placing()?;
                let chosen = placing.choose(self.size, |_| (0, 0));
                match chosen {
                    Some(attachment) => {
                        let memory = self.alloc_on(client, &attachment)?;
                        client.placed(placing);
                        Ok(memory)
                    }
                    None if matches!(self.place, Place::User) => self.alloc_on_host(),
                    None => Err(ENOSPC),
                }
            }
        }
    }

    /// Allocates it for a mapping by the CPU, with the lock of the task's memory map held.
    ///
    /// # Errors
    ///
    /// `ENOMEM`; `EOPNOTSUPP` if it must not be the host's.
    pub(super) fn alloc_to_map(&self) -> Result<Memory> {
        match self.place {
            Place::Host | Place::User => self.alloc_on_host(),
            Place::Member(_) | Place::UserMember => Err(EOPNOTSUPP),
        }
    }

    fn alloc_on_host(&self) -> Result<Memory> {
        Memory::of_host(&self.account, self.size)
    }

    /// Whether it is not to be in memory of the host.
    pub(super) fn is_for_members(&self) -> bool {
        matches!(self.place, Place::Member(_) | Place::UserMember)
    }

    fn alloc_on(&self, client: &Client, attachment: &Attachment) -> Result<Memory> {
        check_reach(client, &self.request, Some(attachment.member()))?;
        let (memory, _) = Memory::of_member(&self.account, attachment, &self.wanted)?;
        if self.request.host_valid && !memory.dma_buf.can_mmap() {
            return Err(EOPNOTSUPP);
        }
        Ok(memory)
    }
}

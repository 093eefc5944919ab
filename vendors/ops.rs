// SPDX-License-Identifier: GPL-2.0

//! What mvgal asks of a member's driver, whatever its vendor.

use crate::{
    native_command::NativeCommand,
    refusal::{
        Capability,
        Refusal, //
    },
    request::AllocRequest, //
};
use kernel::{
    prelude::*,
    sync::aref::ARef, //
};
use kernel_ext::{
    dma_buf::DmaBuf,
    drm_device::{
        Feature,
        ForeignDevice, //
    },
    drm_file::{
        DrmFile,
        HeldHandle, //
    },
    sched::cond_resched,
    uapi,
    vendor_uapi::DRM_COMMAND_BASE, //
};

/// A set of operations, by its number in `enum drm_mvgal_vendor`.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
#[repr(u32)]
pub enum Vendor {
    /// Those that work with any driver.
    Generic = uapi::drm_mvgal_vendor_DRM_MVGAL_VENDOR_GENERIC,
    /// amdgpu.
    Amdgpu = uapi::drm_mvgal_vendor_DRM_MVGAL_VENDOR_AMDGPU,
    /// i915.
    I915 = uapi::drm_mvgal_vendor_DRM_MVGAL_VENDOR_I915,
    /// xe.
    Xe = uapi::drm_mvgal_vendor_DRM_MVGAL_VENDOR_XE,
    /// nouveau.
    Nouveau = uapi::drm_mvgal_vendor_DRM_MVGAL_VENDOR_NOUVEAU,
    /// nvidia-drm.
    NvidiaDrm = uapi::drm_mvgal_vendor_DRM_MVGAL_VENDOR_NVIDIA_DRM,
    /// mtgpu.
    Mtgpu = uapi::drm_mvgal_vendor_DRM_MVGAL_VENDOR_MTGPU,
    /// virtio-gpu.
    VirtioGpu = uapi::drm_mvgal_vendor_DRM_MVGAL_VENDOR_VIRTIO_GPU,
}

/// Memory that was allocated.
pub struct Allocation {
    /// The memory, as the member's driver exports it. Its contents are zero.
    pub dma_buf: ARef<DmaBuf>,
    /// Bytes from one row of an image to the next; 0 if it is no image.
    pub pitch: u32,
    /// What the driver needs to tell importers when it moves the memory.
    pub held: Option<HeldHandle>,
}

/// The addresses that a driver gives those that import its memory.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Addresses {
    /// Those that the memory was mapped at for their device.
    Mapped,
    /// Physical ones, which are right only for devices whose addresses nothing translates.
    Physical,
    /// None: it maps its memory for no other device.
    None,
}

/// The operations on the driver of a vendor.
///
/// They are called in the context of a task that may sleep, and with no lock held.
pub trait VendorOps: Sync {
    /// Returns which operations these are.
    fn vendor(&self) -> Vendor;

    /// Returns the number of the driver's own ioctl for allocation, if that is used. It is one of
    /// [`DrmFile::ioctl`].
    ///
    /// `None` means the generic operation for dumb buffers.
    fn alloc_ioctl(&self) -> Option<u32>;

    /// Allocates memory through a file of the member, with the permissions of that file.
    ///
    /// No handle to it stays behind on the file.
    ///
    /// # Errors
    ///
    /// `ENODEV` if the member was unplugged, `EOPNOTSUPP` if the driver cannot do it, `ENOSPC` if
    /// it is more than the driver allocates at a time, or the driver's error.
    fn alloc(&self, file: &DrmFile, request: &AllocRequest) -> Result<Allocation>;

    /// Whether memory is allocated where it is wanted.
    fn places(&self) -> Result<(), Refusal>;

    /// Whether the driver lets memory be allocated on this device, if its tables have the
    /// operation.
    fn allocates_on(&self, _dev: &ForeignDevice) -> Result<(), Refusal> {
        Ok(())
    }

    /// Whether the driver imports what others have exported, if its tables say that it imports.
    ///
    /// Its own buffers it knows again in any case.
    fn imports_of_others(&self) -> Result<(), Refusal> {
        Ok(())
    }

    /// Whether the driver maps what it has exported into the kernel, where the CPU's jobs read and
    /// write it.
    fn maps_into_kernel(&self) -> Result<(), Refusal> {
        Ok(())
    }

    /// By which addresses other devices reach what the driver has exported.
    fn addresses_for_others(&self) -> Addresses {
        Addresses::Mapped
    }

    /// Whether the driver lets devices that are near enough read and write its own memory where it
    /// lies.
    fn exports_peer_memory(&self) -> bool {
        false
    }

    /// Whether the driver imports memory of other devices where it lies, if they let it: by an
    /// attachment that is told of moves.
    fn imports_peer_memory(&self) -> bool {
        false
    }

    /// Returns the commands that NATIVE jobs may submit.
    fn native_commands(&self) -> Result<&'static [NativeCommand], Refusal>;

    /// Returns the priority that a context of the driver should be given for jobs of a level, as
    /// the driver's UAPI has it; a `level` above 15 counts as 15.
    ///
    /// It does not fall from a level to the next. Up to level 11 it is one that the driver gives to
    /// everybody, and above one that takes `CAP_SYS_NICE`, there as here.
    fn context_priority(&self, level: u32) -> Result<i32, Refusal>;
}

impl dyn VendorOps + '_ {
    /// Returns the command of a number in the driver's header, which counts from 0.
    ///
    /// # Errors
    ///
    /// `EOPNOTSUPP` if NATIVE jobs may submit none, `EINVAL` if they may not submit this one.
    pub fn native_command(&self, nr: u32) -> Result<&'static NativeCommand> {
        let nr = nr.checked_add(DRM_COMMAND_BASE).ok_or(EINVAL)?;

        self.native_commands()?
            .iter()
            .find(|command| command.nr == nr)
            .ok_or(EINVAL)
    }

    /// Whether the vendor's own ioctl allocates on a device.
    pub fn allocates_by_ioctl(&self, dev: &ForeignDevice) -> bool {
        self.alloc_ioctl()
            .is_some_and(|nr| dev.ioctl_size(nr).is_some())
    }

    /// Whether something can be done with a device.
    pub fn can(&self, dev: &ForeignDevice, capability: Capability) -> Result<(), Refusal> {
        let there = |there: bool| there.then_some(()).ok_or(Refusal::NotThere);

        match capability {
            Capability::Alloc => {
                there(dev.has(Feature::Gem))?;
                match self.alloc_ioctl() {
                    Some(_) => there(self.allocates_by_ioctl(dev))?,
                    None => there(dev.has_dumb_buffers())?,
                }
                self.allocates_on(dev)
            }
            Capability::Place => self.places(),
            Capability::Export => there(dev.exports_dma_bufs()),
            Capability::Import => {
                there(dev.imports_dma_bufs())?;
                self.imports_of_others()
            }
            Capability::Native => {
                let mut commands = self.native_commands()?.iter();
                there(commands.any(|command| dev.ioctl_size(command.nr).is_some()))
            }
            Capability::Prioritize => self.context_priority(0).map(|_| ()),
            Capability::Copy => {
                there(dev.exports_dma_bufs())?;
                self.maps_into_kernel()
            }
        }
    }
}

/// Makes an allocation of a handle on a member's file, and closes the handle.
///
/// `pitch` is what the driver said that the rows of an image are apart.
pub(crate) fn take_handle(
    file: &DrmFile,
    handle: u32,
    request: &AllocRequest,
    pitch: u32,
) -> Result<Allocation> {
    take(file, handle, request, pitch, |_| Ok(None))
}

/// As [`take_handle`], for drivers that move memory that others have imported: what others may
/// import keeps a handle.
pub(crate) fn take_handle_of_movable(
    file: &DrmFile,
    handle: u32,
    request: &AllocRequest,
    pitch: u32,
) -> Result<Allocation> {
    take(file, handle, request, pitch, |dma_buf| {
        request.shared.then(|| file.hold(dma_buf)).transpose()
    })
}

fn take(
    file: &DrmFile,
    handle: u32,
    request: &AllocRequest,
    pitch: u32,
    hold: impl FnOnce(&DmaBuf) -> Result<Option<HeldHandle>>,
) -> Result<Allocation> {
    let dma_buf = file.handle_to_dma_buf(handle);
    // Before the other is closed, which may be the last.
    let held = match &dma_buf {
        Ok(dma_buf) => hold(dma_buf),
        Err(_) => Ok(None),
    };
    // If it is gone already, another thread of the client has closed it: it is a handle like any
    // other on the client's own file.
    let _ = file.close_handle(handle);
    let dma_buf = dma_buf?;

    // For the same reason the handle may have been made one of something else meanwhile, so that
    // only the dma-buf can tell the size.
    // CAST: Widens.
    if pitch < request.min_pitch()? || request.size_with_pitch(pitch) > dma_buf.size() as u64 {
        return Err(ENOSPC);
    }
    Ok(Allocation {
        dma_buf,
        pitch,
        held: held?,
    })
}

/// Bytes that are cleared between two looks at whether others want the CPU.
const CLEAR_SLICE: u64 = 1 << 20;

/// As [`take_handle`], for drivers that hand out memory with what was in it before.
///
/// It is the CPU that clears it, before anybody else gets to see the dma-buf.
pub(crate) fn take_handle_and_clear(
    file: &DrmFile,
    handle: u32,
    request: &AllocRequest,
    pitch: u32,
) -> Result<Allocation> {
    let allocation = take_handle(file, handle, request, pitch)?;
    let access = allocation
        .dma_buf
        .begin_cpu_access(kernel::dma::DataDirection::ToDevice)?;
    // In the member's own name: no other device is to be reached by it.
    let map = DmaBuf::vmap(allocation.dma_buf.clone(), file.device().parent())?;

    // CAST: Widens.
    let size = allocation.dma_buf.size() as u64;
    let mut offset = 0;
    while offset < size {
        let len = CLEAR_SLICE.min(size - offset);
        map.fill(offset, 0, 1, len)?;
        offset += len;
        cond_resched();
    }
    drop(map);
    access.end()?;
    Ok(allocation)
}

// SPDX-License-Identifier: GPL-2.0

//! ALLOC_MEMORY, FREE_MEMORY, IMPORT_DMABUF and EXPORT_DMABUF.

use super::{
    lookup,
    Access,
    Buffer, //
};
use crate::{
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
    driver::MvgalDevice,
    file::File,
    Mvgal, //
};
use kernel::{
    drm::{
        self,
        gem::BaseObject, //
    },
    module::this_module,
    prelude::*, //
};
use kernel_ext::{
    dma_buf::DmaBuf,
    gem,
    system_buffer,
    uapi, //
};
use mvgal_vendors::{
    Allocation,
    ImageFormat,
    Placement, //
};

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

    let mut placing = None;
    let place = match request.target {
        Target::Host => None,
        Target::Member(id) => Some(client.member(id)?),
        Target::Any => {
            let place = placing.insert(client.placing()?).choose(0, |_| (0, 0));
            if place.is_none() && request.gpu_valid {
                return Err(ENOSPC);
            }
            place
        }
    };
    let home = match &place {
        Some(attachment) => attachment.member().id(),
        None => uapi::DRM_MVGAL_MEMBER_HOST,
    };
    if request.shared {
        check_importers(client, home)?;
    }

    let Allocation { dma_buf, pitch } = alloc(place.as_deref(), &request)?;
    if request.host_valid && !dma_buf.can_mmap() {
        return Err(EOPNOTSUPP);
    }
    let access = Access {
        mmap: request.host_valid,
        export: request.exportable,
    };
    let buffer = Buffer::create(dev, dma_buf, home, access)?;
    let mmap_offset = buffer.mmap_offset()?;

    // Nothing fails after the handle is there.
    data.handle = buffer.0.create_handle(file)?;
    if let Some(placing) = placing {
        client.placed(placing);
    }
    data.size = buffer.size();
    data.member = home;
    data.pitch = pitch;
    data.mmap_offset = mmap_offset;
    Ok(0)
}

/// Fails with `EOPNOTSUPP` unless all members that the client may use, but for the home of the
/// buffer, can import it.
fn check_importers(client: &Client, home: u32) -> Result {
    let import = u64::from(uapi::DRM_MVGAL_FEATURE_IMPORT);

    client.for_each_allowed(|attachment| {
        let member = attachment.member();
        let imports = member.info().features() & import != 0;

        if imports || member.id() == home {
            Ok(())
        } else {
            Err(EOPNOTSUPP)
        }
    })
}

/// Allocates memory on a member, or system memory.
fn alloc(place: Option<&Attachment>, request: &AllocRequest) -> Result<Allocation> {
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
    let request = mvgal_vendors::AllocRequest {
        shape,
        placement: match (request.gpu_valid, request.host_valid) {
            (false, _) => Placement::System,
            (true, false) => Placement::Own,
            (true, true) => Placement::OwnVisible,
        },
        shared: request.shared || request.exportable,
    };

    if let Some(attachment) = place {
        return attachment.vendor().alloc(attachment.file(), &request);
    }
    let pitch = request.min_pitch()?;
    let size = usize::try_from(request.size_with_pitch(pitch)).map_err(|_| ENOMEM)?;
    Ok(Allocation {
        dma_buf: system_buffer::alloc(this_module::<Mvgal>(), size)?,
        pitch,
    })
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
    data.member = buffer.home();
    data.handle = handle;
    Ok(0)
}

/// Handles `DRM_IOCTL_MVGAL_EXPORT_DMABUF`.
pub(crate) fn export_dmabuf(
    dev: &MvgalDevice,
    data: &mut uapi::drm_mvgal_export_dmabuf,
    file: &drm::File<File>,
) -> Result<u32> {
    if data.flags != 0 || data.pad != 0 {
        return Err(EINVAL);
    }

    data.fd = DmaBuf::to_fd(gem::export(dev, file, data.handle)?)?;
    Ok(0)
}

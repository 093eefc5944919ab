// SPDX-License-Identifier: GPL-2.0

//! Any driver, by what all drivers have in common.
//!
//! Memory is allocated as a dumb buffer: a 2-D image of 32 bits a pixel that the CPU can access.

use crate::{
    native_command::NativeCommand,
    ops::{
        take_handle,
        Allocation,
        Vendor,
        VendorOps, //
    },
    refusal::Refusal,
    request::{
        AllocRequest,
        Shape,
        BYTES_PER_PIXEL, //
    }, //
};
use kernel::prelude::*;
use kernel_ext::drm_file::{
    DrmFile,
    DumbBuffer, //
};

/// Widths in pixels of the images that plain bytes are allocated as: the first that the driver
/// takes. The first makes rows of the usual page size, the others fewer rows.
const LINEAR_WIDTHS: [u32; 3] = [1024, 4096, 16384];

/// Bits of a pixel.
const BITS: u32 = u8::BITS * BYTES_PER_PIXEL;

/// The operations that work with any driver, and why there are no others for this one.
pub(crate) struct Generic(Refusal);

/// For drivers that have no operations of their own here.
pub(crate) static UNKNOWN_DRIVER: Generic = Generic(Refusal::UnknownDriver);

/// For drivers that have, but for other versions of their UAPI.
pub(crate) static UNKNOWN_VERSION: Generic = Generic(Refusal::UnknownVersion);

impl VendorOps for Generic {
    fn vendor(&self) -> Vendor {
        Vendor::Generic
    }

    fn alloc_ioctl(&self) -> Option<u32> {
        None
    }

    fn alloc(&self, file: &DrmFile, request: &AllocRequest) -> Result<Allocation> {
        let dumb = create_dumb(file, request, 0)?;
        take_handle(file, dumb.handle, request, dumb.pitch)
    }

    fn places(&self) -> Result<(), Refusal> {
        Err(Refusal::DriverDecides)
    }

    fn native_commands(&self) -> Result<&'static [NativeCommand], Refusal> {
        Err(self.0)
    }

    fn context_priority(&self, _level: u32) -> Result<i32, Refusal> {
        Err(self.0)
    }
}

/// Creates a dumb buffer for a request. The pitch is 0 unless it is for an image.
///
/// # Errors
///
/// As [`VendorOps::alloc`].
pub(crate) fn create_dumb(
    file: &DrmFile,
    request: &AllocRequest,
    flags: u32,
) -> Result<DumbBuffer> {
    match request.shape {
        Shape::Image { width, height, .. } => file.create_dumb(width, height, BITS, flags),
        Shape::Linear { size } => {
            let mut result = Err(ENOSPC);

            for width in LINEAR_WIDTHS {
                result = create_linear(file, size, width, flags);
                // Other errors have nothing to do with the shape.
                if !matches!(&result, Err(err) if *err == EINVAL) {
                    break;
                }
            }
            result
        }
    }
}

/// Creates an image of the given width that has room for `size` bytes.
fn create_linear(file: &DrmFile, size: u64, width: u32, flags: u32) -> Result<DumbBuffer> {
    let height = size.div_ceil(u64::from(width) * u64::from(BYTES_PER_PIXEL));
    let height = u32::try_from(height).map_err(|_| ENOSPC)?;
    // Drivers count the size of a dumb buffer in 32 bits.
    if u64::from(height) * u64::from(width) * u64::from(BYTES_PER_PIXEL) > u32::MAX.into() {
        return Err(ENOSPC);
    }

    Ok(DumbBuffer {
        pitch: 0,
        ..file.create_dumb(width, height, BITS, flags)?
    })
}

// SPDX-License-Identifier: GPL-2.0

//! Any driver, by what all drivers have in common.
//!
//! Memory is allocated as a dumb buffer: a 2-D image of 32 bits a pixel that the CPU can access.

use crate::ops::{
    take_handle,
    AllocRequest,
    Allocation,
    VendorOps,
    BYTES_PER_PIXEL, //
};
use kernel::prelude::*;
use kernel_ext::drm_file::DrmFile;

/// Widths in pixels of the images that plain bytes are allocated as: the first that the driver
/// takes. The first makes rows of the usual page size, the others fewer rows.
const LINEAR_WIDTHS: [u32; 3] = [1024, 4096, 16384];

/// The operations that work with any driver.
pub(crate) struct Generic;

impl VendorOps for Generic {
    fn alloc_ioctl(&self) -> Option<u32> {
        None
    }

    fn alloc(&self, file: &DrmFile, request: &AllocRequest) -> Result<Allocation> {
        match *request {
            AllocRequest::Image { width, height, .. } => {
                let dumb = file.create_dumb(width, height, u8::BITS * BYTES_PER_PIXEL)?;

                take_handle(file, dumb.handle, request, dumb.pitch)
            }
            AllocRequest::Linear { size } => {
                let mut result = Err(ENOSPC);

                for width in LINEAR_WIDTHS {
                    result = alloc_linear(file, request, size, width);
                    // Other errors have nothing to do with the shape.
                    if !matches!(&result, Err(err) if *err == EINVAL) {
                        break;
                    }
                }
                result
            }
        }
    }
}

/// Allocates plain bytes as an image of the given width.
fn alloc_linear(
    file: &DrmFile,
    request: &AllocRequest,
    size: u64,
    width: u32,
) -> Result<Allocation> {
    let height = size.div_ceil(u64::from(width) * u64::from(BYTES_PER_PIXEL));
    let height = u32::try_from(height).map_err(|_| ENOSPC)?;
    // Drivers count the size of a dumb buffer in 32 bits.
    if u64::from(height) * u64::from(width) * u64::from(BYTES_PER_PIXEL) > u32::MAX.into() {
        return Err(ENOSPC);
    }

    let dumb = file.create_dumb(width, height, u8::BITS * BYTES_PER_PIXEL)?;
    take_handle(file, dumb.handle, request, 0)
}

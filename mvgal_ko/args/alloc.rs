// SPDX-License-Identifier: GPL-2.0

//! Arguments of ALLOC_MEMORY.

use super::{
    invalid_if,
    Target, //
};
use kernel::{
    page::PAGE_SIZE,
    prelude::*, //
};
use kernel_ext::uapi;

/// Size of the largest buffer, in bytes.
pub(crate) const MAX_BUFFER_SIZE: u64 = 1 << 36;

/// Width and height of the largest image, in pixels.
const MAX_IMAGE_SIDE: u32 = 16384;

/// All flags.
const FLAGS: u32 = uapi::DRM_MVGAL_BUFFER_HOST_VALID
    | uapi::DRM_MVGAL_BUFFER_GPU_VALID
    | uapi::DRM_MVGAL_BUFFER_SHARED
    | uapi::DRM_MVGAL_BUFFER_DMA_BUF
    | uapi::DRM_MVGAL_BUFFER_P2P
    | uapi::DRM_MVGAL_BUFFER_REPLICATED
    | uapi::DRM_MVGAL_BUFFER_PERSISTENT
    | uapi::DRM_MVGAL_BUFFER_LAZY_ALLOCATE;

/// Returns a format code as `fourcc_code()` of `drm_fourcc.h` builds it.
const fn fourcc(code: &[u8; 4]) -> u32 {
    u32::from_le_bytes(*code)
}

/// Returns the bytes that a pixel takes, `None` for a format that images cannot have.
const fn bytes_per_pixel(format: u32) -> Option<u32> {
    const XRGB8888: u32 = fourcc(b"XR24");
    const ARGB8888: u32 = fourcc(b"AR24");
    const XBGR8888: u32 = fourcc(b"XB24");
    const ABGR8888: u32 = fourcc(b"AB24");

    match format {
        XRGB8888 | ARGB8888 | XBGR8888 | ABGR8888 => Some(4),
        _ => None,
    }
}

/// What a buffer is to hold.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Shape {
    /// Bytes.
    Linear {
        /// Size in bytes: a multiple of the page size, not 0, [`MAX_BUFFER_SIZE`] at most.
        size: u64,
    },
    /// Pixels. They take less than [`MAX_BUFFER_SIZE`] without padding.
    Image {
        /// Width in pixels, not 0.
        width: u32,
        /// Height in pixels, not 0.
        height: u32,
        /// Format code of `drm_fourcc.h`.
        format: u32,
        /// Bytes of a pixel.
        bytes_per_pixel: u32,
    },
}

/// A buffer that is asked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct AllocRequest {
    /// Where.
    pub(crate) target: Target,
    /// What it is to hold.
    pub(crate) shape: Shape,
    /// `DRM_MVGAL_BUFFER_HOST_VALID`: the CPU may map it.
    pub(crate) host_valid: bool,
    /// `DRM_MVGAL_BUFFER_GPU_VALID`: a member's driver allocates it.
    pub(crate) gpu_valid: bool,
    /// `DRM_MVGAL_BUFFER_SHARED`: all members in the client's mask must be able to import it.
    pub(crate) shared: bool,
    /// `DRM_MVGAL_BUFFER_DMA_BUF`: it may be exported.
    pub(crate) exportable: bool,
    /// `DRM_MVGAL_BUFFER_P2P`: all members in the client's mask must reach it by peer-to-peer. The
    /// memory is a member's then.
    pub(crate) peer_to_peer: bool,
    /// `DRM_MVGAL_BUFFER_REPLICATED`: all members in the client's mask get a copy.
    pub(crate) replicated: bool,
    /// `DRM_MVGAL_BUFFER_PERSISTENT`: the memory is the host's, and the member only imports it.
    pub(crate) persistent: bool,
    /// `DRM_MVGAL_BUFFER_LAZY_ALLOCATE`: there is no memory before the first use.
    pub(crate) lazy: bool,
}

impl AllocRequest {
    /// Checks the arguments.
    ///
    /// Fails with `EINVAL`, `EOPNOTSUPP` for flags that do not go with the rest, or `E2BIG`.
    pub(crate) fn new(args: &uapi::drm_mvgal_alloc_memory) -> Result<Self> {
        let has = |flag| args.flags & flag != 0;

        invalid_if(args.pad != 0)?;
        invalid_if(args.flags & !FLAGS != 0)?;
        let target = Target::from_uapi(args.member);
        let host_valid = has(uapi::DRM_MVGAL_BUFFER_HOST_VALID);
        let gpu_valid = has(uapi::DRM_MVGAL_BUFFER_GPU_VALID);
        let peer_to_peer = has(uapi::DRM_MVGAL_BUFFER_P2P);
        let persistent = has(uapi::DRM_MVGAL_BUFFER_PERSISTENT);
        let lazy = has(uapi::DRM_MVGAL_BUFFER_LAZY_ALLOCATE);
        let replicated = has(uapi::DRM_MVGAL_BUFFER_REPLICATED);
        // The one wants all members to use one memory, the other to have many. And which members
        // there are to be copies on is settled when the buffer is made.
        invalid_if(replicated && (peer_to_peer || lazy))?;
        // These two need a member's own memory, which is what PERSISTENT must not be in.
        let on_member = gpu_valid || peer_to_peer;
        invalid_if(on_member && (target == Target::Host || persistent))?;
        let shape = Self::shape(args)?;
        let on_host = target == Target::Host || persistent;
        if lazy && !on_host {
            // mmap() comes with a lock held that no member's driver may be called with, so that
            // what it allocates is the host's.
            if host_valid && (on_member || target != Target::Any) {
                return Err(EOPNOTSUPP);
            }
            // The driver decides how far apart the rows are.
            if matches!(shape, Shape::Image { .. }) {
                return Err(EOPNOTSUPP);
            }
        }
        if args.size > MAX_BUFFER_SIZE {
            return Err(E2BIG);
        }
        Ok(Self {
            target,
            shape,
            host_valid,
            gpu_valid,
            shared: has(uapi::DRM_MVGAL_BUFFER_SHARED),
            exportable: has(uapi::DRM_MVGAL_BUFFER_DMA_BUF),
            peer_to_peer,
            replicated,
            persistent,
            lazy,
        })
    }

    fn shape(args: &uapi::drm_mvgal_alloc_memory) -> Result<Shape> {
        if args.size != 0 {
            invalid_if(args.width != 0 || args.height != 0 || args.format != 0)?;
            // What does not fit into 64 bits is refused for its size, as everything so large.
            let size = args.size.checked_next_multiple_of(PAGE_SIZE as u64);
            return Ok(Shape::Linear {
                size: size.unwrap_or(u64::MAX),
            });
        }
        let side = 1..=MAX_IMAGE_SIDE;
        invalid_if(!side.contains(&args.width) || !side.contains(&args.height))?;
        Ok(Shape::Image {
            width: args.width,
            height: args.height,
            format: args.format,
            bytes_per_pixel: bytes_per_pixel(args.format).ok_or(EINVAL)?,
        })
    }
}

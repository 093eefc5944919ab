// SPDX-License-Identifier: GPL-2.0

//! Tests of the argument checks of ALLOC_MEMORY.

use super::{
    alloc::{
        AllocRequest,
        Shape,
        MAX_BUFFER_SIZE, //
    },
    test::{
        errno,
        INVALID,
        TOO_BIG,
        UNSUPPORTED, //
    },
    Target, //
};
use crate::rng::Rng;
use kernel::prelude::*;
use kernel_ext::uapi;

type Args = uapi::drm_mvgal_alloc_memory;

const HOST_VALID: u32 = uapi::DRM_MVGAL_BUFFER_HOST_VALID;
const GPU_VALID: u32 = uapi::DRM_MVGAL_BUFFER_GPU_VALID;
const P2P: u32 = uapi::DRM_MVGAL_BUFFER_P2P;
const REPLICATED: u32 = uapi::DRM_MVGAL_BUFFER_REPLICATED;
const PERSISTENT: u32 = uapi::DRM_MVGAL_BUFFER_PERSISTENT;
const LAZY: u32 = uapi::DRM_MVGAL_BUFFER_LAZY_ALLOCATE;

/// `DRM_FORMAT_XRGB8888`
const XRGB8888: u32 = 0x3432_5258;

fn linear(size: u64) -> Args {
    Args {
        size,
        member: 1,
        ..Default::default()
    }
}

fn image(width: u32, height: u32, format: u32) -> Args {
    Args {
        width,
        height,
        format,
        member: 1,
        ..Default::default()
    }
}

fn check(args: Args, change: impl FnOnce(&mut Args)) -> i32 {
    let mut args = args;
    change(&mut args);
    errno(AllocRequest::new(&args))
}

fn size_of_linear(size: u64) -> Result<u64> {
    match AllocRequest::new(&linear(size))?.shape {
        Shape::Linear { size } => Ok(size),
        Shape::Image { .. } => Err(EIO),
    }
}

#[kunit_tests(mvgal_args_alloc)]
mod tests {
    use super::*;

    #[test]
    fn sizes() {
        assert_eq!(size_of_linear(1), Ok(4096));
        assert_eq!(size_of_linear(4095), Ok(4096));
        assert_eq!(size_of_linear(4096), Ok(4096));
        assert_eq!(size_of_linear(4097), Ok(8192));
        assert_eq!(size_of_linear(MAX_BUFFER_SIZE - 1), Ok(MAX_BUFFER_SIZE));
        assert_eq!(size_of_linear(MAX_BUFFER_SIZE), Ok(MAX_BUFFER_SIZE));
        for size in [MAX_BUFFER_SIZE + 1, 1 << 63, u64::MAX - 4095, u64::MAX] {
            assert_eq!(check(linear(size), |_| ()), TOO_BIG);
        }
        assert_eq!(check(linear(0), |_| ()), INVALID);
        let mut rng = Rng::new(11);
        for _ in 0..1000 {
            let size = rng.sized(40);
            match size_of_linear(size) {
                Ok(rounded) => {
                    assert!(rounded % 4096 == 0 && rounded >= size && rounded - size < 4096);
                    assert!(size > 0 && size <= MAX_BUFFER_SIZE);
                }
                Err(error) => assert!(
                    error == EINVAL && size == 0 || error == E2BIG && size > MAX_BUFFER_SIZE
                ),
            }
        }
    }

    #[test]
    fn images() -> Result {
        for code in [b"XR24", b"AR24", b"XB24", b"AB24"] {
            let format = u32::from_le_bytes(*code);
            for (width, height) in [(1, 1), (1920, 1080), (16384, 16384), (1, 16384)] {
                let request = AllocRequest::new(&image(width, height, format))?;
                assert_eq!(
                    request.shape,
                    Shape::Image {
                        width,
                        height,
                        format,
                        bytes_per_pixel: 4,
                    }
                );
            }
        }
        assert_eq!(u32::from_le_bytes(*b"XR24"), XRGB8888);
        for (width, height) in [(0, 1), (1, 0), (16385, 1), (1, 16385), (u32::MAX, u32::MAX)] {
            assert_eq!(check(image(width, height, XRGB8888), |_| ()), INVALID);
        }
        // RGB565, a big-endian one, and none.
        for format in [0x3631_4752, XRGB8888 | 1 << 31, 0, u32::MAX] {
            assert_eq!(check(image(64, 64, format), |_| ()), INVALID);
        }
        Ok(())
    }

    #[test]
    fn size_or_image() {
        assert_eq!(check(linear(4096), |args| args.width = 1), INVALID);
        assert_eq!(check(linear(4096), |args| args.height = 1), INVALID);
        assert_eq!(check(linear(4096), |args| args.format = XRGB8888), INVALID);
        assert_eq!(check(image(1, 1, XRGB8888), |args| args.size = 4), INVALID);
    }

    #[test]
    fn flags() -> Result {
        for flags in 0..16 {
            let mut args = linear(4096);
            args.flags = flags;
            let request = AllocRequest::new(&args)?;
            assert_eq!(request.host_valid, flags & 1 != 0);
            assert_eq!(request.gpu_valid, flags & 2 != 0);
            assert_eq!(request.shared, flags & 4 != 0);
            assert_eq!(request.exportable, flags & 8 != 0);
        }
        let with = |flags| check(linear(4096), |args| args.flags = flags);
        assert_eq!(with(REPLICATED), 0);
        assert_eq!(with(REPLICATED | 15), 0);
        assert_eq!(with(REPLICATED | PERSISTENT), 0);
        // One memory for all, or many; and which members, is known when it is allocated.
        assert_eq!(with(REPLICATED | P2P), INVALID);
        assert_eq!(with(REPLICATED | LAZY), INVALID);
        assert_eq!(check(linear(0), |args| args.flags = REPLICATED), INVALID);
        for bit in 8..32 {
            assert_eq!(check(linear(4096), |args| args.flags = 1 << bit), INVALID);
            assert_eq!(
                check(linear(4096), |args| args.flags = 1 << bit | REPLICATED),
                INVALID
            );
        }
        Ok(())
    }

    #[test]
    fn flags_together() -> Result {
        let with = |member, flags| {
            check(linear(4096), |args| {
                args.member = member;
                args.flags = flags;
            })
        };
        let any = u32::MAX;
        // A member's memory does not persist, and the host's is nobody's peer.
        for member in [0, 7, any] {
            assert_eq!(with(member, PERSISTENT | GPU_VALID), INVALID);
            assert_eq!(with(member, PERSISTENT | P2P), INVALID);
        }
        assert_eq!(with(0, P2P), INVALID);
        assert_eq!(with(7, P2P), 0);
        // mmap() allocates for the host alone.
        assert_eq!(with(0, LAZY | HOST_VALID), 0);
        assert_eq!(with(any, LAZY | HOST_VALID), 0);
        assert_eq!(with(7, LAZY | HOST_VALID | PERSISTENT), 0);
        assert_eq!(with(7, LAZY | HOST_VALID), UNSUPPORTED);
        assert_eq!(with(any, LAZY | HOST_VALID | GPU_VALID), UNSUPPORTED);
        assert_eq!(with(any, LAZY | HOST_VALID | P2P), UNSUPPORTED);
        // The rows of an image are known in advance on the host.
        let of_image = |member, flags| {
            check(image(8, 8, XRGB8888), |args| {
                args.member = member;
                args.flags = flags;
            })
        };
        assert_eq!(of_image(0, LAZY), 0);
        assert_eq!(of_image(7, LAZY | PERSISTENT), 0);
        assert_eq!(of_image(7, LAZY), UNSUPPORTED);
        assert_eq!(of_image(any, LAZY), UNSUPPORTED);
        Ok(())
    }

    #[test]
    fn members() -> Result {
        let request = |member| {
            let mut args = linear(4096);
            args.member = member;
            AllocRequest::new(&args)
        };
        assert_eq!(request(0)?.target, Target::Host);
        assert_eq!(request(7)?.target, Target::Member(7));
        assert_eq!(request(u32::MAX)?.target, Target::Any);
        let gpu_valid = |member| {
            check(linear(4096), |args| {
                args.flags = 2;
                args.member = member;
            })
        };
        assert_eq!(gpu_valid(0), INVALID);
        assert_eq!(gpu_valid(7), 0);
        assert_eq!(gpu_valid(u32::MAX), 0);
        Ok(())
    }

    #[test]
    fn padding_and_outputs() {
        assert_eq!(check(linear(4096), |args| args.pad = 1), INVALID);
        // What is only written is not looked at.
        assert_eq!(
            check(linear(4096), |args| {
                args.pitch = 1;
                args.handle = 2;
                args.mmap_offset = 3;
            }),
            0
        );
    }
}

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
        for bit in 4..8 {
            assert_eq!(
                check(linear(4096), |args| args.flags = 1 << bit),
                UNSUPPORTED
            );
            assert_eq!(
                check(linear(4096), |args| args.flags = 1 << bit | 15),
                UNSUPPORTED
            );
            // What is wrong in itself comes before what is not supported.
            assert_eq!(check(linear(0), |args| args.flags = 1 << bit), INVALID);
        }
        for bit in 8..32 {
            assert_eq!(check(linear(4096), |args| args.flags = 1 << bit), INVALID);
            assert_eq!(
                check(linear(4096), |args| args.flags = 1 << bit | 16),
                INVALID
            );
        }
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

// SPDX-License-Identifier: GPL-2.0

//! Tests of the argument checks of COPY and FILL jobs.

use super::{
    test::{
        errno,
        INVALID, //
    },
    transfer::{
        CopyRequest,
        FillRequest,
        Rect, //
    },
};
use crate::rng::Rng;
use kernel::prelude::*;
use kernel_ext::uapi::{
    drm_mvgal_copy,
    drm_mvgal_fill, //
};

const PAGE: u64 = 4096;

fn one_row() -> drm_mvgal_copy {
    drm_mvgal_copy {
        src: 1,
        dst: 2,
        width: 64,
        height: 1,
        ..Default::default()
    }
}

/// A copy of 4 by 4 bytes, out of rows of 64 into rows of 32.
fn rows() -> drm_mvgal_copy {
    drm_mvgal_copy {
        src: 1,
        dst: 2,
        width: 4,
        height: 4,
        src_pitch: 64,
        dst_pitch: 32,
        ..Default::default()
    }
}

fn fill() -> drm_mvgal_fill {
    drm_mvgal_fill {
        dst: 1,
        pattern_size: 4,
        pattern: 0x1234_5678,
        width: 64,
        height: 1,
        ..Default::default()
    }
}

/// Returns the errno for a copy between different buffers of a page.
fn check(args: drm_mvgal_copy, change: impl FnOnce(&mut drm_mvgal_copy)) -> i32 {
    let mut args = args;
    change(&mut args);
    errno(CopyRequest::new(&args).and_then(|request| request.plan(PAGE, PAGE, false)))
}

/// Returns the errno for a copy within one buffer of a page.
fn check_same(args: drm_mvgal_copy, change: impl FnOnce(&mut drm_mvgal_copy)) -> i32 {
    let mut args = args;
    change(&mut args);
    errno(CopyRequest::new(&args).and_then(|request| request.plan(PAGE, PAGE, true)))
}

fn check_fill(change: impl FnOnce(&mut drm_mvgal_fill)) -> i32 {
    let mut args = fill();
    change(&mut args);
    errno(FillRequest::new(&args).and_then(|request| request.plan(PAGE)))
}

/// The end of a range that nothing can overflow.
fn end(offset: u64, width: u64, height: u32, pitch: u32) -> u128 {
    u128::from(offset) + u128::from(height - 1) * u128::from(pitch) + u128::from(width)
}

/// Whether the numbers of one side of a transfer make sense.
fn sound(width: u64, height: u32, pitch: u32) -> bool {
    width != 0
        && height != 0
        && if height == 1 {
            pitch == 0
        } else {
            u64::from(pitch) >= width
        }
}

/// The offsets of all bytes, row by row.
fn bytes(rect: &Rect) -> impl Iterator<Item = u64> {
    let Rect {
        offset,
        width,
        height,
        pitch,
    } = *rect;
    (0..u64::from(height))
        .flat_map(move |row| (0..width).map(move |byte| offset + row * pitch + byte))
}

/// The same for the numbers as the caller passed them.
fn wanted(offset: u64, width: u64, height: u32, pitch: u32) -> impl Iterator<Item = u64> {
    (0..u64::from(height))
        .flat_map(move |row| (0..width).map(move |byte| offset + row * u64::from(pitch) + byte))
}

#[kunit_tests(mvgal_args_transfer)]
mod tests {
    use super::*;

    #[test]
    fn copy_of_a_row() -> Result {
        let mut args = one_row();
        args.src_offset = 100;
        args.dst_offset = 200;
        let request = CopyRequest::new(&args)?;
        assert_eq!(request.src, 1);
        assert_eq!(request.dst, 2);
        let plan = request.plan(PAGE, PAGE, false)?;
        assert_eq!(
            plan.src,
            Rect {
                offset: 100,
                width: 64,
                height: 1,
                pitch: 64,
            }
        );
        assert_eq!(plan.dst.offset, 200);
        assert_eq!(plan.dst.end(), 264);
        assert_eq!(plan.dst.bytes(), 64);
        Ok(())
    }

    #[test]
    fn copy_of_rows() -> Result {
        let plan = CopyRequest::new(&rows())?.plan(PAGE, PAGE, false)?;
        assert_eq!(
            (plan.src.width, plan.src.height, plan.src.pitch),
            (4, 4, 64)
        );
        assert_eq!(
            (plan.dst.width, plan.dst.height, plan.dst.pitch),
            (4, 4, 32)
        );
        assert_eq!(plan.src.end(), 3 * 64 + 4);
        assert_eq!(plan.src.bytes(), 16);
        Ok(())
    }

    #[test]
    fn rows_without_gaps_are_one() -> Result {
        let mut args = rows();
        args.src_pitch = 4;
        let plan = CopyRequest::new(&args)?.plan(PAGE, PAGE, false)?;
        assert_eq!(plan.src.height, 4);
        args.dst_pitch = 4;
        let plan = CopyRequest::new(&args)?.plan(PAGE, PAGE, false)?;
        assert_eq!(
            (plan.src.width, plan.src.height, plan.src.pitch),
            (16, 1, 16)
        );
        assert_eq!(plan.src, plan.dst);
        Ok(())
    }

    #[test]
    fn bad_copies() {
        assert_eq!(check(one_row(), |_| ()), 0);
        assert_eq!(check(one_row(), |args| args.pad = 1), INVALID);
        assert_eq!(check(one_row(), |args| args.width = 0), INVALID);
        assert_eq!(check(one_row(), |args| args.height = 0), INVALID);
        assert_eq!(check(one_row(), |args| args.src_pitch = 64), INVALID);
        assert_eq!(check(one_row(), |args| args.dst_pitch = 64), INVALID);
        assert_eq!(check(one_row(), |args| args.width = PAGE), 0);
        assert_eq!(check(one_row(), |args| args.width = PAGE + 1), INVALID);
        assert_eq!(check(one_row(), |args| args.width = u64::MAX), INVALID);
        assert_eq!(check(one_row(), |args| args.src_offset = PAGE - 64), 0);
        assert_eq!(
            check(one_row(), |args| args.src_offset = PAGE - 63),
            INVALID
        );
        assert_eq!(
            check(one_row(), |args| args.dst_offset = PAGE - 63),
            INVALID
        );
        assert_eq!(check(one_row(), |args| args.src_offset = PAGE), INVALID);
        assert_eq!(check(one_row(), |args| args.src_offset = u64::MAX), INVALID);
        assert_eq!(
            check(one_row(), |args| args.dst_offset = u64::MAX - 63),
            INVALID
        );
        assert_eq!(check(rows(), |_| ()), 0);
        assert_eq!(check(rows(), |args| args.src_pitch = 3), INVALID);
        assert_eq!(check(rows(), |args| args.dst_pitch = 3), INVALID);
        assert_eq!(check(rows(), |args| args.src_pitch = 0), INVALID);
        assert_eq!(check(rows(), |args| args.src_pitch = 1364), 0);
        assert_eq!(check(rows(), |args| args.src_pitch = 1365), INVALID);
        assert_eq!(check(rows(), |args| args.src_pitch = u32::MAX), INVALID);
        assert_eq!(check(rows(), |args| args.height = u32::MAX), INVALID);
        // A width that no pitch can hold.
        assert_eq!(
            check(rows(), |args| {
                args.width = 1 << 32;
                args.src_pitch = u32::MAX;
                args.dst_pitch = u32::MAX;
            }),
            INVALID
        );
        // Where 64 bits do not suffice.
        assert_eq!(
            check(rows(), |args| {
                args.src_offset = u64::MAX - (1 << 63);
                args.height = u32::MAX;
                args.src_pitch = u32::MAX;
            }),
            INVALID
        );
    }

    #[test]
    fn copies_within_a_buffer() {
        assert_eq!(check_same(one_row(), |_| ()), INVALID);
        assert_eq!(check_same(one_row(), |args| args.dst_offset = 63), INVALID);
        assert_eq!(check_same(one_row(), |args| args.dst_offset = 64), 0);
        assert_eq!(check_same(one_row(), |args| args.src_offset = 63), INVALID);
        assert_eq!(check_same(one_row(), |args| args.src_offset = 64), 0);
        // Rows of one in the gaps of the other: the ranges overlap even if the bytes do not.
        assert_eq!(
            check_same(rows(), |args| {
                args.dst_pitch = 64;
                args.dst_offset = 8;
            }),
            INVALID
        );
        assert_eq!(
            check_same(rows(), |args| args.dst_offset = 3 * 64 + 3),
            INVALID
        );
        assert_eq!(check_same(rows(), |args| args.dst_offset = 3 * 64 + 4), 0);
        // In different buffers, the same ranges are fine.
        assert_eq!(check(one_row(), |args| args.dst_offset = 63), 0);
    }

    #[test]
    fn random_copies() -> Result {
        let mut rng = Rng::new(5);
        let mut planned = 0;
        for _ in 0..20_000 {
            let bits = if rng.below(2) == 0 { 3 } else { 32 };
            let height = rng.sized(bits) as u32 | rng.below(2) as u32;
            let width = rng.sized(40);
            // Mostly such that the rows make sense, so that enough gets as far as the ranges.
            let pitch = |rng: &mut Rng| match (height, rng.below(8)) {
                (_, 0) => rng.sized(32) as u32,
                (1, _) => 0,
                _ => (width + rng.sized(16)) as u32,
            };
            let args = drm_mvgal_copy {
                src_offset: rng.sized(62),
                dst_offset: rng.sized(62),
                width,
                height,
                src_pitch: pitch(&mut rng),
                dst_pitch: pitch(&mut rng),
                ..Default::default()
            };
            let sizes = (rng.sized(64) | rng.sized(64), rng.sized(64) | rng.sized(64));
            let same = rng.below(2) == 0;
            let result =
                CopyRequest::new(&args).and_then(|request| request.plan(sizes.0, sizes.1, same));

            let good = sound(args.width, height, args.src_pitch)
                && sound(args.width, height, args.dst_pitch)
                && {
                    let src = end(args.src_offset, args.width, height, args.src_pitch);
                    let dst = end(args.dst_offset, args.width, height, args.dst_pitch);
                    let apart = src <= args.dst_offset.into() || dst <= u128::from(args.src_offset);
                    src <= sizes.0.into() && dst <= sizes.1.into() && (apart || !same)
                };
            assert_eq!(result.is_ok(), good);
            match result {
                Ok(plan) => {
                    planned += 1;
                    assert!(plan.src.end() <= sizes.0 && plan.dst.end() <= sizes.1);
                    assert_eq!(plan.src.bytes(), args.width * u64::from(height));
                    assert_eq!(plan.src.width, plan.dst.width);
                    assert_eq!(plan.src.height, plan.dst.height);
                }
                Err(error) => assert_eq!(error, EINVAL),
            }
        }
        // The numbers are such that there is enough of both.
        assert!(planned > 2_000 && planned < 18_000);
        Ok(())
    }

    #[test]
    fn plans_name_the_bytes_asked_for() -> Result {
        let mut rng = Rng::new(6);
        for _ in 0..2_000 {
            let width = 1 + rng.below(6);
            let height = 1 + rng.below(5) as u32;
            let pitch = |rng: &mut Rng| {
                if height == 1 {
                    0
                } else {
                    width as u32 + rng.below(3) as u32
                }
            };
            let args = drm_mvgal_copy {
                src_offset: rng.below(10),
                dst_offset: rng.below(10),
                width,
                height,
                src_pitch: pitch(&mut rng),
                dst_pitch: pitch(&mut rng),
                ..Default::default()
            };
            let plan = CopyRequest::new(&args)?.plan(PAGE, PAGE, false)?;
            assert!(bytes(&plan.src).eq(wanted(args.src_offset, width, height, args.src_pitch)));
            assert!(bytes(&plan.dst).eq(wanted(args.dst_offset, width, height, args.dst_pitch)));
        }
        Ok(())
    }

    #[test]
    fn fills() -> Result {
        let mut args = fill();
        args.offset = 16;
        let request = FillRequest::new(&args)?;
        assert_eq!(request.dst, 1);
        let plan = request.plan(PAGE)?;
        assert_eq!((plan.dst.offset, plan.dst.end()), (16, 80));
        assert_eq!((plan.pattern, plan.pattern_size), (0x1234_5678, 4));

        // Rows of whole patterns without gaps are one.
        args.height = 3;
        args.pitch = 64;
        let plan = FillRequest::new(&args)?.plan(PAGE)?;
        assert_eq!((plan.dst.height, plan.dst.width), (1, 192));
        args.pitch = 68;
        let plan = FillRequest::new(&args)?.plan(PAGE)?;
        assert_eq!((plan.dst.height, plan.dst.width), (3, 64));
        Ok(())
    }

    #[test]
    fn bad_fills() {
        assert_eq!(check_fill(|_| ()), 0);
        assert_eq!(check_fill(|args| args.width = 0), INVALID);
        assert_eq!(check_fill(|args| args.height = 0), INVALID);
        assert_eq!(check_fill(|args| args.pitch = 64), INVALID);
        assert_eq!(check_fill(|args| args.width = PAGE), 0);
        assert_eq!(check_fill(|args| args.width = PAGE + 4), INVALID);
        assert_eq!(check_fill(|args| args.offset = PAGE - 64), 0);
        assert_eq!(check_fill(|args| args.offset = PAGE - 63), INVALID);
        assert_eq!(check_fill(|args| args.offset = u64::MAX), INVALID);
        assert_eq!(check_fill(|args| args.width = u64::MAX - 3), INVALID);
        for remainder in 1..4 {
            assert_eq!(check_fill(|args| args.width = 64 + remainder), INVALID);
        }
        let rows = |height, pitch| {
            check_fill(|args| {
                args.height = height;
                args.pitch = pitch;
            })
        };
        assert_eq!(rows(2, 64), 0);
        assert_eq!(rows(2, 63), INVALID);
        // A pitch need not be a multiple of the pattern.
        assert_eq!(rows(2, 65), 0);
        assert_eq!(rows(64, 64), 0);
        assert_eq!(rows(65, 64), INVALID);
        assert_eq!(rows(u32::MAX, u32::MAX), INVALID);
    }

    #[test]
    fn patterns() {
        for size in 0..=64 {
            let result = check_fill(|args| {
                args.pattern_size = size;
                args.pattern = 0;
            });
            let good = matches!(size, 1 | 2 | 4 | 8);
            assert_eq!(result, if good { 0 } else { INVALID });
        }
        assert_eq!(check_fill(|args| args.pattern_size = u32::MAX), INVALID);
        assert_eq!(check_fill(|args| args.pattern_size = 1 << 29), INVALID);
        for size in [1, 2, 4, 8] {
            for bit in 0..64 {
                let result = check_fill(|args| {
                    args.pattern_size = size;
                    args.pattern = 1 << bit;
                });
                assert_eq!(result, if bit < 8 * size { 0 } else { INVALID });
            }
        }
    }
}

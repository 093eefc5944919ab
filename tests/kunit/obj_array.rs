// SPDX-License-Identifier: GPL-2.0

//! Tests of the arithmetic of user arrays. Reading and writing them takes a process, and is tested
//! from user space.

use super::{
    Layout,
    MAX_STRIDE, //
};
use crate::rng::Rng;
use kernel::prelude::*;
use kernel_ext::uapi;

fn layout(stride: u32, count: u32, array: u64, size: usize, max: u32) -> Result<Layout> {
    Layout::new(
        &uapi::drm_mvgal_obj_array {
            stride,
            count,
            array,
        },
        size,
        max,
    )
}

#[kunit_tests(mvgal_obj_array)]
mod tests {
    use super::*;

    #[test]
    fn elements() -> Result {
        let layout = layout(24, 3, 0x1000, 16, 10)?;
        assert_eq!(layout.start, 0x1000);
        assert_eq!(layout.stride, 24);
        assert_eq!(layout.count(), 3);
        Ok(())
    }

    #[test]
    fn without_elements_nothing_is_looked_at() -> Result {
        for (stride, array) in [(0, 0), (u32::MAX, u64::MAX), (1, 1), (16, 4096)] {
            assert_eq!(layout(stride, 0, array, 16, 10)?.count(), 0);
            assert_eq!(layout(stride, 0, array, 16, 0)?.count(), 0);
        }
        Ok(())
    }

    #[test]
    fn strides() {
        let max = MAX_STRIDE as u32;
        for stride in [0, 1, 8, 15] {
            assert_eq!(layout(stride, 1, 0x1000, 16, 10), Err(EINVAL));
        }
        for stride in [16, 17, 24, max] {
            assert!(layout(stride, 1, 0x1000, 16, 10).is_ok());
        }
        for stride in [max + 1, 1 << 16, u32::MAX] {
            assert_eq!(layout(stride, 1, 0x1000, 16, 10), Err(E2BIG));
        }
    }

    #[test]
    fn counts() {
        assert!(layout(16, 10, 0x1000, 16, 10).is_ok());
        assert_eq!(layout(16, 11, 0x1000, 16, 10), Err(E2BIG));
        assert_eq!(layout(16, u32::MAX, 0x1000, 16, 10), Err(E2BIG));
        assert_eq!(layout(16, 1, 0x1000, 16, 0), Err(E2BIG));
    }

    #[test]
    fn end_of_the_address_space() {
        let top = u64::MAX;
        assert!(layout(16, 1, top - 16, 16, 10).is_ok());
        assert_eq!(layout(16, 1, top - 14, 16, 10), Err(EFAULT));
        assert_eq!(layout(16, 1, top, 16, 10), Err(EFAULT));
        assert!(layout(4096, 1 << 10, top - (1 << 22), 16, u32::MAX).is_ok());
        assert_eq!(
            layout(4096, 1 << 10, top - (1 << 22) + 2, 16, u32::MAX),
            Err(EFAULT)
        );
        assert!(layout(4096, u32::MAX, 0, 16, u32::MAX).is_ok());
    }

    #[test]
    fn random_arrays() {
        let mut rng = Rng::new(13);
        for _ in 0..5_000 {
            let (stride, count) = (rng.sized(16) as u32, rng.sized(32) as u32);
            let mask = if rng.below(2) == 0 { u64::MAX } else { 0 };
            let array = rng.sized(64) ^ mask;
            let max = rng.sized(32) as u32;
            let end = u128::from(array) + u128::from(stride) * u128::from(count);
            let expected = if count == 0 {
                None
            } else if count > max || stride > MAX_STRIDE as u32 {
                Some(E2BIG)
            } else if stride < 40 {
                Some(EINVAL)
            } else if end > u128::from(u64::MAX) {
                Some(EFAULT)
            } else {
                None
            };
            match layout(stride, count, array, 40, max) {
                Ok(layout) => {
                    assert_eq!(expected, None);
                    assert_eq!(layout.count(), count as usize);
                }
                Err(error) => assert_eq!(Some(error), expected),
            }
        }
    }
}

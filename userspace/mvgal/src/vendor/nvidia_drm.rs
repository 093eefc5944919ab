// SPDX-License-Identifier: MIT OR Apache-2.0

//! `nvidia-drm`: `DRM_NVIDIA_GET_DEV_INFO`.
//!
//! All that the DRM driver knows of the GPU; memory, engines and clocks are told by
//! NVIDIA's own device nodes and libraries alone, which are no part of DRM.
//!
//! Facts about the ioctl, of `kernel-open/nvidia-drm/nvidia-drm-ioctl.h` of
//! open-gpu-kernel-modules: its number is 3, its argument a row of 32-bit words, all
//! written by the driver. There are three versions, and members were put in front
//! and in the middle: 5 words (before 545), up to 8 with `supports_alloc` third
//! (545), 9 with `mig_device` second (575). The DRM core copies as many words as
//! both sides have, so the words that are still as they were tell the version.

use nix::errno::Errno;

use super::query::{Driver, NoAnswer, known};
use super::{MemberDetails, Vendor};

/// What only `nvidia-drm` tells.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct NvidiaDrm {
    /// Id of the GPU in NVIDIA's resource manager.
    pub gpu_id: Option<u32>,
    /// Whether it is a slice of a GPU (MIG).
    pub mig_device: Option<bool>,
    /// Whether buffers can be allocated; the driver needs the parameter `modeset=1`.
    pub supports_alloc: Option<bool>,
    /// Whether its fences can be sync files.
    pub supports_sync_fd: Option<bool>,
    /// Whether it has semaphore surfaces, of which its fences are made.
    pub supports_semaphore_surfaces: Option<bool>,
}

/// Words of the longest version.
const WORDS: usize = 9;
/// What stands in a word before the driver writes it; none of its values.
const UNTOUCHED: u32 = 0xa5a5_5a5a;
/// `DRM_IOWR(DRM_COMMAND_BASE + 3, …)` of [`WORDS`] words.
pub(super) const GET_DEV_INFO: u32 = 3 << 30 | (4 * WORDS as u32) << 16 | (b'd' as u32) << 8 | 0x43;

pub(super) fn ask(driver: &mut Driver<'_>) -> MemberDetails {
    let answer = words(driver).and_then(|words| read(&words).ok_or(NoAnswer::Short));
    let gpu = driver
        .note("DRM_NVIDIA_GET_DEV_INFO", answer)
        .unwrap_or_default();
    MemberDetails {
        chip: gpu.gpu_id.map(|id| format!("GPU {id:#x}")),
        vendor: Vendor::NvidiaDrm(gpu),
        ..MemberDetails::default()
    }
}

fn words(driver: &Driver<'_>) -> Result<[u32; WORDS], NoAnswer> {
    let mut words = [UNTOUCHED; WORDS];
    // SAFETY: The argument is of words alone, as many as the request says.
    unsafe { driver.call(GET_DEV_INFO, &mut words) }.map_err(|errno: Errno| errno)?;
    Ok(words)
}

/// The words by their version; `None` if there are too few.
fn read(words: &[u32; WORDS]) -> Option<NvidiaDrm> {
    let written = words
        .iter()
        .rposition(|&word| word != UNTOUCHED)
        .map_or(0, |last| last + 1);
    let flag = |index: usize| (index < written).then(|| words[index] != 0);
    let gpu_id = known(words[0]);
    Some(match written {
        9 => NvidiaDrm {
            gpu_id,
            mig_device: flag(1),
            supports_alloc: flag(3),
            supports_sync_fd: flag(7),
            supports_semaphore_surfaces: flag(8),
        },
        6..=8 => NvidiaDrm {
            gpu_id,
            mig_device: None,
            supports_alloc: flag(2),
            supports_sync_fd: flag(6),
            supports_semaphore_surfaces: flag(7),
        },
        5 => NvidiaDrm {
            gpu_id,
            ..NvidiaDrm::default()
        },
        _ => return None,
    })
}

#[cfg(test)]
mod tests {
    use std::os::raw::c_void;

    use super::super::ask;
    use super::super::query::{Ioctl, argument_size};
    use super::*;

    /// What stands for the driver: it writes as many words as its version has.
    struct Card(&'static [u32]);

    impl Ioctl for Card {
        unsafe fn ioctl(&self, request: u32, arg: *mut c_void) -> Result<(), Errno> {
            assert_eq!(request, 0xc024_6443);
            assert_eq!(argument_size(request), 36);
            // SAFETY: The caller promises room for what the request says.
            unsafe { arg.cast::<u32>().copy_from(self.0.as_ptr(), self.0.len()) };
            Ok(())
        }
    }

    fn gpu(words: &'static [u32]) -> NvidiaDrm {
        match ask("nvidia-drm", &Card(words)).vendor {
            Vendor::NvidiaDrm(gpu) => gpu,
            other => panic!("{other:?}"),
        }
    }

    #[test]
    fn the_three_versions_are_told_apart() {
        let newest = gpu(&[0x100, 0, 0, 1, 6, 2, 1, 1, 0]);
        assert_eq!(
            newest,
            NvidiaDrm {
                gpu_id: Some(0x100),
                mig_device: Some(false),
                supports_alloc: Some(true),
                supports_sync_fd: Some(true),
                supports_semaphore_surfaces: Some(false),
            }
        );
        let middle = gpu(&[0x100, 1, 1, 6, 2, 1, 0, 1]);
        assert_eq!(middle.mig_device, None);
        assert_eq!(middle.supports_alloc, Some(true));
        assert_eq!(middle.supports_sync_fd, Some(false));
        assert_eq!(middle.supports_semaphore_surfaces, Some(true));
        let shorter = gpu(&[0x100, 1, 0, 6, 2, 1]);
        assert_eq!(shorter.supports_alloc, Some(false));
        assert_eq!(shorter.supports_sync_fd, None);
        let oldest = gpu(&[0x100, 0, 6, 2, 1]);
        assert_eq!(
            oldest,
            NvidiaDrm {
                gpu_id: Some(0x100),
                ..NvidiaDrm::default()
            }
        );
    }

    #[test]
    fn a_driver_that_writes_nothing_is_noted() {
        let details = ask("nvidia-drm", &Card(&[]));
        assert_eq!(details.vendor, Vendor::NvidiaDrm(NvidiaDrm::default()));
        assert_eq!(details.unanswered[0].reason, NoAnswer::Short);
    }
}

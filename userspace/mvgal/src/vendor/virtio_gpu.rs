// SPDX-License-Identifier: MIT OR Apache-2.0

//! `virtio_gpu`: `VIRTGPU_GETPARAM` and `VIRTGPU_GET_CAPS`.
//!
//! The GPU is the host's: it has no memory, engines and clocks of its own to tell
//! of. What it can do is in its capability sets, one for each protocol.

use nix::errno::Errno;

use super::query::{Driver, Plain, known, text};
use super::{MemberDetails, Vendor, sys};

/// Bytes that a capability set is given room for; the largest known has 1384.
const CAPSET_ROOM: usize = 4096;

/// Where the name of the host's renderer stands in the set `virgl2`: in
/// `struct virgl_caps_v2` of `virgl_hw.h` (virglrenderer 0.9 and newer), behind
/// `capability_bits_v2` and `max_video_memory`.
const RENDERER: std::ops::Range<usize> = 696..760;

/// What only `virtio_gpu` tells.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct VirtioGpu {
    /// Whether it renders (`3D_FEATURES`).
    pub renders: Option<bool>,
    /// Whether it has blob resources.
    pub blob: Option<bool>,
    /// Whether the CPU can map blobs of the host.
    pub host_visible: Option<bool>,
    /// Whether resources can be shared with other virtio devices.
    pub cross_device: Option<bool>,
    /// Whether contexts can be of other protocols than virgl.
    pub context_init: Option<bool>,
    /// Its capability sets, in the order of their ids.
    pub capsets: Vec<Capset>,
    /// The host's renderer, as it names itself to virgl.
    pub renderer: Option<String>,
}

/// A capability set: a protocol that contexts can speak.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub struct Capset {
    /// Its id (`VIRTIO_GPU_CAPSET_*`).
    pub id: u32,
    /// The version that its data says, of the sets that have one.
    pub version: Option<u32>,
}

impl Capset {
    /// What the protocol is called.
    pub fn name(self) -> Option<&'static str> {
        Some(match self.id {
            sys::VIRTIO_GPU_CAPSET_VIRGL => "virgl",
            sys::VIRTIO_GPU_CAPSET_VIRGL2 => "virgl2",
            sys::VIRTIO_GPU_CAPSET_GFXSTREAM_VULKAN => "gfxstream-vulkan",
            sys::VIRTIO_GPU_CAPSET_VENUS => "venus",
            sys::VIRTIO_GPU_CAPSET_CROSS_DOMAIN => "cross-domain",
            sys::VIRTIO_GPU_CAPSET_DRM => "drm",
            _ => return None,
        })
    }
}

pub(super) fn ask(driver: &mut Driver<'_>) -> MemberDetails {
    let mut param = |name, param| {
        let value = getparam(driver, param);
        driver.note(name, value)
    };
    let mut flag = |name, number| param(name, number).map(|value| value != 0);
    let mut gpu = VirtioGpu {
        renders: flag("VIRTGPU_PARAM_3D_FEATURES", sys::VIRTGPU_PARAM_3D_FEATURES),
        blob: flag(
            "VIRTGPU_PARAM_RESOURCE_BLOB",
            sys::VIRTGPU_PARAM_RESOURCE_BLOB,
        ),
        host_visible: flag(
            "VIRTGPU_PARAM_HOST_VISIBLE",
            sys::VIRTGPU_PARAM_HOST_VISIBLE,
        ),
        cross_device: flag(
            "VIRTGPU_PARAM_CROSS_DEVICE",
            sys::VIRTGPU_PARAM_CROSS_DEVICE,
        ),
        context_init: flag(
            "VIRTGPU_PARAM_CONTEXT_INIT",
            sys::VIRTGPU_PARAM_CONTEXT_INIT,
        ),
        ..VirtioGpu::default()
    };
    let ids = param(
        "VIRTGPU_PARAM_SUPPORTED_CAPSET_IDs",
        sys::VIRTGPU_PARAM_SUPPORTED_CAPSET_IDs,
    );
    // A driver that is older than the question has virgl alone, if it renders.
    let virgl = 1 << sys::VIRTIO_GPU_CAPSET_VIRGL;
    let ids = ids.unwrap_or(if gpu.renders == Some(true) { virgl } else { 0 });
    for id in (1..32).filter(|id| ids >> id & 1 != 0) {
        let mut capset = Capset { id, version: None };
        if matches!(
            id,
            sys::VIRTIO_GPU_CAPSET_VIRGL | sys::VIRTIO_GPU_CAPSET_VIRGL2
        ) {
            let data = get_caps(driver, id);
            if let Some(data) = driver.note("VIRTGPU_GET_CAPS", data) {
                capset.version = u32::read_at(&data, 0).and_then(known);
                if id == sys::VIRTIO_GPU_CAPSET_VIRGL2 {
                    gpu.renderer = text(&data[RENDERER]).filter(|name| is_printable(name));
                }
            }
        }
        gpu.capsets.push(capset);
    }
    MemberDetails {
        chip: gpu.renderer.clone(),
        vendor: Vendor::VirtioGpu(gpu),
        ..MemberDetails::default()
    }
}

fn getparam(driver: &Driver<'_>, param: u32) -> Result<u32, Errno> {
    let mut value: i32 = 0;
    let mut arg = sys::drm_virtgpu_getparam {
        param: param.into(),
        value: &raw mut value as u64,
    };
    // SAFETY: `value` is that of an int, which lives until after the call.
    unsafe { driver.call(sys::IOCTL_VIRTGPU_GETPARAM, &mut arg)? };
    Ok(value as u32)
}

/// The data of a capability set, with zeroes behind its end.
fn get_caps(driver: &Driver<'_>, id: u32) -> Result<[u8; CAPSET_ROOM], Errno> {
    let mut data = [0_u8; CAPSET_ROOM];
    let mut arg = sys::drm_virtgpu_get_caps {
        cap_set_id: id,
        cap_set_ver: 0,
        addr: data.as_mut_ptr() as u64,
        size: CAPSET_ROOM as u32,
        pad: 0,
    };
    // SAFETY: `addr` is that of as many bytes as `size` says.
    unsafe { driver.call(sys::IOCTL_VIRTGPU_GET_CAPS, &mut arg)? };
    Ok(data)
}

/// Whether it may be a name, and not the bits of a set of another layout.
fn is_printable(name: &str) -> bool {
    name.bytes().all(|byte| (b' '..=b'~').contains(&byte))
}

#[cfg(test)]
mod tests {
    use std::os::raw::c_void;

    use super::super::query::Ioctl;
    use super::super::{NoAnswer, ask};
    use super::*;

    /// What stands for the driver: parameters, and capability sets of a length.
    struct Card {
        params: &'static [(u32, i32)],
        capsets: Vec<(u32, Vec<u8>)>,
    }

    impl Ioctl for Card {
        unsafe fn ioctl(&self, request: u32, arg: *mut c_void) -> Result<(), Errno> {
            match request {
                sys::IOCTL_VIRTGPU_GETPARAM => {
                    // SAFETY: The caller promises that this is the argument.
                    let arg = unsafe { &*arg.cast::<sys::drm_virtgpu_getparam>() };
                    let value = self.params.iter().find(|p| u64::from(p.0) == arg.param);
                    // SAFETY: The caller promises that it is that of an int.
                    unsafe { (arg.value as *mut i32).write(value.ok_or(Errno::EINVAL)?.1) };
                }
                sys::IOCTL_VIRTGPU_GET_CAPS => {
                    // SAFETY: The caller promises that this is the argument.
                    let arg = unsafe { &*arg.cast::<sys::drm_virtgpu_get_caps>() };
                    let (_, bytes) = self
                        .capsets
                        .iter()
                        .find(|c| c.0 == arg.cap_set_id)
                        .ok_or(Errno::EINVAL)?;
                    let size = bytes.len().min(arg.size as usize);
                    // SAFETY: The caller promises room for `size` bytes.
                    unsafe { (arg.addr as *mut u8).copy_from(bytes.as_ptr(), size) };
                }
                other => panic!("request {other:#x}"),
            }
            Ok(())
        }
    }

    fn virgl2(renderer: &[u8]) -> Vec<u8> {
        let mut bytes = vec![0; 1384];
        bytes[0] = 2;
        bytes[RENDERER.start..][..renderer.len()].copy_from_slice(renderer);
        bytes
    }

    #[test]
    fn a_gpu_with_virgl_tells_all() {
        let card = Card {
            params: &[(1, 1), (3, 1), (4, 0), (5, 1), (6, 1), (7, 0b110)],
            capsets: vec![(1, 1_u32.to_ne_bytes().to_vec()), (2, virgl2(b"llvmpipe"))],
        };
        insta::assert_debug_snapshot!(ask("virtio_gpu", &card));
    }

    #[test]
    fn an_old_driver_has_virgl_alone() {
        let card = Card {
            params: &[(1, 1)],
            capsets: vec![],
        };
        let details = ask("virtio_gpu", &card);
        let Vendor::VirtioGpu(gpu) = &details.vendor else {
            panic!("{details:?}");
        };
        assert_eq!(gpu.blob, None);
        assert_eq!(
            gpu.capsets,
            [Capset {
                id: 1,
                version: None
            }]
        );
        let refused = details.unanswered.last().unwrap();
        assert_eq!(refused.query, "VIRTGPU_GET_CAPS");
        assert_eq!(refused.reason, NoAnswer::Refused(Errno::EINVAL));
    }

    #[test]
    fn without_3d_there_are_no_capability_sets() {
        let card = Card {
            params: &[(1, 0), (3, 0), (4, 0), (5, 0), (6, 0), (7, 0)],
            capsets: vec![],
        };
        let details = ask("virtio_gpu", &card);
        let Vendor::VirtioGpu(gpu) = &details.vendor else {
            panic!("{details:?}");
        };
        assert_eq!((gpu.renders, gpu.blob), (Some(false), Some(false)));
        assert_eq!((gpu.capsets.len(), details.unanswered.len()), (0, 0));
    }

    #[test]
    fn a_set_of_another_layout_names_no_renderer() {
        for renderer in [&b"\x01\x02"[..], b"", &[b'x'; 64]] {
            let card = Card {
                params: &[(1, 1), (7, 0b100)],
                capsets: vec![(2, virgl2(renderer))],
            };
            assert_eq!(ask("virtio_gpu", &card).chip, None);
        }
    }
}

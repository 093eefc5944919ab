// SPDX-License-Identifier: MIT OR Apache-2.0

//! `i915`: `I915_GETPARAM` and `I915_QUERY`.
//!
//! A query is asked twice: for the length of its answer, then for the answer. A
//! length below 0 is an errno: `EINVAL` where the driver is older than the query,
//! `ENODEV` where the GPU has no such thing.

use std::os::raw::c_int;

use nix::errno::Errno;

use super::query::{Driver, NoAnswer, Plain, count_ones, elements, known};
use super::{EngineClass, MemberDetails, Memory, UnitKind, Units, Vendor, add_engine, sys};

// SAFETY: Integers alone.
unsafe impl Plain for sys::drm_i915_query_item {}
// SAFETY: Integers alone.
unsafe impl Plain for sys::drm_i915_query_engine_info {}
// SAFETY: Integers alone.
unsafe impl Plain for sys::drm_i915_engine_info {}
// SAFETY: Integers alone.
unsafe impl Plain for sys::drm_i915_query_memory_regions {}
// SAFETY: Integers, and a union of them.
unsafe impl Plain for sys::drm_i915_memory_region_info {}
// SAFETY: Integers alone.
unsafe impl Plain for sys::drm_i915_query_topology_info {}

/// The longest answer that is believed, in bytes.
const LONGEST: usize = 1 << 20;

/// What only `i915` tells.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct I915 {
    /// PCI revision of the GPU.
    pub revision: Option<u32>,
    /// Slices.
    pub slices: Option<u32>,
    /// Subslices; dual subslices from Gen12 on.
    pub subslices: Option<u32>,
}

pub(super) fn ask(driver: &mut Driver<'_>) -> MemberDetails {
    let mut param = |name, param| {
        let value = getparam(driver, param);
        driver
            .note(name, value)
            .and_then(|value| u32::try_from(value).ok())
    };
    let chip = param("I915_PARAM_CHIPSET_ID", sys::I915_PARAM_CHIPSET_ID);
    let revision = param("I915_PARAM_REVISION", sys::I915_PARAM_REVISION);
    let units = param("I915_PARAM_EU_TOTAL", sys::I915_PARAM_EU_TOTAL);
    let timestamp = param(
        "I915_PARAM_CS_TIMESTAMP_FREQUENCY",
        sys::I915_PARAM_CS_TIMESTAMP_FREQUENCY,
    );

    let mut answer =
        |name, id, read: fn(&[u8], &mut MemberDetails) -> Option<()>, details: &mut _| {
            let answer =
                query(driver, id).and_then(|bytes| read(&bytes, details).ok_or(NoAnswer::Short));
            driver.note(name, answer);
        };
    let mut details = MemberDetails {
        chip: chip.map(|id| format!("{id:#06x}")),
        timestamp_hz: timestamp.and_then(known).map(u64::from),
        units: units.and_then(known).map(|count| Units {
            kind: UnitKind::ExecutionUnits,
            count,
        }),
        vendor: Vendor::I915(I915 {
            revision,
            ..I915::default()
        }),
        ..MemberDetails::default()
    };
    answer(
        "DRM_I915_QUERY_ENGINE_INFO",
        sys::DRM_I915_QUERY_ENGINE_INFO,
        engines,
        &mut details,
    );
    answer(
        "DRM_I915_QUERY_MEMORY_REGIONS",
        sys::DRM_I915_QUERY_MEMORY_REGIONS,
        memory,
        &mut details,
    );
    answer(
        "DRM_I915_QUERY_TOPOLOGY_INFO",
        sys::DRM_I915_QUERY_TOPOLOGY_INFO,
        topology,
        &mut details,
    );
    details
}

pub(crate) fn getparam(driver: &Driver<'_>, param: u32) -> Result<c_int, Errno> {
    let mut value: c_int = 0;
    let mut arg = sys::drm_i915_getparam {
        param: param as i32,
        value: &raw mut value,
    };
    // SAFETY: `value` is that of an int, which lives until after the call.
    unsafe { driver.call(sys::IOCTL_I915_GETPARAM, &mut arg)? };
    Ok(value)
}

/// Whether CPU and GPU see the same bytes in memory of the host, whatever is cached: they share
/// a cache, or the GPU is a card. What holds for cards is in `i915_drm.h`, "Implicit caching
/// rules, starting from DG1".
pub(crate) fn is_coherent(driver: &Driver<'_>) -> Result<bool, NoAnswer> {
    if getparam(driver, sys::I915_PARAM_HAS_LLC)? != 0 {
        return Ok(true);
    }
    let regions = query(driver, sys::DRM_I915_QUERY_MEMORY_REGIONS)?;
    let mut details = MemberDetails::default();
    memory(&regions, &mut details).ok_or(NoAnswer::Short)?;
    Ok(details.vram.is_some())
}

fn query(driver: &Driver<'_>, id: u32) -> Result<Vec<u8>, NoAnswer> {
    let length = query_into(driver, id, &mut [])?;
    if length > LONGEST {
        return Err(Errno::E2BIG.into());
    }
    let mut bytes = vec![0; length];
    let length = query_into(driver, id, &mut bytes)?;
    bytes.truncate(length);
    Ok(bytes)
}

/// Asks for an answer, and for its length alone if there is no room.
fn query_into(driver: &Driver<'_>, id: u32, room: &mut [u8]) -> Result<usize, Errno> {
    let mut item = sys::drm_i915_query_item {
        query_id: id.into(),
        length: room.len() as i32,
        flags: 0,
        data_ptr: if room.is_empty() {
            0
        } else {
            room.as_mut_ptr() as u64
        },
    };
    let mut arg = sys::drm_i915_query {
        num_items: 1,
        flags: 0,
        items_ptr: &raw mut item as u64,
    };
    // SAFETY: `items_ptr` is that of one item, and `data_ptr` of as many bytes as
    // its length says; both live until after the call.
    unsafe { driver.call(sys::IOCTL_I915_QUERY, &mut arg)? };
    usize::try_from(item.length).map_err(|_| Errno::from_raw(item.length.wrapping_neg()))
}

fn engines(bytes: &[u8], details: &mut MemberDetails) -> Option<()> {
    let header = sys::drm_i915_query_engine_info::read_at(bytes, 0)?;
    let list: Vec<sys::drm_i915_engine_info> =
        elements(bytes, size_of_val(&header), header.num_engines)?;
    for engine in list {
        let class = engine.engine.engine_class;
        add_engine(
            &mut details.engines,
            match i32::from(class) {
                sys::I915_ENGINE_CLASS_RENDER => EngineClass::Render,
                sys::I915_ENGINE_CLASS_COPY => EngineClass::Copy,
                sys::I915_ENGINE_CLASS_VIDEO => EngineClass::Video,
                sys::I915_ENGINE_CLASS_VIDEO_ENHANCE => EngineClass::VideoEnhance,
                sys::I915_ENGINE_CLASS_COMPUTE => EngineClass::Compute,
                _ => EngineClass::Other(class),
            },
        );
    }
    Some(())
}

/// Adds up the regions of each class.
///
/// Without CAP_PERFMON the driver says that nothing is in use, as it does for
/// system memory in any case: that is not known, then.
fn memory(bytes: &[u8], details: &mut MemberDetails) -> Option<()> {
    let header = sys::drm_i915_query_memory_regions::read_at(bytes, 0)?;
    let list: Vec<sys::drm_i915_memory_region_info> =
        elements(bytes, size_of_val(&header), header.num_regions)?;
    for region in list {
        let total = region.probed_size;
        if total == 0 || total == u64::MAX {
            continue;
        }
        let used = total.checked_sub(region.unallocated_size).and_then(known);
        // SAFETY: All variants of the union are integers.
        let visible = unsafe {
            region
                .__bindgen_anon_1
                .__bindgen_anon_1
                .probed_cpu_visible_size
        };
        let (sum, visible) = match u32::from(region.region.memory_class) {
            sys::I915_MEMORY_CLASS_SYSTEM => (&mut details.system, total),
            // A driver that says 0 does not know of memory that the CPU cannot map.
            sys::I915_MEMORY_CLASS_DEVICE => (&mut details.vram, known(visible).unwrap_or(total)),
            _ => continue,
        };
        *sum = Some(match *sum {
            None => Memory {
                total,
                cpu_visible: Some(visible),
                used,
            },
            Some(others) => Memory {
                total: others.total.saturating_add(total),
                cpu_visible: others.cpu_visible.map(|v| v.saturating_add(visible)),
                used: others.used.zip(used).map(|(a, b)| a.saturating_add(b)),
            },
        });
    }
    Some(())
}

fn topology(bytes: &[u8], details: &mut MemberDetails) -> Option<()> {
    let header = sys::drm_i915_query_topology_info::read_at(bytes, 0)?;
    let data = bytes.get(size_of_val(&header)..)?;
    let slices = data.get(..usize::from(header.subslice_offset))?;
    let start = usize::from(header.subslice_offset);
    let length = usize::from(header.max_slices) * usize::from(header.subslice_stride);
    let subslices = data.get(start..start + length)?;
    if let Vendor::I915(gpu) = &mut details.vendor {
        gpu.slices = known(count_ones(slices));
        gpu.subslices = known(count_ones(subslices));
    }
    Some(())
}

#[cfg(test)]
mod tests {
    use std::os::raw::c_void;

    use proptest::prelude::*;

    use super::super::ask;
    use super::super::query::Ioctl;
    use super::*;

    /// What stands for the driver: parameters and answers by their numbers.
    #[derive(Default)]
    struct Card {
        params: Vec<(u32, c_int)>,
        answers: Vec<(u32, Vec<u8>)>,
    }

    impl Ioctl for Card {
        unsafe fn ioctl(&self, request: u32, arg: *mut c_void) -> Result<(), Errno> {
            match request {
                sys::IOCTL_I915_GETPARAM => {
                    // SAFETY: The caller promises that this is the argument.
                    let arg = unsafe { &*arg.cast::<sys::drm_i915_getparam>() };
                    let (_, value) = self
                        .params
                        .iter()
                        .find(|(param, _)| *param as i32 == arg.param)
                        .ok_or(Errno::EINVAL)?;
                    // SAFETY: The caller promises that it is that of an int.
                    unsafe { arg.value.write(*value) };
                }
                sys::IOCTL_I915_QUERY => {
                    // SAFETY: The caller promises that this is the argument.
                    let arg = unsafe { &*arg.cast::<sys::drm_i915_query>() };
                    assert_eq!((arg.num_items, arg.flags), (1, 0));
                    // SAFETY: The caller promises one item.
                    let item = unsafe { &mut *(arg.items_ptr as *mut sys::drm_i915_query_item) };
                    let answer = self
                        .answers
                        .iter()
                        .find(|a| u64::from(a.0) == item.query_id);
                    item.length = match answer {
                        None => -(Errno::EINVAL as i32),
                        Some((_, bytes)) if item.length == 0 => bytes.len() as i32,
                        Some((_, bytes)) if (item.length as usize) < bytes.len() => {
                            -(Errno::EINVAL as i32)
                        }
                        Some((_, bytes)) => {
                            // SAFETY: The caller promises room for that many bytes.
                            unsafe {
                                (item.data_ptr as *mut u8).copy_from(bytes.as_ptr(), bytes.len())
                            };
                            bytes.len() as i32
                        }
                    };
                }
                other => panic!("request {other:#x}"),
            }
            Ok(())
        }
    }

    fn engine(class: u16, instance: u16) -> Vec<u8> {
        let mut bytes = [class.to_ne_bytes(), instance.to_ne_bytes()].concat();
        bytes.resize(size_of::<sys::drm_i915_engine_info>(), 0);
        bytes
    }

    fn region(class: u16, probed: u64, free: u64, visible: u64) -> Vec<u8> {
        let mut bytes = [class.to_ne_bytes(), [0; 2], [0; 2], [0; 2]].concat();
        for value in [probed, free, visible] {
            bytes.extend(value.to_ne_bytes());
        }
        bytes.resize(size_of::<sys::drm_i915_memory_region_info>(), 0);
        bytes
    }

    fn counted(elements: &[Vec<u8>]) -> Vec<u8> {
        let mut bytes = (elements.len() as u32).to_ne_bytes().to_vec();
        bytes.resize(16, 0);
        bytes.extend(elements.concat());
        bytes
    }

    fn arc() -> Card {
        // Header, one slice, 32 subslices, EU masks that are not read.
        let topology = [1_u16, 32, 16, 1, 4, 5, 2]
            .iter()
            .fold(vec![0; 2], |mut bytes, value| {
                bytes.extend(value.to_ne_bytes());
                bytes
            });
        Card {
            params: vec![
                (sys::I915_PARAM_CHIPSET_ID, 0x56a0),
                (sys::I915_PARAM_REVISION, 8),
                (sys::I915_PARAM_EU_TOTAL, 512),
                (sys::I915_PARAM_CS_TIMESTAMP_FREQUENCY, 19_200_000),
            ],
            answers: vec![
                (
                    sys::DRM_I915_QUERY_ENGINE_INFO,
                    counted(&[
                        engine(0, 0),
                        engine(1, 0),
                        engine(2, 0),
                        engine(2, 1),
                        engine(4, 0),
                        engine(9, 0),
                    ]),
                ),
                (
                    sys::DRM_I915_QUERY_MEMORY_REGIONS,
                    counted(&[
                        region(0, 32 << 30, 32 << 30, 0),
                        region(1, 16 << 30, 15 << 30, 256 << 20),
                    ]),
                ),
                (
                    sys::DRM_I915_QUERY_TOPOLOGY_INFO,
                    [topology, vec![1, 0xff, 0xff, 0xff, 0xff], vec![0; 64]].concat(),
                ),
            ],
        }
    }

    #[test]
    fn a_card_tells_all() {
        insta::assert_debug_snapshot!(ask("i915", &arc()));
    }

    #[test]
    fn who_is_coherent() {
        let coherent = |params, regions: &[Vec<u8>]| {
            let answers = vec![(sys::DRM_I915_QUERY_MEMORY_REGIONS, counted(regions))];
            is_coherent(&Driver::new(&Card { params, answers }))
        };
        let host = || region(0, 32 << 30, 32 << 30, 0);
        let card = || region(1, 16 << 30, 15 << 30, 256 << 20);
        // Tiger Lake, Meteor Lake, an Arc, and a driver without parameters.
        let llc = |value| vec![(sys::I915_PARAM_HAS_LLC, value)];
        assert_eq!(coherent(llc(1), &[host()]), Ok(true));
        assert_eq!(coherent(llc(0), &[host()]), Ok(false));
        assert_eq!(coherent(llc(0), &[host(), card()]), Ok(true));
        assert_eq!(
            coherent(vec![], &[host()]),
            Err(NoAnswer::Refused(Errno::EINVAL))
        );
    }

    #[test]
    fn an_old_driver_answers_nothing_and_that_is_noted() {
        let details = ask("i915", &Card::default());
        assert_eq!(details.engines, []);
        assert_eq!(details.vram, None);
        assert_eq!(details.units, None);
        assert_eq!(details.unanswered.len(), 7);
        assert!(
            details
                .unanswered
                .iter()
                .all(|u| u.reason == NoAnswer::Refused(Errno::EINVAL))
        );
    }

    #[test]
    fn without_privilege_use_is_not_known() {
        let mut card = arc();
        card.answers[1].1 = counted(&[region(1, 8 << 30, 8 << 30, 0)]);
        let vram = ask("i915", &card).vram.unwrap();
        assert_eq!(vram.used, None);
        assert_eq!(vram.cpu_visible, Some(8 << 30));
    }

    #[test]
    fn a_short_answer_is_noted() {
        let mut card = arc();
        card.answers[0].1.truncate(100);
        card.answers[2].1.truncate(17);
        let details = ask("i915", &card);
        assert_eq!(
            details
                .unanswered
                .iter()
                .map(|u| (u.query, u.reason))
                .collect::<Vec<_>>(),
            [
                ("DRM_I915_QUERY_ENGINE_INFO", NoAnswer::Short),
                ("DRM_I915_QUERY_TOPOLOGY_INFO", NoAnswer::Short),
            ]
        );
        assert_eq!(details.vram.unwrap().total, 16 << 30);
    }

    proptest! {
        #[test]
        fn no_answer_is_too_strange(bytes: Vec<u8>) {
            let mut details = ask("i915", &Card::default());
            for read in [engines, memory, topology] {
                let _ = read(&bytes, &mut details);
            }
        }
    }
}

// SPDX-License-Identifier: MIT OR Apache-2.0

//! `xe`: `DRM_XE_DEVICE_QUERY`.
//!
//! A query is asked twice: with size 0 for the size of its answer, and with
//! exactly this size for the answer.

use nix::errno::Errno;

use super::query::{Driver, NoAnswer, Plain, count_ones, elements, known};
use super::{EngineClass, MemberDetails, Memory, UnitKind, Units, Vendor, add_engine, sys};

// SAFETY: Integers alone.
unsafe impl Plain for sys::drm_xe_query_engines {}
// SAFETY: Integers alone.
unsafe impl Plain for sys::drm_xe_engine {}
// SAFETY: Integers alone.
unsafe impl Plain for sys::drm_xe_query_mem_regions {}
// SAFETY: Integers alone.
unsafe impl Plain for sys::drm_xe_mem_region {}
// SAFETY: Integers alone.
unsafe impl Plain for sys::drm_xe_query_config {}
// SAFETY: Integers alone.
unsafe impl Plain for sys::drm_xe_query_gt_list {}
// SAFETY: Integers alone.
unsafe impl Plain for sys::drm_xe_gt {}
// SAFETY: Integers alone.
unsafe impl Plain for sys::drm_xe_query_topology_mask {}

/// The longest answer that is believed, in bytes.
const LONGEST: u32 = 1 << 20;

/// What only `xe` tells.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct Xe {
    /// PCI revision of the GPU.
    pub revision: Option<u32>,
    /// Bits of an address on the GPU.
    pub va_bits: Option<u32>,
    /// Highest priority an exec queue of this client may have.
    pub max_queue_priority: Option<u32>,
    /// Its GTs, graphics technologies: parts with engines of their own.
    pub gts: Vec<XeGt>,
}

/// A GT of a GPU.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub struct XeGt {
    /// Its number on the GPU.
    pub id: u16,
    /// The tile it is on.
    pub tile: u16,
    /// What it is for.
    pub kind: XeGtKind,
    /// Version of its hardware: major, minor, revision.
    pub version: Option<(u16, u16, u16)>,
    /// Its execution units, counted from its masks.
    pub execution_units: Option<u32>,
}

/// What a GT is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum XeGtKind {
    /// 3-D, compute and copies.
    Main,
    /// Video.
    Media,
    /// What a newer driver says.
    Other(u16),
}

pub(super) fn ask(driver: &mut Driver<'_>) -> MemberDetails {
    let mut details = MemberDetails {
        vendor: Vendor::Xe(Xe::default()),
        ..MemberDetails::default()
    };
    type Read = fn(&[u8], &mut MemberDetails, &mut Xe) -> Option<()>;
    // Topology adds to what the list of GTs made.
    let queries: [(&str, u32, Read); 5] = [
        (
            "DRM_XE_DEVICE_QUERY_CONFIG",
            sys::DRM_XE_DEVICE_QUERY_CONFIG,
            config,
        ),
        (
            "DRM_XE_DEVICE_QUERY_MEM_REGIONS",
            sys::DRM_XE_DEVICE_QUERY_MEM_REGIONS,
            memory,
        ),
        (
            "DRM_XE_DEVICE_QUERY_ENGINES",
            sys::DRM_XE_DEVICE_QUERY_ENGINES,
            engines,
        ),
        (
            "DRM_XE_DEVICE_QUERY_GT_LIST",
            sys::DRM_XE_DEVICE_QUERY_GT_LIST,
            gts,
        ),
        (
            "DRM_XE_DEVICE_QUERY_GT_TOPOLOGY",
            sys::DRM_XE_DEVICE_QUERY_GT_TOPOLOGY,
            topology,
        ),
    ];
    let mut gpu = Xe::default();
    for (name, id, read) in queries {
        let answer = query(driver, id)
            .and_then(|bytes| read(&bytes, &mut details, &mut gpu).ok_or(NoAnswer::Short));
        driver.note(name, answer);
    }
    let units = gpu.gts.iter().filter_map(|gt| gt.execution_units).sum();
    details.units = known(units).map(|count| Units {
        kind: UnitKind::ExecutionUnits,
        count,
    });
    details.vendor = Vendor::Xe(gpu);
    details
}

fn query(driver: &Driver<'_>, id: u32) -> Result<Vec<u8>, NoAnswer> {
    let mut arg = sys::drm_xe_device_query {
        extensions: 0,
        query: id,
        size: 0,
        data: 0,
        reserved: [0; 2],
    };
    // SAFETY: With size 0 the driver writes nothing but the size.
    unsafe { driver.call(sys::IOCTL_XE_DEVICE_QUERY, &mut arg)? };
    if arg.size > LONGEST {
        return Err(Errno::E2BIG.into());
    }
    let mut bytes = vec![0_u8; arg.size as usize];
    if !bytes.is_empty() {
        arg.data = bytes.as_mut_ptr() as u64;
        // SAFETY: `data` is that of as many bytes as `size` says.
        unsafe { driver.call(sys::IOCTL_XE_DEVICE_QUERY, &mut arg)? };
    }
    Ok(bytes)
}

/// The first engine that copies; `None` if there is none for clients.
pub(crate) fn copy_engine(
    driver: &Driver<'_>,
) -> Result<Option<sys::drm_xe_engine_class_instance>, NoAnswer> {
    let bytes = query(driver, sys::DRM_XE_DEVICE_QUERY_ENGINES)?;
    let header = sys::drm_xe_query_engines::read_at(&bytes, 0).ok_or(NoAnswer::Short)?;
    let list: Vec<sys::drm_xe_engine> =
        elements(&bytes, size_of_val(&header), header.num_engines).ok_or(NoAnswer::Short)?;
    let copies = |engine: &sys::drm_xe_engine| {
        u32::from(engine.instance.engine_class) == sys::DRM_XE_ENGINE_CLASS_COPY
    };
    Ok(list
        .iter()
        .find(|engine| copies(engine))
        .map(|e| e.instance))
}

/// PCI device id, and the version of the first GT: 0 before there was one to be read from
/// the hardware.
pub(crate) fn generation(driver: &Driver<'_>) -> Result<(u16, (u16, u16)), NoAnswer> {
    let bytes = query(driver, sys::DRM_XE_DEVICE_QUERY_CONFIG)?;
    let header = sys::drm_xe_query_config::read_at(&bytes, 0).ok_or(NoAnswer::Short)?;
    let values: Vec<u64> =
        elements(&bytes, size_of_val(&header), header.num_params).ok_or(NoAnswer::Short)?;
    let id = values
        .get(sys::DRM_XE_QUERY_CONFIG_REV_AND_DEVICE_ID as usize)
        .ok_or(NoAnswer::Short)?;
    let bytes = query(driver, sys::DRM_XE_DEVICE_QUERY_GT_LIST)?;
    let header = sys::drm_xe_query_gt_list::read_at(&bytes, 0).ok_or(NoAnswer::Short)?;
    let gts: Vec<sys::drm_xe_gt> =
        elements(&bytes, size_of_val(&header), header.num_gt).ok_or(NoAnswer::Short)?;
    let gt = gts.first().ok_or(NoAnswer::Short)?;
    Ok((*id as u16, (gt.ip_ver_major, gt.ip_ver_minor)))
}

fn config(bytes: &[u8], details: &mut MemberDetails, gpu: &mut Xe) -> Option<()> {
    let header = sys::drm_xe_query_config::read_at(bytes, 0)?;
    let values: Vec<u64> = elements(bytes, size_of_val(&header), header.num_params)?;
    let value = |index: u32| values.get(index as usize).copied();
    let small = |index| value(index).and_then(|value| u32::try_from(value).ok());
    let id = value(sys::DRM_XE_QUERY_CONFIG_REV_AND_DEVICE_ID);
    details.chip = id.map(|id| format!("{:#06x}", id & 0xffff));
    gpu.revision = id.map(|id| (id >> 16 & 0xff) as u32);
    gpu.va_bits = small(sys::DRM_XE_QUERY_CONFIG_VA_BITS).and_then(known);
    gpu.max_queue_priority = small(sys::DRM_XE_QUERY_CONFIG_MAX_EXEC_QUEUE_PRIORITY);
    Some(())
}

/// Adds up the regions of each class.
fn memory(bytes: &[u8], details: &mut MemberDetails, _: &mut Xe) -> Option<()> {
    let header = sys::drm_xe_query_mem_regions::read_at(bytes, 0)?;
    let list: Vec<sys::drm_xe_mem_region> =
        elements(bytes, size_of_val(&header), header.num_mem_regions)?;
    for region in list {
        if region.total_size == 0 {
            continue;
        }
        let (sum, visible, used) = match u32::from(region.mem_class) {
            // What the CPU can map is told for VRAM alone.
            sys::DRM_XE_MEM_REGION_CLASS_SYSMEM => {
                (&mut details.system, region.total_size, Some(region.used))
            }
            // Some kernels tell what is in use to CAP_PERFMON alone, and 0 to others. The
            // driver itself uses some, so it never is.
            sys::DRM_XE_MEM_REGION_CLASS_VRAM => (
                &mut details.vram,
                region.cpu_visible_size,
                known(region.used),
            ),
            _ => continue,
        };
        let before = sum.unwrap_or(Memory {
            total: 0,
            cpu_visible: Some(0),
            used: Some(0),
        });
        *sum = Some(Memory {
            total: before.total.saturating_add(region.total_size),
            cpu_visible: before.cpu_visible.map(|v| v.saturating_add(visible)),
            used: before.used.zip(used).map(|(a, b)| a.saturating_add(b)),
        });
    }
    Some(())
}

fn engines(bytes: &[u8], details: &mut MemberDetails, _: &mut Xe) -> Option<()> {
    let header = sys::drm_xe_query_engines::read_at(bytes, 0)?;
    let list: Vec<sys::drm_xe_engine> = elements(bytes, size_of_val(&header), header.num_engines)?;
    for engine in list {
        let class = engine.instance.engine_class;
        add_engine(
            &mut details.engines,
            match u32::from(class) {
                sys::DRM_XE_ENGINE_CLASS_RENDER => EngineClass::Render,
                sys::DRM_XE_ENGINE_CLASS_COPY => EngineClass::Copy,
                sys::DRM_XE_ENGINE_CLASS_VIDEO_DECODE => EngineClass::VideoDecode,
                sys::DRM_XE_ENGINE_CLASS_VIDEO_ENHANCE => EngineClass::VideoEnhance,
                sys::DRM_XE_ENGINE_CLASS_COMPUTE => EngineClass::Compute,
                _ => EngineClass::Other(class),
            },
        );
    }
    Some(())
}

fn gts(bytes: &[u8], details: &mut MemberDetails, gpu: &mut Xe) -> Option<()> {
    let header = sys::drm_xe_query_gt_list::read_at(bytes, 0)?;
    let list: Vec<sys::drm_xe_gt> = elements(bytes, size_of_val(&header), header.num_gt)?;
    details.timestamp_hz = list
        .first()
        .and_then(|gt| known(u64::from(gt.reference_clock)));
    gpu.gts = list
        .iter()
        .map(|gt| XeGt {
            id: gt.gt_id,
            tile: gt.tile_id,
            kind: match u32::from(gt.type_) {
                sys::DRM_XE_QUERY_GT_TYPE_MAIN => XeGtKind::Main,
                sys::DRM_XE_QUERY_GT_TYPE_MEDIA => XeGtKind::Media,
                _ => XeGtKind::Other(gt.type_),
            },
            version: known((gt.ip_ver_major, gt.ip_ver_minor, gt.ip_ver_rev)),
            execution_units: None,
        })
        .collect();
    Some(())
}

/// Execution units of each GT: its dual subslices, times the units of one.
///
/// The answer is a list of masks, each as long as it says.
fn topology(bytes: &[u8], _: &mut MemberDetails, gpu: &mut Xe) -> Option<()> {
    struct Masks {
        gt: u16,
        geometry: u32,
        compute: u32,
        units: u32,
    }
    let mut found: Vec<Masks> = Vec::new();
    let mut rest = bytes;
    while !rest.is_empty() {
        let header = sys::drm_xe_query_topology_mask::read_at(rest, 0)?;
        let end = size_of_val(&header).checked_add(header.num_bytes as usize)?;
        let mask = rest.get(size_of_val(&header)..end)?;
        rest = &rest[end..];
        let index = found.iter().position(|masks| masks.gt == header.gt_id);
        let index = index.unwrap_or_else(|| {
            found.push(Masks {
                gt: header.gt_id,
                geometry: 0,
                compute: 0,
                units: 0,
            });
            found.len() - 1
        });
        let masks = &mut found[index];
        match u32::from(header.type_) {
            sys::DRM_XE_TOPO_DSS_GEOMETRY => masks.geometry = count_ones(mask),
            sys::DRM_XE_TOPO_DSS_COMPUTE => masks.compute = count_ones(mask),
            sys::DRM_XE_TOPO_EU_PER_DSS | sys::DRM_XE_TOPO_SIMD16_EU_PER_DSS => {
                masks.units = count_ones(mask);
            }
            _ => {}
        }
    }
    for masks in found {
        // A GPU without a fixed-function part for geometry has the second alone.
        let subslices = masks.geometry.max(masks.compute);
        if let Some(gt) = gpu.gts.iter_mut().find(|gt| gt.id == masks.gt) {
            gt.execution_units = known(subslices.saturating_mul(masks.units));
        }
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

    /// What stands for the driver: answers by the number of the query.
    #[derive(Default)]
    struct Card(Vec<(u32, Vec<u8>)>);

    impl Ioctl for Card {
        unsafe fn ioctl(&self, request: u32, arg: *mut c_void) -> Result<(), Errno> {
            assert_eq!(request, sys::IOCTL_XE_DEVICE_QUERY);
            // SAFETY: The caller promises that this is the argument.
            let arg = unsafe { &mut *arg.cast::<sys::drm_xe_device_query>() };
            assert_eq!((arg.extensions, arg.reserved), (0, [0; 2]));
            let (_, bytes) = self
                .0
                .iter()
                .find(|a| a.0 == arg.query)
                .ok_or(Errno::EINVAL)?;
            match arg.size as usize {
                0 => arg.size = bytes.len() as u32,
                size if size == bytes.len() => {
                    // SAFETY: The caller promises room for that many bytes.
                    unsafe { (arg.data as *mut u8).copy_from(bytes.as_ptr(), size) };
                }
                _ => return Err(Errno::EINVAL),
            }
            Ok(())
        }
    }

    fn sized(mut bytes: Vec<u8>, size: usize) -> Vec<u8> {
        assert!(bytes.len() <= size);
        bytes.resize(size, 0);
        bytes
    }

    fn shorts(values: &[u16]) -> Vec<u8> {
        values
            .iter()
            .flat_map(|value| value.to_ne_bytes())
            .collect()
    }

    fn longs(values: &[u64]) -> Vec<u8> {
        values
            .iter()
            .flat_map(|value| value.to_ne_bytes())
            .collect()
    }

    fn counted(elements: &[Vec<u8>]) -> Vec<u8> {
        [longs(&[elements.len() as u64]), elements.concat()].concat()
    }

    fn region(class: u16, total: u64, used: u64, visible: u64) -> Vec<u8> {
        let head = [shorts(&[class, 0]), 4096_u32.to_ne_bytes().to_vec()].concat();
        sized(
            [head, longs(&[total, used, visible])].concat(),
            size_of::<sys::drm_xe_mem_region>(),
        )
    }

    fn engine(class: u16, instance: u16) -> Vec<u8> {
        sized(shorts(&[class, instance]), size_of::<sys::drm_xe_engine>())
    }

    fn gt(kind: u16, id: u16, clock: u32, version: [u16; 3]) -> Vec<u8> {
        let head = [
            shorts(&[kind, 0, id, 0, 0, 0]),
            clock.to_ne_bytes().to_vec(),
        ]
        .concat();
        sized(
            [head, longs(&[1, 0]), shorts(&version)].concat(),
            size_of::<sys::drm_xe_gt>(),
        )
    }

    fn mask(gt: u16, kind: u32, mask: &[u8]) -> Vec<u8> {
        [
            shorts(&[gt, kind as u16]),
            (mask.len() as u32).to_ne_bytes().to_vec(),
            mask.to_vec(),
        ]
        .concat()
    }

    fn battlemage() -> Card {
        Card(vec![
            (
                sys::DRM_XE_DEVICE_QUERY_CONFIG,
                counted(&[
                    longs(&[0xe20b]),
                    longs(&[1]),
                    longs(&[65536]),
                    longs(&[48]),
                    longs(&[1]),
                ]),
            ),
            (
                sys::DRM_XE_DEVICE_QUERY_MEM_REGIONS,
                counted(&[
                    region(0, 32 << 30, 1 << 20, 0),
                    region(1, 12 << 30, 2 << 30, 12 << 30),
                ]),
            ),
            (
                sys::DRM_XE_DEVICE_QUERY_ENGINES,
                counted(&[
                    engine(0, 0),
                    engine(1, 0),
                    engine(4, 0),
                    engine(2, 0),
                    engine(2, 1),
                ]),
            ),
            (
                sys::DRM_XE_DEVICE_QUERY_GT_LIST,
                counted(&[
                    gt(0, 0, 19_200_000, [20, 1, 4]),
                    gt(1, 1, 19_200_000, [13, 1, 4]),
                ]),
            ),
            (
                sys::DRM_XE_DEVICE_QUERY_GT_TOPOLOGY,
                [
                    mask(0, sys::DRM_XE_TOPO_DSS_GEOMETRY, &[0xff, 0xff, 0x0f, 0, 0]),
                    mask(0, sys::DRM_XE_TOPO_DSS_COMPUTE, &[0xff, 0xff, 0x0f, 0, 0]),
                    mask(0, sys::DRM_XE_TOPO_SIMD16_EU_PER_DSS, &[0xff, 0]),
                    mask(1, sys::DRM_XE_TOPO_DSS_GEOMETRY, &[0]),
                ]
                .concat(),
            ),
        ])
    }

    #[test]
    fn a_card_tells_all() {
        insta::assert_debug_snapshot!(ask("xe", &battlemage()));
    }

    #[test]
    fn a_driver_that_refuses_leaves_gaps() {
        let mut card = battlemage();
        card.0.remove(1);
        card.0.last_mut().unwrap().1.truncate(10);
        let details = ask("xe", &card);
        assert_eq!(details.vram, None);
        assert_eq!(details.units, None);
        assert_eq!(details.engines.len(), 4);
        assert_eq!(
            details
                .unanswered
                .iter()
                .map(|u| (u.query, u.reason))
                .collect::<Vec<_>>(),
            [
                (
                    "DRM_XE_DEVICE_QUERY_MEM_REGIONS",
                    NoAnswer::Refused(Errno::EINVAL)
                ),
                ("DRM_XE_DEVICE_QUERY_GT_TOPOLOGY", NoAnswer::Short),
            ]
        );
    }

    #[test]
    fn without_privilege_use_is_not_known() {
        let mut card = battlemage();
        card.0[1].1 = counted(&[
            region(0, 32 << 30, 0, 0),
            region(1, 12 << 30, 0, 256 << 20),
            region(1, 12 << 30, 1 << 20, 256 << 20),
        ]);
        let details = ask("xe", &card);
        assert_eq!(
            details.vram,
            Some(Memory {
                total: 24 << 30,
                cpu_visible: Some(512 << 20),
                used: None,
            })
        );
        assert_eq!(details.system.unwrap().used, Some(0));
    }

    #[test]
    fn a_config_of_an_older_driver_is_shorter() {
        let mut card = battlemage();
        card.0[0].1 = counted(&[longs(&[0x4_e20b]), longs(&[0])]);
        let details = ask("xe", &card);
        assert_eq!(details.chip.as_deref(), Some("0xe20b"));
        let Vendor::Xe(gpu) = details.vendor else {
            panic!("not xe");
        };
        assert_eq!(
            (gpu.revision, gpu.va_bits, gpu.max_queue_priority),
            (Some(4), None, None)
        );
    }

    proptest! {
        #[test]
        fn no_answer_is_too_strange(bytes: Vec<u8>) {
            let (mut details, mut gpu) = (MemberDetails::default(), Xe::default());
            for read in [config, memory, engines, gts, topology] {
                let _ = read(&bytes, &mut details, &mut gpu);
            }
        }
    }
}

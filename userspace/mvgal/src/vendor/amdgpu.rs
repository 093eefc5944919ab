// SPDX-License-Identifier: MIT OR Apache-2.0

//! `amdgpu`: `AMDGPU_INFO`.
//!
//! One ioctl takes a number of a query and writes as much of its answer as fits.
//! Answers have grown at their end, so an older driver leaves zeroes there: these
//! count as not known. Clocks are in kHz, those of sensors in MHz.

use nix::errno::Errno;

use super::query::{Driver, Plain, known};
use super::{Clock, Engine, EngineClass, MemberDetails, Memory, UnitKind, Units, Vendor, sys};

// SAFETY: Integers, arrays and unions of them.
unsafe impl Plain for sys::drm_amdgpu_info {}
// SAFETY: Integers alone.
unsafe impl Plain for sys::drm_amdgpu_info_device {}
// SAFETY: Integers alone.
unsafe impl Plain for sys::drm_amdgpu_info_hw_ip {}
// SAFETY: Integers alone.
unsafe impl Plain for sys::drm_amdgpu_info_vram_gtt {}
// SAFETY: Integers alone.
unsafe impl Plain for sys::drm_amdgpu_memory_info {}

/// What only `amdgpu` tells.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct Amdgpu {
    /// Family and revision, as the driver numbers them (`AMDGPU_FAMILY_*`).
    pub family: Option<(u32, u32)>,
    /// Whether it is a part of the processor.
    pub integrated: Option<bool>,
    /// Shader engines.
    pub shader_engines: Option<u32>,
    /// Threads in a wave.
    pub wave_size: Option<u32>,
    /// Kind of its memory: `GDDR6`, say.
    pub memory_type: Option<&'static str>,
    /// Width of the path to its memory in bits.
    pub memory_bits: Option<u32>,
}

/// Asks one query; `set` fills in what else it needs.
fn info<T: Plain>(
    driver: &Driver<'_>,
    query: u32,
    set: impl FnOnce(&mut sys::drm_amdgpu_info),
) -> Result<T, Errno> {
    let mut answer = T::zeroed();
    let mut arg = sys::drm_amdgpu_info::zeroed();
    arg.return_pointer = &raw mut answer as u64;
    arg.return_size = size_of::<T>() as u32;
    arg.query = query;
    set(&mut arg);
    // SAFETY: `return_pointer` is that of `answer`, as long as `return_size` says.
    unsafe { driver.call(sys::IOCTL_AMDGPU_INFO, &mut arg)? };
    Ok(answer)
}

/// Major and minor version of the SDMA engines; `None` if there are none.
pub(crate) fn sdma_version(driver: &Driver<'_>) -> Result<Option<(u32, u32)>, Errno> {
    let sdma: sys::drm_amdgpu_info_hw_ip = info(driver, sys::AMDGPU_INFO_HW_IP_INFO, |arg| {
        arg.__bindgen_anon_1.query_hw_ip.type_ = sys::AMDGPU_HW_IP_DMA;
    })?;
    let version = (sdma.hw_ip_version_major, sdma.hw_ip_version_minor);
    Ok((sdma.available_rings != 0).then_some(version))
}

pub(super) fn ask(driver: &mut Driver<'_>) -> MemberDetails {
    let device: Result<sys::drm_amdgpu_info_device, _> =
        info(driver, sys::AMDGPU_INFO_DEV_INFO, |_| {});
    let device = driver.note("AMDGPU_INFO_DEV_INFO", device);
    let (vram, system) = memory(driver);
    let engines = engines(driver);
    let mut sensor = |name, sensor| {
        let mega_hertz: Result<u32, _> = info(driver, sys::AMDGPU_INFO_SENSOR, |arg| {
            arg.__bindgen_anon_1.sensor_info.type_ = sensor;
        });
        let mega_hertz = driver.note(name, mega_hertz)?;
        Some(u64::from(mega_hertz) * 1_000_000)
    };
    let shader_now = sensor(
        "AMDGPU_INFO_SENSOR_GFX_SCLK",
        sys::AMDGPU_INFO_SENSOR_GFX_SCLK,
    );
    let memory_now = sensor(
        "AMDGPU_INFO_SENSOR_GFX_MCLK",
        sys::AMDGPU_INFO_SENSOR_GFX_MCLK,
    );

    let hertz = |kilo_hertz: Option<u64>| known(kilo_hertz?.saturating_mul(1000));
    let field = |of: fn(&sys::drm_amdgpu_info_device) -> u32| device.as_ref().map(of);
    MemberDetails {
        chip: field(|d| d.device_id).map(|id| format!("{id:#06x}")),
        vram,
        system,
        engines,
        shader_clock: Clock::of(
            hertz(device.as_ref().map(|d| d.min_engine_clock)),
            shader_now,
            hertz(device.as_ref().map(|d| d.max_engine_clock)),
        ),
        memory_clock: Clock::of(
            hertz(device.as_ref().map(|d| d.min_memory_clock)),
            memory_now,
            hertz(device.as_ref().map(|d| d.max_memory_clock)),
        ),
        timestamp_hz: hertz(field(|d| d.gpu_counter_freq).map(u64::from)),
        units: field(|d| d.cu_active_number)
            .and_then(known)
            .map(|count| Units {
                kind: UnitKind::ComputeUnits,
                count,
            }),
        vendor: Vendor::Amdgpu(Amdgpu {
            family: device.as_ref().map(|d| (d.family, d.external_rev)),
            integrated: device
                .as_ref()
                .map(|d| d.ids_flags & u64::from(sys::AMDGPU_IDS_FLAGS_FUSION) != 0),
            shader_engines: field(|d| d.num_shader_engines).and_then(known),
            wave_size: field(|d| d.wave_front_size).and_then(known),
            memory_type: field(|d| d.vram_type).and_then(memory_type),
            memory_bits: field(|d| d.vram_bit_width).and_then(known),
        }),
        ..MemberDetails::default()
    }
}

/// VRAM and GTT: by the newer query, or by the older ones.
fn memory(driver: &mut Driver<'_>) -> (Option<Memory>, Option<Memory>) {
    let heaps: Result<sys::drm_amdgpu_memory_info, _> =
        info(driver, sys::AMDGPU_INFO_MEMORY, |_| {});
    if let Some(heaps) = driver.note("AMDGPU_INFO_MEMORY", heaps) {
        let vram = known(heaps.vram.total_heap_size).map(|total| Memory {
            total,
            cpu_visible: Some(heaps.cpu_accessible_vram.total_heap_size),
            used: Some(heaps.vram.heap_usage),
        });
        let system = known(heaps.gtt.total_heap_size).map(|total| Memory {
            total,
            cpu_visible: Some(total),
            used: Some(heaps.gtt.heap_usage),
        });
        return (vram, system);
    }
    let sizes: Result<sys::drm_amdgpu_info_vram_gtt, _> =
        info(driver, sys::AMDGPU_INFO_VRAM_GTT, |_| {});
    let Some(sizes) = driver.note("AMDGPU_INFO_VRAM_GTT", sizes) else {
        return (None, None);
    };
    let used: Result<u64, _> = info(driver, sys::AMDGPU_INFO_VRAM_USAGE, |_| {});
    let vram_used = driver.note("AMDGPU_INFO_VRAM_USAGE", used);
    let used: Result<u64, _> = info(driver, sys::AMDGPU_INFO_GTT_USAGE, |_| {});
    let gtt_used = driver.note("AMDGPU_INFO_GTT_USAGE", used);
    let vram = known(sizes.vram_size).map(|total| Memory {
        total,
        cpu_visible: Some(sizes.vram_cpu_accessible_size),
        used: vram_used,
    });
    let system = known(sizes.gtt_size).map(|total| Memory {
        total,
        cpu_visible: Some(total),
        used: gtt_used,
    });
    (vram, system)
}

/// The blocks of the GPU that have rings.
///
/// `EINVAL` says that the GPU has no such block or that the driver is older than
/// its kind; neither is worth a note.
fn engines(driver: &mut Driver<'_>) -> Vec<Engine> {
    const CLASSES: [(u32, EngineClass); 10] = [
        (sys::AMDGPU_HW_IP_GFX, EngineClass::Render),
        (sys::AMDGPU_HW_IP_COMPUTE, EngineClass::Compute),
        (sys::AMDGPU_HW_IP_DMA, EngineClass::Copy),
        (sys::AMDGPU_HW_IP_UVD, EngineClass::VideoDecode),
        (sys::AMDGPU_HW_IP_VCE, EngineClass::VideoEncode),
        (sys::AMDGPU_HW_IP_UVD_ENC, EngineClass::VideoEncode),
        (sys::AMDGPU_HW_IP_VCN_DEC, EngineClass::VideoDecode),
        // From VCN 4 on this block decodes, too.
        (sys::AMDGPU_HW_IP_VCN_ENC, EngineClass::Video),
        (sys::AMDGPU_HW_IP_VCN_JPEG, EngineClass::Jpeg),
        (sys::AMDGPU_HW_IP_VPE, EngineClass::VideoEnhance),
    ];
    let mut engines = Vec::new();
    for (block, class) in CLASSES {
        let block_info: Result<sys::drm_amdgpu_info_hw_ip, _> =
            info(driver, sys::AMDGPU_INFO_HW_IP_INFO, |arg| {
                arg.__bindgen_anon_1.query_hw_ip.type_ = block;
            });
        let rings = match block_info {
            Ok(block_info) => block_info.available_rings.count_ones(),
            Err(Errno::EINVAL) => continue,
            Err(errno) => {
                driver.note("AMDGPU_INFO_HW_IP_INFO", Err::<(), _>(errno));
                break;
            }
        };
        if rings == 0 {
            continue;
        }
        let count: Result<u32, _> = info(driver, sys::AMDGPU_INFO_HW_IP_COUNT, |arg| {
            arg.__bindgen_anon_1.query_hw_ip.type_ = block;
        });
        engines.push(Engine {
            class,
            // There is one at least: its rings were just counted.
            count: count.unwrap_or(1).max(1),
            queues: Some(rings),
        });
    }
    engines
}

fn memory_type(kind: u32) -> Option<&'static str> {
    Some(match kind {
        sys::AMDGPU_VRAM_TYPE_GDDR1 => "GDDR1",
        sys::AMDGPU_VRAM_TYPE_DDR2 => "DDR2",
        sys::AMDGPU_VRAM_TYPE_GDDR3 => "GDDR3",
        sys::AMDGPU_VRAM_TYPE_GDDR4 => "GDDR4",
        sys::AMDGPU_VRAM_TYPE_GDDR5 => "GDDR5",
        sys::AMDGPU_VRAM_TYPE_HBM => "HBM",
        sys::AMDGPU_VRAM_TYPE_DDR3 => "DDR3",
        sys::AMDGPU_VRAM_TYPE_DDR4 => "DDR4",
        sys::AMDGPU_VRAM_TYPE_GDDR6 => "GDDR6",
        sys::AMDGPU_VRAM_TYPE_DDR5 => "DDR5",
        sys::AMDGPU_VRAM_TYPE_LPDDR4 => "LPDDR4",
        sys::AMDGPU_VRAM_TYPE_LPDDR5 => "LPDDR5",
        sys::AMDGPU_VRAM_TYPE_HBM3E => "HBM3E",
        sys::AMDGPU_VRAM_TYPE_HBM4 => "HBM4",
        _ => return None,
    })
}

#[cfg(test)]
mod tests {
    use std::os::raw::c_void;

    use super::super::query::Ioctl;
    use super::super::{NoAnswer, ask};
    use super::*;

    /// What stands for the driver: it answers what `AMDGPU_INFO` is documented
    /// to, and, if it is old, neither all queries nor whole structures.
    struct Card {
        old: bool,
    }

    impl Ioctl for Card {
        unsafe fn ioctl(&self, request: u32, arg: *mut c_void) -> Result<(), Errno> {
            assert_eq!(request, sys::IOCTL_AMDGPU_INFO);
            // SAFETY: The caller promises that this is the argument.
            let arg = unsafe { &*arg.cast::<sys::drm_amdgpu_info>() };
            let answer = |bytes: &[u8]| {
                let size = bytes.len().min(arg.return_size as usize);
                // SAFETY: The caller promises room for `return_size` bytes.
                unsafe { (arg.return_pointer as *mut u8).copy_from(bytes.as_ptr(), size) };
                Ok(())
            };
            fn bytes<T: Plain>(value: &T) -> &[u8] {
                // SAFETY: All of it was zeroed, padding, too, before fields were set.
                unsafe { std::slice::from_raw_parts((&raw const *value).cast(), size_of::<T>()) }
            }
            match arg.query {
                sys::AMDGPU_INFO_DEV_INFO => {
                    let mut device = sys::drm_amdgpu_info_device::zeroed();
                    device.device_id = 0x744c;
                    device.family = 145;
                    device.external_rev = 1;
                    device.num_shader_engines = 6;
                    device.gpu_counter_freq = 100_000;
                    device.max_engine_clock = 2_304_000;
                    device.max_memory_clock = 1_249_000;
                    device.min_engine_clock = 500_000;
                    device.min_memory_clock = 96_000;
                    device.cu_active_number = 96;
                    device.vram_type = sys::AMDGPU_VRAM_TYPE_GDDR6;
                    device.vram_bit_width = 384;
                    device.wave_front_size = 32;
                    let length = if self.old {
                        std::mem::offset_of!(sys::drm_amdgpu_info_device, wave_front_size)
                    } else {
                        size_of_val(&device)
                    };
                    answer(&bytes(&device)[..length])
                }
                sys::AMDGPU_INFO_MEMORY if !self.old => {
                    let mut heaps = sys::drm_amdgpu_memory_info::zeroed();
                    heaps.vram.total_heap_size = 24 << 30;
                    heaps.vram.heap_usage = 3 << 30;
                    heaps.cpu_accessible_vram.total_heap_size = 256 << 20;
                    heaps.gtt.total_heap_size = 32 << 30;
                    answer(bytes(&heaps))
                }
                sys::AMDGPU_INFO_VRAM_GTT => answer(bytes(&sys::drm_amdgpu_info_vram_gtt {
                    vram_size: 24 << 30,
                    vram_cpu_accessible_size: 256 << 20,
                    gtt_size: 0,
                })),
                sys::AMDGPU_INFO_VRAM_USAGE => answer(bytes(&(1_u64 << 30))),
                sys::AMDGPU_INFO_HW_IP_INFO => {
                    // SAFETY: The variant that belongs to the query.
                    let block = unsafe { arg.__bindgen_anon_1.query_hw_ip.type_ };
                    let mut ip = sys::drm_amdgpu_info_hw_ip::zeroed();
                    ip.available_rings = match block {
                        sys::AMDGPU_HW_IP_GFX => 1,
                        sys::AMDGPU_HW_IP_COMPUTE => 0xf,
                        sys::AMDGPU_HW_IP_DMA | sys::AMDGPU_HW_IP_VCN_ENC => 3,
                        sys::AMDGPU_HW_IP_VPE if self.old => return Err(Errno::EINVAL),
                        _ => 0,
                    };
                    answer(bytes(&ip))
                }
                sys::AMDGPU_INFO_HW_IP_COUNT if !self.old => {
                    // SAFETY: The variant that belongs to the query.
                    let block = unsafe { arg.__bindgen_anon_1.query_hw_ip.type_ };
                    answer(bytes(&if block == sys::AMDGPU_HW_IP_DMA {
                        2_u32
                    } else {
                        1
                    }))
                }
                sys::AMDGPU_INFO_SENSOR if !self.old => {
                    // SAFETY: The variant that belongs to the query.
                    match unsafe { arg.__bindgen_anon_1.sensor_info.type_ } {
                        sys::AMDGPU_INFO_SENSOR_GFX_SCLK => answer(bytes(&1_700_u32)),
                        _ => Err(Errno::EINVAL),
                    }
                }
                sys::AMDGPU_INFO_SENSOR => Err(Errno::ENOENT),
                _ => Err(Errno::EINVAL),
            }
        }
    }

    #[test]
    fn a_card_tells_all() {
        let details = ask("amdgpu", &Card { old: false });
        insta::assert_debug_snapshot!(details);
    }

    #[test]
    fn an_old_driver_leaves_gaps() {
        let details = ask("amdgpu", &Card { old: true });
        let Vendor::Amdgpu(card) = &details.vendor else {
            panic!("{details:?}");
        };
        assert_eq!(card.memory_bits, Some(384));
        // What comes after the end of its structure.
        assert_eq!(card.wave_size, None);
        assert_eq!(details.shader_clock.unwrap().min, None);
        assert_eq!(details.shader_clock.unwrap().max, Some(2_304_000_000));
        assert_eq!(details.vram.unwrap().used, Some(1 << 30));
        assert_eq!(details.system, None);
        assert_eq!(
            details
                .unanswered
                .iter()
                .map(|u| (u.query, u.reason))
                .collect::<Vec<_>>(),
            [
                ("AMDGPU_INFO_MEMORY", NoAnswer::Refused(Errno::EINVAL)),
                ("AMDGPU_INFO_GTT_USAGE", NoAnswer::Refused(Errno::EINVAL)),
                (
                    "AMDGPU_INFO_SENSOR_GFX_SCLK",
                    NoAnswer::Refused(Errno::ENOENT)
                ),
                (
                    "AMDGPU_INFO_SENSOR_GFX_MCLK",
                    NoAnswer::Refused(Errno::ENOENT)
                ),
            ]
        );
        let copy = details
            .engines
            .iter()
            .find(|e| e.class == EngineClass::Copy);
        assert_eq!(copy.unwrap().count, 1);
        assert_eq!(copy.unwrap().queues, Some(2));
    }
}

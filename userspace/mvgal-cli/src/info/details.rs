// SPDX-License-Identifier: MIT OR Apache-2.0

//! What the members' own drivers say of their GPUs.

use comfy_table::Table;
use mvgal::vendor::{Clock, Engine, Memory, NoAnswer, UnitKind, Vendor, XeGt, XeGtKind};
use mvgal::{MemberDetails, Members};
use serde::Serialize;
use serde_json::{Value, json};

use crate::{output, units};

/// What is known of one member, or why nothing is.
pub type Asked = Result<MemberDetails, mvgal::Error>;

/// Asks the driver of each member, through its node.
pub fn ask(members: &Members) -> Vec<Asked> {
    members
        .iter()
        .map(|member| member.open().map(|node| node.details()))
        .collect()
}

#[derive(Serialize)]
pub struct Document {
    description: Option<String>,
    chip: Option<String>,
    vram: Option<MemoryDocument>,
    system: Option<MemoryDocument>,
    engines: Vec<EngineDocument>,
    shader_clock: Option<ClockDocument>,
    memory_clock: Option<ClockDocument>,
    timestamp_hz: Option<u64>,
    units: Option<UnitsDocument>,
    vendor: Value,
    unanswered: Vec<UnansweredDocument>,
}

#[derive(Serialize)]
struct MemoryDocument {
    total_bytes: u64,
    cpu_visible_bytes: Option<u64>,
    used_bytes: Option<u64>,
}

#[derive(Serialize)]
struct EngineDocument {
    class: String,
    count: u32,
    queues: Option<u32>,
}

#[derive(Serialize)]
struct ClockDocument {
    min_hz: Option<u64>,
    now_hz: Option<u64>,
    max_hz: Option<u64>,
}

#[derive(Serialize)]
struct UnitsDocument {
    kind: &'static str,
    count: u32,
}

#[derive(Serialize)]
struct UnansweredDocument {
    query: &'static str,
    reason: String,
}

/// The part of the document that belongs to a member.
pub fn document(details: &MemberDetails) -> Document {
    let memory = |memory: Option<Memory>| {
        memory.map(|memory| MemoryDocument {
            total_bytes: memory.total,
            cpu_visible_bytes: memory.cpu_visible,
            used_bytes: memory.used,
        })
    };
    let clock = |clock: Option<Clock>| {
        clock.map(|clock| ClockDocument {
            min_hz: clock.min,
            now_hz: clock.now,
            max_hz: clock.max,
        })
    };
    Document {
        description: details
            .driver
            .as_ref()
            .map(|driver| driver.description.clone()),
        chip: details.chip.clone(),
        vram: memory(details.vram),
        system: memory(details.system),
        engines: details
            .engines
            .iter()
            .map(|engine| EngineDocument {
                class: engine.class.to_string(),
                count: engine.count,
                queues: engine.queues,
            })
            .collect(),
        shader_clock: clock(details.shader_clock),
        memory_clock: clock(details.memory_clock),
        timestamp_hz: details.timestamp_hz,
        units: details.units.map(|units| UnitsDocument {
            kind: match units.kind {
                UnitKind::ComputeUnits => "compute-units",
                UnitKind::ExecutionUnits => "execution-units",
                UnitKind::TextureProcessingClusters => "texture-processing-clusters",
                UnitKind::Cores => "cores",
                _ => "other",
            },
            count: units.count,
        }),
        vendor: vendor_document(&details.vendor),
        unanswered: details
            .unanswered
            .iter()
            .map(|unanswered| UnansweredDocument {
                query: unanswered.query,
                reason: unanswered.reason.to_string(),
            })
            .collect(),
    }
}

fn vendor_document(vendor: &Vendor) -> Value {
    match vendor {
        Vendor::Amdgpu(gpu) => json!({
            "family": gpu.family.map(|(family, _)| family),
            "revision": gpu.family.map(|(_, revision)| revision),
            "integrated": gpu.integrated,
            "shader_engines": gpu.shader_engines,
            "wave_size": gpu.wave_size,
            "memory_type": gpu.memory_type,
            "memory_bits": gpu.memory_bits,
        }),
        Vendor::I915(gpu) => json!({
            "revision": gpu.revision,
            "slices": gpu.slices,
            "subslices": gpu.subslices,
        }),
        Vendor::Xe(gpu) => json!({
            "revision": gpu.revision,
            "va_bits": gpu.va_bits,
            "max_queue_priority": gpu.max_queue_priority,
            "gts": gpu.gts.iter().map(|gt| json!({
                "id": gt.id,
                "tile": gt.tile,
                "kind": gt_kind(gt.kind),
                "version": gt.version.map(|(major, minor, revision)| [major, minor, revision]),
                "execution_units": gt.execution_units,
            })).collect::<Vec<_>>(),
        }),
        Vendor::Nouveau(gpu) => json!({
            "chipset": gpu.chipset,
            "graphics_clusters": gpu.graphics_clusters,
            "max_pushes": gpu.max_pushes,
        }),
        Vendor::NvidiaDrm(gpu) => json!({
            "gpu_id": gpu.gpu_id,
            "mig_device": gpu.mig_device,
            "supports_alloc": gpu.supports_alloc,
            "supports_sync_fd": gpu.supports_sync_fd,
            "supports_semaphore_surfaces": gpu.supports_semaphore_surfaces,
        }),
        Vendor::Mtgpu(gpu) => json!({
            "device_id": gpu.device_id,
            "uuid": gpu.uuid.map(uuid),
        }),
        Vendor::VirtioGpu(gpu) => json!({
            "renders": gpu.renders,
            "blob": gpu.blob,
            "host_visible": gpu.host_visible,
            "cross_device": gpu.cross_device,
            "context_init": gpu.context_init,
            "renderer": gpu.renderer,
            "capsets": gpu.capsets.iter().map(|capset| json!({
                "id": capset.id,
                "name": capset.name(),
                "version": capset.version,
            })).collect::<Vec<_>>(),
        }),
        _ => Value::Null,
    }
}

/// A row for each thing that is known of each member.
pub fn table(members: &Members, asked: &[Asked]) -> Table {
    let mut table = output::table(["id", "driver", "what", "value"], &[0]);
    for (member, asked) in members.iter().zip(asked) {
        let rows = match asked {
            Ok(details) => rows(details),
            Err(error) => vec![("not asked", error.to_string())],
        };
        for (index, (what, value)) in rows.into_iter().enumerate() {
            let (id, driver) = if index == 0 {
                (member.id.to_string(), member.driver.clone())
            } else {
                Default::default()
            };
            table.add_row([id, driver, what.to_owned(), value]);
        }
    }
    table
}

fn rows(details: &MemberDetails) -> Vec<(&'static str, String)> {
    let mut rows = Vec::new();
    let mut row = |what, value: Option<String>| rows.extend(value.map(|value| (what, value)));
    row(
        "driver",
        details.driver.as_ref().map(|driver| {
            let (major, minor, patch) = driver.version;
            format!("{}, UAPI {major}.{minor}.{patch}", driver.description)
        }),
    );
    row("chip", details.chip.clone());
    row("VRAM", details.vram.map(memory));
    row("system memory", details.system.map(memory));
    row("engines", list(details.engines.iter().map(engine)));
    row(
        "shaders",
        details
            .units
            .map(|units| format!("{} {}", units.count, units.kind)),
    );
    row("shader clock", details.shader_clock.map(clock));
    row("memory clock", details.memory_clock.map(clock));
    row("time stamps", details.timestamp_hz.map(units::hertz));
    for (what, value) in vendor_rows(&details.vendor) {
        row(what, value);
    }
    for same in unanswered(details) {
        row("not answered", Some(same));
    }
    rows
}

/// What was not answered, those with one reason in one text.
fn unanswered(details: &MemberDetails) -> Vec<String> {
    let mut reasons: Vec<(NoAnswer, Vec<&str>)> = Vec::new();
    for unanswered in &details.unanswered {
        match reasons
            .iter_mut()
            .find(|(reason, _)| *reason == unanswered.reason)
        {
            Some((_, queries)) => queries.push(unanswered.query),
            None => reasons.push((unanswered.reason, vec![unanswered.query])),
        }
    }
    reasons
        .iter()
        .map(|(reason, queries)| format!("{}: {reason}", queries.join(", ")))
        .collect()
}

fn memory(memory: Memory) -> String {
    let mut text = units::bytes(memory.total);
    if let Some(visible) = memory.cpu_visible.filter(|&visible| visible < memory.total) {
        text += &format!(", {} visible to the CPU", units::bytes(visible));
    }
    if let Some(used) = memory.used {
        text += &format!(", {} in use", units::bytes(used));
    }
    text
}

fn engine(engine: &Engine) -> String {
    match engine.queues {
        Some(queues) if queues != engine.count => {
            format!("{} {} ({queues} queues)", engine.class, engine.count)
        }
        _ => format!("{} {}", engine.class, engine.count),
    }
}

fn clock(clock: Clock) -> String {
    let range = match (clock.min, clock.max) {
        (Some(min), Some(max)) => Some(format!("{} to {}", units::hertz(min), units::hertz(max))),
        (None, Some(max)) => Some(format!("up to {}", units::hertz(max))),
        (Some(min), None) => Some(format!("from {}", units::hertz(min))),
        (None, None) => None,
    };
    let now = clock.now.map(|now| format!("{} now", units::hertz(now)));
    range.into_iter().chain(now).collect::<Vec<_>>().join(", ")
}

/// Words with commas between them; `None` if there are none.
fn list(words: impl Iterator<Item = String>) -> Option<String> {
    let words: Vec<String> = words.collect();
    (!words.is_empty()).then(|| words.join(", "))
}

/// Names of what is there, of those of which it is known.
fn abilities(flags: &[(&str, Option<bool>)]) -> Option<String> {
    flags.iter().any(|(_, flag)| flag.is_some()).then(|| {
        let names = flags.iter().filter(|(_, flag)| *flag == Some(true));
        list(names.map(|(name, _)| (*name).to_owned())).unwrap_or_else(|| "none".to_owned())
    })
}

fn vendor_rows(vendor: &Vendor) -> Vec<(&'static str, Option<String>)> {
    let number = |number: Option<u32>| number.map(|number| number.to_string());
    match vendor {
        Vendor::Amdgpu(gpu) => vec![
            (
                "family",
                gpu.family
                    .map(|(family, revision)| format!("{family}, revision {revision:#x}")),
            ),
            (
                "kind",
                gpu.integrated.map(|integrated| {
                    let kind = if integrated {
                        "a part of the processor"
                    } else {
                        "a card"
                    };
                    kind.to_owned()
                }),
            ),
            (
                "memory type",
                gpu.memory_type.map(|kind| match gpu.memory_bits {
                    Some(bits) => format!("{kind}, {bits} bits wide"),
                    None => kind.to_owned(),
                }),
            ),
            ("shader engines", number(gpu.shader_engines)),
            ("threads of a wave", number(gpu.wave_size)),
        ],
        Vendor::I915(gpu) => vec![
            ("revision", number(gpu.revision)),
            ("slices", number(gpu.slices)),
            ("subslices", number(gpu.subslices)),
        ],
        Vendor::Xe(gpu) => vec![
            ("revision", number(gpu.revision)),
            ("GTs", list(gpu.gts.iter().map(gt))),
            ("bits of an address", number(gpu.va_bits)),
            ("highest priority", number(gpu.max_queue_priority)),
        ],
        Vendor::Nouveau(gpu) => vec![
            ("graphics clusters", number(gpu.graphics_clusters)),
            (
                "pushes of an EXEC",
                gpu.max_pushes.map(|pushes| pushes.to_string()),
            ),
        ],
        Vendor::NvidiaDrm(gpu) => vec![
            (
                "abilities",
                abilities(&[
                    ("allocation", gpu.supports_alloc),
                    ("sync files", gpu.supports_sync_fd),
                    ("semaphore surfaces", gpu.supports_semaphore_surfaces),
                    ("a MIG slice", gpu.mig_device),
                ]),
            ),
            (
                "not in DRM",
                Some("memory, engines and clocks: see nvidia-smi".to_owned()),
            ),
        ],
        Vendor::Mtgpu(gpu) => vec![("UUID", gpu.uuid.map(uuid))],
        Vendor::VirtioGpu(gpu) => vec![
            (
                "abilities",
                abilities(&[
                    ("3-D", gpu.renders),
                    ("blobs", gpu.blob),
                    ("host-visible blobs", gpu.host_visible),
                    ("sharing across devices", gpu.cross_device),
                    ("context types", gpu.context_init),
                ]),
            ),
            (
                "capability sets",
                list(gpu.capsets.iter().map(|capset| {
                    let name = capset
                        .name()
                        .map_or_else(|| capset.id.to_string(), str::to_owned);
                    match capset.version {
                        Some(version) => format!("{name} (version {version})"),
                        None => name,
                    }
                })),
            ),
        ],
        _ => vec![],
    }
}

fn gt(gt: &XeGt) -> String {
    let mut text = format!("{} {}", gt.id, gt_kind(gt.kind));
    if let Some((major, minor, revision)) = gt.version {
        text += &format!(" {major}.{minor:02}.{revision}");
    }
    text
}

fn gt_kind(kind: XeGtKind) -> &'static str {
    match kind {
        XeGtKind::Main => "main",
        XeGtKind::Media => "media",
        _ => "other",
    }
}

/// A UUID with its hyphens.
fn uuid(bytes: [u8; 16]) -> String {
    let mut text = String::new();
    for (index, byte) in bytes.iter().enumerate() {
        if matches!(index, 4 | 6 | 8 | 10) {
            text.push('-');
        }
        text += &format!("{byte:02x}");
    }
    text
}

#[cfg(test)]
mod tests {
    use mvgal::Errno;
    use mvgal::vendor::{Amdgpu, EngineClass, Unanswered, Units, VirtioGpu};
    use mvgal::{MemberId, sys};

    use super::*;

    fn members() -> Members {
        let raw: Vec<_> = ["amdgpu", "virtio_gpu", "vgem", "vkms"]
            .iter()
            .zip(1..)
            .map(|(driver, id)| {
                let mut raw = sys::drm_mvgal_device {
                    id,
                    primary_minor: sys::DRM_MVGAL_MINOR_NONE,
                    render_minor: sys::DRM_MVGAL_MINOR_NONE,
                    ..Default::default()
                };
                raw.driver[..driver.len()].copy_from_slice(driver.as_bytes());
                raw
            })
            .collect();
        Members::from_raw(1, &raw)
    }

    fn amdgpu() -> MemberDetails {
        let mut card = Amdgpu::default();
        card.family = Some((145, 0x10));
        card.integrated = Some(false);
        card.memory_type = Some("GDDR6");
        card.memory_bits = Some(384);
        let mut details = MemberDetails::default();
        details.chip = Some("0x744c".to_owned());
        details.vram = Some(Memory {
            total: 24 << 30,
            cpu_visible: Some(256 << 20),
            used: Some(3 << 30),
        });
        details.system = Some(Memory {
            total: 32 << 30,
            cpu_visible: Some(32 << 30),
            used: None,
        });
        details.engines = [(EngineClass::Render, 1, 1), (EngineClass::Compute, 1, 4)]
            .map(|(class, count, queues)| Engine {
                class,
                count,
                queues: Some(queues),
            })
            .to_vec();
        details.shader_clock = Some(Clock {
            min: Some(500_000_000),
            now: Some(1_700_000_000),
            max: Some(2_304_000_000),
        });
        details.memory_clock = Some(Clock {
            min: None,
            now: None,
            max: Some(1_249_000_000),
        });
        details.units = Some(Units {
            kind: UnitKind::ComputeUnits,
            count: 96,
        });
        details.vendor = Vendor::Amdgpu(card);
        details.unanswered = [
            ("AMDGPU_INFO_SENSOR_GFX_SCLK", Errno::EINVAL),
            ("AMDGPU_INFO_GTT_USAGE", Errno::EFAULT),
            ("AMDGPU_INFO_SENSOR_GFX_MCLK", Errno::EINVAL),
        ]
        .map(|(query, errno)| Unanswered {
            query,
            reason: NoAnswer::Refused(errno),
        })
        .to_vec();
        details
    }

    #[test]
    fn what_is_known_is_shown_and_what_is_not_is_left_out() {
        let mut gpu = VirtioGpu::default();
        gpu.renders = Some(true);
        gpu.blob = Some(false);
        let mut virtio = MemberDetails::default();
        virtio.vendor = Vendor::VirtioGpu(gpu);
        let members = members();
        let no_node = members
            .get(MemberId::new(4))
            .unwrap()
            .open()
            .map(|_| panic!());
        let asked = [
            Ok(amdgpu()),
            Ok(virtio),
            Ok(MemberDetails::default()),
            no_node,
        ];
        insta::assert_snapshot!(output::lines(table(&members, &asked)));
    }

    #[test]
    fn the_document_says_null_and_not_0() {
        insta::assert_snapshot!(serde_json::to_string_pretty(&document(&amdgpu())).unwrap());
    }

    #[test]
    fn a_uuid_has_its_hyphens() {
        let bytes = std::array::from_fn(|index| index as u8);
        assert_eq!(uuid(bytes), "00010203-0405-0607-0809-0a0b0c0d0e0f");
    }
}

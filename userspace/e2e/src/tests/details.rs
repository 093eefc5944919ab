// SPDX-License-Identifier: MIT OR Apache-2.0

//! What the crate makes of the answers of the members' own drivers.

use crate::harness::suite;
use crate::lab::Lab;
use crate::lab::Need;
use crate::lab::VGEM;
use crate::vendor;
use mvgal::Allocation;
use mvgal::BufferFlags;
use mvgal::Device;
use mvgal::Member;
use mvgal::MemberDetails;
use mvgal::MemberId;
use mvgal::vendor::Vendor;

suite! {
    every_driver_names_itself [Need::Members(1)];
    every_question_of_a_new_driver_is_answered [Need::Members(1)];
    a_driver_without_questions_knows_nothing [VGEM];
    virgl_names_its_host [Need::Virgl];
    without_virgl_there_are_no_capsets [Need::Virtio2d];
    amdgpu_tells_of_its_parts [Need::Driver("amdgpu")];
    i915_tells_of_its_parts [Need::Driver("i915")];
    xe_tells_of_its_parts [Need::Driver("xe")];
    nouveau_tells_of_its_parts [Need::Driver("nouveau")];
    nvidia_tells_what_it_supports [Need::Driver("nvidia-drm")];
    mtgpu_tells_of_its_memory_or_refuses [Need::Driver("mtgpu")];
    a_buffer_is_seen_in_the_memory_in_use [Need::Members(1)];
    health_is_what_sysfs_has [Need::Members(1)];
}

fn ask(member: &Member) -> MemberDetails {
    member.open().expect("open the member").details()
}

fn members() -> Vec<Member> {
    let device = Device::open().expect("open mvgal");
    let members = device.members().expect("QUERY_DEVICES");
    members.iter().cloned().collect()
}

/// The details of the member with that id.
fn of(id: u32) -> MemberDetails {
    let members = members();
    let member = members.iter().find(|m| m.id == MemberId::new(id));
    ask(member.expect("the member is still there"))
}

/// The details of the member of that driver.
fn of_driver(lab: &Lab, driver: &str) -> MemberDetails {
    of(lab.member(driver).id)
}

fn every_driver_names_itself(_: &Lab) {
    for member in members() {
        let driver = ask(&member).driver.expect("DRM_IOCTL_VERSION");
        assert_eq!(driver.name, member.driver);
        assert_eq!(driver.version, member.driver_version);
        assert!(!driver.description.is_empty(), "{driver:?}");
    }
}

fn every_question_of_a_new_driver_is_answered(_: &Lab) {
    for member in members() {
        // Which of its versions answer which question is not published for mtgpu.
        if member.driver != "mtgpu" {
            assert_eq!(ask(&member).unanswered, [], "{}", member.driver);
        }
    }
}

fn a_driver_without_questions_knows_nothing(lab: &Lab) {
    let mut details = of_driver(lab, "vgem");
    details.driver = None;
    assert_eq!(details, MemberDetails::default());
}

fn virgl_names_its_host(lab: &Lab) {
    let details = of(lab.virgl().id);
    let Vendor::VirtioGpu(gpu) = details.vendor else {
        panic!("{details:?}");
    };
    assert_eq!(gpu.renders, Some(true));
    let names: Vec<_> = gpu.capsets.iter().map(|capset| capset.name()).collect();
    assert!(names.contains(&Some("virgl")), "{names:?}");
    if names.contains(&Some("virgl2")) {
        // The lab renders by llvmpipe, whose name is in that set alone.
        assert!(
            gpu.renderer
                .expect("a name")
                .to_lowercase()
                .contains("llvmpipe")
        );
    }
    assert_eq!((details.vram, details.units), (None, None));
}

fn without_virgl_there_are_no_capsets(lab: &Lab) {
    let details = of(lab.virtio_2d().id);
    let Vendor::VirtioGpu(gpu) = details.vendor else {
        panic!("{details:?}");
    };
    assert_eq!((gpu.renders, gpu.capsets), (Some(false), vec![]));
    assert!(!vendor::has_virgl(&lab.open(lab.virtio_2d())));
}

/// Details that a GPU of its own memory and engines has, whatever its vendor.
fn has_memory(details: &MemberDetails) {
    let vram = details.vram.expect("VRAM");
    assert!(vram.total >= 1 << 20, "{vram:?}");
    assert!(
        vram.cpu_visible.is_none_or(|visible| visible <= vram.total),
        "{vram:?}"
    );
    assert!(vram.used.is_none_or(|used| used <= vram.total), "{vram:?}");
    assert!(details.chip.is_some());
}

fn has_engines(details: &MemberDetails) {
    use mvgal::vendor::EngineClass::{Copy, Render};
    for class in [Render, Copy] {
        let engine = details.engines.iter().find(|engine| engine.class == class);
        assert!(
            engine.is_some_and(|engine| engine.count > 0),
            "{:?}",
            details.engines
        );
    }
}

fn amdgpu_tells_of_its_parts(lab: &Lab) {
    let details = of_driver(lab, "amdgpu");
    has_memory(&details);
    has_engines(&details);
    assert!(details.units.is_some_and(|units| units.count > 0));
    // In kHz and in MHz the driver says the same clock.
    let clock = details.shader_clock.expect("a clock");
    let range = 1_000_000..100_000_000_000;
    for hertz in [clock.min, clock.now, clock.max] {
        assert!(range.contains(&hertz.expect("a clock")), "{clock:?}");
    }
    assert!(matches!(&details.vendor, Vendor::Amdgpu(gpu) if gpu.family.is_some()));
}

fn i915_tells_of_its_parts(lab: &Lab) {
    let details = of_driver(lab, "i915");
    has_engines(&details);
    assert!(details.system.is_some());
    assert!(details.units.is_some_and(|units| units.count > 0));
    assert!(matches!(&details.vendor, Vendor::I915(gpu) if gpu.subslices.is_some()));
}

fn xe_tells_of_its_parts(lab: &Lab) {
    let details = of_driver(lab, "xe");
    has_memory(&details);
    has_engines(&details);
    let Vendor::Xe(gpu) = &details.vendor else {
        panic!("{details:?}");
    };
    assert!(!gpu.gts.is_empty() && gpu.va_bits.is_some(), "{gpu:?}");
}

fn nouveau_tells_of_its_parts(lab: &Lab) {
    let details = of_driver(lab, "nouveau");
    has_memory(&details);
    assert!(
        details
            .chip
            .as_deref()
            .is_some_and(|chip| chip.starts_with("NV"))
    );
}

fn nvidia_tells_what_it_supports(lab: &Lab) {
    let details = of_driver(lab, "nvidia-drm");
    let Vendor::NvidiaDrm(gpu) = &details.vendor else {
        panic!("{details:?}");
    };
    assert!(
        gpu.gpu_id.is_some() && gpu.supports_alloc.is_some(),
        "{gpu:?}"
    );
    assert_eq!((details.vram, details.engines.len()), (None, 0));
}

fn mtgpu_tells_of_its_memory_or_refuses(lab: &Lab) {
    let details = of_driver(lab, "mtgpu");
    match details.unanswered.as_slice() {
        [] => has_memory(&details),
        refused => assert_eq!((details.vram, details.units), (None, None), "{refused:?}"),
    }
}

/// Of each member that counts its own memory and that of the system, as a buffer may be
/// in either: what it takes, and gives back.
fn a_buffer_is_seen_in_the_memory_in_use(_: &Lab) {
    const SIZE: u64 = 4 << 20;
    let device = Device::open().expect("open mvgal");
    let used = |member: &Member| {
        let details = ask(member);
        let system = details.system?.used?;
        // xe does not tell of nothing in use and of no privilege apart.
        Some(system + details.vram?.used.unwrap_or(0))
    };
    for member in &members() {
        let Some(before) = used(member) else {
            continue;
        };
        let name = &member.driver;
        let node = member.open().expect("open the member");
        device.attach(member.id, node).expect("attach");
        let allocation = Allocation::linear(SIZE)
            .member(member.id)
            .flags(BufferFlags::GPU_VALID);
        let buffer = device.alloc(&allocation).expect("ALLOC_MEMORY");
        let with = used(member).expect("still known");
        assert!(with >= before + SIZE, "{name}: {before} bytes, then {with}");
        buffer.free().expect("FREE_MEMORY");
        // A mapping may be kept for a while.
        let given_back = (0..100).any(|_| {
            std::thread::sleep(std::time::Duration::from_millis(100));
            used(member).expect("still known") <= before
        });
        assert!(given_back, "{name}: not back at {before} bytes");
    }
}

/// What sysfs has of a member is told, what it has not is not, and the driver agrees.
fn health_is_what_sysfs_has(_: &Lab) {
    for member in members() {
        let health = member.health();
        let name = &member.driver;
        let device = member.sysfs_path().expect("a node");
        assert!(device.exists(), "{}", device.display());
        assert_eq!(health.faults, [], "{name}");
        if !device.join("hwmon").exists() {
            assert!(
                health.temperatures.is_empty() && health.fans.is_empty(),
                "{health:?}"
            );
        }
        let has_vram = device.join("mem_info_vram_total").exists();
        assert_eq!(health.vram.is_some(), has_vram, "{name}");
        if let Some(vram) = health.vram {
            let details = ask(&member);
            assert_eq!(
                details.vram.map(|vram| vram.total),
                Some(vram.total),
                "{name}"
            );
        }
    }
}

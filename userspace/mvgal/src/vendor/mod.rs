// SPDX-License-Identifier: MIT OR Apache-2.0

//! What the drivers of members say of their GPUs.
//!
//! The kernel module asks no driver anything that takes a pointer into a
//! client's memory, and all questions of this kind do. So they are asked here,
//! through the member's own file: [`MemberNode::details`]. Each driver has a
//! file of its own; what it is asked and what the answers mean is written there.
//!
//! What is not known is `None` and never 0. A driver that is older than a
//! question, or refuses it, leaves a gap and a note in
//! [`MemberDetails::unanswered`]: that is no error.
//!
//! ```no_run
//! # fn main() -> mvgal::Result<()> {
//! for member in &mvgal::Device::open()?.members()? {
//!     let details = member.open()?.details();
//!     match details.vram {
//!         Some(vram) => println!("{}: {} bytes of its own", member.driver, vram.total),
//!         None => println!("{}: no memory of its own is known", member.driver),
//!     }
//! }
//! # Ok(())
//! # }
//! ```

use std::fmt;
use std::os::fd::AsFd;

use drm::Device as _;

use crate::health::frequency;
use crate::member_node::MemberNode;

pub(crate) mod amdgpu;
pub(crate) mod i915;
mod mtgpu;
mod nouveau;
mod nvidia_drm;
pub(crate) mod query;
mod virtio_gpu;
pub(crate) mod xe;

#[allow(
    dead_code,
    missing_docs,
    non_camel_case_types,
    non_snake_case,
    non_upper_case_globals,
    unsafe_op_in_unsafe_fn,
    clippy::undocumented_unsafe_blocks,
    reason = "generated"
)]
#[rustfmt::skip]
pub(crate) mod sys;

pub use amdgpu::Amdgpu;
pub use i915::I915;
pub use mtgpu::Mtgpu;
pub use nouveau::Nouveau;
pub use nvidia_drm::NvidiaDrm;
use query::{Driver, Ioctl};
pub use query::{NoAnswer, Unanswered};
pub use virtio_gpu::{Capset, VirtioGpu};
pub use xe::{Xe, XeGt, XeGtKind};

/// What the driver of a member says of the GPU.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct MemberDetails {
    /// The driver itself: its UAPI has the version that this says.
    pub driver: Option<DriverVersion>,
    /// The GPU as its driver calls it: a name, a family or a number.
    pub chip: Option<String>,
    /// The GPU's own memory; `None` if it has none or it is not known.
    pub vram: Option<Memory>,
    /// System memory that the GPU can reach.
    pub system: Option<Memory>,
    /// Its engines by class; empty if they are not known.
    pub engines: Vec<Engine>,
    /// Clock of the shaders.
    pub shader_clock: Option<Clock>,
    /// Clock of the memory.
    pub memory_clock: Option<Clock>,
    /// Rate at which the GPU counts time stamps, in Hz.
    pub timestamp_hz: Option<u64>,
    /// The units that run shaders.
    pub units: Option<Units>,
    /// What only this driver tells.
    pub vendor: Vendor,
    /// What the driver did not answer, in the order of the questions.
    pub unanswered: Vec<Unanswered>,
}

/// A driver, as it names itself.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct DriverVersion {
    /// Its name.
    pub name: String,
    /// Version of its UAPI: major, minor, patch level.
    pub version: (i32, i32, i32),
    /// What it says of itself.
    pub description: String,
}

/// A kind of memory.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Memory {
    /// All of it, in bytes.
    pub total: u64,
    /// How much of it the CPU can map, in bytes.
    pub cpu_visible: Option<u64>,
    /// How much of it is in use by all programs together, in bytes.
    pub used: Option<u64>,
}

/// Engines of one class.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Engine {
    /// What they do.
    pub class: EngineClass,
    /// How many there are.
    pub count: u32,
    /// How many queues of the hardware lead to them, if that is another number.
    pub queues: Option<u32>,
}

/// What an engine does.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[non_exhaustive]
pub enum EngineClass {
    /// 3-D, and on most GPUs all else that shaders do.
    Render,
    /// Shaders without 3-D.
    Compute,
    /// Copies and fills.
    Copy,
    /// Decodes and encodes video.
    Video,
    /// Decodes video.
    VideoDecode,
    /// Encodes video.
    VideoEncode,
    /// Scales, converts and filters video.
    VideoEnhance,
    /// Decodes still pictures.
    Jpeg,
    /// What a newer driver says.
    Other(u16),
}

impl fmt::Display for EngineClass {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(match self {
            EngineClass::Render => "render",
            EngineClass::Compute => "compute",
            EngineClass::Copy => "copy",
            EngineClass::Video => "video",
            EngineClass::VideoDecode => "video-decode",
            EngineClass::VideoEncode => "video-encode",
            EngineClass::VideoEnhance => "video-enhance",
            EngineClass::Jpeg => "jpeg",
            EngineClass::Other(class) => return f.pad(&format!("class-{class}")),
        })
    }
}

/// A clock, in Hz.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Clock {
    /// The slowest it can be.
    pub min: Option<u64>,
    /// What it was when the driver was asked.
    pub now: Option<u64>,
    /// The fastest it can be.
    pub max: Option<u64>,
}

impl Clock {
    /// The clock, if anything of it is known.
    pub(crate) fn of(min: Option<u64>, now: Option<u64>, max: Option<u64>) -> Option<Clock> {
        let clock = Clock { min, now, max };
        (clock != Clock::default()).then_some(clock)
    }
}

/// The units that run shaders.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Units {
    /// What the vendor calls them: they compare within a kind alone.
    pub kind: UnitKind,
    /// How many are in use by the driver.
    pub count: u32,
}

/// What a vendor calls the units that run shaders.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum UnitKind {
    /// AMD's compute units.
    ComputeUnits,
    /// Intel's execution units.
    ExecutionUnits,
    /// NVIDIA's texture processing clusters, of one or two multiprocessors each.
    TextureProcessingClusters,
    /// Cores, of Moore Threads.
    Cores,
}

impl fmt::Display for UnitKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(match self {
            UnitKind::ComputeUnits => "compute units",
            UnitKind::ExecutionUnits => "execution units",
            UnitKind::TextureProcessingClusters => "texture processing clusters",
            UnitKind::Cores => "cores",
        })
    }
}

/// What only one driver tells.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
#[non_exhaustive]
pub enum Vendor {
    /// A driver that is asked nothing but its version.
    #[default]
    Other,
    /// `amdgpu`
    Amdgpu(Amdgpu),
    /// `i915`
    I915(I915),
    /// `xe`
    Xe(Xe),
    /// `nouveau`
    Nouveau(Nouveau),
    /// `nvidia-drm`
    NvidiaDrm(NvidiaDrm),
    /// `mtgpu`
    Mtgpu(Mtgpu),
    /// `virtio_gpu`
    VirtioGpu(VirtioGpu),
}

impl MemberNode {
    /// Asks the member's driver for all that it tells of its GPU.
    ///
    /// It takes a handful of ioctls and changes nothing. It may wake up a GPU that
    /// sleeps. The clocks of i915 and xe are in sysfs alone, and are read from there.
    pub fn details(&self) -> MemberDetails {
        let file = self.as_fd();
        let mut details = ask(self.driver(), &file);
        if matches!(details.vendor, Vendor::I915(_) | Vendor::Xe(_)) {
            details.shader_clock = self
                .sysfs_path()
                .and_then(|device| frequency::shader_clock(&device));
        }
        details.driver = self.get_driver().ok().map(|driver| DriverVersion {
            name: driver.name.to_string_lossy().into_owned(),
            version: driver.version,
            description: driver.desc.to_string_lossy().into_owned(),
        });
        details
    }
}

/// Asks what the driver of that name answers.
fn ask(name: &str, file: &dyn Ioctl) -> MemberDetails {
    let mut driver = Driver::new(file);
    let mut details = match name {
        "amdgpu" => amdgpu::ask(&mut driver),
        "i915" => i915::ask(&mut driver),
        "xe" => xe::ask(&mut driver),
        "nouveau" => nouveau::ask(&mut driver),
        "nvidia-drm" => nvidia_drm::ask(&mut driver),
        "mtgpu" => mtgpu::ask(&mut driver),
        "virtio_gpu" => virtio_gpu::ask(&mut driver),
        _ => MemberDetails::default(),
    };
    details.unanswered = driver.into_unanswered();
    details
}

/// Adds engines, or counts one more of a class that is there.
fn add_engine(engines: &mut Vec<Engine>, class: EngineClass) {
    match engines.iter_mut().find(|engine| engine.class == class) {
        Some(engine) => engine.count = engine.count.saturating_add(1),
        None => engines.push(Engine {
            class,
            count: 1,
            queues: None,
        }),
    }
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    use super::query::argument_size;
    use super::{mtgpu, nvidia_drm};

    /// A header of the kernel module for a driver that is out of tree.
    fn header(name: &str) -> String {
        let dir = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../rust/vendor_uapi");
        let text = std::fs::read_to_string(dir.join(name)).expect("the checkout has it");
        text.split_whitespace().collect::<Vec<_>>().join(" ")
    }

    fn has(header: &str, fact: &str) {
        assert!(header.contains(fact), "no {fact:?} in the header");
    }

    #[test]
    fn mtgpu_is_what_the_module_takes_it_for() {
        let header = header("mtgpu_drm.h");
        let number = mtgpu::QUERY_INFO & 0xff;
        has(
            &header,
            &format!("DRM_MTGPU_QUERY_INFO {:#04x} ", number - 0x40),
        );
        let size = argument_size(mtgpu::QUERY_INFO);
        has(
            &header,
            &format!("MTGPU_SIZE(drm_mtgpu_query_info, {size});"),
        );
        has(
            &header,
            &format!("MTGPU_INFO_TYPE_MEMORY {} ", mtgpu::MEMORY),
        );
        has(&header, &format!("MTGPU_INFO_TYPE_DEV {} ", mtgpu::DEV));
        has(
            &header,
            &format!("MTGPU_SIZE(mtgpu_mem_info, {});", 4 * mtgpu::MEMORY_WORDS),
        );
        has(&header, "MTGPU_AT(mtgpu_mem_info, vram.total_size, 16);");
        has(
            &header,
            &format!("MTGPU_SIZE(mtgpu_dev_info, {});", 4 * mtgpu::DEV_WORDS),
        );
        has(&header, "MTGPU_AT(mtgpu_dev_info, num_cores, 20);");
    }

    #[test]
    fn nvidia_drm_is_what_the_module_takes_it_for() {
        let header = header("nvidia_drm.h");
        let number = nvidia_drm::GET_DEV_INFO & 0xff;
        has(
            &header,
            &format!("DRM_NVIDIA_GET_DEV_INFO {:#04x} ", number - 0x40),
        );
        let size = argument_size(nvidia_drm::GET_DEV_INFO);
        has(&header, &format!("NVIDIA_SIZE(get_dev_info, {size});"));
        has(&header, "NVIDIA_AT(get_dev_info, supports_alloc, 12);");
        has(&header, "NVIDIA_AT(get_dev_info, supports_semsurf, 32);");
    }
}

// SPDX-License-Identifier: MIT OR Apache-2.0

//! Submissions by the drivers of GPU vendors, which are stand-ins here: the way to the command
//! processor is the driver's own, what it executes is a small language of theirs
//! (`tests/fake_vendors/cp.h`).

mod amdgpu;
mod gpu;
mod i915;
mod nouveau;
mod xe;

use crate::drm::Node;
use crate::job::Job;
use crate::raw::Result;
use crate::sys::*;
use crate::virgl::in_buffer;
use crate::virgl::in_syncobj;
use std::any::Any;

pub use amdgpu::Amdgpu;
pub use gpu::Gpu;
pub use i915::EXECBUFFER2;
pub use i915::Exec as I915Exec;
pub use i915::I915;
pub use nouveau::Nouveau;
pub use nouveau::channel as nouveau_channel;
pub use xe::Xe;

/// Where the buffer that is filled is for the GPU, and where what fills it.
pub const TARGET: u64 = 0x1_0000_0000;
pub const CODE: u64 = 0x2_0000_0000;
/// Bytes of the code, with what amdgpu pads it with.
pub const CODE_BYTES: usize = 128;

/// A job with all that its argument points at.
pub struct Submission {
    pub job: Job,
    _keep: Vec<Box<dyn Any>>,
}

/// A file of a member, and objects of it that it is to work with. The last has the code.
pub struct Work<'a> {
    pub node: &'a Node,
    pub member: u32,
    pub context: u32,
    pub objects: &'a [u32],
}

/// A vendor's way to its GPU.
pub trait Vendor {
    /// Does what has to be done before anything is allocated on a file.
    fn opened(&self, _node: &Node) {}

    /// Where it puts fences, one by one.
    fn fences(&self, node: &Node) -> Vec<Fence> {
        vec![Fence::Syncobj(node.syncobj()), Fence::Target]
    }

    /// Makes a context with a priority.
    fn context(&self, node: &Node, priority: i32) -> Result<u32>;

    /// Makes the GPU see the beginning of an object of the file at an address.
    fn bind(&self, node: &Node, handle: u32, address: u64, size: u64);

    /// Describes a submission of the code.
    fn submission(&self, work: &Work<'_>, fence: Fence) -> Submission;
}

/// Where the fence of a submission is to be found.
#[derive(Clone, Copy)]
pub enum Fence {
    Syncobj(u32),
    /// The first of the objects.
    Target,
}

impl Fence {
    fn of(self, work: &Work<'_>) -> drm_mvgal_native {
        match self {
            Fence::Syncobj(handle) => in_syncobj((handle, 0)),
            Fence::Target => in_buffer(work.objects[0]),
        }
    }
}

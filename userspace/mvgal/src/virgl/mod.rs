// SPDX-License-Identifier: MIT OR Apache-2.0

//! Rendering on virtio GPUs: virgl, the Gallium protocol of virglrenderer.
//!
//! What a client of a virtio member needs to render by itself, through the
//! member's own driver or as NATIVE jobs of mvgal: a [`Context`] on a file of the
//! member, [`Resource`]s in it, [`Commands`] that are encoded into streams, and
//! [`Submission`]s of these. The numbers are those of `virtgpu_drm.h` and of
//! virglrenderer's `virgl_protocol.h` and `virgl_hw.h`.
//!
//! ```no_run
//! use mvgal::virgl::{Bind, Clear, Context, Direction, Format, ResourceInfo, Transfer};
//! use mvgal::{Deadline, Device};
//!
//! # fn main() -> Result<(), Box<dyn std::error::Error>> {
//! let device = Device::open()?;
//! let member = device
//!     .members()?
//!     .into_iter()
//!     .find(|member| member.driver == "virtio_gpu")
//!     .ok_or("no virtio GPU")?;
//! let gpu = Context::new(member.open()?)?;
//! device.attach(member.id, &gpu)?;
//!
//! let format = Format::B8G8R8A8Unorm;
//! let image = gpu.create(&ResourceInfo::image(64, 64, format, Bind::RENDER_TARGET))?;
//! let pipeline = gpu.sub_context()?;
//! let mut commands = pipeline.commands();
//! let surface = commands.create_surface(&image, format, 0, (0, 0));
//! commands.set_framebuffer(&[surface], None)?;
//! commands.clear(&Clear {
//!     color: Some([1.0, 0.5, 0.0, 1.0]),
//!     ..Default::default()
//! });
//!
//! // As a job, behind and before whatever else mvgal is given to do.
//! let timeline = device.timeline()?;
//! let clear = gpu.submission(commands)?;
//! let download = image.transfer_command(&Transfer::whole(&image), Direction::FromHost);
//! device
//!     .batch()
//!     .job(clear.job(member.id, timeline.point(1)))
//!     .job(
//!         download
//!             .job(member.id)
//!             .wait_for(timeline.point(1))
//!             .signal(timeline.point(2)),
//!     )
//!     .submit()?;
//! timeline.wait(2, Deadline::NEVER)?;
//! let pixels = image.map()?.to_vec();
//! # Ok(())
//! # }
//! ```
//!
//! # What the host does not say
//!
//! The driver hands commands on without a look, and its fences carry no errors.
//! The [`Commands`] of this module are well-formed, but the host can refuse them
//! all the same: a shader that does not compile, an [`Object`] of another
//! sub-context. It then runs no more commands of the context.
//! [`Context::check`] finds out, and a new context goes on.

mod capset;
mod commands;
mod context;
mod error;
mod features;
mod fence;
mod file;
mod format;
mod ioctls;
mod object;
mod resource;
mod state;
mod stream;
mod submission;
mod transfer;

#[cfg(test)]
mod tests;

use crate::vendor::sys;

pub use capset::{Caps, CapsV2, CapsetId, Formats};
pub use commands::{Commands, Direction, Layout};
pub use context::{Context, SubContext};
pub use error::{Call, Error, Result};
pub use features::Features;
pub use fence::Fence;
pub use format::{Bind, Box3d, Format, Target};
pub use object::{Kind, Object};
pub use resource::{BlobInfo, BlobMemory, Resource, ResourceInfo};
pub use state::{
    Blend, Blending, Clear, Compare, Cull, DepthStencil, DepthTest, Draw, Equation, Factor, Filter,
    Primitive, Rasterizer, Sampler, SamplerView, Shader, Stage, State, Surface, VertexElement,
    VertexLayout, Viewport, Wrap,
};
pub use submission::Submission;
pub use transfer::{Transfer, TransferCommand};

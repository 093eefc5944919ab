// SPDX-License-Identifier: MIT OR Apache-2.0

//! Transfers between a resource of the host and the pages behind it.

use super::commands::{Direction, Layout};
use super::error::{Call, Error, Result};
use super::format::Box3d;
use super::resource::{Resource, ResourceInfo};
use super::{ioctls, sys};
use crate::job::Job;
use crate::member::MemberId;
use crate::native::{NativeCommand, NativeFence};

/// A transfer: which box of which level, and where in the pages it is.
///
/// The driver takes strides for blobs alone. For others, rows and layers are those
/// of the level without gaps, and a box that is smaller leaves the bytes between
/// its rows as they are. [`Commands::transfer`](super::Commands::transfer) takes
/// any.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Transfer {
    /// What is moved.
    pub region: Box3d,
    /// Mipmap level.
    pub level: u32,
    /// Where its bytes are in the pages.
    pub layout: Layout,
}

impl Transfer {
    /// A box of the first level, in the pages where the resource has it.
    pub fn of(resource: &Resource, region: Box3d) -> Self {
        Self::of_level(resource, 0, region)
    }

    /// A box of a level, in the pages where the resource has it if all levels
    /// follow each other.
    pub fn of_level(resource: &Resource, level: u32, region: Box3d) -> Self {
        let info = resource.info();
        let row = info.row_bytes(level);
        let images = u64::from(info.layers.max(info.depth >> level.min(31)).max(1));
        let layer = info.level_bytes(level) / images;
        let offset = info.level_offset(level)
            + u64::from(region.z) * layer
            + u64::from(region.y) * row
            + u64::from(region.x) * u64::from(info.format.bytes());
        Transfer {
            region,
            level,
            layout: Layout {
                // Of what is not in the resource the driver and the host judge.
                offset: u32::try_from(offset).unwrap_or(u32::MAX),
                stride: 0,
                layer_stride: 0,
            },
        }
    }

    /// All of the first level.
    pub fn whole(resource: &Resource) -> Self {
        let info = resource.info();
        let depth = info.layers.max(info.depth);
        Self::of(
            resource,
            Box3d::rect(0, 0, info.width, info.height).layers(0, depth),
        )
    }

    /// The same, layer by layer: hosts read the first layer of a box alone, and
    /// write those of cubes not at all.
    pub fn by_layer(&self, info: &ResourceInfo) -> impl Iterator<Item = Transfer> + use<> {
        let rows = u64::from((info.height >> self.level.min(31)).max(1));
        let layer = match (self.layout.layer_stride, self.layout.stride) {
            (0, 0) => info.row_bytes(self.level) * rows,
            (0, stride) => u64::from(stride) * rows,
            (layer, _) => layer.into(),
        };
        let whole = *self;
        (0..self.region.depth).map(move |n| {
            let offset = u64::from(whole.layout.offset) + u64::from(n) * layer;
            Transfer {
                region: whole.region.layers(whole.region.z.saturating_add(n), 1),
                level: whole.level,
                layout: Layout {
                    // Of what is not in the resource the driver and the host judge.
                    offset: u32::try_from(offset).unwrap_or(u32::MAX),
                    ..whole.layout
                },
            }
        })
    }

    fn arg(&self, handle: u32) -> sys::drm_virtgpu_3d_transfer_to_host {
        let [x, y, z, w, h, d] = self.region.words();
        sys::drm_virtgpu_3d_transfer_to_host {
            bo_handle: handle,
            box_: sys::drm_virtgpu_3d_box { x, y, z, w, h, d },
            level: self.level,
            offset: self.layout.offset,
            stride: self.layout.stride,
            layer_stride: self.layout.layer_stride,
        }
    }
}

impl Resource {
    /// Starts a transfer, layer by layer; [`wait`](Self::wait) waits for it.
    ///
    /// Of a box that is not all inside, the host moves nothing, and says so only
    /// in the kernel's log.
    ///
    /// # Errors
    ///
    /// `EINVAL` for strides of what is no blob of the host, and for a blob of the
    /// guest.
    pub fn transfer(&self, transfer: &Transfer, direction: Direction) -> Result<()> {
        for layer in transfer.by_layer(self.info()) {
            self.transfer_layer(&layer, direction)?;
        }
        Ok(())
    }

    fn transfer_layer(&self, transfer: &Transfer, direction: Direction) -> Result<()> {
        let mut arg = transfer.arg(self.handle());
        let (call, result) = match direction {
            // SAFETY: The structure has no pointers.
            Direction::ToHost => (Call::TransferToHost, unsafe {
                self.file().call(ioctls::transfer_to_host, &mut arg)
            }),
            Direction::FromHost => {
                let mut arg = from_host(arg);
                // SAFETY: The structure has no pointers.
                (Call::TransferFromHost, unsafe {
                    self.file().call(ioctls::transfer_from_host, &mut arg)
                })
            }
        };
        result.map_err(|errno| {
            let subject = format!("{:?} of resource {}", transfer.region, self.handle());
            Error::call(call, subject, errno)
        })
    }

    /// The same as a command for a NATIVE job of mvgal, of one layer: see
    /// [`Transfer::by_layer`].
    pub fn transfer_command(&self, transfer: &Transfer, direction: Direction) -> TransferCommand {
        let arg = transfer.arg(self.handle());
        let bx = arg.box_;
        let words = [
            arg.bo_handle,
            bx.x,
            bx.y,
            bx.z,
            bx.w,
            bx.h,
            bx.d,
            arg.level,
            arg.offset,
            arg.stride,
            arg.layer_stride,
        ];
        TransferCommand {
            nr: match direction {
                Direction::ToHost => sys::DRM_VIRTGPU_TRANSFER_TO_HOST,
                Direction::FromHost => sys::DRM_VIRTGPU_TRANSFER_FROM_HOST,
            },
            argument: words.into_iter().flat_map(u32::to_ne_bytes).collect(),
            resource: self.clone(),
        }
    }
}

fn from_host(
    to_host: sys::drm_virtgpu_3d_transfer_to_host,
) -> sys::drm_virtgpu_3d_transfer_from_host {
    sys::drm_virtgpu_3d_transfer_from_host {
        bo_handle: to_host.bo_handle,
        box_: to_host.box_,
        level: to_host.level,
        offset: to_host.offset,
        stride: to_host.stride,
        layer_stride: to_host.layer_stride,
    }
}

/// A transfer as a command for a NATIVE job. Its resource must live until the job
/// was dispatched, which this keeps it for.
#[derive(Debug)]
pub struct TransferCommand {
    nr: u32,
    argument: Vec<u8>,
    resource: Resource,
}

impl TransferCommand {
    /// A job of `member`, for which the file of the resource's context is attached.
    ///
    /// It ends when nothing uses the resource any more that was submitted up to
    /// then.
    pub fn job(&self, member: MemberId) -> Job<'_> {
        let fence = NativeFence::Buffer {
            handle: self.resource.handle(),
        };
        // SAFETY: The argument has no pointers.
        let command = unsafe { NativeCommand::new(self.nr, &self.argument, fence) };
        Job::native(member, command)
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use super::*;
    use crate::virgl::file::File;
    use crate::virgl::format::{Bind, Format};

    fn resource(info: ResourceInfo) -> Resource {
        Resource::for_test(&Arc::new(File::for_test()), 7, info)
    }

    #[test]
    fn offsets_follow_rows_layers_and_levels() {
        let info = ResourceInfo::image(8, 4, Format::R8G8B8A8Unorm, Bind::SAMPLER_VIEW);
        let array = resource(info.array(3).levels(1));
        let region = Box3d::rect(2, 1, 4, 2).layers(1, 2);
        let at = |level| Transfer::of_level(&array, level, region).layout.offset;
        assert_eq!(at(0), 128 + 32 + 8);
        // Behind 3 layers of 128 bytes: layers of 4x2 pixels.
        assert_eq!(at(1), 384 + 32 + 16 + 8);
        let volume = resource(info.volume(4).levels(1));
        assert_eq!(
            Transfer::of_level(&volume, 1, region).layout.offset,
            512 + 32 + 16 + 8
        );
        assert_eq!(Transfer::whole(&array).region.words(), [0, 0, 0, 8, 4, 3]);
    }

    #[test]
    fn layers_follow_the_strides() {
        let info = ResourceInfo::image(8, 4, Format::R8G8B8A8Unorm, Bind::SAMPLER_VIEW).array(3);
        let array = resource(info);
        let offsets = |stride, layer_stride| {
            let mut transfer = Transfer::of(&array, Box3d::rect(1, 0, 2, 2).layers(1, 2));
            transfer.layout.stride = stride;
            transfer.layout.layer_stride = layer_stride;
            let layers = transfer.by_layer(&info);
            layers
                .map(|layer| (layer.region.z, layer.region.depth, layer.layout.offset))
                .collect::<Vec<_>>()
        };
        assert_eq!(offsets(0, 0), [(1, 1, 132), (2, 1, 260)]);
        assert_eq!(offsets(40, 0), [(1, 1, 132), (2, 1, 292)]);
        assert_eq!(offsets(40, 100), [(1, 1, 132), (2, 1, 232)]);
    }

    #[test]
    fn commands_have_the_bytes_of_the_structure() {
        let buffer = resource(ResourceInfo::buffer(64, Bind::VERTEX_BUFFER));
        let transfer = Transfer {
            layout: Layout {
                offset: 9,
                stride: 10,
                layer_stride: 11,
            },
            level: 8,
            region: Box3d {
                x: 2,
                y: 3,
                z: 4,
                width: 5,
                height: 6,
                depth: 7,
            },
        };
        let command = buffer.transfer_command(&transfer, Direction::FromHost);
        assert_eq!(
            command.argument.len(),
            size_of::<sys::drm_virtgpu_3d_transfer_from_host>()
        );
        let words: Vec<u32> = command
            .argument
            .chunks_exact(4)
            .map(|word| u32::from_ne_bytes(word.try_into().unwrap()))
            .collect();
        assert_eq!(words, [107, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11]);
        assert_eq!(command.nr, 6);
    }
}

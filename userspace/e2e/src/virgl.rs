// SPDX-License-Identifier: MIT OR Apache-2.0

//! Pictures drawn by virgl: its command streams, as NATIVE jobs submit them.
//!
//! The numbers are those of virglrenderer's protocol, `virgl_protocol.h` and
//! `virgl_hw.h`, and of `virtgpu_drm.h`.

use crate::drm::Node;
use crate::drm::nr;
use crate::drm::uapi;
use crate::job::Job;
use crate::raw;
use crate::raw::Map;
use crate::sys::*;
use crate::vendor::VirtgpuExecbuffer;
use crate::vendor::VirtgpuSyncobj;
use nix::libc;
use std::os::fd::AsFd;

uapi! {
    /// `struct drm_virtgpu_resource_create`
    ResourceCreate {
        target: u32, format: u32, bind: u32, width: u32, height: u32, depth: u32,
        array_size: u32, last_level: u32, nr_samples: u32, flags: u32, bo_handle: u32,
        res_handle: u32, size: u32, stride: u32,
    }
    /// `struct drm_virtgpu_map`
    ResourceMap { offset: u64, handle: u32, pad: u32 }
    /// `struct drm_virtgpu_3d_transfer_to_host`, and `_from_host`
    Transfer {
        bo_handle: u32, x: u32, y: u32, z: u32, w: u32, h: u32, d: u32, level: u32, offset: u32,
        stride: u32, layer_stride: u32,
    }
}

/// `DRM_VIRTGPU_EXECBUFFER`
pub const EXECBUFFER: u32 = 2;
/// `DRM_VIRTGPU_TRANSFER_FROM_HOST`
pub const TRANSFER_FROM_HOST: u32 = 6;
/// `DRM_VIRTGPU_TRANSFER_TO_HOST`
pub const TRANSFER_TO_HOST: u32 = 7;

/// A resource of a virtio-gpu, mapped.
pub struct Resource {
    /// GEM handle.
    pub handle: u32,
    /// Number in command streams.
    pub id: u32,
    /// Width of an image in pixels, or of a buffer in bytes.
    pub width: u32,
    /// Height of an image in pixels.
    pub height: u32,
    /// The guest's pages.
    pub map: Map,
}

impl Resource {
    fn new(node: &Node, create: ResourceCreate) -> Self {
        let mut create = create;
        node.ioctl(nr::<ResourceCreate>(0x44), &mut create)
            .expect("RESOURCE_CREATE");
        let mut arg = ResourceMap {
            handle: create.bo_handle,
            ..Default::default()
        };
        node.ioctl(nr::<ResourceMap>(0x41), &mut arg)
            .expect("VIRTGPU_MAP");
        let prot = libc::PROT_READ | libc::PROT_WRITE;
        Self {
            handle: create.bo_handle,
            id: create.res_handle,
            width: create.width,
            height: create.height,
            map: Map::new(node.as_fd(), arg.offset, create.size as usize, prot).expect("mmap"),
        }
    }

    /// An image of 32-bit BGRA pixels.
    pub fn image(node: &Node, width: u32, height: u32) -> Self {
        Self::new(
            node,
            ResourceCreate {
                target: 2,
                format: 1,
                bind: 1 << 1,
                width,
                height,
                depth: 1,
                array_size: 1,
                size: width * height * 4,
                ..Default::default()
            },
        )
    }

    /// A vertex buffer. Takes virgl.
    pub fn vertices(node: &Node, bytes: u32) -> Self {
        Self::new(
            node,
            ResourceCreate {
                target: 0,
                format: 64,
                bind: 1 << 4,
                width: bytes,
                height: 1,
                depth: 1,
                array_size: 1,
                size: bytes,
                ..Default::default()
            },
        )
    }

    /// The pixels in the guest's pages.
    pub fn pixels(&self) -> Vec<u32> {
        let bytes = self.map.read();
        bytes
            .chunks_exact(4)
            .map(|pixel| u32::from_le_bytes(pixel.try_into().expect("four bytes")))
            .collect()
    }

    /// All of it, for a transfer.
    pub fn transfer(&self) -> Transfer {
        Transfer {
            bo_handle: self.handle,
            w: self.width,
            h: self.height,
            d: 1,
            ..Default::default()
        }
    }
}

/// A command stream.
#[derive(Default)]
pub struct Commands {
    words: Vec<u32>,
}

const OBJECT_BLEND: u32 = 1;
const OBJECT_RASTERIZER: u32 = 2;
const OBJECT_DSA: u32 = 3;
const OBJECT_SHADER: u32 = 4;
const OBJECT_VERTEX_ELEMENTS: u32 = 5;
const OBJECT_SURFACE: u32 = 8;
const R32G32B32A32_FLOAT: u32 = 31;

const VERTEX_SHADER: &str = "VERT\n\
    DCL IN[0]\n\
    DCL IN[1]\n\
    DCL OUT[0], POSITION\n\
    DCL OUT[1], COLOR\n\
    0: MOV OUT[0], IN[0]\n\
    1: MOV OUT[1], IN[1]\n\
    2: END\n";
const FRAGMENT_SHADER: &str = "FRAG\n\
    DCL IN[0], COLOR, LINEAR\n\
    DCL OUT[0], COLOR\n\
    0: MOV OUT[0], IN[0]\n\
    1: END\n";

impl Commands {
    fn put(&mut self, command: u32, object: u32, words: &[u32]) {
        self.words
            .push(command | object << 8 | (words.len() as u32) << 16);
        self.words.extend_from_slice(words);
    }

    fn create(&mut self, object: u32, words: &[u32]) {
        self.put(1, object, words);
    }

    fn bind(&mut self, object: u32, name: u32) {
        self.put(2, object, &[name]);
    }

    /// Renders to an image from here on. `name` is that of the surface in the
    /// rendering context, and not used before.
    pub fn target(mut self, image: &Resource, name: u32) -> Self {
        self.create(OBJECT_SURFACE, &[name, image.id, 1, 0, 0]);
        self.put(5, 0, &[1, 0, name]);
        self
    }

    /// Clears to a colour: red, green, blue, alpha.
    pub fn clear(mut self, color: [f32; 4]) -> Self {
        let [r, g, b, a] = color.map(f32::to_bits);
        self.put(7, 0, &[1 << 2, r, g, b, a, 0, 0, 0]);
        self
    }

    /// A destroyed surface name can be used again.
    pub fn forget(mut self, name: u32) -> Self {
        self.put(3, OBJECT_SURFACE, &[name]);
        self
    }

    fn shader(&mut self, name: u32, kind: u32, text: &str) {
        let mut bytes = text.as_bytes().to_vec();
        bytes.push(0);
        let len = bytes.len() as u32;
        bytes.resize(bytes.len().next_multiple_of(4), 0);
        let mut words = vec![name, kind, len, 300, 0];
        words.extend(
            bytes
                .chunks_exact(4)
                .map(|word| u32::from_le_bytes(word.try_into().expect("four bytes"))),
        );
        self.create(OBJECT_SHADER, &words);
        self.put(31, 0, &[name, kind]);
    }

    /// Draws triangles of a buffer of [`Vertex`] on an image of that size.
    /// `name` is the first of eight names not used before.
    pub fn triangles(
        mut self,
        vertices: &Resource,
        count: u32,
        image: &Resource,
        name: u32,
    ) -> Self {
        let mut blend = vec![name, 0, 0];
        blend.extend([0xf << 27; 8]);
        self.create(OBJECT_BLEND, &blend);
        self.bind(OBJECT_BLEND, name);
        self.create(OBJECT_DSA, &[name + 1, 0, 0, 0, 0]);
        self.bind(OBJECT_DSA, name + 1);
        let one = 1f32.to_bits();
        // Depth clipping, and pixel centres at the half.
        self.create(
            OBJECT_RASTERIZER,
            &[name + 2, 1 << 1 | 1 << 29, one, 0, 0, one, 0, 0, 0],
        );
        self.bind(OBJECT_RASTERIZER, name + 2);
        self.create(
            OBJECT_VERTEX_ELEMENTS,
            &[
                name + 3,
                0,
                0,
                0,
                R32G32B32A32_FLOAT,
                16,
                0,
                0,
                R32G32B32A32_FLOAT,
            ],
        );
        self.bind(OBJECT_VERTEX_ELEMENTS, name + 3);
        self.shader(name + 4, 0, VERTEX_SHADER);
        self.shader(name + 5, 1, FRAGMENT_SHADER);
        self.put(6, 0, &[size_of::<Vertex>() as u32, 0, vertices.id]);
        let (x, y) = (image.width as f32 / 2.0, image.height as f32 / 2.0);
        let viewport = [x, y, 0.5, x, y, 0.5].map(f32::to_bits);
        let mut words = vec![0];
        words.extend(viewport);
        self.put(4, 0, &words);
        self.put(8, 0, &[0, count, 4, 0, 1, 0, 0, 0, 0, 0, count - 1, 0]);
        self
    }

    /// The words.
    pub fn words(&self) -> &[u32] {
        &self.words
    }
}

/// A vertex of the triangles: clip coordinates, and red, green, blue, alpha.
#[derive(Clone, Copy)]
#[repr(C)]
pub struct Vertex {
    /// Where it is.
    pub position: [f32; 4],
    /// What colour it has.
    pub color: [f32; 4],
}

/// A command stream ready to submit; what the argument points at is beside it,
/// and must stay until the job was dispatched.
pub struct Exec {
    _commands: Commands,
    _handles: Vec<u32>,
    _outs: Vec<VirtgpuSyncobj>,
    /// The argument.
    pub arg: VirtgpuExecbuffer,
}

impl Exec {
    /// Runs `commands`, which use the objects of `handles`, and signals a point
    /// of the member's file, if one is given.
    pub fn new(commands: Commands, handles: &[u32], out: Option<(u32, u64)>) -> Self {
        let handles = handles.to_vec();
        let outs: Vec<_> = out
            .map(|(handle, point)| VirtgpuSyncobj {
                handle,
                flags: 0,
                point,
            })
            .into_iter()
            .collect();
        let arg = VirtgpuExecbuffer {
            size: size_of_val(commands.words()) as u32,
            command: raw::address(commands.words()),
            bo_handles: raw::address(&handles[..]),
            num_bo_handles: handles.len() as u32,
            fence_fd: -1,
            syncobj_stride: size_of::<VirtgpuSyncobj>() as u32,
            num_out_syncobjs: outs.len() as u32,
            out_syncobjs: raw::address(&outs[..]),
            ..Default::default()
        };
        Self {
            _commands: commands,
            _handles: handles,
            _outs: outs,
            arg,
        }
    }
}

/// Where a NATIVE job's fence is: in a point of the member's file.
pub fn in_syncobj(point: (u32, u64)) -> drm_mvgal_native {
    drm_mvgal_native {
        fence: DRM_MVGAL_NATIVE_FENCE_SYNCOBJ,
        handle: point.0,
        point: point.1,
        ..Default::default()
    }
}

/// Where a NATIVE job's fence is: on an object of the member's file.
pub fn in_buffer(handle: u32) -> drm_mvgal_native {
    drm_mvgal_native {
        fence: DRM_MVGAL_NATIVE_FENCE_BUFFER,
        handle,
        ..Default::default()
    }
}

/// A NATIVE job for a member. `arg` must stay until it is submitted.
pub fn job<T>(member: u32, number: u32, arg: &T, fence: drm_mvgal_native) -> Job {
    Job::native_with(drm_mvgal_native {
        nr: number,
        args_size: size_of::<T>() as u32,
        args: raw::address(arg),
        ..fence
    })
    .on(member)
}

/// The pixel of a colour, as the image has it.
pub fn pixel(color: [f32; 4]) -> u32 {
    let [r, g, b, a] = color.map(|channel| (channel * 255.0).round() as u8);
    u32::from_le_bytes([b, g, r, a])
}

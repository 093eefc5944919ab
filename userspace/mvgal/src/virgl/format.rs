// SPDX-License-Identifier: MIT OR Apache-2.0

//! Formats, shapes and uses of resources: the numbers of the protocol.

use bitflags::bitflags;

/// How the bytes of a pixel, index or attribute are read.
///
/// Names list the channels in the order of memory, as virglrenderer's do
/// (`virgl_hw.h`).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
#[non_exhaustive]
#[repr(u32)]
pub enum Format {
    /// Four bytes: blue, green, red, alpha. ARGB8888 of `drm_fourcc.h`.
    B8G8R8A8Unorm = 1,
    /// Four bytes: blue, green, red, none. XRGB8888 of `drm_fourcc.h`.
    B8G8R8X8Unorm = 2,
    /// Two bytes of depth.
    Z16Unorm = 16,
    /// Depth as a 32-bit float.
    Z32Float = 18,
    /// 24 bits of depth, 8 of stencil.
    Z24UnormS8Uint = 19,
    /// 24 bits of depth, 8 unused.
    Z24X8Unorm = 21,
    /// One 32-bit float.
    R32Float = 28,
    /// Two 32-bit floats.
    R32G32Float = 29,
    /// Three 32-bit floats.
    R32G32B32Float = 30,
    /// Four 32-bit floats.
    R32G32B32A32Float = 31,
    /// One byte; also that of plain buffers.
    R8Unorm = 64,
    /// Two bytes: red, green.
    R8G8Unorm = 65,
    /// Four bytes: red, green, blue, alpha. ABGR8888 of `drm_fourcc.h`.
    R8G8B8A8Unorm = 67,
    /// Four bytes: red, green, blue, none. XBGR8888 of `drm_fourcc.h`.
    R8G8B8X8Unorm = 134,
}

impl Format {
    /// The number in the protocol.
    pub const fn number(self) -> u32 {
        self as u32
    }

    /// Bytes of one element.
    pub const fn bytes(self) -> u32 {
        match self {
            Format::R8Unorm => 1,
            Format::Z16Unorm | Format::R8G8Unorm => 2,
            Format::B8G8R8A8Unorm
            | Format::B8G8R8X8Unorm
            | Format::Z32Float
            | Format::Z24UnormS8Uint
            | Format::Z24X8Unorm
            | Format::R32Float
            | Format::R8G8B8A8Unorm
            | Format::R8G8B8X8Unorm => 4,
            Format::R32G32Float => 8,
            Format::R32G32B32Float => 12,
            Format::R32G32B32A32Float => 16,
        }
    }

    /// Whether it is a format of depth buffers.
    pub const fn is_depth(self) -> bool {
        matches!(
            self,
            Format::Z16Unorm | Format::Z32Float | Format::Z24UnormS8Uint | Format::Z24X8Unorm
        )
    }
}

/// The shape of a resource, in Gallium's numbers.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
#[repr(u32)]
pub enum Target {
    /// Bytes.
    Buffer = 0,
    /// A row of pixels.
    Texture1d = 1,
    /// An image.
    Texture2d = 2,
    /// A stack of images that is filtered in depth.
    Texture3d = 3,
    /// Six images: the faces of a cube.
    Cube = 4,
    /// An image that is addressed by pixels.
    Rect = 5,
    /// An array of rows.
    Texture1dArray = 6,
    /// An array of images.
    Texture2dArray = 7,
}

bitflags! {
    /// What a resource may be used for (`VIRGL_BIND_*`).
    #[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
    pub struct Bind: u32 {
        /// Depth and stencil of a framebuffer.
        const DEPTH_STENCIL = 1 << 0;
        /// Colours of a framebuffer.
        const RENDER_TARGET = 1 << 1;
        /// Read by shaders.
        const SAMPLER_VIEW = 1 << 3;
        /// Vertices.
        const VERTEX_BUFFER = 1 << 4;
        /// Indices of vertices.
        const INDEX_BUFFER = 1 << 5;
        /// Constants of shaders.
        const CONSTANT_BUFFER = 1 << 6;
        /// Of the guest's memory alone, only read by the host.
        const STAGING = 1 << 19;
        // Others of the protocol are passed on.
        const _ = !0;
    }
}

/// A part of a resource: where it starts and how large it is, in pixels, and in
/// bytes where the resource is a buffer.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
pub struct Box3d {
    /// First column or byte.
    pub x: u32,
    /// First row.
    pub y: u32,
    /// First layer, or the first image of a 3-D texture.
    pub z: u32,
    /// Columns or bytes.
    pub width: u32,
    /// Rows.
    pub height: u32,
    /// Layers.
    pub depth: u32,
}

impl Box3d {
    /// Bytes of a buffer.
    pub const fn bytes(offset: u32, length: u32) -> Self {
        Box3d {
            x: offset,
            y: 0,
            z: 0,
            width: length,
            height: 1,
            depth: 1,
        }
    }

    /// A rectangle of the first layer.
    pub const fn rect(x: u32, y: u32, width: u32, height: u32) -> Self {
        Box3d {
            x,
            y,
            z: 0,
            width,
            height,
            depth: 1,
        }
    }

    /// The same rectangle of `depth` layers from `z` on.
    pub const fn layers(mut self, z: u32, depth: u32) -> Self {
        self.z = z;
        self.depth = depth;
        self
    }

    pub(super) const fn words(self) -> [u32; 6] {
        [self.x, self.y, self.z, self.width, self.height, self.depth]
    }
}

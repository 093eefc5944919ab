// SPDX-License-Identifier: MIT OR Apache-2.0

//! What the host's renderer can do: its capability sets.

use std::fmt;

use nix::errno::Errno;

use super::error::{Call, Error, Result};
use super::file::File;
use super::format::Format;
use super::{ioctls, sys};

/// Names a capability set: a protocol of the host.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct CapsetId(u32);

impl CapsetId {
    /// virgl, capabilities of a fixed size.
    pub const VIRGL: CapsetId = CapsetId(sys::VIRTGPU_DRM_CAPSET_VIRGL);
    /// virgl, capabilities that grow.
    pub const VIRGL2: CapsetId = CapsetId(sys::VIRTGPU_DRM_CAPSET_VIRGL2);
    /// Vulkan by gfxstream.
    pub const GFXSTREAM: CapsetId = CapsetId(sys::VIRTGPU_DRM_CAPSET_GFXSTREAM_VULKAN);
    /// Vulkan by venus.
    pub const VENUS: CapsetId = CapsetId(sys::VIRTGPU_DRM_CAPSET_VENUS);
    /// Shared memory with other devices.
    pub const CROSS_DOMAIN: CapsetId = CapsetId(sys::VIRTGPU_DRM_CAPSET_CROSS_DOMAIN);
    /// The host's own DRM driver.
    pub const DRM: CapsetId = CapsetId(sys::VIRTGPU_DRM_CAPSET_DRM);

    /// All that have a name.
    pub const NAMED: [CapsetId; 6] = [
        Self::VIRGL,
        Self::VIRGL2,
        Self::GFXSTREAM,
        Self::VENUS,
        Self::CROSS_DOMAIN,
        Self::DRM,
    ];

    /// The set of a number.
    pub const fn new(id: u32) -> Self {
        CapsetId(id)
    }

    /// The number.
    pub const fn get(self) -> u32 {
        self.0
    }
}

impl fmt::Display for CapsetId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let name = match *self {
            Self::VIRGL => "virgl",
            Self::VIRGL2 => "virgl2",
            Self::GFXSTREAM => "gfxstream",
            Self::VENUS => "venus",
            Self::CROSS_DOMAIN => "cross-domain",
            Self::DRM => "drm",
            CapsetId(id) => return f.pad(&id.to_string()),
        };
        f.pad(name)
    }
}

/// Bytes of the capabilities of virgl that are the same in both sets.
const V1_WORDS: usize = 77;
/// Most bytes that are asked for: more than there are in any version so far.
const MOST_WORDS: usize = 512;

/// Places of fields in words (`struct virgl_caps_v1` and `_v2` of `virgl_hw.h`).
mod word {
    pub const MAX_VERSION: usize = 0;
    pub const SAMPLER: usize = 1;
    pub const RENDER: usize = 17;
    pub const DEPTH_STENCIL: usize = 33;
    pub const VERTEX_BUFFER: usize = 49;
    pub const FLAGS: usize = 65;
    pub const GLSL_LEVEL: usize = 66;
    pub const MAX_ARRAY_LAYERS: usize = 67;
    pub const MAX_RENDER_TARGETS: usize = 70;
    pub const MAX_SAMPLES: usize = 71;
    pub const PRIMITIVES: usize = 72;
    pub const MAX_UNIFORM_BLOCKS: usize = 74;
    pub const MAX_VIEWPORTS: usize = 75;
    // From here on in the second set alone.
    pub const MAX_POINT_SIZE: usize = 78;
    pub const MAX_LINE_WIDTH: usize = 82;
    pub const MAX_VERTEX_OUTPUTS: usize = 88;
    pub const MAX_VERTEX_ATTRIBUTES: usize = 89;
    pub const BITS: usize = 98;
    pub const MAX_TEXTURE_2D: usize = 121;
    pub const MAX_TEXTURE_3D: usize = 122;
    pub const MAX_TEXTURE_CUBE: usize = 123;
    pub const CHECK_VERSION: usize = 139;
    pub const READBACK: usize = 140;
    pub const BITS_V2: usize = 172;
    pub const MAX_VIDEO_MEMORY: usize = 173;
    pub const RENDERER: usize = 174;
    pub const RENDERER_WORDS: usize = 16;
    pub const MAX_ANISOTROPY: usize = 190;
}

/// Which formats can be used for something.
#[derive(Clone, Copy, PartialEq, Eq, Default)]
pub struct Formats([u32; 16]);

impl Formats {
    /// Whether a format is among them.
    pub fn contains(&self, format: Format) -> bool {
        let number = format.number() as usize;
        self.0
            .get(number / 32)
            .is_some_and(|word| word & 1 << (number % 32) != 0)
    }

    /// How many there are, those without a name here included.
    pub fn len(&self) -> u32 {
        self.0.iter().map(|word| word.count_ones()).sum()
    }

    /// Whether there is none.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }
}

impl fmt::Debug for Formats {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let numbers = (0..512).filter(|n| self.0[n / 32] & 1 << (n % 32) != 0);
        f.debug_set().entries(numbers).finish()
    }
}

/// What the host's renderer can do: those fields of the virgl capability sets
/// that tell a client what it may submit.
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub struct Caps {
    /// The set it comes from.
    pub id: CapsetId,
    /// Version of the set that the host speaks.
    pub max_version: u32,
    /// Formats that shaders can read.
    pub sampler: Formats,
    /// Formats that can be rendered to.
    pub render: Formats,
    /// Formats of depth buffers. virglrenderer leaves it empty: see
    /// [`can_be_depth`](Self::can_be_depth).
    pub depth_stencil: Formats,
    /// Formats of vertex attributes that not every host has: floats are not listed.
    pub vertex: Formats,
    /// The features of the first set (`struct virgl_caps_bool_set1`), bit by bit.
    pub flags: u32,
    /// Version of GLSL that shaders become: 140 is 1.40.
    pub glsl_level: u32,
    /// Most layers of an array texture; 0 if there are no array textures.
    pub max_array_layers: u32,
    /// Most colour buffers of a framebuffer.
    pub max_render_targets: u32,
    /// Most samples of a pixel.
    pub max_samples: u32,
    /// Bit N is set if primitives of kind N can be drawn.
    pub primitives: u32,
    /// Most constant buffers of a shader.
    pub max_uniform_blocks: u32,
    /// Most viewports.
    pub max_viewports: u32,
    /// What only the second set tells.
    pub v2: Option<CapsV2>,
}

/// What only the second set of virgl tells. A host that is older than a field
/// has 0 there.
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub struct CapsV2 {
    /// Largest size of a point, in pixels.
    pub max_point_size: f32,
    /// Largest width of a line, in pixels.
    pub max_line_width: f32,
    /// Most outputs of a vertex shader.
    pub max_vertex_outputs: u32,
    /// Most vertex attributes.
    pub max_vertex_attributes: u32,
    /// Features, `VIRGL_CAP_*` bit by bit.
    pub bits: u32,
    /// More features, `VIRGL_CAP_V2_*` bit by bit.
    pub bits_v2: u32,
    /// Most pixels of an image in width and height.
    pub max_texture_2d: u32,
    /// Most pixels of a 3-D texture in each direction.
    pub max_texture_3d: u32,
    /// Most pixels of the face of a cube.
    pub max_texture_cube: u32,
    /// What the host's renderer is compatible with.
    pub check_version: u32,
    /// Formats that can be read back directly.
    pub readback: Formats,
    /// Memory of the host's GPU in MiB, 0 if unknown.
    pub max_video_memory: u32,
    /// What the host renders with.
    pub renderer: String,
    /// Largest anisotropy of a sampler.
    pub max_anisotropy: f32,
}

impl CapsV2 {
    /// Whether command streams can transfer by themselves (`VIRGL_CAP_TRANSFER`).
    pub fn transfers_in_streams(&self) -> bool {
        self.bits & 1 << 17 != 0
    }

    /// Whether textures can be cleared without a framebuffer.
    pub fn clears_textures(&self) -> bool {
        self.bits & 1 << 30 != 0
    }

    /// Whether the host renders by OpenGL ES.
    pub fn is_gles(&self) -> bool {
        self.bits & 1 << 19 != 0
    }
}

impl Caps {
    /// Whether there are depth buffers of a format: where the host does not say,
    /// those of the depth formats that shaders can read.
    pub fn can_be_depth(&self, format: Format) -> bool {
        let known = match self.depth_stencil.is_empty() {
            true => self.sampler,
            false => self.depth_stencil,
        };
        format.is_depth() && known.contains(format)
    }

    /// Decodes the bytes of one of the two sets of virgl; `None` if there are
    /// fewer than the first has, 308.
    pub fn decode(id: CapsetId, bytes: &[u8]) -> Option<Self> {
        let words: Vec<u32> = bytes
            .chunks_exact(4)
            .map(|word| u32::from_ne_bytes([word[0], word[1], word[2], word[3]]))
            .collect();
        if words.len() < V1_WORDS {
            return None;
        }
        // What is not there is 0, as in a set of an older host.
        let at = |index: usize| words.get(index).copied().unwrap_or(0);
        let formats = |index: usize| Formats(std::array::from_fn(|n| at(index + n)));
        let v2 = (id == CapsetId::VIRGL2).then(|| CapsV2 {
            max_point_size: f32::from_bits(at(word::MAX_POINT_SIZE)),
            max_line_width: f32::from_bits(at(word::MAX_LINE_WIDTH)),
            max_vertex_outputs: at(word::MAX_VERTEX_OUTPUTS),
            max_vertex_attributes: at(word::MAX_VERTEX_ATTRIBUTES),
            bits: at(word::BITS),
            bits_v2: at(word::BITS_V2),
            max_texture_2d: at(word::MAX_TEXTURE_2D),
            max_texture_3d: at(word::MAX_TEXTURE_3D),
            max_texture_cube: at(word::MAX_TEXTURE_CUBE),
            check_version: at(word::CHECK_VERSION),
            readback: formats(word::READBACK),
            max_video_memory: at(word::MAX_VIDEO_MEMORY),
            renderer: text((0..word::RENDERER_WORDS).map(|n| at(word::RENDERER + n))),
            max_anisotropy: f32::from_bits(at(word::MAX_ANISOTROPY)),
        });
        Some(Caps {
            id,
            max_version: at(word::MAX_VERSION),
            sampler: formats(word::SAMPLER),
            render: formats(word::RENDER),
            depth_stencil: formats(word::DEPTH_STENCIL),
            vertex: formats(word::VERTEX_BUFFER),
            flags: at(word::FLAGS),
            glsl_level: at(word::GLSL_LEVEL),
            max_array_layers: at(word::MAX_ARRAY_LAYERS),
            max_render_targets: at(word::MAX_RENDER_TARGETS),
            max_samples: at(word::MAX_SAMPLES),
            primitives: at(word::PRIMITIVES),
            max_uniform_blocks: at(word::MAX_UNIFORM_BLOCKS),
            max_viewports: at(word::MAX_VIEWPORTS),
            v2,
        })
    }
}

/// Text up to the first zero byte.
fn text(words: impl Iterator<Item = u32>) -> String {
    let bytes: Vec<u8> = words
        .flat_map(u32::to_ne_bytes)
        .take_while(|byte| *byte != 0)
        .collect();
    String::from_utf8_lossy(&bytes).into_owned()
}

/// The bytes of a set, at most `size`; what the host has not got of them is 0.
pub(super) fn data(file: &File, id: CapsetId, version: u32, size: usize) -> Result<Vec<u8>> {
    let size32 = u32::try_from(size)
        .ok()
        .filter(|size| (1..=1 << 20).contains(size))
        .ok_or(Error::Range {
            what: "size of a capability set",
            value: size as u64,
            allowed: "1 to 1048576 bytes".into(),
        })?;
    let mut bytes = vec![0; size];
    let mut arg = sys::drm_virtgpu_get_caps {
        cap_set_id: id.get(),
        cap_set_ver: version,
        addr: bytes.as_mut_ptr().expose_provenance() as u64,
        size: size32,
        pad: 0,
    };
    // SAFETY: The kernel writes at most `size` bytes to `addr`, which are there.
    match unsafe { file.call(ioctls::get_caps, &mut arg) } {
        Ok(()) => Ok(bytes),
        Err(Errno::EINVAL | Errno::ENOSYS) => Err(Error::NoCapset(id)),
        Err(errno) => Err(Error::call(
            Call::GetCaps,
            format!("capability set {id}"),
            errno,
        )),
    }
}

/// The better of the two sets of virgl.
pub(super) fn caps(file: &File) -> Result<Caps> {
    let second = if file.features.capset_query_fix {
        data(file, CapsetId::VIRGL2, 0, MOST_WORDS * 4)
    } else {
        // Without the fix the driver may give bytes of another set.
        Err(Error::NoCapset(CapsetId::VIRGL2))
    };
    let (id, bytes) = match second {
        Ok(bytes) => (CapsetId::VIRGL2, bytes),
        Err(Error::NoCapset(_)) => (
            CapsetId::VIRGL,
            data(file, CapsetId::VIRGL, 0, V1_WORDS * 4)?,
        ),
        Err(error) => return Err(error),
    };
    Caps::decode(id, &bytes).ok_or(Error::NoCapset(id))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn set(words: &[(usize, u32)]) -> Vec<u8> {
        let mut bytes = vec![0; 308 + 4 * 140];
        for (at, value) in words {
            bytes[at * 4..at * 4 + 4].copy_from_slice(&value.to_ne_bytes());
        }
        bytes
    }

    #[test]
    fn fields_are_where_the_protocol_has_them() {
        // Offsets in bytes, counted by the C compiler: max_version 0, sampler 4,
        // render 68, depthstencil 132, bset 260, glsl_level 264, max_samples 284,
        // capability_bits 392, max_texture_2d_size 484, renderer 696.
        let mut bytes = set(&[
            (0, 2),
            (1, 1 << 1),
            (17 + 2, 1 << 3),
            (33, 1 << 18),
            (264 / 4, 460),
            (284 / 4, 8),
            (392 / 4, 1 << 17),
            (484 / 4, 16384),
        ]);
        bytes[696..696 + 9].copy_from_slice(b"llvmpipe\0");
        let caps = Caps::decode(CapsetId::VIRGL2, &bytes).unwrap();
        assert_eq!(caps.max_version, 2);
        assert!(caps.sampler.contains(Format::B8G8R8A8Unorm));
        assert!(!caps.render.contains(Format::B8G8R8A8Unorm));
        assert!(caps.render.contains(Format::R8G8B8A8Unorm));
        assert!(caps.can_be_depth(Format::Z32Float));
        assert!(!caps.can_be_depth(Format::Z16Unorm));
        assert_eq!((caps.glsl_level, caps.max_samples), (460, 8));
        let v2 = caps.v2.unwrap();
        assert!(v2.transfers_in_streams() && !v2.is_gles());
        assert_eq!(v2.max_texture_2d, 16384);
        assert_eq!(v2.renderer, "llvmpipe");
    }

    #[test]
    fn short_sets_are_none_and_old_ones_have_zeros() {
        assert_eq!(Caps::decode(CapsetId::VIRGL, &[0; 307]), None);
        let caps = Caps::decode(CapsetId::VIRGL, &[0; 308]).unwrap();
        assert!(caps.v2.is_none() && caps.render.is_empty());
        let caps = Caps::decode(CapsetId::VIRGL2, &[0; 400]).unwrap();
        assert_eq!(caps.v2.unwrap().max_texture_2d, 0);
    }
}

// SPDX-License-Identifier: MIT OR Apache-2.0

//! State of the pipeline, as objects hold it.
//!
//! Each is a plain description with a usual default; the numbers are Gallium's.

use super::format::Format;
use super::object::Kind;

/// Most colour buffers of a framebuffer.
pub(super) const MAX_COLOR_BUFFERS: usize = 8;

/// A state that is an object by itself and is bound by itself.
pub trait State: Kind {
    /// Its words behind the name.
    #[doc(hidden)]
    fn words(&self) -> Vec<u32>;
}

/// How two values are compared, the new one with the old.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[repr(u32)]
#[expect(missing_docs, reason = "the names say it")]
pub enum Compare {
    Never = 0,
    Less = 1,
    Equal = 2,
    LessOrEqual = 3,
    Greater = 4,
    NotEqual = 5,
    GreaterOrEqual = 6,
    Always = 7,
}

/// What a colour is multiplied with before the two are combined.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[repr(u32)]
#[expect(missing_docs, reason = "the names say it")]
pub enum Factor {
    One = 1,
    SourceColor = 2,
    SourceAlpha = 3,
    TargetAlpha = 4,
    TargetColor = 5,
    Zero = 0x11,
    OneMinusSourceColor = 0x12,
    OneMinusSourceAlpha = 0x13,
    OneMinusTargetAlpha = 0x14,
    OneMinusTargetColor = 0x15,
}

/// How the new colour and that of the target become one.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[repr(u32)]
#[expect(missing_docs, reason = "the names say it")]
pub enum Equation {
    Add = 0,
    Subtract = 1,
    ReverseSubtract = 2,
    Min = 3,
    Max = 4,
}

/// Blending of one target: an equation and the factors of the new and the old
/// colour, for red, green and blue and for alpha.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Blending {
    /// Of red, green and blue.
    pub color: (Equation, Factor, Factor),
    /// Of alpha.
    pub alpha: (Equation, Factor, Factor),
}

impl Blending {
    /// The new colour over the old one, by its alpha.
    pub const OVER: Blending = Blending {
        color: (
            Equation::Add,
            Factor::SourceAlpha,
            Factor::OneMinusSourceAlpha,
        ),
        alpha: (Equation::Add, Factor::One, Factor::OneMinusSourceAlpha),
    };
}

/// How what is drawn gets into the colour buffers.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Blend {
    /// `None` replaces the old colour.
    pub blending: Option<Blending>,
    /// Channels that are written: bits 0 to 3 are red, green, blue, alpha.
    pub mask: u8,
}

impl Default for Blend {
    fn default() -> Self {
        Blend {
            blending: None,
            mask: 0xf,
        }
    }
}

impl Kind for Blend {
    const NUMBER: u32 = 1;
}

impl State for Blend {
    fn words(&self) -> Vec<u32> {
        let blending = self.blending.map_or(0, |blending| {
            let (color, color_new, color_old) = blending.color;
            let (alpha, alpha_new, alpha_old) = blending.alpha;
            1 | (color as u32) << 1
                | (color_new as u32) << 4
                | (color_old as u32) << 9
                | (alpha as u32) << 14
                | (alpha_new as u32) << 17
                | (alpha_old as u32) << 22
        });
        let mask = u32::from(self.mask & 0xf) << 27;
        let mut words = vec![0, 0];
        // Without independent blending the first counts for all.
        words.extend([blending | mask; MAX_COLOR_BUFFERS]);
        words
    }
}

/// Which side of triangles is not drawn.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
#[repr(u32)]
#[expect(missing_docs, reason = "the names say it")]
pub enum Cull {
    #[default]
    None = 0,
    Front = 1,
    Back = 2,
}

/// How primitives become pixels. Pixels have their centre at the half.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Rasterizer {
    /// Cut off what is nearer or farther than the clip volume.
    pub depth_clip: bool,
    /// Which triangles are not drawn.
    pub cull: Cull,
    /// Whether the front of a triangle is where its corners go anticlockwise.
    pub front_ccw: bool,
    /// Draw in the scissor rectangle alone.
    pub scissor: bool,
    /// Take the colour of one corner for all of a triangle.
    pub flat: bool,
}

impl Default for Rasterizer {
    fn default() -> Self {
        Rasterizer {
            depth_clip: true,
            cull: Cull::None,
            front_ccw: true,
            scissor: false,
            flat: false,
        }
    }
}

impl Kind for Rasterizer {
    const NUMBER: u32 = 2;
}

impl State for Rasterizer {
    fn words(&self) -> Vec<u32> {
        let half_pixel_center = 1 << 29;
        let bits = u32::from(self.flat)
            | u32::from(self.depth_clip) << 1
            | (self.cull as u32) << 8
            | u32::from(self.scissor) << 14
            | u32::from(self.front_ccw) << 15
            | half_pixel_center;
        let one = 1_f32.to_bits();
        // Size of points, sprites, stipple, width of lines, and three of offsets.
        vec![bits, one, 0, 0, one, 0, 0, 0]
    }
}

/// The depth test.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct DepthTest {
    /// What is drawn passes if its depth compares so with that of the buffer.
    pub compare: Compare,
    /// Whether what passes leaves its depth.
    pub write: bool,
}

/// Depth, stencil and alpha tests; of these, the depth test.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
pub struct DepthStencil {
    /// `None` lets everything pass and leaves the buffer alone.
    pub depth: Option<DepthTest>,
}

impl Kind for DepthStencil {
    const NUMBER: u32 = 3;
}

impl State for DepthStencil {
    fn words(&self) -> Vec<u32> {
        let depth = self.depth.map_or(0, |test| {
            1 | u32::from(test.write) << 1 | (test.compare as u32) << 2
        });
        // Two sides of stencil, and the reference of alpha.
        vec![depth, 0, 0, 0]
    }
}

/// An input of vertex shaders.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct VertexElement {
    /// Offset in the vertex, in bytes.
    pub offset: u32,
    /// Which of the vertex buffers.
    pub buffer: u32,
    /// What it is in memory.
    pub format: Format,
    /// 0: each vertex has its own; N: N instances share one.
    pub instance_divisor: u32,
}

/// The inputs of vertex shaders, in the order of the shader's `IN[]`.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Default)]
pub struct VertexLayout(pub Vec<VertexElement>);

impl VertexLayout {
    /// Inputs that follow each other in the first vertex buffer, and the bytes of
    /// a vertex.
    pub fn packed(formats: &[Format]) -> (Self, u32) {
        let mut offset = 0;
        let elements = formats
            .iter()
            .map(|format| {
                let element = VertexElement {
                    offset,
                    buffer: 0,
                    format: *format,
                    instance_divisor: 0,
                };
                offset += format.bytes();
                element
            })
            .collect();
        (VertexLayout(elements), offset)
    }
}

impl Kind for VertexLayout {
    const NUMBER: u32 = 5;
}

impl State for VertexLayout {
    fn words(&self) -> Vec<u32> {
        self.0
            .iter()
            .flat_map(|element| {
                [
                    element.offset,
                    element.instance_divisor,
                    element.buffer,
                    element.format.number(),
                ]
            })
            .collect()
    }
}

/// What coordinates outside of a texture give.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[repr(u32)]
#[expect(missing_docs, reason = "the names say it")]
pub enum Wrap {
    Repeat = 0,
    ClampToEdge = 2,
    ClampToBorder = 3,
    MirrorRepeat = 4,
}

/// How a texture is read between its pixels.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[repr(u32)]
#[expect(missing_docs, reason = "the names say it")]
pub enum Filter {
    Nearest = 0,
    Linear = 1,
}

/// How shaders read a texture. Of several levels, the first is used.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Sampler {
    /// In all directions.
    pub wrap: Wrap,
    /// Of textures drawn smaller and larger.
    pub filter: Filter,
}

impl Kind for Sampler {
    const NUMBER: u32 = 7;
}

impl Sampler {
    pub(super) fn words(self) -> Vec<u32> {
        const NO_MIP_FILTER: u32 = 2;
        let (wrap, filter) = (self.wrap as u32, self.filter as u32);
        let bits = wrap | wrap << 3 | wrap << 6 | filter << 9 | NO_MIP_FILTER << 11 | filter << 13;
        // Bias, first and last level, and the colour of the border.
        vec![bits, 0, 0, 0, 0, 0, 0, 0]
    }
}

/// A resource as a colour or depth buffer.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Surface;

impl Kind for Surface {
    const NUMBER: u32 = 8;
}

/// A resource as a texture.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct SamplerView;

impl Kind for SamplerView {
    const NUMBER: u32 = 6;
}

/// A shader.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Shader;

impl Kind for Shader {
    const NUMBER: u32 = 4;
}

/// A stage of the pipeline that runs a shader.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[repr(u32)]
pub enum Stage {
    /// Once a vertex.
    Vertex = 0,
    /// Once a pixel.
    Fragment = 1,
}

/// What vertices make up.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[repr(u32)]
#[expect(missing_docs, reason = "the names say it")]
pub enum Primitive {
    Points = 0,
    Lines = 1,
    LineLoop = 2,
    LineStrip = 3,
    Triangles = 4,
    TriangleStrip = 5,
    TriangleFan = 6,
}

/// From clip coordinates, each from -1 to 1, to pixels and depth: a factor and
/// what is added, for x, y and z.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Viewport {
    /// Factors.
    pub scale: [f32; 3],
    /// What is added.
    pub translate: [f32; 3],
}

impl Viewport {
    /// All of a framebuffer: (-1, -1) is the outer corner of its first pixel.
    /// Depth becomes 0 to 1.
    pub fn whole(width: u32, height: u32) -> Self {
        let half = [width as f32 / 2.0, height as f32 / 2.0, 0.5];
        Viewport {
            scale: half,
            translate: half,
        }
    }
}

/// What to clear, and to what.
#[derive(Debug, Clone, Copy, PartialEq, Default)]
pub struct Clear {
    /// All colour buffers: red, green, blue, alpha.
    pub color: Option<[f32; 4]>,
    /// The depth buffer: 0 to 1.
    pub depth: Option<f64>,
    /// The stencil buffer.
    pub stencil: Option<u8>,
}

impl Clear {
    pub(super) fn words(self) -> [u32; 8] {
        const DEPTH: u32 = 1 << 0;
        const STENCIL: u32 = 1 << 1;
        const COLORS: u32 = 0xff << 2;
        let mut buffers = 0;
        if self.color.is_some() {
            buffers |= COLORS;
        }
        if self.depth.is_some() {
            buffers |= DEPTH;
        }
        if self.stencil.is_some() {
            buffers |= STENCIL;
        }
        let [r, g, b, a] = self.color.unwrap_or_default().map(f32::to_bits);
        let depth = self.depth.unwrap_or_default().to_bits();
        let stencil = self.stencil.unwrap_or_default().into();
        [
            buffers,
            r,
            g,
            b,
            a,
            depth as u32,
            (depth >> 32) as u32,
            stencil,
        ]
    }
}

/// What a draw draws.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Draw {
    /// What the vertices make up.
    pub primitive: Primitive,
    /// First vertex. Of indices, the first is that at the offset of the index
    /// buffer: hosts ignore this.
    pub start: u32,
    /// How many vertices or indices.
    pub count: u32,
    /// Whether vertices are chosen by the index buffer.
    pub indexed: bool,
    /// What is added to each index.
    pub index_bias: i32,
    /// How often; 1 is once.
    pub instances: u32,
    /// Least and largest vertex that is used.
    pub vertices: (u32, u32),
}

impl Draw {
    /// Vertices in their order.
    pub const fn arrays(primitive: Primitive, start: u32, count: u32) -> Self {
        Draw {
            primitive,
            start,
            count,
            indexed: false,
            index_bias: 0,
            instances: 1,
            vertices: (start, start.saturating_add(count).saturating_sub(1)),
        }
    }

    /// Vertices by their indices, all of them below `vertices`, from the offset of
    /// the index buffer on.
    pub const fn elements(primitive: Primitive, count: u32, vertices: u32) -> Self {
        Draw {
            primitive,
            start: 0,
            count,
            indexed: true,
            index_bias: 0,
            instances: 1,
            vertices: (0, vertices.saturating_sub(1)),
        }
    }

    pub(super) const fn words(self) -> [u32; 12] {
        [
            self.start,
            self.count,
            self.primitive as u32,
            self.indexed as u32,
            self.instances,
            self.index_bias.cast_unsigned(),
            0,
            0,
            0,
            self.vertices.0,
            self.vertices.1,
            0,
        ]
    }
}

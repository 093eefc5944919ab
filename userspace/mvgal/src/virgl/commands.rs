// SPDX-License-Identifier: MIT OR Apache-2.0

//! The encoder of command streams.

use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};

use super::error::{Error, Result};
use super::format::{Box3d, Format};
use super::object::{Kind, Object};
use super::resource::{Resource, ResourceInfo};
use super::state::{
    Clear, Draw, Filter, MAX_COLOR_BUFFERS, Sampler, SamplerView, Shader, Stage, State, Surface,
    Viewport,
};
use super::transfer::Transfer;

/// Numbers of commands (`enum virgl_context_cmd` of `virgl_protocol.h`).
pub(super) mod command {
    pub const NOP: u32 = 0;
    pub const CREATE_OBJECT: u32 = 1;
    pub const BIND_OBJECT: u32 = 2;
    pub const DESTROY_OBJECT: u32 = 3;
    pub const SET_VIEWPORT: u32 = 4;
    pub const SET_FRAMEBUFFER: u32 = 5;
    pub const SET_VERTEX_BUFFERS: u32 = 6;
    pub const CLEAR: u32 = 7;
    pub const DRAW_VBO: u32 = 8;
    pub const INLINE_WRITE: u32 = 9;
    pub const SET_SAMPLER_VIEWS: u32 = 10;
    pub const SET_INDEX_BUFFER: u32 = 11;
    pub const SET_CONSTANTS: u32 = 12;
    pub const SET_SCISSOR: u32 = 15;
    pub const BLIT: u32 = 16;
    pub const COPY_REGION: u32 = 17;
    pub const BIND_SAMPLERS: u32 = 18;
    pub const SET_SUB_CONTEXT: u32 = 28;
    pub const CREATE_SUB_CONTEXT: u32 = 29;
    pub const DESTROY_SUB_CONTEXT: u32 = 30;
    pub const BIND_SHADER: u32 = 31;
    pub const TRANSFER: u32 = 43;
    pub const CREATE_RESOURCE: u32 = 48;
    /// The last that any version has.
    pub const LAST: u32 = 62;
}

/// Most words of a command behind its header.
const MAX_WORDS: usize = u16::MAX as usize;
/// Words of text in one part of a shader.
const SHADER_PART: usize = 16 << 10;
/// Set in the offset of all parts of a shader but the first.
const SHADER_CONTINUES: u32 = 1 << 31;

/// Which way a transfer goes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Direction {
    /// From the guest's pages to the host's resource.
    ToHost,
    /// From the host's resource to the guest's pages.
    FromHost,
}

/// Where the bytes of a box are in the guest's pages.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
pub struct Layout {
    /// Offset of the first byte of the box.
    pub offset: u32,
    /// Bytes from one row to the next; 0 is a row of the level without gaps.
    pub stride: u32,
    /// Bytes from one layer to the next; 0 is a layer of the level without gaps.
    pub layer_stride: u32,
}

/// A command stream under construction, for one sub-context.
///
/// It remembers the resources that its commands name, keeps them alive and hands
/// them to the driver with the commands. It cannot know what earlier streams have
/// bound: such resources are added to the
/// [`Submission`](super::Submission::uses).
///
/// Streams start where the earlier ones of the sub-context left off: what they
/// have bound stays bound.
#[derive(Debug)]
pub struct Commands {
    words: Vec<u32>,
    resources: Vec<Resource>,
    names: Arc<AtomicU32>,
}

impl Commands {
    pub(super) fn new(names: Arc<AtomicU32>) -> Self {
        Commands {
            words: Vec::new(),
            resources: Vec::new(),
            names,
        }
    }

    /// A stream for commands that neither need nor change the state of a pipeline.
    pub(crate) fn stateless() -> Self {
        Commands::new(Arc::new(AtomicU32::new(1)))
    }

    /// The words, header by header.
    pub fn words(&self) -> &[u32] {
        &self.words
    }

    /// The resources that the commands name, each once.
    pub fn resources(&self) -> &[Resource] {
        &self.resources
    }

    pub(super) fn into_parts(self) -> (Vec<u32>, Vec<Resource>) {
        (self.words, self.resources)
    }

    /// Puts a command of at most [`MAX_WORDS`] words.
    fn put(&mut self, command: u32, object: u32, words: &[u32]) {
        debug_assert!(words.len() <= MAX_WORDS);
        self.words
            .push(command | object << 8 | (words.len() as u32) << 16);
        self.words.extend_from_slice(words);
    }

    /// Remembers a resource and gives its number.
    fn resource(&mut self, resource: &Resource) -> u32 {
        if !self.resources.iter().any(|known| known.is(resource)) {
            self.resources.push(resource.clone());
        }
        resource.id()
    }

    fn name<K>(&self) -> Object<K> {
        Object::new(self.names.fetch_add(1, Ordering::Relaxed))
    }

    fn create_object<K: Kind>(&mut self, words: &[u32]) -> Object<K> {
        let object = self.name();
        let words = [&[object.name()], words].concat();
        self.put(command::CREATE_OBJECT, K::NUMBER, &words);
        object
    }

    pub(super) fn sub_context(&mut self, command: u32, id: u32) {
        self.put(command, 0, &[id]);
    }

    /// Makes an object of the host's that a blob resource can be made of, by its number
    /// `blob`. `mapped` has it in memory that the CPU can map as long as it is there.
    pub(super) fn create_resource(&mut self, info: &ResourceInfo, blob: u32, mapped: bool) {
        /// `VIRGL_RESOURCE_FLAG_MAP_PERSISTENT` and `_COHERENT` of `virgl_hw.h`.
        const MAPPED: u32 = 1 << 1 | 1 << 2;
        const ONE_SAMPLE: u32 = 0;
        let words = [
            info.target as u32,
            info.format.number(),
            info.bind.bits(),
            info.width,
            info.height,
            info.depth,
            info.layers,
            info.last_level,
            ONE_SAMPLE,
            if mapped { MAPPED } else { 0 },
            blob,
        ];
        self.put(command::CREATE_RESOURCE, 0, &words);
    }

    /// Appends words of the caller's own: commands that there is no function for.
    ///
    /// `resources` are those that they name.
    ///
    /// # Errors
    ///
    /// [`Error::Malformed`] if they are not a row of commands, each as long as its
    /// header says.
    pub fn raw(&mut self, words: &[u32], resources: &[&Resource]) -> Result<()> {
        super::stream::check(words)?;
        self.words.extend_from_slice(words);
        for resource in resources {
            self.resource(resource);
        }
        Ok(())
    }

    /// Does nothing.
    pub fn nop(&mut self) {
        self.put(command::NOP, 0, &[]);
    }

    /// Makes an object of a state.
    pub fn create<S: State>(&mut self, state: &S) -> Object<S> {
        self.create_object(&state.words())
    }

    /// Uses a state from here on.
    pub fn bind<S: State>(&mut self, object: Object<S>) {
        self.put(command::BIND_OBJECT, S::NUMBER, &[object.name()]);
    }

    /// Forgets an object. Its name is not used again.
    pub fn destroy<K: Kind>(&mut self, object: Object<K>) {
        self.put(command::DESTROY_OBJECT, K::NUMBER, &[object.name()]);
    }

    /// Makes a colour or depth buffer of a level of an image and its layers from
    /// the first to the last.
    pub fn create_surface(
        &mut self,
        resource: &Resource,
        format: Format,
        level: u32,
        layers: (u16, u16),
    ) -> Object<Surface> {
        let layers = u32::from(layers.0) | u32::from(layers.1) << 16;
        let id = self.resource(resource);
        self.create_object(&[id, format.number(), level, layers])
    }

    /// Makes a texture of a resource, its layers from the first to the last. It is
    /// read with the channels where the format has them.
    pub fn create_sampler_view(
        &mut self,
        resource: &Resource,
        format: Format,
        layers: (u16, u16),
    ) -> Object<SamplerView> {
        const RED_GREEN_BLUE_ALPHA: u32 = 1 << 3 | 2 << 6 | 3 << 9;
        let layers = u32::from(layers.0) | u32::from(layers.1) << 16;
        let last_level = resource.last_level();
        let id = self.resource(resource);
        self.create_object(&[
            id,
            format.number(),
            layers,
            last_level << 8,
            RED_GREEN_BLUE_ALPHA,
        ])
    }

    /// Makes a sampler.
    pub fn create_sampler(&mut self, sampler: Sampler) -> Object<Sampler> {
        self.create_object(&sampler.words())
    }

    /// Makes a shader of its text in TGSI, as Gallium writes it.
    ///
    /// The host compiles it: text that it does not understand loses the context.
    ///
    /// # Errors
    ///
    /// [`Error::Range`] if the text has a zero byte, or 2 GiB or more.
    pub fn create_shader(&mut self, stage: Stage, text: &str) -> Result<Object<Shader>> {
        if let Some(at) = text.find('\0') {
            return Err(Error::Range {
                what: "place of a zero byte in the text of a shader",
                value: at as u64,
                allowed: "none: the text ends there".into(),
            });
        }
        // The zero at the end counts.
        let length = u32::try_from(text.len() + 1)
            .ok()
            .filter(|length| *length < SHADER_CONTINUES)
            .ok_or(Error::Range {
                what: "length of a shader",
                value: text.len() as u64,
                allowed: "below 2 GiB".into(),
            })?;
        let mut bytes = text.as_bytes().to_vec();
        bytes.resize((length as usize).next_multiple_of(4), 0);
        let words = pack(&bytes);

        let shader = self.name::<Shader>();
        // The host makes room for so many tokens; none takes less than a letter.
        let tokens = length.max(300);
        for (part, text) in words.chunks(SHADER_PART).enumerate() {
            let offset = match part {
                0 => length,
                part => (part * SHADER_PART * 4) as u32 | SHADER_CONTINUES,
            };
            let head = [shader.name(), stage as u32, offset, tokens, 0];
            self.put(
                command::CREATE_OBJECT,
                Shader::NUMBER,
                &[&head, text].concat(),
            );
        }
        Ok(shader)
    }

    /// Uses a shader from here on; `None` uses none.
    pub fn bind_shader(&mut self, stage: Stage, shader: Option<Object<Shader>>) {
        let name = shader.map_or(0, Object::name);
        self.put(command::BIND_SHADER, 0, &[name, stage as u32]);
    }

    /// Renders to these from here on: at most eight colour buffers, and a depth
    /// buffer.
    ///
    /// # Errors
    ///
    /// [`Error::Range`] for more than eight.
    pub fn set_framebuffer(
        &mut self,
        colors: &[Object<Surface>],
        depth: Option<Object<Surface>>,
    ) -> Result<()> {
        if colors.len() > MAX_COLOR_BUFFERS {
            return Err(Error::Range {
                what: "number of colour buffers",
                value: colors.len() as u64,
                allowed: format!("at most {MAX_COLOR_BUFFERS}"),
            });
        }
        let mut words = vec![colors.len() as u32, depth.map_or(0, Object::name)];
        words.extend(colors.iter().map(|surface| surface.name()));
        self.put(command::SET_FRAMEBUFFER, 0, &words);
        Ok(())
    }

    /// Where in the framebuffer to draw.
    pub fn set_viewport(&mut self, viewport: &Viewport) {
        let mut words = vec![0];
        words.extend(viewport.scale.map(f32::to_bits));
        words.extend(viewport.translate.map(f32::to_bits));
        self.put(command::SET_VIEWPORT, 0, &words);
    }

    /// The scissor rectangle: first and last column and row, the last excluded.
    pub fn set_scissor(&mut self, columns: (u16, u16), rows: (u16, u16)) {
        let corner = |x: u16, y: u16| u32::from(x) | u32::from(y) << 16;
        self.put(
            command::SET_SCISSOR,
            0,
            &[0, corner(columns.0, rows.0), corner(columns.1, rows.1)],
        );
    }

    /// Where vertices come from: for each vertex buffer the bytes of a vertex, the
    /// offset of the first, and the resource.
    ///
    /// # Errors
    ///
    /// [`Error::Range`] for more than 32.
    pub fn set_vertex_buffers(&mut self, buffers: &[(u32, u32, &Resource)]) -> Result<()> {
        if buffers.len() > 32 {
            return Err(Error::Range {
                what: "number of vertex buffers",
                value: buffers.len() as u64,
                allowed: "at most 32".into(),
            });
        }
        let words: Vec<u32> = buffers
            .iter()
            .flat_map(|(stride, offset, resource)| [*stride, *offset, self.resource(resource)])
            .collect();
        self.put(command::SET_VERTEX_BUFFERS, 0, &words);
        Ok(())
    }

    /// Where indices come from: bytes of an index (1, 2 or 4), the offset of the
    /// first, and the resource.
    ///
    /// # Errors
    ///
    /// [`Error::Range`] for other sizes.
    pub fn set_index_buffer(&mut self, size: u32, offset: u32, resource: &Resource) -> Result<()> {
        if ![1, 2, 4].contains(&size) {
            return Err(Error::Range {
                what: "size of an index",
                value: size.into(),
                allowed: "1, 2 or 4 bytes".into(),
            });
        }
        let id = self.resource(resource);
        self.put(command::SET_INDEX_BUFFER, 0, &[id, size, offset]);
        Ok(())
    }

    /// The constants of a shader's `CONST[]`, in vectors of four.
    ///
    /// # Errors
    ///
    /// [`Error::Range`] for more than 16383 vectors.
    pub fn set_constants(&mut self, stage: Stage, constants: &[[f32; 4]]) -> Result<()> {
        let most = (MAX_WORDS - 2) / 4;
        if constants.len() > most {
            return Err(Error::Range {
                what: "number of constants",
                value: constants.len() as u64,
                allowed: format!("at most {most}"),
            });
        }
        let mut words = vec![stage as u32, 0];
        words.extend(constants.iter().flatten().map(|value| value.to_bits()));
        self.put(command::SET_CONSTANTS, 0, &words);
        Ok(())
    }

    /// The textures of a shader from `SVIEW[0]` on; at most 32 count.
    pub fn set_sampler_views(&mut self, stage: Stage, views: &[Object<SamplerView>]) {
        let mut words = vec![stage as u32, 0];
        words.extend(views.iter().take(32).map(|view| view.name()));
        self.put(command::SET_SAMPLER_VIEWS, 0, &words);
    }

    /// The samplers of a shader from `SAMP[0]` on; at most 32 count.
    pub fn bind_samplers(&mut self, stage: Stage, samplers: &[Object<Sampler>]) {
        let mut words = vec![stage as u32, 0];
        words.extend(samplers.iter().take(32).map(|sampler| sampler.name()));
        self.put(command::BIND_SAMPLERS, 0, &words);
    }

    /// Clears the framebuffer.
    pub fn clear(&mut self, clear: &Clear) {
        self.put(command::CLEAR, 0, &clear.words());
    }

    /// Draws.
    pub fn draw(&mut self, draw: &Draw) {
        self.put(command::DRAW_VBO, 0, &draw.words());
    }

    /// Writes bytes that are in the stream itself to a box of a resource. Rows and
    /// layers are `stride` and `layer_stride` bytes apart in `bytes`; 0 is without
    /// gaps.
    ///
    /// # Errors
    ///
    /// [`Error::Range`] for more than 262096 bytes: those go through the resource's
    /// pages, by a transfer.
    pub fn inline_write(
        &mut self,
        resource: &Resource,
        level: u32,
        region: Box3d,
        (stride, layer_stride): (u32, u32),
        bytes: &[u8],
    ) -> Result<()> {
        const HEAD: usize = 11;
        let most = (MAX_WORDS - HEAD) * 4;
        if bytes.is_empty() || bytes.len() > most {
            return Err(Error::Range {
                what: "number of bytes in the stream",
                value: bytes.len() as u64,
                allowed: format!("1 to {most}; transfer more by the pages of the resource"),
            });
        }
        let id = self.resource(resource);
        let mut words = vec![id, level, 0, stride, layer_stride];
        words.extend(region.words());
        let mut bytes = bytes.to_vec();
        bytes.resize(bytes.len().next_multiple_of(4), 0);
        words.extend(pack(&bytes));
        self.put(command::INLINE_WRITE, 0, &words);
        Ok(())
    }

    /// Moves a box between a resource and its own pages, in order with the other
    /// commands; one command a layer. Takes
    /// [`CapsV2::transfers_in_streams`](super::CapsV2).
    pub fn transfer(&mut self, resource: &Resource, transfer: &Transfer, direction: Direction) {
        let id = self.resource(resource);
        for layer in transfer.by_layer(resource.info()) {
            let Layout {
                offset,
                stride,
                layer_stride,
            } = layer.layout;
            let mut words = vec![id, layer.level, 0, stride, layer_stride];
            words.extend(layer.region.words());
            words.push(offset);
            words.push(match direction {
                Direction::ToHost => 1,
                Direction::FromHost => 2,
            });
            self.put(command::TRANSFER, 0, &words);
        }
    }

    /// Copies a box of one resource to a place of another, of a format of the same
    /// size.
    pub fn copy_region(
        &mut self,
        (target, target_level, at): (&Resource, u32, [u32; 3]),
        (source, source_level, region): (&Resource, u32, Box3d),
    ) {
        let mut words = vec![self.resource(target), target_level];
        words.extend(at);
        words.extend([self.resource(source), source_level]);
        words.extend(region.words());
        self.put(command::COPY_REGION, 0, &words);
    }

    /// Copies a box of one image to a box of another, scaled and converted.
    pub fn blit(
        &mut self,
        (target, target_level, target_region): (&Resource, u32, Box3d),
        (source, source_level, source_region): (&Resource, u32, Box3d),
        filter: Filter,
    ) {
        const RED_GREEN_BLUE_ALPHA: u32 = 0xf;
        let mut words = vec![RED_GREEN_BLUE_ALPHA | (filter as u32) << 8, 0, 0];
        for (resource, level, region) in [
            (target, target_level, target_region),
            (source, source_level, source_region),
        ] {
            let id = self.resource(resource);
            words.extend([id, level, resource.format().number()]);
            words.extend(region.words());
        }
        self.put(command::BLIT, 0, &words);
    }
}

/// Bytes, a multiple of four, as the words that have them in memory.
fn pack(bytes: &[u8]) -> Vec<u32> {
    bytes
        .chunks_exact(4)
        .map(|word| u32::from_ne_bytes([word[0], word[1], word[2], word[3]]))
        .collect()
}

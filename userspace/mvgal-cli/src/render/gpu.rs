// SPDX-License-Identifier: MIT OR Apache-2.0

//! Drawing a scene on a virtio GPU, as NATIVE jobs of mvgal.

use mvgal::virgl::{
    self, Bind, Blend, Blending, Clear, Commands, Compare, Context, DepthStencil, DepthTest,
    Direction, Filter, Format, Object, Primitive, Rasterizer, Resource, ResourceInfo, Sampler,
    Shader, Stage, SubContext, Submission, Transfer, VertexLayout, Viewport, Wrap,
};
use mvgal::{
    Allocation, Buffer, BufferFlags, Deadline, Device, DrmFourcc, Error, Job, MemberId, Priority,
    Timeline,
};

use super::scene::{Draw, Paint, Scene};
use crate::failure::Failure;
use crate::jobs::{Label, Part, Ran, Reports};

/// Positions by four constants; colours and places in the texture as they are.
const VERTEX_SHADER: &str = "VERT
DCL IN[0]
DCL IN[1]
DCL IN[2]
DCL OUT[0], POSITION
DCL OUT[1], GENERIC[0]
DCL OUT[2], GENERIC[1]
DCL CONST[0..3]
0: DP4 OUT[0].x, IN[0], CONST[0]
1: DP4 OUT[0].y, IN[0], CONST[1]
2: DP4 OUT[0].z, IN[0], CONST[2]
3: DP4 OUT[0].w, IN[0], CONST[3]
4: MOV OUT[1], IN[1]
5: MOV OUT[2], IN[2]
6: END
";
const SHADED: &str = "FRAG
DCL IN[0], GENERIC[0], PERSPECTIVE
DCL OUT[0], COLOR
0: MOV OUT[0], IN[0]
1: END
";
/// The texture times a constant.
const TEXTURED: &str = "FRAG
DCL IN[0], GENERIC[1], PERSPECTIVE
DCL OUT[0], COLOR
DCL SAMP[0]
DCL SVIEW[0], 2D, FLOAT
DCL CONST[0]
DCL TEMP[0]
0: TEX TEMP[0], IN[0], SAMP[0], 2D
1: MUL OUT[0], TEMP[0], CONST[0]
2: END
";

const COLOR: Format = Format::B8G8R8A8Unorm;
const INDEX_BYTES: u32 = size_of::<u16>() as u32;

/// What was drawn.
pub struct Drawn {
    /// Red, green, blue, alpha.
    pub pixels: Vec<[u8; 4]>,
    /// The jobs.
    pub jobs: Vec<Ran>,
    /// Bytes of the command streams.
    pub command_bytes: usize,
}

/// Objects that draws choose from.
struct Pipeline {
    shaded: Object<Shader>,
    textured: Object<Shader>,
    opaque: (Object<Blend>, Object<DepthStencil>),
    translucent: (Object<Blend>, Object<DepthStencil>),
}

/// The scene's data on the GPU.
struct Data {
    vertices: Resource,
    indices: Resource,
    texture: Resource,
}

/// A GPU that has what it takes to draw, and a picture on it.
pub struct Canvas<'a> {
    device: &'a Device,
    member: MemberId,
    name: &'a str,
    gpu: &'a Context,
    sub: SubContext,
    size: (u32, u32),
    depth: (Format, Resource),
    /// Allocated by mvgal, as what is rendered to goes on to other members.
    picture: Buffer,
    target: Resource,
    host: Buffer,
}

/// Where the pieces of work go in the order of their points.
struct Line<'a, 's> {
    part: Part<'a>,
    timeline: &'s Timeline,
    member: MemberId,
}

impl<'a, 's: 'a> Line<'a, 's> {
    /// Adds a job behind the one before; it signals the next point.
    fn push(
        &mut self,
        label: Label,
        level: u32,
        job: impl FnOnce(mvgal::Point<'s>) -> Job<'a>,
    ) -> Result<(), Error> {
        let point = self.part.len() as u64;
        let job = job(self.timeline.point(point + 1));
        let job = match point {
            0 => job,
            _ => job.wait_for(self.timeline.point(point)),
        };
        self.part
            .push(label, self.member, Priority::new(level)?, job);
        Ok(())
    }
}

impl<'a> Canvas<'a> {
    /// Allocates the picture on a member, for which `gpu` is attached.
    pub fn new(
        device: &'a Device,
        (member, name): (MemberId, &'a str),
        gpu: &'a Context,
        size: (u32, u32),
    ) -> Result<Self, Failure> {
        let (width, height) = size;
        let caps = gpu.caps()?;
        let depth = [Format::Z32Float, Format::Z24X8Unorm, Format::Z16Unorm]
            .into_iter()
            .find(|format| caps.can_be_depth(*format))
            .ok_or(virgl::Error::Unsupported {
                what: "a depth buffer",
                reason: "the host knows none of 32, 24 and 16 bits",
            })?;
        let allocation = Allocation::image(width, height, DrmFourcc::Argb8888)
            .member(member)
            .flags(BufferFlags::GPU_VALID | BufferFlags::DMA_BUF);
        let picture = device.alloc(&allocation)?;
        let info = ResourceInfo::image(width, height, COLOR, Bind::RENDER_TARGET);
        let target = gpu.import(picture.export()?, &info)?;
        let info = ResourceInfo::image(width, height, depth, Bind::DEPTH_STENCIL);
        let bytes = u64::from(width) * u64::from(height) * 4;
        Ok(Canvas {
            device,
            member,
            name,
            gpu,
            sub: gpu.sub_context()?,
            size,
            depth: (depth, gpu.create(&info)?),
            picture,
            target,
            host: device.alloc(&Allocation::linear(bytes).flags(BufferFlags::HOST_VALID))?,
        })
    }

    /// Draws a scene: each of its draws is a job of its own.
    pub fn draw(&self, scene: &Scene, deadline: Deadline) -> Result<Drawn, Failure> {
        let data = self.upload(scene)?;
        let timeline = self.device.timeline()?;
        let reports = Reports::new(self.device, scene.draws.len() + 6)?;

        let (pipeline, setup) = self.set_up(scene, &data)?;
        let mut streams = vec![("clear", setup)];
        for draw in &scene.draws {
            streams.push((draw.name, self.commands(draw, &pipeline, &data)?));
        }
        let submissions = streams
            .into_iter()
            .map(|(name, commands)| Ok((name, self.submission(commands, &data)?)))
            .collect::<Result<Vec<_>, Failure>>()?;
        let command_bytes = submissions.iter().map(|(_, stream)| stream.bytes()).sum();

        let uploads = [&data.vertices, &data.indices, &data.texture].map(|resource| {
            resource.transfer_command(&Transfer::whole(resource), Direction::ToHost)
        });
        let download = self
            .target
            .transfer_command(&Transfer::whole(&self.target), Direction::FromHost);
        let sizes = [
            ("vertices", data.vertices.size()),
            ("indices", data.indices.size()),
            ("texture", data.texture.size()),
        ];
        let picture_bytes = self.target.info().bytes()?.into();

        let mut line = Line {
            part: Part::new(&reports),
            timeline: &timeline,
            member: self.member,
        };
        let label = |kind, bytes| Label {
            kind,
            from: None,
            to: self.name.to_owned(),
            bytes,
        };
        for (upload, (name, bytes)) in uploads.iter().zip(sizes) {
            line.push(label(name, bytes), 7, |done| {
                upload.job(self.member).signal(done)
            })?;
        }
        for (name, stream) in &submissions {
            line.push(label(name, stream.bytes() as u64), 6, |done| {
                stream.job(self.member, done)
            })?;
        }
        line.push(label("download", picture_bytes), 6, |done| {
            download.job(self.member).signal(done)
        })?;
        let copy = Label {
            from: Some(self.name.to_owned()),
            to: "host".to_owned(),
            ..label("copy", picture_bytes)
        };
        line.push(copy, 5, |done| {
            Job::copy(&self.picture, &self.host)
                .bytes(picture_bytes)
                .signal(done)
        })?;

        let last = line.part.len() as u64;
        let submitted = line.part.submit(self.device)?;
        match timeline.wait(last, deadline) {
            // Which job it was, its report says.
            Ok(()) | Err(Error::Fence { .. }) => {}
            Err(error) => return Err(error.into()),
        }
        let jobs = submitted.reports(|_| self.name.to_owned())?;
        // A stream that the host did not like ends like any other.
        self.gpu.check(deadline)?;
        Ok(Drawn {
            pixels: self.pixels(picture_bytes)?,
            jobs,
            command_bytes,
        })
    }

    /// Creates resources for a scene's data, and fills the pages behind them.
    fn upload(&self, scene: &Scene) -> Result<Data, Failure> {
        let vertices: Vec<u8> = scene
            .vertices
            .iter()
            .flat_map(|vertex| vertex.floats().flat_map(f32::to_ne_bytes))
            .collect();
        let indices: Vec<u8> = scene
            .indices
            .iter()
            .flat_map(|index| index.to_ne_bytes())
            .collect();
        let pixels = scene.texture.pixels.concat();
        let filled = |info: ResourceInfo, bytes: &[u8]| -> Result<Resource, Failure> {
            let resource = self.gpu.create(&info)?;
            resource.map()?.write_at(0, bytes)?;
            Ok(resource)
        };
        let buffer = |bytes: &[u8], bind| {
            let length = bytes.len().next_multiple_of(4) as u32;
            filled(ResourceInfo::buffer(length, bind), bytes)
        };
        let side = scene.texture.side;
        let image = ResourceInfo::image(side, side, Format::R8G8B8A8Unorm, Bind::SAMPLER_VIEW);
        Ok(Data {
            vertices: buffer(&vertices, Bind::VERTEX_BUFFER)?,
            indices: buffer(&indices, Bind::INDEX_BUFFER)?,
            texture: filled(image, &pixels)?,
        })
    }

    /// Binds what all draws have in common, and clears.
    fn set_up(&self, scene: &Scene, data: &Data) -> Result<(Pipeline, Commands), Failure> {
        let (width, height) = self.size;
        let mut commands = self.sub.commands();
        let color = commands.create_surface(&self.target, COLOR, 0, (0, 0));
        let depth = commands.create_surface(&self.depth.1, self.depth.0, 0, (0, 0));
        commands.set_framebuffer(&[color], Some(depth))?;
        commands.set_viewport(&Viewport::whole(width, height));
        commands.clear(&Clear {
            color: Some(scene.background),
            depth: Some(1.0),
            stencil: None,
        });

        let rasterizer = commands.create(&Rasterizer::default());
        commands.bind(rasterizer);
        let (layout, stride) = VertexLayout::packed(&[
            Format::R32G32B32A32Float,
            Format::R32G32B32A32Float,
            Format::R32G32Float,
        ]);
        let layout = commands.create(&layout);
        commands.bind(layout);
        commands.set_vertex_buffers(&[(stride, 0, &data.vertices)])?;
        let shader = commands.create_shader(Stage::Vertex, VERTEX_SHADER)?;
        commands.bind_shader(Stage::Vertex, Some(shader));

        let view = commands.create_sampler_view(&data.texture, Format::R8G8B8A8Unorm, (0, 0));
        commands.set_sampler_views(Stage::Fragment, &[view]);
        let sampler = commands.create_sampler(Sampler {
            wrap: Wrap::ClampToEdge,
            filter: Filter::Nearest,
        });
        commands.bind_samplers(Stage::Fragment, &[sampler]);

        let mut depth_test = |write| {
            commands.create(&DepthStencil {
                depth: Some(DepthTest {
                    compare: Compare::Less,
                    write,
                }),
            })
        };
        let (writes, looks) = (depth_test(true), depth_test(false));
        let pipeline = Pipeline {
            shaded: commands.create_shader(Stage::Fragment, SHADED)?,
            textured: commands.create_shader(Stage::Fragment, TEXTURED)?,
            opaque: (commands.create(&Blend::default()), writes),
            translucent: (
                commands.create(&Blend {
                    blending: Some(Blending::OVER),
                    ..Default::default()
                }),
                looks,
            ),
        };
        Ok((pipeline, commands))
    }

    /// The commands of one draw.
    fn commands(&self, draw: &Draw, pipeline: &Pipeline, data: &Data) -> Result<Commands, Failure> {
        let mut commands = self.sub.commands();
        let (blend, depth) = match draw.translucent {
            true => pipeline.translucent,
            false => pipeline.opaque,
        };
        commands.bind(blend);
        commands.bind(depth);
        commands.set_constants(Stage::Vertex, &draw.transform)?;
        let shader = match draw.paint {
            Paint::Shaded => pipeline.shaded,
            Paint::Textured { tint } => {
                commands.set_constants(Stage::Fragment, &[tint])?;
                pipeline.textured
            }
        };
        commands.bind_shader(Stage::Fragment, Some(shader));
        let (start, count) = (draw.start as u32, draw.count as u32);
        if draw.indexed {
            commands.set_index_buffer(INDEX_BYTES, start * INDEX_BYTES, &data.indices)?;
            let most = u16::MAX.into();
            commands.draw(&virgl::Draw::elements(Primitive::Triangles, count, most));
        } else {
            commands.draw(&virgl::Draw::arrays(Primitive::Triangles, start, count));
        }
        Ok(commands)
    }

    /// With all that the pipeline has bound, whichever stream bound it.
    fn submission<'s>(
        &self,
        commands: Commands,
        data: &Data,
    ) -> Result<Submission<'s>, virgl::Error> {
        self.gpu
            .submission(commands)?
            .uses(&self.target)?
            .uses(&self.depth.1)?
            .uses(&data.vertices)?
            .uses(&data.indices)?
            .uses(&data.texture)
    }

    fn pixels(&self, bytes: u64) -> Result<Vec<[u8; 4]>, Error> {
        let mut pixels = vec![0; bytes as usize];
        self.host.map()?.read_at(0, &mut pixels)?;
        Ok(pixels
            .chunks_exact(4)
            .map(|pixel| [pixel[2], pixel[1], pixel[0], pixel[3]])
            .collect())
    }
}

// SPDX-License-Identifier: MIT OR Apache-2.0

//! `mvgal render`: a picture by each GPU that renders, compared with what it must
//! be.

mod compare;
mod gpu;
mod png;
mod raster;
mod scene;

use std::io;
use std::path::{Path, PathBuf};

use mvgal::virgl::{self, Caps, Context};
use mvgal::{Deadline, Device, Member, MemberId};
use serde::Serialize;

pub use self::compare::WrongPixel;
use self::compare::{Comparison, TOLERANCE};
use self::gpu::{Canvas, Drawn};
use self::raster::Picture;
use self::scene::Scene;
use crate::cli::RenderArgs;
use crate::failure::Failure;
use crate::jobs::{self, Ran};
use crate::sink::{self, Sink};
use crate::{output, select, units};

/// The only driver whose command streams this program can write.
const DRIVER: &str = "virtio_gpu";

/// The document of `mvgal render --json`.
#[derive(Serialize)]
struct Document {
    schema: &'static str,
    device: String,
    size: [u32; 2],
    tolerance: u8,
    members: Vec<MemberDocument>,
}

#[derive(Serialize)]
struct MemberDocument {
    id: u32,
    name: String,
    bus_address: String,
    renderer: Option<String>,
    jobs: Vec<Ran>,
    command_bytes: usize,
    picture_bytes: u64,
    comparison: Comparison,
    file: Option<PathBuf>,
}

/// A member that renders.
struct Renderer {
    id: MemberId,
    name: String,
    bus_address: String,
    gpu: Context,
}

/// Runs the command.
pub fn run(device: &Device, args: &RenderArgs, json: bool) -> Result<(), Failure> {
    // The picture is there alone.
    let to_stdout = args.output.as_deref().is_some_and(sink::is_stdout);
    let say = |text: &str| match (json, to_stdout) {
        (true, _) => Ok(()),
        (false, true) => {
            anstream::eprint!("{text}");
            Ok(())
        }
        (false, false) => output::print(text),
    };
    let renderers = find(device, args.member.as_deref())?;
    let files = args.output.as_deref();
    let files = files.map_or(Ok(Vec::new()), |path| files_of(path, &renderers))?;
    // Before anything is rendered, which takes its time.
    let sinks = files.iter().map(|path| Sink::open(path));
    let mut sinks = sinks.collect::<Result<Vec<_>, _>>()?.into_iter();
    let mut files = files.into_iter();
    let scene = Scene::new(args.size);
    let expected = Picture::new(&scene, args.size);
    let mut document = Document {
        schema: "mvgal.render/1",
        device: device.path().display().to_string(),
        size: args.size.into(),
        tolerance: TOLERANCE,
        members: Vec::new(),
    };
    let mut failure = None;
    for (index, renderer) in renderers.iter().enumerate() {
        let caps = renderer.gpu.caps()?;
        check_size(args.size, &caps)?;
        let begin = if index == 0 { "" } else { "\n" };
        say(&format!("{begin}{}\n\n", introduce(renderer, &caps)))?;

        let stop = (renderer.id, renderer.name.as_str());
        let canvas = Canvas::new(device, stop, &renderer.gpu, args.size)?;
        let drawn = canvas.draw(&scene, Deadline::after(args.timeout))?;
        let rows = [(renderer.id, renderer.name.clone())];
        say(&jobs::show(&rows, &drawn.jobs, output::columns()))?;

        let comparison = compare::compare(&expected, args.size, &drawn.pixels);
        say(&conclude(&drawn, &comparison))?;
        // Also a wrong one: that is when one wants to see it.
        let file = files.next();
        if let (Some(sink), Some(path)) = (sinks.next(), &file) {
            png::write(sink, args.size, &drawn.pixels)?;
            if !to_stdout {
                say(&format!("written to {}\n", path.display()))?;
            }
        }
        if let Some(first) = &comparison.first_wrong {
            failure.get_or_insert(Failure::Picture {
                member: renderer.name.clone(),
                wrong: comparison.wrong,
                pixels: comparison.pixels,
                first: first.clone(),
            });
        }
        document.members.push(MemberDocument {
            id: renderer.id.get(),
            name: renderer.name.clone(),
            bus_address: renderer.bus_address.clone(),
            renderer: caps.v2.map(|v2| v2.renderer),
            picture_bytes: drawn.pixels.len() as u64 * 4,
            jobs: drawn.jobs,
            command_bytes: drawn.command_bytes,
            comparison,
            file,
        });
    }
    if json && to_stdout {
        output::write_json(io::stderr().lock(), &document, true)?;
    } else if json {
        output::print_json(&document)?;
    }
    failure.map_or(Ok(()), Err)
}

/// Attaches the members that render, or the one that is wanted.
fn find(device: &Device, wanted: Option<&str>) -> Result<Vec<Renderer>, Failure> {
    let members = device.members()?;
    if let Some(wanted) = wanted {
        let chosen = select::find(&members, wanted)?;
        let member = members
            .get(chosen.id)
            .filter(|member| member.driver == DRIVER)
            .ok_or_else(|| {
                Failure::Usage(format!(
                    "{} cannot render here: this program writes command streams for {DRIVER} alone",
                    chosen.name
                ))
            })?;
        return Ok(vec![join(device, member)?]);
    }
    let mut renderers = Vec::new();
    for member in members.iter().filter(|member| member.driver == DRIVER) {
        match join(device, member) {
            Ok(renderer) => renderers.push(renderer),
            Err(Failure::Virgl(virgl::Error::No3d { .. })) => {}
            Err(failure) => return Err(failure),
        }
    }
    if renderers.is_empty() {
        return Err(Failure::NoRenderer);
    }
    Ok(renderers)
}

fn join(device: &Device, member: &Member) -> Result<Renderer, Failure> {
    let gpu = Context::new(member.open()?)?;
    device.attach(member.id, &gpu)?;
    Ok(Renderer {
        id: member.id,
        name: format!("{} {}", member.id, member.driver),
        bus_address: member.bus_address.clone(),
        gpu,
    })
}

fn check_size((width, height): (u32, u32), caps: &Caps) -> Result<(), Failure> {
    let most = caps.v2.as_ref().map_or(0, |v2| v2.max_texture_2d);
    if most != 0 && width.max(height) > most {
        return Err(Failure::Usage(format!(
            "{width}x{height} is too large: the host's renderer has images of at most {most}x{most}"
        )));
    }
    Ok(())
}

/// The files of the pictures, one for each that renders.
fn files_of(path: &Path, renderers: &[Renderer]) -> Result<Vec<PathBuf>, Failure> {
    match renderers {
        [_] => Ok(vec![path.to_owned()]),
        _ if sink::is_stdout(path) => {
            let names: Vec<&str> = renderers.iter().map(|r| r.name.as_str()).collect();
            Err(Failure::Usage(format!(
                "standard output takes one picture, and {} members render: {}; choose one by \
                 --member",
                names.len(),
                names.join(", ")
            )))
        }
        _ => Ok(renderers.iter().map(|r| numbered(path, r.id)).collect()),
    }
}

/// picture-2.png for picture.png of member 2.
fn numbered(path: &Path, id: MemberId) -> PathBuf {
    let stem = path.file_stem().unwrap_or_default().to_string_lossy();
    let name = match path.extension() {
        Some(extension) => format!("{stem}-{id}.{}", extension.to_string_lossy()),
        None => format!("{stem}-{id}"),
    };
    path.with_file_name(name)
}

/// Who renders, for people.
fn introduce(renderer: &Renderer, caps: &Caps) -> String {
    let mut text = format!("{} at {}: ", renderer.name, renderer.bus_address);
    match &caps.v2 {
        Some(v2) if !v2.renderer.is_empty() => text += &v2.renderer,
        _ => text += "virgl",
    }
    let language = if caps.v2.as_ref().is_some_and(|v2| v2.is_gles()) {
        "GLSL ES"
    } else {
        "GLSL"
    };
    text += &format!(
        ", {language} {}.{:02}",
        caps.glsl_level / 100,
        caps.glsl_level % 100
    );
    text
}

/// What was found, for people.
fn conclude(drawn: &Drawn, comparison: &Comparison) -> String {
    format!(
        "\n{} pixels compared with those of a rasteriser on the CPU: {} wrong\n\
         Worst difference {} of 255, {TOLERANCE} allowed; right only up to 1/16 pixel off the \
         centre: {}\n{} of commands\n",
        comparison.pixels,
        comparison.wrong,
        comparison.worst,
        comparison.edges,
        units::bytes(drawn.command_bytes as u64),
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn files_of_several_members_have_their_ids() {
        let name = |path| numbered(Path::new(path), MemberId::new(2));
        assert_eq!(name("a/b.png"), Path::new("a/b-2.png"));
        assert_eq!(name("b"), Path::new("b-2"));
    }
}

// SPDX-License-Identifier: MIT OR Apache-2.0

//! A program that renders by OpenGL ES and knows nothing of mvgal.
//!
//! It draws frame after frame on one GPU by that GPU's own driver of Mesa, reads
//! each back and compares all pixels with what they must be. The tests run it
//! beside clients of mvgal on the same GPU: neither may disturb the other.
//!
//! Mesa is loaded at run time, so that building needs nothing of it.

mod display;
mod scene;

use std::error::Error;
use std::path::PathBuf;
use std::process::ExitCode;
use std::time::{Duration, Instant};

use clap::Parser;

use crate::display::Display;
use crate::scene::Scene;

/// What can go wrong is told and ends the program.
type Result<T> = std::result::Result<T, Box<dyn Error>>;

/// Renders by OpenGL ES on a GPU and checks every pixel of every frame.
///
/// Prints how many frames it was, and exits with 1 at the first wrong one.
#[derive(Debug, Parser)]
#[command(version)]
struct Args {
    /// How long to render, in seconds.
    #[arg(long, default_value_t = 5, value_name = "N")]
    seconds: u64,
    /// Create this file once the first frame was right.
    #[arg(long, value_name = "FILE")]
    ready: Option<PathBuf>,
    /// End early, as soon as this file exists.
    #[arg(long, value_name = "FILE")]
    stop: Option<PathBuf>,
    /// A word that the name of the renderer must contain: it tells Mesa's driver
    /// for the GPU from its rendering on the processor.
    #[arg(long, default_value = "virgl", value_name = "WORD")]
    renderer: String,
    /// The GPU's render node.
    #[arg(value_name = "/dev/dri/renderDNNN")]
    node: PathBuf,
}

fn main() -> ExitCode {
    let args = Args::parse();
    match run(&args) {
        Ok(()) => ExitCode::SUCCESS,
        Err(failure) => {
            eprintln!("mvgal-gl-client: {}: {failure}", args.node.display());
            ExitCode::FAILURE
        }
    }
}

fn run(args: &Args) -> Result<()> {
    let display = Display::open(&args.node)?;
    let scene = Scene::new(display.gl())?;
    let renderer = scene.renderer();
    if !renderer.contains(&args.renderer) {
        return Err(format!(
            "its renderer is \"{renderer}\", not one with \"{}\" in its name",
            args.renderer
        )
        .into());
    }

    let began = Instant::now();
    let mut frames = 0;
    while frames == 0 || began.elapsed() < Duration::from_secs(args.seconds) {
        let pixels = scene.render(frames)?;
        scene::compare(frames, &pixels).map_err(|wrong| format!("frame {frames}: {wrong}"))?;
        frames += 1;
        if let (1, Some(ready)) = (frames, &args.ready) {
            std::fs::write(ready, "")
                .map_err(|error| format!("cannot create {}: {error}", ready.display()))?;
        }
        if args.stop.as_ref().is_some_and(|stop| stop.exists()) {
            break;
        }
    }
    println!(
        "{}: {renderer}: {frames} frames in {:.1} s, every pixel right",
        args.node.display(),
        began.elapsed().as_secs_f64()
    );
    Ok(())
}

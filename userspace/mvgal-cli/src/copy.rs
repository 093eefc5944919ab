// SPDX-License-Identifier: MIT OR Apache-2.0

//! `mvgal copy`: a file's bytes by way of buffers on members.

use std::fs::{File, OpenOptions};
use std::io::{self, Read, Write};
use std::os::unix::fs::MetadataExt;
use std::path::Path;
use std::time::Instant;

use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};
use mvgal::{Allocation, Buffer, BufferFlags, Deadline, Device, Job, Mapping, MemberId, Timeline};
use serde::Serialize;

use crate::cli::CopyArgs;
use crate::failure::Failure;
use crate::select::{self, Chosen};
use crate::{output, units};

/// Bytes that are under way together.
const CHUNK: u64 = 1 << 20;
/// Chunks that are under way at a time: one fills while another is copied.
const LANES: usize = 2;

/// The document of `mvgal copy --json`.
#[derive(Serialize)]
struct Document {
    schema: &'static str,
    path: Vec<u32>,
    bytes: u64,
    jobs: u64,
    nanoseconds: u64,
}

/// Buffers for one chunk: up from the host, across the members, and down again.
struct Lane {
    buffers: Vec<(MemberId, Buffer)>,
    up: Mapping,
    down: Mapping,
    timeline: Timeline,
    /// The last point submitted.
    point: u64,
    /// Bytes of the chunk under way.
    len: usize,
}

impl Lane {
    fn new(device: &Device, path: &[Chosen]) -> Result<Self, Failure> {
        let host = || {
            let allocation = Allocation::linear(CHUNK).flags(BufferFlags::HOST_VALID);
            device.alloc(&allocation)
        };
        let mut buffers = vec![(MemberId::HOST, host()?)];
        for stop in path {
            let allocation = Allocation::linear(CHUNK).member(stop.id);
            let allocation = if stop.id.is_member() {
                allocation.flags(BufferFlags::GPU_VALID)
            } else {
                allocation
            };
            buffers.push((stop.id, device.alloc(&allocation)?));
        }
        let up = buffers[0].1.map()?;
        let last = host()?;
        let down = last.map()?;
        buffers.push((MemberId::HOST, last));
        Ok(Lane {
            buffers,
            up,
            down,
            timeline: device.timeline()?,
            point: 0,
            len: 0,
        })
    }

    /// Sends a chunk on its way.
    fn submit(&mut self, device: &Device, bytes: &[u8]) -> Result<(), Failure> {
        self.up.write_at(0, bytes)?;
        self.len = bytes.len();
        let first = self.point;
        let jobs = self.buffers.windows(2).zip(first..).map(|(pair, point)| {
            let ((from, src), (to, dst)) = (&pair[0], &pair[1]);
            let job = Job::copy(src, dst)
                .bytes(bytes.len() as u64)
                .member(if to.is_member() { *to } else { *from })
                .signal(self.timeline.point(point + 1));
            if point == first {
                job
            } else {
                job.wait_for(self.timeline.point(point))
            }
        });
        device.batch().jobs(jobs).submit()?;
        self.point = first + self.buffers.len() as u64 - 1;
        Ok(())
    }

    /// Waits for the chunk and takes its bytes.
    fn finish(&mut self, bytes: &mut Vec<u8>) -> Result<(), Failure> {
        self.timeline.wait(self.point, Deadline::NEVER)?;
        bytes.resize(self.len, 0);
        self.down.read_at(0, bytes)?;
        self.len = 0;
        Ok(())
    }
}

/// Runs the command.
pub fn run(device: &Device, args: &CopyArgs, json: bool) -> Result<(), Failure> {
    let members = device.members()?;
    let path = std::iter::once(&args.from)
        .chain(&args.via)
        .chain(std::iter::once(&args.to))
        .map(|wanted| select::find(&members, wanted))
        .collect::<Result<Vec<_>, _>>()?;
    for (index, stop) in path.iter().enumerate() {
        if !path[..index].iter().any(|before| before.id == stop.id) {
            select::attach(device, &members, stop.id)?;
        }
    }
    let mut lanes = (0..LANES)
        .map(|_| Lane::new(device, &path))
        .collect::<Result<Vec<_>, _>>()?;

    let Input {
        reader: mut input,
        length,
        identity,
    } = open_input(&args.input)?;
    let mut output = open_output(&args.output, identity)?;
    let reading = || Failure::io(format!("reading {}", args.input.display()));
    let writing = || Failure::io(format!("writing {}", args.output.display()));
    let bar = progress(length);
    let start = Instant::now();
    let mut total = 0_u64;
    let mut bytes = Vec::new();
    let mut at_end = false;
    // Lanes take turns; one is finished before it is used again.
    for turn in (0..LANES).cycle() {
        let lane = &mut lanes[turn];
        if lane.len != 0 {
            lane.finish(&mut bytes)?;
            output.write_all(&bytes).map_err(writing())?;
            bar.inc(bytes.len() as u64);
            total += bytes.len() as u64;
        }
        if !at_end {
            bytes.clear();
            input
                .by_ref()
                .take(CHUNK)
                .read_to_end(&mut bytes)
                .map_err(reading())?;
            at_end = (bytes.len() as u64) < CHUNK;
            if !bytes.is_empty() {
                lane.submit(device, &bytes)?;
            }
        }
        if at_end && lanes.iter().all(|lane| lane.len == 0) {
            break;
        }
    }
    output.flush().map_err(writing())?;
    bar.finish_and_clear();

    let time = start.elapsed();
    if json {
        let document = Document {
            schema: "mvgal.copy/1",
            path: path.iter().map(|stop| stop.id.get()).collect(),
            bytes: total,
            jobs: total.div_ceil(CHUNK) * (path.len() as u64 + 1),
            nanoseconds: u64::try_from(time.as_nanos()).unwrap_or(u64::MAX),
        };
        if args.output == Path::new("-") {
            output::write_json(io::stderr().lock(), &document, true)
        } else {
            output::print_json(&document)
        }
    } else {
        let names: Vec<&str> = path.iter().map(|stop| stop.name.as_str()).collect();
        anstream::eprintln!(
            "copied {} by way of {} in {:.3} s, {}",
            units::bytes(total),
            names.join(" → "),
            time.as_secs_f64(),
            units::rate(total, time)
        );
        Ok(())
    }
}

/// A bar if the length is known, else a spinner; nothing if standard error is
/// no terminal.
fn progress(length: Option<u64>) -> ProgressBar {
    let (bar, template) = match length {
        Some(length) => (
            ProgressBar::with_draw_target(Some(length), ProgressDrawTarget::stderr()),
            "[{wide_bar}] {binary_bytes}/{binary_total_bytes} {binary_bytes_per_sec} {eta}",
        ),
        None => (
            ProgressBar::with_draw_target(None, ProgressDrawTarget::stderr()),
            "{spinner} {binary_bytes} {binary_bytes_per_sec} {elapsed}",
        ),
    };
    match ProgressStyle::with_template(template) {
        Ok(style) => bar.with_style(style.progress_chars("=> ")),
        // The plain bar says the same in other words.
        Err(_) => bar,
    }
}

/// What tells two names of one file from two files.
type Identity = (u64, u64);

/// The input.
struct Input {
    reader: Box<dyn Read>,
    /// Bytes, if it is a regular file.
    length: Option<u64>,
    /// The same.
    identity: Option<Identity>,
}

/// Opens the input.
fn open_input(path: &Path) -> Result<Input, Failure> {
    if path == Path::new("-") {
        return Ok(Input {
            reader: Box::new(io::stdin().lock()),
            length: None,
            identity: None,
        });
    }
    let failed = || Failure::io(format!("reading {}", path.display()));
    let file = File::open(path).map_err(failed())?;
    let metadata = file.metadata().map_err(failed())?;
    if metadata.is_dir() {
        return Err(Failure::Usage(format!("{} is a directory", path.display())));
    }
    let regular = metadata.is_file();
    Ok(Input {
        reader: Box::new(file),
        length: regular.then_some(metadata.len()),
        identity: regular.then_some((metadata.dev(), metadata.ino())),
    })
}

/// Opens the output and empties it, unless it is the input.
fn open_output(path: &Path, input: Option<Identity>) -> Result<Box<dyn Write>, Failure> {
    if path == Path::new("-") {
        return Ok(Box::new(io::stdout().lock()));
    }
    let failed = || Failure::io(format!("writing {}", path.display()));
    let file = OpenOptions::new()
        .write(true)
        .create(true)
        .truncate(false)
        .open(path)
        .map_err(failed())?;
    let metadata = file.metadata().map_err(failed())?;
    if metadata.is_file() {
        if Some((metadata.dev(), metadata.ino())) == input {
            return Err(Failure::Usage(format!(
                "{} is input and output; name another file",
                path.display()
            )));
        }
        file.set_len(0).map_err(failed())?;
    }
    Ok(Box::new(file))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_is_not_copied_onto_itself() {
        let path = std::env::temp_dir().join(format!("mvgal-copy-{}", std::process::id()));
        std::fs::write(&path, b"precious").unwrap();
        let Input {
            length, identity, ..
        } = open_input(&path).unwrap();
        assert_eq!(length, Some(8));
        let error = open_output(&path, identity).err().unwrap().to_string();
        assert!(error.contains("is input and output"), "{error}");
        assert_eq!(std::fs::read(&path).unwrap(), b"precious");
        drop(open_output(&path, None).unwrap());
        assert_eq!(std::fs::read(&path).unwrap(), b"");
        std::fs::remove_file(&path).unwrap();
    }

    #[test]
    fn a_missing_input_is_named() {
        let error = open_input(Path::new("/nonexistent/file")).err().unwrap();
        assert!(error.to_string().starts_with("reading /nonexistent/file: "));
    }
}

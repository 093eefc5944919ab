// SPDX-License-Identifier: MIT OR Apache-2.0

//! `mvgal copy`: a file's bytes by way of buffers on members.

use std::fs::File;
use std::io::{self, Read};
use std::path::Path;
use std::time::Instant;

use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};
use mvgal::transfer::{By, Route};
use mvgal::{
    Allocation, Buffer, BufferFlags, CopyEngine, Deadline, Device, Errno, Mapping, MemberId,
    Members, Timeline, Transfer,
};
use serde::Serialize;

use crate::cli::CopyArgs;
use crate::failure::Failure;
use crate::select::{self, Chosen};
use crate::sink::{self, Identity, Sink};
use crate::{output, units};

/// Bytes that are under way together.
const CHUNK: u64 = 1 << 20;
/// Chunks that are under way at a time: one fills while another is copied.
const LANES: usize = 2;

/// The document of `mvgal copy --json`.
#[derive(Serialize)]
struct Document<'a> {
    schema: &'static str,
    path: Vec<u32>,
    hops: &'a [Hop],
    bytes: u64,
    jobs: u64,
    nanoseconds: u64,
}

/// How the bytes get from one stop to the next.
#[derive(Serialize)]
struct Hop {
    from: u32,
    to: u32,
    /// "cpu", "engine" or "staged".
    way: &'static str,
    /// The same in words, and why.
    how: String,
    why: String,
    #[serde(skip)]
    names: (String, String),
}

/// Buffers for one chunk: up from the host, across the members, and down again.
struct Buffers {
    stops: Vec<Buffer>,
    up: Mapping,
    down: Mapping,
}

impl Buffers {
    fn new(device: &Device, path: &[Chosen], engines: &[CopyEngine]) -> Result<Self, Failure> {
        // What engines are to see is exported.
        let shared = match engines {
            [] => BufferFlags::empty(),
            _ => BufferFlags::DMA_BUF,
        };
        let host = || {
            let flags = BufferFlags::HOST_VALID | shared;
            device.alloc(&Allocation::linear(CHUNK).flags(flags))
        };
        let mut stops = vec![host()?];
        for stop in path {
            let own = match stop.id.is_member() {
                true => BufferFlags::GPU_VALID,
                false => BufferFlags::empty(),
            };
            let allocation = Allocation::linear(CHUNK).member(stop.id);
            let buffer = match device.alloc(&allocation.flags(own | shared)) {
                // A driver that cannot export: its buffer goes by the CPU.
                Err(error) if error.errno() == Some(Errno::EOPNOTSUPP) => {
                    device.alloc(&allocation.flags(own))
                }
                result => result,
            };
            stops.push(buffer?);
        }
        let up = stops[0].map()?;
        let last = host()?;
        let down = last.map()?;
        stops.push(last);
        Ok(Buffers { stops, up, down })
    }
}

/// The way of one chunk.
struct Lane<'a> {
    buffers: &'a Buffers,
    routes: Vec<Route<'a>>,
    timeline: Timeline,
    /// The last point submitted.
    point: u64,
    /// Bytes of the chunk under way.
    len: usize,
}

impl<'a> Lane<'a> {
    fn new(
        device: &'a Device,
        buffers: &'a Buffers,
        engines: &'a [CopyEngine],
        by: By,
    ) -> Result<Self, mvgal::Error> {
        let route = |pair: &'a [Buffer]| {
            let transfer = Transfer::new(device, &pair[0], &pair[1]);
            transfer
                .engines(engines)
                .by(by)
                .chunk(CHUNK)
                .route(Deadline::NEVER)
        };
        Ok(Lane {
            buffers,
            routes: buffers
                .stops
                .windows(2)
                .map(route)
                .collect::<Result<_, _>>()?,
            timeline: device.timeline()?,
            point: 0,
            len: 0,
        })
    }

    /// Sends a chunk on its way; gives the number of jobs.
    fn submit(&mut self, bytes: &[u8]) -> Result<u64, Failure> {
        self.buffers.up.write_at(0, bytes)?;
        self.len = bytes.len();
        self.send()
    }

    /// Waits for all hops; gives the first that failed.
    fn failed(&self) -> Option<(usize, mvgal::Error)> {
        let results = self
            .routes
            .iter()
            .map(|route| route.wait(Deadline::NEVER))
            .collect::<Vec<_>>();
        // Those behind it were cancelled because of it.
        let mut results = results.into_iter().enumerate();
        results.find_map(|(hop, result)| Some((hop, result.err()?)))
    }

    fn send(&mut self) -> Result<u64, Failure> {
        let range = (0, 0, self.len as u64);
        let mut jobs = 0;
        for (hop, route) in self.routes.iter_mut().enumerate() {
            let before = self.timeline.point(self.point);
            let after: &[_] = if hop == 0 { &[] } else { &[before] };
            self.point += 1;
            let done = self.timeline.point(self.point);
            route.submit(range, after, Some(done), Deadline::NEVER)?;
            jobs += route.jobs() as u64;
        }
        Ok(jobs)
    }

    /// Waits for the chunk and takes its bytes. If an engine does not see a buffer any more, the
    /// chunk is sent again, by another way: it gives the number of jobs of that.
    fn finish(&mut self, bytes: &mut Vec<u8>) -> Result<u64, Failure> {
        let mut jobs = 0;
        while let Some((hop, error)) = self.failed() {
            self.routes[hop].fall_back(error, Deadline::NEVER)?;
            jobs += self.send()?;
        }
        bytes.resize(self.len, 0);
        self.buffers.down.read_at(0, bytes)?;
        self.len = 0;
        Ok(jobs)
    }
}

/// Attaches the members on the path; gives their engines, and why some have none.
fn attach(
    device: &Device,
    members: &Members,
    path: &[Chosen],
    by: By,
) -> Result<(Vec<CopyEngine>, Vec<String>), Failure> {
    let (mut engines, mut without) = (Vec::new(), Vec::new());
    for (index, stop) in path.iter().enumerate() {
        let Some(member) = members.get(stop.id) else {
            continue;
        };
        if path[..index].iter().any(|before| before.id == stop.id) {
            continue;
        }
        if by != By::Cpu {
            match CopyEngine::attach(device, member) {
                Ok(engine) => {
                    engines.push(engine);
                    continue;
                }
                Err(mvgal::Error::NoEngine(reason)) => {
                    without.push(format!("{}: {reason}", stop.name));
                }
                Err(error) => return Err(error.into()),
            }
        }
        select::attach(device, members, stop.id)?;
    }
    Ok((engines, without))
}

/// Runs the command.
pub fn run(device: &Device, args: &CopyArgs, json: bool) -> Result<(), Failure> {
    let members = device.members()?;
    let path = std::iter::once(&args.from)
        .chain(&args.via)
        .chain(std::iter::once(&args.to))
        .map(|wanted| select::find(&members, wanted))
        .collect::<Result<Vec<_>, _>>()?;
    let Input {
        reader: mut input,
        length,
        identity,
    } = open_input(&args.input)?;
    let mut output = open_output(&args.output, identity)?;
    let by: By = args.by.into();
    let (engines, without) = attach(device, &members, &path, by)?;
    let buffers = (0..LANES)
        .map(|_| Buffers::new(device, &path, &engines))
        .collect::<Result<Vec<_>, _>>()?;
    let mut lanes = buffers
        .iter()
        .map(|buffers| Lane::new(device, buffers, &engines, by))
        .collect::<Result<Vec<_>, _>>()
        .map_err(|error| match error {
            mvgal::Error::NoEngine(reason) if by == By::Engine => {
                Failure::NoEngine { reason, without }
            }
            error => error.into(),
        })?;
    let reading = || Failure::io(format!("reading {}", args.input.display()));
    let bar = progress(length);
    let start = Instant::now();
    let (mut total, mut jobs) = (0_u64, 0_u64);
    let mut bytes = Vec::new();
    let mut at_end = false;
    // Lanes take turns; one is finished before it is used again.
    for turn in (0..LANES).cycle() {
        let lane = &mut lanes[turn];
        if lane.len != 0 {
            jobs += lane.finish(&mut bytes)?;
            output.write(&bytes)?;
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
                jobs += lane.submit(&bytes)?;
            }
        }
        if at_end && lanes.iter().all(|lane| lane.len == 0) {
            break;
        }
    }
    output.finish()?;
    bar.finish_and_clear();

    let time = start.elapsed();
    let hops = hops(&path, &lanes[0].routes);
    if json {
        let document = Document {
            schema: "mvgal.copy/1",
            path: path.iter().map(|stop| stop.id.get()).collect(),
            hops: &hops,
            bytes: total,
            jobs,
            nanoseconds: u64::try_from(time.as_nanos()).unwrap_or(u64::MAX),
        };
        if sink::is_stdout(&args.output) {
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
        for hop in &hops {
            let (from, to) = &hop.names;
            anstream::eprintln!("  {from} → {to}: {}, as {}", hop.how, hop.why);
        }
        Ok(())
    }
}

/// The hops, from the host over all stops and back.
fn hops(path: &[Chosen], routes: &[Route<'_>]) -> Vec<Hop> {
    let host = || (MemberId::HOST, "host".to_owned());
    let stops: Vec<_> = std::iter::once(host())
        .chain(path.iter().map(|stop| (stop.id, stop.name.clone())))
        .chain(std::iter::once(host()))
        .collect();
    stops
        .windows(2)
        .zip(routes)
        .map(|(pair, route)| Hop {
            from: pair[0].0.get(),
            to: pair[1].0.get(),
            way: route.way().name(),
            how: route.way().to_string(),
            why: route.why().to_string(),
            names: (pair[0].1.clone(), pair[1].1.clone()),
        })
        .collect()
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
        let stdin = io::stdin().lock();
        return Ok(Input {
            length: None,
            identity: sink::identity(&stdin),
            reader: Box::new(stdin),
        });
    }
    let failed = || Failure::io(format!("reading {}", path.display()));
    let file = File::open(path).map_err(failed())?;
    let metadata = file.metadata().map_err(failed())?;
    if metadata.is_dir() {
        return Err(failed()(Errno::EISDIR.into()));
    }
    Ok(Input {
        length: metadata.is_file().then_some(metadata.len()),
        identity: sink::identity(&file),
        reader: Box::new(file),
    })
}

/// Opens the output, unless it is the input.
fn open_output(path: &Path, input: Option<Identity>) -> Result<Sink, Failure> {
    let output = Sink::open(path)?;
    if input.is_some() && output.identity() == input {
        return Err(Failure::SameFile(path.to_owned()));
    }
    Ok(output)
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
        assert!(open_output(&path, None).is_ok());
        std::fs::remove_file(&path).unwrap();
    }

    #[test]
    fn a_missing_input_is_named() {
        let error = open_input(Path::new("/nonexistent/file")).err().unwrap();
        assert!(error.to_string().starts_with("reading /nonexistent/file: "));
    }

    #[test]
    fn a_directory_is_no_input() {
        let error = open_input(Path::new("/")).err().unwrap().to_string();
        assert!(error.starts_with("reading /: Is a directory"), "{error}");
    }
}

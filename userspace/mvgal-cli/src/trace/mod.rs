// SPDX-License-Identifier: MIT OR Apache-2.0

//! `mvgal trace`: records what the jobs of all clients do.

mod chrome;
mod events;
mod gantt;
mod tracefs;

use std::collections::BTreeMap;
use std::io::{self, IsTerminal};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, ExitStatus};
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use indicatif::{ProgressBar, ProgressStyle};
use nix::sys::signal::{SaFlags, SigAction, SigHandler, SigSet, Signal, kill, sigaction};
use nix::unistd::Pid;
use serde::Serialize;

use self::events::{Job, Record};
use self::tracefs::Instance;
use crate::cli::{Cli, TraceArgs};
use crate::failure::Failure;
use crate::output;
use crate::sink::Sink;

/// How long to wait for events at a time.
const SLICE: Duration = Duration::from_millis(100);

/// Set when the recording is to end.
static INTERRUPTED: AtomicBool = AtomicBool::new(false);

/// The document of `mvgal trace --json`.
#[derive(Serialize)]
struct Document {
    schema: &'static str,
    json: PathBuf,
    svg: PathBuf,
    events: u64,
    lost: u64,
    span_ns: u64,
    jobs: usize,
    unfinished: usize,
    members: Vec<MemberSummary>,
}

/// What a member did.
#[derive(Debug, Default, PartialEq, Serialize)]
struct MemberSummary {
    id: u32,
    name: String,
    ran: u64,
    failed: u64,
    cancelled: u64,
    busy_ns: u64,
    busy_percent: f64,
    longest_wait_ns: u64,
}

/// Runs the command.
pub fn run(cli: &Cli, args: &TraceArgs) -> Result<(), Failure> {
    let mut instance = Instance::new()?;
    // Before there is anything to lose.
    let (json, svg) = (with(&args.output, "json"), with(&args.output, "svg"));
    let (json_sink, svg_sink) = (Sink::open(&json)?, Sink::open(&svg)?);
    let names = names(cli);
    end_on_signals();
    let mut record = Record::default();
    let mut child = spawn(&args.command)?;
    let recorded = watch(&mut instance, args, &mut record, child.as_mut()).and_then(|end| {
        instance.stop()?;
        while instance.read(Duration::ZERO, |line| record.add(line))? {}
        drop(instance);
        let chrome = chrome::document(&record, &names);
        write(json_sink, &chrome.to_string())?;
        write(svg_sink, &gantt::document(&record, &names).to_string())?;
        let document = summary(&record, &names, json, svg);
        if cli.json {
            output::print_json(&document)?;
        } else {
            output::print(&text(&document))?;
        }
        Ok(end)
    });
    let status = match (recorded, child) {
        (Ok(End::Command(status)), _) => status,
        (Ok(End::Signal), Some(child)) => terminate(child)?,
        (Ok(End::Time), Some(child)) => {
            terminate(child)?;
            return Err(Failure::TimeLimit);
        }
        (Ok(_), None) => return Ok(()),
        (Err(failure), child) => {
            if let Some(child) = child {
                terminate(child)?;
            }
            return Err(failure);
        }
    };
    match status.success() {
        true => Ok(()),
        false => Err(Failure::Command(status)),
    }
}

/// Why a recording is over.
enum End {
    /// The command has ended.
    Command(ExitStatus),
    /// The time is up.
    Time,
    /// A signal has come.
    Signal,
}

fn spawn(command: &[String]) -> Result<Option<Child>, Failure> {
    let Some((program, arguments)) = command.split_first() else {
        return Ok(None);
    };
    let child = Command::new(program).args(arguments).spawn();
    let child = child.map_err(Failure::io(format!("cannot run {program}")))?;
    Ok(Some(child))
}

/// Asks a command to end, as perf-record(1) and timeout(1) do, and waits for it; a signal that
/// comes meanwhile has it killed.
fn terminate(mut child: Child) -> Result<ExitStatus, Failure> {
    let waiting = || Failure::io("waiting for the command");
    INTERRUPTED.store(false, Ordering::Relaxed);
    // It is not reaped, so that the id is its own; it may have ended, which is no loss.
    let _ = kill(Pid::from_raw(child.id().cast_signed()), Signal::SIGTERM);
    loop {
        if let Some(status) = child.try_wait().map_err(waiting())? {
            return Ok(status);
        }
        if INTERRUPTED.swap(false, Ordering::Relaxed) {
            child.kill().map_err(waiting())?;
        }
        std::thread::sleep(SLICE);
    }
}

/// Lets a signal end the recording and not the program, so that the instance is
/// removed and the files are written.
fn end_on_signals() {
    extern "C" fn interrupted(_: i32) {
        INTERRUPTED.store(true, Ordering::Relaxed);
    }
    let action = SigAction::new(
        SigHandler::Handler(interrupted),
        SaFlags::empty(),
        SigSet::empty(),
    );
    for signal in [Signal::SIGINT, Signal::SIGTERM, Signal::SIGHUP] {
        // SAFETY: The handler does nothing but a store to an atomic variable.
        let _ = unsafe { sigaction(signal, &action) };
    }
}

/// Records until the command or the time is over, or a signal comes.
fn watch(
    instance: &mut Instance,
    args: &TraceArgs,
    record: &mut Record,
    mut child: Option<&mut Child>,
) -> Result<End, Failure> {
    let progress = if io::stderr().is_terminal() {
        ProgressBar::new_spinner()
    } else {
        ProgressBar::hidden()
    };
    progress.set_style(
        ProgressStyle::with_template("{spinner} {elapsed_precise} {msg}")
            .unwrap_or_else(|_| ProgressStyle::default_spinner()),
    );
    let begin = Instant::now();
    let end = loop {
        instance.read(SLICE, |line| record.add(line))?;
        progress.set_message(format!("{} events; Ctrl-C ends", record.events));
        progress.tick();
        if let Some(child) = &mut child
            && let Some(status) = child
                .try_wait()
                .map_err(Failure::io("waiting for the command"))?
        {
            break End::Command(status);
        }
        if INTERRUPTED.load(Ordering::Relaxed) {
            break End::Signal;
        }
        if args.duration.is_some_and(|limit| begin.elapsed() >= limit) {
            break End::Time;
        }
    };
    progress.finish_and_clear();
    Ok(end)
}

/// What to call the members.
fn names(cli: &Cli) -> BTreeMap<u32, String> {
    let mut names = BTreeMap::from([(0, "host".to_owned())]);
    if let Ok(members) = cli.open().and_then(|device| Ok(device.members()?)) {
        for member in members.iter() {
            names.insert(member.id.get(), format!("{}-{}", member.driver, member.id));
        }
    }
    names
}

fn with(base: &Path, extension: &str) -> PathBuf {
    let mut name = base.as_os_str().to_owned();
    name.push(".");
    name.push(extension);
    name.into()
}

fn write(mut sink: Sink, text: &str) -> Result<(), Failure> {
    sink.write(text.as_bytes())?;
    sink.finish()
}

fn summary(
    record: &Record,
    names: &BTreeMap<u32, String>,
    json: PathBuf,
    svg: PathBuf,
) -> Document {
    let times = |job: &Job| {
        let first = job.submitted.or(job.ran.map(|(start, _)| start));
        let last = job.ran.map(|(_, end)| end).or(job.cancelled);
        (first.or(last), last.or(first))
    };
    let begin = record.jobs().filter_map(|job| times(job).0).min();
    let end = record.jobs().filter_map(|job| times(job).1).max();
    let span_ns = end.unwrap_or(0).saturating_sub(begin.unwrap_or(0));

    let mut members: BTreeMap<u32, MemberSummary> = BTreeMap::new();
    let mut unfinished = 0;
    for job in record.jobs() {
        let member = members.entry(job.member).or_insert_with(|| MemberSummary {
            id: job.member,
            name: names
                .get(&job.member)
                .cloned()
                .unwrap_or_else(|| format!("member {}", job.member)),
            ..Default::default()
        });
        match (job.ran, job.cancelled) {
            (Some((start, end)), _) => {
                member.ran += 1;
                member.failed += u64::from(job.error != 0);
                member.busy_ns += end.saturating_sub(start);
                let wait = start.saturating_sub(job.waiting_since().unwrap_or(start));
                member.longest_wait_ns = member.longest_wait_ns.max(wait);
            }
            (None, Some(_)) => member.cancelled += 1,
            (None, None) => unfinished += 1,
        }
    }
    for member in members.values_mut() {
        // Jobs in flight together count together, so that this may be more than 100.
        let percent = member.busy_ns as f64 * 100.0 / (span_ns.max(1) as f64);
        member.busy_percent = (percent * 10.0).round() / 10.0;
    }
    Document {
        schema: "mvgal.trace/1",
        json,
        svg,
        events: record.events,
        lost: record.lost,
        span_ns,
        jobs: record.jobs().count(),
        unfinished,
        members: members.into_values().collect(),
    }
}

fn text(document: &Document) -> String {
    let mut table = output::table(
        [
            "member",
            "ran",
            "failed",
            "cancelled",
            "busy",
            "longest wait",
        ],
        &[1, 2, 3, 4, 5],
    );
    for member in &document.members {
        table.add_row([
            member.name.clone(),
            member.ran.to_string(),
            member.failed.to_string(),
            member.cancelled.to_string(),
            format!("{:.1} %", member.busy_percent),
            format!("{:.3} ms", member.longest_wait_ns as f64 / 1e6),
        ]);
    }
    let mut text = if document.jobs == 0 {
        "no jobs were submitted or ran meanwhile\n".to_owned()
    } else {
        format!(
            "{}\n{} jobs in {:.3} ms, {} of them not over\n",
            output::lines(table),
            document.jobs,
            document.span_ns as f64 / 1e6,
            document.unfinished
        )
    };
    if document.lost != 0 {
        text += &format!(
            "{} events were lost: record for a shorter time\n",
            document.lost
        );
    }
    text += &format!(
        "written: {} (open it at ui.perfetto.dev or chrome://tracing), {}\n",
        document.json.display(),
        document.svg.display()
    );
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn summary_of_a_recording() {
        let names = BTreeMap::from([(0, "host".to_owned())]);
        let record = events::tests::record();
        let document = summary(&record, &names, "a.json".into(), "a.svg".into());
        insta::assert_snapshot!(text(&document));
        insta::assert_snapshot!(serde_json::to_string_pretty(&document).unwrap());
    }

    #[test]
    fn summary_of_nothing() {
        let record = Record::default();
        let document = summary(&record, &BTreeMap::new(), "a.json".into(), "a.svg".into());
        insta::assert_snapshot!(text(&document), @r"
        no jobs were submitted or ran meanwhile
        written: a.json (open it at ui.perfetto.dev or chrome://tracing), a.svg
        ");
    }

    #[test]
    fn names_of_files() {
        assert_eq!(with(Path::new("/x/a.b"), "svg"), Path::new("/x/a.b.svg"));
    }
}

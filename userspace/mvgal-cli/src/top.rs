// SPDX-License-Identifier: MIT OR Apache-2.0

//! `mvgal top`: the load by member, by priority and by client, live.

use std::collections::BTreeMap;
use std::fs;
use std::io::{self, IsTerminal};
use std::path::Path;
use std::thread::sleep;
use std::time::{Duration, Instant};

use mvgal::{Device, Members};
use serde::Serialize;

use crate::cli::TopArgs;
use crate::failure::Failure;
use crate::output;

/// How long the first look takes.
const FIRST_LOOK: Duration = Duration::from_millis(250);

/// The document of `mvgal top --json`.
#[derive(Debug, Serialize)]
struct Document {
    schema: &'static str,
    interval_ms: u64,
    members: Vec<MemberLoad>,
    levels: Vec<LevelLoad>,
    clients: Vec<ClientLoad>,
}

/// The load of a member.
#[derive(Debug, Serialize)]
struct MemberLoad {
    id: u32,
    name: String,
    busy_percent: f64,
    queued: u32,
    running: u32,
    jobs_per_second: f64,
}

/// The load of a priority, over the clients that are visible.
#[derive(Debug, PartialEq, Serialize)]
struct LevelLoad {
    priority: u32,
    waiting: u64,
    jobs_per_second: f64,
}

/// The load of a client.
#[derive(Debug, PartialEq, Serialize)]
struct ClientLoad {
    client: u64,
    pid: u32,
    command: String,
    busy_percent: BTreeMap<String, f64>,
    memory_kib: u64,
    waiting: u64,
    jobs_per_second: f64,
}

/// A client, by its fdinfo.
#[derive(Debug, Clone, Default, PartialEq)]
struct Client {
    pid: u32,
    command: String,
    engines: BTreeMap<String, u64>,
    memory_kib: u64,
    /// By priority: jobs that are not over, and how many are.
    levels: BTreeMap<u32, (u64, u64)>,
}

/// All there is at one time.
struct Look {
    at: Instant,
    members: Members,
    clients: BTreeMap<u64, Client>,
}

/// Runs the command.
pub fn run(device: &Device, args: &TopArgs, json: bool) -> Result<(), Failure> {
    let live = !json && !args.batch && io::stdout().is_terminal();
    let mut is_first = true;
    let mut before = look(device)?;
    let mut interval = FIRST_LOOK.min(args.delay);
    let mut left = args.iterations;
    loop {
        sleep(interval);
        let now = look(device)?;
        let document = compare(&before, &now);
        if json {
            output::write_json(io::stdout().lock(), &document, false)?;
        } else {
            let start = output::start_of_look(is_first, live);
            is_first = false;
            output::print(&format!("{start}{}", text(&document)))?;
        }
        left = left.map(|left| left.saturating_sub(1));
        if left == Some(0) {
            return Ok(());
        }
        before = now;
        interval = args.delay;
    }
}

fn look(device: &Device) -> Result<Look, Failure> {
    Ok(Look {
        at: Instant::now(),
        members: device.members()?,
        clients: clients(Path::new("/proc")),
    })
}

/// The clients of all processes that this user may look at. A client that
/// several have is counted once, and shown with the first of them.
fn clients(proc: &Path) -> BTreeMap<u64, Client> {
    let mut clients = BTreeMap::new();
    let processes = fs::read_dir(proc).into_iter().flatten().flatten();
    for process in processes {
        let Ok(pid) = process.file_name().to_string_lossy().parse::<u32>() else {
            continue;
        };
        // What ends meanwhile is left out, as what may not be read.
        let files = fs::read_dir(process.path().join("fdinfo")).into_iter();
        for file in files.flatten().flatten() {
            let Ok(text) = fs::read_to_string(file.path()) else {
                continue;
            };
            if let Some((id, client)) = parse(&text) {
                clients.entry(id).or_insert_with(|| Client {
                    pid,
                    command: fs::read_to_string(process.path().join("comm"))
                        .map(|comm| comm.trim_end().to_owned())
                        .unwrap_or_default(),
                    ..client
                });
            }
        }
    }
    clients
}

/// Reads a file of fdinfo; `None` if it is not of mvgal. What is not known is
/// skipped.
fn parse(text: &str) -> Option<(u64, Client)> {
    let lines = || {
        text.lines()
            .filter_map(|line| line.split_once(':'))
            .map(|(key, value)| (key, value.trim()))
    };
    if !lines().any(|line| line == ("drm-driver", "mvgal")) {
        return None;
    }
    let mut id = None;
    let mut client = Client::default();
    for (key, value) in lines() {
        let mut words = value.split_whitespace();
        let mut number = || words.next()?.parse::<u64>().ok();
        if key == "drm-client-id" {
            id = number();
        } else if let Some(engine) = key.strip_prefix("drm-engine-") {
            if let (Some(ns), false) = (number(), engine.starts_with("capacity-")) {
                client.engines.insert(engine.to_owned(), ns);
            }
        } else if key.starts_with("drm-total-") {
            let amount = number().unwrap_or(0);
            client.memory_kib += match words.next() {
                Some("KiB") => amount,
                Some("MiB") => amount << 10,
                Some("GiB") => amount << 20,
                _ => amount >> 10,
            };
        } else if let Some(level) = key.strip_prefix("mvgal-level-")
            && let (Ok(level), Some(waiting), Some(ended)) = (level.parse(), number(), number())
        {
            client.levels.insert(level, (waiting, ended));
        }
    }
    Some((id?, client))
}

fn tenths(value: f64) -> f64 {
    (value * 10.0).round() / 10.0
}

/// What happened between two looks.
fn compare(before: &Look, now: &Look) -> Document {
    let interval = now.at.duration_since(before.at);
    let ns = (interval.as_nanos() as f64).max(1.0);
    let percent = |from: u64, to: u64| tenths(to.saturating_sub(from) as f64 * 100.0 / ns);
    let rate = |from: u64, to: u64| tenths(to.saturating_sub(from) as f64 * 1e9 / ns);

    let members = now.members.iter().map(|member| {
        // What came meanwhile begins where it is.
        let old = before.members.get(member.id).unwrap_or(member);
        MemberLoad {
            id: member.id.get(),
            name: format!("{}-{}", member.driver, member.id),
            busy_percent: percent(old.busy_ns, member.busy_ns),
            queued: member.jobs_queued,
            running: member.jobs_running,
            jobs_per_second: rate(old.jobs_done, member.jobs_done),
        }
    });

    let mut levels: BTreeMap<u32, (u64, u64, u64)> = BTreeMap::new();
    let mut clients = Vec::new();
    for (id, client) in &now.clients {
        let old = before.clients.get(id).unwrap_or(client);
        let (mut waiting, mut from, mut to) = (0, 0, 0);
        for (level, (waits, ended)) in &client.levels {
            let before = old.levels.get(level).map_or(0, |(_, ended)| *ended);
            let sum = levels.entry(*level).or_default();
            *sum = (sum.0 + waits, sum.1 + before, sum.2 + ended);
            waiting += waits;
            from += before;
            to += ended;
        }
        clients.push(ClientLoad {
            client: *id,
            pid: client.pid,
            command: client.command.clone(),
            busy_percent: client
                .engines
                .iter()
                .map(|(name, ns)| {
                    let before = old.engines.get(name).copied().unwrap_or(0);
                    (name.clone(), percent(before, *ns))
                })
                .filter(|(_, percent)| *percent > 0.0)
                .collect(),
            memory_kib: client.memory_kib,
            waiting,
            jobs_per_second: rate(from, to),
        });
    }
    let busy = |client: &ClientLoad| client.busy_percent.values().sum::<f64>();
    clients.sort_by(|a, b| busy(b).total_cmp(&busy(a)).then(a.client.cmp(&b.client)));
    Document {
        schema: "mvgal.top/1",
        interval_ms: u64::try_from(interval.as_millis()).unwrap_or(u64::MAX),
        members: members.collect(),
        levels: levels
            .into_iter()
            .rev()
            .map(|(priority, (waiting, from, to))| LevelLoad {
                priority,
                waiting,
                jobs_per_second: rate(from, to),
            })
            .collect(),
        clients,
    }
}

fn text(document: &Document) -> String {
    let mut text = String::new();
    let mut table = output::table(
        ["member", "busy", "queued", "running", "jobs/s"],
        &[1, 2, 3, 4],
    );
    for member in &document.members {
        table.add_row([
            member.name.clone(),
            format!("{:.1} %", member.busy_percent),
            member.queued.to_string(),
            member.running.to_string(),
            format!("{:.1}", member.jobs_per_second),
        ]);
    }
    text += &format!("{}\n\n", output::lines(table));

    let mut table = output::table(["priority", "waiting", "jobs/s"], &[0, 1, 2]);
    for level in &document.levels {
        table.add_row([
            level.priority.to_string(),
            level.waiting.to_string(),
            format!("{:.1}", level.jobs_per_second),
        ]);
    }
    if !document.levels.is_empty() {
        text += &format!("{}\n\n", output::lines(table));
    }

    let mut table = output::table(
        [
            "client", "pid", "command", "waiting", "jobs/s", "memory", "busy",
        ],
        &[0, 1, 3, 4, 5],
    );
    for client in &document.clients {
        let busy: Vec<_> = client
            .busy_percent
            .iter()
            .map(|(name, percent)| format!("{name} {percent:.1} %"))
            .collect();
        table.add_row([
            client.client.to_string(),
            client.pid.to_string(),
            client.command.clone(),
            client.waiting.to_string(),
            format!("{:.1}", client.jobs_per_second),
            crate::units::bytes(client.memory_kib << 10),
            busy.join(", "),
        ]);
    }
    if document.clients.is_empty() {
        text += "no clients that this user may see\n";
    } else {
        text += &format!("{}\n", output::lines(table));
    }
    text
}

#[cfg(test)]
mod tests {
    use mvgal::sys;

    use super::*;

    const FDINFO: &str = "\
pos:	0
flags:	02100002
drm-driver:	mvgal
drm-client-id:	12
drm-pdev:	something
drm-total-memory:	16 KiB
drm-shared-memory:	0
drm-engine-capacity-host:	3
drm-engine-vgem-3:	1000000 ns
drm-engine-host:	250000000 ns
mvgal-level-5:	3 200
mvgal-level-11:	1 7
mvgal-level-x:	1 7
nonsense
";

    #[test]
    fn files() {
        let (id, client) = parse(FDINFO).unwrap();
        assert_eq!((id, client.memory_kib), (12, 16));
        assert_eq!(
            client.engines.into_iter().collect::<Vec<_>>(),
            [("host".into(), 250_000_000), ("vgem-3".into(), 1_000_000)]
        );
        assert_eq!(client.levels, BTreeMap::from([(5, (3, 200)), (11, (1, 7))]));
        assert_eq!(parse("drm-driver:\tamdgpu\ndrm-client-id:\t1\n"), None);
        assert_eq!(parse("drm-driver:\tmvgal\n"), None);
        assert_eq!(parse(""), None);
    }

    #[test]
    fn looks_are_compared() {
        let begin = Instant::now();
        let member = |busy_ns, jobs_done| {
            let mut raw = sys::drm_mvgal_device {
                id: 3,
                busy_ns,
                jobs_done,
                jobs_queued: 4,
                ..Default::default()
            };
            raw.driver[..4].copy_from_slice(b"vgem");
            Members::from_raw(1, &[raw])
        };
        let (_, mut client) = parse(FDINFO).unwrap();
        (client.pid, client.command) = (99, "game".into());
        let before = Look {
            at: begin,
            members: member(0, 0),
            clients: BTreeMap::from([(12, client.clone())]),
        };
        client.engines.insert("host".into(), 500_000_000);
        client.levels.insert(5, (2, 300));
        let new = Client {
            pid: 100,
            command: "new".into(),
            ..Client::default()
        };
        let now = Look {
            at: begin + Duration::from_millis(500),
            members: member(125_000_000, 50),
            clients: BTreeMap::from([(12, client), (13, new)]),
        };
        let document = compare(&before, &now);
        insta::assert_snapshot!(text(&document));
        insta::assert_snapshot!(serde_json::to_string_pretty(&document).unwrap());
        // At the same time nothing is divided by nothing.
        assert!(!text(&compare(&now, &now)).contains("NaN"));
    }
}

// SPDX-License-Identifier: MIT OR Apache-2.0

//! `mvgal demo`: work across all members, with every byte verified.

mod chain;
mod overtake;
mod pattern;
mod stage;
mod verify;
mod virgl;
mod work;

use mvgal::{Deadline, Device, MemberId};
use serde::Serialize;

use self::chain::Chain;
use self::overtake::{Overtaking, Race};
use self::stage::{COLOR, Stage};
use self::verify::Verified;
pub use self::verify::WrongByte;
use crate::cli::DemoArgs;
use crate::failure::Failure;
use crate::jobs::{self, Ran};
use crate::output;

/// The document of `mvgal demo --json`.
#[derive(Serialize)]
struct Document<'a> {
    schema: &'static str,
    device: String,
    seed: u64,
    members: Vec<MemberDocument<'a>>,
    chain: &'a [Ran],
    overtaking: OvertakingDocument<'a>,
    verified: VerifiedDocument<'a>,
}

#[derive(Serialize)]
struct MemberDocument<'a> {
    id: u32,
    name: &'a str,
    bus_address: &'a str,
    rendered: bool,
    /// Its own engine copies for it, as the kernel cannot.
    by_engine: bool,
    left_out: Option<&'a str>,
}

#[derive(Serialize)]
struct OvertakingDocument<'a> {
    jobs: &'a [Ran],
    dispatch_order: &'a [u32],
    in_priority_order: bool,
    attempts: u32,
}

#[derive(Serialize)]
struct VerifiedDocument<'a> {
    #[serde(flatten)]
    verified: Verified,
    wrong: u64,
    first_wrong: Option<&'a WrongByte>,
}

/// Runs the command.
pub fn run(device: &Device, args: &DemoArgs, json: bool) -> Result<(), Failure> {
    let columns = output::columns();
    let say = |text: &str| if json { Ok(()) } else { output::print(text) };
    let deadline = || Deadline::after(args.timeout);
    let levels = device.affinity()?.priority_ceiling.min(15) + 1;

    let mut stage = Stage::set(device)?;
    stage.render();
    say(&introduce(device, &stage))?;

    let mut rows: Vec<(MemberId, String)> = stage
        .stops
        .iter()
        .map(|stop| (stop.id, stop.name.clone()))
        .collect();
    let by_engine = stage.stops.iter().any(|stop| stop.engine.is_some());
    if by_engine && stage.stops.iter().all(|stop| stop.id.is_member()) {
        // What an engine copies, the CPU may have prepared in memory of the host.
        rows.push((MemberId::HOST, "host".to_owned()));
    }
    let chain = Chain::prepare(device, &stage, args.seed)?;
    let chained = chain.run(device, &mut stage, levels, deadline())?;
    say("\nA chain across all members and back; each job waits for the one before\n\n")?;
    say(&jobs::show(&rows, &chained, columns))?;

    let mut overtaking = Overtaking::prepare(device, &stage, args.seed)?;
    let race = overtaking.run(device, &stage, levels, args.timeout)?;
    say(&format!(
        "\nJobs of rising priority on {}, all held back by the first of them\n\n",
        rows[0].1
    ))?;
    say(&jobs::show(&rows[..1], &race.jobs, columns))?;
    say(&conclude(&race))?;

    let mut verified = Verified::default();
    let result = verify(
        device,
        &mut verified,
        &stage,
        &chain,
        &overtaking,
        deadline(),
    );
    let wrong = match &result {
        Err(Failure::Wrong(wrong)) => Some(wrong),
        _ => None,
    };
    if json && (result.is_ok() || wrong.is_some()) {
        output::print_json(&Document {
            schema: "mvgal.demo/1",
            device: device.path().display().to_string(),
            seed: args.seed,
            members: member_documents(&stage),
            chain: &chained,
            overtaking: OvertakingDocument {
                jobs: &race.jobs,
                dispatch_order: &race.order,
                in_priority_order: race.in_order(),
                attempts: race.attempts,
            },
            verified: VerifiedDocument {
                verified,
                wrong: wrong.map_or(0, |_| 1),
                first_wrong: wrong,
            },
        })?;
    }
    result?;
    say(&format!(
        "\nverified: {} bytes in {} buffers, 0 wrong\n",
        verified.bytes, verified.buffers
    ))
}

/// Compares all buffers; stops at the first wrong byte.
fn verify(
    device: &Device,
    verified: &mut Verified,
    stage: &Stage,
    chain: &Chain,
    overtaking: &Overtaking,
    deadline: Deadline,
) -> Result<(), Failure> {
    for picture in &stage.path {
        let engine = stage.stops[picture.stop].engine.as_ref();
        let bytes = (&picture.buffer, &picture.model);
        verified.check(device, &picture.name, bytes, engine, deadline)?;
    }
    let [source, target] = &overtaking.blocks;
    let others = [
        ("host, upload", &chain.upload.buffer, &chain.upload.model),
        ("race track", &overtaking.track.0, &overtaking.track.1),
        ("host, what the blocker reads", &source.0, &source.1),
        ("what the blocker writes", &target.0, &target.1),
    ];
    for (name, buffer, model) in others {
        verified.check(device, name, (buffer, model), None, deadline)?;
    }
    Ok(())
}

/// Who takes part, for people.
fn introduce(device: &Device, stage: &Stage) -> String {
    let members = stage
        .stops
        .iter()
        .filter(|stop| stop.id.is_member())
        .count();
    let mut text = format!(
        "{}: {members} member{} take{} part\n",
        device.path().display(),
        if members == 1 { "" } else { "s" },
        if members == 1 { "s" } else { "" }
    );
    if members == 0 {
        text += "  No member can be used: the host does all of it alone.\n";
    }
    for (index, stop) in stage.stops.iter().enumerate() {
        let color = format!("#{:02x}{:02x}{:02x}", COLOR.red, COLOR.green, COLOR.blue);
        let start = match (index, stage.rendered, &stop.render_failure) {
            (0, true, _) => format!("renders the first picture, {color}, by its own driver"),
            (0, false, Some(failure)) => {
                format!("fills the first picture, {color}: rendering failed, {failure}")
            }
            (0, false, None) => format!("fills the first picture, {color}: it has no 3-D"),
            _ if stop.engine.is_some() => {
                "by its own copy engine: the kernel cannot map its buffers".to_owned()
            }
            _ => String::new(),
        };
        text += format!("  {:<16} {:<14} {start}", stop.name, stop.bus_address).trim_end();
        text += "\n";
    }
    for member in &stage.left_out {
        text += &format!(
            "  {:<16} {:<14} left out: {}\n",
            format!("{} {}", member.id, member.driver),
            member.bus_address,
            member.reason
        );
    }
    text
}

/// What the race showed, for people.
fn conclude(race: &Race) -> String {
    let order: Vec<String> = race.order.iter().map(u32::to_string).collect();
    let verdict = match (race.in_order(), race.order.iter().max()) {
        (true, Some(highest)) => {
            format!("priority {highest} was submitted last and overtook all others")
        }
        _ => "not all in the order of priority".to_owned(),
    };
    let attempts = match race.attempts {
        1 => String::new(),
        attempts => format!(" (attempt {attempts})"),
    };
    format!(
        "Priorities in the order of dispatch: {}; {verdict}{attempts}.\n",
        order.join(" ")
    )
}

fn member_documents(stage: &Stage) -> Vec<MemberDocument<'_>> {
    let stops = stage
        .stops
        .iter()
        .enumerate()
        .map(|(index, stop)| MemberDocument {
            id: stop.id.get(),
            name: &stop.name,
            bus_address: &stop.bus_address,
            rendered: index == 0 && stage.rendered,
            by_engine: stop.engine.is_some(),
            left_out: None,
        });
    let left_out = stage.left_out.iter().map(|member| MemberDocument {
        id: member.id.get(),
        name: &member.driver,
        bus_address: &member.bus_address,
        rendered: false,
        by_engine: false,
        left_out: Some(&member.reason),
    });
    stops.chain(left_out).collect()
}

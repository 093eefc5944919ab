// SPDX-License-Identifier: MIT OR Apache-2.0

//! `mvgal info`: the members, what they are, what they can do, and the paths between
//! them.

mod details;
mod p2p;
mod priorities;
mod refusals;

use std::fmt::Write as _;

use comfy_table::Table;
use mvgal::{Capabilities, Device, Features, Member, MemberState, Members};
use serde::Serialize;

use self::details::Asked;
use crate::cli::InfoArgs;
use crate::failure::Failure;
use crate::{output, units};

/// The document of `mvgal info --json`.
#[derive(Serialize)]
struct Document<'a> {
    schema: &'static str,
    device: String,
    uapi_version: [u16; 2],
    generation: u64,
    tier: String,
    members: Vec<MemberDocument<'a>>,
    limits: Limits,
    p2p: Vec<P2pDocument>,
}

#[derive(Serialize)]
struct MemberDocument<'a> {
    id: u32,
    slot: u32,
    state: String,
    driver: &'a str,
    driver_version: [i32; 3],
    bus: String,
    bus_address: &'a str,
    nodes: Vec<String>,
    numa_node: Option<u32>,
    pci: Option<PciDocument>,
    link: Option<LinkDocument>,
    link_max: Option<LinkDocument>,
    bar_bytes: [u64; 6],
    features: Vec<String>,
    operations: String,
    refusals: Vec<refusals::Document>,
    context_priorities: Option<[i32; 16]>,
    details: Option<details::Document>,
    details_error: Option<String>,
}

#[derive(Serialize)]
struct PciDocument {
    vendor: u16,
    device: u16,
    subvendor: u16,
    subdevice: u16,
    class: u32,
    revision: u32,
}

#[derive(Serialize)]
struct LinkDocument {
    mega_transfers: u32,
    lanes: u32,
}

#[derive(Serialize)]
struct Limits {
    max_buffer_bytes: u64,
    max_members: u32,
    max_jobs_per_submit: u32,
    max_syncs_per_job: u32,
    max_jobs_per_client: u32,
    max_waits: u32,
    priority_levels: u32,
    priority_max_unprivileged: u32,
    max_passes: u32,
    max_job_timeout_ns: u64,
}

#[derive(Serialize)]
struct P2pDocument {
    exporter: u32,
    importer: u32,
    distance: Option<u32>,
    path: String,
    reach: String,
    reason: String,
    tried: bool,
    error: Option<i32>,
}

/// Runs the command.
pub fn run(device: &Device, args: &InfoArgs, json: bool) -> Result<(), Failure> {
    let members = device.members()?;
    let mut capabilities = device.capabilities()?;
    if args.r#try {
        let trial = p2p::try_all(device, &members, &capabilities.p2p);
        for failure in &trial.failures {
            eprintln!("mvgal: {failure}");
        }
        capabilities = device.capabilities()?;
        trial.tell(&mut capabilities.p2p);
    }
    let path = device.path().display().to_string();
    if args.p2p && !json {
        return output::print(&paths(&members, &capabilities));
    }
    let asked = details::ask(&members);
    if json {
        output::print_json(&document(path, &members, &asked, &capabilities))
    } else {
        output::print(&text(&path, &members, &asked, &capabilities))
    }
}

fn document<'a>(
    device: String,
    members: &'a Members,
    asked: &[Asked],
    capabilities: &Capabilities,
) -> Document<'a> {
    let (major, minor) = capabilities.uapi_version;
    Document {
        schema: "mvgal.info/1",
        device,
        uapi_version: [major, minor],
        generation: members.generation,
        tier: capabilities.tier.to_string(),
        members: members
            .iter()
            .zip(asked)
            .map(|(member, asked)| member_document(member, asked))
            .collect(),
        limits: Limits {
            max_buffer_bytes: capabilities.max_buffer_size,
            max_members: capabilities.max_members,
            max_jobs_per_submit: capabilities.max_jobs_per_submit,
            max_syncs_per_job: capabilities.max_syncs_per_job,
            max_jobs_per_client: capabilities.max_jobs_per_client,
            max_waits: capabilities.max_waits,
            priority_levels: capabilities.priority_levels,
            priority_max_unprivileged: capabilities.priority_max_unprivileged,
            max_passes: capabilities.max_passes,
            max_job_timeout_ns: u64::try_from(capabilities.max_job_timeout.as_nanos())
                .unwrap_or(u64::MAX),
        },
        p2p: capabilities
            .p2p
            .iter()
            .map(|pair| P2pDocument {
                exporter: pair.exporter.get(),
                importer: pair.importer.get(),
                distance: pair.distance,
                path: pair.path.to_string(),
                reach: pair.reach.to_string(),
                reason: p2p::reason(pair),
                tried: pair.tried,
                error: pair.error.map(|errno| errno as i32),
            })
            .collect(),
    }
}

fn member_document<'a>(member: &'a Member, asked: &Asked) -> MemberDocument<'a> {
    let (major, minor, patch) = member.driver_version;
    let link = |link: Option<(u32, u32)>| {
        link.map(|(mega_transfers, lanes)| LinkDocument {
            mega_transfers,
            lanes,
        })
    };
    MemberDocument {
        id: member.id.get(),
        slot: member.slot,
        state: member.state.to_string(),
        driver: &member.driver,
        driver_version: [major, minor, patch],
        bus: member.bus.to_string(),
        bus_address: &member.bus_address,
        nodes: nodes(member),
        numa_node: member.numa_node,
        pci: member.pci.map(|pci| PciDocument {
            vendor: pci.vendor,
            device: pci.device,
            subvendor: pci.subvendor,
            subdevice: pci.subdevice,
            class: pci.class,
            revision: pci.revision,
        }),
        link: link(member.link),
        link_max: link(member.link_max),
        bar_bytes: member.bar_size,
        features: member.features.names().map(str::to_lowercase).collect(),
        operations: member.operations.to_string(),
        refusals: refusals::document(member),
        context_priorities: member.context_priorities,
        details: asked.as_ref().ok().map(details::document),
        details_error: asked.as_ref().err().map(ToString::to_string),
    }
}

fn nodes(member: &Member) -> Vec<String> {
    member
        .node_paths()
        .iter()
        .map(|path| path.display().to_string())
        .collect()
}

fn text(device: &str, members: &Members, asked: &[Asked], capabilities: &Capabilities) -> String {
    let (major, minor) = capabilities.uapi_version;
    let mut text = format!(
        "{device}: UAPI {major}.{minor}, tier {}, {} member{}, generation {}\n",
        capabilities.tier,
        members.len(),
        if members.len() == 1 { "" } else { "s" },
        members.generation
    );
    if members.is_empty() {
        text +=
            "No member: no GPU driver is loaded. Jobs and buffers of the host work all the same.\n";
    } else {
        let _ = write!(
            text,
            "\nMembers\n{}\n",
            output::lines(members_table(members))
        );
        let _ = write!(
            text,
            "\nDetails, as the members' own drivers give them\n{}\n",
            output::lines(details::table(members, asked))
        );
        let _ = write!(
            text,
            "\nCapabilities\n{}\n",
            output::lines(features_table(members))
        );
        let _ = write!(
            text,
            "\nWhat members cannot do, and why\n{}\n",
            output::lines(refusals::table(members))
        );
    }
    if let Some(table) = priorities::table(members) {
        let _ = write!(
            text,
            "\nPriorities of contexts for native jobs, in the terms of their drivers\n{}\n",
            output::lines(table)
        );
    }
    if members.len() > 1 {
        let _ = write!(
            text,
            "\nPaths from the memory of a member (row) to another (column)\n{}\n",
            output::lines(p2p::matrix(members, &capabilities.p2p))
        );
    }
    let _ = write!(
        text,
        "\nLimits\n{}\n",
        output::lines(limits_table(capabilities))
    );
    text
}

/// Paths alone, with their reasons.
fn paths(members: &Members, capabilities: &Capabilities) -> String {
    if members.len() < 2 {
        return format!(
            "{} member{}: there is no pair that data could go between.\n",
            members.len(),
            if members.len() == 1 { "" } else { "s" }
        );
    }
    format!(
        "Paths from the memory of a member (row) to another (column)\n{}\n\n{}\n",
        output::lines(p2p::matrix(members, &capabilities.p2p)),
        output::lines(p2p::reasons(members, &capabilities.p2p))
    )
}

fn members_table(members: &Members) -> Table {
    let mut table = output::table(
        [
            "id",
            "driver",
            "address",
            "node",
            "pci",
            "numa",
            "link",
            "memory BARs",
        ],
        &[0, 5],
    );
    let dash = || "-".to_owned();
    for member in members {
        let (major, minor, patch) = member.driver_version;
        let bars: Vec<String> = member
            .bar_size
            .iter()
            .filter(|&&size| size != 0)
            .map(|&size| units::bytes(size))
            .collect();
        table.add_row([
            member.id.to_string(),
            format!(
                "{} {major}.{minor}.{patch}{}",
                member.driver,
                match member.state {
                    MemberState::Online => String::new(),
                    state => format!(" ({state})"),
                }
            ),
            member.bus_address.clone(),
            nodes(member)
                .first()
                .map_or_else(dash, |node| node.trim_start_matches("/dev/dri/").to_owned()),
            member.pci.map_or_else(dash, |pci| pci.to_string()),
            member.numa_node.map_or_else(dash, |node| node.to_string()),
            member.link.map_or_else(dash, |(speed, lanes)| {
                format!("x{lanes} {} GT/s", f64::from(speed) / 1000.0)
            }),
            if bars.is_empty() {
                dash()
            } else {
                bars.join(", ")
            },
        ]);
    }
    table
}

fn features_table(members: &Members) -> Table {
    let mut table = output::table([""], &[]);
    table.set_header(
        std::iter::once(String::new()).chain(members.iter().map(|member| member.id.to_string())),
    );
    for (name, feature) in Features::all().iter_names() {
        let marks = members.iter().map(|member| {
            if member.features.contains(feature) {
                "yes"
            } else {
                "-"
            }
            .to_owned()
        });
        table.add_row(std::iter::once(name.to_lowercase().replace('_', " ")).chain(marks));
    }
    table
}

fn limits_table(capabilities: &Capabilities) -> Table {
    let mut table = output::table(["limit", "value"], &[1]);
    let c = capabilities;
    for (name, value) in [
        ("largest buffer", units::bytes(c.max_buffer_size)),
        ("members", c.max_members.to_string()),
        ("jobs in a batch", c.max_jobs_per_submit.to_string()),
        (
            "syncs of a job, in and out each",
            c.max_syncs_per_job.to_string(),
        ),
        (
            "unfinished jobs of a client",
            c.max_jobs_per_client.to_string(),
        ),
        ("points in a wait", c.max_waits.to_string()),
        (
            "priorities",
            format!("0-{}", c.priority_levels.saturating_sub(1)),
        ),
        (
            "highest without CAP_SYS_NICE",
            c.priority_max_unprivileged.to_string(),
        ),
        ("jobs before a lower level runs", c.max_passes.to_string()),
        (
            "longest time-out of a job",
            format!("{} s", c.max_job_timeout.as_secs_f64()),
        ),
    ] {
        table.add_row([name.to_owned(), value]);
    }
    table
}

// SPDX-License-Identifier: MIT OR Apache-2.0

//! What `/proc/PID/fdinfo` says of a client.

use crate::client::Client;
use crate::client::PAGE;
use crate::client::text;
use crate::harness::suite;
use crate::job::Job;
use crate::job::report;
use crate::lab::Lab;
use crate::raw;
use crate::sys::*;
use std::collections::BTreeMap;

suite! {
    keys;
    numbers_differ;
    time_is_that_of_the_jobs;
    time_never_goes_back;
    levels;
    members;
}

/// The lines of a client, by key.
pub fn fdinfo(client: &Client) -> BTreeMap<String, String> {
    let path = format!("/proc/self/fdinfo/{}", client.number());
    let text = std::fs::read_to_string(&path).expect("fdinfo");
    let mut lines = BTreeMap::new();
    for line in text.lines() {
        let (key, value) = line
            .split_once(':')
            .unwrap_or_else(|| panic!("no key in {line:?}"));
        let again = lines.insert(key.to_owned(), value.trim().to_owned());
        assert_eq!(again, None, "{key} twice");
    }
    lines
}

/// The time of an engine, in ns.
#[track_caller]
fn engine(lines: &BTreeMap<String, String>, name: &str) -> u64 {
    let value = &lines[&format!("drm-engine-{name}")];
    let ns = value.strip_suffix(" ns").expect("the unit");
    ns.parse().expect("a number")
}

/// The jobs of a level: waiting, ended.
pub fn level(lines: &BTreeMap<String, String>, level: u32) -> (u32, u64) {
    let Some(value) = lines.get(&format!("mvgal-level-{level}")) else {
        return (0, 0);
    };
    let (waiting, ended) = value.split_once(' ').expect("two numbers");
    (
        waiting.parse().expect("waiting"),
        ended.parse().expect("ended"),
    )
}

fn keys(lab: &Lab) {
    let client = lab.attached();
    let buffer = client.alloc(HOST, 4 * PAGE);
    client.run(Job::fill(&buffer, 1));
    let lines = fdinfo(&client);
    assert_eq!(lines["drm-driver"], "mvgal");
    // The device that tools find it by.
    let device = format!("/sys/bus/platform/devices/{}", lines["drm-pdev"]);
    assert!(
        std::path::Path::new(&device).join("drm").exists(),
        "{device}"
    );
    lines["drm-client-id"]
        .parse::<u64>()
        .expect("drm-client-id");
    assert_eq!(lines["drm-total-memory"], "16 KiB", "{lines:?}");
    for key in lines.keys().filter(|key| key.starts_with("drm-")) {
        assert!(
            key.chars()
                .all(|c| c.is_ascii_alphanumeric() || c == '-' || c == '_'),
            "{key}"
        );
    }
}

fn numbers_differ(lab: &Lab) {
    let (one, two) = (lab.client(), lab.client());
    assert_ne!(fdinfo(&one)["drm-client-id"], fdinfo(&two)["drm-client-id"]);
}

fn time_is_that_of_the_jobs(lab: &Lab) {
    let client = lab.client();
    let buffer = client.alloc(HOST, 256 * PAGE);
    let reports = client.alloc(HOST, PAGE);
    assert_eq!(engine(&fdinfo(&client), "host"), 0);
    let mut sum = 0;
    for n in 0..8 {
        client.run(Job::fill(&buffer, n as u8).report(&reports, n));
        let told = report(&client, &reports, n);
        sum += told.finished_ns - told.started_ns;
        assert_eq!(engine(&fdinfo(&client), "host"), sum, "job {n}");
    }
    // A job that is not run takes none.
    let gate = (client.syncobj(), 1);
    let done = (client.syncobj(), 1);
    client.queue(vec![Job::fill(&buffer, 1).after(gate).signals(done)]);
    client.signal(gate, -5).expect("SIGNAL_FENCE");
    client.ended(done);
    assert_eq!(engine(&fdinfo(&client), "host"), sum);
}

fn time_never_goes_back(lab: &Lab) {
    let client = lab.attached();
    let buffer = client.alloc(HOST, 16 * PAGE);
    let line = client.syncobj();
    let mut last = BTreeMap::new();
    let mut submitted = 0;
    let until = raw::in_ms(700);
    while raw::now() < until {
        for member in lab.places() {
            submitted += 1;
            client.queue(vec![
                Job::fill(&buffer, 3).on(member).signals((line, submitted)),
            ]);
        }
        let lines = fdinfo(&client);
        for (key, value) in &lines {
            let Some(name) = key.strip_prefix("drm-engine-") else {
                continue;
            };
            let now = engine(&lines, name);
            let before = last.insert(key.clone(), now).unwrap_or(0);
            assert!(now >= before, "{key}: {value} after {before}");
        }
        if submitted % 40 == 0 {
            client.done((line, submitted));
        }
    }
    client.done((line, submitted));
    let lines = fdinfo(&client);
    assert!(engine(&lines, "host") > 0);
    assert_eq!(level(&lines, 0), (0, submitted));
}

fn levels(lab: &Lab) {
    let client = lab.client();
    let gate = (client.syncobj(), 1);
    let done = (client.syncobj(), 1);
    let jobs = (0..12).flat_map(|n| vec![Job::barrier().priority(n).after(gate); n as usize]);
    client.queue(jobs.collect());
    client.queue(vec![Job::barrier().after(gate).signals(done)]);
    let lines = fdinfo(&client);
    for n in 1..12 {
        assert_eq!(level(&lines, n), (n, 0));
    }
    assert!(!lines.contains_key("mvgal-level-12"));
    client.signal(gate, 0).expect("SIGNAL_FENCE");
    client.done(done);
    let until = raw::in_ms(60_000);
    while (1..12).any(|n| level(&fdinfo(&client), n) != (0, n.into())) {
        assert!(raw::now() < until, "{:?}", fdinfo(&client));
    }
}

fn members(lab: &Lab) {
    let client = lab.attached();
    let buffer = client.alloc(HOST, 64 * PAGE);
    for device in &lab.devices {
        let name = format!("{}-{}", text(&device.driver), device.id);
        assert_eq!(engine(&fdinfo(&client), &name), 0);
        client.run(Job::fill(&buffer, 1).on(device.id));
        let lines = fdinfo(&client);
        let busy = engine(&lines, &name);
        assert!(busy > 0, "{lines:?}");
        let (_, devices) = client.devices();
        let now = devices.iter().find(|d| d.id == device.id);
        assert!(now.expect("the member").busy_ns >= busy);
    }
}

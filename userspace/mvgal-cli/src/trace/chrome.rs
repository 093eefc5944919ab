// SPDX-License-Identifier: MIT OR Apache-2.0

//! A recording as a trace that Perfetto and Chrome show.

use std::collections::BTreeMap;

use serde_json::{Value, json};

use super::events::{Record, rows};

/// Rows of a member that get tracks of their own.
const ROWS: usize = 1000;

/// The document: a track for each row of a member, with the jobs that ran, and
/// their waits.
pub fn document(record: &Record, names: &BTreeMap<u32, String>) -> Value {
    let micros = |ns: u64| ns as f64 / 1000.0;
    let track =
        |member: u32, row: usize| u64::from(member) * ROWS as u64 + row.min(ROWS - 1) as u64;
    let mut events = vec![json!({
        "ph": "M", "pid": 1, "name": "process_name", "args": { "name": "mvgal" },
    })];
    let rows = rows(record.jobs());
    let mut tracks: Vec<(u32, usize)> = rows.iter().map(|(row, _)| *row).collect();
    tracks.sort_unstable();
    tracks.dedup();
    for (member, row) in tracks {
        let unknown = format!("member {member}");
        let name = names.get(&member).unwrap_or(&unknown);
        let name = match row {
            0 => name.clone(),
            _ => format!("{name} #{}", row + 1),
        };
        events.push(json!({
            "ph": "M", "pid": 1, "tid": track(member, row), "name": "thread_name",
            "args": { "name": name },
        }));
        events.push(json!({
            "ph": "M", "pid": 1, "tid": track(member, row), "name": "thread_sort_index",
            "args": { "sort_index": track(member, row) },
        }));
    }
    for ((member, row), job) in rows {
        let Some((start, end)) = job.ran else {
            continue;
        };
        let args = json!({
            "client": job.client, "job": job.job, "kind": job.kind, "priority": job.priority,
            "error": job.error,
        });
        if let Some(since) = job.waiting_since().filter(|since| *since < start) {
            for (phase, at) in [("b", since), ("e", start)] {
                events.push(json!({
                    "ph": phase, "pid": 1, "tid": track(member, row), "cat": "wait",
                    "id": job.job, "name": "waits for its turn", "ts": micros(at), "args": args,
                }));
            }
        }
        events.push(json!({
            "ph": "X", "pid": 1, "tid": track(member, row), "cat": "job",
            "name": format!("{} {}", job.kind, job.job), "ts": micros(start),
            "dur": micros(end.saturating_sub(start)), "args": args,
        }));
    }
    for job in record.jobs() {
        if let Some(at) = job.cancelled {
            events.push(json!({
                "ph": "i", "s": "p", "pid": 1, "tid": track(job.member, 0), "cat": "cancel",
                "name": format!("{} {} cancelled", job.kind, job.job), "ts": micros(at),
                "args": { "client": job.client, "job": job.job, "error": job.error },
            }));
        }
    }
    json!({ "displayTimeUnit": "ns", "traceEvents": events })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::trace::events::tests::record;

    #[test]
    fn recording() {
        let names = BTreeMap::from([(0, "host".to_owned()), (2, "amdgpu-2".to_owned())]);
        let document = document(&record(), &names);
        let events = document["traceEvents"].as_array().unwrap();
        let slices: Vec<_> = events.iter().filter(|e| e["ph"] == "X").collect();
        assert_eq!(slices.len(), 3);
        // Slices of a track do not overlap.
        for (one, two) in slices.iter().zip(&slices[1..]) {
            if one["tid"] == two["tid"] {
                let end = one["ts"].as_f64().unwrap() + one["dur"].as_f64().unwrap();
                assert!(end <= two["ts"].as_f64().unwrap());
            }
        }
        insta::assert_snapshot!(serde_json::to_string_pretty(&document).unwrap());
    }
}

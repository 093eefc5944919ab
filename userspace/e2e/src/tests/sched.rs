// SPDX-License-Identifier: MIT OR Apache-2.0

//! In which order and where jobs run, and what they report.

use crate::client::Buffer;
use crate::client::Client;
use crate::client::PAGE;
use crate::harness::suite;
use crate::job::Job;
use crate::job::report;
use crate::lab::Lab;
use crate::lab::Need;
use crate::lab::SW_SYNC;
use crate::lab::VGEM;
use crate::raw;
use crate::sys::*;
use crate::vendor::SwSync;
use std::os::fd::AsFd;

suite! {
    report_of_a_job [Need::Members(1)];
    report_of_waiting_job;
    report_anywhere;
    sequence_counts_over_members [Need::Members(2)];
    counters [VGEM];
    priority_order [SW_SYNC];
    priority_order_on_a_member [SW_SYNC, VGEM];
    submission_order_within_a_level [SW_SYNC];
    low_level_runs_under_a_flood [SW_SYNC];
    clients_are_served_in_turn [SW_SYNC];
    single_without_preference [Need::Members(2)];
    single_with_preference [Need::Members(2)];
    round_robin [Need::Members(2)];
    least_loaded [Need::Members(2)];
    locality [Need::Members(2)];
    locality_of_the_written [Need::Members(2)];
    weighted [Need::Members(3)];
    hybrid [Need::Members(2)];
    any_without_members;
    any_within_the_mask [Need::Members(2)];
}

fn report_of_a_job(lab: &Lab) {
    let client = lab.attached();
    let reports = client.alloc(HOST, PAGE);
    for (index, member) in lab.cpu_places().into_iter().enumerate() {
        let buffer = client.alloc(member, PAGE);
        let before = raw::now() as u64;
        client.run(Job::fill(&buffer, 1).on(member).report(&reports, index));
        let after = raw::now() as u64;
        let report = report(&client, &reports, index);
        assert_eq!((report.member, report.error), (member, 0), "{report:?}");
        assert_ne!(report.sequence, 0);
        let times = [
            before,
            report.submitted_ns,
            report.ready_ns,
            report.started_ns,
            report.finished_ns,
            after,
        ];
        assert!(
            times.is_sorted(),
            "before, times of the report, after: {times:?}"
        );
    }
}

fn report_of_waiting_job(lab: &Lab) {
    let client = lab.client();
    let (buffer, reports) = (client.alloc(HOST, PAGE), client.alloc(HOST, PAGE));
    let (gate, done) = ((client.syncobj(), 1), (client.syncobj(), 0));
    client.queue(vec![
        Job::fill(&buffer, 1)
            .after(gate)
            .signals(done)
            .report(&reports, 0),
    ]);
    let submitted = raw::now() as u64;
    client.pending(done);
    let release = raw::now() as u64;
    client.signal(gate, 0).expect("SIGNAL_FENCE");
    client.done(done);
    let report = report(&client, &reports, 0);
    assert!(report.submitted_ns <= submitted, "{report:?}");
    assert!(
        report.ready_ns >= release,
        "{report:?}, released at {release}"
    );
    assert!(report.started_ns >= report.ready_ns, "{report:?}");
    assert!(report.finished_ns >= report.started_ns, "{report:?}");
}

fn report_anywhere(lab: &Lab) {
    let client = lab.client();
    let (buffer, reports) = (client.alloc(HOST, PAGE), client.alloc(HOST, PAGE));
    let size = size_of::<drm_mvgal_job_report>() as u64;
    for offset in [0, 8, 1000, PAGE - size] {
        let map = client.map(&reports);
        map.write_at(0, &[0x55; PAGE as usize]);
        let mut job = Job::fill(&buffer, 1).report(&reports, 0);
        job.raw.report_offset = offset;
        client.run(job);
        let bytes = map.read();
        let (start, end) = (offset as usize, (offset + size) as usize);
        assert!(bytes[..start].iter().all(|b| *b == 0x55), "bytes before it");
        assert!(bytes[end..].iter().all(|b| *b == 0x55), "bytes behind it");
        let report: drm_mvgal_job_report = raw::from_bytes(&bytes[start..end]);
        assert_ne!(report.finished_ns, 0);
    }
}

fn sequence_counts_over_members(lab: &Lab) {
    let client = lab.attached();
    let (buffer, reports) = (client.alloc(HOST, PAGE), client.alloc(HOST, PAGE));
    let mut last = 0;
    for round in 0..3 {
        for member in lab.places() {
            client.run(Job::fill(&buffer, round).on(member).report(&reports, 0));
            let sequence = report(&client, &reports, 0).sequence;
            assert!(sequence > last, "{sequence} after {last}");
            last = sequence;
        }
    }
}

fn counters(lab: &Lab) {
    let vgem = lab.member("vgem");
    let (client, _node) = lab.with(vgem);
    let of = |client: &Client| {
        let devices = client.devices().1;
        *devices.iter().find(|d| d.id == vgem.id).expect("vgem")
    };
    let before = of(&client);
    let buffer = client.alloc(vgem.id, 1 << 20);
    for _ in 0..10 {
        client.run(Job::fill(&buffer, 1).on(vgem.id));
    }
    let begin = raw::now();
    while of(&client).jobs_done < before.jobs_done + 10 {
        assert!(raw::now() - begin < 5_000_000_000, "{:?}", of(&client));
    }
    let after = of(&client);
    assert_eq!(after.jobs_done, before.jobs_done + 10);
    assert!(after.busy_ns > before.busy_ns);
    // A job that others keep waiting is queued somewhere, and gone when it ends.
    let gate = (client.syncobj(), 1);
    let done = (client.syncobj(), 0);
    client.queue(vec![
        Job::fill(&buffer, 1).on(vgem.id).after(gate).signals(done),
    ]);
    client.signal(gate, 0).expect("SIGNAL_FENCE");
    client.done(done);
    while of(&client).jobs_queued + of(&client).jobs_running > 0 {
        assert!(raw::now() - begin < 10_000_000_000, "{:?}", of(&client));
    }
}

/// Jobs that keep a member busy for a while, before all others of their level.
fn blockers(client: &Client, count: usize) -> Vec<Job> {
    let large = client.alloc(HOST, 16 << 20);
    vec![Job::fill(&large, 1).priority(15); count]
}

/// Releases jobs while large ones keep the member busy, so that they are all
/// ready before the first is picked, and returns the sequence of each.
fn sequences(client: &Client, member: u32, jobs: &[Job]) -> Vec<u64> {
    for count in [1, 2, 4, 8] {
        let mut batch = blockers(client, count);
        batch.extend(jobs.iter().cloned());
        let all = batch.len();
        let size = size_of::<drm_mvgal_job_report>() * all;
        let reports = client.alloc(HOST, size as u64);
        let mut sw = SwSync::new();
        // All jobs that wait for a fence are ready at the same time, whatever else the machine does.
        let gate = client.point_of(sw.fence().as_fd());
        let line = client.syncobj();
        let batch = batch.into_iter().enumerate().map(|(index, job)| {
            job.on(member)
                .after(gate)
                .signals((line, index as u64 + 1))
                .report(&reports, index)
        });
        client.queue(batch.collect());
        sw.signal();
        client.done((line, all as u64));
        let reports: Vec<_> = (0..all).map(|n| report(client, &reports, n)).collect();
        let (large, rest) = reports.split_at(count);
        if rest
            .iter()
            .all(|r| r.ready_ns < large[count - 1].finished_ns)
        {
            let last = large[count - 1].sequence;
            assert!(rest.iter().all(|r| r.sequence > last), "large ones first");
            return rest.iter().map(|r| r.sequence).collect();
        }
    }
    panic!("the member is never busy long enough");
}

fn by_priority(client: &Client, member: u32, buffer: &Buffer) {
    let order = [3, 0, 11, 7, 15, 1, 14, 4, 8, 2, 13, 6, 9, 5, 12, 10];
    let jobs = order.map(|priority| Job::fill(buffer, 1).priority(priority));
    let found = sequences(client, member, &jobs);
    let mut ran: Vec<_> = order.iter().zip(&found).collect();
    ran.sort_by_key(|(_, sequence)| **sequence);
    let ran: Vec<_> = ran.into_iter().map(|(priority, _)| *priority).collect();
    let wanted: Vec<_> = (0..16).rev().collect();
    assert_eq!(ran, wanted, "priorities in the order of dispatch");
}

fn priority_order(lab: &Lab) {
    let client = lab.client();
    let buffer = client.alloc(HOST, PAGE);
    by_priority(&client, HOST, &buffer);
}

fn priority_order_on_a_member(lab: &Lab) {
    let vgem = lab.member("vgem");
    let (client, _node) = lab.with(vgem);
    let buffer = client.alloc(vgem.id, PAGE);
    by_priority(&client, vgem.id, &buffer);
}

fn submission_order_within_a_level(lab: &Lab) {
    let client = lab.client();
    let buffer = client.alloc(HOST, PAGE);
    for level in [0, 15] {
        let jobs = vec![Job::fill(&buffer, 1).priority(level); 40];
        let found = sequences(&client, HOST, &jobs);
        assert!(found.is_sorted(), "level {level}: {found:?}");
    }
}

fn low_level_runs_under_a_flood(lab: &Lab) {
    let client = lab.client();
    let buffer = client.alloc(HOST, PAGE);
    let max_passes = u64::from(lab.caps.max_passes);
    let flood = 3 * max_passes as usize;
    let mut jobs = vec![Job::fill(&buffer, 1).priority(0)];
    jobs.extend(vec![Job::fill(&buffer, 1).priority(15); flood]);
    let found = sequences(&client, HOST, &jobs);
    let before = found[1..].iter().filter(|other| **other < found[0]);
    let passed = before.count() as u64;
    assert!(passed <= max_passes, "passed over {passed} times");
    assert!(passed > 0, "level 15 goes first");
}

fn clients_are_served_in_turn(lab: &Lab) {
    let (greedy, modest) = (lab.client(), lab.client());
    let mut sw = SwSync::new();
    let fence = sw.fence();
    let queue = |client: &Client, mut jobs: Vec<Job>, count: usize| {
        let large = jobs.len();
        let (buffer, reports) = (client.alloc(HOST, 256 << 10), client.alloc(HOST, 4 * PAGE));
        let (gate, line) = (client.point_of(fence.as_fd()), client.syncobj());
        jobs.extend(vec![Job::fill(&buffer, 1); count]);
        let jobs = jobs.into_iter().enumerate().map(|(index, job)| {
            let job = job.after(gate).signals((line, index as u64 + 1));
            job.report(&reports, index)
        });
        client.queue(jobs.collect());
        move |client: &Client| {
            client.done((line, (large + count) as u64));
            let one = |index| report(client, &reports, large + index).sequence;
            (0..count).map(one).collect::<Vec<_>>()
        }
    };
    // The greedy client comes first and has ten times the work.
    let theirs = queue(&greedy, blockers(&greedy, 6), 200);
    let ours = queue(&modest, Vec::new(), 20);
    sw.signal();
    let last = *ours(&modest).iter().max().expect("20 jobs");
    let ahead = theirs(&greedy)
        .iter()
        .filter(|other| **other < last)
        .count();
    assert!(
        ahead < 100,
        "{ahead} of 200 jobs of the other client went ahead of 20"
    );
}

/// Where `count` ANY jobs go, run one after another.
fn placed(client: &Client, buffer: &Buffer, count: usize) -> Vec<u32> {
    let reports = client.alloc(HOST, PAGE);
    let one = |_| {
        client.run(Job::fill(buffer, 1).on(ANY).report(&reports, 0));
        report(client, &reports, 0).member
    };
    (0..count).map(one).collect()
}

/// Ids of all members by slot.
fn by_slot(lab: &Lab) -> Vec<u32> {
    let mut devices = lab.devices.clone();
    devices.sort_by_key(|d| d.slot);
    devices.iter().map(|d| d.id).collect()
}

/// Those of them whose memory COPY and FILL reach.
fn by_slot_reached(lab: &Lab) -> Vec<u32> {
    let (mut ids, reached) = (by_slot(lab), lab.cpu_places());
    ids.retain(|id| reached.contains(id));
    ids
}

fn single_without_preference(lab: &Lab) {
    let client = lab.attached();
    let buffer = client.alloc(HOST, PAGE);
    assert_eq!(placed(&client, &buffer, 3), [by_slot(lab)[0]; 3]);
}

fn single_with_preference(lab: &Lab) {
    let client = lab.attached();
    let buffer = client.alloc(HOST, PAGE);
    for id in by_slot(lab) {
        client.set_preferred(id).expect("preferred");
        assert_eq!(placed(&client, &buffer, 2), [id; 2]);
    }
}

fn round_robin(lab: &Lab) {
    let client = lab.attached();
    client
        .set_policy(DRM_MVGAL_POLICY_ROUND_ROBIN)
        .expect("policy");
    let buffer = client.alloc(HOST, PAGE);
    let ids = by_slot(lab);
    let found = placed(&client, &buffer, 2 * ids.len() + 1);
    let first = ids.iter().position(|id| *id == found[0]).expect("a member");
    let wanted = ids.iter().cycle().skip(first).take(found.len());
    assert!(found.iter().eq(wanted), "{found:?} of {ids:?}");
}

fn least_loaded(lab: &Lab) {
    let client = lab.attached();
    client
        .set_policy(DRM_MVGAL_POLICY_LEAST_LOADED)
        .expect("policy");
    let ids = by_slot(lab);
    let small = client.alloc(HOST, PAGE);
    // With nothing to do anywhere, the lowest slot.
    crate::raw::sleep_ms(100);
    assert_eq!(placed(&client, &small, 1), [ids[0]]);
    // With jobs on all members but one, that one.
    for idle in &ids {
        let gate = (client.syncobj(), 1);
        let others: Vec<_> = ids.iter().filter(|id| *id != idle).collect();
        let jobs = others
            .iter()
            .map(|id| Job::fill(&small, 1).on(**id).after(gate));
        client.queue(jobs.collect());
        let devices = client.devices().1;
        for device in devices.iter().filter(|d| others.contains(&&d.id)) {
            assert_ne!(device.jobs_queued, 0, "member {}", device.id);
        }
        assert_eq!(placed(&client, &small, 3), [*idle; 3], "the idle member");
        client.signal(gate, 0).expect("SIGNAL_FENCE");
        while client
            .devices()
            .1
            .iter()
            .any(|d| d.jobs_queued + d.jobs_running > 0)
        {
            raw::sleep_ms(5);
        }
    }
}

fn locality(lab: &Lab) {
    let client = lab.attached();
    client
        .set_policy(DRM_MVGAL_POLICY_LOCALITY)
        .expect("policy");
    for id in by_slot_reached(lab) {
        let buffer = client.alloc(id, PAGE);
        assert_eq!(placed(&client, &buffer, 2), [id; 2]);
    }
}

fn weighted(lab: &Lab) {
    let client = lab.attached();
    let buffer = client.alloc(HOST, PAGE);
    let ids = by_slot(lab);
    let weights = [30, 10, 20];
    let ops: Vec<_> = ids
        .iter()
        .zip(weights)
        .map(|(member, weight)| drm_mvgal_member_op {
            member: *member,
            op: DRM_MVGAL_MEMBER_WEIGHT,
            fd: -1,
            weight,
            ..Default::default()
        })
        .collect();
    let mask = lab.devices.iter().filter(|d| ids[..3].contains(&d.id));
    let arg = drm_mvgal_set_gpu_affinity {
        flags: DRM_MVGAL_AFFINITY_MASK | DRM_MVGAL_AFFINITY_POLICY,
        allowed_mask: mask.fold(0, |mask, d| mask | 1 << d.slot),
        policy: DRM_MVGAL_POLICY_WEIGHTED,
        ..Default::default()
    };
    client.affinity(&ops, arg).expect("weights");
    for _ in 0..2 {
        let found = placed(&client, &buffer, 12);
        let order = [0, 2, 0, 1, 2, 0].map(|n| ids[n]);
        assert_eq!(found, [order, order].concat());
    }
}

fn hybrid(lab: &Lab) {
    let client = lab.attached();
    let ids = by_slot(lab);
    let mask = lab.devices.iter().fold(0, |mask, d| mask | 1 << d.slot);
    let weigh = |weight: u32| {
        let op = |id: &u32| drm_mvgal_member_op {
            member: *id,
            op: DRM_MVGAL_MEMBER_WEIGHT,
            fd: -1,
            weight,
            ..Default::default()
        };
        let ops: Vec<_> = ids.iter().map(op).collect();
        let arg = drm_mvgal_set_gpu_affinity {
            flags: DRM_MVGAL_AFFINITY_MASK | DRM_MVGAL_AFFINITY_POLICY,
            allowed_mask: mask,
            policy: DRM_MVGAL_POLICY_HYBRID,
            ..Default::default()
        };
        client.affinity(&ops, arg).expect("weights");
    };
    let small = client.alloc(HOST, PAGE);
    for id in &ids {
        client.run(Job::fill(&small, 1).on(*id));
    }
    for id in &by_slot_reached(lab) {
        // Of which the jobs fill one page.
        let buffer = Buffer {
            size: PAGE,
            ..client.alloc(*id, 16 << 20)
        };
        // With nothing to do anywhere, the bytes decide: 4 ms, as against a hundredth of the time
        // of a job. That differs between members by what else the machine did while they ran one.
        weigh(DRM_MVGAL_WEIGHT_MAX);
        assert_eq!(placed(&client, &buffer, 1), [*id], "where the bytes are");
        // And so does what is queued, if there is enough of it.
        weigh(1);
        let gate = (client.syncobj(), 1);
        let jobs = (0..100).map(|_| Job::fill(&small, 1).on(*id).after(gate));
        client.queue(jobs.collect());
        assert_ne!(
            placed(&client, &buffer, 1),
            [*id],
            "in spite of what is queued"
        );
        client.signal(gate, 0).expect("SIGNAL_FENCE");
        while client.devices().1.iter().any(|d| d.jobs_queued > 0) {
            raw::sleep_ms(5);
        }
    }
}

fn locality_of_the_written(lab: &Lab) {
    let client = lab.attached();
    client
        .set_policy(DRM_MVGAL_POLICY_LOCALITY)
        .expect("policy");
    let reports = client.alloc(HOST, PAGE);
    let ids = by_slot_reached(lab);
    for pair in ids.windows(2) {
        for (from, to) in [(pair[0], pair[1]), (pair[1], pair[0])] {
            let (src, dst) = (client.alloc(from, PAGE), client.alloc(to, PAGE));
            client.run(Job::copy(&src, &dst).on(ANY).report(&reports, 0));
            assert_eq!(report(&client, &reports, 0).member, to, "what is written");
            let dst = client.alloc(HOST, PAGE);
            client.run(Job::copy(&src, &dst).on(ANY).report(&reports, 0));
            assert_eq!(report(&client, &reports, 0).member, from, "what is read");
        }
    }
}

fn any_without_members(lab: &Lab) {
    let client = lab.client();
    let buffer = client.alloc(HOST, PAGE);
    for policy in 0..4 {
        client.set_policy(policy).expect("policy");
        assert_eq!(placed(&client, &buffer, 1), [HOST]);
    }
}

fn any_within_the_mask(lab: &Lab) {
    let client = lab.attached();
    let buffer = client.alloc(HOST, PAGE);
    for device in &lab.devices {
        client.set_mask(1 << device.slot).expect("mask");
        for policy in 0..4 {
            client.set_policy(policy).expect("policy");
            assert_eq!(placed(&client, &buffer, 2), [device.id; 2]);
        }
    }
}

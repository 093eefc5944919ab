// SPDX-License-Identifier: MIT OR Apache-2.0

//! REPLICATED buffers and REPLICATE jobs: copies on several members that stay the same.

use crate::check::noise;
use crate::check::refused;
use crate::check::same;
use crate::client::Buffer;
use crate::client::PAGE;
use crate::client::text;
use crate::harness::suite;
use crate::job::Job;
use crate::job::traffic;
use crate::lab::Attached;
use crate::lab::Lab;
use crate::lab::Need;
use crate::lab::VGEM;
use crate::lab::VKMS;
use crate::raw::Map;
use crate::raw::inode;
use crate::sys::*;
use nix::errno::Errno;
use std::os::fd::AsFd;

suite! {
    one_on_each_member [Need::Members(2)];
    zero_at_first [Need::Members(2)];
    jobs_write_to_all [Need::Members(2)];
    rows_of_jobs [VGEM, VKMS];
    writers_at_the_same_time [VGEM, VKMS] in 60;
    each_reads_its_own [VGEM, VKMS];
    replicate_from_each [Need::Members(2)];
    replicate_rows [VGEM, VKMS];
    replicate_alone [VGEM];
    replicate_bad [VGEM, VKMS];
    between_replicated_buffers [VGEM, VKMS];
    ordered_implicitly [VGEM, VKMS];
    images [VGEM, VKMS];
    persistent [VGEM, VKMS];
    what_jobs_moved [VGEM, VKMS];
    what_failed_jobs_moved [VGEM];
    reports [VGEM];
    flags_that_do_not_go_together [VGEM];
    a_copy_imported_is_that_copy [VGEM, VKMS];
}

const REPLICATED: u32 =
    DRM_MVGAL_BUFFER_REPLICATED | DRM_MVGAL_BUFFER_HOST_VALID | DRM_MVGAL_BUFFER_DMA_BUF;

/// Drivers that have no copies: their memory cannot be mapped into the kernel.
const WITHOUT: [&str; 1] = ["xe"];

/// A client that may use all members that can have copies, and their ids.
fn client(lab: &Lab) -> (Attached, Vec<u32>) {
    let client = lab.attached();
    let able = |device: &&drm_mvgal_device| !WITHOUT.contains(&text(&device.driver).as_str());
    let devices = || lab.devices.iter().filter(able);
    let mask = devices().fold(0, |mask, device| mask | 1 << device.slot);
    client.set_mask(mask).expect("mask");
    (client, devices().map(|device| device.id).collect())
}

/// What a member or the host sees of a buffer.
fn view(client: &Attached, buffer: &Buffer, member: u32) -> Map {
    if member == HOST {
        return client.map(buffer);
    }
    let exported = client.export_to(buffer, member);
    assert_eq!(exported.home, member);
    exported.map(buffer.size)
}

/// Checks that all that see a buffer see the same.
#[track_caller]
fn coherent(client: &Attached, buffer: &Buffer, members: &[u32], wanted: &[u8]) {
    same(&client.map(buffer).read(), wanted, "the buffer");
    for member in members {
        let found = view(client, buffer, *member).read();
        same(&found, wanted, &format!("the copy of member {member}"));
    }
}

fn one_on_each_member(lab: &Lab) {
    let (client, members) = client(lab);
    let homes = std::iter::once(HOST).chain(members.iter().copied());
    for home in homes.chain([ANY]) {
        let buffer = client
            .alloc_flags(home, 2 * PAGE, REPLICATED)
            .unwrap_or_else(|error| panic!("ALLOC_MEMORY on {home}: {error}"));
        assert!(home == ANY || buffer.member == home);
        let plain = client.export(buffer.handle).expect("EXPORT_DMABUF");
        let mut seen = vec![inode(plain.as_fd())];
        for member in &members {
            let exported = client.export_to(&buffer, *member);
            assert_eq!(exported.home, *member);
            if *member == buffer.member {
                assert_eq!(exported.reach, DRM_MVGAL_REACH_OWN);
                assert_eq!(inode(exported.fd.as_fd()), seen[0]);
                continue;
            }
            assert_eq!(exported.reach, DRM_MVGAL_REACH_COPY);
            seen.push(inode(exported.fd.as_fd()));
            // The member's driver knows it as its own.
            client.imports(*member, &exported);
        }
        let all = seen.len();
        seen.sort_unstable();
        seen.dedup();
        assert_eq!(seen.len(), all, "one memory each");
        client.free(buffer.handle).expect("FREE_MEMORY");
    }
}

fn zero_at_first(lab: &Lab) {
    let (client, members) = client(lab);
    let buffer = client.alloc_flags(HOST, 3 * PAGE, REPLICATED);
    let buffer = buffer.expect("ALLOC_MEMORY");
    coherent(&client, &buffer, &members, &vec![0; buffer.size as usize]);
}

fn jobs_write_to_all(lab: &Lab) {
    let (client, members) = client(lab);
    let size = 19 * PAGE;
    let buffer = client.alloc_flags(HOST, size, REPLICATED);
    let buffer = buffer.expect("ALLOC_MEMORY");
    let source = client.alloc(HOST, size);
    for (round, member) in members.iter().copied().chain([HOST]).enumerate() {
        let data = noise(size as usize, round as u64);
        client.map(&source).write_at(0, &data);
        client.run(Job::copy(&source, &buffer).on(member));
        coherent(&client, &buffer, &members, &data);
        client.run(Job::fill(&buffer, round as u8 + 1).on(member));
        let filled = vec![round as u8 + 1; size as usize];
        coherent(&client, &buffer, &members, &filled);
    }
}

fn rows_of_jobs(lab: &Lab) {
    let (client, members) = client(lab);
    let size = 4 * PAGE as usize;
    let buffer = client.alloc_flags(HOST, 4 * PAGE, REPLICATED);
    let buffer = buffer.expect("ALLOC_MEMORY");
    let source = client.alloc(HOST, 4 * PAGE);
    let data = noise(size, 5);
    client.map(&source).write_at(0, &data);
    client.run(
        Job::copy_with(drm_mvgal_copy {
            src: source.handle,
            dst: buffer.handle,
            src_offset: 3,
            dst_offset: 17,
            width: 101,
            height: 13,
            src_pitch: 203,
            dst_pitch: 307,
            ..Default::default()
        })
        .on(members[0]),
    );
    let mut wanted = vec![0; size];
    for row in 0..13 {
        wanted[17 + row * 307..][..101].copy_from_slice(&data[3 + row * 203..][..101]);
    }
    coherent(&client, &buffer, &members, &wanted);
}

/// Jobs on different members write to bytes that are next to each other.
fn writers_at_the_same_time(lab: &Lab) {
    let (client, members) = client(lab);
    let size = 8 * PAGE;
    let buffer = client.alloc_flags(HOST, size, REPLICATED);
    let buffer = buffer.expect("ALLOC_MEMORY");
    let timeline = client.syncobj();
    let mut point = 0;
    let mut wanted = vec![0; size as usize];
    let count = members.len() as u64;
    // Each has every count-th byte of each row.
    for round in 0..8_u64 {
        let mut jobs = Vec::new();
        for (index, member) in members.iter().enumerate() {
            point += 1;
            let byte = (round * count + index as u64) as u8;
            jobs.push(
                Job::fill_with(drm_mvgal_fill {
                    dst: buffer.handle,
                    pattern_size: 1,
                    pattern: byte.into(),
                    offset: index as u64,
                    width: 1,
                    height: (size / count) as u32,
                    pitch: count as u32,
                })
                .on(*member)
                .signals((timeline, point)),
            );
            for at in 0..size / count {
                wanted[(at * count) as usize + index] = byte;
            }
        }
        client.queue(jobs);
        for waited in point - count + 1..=point {
            client.done((timeline, waited));
        }
        coherent(&client, &buffer, &members, &wanted);
    }
}

fn each_reads_its_own(lab: &Lab) {
    let (client, members) = client(lab);
    let buffer = client.alloc_flags(HOST, PAGE, REPLICATED);
    let buffer = buffer.expect("ALLOC_MEMORY");
    let places = || std::iter::once(HOST).chain(members.iter().copied());
    // Behind the back of mvgal, so that they differ.
    for place in places() {
        view(&client, &buffer, place).write_at(0, &[place as u8 + 1; 16]);
    }
    let read = client.alloc(HOST, PAGE);
    for place in places() {
        client.run(Job::copy(&buffer, &read).on(place));
        let what = format!("what a job on {place} reads");
        same(
            &client.map(&read).read_at(0, 16),
            &[place as u8 + 1; 16],
            &what,
        );
    }
}

fn replicate_from_each(lab: &Lab) {
    let (client, members) = client(lab);
    let size = (1 << 20) + PAGE;
    let buffer = client.alloc_flags(HOST, size, REPLICATED);
    let buffer = buffer.expect("ALLOC_MEMORY");
    for (round, place) in members.iter().copied().chain([HOST]).enumerate() {
        let data = noise(size as usize, 100 + round as u64);
        view(&client, &buffer, place).write_at(0, &data);
        client.run(Job::replicate(&buffer).on(place));
        coherent(&client, &buffer, &members, &data);
    }
    // That of the buffer, whoever runs it.
    let data = noise(size as usize, 200);
    client.map(&buffer).write_at(0, &data);
    client.run(Job::replicate(&buffer).on(ANY));
    coherent(&client, &buffer, &members, &data);
}

fn replicate_rows(lab: &Lab) {
    let (client, members) = client(lab);
    let size = 2 * PAGE as usize;
    let buffer = client.alloc_flags(HOST, 2 * PAGE, REPLICATED);
    let buffer = buffer.expect("ALLOC_MEMORY");
    let data = noise(size, 6);
    view(&client, &buffer, members[0]).write_at(0, &data);
    client.run(
        Job::replicate_with(drm_mvgal_replicate {
            buffer: buffer.handle,
            offset: 5,
            width: 33,
            height: 21,
            pitch: 111,
            ..Default::default()
        })
        .on(members[0]),
    );
    let mut wanted = vec![0; size];
    for row in 0..21 {
        let at = 5 + row * 111;
        wanted[at..at + 33].copy_from_slice(&data[at..at + 33]);
    }
    same(&client.map(&buffer).read(), &wanted, "the buffer");
    let other = view(&client, &buffer, members[1]);
    same(&other.read(), &wanted, "the other copy");
}

fn replicate_alone(lab: &Lab) {
    let client = lab.attached();
    let vgem = lab.member("vgem").id;
    for (home, on) in [(HOST, HOST), (HOST, ANY), (vgem, vgem), (vgem, ANY)] {
        let buffer = client.alloc(home, PAGE);
        client.map(&buffer).write_at(0, b"as it was");
        client.run(Job::replicate(&buffer).on(on));
        same(
            &client.map(&buffer).read_at(0, 9),
            b"as it was",
            "the buffer",
        );
    }
    // One that has no memory yet.
    let lazy = DRM_MVGAL_BUFFER_LAZY_ALLOCATE;
    let buffer = client.alloc_flags(ANY, PAGE, lazy).expect("ALLOC_MEMORY");
    client.run(Job::replicate(&buffer).on(ANY));
}

fn replicate_bad(lab: &Lab) {
    type Change = fn(&mut drm_mvgal_replicate);
    let (client, members) = client(lab);
    let buffer = client.alloc_flags(HOST, PAGE, REPLICATED);
    let buffer = buffer.expect("ALLOC_MEMORY");
    let good = drm_mvgal_replicate {
        buffer: buffer.handle,
        width: 16,
        height: 2,
        pitch: 32,
        ..Default::default()
    };
    let change = |change: Change| {
        let mut args = good;
        change(&mut args);
        Job::replicate_with(args).on(members[0])
    };
    client.run(change(|_| ()));
    let cases: [(&str, Change); 8] = [
        ("no width", |args| args.width = 0),
        ("no rows", |args| args.height = 0),
        ("padding", |args| args.pad = 1),
        ("pitch below the width", |args| args.pitch = 15),
        ("a pitch of one row", |args| args.height = 1),
        ("behind the end", |args| args.offset = PAGE - 32),
        ("far behind the end", |args| args.offset = u64::MAX - 10),
        ("too wide", |args| {
            (args.width, args.pitch) = (PAGE + 1, 5000)
        }),
    ];
    for (what, bad) in cases {
        refused(&client, Errno::EINVAL, what, || {
            client.submit(vec![change(bad)])
        });
    }
    refused(&client, Errno::ENOENT, "no buffer", || {
        client.submit(vec![change(|args| args.buffer = 999)])
    });
    let short = Job {
        payload: vec![0; size_of::<drm_mvgal_replicate>() - 8],
        ..change(|_| ())
    };
    refused(&client, Errno::EINVAL, "a short payload", || {
        client.submit(vec![short])
    });
    // A member that has none.
    let plain = client.alloc(HOST, PAGE);
    for member in &members {
        refused(&client, Errno::EINVAL, "no copy there", || {
            client.submit(vec![Job::replicate(&plain).on(*member)])
        });
    }
    let lazy = DRM_MVGAL_BUFFER_LAZY_ALLOCATE;
    let lazy = client.alloc_flags(ANY, PAGE, lazy).expect("ALLOC_MEMORY");
    refused(&client, Errno::EINVAL, "no memory there", || {
        client.submit(vec![Job::replicate(&lazy).on(members[0])])
    });
}

fn between_replicated_buffers(lab: &Lab) {
    let (client, members) = client(lab);
    let alloc = |home| {
        let buffer = client.alloc_flags(home, 8 * PAGE, REPLICATED);
        buffer.expect("ALLOC_MEMORY")
    };
    let (one, two) = (alloc(HOST), alloc(members[0]));
    let data = noise(one.size as usize, 9);
    client.map(&one).write_at(0, &data);
    client.run(Job::replicate(&one));
    client.run(Job::copy(&one, &two).on(members[1]));
    coherent(&client, &two, &members, &data);
    // Within one.
    client.run(
        Job::copy_with(drm_mvgal_copy {
            src: two.handle,
            dst: two.handle,
            dst_offset: 4 * PAGE,
            width: 4 * PAGE,
            height: 1,
            ..Default::default()
        })
        .on(members[0]),
    );
    let half = &data[..4 * PAGE as usize];
    coherent(&client, &two, &members, &[half, half].concat());
    let overlapping = drm_mvgal_copy {
        src: two.handle,
        dst: two.handle,
        dst_offset: PAGE,
        width: 2 * PAGE,
        height: 1,
        ..Default::default()
    };
    refused(&client, Errno::EINVAL, "overlapping", || {
        client.submit(vec![Job::copy_with(overlapping)])
    });
}

/// A job that is ordered by the buffers alone comes after that which wrote to another copy.
fn ordered_implicitly(lab: &Lab) {
    let client = lab.attached();
    // Drivers that want to be told of the CPU's access take no such jobs.
    let (vgem, vkms) = (lab.member("vgem"), lab.member("vkms"));
    client
        .set_mask(1 << vgem.slot | 1 << vkms.slot)
        .expect("mask");
    let members = [vgem.id, vkms.id];
    let size = 32 * PAGE;
    let buffer = client.alloc_flags(HOST, size, REPLICATED);
    let buffer = buffer.expect("ALLOC_MEMORY");
    let read = client.alloc(HOST, size);
    for round in 1..20_u8 {
        let done = (client.syncobj(), 0);
        client.queue(vec![
            Job::fill(&buffer, round).implicit().on(members[0]),
            Job::copy(&buffer, &read)
                .implicit()
                .on(members[1])
                .signals(done),
        ]);
        client.done(done);
        let wanted = vec![round; size as usize];
        same(&client.map(&read).read(), &wanted, "what the other read");
    }
}

fn images(lab: &Lab) {
    let (client, members) = client(lab);
    let image = |width| {
        client.alloc_with(drm_mvgal_alloc_memory {
            member: members[0],
            flags: REPLICATED,
            width,
            height: 30,
            format: u32::from_le_bytes(*b"XR24"),
            ..Default::default()
        })
    };
    // Rows of 256 bytes suit all.
    let buffer = image(64).expect("ALLOC_MEMORY of an image");
    assert_eq!(buffer.pitch, 256);
    client.run(Job::fill(&buffer, 0x33));
    coherent(
        &client,
        &buffer,
        &members,
        &vec![0x33; buffer.size as usize],
    );
    // Others do if the drivers agree.
    let pitch = |member: u32| {
        let arg = drm_mvgal_alloc_memory {
            member,
            width: 3,
            height: 30,
            format: u32::from_le_bytes(*b"XR24"),
            ..Default::default()
        };
        client.alloc_with(arg).expect("an image").pitch
    };
    let pitches: Vec<_> = members.iter().map(|member| pitch(*member)).collect();
    if pitches.iter().all(|pitch| *pitch == pitches[0]) {
        assert_eq!(
            image(3).expect("ALLOC_MEMORY of an image").pitch,
            pitches[0]
        );
    } else {
        refused(&client, Errno::EOPNOTSUPP, "pitches that differ", || {
            image(3)
        });
    }
}

fn persistent(lab: &Lab) {
    let client = lab.attached();
    let (vgem, vkms) = (lab.member("vgem"), lab.member("vkms"));
    client
        .set_mask(1 << vgem.slot | 1 << vkms.slot)
        .expect("mask");
    let buffer = client
        .alloc_flags(vgem.id, PAGE, REPLICATED | DRM_MVGAL_BUFFER_PERSISTENT)
        .expect("ALLOC_MEMORY");
    client.run(Job::fill(&buffer, 4).on(vkms.id));
    coherent(&client, &buffer, &[vgem.id, vkms.id], &[4; PAGE as usize]);
}

fn what_jobs_moved(lab: &Lab) {
    let client = lab.attached();
    let (vgem, vkms) = (lab.member("vgem"), lab.member("vkms"));
    client
        .set_mask(1 << vgem.slot | 1 << vkms.slot)
        .expect("mask");
    let (vgem, vkms) = (vgem.id, vkms.id);
    let report = client.alloc(HOST, PAGE);
    let run = |job: Job| {
        client.map(&report).write_at(0, &[0xff; PAGE as usize]);
        client.run(job.report_traffic(&report));
        traffic(&client, &report)
    };
    let on = |member| client.alloc(member, 2 * PAGE);
    let (here, there) = (on(vgem), on(vkms));
    let size = 2 * PAGE;
    let moved = |exporter, importer, reach, limit| drm_mvgal_job_traffic {
        bytes: size,
        exporter,
        importer,
        reach,
        limit,
        copies: 1,
        pad: 0,
    };
    let own = |member| {
        moved(
            member,
            member,
            DRM_MVGAL_REACH_OWN,
            DRM_MVGAL_REACH_LIMIT_NONE,
        )
    };
    assert_eq!(run(Job::fill(&here, 1)), own(vgem));
    assert_eq!(run(Job::copy(&here, &on(vgem)).on(vkms)), own(vgem));
    // An import would do.
    assert_eq!(
        run(Job::copy(&here, &there)),
        moved(
            vgem,
            vkms,
            DRM_MVGAL_REACH_IMPORT,
            DRM_MVGAL_REACH_LIMIT_EXPORTER_BUS
        )
    );
    // The host is no driver that could import; others import the host's.
    let host = on(HOST);
    let by_cpu = moved(vgem, HOST, DRM_MVGAL_REACH_COPY, DRM_MVGAL_REACH_LIMIT_NONE);
    assert_eq!(run(Job::copy(&here, &host)), by_cpu);
    let import = moved(
        HOST,
        vkms,
        DRM_MVGAL_REACH_IMPORT,
        DRM_MVGAL_REACH_LIMIT_NONE,
    );
    assert_eq!(run(Job::copy(&host, &there)), import);

    // To all copies, from the member's own.
    let buffer = client
        .alloc_flags(HOST, size, REPLICATED)
        .expect("ALLOC_MEMORY");
    let filled = run(Job::fill(&buffer, 2));
    assert_eq!((filled.bytes, filled.copies), (3 * size, 3));
    assert_eq!(filled.importer, HOST);
    assert_eq!(run(Job::copy(&buffer, &there).on(vkms)), own(vkms));
    let replicated = run(Job::replicate(&buffer).on(vkms));
    assert_eq!((replicated.bytes, replicated.copies), (2 * size, 2));
    assert_eq!((replicated.exporter, replicated.importer), (vkms, HOST));
}

fn what_failed_jobs_moved(lab: &Lab) {
    let client = lab.attached();
    let buffer = client.alloc(lab.member("vgem").id, PAGE);
    let report = client.alloc(HOST, PAGE);
    let (before, done) = ((client.syncobj(), 1), (client.syncobj(), 0));
    let job = Job::fill(&buffer, 1).after(before).signals(done);
    client.queue(vec![job.report_traffic(&report)]);
    client.signal(before, -5).expect("SIGNAL_FENCE");
    assert_eq!(client.ended(done).error, -(Errno::ECANCELED as i32));
    assert_eq!(traffic(&client, &report).bytes, 0);
    assert_eq!(traffic(&client, &report).copies, 1);
    // There is no room behind the last report.
    let mut job = Job::fill(&buffer, 1).report_traffic(&report);
    job.raw.report_offset = PAGE - size_of::<drm_mvgal_job_report>() as u64;
    refused(&client, Errno::EINVAL, "no room", || {
        client.submit(vec![job.clone()])
    });
}

/// A report is written to the memory of the host, and to no copy.
fn reports(lab: &Lab) {
    let client = lab.attached();
    let vgem = lab.member("vgem");
    client.set_mask(1 << vgem.slot).expect("mask");
    let buffer = client.alloc_flags(HOST, PAGE, REPLICATED);
    let buffer = buffer.expect("ALLOC_MEMORY");
    client.run(Job::barrier().report(&buffer, 0));
    assert_ne!(crate::job::report(&client, &buffer, 0).sequence, 0);
    let copy = view(&client, &buffer, vgem.id);
    same(&copy.read(), &[0; PAGE as usize], "the copy");
    let buffer = client.alloc_flags(vgem.id, PAGE, REPLICATED);
    let buffer = buffer.expect("ALLOC_MEMORY");
    refused(&client, Errno::EINVAL, "a report", || {
        client.submit(vec![Job::barrier().report(&buffer, 0)])
    });
}

fn flags_that_do_not_go_together(lab: &Lab) {
    let client = lab.attached();
    for flag in [DRM_MVGAL_BUFFER_P2P, DRM_MVGAL_BUFFER_LAZY_ALLOCATE] {
        for member in lab.places().into_iter().chain([ANY]) {
            refused(&client, Errno::EINVAL, "flags", || {
                client.alloc_flags(member, PAGE, REPLICATED | flag)
            });
        }
    }
}

/// Who imports the dma-buf of a copy has that memory and no other.
fn a_copy_imported_is_that_copy(lab: &Lab) {
    let (client, members) = client(lab);
    let buffer = client.alloc_flags(HOST, 2 * PAGE, REPLICATED);
    let buffer = buffer.expect("ALLOC_MEMORY");
    let exported = client.export_to(&buffer, members[0]);
    let copy = client.import(exported.fd.as_fd());
    let copy = copy.expect("IMPORT_DMABUF");
    assert_eq!(copy.member, members[0]);
    client.run(Job::fill(&copy, 6));
    same(&client.map(&buffer).read_at(0, 1), &[0], "the buffer");
    client.run(Job::replicate(&buffer).on(members[0]));
    coherent(&client, &buffer, &members, &[6; 2 * PAGE as usize]);
    // It is the memory of one of the copies, so that ranges must not overlap.
    let overlapping = drm_mvgal_copy {
        src: copy.handle,
        dst: buffer.handle,
        dst_offset: 8,
        width: PAGE,
        height: 1,
        ..Default::default()
    };
    for (src, dst) in [(copy.handle, buffer.handle), (buffer.handle, copy.handle)] {
        refused(&client, Errno::EINVAL, "overlapping", || {
            let args = drm_mvgal_copy {
                src,
                dst,
                ..overlapping
            };
            client.submit(vec![Job::copy_with(args)])
        });
    }
}

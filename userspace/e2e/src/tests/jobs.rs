// SPDX-License-Identifier: MIT OR Apache-2.0

//! FILL and COPY: every byte.

use crate::check::noise;
use crate::check::refused;
use crate::check::same;
use crate::client::Buffer;
use crate::client::Client;
use crate::client::PAGE;
use crate::harness::suite;
use crate::job::Job;
use crate::job::report;
use crate::lab::Lab;
use crate::lab::Need;
use crate::sys::*;
use nix::errno::Errno;

suite! {
    fill_patterns [Need::Members(1)];
    fill_rows [Need::Members(1)];
    fill_part;
    fill_large;
    fill_restarts_the_pattern;
    copy_between_every_pair [Need::Members(2)] in 90;
    copy_rows_between_every_pair [Need::Members(2)] in 90;
    copy_within_one_buffer;
    copy_overlapping;
    copy_rows_interleaved;
    copy_unaligned;
    large_copies_overlap [Need::Members(2)];
}

/// What a FILL should leave of `before`.
pub fn filled(mut before: Vec<u8>, fill: &drm_mvgal_fill) -> Vec<u8> {
    let pattern = fill.pattern.to_le_bytes();
    let pattern = &pattern[..fill.pattern_size as usize];
    for row in 0..u64::from(fill.height) {
        let start = (fill.offset + row * u64::from(fill.pitch)) as usize;
        let row = &mut before[start..start + fill.width as usize];
        for (byte, pattern) in row.iter_mut().zip(pattern.iter().cycle()) {
            *byte = *pattern;
        }
    }
    before
}

/// What a COPY should leave of `dst`.
pub fn copied(src: &[u8], mut dst: Vec<u8>, copy: &drm_mvgal_copy) -> Vec<u8> {
    for row in 0..u64::from(copy.height) {
        let from = (copy.src_offset + row * u64::from(copy.src_pitch)) as usize;
        let to = (copy.dst_offset + row * u64::from(copy.dst_pitch)) as usize;
        let width = copy.width as usize;
        dst[to..to + width].copy_from_slice(&src[from..from + width]);
    }
    dst
}

#[track_caller]
fn check_fill(client: &Client, buffer: &Buffer, on: u32, fill: drm_mvgal_fill) {
    let map = client.map(buffer);
    let before = noise(buffer.size as usize, fill.pattern ^ fill.width);
    map.write_at(0, &before);
    client.run(Job::fill_with(fill).on(on));
    same(
        &map.read(),
        &filled(before, &fill),
        &format!("{fill:?} on {on}"),
    );
}

#[track_caller]
pub fn check_copy(client: &Client, src: &Buffer, dst: &Buffer, on: u32, copy: drm_mvgal_copy) {
    let (from, to) = (client.map(src), client.map(dst));
    let source = noise(src.size as usize, copy.width);
    let before = noise(dst.size as usize, copy.width ^ 0xff00);
    to.write_at(0, &before);
    from.write_at(0, &source);
    client.run(Job::copy_with(copy).on(on));
    same(
        &to.read(),
        &copied(&source, before, &copy),
        &format!("{copy:?} on {on}"),
    );
    same(&from.read(), &source, "the source of a copy");
}

fn fill_patterns(lab: &Lab) {
    let client = lab.attached();
    for member in lab.cpu_places() {
        let buffer = client.alloc(member, 4 * PAGE);
        for (pattern_size, pattern) in [
            (1, 0xa5),
            (2, 0xbeef),
            (4, 0xdead_beef),
            (8, 0x0123_4567_89ab_cdef),
            (1, 0),
            (8, u64::MAX),
        ] {
            check_fill(
                &client,
                &buffer,
                member,
                drm_mvgal_fill {
                    dst: buffer.handle,
                    pattern_size,
                    pattern,
                    width: buffer.size,
                    height: 1,
                    ..Default::default()
                },
            );
        }
    }
}

fn fill_rows(lab: &Lab) {
    let client = lab.attached();
    for member in lab.cpu_places() {
        let buffer = client.alloc(member, 8 * PAGE);
        for (width, height, pitch) in [(100, 30, 128), (8, 8, 8), (4000, 7, 4096), (24, 300, 100)] {
            check_fill(
                &client,
                &buffer,
                member,
                drm_mvgal_fill {
                    dst: buffer.handle,
                    pattern_size: 4,
                    pattern: 0x8765_4321,
                    offset: 52,
                    width,
                    height,
                    pitch,
                },
            );
        }
    }
}

fn fill_part(lab: &Lab) {
    let client = lab.client();
    let buffer = client.alloc(HOST, 2 * PAGE);
    // Offsets need not be multiples of the pattern's size.
    for (offset, width) in [(0, 8), (1, 8), (4095, 16), (8191 - 7, 8), (3, 4096)] {
        let fill = drm_mvgal_fill {
            dst: buffer.handle,
            pattern_size: 8,
            pattern: 0x1122_3344_5566_7788,
            offset,
            width,
            height: 1,
            ..Default::default()
        };
        check_fill(&client, &buffer, HOST, fill);
    }
}

fn fill_large(lab: &Lab) {
    let client = lab.client();
    let buffer = client.alloc(HOST, 2 << 20);
    let fill = drm_mvgal_fill {
        dst: buffer.handle,
        pattern_size: 4,
        pattern: 0x600d_cafe,
        width: buffer.size,
        height: 1,
        ..Default::default()
    };
    client.run(Job::fill_with(fill));
    let wanted = filled(vec![0; buffer.size as usize], &fill);
    assert!(client.map(&buffer).read() == wanted, "2 MiB of pattern");
}

fn fill_restarts_the_pattern(lab: &Lab) {
    let client = lab.client();
    let buffer = client.alloc(HOST, PAGE);
    // Rows of 12 bytes, 13 apart: no row may go on where the last one ended.
    let fill = drm_mvgal_fill {
        dst: buffer.handle,
        pattern_size: 4,
        pattern: 0x0403_0201,
        width: 12,
        height: 100,
        pitch: 13,
        ..Default::default()
    };
    check_fill(&client, &buffer, HOST, fill);
}

fn copy_between_every_pair(lab: &Lab) {
    let client = lab.attached();
    let size = 3 * PAGE;
    let places = lab.cpu_places();
    for &from in &places {
        for &to in &places {
            let (src, dst) = (client.alloc(from, size), client.alloc(to, size));
            for on in [from, to] {
                let copy = drm_mvgal_copy {
                    src: src.handle,
                    dst: dst.handle,
                    width: size,
                    height: 1,
                    ..Default::default()
                };
                check_copy(&client, &src, &dst, on, copy);
            }
            client.free(src.handle).expect("FREE_MEMORY");
            client.free(dst.handle).expect("FREE_MEMORY");
        }
    }
}

fn copy_rows_between_every_pair(lab: &Lab) {
    let client = lab.attached();
    let places = lab.cpu_places();
    for &from in &places {
        for &to in &places {
            let (src, dst) = (client.alloc(from, 7 * PAGE), client.alloc(to, 5 * PAGE));
            let copy = drm_mvgal_copy {
                src: src.handle,
                dst: dst.handle,
                src_offset: 33,
                dst_offset: 4099,
                width: 201,
                height: 50,
                src_pitch: 512,
                dst_pitch: 300,
                pad: 0,
            };
            check_copy(&client, &src, &dst, to, copy);
            client.free(src.handle).expect("FREE_MEMORY");
            client.free(dst.handle).expect("FREE_MEMORY");
        }
    }
}

fn copy_within_one_buffer(lab: &Lab) {
    let client = lab.attached();
    for member in lab.cpu_places() {
        let buffer = client.alloc(member, 4 * PAGE);
        let map = client.map(&buffer);
        let before = noise(buffer.size as usize, 3);
        map.write_at(0, &before);
        let copy = drm_mvgal_copy {
            src: buffer.handle,
            dst: buffer.handle,
            src_offset: PAGE,
            dst_offset: 2 * PAGE,
            width: PAGE,
            height: 1,
            ..Default::default()
        };
        client.run(Job::copy_with(copy).on(member));
        let wanted = copied(&before.clone(), before, &copy);
        same(&map.read(), &wanted, "copy within a buffer");
    }
}

fn copy_overlapping(lab: &Lab) {
    let client = lab.client();
    let buffer = client.alloc(HOST, 4 * PAGE);
    for (src_offset, dst_offset, width) in [
        (0, 0, PAGE),
        (0, 1, PAGE),
        (1, 0, PAGE),
        (0, PAGE - 1, PAGE),
        (PAGE, 0, PAGE + 1),
        (0, 0, 4 * PAGE),
    ] {
        let copy = drm_mvgal_copy {
            src: buffer.handle,
            dst: buffer.handle,
            src_offset,
            dst_offset,
            width,
            height: 1,
            ..Default::default()
        };
        refused(&client, Errno::EINVAL, &format!("{copy:?}"), || {
            client.submit(vec![Job::copy_with(copy)])
        });
    }
}

/// The rows are apart, though the ranges from first to last byte are not: the
/// kernel may take them or not, but must not lose a byte.
fn copy_rows_interleaved(lab: &Lab) {
    let client = lab.client();
    let buffer = client.alloc(HOST, 4 * PAGE);
    let map = client.map(&buffer);
    let before = noise(buffer.size as usize, 5);
    map.write_at(0, &before);
    let copy = drm_mvgal_copy {
        src: buffer.handle,
        dst: buffer.handle,
        src_offset: 0,
        dst_offset: 64,
        width: 64,
        height: 100,
        src_pitch: 128,
        dst_pitch: 128,
        pad: 0,
    };
    let done = (client.syncobj(), 0);
    match client.submit(vec![Job::copy_with(copy).signals(done)]) {
        Ok(()) => {
            client.done(done);
            let wanted = copied(&before.clone(), before, &copy);
            same(&map.read(), &wanted, "interleaved rows");
        }
        Err(error) => assert_eq!(error, Errno::EINVAL),
    }
}

fn copy_unaligned(lab: &Lab) {
    let client = lab.client();
    let (src, dst) = (client.alloc(HOST, 2 * PAGE), client.alloc(HOST, 2 * PAGE));
    for (src_offset, dst_offset, width) in [
        (0, 0, 1),
        (1, 0, 1),
        (4095, 1, 2),
        (8191, 8191, 1),
        (3, 7, 8184),
        (4090, 4086, 13),
    ] {
        let copy = drm_mvgal_copy {
            src: src.handle,
            dst: dst.handle,
            src_offset,
            dst_offset,
            width,
            height: 1,
            ..Default::default()
        };
        check_copy(&client, &src, &dst, HOST, copy);
    }
}

/// Members copy at the same time: no time of theirs would have a moment in common otherwise.
fn large_copies_overlap(lab: &Lab) {
    const SIZE: u64 = 8 << 20;
    let client = lab.attached();
    let places = lab.cpu_places();
    let members: Vec<_> = places.iter().filter(|id| **id != HOST).take(2).collect();
    let reports = client.alloc(HOST, PAGE);
    let copies: Vec<_> = members
        .iter()
        .enumerate()
        .map(|(index, member)| {
            let (src, dst) = (client.alloc(HOST, SIZE), client.alloc(HOST, SIZE));
            client
                .map(&src)
                .write_at(0, &noise(SIZE as usize, index as u64));
            let job = Job::copy(&src, &dst).on(**member);
            (src, dst, job.report(&reports, index))
        })
        .collect();
    // The machine may have given one of the guest's processors to somebody else meanwhile.
    let overlapped = (0..20).any(|_| {
        let gate = (client.syncobj(), 1);
        let line = client.syncobj();
        let jobs = copies.iter().zip(1..);
        let jobs = jobs.map(|((_, _, job), point)| job.clone().after(gate).signals((line, point)));
        client.queue(jobs.collect());
        client.signal(gate, 0).expect("SIGNAL_FENCE");
        client.done((line, copies.len() as u64));
        let [one, other] = [0, 1].map(|index| report(&client, &reports, index));
        one.started_ns < other.finished_ns && other.started_ns < one.finished_ns
    });
    assert!(overlapped, "one after the other, each time");
    for (src, dst, _) in &copies {
        same(
            &client.map(dst).read(),
            &client.map(src).read(),
            "a large copy",
        );
    }
}

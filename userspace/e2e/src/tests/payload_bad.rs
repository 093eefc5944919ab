// SPDX-License-Identifier: MIT OR Apache-2.0

//! SUBMIT_WORKLOAD: payloads of FILL and COPY that are refused.

use crate::client::Buffer;
use crate::client::Client;
use crate::client::PAGE;
use crate::harness::suite;
use crate::job::Batch;
use crate::job::Job;
use crate::lab::Lab;
use crate::sys::*;
use crate::tests::submit_bad::refuse;
use crate::tests::submit_bad::setup;
use nix::errno::Errno;

suite! {
    sizes;
    sizes_longer;
    fill_handles;
    fill_patterns;
    fill_rows;
    fill_ranges;
    copy_handles;
    copy_pad;
    copy_rows;
    copy_ranges;
}

fn fill(buffer: &Buffer) -> drm_mvgal_fill {
    drm_mvgal_fill {
        dst: buffer.handle,
        pattern_size: 4,
        pattern: 0x1234_5678,
        width: 64,
        height: 1,
        ..Default::default()
    }
}

fn copy(src: &Buffer, dst: &Buffer) -> drm_mvgal_copy {
    drm_mvgal_copy {
        src: src.handle,
        dst: dst.handle,
        width: 64,
        height: 1,
        ..Default::default()
    }
}

#[track_caller]
fn bad_fill(client: &Client, error: Errno, fill: drm_mvgal_fill) {
    refuse(
        client,
        error,
        &format!("{fill:?}"),
        &Job::fill_with(fill),
        |_| (),
    );
}

#[track_caller]
fn bad_copy(client: &Client, error: Errno, copy: drm_mvgal_copy) {
    refuse(
        client,
        error,
        &format!("{copy:?}"),
        &Job::copy_with(copy),
        |_| (),
    );
}

fn sizes(lab: &Lab) {
    let (client, buffer) = setup(lab);
    for job in [
        Job::fill_with(fill(&buffer)),
        Job::copy(&buffer, &client.alloc(HOST, PAGE)),
    ] {
        let size = job.payload.len() as u32;
        for payload_size in [0, 1, 8, size - 8, size - 1] {
            refuse(
                &client,
                Errno::EINVAL,
                &format!("{payload_size} bytes"),
                &job,
                |raw| {
                    raw.payload_size = payload_size;
                },
            );
        }
    }
}

fn sizes_longer(lab: &Lab) {
    let (client, buffer) = setup(lab);
    for job in [
        Job::fill_with(fill(&buffer)),
        Job::copy(&buffer, &client.alloc(HOST, PAGE)),
    ] {
        let size = job.payload.len();
        for extra in [1, 8, 100] {
            let mut longer = job.clone();
            longer.payload.resize(size + extra, 0);
            client.run(longer.clone());
            for at in [size, size + extra - 1] {
                let mut grown = longer.clone();
                grown.payload[at] = 1;
                refuse(
                    &client,
                    Errno::E2BIG,
                    "something unknown in the tail",
                    &grown,
                    |_| (),
                );
            }
        }
    }
}

fn fill_handles(lab: &Lab) {
    let (client, buffer) = setup(lab);
    for dst in [0, 99, u32::MAX] {
        bad_fill(
            &client,
            Errno::ENOENT,
            drm_mvgal_fill {
                dst,
                ..fill(&buffer)
            },
        );
    }
}

fn fill_patterns(lab: &Lab) {
    let (client, buffer) = setup(lab);
    let good = fill(&buffer);
    for pattern_size in [0, 3, 5, 6, 7, 9, 16, 1 << 31, u32::MAX] {
        let pattern = 0;
        bad_fill(
            &client,
            Errno::EINVAL,
            drm_mvgal_fill {
                pattern_size,
                pattern,
                ..good
            },
        );
    }
    for (pattern_size, pattern) in [(1, 0x100), (2, 0x1_0000), (4, 1 << 32), (1, 1 << 63)] {
        bad_fill(
            &client,
            Errno::EINVAL,
            drm_mvgal_fill {
                pattern_size,
                pattern,
                ..good
            },
        );
    }
    for (pattern_size, width) in [(2, 63), (4, 62), (8, 60), (8, 4)] {
        let pattern = 1;
        let bad = drm_mvgal_fill {
            pattern_size,
            pattern,
            width,
            ..good
        };
        bad_fill(&client, Errno::EINVAL, bad);
    }
}

fn fill_rows(lab: &Lab) {
    let (client, buffer) = setup(lab);
    let good = fill(&buffer);
    bad_fill(&client, Errno::EINVAL, drm_mvgal_fill { width: 0, ..good });
    bad_fill(&client, Errno::EINVAL, drm_mvgal_fill { height: 0, ..good });
    for pitch in [0, 1, 63] {
        bad_fill(
            &client,
            Errno::EINVAL,
            drm_mvgal_fill {
                height: 2,
                pitch,
                ..good
            },
        );
    }
    for pitch in [1, 64, u32::MAX] {
        bad_fill(
            &client,
            Errno::EINVAL,
            drm_mvgal_fill {
                height: 1,
                pitch,
                ..good
            },
        );
    }
}

fn fill_ranges(lab: &Lab) {
    let (client, buffer) = setup(lab);
    let good = fill(&buffer);
    let size = buffer.size;
    for (offset, width) in [
        (size, 4),
        (size - 4, 8),
        (0, size + 4),
        (4, size),
        (1 << 32, 4),
        (u64::MAX, 4),
        (u64::MAX - 3, 4),
        (4, u64::MAX - 3),
        (0, u64::MAX - 3),
        (1 << 63, 1 << 63),
    ] {
        bad_fill(
            &client,
            Errno::EINVAL,
            drm_mvgal_fill {
                offset,
                width,
                ..good
            },
        );
    }
    for (offset, height, pitch) in [
        (0, (size / 64) as u32 + 1, 64),
        (4, (size / 64) as u32, 64),
        (0, u32::MAX, 64),
        (0, u32::MAX, u32::MAX),
        (u64::MAX - 63, 2, 64),
        (0, 2, u32::MAX),
    ] {
        let bad = drm_mvgal_fill {
            offset,
            height,
            pitch,
            ..good
        };
        bad_fill(&client, Errno::EINVAL, bad);
    }
    // The very last byte is in, and a pitch counts between rows only.
    let last = drm_mvgal_fill {
        offset: size - 64,
        ..good
    };
    client.run(Job::fill_with(last));
    let rows = drm_mvgal_fill {
        offset: size - 164,
        height: 2,
        pitch: 100,
        ..good
    };
    client.run(Job::fill_with(rows));
}

fn copy_handles(lab: &Lab) {
    let (client, src) = setup(lab);
    let good = copy(&src, &client.alloc(HOST, PAGE));
    for handle in [0, 99, u32::MAX] {
        bad_copy(
            &client,
            Errno::ENOENT,
            drm_mvgal_copy {
                src: handle,
                ..good
            },
        );
        bad_copy(
            &client,
            Errno::ENOENT,
            drm_mvgal_copy {
                dst: handle,
                ..good
            },
        );
    }
}

fn copy_pad(lab: &Lab) {
    let (client, src) = setup(lab);
    let good = copy(&src, &client.alloc(HOST, PAGE));
    for pad in [1, 1 << 31, u32::MAX] {
        bad_copy(&client, Errno::EINVAL, drm_mvgal_copy { pad, ..good });
    }
}

fn copy_rows(lab: &Lab) {
    let (client, src) = setup(lab);
    let good = copy(&src, &client.alloc(HOST, PAGE));
    bad_copy(&client, Errno::EINVAL, drm_mvgal_copy { width: 0, ..good });
    bad_copy(&client, Errno::EINVAL, drm_mvgal_copy { height: 0, ..good });
    for (src_pitch, dst_pitch) in [(0, 0), (64, 0), (0, 64), (63, 64), (64, 63), (1, 1)] {
        let bad = drm_mvgal_copy {
            height: 2,
            src_pitch,
            dst_pitch,
            ..good
        };
        bad_copy(&client, Errno::EINVAL, bad);
    }
    for (src_pitch, dst_pitch) in [(64, 0), (0, 64), (64, 64), (u32::MAX, u32::MAX)] {
        bad_copy(
            &client,
            Errno::EINVAL,
            drm_mvgal_copy {
                src_pitch,
                dst_pitch,
                ..good
            },
        );
    }
}

fn copy_ranges(lab: &Lab) {
    let (client, src) = setup(lab);
    let dst = client.alloc(HOST, src.size);
    let good = copy(&src, &dst);
    let size = src.size;
    for (offset, width) in [
        (size, 1),
        (size - 1, 2),
        (1, size),
        (0, size + 1),
        (1 << 32, 1),
        (u64::MAX, 1),
        (u64::MAX, u64::MAX),
        (1, u64::MAX),
        (0, u64::MAX),
        (1 << 63, 1 << 63),
    ] {
        let bad = drm_mvgal_copy { width, ..good };
        bad_copy(
            &client,
            Errno::EINVAL,
            drm_mvgal_copy {
                src_offset: offset,
                ..bad
            },
        );
        bad_copy(
            &client,
            Errno::EINVAL,
            drm_mvgal_copy {
                dst_offset: offset,
                ..bad
            },
        );
    }
    let rows = (size / 64) as u32;
    for (height, src_pitch, dst_pitch) in [
        (rows + 1, 64, 64),
        (rows, 65, 64),
        (rows, 64, 65),
        (2, u32::MAX, 64),
        (2, 64, u32::MAX),
        (u32::MAX, u32::MAX, u32::MAX),
    ] {
        let bad = drm_mvgal_copy {
            height,
            src_pitch,
            dst_pitch,
            ..good
        };
        bad_copy(&client, Errno::EINVAL, bad);
    }
    // All of it, in rows, is in.
    let all = drm_mvgal_copy {
        height: rows,
        src_pitch: 64,
        dst_pitch: 64,
        ..good
    };
    let mut batch = Batch::new(vec![Job::copy_with(all)]);
    batch.submit(&client).expect("all rows");
}

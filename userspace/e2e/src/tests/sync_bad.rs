// SPDX-License-Identifier: MIT OR Apache-2.0

//! SUBMIT_WORKLOAD: in- and out-syncs that are refused.

use crate::check::refused;
use crate::check::unknown_bits;
use crate::client::array;
use crate::harness::suite;
use crate::job::Batch;
use crate::job::Job;
use crate::job::sync;
use crate::lab::Lab;
use crate::raw::Bad;
use crate::sys::*;
use crate::tests::submit_bad::refuse;
use crate::tests::submit_bad::setup;
use nix::errno::Errno;

suite! {
    sync_flags;
    sync_handles;
    sync_strides;
    sync_stride_longer;
    sync_pointers;
    too_many_syncs;
    points_that_do_not_increase;
    points_of_pending_jobs;
}

fn sync_flags(lab: &Lab) {
    let (client, buffer) = setup(lab);
    let handle = client.syncobj_with(1).expect("a signalled syncobj");
    for flags in unknown_bits(0) {
        let bad = drm_mvgal_sync {
            handle,
            flags,
            point: 0,
        };
        let mut job = Job::fill(&buffer, 1);
        job.ins = vec![sync((handle, 0)), bad];
        refuse(
            &client,
            Errno::EINVAL,
            &format!("in-sync flags {flags:#x}"),
            &job,
            |_| (),
        );
        let mut job = Job::fill(&buffer, 1);
        job.outs = vec![bad];
        refuse(
            &client,
            Errno::EINVAL,
            &format!("out-sync flags {flags:#x}"),
            &job,
            |_| (),
        );
    }
}

fn sync_handles(lab: &Lab) {
    let (client, buffer) = setup(lab);
    for handle in [0, 99, u32::MAX] {
        for point in [0, 7] {
            let point = (handle, point);
            let job = Job::fill(&buffer, 1).after(point);
            refuse(
                &client,
                Errno::ENOENT,
                &format!("in-sync {point:?}"),
                &job,
                |_| (),
            );
            let job = Job::fill(&buffer, 1).signals(point);
            refuse(
                &client,
                Errno::ENOENT,
                &format!("out-sync {point:?}"),
                &job,
                |_| (),
            );
        }
    }
}

fn sync_strides(lab: &Lab) {
    let (client, buffer) = setup(lab);
    let point = (client.syncobj(), 0);
    let job = Job::fill(&buffer, 1).after(point).signals(point);
    let size = size_of::<drm_mvgal_sync>() as u32;
    for stride in [0, 1, 8, size - 1] {
        refuse(
            &client,
            Errno::EINVAL,
            &format!("in-sync stride {stride}"),
            &job,
            |raw| {
                raw.in_syncs.stride = stride;
            },
        );
        refuse(
            &client,
            Errno::EINVAL,
            &format!("out-sync stride {stride}"),
            &job,
            |raw| {
                raw.out_syncs.stride = stride;
            },
        );
    }
    // With a count of 0 neither the stride nor the pointer counts.
    let mut batch = Batch::new(vec![Job::fill(&buffer, 1)]);
    let syncs = &mut batch.jobs[0].in_syncs;
    (syncs.stride, syncs.array) = (3, 0xdead_0000);
    batch.submit(&client).expect("no syncs at a bad address");
}

fn sync_stride_longer(lab: &Lab) {
    let (client, buffer) = setup(lab);
    let done = (client.syncobj(), 0);
    let job = Job::fill(&buffer, 1);
    let mut bytes = crate::raw::bytes_of(&sync(done));
    bytes.extend([0; 9]);
    let of = |bytes: &[u8]| drm_mvgal_obj_array {
        stride: bytes.len() as u32,
        count: 1,
        array: bytes.as_ptr() as u64,
    };
    for at in [16, 24] {
        let mut grown = bytes.clone();
        grown[at] = 1;
        refuse(&client, Errno::E2BIG, "in-sync tail", &job, |raw| {
            raw.in_syncs = of(&grown)
        });
        refuse(&client, Errno::E2BIG, "out-sync tail", &job, |raw| {
            raw.out_syncs = of(&grown)
        });
    }
    let mut batch = Batch::new(vec![job]);
    batch.jobs[0].out_syncs = of(&bytes);
    batch.submit(&client).expect("a tail of zeros");
    client.done(done);
}

fn sync_pointers(lab: &Lab) {
    let (client, buffer) = setup(lab);
    let point = (client.syncobj(), 0);
    let job = Job::fill(&buffer, 1).after(point).signals(point);
    for address in Bad::new().unreadable() {
        refuse(
            &client,
            Errno::EFAULT,
            &format!("in-syncs at {address:#x}"),
            &job,
            |raw| {
                raw.in_syncs.array = address;
            },
        );
        refuse(
            &client,
            Errno::EFAULT,
            &format!("out-syncs at {address:#x}"),
            &job,
            |raw| {
                raw.out_syncs.array = address;
            },
        );
    }
}

fn too_many_syncs(lab: &Lab) {
    let (client, buffer) = setup(lab);
    let max = lab.caps.max_syncs_per_job;
    let done = client.syncobj_with(1).expect("a signalled syncobj");
    let line = client.syncobj();
    let syncs = |count: u32, handle: u32| -> Vec<_> {
        (1..=count)
            .map(|n| sync((handle, if handle == done { 0 } else { n.into() })))
            .collect()
    };
    let mut job = Job::fill(&buffer, 1);
    job.ins = syncs(max + 1, done);
    refuse(&client, Errno::E2BIG, "in-syncs", &job, |_| ());
    for count in [1 << 24, 1 << 31, u32::MAX] {
        refuse(
            &client,
            Errno::E2BIG,
            &format!("{count} syncs"),
            &job,
            |raw| {
                raw.in_syncs.count = count;
            },
        );
        refuse(
            &client,
            Errno::E2BIG,
            &format!("{count} syncs"),
            &job,
            |raw| {
                raw.out_syncs = drm_mvgal_obj_array {
                    count,
                    ..raw.in_syncs
                };
                raw.in_syncs = array::<drm_mvgal_sync>(&[]);
            },
        );
    }
    let mut job = Job::fill(&buffer, 1);
    job.outs = syncs(max + 1, line);
    refuse(&client, Errno::E2BIG, "out-syncs", &job, |_| ());
    let mut job = Job::fill(&buffer, 1);
    (job.ins, job.outs) = (syncs(max, done), syncs(max, line));
    client.queue(vec![job]);
    client.done((line, max.into()));
}

fn points_that_do_not_increase(lab: &Lab) {
    let (client, buffer) = setup(lab);
    let line = client.syncobj();
    client.signal((line, 5), 0).expect("SIGNAL_FENCE");
    let on = |points: &[u64]| {
        let fill = Job::fill(&buffer, 1);
        points
            .iter()
            .fold(fill, |job, point| job.signals((line, *point)))
    };
    for points in [&[5][..], &[4], &[1], &[6, 6], &[7, 6], &[8, 3]] {
        refuse(
            &client,
            Errno::EINVAL,
            &format!("points {points:?}"),
            &on(points),
            |_| (),
        );
    }
    for points in [[6, 6], [7, 6]] {
        refused(
            &client,
            Errno::EINVAL,
            &format!("jobs with {points:?}"),
            || client.submit(points.iter().map(|point| on(&[*point])).collect()),
        );
    }
    assert_eq!(client.core_query(line, 0), Ok(5));
    client.queue(vec![on(&[6, 7]), on(&[9])]);
    client.done((line, 9));
}

fn points_of_pending_jobs(lab: &Lab) {
    let (client, buffer) = setup(lab);
    let gate = (client.syncobj(), 1);
    let line = client.syncobj();
    client.queue(vec![Job::fill(&buffer, 1).after(gate).signals((line, 5))]);
    for point in [1, 4, 5] {
        let job = Job::fill(&buffer, 1).signals((line, point));
        refuse(
            &client,
            Errno::EINVAL,
            &format!("point {point}"),
            &job,
            |_| (),
        );
    }
    client.queue(vec![Job::fill(&buffer, 1).signals((line, 6))]);
    client.signal(gate, 0).expect("SIGNAL_FENCE");
    client.done((line, 6));
}

// SPDX-License-Identifier: MIT OR Apache-2.0

//! SUBMIT_WORKLOAD: batches that are refused.

use crate::check::refused;
use crate::check::refused_tails;
use crate::check::unknown_bits;
use crate::client::Buffer;
use crate::client::Client;
use crate::client::PAGE;
use crate::harness::suite;
use crate::job::Batch;
use crate::job::Job;
use crate::lab::Lab;
use crate::lab::Need;
use crate::lab::VGEM;
use crate::raw::Bad;
use crate::sys::*;
use nix::errno::Errno;
use std::mem::offset_of;

suite! {
    flags_and_pad;
    no_jobs;
    too_many_jobs;
    job_stride;
    job_stride_longer;
    jobs_pointer;
    kinds;
    priorities;
    job_flags;
    members [Need::Members(1)];
    member_not_in_the_mask [VGEM];
    payload_pointer;
    report_without_flag;
    report_buffers [VGEM];
    report_offsets;
    too_many_unfinished in 120;
    all_or_none;
    another_clients_objects;
}

/// A client with a buffer.
pub fn setup(lab: &Lab) -> (Client, Buffer) {
    let client = lab.client();
    let buffer = client.alloc(HOST, 4 * PAGE);
    (client, buffer)
}

/// Checks that the batch is refused as edited, also behind a good job, which
/// must then not run either.
#[track_caller]
pub fn refuse(
    client: &Client,
    error: Errno,
    what: &str,
    job: &Job,
    edit: impl Fn(&mut drm_mvgal_job),
) {
    for good_before in [0, 2] {
        let probe = client.alloc(HOST, PAGE);
        let mut jobs = vec![Job::fill(&probe, 0xbd); good_before];
        jobs.push(job.clone());
        let mut batch = Batch::new(jobs);
        edit(&mut batch.jobs[good_before]);
        let what = format!("{what} behind {good_before} good jobs");
        refused(client, error, &what, || batch.submit(client));
        assert_eq!(
            client.map(&probe).read_at(0, 1),
            [0],
            "{what}: a good job ran"
        );
        client.free(probe.handle).expect("FREE_MEMORY");
    }
}

fn flags_and_pad(lab: &Lab) {
    let (client, buffer) = setup(lab);
    let mut batch = Batch::new(vec![Job::fill(&buffer, 1)]);
    let good = batch.arg;
    for bit in unknown_bits(0) {
        batch.arg = drm_mvgal_submit_workload { flags: bit, ..good };
        refused(&client, Errno::EINVAL, &format!("flags {bit:#x}"), || {
            batch.submit(&client)
        });
        batch.arg = drm_mvgal_submit_workload { pad: bit, ..good };
        refused(&client, Errno::EINVAL, &format!("pad {bit:#x}"), || {
            batch.submit(&client)
        });
    }
}

fn no_jobs(lab: &Lab) {
    let client = lab.client();
    refused(&client, Errno::EINVAL, "no jobs", || {
        client.submit(Vec::new())
    });
}

fn too_many_jobs(lab: &Lab) {
    let (client, buffer) = setup(lab);
    let count = lab.caps.max_jobs_per_submit + 1;
    let mut batch = Batch::new(vec![Job::fill(&buffer, 1); count as usize]);
    for count in [count, 1 << 24, 1 << 31, u32::MAX] {
        batch.arg.jobs.count = count;
        refused(&client, Errno::E2BIG, &format!("{count} jobs"), || {
            batch.submit(&client)
        });
    }
}

fn job_stride(lab: &Lab) {
    let (client, buffer) = setup(lab);
    let first_size = offset_of!(drm_mvgal_job, timeout_ns) as u32;
    let mut batch = Batch::new(vec![Job::fill(&buffer, 1); 2]);
    for stride in [0, 1, 8, first_size - 8, first_size - 1] {
        batch.arg.jobs.stride = stride;
        refused(&client, Errno::EINVAL, &format!("stride {stride}"), || {
            batch.submit(&client)
        });
    }
    // All that is unknown in such an element cannot be zero: it is not there.
    batch.arg.jobs.stride = u32::MAX;
    let either = [Errno::E2BIG, Errno::EFAULT];
    crate::check::refused_any(&client, &either, "stride 2^32-1", || batch.submit(&client));
}

fn job_stride_longer(lab: &Lab) {
    let (client, buffer) = setup(lab);
    let size = size_of::<drm_mvgal_job>();
    for extra in [1, 8, 64] {
        let done = (client.syncobj(), 0);
        let batch = Batch::new(vec![
            Job::fill(&buffer, 0x10),
            Job::fill(&buffer, 0x20).signals(done),
        ]);
        let tail = vec![0; extra];
        let element = |index: usize| crate::raw::bytes_of(&batch.jobs[index]);
        let bytes = [element(0), tail.clone(), element(1), tail].concat();
        let submit = |bytes: &[u8]| {
            let mut arg = batch.arg;
            arg.jobs.stride = (size + extra) as u32;
            arg.jobs.array = bytes.as_ptr() as u64;
            client.ioctl(DRM_IOCTL_MVGAL_SUBMIT_WORKLOAD, &mut arg)
        };
        refused_tails(&client, &bytes, &[size, bytes.len() - 1], |grown| {
            submit(grown)
        });
        submit(&bytes).expect("a tail of zeros");
        client.done(done);
    }
}

fn jobs_pointer(lab: &Lab) {
    let (client, buffer) = setup(lab);
    let mut batch = Batch::new(vec![Job::fill(&buffer, 1)]);
    for address in Bad::new().unreadable() {
        batch.arg.jobs.array = address;
        refused(
            &client,
            Errno::EFAULT,
            &format!("jobs at {address:#x}"),
            || batch.submit(&client),
        );
    }
}

fn kinds(lab: &Lab) {
    let (client, buffer) = setup(lab);
    for kind in [0, 6, 7, 1 << 31, u32::MAX] {
        let job = Job::fill(&buffer, 1);
        refuse(
            &client,
            Errno::EINVAL,
            &format!("kind {kind}"),
            &job,
            |raw| raw.kind = kind,
        );
    }
}

fn priorities(lab: &Lab) {
    let (client, buffer) = setup(lab);
    for priority in [16, 17, 1 << 31, u32::MAX] {
        let job = Job::fill(&buffer, 1).priority(priority);
        refuse(
            &client,
            Errno::EINVAL,
            &format!("priority {priority}"),
            &job,
            |_| (),
        );
    }
    for ceiling in [0, 3, 11, 14] {
        client.set_ceiling(ceiling).expect("ceiling");
        client.run(Job::fill(&buffer, 1).priority(ceiling));
        let job = Job::fill(&buffer, 1).priority(ceiling + 1);
        refuse(
            &client,
            Errno::EPERM,
            &format!("above ceiling {ceiling}"),
            &job,
            |_| (),
        );
    }
}

fn job_flags(lab: &Lab) {
    let (client, buffer) = setup(lab);
    let known = DRM_MVGAL_JOB_IMPLICIT_SYNC | DRM_MVGAL_JOB_REPORT | DRM_MVGAL_JOB_REPORT_TRAFFIC;
    // The one of them is a part of the other.
    for flags in unknown_bits(known).chain([DRM_MVGAL_JOB_REPORT_TRAFFIC]) {
        let job = Job::fill(&buffer, 1);
        refuse(
            &client,
            Errno::EINVAL,
            &format!("flags {flags:#x}"),
            &job,
            |raw| {
                raw.flags = flags;
            },
        );
    }
}

fn members(lab: &Lab) {
    let (client, buffer) = setup(lab);
    for member in [lab.no_member(), u32::MAX - 1, 1 << 31] {
        let job = Job::fill(&buffer, 1).on(member);
        refuse(
            &client,
            Errno::ENOENT,
            &format!("member {member:#x}"),
            &job,
            |_| (),
        );
    }
    for device in &lab.devices {
        let job = Job::fill(&buffer, 1).on(device.id);
        refuse(&client, Errno::EACCES, "not attached", &job, |_| ());
    }
}

fn member_not_in_the_mask(lab: &Lab) {
    let vgem = lab.member("vgem");
    let (client, _node) = lab.with(vgem);
    let buffer = client.alloc(HOST, PAGE);
    client.set_mask(0).expect("an empty mask");
    let job = Job::fill(&buffer, 1).on(vgem.id);
    refuse(&client, Errno::EACCES, "not in the mask", &job, |_| ());
}

fn payload_pointer(lab: &Lab) {
    let (client, buffer) = setup(lab);
    for job in [
        Job::fill(&buffer, 1),
        Job::copy(&buffer, &client.alloc(HOST, PAGE)),
    ] {
        for address in Bad::new().unreadable() {
            refuse(
                &client,
                Errno::EFAULT,
                &format!("payload at {address:#x}"),
                &job,
                |raw| {
                    raw.payload = address;
                },
            );
        }
    }
}

fn report_without_flag(lab: &Lab) {
    let (client, buffer) = setup(lab);
    let job = Job::fill(&buffer, 1);
    refuse(&client, Errno::EINVAL, "report", &job, |raw| {
        raw.report = buffer.handle
    });
    refuse(&client, Errno::EINVAL, "report_offset", &job, |raw| {
        raw.report_offset = 8
    });
}

fn report_buffers(lab: &Lab) {
    let vgem = lab.member("vgem");
    let (client, _node) = lab.with(vgem);
    let buffer = client.alloc(HOST, PAGE);
    let theirs = client.alloc(vgem.id, PAGE);
    let job = Job::fill(&buffer, 1).report(&buffer, 0);
    for handle in [0, 99, u32::MAX] {
        refuse(
            &client,
            Errno::ENOENT,
            &format!("report {handle}"),
            &job,
            |raw| {
                raw.report = handle;
            },
        );
    }
    refuse(&client, Errno::EINVAL, "report on a member", &job, |raw| {
        raw.report = theirs.handle;
    });
}

fn report_offsets(lab: &Lab) {
    let (client, buffer) = setup(lab);
    let reports = client.alloc(HOST, PAGE);
    let job = Job::fill(&buffer, 1).report(&reports, 0);
    let size = size_of::<drm_mvgal_job_report>() as u64;
    for offset in [
        1,
        4,
        7,
        PAGE - size + 8,
        PAGE - 8,
        PAGE,
        1 << 32,
        u64::MAX - 7,
        u64::MAX,
    ] {
        refuse(
            &client,
            Errno::EINVAL,
            &format!("offset {offset:#x}"),
            &job,
            |raw| {
                raw.report_offset = offset;
            },
        );
    }
    let done = (client.syncobj(), 0);
    let mut last = job.signals(done);
    last.raw.report_offset = PAGE - size;
    client.queue(vec![last]);
    client.done(done);
}

fn too_many_unfinished(lab: &Lab) {
    let (client, buffer) = setup(lab);
    let gate = (client.syncobj(), 1);
    let batch = lab.caps.max_jobs_per_submit.min(1000);
    let mut left = lab.caps.max_jobs_per_client;
    while left > 0 {
        let count = left.min(batch);
        let job = Job::fill(&buffer, 1).after(gate);
        client.queue(vec![job; count as usize]);
        left -= count;
    }
    let job = Job::fill(&buffer, 1);
    refused(&client, Errno::EBUSY, "one too many", || {
        client.submit(vec![job.clone()])
    });
    // Another client has its own limit.
    let (other, theirs) = setup(lab);
    other.run(Job::fill(&theirs, 1));
    client.signal(gate, 0).expect("SIGNAL_FENCE");
    let begin = crate::raw::now();
    while client.submit(vec![job.clone()]) == Err(Errno::EBUSY) {
        assert!(
            crate::raw::now() - begin < 200_000_000_000,
            "they never end"
        );
        crate::raw::sleep_ms(5);
    }
}

fn all_or_none(lab: &Lab) {
    let (client, buffer) = setup(lab);
    let line = client.syncobj();
    let reports = client.alloc(HOST, PAGE);
    let good = Job::fill(&buffer, 0x5a)
        .signals((line, 1))
        .report(&reports, 0);
    let bad = Job::fill(&buffer, 1).after((99, 0));
    refused(&client, Errno::ENOENT, "a good one and a bad one", || {
        client.submit(vec![good.clone(), bad])
    });
    crate::raw::sleep_ms(50);
    assert_eq!(client.map(&buffer).read_at(0, 1), [0], "the good one ran");
    assert_eq!(
        client.map(&reports).read_at(0, 8),
        [0; 8],
        "the good one reported"
    );
    assert!(client.wait((line, 1), 0).is_err(), "the good one signalled");
    // Its point is as free as it was.
    client.queue(vec![good]);
    client.done((line, 1));
}

fn another_clients_objects(lab: &Lab) {
    let (client, buffer) = setup(lab);
    let other = lab.client();
    let theirs: Vec<_> = (0..30).map(|_| other.alloc(HOST, PAGE)).collect();
    let syncobjs: Vec<_> = (0..30).map(|_| other.syncobj()).collect();
    let (theirs, point) = (theirs[29], (syncobjs[29], 0));
    for job in [
        Job::fill(&theirs, 1),
        Job::copy(&theirs, &buffer),
        Job::copy(&buffer, &theirs),
        Job::fill(&buffer, 1).after(point),
        Job::fill(&buffer, 1).signals(point),
        Job::fill(&buffer, 1).report(&theirs, 0),
    ] {
        refuse(
            &client,
            Errno::ENOENT,
            &format!("{:?}", job.raw),
            &job,
            |_| (),
        );
    }
}

// SPDX-License-Identifier: GPL-2.0

//! SUBMIT_WORKLOAD: from the arguments of userspace to jobs that are on their way.
//!
//! Whatever can fail is done before the first job is registered, so that a batch is queued as a
//! whole or leaves nothing behind.

mod request;

use kernel::{
    device::Device,
    prelude::*,
    sync::{
        aref::ARef,
        Arc,
        SetOnce, //
    }, //
};

use kernel_ext::{
    clock::monotonic_ns,
    syncobj::Syncobj,
    uapi, //
};

use crate::{
    affinity::{
        Attachment,
        Client,
        Placing, //
    },
    args::{
        JobHeader,
        JobKind,
        ReportRequest,
        Target, //
    },
    buffer::{
        self,
        FirstUse, //
    },
    client_jobs::{
        ClientJobs,
        Sharing, //
    },
    deadlines::Deadlines,
    direct::{
        self,
        Dispatched, //
    },
    dispatch::{
        Dispatcher,
        Placed, //
    },
    file::File,
    gate::Passage,
    job::{
        self,
        Job,
        Setup,
        Task,
        MAX_SYNCS_PER_JOB, //
    },
    native::Native,
    obj_array,
    report::Report,
    scheduler::Ticket,
    timeline::{
        Armable,
        InPoint,
        OutPoint, //
    },
    work::Work, //
};

use request::Request;

/// Most jobs in one batch.
pub(crate) const MAX_JOBS_PER_SUBMIT: u32 = 4096;

type DrmFile = kernel::drm::File<File>;

/// DRM_IOCTL_MVGAL_SUBMIT_WORKLOAD, for who has passed the gate.
pub(crate) fn submit_workload(
    dev: &Device,
    client: &Client,
    passage: &Passage,
    data: &mut uapi::drm_mvgal_submit_workload,
    file: &DrmFile,
) -> Result<u32> {
    if data.flags != 0 || data.pad != 0 || data.jobs.count == 0 {
        return Err(EINVAL);
    }
    match direct::dispatch(client, passage, &data.jobs)? {
        Dispatched::All => {}
        Dispatched::None => queue(dev, client, passage, data, file, 0)?,
        Dispatched::Part(rest) => {
            if let Err(err) = queue(dev, client, passage, data, file, rest.done) {
                rest.cancel(client.jobs(), err);
            }
        }
    }
    Ok(0)
}

/// Queues the jobs of a batch but for the first `dispatched` ones.
fn queue(
    dev: &Device,
    client: &Client,
    passage: &Passage,
    data: &uapi::drm_mvgal_submit_workload,
    file: &DrmFile,
    dispatched: usize,
) -> Result {
    let args = obj_array::read::<uapi::drm_mvgal_job>(&data.jobs, MAX_JOBS_PER_SUBMIT)?;
    let args = args.get(dispatched..).unwrap_or_default();
    let sched = client.jobs().sched();
    let mut tickets = sched.enter(args.len() as u64)?;

    let mut placing = client.placing()?;
    let now_ns = monotonic_ns();
    let batch = Batch { dev, client, file };
    // What may take a member's driver some time comes first, with nothing locked.
    let mut drafts = KVVec::with_capacity(args.len(), GFP_KERNEL_ACCOUNT)?;
    for args in args {
        drafts.push(Draft::new(&batch, &mut placing, args)?, GFP_KERNEL_ACCOUNT)?;
    }
    let sharing = client.jobs().sharing();
    let mut jobs = KVec::with_capacity(args.len(), GFP_KERNEL_ACCOUNT)?;
    for draft in drafts {
        let ticket = tickets.split().ok_or(EINVAL)?;
        jobs.push(
            draft.finish(client.jobs(), &sharing, ticket, now_ns)?,
            GFP_KERNEL_ACCOUNT,
        )?;
    }

    let mut armable = Armable::new();
    Deadlines::add(sched, &jobs)?;
    for job in &jobs {
        job.trace_submit();
    }
    if let Err(err) = sched.timelines.register(&jobs, &mut armable) {
        for job in &jobs {
            job.refused(err);
        }
        return Err(err);
    }
    drop(sharing);
    client.placed(placing);
    job::arm_all_with(passage, armable);

    // A member that went meanwhile, or mvgal itself, may have looked for its jobs too early.
    if jobs.iter().any(|job| job.is_orphan()) {
        job::cancel_waiting(sched, ENODEV, Some(client.jobs().id()), Job::is_orphan);
    }
    Ok(())
}

/// What the jobs of a batch have in common.
struct Batch<'a> {
    dev: &'a Device,
    client: &'a Client,
    file: &'a DrmFile,
}

/// A job whose arguments have been read and whose memory is there and mapped.
struct Draft {
    header: JobHeader,
    work: Work,
    placed: Placed,
    report: Option<KBox<Report>>,
    in_syncs: KVec<(ARef<Syncobj>, u64)>,
    out_syncs: KVec<(ARef<Syncobj>, u64)>,
}

impl Draft {
    /// Reads the arguments of a job.
    fn new(batch: &Batch<'_>, placing: &mut Placing, args: &uapi::drm_mvgal_job) -> Result<Self> {
        let Batch { dev, client, file } = *batch;
        let header = JobHeader::new(args)?;
        client.check_priority(header.level)?;

        let request = match header.kind {
            JobKind::Native => None,
            kind => Some(Request::read(kind, args, file)?),
        };
        let mut report = match &header.report {
            Some(report) => Some(report_to(batch, report)?),
            None => None,
        };
        let in_syncs = read_syncs(&args.in_syncs, file)?;
        let out_syncs = read_syncs(&args.out_syncs, file)?;
        let (work, placed) = match request {
            None => {
                let (work, dispatcher) = native(client, args, header.target)?;
                (work, Placed::new(dispatcher))
            }
            Some(request) => {
                let place = place(client, placing, header.target, &request)?;
                let dispatcher = match &place {
                    Some(attachment) => attachment.dispatcher(),
                    None => client.host(),
                };
                let placed = Placed::new(dispatcher.clone());
                let work = request.map(client, dev, header.target, place.as_ref())?;
                if let (Some(wanted), Some(report)) = (&header.report, &mut report) {
                    if wanted.traffic {
                        report.add_traffic(request.traffic(client, &work)?);
                    }
                }
                (work, placed)
            }
        };
        if header.implicit_sync && work.brackets_cpu_access() {
            return Err(EOPNOTSUPP);
        }
        Ok(Self {
            header,
            work,
            placed,
            report,
            in_syncs,
            out_syncs,
        })
    }

    /// Makes a job of it. It has no effect until it is registered.
    fn finish(
        self,
        jobs: &Arc<ClientJobs>,
        sharing: &Sharing<'_>,
        ticket: Ticket,
        now_ns: u64,
    ) -> Result<Arc<Job>> {
        let Self {
            header,
            work,
            placed,
            report,
            in_syncs,
            out_syncs,
        } = self;
        let slot = jobs.reserve_job(header.level)?;
        let sched = jobs.sched();
        let mut ins = KVec::with_capacity(in_syncs.len(), GFP_KERNEL_ACCOUNT)?;
        for (syncobj, point) in in_syncs {
            let point = InPoint::new(jobs, sharing, syncobj, point)?;
            if !point.is_over() {
                ins.push(point, GFP_KERNEL_ACCOUNT)?;
            }
        }
        let mut outs = KVec::with_capacity(out_syncs.len(), GFP_KERNEL_ACCOUNT)?;
        for (syncobj, point) in out_syncs {
            outs.push(OutPoint::new(sched, syncobj, point)?, GFP_KERNEL_ACCOUNT)?;
        }
        let task = Task {
            level: header.level,
            work,
            implicit_sync: header.implicit_sync,
            report,
            timeout_ns: sched.timeout_ns(header.timeout_ns),
            submitted_ns: now_ns,
            passage: SetOnce::new(),
            _ticket: ticket,
        };
        let setup = Setup::new(&task, placed, slot, ins, outs)?;
        Job::new(jobs, task, setup)
    }
}

/// Where a job writes its report: the host's memory, without what an exporter has to be told of.
fn report_to(batch: &Batch<'_>, request: &ReportRequest) -> Result<KBox<Report>> {
    let Batch { dev, client, file } = *batch;
    let buffer = buffer::lookup(file, request.handle)?;
    request.check_inside(buffer.size())?;
    // Without allocating what would be of no use.
    if buffer.is_of_member() {
        return Err(EINVAL);
    }
    let memory = buffer.memory_for(client, &FirstUse::Host)?;
    if memory.home != uapi::DRM_MVGAL_MEMBER_HOST {
        return Err(EINVAL);
    }
    if memory.dma_buf.brackets_cpu_access() {
        return Err(EOPNOTSUPP);
    }
    let map = memory.map(client, dev)?.of_host().ok_or(EINVAL)?;
    Ok(KBox::new(
        Report::new(map, request.offset),
        GFP_KERNEL_ACCOUNT,
    )?)
}

/// The work of a NATIVE job, and the dispatcher of its member.
fn native(
    client: &Client,
    args: &uapi::drm_mvgal_job,
    target: Target,
) -> Result<(Work, Arc<Dispatcher>)> {
    let Target::Member(id) = target else {
        return Err(EINVAL);
    };
    let attachment = client.member(id)?;
    let dispatcher = attachment.dispatcher().clone();
    let native = Native::new(attachment, args.payload, args.payload_size)?;
    Ok((
        Work::Native(KBox::new(native, GFP_KERNEL_ACCOUNT)?),
        dispatcher,
    ))
}

/// The member that a job goes to, or `None` for the host.
fn place(
    client: &Client,
    placing: &mut Placing,
    target: Target,
    request: &Request,
) -> Result<Option<Arc<Attachment>>> {
    match target {
        Target::Host => Ok(None),
        Target::Member(id) => client.member(id).map(Some),
        Target::Any => Ok(placing.choose(request.bytes(), |member| request.bytes_on(member))),
    }
}

/// Reads an array of points and looks the syncobjs up.
fn read_syncs(
    array: &uapi::drm_mvgal_obj_array,
    file: &DrmFile,
) -> Result<KVec<(ARef<Syncobj>, u64)>> {
    let args = obj_array::read::<uapi::drm_mvgal_sync>(array, MAX_SYNCS_PER_JOB)?;
    let mut syncs = KVec::with_capacity(args.len(), GFP_KERNEL_ACCOUNT)?;
    for sync in &args {
        if sync.flags != 0 {
            return Err(EINVAL);
        }
        let syncobj = Syncobj::lookup(file, sync.handle)?;
        syncs.push((syncobj, sync.point), GFP_KERNEL_ACCOUNT)?;
    }
    Ok(syncs)
}

// SPDX-License-Identifier: GPL-2.0

//! The payload of a job that works on buffers of ours: from what userspace wrote to work with the
//! buffers mapped.

use kernel::{
    device::Device,
    prelude::*,
    sync::Arc, //
};

use kernel_ext::uapi;

use super::DrmFile;
use crate::{
    affinity::{
        Attachment,
        Client, //
    },
    args::{
        transfer::{
            CopyRequest,
            FillRequest,
            ReplicateRequest, //
        },
        JobKind,
        Target, //
    },
    buffer::{
        self,
        BufferRef,
        FirstUse, //
    },
    mapped::Mapped,
    obj_array,
    reach::Way,
    report::Traffic,
    targets::Targets,
    work::Work, //
};

/// The payload of a job that works on buffers of ours, with those looked up.
pub(super) enum Request {
    /// Copy from one to another, or within one.
    Copy {
        args: CopyRequest,
        src: BufferRef,
        dst: BufferRef,
    },
    /// Fill one.
    Fill { args: FillRequest, dst: BufferRef },
    /// Copy from one memory of a buffer to its others.
    Replicate {
        args: ReplicateRequest,
        buffer: BufferRef,
    },
    /// Nothing.
    Barrier,
}

impl Request {
    /// Reads the payload of a job of that kind.
    ///
    /// # Errors
    ///
    /// `EFAULT`, `EINVAL` if it makes no sense or the kind has no such payload, `ENOENT` if there
    /// is no such buffer.
    pub(super) fn read(kind: JobKind, job: &uapi::drm_mvgal_job, file: &DrmFile) -> Result<Self> {
        let (payload, size) = (job.payload, job.payload_size);
        match kind {
            JobKind::Barrier => Ok(Request::Barrier),
            JobKind::Native => Err(EINVAL),
            JobKind::Copy => {
                let args = CopyRequest::new(&obj_array::read_one(payload, size)?)?;
                Ok(Request::Copy {
                    src: buffer::lookup(file, args.src)?,
                    dst: buffer::lookup(file, args.dst)?,
                    args,
                })
            }
            JobKind::Fill => {
                let args = FillRequest::new(&obj_array::read_one(payload, size)?)?;
                Ok(Request::Fill {
                    dst: buffer::lookup(file, args.dst)?,
                    args,
                })
            }
            JobKind::Replicate => {
                let args = ReplicateRequest::new(&obj_array::read_one(payload, size)?)?;
                Ok(Request::Replicate {
                    buffer: buffer::lookup(file, args.buffer)?,
                    args,
                })
            }
        }
    }

    /// How many bytes its buffers have. Those without memory yet are no burden to anyone.
    pub(super) fn bytes(&self) -> u64 {
        let there = |buffer: &BufferRef| buffer.memory().map_or(0, |_| buffer.size());
        match self {
            Request::Copy { src, dst, .. } => there(src).saturating_add(there(dst)),
            Request::Fill { dst, .. } => there(dst),
            Request::Replicate { buffer, .. } => there(buffer),
            Request::Barrier => 0,
        }
    }

    /// How many bytes of what is written, and of what is only read, are on a member.
    pub(super) fn bytes_on(&self, member: u32) -> (u64, u64) {
        let on = |buffer: &BufferRef| {
            if buffer.is_on(member) {
                buffer.size()
            } else {
                0
            }
        };
        match self {
            Request::Copy { src, dst, .. } => (on(dst), on(src)),
            Request::Fill { dst, .. } => (on(dst), 0),
            Request::Replicate { buffer, .. } => (0, on(buffer)),
            Request::Barrier => (0, 0),
        }
    }

    /// Checks the ranges and maps the buffers, with memory allocated for the use on `place` where
    /// there is none.
    ///
    /// # Errors
    ///
    /// Those of the plans, and as `BufferRef::map_to_read`, `map_to_write` and `map_to_replicate`.
    pub(super) fn map(
        &self,
        client: &Client,
        dev: &Device,
        target: Target,
        place: Option<&Arc<Attachment>>,
    ) -> Result<Work> {
        let first = FirstUse::by_job(place);
        let member = place.map_or(uapi::DRM_MVGAL_MEMBER_HOST, |place| place.member().id());
        match self {
            Request::Copy { args, src, dst } => Ok(Work::Copy {
                plan: args.plan(src.size(), dst.size(), src.same(dst))?,
                src: src.map_to_read(client, dev, &first, member)?,
                dst: dst.map_to_write(client, dev, &first)?,
            }),
            Request::Fill { args, dst } => Ok(Work::Fill {
                plan: args.plan(dst.size())?,
                dst: dst.map_to_write(client, dev, &first)?,
            }),
            Request::Replicate { args, buffer } => {
                let rows = args.plan(buffer.size())?;
                let from = match target {
                    Target::Any => None,
                    Target::Host | Target::Member(_) => Some(member),
                };
                match buffer.map_to_replicate(client, dev, from)? {
                    (Some(src), dst) => Ok(Work::Replicate { rows, src, dst }),
                    (None, _) => Ok(Work::NoReplicate),
                }
            }
            Request::Barrier => Ok(Work::Barrier),
        }
    }

    /// From where to where `work` moves data, which it was mapped to.
    pub(super) fn traffic(&self, client: &Client, work: &Work) -> Result<Traffic> {
        const HOST: u32 = uapi::DRM_MVGAL_MEMBER_HOST;

        let (src, dst) = work.ends();
        let src = src.map(Mapped::home);
        let first = dst.and_then(|dst| dst.iter().next()).map(Mapped::home);
        // Where one end is missing, or both are, nothing goes from one memory to another.
        let only = match self {
            Request::Replicate { buffer, .. } => buffer.home(),
            _ => None,
        };
        let importer = first.or(src).or(only).unwrap_or(HOST);
        let exporter = src.unwrap_or(importer);
        let way = match (exporter, importer) {
            (one, two) if one == two => Way::OWN,
            (_, HOST) => Way::BY_CPU,
            (exporter, importer) => client.way_between(exporter, importer),
        };
        Ok(Traffic {
            exporter,
            importer,
            way,
            copies: u32::try_from(dst.map_or(0, Targets::len))?,
        })
    }
}

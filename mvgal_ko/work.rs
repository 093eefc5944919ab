// SPDX-License-Identifier: GPL-2.0

//! What a COPY, FILL or REPLICATE job does: moving bytes between buffers that are mapped.
//!
//! It goes in slices, so that a job that is cancelled ends soon and other tasks get the CPU. Some
//! of it runs while published fences wait for it: [`Work::run`] neither allocates nor takes a lock.
//! How the bytes of a slice are copied is for [`CopyChoices`] to say.

use kernel::{
    dma::DataDirection,
    prelude::*, //
};

use kernel_ext::{
    barrier::wmb,
    dma_buf::DmaBuf,
    dma_resv::Usage,
    sched::cond_resched,
    uapi, //
};

use crate::{
    args::transfer::{
        CopyPlan,
        FillPlan,
        Rect, //
    },
    copy_choice::{
        CopyChoices,
        SLICE, //
    },
    dispatch::Lane,
    mapped::Mapped,
    native::Native,
    targets::Targets, //
};

/// The work of a job, with the buffers mapped that it touches.
pub(crate) enum Work {
    /// Copy rows.
    Copy {
        /// What to copy.
        plan: CopyPlan,
        /// The buffer to read.
        src: Mapped,
        /// The buffer to write.
        dst: Targets,
    },
    /// Write a pattern.
    Fill {
        /// What to write.
        plan: FillPlan,
        /// The buffer to write.
        dst: Targets,
    },
    /// Copy rows to where they are in the copies of a buffer.
    Replicate {
        /// What to copy.
        rows: Rect,
        /// The copy to read.
        src: Mapped,
        /// The copies to write.
        dst: Targets,
    },
    /// The same if there is nothing to write.
    NoReplicate,
    /// Submit what the client has for the member's driver.
    Native(KBox<Native>),
    /// Nothing.
    Barrier,
}

impl Work {
    /// What it reads, and what it writes.
    pub(crate) fn ends(&self) -> (Option<&Mapped>, Option<&Targets>) {
        match self {
            Work::Copy { src, dst, .. } | Work::Replicate { src, dst, .. } => {
                (Some(src), Some(dst))
            }
            Work::Fill { dst, .. } => (None, Some(dst)),
            Work::Native(_) | Work::Barrier | Work::NoReplicate => (None, None),
        }
    }

    /// The memory it touches, and how: first what it writes.
    fn maps(&self) -> impl Iterator<Item = (&Mapped, Usage)> {
        let (src, dst) = self.ends();
        let written = dst.into_iter().flat_map(Targets::iter);
        let written = written.map(|map| (map, Usage::Write));
        let read = src.map(|map| (map, Usage::Read));
        Iterator::chain(written, read)
    }

    /// The buffers it touches, and how: first those that it writes.
    pub(crate) fn buffers(&self) -> impl Iterator<Item = (&DmaBuf, Usage)> {
        self.maps().map(|(map, usage)| (map.dma_buf(), usage))
    }

    /// Unmaps the buffers. The work is not to be done before [`Work::map_again`]. Sleeps.
    pub(crate) fn park(&self) {
        self.maps().for_each(|(map, _)| map.park());
    }

    /// Maps the buffers that were unmapped.
    ///
    /// # Errors
    ///
    /// As [`Mapped::map_again`].
    pub(crate) fn map_again(&self) -> Result {
        self.maps().try_for_each(|(map, _)| map.map_again())
    }

    /// One of `enum drm_mvgal_job_kind`.
    pub(crate) fn kind(&self) -> u32 {
        match self {
            Work::Copy { .. } => uapi::drm_mvgal_job_kind_DRM_MVGAL_JOB_COPY,
            Work::Fill { .. } => uapi::drm_mvgal_job_kind_DRM_MVGAL_JOB_FILL,
            Work::Replicate { .. } | Work::NoReplicate => {
                uapi::drm_mvgal_job_kind_DRM_MVGAL_JOB_REPLICATE
            }
            Work::Native(_) => uapi::drm_mvgal_job_kind_DRM_MVGAL_JOB_NATIVE,
            Work::Barrier => uapi::drm_mvgal_job_kind_DRM_MVGAL_JOB_BARRIER,
        }
    }

    /// The lane of jobs that do it.
    pub(crate) fn lane(&self) -> Lane {
        match self {
            Work::Native(_) => Lane::Native,
            _ if self.brackets_cpu_access() => Lane::Unfenced,
            _ => Lane::Fenced,
        }
    }

    /// How many bytes it moves.
    pub(crate) fn bytes(&self) -> u64 {
        let (rows, dst) = match self {
            Work::Copy { plan, dst, .. } => (&plan.dst, dst),
            Work::Fill { plan, dst } => (&plan.dst, dst),
            Work::Replicate { rows, dst, .. } => (rows, dst),
            Work::Native(_) | Work::Barrier | Work::NoReplicate => return 0,
        };
        rows.bytes().saturating_mul(dst.len() as u64)
    }

    /// Whether an exporter of its buffers wants to be told of CPU access.
    ///
    /// It may take locks then, and wait for fences, that a published fence must not depend on.
    pub(crate) fn brackets_cpu_access(&self) -> bool {
        self.buffers()
            .any(|(buffer, _)| buffer.brackets_cpu_access())
    }

    /// Does it, until done or until `stop` gives a reason not to go on.
    ///
    /// `choices` are those of all copies.
    ///
    /// # Errors
    ///
    /// That reason, `ENODEV` if the memory is of a member that is gone, or `EFAULT` if a buffer
    /// turns out smaller than its plan.
    pub(crate) fn run(&self, choices: &CopyChoices, stop: impl Fn() -> Result) -> Result {
        let done = self.move_data(choices, stop);
        // Who sees the job's report, or its fence, sees what it has written.
        wmb();
        done
    }

    fn move_data(&self, choices: &CopyChoices, stop: impl Fn() -> Result) -> Result {
        match self {
            Work::Copy { plan, src, dst } => slices(&plan.dst, &stop, |row, at, len| {
                let from = offset(&plan.src, row, at)?;
                let to = offset(&plan.dst, row, at)?;
                let src = src.access()?;
                dst.try_each(|dst| choices.copy(&src, from, dst, to, len))
            }),
            Work::Fill { plan, dst } => slices(&plan.dst, &stop, |row, at, len| {
                let to = offset(&plan.dst, row, at)?;
                let size = plan.pattern_size as usize;
                dst.try_each(|dst| dst.fill(to, plan.pattern, size, len))
            }),
            Work::Replicate { rows, src, dst } => slices(rows, &stop, |row, at, len| {
                let place = offset(rows, row, at)?;
                let src = src.access()?;
                dst.try_each(|dst| choices.copy(&src, place, dst, place, len))
            }),
            Work::Barrier | Work::NoReplicate => Ok(()),
            // Its lane submits it.
            Work::Native(_) => Err(EINVAL),
        }
    }

    /// Does it with the exporters told.
    ///
    /// # Errors
    ///
    /// As [`Work::run`], `ENOMEM`, and what an exporter answers.
    pub(crate) fn run_bracketed(&self, choices: &CopyChoices, stop: impl Fn() -> Result) -> Result {
        let mut accesses = KVec::new();
        for (buffer, usage) in self.buffers() {
            let direction = match usage {
                Usage::Read => DataDirection::FromDevice,
                Usage::Write => DataDirection::Bidirectional,
            };
            accesses.push(buffer.begin_cpu_access(direction)?, GFP_KERNEL)?;
        }
        let mut done = self.run(choices, stop);
        while let Some(access) = accesses.pop() {
            let ended = access.end();
            done = done.and(ended);
        }
        done
    }
}

/// Where a byte of a row lies.
fn offset(rect: &Rect, row: u32, at: u64) -> Result<u64> {
    u64::from(row)
        .checked_mul(rect.pitch)
        .and_then(|row| row.checked_add(rect.offset))
        .and_then(|start| start.checked_add(at))
        .ok_or(EFAULT)
}

/// Calls `each` with row, offset in the row and length, for slices that make up all rows.
fn slices(
    rect: &Rect,
    stop: &impl Fn() -> Result,
    each: impl Fn(u32, u64, u64) -> Result,
) -> Result {
    let mut moved = 0;
    for row in 0..rect.height {
        let mut at = 0;
        while at < rect.width {
            let len = (rect.width - at).min(SLICE);
            each(row, at, len)?;
            at += len;
            moved += len;
            if moved >= SLICE {
                moved = 0;
                cond_resched();
                stop()?;
            }
        }
    }
    Ok(())
}

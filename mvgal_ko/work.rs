// SPDX-License-Identifier: GPL-2.0

//! What a COPY or FILL job does: moving bytes between buffers that are mapped.
//!
//! It goes in slices, so that a job that is cancelled ends soon and other tasks get the CPU. Some
//! of it runs while published fences wait for it: nothing here allocates or takes a lock. How the
//! bytes of a slice are copied is for [`CopyChoices`] to say.

use kernel::{
    dma::DataDirection,
    prelude::*,
    sync::Arc, //
};

use kernel_ext::{
    dma_buf::{
        CpuAccess,
        DmaBuf,
        Vmap, //
    },
    dma_resv::Usage,
    sched::cond_resched,
    uapi::{
        self,
        drm_mvgal_job_report, //
    },
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
    native::Native, //
};

/// The work of a job, with the buffers mapped that it touches.
pub(crate) enum Work {
    /// Copy rows.
    Copy {
        /// What to copy.
        plan: CopyPlan,
        /// The buffer to read.
        src: Arc<Vmap>,
        /// The buffer to write.
        dst: Arc<Vmap>,
    },
    /// Write a pattern.
    Fill {
        /// What to write.
        plan: FillPlan,
        /// The buffer to write.
        dst: Arc<Vmap>,
    },
    /// Submit what the client has for the member's driver.
    Native(KBox<Native>),
    /// Nothing.
    Barrier,
}

impl Work {
    /// The buffers it touches, and how.
    pub(crate) fn buffers(&self) -> [Option<(&DmaBuf, Usage)>; 2] {
        match self {
            Work::Copy { src, dst, .. } => [
                Some((&**dst.dma_buf(), Usage::Write)),
                Some((&**src.dma_buf(), Usage::Read)),
            ],
            Work::Fill { dst, .. } => [Some((&**dst.dma_buf(), Usage::Write)), None],
            Work::Native(_) | Work::Barrier => [None, None],
        }
    }

    /// One of `enum drm_mvgal_job_kind`.
    pub(crate) fn kind(&self) -> u32 {
        match self {
            Work::Copy { .. } => uapi::drm_mvgal_job_kind_DRM_MVGAL_JOB_COPY,
            Work::Fill { .. } => uapi::drm_mvgal_job_kind_DRM_MVGAL_JOB_FILL,
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
        match self {
            Work::Copy { plan, .. } => plan.dst.bytes(),
            Work::Fill { plan, .. } => plan.dst.bytes(),
            Work::Native(_) | Work::Barrier => 0,
        }
    }

    /// Whether an exporter of its buffers wants to be told of CPU access.
    ///
    /// It may take locks then, and wait for fences, that a published fence must not depend on.
    pub(crate) fn brackets_cpu_access(&self) -> bool {
        self.buffers()
            .into_iter()
            .flatten()
            .any(|(buffer, _)| buffer.brackets_cpu_access())
    }

    /// Does it, until done or until `stop` gives a reason not to go on.
    ///
    /// `choices` are those of all copies.
    ///
    /// # Errors
    ///
    /// That reason, or `EFAULT` if a buffer turns out smaller than its plan.
    pub(crate) fn run(&self, choices: &CopyChoices, stop: impl Fn() -> Result) -> Result {
        match self {
            Work::Copy { plan, src, dst } => slices(&plan.dst, &stop, |row, at, len| {
                let from = offset(&plan.src, row, at)?;
                choices.copy(src, from, dst, offset(&plan.dst, row, at)?, len)
            }),
            Work::Fill { plan, dst } => slices(&plan.dst, &stop, |row, at, len| {
                dst.fill(
                    offset(&plan.dst, row, at)?,
                    plan.pattern,
                    plan.pattern_size as usize,
                    len,
                )
            }),
            Work::Barrier => Ok(()),
            // Its lane submits it.
            Work::Native(_) => Err(EINVAL),
        }
    }

    /// Does it with the exporters told.
    ///
    /// # Errors
    ///
    /// As [`Work::run`], and what an exporter answers.
    pub(crate) fn run_bracketed(&self, choices: &CopyChoices, stop: impl Fn() -> Result) -> Result {
        let [first, second] = self.buffers();
        let first = begin(first)?;
        let second = begin(second)?;
        let mut done = self.run(choices, stop);
        for access in [second, first].into_iter().flatten() {
            let ended = access.end();
            done = done.and(ended);
        }
        done
    }
}

/// Tells the exporter of a buffer that the CPU is going to access it.
fn begin(buffer: Option<(&DmaBuf, Usage)>) -> Result<Option<CpuAccess<'_>>> {
    let Some((buffer, usage)) = buffer else {
        return Ok(None);
    };
    let direction = match usage {
        Usage::Read => DataDirection::FromDevice,
        Usage::Write => DataDirection::Bidirectional,
    };
    buffer.begin_cpu_access(direction).map(Some)
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

/// Where a job writes its report.
pub(crate) struct Report {
    buffer: Arc<Vmap>,
    offset: u64,
}

impl Report {
    /// Will write to `buffer` at `offset`.
    ///
    /// # Errors
    ///
    /// `EINVAL` if it does not fit.
    pub(crate) fn new(buffer: Arc<Vmap>, offset: u64) -> Result<Self> {
        let end = offset
            .checked_add(core::mem::size_of::<drm_mvgal_job_report>() as u64)
            .ok_or(EINVAL)?;
        if end > buffer.dma_buf().size() as u64 {
            return Err(EINVAL);
        }
        Ok(Self { buffer, offset })
    }

    /// Writes it.
    pub(crate) fn write(&self, report: &drm_mvgal_job_report) {
        // It was checked to fit.
        let _ = self.buffer.write(self.offset, report.as_bytes());
    }
}

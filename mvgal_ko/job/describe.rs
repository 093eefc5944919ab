// SPDX-License-Identifier: GPL-2.0

//! A job in words, for debugfs.

use kernel::{
    fmt,
    sync::atomic::Relaxed, //
};

use kernel_ext::{
    clock::monotonic_ns,
    uapi, //
};

use super::{
    Job,
    State, //
};

impl Job {
    /// Whether its in-syncs have not all signalled.
    pub(crate) fn is_waiting(&self) -> bool {
        self.ready_ns.load(Relaxed) == 0
            && matches!(
                &*self.state.lock(),
                State::Waiting(_) | State::Arming(_) | State::Armed(_)
            )
    }

    /// Writes a line about it, of which `state` is the state.
    pub(crate) fn describe(&self, state: &str, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let kind = match self.task.work.kind() {
            uapi::drm_mvgal_job_kind_DRM_MVGAL_JOB_COPY => "COPY",
            uapi::drm_mvgal_job_kind_DRM_MVGAL_JOB_FILL => "FILL",
            uapi::drm_mvgal_job_kind_DRM_MVGAL_JOB_REPLICATE => "REPLICATE",
            uapi::drm_mvgal_job_kind_DRM_MVGAL_JOB_NATIVE => "NATIVE",
            _ => "BARRIER",
        };
        let age_ns = monotonic_ns().saturating_sub(self.submitted_ns);
        write!(
            f,
            "client {} job {} {kind} priority {} member {}: {state}, {} us old",
            self.client_id(),
            self.id,
            self.priority(),
            self.member(),
            age_ns / 1000,
        )?;
        match &*self.state.lock() {
            State::Waiting(setup) => {
                for point in &setup.ins {
                    match (point.awaited(), point.fence()) {
                        (Some(0), _) => write!(f, "; for a syncobj without a fence")?,
                        (Some(point), _) => write!(f, "; for point {point} without a fence")?,
                        (None, Some(fence)) if !fence.is_signaled() => {
                            write!(f, "; for ")?;
                            fence.describe(f)?;
                        }
                        _ => {}
                    }
                }
            }
            State::Armed(setup) => {
                for fence in setup.ins.iter().filter_map(|point| point.fence()) {
                    if !fence.is_signaled() {
                        write!(f, "; for ")?;
                        fence.describe(f)?;
                    }
                }
            }
            State::InFlight(_, flight) => {
                write!(f, "; for ")?;
                flight.fence.describe(f)?;
            }
            _ => {}
        }
        writeln!(f)
    }
}

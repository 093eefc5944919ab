// SPDX-License-Identifier: MIT OR Apache-2.0

//! Waiting for points, and signalling them from the CPU.

use std::sync::Arc;

use nix::errno::Errno;

use crate::deadline::Deadline;
use crate::error::{Call, Error, Result};
use crate::node::Node;
use crate::syncobj::Point;
use crate::{ioctls, sys};

/// How many of the points to wait for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum WaitMode {
    /// Until all have signalled.
    All,
    /// Until one has signalled.
    Any,
}

/// What became of a point.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub struct Outcome {
    /// Whether it has signalled.
    pub signaled: bool,
    /// The error its fence carries. The kernel forgets it once a later point of
    /// the timeline has signalled, too; who waits by then is told all the same.
    pub error: Option<Errno>,
    /// When it signalled, `CLOCK_MONOTONIC` in ns, if the kernel still knows.
    pub timestamp_ns: Option<u64>,
}

/// What a wait found.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct Waited {
    /// One for each point, in the order they were given.
    pub outcomes: Vec<Outcome>,
    /// Index of the first point that has signalled.
    pub first: Option<usize>,
    /// Whether the time was up first.
    pub timed_out: bool,
}

/// An array argument over a slice that outlives the call.
pub(crate) fn array<T>(slice: &[T], what: &'static str) -> Result<sys::drm_mvgal_obj_array> {
    let count = u32::try_from(slice.len()).map_err(|_| Error::Range {
        what,
        value: slice.len() as u64,
        allowed: format!("at most {}", u32::MAX),
    })?;
    Ok(sys::drm_mvgal_obj_array {
        stride: if count == 0 { 0 } else { size_of::<T>() as u32 },
        count,
        array: if count == 0 {
            0
        } else {
            slice.as_ptr().expose_provenance() as u64
        },
    })
}

/// As [`array`], over a slice that the kernel also writes to.
pub(crate) fn array_mut<T>(
    slice: &mut [T],
    what: &'static str,
) -> Result<sys::drm_mvgal_obj_array> {
    let mut array = array(slice, what)?;
    if array.count != 0 {
        array.array = slice.as_mut_ptr().expose_provenance() as u64;
    }
    Ok(array)
}

pub(crate) fn wait(
    node: &Arc<Node>,
    points: &[Point<'_>],
    mode: WaitMode,
    deadline: Deadline,
) -> Result<Waited> {
    let mut waits = points
        .iter()
        .map(|point| {
            let point = point.on(node)?;
            Ok(sys::drm_mvgal_fence_wait {
                handle: point.syncobj().handle(),
                point: point.value(),
                ..Default::default()
            })
        })
        .collect::<Result<Vec<_>>>()?;
    let mut arg = sys::drm_mvgal_wait_fence {
        flags: match mode {
            WaitMode::All => 0,
            WaitMode::Any => sys::DRM_MVGAL_WAIT_ANY,
        },
        first_signaled: u32::MAX,
        timeout_ns: deadline.as_ns(),
        waits: array_mut(&mut waits, "number of points")?,
    };
    // SAFETY: `waits` is as long as its array says and lives until after the call.
    let timed_out = match unsafe { node.call(ioctls::wait_fence, &mut arg) } {
        Ok(()) => false,
        Err(Errno::ETIME) => true,
        Err(errno) => {
            let subject = format!("{} points", waits.len());
            return Err(Error::call(Call::WaitFence, subject, errno));
        }
    };
    Ok(Waited {
        outcomes: waits
            .iter()
            .map(|wait| Outcome {
                signaled: wait.signaled != 0,
                error: (wait.error != 0).then(|| Errno::from_raw(wait.error.wrapping_neg())),
                timestamp_ns: (wait.timestamp_ns != 0).then_some(wait.timestamp_ns),
            })
            .collect(),
        first: usize::try_from(arg.first_signaled)
            .ok()
            .filter(|&first| first < waits.len()),
        timed_out,
    })
}

pub(crate) fn signal(node: &Arc<Node>, points: &[(Point<'_>, Option<Errno>)]) -> Result<()> {
    let signals = points
        .iter()
        .map(|(point, error)| {
            let point = point.on(node)?;
            Ok(sys::drm_mvgal_fence_signal {
                handle: point.syncobj().handle(),
                error: error.map_or(0, |errno| (errno as i32).wrapping_neg()),
                point: point.value(),
            })
        })
        .collect::<Result<Vec<_>>>()?;
    let mut arg = sys::drm_mvgal_signal_fence {
        flags: 0,
        pad: 0,
        signals: array(&signals, "number of points")?,
    };
    // SAFETY: `signals` is as long as its array says and lives until after the call.
    unsafe { node.call(ioctls::signal_fence, &mut arg) }.map_err(|errno| {
        let subject = match points {
            [(point, _)] => format!(
                "point {} of syncobj {}",
                point.value(),
                point.syncobj().handle()
            ),
            points => format!("{} points", points.len()),
        };
        Error::call(Call::SignalFence, subject, errno)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn arrays_carry_stride_and_count() {
        let syncs = [sys::drm_mvgal_sync::default(); 3];
        let arg = array(&syncs, "syncs").unwrap();
        assert_eq!((arg.stride, arg.count), (16, 3));
        assert_eq!(arg.array, syncs.as_ptr().addr() as u64);
        let empty: [sys::drm_mvgal_sync; 0] = [];
        assert_eq!(
            array(&empty, "syncs").unwrap(),
            sys::drm_mvgal_obj_array::default()
        );
    }
}

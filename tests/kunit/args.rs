// SPDX-License-Identifier: GPL-2.0

//! Tests of the argument checks: jobs, waits and signals.

use super::{
    signal_error,
    Deadline,
    JobHeader,
    JobKind,
    ReportRequest,
    Target, //
};
use crate::{
    rng::Rng,
    run_queue::Level, //
};
use kernel::prelude::*;
use kernel_ext::uapi;

/// Returns the errno of a result, 0 if it is none.
pub(super) fn errno<T>(result: Result<T>) -> i32 {
    result.err().map_or(0, Error::to_errno)
}

pub(super) const INVALID: i32 = -22;
pub(super) const TOO_BIG: i32 = -7;
pub(super) const UNSUPPORTED: i32 = -95;

fn fill_job() -> uapi::drm_mvgal_job {
    uapi::drm_mvgal_job {
        kind: 2,
        priority: 5,
        ..Default::default()
    }
}

/// Returns the errno for a FILL job that was changed by `change`.
fn check_job(change: impl FnOnce(&mut uapi::drm_mvgal_job)) -> i32 {
    let mut job = fill_job();
    change(&mut job);
    errno(JobHeader::new(&job))
}

#[kunit_tests(mvgal_args)]
mod tests {
    use super::*;

    #[test]
    fn job() -> Result {
        let header = JobHeader::new(&uapi::drm_mvgal_job {
            kind: 1,
            priority: 15,
            member: 3,
            flags: 3,
            report: 8,
            report_offset: 64,
            // Arrays and payload are not looked at here.
            payload: 1,
            payload_size: 2,
            ..Default::default()
        })?;
        assert_eq!(header.kind, JobKind::Copy);
        assert_eq!(Some(header.level), Level::new(15));
        assert_eq!(header.target, Target::Member(3));
        assert!(header.implicit_sync);
        let report = header.report.ok_or(EINVAL)?;
        assert_eq!(report.handle, 8);
        assert_eq!(report.offset, 64);

        let header = JobHeader::new(&fill_job())?;
        assert_eq!(header.kind, JobKind::Fill);
        assert_eq!(Some(header.level), Level::new(5));
        assert_eq!(header.target, Target::Host);
        assert!(!header.implicit_sync);
        assert!(header.report.is_none());
        Ok(())
    }

    #[test]
    fn job_kind() {
        assert_eq!(check_job(|job| job.kind = 0), INVALID);
        assert_eq!(check_job(|job| job.kind = 1), 0);
        assert_eq!(check_job(|job| job.kind = 2), 0);
        assert_eq!(check_job(|job| job.kind = 3), 0);
        assert_eq!(check_job(|job| job.kind = 5), 0);
        assert_eq!(check_job(|job| job.kind = 6), INVALID);
        assert_eq!(check_job(|job| job.kind = u32::MAX), INVALID);
    }

    #[test]
    fn native_and_barrier_jobs() {
        // A NATIVE job is not ordered by buffers, and a BARRIER has no payload.
        let native = |flags| {
            check_job(|job| {
                job.kind = 3;
                job.flags = flags;
            })
        };
        assert_eq!((native(0), native(1)), (0, INVALID));
        let barrier = |payload, size| {
            check_job(|job| {
                job.kind = 4;
                job.payload = payload;
                job.payload_size = size;
            })
        };
        assert_eq!(barrier(0, 0), 0);
        assert_eq!((barrier(1, 0), barrier(0, 1)), (INVALID, INVALID));
    }

    #[test]
    fn job_priority() {
        for priority in 0..16 {
            assert_eq!(check_job(|job| job.priority = priority), 0);
        }
        for priority in [16, 17, 255, 256, u32::MAX] {
            assert_eq!(check_job(|job| job.priority = priority), INVALID);
        }
    }

    #[test]
    fn job_flags() {
        assert_eq!(check_job(|job| job.flags = 1), 0);
        // What was moved is a part of a report, and not all jobs move data.
        assert_eq!(check_job(|job| job.flags = 4), INVALID);
        for kind in 1..=5 {
            let result = check_job(|job| {
                job.kind = kind;
                job.flags = 6;
            });
            assert_eq!(result, if matches!(kind, 3 | 4) { INVALID } else { 0 });
        }
        for bit in 3..32 {
            assert_eq!(check_job(|job| job.flags = 1 << bit), INVALID);
            assert_eq!(check_job(|job| job.flags = 1 << bit | 1), INVALID);
        }
        // What is wrong in itself comes before what is not supported.
        assert_eq!(
            check_job(|job| {
                job.kind = 3;
                job.flags = 8;
            }),
            INVALID
        );
    }

    #[test]
    fn job_report() {
        assert_eq!(check_job(|job| job.report = 1), INVALID);
        assert_eq!(check_job(|job| job.report_offset = 8), INVALID);
        for offset in 0..64 {
            let result = check_job(|job| {
                job.flags = 2;
                job.report = 1;
                job.report_offset = offset;
            });
            assert_eq!(result, if offset % 8 == 0 { 0 } else { INVALID });
        }
    }

    #[test]
    fn room_for_the_report() {
        let with = |offset, size, traffic| {
            let request = ReportRequest {
                handle: 1,
                offset,
                traffic,
            };
            errno(request.check_inside(size))
        };
        let check = |offset, size| with(offset, size, false);
        assert_eq!(with(0, 80, true), 0);
        assert_eq!(with(0, 79, true), INVALID);
        assert_eq!(with(u64::MAX - 79, u64::MAX, true), INVALID);
        assert_eq!(check(0, 48), 0);
        assert_eq!(check(0, 47), INVALID);
        assert_eq!(check(0, 0), INVALID);
        assert_eq!(check(4048, 4096), 0);
        assert_eq!(check(4056, 4096), INVALID);
        assert_eq!(check(u64::MAX - 7, u64::MAX), INVALID);
        assert_eq!(check(u64::MAX - 47, u64::MAX), INVALID);
        let mut rng = Rng::new(3);
        for _ in 0..1000 {
            let (offset, size) = (rng.sized(64), rng.sized(64));
            let fits = u128::from(offset) + 48 <= u128::from(size);
            assert_eq!(check(offset, size), if fits { 0 } else { INVALID });
        }
    }

    #[test]
    fn targets() {
        assert_eq!(Target::from_uapi(0), Target::Host);
        assert_eq!(Target::from_uapi(1), Target::Member(1));
        assert_eq!(
            Target::from_uapi(u32::MAX - 1),
            Target::Member(u32::MAX - 1)
        );
        assert_eq!(Target::from_uapi(u32::MAX), Target::Any);
    }

    #[test]
    fn deadlines() {
        assert_eq!(Deadline::new(0), Ok(Deadline::At(0)));
        assert_eq!(Deadline::new(1), Ok(Deadline::At(1)));
        assert_eq!(Deadline::new(i64::MAX - 1), Ok(Deadline::At(i64::MAX - 1)));
        assert_eq!(Deadline::new(i64::MAX), Ok(Deadline::Never));
        assert_eq!(Deadline::new(-1), Err(EINVAL));
        assert_eq!(Deadline::new(i64::MIN), Err(EINVAL));
    }

    #[test]
    fn signal_errors() {
        assert_eq!(signal_error(0), Ok(None));
        assert_eq!(signal_error(-22), Ok(Some(EINVAL)));
        for error in 1..=4095 {
            let expected = Error::from_errno(-error);
            assert_eq!(signal_error(-error), Ok(Some(expected)));
            assert_eq!(expected.to_errno(), -error);
        }
        for error in [1, 22, 4095, i32::MAX, -4096, i32::MIN] {
            assert_eq!(signal_error(error), Err(EINVAL));
        }
    }
}

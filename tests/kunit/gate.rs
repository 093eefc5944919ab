// SPDX-License-Identifier: GPL-2.0

//! Tests of who passes the gate, and of who waits for it.

use super::*;
use crate::scheduler::Limits;
use kernel::{
    new_mutex,
    time::{
        delay::fsleep,
        msecs_to_jiffies,
        Delta, //
    },
};
use kernel_ext::alarm::Alarm;

fn scheduler() -> Result<Arc<Scheduler>> {
    Scheduler::new(Limits {
        max_job_timeout_ns: 1_000_000_000,
        max_in_flight: 4,
        max_client_bytes: u64::MAX,
    })
}

#[kunit_tests(mvgal_gate)]
mod tests {
    use super::*;

    #[test]
    fn an_open_gate_stops_nobody() -> Result {
        let sched = scheduler()?;
        let one = Gate::enter(&sched).ok_or(EINVAL)?;
        let two = one.again();
        assert!(Gate::join(&sched).is_some());
        Gate::admit(&sched)?;
        drop((one, two));
        // There is nobody to wait for.
        sched.gate().close(0)?;
        sched.close();
        Ok(())
    }

    #[test]
    fn nobody_passes_a_closed_gate_alone() -> Result {
        let sched = scheduler()?;
        let passed = Gate::enter(&sched).ok_or(EINVAL)?;
        assert_eq!(sched.gate().close(msecs_to_jiffies(10)), Err(EBUSY));
        assert!(Gate::enter(&sched).is_none());
        // What somebody waits for who has passed.
        let joined = Gate::join(&sched).ok_or(EINVAL)?;
        let again = passed.again();
        drop(passed);
        assert_eq!(sched.gate().close(msecs_to_jiffies(10)), Err(EBUSY));
        drop((joined, again));
        assert!(Gate::join(&sched).is_none());
        sched.gate().close(0)?;
        assert!(Gate::enter(&sched).is_none());
        sched.close();
        assert!(Gate::enter(&sched).is_some());
        Ok(())
    }

    #[test]
    fn who_closes_waits_for_who_has_passed() -> Result {
        let sched = scheduler()?;
        let passed = Gate::enter(&sched).ok_or(EINVAL)?;
        // Which is dropped by another task.
        let passed = Arc::pin_init(new_mutex!(Some(passed)), GFP_KERNEL)?;
        let theirs = passed.clone();
        let alarm = Alarm::new(move || {
            fsleep(Delta::from_millis(30));
            let passed = theirs.lock().take();
            drop(passed);
        })?;
        alarm.set(0);
        sched.gate().close(msecs_to_jiffies(10_000))?;
        assert!(passed.lock().is_none());
        drop(alarm);
        sched.close();
        Ok(())
    }

    #[test]
    fn what_was_stopped_goes_on_before_submit() -> Result {
        let sched = scheduler()?;
        let gate = sched.gate();
        gate.close(0)?;
        assert!(gate.open().is_none());
        gate.wake();
        assert!(Gate::enter(&sched).is_none());
        assert!(gate.open().is_some());
        assert!(gate.open().is_none());
        // Jobs pass, and SUBMIT does not.
        assert!(Gate::enter(&sched).is_some());
        assert_eq!(gate.passages.load(Relaxed), HELD);
        gate.readmit();
        Gate::admit(&sched)?;
        assert_eq!(gate.passages.load(Relaxed), 0);
        sched.close();
        Ok(())
    }

    #[test]
    fn a_gate_that_is_closed_again_stays_closed() -> Result {
        let sched = scheduler()?;
        let gate = sched.gate();
        gate.close(0)?;
        gate.wake();
        gate.close(0)?;
        assert!(gate.open().is_none());
        gate.wake();
        assert!(gate.open().is_some());
        gate.close(0)?;
        // What the opening had to do comes to its end.
        gate.readmit();
        assert!(Gate::enter(&sched).is_none());
        assert_eq!(gate.passages.load(Relaxed), FLAGS);
        sched.close();
        Ok(())
    }
}

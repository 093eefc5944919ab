// SPDX-License-Identifier: GPL-2.0

//! Tests of who may use the memory of a member.

use super::*;
use kernel::{
    sync::atomic::Relaxed,
    time::{
        delay::fsleep,
        Delta, //
    }, //
};
use kernel_ext::alarm::Alarm;

#[kunit_tests(mvgal_presence)]
mod tests {
    use super::*;

    #[test]
    fn nobody_enters_what_is_gone() -> Result {
        let presence = Presence::new(1)?;
        assert!(!presence.is_gone());
        let (one, two) = (presence.enter(), presence.enter());
        assert!(one.is_some() && two.is_some());
        drop((one, two));
        // Nobody is in, so that this returns at once.
        presence.end();
        assert!(presence.is_gone());
        assert!(presence.enter().is_none());
        assert!(presence.is_gone());
        Ok(())
    }

    #[test]
    fn the_end_waits_for_who_is_in() -> Result {
        let presence = Presence::new(1)?;
        // How far the other task is: not in, in, about to leave.
        let stage = Arc::new(Atomic::<u32>::new(0), GFP_KERNEL)?;
        let (theirs, their_stage) = (presence.clone(), stage.clone());
        let alarm = Alarm::new(move || {
            let stay = theirs.enter();
            their_stage.store(1, Relaxed);
            fsleep(Delta::from_millis(30));
            // Who comes too late does not make the end come early.
            let late = theirs.enter();
            fsleep(Delta::from_millis(30));
            their_stage.store(if late.is_none() { 2 } else { 3 }, Relaxed);
            drop(stay);
        })?;
        alarm.set(0);
        while stage.load(Relaxed) == 0 {
            fsleep(Delta::from_millis(1));
        }
        presence.end();
        assert_eq!(stage.load(Relaxed), 2);
        Ok(())
    }
}

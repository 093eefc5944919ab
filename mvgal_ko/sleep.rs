// SPDX-License-Identifier: GPL-2.0

//! What mvgal does when the system sleeps.
//!
//! Memory of a member may lose its contents then, and so its driver moves what is in it elsewhere:
//! before user space is frozen, when devices are prepared, or when they are suspended. What is
//! mapped into the kernel cannot be moved. And nobody may touch the memory of a device that is
//! suspended. Nothing of ours is frozen with user space, so it is up to us to see to both, when the
//! system is about to sleep and all still works:
//!
//! - No mapping is kept any more, and those that are kept are given up.
//! - No job is armed any more; see [`crate::gate`]. Those that are armed come to their end: COPY
//!   and FILL jobs and the like are over, NATIVE jobs are their driver's to suspend.
//! - The jobs that are left wait, for user space or at the gate. They have no fence that a driver
//!   could wait for, and hold nothing mapped of a member; what they need is mapped again when they
//!   are armed.
//!
//! What our workers may find to do from there on is to look at points, to take jobs to the gate, to
//! end those whose time is up, and to drop what NATIVE jobs held whose drivers end them. That is
//! bounded by CLOCK_MONOTONIC, which stands still during the sleep.
//!
//! If the system sleeps or not, at the end the gate opens.

use kernel::{
    prelude::*,
    sync::Arc,
    time::{
        msecs_to_jiffies,
        Msecs, //
    },
};
use kernel_ext::pm_notifier::SleepObserver;

use crate::member::Members;

/// How long to wait for jobs that are armed, in ms: as long as the kernel waits by default for
/// tasks to freeze.
const PATIENCE_MS: Msecs = 20_000;

/// Sees to members and jobs when the system sleeps.
pub(crate) struct Sleep(Arc<Members>);

impl Sleep {
    /// For these members, and all jobs.
    pub(crate) fn new(members: Arc<Members>) -> Self {
        Self(members)
    }
}

impl SleepObserver for Sleep {
    fn prepare(&self) -> Result {
        let sched = self.0.sched();
        self.0.mappings().keep_none();
        if let Err(err) = sched.gate().close(msecs_to_jiffies(PATIENCE_MS)) {
            if err == EBUSY {
                pr_warn!("no sleep: jobs are not over after {PATIENCE_MS} ms\n");
            }
            self.woken();
            return Err(err);
        }
        sched.deadlines().for_each(|job| {
            sched.gate().park(core::iter::once(job));
            true
        });
        Ok(())
    }

    fn woken(&self) {
        self.0.mappings().keep_some();
        self.0.sched().open_gate();
    }
}

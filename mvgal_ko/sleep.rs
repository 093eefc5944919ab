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
//! - The gate is closed, and what has passed is waited for; see [`crate::gate`]. COPY and FILL jobs
//!   and the like that are armed are over then. NATIVE jobs that their driver has are the driver's
//!   to suspend, and the others wait for their turn.
//! - The jobs that are left have no fence that a driver could wait for, and hold nothing mapped of a
//!   member; what they need is mapped again when they are armed.
//!
//! What our workers may find to do from there on is to look at points, to take jobs to the gate, and
//! to give points a fence in the place of that of a driver that takes too long. What ends a job or
//! drops what it held waits until the gate is open: that may free a buffer or close a file, for
//! which a driver may need its device.
//!
//! When the system is awake again, or does not sleep after all, the gate opens by a work item: what
//! was stopped goes on first, and maps memory of drivers for it that may not have been told yet.

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

/// How long to wait for what has passed the gate, in ms: as long as the kernel waits by default for
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
        // None is armed before the gate opens, which it does not before this returns.
        sched.deadlines().for_each(|job| {
            job.park();
            true
        });
        Ok(())
    }

    fn woken(&self) {
        self.0.mappings().keep_some();
        self.0.sched().wake();
    }
}

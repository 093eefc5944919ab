// SPDX-License-Identifier: GPL-2.0

//! `/sys/kernel/debug/mvgal`: what there is at the moment, for people.
//!
//! - `members`: the members and the host, and what they are at.
//! - `queues`: how many jobs are ready, by member, lane and level.
//! - `jobs`: the jobs that are not over, and what they wait for.
//! - `copy_methods`: the ways to copy that the CPU has, how fast each is and which is in use.
//!
//! The format is nobody's interface, and what is read may be of slightly different times.

use kernel::{
    debugfs::{
        Dir,
        File, //
    },
    fmt,
    prelude::*,
    sync::Arc, //
};

use crate::{
    dispatch::{
        Dispatcher,
        Lane, //
    },
    job::Job,
    member::Members,
};

/// Most ready jobs of one lane of a member that are listed.
const MAX_LISTED: usize = 256;

/// Most jobs that are listed which wait for in-syncs.
const MAX_WAITING: usize = 4096;

/// The directory, which is there as long as this is.
#[pin_data]
pub(crate) struct Debugfs {
    #[pin]
    members: File<Arc<Members>>,
    #[pin]
    queues: File<Arc<Members>>,
    #[pin]
    jobs: File<Arc<Members>>,
    #[pin]
    copy_methods: File<Arc<Members>>,
    // After the files in it.
    _dir: Dir,
}

impl Debugfs {
    /// Makes the directory. Without debugfs, or if it cannot be made, there is none.
    ///
    /// # Errors
    ///
    /// `ENOMEM`.
    pub(crate) fn new(members: &Arc<Members>) -> Result<Pin<KBox<Self>>> {
        let dir = Dir::new(c"mvgal");
        KBox::pin_init(
            try_pin_init!(Self {
                members <- dir.read_callback_file(c"members", members.clone(), &show_members),
                queues <- dir.read_callback_file(c"queues", members.clone(), &show_queues),
                jobs <- dir.read_callback_file(c"jobs", members.clone(), &show_jobs),
                copy_methods <- dir.read_callback_file(c"copy_methods", members.clone(), &show_copy_methods),
                _dir: dir.clone(),
            }? Error),
            GFP_KERNEL,
        )
    }
}

fn show_members(members: &Arc<Members>, f: &mut fmt::Formatter<'_>) -> fmt::Result {
    each(members, |dispatcher, driver| {
        let load = dispatcher.load().snapshot();
        writeln!(
            f,
            "member {} ({driver}): {}{} queued, {} running, {} in flight, {} done, busy {} us",
            dispatcher.member(),
            if dispatcher.is_hung() { "hung, " } else { "" },
            load.queued,
            load.running,
            dispatcher.in_flight(),
            load.done,
            load.busy_ns / 1000,
        )
    })
}

fn show_queues(members: &Arc<Members>, f: &mut fmt::Formatter<'_>) -> fmt::Result {
    each(members, |dispatcher, driver| {
        for lane in Lane::ALL {
            let (counts, doomed) = dispatcher.ready_counts(lane);
            if counts.iter().all(|count| *count == 0) && !doomed {
                continue;
            }
            write!(f, "member {} ({driver}), {lane:?}:", dispatcher.member())?;
            for (level, count) in counts.iter().enumerate().rev() {
                if *count != 0 {
                    write!(f, " {count} at {level}")?;
                }
            }
            writeln!(f, "{}", if doomed { " and some to end" } else { "" })?;
        }
        Ok(())
    })
}

fn show_jobs(members: &Arc<Members>, f: &mut fmt::Formatter<'_>) -> fmt::Result {
    let mut result = Ok(());
    let mut left = MAX_WAITING;
    members.sched().deadlines().for_each(|job| {
        // Those that are ready are listed below.
        if job.is_waiting() {
            result = job.describe("waiting", f);
            left -= 1;
        }
        result.is_ok() && left != 0
    });
    result?;
    if left == 0 {
        writeln!(f, "(and more)")?;
    }

    each(members, |dispatcher, _| {
        for lane in Lane::ALL {
            let listed = dispatcher
                .ready_jobs(lane, MAX_LISTED)
                .map_err(|_| fmt::Error)?;
            describe(&listed, "ready", f)?;
        }
        let flying = dispatcher.flying_jobs().map_err(|_| fmt::Error)?;
        describe(&flying, "in flight", f)?;
        let direct = dispatcher.flying_directs().map_err(|_| fmt::Error)?;
        direct.iter().try_for_each(|job| job.describe(f))
    })
}

fn show_copy_methods(members: &Arc<Members>, f: &mut fmt::Formatter<'_>) -> fmt::Result {
    members.sched().copy_choices().describe(f)
}

fn describe(jobs: &[Arc<Job>], state: &str, f: &mut fmt::Formatter<'_>) -> fmt::Result {
    jobs.iter().try_for_each(|job| job.describe(state, f))
}

/// Calls `f` for the host and all members, with the name of the driver.
fn each(
    members: &Members,
    mut f: impl FnMut(&Arc<Dispatcher>, &str) -> fmt::Result,
) -> fmt::Result {
    f(members.host(), "host")?;
    let snapshot = members.snapshot().map_err(|_| fmt::Error)?;
    snapshot.members.iter().try_for_each(|member| {
        let driver = core::str::from_utf8(member.info().driver()).unwrap_or("?");
        f(member.dispatcher(), driver)
    })
}

// SPDX-License-Identifier: GPL-2.0

//! Holding ready jobs back until all are known that get ready together, as those of a batch do.
//!
//! They are dispatched by priority then, and not in the order in which they happened to be looked
//! at; and whoever runs them is woken up once.

use kernel::{
    list::{
        List,
        ListArc, //
    },
    sync::Arc, //
};

use crate::{
    dispatch::{
        Dispatcher,
        Lane, //
    },
    job::Job, //
};

/// Lanes that are remembered. Those of further ones are started for each job.
const REMEMBERED: usize = 4;

/// Jobs that are ready, in the order in which they got it.
pub(crate) struct Plug {
    jobs: List<Job>,
}

impl Plug {
    /// Creates one without jobs.
    pub(crate) fn new() -> Self {
        Self { jobs: List::new() }
    }

    /// Adds a job.
    pub(crate) fn push(&mut self, job: ListArc<Job>) {
        self.jobs.push_back(job);
    }

    /// Lets the jobs go. Those that may run in the current task do so. Only to be called by a task,
    /// and with no lock held.
    pub(crate) fn pull(&mut self) {
        let mut lanes: [Option<(Arc<Dispatcher>, Lane)>; REMEMBERED] = [const { None }; REMEMBERED];

        while let Some(job) = self.jobs.pop_front() {
            let (dispatcher, lane) = (job.dispatcher(), job.lane());
            let known = lanes.iter_mut().find(|known| match known {
                Some((d, l)) => Arc::ptr_eq(d, dispatcher) && *l == lane,
                None => true,
            });
            let Some(known) = known else {
                Dispatcher::push(job);
                continue;
            };
            let (dispatcher, _) = known.get_or_insert_with(|| (dispatcher.clone(), lane));
            dispatcher.add(job);
        }
        // Others may be waiting for a fence that is published, and a driver's ioctl for them, or
        // for the client's memory.
        for lane in [Lane::Fenced, Lane::Unfenced, Lane::Native] {
            for (dispatcher, _) in lanes.iter().flatten().filter(|known| known.1 == lane) {
                dispatcher.run_here(lane);
            }
        }
    }
}

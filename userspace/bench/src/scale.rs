// SPDX-License-Identifier: MIT OR Apache-2.0

//! What a job costs as clients and members become more, in instructions and in
//! kernel memory. There are as many jobs, batches and waits each time, dealt out
//! evenly; so what is to be done for a job is the same.

use std::os::fd::AsFd;
use std::thread;
use std::time::Duration;

use mvgal::sys;
use nix::sys::resource::{Resource, getrlimit, setrlimit};

use crate::Result;
use crate::client::{Batch, Client, Steps, Work};
use crate::clock;
use crate::drm::{self, SwSync};
use crate::figures::Figures;
use crate::memory;
use crate::vkms::Vkms;

/// Numbers of clients.
const CLIENTS: [usize; 4] = [1, 10, 100, 1000];
/// Numbers of members.
const MEMBERS: [usize; 6] = [1, 2, 4, 8, 16, 32];
/// Batches, and jobs of each.
const BATCHES: usize = 1000;
const BATCH: usize = 4;
/// Batches, and jobs of each, when memory is measured. They divide by all numbers
/// of clients and members but for a few jobs.
const MEMORY_BATCHES: usize = 2000;
const MEMORY_BATCH: usize = 5;

/// Measures it for clients.
pub fn clients(rounds: u32, figures: &mut Figures) -> Result<()> {
    let (_, most) = getrlimit(Resource::RLIMIT_NOFILE)?;
    setrlimit(Resource::RLIMIT_NOFILE, most, most)?;

    let host = [sys::DRM_MVGAL_MEMBER_HOST];
    for count in CLIENTS {
        let queues = |batches: usize, jobs: usize| {
            (0..count)
                .map(|_| Queue::new(&host, batches / count, jobs))
                .collect::<Result<Vec<_>>>()
        };
        let costs = Costs::measure(rounds, &mut queues(BATCHES, BATCH)?)?;
        figures.add(format!("clients_ready_{count}"), costs.ready)?;
        figures.add(format!("clients_blocked_{count}"), costs.blocked)?;
        let bytes = bytes(&mut queues(MEMORY_BATCHES, MEMORY_BATCH)?)?;
        figures.add(format!("clients_bytes_{count}"), bytes)?;
    }
    Ok(())
}

/// Measures it for members, of which it makes some by vkms. There must be none
/// but that of vkms itself.
pub fn members(rounds: u32, figures: &mut Figures) -> Result<()> {
    let mut made = Vec::new();
    for count in MEMBERS {
        while Client::open()?.device().members()?.len() < count {
            made.push(Vkms::new(&format!("bench{}", made.len()))?);
        }
        let ids = member_ids()?;
        if ids.len() != count {
            return Err(format!("{} members where {count} are to be measured", ids.len()).into());
        }
        let mut queues = [Queue::new(&ids, BATCHES / count, BATCH)?];
        let costs = Costs::measure(rounds, &mut queues)?;
        figures.add(format!("members_ready_{count}"), costs.ready)?;
        figures.add(format!("members_blocked_{count}"), costs.blocked)?;

        let mut queues = [Queue::new(&ids, MEMORY_BATCHES / count, MEMORY_BATCH)?];
        figures.add(format!("members_bytes_{count}"), bytes(&mut queues)?)?;
    }
    Ok(())
}

fn member_ids() -> Result<Vec<u32>> {
    let members = Client::open()?.device().members()?;
    Ok(members.iter().map(|member| member.id.get()).collect())
}

/// Jobs of one client on some members, and what they wait for and signal.
struct Queue {
    client: Client,
    // Attached to the client.
    _nodes: Vec<mvgal::MemberNode>,
    batches: Vec<(Batch, Steps)>,
    gate: Steps,
    jobs: usize,
}

impl Queue {
    /// So many batches of so many jobs on each member.
    fn new(members: &[u32], batches: usize, jobs: usize) -> Result<Self> {
        let client = Client::open()?;
        let mut nodes = Vec::new();
        for member in client.device().members()?.iter() {
            if members.contains(&member.id.get()) {
                let node = member.open()?;
                client.device().attach(member.id, &node)?;
                nodes.push(node);
            }
        }
        let mut made = Vec::new();
        for _ in 0..batches {
            for member in members {
                let batch = Batch::new(Work::Barrier, jobs, *member);
                made.push((batch, Steps::new(&client)?));
            }
        }
        Ok(Queue {
            gate: Steps::new(&client)?,
            _nodes: nodes,
            jobs: made.len() * jobs,
            batches: made,
            client,
        })
    }

    /// Has the jobs wait for the next fence of `sw_sync`.
    fn block(&mut self, sw_sync: &SwSync) -> Result<()> {
        let gate = self.gate.next();
        let fence = sw_sync.fence(gate.point as u32)?;
        drm::import_sync_file(self.client.fd(), gate, fence.as_fd())?;
        for (batch, _) in &mut self.batches {
            batch.after(gate);
        }
        Ok(())
    }

    fn prepare(&mut self) {
        for (batch, steps) in &mut self.batches {
            batch.signals(steps.next());
        }
    }

    fn submit(&self) -> Result<()> {
        for (batch, _) in &self.batches {
            self.client.submit(batch)?;
        }
        Ok(())
    }

    fn wait(&self) -> Result<()> {
        for (_, steps) in &self.batches {
            self.client.wait(steps.current())?;
        }
        Ok(())
    }
}

/// What a job costs, from its submission to the end of the wait.
struct Costs {
    /// With nothing to wait for.
    ready: u64,
    /// With a fence to wait for, which all of the jobs do at the same time.
    blocked: u64,
}

impl Costs {
    fn measure(rounds: u32, queues: &mut [Queue]) -> Result<Self> {
        let clock = clock::cost();
        let rounds = rounds.min(5);
        let jobs: usize = queues.iter().map(|queue| queue.jobs).sum();
        let ready = clock::median_of(rounds, || {
            queues.iter_mut().for_each(Queue::prepare);
            clock::time(clock, || {
                queues.iter().try_for_each(Queue::submit)?;
                queues.iter().try_for_each(Queue::wait)
            })
        })?;

        let sw_sync = SwSync::new()?;
        let blocked = clock::median_of(rounds, || {
            for queue in queues.iter_mut() {
                queue.prepare();
                queue.block(&sw_sync)?;
            }
            clock::time(clock, || {
                queues.iter().try_for_each(Queue::submit)?;
                sw_sync.advance()?;
                queues.iter().try_for_each(Queue::wait)
            })
        })?;
        Ok(Costs {
            ready: ready / jobs as u64,
            blocked: blocked / jobs as u64,
        })
    }
}

/// Kernel memory that a queued job takes, in bytes.
fn bytes(queues: &mut [Queue]) -> Result<u64> {
    let jobs: usize = queues.iter().map(|queue| queue.jobs).sum();
    // What is made at the first use of a client or member is not a job's.
    queues.iter_mut().for_each(Queue::prepare);
    queues.iter().try_for_each(Queue::submit)?;
    queues.iter().try_for_each(Queue::wait)?;

    let sw_sync = SwSync::new()?;
    for queue in queues.iter_mut() {
        queue.prepare();
        queue.block(&sw_sync)?;
    }
    // Let go of what waits for a grace period to be freed.
    thread::sleep(Duration::from_secs(3));
    let before = memory::in_slabs()?;
    queues.iter().try_for_each(Queue::submit)?;
    let after = memory::in_slabs()?;
    sw_sync.advance()?;
    queues.iter().try_for_each(Queue::wait)?;
    Ok(after.saturating_sub(before) / jobs as u64)
}

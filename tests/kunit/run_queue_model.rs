// SPDX-License-Identifier: GPL-2.0

//! The run queue against a model of it that looks at everything at every step.

use super::{
    fair::{
        MAX_DEBT_NS,
        PICK_COST_NS,
        QUANTUM_NS, //
    },
    test::{
        job,
        join,
        level,
        Job, //
    },
    Place,
    RunQueue,
    AGE_LIMIT,
    LEVELS, //
};
use crate::rng::Rng;
use core::cmp::Reverse;
use kernel::{
    list::ListArc,
    prelude::*, //
};

const CLIENTS: usize = 6;

/// Where an entity is; the last number orders those that are alike otherwise.
#[derive(Clone, Copy, PartialEq)]
enum State {
    Idle,
    Ready(u64),
    Waits {
        due: u64,
        granularity: u64,
        order: u64,
    },
}

struct Entity {
    jobs: KVec<u64>,
    served_to: u64,
    state: State,
}

struct Model {
    /// By client and level.
    entities: KVec<Entity>,
    now: [u64; LEVELS],
    passes: [u64; LEVELS],
    order: u64,
}

impl Model {
    fn new() -> Result<Self> {
        let mut entities = KVec::new();
        for _ in 0..CLIENTS * LEVELS {
            entities.push(
                Entity {
                    jobs: KVec::new(),
                    served_to: 0,
                    state: State::Idle,
                },
                GFP_KERNEL,
            )?;
        }
        Ok(Self {
            entities,
            now: [0; LEVELS],
            passes: [0; LEVELS],
            order: 0,
        })
    }

    fn order(&mut self) -> u64 {
        self.order += 1;
        self.order
    }

    fn at(&self, level: usize) -> impl Iterator<Item = usize> {
        (0..CLIENTS).map(move |client| client * LEVELS + level)
    }

    fn len_at(&self, level: usize) -> usize {
        self.at(level).map(|e| self.entities[e].jobs.len()).sum()
    }

    fn settle(&mut self, e: usize) {
        let now = self.now[e % LEVELS];
        let round = self.entities[e].served_to / QUANTUM_NS;
        let order = self.order();
        self.entities[e].state = if round <= now {
            State::Ready(order)
        } else {
            let mut granularity = 1;
            while round - now > 31 * granularity {
                granularity *= 4;
            }
            State::Waits {
                due: round.next_multiple_of(granularity),
                granularity,
                order,
            }
        };
    }

    fn push(&mut self, client: usize, level: usize, id: u64) -> Result {
        let e = client * LEVELS + level;
        self.entities[e].jobs.push(id, GFP_KERNEL)?;
        if self.entities[e].state == State::Idle {
            if self.len_at(level) == 1 {
                self.passes[level] = 0;
            }
            let entity = &mut self.entities[e];
            entity.served_to = core::cmp::max(entity.served_to, self.now[level] * QUANTUM_NS);
            self.settle(e);
        }
        Ok(())
    }

    fn charge(&mut self, client: usize, level: usize, ns: u64) {
        let e = client * LEVELS + level;
        let limit = self.now[level] * QUANTUM_NS + MAX_DEBT_NS;
        let entity = &mut self.entities[e];
        entity.served_to = core::cmp::min(entity.served_to.saturating_add(ns), limit);
        let round = entity.served_to / QUANTUM_NS;
        if round <= self.now[level] {
            return;
        }
        if self
            .at(level)
            .all(|other| other == e || self.entities[other].state == State::Idle)
        {
            self.now[level] = round;
        }
        if self.entities[e].state != State::Idle {
            self.settle(e);
        }
    }

    fn choose(&self) -> Option<usize> {
        let filled = || (0..LEVELS).filter(|&level| self.len_at(level) > 0);
        let oldest = filled().max_by_key(|&level| (self.passes[level], level))?;
        if self.passes[oldest] >= AGE_LIMIT {
            Some(oldest)
        } else {
            filled().max()
        }
    }

    fn ready(&self, level: usize) -> Option<(u64, usize)> {
        self.at(level)
            .filter_map(|e| match self.entities[e].state {
                State::Ready(order) => Some((order, e)),
                _ => None,
            })
            .min()
    }

    /// Lets time pass until the next entity is due, and those that are stand in line.
    fn advance(&mut self, level: usize) {
        let waiting = |model: &Self, e: usize| match model.entities[e].state {
            State::Waits {
                due,
                granularity,
                order,
            } => Some((due, Reverse(granularity), order, e)),
            _ => None,
        };
        let Some((now, ..)) = self.at(level).filter_map(|e| waiting(self, e)).min() else {
            return;
        };
        self.now[level] = now;
        while let Some((_, _, _, e)) = self
            .at(level)
            .filter_map(|e| waiting(self, e))
            .filter(|&(due, ..)| due == now)
            .min()
        {
            let order = self.order();
            self.entities[e].state = State::Ready(order);
        }
    }

    fn pick(&mut self) -> Option<u64> {
        let level = self.choose()?;
        for other in 0..LEVELS {
            self.passes[other] += 1;
        }
        self.passes[level] = 0;
        if self.ready(level).is_none() {
            self.advance(level);
        }
        let (_, e) = self.ready(level)?;
        let id = self.entities[e].jobs.remove(0).ok()?;
        if self.entities[e].jobs.is_empty() {
            self.entities[e].state = State::Idle;
        }
        self.charge(e / LEVELS, level, PICK_COST_NS);
        Some(id)
    }

    /// Removes the jobs of a client; compares them with what the queue handed out.
    fn remove_client(&mut self, client: usize, removed: impl Iterator<Item = u64>) -> bool {
        let mut removed = removed;
        let mut alike = true;
        for level in (0..LEVELS).rev() {
            let entity = &mut self.entities[client * LEVELS + level];
            for &id in &entity.jobs {
                alike &= removed.next() == Some(id);
            }
            entity.jobs.clear();
            entity.state = State::Idle;
        }
        alike && removed.next().is_none()
    }
}

/// A client of the queue; its place is another one whenever it comes back.
struct Client {
    place: Place,
    visit: u64,
}

/// Runs `steps` random operations with jobs of up to `1 << bits` ns; returns the step at which queue
/// and model differed, if any.
fn compare(seed: u64, steps: u64, bits: u32, weights: [u64; 4]) -> Result<Option<u64>> {
    let mut rng = Rng::new(seed);
    let mut queue = RunQueue::<Job>::new()?;
    let mut model = Model::new()?;
    let mut clients = KVec::new();
    for _ in 0..CLIENTS {
        clients.push(
            Client {
                place: join(&mut queue)?,
                visit: 0,
            },
            GFP_KERNEL,
        )?;
    }
    let mut flight: KVec<(ListArc<Job>, usize, u64)> = KVec::new();
    let mut owners = KVec::new();

    for step in 0..steps {
        let client = rng.below(CLIENTS as u64) as usize;
        let mut choice = rng.below(weights.iter().sum());
        let operation = weights.iter().position(|&weight| {
            let hit = choice < weight;
            choice = choice.wrapping_sub(weight);
            hit
        });
        let alike = match operation {
            Some(0) => {
                // The same few levels more often than others.
                let at = (rng.below(4) * rng.below(6)) as usize % LEVELS;
                let id = owners.len() as u64;
                owners.push(client, GFP_KERNEL)?;
                model.push(client, at, id)?;
                queue.push(job(clients[client].place, at, id, 0)?).is_ok()
            }
            Some(1) => {
                let picked = queue.pick();
                let alike = model.pick() == picked.as_ref().map(|job| job.id);
                if let Some(job) = picked {
                    let owner = owners[job.id as usize];
                    flight.push((job, owner, clients[owner].visit), GFP_KERNEL)?;
                }
                alike
            }
            Some(2) => {
                if !flight.is_empty() {
                    let index = rng.below(flight.len() as u64) as usize;
                    let (job, owner, visit) = flight.remove(index).map_err(|_error| EINVAL)?;
                    let ns = rng.sized(bits);
                    queue.charge(&job, ns);
                    if clients[owner].visit == visit {
                        let at = super::Queued::level(&*job).index();
                        model.charge(owner, at, ns.saturating_sub(PICK_COST_NS));
                    }
                }
                true
            }
            _ => {
                let place = clients[client].place;
                let jobs = if rng.below(2) == 0 {
                    queue.remove_client(place)
                } else {
                    let (_seat, jobs) = queue.leave(place).ok_or(EINVAL)?;
                    clients[client].place = join(&mut queue)?;
                    clients[client].visit += 1;
                    for at in 0..LEVELS {
                        model.entities[client * LEVELS + at].served_to = 0;
                    }
                    jobs
                };
                model.remove_client(client, jobs.into_iter().map(|job| job.id))
            }
        };
        let mut len = 0;
        for at in 0..LEVELS {
            len += model.len_at(at);
            if queue.len_at(level(at)?) != model.len_at(at) {
                return Ok(Some(step));
            }
        }
        if !alike || queue.len() != len {
            return Ok(Some(step));
        }
    }
    let left = queue.len();
    if queue.close().into_iter().count() != left || !queue.is_empty() {
        return Ok(Some(steps));
    }
    Ok(None)
}

#[kunit_tests(mvgal_run_queue_model)]
mod tests {
    use super::*;

    #[test]
    fn mixed() -> Result {
        assert_eq!(compare(1, 10_000, 36, [40, 38, 20, 2])?, None);
        Ok(())
    }

    #[test]
    fn mostly_full() -> Result {
        assert_eq!(compare(2, 3_000, 20, [55, 30, 30, 1])?, None);
        Ok(())
    }

    #[test]
    fn mostly_empty() -> Result {
        assert_eq!(compare(3, 10_000, 24, [30, 60, 30, 1])?, None);
        Ok(())
    }

    #[test]
    fn clients_come_and_go() -> Result {
        assert_eq!(compare(4, 5_000, 30, [40, 30, 20, 20])?, None);
        Ok(())
    }
}

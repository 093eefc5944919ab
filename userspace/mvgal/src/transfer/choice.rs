// SPDX-License-Identifier: MIT OR Apache-2.0

//! Which way a transfer takes.

use std::sync::Arc;

use super::Transfer;
use super::probe;
use super::route::{Pair, Route, Side};
use super::sight::{is_lost_sight, is_refusal};
use super::way::{By, Half, Way, Why};
use crate::buffer::Buffer;
use crate::deadline::Deadline;
use crate::engine::{CopyEngine, EngineBuffer, NoEngine};
use crate::error::{Error, Result};
use crate::member::MemberId;
use crate::refusal::Capability;

/// A way, and the first route on it.
pub(super) type Chosen<'a> = (Route<'a>, Arc<Pair<'a>>);

/// An engine that does not see a buffer.
#[derive(Debug, Clone)]
struct Blind {
    by: MemberId,
    reason: String,
}

/// The ways of a transfer, tried one after the other.
struct Choice<'t, 'a> {
    transfer: &'t Transfer<'a>,
    deadline: Deadline,
    /// The engine at the source.
    up: Option<&'a CopyEngine>,
    /// The engine at the target.
    down: Option<&'a CopyEngine>,
    /// The first that does not see both buffers.
    not_both: Option<Blind>,
    /// The first that does not see memory of the host.
    not_host: Option<Blind>,
}

/// Chooses the best way that works.
pub(super) fn choose<'a>(transfer: &Transfer<'a>, deadline: Deadline) -> Result<Chosen<'a>> {
    let mut choice = Choice {
        transfer,
        deadline,
        up: transfer.engine(transfer.source.member()),
        down: transfer.engine(transfer.target.member()),
        not_both: None,
        not_host: None,
    };
    if transfer.by == By::Cpu {
        return choice.by_cpu(Why::Asked);
    }
    if transfer.by != By::Staged {
        if choice.up.is_none() && choice.down.is_none() {
            return choice.without_engines();
        }
        if let Some(chosen) = choice.by_one_engine()? {
            return Ok(chosen);
        }
    }
    match choice.staged()? {
        Some(chosen) => Ok(chosen),
        None => choice.last(),
    }
}

/// The best way that is left when an engine of a way has failed because it does not see a
/// buffer any more.
///
/// # Errors
///
/// That of the engine, if that was not why, a way was asked for, or there is no other; or what
/// went wrong when another was tried.
pub(super) fn fall_back<'a>(
    transfer: &Transfer<'a>,
    way: Way,
    error: Error,
    deadline: Deadline,
) -> Result<Chosen<'a>> {
    let by = match &error {
        Error::Step {
            engine: Some(by), ..
        } if is_lost_sight(&error) && (transfer.by == By::Auto || transfer.fallen.is_some()) => *by,
        _ => return Err(error),
    };
    let left: &[By] = match way {
        Way::Engine { .. } => &[By::Staged, By::Cpu],
        Way::Staged { .. } => &[By::Cpu],
        Way::Cpu { .. } => &[],
    };
    let reason = error.to_string();
    for &way in left {
        let next = Transfer {
            by: way,
            fallen: Some(Why::LostSight {
                by,
                reason: reason.clone(),
            }),
            ..transfer.clone()
        };
        match choose(&next, deadline) {
            // What no engine does half of, the CPU does better at once.
            Ok((_, pair)) if way == By::Staged && pair.up.is_none() && pair.down.is_none() => {}
            Err(other) if is_refusal(&other) => {}
            result => return result,
        }
    }
    Err(error)
}

impl<'a> Choice<'_, 'a> {
    fn ends(&self) -> (MemberId, MemberId) {
        (self.transfer.source.member(), self.transfer.target.member())
    }

    fn by_cpu(&self, why: Why) -> Result<Chosen<'a>> {
        let (from, to) = self.ends();
        let by = queue(if to.is_member() { to } else { from });
        self.route(Way::Cpu { by }, why, None, None)
    }

    /// Neither end has an engine that may be used.
    fn without_engines(&self) -> Result<Chosen<'a>> {
        let (from, to) = self.ends();
        let of_an_end = |engine: &&CopyEngine| [from, to].contains(&engine.member());
        let why = match self.transfer.by {
            By::Engine => return Err(NoEngine::NoneThere.into()),
            _ if self.transfer.engines.iter().any(of_an_end) => Why::HostsEngine,
            _ => Why::NoEngine,
        };
        self.by_cpu(why)
    }

    /// By an engine that sees both buffers, if there is one.
    fn by_one_engine(&mut self) -> Result<Option<Chosen<'a>>> {
        for engine in [self.down, self.up].into_iter().flatten() {
            let by = engine.member();
            match self.sees_both(engine) {
                Ok(side) => {
                    return self
                        .route(Way::Engine { by }, Why::SeesBoth, None, Some(side))
                        .map(Some);
                }
                Err(error) if is_refusal(&error) => {
                    self.not_both.get_or_insert(Blind {
                        by,
                        reason: error.to_string(),
                    });
                }
                Err(error) => return Err(error),
            }
        }
        Ok(None)
    }

    fn sees_both(&self, engine: &CopyEngine) -> Result<Side> {
        let (source, target) = (self.transfer.source, self.transfer.target);
        let side = Side {
            engine: engine.clone(),
            source: Some(engine.import_until(source, self.deadline)?),
            target: Some(engine.import_until(target, self.deadline)?),
        };
        for (buffer, import) in [(source, &side.source), (target, &side.target)] {
            if let Some(import) = import
                && buffer.member() != engine.member()
            {
                probe::to_host(self.transfer.device, engine, import, self.deadline)?;
            }
        }
        Ok(side)
    }

    /// Through memory of the host, by as many engines as see that and the buffer of their own
    /// member.
    fn staged(&mut self) -> Result<Option<Chosen<'a>>> {
        let (from, to) = self.ends();
        for (with_up, with_down) in [(true, true), (true, false), (false, true)] {
            let half = |engine: Option<&'a CopyEngine>, buffer| match engine {
                Some(engine) => self.sees_its_own(engine, buffer),
                None => Ok(None),
            };
            let up = half(self.up.filter(|_| with_up), self.transfer.source)?.map(Side::reads);
            let down = half(self.down.filter(|_| with_down), self.transfer.target)?;
            let down = down.map(Side::writes);
            let by = |side: &Option<Side>| side.as_ref().map(|side| side.engine.member());
            let (up_by, down_by) = (by(&up), by(&down));
            let Some(first) = up_by.or(down_by) else {
                continue;
            };
            let way = Way::Staged {
                up: half_by(up_by, from),
                down: half_by(down_by, to),
            };
            let both = up_by.is_some() && down_by.is_some();
            let routed = self.route(way, self.why_staged(both), up, down);
            let tried = routed.and_then(|(route, pair)| {
                route.probe(self.deadline)?;
                Ok((route, pair))
            });
            match tried {
                Err(error) if is_refusal(&error) => {
                    let by = match &error {
                        Error::Step {
                            engine: Some(by), ..
                        } => *by,
                        _ => first,
                    };
                    let reason = error.to_string();
                    self.not_host.get_or_insert(Blind { by, reason });
                }
                result => return result.map(Some),
            }
            // There are no others.
            if with_up && with_down && !both {
                break;
            }
        }
        Ok(None)
    }

    /// What an engine of a member has imported of that, if it sees it and is of use for a half.
    fn sees_its_own(
        &self,
        engine: &'a CopyEngine,
        buffer: &Buffer,
    ) -> Result<Option<(CopyEngine, EngineBuffer)>> {
        // The host of a virtual machine does not see memory of the guest's kernel.
        if !engine.spares_the_cpu() {
            return Ok(None);
        }
        match engine.import_until(buffer, self.deadline) {
            Ok(import) => Ok(Some((engine.clone(), import))),
            Err(error) if is_refusal(&error) => Ok(None),
            Err(error) => Err(error),
        }
    }

    fn why_staged(&self, both: bool) -> Why {
        match (&self.not_host, &self.not_both) {
            (Some(Blind { by, reason }), _) => Why::SeesOne {
                by: *by,
                reason: reason.clone(),
            },
            (None, Some(Blind { by, reason })) if both => Why::SeesOne {
                by: *by,
                reason: reason.clone(),
            },
            (None, Some(Blind { by, reason })) => Why::HalfAnEngine {
                by: *by,
                reason: reason.clone(),
            },
            (None, None) => Why::Asked,
        }
    }

    /// What is left when no engine sees enough.
    fn last(self) -> Result<Chosen<'a>> {
        let (from, to) = self.ends();
        if self.transfer.by == By::Staged {
            let way = Way::Staged {
                up: half_by(None, from),
                down: half_by(None, to),
            };
            return self.route(way, Why::Asked, None, None);
        }
        let Some(Blind { by, reason }) = self.not_host.clone().or(self.not_both.clone()) else {
            return self.by_cpu(Why::NoEngine);
        };
        if self.transfer.by == By::Engine {
            return Err(NoEngine::SeesNothing { reason }.into());
        }
        let why = Why::SeesOne {
            by,
            reason: reason.clone(),
        };
        match self.by_cpu(why) {
            // What kept the engine from it is what there is to mend.
            Err(Error::NotByCpu { member, refusal }) => Err(NoEngine::SeesNothing {
                reason: format!(
                    "member {by}: {reason}; and the CPU cannot copy what is in memory of member \
                     {member}: {refusal}"
                ),
            }
            .into()),
            result => result,
        }
    }

    /// The first route of a way, if the CPU gets at what is left to it.
    fn route(
        &self,
        way: Way,
        why: Why,
        up: Option<Side>,
        down: Option<Side>,
    ) -> Result<Chosen<'a>> {
        let (reads, writes) = match way {
            Way::Cpu { .. } => (true, true),
            Way::Engine { .. } => (false, false),
            Way::Staged { .. } => (up.is_none(), down.is_none()),
        };
        let by_cpu = [
            (reads, self.transfer.source),
            (writes, self.transfer.target),
        ];
        for (_, buffer) in by_cpu.into_iter().filter(|(by_cpu, _)| *by_cpu) {
            self.check_cpu(buffer.member())?;
        }
        let pair = Arc::new(Pair {
            transfer: self.transfer.clone(),
            way,
            why: self.transfer.fallen.clone().unwrap_or(why),
            up,
            down,
        });
        Ok((Route::new(&pair, self.deadline)?, pair))
    }

    /// Checks that jobs of the CPU get at memory of a member.
    fn check_cpu(&self, member: MemberId) -> Result<()> {
        if !member.is_member() {
            return Ok(());
        }
        let members = self.transfer.device.members()?;
        let refused = members
            .get(member)
            .and_then(|member| member.refusals.why(Capability::Copy));
        match refused {
            None => Ok(()),
            Some(refusal) => Err(Error::NotByCpu { member, refusal }),
        }
    }
}

/// Who does a half: an engine, or the CPU for a member or the host.
fn half_by(engine: Option<MemberId>, member: MemberId) -> Half {
    engine.map_or(Half::Cpu(queue(member)), Half::Engine)
}

/// The queue of a member for jobs of the CPU; that of the host for what is no member's.
fn queue(member: MemberId) -> MemberId {
    if member.is_member() {
        member
    } else {
        MemberId::HOST
    }
}

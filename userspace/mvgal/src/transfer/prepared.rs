// SPDX-License-Identifier: MIT OR Apache-2.0

//! A transfer that is ready to be made: its chunks, several at a time.

use std::collections::VecDeque;
use std::sync::Arc;

use super::Transfer;
use super::choice::{self, Chosen};
use super::route::{Pair, Route};
use super::sight::is_lost_sight;
use super::way::{Way, Why};
use crate::deadline::Deadline;
use crate::error::{Error, Result};

/// What a transfer did.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct Transferred {
    /// Bytes that were moved.
    pub bytes: u64,
    /// Chunks that they were cut into.
    pub chunks: u64,
    /// The way they took, the last of them if not all took the same.
    pub way: Way,
    /// Why that.
    pub why: Why,
}

/// A transfer with its way and all that it takes, which can be made again and again.
#[derive(Debug)]
pub struct Prepared<'a> {
    transfer: Transfer<'a>,
    pair: Arc<Pair<'a>>,
    /// How many routes there are to be.
    slots: usize,
    /// Routes of which none is in use: all of them, but for those that failed.
    idle: Vec<Route<'a>>,
    /// Routes whose chunks were under way when the time was up.
    late: Vec<Route<'a>>,
}

impl<'a> Prepared<'a> {
    /// With the first route, and as many as there are to be.
    pub(super) fn new(
        transfer: Transfer<'a>,
        (first, pair): Chosen<'a>,
        slots: usize,
        deadline: Deadline,
    ) -> Result<Self> {
        let mut prepared = Prepared {
            transfer,
            pair,
            slots,
            idle: vec![first],
            late: Vec::new(),
        };
        prepared.fill_up(deadline)?;
        Ok(prepared)
    }

    /// The way.
    pub fn way(&self) -> Way {
        self.pair.way
    }

    /// Why it was taken.
    pub fn why(&self) -> &Why {
        &self.pair.why
    }

    /// Moves the bytes. `progress` is told the bytes of each chunk when it has arrived.
    ///
    /// If the engine does not see a buffer any more, the chunks that are left go another way,
    /// and so do later transfers.
    ///
    /// # Errors
    ///
    /// - [`Error::Step`] if a step fails: no more chunks are submitted, and the jobs of those
    ///   under way have ended when it returns; with `ETIME` and `ENODEV` an engine may still write
    ///   to the target;
    /// - [`Error::TimedOut`]: those under way go on, and a later call waits for them first;
    /// - what [`Transfer::route`] and submitting answer.
    ///
    /// After an error it is not known which bytes of the target were written.
    pub fn run(
        &mut self,
        deadline: Deadline,
        mut progress: impl FnMut(u64),
    ) -> Result<Transferred> {
        let mut chunks = self.transfer.chunks()?;
        while let Some(route) = self.late.pop() {
            if let Err(error @ Error::TimedOut { .. }) = route.wait(deadline) {
                self.late.push(route);
                return Err(error);
            }
        }
        self.fill_up(deadline)?;
        // Those that did not arrive.
        let mut again: VecDeque<(u64, u64, u64)> = VecDeque::new();
        let mut running: VecDeque<(Route<'a>, (u64, u64, u64))> = VecDeque::new();
        let (mut bytes, mut count) = (0, 0);
        let mut failure: Option<Error> = None;
        loop {
            if failure.is_none()
                && !self.idle.is_empty()
                && let Some(chunk) = again.pop_front().or_else(|| chunks.next())
                && let Some(mut route) = self.idle.pop()
            {
                match route.submit(chunk, &[], None, deadline) {
                    Ok(()) => running.push_back((route, chunk)),
                    Err(error) => {
                        failure = Some(error);
                        again.push_back(chunk);
                        self.idle.push(route);
                    }
                }
                continue;
            }
            let Some((route, chunk)) = running.pop_front() else {
                match failure.take() {
                    None => break,
                    Some(error) => self.fall_back(error, deadline)?,
                }
                continue;
            };
            match route.wait(deadline) {
                Ok(()) => {
                    bytes += chunk.2;
                    count += 1;
                    progress(chunk.2);
                    self.idle.push(route);
                }
                // What may still be in use is not used again: the route goes.
                Err(error) => {
                    again.push_back(chunk);
                    // That an engine lost sight is no reason to go on after anything else.
                    let says_more = |known: &Error| is_lost_sight(known) && !is_lost_sight(&error);
                    let is_late = matches!(error, Error::TimedOut { .. });
                    if failure.as_ref().is_none_or(says_more) {
                        failure = Some(error);
                    }
                    if is_late {
                        self.late.push(route);
                    }
                }
            }
        }
        Ok(Transferred {
            bytes,
            chunks: count,
            way: self.pair.way,
            why: self.pair.why.clone(),
        })
    }

    /// Goes on by another way, if it is an import that has stopped to work, and there is one.
    fn fall_back(&mut self, error: Error, deadline: Deadline) -> Result<()> {
        let (route, pair) = choice::fall_back(&self.transfer, self.pair.way, error, deadline)?;
        self.idle = vec![route];
        self.transfer = pair.transfer.clone();
        self.pair = pair;
        self.fill_up(deadline)
    }

    /// Makes the routes that are missing.
    fn fill_up(&mut self, deadline: Deadline) -> Result<()> {
        while self.idle.len() < self.slots {
            self.idle.push(Route::new(&self.pair, deadline)?);
        }
        Ok(())
    }
}

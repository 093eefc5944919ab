// SPDX-License-Identifier: MIT OR Apache-2.0

//! The ways from one buffer to another, and why one was taken.

use std::fmt;

use crate::member::MemberId;

/// Which way a [`Transfer`](super::Transfer) is to take.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
pub enum By {
    /// The one that is best as far as can be told: see [`Transfer`](super::Transfer).
    #[default]
    Auto,
    /// The CPU, directly.
    Cpu,
    /// An engine, or one at least where one buffer cannot be reached by the other's.
    Engine,
    /// Through memory of the host, by engines where there are some.
    Staged,
}

/// Who copies one half of a staged transfer.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Half {
    /// The engine of a member.
    Engine(MemberId),
    /// The CPU, in the queue of a member or of the host.
    Cpu(MemberId),
}

impl fmt::Display for Half {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Half::Engine(member) => write!(f, "the engine of member {member}"),
            Half::Cpu(_) => f.write_str("the CPU"),
        }
    }
}

/// The way that the bytes take.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Way {
    /// The CPU copies them at once.
    Cpu {
        /// The member whose queue it goes through, or the host.
        by: MemberId,
    },
    /// An engine copies them at once.
    Engine {
        /// The member that has it.
        by: MemberId,
    },
    /// Through memory of the host, in chunks: one goes up while the one before goes down.
    Staged {
        /// From the source to the host.
        up: Half,
        /// From the host to the target.
        down: Half,
    },
}

impl Way {
    /// A word for it, which does not change: "cpu", "engine", "staged".
    pub fn name(self) -> &'static str {
        match self {
            Way::Cpu { .. } => "cpu",
            Way::Engine { .. } => "engine",
            Way::Staged { .. } => "staged",
        }
    }
}

impl fmt::Display for Way {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Way::Cpu { .. } => f.write_str("by the CPU"),
            Way::Engine { by } => write!(f, "by the engine of member {by}"),
            Way::Staged { up, down } => {
                write!(f, "through memory of the host, by {up} and by {down}")
            }
        }
    }
}

/// Why a way was taken.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum Why {
    /// It was asked for.
    Asked,
    /// Neither side has an engine that this library can use.
    NoEngine,
    /// The engine is the host's of a virtual machine, for whose guest it is no gain.
    HostsEngine,
    /// The engine sees both buffers, without a copy between.
    SeesBoth,
    /// No engine sees both buffers.
    SeesOne {
        /// The member whose engine does not see the other side's buffer.
        by: MemberId,
        /// Why not, for people.
        reason: String,
    },
    /// An engine that saw both buffers does not any more.
    LostSight {
        /// The member that has it.
        by: MemberId,
        /// What happened, for people.
        reason: String,
    },
    /// One side has no engine, and its buffer cannot be reached by the other's.
    HalfAnEngine {
        /// The member whose engine does not see the other side's buffer.
        by: MemberId,
        /// Why not, for people.
        reason: String,
    },
}

impl fmt::Display for Why {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Why::Asked => f.write_str("it was asked for"),
            Why::NoEngine => f.write_str("neither side has a copy engine to use"),
            Why::HostsEngine => {
                f.write_str("the copy engine is that of a virtual machine's host, which is no gain")
            }
            Why::SeesBoth => f.write_str("its engine sees both buffers, without a copy between"),
            Why::SeesOne { by, reason } => {
                write!(f, "no engine sees both buffers: member {by}: {reason}")
            }
            Why::LostSight { by, reason } => {
                write!(
                    f,
                    "the engine of member {by} sees a buffer no more: {reason}"
                )
            }
            Why::HalfAnEngine { by, reason } => {
                write!(
                    f,
                    "only member {by} has an engine, and it sees one buffer: {reason}"
                )
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ways_and_reasons_are_said_in_words() {
        let member = MemberId::new;
        let ways = [
            Way::Cpu { by: MemberId::HOST },
            Way::Engine { by: member(2) },
            Way::Staged {
                up: Half::Engine(member(2)),
                down: Half::Cpu(member(3)),
            },
        ];
        let reason = || "it has no memory for it".to_owned();
        let by = member(2);
        let whys = [
            Why::Asked,
            Why::NoEngine,
            Why::HostsEngine,
            Why::SeesBoth,
            Why::SeesOne {
                by,
                reason: reason(),
            },
            Why::HalfAnEngine {
                by,
                reason: reason(),
            },
            Why::LostSight {
                by,
                reason: reason(),
            },
        ];
        let ways = ways.map(|way| format!("{}: {way}", way.name()));
        let whys = whys.map(|why| why.to_string());
        let texts = [&ways[..], &whys[..]].concat();
        insta::assert_snapshot!(texts.join("\n"), @r"
        cpu: by the CPU
        engine: by the engine of member 2
        staged: through memory of the host, by the engine of member 2 and by the CPU
        it was asked for
        neither side has a copy engine to use
        the copy engine is that of a virtual machine's host, which is no gain
        its engine sees both buffers, without a copy between
        no engine sees both buffers: member 2: it has no memory for it
        only member 2 has an engine, and it sees one buffer: it has no memory for it
        the engine of member 2 sees a buffer no more: it has no memory for it
        ");
    }
}

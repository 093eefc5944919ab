// SPDX-License-Identifier: MIT OR Apache-2.0

//! What a ratio should be.

use std::fmt;
use std::str::FromStr;

/// A bound of a ratio.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Goal {
    /// As much or less.
    AtMost(f64),
    /// As much or more.
    AtLeast(f64),
}

impl Goal {
    /// Whether a ratio is within it.
    pub fn is_met_by(self, ratio: f64) -> bool {
        match self {
            Goal::AtMost(bound) => ratio <= bound,
            Goal::AtLeast(bound) => ratio >= bound,
        }
    }
}

impl fmt::Display for Goal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Goal::AtMost(bound) => write!(f, "<= {bound:.2}"),
            Goal::AtLeast(bound) => write!(f, ">= {bound:.2}"),
        }
    }
}

/// Text that is no goal.
#[derive(Debug, thiserror::Error)]
#[error("not a goal: {0}")]
pub struct NoGoal(String);

impl FromStr for Goal {
    type Err = NoGoal;

    fn from_str(text: &str) -> Result<Self, NoGoal> {
        let no_goal = || NoGoal(text.to_owned());
        let (sign, bound) = text.split_once(' ').ok_or_else(no_goal)?;
        let bound: f64 = bound.parse().map_err(|_| no_goal())?;
        match sign {
            "<=" => Ok(Goal::AtMost(bound)),
            ">=" => Ok(Goal::AtLeast(bound)),
            _ => Err(no_goal()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bounds_are_inclusive() {
        assert!(Goal::AtMost(1.05).is_met_by(1.05));
        assert!(!Goal::AtMost(1.05).is_met_by(1.0501));
        assert!(Goal::AtLeast(0.95).is_met_by(0.95));
        assert!(!Goal::AtLeast(0.95).is_met_by(0.9499));
    }

    #[test]
    fn read_as_it_is_written() {
        for goal in [Goal::AtMost(1.15), Goal::AtLeast(0.95)] {
            assert_eq!(goal.to_string().parse::<Goal>().expect("it is one"), goal);
        }
        for text in ["", "1.0", "< 1.0", "<= x", "<=1.0"] {
            assert!(text.parse::<Goal>().is_err(), "{text:?} was taken");
        }
    }
}

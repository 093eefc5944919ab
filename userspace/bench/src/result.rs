// SPDX-License-Identifier: MIT OR Apache-2.0

//! A result of the benchmark, as build/bench.json has it.

use std::collections::BTreeSet;

use serde::{Deserialize, Serialize};

use crate::Result;
use crate::goal::Goal;

/// Number of benchmarks. The name of a result begins with that of its own.
pub const BENCHMARKS: u32 = 11;

/// A result.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Figure {
    /// What was measured.
    pub name: String,
    /// What came out.
    pub value: f64,
    /// Of value and baseline.
    pub unit: String,
    /// What it is compared with.
    pub baseline: Option<f64>,
    /// The value by the baseline.
    pub ratio: Option<f64>,
    /// What the ratio should be: "<= 1.15", say.
    pub goal: Option<String>,
    /// Whether it is.
    pub met: Option<bool>,
}

impl Figure {
    /// A value by itself.
    pub fn alone(name: impl Into<String>, unit: &str, value: f64) -> Self {
        Figure {
            name: name.into(),
            value,
            unit: unit.to_owned(),
            baseline: None,
            ratio: None,
            goal: None,
            met: None,
        }
    }

    /// Compares it.
    pub fn against(mut self, baseline: f64) -> Self {
        self.baseline = Some(baseline);
        self.ratio = Some(self.value / baseline);
        self
    }

    /// Judges it, once it is compared.
    pub fn should_be(mut self, goal: Goal) -> Self {
        self.goal = Some(goal.to_string());
        self.met = self.ratio.map(|ratio| goal.is_met_by(ratio));
        self
    }

    /// Number of the benchmark that it belongs to.
    pub fn benchmark(&self) -> Option<u32> {
        let (number, _) = self.name.split_once(' ')?;
        number.parse().ok().filter(|n| (1..=BENCHMARKS).contains(n))
    }

    /// Why it cannot be so, if it cannot.
    fn fault(&self) -> Option<&'static str> {
        if self.benchmark().is_none() {
            return Some("its name does not begin with the number of a benchmark");
        }
        if self.unit.is_empty() || !self.value.is_finite() || self.value < 0.0 {
            return Some("its value is none");
        }
        match (self.baseline, self.ratio) {
            (None, None) => {}
            (Some(baseline), Some(ratio))
                if (ratio * baseline - self.value).abs() <= 1e-6 * self.value => {}
            _ => return Some("its ratio is not that of value and baseline"),
        }
        let met = match &self.goal {
            None => None,
            Some(goal) => match (goal.parse::<Goal>(), self.ratio) {
                (Ok(goal), Some(ratio)) => Some(goal.is_met_by(ratio)),
                _ => return Some("its goal is none, or one for no ratio"),
            },
        };
        (met != self.met).then_some("it is judged wrongly")
    }
}

/// Reads an array of results, and checks all there is to check: the fields of
/// each, that they fit together, that no name is there twice, and that each
/// benchmark has a result with a goal.
///
/// # Errors
///
/// What is wrong with it.
pub fn read(json: &str) -> Result<Vec<Figure>> {
    let figures: Vec<Figure> = serde_json::from_str(json)?;
    let mut names = BTreeSet::new();
    for figure in &figures {
        if let Some(fault) = figure.fault() {
            return Err(format!("{}: {fault}", figure.name).into());
        }
        if !names.insert(&figure.name) {
            return Err(format!("{}: is there twice", figure.name).into());
        }
    }
    for number in 1..=BENCHMARKS {
        let mut judged = figures.iter().filter(|figure| figure.met.is_some());
        if !judged.any(|figure| figure.benchmark() == Some(number)) {
            return Err(format!("benchmark {number} has no result with a goal").into());
        }
    }
    Ok(figures)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn complete() -> Vec<Figure> {
        (1..=BENCHMARKS)
            .map(|number| {
                Figure::alone(format!("{number} x"), "instructions", 110.0)
                    .against(100.0)
                    .should_be(Goal::AtMost(1.15))
            })
            .collect()
    }

    fn read_back(figures: &[Figure]) -> Result<Vec<Figure>> {
        read(&serde_json::to_string(figures).expect("it can be encoded"))
    }

    #[test]
    fn what_is_written_can_be_read() {
        let mut figures = complete();
        figures.push(Figure::alone("7 bytes", "bytes", 1000.0));
        assert_eq!(read_back(&figures).expect("all is there"), figures);
    }

    #[test]
    fn every_field_is_there() {
        let json = serde_json::to_value(&complete()[0]).expect("it can be encoded");
        let fields: Vec<_> = json
            .as_object()
            .expect("an object")
            .keys()
            .cloned()
            .collect();
        assert_eq!(
            fields,
            ["baseline", "goal", "met", "name", "ratio", "unit", "value"]
        );
    }

    #[test]
    fn refused() {
        type Spoil = fn(&mut Vec<Figure>);
        let spoils: [(&str, Spoil); 9] = [
            ("a benchmark is missing", |all| drop(all.pop())),
            ("one is not judged", |all| {
                all[3].goal = None;
                all[3].met = None;
            }),
            ("a name is there twice", |all| {
                all[1].name = all[0].name.clone()
            }),
            ("a name without number", |all| all[0].name = "x".into()),
            ("a number that is none", |all| all[0].name = "12 x".into()),
            ("judged wrongly", |all| all[2].met = Some(false)),
            ("the ratio is wrong", |all| all[2].ratio = Some(2.0)),
            ("a ratio of nothing", |all| all[2].baseline = None),
            ("a goal that is none", |all| {
                all[2].goal = Some("small".into())
            }),
        ];
        for (what, spoil) in spoils {
            let mut figures = complete();
            spoil(&mut figures);
            assert!(read_back(&figures).is_err(), "taken although {what}");
        }
        let unknown = serde_json::to_string(&complete())
            .expect("it can be encoded")
            .replacen("\"unit\"", "\"units\"", 1);
        assert!(read(&unknown).is_err(), "taken with an unknown field");
    }
}

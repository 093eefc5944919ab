// SPDX-License-Identifier: MIT OR Apache-2.0

//! The results for people.

use comfy_table::{CellAlignment, Table, presets};

use crate::result::Figure;

/// All of them, a line each.
pub fn text(figures: &[Figure]) -> String {
    let mut text = String::new();
    for line in table(figures).lines() {
        text.push_str(line.trim_end());
        text.push('\n');
    }
    text
}

fn table(figures: &[Figure]) -> Table {
    let mut table = Table::new();
    table.load_style(presets::NOTHING);
    table.set_header(["what", "value", "baseline", "unit", "ratio", "goal", ""]);
    let mut last = None;
    for figure in figures {
        if last.is_some() && last != figure.benchmark() {
            table.add_row([""]);
        }
        last = figure.benchmark();
        table.add_row([
            figure.name.clone(),
            number(figure.value),
            figure.baseline.map(number).unwrap_or_default(),
            figure.unit.clone(),
            figure
                .ratio
                .map(|ratio| format!("{ratio:.3}"))
                .unwrap_or_default(),
            figure.goal.clone().unwrap_or_default(),
            match figure.met {
                None => String::new(),
                Some(true) => "met".to_owned(),
                Some(false) => "missed".to_owned(),
            },
        ]);
    }
    for column in [1, 2, 4] {
        if let Some(column) = table.column_mut(column) {
            column.set_cell_alignment(CellAlignment::Right);
        }
    }
    table
}

/// How many goals were met, in words.
pub fn summary(figures: &[Figure]) -> String {
    let judged = figures.iter().filter_map(|figure| figure.met);
    let (met, missed): (Vec<_>, Vec<_>) = judged.partition(|met| *met);
    format!("{} goals met, {} missed", met.len(), missed.len())
}

/// Whole where it is large.
fn number(value: f64) -> String {
    if value.fract() == 0.0 || value >= 1000.0 {
        format!("{value:.0}")
    } else {
        format!("{value:.3}")
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::goal::Goal;

    fn figures() -> Vec<Figure> {
        vec![
            Figure::alone("1 a", "instructions", 1150.0)
                .against(1000.0)
                .should_be(Goal::AtMost(1.15)),
            Figure::alone("1 b", "bytes/ns", 0.5)
                .against(1.0)
                .should_be(Goal::AtLeast(0.95)),
            Figure::alone("2 c", "bytes", 700.0),
        ]
    }

    #[test]
    fn lines() {
        let text = text(&figures());
        assert!(text.lines().all(|line| line == line.trim_end()));
        let lines: Vec<Vec<_>> = text
            .lines()
            .map(|line| line.split_whitespace().collect())
            .collect();
        assert_eq!(
            lines[1],
            [
                "1",
                "a",
                "1150",
                "1000",
                "instructions",
                "1.150",
                "<=",
                "1.15",
                "met"
            ]
        );
        assert_eq!(
            lines[2],
            [
                "1", "b", "0.500", "1", "bytes/ns", "0.500", ">=", "0.95", "missed"
            ]
        );
        assert!(lines[3].is_empty(), "benchmarks stand apart");
        assert_eq!(lines[4], ["2", "c", "700", "bytes"]);
    }

    #[test]
    fn goals_are_counted() {
        assert_eq!(summary(&figures()), "1 goals met, 1 missed");
    }
}

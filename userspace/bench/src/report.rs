// SPDX-License-Identifier: MIT OR Apache-2.0

//! What was measured, for people and for programs.

use comfy_table::{CellAlignment, Table, presets};
use serde::Serialize;

use crate::Result;

#[derive(Debug, Serialize)]
struct Figure {
    name: String,
    value: u64,
    unit: &'static str,
}

/// Figures in the order in which they were measured.
#[derive(Debug, Default)]
pub struct Report {
    figures: Vec<Figure>,
}

impl Report {
    /// Adds one.
    pub fn add(&mut self, name: impl Into<String>, value: u64) {
        self.figures.push(Figure {
            name: name.into(),
            value,
            unit: "ns",
        });
    }

    /// All of them as an array of {name, value, unit}.
    ///
    /// # Errors
    ///
    /// If they cannot be encoded.
    pub fn to_json(&self) -> Result<String> {
        Ok(serde_json::to_string_pretty(&self.figures)? + "\n")
    }

    /// All of them as a table.
    pub fn to_table(&self) -> Table {
        let mut table = Table::new();
        table.load_style(presets::NOTHING);
        table.set_header(["what", "ns (instructions under -icount)"]);
        for figure in &self.figures {
            table.add_row([figure.name.clone(), figure.value.to_string()]);
        }
        if let Some(column) = table.column_mut(1) {
            column.set_cell_alignment(CellAlignment::Right);
        }
        table
    }
}

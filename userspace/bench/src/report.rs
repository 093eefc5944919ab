// SPDX-License-Identifier: MIT OR Apache-2.0

//! What was measured, for people and for programs.

use comfy_table::{CellAlignment, Table, presets};
use serde::Serialize;

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

    /// Prints all of them.
    pub fn print(&self, json: bool) {
        if json {
            match serde_json::to_string_pretty(&self.figures) {
                Ok(text) => println!("{text}"),
                Err(error) => eprintln!("mvgal-bench: {error}"),
            }
            return;
        }
        let mut table = Table::new();
        table.load_style(presets::NOTHING);
        table.set_header(["what", "ns (instructions under -icount)"]);
        for figure in &self.figures {
            table.add_row([figure.name.clone(), figure.value.to_string()]);
        }
        if let Some(column) = table.column_mut(1) {
            column.set_cell_alignment(CellAlignment::Right);
        }
        println!("{table}");
    }
}

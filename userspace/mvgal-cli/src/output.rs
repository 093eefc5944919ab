// SPDX-License-Identifier: MIT OR Apache-2.0

//! What the commands print have in common.

use std::io::{self, Write};

use comfy_table::{
    CellAlignment, ColumnConstraint, ContentArrangement, LineStyle, Table, TableStyle, Width,
};
use serde::Serialize;

use crate::failure::Failure;

/// Columns of the terminal, or what fits everywhere.
pub fn columns() -> usize {
    terminal_size::terminal_size().map_or(80, |(width, _)| usize::from(width.0))
}

/// No lines but one below the header.
const STYLE: TableStyle =
    TableStyle::new().header_separator(LineStyle::none().fill('─').junction('─'));

/// A table with a header; `right` lists the columns of numbers.
pub fn table<const N: usize>(header: [&str; N], right: &[usize]) -> Table {
    let mut table = Table::new();
    table
        .load_style(STYLE)
        .set_content_arrangement(ContentArrangement::Dynamic)
        .set_header(header);
    for &index in right {
        if let Some(column) = table.column_mut(index) {
            column.set_cell_alignment(CellAlignment::Right);
        }
    }
    table
}

/// The lines of a table. Where the terminal is narrow, cells are wrapped between words and never
/// within one: rather are lines longer than the terminal is wide.
pub fn lines(mut table: Table) -> String {
    /// What is left and right of a cell.
    const PADDING: usize = 2;

    let longest_word = |text: &str| text.split(' ').map(|word| word.chars().count()).max();
    let rows = table.header().into_iter().chain(table.row_iter());
    let mut least: Vec<usize> = Vec::new();
    for row in rows {
        for (column, cell) in row.cell_iter().enumerate() {
            let longest = cell.content().lines().filter_map(longest_word).max();
            least.resize(least.len().max(column + 1), 0);
            least[column] = least[column].max(longest.unwrap_or(0));
        }
    }
    for (column, least) in table.column_iter_mut().zip(least) {
        let width = u16::try_from(least + PADDING).unwrap_or(u16::MAX);
        column.set_constraint(ColumnConstraint::LowerBoundary(Width::Fixed(width)));
    }
    table.trim_fmt()
}

/// What comes before the next of several looks at the same: on a terminal the screen is cleared,
/// else a blank line keeps them apart.
pub fn start_of_look(is_first: bool, clear: bool) -> &'static str {
    match (is_first, clear) {
        (_, true) => "\x1b[H\x1b[2J",
        (true, false) => "",
        (false, false) => "\n",
    }
}

/// Prints a document for people.
pub fn print(text: &str) -> Result<(), Failure> {
    let mut out = anstream::stdout().lock();
    out.write_all(text.as_bytes())
        .and_then(|()| out.flush())
        .map_err(Failure::io("writing standard output"))
}

/// Prints a JSON document over several lines.
pub fn print_json(document: &impl Serialize) -> Result<(), Failure> {
    write_json(io::stdout().lock(), document, true)
}

/// Writes a JSON document and the end of the line.
pub fn write_json(
    mut to: impl Write,
    document: &impl Serialize,
    pretty: bool,
) -> Result<(), Failure> {
    let text = if pretty {
        serde_json::to_string_pretty(document)
    } else {
        serde_json::to_string(document)
    };
    text.map_err(io::Error::from)
        .and_then(|text| writeln!(to, "{text}"))
        .and_then(|()| to.flush())
        .map_err(Failure::io("writing JSON"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_word_is_broken_in_two() {
        let mut narrow = table(["driver", "health", "because"], &[1]);
        narrow.set_width(40);
        narrow.add_row(["virtio_gpu", "critical", "the driver leaves no choice"]);
        insta::assert_snapshot!(lines(narrow), @r"
         driver         health   because
        ────────────────────────────────────
         virtio_gpu   critical   the driver
                                 leaves no
                                 choice
        ");
        // There is no room for the words.
        let mut tiny = table(["driver", "health"], &[1]);
        tiny.set_width(12);
        tiny.add_row(["virtio_gpu", "critical"]);
        insta::assert_snapshot!(lines(tiny), @r"
         driver         health
        ───────────────────────
         virtio_gpu   critical
        ");
    }

    #[test]
    fn looks_are_kept_apart() {
        assert_eq!(start_of_look(true, false), "");
        assert_eq!(start_of_look(false, false), "\n");
        assert_eq!(start_of_look(true, true), start_of_look(false, true));
    }
}

//! Lines and rows of the tables that `muster cost` prints.

use std::fmt::Write as _;

/// Adds a row: a name, then cells that stand under each other from row to row.
pub(super) fn row(out: &mut String, name: &str, cells: impl IntoIterator<Item = String>) {
    // Writing to a string cannot fail.
    let _written = write!(out, "{name:<25}");
    for cell in cells {
        let _written = write!(out, "{cell:>15}");
    }
    out.truncate(out.trim_end_matches(' ').len());
    out.push('\n');
}

/// Adds a line of text.
pub(super) fn line(out: &mut String, text: &str) {
    out.push_str(text);
    out.push('\n');
}

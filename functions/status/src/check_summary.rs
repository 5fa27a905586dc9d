//! What the check found of a sound file: enough for its owner to see that it is read as it is meant.

use domain::imports::row_rules;
use domain::plan::{Checked, QuotedCells};
use domain::row::{DateFormat, DecimalMark, parse_row};
use serde_json::{Value as Json, json};
use stores::imports::{Import, Setup};

/// The columns, the format and the first rows of a file, as Muster reads them.
pub(crate) fn check_summary(import: &Import, setup: &Setup, checked: &Checked, quoted: &QuotedCells) -> Json {
    let columns: Vec<Json> = checked
        .layout
        .header
        .iter()
        .zip(&checked.layout.columns)
        .zip(&checked.filled)
        .enumerate()
        .map(|(position, ((header, column), filled))| {
            let decimal_mark = checked.decimal_marks.get(position).copied().flatten();
            json!({
                "header": header,
                "column": column.as_ref().map(ToString::to_string),
                "filled": filled,
                "decimal_mark": decimal_mark.map(DecimalMark::as_char),
                "unreadable": unreadable(checked, quoted, position),
            })
        })
        .collect();
    let rules = row_rules(&setup.request, import.id.launched(), checked);
    let first_rows: Vec<Json> = quoted
        .first_rows
        .iter()
        .map(|first| {
            let cells: Vec<&str> = first.cells.iter().map(String::as_str).collect();
            let (values, problems) = match parse_row(&checked.layout, &rules.of_row(first.row), &cells) {
                Ok(row) => (Json::Object(row.stored_values()), row.warnings),
                Err(problems) => (Json::Null, problems),
            };
            let problems: Vec<Json> = problems
                .iter()
                .map(|problem| {
                    let header = problem.cell.and_then(|cell| checked.layout.header.get(usize::from(cell)));
                    json!({ "code": problem.code, "column": header, "message": problem.message })
                })
                .collect();
            json!({ "row": first.row, "line": first.line, "values": values, "problems": problems })
        })
        .collect();
    json!({
        "columns": columns,
        "quote": checked.dialect.quote().map_or_else(|| "none".to_owned(), |quote| char::from(quote).to_string()),
        "escape": checked.dialect.escape,
        "date_format": checked.date_format.map(DateFormat::pattern),
        "time_zone": rules.time_zone.name(),
        "sha256": checked.sha256,
        "repeated_rows": checked.repeated,
        "first_rows": first_rows,
        "notices": checked.notices,
        // Checks of earlier versions did not count them, and listed all.
        "notices_total": checked.notices_total.max(checked.notices.len() as u64),
    })
}

/// How many values of a column cannot be read, with an example; `null` if every value can. Examples expire with the first
/// rows, and are `null` from then on.
fn unreadable(checked: &Checked, quoted: &QuotedCells, position: usize) -> Json {
    let Some(at) = checked.unreadable.iter().position(|column| column.column == position) else { return Json::Null };
    let column = &checked.unreadable[at];
    let (row, line) = (column.first.row, column.first.line);
    json!({ "count": column.count, "example": quoted.examples.get(at), "row": row, "line": line })
}

//! What the check found in a file, and what was wrong with its rows, in lines.

use client::text;
use serde_json::Value as Json;

use crate::failure::place;
use crate::flags;
use crate::output::{count, number};
use crate::preview::reading;

/// Most headers that are named in one line; more are only counted.
const MOST_NAMED: usize = 20;

/// How a file was read, and which of its columns were not.
pub(super) fn read_as(import: &Json) -> Vec<String> {
    let (file, check) = (&import["file"], &import["check"]);
    if file["delimiter"].is_null() {
        return Vec::new();
    }
    let dates = check["date_format"].as_str().map(|format| format!(" · dates {format}")).unwrap_or_default();
    let mut lines = vec![format!("read as {}{dates}", reading(text(file, "encoding"), text(file, "delimiter")))];
    if let Some(zone) = check["time_zone"].as_str() {
        lines.push(format!("times without a zone are in {zone}"));
    }
    let columns = check["columns"].as_array().map_or(&[][..], Vec::as_slice);
    let left_out = columns.iter().filter(|column| column["column"].is_null()).map(|column| text(column, "header"));
    // The columns that begin so are those of a report, which never are read.
    let left_out: Vec<&str> = left_out.filter(|header| !header.trim().starts_with('_')).collect();
    if !left_out.is_empty() {
        lines.push(format!("left out: {}", named(&left_out)));
    }
    for column in columns {
        let unreadable = &column["unreadable"];
        let times = unreadable.as_u64().or_else(|| unreadable["count"].as_u64()).unwrap_or(0);
        if times > 0 {
            let example = unreadable["example"].as_str().or_else(|| column["example"].as_str());
            let example = example.map(|example| format!(", such as “{example}”")).unwrap_or_default();
            let values = count(times, "value", "values");
            let place = format!("column {}", text(column, "header"));
            let place = unreadable["row"].as_u64().map_or(place.clone(), |row| format!("{place}, from row {row}"));
            lines.push(format!("{place}: {values} cannot be read{example}"));
        }
    }
    lines
}

/// What is strange about a sound file: one line for each kind, with the columns in which it is.
pub(super) fn notes(check: &Json) -> Vec<String> {
    let notices = check["notices"].as_array().map_or(&[][..], Vec::as_slice);
    let mut lines = Vec::new();
    let mut codes: Vec<&str> = Vec::new();
    for notice in notices {
        let code = text(notice, "code");
        if codes.contains(&code) {
            continue;
        }
        codes.push(code);
        let message = flags::translated(text(notice, "message"));
        lines.push(format!("Note: {}{message} [{code}, {} ×]", place(notice), times(notice)));
        let more = notices.iter().filter(|other| text(other, "code") == code && !std::ptr::eq(*other, notice));
        let more: Vec<String> = more.map(|other| format!("{} ({} ×)", text(other, "column"), times(other))).collect();
        if !more.is_empty() {
            let more: Vec<&str> = more.iter().map(String::as_str).collect();
            lines.push(format!("  the same in: {}", named(&more)));
        }
    }
    let hidden = check["notices_total"].as_u64().unwrap_or(0).saturating_sub(notices.len() as u64);
    if hidden > 0 {
        lines.push(format!("  … and {}", count(hidden, "more note", "more notes")));
    }
    let repeated = check["repeated_rows"].as_u64().unwrap_or(0);
    if repeated > 0 {
        let rows = count(repeated, "row shares", "rows share");
        lines.push(format!(
            "Note: {rows} an identifier with an earlier row of the file. Rows that are about one customer are merged, from top to bottom; an identifier that two people share stays with the first."
        ));
    }
    lines
}

/// How often a code was given, and the first row that has it.
pub(super) fn wrong(code: &str, times: u64, listed: Option<&Json>) -> String {
    let example = listed.map(|listed| &listed["example"]);
    let example = example
        .map(|example| format!(": {}{}", place(example), flags::translated(text(example, "message"))))
        .unwrap_or_default();
    format!("  {} × {code}{example}", number(times))
}

fn times(notice: &Json) -> String {
    number(notice["count"].as_u64().unwrap_or(1))
}

fn named(names: &[&str]) -> String {
    let mut shown = names.iter().take(MOST_NAMED).copied().collect::<Vec<_>>().join(", ");
    if names.len() > MOST_NAMED {
        shown.push_str(&format!(" and {} more", names.len() - MOST_NAMED));
    }
    shown
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn a_kind_of_notice_is_told_once_with_every_column_that_has_it() {
        let notice = |column: &str, count: u64| {
            json!({ "code": "scientific_notation", "row": 2, "line": 3, "column": column, "count": count,
                    "message": "Set `encoding` to `auto`." })
        };
        let check = json!({
            "notices": [notice("Ref", 1_200), notice("Due", 3)], "notices_total": 4, "repeated_rows": 1,
        });
        assert_eq!(
            notes(&check),
            [
                "Note: row 2, line 3, column Ref: Use `--encoding auto`. [scientific_notation, 1,200 ×]",
                "  the same in: Due (3 ×)",
                "  … and 2 more notes",
                "Note: 1 row shares an identifier with an earlier row of the file. Rows that are about one customer are merged, from top to bottom; an identifier that two people share stays with the first.",
            ]
        );
        assert!(notes(&json!({ "notices": [], "notices_total": 0, "repeated_rows": 0 })).is_empty());
    }

    #[test]
    fn what_was_not_read_of_a_file_is_listed() {
        let import = json!({
            "file": { "encoding": "utf-8", "delimiter": ";" },
            "check": {
                "date_format": "DD.MM.YYYY",
                "columns": [
                    { "header": "email", "column": "email" },
                    { "header": "Notes", "column": null },
                    { "header": "_row", "column": null },
                    { "header": "born", "column": "birth_date", "unreadable": { "count": 12, "example": "soon", "row": 3 } },
                ],
            },
        });
        assert_eq!(
            read_as(&import),
            [
                "read as utf-8 · delimiter ; · dates DD.MM.YYYY",
                "left out: Notes",
                "column born, from row 3: 12 values cannot be read, such as “soon”",
            ]
        );
    }

    #[test]
    fn a_code_is_told_with_its_first_row() {
        let listed =
            json!({ "example": { "row": 7, "line": 8, "column": "phone", "message": "Give `default_region`." } });
        assert_eq!(
            wrong("invalid_phone", 1_000, Some(&listed)),
            "  1,000 × invalid_phone: row 7, line 8, column phone: Give `--region`."
        );
        assert_eq!(wrong("unprocessed", 2, None), "  2 × unprocessed");
    }
}

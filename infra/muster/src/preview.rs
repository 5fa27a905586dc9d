//! What Muster says of a file before it is imported, as lines for people.

use std::io::Read as _;
use std::path::Path;

use anyhow::Context as _;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use client::{Api, text};
use domain::preview::MAX_SAMPLE;
use serde_json::{Value as Json, json};

use crate::output::{count, number};

/// Most columns and rows that are shown; more are only counted.
const MOST_COLUMNS: usize = 40;
const MOST_ROWS: usize = 5;
/// Widest header and examples that are shown, in characters.
const WIDEST: usize = 32;
const WIDEST_EXAMPLES: usize = 60;

/// Asks Muster how it would read a file with these settings. Nothing is stored.
pub(crate) async fn ask(api: &Api, file: &Path, request: &Json) -> anyhow::Result<Json> {
    let path = file.to_owned();
    let sample = tokio::task::spawn_blocking(move || {
        let mut sample = Vec::new();
        std::fs::File::open(path)?.take(MAX_SAMPLE as u64).read_to_end(&mut sample)?;
        std::io::Result::Ok(sample)
    });
    let sample = sample.await?.with_context(|| format!("{} cannot be read", file.display()))?;
    let mut body = request.clone();
    body["sample"] = STANDARD.encode(sample).into();
    api.post("/imports/preview", Some(&body), None).await
}

/// How the file is read, and a line for each column: its header, what it becomes, how full it is, and examples.
pub(crate) fn reading_lines(seen: &Json, name: &str) -> Vec<String> {
    let rows = count(seen["rows_seen"].as_u64().unwrap_or(0), "row", "rows");
    let rows = if seen["complete"] == true { rows } else { format!("the first {rows}") };
    let dates = seen["date_format"].as_str().map(|format| format!(" · dates {format}")).unwrap_or_default();
    let encoding = text(&seen["encoding"], "label");
    let certain = if seen["encoding"]["certain"] == true { "" } else { " · encoding uncertain" };
    let mut lines = vec![format!("{name}: {}{dates}{certain} · {rows}", reading(encoding, text(seen, "delimiter")))];
    let columns = seen["columns"].as_array().map_or(&[][..], Vec::as_slice);
    let cells: Vec<[String; 4]> = columns.iter().take(MOST_COLUMNS).map(column).collect();
    let width = |at: usize| cells.iter().map(|cells| cells[at].chars().count()).max().unwrap_or(0);
    let (headers, names) = (width(0), width(1));
    for [header, name, filled, examples] in &cells {
        let line = format!("  {header:<headers$}  {name:<names$}  {filled:>4} % filled  {examples}");
        lines.push(line.trim_end().to_owned());
    }
    let hidden = columns.len().saturating_sub(MOST_COLUMNS);
    if hidden > 0 {
        lines.push(format!("  … and {} more", count(hidden as u64, "column", "columns")));
    }
    lines
}

/// A column's header, what it becomes, how full it is, and examples.
fn column(column: &Json) -> [String; 4] {
    let suggested = column["suggestion"]["column"].as_str();
    let becomes = match (column["column"].as_str(), text(column, "how"), suggested) {
        (Some(name), _, _) if column["undecided"] == true => format!("{name} (order not decided so far)"),
        (Some(name), _, _) => match text(column, "write") {
            "if_blank" => format!("{name} (if blank)"),
            "never" => format!("{name} (never written)"),
            _ => name.to_owned(),
        },
        (None, "left_out", _) if column["filled"] == 0.0 => "empty".to_owned(),
        (None, "left_out", _) => "left out".to_owned(),
        (None, _, Some(name)) => format!("? perhaps {name}"),
        (None, _, None) => "?".to_owned(),
    };
    let examples = column["examples"].as_array().into_iter().flatten().filter_map(Json::as_str);
    let examples = shortened(&examples.collect::<Vec<_>>().join(", "), WIDEST_EXAMPLES);
    [shortened(text(column, "header"), WIDEST), becomes, percent(column["filled"].as_f64().unwrap_or(0.0)), examples]
}

/// The first rows with what is stored of them, and what is wrong with them.
pub(crate) fn row_lines(seen: &Json) -> Vec<String> {
    let mut lines = Vec::new();
    for row in seen["rows"].as_array().into_iter().flatten().take(MOST_ROWS) {
        let values = row["values"].as_object().into_iter().flatten();
        let values: Vec<String> = values.map(|(name, value)| format!("{name}: {}", shown(value))).collect();
        let values = if row["values"].is_null() { "nothing is stored".to_owned() } else { values.join(" · ") };
        lines.push(format!("  row {} (line {}): {values}", row["row"], row["line"]));
        for problem in row["problems"].as_array().into_iter().flatten() {
            let column = problem["column"].as_str().map(|column| format!("{column}: ")).unwrap_or_default();
            lines.push(format!("    {column}{} [{}]", text(problem, "message"), text(problem, "code")));
        }
    }
    lines
}

fn shown(value: &Json) -> String {
    match value {
        Json::Null => "erased".to_owned(),
        Json::String(text) => text.clone(),
        value => value.to_string(),
    }
}

/// What the check would refuse the file for, in the form of a failed import with these settings.
pub(crate) fn as_failure(seen: &Json, request: &Json) -> Json {
    json!({
        "failure": { "problems": seen["problems"], "problems_total": seen["problems_total"] },
        "columns": request["columns"],
    })
}

/// An encoding and a delimiter as people name them.
pub(crate) fn reading(encoding: &str, delimiter: &str) -> String {
    let delimiter = match delimiter {
        "\t" => "tab",
        " " => "space",
        other => other,
    };
    format!("{encoding} · delimiter {}", delimiter.escape_default())
}

/// A share as whole percent: 100 only if nothing is missing, 0 only if nothing is there.
fn percent(share: f64) -> String {
    let percent = (share * 100.0) as u64;
    if percent == 0 && share > 0.0 { "<1".to_owned() } else { number(percent) }
}

/// A text on one line of a terminal.
fn shortened(text: &str, widest: usize) -> String {
    let plain: String = text.chars().map(|letter| if letter.is_control() { ' ' } else { letter }).collect();
    if plain.chars().count() <= widest {
        return plain;
    }
    format!("{}…", plain.chars().take(widest - 1).collect::<String>())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_preview_says_how_a_file_is_read_and_what_its_columns_become() {
        let column = |header: &str, column: Option<&str>, how: Option<&str>, filled: f64, examples: &[&str]| json!({ "header": header, "column": column, "how": how, "filled": filled, "examples": examples });
        let mut unknown = column("Wohnort", None, None, 1.0, &["Köln"]);
        unknown["suggestion"] = json!({ "column": "city", "why": "…" });
        let seen = json!({
            "encoding": { "label": "windows-1252", "certain": true }, "delimiter": "\t", "date_format": "DD.MM.YYYY",
            "complete": false, "rows_seen": 1_234,
            "columns": [
                column("Kundennr", Some("external_id"), Some("mapping"), 1.0, &["K\n1", "K2"]),
                column("Notiz", None, Some("left_out"), 0.001, &[]),
                column("Leer", None, Some("left_out"), 0.0, &[]),
                unknown,
                column("?", None, None, 0.999, &[]),
            ],
        });
        assert_eq!(
            reading_lines(&seen, "a.csv"),
            [
                "a.csv: windows-1252 · delimiter tab · dates DD.MM.YYYY · the first 1,234 rows",
                "  Kundennr  external_id      100 % filled  K 1, K2",
                "  Notiz     left out          <1 % filled",
                "  Leer      empty              0 % filled",
                "  Wohnort   ? perhaps city   100 % filled  Köln",
                "  ?         ?                 99 % filled",
            ]
        );
    }

    #[test]
    fn rows_show_what_is_stored_and_what_is_wrong() {
        let seen = json!({ "rows": [
            { "row": 1, "line": 2, "values": { "city": null, "email": "a@b.de", "subscribed": true }, "problems": [] },
            { "row": 2, "line": 3, "values": null, "problems": [
                { "code": "invalid_email", "column": "E-Mail", "message": "This is no address." },
                { "code": "no_identifier", "column": null, "message": "Nobody." },
            ] },
        ] });
        assert_eq!(
            row_lines(&seen),
            [
                "  row 1 (line 2): city: erased · email: a@b.de · subscribed: true",
                "  row 2 (line 3): nothing is stored",
                "    E-Mail: This is no address. [invalid_email]",
                "    Nobody. [no_identifier]",
            ]
        );
    }
}

//! What became of an import, as lines for people.

use std::path::Path;

use client::text;
use serde_json::Value as Json;

use crate::output::say;

/// Prints the state, the failure if there was one, notices, counters, the codes of rejected rows, and where the report
/// is.
pub(crate) fn summarize(import: &Json, report: Option<&Path>) -> anyhow::Result<()> {
    let failure = &import["failure"];
    if !failure.is_null() {
        say(&format!("The import failed: {}", text(failure, "message")))?;
        let problems = failure["problems"].as_array().map_or(&[][..], Vec::as_slice);
        for problem in problems {
            say(&format!("  {}{} [{}]", place(problem), text(problem, "message"), text(problem, "code")))?;
        }
        let total = failure["problems_total"].as_u64().unwrap_or(0);
        if total > problems.len() as u64 {
            say(&format!("  … and {} more", total - problems.len() as u64))?;
        }
        if import["counters"]["rows"].as_u64() == Some(0) {
            return say("The file failed its check, so no customer was changed.");
        }
    }
    say(&format!("Import {} is {}.", text(import, "id"), text(import, "state")))?;
    say(&format!(
        "  read as {} with the delimiter {}",
        text(&import["file"], "encoding"),
        import["file"]["delimiter"]
    ))?;
    let notices = import["check"]["notices"].as_array().map_or(&[][..], Vec::as_slice);
    for notice in notices {
        let count = &notice["count"];
        say(&format!("  note: {}{} [{}, {count} ×]", place(notice), text(notice, "message"), text(notice, "code")))?;
    }
    let total = import["check"]["notices_total"].as_u64().unwrap_or(0);
    if total > notices.len() as u64 {
        say(&format!("  … and {} more notes", total - notices.len() as u64))?;
    }
    for name in ["rows", "created", "updated", "unchanged", "rejected", "unprocessed", "warnings"] {
        say(&format!("  {name:<12}{:>12}", import["counters"][name].to_string()))?;
    }
    for (code, count) in import["errors_by_code"].as_object().into_iter().flatten() {
        say(&format!("  {count} × {code}"))?;
    }
    if let Some(report) = report {
        say(&format!("Correct the rows in {} and import it again as it is.", report.display()))?;
    }
    say(text(&import["links"], "self"))
}

/// Where a problem is, such as `row 2, line 3, column email: `, or nothing if that is unknown.
fn place(problem: &Json) -> String {
    let mut places = Vec::new();
    for name in ["row", "line"] {
        if let Some(number) = problem[name].as_u64() {
            places.push(format!("{name} {number}"));
        }
    }
    if let Some(column) = problem["column"].as_str() {
        places.push(format!("column {column}"));
    }
    if places.is_empty() { String::new() } else { format!("{}: ", places.join(", ")) }
}

//! What became of an import, as lines for people.

mod forecast;
mod notes;

use std::path::Path;

use client::{Api, encoded, text};
use serde_json::Value as Json;

use crate::failure::{self, Launch};
use crate::output::{count, number, say};
use crate::place::Connection;
use crate::typed::Typed;

/// The words in which the counters are listed.
const COUNTERS: [&str; 7] = ["rows", "created", "updated", "unchanged", "rejected", "unprocessed", "warnings"];

/// What a summary needs besides the import.
#[derive(Clone, Copy)]
pub(crate) struct Context<'a> {
    pub(crate) connection: &'a Connection,
    pub(crate) typed: &'a Typed,
    /// The request, if this command launched the import.
    pub(crate) request: Option<&'a Json>,
    /// Where the report is saved, if it is.
    pub(crate) report: Option<&'a Path>,
}

/// Prints what became of an import that has ended: its failure if there was one, its counters, what is strange about the
/// file and wrong with rows, and the commands that go on from there.
pub(crate) async fn summarize(import: &Json, context: Context<'_>) -> anyhow::Result<()> {
    if import["dry_run"] == true {
        say("Dry run: nothing was written. The import would have this result:")?;
    }
    let id = text(import, "id");
    let rows = import["counters"]["rows"].as_u64().unwrap_or(0);
    if !import["failure"].is_null() {
        failed(import)?;
        for line in ready_lines(import, context) {
            say(&line)?;
        }
        if rows == 0 {
            return say("No customer was changed.");
        }
    }
    let kind = if import["dry_run"] == true { "Dry run" } else { "Import" };
    say(&format!("{kind} {id} of {} is {}.", text(&import["file"], "name"), text(import, "state")))?;
    for line in notes::read_as(import) {
        say(&format!("  {line}"))?;
    }
    counters(import)?;
    for line in forecast::lines(&import["forecast"]) {
        say(&line)?;
    }
    for line in notes::notes(&import["check"]) {
        say(&line)?;
    }
    for line in wrong_rows(import, &context.connection.api).await {
        say(&line)?;
    }
    next_steps(import, context)
}

/// What is strange about a file.
pub(crate) fn notice_lines(check: &Json) -> Vec<String> {
    notes::notes(check)
}

/// Prints how to see this again: an address, or a command if the stack that answers there ends with this one.
pub(crate) fn say_again(import: &Json, context: Context<'_>) -> anyhow::Result<()> {
    if context.connection.is_own() {
        return say(&format!("To see this again: {}", context.typed.other(&["status", text(import, "id")])));
    }
    say(text(&import["links"], "self"))
}

/// Prints the counters of an import, beside those of the forecast that it was launched from.
pub(crate) fn counters(import: &Json) -> anyhow::Result<()> {
    let forecast = &import["forecast_counters"];
    if !forecast.is_null() {
        say(&format!("  {:<12}{:>12}{:>12}", "", "import", "forecast"))?;
    }
    let shown = |counters: &Json, name: &str| number(counters[name].as_u64().unwrap_or(0));
    for name in COUNTERS {
        let beside = if forecast.is_null() { String::new() } else { format!("{:>12}", shown(forecast, name)) };
        say(&format!("  {name:<12}{:>12}{beside}", shown(&import["counters"], name)))?;
    }
    Ok(())
}

fn failed(import: &Json) -> anyhow::Result<()> {
    match failure::lines(import).as_slice() {
        [only] => say(&format!("The import failed: {only}")),
        lines => {
            say("The import failed:")?;
            lines.iter().try_for_each(|line| say(&format!("  {line}")))
        }
    }
}

/// The commands that cure what a file was refused for, if this command launched its import and settings can cure it.
pub(crate) fn ready_lines(import: &Json, context: Context<'_>) -> Vec<String> {
    let Some(request) = context.request else { return Vec::new() };
    ready_commands(failure::ready(import, Launch { typed: context.typed, request }))
}

/// Commands that cure what a file was refused for, as lines.
pub(crate) fn ready_commands(commands: Vec<String>) -> Vec<String> {
    let said = match commands.len() {
        0 => return Vec::new(),
        1 => "With that change the command is:",
        _ => "With that change the command is one of these; only you can say which:",
    };
    std::iter::once(said.to_owned()).chain(commands.into_iter().map(|command| format!("  {command}"))).collect()
}

/// What was wrong with rows: each code with how often it was given and the first row that has it.
async fn wrong_rows(import: &Json, api: &Api) -> Vec<String> {
    let codes = import["errors_by_code"].as_object();
    if codes.is_none_or(serde_json::Map::is_empty) {
        return Vec::new();
    }
    let examples = if import["links"]["errors_summary"].is_null() {
        Json::Null
    } else {
        // The summary repeats what the report says, so it is no failure if it cannot be had.
        api.get(&format!("/imports/{}/errors/summary", encoded(text(import, "id")))).await.unwrap_or_default()
    };
    let mut lines = vec!["What was wrong with rows:".to_owned()];
    for (code, times) in codes.into_iter().flatten() {
        let listed = examples["codes"].as_array().into_iter().flatten().find(|listed| text(listed, "code") == code);
        lines.push(notes::wrong(code, times.as_u64().unwrap_or(0), listed));
    }
    lines
}

fn next_steps(import: &Json, context: Context<'_>) -> anyhow::Result<()> {
    let id = text(import, "id");
    if let Some(report) = context.report {
        say(&if import["dry_run"] == true {
            // The report has only the rows that something is wrong with; the others are not imported yet.
            format!("The rows are in {}. Correct them in the file, and import that.", report.display())
        } else {
            format!("Correct the rows in {} and import it again as it is.", report.display())
        })?;
    } else if !import["links"]["errors"].is_null() {
        let command = context.typed.other(&["report", id, "errors.csv"]);
        say(&format!("To save these rows, to correct and import them: {command}"))?;
    }
    if !import["links"]["launch"].is_null() {
        let command = context.typed.other(&["launch", id]);
        say(&format!("To import it like this, without another upload: {command}"))?;
    }
    if !import["links"]["retry"].is_null() {
        let rows = import["counters"]["unprocessed"].as_u64().unwrap_or(0);
        let rows = count(rows, "row was not processed", "rows were not processed");
        say(&format!("{rows}; this goes on with what is left: {}", context.typed.other(&["retry", id])))?;
    }
    Ok(())
}

//! `muster status`: all imports, or one.

use client::{Api, encoded, text};
use serde_json::Value as Json;

use crate::flags;
use crate::output::{count, number, say, say_json};
use crate::place::Connection;
use crate::summary::{Context, counters, summarize};
use crate::typed::Typed;

pub(crate) async fn status(connection: &Connection, id: Option<&str>, json: bool, typed: &Typed) -> anyhow::Result<()> {
    let Some(id) = id else { return all(&connection.api, json).await };
    let import = connection.api.get(&format!("/imports/{}", encoded(id))).await?;
    if json {
        return say_json(&import);
    }
    if import["ended_at"].is_null() {
        return under_way(&import, connection, typed);
    }
    summarize(&import, Context { connection, typed, request: None, report: None }).await
}

async fn all(api: &Api, json: bool) -> anyhow::Result<()> {
    let listing = api.get("/imports").await?;
    if json {
        return say_json(&listing);
    }
    let imports = listing["imports"].as_array().map_or(&[][..], Vec::as_slice);
    if imports.is_empty() {
        return say("There are no imports yet. Begin with: muster import FILE");
    }
    for import in imports {
        say(&line(import))?;
    }
    if !listing["cursor"].is_null() {
        say(&format!("These are the latest {}.", imports.len()))?;
    }
    Ok(())
}

/// An import in the list: its id, state, rows and file, and whether it was a dry run.
fn line(import: &Json) -> String {
    let counted = |name: &str| import["counters"][name].as_u64().unwrap_or(0);
    let mut line = format!(
        "{}  {:<15} {:>14}  {}",
        text(import, "id"),
        text(import, "state"),
        count(counted("rows"), "row", "rows"),
        text(&import["file"], "name")
    );
    let not_applied = ["rejected", "unprocessed"].into_iter().filter(|name| counted(name) > 0);
    let mut remarks: Vec<String> = not_applied.map(|name| format!("{} {name}", number(counted(name)))).collect();
    if import["dry_run"] == true {
        remarks.insert(0, "dry run".to_owned());
    }
    if let Some(code) = import["failure"]["code"].as_str() {
        remarks.push(code.to_owned());
    }
    if !remarks.is_empty() {
        line.push_str(&format!("  ({})", remarks.join(", ")));
    }
    line
}

fn under_way(import: &Json, connection: &Connection, typed: &Typed) -> anyhow::Result<()> {
    let kind = if import["dry_run"] == true { "Dry run" } else { "Import" };
    let (id, state) = (text(import, "id"), text(import, "state"));
    let words = match state {
        "awaiting_upload" => "waiting for its file",
        "finishing" => "making its report",
        // An import that was stopped ends once its last batches are counted.
        "failed" | "cancelled" => "stopping",
        other => other,
    };
    say(&format!("{kind} {id} of {} is {words}.", text(&import["file"], "name")))?;
    let progress = &import["progress"];
    let amount = |name: &str| number(progress[name].as_u64().unwrap_or(0));
    if state != "awaiting_upload" {
        say(&format!("  {} of {} {}", amount("done"), amount("total"), text(progress, "unit")))?;
    }
    counters(import)?;
    if let Some(message) = import["failure"]["message"].as_str() {
        say(&format!("  {}", flags::translated(message)))?;
    }
    if connection.is_own() && state != "awaiting_upload" {
        say(&format!("It goes on while a stack runs, as with: {}", typed.other(&["up"])))?;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn the_list_marks_dry_runs_and_what_was_not_applied() {
        let import = |dry_run: bool, rejected: u64, failure: Json| {
            json!({ "id": "01K", "state": "completed", "dry_run": dry_run, "file": { "name": "a.csv" },
                    "counters": { "rows": 2_000, "rejected": rejected, "unprocessed": 0 }, "failure": failure })
        };
        for (import, expected) in [
            (import(false, 0, Json::Null), "01K  completed           2,000 rows  a.csv"),
            (import(true, 0, Json::Null), "01K  completed           2,000 rows  a.csv  (dry run)"),
            (import(true, 3, Json::Null), "01K  completed           2,000 rows  a.csv  (dry run, 3 rejected)"),
            (
                import(false, 0, json!({ "code": "unknown_column" })),
                "01K  completed           2,000 rows  a.csv  (unknown_column)",
            ),
        ] {
            assert_eq!(line(&import), expected);
        }
    }
}

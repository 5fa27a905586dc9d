//! `muster status`: the latest imports, those that are searched for, or one.

use clap::Args;
use client::{Api, encoded, text};
use serde_json::{Value as Json, json};

use crate::flags;
use crate::output::{count, number, say, say_json};
use crate::place::Connection;
use crate::summary::{Context, counters, summarize};
use crate::typed::Typed;

/// Imports that are shown at once.
const SHOWN: usize = 50;

/// What a list of imports is searched for.
#[derive(Debug, Default, Args)]
pub(crate) struct Search {
    /// Only imports with this text in their description or in the name of their file
    #[arg(long, conflicts_with = "id")]
    text: Option<String>,
    /// Only imports in this state, such as completed
    #[arg(long, conflicts_with = "id")]
    state: Option<String>,
    /// Only imports that were launched with the key of this name
    #[arg(long, value_name = "NAME", conflicts_with = "id")]
    by: Option<String>,
    /// Only imports that were launched on this day or later, such as 2026-05-01; a moment will do, too
    #[arg(long, value_name = "DAY", conflicts_with = "id")]
    from: Option<String>,
    /// Only imports that were launched on this day or earlier
    #[arg(long, value_name = "DAY", conflicts_with = "id")]
    to: Option<String>,
}

impl Search {
    /// The search as a query, without anything that is not given.
    fn query(&self) -> Vec<String> {
        let members =
            [("text", &self.text), ("state", &self.state), ("by", &self.by), ("from", &self.from), ("to", &self.to)];
        let given = |(name, value): (&str, &Option<String>)| Some(format!("{name}={}", encoded(value.as_deref()?)));
        members.into_iter().filter_map(given).collect()
    }
}

/// Shows one import.
pub(crate) async fn status(connection: &Connection, id: &str, json: bool, typed: &Typed) -> anyhow::Result<()> {
    let import = connection.api.get(&format!("/imports/{}", encoded(id))).await?;
    if json {
        return say_json(&import);
    }
    if import["ended_at"].is_null() {
        return under_way(&import, connection, typed);
    }
    summarize(&import, Context { connection, typed, request: None, report: None }).await
}

/// Shows the latest imports that are searched for.
pub(crate) async fn list(api: &Api, search: &Search, json: bool) -> anyhow::Result<()> {
    let listing = found(api, search).await?;
    if json {
        return say_json(&listing);
    }
    let imports = listing["imports"].as_array().map_or(&[][..], Vec::as_slice);
    if imports.is_empty() {
        return say(if search.query().is_empty() {
            "There are no imports yet. Begin with: muster import FILE"
        } else {
            "There is no such import."
        });
    }
    for import in imports {
        say(&line(import))?;
    }
    if !listing["cursor"].is_null() {
        say(&format!("These are the latest {}.", imports.len()))?;
    }
    Ok(())
}

/// The latest imports that are searched for. One answer looks at so many imports only, and may have none of them.
async fn found(api: &Api, search: &Search) -> anyhow::Result<Json> {
    let (mut imports, mut cursor) = (Vec::new(), Json::Null);
    loop {
        let mut query = search.query();
        query.push(format!("limit={}", SHOWN - imports.len()));
        query.extend(cursor.as_str().map(|cursor| format!("cursor={}", encoded(cursor))));
        let mut listing = api.get(&format!("/imports?{}", query.join("&"))).await?;
        imports.extend(listing["imports"].as_array_mut().map(std::mem::take).unwrap_or_default());
        cursor = listing["cursor"].take();
        if cursor.is_null() || imports.len() >= SHOWN {
            return Ok(json!({ "imports": imports, "cursor": cursor }));
        }
    }
}

/// An import in the list: its id, state, rows and file, whether it was a dry run, and who launched it.
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
    if let Some(name) = import["created_by"].as_str() {
        remarks.push(format!("by {name}"));
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

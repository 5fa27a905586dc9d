//! `muster undo`: takes an import back.

use std::process::ExitCode;

use client::{Api, encoded, text};
use serde_json::{Value as Json, json};

use super::import::usage;
use crate::output::{count, note, say, say_json};
use crate::typed::Typed;
use crate::wait::wait;

/// Takes an import back, or only counts what would come back, and waits for the end of that. Exits with 0 if nothing
/// stays, with 1 if something does, and with 2 if the undo failed or was cancelled.
pub(crate) async fn undo(api: &Api, id: &str, dry_run: bool, json: bool, typed: &Typed) -> anyhow::Result<ExitCode> {
    let body = json!({ "dry_run": dry_run });
    let before = tools::usage::read(api).await;
    let undo = api.post(&format!("/imports/{}/undo", encoded(id)), Some(&body), None).await?;
    note(&format!("Undo {}", text(&undo, "id")));
    let mut undo = wait(api, text(&undo, "id")).await?;
    if let (Some(before), Some(after)) = (before, tools::usage::read(api).await) {
        undo["usage"] = usage::json(&after.since(&before), &undo);
    }
    if json {
        say_json(&undo)?;
    } else {
        for line in lines(&undo, id, typed) {
            say(&line)?;
        }
    }
    let counted = |name: &str| undo["counters"][name].as_u64().unwrap_or(0);
    Ok(match (text(&undo, "state"), counted("kept") + counted("failed")) {
        ("completed", 0) => ExitCode::SUCCESS,
        ("completed", _) => ExitCode::from(1),
        _ => ExitCode::from(2),
    })
}

fn lines(undo: &Json, import: &str, typed: &Typed) -> Vec<String> {
    let counted = |name: &str| undo["counters"][name].as_u64().unwrap_or(0);
    let changes = |name: &str| count(counted(name), "change", "changes");
    let is_forecast = undo["dry_run"] == true;
    let mut lines = vec![match (text(undo, "state"), is_forecast) {
        ("completed", true) => format!("Nothing was changed. Taking import {import} back would have this result:"),
        ("completed", false) => format!("Import {import} is taken back:"),
        (state, _) => {
            let why = undo["failure"]["message"].as_str().unwrap_or_default();
            format!("Taking import {import} back is {state}. {why}").trim_end().to_owned()
        }
    }];
    lines.push(format!("  reverted  {} of customers", changes("reverted")));
    lines.push(format!("  kept      {} of which something stays", changes("kept")));
    lines.push(format!("  failed    {}", changes("failed")));
    for (code, times) in undo["errors_by_code"].as_object().into_iter().flatten() {
        let values = count(times.as_u64().unwrap_or(0), "value", "values");
        let why = match code.as_str() {
            "changed_since" => "set by something else since",
            "opt_out" => "a no to being written to, which an undo never takes back",
            "identifier_taken" => "the former identifier belongs to another customer by now",
            other => other,
        };
        lines.push(format!("  {values}: {why}"));
    }
    if !undo["links"]["errors"].is_null() {
        let report = typed.other(&["report", text(undo, "id")]);
        lines.push(format!("What stays, value by value: {report}"));
    }
    if is_forecast && text(undo, "state") == "completed" {
        lines.push(format!("To do it: {}", typed.other(&["undo", import])));
    }
    lines
}

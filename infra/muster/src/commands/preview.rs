//! `muster preview`: shows how a file would be read, and what it would be refused for. Nothing is stored.

use std::process::ExitCode;

use anyhow::Context as _;
use clap::Args;
use client::text;
use serde_json::Value as Json;

use crate::failure::{self, Launch};
use crate::output::{note, say, say_json};
use crate::place::Connection;
use crate::preview::{as_failure, ask, reading_lines, row_lines};
use crate::settings::Settings;
use crate::shell::quoted;
use crate::summary::{notice_lines, ready_commands};
use crate::typed::Typed;

/// The exit code for a file that would be refused.
const NOT_READY: u8 = 2;

/// Arguments of `muster preview`.
#[derive(Debug, Args)]
#[command(after_help = "Example:
  muster preview kunden.csv --encoding auto --region DE --map Kundennr=external_id")]
pub(crate) struct Preview {
    #[command(flatten)]
    settings: Settings,
    /// Print the preview as JSON as the last line of standard output
    #[arg(long)]
    json: bool,
}

impl Preview {
    /// Shows how the file would be read. Returns the exit code: 0 if it may be imported, 2 if it would be refused.
    pub(crate) async fn run(&self, connection: &Connection, typed: &Typed) -> anyhow::Result<ExitCode> {
        let file = &self.settings.file;
        let size = tokio::fs::metadata(file).await.with_context(|| format!("{} cannot be read", file.display()))?.len();
        let request = self.settings.request(size)?;
        let seen = ask(&connection.api, file, &request).await?;
        let is_ready = seen["ready"] == true;
        let commands = cures(&seen, &request, typed);
        if self.json {
            commands.iter().for_each(|line| note(line));
            say_json(&seen)?;
        } else {
            show(&seen, &request)?;
            commands.iter().try_for_each(|line| say(line))?;
        }
        Ok(if is_ready { ExitCode::SUCCESS } else { ExitCode::from(NOT_READY) })
    }
}

fn show(seen: &Json, request: &Json) -> anyhow::Result<()> {
    for line in reading_lines(seen, text(&request["file"], "name")) {
        say(&line)?;
    }
    if let Some(import) = seen["report_of"].as_str() {
        say(&format!("The file is the report of import {import}, and is read with its settings."))?;
    }
    if let Some(name) = seen["definition_suggested"].as_str().filter(|_| request["definition"].is_null()) {
        say(&format!("The definition “{name}” is for files with these columns: --definition {}", quoted(name)))?;
    }
    let rows = row_lines(seen);
    if !rows.is_empty() {
        say("The first rows as they would be stored:")?;
        rows.iter().try_for_each(|line| say(line))?;
    }
    notice_lines(seen).iter().try_for_each(|line| say(line))?;
    if seen["ready"] == true {
        return say(if seen["complete"] == true {
            "Nothing is wrong with the file."
        } else {
            "Nothing is wrong with the beginning of the file. The check of an import reads all of it."
        });
    }
    say("The file would be refused:")?;
    failure::lines(&as_failure(seen, request)).iter().try_for_each(|line| say(&format!("  {line}")))
}

/// The commands that go on from here: the import of a file that is ready, or the preview with what cures it.
fn cures(seen: &Json, request: &Json, typed: &Typed) -> Vec<String> {
    if seen["ready"] == true {
        return vec![format!("To import it: {}", typed.instead("preview", "import"))];
    }
    ready_commands(failure::ready(&as_failure(seen, request), Launch { typed, request }))
}

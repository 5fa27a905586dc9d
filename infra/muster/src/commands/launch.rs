//! `muster launch`: imports what a forecast foretold, without another upload and another check.

use std::path::Path;
use std::process::ExitCode;

use client::{encoded, text};

use crate::ended::exit_code;
use crate::output::{note, say_json};
use crate::place::Connection;
use crate::report;
use crate::saved::Target;
use crate::summary::{Context, say_again, summarize};
use crate::typed::Typed;
use crate::wait::wait;

/// Launches a forecast, waits for the end of the import, and shows that as `muster import` does.
pub(crate) async fn launch(
    connection: &Connection,
    data: &Path,
    id: &str,
    json: bool,
    typed: &Typed,
) -> anyhow::Result<ExitCode> {
    let api = &connection.api;
    let launched = api.post(&format!("/imports/{}/launch", encoded(id)), None, None).await?;
    let id = text(&launched, "id");
    if !connection.is_own() {
        note(&format!("Import {}", text(&launched["links"], "self")));
    }
    let import = wait(api, id).await?;
    let saved = report::save(api, data, &import, None).await?;
    if json {
        say_json(&import)?;
        return Ok(exit_code(&import));
    }
    let report = saved.as_ref().map(Target::path);
    let context = Context { connection, typed, request: None, report };
    summarize(&import, context).await?;
    say_again(&import, context)?;
    Ok(exit_code(&import))
}

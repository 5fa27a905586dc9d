//! Waits for the end of an import, and shows that as `muster import` does.

use std::path::Path;
use std::process::ExitCode;

use crate::ended::exit_code;
use crate::output::say_json;
use crate::place::Connection;
use crate::report;
use crate::saved::Target;
use crate::summary::{Context, say_again, summarize};
use crate::typed::Typed;
use crate::wait::wait;

/// Waits for the end of an import, saves its report, and shows both; with `json`, only the import as JSON.
pub(crate) async fn watch(
    connection: &Connection,
    data: &Path,
    id: &str,
    json: bool,
    typed: &Typed,
) -> anyhow::Result<ExitCode> {
    let api = &connection.api;
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

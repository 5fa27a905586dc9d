//! `muster retry`: processes the rows that an import left unprocessed.

use std::path::Path;
use std::process::ExitCode;

use client::encoded;

use crate::ended::exit_code;
use crate::place::Connection;
use crate::report;
use crate::saved::Target;
use crate::summary::{Context, say_again, summarize};
use crate::typed::Typed;
use crate::wait::wait;

/// Takes the import up again, waits for its end, and shows that as `muster import` does.
pub(crate) async fn retry(connection: &Connection, data: &Path, id: &str, typed: &Typed) -> anyhow::Result<ExitCode> {
    let api = &connection.api;
    api.post(&format!("/imports/{}/retry", encoded(id)), None, None).await?;
    let import = wait(api, id).await?;
    let saved = report::save(api, data, &import, None).await?;
    let report = saved.as_ref().map(Target::path);
    let context = Context { connection, typed, request: None, report };
    summarize(&import, context).await?;
    say_again(&import, context)?;
    Ok(exit_code(&import))
}

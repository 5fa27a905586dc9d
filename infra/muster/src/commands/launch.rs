//! `muster launch`: imports what a forecast foretold, without another upload and another check.

use std::path::Path;
use std::process::ExitCode;

use client::{encoded, text};

use crate::output::note;
use crate::place::Connection;
use crate::typed::Typed;
use crate::watch::watch;

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
    watch(connection, data, id, json, typed).await
}

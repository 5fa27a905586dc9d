//! `muster retry`: processes the rows that an import left unprocessed.

use std::path::Path;
use std::process::ExitCode;

use client::encoded;

use crate::place::Connection;
use crate::typed::Typed;
use crate::watch::watch;

/// Takes the import up again, waits for its end, and shows that as `muster import` does.
pub(crate) async fn retry(connection: &Connection, data: &Path, id: &str, typed: &Typed) -> anyhow::Result<ExitCode> {
    connection.api.post(&format!("/imports/{}/retry", encoded(id)), None, None).await?;
    watch(connection, data, id, false, typed).await
}

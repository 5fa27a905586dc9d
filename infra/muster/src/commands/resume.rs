//! `muster resume`: uploads what is missing of a file whose upload was interrupted.

use std::path::Path;
use std::process::ExitCode;

use anyhow::{Context as _, bail};
use client::{encoded, text};

use crate::place::Connection;
use crate::typed::Typed;
use crate::watch::watch;

/// Goes on with the upload that an import awaits, waits for the import's end, and shows it as `muster import` does.
pub(crate) async fn resume(
    connection: &Connection,
    data: &Path,
    (id, file): (&str, &Path),
    json: bool,
    typed: &Typed,
) -> anyhow::Result<ExitCode> {
    let api = &connection.api;
    let path = format!("/imports/{}", encoded(id));
    let described = api.get(&format!("{path}/upload")).await?;
    let awaited = &api.get(&path).await?["file"];
    let size = tokio::fs::metadata(file).await.with_context(|| format!("{} cannot be read", file.display()))?.len();
    if let Some(expected) = awaited["size"].as_u64().filter(|expected| *expected != size) {
        bail!(
            "import {id} awaits {} of {expected} bytes, and {} has {size}: give the file that it was launched with",
            text(awaited, "name"),
            file.display(),
        );
    }
    api.upload(file, &described["upload"], size).await?;
    watch(connection, data, id, json, typed).await
}

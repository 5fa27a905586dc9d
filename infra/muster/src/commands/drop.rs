//! `muster drop`: puts a file into the inbox of the local stack, where it is an import with a definition.

use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::time::Duration;

use anyhow::{Context as _, bail};
use client::{Api, text};
use jiff::Timestamp;
use serde_json::Value as Json;
use stack::inbox::put_file;

use crate::output::note;
use crate::place::Connection;
use crate::typed::Typed;
use crate::watch::watch;

/// How often and how many times the import of a file that was dropped is looked for.
const PAUSE: Duration = Duration::from_millis(300);
const LOOKS: u32 = 100;

/// What to drop.
#[derive(Debug, clap::Args)]
pub(crate) struct Drop {
    /// The definition to import it with
    definition: String,
    /// The file
    file: PathBuf,
    /// Print the import as JSON as the last line of standard output
    #[arg(long)]
    json: bool,
}

/// Drops a file, waits for the end of its import, and shows that as `muster import` does.
pub(crate) async fn drop(connection: &Connection, data: &Path, drop: &Drop, typed: &Typed) -> anyhow::Result<ExitCode> {
    let name = drop.file.file_name().context("this is no file")?.to_string_lossy();
    let key = format!("inbox/{}/{name}", drop.definition);
    let dropped_at = Timestamp::now();
    put_file(&connection.objects(data).await?, &key, &drop.file).await?;
    note(&format!("The file is in the bucket as {key}."));
    let api = &connection.api;
    let id = import_of(api, &key, dropped_at).await?;
    watch(connection, data, &id, drop.json, typed).await
}

/// The import that a file of the inbox is. The same file under the same key is the import that it was before.
async fn import_of(api: &Api, key: &str, dropped_at: Timestamp) -> anyhow::Result<String> {
    let mut before = None;
    for look in 0..LOOKS {
        let listing = api.get("/imports").await?;
        let found = listing["imports"].as_array().into_iter().flatten().find(|import| import["inbox"] == key);
        if let Some(import) = found {
            if is_since(import, dropped_at) {
                return Ok(text(import, "id").to_owned());
            }
            before = Some(text(import, "id").to_owned());
        }
        if let Some(id) = before.take().filter(|_| look > LOOKS / 10) {
            note(&format!("This very file was imported before, as {id}."));
            return Ok(id);
        }
        tokio::time::sleep(PAUSE).await;
    }
    bail!("no import of {key} began: look at `muster status` in a moment")
}

fn is_since(import: &Json, moment: Timestamp) -> bool {
    // An id has the milliseconds of its launch, and the moment has more.
    let launched = text(import, "created_at").parse::<Timestamp>();
    launched.is_ok_and(|launched| launched.as_millisecond() >= moment.as_millisecond())
}

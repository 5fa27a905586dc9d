//! `muster import`: launches the import, uploads the file, waits for the end, saves the report and sums up.

mod arguments;
pub(crate) mod checksum;
mod interrupt;
pub(crate) mod usage;

use std::cell::Cell;
use std::io::IsTerminal as _;
use std::path::Path;
use std::process::ExitCode;

use anyhow::{Context as _, anyhow, bail};
use client::text;
use serde_json::Value as Json;

use crate::ended::exit_code;
use crate::output::{note, say_json};
use crate::place::Connection;
use crate::saved::{Target, is_same_file};
use crate::summary::{Context, ready_lines, say_again, summarize};
use crate::typed::Typed;
use crate::wait::wait;
use crate::{preview, report};

pub(crate) use arguments::Import;

/// Bytes above which a file goes to another machine in parts, so that an upload that breaks off can go on. S3's advice
/// (<https://docs.aws.amazon.com/AmazonS3/latest/userguide/mpuoverview.html>).
const PARTS_ABOVE: u64 = 100 * 1024 * 1024;

impl Import {
    /// Where the report goes, if that was said.
    ///
    /// # Errors
    /// When something would be lost there.
    pub(crate) fn target(&self) -> anyhow::Result<Option<Target>> {
        let Some(path) = &self.errors else { return Ok(None) };
        if is_same_file(path, &self.settings.file) {
            bail!(
                "--errors {} is the file to import, which the report would overwrite: choose another name",
                path.display()
            );
        }
        Target::new(path, self.force).map(Some)
    }

    /// Imports the file. Returns the exit code: 0 if every row was applied, 1 if some were not, 2 if the import failed.
    pub(crate) async fn run(
        &self,
        connection: &Connection,
        data: &Path,
        target: Option<Target>,
        typed: &Typed,
    ) -> anyhow::Result<ExitCode> {
        let api = &connection.api;
        let unreadable = || format!("{} cannot be read", self.settings.file.display());
        let size = tokio::fs::metadata(&self.settings.file).await.with_context(unreadable)?.len();
        if size == 0 {
            bail!("{} is empty: it has no header and no rows [empty_file]", self.settings.file.display());
        }
        let before = tools::usage::read(api).await;
        let mut request = self.request(size)?;
        if !connection.is_own() && size > PARTS_ABOVE {
            request["file"]["multipart"] = true.into();
        }
        if !self.json && std::io::stderr().is_terminal() {
            self.show_beginning(connection, &request).await;
        }
        request["file"]["sha256"] = checksum::sha256(&self.settings.file).await.with_context(unreadable)?.into();
        // One key for this command, so that a launch whose answer is lost can be sent again and is still one import.
        let idempotency_key = format!("{:032x}", rand::random::<u128>());
        let launched = api.post("/imports", Some(&request), Some(&idempotency_key)).await?;
        let id = text(&launched, "id");
        // The address of a stack that ends with this command would be of no use later.
        if !connection.is_own() {
            note(&format!("Import {}", text(&launched, "url")));
        }
        if let Some(earlier) = launched["imported_before"]["id"].as_str() {
            note(&format!("This very file was imported before, as {earlier}."));
        }
        let resume =
            launched["upload"]["multipart"].is_object().then(|| resume_command(typed, id, &self.settings.file));
        let is_uploaded = Cell::new(false);
        let imported = async {
            let uploaded = api.upload(&self.settings.file, &launched["upload"], size).await;
            uploaded.map_err(|error| match &resume {
                Some(resume) => anyhow!("{error:#}\n{resume}"),
                None => error,
            })?;
            is_uploaded.set(true);
            wait(api, id).await
        };
        let mut import = tokio::select! {
            import = imported => import?,
            _ = tokio::signal::ctrl_c() => {
                let left = match resume.as_deref() {
                    _ if is_uploaded.get() => interrupt::Left::WholeFile,
                    Some(resume) => interrupt::Left::Parts(resume),
                    None => interrupt::Left::Nothing,
                };
                return Ok(interrupt::leave(connection, typed, id, left).await);
            }
        };
        let saved = report::save(api, data, &import, target).await?;
        if let (Some(before), Some(after)) = (before, tools::usage::read(api).await) {
            import["usage"] = usage::json(&after.since(&before), &import);
        }
        let report = saved.as_ref().map(Target::path);
        let context = Context { connection, typed, request: Some(&request), report };
        if self.json {
            ready_lines(&import, context).iter().for_each(|line| note(line));
            say_json(&import)?;
        } else {
            summarize(&import, context).await?;
            say_again(&import, context)?;
        }
        Ok(exit_code(&import))
    }

    /// Shows how the file is read before it is uploaded. What is wrong with it, the import says.
    async fn show_beginning(&self, connection: &Connection, request: &Json) {
        let name = text(&request["file"], "name");
        if let Ok(seen) = preview::ask(&connection.api, &self.settings.file, request).await
            && seen["ready"] == true
        {
            preview::reading_lines(&seen, name).iter().for_each(|line| note(line));
        }
    }
}

/// How an upload in parts goes on.
fn resume_command(typed: &Typed, id: &str, file: &Path) -> String {
    let file = file.to_string_lossy();
    format!("The parts that are there stay. This sends the rest:\n  {}", typed.other(&["resume", id, &file]))
}

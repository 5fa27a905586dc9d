//! `muster import`: launches the import, uploads the file, waits for the end, saves the report and sums up.

mod arguments;
mod checksum;
mod usage;

use std::path::{Path, PathBuf};
use std::process::ExitCode;

use anyhow::Context as _;
use client::{Api, text};
use serde_json::Value as Json;

use crate::output::{note, say};
use crate::summary::summarize;
use crate::wait::wait;

pub(crate) use arguments::Import;

/// The exit code of a process that Ctrl-C ended.
const INTERRUPTED: u8 = 130;

impl Import {
    /// Imports the file. Returns the exit code: 0 if every row was applied, 1 if some were not, 2 if the import failed.
    pub(crate) async fn run(&self, api: &Api, data: &Path) -> anyhow::Result<ExitCode> {
        let unreadable = || format!("{} cannot be read", self.file.display());
        let size = tokio::fs::metadata(&self.file).await.with_context(unreadable)?.len();
        let before = tools::usage::read(api).await;
        let mut request = self.request(size)?;
        request["file"]["sha256"] = checksum::sha256(&self.file).await.with_context(unreadable)?.into();
        let launched = api.post("/imports", Some(&request), None).await?;
        let id = text(&launched, "id");
        note(&format!("Import {}", text(&launched, "url")));
        if let Some(earlier) = launched["imported_before"]["id"].as_str() {
            note(&format!("This very file was imported before, as {earlier}."));
        }
        api.upload(&self.file, &launched["upload"], size).await?;
        let mut import = tokio::select! {
            import = wait(api, id) => import?,
            _ = tokio::signal::ctrl_c() => {
                note(&format!("The import goes on without this command; muster status {id} shows its progress."));
                return Ok(ExitCode::from(INTERRUPTED));
            }
        };
        let report = self.save_report(api, data, &import).await?;
        if let (Some(before), Some(after)) = (before, tools::usage::read(api).await) {
            import["usage"] = usage::json(&after.since(&before), &import);
        }
        if self.json {
            say(&import.to_string())?;
        } else {
            summarize(&import, report.as_deref())?;
        }
        Ok(exit_code(&import))
    }

    /// Saves the error report, if there is one. Returns where it is.
    async fn save_report(&self, api: &Api, data: &Path, import: &Json) -> anyhow::Result<Option<PathBuf>> {
        if import["links"]["errors"].is_null() {
            return Ok(None);
        }
        let id = text(import, "id");
        let path = self.errors.clone().unwrap_or_else(|| data.join("errors").join(format!("{id}.csv")));
        if let Some(folder) = path.parent() {
            let uncreatable = || format!("{} cannot be created", folder.display());
            tokio::fs::create_dir_all(folder).await.with_context(uncreatable)?;
        }
        let report = api.errors(id).await?;
        tokio::fs::write(&path, report).await.with_context(|| format!("{} cannot be written", path.display()))?;
        Ok(Some(path))
    }
}

fn exit_code(import: &Json) -> ExitCode {
    let all_applied = ["rejected", "unprocessed"].iter().all(|name| import["counters"][name].as_u64() == Some(0));
    match (text(import, "state"), all_applied) {
        ("completed", true) => ExitCode::SUCCESS,
        ("completed", false) => ExitCode::from(1),
        _ => ExitCode::from(2),
    }
}

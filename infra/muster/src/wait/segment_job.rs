//! Follows a job on the members of a segment to its end.

use std::io::IsTerminal as _;

use anyhow::bail;
use client::{Api, text};
use indicatif::ProgressBar;
use serde_json::Value as Json;

use super::PAUSE;
use crate::output::note;

/// Begins a job, waits for its end, and shows its progress on standard error. Returns the job as it ended.
pub(crate) async fn segment_job(api: &Api, path: &str) -> anyhow::Result<Json> {
    let bar = std::io::stderr().is_terminal().then(ProgressBar::new_spinner);
    let mut job = api.post(path, None, None).await?;
    let (mut shown, mut pause) = (String::new(), PAUSE.0);
    while job["state"] == "running" {
        let line = progress(&job);
        if let Some(bar) = &bar {
            bar.set_message(line);
            bar.tick();
        } else if line != shown {
            note(&line);
            shown = line;
        }
        // The API tells nobody by itself, so it is asked again.
        tokio::time::sleep(pause).await;
        pause = (pause * 3 / 2).min(PAUSE.1);
        job = api.get(path).await?;
    }
    if let Some(bar) = bar {
        bar.finish_and_clear();
    }
    if job["state"] != "completed" {
        bail!(
            "the {} of the segment failed: have it done again, or have the functions' logs looked at",
            text(&job, "kind")
        );
    }
    Ok(job)
}

fn progress(job: &Json) -> String {
    match (job["written"].as_u64(), job["members"].as_u64().unwrap_or(0)) {
        (Some(written), members) if written > 0 => format!("exporting: {written} of {members} members"),
        (_, members) => format!("counting: {members} members so far"),
    }
}

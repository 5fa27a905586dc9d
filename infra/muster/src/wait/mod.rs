//! Follows an import to its end, or a job on the members of a segment.

mod progress;
mod segment_job;

pub(crate) use segment_job::segment_job;

use std::time::Duration;

use client::Api;
use serde_json::Value as Json;

use progress::Progress;

/// Pause before asking again for an import's progress: the first after a change, and the longest.
const PAUSE: (Duration, Duration) = (Duration::from_millis(100), Duration::from_secs(1));

/// Waits for the end of an import and shows its progress on standard error. Returns the import as it ended.
pub(crate) async fn wait(api: &Api, id: &str) -> anyhow::Result<Json> {
    let mut progress = Progress::new();
    let (mut tag, mut pause) = (None, PAUSE.0);
    loop {
        if let Some(import) = api.import(id, &mut tag).await? {
            progress.show(&import);
            // An import that was stopped counts the batches that were half-way before it ends.
            if !import["ended_at"].is_null() {
                return Ok(import);
            }
            pause = PAUSE.0;
        }
        tokio::time::sleep(pause).await;
        pause = (pause * 3 / 2).min(PAUSE.1);
    }
}

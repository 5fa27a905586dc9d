//! `muster segment --export`: the members of a segment as a CSV that can be imported again.

use std::path::Path;

use anyhow::bail;
use client::{Api, text};
use tokio::io::AsyncWriteExt as _;

use super::find;
use crate::output::say;
use crate::saved::Target;
use crate::wait::segment_job;

/// Saves the members. A file that exists is overwritten only by force.
pub(crate) async fn export(api: &Api, name: &str, file: &Path, force: bool) -> anyhow::Result<()> {
    let target = Target::new(file, force)?;
    let segment = find::segment(api, name).await?;
    let path = format!("/segments/{}/export", text(&segment, "id"));
    let job = segment_job(api, &path).await?;
    if job["links"]["file"].is_null() {
        bail!("the segment {name} has no members, so there is nothing to export");
    }
    let mut saved = target.create().await?;
    api.download_into(&format!("{path}/file"), &mut saved).await?;
    saved.flush().await?;
    say(&format!("The {} members of {name} are in {}.", job["members"], file.display()))
}

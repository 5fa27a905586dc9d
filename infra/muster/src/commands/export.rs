//! `muster segment --export`: the members of a segment as a CSV that can be imported again.

use std::path::Path;

use anyhow::Context as _;
use client::{Api, text};

use super::find;
use crate::output::say;

pub(crate) async fn export(api: &Api, name: &str, file: &Path) -> anyhow::Result<()> {
    let segment = find::segment(api, name).await?;
    let csv = api.download(&format!("/segments/{}/export", text(&segment, "id"))).await?;
    tokio::fs::write(file, csv).await.with_context(|| format!("{} cannot be written", file.display()))?;
    say(&format!("The members of {name} are in {}.", file.display()))
}

//! `muster segment --export`: the members of a segment as a CSV that can be imported again.

use std::path::Path;

use client::{Api, text};

use super::find;
use crate::output::say;
use crate::saved::Target;

/// Saves the members. A file that exists is overwritten only by force.
pub(crate) async fn export(api: &Api, name: &str, file: &Path, force: bool) -> anyhow::Result<()> {
    let target = Target::new(file, force)?;
    let segment = find::segment(api, name).await?;
    let csv = api.download(&format!("/segments/{}/export", text(&segment, "id"))).await?;
    target.write(&csv).await?;
    say(&format!("The members of {name} are in {}.", file.display()))
}

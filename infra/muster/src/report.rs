//! The report of an import, saved where its user finds it.

use std::path::Path;

use client::{Api, text};
use serde_json::Value as Json;

use crate::saved::Target;

/// Saves the report of an import, if it has one. Without a target it goes into the data directory.
pub(crate) async fn save(
    api: &Api,
    data: &Path,
    import: &Json,
    target: Option<Target>,
) -> anyhow::Result<Option<Target>> {
    if import["links"]["errors"].is_null() {
        return Ok(None);
    }
    let id = text(import, "id");
    let target = target.unwrap_or_else(|| Target::of_data(data.join("errors").join(format!("{id}.csv"))));
    target.write(&api.errors(id).await?).await?;
    Ok(Some(target))
}

//! `muster catalogue`: everything that settings and cells may name.

use client::{Api, text};
use serde_json::Value as Json;

use crate::output::{say, say_json};

pub(crate) async fn catalogue(api: &Api, json: bool) -> anyhow::Result<()> {
    let mut all: Vec<(String, Vec<Json>)> = Vec::new();
    for path in ["api-endpoints", "touchpoints", "segment-groups", "segments", "source-actions", "custom-fields"] {
        let kind = path.replace('-', "_");
        let entries = api.list(&format!("/{path}"), &kind).await?;
        all.push((kind, entries));
    }
    if json {
        return say_json(&all.into_iter().map(|(kind, entries)| (kind, Json::Array(entries))).collect());
    }
    for (kind, entries) in &all {
        say(&format!("{} ({})", kind.replace('_', " "), entries.len()))?;
        for entry in entries {
            let more = ["group", "touchpoint", "type"].map(|name| text(entry, name)).join(" ");
            say(format!("  {}  {}", text(entry, "name"), more.trim()).trim_end())?;
        }
    }
    Ok(())
}

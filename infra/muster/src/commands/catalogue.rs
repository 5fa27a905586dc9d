//! `muster catalogue`: everything that settings and cells may name.

use client::{Api, text};
use serde_json::Value as Json;

use crate::output::{say, say_json};

pub(crate) async fn catalogue(api: &Api, json: bool) -> anyhow::Result<()> {
    let mut all = serde_json::Map::new();
    for path in ["api-endpoints", "touchpoints", "segment-groups", "segments", "source-actions", "custom-fields"] {
        if let Json::Object(listing) = api.get(&format!("/{path}")).await? {
            all.extend(listing);
        }
    }
    if json {
        return say_json(&Json::Object(all));
    }
    for (kind, entries) in &all {
        let entries = entries.as_array().map_or(&[][..], Vec::as_slice);
        say(&format!("{} ({})", kind.replace('_', " "), entries.len()))?;
        for entry in entries {
            let more = ["group", "touchpoint", "type"].map(|name| text(entry, name)).join(" ");
            say(format!("  {}  {}", text(entry, "name"), more.trim()).trim_end())?;
        }
    }
    Ok(())
}

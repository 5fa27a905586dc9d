//! `muster create`: adds a name to the catalogue.

use clap::Args;
use client::{Api, text};
use serde_json::json;

use crate::output::say;

/// Arguments of `muster create`.
#[derive(Debug, Args)]
pub(crate) struct Create {
    /// What to add
    #[arg(value_parser = ["api-endpoint", "touchpoint", "segment-group", "segment", "source-action", "custom-field"])]
    kind: String,
    /// Its name
    name: String,
    /// The type of a custom field's values
    #[arg(long = "type", value_name = "TYPE", value_parser = ["text", "number", "date", "datetime", "yes_no", "list"])]
    value_type: Option<String>,
    /// The touchpoint that customers of an API endpoint are linked to
    #[arg(long)]
    touchpoint: Option<String>,
    /// The group of a segment
    #[arg(long)]
    group: Option<String>,
}

pub(crate) async fn create(api: &Api, entry: &Create) -> anyhow::Result<()> {
    let mut body = json!({ "name": entry.name });
    for (name, value) in [("type", &entry.value_type), ("touchpoint", &entry.touchpoint), ("group", &entry.group)] {
        if let Some(value) = value {
            body[name] = value.as_str().into();
        }
    }
    let created = api.post(&format!("/{}s", entry.kind), Some(&body), None).await?;
    say(&format!("The {} “{}” can be used now.", entry.kind, text(&created, "name")))
}

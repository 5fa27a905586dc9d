//! `muster create`: adds a name to the catalogue, or a definition.

use std::path::PathBuf;

use anyhow::bail;
use clap::Args;
use client::{Api, text};
use serde_json::json;

use super::definitions::{self, Source};
use crate::output::say;

/// Arguments of `muster create`.
#[derive(Debug, Args)]
pub(crate) struct Create {
    /// What to add
    #[arg(value_parser = ["api-endpoint", "touchpoint", "segment-group", "segment", "source-action", "custom-field", DEFINITION])]
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
    /// The import whose settings a definition gets
    #[arg(long, value_name = "ID", conflicts_with = "from_file")]
    from_import: Option<String>,
    /// The settings that a definition gets: a JSON file with the fields of `POST /imports`
    #[arg(long, value_name = "FILE")]
    from_file: Option<PathBuf>,
    /// Replace the definition of this name, if there is one
    #[arg(long)]
    replace: bool,
}

/// What is no entry of the catalogue.
const DEFINITION: &str = "definition";

pub(crate) async fn create(api: &Api, entry: &Create) -> anyhow::Result<()> {
    if entry.kind == DEFINITION {
        let source = match (&entry.from_import, &entry.from_file) {
            (Some(id), _) => Source::Import(id),
            (None, Some(path)) => Source::File(path),
            (None, None) => bail!("say which settings the definition gets: --from-import ID or --from-file FILE"),
        };
        return definitions::create(api, &entry.name, source, entry.replace).await;
    }
    if entry.from_import.is_some() || entry.from_file.is_some() || entry.replace {
        bail!("--from-import, --from-file and --replace are for `muster create definition NAME`");
    }
    let mut body = json!({ "name": entry.name });
    for (name, value) in [("type", &entry.value_type), ("touchpoint", &entry.touchpoint), ("group", &entry.group)] {
        if let Some(value) = value {
            body[name] = value.as_str().into();
        }
    }
    let created = api.post(&format!("/{}s", entry.kind), Some(&body), None).await?;
    say(&format!("The {} “{}” can be used now.", entry.kind, text(&created, "name")))
}

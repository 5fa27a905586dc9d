//! `muster definitions`, and a definition created or deleted.

use std::path::Path;

use anyhow::{Context as _, bail};
use client::{Api, encoded, text};
use serde_json::{Value as Json, json};

use crate::output::{say, say_json};

/// Where the settings of a new definition come from.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Source<'a> {
    /// Those of an import, by its id.
    Import(&'a str),
    /// A file with a body of `POST /definitions`.
    File(&'a Path),
}

/// Shows all definitions.
pub(crate) async fn definitions(api: &Api, json: bool) -> anyhow::Result<()> {
    let all = api.list("/definitions", "definitions").await?;
    if json {
        return say_json(&json!({ "definitions": all }));
    }
    if all.is_empty() {
        return say(
            "There is no definition yet. Keep the settings of an import by: muster create definition NAME --from-import ID",
        );
    }
    for definition in &all {
        say(text(definition, "name"))?;
        for line in lines(definition) {
            say(&format!("  {line}"))?;
        }
    }
    Ok(())
}

/// Creates a definition; with `replaces`, in place of the one of this name.
pub(crate) async fn create(api: &Api, name: &str, source: Source<'_>, replaces: bool) -> anyhow::Result<()> {
    let mut body = match source {
        Source::Import(id) => json!({ "from_import": id }),
        Source::File(path) => {
            let file = std::fs::read(path).with_context(|| format!("{} cannot be read", path.display()))?;
            serde_json::from_slice(&file).with_context(|| format!("{} is not JSON", path.display()))?
        }
    };
    if !body.is_object() {
        bail!("a definition is a JSON object with the settings of an import");
    }
    body["name"] = name.into();
    let defined = if replaces {
        api.put(&format!("/definitions/{}", encoded(name)), &body).await?
    } else {
        api.post("/definitions", Some(&body), None).await?
    };
    let name = text(&defined, "name");
    say(&format!(
        "The definition “{name}” can be used now: muster import FILE --definition {}",
        crate::shell::quoted(name)
    ))
}

/// Deletes a definition.
pub(super) async fn delete(api: &Api, name: &str) -> anyhow::Result<()> {
    api.delete(&format!("/definitions/{}", encoded(name))).await?;
    say(&format!("The definition “{name}” is deleted. Imports that were launched with it keep its settings."))
}

/// What a definition sets, a line for each setting.
fn lines(definition: &Json) -> Vec<String> {
    let fields = definition.as_object().into_iter().flatten();
    let settings = fields.filter(|(name, _)| !["name", "changed_at", "url", "header"].contains(&name.as_str()));
    let mut lines = Vec::new();
    for (name, value) in settings {
        match value {
            Json::Object(members) => lines.extend(members.iter().map(|(member, value)| match name.as_str() {
                "columns" => format!("{member} → {}", value.as_str().map_or_else(|| shown(value), ToOwned::to_owned)),
                _ => format!("{member}: {}", shown(value)),
            })),
            _ => lines.push(format!("{name}: {}", shown(value))),
        }
    }
    if let Some(header) = definition["header"].as_array() {
        let names: Vec<&str> = header.iter().filter_map(Json::as_str).collect();
        lines.push(format!("for files with the columns {}", names.join(", ")));
    }
    lines
}

fn shown(value: &Json) -> String {
    match value {
        Json::Null => "left out".to_owned(),
        Json::String(text) => text.clone(),
        Json::Object(members) => {
            let members = members.iter().filter(|(_, value)| !value.is_null());
            members.map(|(name, value)| format!("{name} {}", shown(value))).collect::<Vec<_>>().join(", ")
        }
        other => other.to_string(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_definition_is_shown_setting_by_setting() {
        let definition = json!({
            "name": "Shop", "changed_at": "2026-11-26T12:00:00Z", "url": "/definitions/Shop",
            "default_region": "DE", "columns": { "Nr": "external_id", "Notiz": null },
            "settings": { "segment": { "group": "Surveys", "name": "May", "create": true } }, "header": ["Nr", "Notiz"],
        });
        let lines = lines(&definition);
        for expected in ["Nr → external_id", "Notiz → left out", "default_region: DE"] {
            assert!(lines.iter().any(|line| line == expected), "{expected}: {lines:?}");
        }
        assert!(lines.iter().any(|line| line.starts_with("segment: ") && line.contains("name May")), "{lines:?}");
        assert_eq!(lines.last().unwrap(), "for files with the columns Nr, Notiz");
        assert_eq!(lines.len(), 5, "{lines:?}");
    }
}

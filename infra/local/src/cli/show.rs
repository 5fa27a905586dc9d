//! Commands that show what is there.

use anyhow::{Context as _, bail};
use percent_encoding::{NON_ALPHANUMERIC, utf8_percent_encode};
use serde_json::{Value as Json, json};

use super::api::{Api, text};
use super::say;

pub(crate) async fn status(api: &Api, id: Option<&str>, json: bool) -> anyhow::Result<()> {
    let Some(id) = id else {
        let list = api.get("/imports").await?;
        if json {
            return say(&list.to_string());
        }
        let imports = list["imports"].as_array().map_or(&[][..], Vec::as_slice);
        if imports.is_empty() {
            return say("There are no imports yet. Begin with: muster import FILE");
        }
        for task in imports {
            let rows = task["counters"]["rows"].as_u64().unwrap_or(0);
            say(&format!(
                "{}  {:<15} {rows:>10} rows  {}",
                text(task, "id"),
                text(task, "state"),
                text(&task["file"], "name")
            ))?;
        }
        return Ok(());
    };
    let task = api.get(&format!("/imports/{}", encoded(id))).await?;
    if json {
        return say(&task.to_string());
    }
    say(&format!("{}: {}", text(&task["file"], "name"), text(&task, "state")))?;
    let progress = &task["progress"];
    say(&format!("  {} of {} {}", progress["done"], progress["total"], text(progress, "unit")))?;
    for (name, count) in task["counters"].as_object().into_iter().flatten() {
        say(&format!("  {name:<12}{:>12}", count.to_string()))?;
    }
    if let Some(message) = task["failure"]["message"].as_str() {
        say(&format!("  {message}"))?;
    }
    Ok(())
}

pub(crate) async fn customer(api: &Api, identifier: &str, json: bool) -> anyhow::Result<()> {
    let found = find(api, identifier).await?;
    let activity = api.get(&format!("/customers/{}/activity", text(&found, "id"))).await?;
    if json {
        let mut found = found;
        found["activity"] = activity["activity"].clone();
        return say(&found.to_string());
    }
    say(&format!("Customer {}, created {}", text(&found, "id"), text(&found, "created_at")))?;
    for part in ["identifiers", "attributes"] {
        for (name, value) in found[part].as_object().into_iter().flatten() {
            let by = &found["set_by"][name];
            let value = value.as_str().map_or_else(|| value.to_string(), ToOwned::to_owned);
            say(&format!("  {name:<16} {value}   (import {} row {})", text(by, "import"), by["row"]))?;
        }
    }
    for segment in found["segments"].as_array().into_iter().flatten() {
        say(&format!("  in segment       {}/{}", text(segment, "group"), text(segment, "name")))?;
    }
    for entry in activity["activity"].as_array().into_iter().flatten() {
        say(&format!("  {}  {}  by {}", text(entry, "at"), text(entry, "action"), text(entry, "api_endpoint")))?;
    }
    Ok(())
}

/// Erases a customer; unless that is confirmed, says whom it would be.
pub(crate) async fn erase(api: &Api, identifier: &str, confirmed: bool) -> anyhow::Result<()> {
    let found = find(api, identifier).await?;
    if !confirmed {
        customer(api, identifier, false).await?;
        bail!("nothing is erased yet: add --yes to erase this customer with its feed, identifiers and memberships");
    }
    api.delete(&format!("/customers/{}", text(&found, "id"))).await?;
    say(&format!("Customer {} is erased. Uploads and reports that name it go when they expire.", text(&found, "id")))
}

/// Finds a customer by what an identifier looks like.
async fn find(api: &Api, identifier: &str) -> anyhow::Result<Json> {
    let by = |slot: &str| format!("/customers?{slot}={}", encoded(identifier));
    if identifier.contains('@') {
        return api.get(&by("email")).await;
    }
    if identifier.starts_with('+') {
        return api.get(&by("phone")).await;
    }
    if identifier.len() == 26
        && let Ok(found) = api.get(&format!("/customers/{}", encoded(identifier))).await
    {
        return Ok(found);
    }
    api.get(&by("external_id")).await
}

pub(crate) async fn segment(api: &Api, name: &str, json: bool) -> anyhow::Result<()> {
    let found = find_segment(api, name).await?;
    let (mut members, mut cursor) = (Vec::new(), String::new());
    loop {
        let page = api.get(&format!("/segments/{}/members?limit=200{cursor}", text(&found, "id"))).await?;
        members.extend(page["members"].as_array().into_iter().flatten().cloned());
        match page["cursor"].as_str() {
            Some(next) => cursor = format!("&cursor={}", encoded(next)),
            None => break,
        }
    }
    if json {
        let mut shown = found.clone();
        shown["count"] = members.len().into();
        shown["members"] = members.into();
        return say(&shown.to_string());
    }
    say(&format!("{}/{}: {} members", text(&found, "group"), text(&found, "name"), members.len()))?;
    for member in &members {
        let named: Vec<&str> =
            member["identifiers"].as_object().into_iter().flatten().filter_map(|(_, id)| id.as_str()).collect();
        say(&format!("  {}  {}", text(member, "id"), named.join("  ")))?;
    }
    Ok(())
}

/// The segment of a name, or of GROUP/NAME.
async fn find_segment(api: &Api, name: &str) -> anyhow::Result<Json> {
    let mut all = api.get("/segments").await?;
    let same = |segment: &Json| {
        let full = format!("{}/{}", text(segment, "group"), text(segment, "name"));
        [text(segment, "name"), &full].iter().any(|known| known.to_lowercase() == name.to_lowercase())
    };
    let segments = all["segments"].as_array_mut().map(std::mem::take).unwrap_or_default();
    segments.into_iter().find(same).with_context(|| format!("there is no segment “{name}”"))
}

pub(crate) async fn retry(api: &Api, id: &str) -> anyhow::Result<()> {
    api.post(&format!("/imports/{id}/retry"), None, None).await?;
    let task = super::import::wait(api, id).await?;
    super::import::tell(&task, None)
}

pub(crate) async fn export(api: &Api, name: &str, file: &std::path::Path) -> anyhow::Result<()> {
    let found = find_segment(api, name).await?;
    let csv = api.download(&format!("/segments/{}/export", text(&found, "id"))).await?;
    tokio::fs::write(file, csv).await.with_context(|| format!("{} cannot be written", file.display()))?;
    say(&format!("The members of {name} are in {}.", file.display()))
}

pub(crate) async fn cancel(api: &Api, id: &str) -> anyhow::Result<()> {
    let task = api.post(&format!("/imports/{}/cancel", encoded(id)), None, None).await?;
    say(&format!("Import {id} is {}; rows that were applied stay.", text(&task, "state")))
}

pub(crate) async fn columns(api: &Api, json: bool) -> anyhow::Result<()> {
    let reference = api.get("/columns").await?;
    if json {
        return say(&reference.to_string());
    }
    for column in reference["columns"].as_array().into_iter().flatten() {
        say(&format!("{:<18} {}", text(column, "name"), text(column, "hint")))?;
    }
    Ok(())
}

pub(crate) async fn template(api: &Api) -> anyhow::Result<()> {
    say(api.get_text("/imports/template.csv").await?.trim_end())
}

fn encoded(text: &str) -> String {
    utf8_percent_encode(text, NON_ALPHANUMERIC).to_string()
}

/// An entry to be added to the catalogue.
#[derive(Debug, clap::Args)]
pub(crate) struct Create {
    /// What it is
    #[arg(value_parser = ["api-endpoint", "touchpoint", "segment-group", "segment", "source-action", "custom-field"])]
    kind: String,
    /// Its name
    name: String,
    /// What a custom field holds
    #[arg(long = "type", value_name = "TYPE", value_parser = ["text", "number", "date", "datetime", "yes_no", "list"])]
    holds: Option<String>,
    /// The touchpoint that stands for an API endpoint
    #[arg(long)]
    touchpoint: Option<String>,
    /// The group of a segment
    #[arg(long)]
    group: Option<String>,
}

pub(crate) async fn create(api: &Api, entry: &Create) -> anyhow::Result<()> {
    let mut body = json!({ "name": entry.name });
    for (name, value) in [("type", &entry.holds), ("touchpoint", &entry.touchpoint), ("group", &entry.group)] {
        if let Some(value) = value {
            body[name] = value.as_str().into();
        }
    }
    let made = api.post(&format!("/{}s", entry.kind), Some(&body), None).await?;
    say(&format!("The {} “{}” can be used now.", entry.kind, text(&made, "name")))
}

pub(crate) async fn catalogue(api: &Api, json: bool) -> anyhow::Result<()> {
    let mut all = serde_json::Map::new();
    for path in ["api-endpoints", "touchpoints", "segment-groups", "segments", "source-actions", "custom-fields"] {
        if let Json::Object(listed) = api.get(&format!("/{path}")).await? {
            all.extend(listed);
        }
    }
    if json {
        return say(&Json::Object(all).to_string());
    }
    for (member, entries) in &all {
        let entries = entries.as_array().map_or(&[][..], Vec::as_slice);
        say(&format!("{} ({})", member.replace('_', " "), entries.len()))?;
        for entry in entries {
            let more = ["group", "touchpoint", "type"].map(|name| text(entry, name)).join(" ");
            say(format!("  {}  {}", text(entry, "name"), more.trim()).trim_end())?;
        }
    }
    Ok(())
}

//! `muster status`: all imports, or the progress of one.

use client::{Api, encoded, text};

use crate::output::say;

pub(crate) async fn status(api: &Api, id: Option<&str>, json: bool) -> anyhow::Result<()> {
    match id {
        Some(id) => one(api, id, json).await,
        None => all(api, json).await,
    }
}

async fn all(api: &Api, json: bool) -> anyhow::Result<()> {
    let listing = api.get("/imports").await?;
    if json {
        return say(&listing.to_string());
    }
    let imports = listing["imports"].as_array().map_or(&[][..], Vec::as_slice);
    if imports.is_empty() {
        return say("There are no imports yet. Begin with: muster import FILE");
    }
    for import in imports {
        let rows = import["counters"]["rows"].as_u64().unwrap_or(0);
        say(&format!(
            "{}  {:<15} {rows:>10} rows  {}",
            text(import, "id"),
            text(import, "state"),
            text(&import["file"], "name")
        ))?;
    }
    Ok(())
}

async fn one(api: &Api, id: &str, json: bool) -> anyhow::Result<()> {
    let import = api.get(&format!("/imports/{}", encoded(id))).await?;
    if json {
        return say(&import.to_string());
    }
    say(&format!("{}: {}", text(&import["file"], "name"), text(&import, "state")))?;
    let progress = &import["progress"];
    say(&format!("  {} of {} {}", progress["done"], progress["total"], text(progress, "unit")))?;
    for (name, count) in import["counters"].as_object().into_iter().flatten() {
        say(&format!("  {name:<12}{:>12}", count.to_string()))?;
    }
    if let Some(message) = import["failure"]["message"].as_str() {
        say(&format!("  {message}"))?;
    }
    Ok(())
}

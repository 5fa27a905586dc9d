//! `muster customer`: a customer, the row that set each value, and the feed.

use client::{Api, text};

use super::find;
use crate::output::{say, say_json};

pub(crate) async fn customer(api: &Api, identifier: &str, json: bool) -> anyhow::Result<()> {
    let mut customer = find::customer(api, identifier).await?;
    let feed = api.get(&format!("/customers/{}/activity", text(&customer, "id"))).await?;
    if json {
        customer["activity"] = feed["activity"].clone();
        return say_json(&customer);
    }
    say(&format!("Customer {}, created {}", text(&customer, "id"), text(&customer, "created_at")))?;
    for member in ["identifiers", "attributes"] {
        for (name, value) in customer[member].as_object().into_iter().flatten() {
            let set_by = &customer["set_by"][name];
            let value = value.as_str().map_or_else(|| value.to_string(), ToOwned::to_owned);
            say(&format!("  {name:<16} {value}   (import {} row {})", text(set_by, "import"), set_by["row"]))?;
        }
    }
    for segment in customer["segments"].as_array().into_iter().flatten() {
        say(&format!("  in segment       {}/{}", text(segment, "group"), text(segment, "name")))?;
    }
    for entry in feed["activity"].as_array().into_iter().flatten() {
        say(&format!("  {}  {}  by {}", text(entry, "at"), text(entry, "action"), text(entry, "api_endpoint")))?;
    }
    Ok(())
}

//! `muster segment`: the members of a segment.

use client::{Api, encoded, text};

use super::find;
use crate::output::{say, say_json};

pub(crate) async fn segment(api: &Api, name: &str, json: bool) -> anyhow::Result<()> {
    let mut segment = find::segment(api, name).await?;
    let (mut members, mut cursor) = (Vec::new(), String::new());
    loop {
        let listing = api.get(&format!("/segments/{}/members?limit=200{cursor}", text(&segment, "id"))).await?;
        members.extend(listing["members"].as_array().into_iter().flatten().cloned());
        match listing["cursor"].as_str() {
            Some(next) => cursor = format!("&cursor={}", encoded(next)),
            None => break,
        }
    }
    if json {
        segment["count"] = members.len().into();
        segment["members"] = members.into();
        return say_json(&segment);
    }
    say(&format!("{}/{}: {} members", text(&segment, "group"), text(&segment, "name"), members.len()))?;
    for member in &members {
        let identifiers = member["identifiers"].as_object().into_iter().flatten();
        let identifiers: Vec<&str> = identifiers.filter_map(|(_, identifier)| identifier.as_str()).collect();
        say(&format!("  {}  {}", text(member, "id"), identifiers.join("  ")))?;
    }
    Ok(())
}

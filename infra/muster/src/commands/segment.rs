//! `muster segment`: the members of a segment.

use client::{Api, encoded, text};
use serde_json::Value as Json;

use super::find;
use crate::output::{say, say_json};
use crate::wait::segment_job;

pub(crate) async fn segment(api: &Api, name: &str, json: bool) -> anyhow::Result<()> {
    let mut segment = find::segment(api, name).await?;
    let id = text(&segment, "id").to_owned();
    let (mut members, mut cursor) = (Vec::new(), String::new());
    if !json {
        let about = api.get(&format!("/segments/{id}")).await?;
        let more = if about["count_is_more"] == true { "more than " } else { "" };
        say(&format!("{}: {more}{} members", find::full_name(&segment), about["count"]))?;
    }
    loop {
        let mut listing = api.get(&format!("/segments/{id}/members?count=false&limit=200{cursor}")).await?;
        let listed = listing["members"].as_array_mut().map(std::mem::take).unwrap_or_default();
        if json {
            members.extend(listed);
        } else {
            listed.iter().try_for_each(say_member)?;
        }
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
    Ok(())
}

/// `muster segment --count`: how many members it has.
pub(crate) async fn count(api: &Api, name: &str, json: bool) -> anyhow::Result<()> {
    let mut segment = find::segment(api, name).await?;
    let job = segment_job(api, &format!("/segments/{}/count", text(&segment, "id"))).await?;
    if json {
        segment["count"] = job["members"].clone();
        return say_json(&segment);
    }
    say(&format!("{}: {} members", find::full_name(&segment), job["members"]))
}

fn say_member(member: &Json) -> anyhow::Result<()> {
    let identifiers = member["identifiers"].as_object().into_iter().flatten();
    let identifiers: Vec<&str> = identifiers.filter_map(|(_, identifier)| identifier.as_str()).collect();
    say(&format!("  {}  {}", text(member, "id"), identifiers.join("  ")))
}

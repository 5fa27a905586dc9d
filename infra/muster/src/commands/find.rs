//! Customers and segments by what a person types.

use anyhow::Context as _;
use client::{Api, encoded, text};
use serde_json::Value as Json;

/// Finds a customer by email, phone, id or external id, whichever the identifier looks like.
pub(super) async fn customer(api: &Api, identifier: &str) -> anyhow::Result<Json> {
    let path = |kind: &str| format!("/customers?{kind}={}", encoded(identifier));
    if identifier.contains('@') {
        return api.get(&path("email")).await;
    }
    if identifier.starts_with('+') {
        return api.get(&path("phone")).await;
    }
    // An id has 26 characters, but an external id may too.
    if identifier.len() == 26
        && let Ok(found) = api.get(&format!("/customers/{}", encoded(identifier))).await
    {
        return Ok(found);
    }
    api.get(&path("external_id")).await
}

/// Finds a segment by its name or by GROUP/NAME, in upper or lower case.
pub(super) async fn segment(api: &Api, name: &str) -> anyhow::Result<Json> {
    let mut answer = api.get("/segments").await?;
    let is_meant = |segment: &Json| {
        let full = format!("{}/{}", text(segment, "group"), text(segment, "name"));
        [text(segment, "name"), &full].iter().any(|candidate| candidate.to_lowercase() == name.to_lowercase())
    };
    let segments = answer["segments"].as_array_mut().map(std::mem::take).unwrap_or_default();
    segments.into_iter().find(is_meant).with_context(|| format!("there is no segment “{name}”"))
}

//! Customers and segments by what a person types.

use anyhow::Context as _;
use client::{Api, encoded, text};
use serde_json::Value as Json;

/// Finds a customer by email, phone, id or external id, whichever the identifier looks like.
pub(super) async fn customer(api: &Api, identifier: &str) -> anyhow::Result<Json> {
    let is_address = identifier.contains('@') || identifier.starts_with('+');
    // An id has 26 characters, but an external id may too.
    if !is_address
        && identifier.len() == 26
        && let Ok(found) = api.get(&format!("/customers/{}", encoded(identifier))).await
    {
        return Ok(found);
    }
    api.get(&by_identifier(identifier)).await
}

/// The path of the customer with an identifier.
pub(super) fn by_identifier(identifier: &str) -> String {
    format!("/customers?{}", query(identifier))
}

/// The query that names an identifier: an email, a phone or an external id, whichever it looks like.
pub(super) fn query(identifier: &str) -> String {
    let kind = match identifier {
        address if address.contains('@') => "email",
        number if number.starts_with('+') => "phone",
        _ => "external_id",
    };
    format!("{kind}={}", encoded(identifier))
}

/// Finds a segment by its name or by GROUP/NAME, in upper or lower case.
pub(super) async fn segment(api: &Api, name: &str) -> anyhow::Result<Json> {
    let is_meant = |segment: &Json| {
        let full = format!("{}/{}", text(segment, "group"), text(segment, "name"));
        [text(segment, "name"), &full].iter().any(|candidate| candidate.to_lowercase() == name.to_lowercase())
    };
    let mut cursor = String::new();
    loop {
        let mut listing = api.get(&format!("/segments{cursor}")).await?;
        let segments = listing["segments"].as_array_mut().map(std::mem::take).unwrap_or_default();
        if let Some(segment) = segments.into_iter().find(is_meant) {
            return Ok(segment);
        }
        let next = listing["cursor"].as_str().with_context(|| format!("there is no segment “{name}”"))?;
        cursor = format!("?cursor={}", encoded(next));
    }
}

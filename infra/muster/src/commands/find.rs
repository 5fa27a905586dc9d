//! Customers and segments by what a person types.

use anyhow::{Context as _, bail};
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

/// Finds a segment by its name or by GROUP/NAME, in upper or lower case: the first one of that name.
pub(super) async fn segment(api: &Api, name: &str) -> anyhow::Result<Json> {
    let mut named = segments(api, name).await?;
    if named.is_empty() { bail!("there is no segment “{name}”") } else { Ok(named.swap_remove(0)) }
}

/// The same, where another one of that name would not do.
///
/// # Errors
/// When several segments have the name.
pub(super) async fn only_segment(api: &Api, name: &str) -> anyhow::Result<Json> {
    let named = segments(api, name).await?;
    if named.len() > 1 {
        let names: Vec<String> = named.iter().map(full_name).collect();
        bail!("several segments are named “{name}”: say which one, {}", names.join(" or "));
    }
    named.into_iter().next().with_context(|| format!("there is no segment “{name}”"))
}

/// A segment's name as settings and cells may give it.
pub(super) fn full_name(segment: &Json) -> String {
    format!("{}/{}", text(segment, "group"), text(segment, "name"))
}

async fn segments(api: &Api, name: &str) -> anyhow::Result<Vec<Json>> {
    let is_meant = |segment: &Json| {
        [text(segment, "name"), &full_name(segment)].iter().any(|one| one.to_lowercase() == name.to_lowercase())
    };
    Ok(api.list("/segments", "segments").await?.into_iter().filter(is_meant).collect())
}

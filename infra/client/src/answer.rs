//! What Muster and its object store answer: JSON, or a problem that becomes a sentence.

use anyhow::{Context as _, anyhow};
use reqwest::Response;
use serde_json::Value as Json;

/// The text under a name; empty if the name is missing.
pub fn text<'a>(json: &'a Json, name: &str) -> &'a str {
    json[name].as_str().unwrap_or_default()
}

/// The body of an answer as JSON.
pub(crate) async fn json(response: Response) -> anyhow::Result<Json> {
    response.json().await.context("the answer is not JSON")
}

/// Passes successes and redirects on, and turns problem details into an error that reads as a sentence.
pub(crate) async fn accepted(response: Response) -> anyhow::Result<Response> {
    let status = response.status();
    if status.is_success() || status.is_redirection() {
        return Ok(response);
    }
    let body: Json = response.json().await.unwrap_or_default();
    let mut message = body["detail"].as_str().map_or_else(|| format!("the answer was {status}"), ToOwned::to_owned);
    // The first problem is what `detail` says.
    for problem in body["problems"].as_array().into_iter().flatten().skip(1) {
        message.push_str(&format!("\n  {}: {}", text(problem, "path"), text(problem, "message")));
    }
    if let Some(code) = body["code"].as_str() {
        message.push_str(&format!(" [{code}]"));
    }
    Err(anyhow!(message))
}

/// Passes successes of the object store on, and turns its XML into an error with the reason.
pub(crate) async fn stored(response: Response) -> anyhow::Result<Response> {
    let status = response.status();
    if status.is_success() {
        return Ok(response);
    }
    let xml = response.text().await.unwrap_or_default();
    let reason = between(&xml, "<Message>", "</Message>").unwrap_or("no reason given");
    Err(anyhow!("the upload was refused ({status}): {reason}"))
}

fn between<'a>(text: &'a str, from: &str, to: &str) -> Option<&'a str> {
    let rest = &text[text.find(from)? + from.len()..];
    Some(&rest[..rest.find(to)?])
}

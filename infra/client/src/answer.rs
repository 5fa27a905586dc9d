//! What Muster and its object store answer: JSON, or a problem that becomes a sentence.

use std::fmt;

use anyhow::anyhow;
use reqwest::Response;
use serde_json::Value as Json;

/// A request that Muster refused, in Muster's own words.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Refusal {
    /// The HTTP status.
    pub status: u16,
    /// The stable code; empty if something else than Muster answered.
    pub code: String,
    /// What is wrong and what to do about it.
    pub detail: String,
    /// What is wrong with which field of the request; `detail` repeats the first of them.
    pub problems: Vec<BadField>,
}

/// Something wrong with one field of a request.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct BadField {
    /// The path of the field, such as `settings.segment.name`; empty for the request as a whole.
    pub path: String,
    /// What is wrong and what to do about it.
    pub message: String,
}

impl fmt::Display for Refusal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.detail)?;
        // The first problem is what `detail` says.
        for problem in self.problems.iter().skip(1) {
            write!(f, "\n  {}: {}", problem.path, problem.message)?;
        }
        if self.code.is_empty() { Ok(()) } else { write!(f, " [{}]", self.code) }
    }
}

impl std::error::Error for Refusal {}

impl Refusal {
    fn read(status: reqwest::StatusCode, body: &Json) -> Self {
        let problems = body["problems"].as_array().into_iter().flatten();
        Self {
            status: status.as_u16(),
            code: text(body, "code").to_owned(),
            detail: body["detail"].as_str().map_or_else(|| not_from_muster(status, body), ToOwned::to_owned),
            problems: problems
                .map(|problem| BadField {
                    path: text(problem, "path").to_owned(),
                    message: text(problem, "message").to_owned(),
                })
                .collect(),
        }
    }
}

/// What to say of an answer without problem details: a proxy, AWS itself or another program gave it.
fn not_from_muster(status: reqwest::StatusCode, body: &Json) -> String {
    let reason = ["message", "Message"].into_iter().find_map(|name| body[name].as_str());
    let reason = reason.map(|reason| format!(" ({reason})")).unwrap_or_default();
    format!("the answer was {status}{reason}, and it was not Muster's: check the URL, and who may call it")
}

/// The text under a name; empty if the name is missing.
pub fn text<'a>(json: &'a Json, name: &str) -> &'a str {
    json[name].as_str().unwrap_or_default()
}

/// The body of an answer as JSON.
pub(crate) async fn json(response: Response) -> anyhow::Result<Json> {
    response.json().await.map_err(|_| anyhow!("the answer is not JSON, so it is not Muster's: check the URL"))
}

/// Passes successes and redirects on, and turns problem details into a [`Refusal`].
pub(crate) async fn accepted(response: Response) -> anyhow::Result<Response> {
    let status = response.status();
    if status.is_success() || status.is_redirection() {
        return Ok(response);
    }
    let body: Json = response.json().await.unwrap_or_default();
    Err(Refusal::read(status, &body).into())
}

/// What the object store said of a request that it refused: its code and its reason, from its XML.
pub(crate) async fn refused_by_store(response: Response) -> (String, String) {
    let xml = response.text().await.unwrap_or_default();
    let code = between(&xml, "<Code>", "</Code>").unwrap_or_default();
    let reason = between(&xml, "<Message>", "</Message>").unwrap_or("no reason given");
    (code.to_owned(), reason.to_owned())
}

fn between<'a>(text: &'a str, from: &str, to: &str) -> Option<&'a str> {
    let rest = &text[text.find(from)? + from.len()..];
    Some(&rest[..rest.find(to)?])
}

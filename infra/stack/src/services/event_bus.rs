//! EventBridge's event bus. It appends each event to a file, one line each, and delivers them nowhere.

use std::fs::OpenOptions;
use std::io::{self, Write as _};
use std::path::PathBuf;

use http::Response;
use serde::Deserialize;
use serde_json::{Map, Value as Json, json};

use super::aws_json::{bad_request, internal_error, success};
use crate::answers::Body;

/// The event bus, by the file to which it appends.
#[derive(Debug)]
pub(crate) struct EventBus(pub(crate) PathBuf);

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct PutEvents {
    entries: Vec<Map<String, Json>>,
}

impl EventBus {
    /// Answers one request.
    pub(super) fn answer(&self, operation: &str, body: &[u8]) -> Response<Body> {
        if operation != "PutEvents" {
            return bad_request("UnknownOperationException");
        }
        let Ok(PutEvents { entries }) = serde_json::from_slice(body) else { return bad_request("ValidationException") };
        if let Err(error) = self.append(&entries) {
            tracing::error!("events could not be written to {}: {error}", self.0.display());
            return internal_error("InternalException");
        }
        let ids: Vec<Json> = entries.iter().map(|_| json!({ "EventId": ulid::Ulid::generate().to_string() })).collect();
        success(&json!({ "FailedEntryCount": 0, "Entries": ids }))
    }

    fn append(&self, events: &[Map<String, Json>]) -> io::Result<()> {
        let mut lines = Vec::new();
        for event in events {
            let detail = event.get("Detail").and_then(Json::as_str).unwrap_or("null");
            let detail: Json = serde_json::from_str(detail)?;
            let (source, kind) = (event.get("Source"), event.get("DetailType"));
            let line = json!({ "source": source, "detail-type": kind, "detail": detail });
            writeln!(lines, "{line}")?;
        }
        OpenOptions::new().create(true).append(true).open(&self.0)?.write_all(&lines)
    }
}

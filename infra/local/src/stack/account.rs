//! What else of an account the functions use: parameters, which they read, and the event bus, which they tell of ends.
//!
//! Parameters are those that the stack makes at its start. Events become lines of `events.jsonl` in the data directory.

use std::collections::BTreeMap;
use std::fs::OpenOptions;
use std::io::{self, Write as _};
use std::path::PathBuf;

use bytes::Bytes;
use http::{Response, StatusCode};
use serde::Deserialize;
use serde_json::{Map, Value as Json, json};

use super::gateway::{Body, full};

/// The parameters and the event bus.
#[derive(Debug)]
pub(crate) struct Account {
    pub(crate) parameters: BTreeMap<String, String>,
    pub(crate) events: PathBuf,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct GetParameter {
    name: String,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct PutEvents {
    entries: Vec<Map<String, Json>>,
}

impl Account {
    /// Answers a request for an operation of one of the two services.
    pub(crate) fn answer(&self, operation: &str, body: &Bytes) -> Response<Body> {
        let answer = match operation {
            "GetParameter" => serde_json::from_slice(body).map(|asked| self.parameter(&asked)),
            "PutEvents" => serde_json::from_slice(body).map(|put| self.put(&put)),
            _ => return refusal("UnknownOperationException"),
        };
        answer.unwrap_or_else(|_| refusal("ValidationException"))
    }

    fn parameter(&self, asked: &GetParameter) -> Response<Body> {
        match self.parameters.get(&asked.name) {
            Some(value) => response(StatusCode::OK, &json!({ "Parameter": { "Name": asked.name, "Value": value } })),
            None => refusal("ParameterNotFound"),
        }
    }

    fn put(&self, put: &PutEvents) -> Response<Body> {
        if let Err(error) = self.keep(&put.entries) {
            tracing::error!("events cannot be kept: {error}");
            return response(StatusCode::INTERNAL_SERVER_ERROR, &json!({ "__type": "InternalException" }));
        }
        let kept: Vec<Json> =
            put.entries.iter().map(|_| json!({ "EventId": ulid::Ulid::generate().to_string() })).collect();
        response(StatusCode::OK, &json!({ "FailedEntryCount": 0, "Entries": kept }))
    }

    fn keep(&self, events: &[Map<String, Json>]) -> io::Result<()> {
        let mut lines = Vec::new();
        for event in events {
            let detail = event.get("Detail").and_then(Json::as_str).unwrap_or("null");
            let detail: Json = serde_json::from_str(detail)?;
            let (source, kind) = (event.get("Source"), event.get("DetailType"));
            let line = json!({ "source": source, "detail-type": kind, "detail": detail });
            writeln!(lines, "{line}")?;
        }
        OpenOptions::new().create(true).append(true).open(&self.events)?.write_all(&lines)
    }
}

fn refusal(kind: &str) -> Response<Body> {
    response(StatusCode::BAD_REQUEST, &json!({ "__type": kind }))
}

fn response(status: StatusCode, body: &Json) -> Response<Body> {
    let mut response = Response::new(full(body.to_string()));
    *response.status_mut() = status;
    response.headers_mut().insert("content-type", http::HeaderValue::from_static("application/x-amz-json-1.1"));
    response
}

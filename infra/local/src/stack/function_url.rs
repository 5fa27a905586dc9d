//! Function URLs: each HTTP request to the API becomes an event of payload version 2.0, and the answer a response.

use std::convert::Infallible;
use std::sync::Arc;

use aws_lambda_events::lambda_function_urls::{LambdaFunctionUrlRequest, LambdaFunctionUrlResponse};
use aws_smithy_types::base64;
use dynoxide::Database;
use http::header::{CONTENT_TYPE, COOKIE, HeaderName, HeaderValue, SET_COOKIE, USER_AGENT};
use http::request::Parts;
use http::{HeaderMap, Method, Request, Response, StatusCode};
use http_body_util::{BodyExt as _, Limited};
use hyper::body::Incoming;
use lambda_runtime::LambdaEvent;
use percent_encoding::percent_decode_str;
use serde::Serialize;
use serde_json::json;

use super::data::Running;
use super::functions::Functions;
use super::gateway::{Body, full};
use super::invoke::{Failure, Runner};
use super::usage::Meter;

/// The largest payload of a synchronous invocation, in either direction.
const LARGEST_PAYLOAD: usize = 6 * 1024 * 1024;

/// The API: two functions behind one address.
pub(crate) struct Api {
    pub(crate) functions: Functions,
    pub(crate) runner: Arc<Runner>,
    pub(crate) meter: Arc<Meter>,
    pub(crate) running: Running,
    pub(crate) database: Database,
}

impl Api {
    /// Answers one request.
    pub(crate) async fn answer(self: Arc<Self>, request: Request<Incoming>) -> Result<Response<Body>, Infallible> {
        let response = match (request.method(), request.uri().path()) {
            (&Method::GET, "/health") => json_response(StatusCode::OK, &self.running),
            (&Method::GET, "/local/usage") => self.usage().await,
            _ => self.invoke(request).await,
        };
        Ok(response)
    }

    /// What was asked of the services so far, and how many items there are.
    async fn usage(&self) -> Response<Body> {
        let database = self.database.clone();
        let counted = tokio::task::spawn_blocking(move || database.table_stats()).await;
        let Ok(Ok(tables)) = counted else { return failed(StatusCode::BAD_GATEWAY) };
        let mut usage = self.meter.snapshot();
        for table in tables {
            usage.item_bytes.insert(table.table_name.clone(), table.size_bytes);
            usage.items.insert(table.table_name, u64::try_from(table.item_count).unwrap_or(0));
        }
        json_response(StatusCode::OK, &usage)
    }

    async fn invoke(&self, request: Request<Incoming>) -> Response<Body> {
        let (parts, body) = request.into_parts();
        let body = match Limited::new(body, LARGEST_PAYLOAD).collect().await {
            Ok(body) => body.to_bytes(),
            Err(_) => {
                let message =
                    format!("Request must be smaller than {LARGEST_PAYLOAD} bytes for the InvokeFunction operation");
                return json_response(StatusCode::PAYLOAD_TOO_LARGE, &json!({ "Message": message }));
            }
        };
        let (name, handler) = if parts.method == Method::POST && parts.uri.path().trim_end_matches('/') == "/imports" {
            ("upload", Arc::clone(&self.functions.upload))
        } else {
            ("status", Arc::clone(&self.functions.status))
        };
        let mut event = event(&parts, &body);
        let invoke = move |context: lambda_runtime::Context| {
            event.request_context.request_id = Some(context.request_id.clone());
            handler(LambdaEvent::new(event, context))
        };
        match self.runner.invoke(name, 1, invoke).await {
            Ok(answer) => response(answer).unwrap_or_else(|| failed(StatusCode::BAD_GATEWAY)),
            Err(Failure::TimedOut(_)) => failed(StatusCode::GATEWAY_TIMEOUT),
            Err(_) => failed(StatusCode::BAD_GATEWAY),
        }
    }
}

/// The event of a request.
fn event(parts: &Parts, body: &[u8]) -> LambdaFunctionUrlRequest {
    let path = percent_decode_str(parts.uri.path()).decode_utf8_lossy().into_owned();
    let query = parts.uri.query().unwrap_or_default();
    let now = jiff::Timestamp::now();
    let mut event = LambdaFunctionUrlRequest::default();
    event.version = Some("2.0".to_owned());
    // As on AWS: `rawPath` is decoded, `rawQueryString` is not.
    event.raw_path = Some(path.clone());
    event.raw_query_string = Some(query.to_owned());
    event.cookies = cookies(&parts.headers);
    event.headers = joined(&parts.headers);
    event.query_string_parameters = query
        .split('&')
        .filter(|pair| !pair.is_empty())
        .map(|pair| {
            let (name, value) = pair.split_once('=').unwrap_or((pair, ""));
            (decode(name), decode(value))
        })
        // A parameter given more than once has all its values, with commas between.
        .fold(std::collections::HashMap::new(), |mut all, (name, value)| {
            all.entry(name).and_modify(|values: &mut String| *values = format!("{values},{value}")).or_insert(value);
            all
        });
    let context = &mut event.request_context;
    context.account_id = Some("anonymous".to_owned());
    context.apiid = Some("local".to_owned());
    context.domain_name = parts.headers.get("host").and_then(text);
    context.domain_prefix = Some("local".to_owned());
    context.time = Some(now.strftime("%d/%b/%Y:%H:%M:%S +0000").to_string());
    context.time_epoch = now.as_millisecond();
    context.http.method = Some(parts.method.to_string());
    context.http.path = Some(path);
    context.http.protocol = Some("HTTP/1.1".to_owned());
    context.http.source_ip = Some("127.0.0.1".to_owned());
    context.http.user_agent = parts.headers.get(USER_AGENT).and_then(text);
    (event.body, event.is_base64_encoded) = match std::str::from_utf8(body) {
        _ if body.is_empty() => (None, false),
        Ok(text) if is_text(&parts.headers) => (Some(text.to_owned()), false),
        _ => (Some(base64::encode(body)), true),
    };
    event
}

fn text(value: &HeaderValue) -> Option<String> {
    value.to_str().ok().map(str::to_owned)
}

fn decode(part: &str) -> String {
    percent_decode_str(&part.replace('+', " ")).decode_utf8_lossy().into_owned()
}

fn cookies(headers: &HeaderMap) -> Option<Vec<String>> {
    let all: Vec<String> = headers
        .get_all(COOKIE)
        .iter()
        .filter_map(text)
        .flat_map(|line| line.split("; ").map(str::to_owned).collect::<Vec<_>>())
        .collect();
    (!all.is_empty()).then_some(all)
}

/// The headers, each once: Lambda joins repeated ones by commas.
fn joined(headers: &HeaderMap) -> HeaderMap {
    let mut all = HeaderMap::new();
    for name in headers.keys().filter(|name| *name != COOKIE) {
        let values: Vec<&str> = headers.get_all(name).iter().filter_map(|value| value.to_str().ok()).collect();
        if let Ok(value) = HeaderValue::from_str(&values.join(",")) {
            all.insert(name.clone(), value);
        }
    }
    all
}

/// Whether Lambda hands the body over as text; anything else travels in base64.
fn is_text(headers: &HeaderMap) -> bool {
    let Some(kind) = headers.get(CONTENT_TYPE).and_then(|value| value.to_str().ok()) else {
        return false;
    };
    let kind = kind.split(';').next().unwrap_or_default().trim().to_ascii_lowercase();
    kind.starts_with("text/")
        || kind.ends_with("+json")
        || kind.ends_with("+xml")
        || matches!(kind.as_str(), "application/json" | "application/xml" | "application/javascript")
}

/// The response of a function's answer; none if the answer is none.
fn response(answer: LambdaFunctionUrlResponse) -> Option<Response<Body>> {
    let body = match answer.body {
        None => Vec::new(),
        Some(body) if answer.is_base64_encoded => base64::decode(body).ok()?,
        Some(body) => body.into_bytes(),
    };
    if body.len() > LARGEST_PAYLOAD {
        tracing::error!(bytes = body.len(), "an answer is larger than Lambda lets through");
        return None;
    }
    let mut response = Response::new(full(body));
    *response.status_mut() = StatusCode::from_u16(u16::try_from(answer.status_code).ok()?).ok()?;
    *response.headers_mut() = answer.headers;
    response.headers_mut().entry(CONTENT_TYPE).or_insert(HeaderValue::from_static("application/json"));
    for cookie in answer.cookies {
        response.headers_mut().append(SET_COOKIE, HeaderValue::try_from(cookie).ok()?);
    }
    // The server says how long the body is and how it travels.
    for name in [HeaderName::from_static("content-length"), HeaderName::from_static("transfer-encoding")] {
        response.headers_mut().remove(name);
    }
    Some(response)
}

fn failed(status: StatusCode) -> Response<Body> {
    json_response(status, &json!({ "Message": "Internal Server Error" }))
}

fn json_response(status: StatusCode, body: &impl Serialize) -> Response<Body> {
    let mut response = Response::new(full(serde_json::to_vec(body).unwrap_or_default()));
    *response.status_mut() = status;
    response.headers_mut().insert(CONTENT_TYPE, HeaderValue::from_static("application/json"));
    response
}

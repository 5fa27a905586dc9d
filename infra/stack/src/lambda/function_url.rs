//! Function URLs: an HTTP request becomes an event of payload version 2.0, and the answer of the function a response.

use aws_lambda_events::lambda_function_urls::{LambdaFunctionUrlRequest, LambdaFunctionUrlResponse};
use aws_smithy_types::base64;
use http::header::{CONTENT_TYPE, COOKIE, HeaderName, HeaderValue, SET_COOKIE, USER_AGENT};
use http::request::Parts;
use http::{HeaderMap, Response, StatusCode};
use percent_encoding::percent_decode_str;

use crate::answers::{Body, full};

/// The largest payload of a synchronous invocation, in either direction.
pub(super) const LARGEST_PAYLOAD: usize = 6 * 1024 * 1024;

/// Makes the event of a request.
pub(super) fn event(parts: &Parts, body: &[u8]) -> LambdaFunctionUrlRequest {
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
        // As on AWS, a parameter that is given several times has all its values, separated by commas.
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

/// The headers, each of them once. Lambda joins the values of a repeated header with commas.
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

/// Whether Lambda passes the body on as text. It encodes any other body in base64.
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

/// Makes the response from the answer of a function. `None` if Lambda would not let the answer through.
pub(super) fn response(answer: LambdaFunctionUrlResponse) -> Option<Response<Body>> {
    // Lambda counts the payload: a body that is text is escaped in it.
    let bytes = serde_json::to_vec(&answer).ok()?.len();
    if bytes > LARGEST_PAYLOAD {
        tracing::error!(bytes, "the answer of a function is larger than Lambda allows");
        return None;
    }
    let body = match answer.body {
        None => Vec::new(),
        Some(body) if answer.is_base64_encoded => base64::decode(body).ok()?,
        Some(body) => body.into_bytes(),
    };
    let mut response = Response::new(full(body));
    *response.status_mut() = StatusCode::from_u16(u16::try_from(answer.status_code).ok()?).ok()?;
    *response.headers_mut() = answer.headers;
    response.headers_mut().entry(CONTENT_TYPE).or_insert(HeaderValue::from_static("application/json"));
    for cookie in answer.cookies {
        response.headers_mut().append(SET_COOKIE, HeaderValue::try_from(cookie).ok()?);
    }
    // The server sets the headers about the length and the transfer of the body itself.
    for name in [HeaderName::from_static("content-length"), HeaderName::from_static("transfer-encoding")] {
        response.headers_mut().remove(name);
    }
    Some(response)
}

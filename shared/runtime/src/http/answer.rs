//! Answers.

use aws_lambda_events::http::{HeaderMap, HeaderName, HeaderValue};
use aws_lambda_events::lambda_function_urls::LambdaFunctionUrlResponse;
use serde::Serialize;

/// A JSON answer with these further headers.
pub fn json(status: u16, body: &impl Serialize, headers: &[(&'static str, String)]) -> LambdaFunctionUrlResponse {
    match serde_json::to_string(body) {
        Ok(body) => answer(status, "application/json", body, headers),
        // Answers have string keys, so they always have a JSON form.
        Err(_) => answer(500, "text/plain", String::new(), &[]),
    }
}

/// An answer of any type.
pub fn answer(
    status: u16,
    content_type: &'static str,
    body: String,
    headers: &[(&'static str, String)],
) -> LambdaFunctionUrlResponse {
    let mut map = HeaderMap::new();
    map.insert("content-type", HeaderValue::from_static(content_type));
    map.insert("cache-control", HeaderValue::from_static("no-cache"));
    for (name, value) in headers {
        if let Ok(value) = HeaderValue::from_str(value) {
            map.insert(HeaderName::from_static(name), value);
        }
    }
    let mut response = LambdaFunctionUrlResponse::default();
    response.status_code = i64::from(status);
    response.headers = map;
    response.body = Some(body);
    response
}

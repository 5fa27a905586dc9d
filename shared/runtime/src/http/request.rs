//! Requests.

use aws_lambda_events::encodings::Base64Data;
use aws_lambda_events::lambda_function_urls::LambdaFunctionUrlRequest;
use domain::imports::Trace;
use lambda_runtime::LambdaEvent;
use percent_encoding::{NON_ALPHANUMERIC, percent_decode_str, utf8_percent_encode};

use super::problem::HttpProblem;

/// The request's method, in capitals.
pub fn method(request: &LambdaFunctionUrlRequest) -> &str {
    request.request_context.http.method.as_deref().unwrap_or("GET")
}

/// The segments of the request's path, decoded. A plus in a path is a plus.
pub fn path(request: &LambdaFunctionUrlRequest) -> Vec<String> {
    let path = request.raw_path.as_deref().unwrap_or("/");
    let parts = path.split('/').filter(|part| !part.is_empty());
    parts.map(|part| percent_decode_str(part).decode_utf8_lossy().into_owned()).collect()
}

/// A text as one segment of a path: what [`path`] reads back.
pub fn segment(text: &str) -> String {
    utf8_percent_encode(text, NON_ALPHANUMERIC).to_string()
}

/// A header's text.
pub fn header<'a>(request: &'a LambdaFunctionUrlRequest, name: &str) -> Option<&'a str> {
    request.headers.get(name).and_then(|value| value.to_str().ok())
}

/// The pairs of the request's query, decoded.
pub fn query_pairs(request: &LambdaFunctionUrlRequest) -> Vec<(String, String)> {
    let raw = request.raw_query_string.as_deref().unwrap_or_default();
    form_urlencoded::parse(raw.as_bytes()).into_owned().collect()
}

/// A query parameter, decoded; the first one of this name.
pub fn query(request: &LambdaFunctionUrlRequest, name: &str) -> Option<String> {
    query_pairs(request).into_iter().find_map(|(key, value)| (key == name).then_some(value))
}

/// The trace of a request: the caller's own, or the one that Lambda gave it.
pub fn trace(event: &LambdaEvent<LambdaFunctionUrlRequest>) -> Option<Trace> {
    let callers = header(&event.payload, "traceparent").and_then(Trace::from_traceparent);
    callers.or_else(|| event.context.xray_trace_id.as_deref().and_then(Trace::from_header))
}

/// The request's body as it was sent.
///
/// # Errors
/// When it is said to be base64 and is not.
pub fn body(request: &LambdaFunctionUrlRequest) -> Result<Vec<u8>, HttpProblem> {
    let body = request.body.as_deref().unwrap_or_default();
    if !request.is_base64_encoded {
        return Ok(body.as_bytes().to_vec());
    }
    serde_json::from_value::<Base64Data>(body.into())
        .map(|data| data.0)
        .map_err(|_| HttpProblem::new(400, "invalid_body", "The body is not base64."))
}

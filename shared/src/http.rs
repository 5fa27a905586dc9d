//! Function URL requests and answers: JSON, and problem details (RFC 9457) for everything that goes wrong.

use aws_lambda_events::http::{HeaderMap, HeaderName, HeaderValue};
use aws_lambda_events::lambda_function_urls::{LambdaFunctionUrlRequest, LambdaFunctionUrlResponse};
use percent_encoding::percent_decode_str;
use serde::Serialize;

use crate::settings::Problem;

/// An answer that is no success.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct HttpProblem {
    /// The HTTP status.
    pub status: u16,
    /// The stable code.
    pub code: &'static str,
    /// What is wrong and what to do about it.
    pub detail: String,
    /// What is wrong with which field, for bad input.
    pub problems: Vec<Problem>,
}

impl HttpProblem {
    /// An answer of this status and code.
    pub fn new(status: u16, code: &'static str, detail: impl Into<String>) -> Self {
        Self { status, code, detail: detail.into(), problems: Vec::new() }
    }

    /// There is nothing under this path.
    pub fn no_such_path() -> Self {
        Self::new(404, "not_found", "There is nothing under this path.")
    }

    /// Bad input, field by field.
    pub fn invalid(problems: Vec<Problem>) -> Self {
        let detail = problems.first().map_or_else(String::new, |problem| match problem.path.as_str() {
            "" => problem.message.clone(),
            path => format!("{path}: {}", problem.message),
        });
        Self { status: 400, code: "invalid_request", detail, problems }
    }

    /// A store failed; the log says more.
    pub fn unavailable() -> Self {
        Self::new(503, "unavailable", "Muster cannot reach its storage right now. Try again in a moment.")
    }
}

#[derive(Serialize)]
struct Body<'a> {
    #[serde(rename = "type")]
    kind: &'static str,
    title: &'a str,
    status: u16,
    code: &'a str,
    detail: &'a str,
    problems: &'a [Problem],
}

impl From<HttpProblem> for LambdaFunctionUrlResponse {
    fn from(problem: HttpProblem) -> Self {
        let title = match problem.status {
            400 => "Bad request",
            401 => "Unauthorized",
            403 => "Forbidden",
            404 => "Not found",
            405 => "Method not allowed",
            409 => "Conflict",
            503 => "Unavailable",
            _ => "Problem",
        };
        let body = Body {
            kind: "about:blank",
            title,
            status: problem.status,
            code: problem.code,
            detail: &problem.detail,
            problems: &problem.problems,
        };
        let challenge = [("www-authenticate", "Bearer realm=\"muster\"".to_owned())];
        let headers = if problem.status == 401 { challenge.as_slice() } else { &[] };
        answer(problem.status, "application/problem+json", serde_json::to_string(&body).unwrap_or_default(), headers)
    }
}

/// A JSON answer with these further headers.
pub fn json(status: u16, body: &impl Serialize, headers: &[(&'static str, String)]) -> LambdaFunctionUrlResponse {
    match serde_json::to_string(body) {
        Ok(body) => answer(status, "application/json", body, headers),
        Err(_) => HttpProblem::unavailable().into(),
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

/// The request's method, in capitals.
pub fn method(request: &LambdaFunctionUrlRequest) -> &str {
    request.request_context.http.method.as_deref().unwrap_or("GET")
}

/// The parts of the request's path, decoded.
pub fn path(request: &LambdaFunctionUrlRequest) -> Vec<String> {
    let path = request.raw_path.as_deref().unwrap_or("/");
    let parts = path.split('/').filter(|part| !part.is_empty());
    parts.map(|part| percent_decode_str(part).decode_utf8_lossy().into_owned()).collect()
}

/// A header's text.
pub fn header<'a>(request: &'a LambdaFunctionUrlRequest, name: &str) -> Option<&'a str> {
    request.headers.get(name).and_then(|value| value.to_str().ok())
}

/// A query parameter, decoded.
pub fn query(request: &LambdaFunctionUrlRequest, name: &str) -> Option<String> {
    let raw = request.raw_query_string.as_deref()?;
    let value = raw.split('&').find_map(|pair| pair.split_once('=').filter(|(key, _)| *key == name))?.1;
    Some(percent_decode_str(&value.replace('+', " ")).decode_utf8_lossy().into_owned())
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
    serde_json::from_value::<aws_lambda_events::encodings::Base64Data>(body.into())
        .map(|data| data.0)
        .map_err(|_| HttpProblem::new(400, "invalid_body", "The body is not base64."))
}

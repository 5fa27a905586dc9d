//! Answers, and the headers of every one of them.

use std::io::Write as _;

use aws_lambda_events::http::{HeaderName, HeaderValue};
use aws_lambda_events::lambda_function_urls::{LambdaFunctionUrlRequest, LambdaFunctionUrlResponse};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use flate2::Compression;
use flate2::write::GzEncoder;
use maud::Markup;
use runtime::http;
use serde_json::Value as Json;

/// Bodies below this size are not worth compressing.
const WORTH_COMPRESSING: usize = 1_000;

/// Sends the browser to another page.
pub(crate) fn redirect(to: &str) -> LambdaFunctionUrlResponse {
    let mut response = http::answer(303, "text/plain", String::new(), &[("location", to.to_owned())]);
    protect(&mut response, None);
    response
}

/// An answer for a script of the console.
pub(crate) fn json(status: u16, body: &Json) -> LambdaFunctionUrlResponse {
    let mut response = http::json(status, body, &[]);
    protect(&mut response, None);
    response
}

/// A piece of a page, for a script of the console.
pub(crate) fn fragment(content: Markup) -> LambdaFunctionUrlResponse {
    let mut response = http::answer(200, "text/html; charset=utf-8", content.into_string(), &[]);
    protect(&mut response, None);
    response
}

/// Sets the headers that keep a page to itself: nothing runs that is not the console's, nothing is sent elsewhere but files to
/// their bucket, no other site shows the page in a frame, and no cache keeps it.
pub(crate) fn protect(response: &mut LambdaFunctionUrlResponse, uploads_to: Option<&str>) {
    let uploads_to = uploads_to.map(|origin| format!(" {origin}")).unwrap_or_default();
    let policy = format!(
        "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; connect-src 'self'{uploads_to}; \
         form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
    );
    for (name, value) in [
        ("content-security-policy", policy.as_str()),
        ("x-content-type-options", "nosniff"),
        ("x-frame-options", "DENY"),
        // Not `no-referrer`: with it, browsers send the forms of these pages without their origin.
        ("referrer-policy", "same-origin"),
        ("cross-origin-opener-policy", "same-origin"),
        ("cross-origin-resource-policy", "same-origin"),
        ("permissions-policy", "camera=(), geolocation=(), microphone=()"),
        ("strict-transport-security", "max-age=31536000"),
        ("cache-control", "no-store"),
    ] {
        if let Ok(value) = HeaderValue::from_str(value) {
            response.headers.insert(HeaderName::from_static(name), value);
        }
    }
}

/// Compresses an answer if the browser takes that.
pub(crate) fn compress(request: &LambdaFunctionUrlRequest, response: &mut LambdaFunctionUrlResponse) {
    let takes_gzip = http::header(request, "accept-encoding").is_some_and(|takes| takes.contains("gzip"));
    let Some(body) = response.body.as_deref().filter(|body| takes_gzip && body.len() >= WORTH_COMPRESSING) else {
        return;
    };
    let mut encoder = GzEncoder::new(Vec::new(), Compression::new(5));
    let Ok(packed) = encoder.write_all(body.as_bytes()).and_then(|()| encoder.finish()) else { return };
    response.body = Some(STANDARD.encode(packed));
    response.is_base64_encoded = true;
    response.headers.insert("content-encoding", HeaderValue::from_static("gzip"));
    response.headers.insert("vary", HeaderValue::from_static("accept-encoding"));
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_page_lets_inline_or_foreign_code_run() {
        let mut response = http::answer(200, "text/html", String::new(), &[]);
        protect(&mut response, Some("https://files.example"));
        let policy = response.headers["content-security-policy"].to_str().unwrap();
        assert!(policy.contains("default-src 'none'") && policy.contains("frame-ancestors 'none'"), "{policy}");
        assert!(policy.contains("connect-src 'self' https://files.example;"), "{policy}");
        assert!(!policy.contains("unsafe") && !policy.contains('*'), "{policy}");
        assert_eq!(response.headers["cache-control"], "no-store");
    }

    #[test]
    fn an_answer_is_compressed_for_browsers_that_take_it() {
        let mut request = LambdaFunctionUrlRequest::default();
        let answer = || http::answer(200, "text/html", "a".repeat(5_000), &[]);
        let mut plain = answer();
        compress(&request, &mut plain);
        assert!(!plain.is_base64_encoded);
        request.headers.insert("accept-encoding", "gzip, br".parse().unwrap());
        let mut packed = answer();
        compress(&request, &mut packed);
        assert!(packed.is_base64_encoded && packed.body.unwrap().len() < 200);
    }
}

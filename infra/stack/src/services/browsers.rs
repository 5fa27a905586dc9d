//! What a browser needs before a page of the API's port may put a file at a presigned URL: the same as the template's
//! rules for the bucket, with that one origin.

use http::header::{
    ACCESS_CONTROL_ALLOW_HEADERS, ACCESS_CONTROL_ALLOW_METHODS, ACCESS_CONTROL_ALLOW_ORIGIN,
    ACCESS_CONTROL_EXPOSE_HEADERS, ACCESS_CONTROL_REQUEST_METHOD, HeaderValue, VARY,
};
use http::{HeaderMap, Method, Response, StatusCode, Uri};

use super::objects::is_presigned;
use crate::answers::{Body, full};

/// The answer to a browser that asks whether a page may put a file; `None` if it asks for something else.
pub(super) fn preflight(method: &Method, uri: &Uri, headers: &HeaderMap, page: &HeaderValue) -> Option<Response<Body>> {
    let wanted = headers.get(ACCESS_CONTROL_REQUEST_METHOD)?;
    if method != Method::OPTIONS || wanted != Method::PUT.as_str() || !is_presigned(uri) {
        return None;
    }
    let mut response = Response::new(full(""));
    *response.status_mut() = StatusCode::NO_CONTENT;
    let allowed = response.headers_mut();
    allowed.insert(ACCESS_CONTROL_ALLOW_METHODS, HeaderValue::from_static("PUT"));
    allowed.insert(ACCESS_CONTROL_ALLOW_HEADERS, HeaderValue::from_static("content-type, if-none-match"));
    show(&mut response, page.clone());
    Some(response)
}

/// Lets a page read an answer.
pub(super) fn show(answer: &mut Response<Body>, page: HeaderValue) {
    let headers = answer.headers_mut();
    headers.insert(ACCESS_CONTROL_ALLOW_ORIGIN, page);
    headers.insert(ACCESS_CONTROL_EXPOSE_HEADERS, HeaderValue::from_static("etag"));
    headers.append(VARY, HeaderValue::from_static("origin"));
}

//! Answers in the JSON protocol of AWS, which all services but the object store speak.

use http::{Response, StatusCode};
use serde_json::{Value as Json, json};

use crate::answers::{Body, answer};

/// The answer to a request that succeeded.
pub(super) fn success(body: &Json) -> Response<Body> {
    typed(StatusCode::OK, body)
}

/// The answer to a request that is wrong.
pub(super) fn bad_request(kind: &str) -> Response<Body> {
    error(StatusCode::BAD_REQUEST, kind)
}

/// The answer to a request that may not be carried out.
pub(super) fn refused(kind: &str, message: &str) -> Response<Body> {
    typed(StatusCode::FORBIDDEN, &json!({ "__type": kind, "message": message }))
}

/// The answer to a request that the service failed to carry out.
pub(super) fn internal_error(kind: &str) -> Response<Body> {
    error(StatusCode::INTERNAL_SERVER_ERROR, kind)
}

fn error(status: StatusCode, kind: &str) -> Response<Body> {
    typed(status, &json!({ "__type": kind }))
}

fn typed(status: StatusCode, body: &Json) -> Response<Body> {
    answer(status, "application/x-amz-json-1.1", body.to_string())
}

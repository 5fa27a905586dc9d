//! Problem details (RFC 9457), with Muster's stable codes.

use aws_lambda_events::lambda_function_urls::LambdaFunctionUrlResponse;
use domain::input::FieldProblem;
use serde::Serialize;

use super::answer::answer;

/// An answer to a request that cannot be served.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct HttpProblem {
    /// The HTTP status.
    pub status: u16,
    /// The stable code.
    pub code: &'static str,
    /// What is wrong and what to do about it.
    pub detail: String,
    /// What is wrong with which field, for bad input.
    pub problems: Vec<FieldProblem>,
    /// Of a 405: the methods that the path takes (RFC 9110, 15.5.6).
    pub allow: Vec<&'static str>,
}

impl HttpProblem {
    /// An answer of this status and code.
    pub fn new(status: u16, code: &'static str, detail: impl Into<String>) -> Self {
        Self { status, code, detail: detail.into(), problems: Vec::new(), allow: Vec::new() }
    }

    /// Nothing exists under this path.
    pub fn no_such_path() -> Self {
        Self::new(404, "not_found", "There is nothing under this path.")
    }

    /// The path takes these methods, and not that of the request.
    pub fn wrong_method(allow: Vec<&'static str>) -> Self {
        let detail = format!("This path does not take this method, but: {}.", allow.join(", "));
        Self { allow, ..Self::new(405, "method_not_allowed", detail) }
    }

    /// Bad input, field by field.
    pub fn invalid(problems: Vec<FieldProblem>) -> Self {
        let detail = problems.first().map_or_else(String::new, |problem| match problem.path.as_str() {
            "" => problem.message.clone(),
            path => format!("{path}: {}", problem.message),
        });
        Self { status: 400, code: "invalid_request", detail, problems, allow: Vec::new() }
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
    problems: &'a [FieldProblem],
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
        let headers = match problem.status {
            401 => vec![("www-authenticate", "Bearer realm=\"muster\"".to_owned())],
            405 => vec![("allow", problem.allow.join(", "))],
            _ => Vec::new(),
        };
        answer(problem.status, "application/problem+json", serde_json::to_string(&body).unwrap_or_default(), &headers)
    }
}

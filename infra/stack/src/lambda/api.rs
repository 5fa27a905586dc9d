//! The API of the stack: its two functions and the console behind one address, and two paths about the stack itself.

use std::convert::Infallible;
use std::sync::Arc;

use dynoxide::Database;
use http::request::Parts;
use http::{Method, Request, Response, StatusCode};
use hyper::body::Incoming;
use lambda_runtime::LambdaEvent;
use runtime::http::HttpProblem;
use serde::Serialize;
use serde_json::json;

use super::function_url::{LARGEST_PAYLOAD, event, response};
use super::functions::Functions;
use super::runner::{Failure, Runner};
use crate::answers::{Body, answer};
use crate::bodies::{self, Unread};
use crate::clients::meter::Meter;
use crate::door::Door;
use crate::running::Running;

/// The API.
pub(crate) struct Api {
    pub(crate) door: Door,
    pub(crate) functions: Functions,
    pub(crate) runner: Arc<Runner>,
    pub(crate) meter: Arc<Meter>,
    pub(crate) running: Running,
    pub(crate) api_key: String,
    pub(crate) database: Database,
}

impl Api {
    /// Answers one request.
    pub(crate) async fn answer(self: Arc<Self>, request: Request<Incoming>) -> Result<Response<Body>, Infallible> {
        if let Err(stranger) = self.door.check(request.headers()) {
            let problem = HttpProblem::new(403, "forbidden", stranger.to_string());
            return Ok(response(problem.into()).unwrap_or_else(|| error(StatusCode::FORBIDDEN)));
        }
        let response = match (request.method(), request.uri().path()) {
            (&Method::GET, "/health") => {
                let query = request.uri().query().unwrap_or_default();
                json_response(StatusCode::OK, &self.running.health(query, &self.api_key))
            }
            (&Method::GET, "/local/usage") => self.usage().await,
            _ => self.invoke(request).await,
        };
        Ok(response)
    }

    /// Answers what the functions used so far, and how many items the tables have.
    async fn usage(&self) -> Response<Body> {
        let database = self.database.clone();
        let counted = tokio::task::spawn_blocking(move || database.table_stats()).await;
        let Ok(Ok(tables)) = counted else { return error(StatusCode::BAD_GATEWAY) };
        let mut usage = self.meter.snapshot();
        for table in tables {
            usage.item_bytes.insert(table.table_name.clone(), table.size_bytes);
            usage.items.insert(table.table_name, u64::try_from(table.item_count).unwrap_or(0));
        }
        json_response(StatusCode::OK, &usage)
    }

    async fn invoke(&self, request: Request<Incoming>) -> Response<Body> {
        let (parts, body) = request.into_parts();
        let body = match bodies::whole(body, LARGEST_PAYLOAD).await {
            Ok(body) => body,
            Err(unread) => {
                let message = match unread {
                    Unread::TooLarge(largest) => {
                        format!("Request must be smaller than {largest} bytes for the InvokeFunction operation")
                    }
                    unread => unread.to_string(),
                };
                return json_response(unread.status(), &json!({ "Message": message }));
            }
        };
        let (name, handler) = if is_page(&parts) {
            ("console", Arc::clone(&self.functions.console))
        } else if is_for_upload(&parts) {
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
            Ok(answer) => response(answer).unwrap_or_else(|| error(StatusCode::BAD_GATEWAY)),
            Err(Failure::TimedOut(_)) => error(StatusCode::GATEWAY_TIMEOUT),
            Err(_) => error(StatusCode::BAD_GATEWAY),
        }
    }
}

/// Whether a request is for the console. Its pages have the origin of the API, the one that the stores' door lets in.
fn is_page(parts: &Parts) -> bool {
    let path = parts.uri.path();
    path == "/" || path == console::ROOT || path.strip_prefix(console::ROOT).is_some_and(|rest| rest.starts_with('/'))
}

/// Whether a request is one that only the upload function answers.
fn is_for_upload(parts: &Parts) -> bool {
    let path = parts.uri.path().trim_end_matches('/');
    parts.method == Method::POST && ["/imports", "/imports/preview"].contains(&path)
}

fn error(status: StatusCode) -> Response<Body> {
    json_response(status, &json!({ "Message": "Internal Server Error" }))
}

fn json_response(status: StatusCode, body: &impl Serialize) -> Response<Body> {
    answer(status, "application/json", serde_json::to_vec(body).unwrap_or_default())
}

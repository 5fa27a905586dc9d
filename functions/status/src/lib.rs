//! Answers how far an import is, launches forecasts, and reads customers and segments back.

mod catalogue;
mod check_summary;
mod columns;
mod customers;
mod definitions;
mod deletion;
mod forecast;
mod imports;
mod launch;
mod listing;
mod openapi;
mod report;
mod row;
mod segment_jobs;
mod segments;
mod shown;
mod stop_and_retry;
mod undo;
mod upload;

use aws_config::SdkConfig;
use aws_lambda_events::lambda_function_urls::{LambdaFunctionUrlRequest, LambdaFunctionUrlResponse};
use domain::catalogue::EntryKind;
use domain::imports::{ImportId, Trace};
use domain::segment_job::JobKind;
use lambda_runtime::{Error, LambdaEvent};
use runtime::deployment::Deployment;
use runtime::gate::Gate;
use runtime::http::{self, HttpProblem};
use runtime::keys::Role;
use sha2::{Digest, Sha256};
use stores::catalogue::Catalogue;
use stores::customers::StoredCustomers;
use stores::definitions::Definitions;
use stores::segments::Segments;
use stores::{StoreError, Stores};
use tracing::Instrument as _;

/// Most entries of a listing.
const MAX_LIMIT: usize = 200;
/// Entries of a listing unless the request says.
const LIMIT: usize = 50;

/// The function and the stores it uses.
#[derive(Debug)]
pub struct Status {
    stores: Stores,
    customers: StoredCustomers,
    segments: Segments,
    catalogue: Catalogue,
    definitions: Definitions,
    public_url: String,
    gate: Gate,
    random: fn() -> u128,
}

impl Status {
    /// The function over the stores at the endpoint of this configuration.
    pub fn new(sdk: &SdkConfig, deployment: &Deployment) -> Self {
        let resources = &deployment.resources;
        Self {
            stores: Stores::new(sdk, resources),
            customers: StoredCustomers::new(sdk, resources),
            segments: Segments::new(sdk, resources),
            catalogue: Catalogue::new(sdk, resources),
            definitions: Definitions::new(sdk, resources),
            public_url: deployment.public_url.clone(),
            gate: Gate::new(sdk, deployment),
            random: rand::random,
        }
    }

    /// The function with another source of the random bits of import ids, for tests that repeat exactly.
    #[must_use]
    pub fn drawing_from(self, random: fn() -> u128) -> Self {
        Self { random, ..self }
    }

    /// Answers a request to the function URL.
    ///
    /// # Errors
    /// Never: whatever goes wrong is an answer.
    pub async fn handle(
        &self,
        event: LambdaEvent<LambdaFunctionUrlRequest>,
    ) -> Result<LambdaFunctionUrlResponse, Error> {
        let request = &event.payload;
        // A path or a query may name a customer, so only an import's id of it goes into the log.
        let path = http::path(request);
        let import = match path.as_slice() {
            [imports, id, ..] if imports == "imports" => id.parse::<ImportId>().ok(),
            _ => None,
        };
        let span = tracing::info_span!("request", import = import.map(tracing::field::display));
        let trace = http::trace(&event);
        let answer = Box::pin(self.answer(request, trace.as_ref())).instrument(span).await;
        Ok(answer.map_or_else(Into::into, |response| not_modified(request, response)))
    }

    async fn answer(
        &self,
        request: &LambdaFunctionUrlRequest,
        trace: Option<&Trace>,
    ) -> Result<LambdaFunctionUrlResponse, HttpProblem> {
        let path = http::path(request);
        let path: Vec<&str> = path.iter().map(String::as_str).collect();
        let caller = self.gate.admit(request, needed_role(http::method(request), &path)).await?;
        if let [path] = path.as_slice()
            && let Some(kind) = EntryKind::listed_at(path)
        {
            return match http::method(request) {
                "GET" => self.entries(kind, request).await,
                "POST" => self.create_entry(kind, request).await,
                method => Err(refused(method, &[path])),
            };
        }
        if let ("DELETE", [path, name]) = (http::method(request), path.as_slice())
            && let Some(kind) = EntryKind::listed_at(path)
        {
            return self.delete_entry(kind, name).await;
        }
        match (http::method(request), path.as_slice()) {
            ("GET", ["imports"]) => self.imports(request).await,
            ("GET", ["imports", "template.csv"]) => Ok(columns::template()),
            ("GET", ["openapi.json"]) => Ok(http::json(200, &openapi::openapi(&self.base(request)), &[])),
            ("GET", ["columns"]) => Ok(columns::columns(&self.catalogue.fields().await.map_err(failed)?)),
            ("GET", ["imports", id]) => Box::pin(self.import(id, request, &caller)).await,
            ("GET", ["imports", id, "errors"]) => self.errors(id).await,
            ("GET", ["imports", id, "errors", "summary"]) => self.errors_summary(id).await,
            ("GET", ["imports", id, "results"]) => self.results(id).await,
            ("GET", ["imports", id, "rows", row]) => Box::pin(self.row(id, row)).await,
            ("GET", ["imports", id, "upload"]) => self.describe_upload(id, request).await,
            ("POST", ["imports", id, "upload"]) => self.complete_upload(id, request).await,
            ("POST", ["imports", id, "launch"]) => Box::pin(self.launch(id, request, &caller, trace)).await,
            ("POST", ["imports", id, "cancel"]) => self.cancel(id, request).await,
            ("POST", ["imports", id, "retry"]) => self.retry(id, request).await,
            ("POST", ["imports", id, "undo"]) => self.undo(id, request, &caller).await,
            ("GET", ["definitions"]) => self.definitions(request).await,
            ("POST", ["definitions"]) => Box::pin(self.create_definition(request)).await,
            ("GET", ["definitions", name]) => self.definition(name, request).await,
            ("PUT", ["definitions", name]) => Box::pin(self.replace_definition(name, request)).await,
            ("DELETE", ["definitions", name]) => self.delete_definition(name).await,
            ("GET", ["customers"]) => self.find_customer(request).await,
            ("GET", ["customers", id]) => self.customer(id).await,
            ("DELETE", ["customers"]) => self.erase_holder(request).await,
            ("DELETE", ["customers", id]) => self.erase(id, request).await,
            ("GET", ["customers", id, "activity"]) => self.activity(id, request).await,
            ("GET", ["suppressions"]) => self.suppression(request).await,
            ("DELETE", ["suppressions"]) => self.lift_suppression(request).await,
            ("GET", ["segments", id]) => self.about_segment(id, request).await,
            ("GET", ["segments", id, "export", "file"]) => self.exported(id).await,
            ("GET", ["segments", id, "count"]) => self.job(id, JobKind::Count, request).await,
            ("POST", ["segments", id, "count"]) => self.begin_job(id, JobKind::Count, request, &caller).await,
            ("GET", ["segments", id, "export"]) => self.job(id, JobKind::Export, request).await,
            ("POST", ["segments", id, "export"]) => self.begin_job(id, JobKind::Export, request, &caller).await,
            ("GET", ["segments", id, "members"]) => self.members(id, request).await,
            (method, path) => Err(refused(method, path)),
        }
    }

    fn base(&self, request: &LambdaFunctionUrlRequest) -> String {
        base(&self.public_url, request)
    }
}

/// The function's own URL. A template cannot tell a function its URL, but each request does.
fn base(public_url: &str, request: &LambdaFunctionUrlRequest) -> String {
    match &request.request_context.domain_name {
        Some(domain) if public_url.is_empty() => {
            // Lambda sets this header itself. Emulators answer plain HTTP.
            let scheme = http::header(request, "x-forwarded-proto").filter(|scheme| *scheme == "http");
            format!("{}://{domain}", scheme.unwrap_or("https"))
        }
        _ => public_url.to_owned(),
    }
}

/// What a key must allow for a request. Reading how a file is uploaded gives URLs that take one, and a job on the members
/// of a segment only reads.
pub fn needed_role(method: &str, path: &[&str]) -> Role {
    match (method, path) {
        ("GET", ["imports", _, "upload"]) => Role::Import,
        ("GET", _) | ("POST", ["segments", _, "count" | "export"]) => Role::Read,
        _ => Role::Import,
    }
}

/// The refusal of a request that no operation answers: its path takes other methods, or there is no such path.
fn refused(method: &str, path: &[&str]) -> HttpProblem {
    let mut allowed = openapi::methods(path);
    // What the upload function takes of the same path is described too.
    allowed.retain(|allowed| *allowed != method);
    if allowed.is_empty() { HttpProblem::no_such_path() } else { HttpProblem::wrong_method(allowed) }
}

/// Turns an answer that the client has already into a 304. That saves the client the body; every read was done for it.
fn not_modified(
    request: &LambdaFunctionUrlRequest,
    mut response: LambdaFunctionUrlResponse,
) -> LambdaFunctionUrlResponse {
    if response.status_code != 200 {
        return response;
    }
    let body = response.body.as_deref().unwrap_or_default();
    let etag: String = Sha256::digest(body).iter().take(12).map(|byte| format!("{byte:02x}")).collect();
    let etag = format!("\"{etag}\"");
    if http::header(request, "if-none-match") == Some(etag.as_str()) {
        response.status_code = 304;
        // Empty, not missing: LocalStack answers 500 in place of an answer without a body.
        response.body = Some(String::new());
    }
    if let Ok(value) = etag.parse() {
        response.headers.insert("etag", value);
    }
    response
}

fn limit(request: &LambdaFunctionUrlRequest) -> Result<usize, HttpProblem> {
    limit_up_to(request, LIMIT, MAX_LIMIT)
}

/// The limit that a request gives, or else `usual`.
fn limit_up_to(request: &LambdaFunctionUrlRequest, usual: usize, most: usize) -> Result<usize, HttpProblem> {
    let Some(limit) = http::query(request, "limit") else { return Ok(usual) };
    let limit = limit.parse().ok().filter(|limit| (1..=most).contains(limit));
    limit.ok_or_else(|| HttpProblem::new(400, "invalid_limit", format!("`limit` is a number from 1 to {most}.")))
}

fn invalid_cursor() -> HttpProblem {
    HttpProblem::new(400, "invalid_cursor", "Give the `cursor` of the answer before, as it was.")
}

fn failed(error: StoreError) -> HttpProblem {
    tracing::error!(%error, "a request could not be answered");
    HttpProblem::unavailable()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_answer_that_the_client_has_is_304_with_an_empty_body() {
        let answer = || http::json(200, &serde_json::json!({ "state": "importing" }), &[]);
        let mut request = LambdaFunctionUrlRequest::default();
        let first = not_modified(&request, answer());
        let etag = first.headers["etag"].clone();
        request.headers.insert("if-none-match", etag.clone());
        let second = not_modified(&request, answer());
        assert_eq!((second.status_code, second.body.as_deref()), (304, Some("")));
        assert_eq!(second.headers["etag"], etag);
        request.headers.insert("if-none-match", "\"another\"".parse().unwrap());
        assert_eq!(not_modified(&request, answer()).status_code, 200);
    }

    #[test]
    fn links_of_a_function_without_a_public_url_have_the_scheme_of_the_request() {
        let domain = "abc.lambda-url.us-east-1.localhost.localstack.cloud:4566";
        for (header, expected) in
            [(None, "https"), (Some("https"), "https"), (Some("http"), "http"), (Some("x"), "https")]
        {
            let mut request = LambdaFunctionUrlRequest::default();
            request.request_context.domain_name = Some(domain.to_owned());
            if let Some(scheme) = header {
                request.headers.insert("x-forwarded-proto", scheme.parse().unwrap());
            }
            assert_eq!(base("", &request), format!("{expected}://{domain}"), "{header:?}");
            assert_eq!(base("https://muster.example.com", &request), "https://muster.example.com");
        }
    }

    #[test]
    fn a_wrong_method_is_told_the_right_ones_and_a_wrong_path_is_not_found() {
        for (method, path, allowed) in [
            ("PUT", &["imports", "01K"][..], &["GET"][..]),
            ("POST", &["imports"], &["GET"]),
            ("PATCH", &["imports"], &["POST", "GET"]),
            ("GET", &["imports", "01K", "undo"], &["POST"]),
            ("POST", &["imports", "template.csv"], &["GET"]),
            ("PUT", &["segments", "a", "members"], &["GET"]),
            ("PUT", &["segments", "a", "export"], &["POST", "GET"]),
            ("PUT", &["customers", "01K"], &["GET", "DELETE"]),
        ] {
            let refused = refused(method, path);
            assert_eq!((refused.status, refused.allow.as_slice()), (405, allowed), "{method} {path:?}");
        }
        for path in [&["nothing"][..], &[], &["imports", "01K", "a", "b", "c"]] {
            assert_eq!(refused("GET", path).status, 404, "{path:?}");
        }
    }

    #[test]
    fn urls_that_take_a_file_need_a_key_that_may_import() {
        assert_eq!(needed_role("GET", &["imports", "01K", "upload"]), Role::Import);
        assert_eq!(needed_role("GET", &["imports", "01K"]), Role::Read);
        assert_eq!(needed_role("POST", &["imports", "01K", "cancel"]), Role::Import);
        assert_eq!(needed_role("POST", &["segments", "a", "export"]), Role::Read);
    }
}

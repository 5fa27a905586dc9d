//! Takes the settings of an import, records the task and answers with a presigned URL to upload to.

mod names;

use std::time::Duration;

use aws_lambda_events::lambda_function_urls::{LambdaFunctionUrlRequest, LambdaFunctionUrlResponse};
use lambda_runtime::{Error, LambdaEvent};
use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};
use serde_json::{Value as Json, json};
use sha2::{Digest, Sha256};
use shared::access::Role;
use shared::clock::Clock;
use shared::gate::Gate;
use shared::http::{self, HttpProblem};
use shared::settings::ImportRequest;
use shared::store::catalogue::Catalogue;
use shared::store::objects::Objects;
use shared::store::tasks::{NewTask, Recorded, Task, Tasks};
use shared::store::{Resources, StoreError};
use shared::task::{State, TaskId};
use shared::trace::Trace;

/// How long an upload URL is good: long enough for 5 GB over a slow line, and within what S3 signs for with the
/// credentials of a function (they last for hours).
const UPLOAD_VALID: Duration = Duration::from_secs(60 * 60);
/// What is escaped in the path of a URL; a path of an event is not escaped.
const PATH: &AsciiSet = &NON_ALPHANUMERIC.remove(b'-').remove(b'_').remove(b'.').remove(b'~').remove(b'/');
/// Longest `Idempotency-Key`, in bytes.
const MAX_KEY: usize = 255;

/// The function and the stores it uses.
#[derive(Debug)]
pub struct Upload {
    tasks: Tasks,
    objects: Objects,
    catalogue: Catalogue,
    clock: Clock,
    public_url: String,
    gate: Gate,
    random: fn() -> u128,
}

impl Upload {
    /// The function over the stores at the endpoint of this configuration.
    pub fn new(sdk: &aws_config::SdkConfig, resources: &Resources) -> Self {
        Self {
            tasks: Tasks::new(sdk, resources),
            objects: Objects::new(sdk, resources),
            catalogue: Catalogue::new(sdk, resources),
            clock: Clock::of(sdk),
            public_url: resources.public_url.clone(),
            gate: Gate::new(sdk, resources),
            random: rand::random,
        }
    }

    /// The function with another source of the random bits of task ids, for tests that repeat exactly.
    #[must_use]
    pub fn drawing_from(self, random: fn() -> u128) -> Self {
        Self { random, ..self }
    }

    /// Answers `POST /imports`.
    ///
    /// # Errors
    /// None: what goes wrong is an answer.
    pub async fn handle(
        &self,
        event: LambdaEvent<LambdaFunctionUrlRequest>,
    ) -> Result<LambdaFunctionUrlResponse, Error> {
        let trace = trace(&event);
        Ok(self.answer(&event.payload, trace.as_ref()).await.unwrap_or_else(Into::into))
    }

    async fn answer(
        &self,
        request: &LambdaFunctionUrlRequest,
        trace: Option<&Trace>,
    ) -> Result<LambdaFunctionUrlResponse, HttpProblem> {
        if http::path(request) != ["imports"] || http::method(request) != "POST" {
            return Ok(self.elsewhere(request));
        }
        self.gate.admit(request, Role::Import).await?;
        let body = http::body(request)?;
        let import = ImportRequest::parse(&body).map_err(HttpProblem::invalid)?;
        let key = http::header(request, "idempotency-key");
        if key.is_some_and(|key| key.is_empty() || key.len() > MAX_KEY) {
            return Err(HttpProblem::new(
                400,
                "invalid_idempotency_key",
                format!("An Idempotency-Key has 1 to {MAX_KEY} bytes."),
            ));
        }
        let task = self.record(&import, key, trace).await?;
        tracing::info!(task = %task.id, trace = task.trace.root(), "an import is awaited");
        self.created(&task, &import).await
    }

    /// Everything but launching an import is the status function's: whoever knows this URL is sent there.
    fn elsewhere(&self, request: &LambdaFunctionUrlRequest) -> LambdaFunctionUrlResponse {
        let path = request.raw_path.as_deref().unwrap_or("/");
        let path: String = utf8_percent_encode(path, PATH).collect();
        let query = request.raw_query_string.as_deref().filter(|query| !query.is_empty());
        let query = query.map(|query| format!("?{query}")).unwrap_or_default();
        http::answer(308, "text/plain", String::new(), &[("location", format!("{}{path}{query}", self.public_url))])
    }

    /// Records the task, or finds the one that the same request recorded before.
    async fn record(
        &self,
        import: &ImportRequest,
        key: Option<&str>,
        trace: Option<&Trace>,
    ) -> Result<Task, HttpProblem> {
        let bound =
            Box::pin(names::bind(&self.catalogue, import)).await.map_err(failed)?.map_err(HttpProblem::invalid)?;
        let now = self.clock.now();
        let id = TaskId::new(now, (self.random)());
        let object_key = format!("uploads/{id}/{}", file_name(&import.file.name));
        let fingerprint = fingerprint(import)?;
        let new = NewTask {
            id,
            request: import,
            bound: &bound,
            object_key: &object_key,
            upload_until: now + UPLOAD_VALID,
            trace,
            idempotency: key.map(|key| (key, fingerprint.as_str())),
        };
        let id = match self.tasks.record(&new).await.map_err(failed)? {
            Recorded::New => id,
            Recorded::Before(before) => before,
            Recorded::KeyReused => {
                return Err(HttpProblem::new(
                    409,
                    "idempotency_key_reused",
                    "This Idempotency-Key was used for another import. Use a new key for new settings.",
                ));
            }
        };
        self.tasks.task(id).await.map_err(failed)?.ok_or_else(HttpProblem::unavailable)
    }

    async fn created(&self, task: &Task, import: &ImportRequest) -> Result<LambdaFunctionUrlResponse, HttpProblem> {
        let url = format!("{}/imports/{}", self.public_url, task.id);
        let mut body = json!({ "id": task.id, "url": url, "state": task.state });
        let left = Duration::try_from(task.upload_until.duration_since(self.clock.now())).unwrap_or_default();
        if task.state == State::AwaitingUpload && !left.is_zero() {
            if let Some(part_size) = import.file.part_size() {
                body["upload"] = self.parts(task, import, part_size, left).await.map_err(failed)?;
            } else {
                let signed = self
                    .objects
                    .upload_url(&task.object_key, content_type(&import.file.name), import.file.size, left)
                    .await;
                let signed = signed.map_err(failed)?;
                let headers: serde_json::Map<String, serde_json::Value> =
                    signed.headers.into_iter().map(|(name, value)| (name, value.into())).collect();
                body["upload"] = json!({
                    "method": "PUT",
                    "url": signed.url,
                    "headers": headers,
                    "expires_at": task.upload_until,
                });
            }
        }
        if let Some(sha256) = &import.file.sha256
            && let Some(before) = self.tasks.importer_of(sha256).await.map_err(failed)?
            && before != task.id
        {
            body["imported_before"] = json!({
                "id": before,
                "url": format!("{}/imports/{before}", self.public_url),
                "created_at": before.launched(),
            });
        }
        Ok(http::json(201, &body, &[("location", url)]))
    }
}

impl Upload {
    /// How a large file is uploaded: a URL for each part, and one that makes a file of them.
    async fn parts(
        &self,
        task: &Task,
        import: &ImportRequest,
        part_size: u64,
        valid: Duration,
    ) -> Result<Json, StoreError> {
        let upload = match &task.upload_id {
            Some(upload) => upload.clone(),
            None => {
                let begun = self.objects.begin_parts(&task.object_key, content_type(&import.file.name)).await?;
                self.tasks.begin_upload(task.id, &begun).await?
            }
        };
        let size = import.file.size.unwrap_or_default();
        let mut parts = Vec::new();
        for number in 1..=i32::try_from(size.div_ceil(part_size)).unwrap_or(i32::MAX) {
            let length = part_size.min(size - u64::from(number.unsigned_abs() - 1) * part_size);
            let url = self.objects.part_url(&task.object_key, &upload, number, length, valid).await?;
            parts.push(json!({ "number": number, "size": length, "url": url }));
        }
        Ok(json!({
            "method": "PUT",
            "multipart": {
                "part_size": part_size,
                "parts": parts,
                "complete_url": format!("{}/imports/{}/upload", self.public_url, task.id),
            },
            "headers": {},
            "expires_at": task.upload_until,
        }))
    }
}

/// The trace of a request: the caller's own, or the one that Lambda gave it.
fn trace(event: &LambdaEvent<LambdaFunctionUrlRequest>) -> Option<Trace> {
    let callers = http::header(&event.payload, "traceparent").and_then(Trace::from_traceparent);
    callers.or_else(|| event.context.xray_trace_id.as_deref().and_then(Trace::from_header))
}

fn failed(error: StoreError) -> HttpProblem {
    tracing::error!(%error, "an import could not be recorded");
    HttpProblem::unavailable()
}

/// What tells a repeated request from another one.
fn fingerprint(import: &ImportRequest) -> Result<String, HttpProblem> {
    let json = serde_json::to_vec(import).map_err(|_| HttpProblem::unavailable())?;
    Ok(Sha256::digest(&json).iter().map(|byte| format!("{byte:02x}")).collect())
}

/// The type that the upload is bound to.
fn content_type(name: &str) -> &'static str {
    if name.to_ascii_lowercase().ends_with(".gz") { "application/gzip" } else { "text/csv" }
}

/// A file's name as the last part of a key: what is not a plain letter, digit, dot, dash or underscore is a dash, so
/// that every store and every event spells the key alike. The task keeps the name as it was.
fn file_name(name: &str) -> String {
    let name = name.rsplit(['/', '\\']).next().unwrap_or(name);
    let plain = name.chars().map(|c| if c.is_ascii_alphanumeric() || "._-".contains(c) { c } else { '-' });
    let plain: String = plain.take(100).collect();
    if plain.trim_matches(['.', '-']).is_empty() { "file.csv".to_owned() } else { plain }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn odd_file_names_make_plain_keys() {
        assert_eq!(file_name("customers.csv"), "customers.csv");
        assert_eq!(file_name("../../etc/pass wd?.csv"), "pass-wd-.csv");
        assert_eq!(file_name("C:\\My Files\\Клиенты 1.csv"), "--------1.csv");
        assert_eq!(file_name(".."), "file.csv");
    }
}

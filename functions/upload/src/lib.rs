//! Takes the settings of an import, records the import and answers with a presigned URL to upload to; shows what would be
//! read of a file before that.

mod preview;
mod sample;

use aws_config::SdkConfig;
use aws_lambda_events::lambda_function_urls::{LambdaFunctionUrlRequest, LambdaFunctionUrlResponse};
use domain::definitions::{Definition, SentRequest};
use domain::imports::{ImportId, ImportRequest, State, Trace};
use lambda_runtime::{Error, LambdaEvent};
use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};
use runtime::deployment::Deployment;
use runtime::gate::Gate;
use runtime::http::{self, HttpProblem};
use runtime::keys::{Caller, Role};
use runtime::upload::{UPLOAD_VALID, Uploads};
use serde_json::{Value as Json, json};
use sha2::{Digest, Sha256};
use stores::StoreError;
use stores::bucket::Bucket;
use stores::catalogue::Catalogue;
use stores::clock::Clock;
use stores::definitions::Definitions;
use stores::imports::{Idempotency, Import, Imports, Launched, NewFile, NewImport};

/// The characters that are escaped in the path of a URL: Lambda gives a function the path unescaped.
const PATH: &AsciiSet = &NON_ALPHANUMERIC.remove(b'-').remove(b'_').remove(b'.').remove(b'~').remove(b'/');
/// Longest `Idempotency-Key`, in bytes.
const MAX_KEY: usize = 255;

/// The function and the stores it uses.
#[derive(Debug)]
pub struct Upload {
    imports: Imports,
    bucket: Bucket,
    catalogue: Catalogue,
    definitions: Definitions,
    clock: Clock,
    public_url: String,
    gate: Gate,
    random: fn() -> u128,
}

impl Upload {
    /// The function over the stores at the endpoint of this configuration.
    pub fn new(sdk: &SdkConfig, deployment: &Deployment) -> Self {
        let resources = &deployment.resources;
        Self {
            imports: Imports::new(sdk, resources),
            bucket: Bucket::new(sdk, resources),
            catalogue: Catalogue::new(sdk, resources),
            definitions: Definitions::new(sdk, resources),
            clock: Clock::from_sdk(sdk),
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

    /// Answers `POST /imports` and `POST /imports/preview`.
    ///
    /// # Errors
    /// Never: whatever goes wrong is an answer.
    pub async fn handle(
        &self,
        event: LambdaEvent<LambdaFunctionUrlRequest>,
    ) -> Result<LambdaFunctionUrlResponse, Error> {
        let trace = http::trace(&event);
        // Boxed, because the futures of SDK calls are deep types, and the compiler follows them only so far.
        let answer = Box::pin(self.answer(&event.payload, trace.as_ref())).await;
        Ok(answer.unwrap_or_else(Into::into))
    }

    async fn answer(
        &self,
        request: &LambdaFunctionUrlRequest,
        trace: Option<&Trace>,
    ) -> Result<LambdaFunctionUrlResponse, HttpProblem> {
        let path = http::path(request);
        let path: Vec<&str> = path.iter().map(String::as_str).collect();
        match (http::method(request), path.as_slice()) {
            ("POST", ["imports"]) => {
                let caller = self.gate.admit(request, Role::Import).await?;
                self.launch(request, &caller, trace).await
            }
            ("POST", ["imports", "preview"]) => {
                self.gate.admit(request, Role::Import).await?;
                self.preview(request).await
            }
            _ => Ok(self.elsewhere(request)),
        }
    }

    async fn launch(
        &self,
        request: &LambdaFunctionUrlRequest,
        caller: &Caller,
        trace: Option<&Trace>,
    ) -> Result<LambdaFunctionUrlResponse, HttpProblem> {
        let sent = SentRequest::parse(&http::body(request)?).map_err(HttpProblem::invalid)?;
        // The same request is the same import, whatever became of its definition in between.
        let sent_identity = sent.definition().map(|_| fingerprint(&sent.to_bytes()));
        let definition = self.definition_of(&sent).await?;
        let import = sent.complete(definition.as_ref()).map_err(HttpProblem::invalid)?;
        let identity = match sent_identity {
            Some(identity) => identity,
            None => fingerprint(&serde_json::to_vec(&import).map_err(|_| HttpProblem::unavailable())?),
        };
        let key = http::header(request, "idempotency-key");
        if key.is_some_and(|key| key.is_empty() || key.len() > MAX_KEY) {
            let detail = format!("An Idempotency-Key has 1 to {MAX_KEY} bytes.");
            return Err(HttpProblem::new(400, "invalid_idempotency_key", detail));
        }
        let idempotency = key.map(|key| Idempotency::of_client(key, &identity));
        let recorded = self.record(&import, caller, idempotency.as_ref(), trace).await?;
        tracing::info!(import = %recorded.id, trace = recorded.trace.root(), "an import awaits its file");
        self.created(&recorded, &import).await
    }

    /// The definition that a request names, if it exists.
    pub(crate) async fn definition_of(&self, sent: &SentRequest) -> Result<Option<Definition>, HttpProblem> {
        let Some(name) = sent.definition() else { return Ok(None) };
        Ok(self.definitions.get(name).await.map_err(failed)?.map(|stored| stored.definition))
    }

    /// Sends the client to the status function, which answers everything but the launch of an import and the look at a
    /// file before it. So one URL is enough.
    fn elsewhere(&self, request: &LambdaFunctionUrlRequest) -> LambdaFunctionUrlResponse {
        let path = request.raw_path.as_deref().unwrap_or("/");
        let path: String = utf8_percent_encode(path, PATH).collect();
        let query = request.raw_query_string.as_deref().filter(|query| !query.is_empty());
        let query = query.map(|query| format!("?{query}")).unwrap_or_default();
        http::answer(308, "text/plain", String::new(), &[("location", format!("{}{path}{query}", self.public_url))])
    }

    /// Records the import, or finds the one that the same request recorded before.
    async fn record(
        &self,
        request: &ImportRequest,
        caller: &Caller,
        idempotency: Option<&Idempotency>,
        trace: Option<&Trace>,
    ) -> Result<Import, HttpProblem> {
        // Boxed, because the future of an SDK call is large and would be part of the future of every request.
        let looked_up = Box::pin(steps::at_launch(&self.catalogue, request)).await.map_err(failed)?;
        let catalogue = looked_up.map_err(HttpProblem::invalid)?;
        let new = NewImport {
            request,
            catalogue: &catalogue,
            file: NewFile::Awaited(UPLOAD_VALID),
            created_by: caller.name.as_deref(),
            trace,
            idempotency,
        };
        match Box::pin(self.imports.launch(&new, &self.clock, self.random)).await.map_err(failed)? {
            Launched::New(id) | Launched::Before(id) => {
                self.imports.get(id).await.map_err(failed)?.ok_or_else(HttpProblem::unavailable)
            }
            Launched::KeyReused => {
                let detail = "This Idempotency-Key was used for another import. Use a new key for new settings.";
                Err(HttpProblem::new(409, "idempotency_key_reused", detail))
            }
            // Only a forecast and an undo can be refused so.
            Launched::NotCompleted | Launched::NotUndoable | Launched::Contended => {
                tracing::error!("an import could not be recorded beside others that are launched");
                Err(HttpProblem::unavailable())
            }
        }
    }

    async fn created(
        &self,
        import: &Import,
        request: &ImportRequest,
    ) -> Result<LambdaFunctionUrlResponse, HttpProblem> {
        let url = self.url(import.id);
        let mut body = json!({ "id": import.id, "url": url, "state": import.state });
        let now = self.clock.now();
        if import.state == State::AwaitingUpload && now < import.upload_until {
            let uploads = Uploads { bucket: &self.bucket, imports: &self.imports };
            let times = (now, import.upload_until);
            body["upload"] = uploads.described(import, &request.file, 1, times, &url).await.map_err(failed)?;
        }
        if let Some(sha256) = &request.file.sha256
            && let Some(before) = self.imports.importer_of(sha256).await.map_err(failed)?
            && before != import.id
        {
            body["imported_before"] = self.imported_before(before);
        }
        Ok(http::json(201, &body, &[("location", url)]))
    }

    fn imported_before(&self, before: ImportId) -> Json {
        json!({ "id": before, "url": self.url(before), "created_at": before.launched() })
    }

    fn url(&self, import: ImportId) -> String {
        format!("{}/imports/{import}", self.public_url)
    }
}

fn failed(error: StoreError) -> HttpProblem {
    tracing::error!(%error, "an import could not be recorded");
    HttpProblem::unavailable()
}

/// Distinguishes a repeated request from a different one with the same key.
fn fingerprint(request: &[u8]) -> String {
    Sha256::digest(request).iter().map(|byte| format!("{byte:02x}")).collect()
}

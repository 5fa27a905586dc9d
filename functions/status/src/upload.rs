//! An upload that is not complete yet: its next or renewed URLs, and the end of one in parts, with which its import
//! begins.

use aws_lambda_events::lambda_function_urls::{LambdaFunctionUrlRequest, LambdaFunctionUrlResponse};
use domain::imports::State;
use domain::input::read_json;
use runtime::http::{self, HttpProblem};
use runtime::upload::{UPLOAD_LONGEST, UPLOAD_VALID, Uploads};
use schemars::JsonSchema;
use serde::Deserialize;
use serde_json::json;
use stores::imports::Import;

use crate::{Status, failed};

/// The body: what S3 answered for each part.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct Uploaded {
    /// All parts of the file.
    parts: Vec<UploadPart>,
}

/// A part that was uploaded.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct UploadPart {
    /// Its number, from 1.
    number: i32,
    /// The `ETag` of the answer to its PUT, with its quotes.
    etag: String,
}

impl Status {
    /// Describes the upload as the launch did, with URLs that are valid from now on. Whoever asks is still at it, so the
    /// import awaits its file for as long as these URLs are valid.
    pub(crate) async fn describe_upload(
        &self,
        id: &str,
        request: &LambdaFunctionUrlRequest,
    ) -> Result<LambdaFunctionUrlResponse, HttpProblem> {
        let import = self.find_import(id).await?;
        if import.state != State::AwaitingUpload {
            return Err(awaits_no_file(&import));
        }
        let file = self.stores.imports.setup(&import).await.map_err(failed)?.request.file;
        let parts = file.part_size().map_or(1, |part_size| file.size.unwrap_or_default().div_ceil(part_size));
        let from = match http::query(request, "from").map(|from| from.parse::<u64>()) {
            None => 1,
            Some(Ok(from)) if (1..=parts).contains(&from) => from,
            Some(_) => {
                let detail = format!("`from` is the number of a part, from 1 to {parts}.");
                return Err(HttpProblem::new(400, "invalid_from", detail));
            }
        };
        let now = self.stores.clock.now();
        let until = (now + UPLOAD_VALID).min(import.id.launched() + UPLOAD_LONGEST);
        if until <= now {
            let detail = "The file was not uploaded within six days of the launch. Start a new import.";
            return Err(HttpProblem::new(409, "upload_expired", detail));
        }
        if !self.stores.imports.renew_upload(import.id, until).await.map_err(failed)?.is_done() {
            return Err(awaits_no_file(&self.find_import(id).await?));
        }
        let uploads = Uploads { bucket: &self.stores.bucket, imports: &self.stores.imports };
        let url = format!("{}/imports/{}", self.base(request), import.id);
        let upload = uploads.described(&import, &file, from, (now, until), &url).await.map_err(failed)?;
        let body = json!({ "id": import.id, "url": url, "state": import.state, "upload": upload });
        Ok(http::json(200, &body, &[]))
    }

    pub(crate) async fn complete_upload(
        &self,
        id: &str,
        request: &LambdaFunctionUrlRequest,
    ) -> Result<LambdaFunctionUrlResponse, HttpProblem> {
        let import = self.find_import(id).await?;
        let uploaded: Uploaded = read_json(&http::body(request)?).map_err(HttpProblem::invalid)?;
        let Some(upload) = import.upload_id.as_deref() else {
            let detail = "The file of this import is uploaded by one PUT, so there are no parts to join.";
            return Err(HttpProblem::new(409, "not_in_parts", detail));
        };
        let mut parts: Vec<(i32, String)> = uploaded.parts.into_iter().map(|part| (part.number, part.etag)).collect();
        parts.sort();
        // If the object exists, an earlier request completed it and its answer was lost.
        let is_complete = import.state != State::AwaitingUpload
            || self
                .stores
                .bucket
                .complete_multipart(&import.object_key, upload, &parts)
                .await
                .map_err(failed)?
                .is_done()
            || self.stores.bucket.head(&import.object_key).await.map_err(failed)?.is_some();
        if !is_complete {
            let detail = "These are not the parts that were uploaded. Give the number and the ETag of each, as the uploads answered.";
            return Err(HttpProblem::new(400, "wrong_parts", detail));
        }
        Ok(http::json(200, &self.shown(&import, request).await?, &[]))
    }
}

fn awaits_no_file(import: &Import) -> HttpProblem {
    let detail = format!("The import is {}, so its file cannot be uploaded any more.", import.state.as_str());
    HttpProblem::new(409, "awaits_no_file", detail)
}

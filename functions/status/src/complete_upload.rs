//! Completing an upload in parts: they become one file, and its import begins.

use aws_lambda_events::lambda_function_urls::{LambdaFunctionUrlRequest, LambdaFunctionUrlResponse};
use domain::imports::State;
use domain::input::read_json;
use runtime::http::{self, HttpProblem};
use serde::Deserialize;

use crate::{Status, failed};

/// The body: what S3 answered for each part.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Uploaded {
    parts: Vec<UploadPart>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct UploadPart {
    number: i32,
    etag: String,
}

impl Status {
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

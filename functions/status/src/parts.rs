//! The end of an upload in parts: one file is made of them, and its import begins.

use aws_lambda_events::lambda_function_urls::{LambdaFunctionUrlRequest, LambdaFunctionUrlResponse};
use serde::Deserialize;
use shared::http::{self, HttpProblem};
use shared::settings;
use shared::task::State;

use crate::{Status, failed};

/// The body: what S3 answered for each part.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Uploaded {
    parts: Vec<Part>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Part {
    number: i32,
    etag: String,
}

impl Status {
    pub(crate) async fn join_parts(
        &self,
        id: &str,
        request: &LambdaFunctionUrlRequest,
    ) -> Result<LambdaFunctionUrlResponse, HttpProblem> {
        let task = self.task(id).await?;
        let uploaded: Uploaded = settings::read_json(&http::body(request)?).map_err(HttpProblem::invalid)?;
        let Some(upload) = task.upload_id.as_deref() else {
            let detail = "The file of this import is uploaded by one PUT, so there are no parts to join.";
            return Err(HttpProblem::new(409, "not_in_parts", detail));
        };
        let mut parts: Vec<(i32, String)> = uploaded.parts.into_iter().map(|part| (part.number, part.etag)).collect();
        parts.sort();
        // Joined before means joined: the answer may have been lost.
        let joined = task.state != State::AwaitingUpload
            || self.progress.objects.join_parts(&task.object_key, upload, &parts).await.map_err(failed)?
            || self.progress.objects.head(&task.object_key).await.map_err(failed)?.is_some();
        if !joined {
            let detail = "These are not the parts that were uploaded. Give the number and the ETag of each, as the uploads answered.";
            return Err(HttpProblem::new(400, "wrong_parts", detail));
        }
        Ok(http::json(200, &self.shown(&task, request).await?, &[]))
    }
}

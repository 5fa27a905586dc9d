//! How a file is uploaded: by one presigned PUT or, if it is large, in parts.

use std::time::Duration;

use domain::imports::ImportRequest;
use serde_json::{Value as Json, json};
use stores::StoreError;
use stores::imports::Import;

use crate::Upload;

impl Upload {
    /// What the client must do to upload the file.
    pub(crate) async fn presigned(
        &self,
        import: &Import,
        request: &ImportRequest,
        valid: Duration,
    ) -> Result<Json, StoreError> {
        if let Some(part_size) = request.file.part_size() {
            return self.multipart(import, request, part_size, valid).await;
        }
        let content_type = content_type(&request.file.name);
        let signed = self.bucket.upload_url(&import.object_key, content_type, request.file.size, valid).await?;
        let headers: serde_json::Map<String, Json> =
            signed.headers.into_iter().map(|(name, value)| (name, value.into())).collect();
        Ok(json!({ "method": "PUT", "url": signed.url, "headers": headers, "expires_at": import.upload_until }))
    }

    /// A URL for each part, and one that makes a file of them.
    async fn multipart(
        &self,
        import: &Import,
        request: &ImportRequest,
        part_size: u64,
        valid: Duration,
    ) -> Result<Json, StoreError> {
        let upload = match &import.upload_id {
            Some(upload) => upload.clone(),
            None => {
                let begun = self.bucket.begin_multipart(&import.object_key, content_type(&request.file.name)).await?;
                self.imports.begin_upload(import.id, &begun).await?
            }
        };
        let size = request.file.size.unwrap_or_default();
        let mut parts = Vec::new();
        for number in 1..=i32::try_from(size.div_ceil(part_size)).unwrap_or(i32::MAX) {
            let length = part_size.min(size - u64::from(number.unsigned_abs() - 1) * part_size);
            let url = self.bucket.upload_part_url(&import.object_key, &upload, number, length, valid).await?;
            parts.push(json!({ "number": number, "size": length, "url": url }));
        }
        Ok(json!({
            "method": "PUT",
            "multipart": {
                "part_size": part_size,
                "parts": parts,
                "complete_url": format!("{}/upload", self.url(import.id)),
            },
            "headers": {},
            "expires_at": import.upload_until,
        }))
    }
}

/// The content type that the upload is bound to.
fn content_type(file_name: &str) -> &'static str {
    if file_name.to_ascii_lowercase().ends_with(".gz") { "application/gzip" } else { "text/csv" }
}

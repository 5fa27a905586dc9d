//! How a file is uploaded, as the API describes it: by one presigned PUT or, if it is large, in parts.

use std::collections::BTreeMap;
use std::time::Duration;

use domain::imports::DeclaredFile;
use jiff::Timestamp;
use serde_json::{Map, Value as Json, json};
use stores::StoreError;
use stores::bucket::Bucket;
use stores::imports::{Import, Imports};

/// How long upload URLs are valid: long enough for 5 GB over a slow line, and shorter than the credentials of a
/// function, with which S3 checks them, live (hours).
pub const UPLOAD_VALID: Duration = Duration::from_secs(60 * 60);
/// How long after its launch an import may be uploaded. The bucket removes parts that were not joined after a week.
pub const UPLOAD_LONGEST: Duration = Duration::from_secs(6 * 24 * 60 * 60);
/// Parts that one answer has URLs for. A URL with the credentials of a role has up to 3 KB, and an answer at most 6 MB;
/// signing takes milliseconds each with the memory of these functions.
const PARTS_OF_ANSWER: u64 = 250;

/// The stores that an upload goes through.
#[derive(Debug, Clone, Copy)]
pub struct Uploads<'a> {
    /// The bucket that takes the file.
    pub bucket: &'a Bucket,
    /// The imports, which note the id of an upload in parts.
    pub imports: &'a Imports,
}

impl Uploads<'_> {
    /// What the client must do to upload the file of an import that awaits it, with URLs that are valid from now until
    /// `until`. Of a file in parts: the URLs from the part with the number `from` on, the ETags of those that are there
    /// already, and where there are more. `url` is that of the import.
    ///
    /// # Errors
    /// When the upload cannot be begun, or a URL cannot be signed.
    pub async fn described(
        &self,
        import: &Import,
        file: &DeclaredFile,
        from: u64,
        (now, until): (Timestamp, Timestamp),
        url: &str,
    ) -> Result<Json, StoreError> {
        let valid = Duration::try_from(until.duration_since(now)).unwrap_or_default();
        let renew_url = format!("{url}/upload");
        let mut described = json!({ "method": "PUT", "headers": {}, "expires_at": until, "renew_url": renew_url });
        match file.part_size() {
            Some(part_size) => {
                let upload = self.begun(import, file).await?;
                let size = file.size.unwrap_or_default();
                let last = size.div_ceil(part_size);
                let end = last.min(from.saturating_add(PARTS_OF_ANSWER - 1));
                let number = |part: u64| i32::try_from(part).unwrap_or(i32::MAX);
                let there = match &import.upload_id {
                    Some(begun) => {
                        let numbers = number(from)..=number(end);
                        self.bucket.uploaded_parts(&import.object_key, begun, numbers).await?
                    }
                    None => BTreeMap::new(),
                };
                let mut parts = Vec::new();
                for part in from..=end {
                    let length = part_size.min(size - (part - 1) * part_size);
                    let number = number(part);
                    let url = self.bucket.upload_part_url(&import.object_key, &upload, number, length, valid).await?;
                    let mut part = json!({ "number": number, "size": length, "url": url });
                    if let Some(there) = there.get(&number).filter(|there| there.size == length) {
                        part["etag"] = there.etag.as_str().into();
                    }
                    parts.push(part);
                }
                described["multipart"] = json!({
                    "part_size": part_size,
                    "parts": parts,
                    "more_url": (end < last).then(|| format!("{renew_url}?from={}", end + 1)),
                    "complete_url": renew_url,
                });
            }
            None => {
                let content_type = content_type(&file.name);
                let signed = self.bucket.upload_url(&import.object_key, content_type, file.size, valid).await?;
                let headers: Map<String, Json> =
                    signed.headers.into_iter().map(|(name, value)| (name, value.into())).collect();
                described["url"] = signed.url.into();
                described["headers"] = headers.into();
            }
        }
        Ok(described)
    }

    /// The id of the import's upload in parts, which begins with the first request for it.
    async fn begun(&self, import: &Import, file: &DeclaredFile) -> Result<String, StoreError> {
        match &import.upload_id {
            Some(upload) => Ok(upload.clone()),
            None => {
                let begun = self.bucket.begin_multipart(&import.object_key, content_type(&file.name)).await?;
                self.imports.begin_upload(import.id, &begun).await
            }
        }
    }
}

/// The content type that the upload is bound to.
fn content_type(file_name: &str) -> &'static str {
    if file_name.to_ascii_lowercase().ends_with(".gz") { "application/gzip" } else { "text/csv" }
}

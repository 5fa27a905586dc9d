//! Uploads: the file goes to the object store at the presigned URLs that launching an import returned.

use std::path::Path;

use anyhow::{Context as _, bail};
use reqwest::header::{HeaderMap, HeaderName, HeaderValue};
use serde_json::Value as Json;

use crate::answer::text;
use crate::api::Api;
use crate::store::{Put, Slice, Store};

/// How often URLs are asked for again that had expired when they were used, before the clocks are blamed.
pub(crate) const RENEWALS: u32 = 3;

impl Api {
    /// Uploads a file of `size` bytes as `upload` describes it, a member of the answer to `POST /imports`. What breaks
    /// off is sent again: of a file in parts only the parts that are not there, any other file from its start.
    ///
    /// # Errors
    /// When the file cannot be read, the store cannot be reached, or it refuses the upload.
    pub async fn upload(&self, file: &Path, upload: &Json, size: u64) -> anyhow::Result<()> {
        if upload["multipart"].is_object() {
            return self.upload_parts(file, upload).await;
        }
        let store = Store::new(self.http.clone());
        let mut upload = upload.clone();
        for _ in 0..=RENEWALS {
            match store.put(text(&upload, "url"), &headers(&upload)?, Slice { file, start: 0, size }).await? {
                Put::Stored { .. } => return Ok(()),
                Put::Expired => upload = self.renewed(text(&upload, "renew_url")).await?,
            }
        }
        bail!(EXPIRED)
    }

    /// The description of an upload with URLs that are valid from now on.
    pub(crate) async fn renewed(&self, url: &str) -> anyhow::Result<Json> {
        if url.is_empty() {
            bail!("the upload URL has expired");
        }
        Ok(self.get_url(url).await?["upload"].take())
    }
}

/// What to say when every new URL has expired as well.
pub(crate) const EXPIRED: &str =
    "the object store takes every upload URL for expired: check the clock of the machine that it runs on";

/// The headers that an upload must send.
fn headers(upload: &Json) -> anyhow::Result<HeaderMap> {
    let mut headers = HeaderMap::new();
    for (name, value) in upload["headers"].as_object().into_iter().flatten() {
        let name: HeaderName = name.parse().context("the answer has a bad header")?;
        let value = HeaderValue::from_str(value.as_str().unwrap_or_default()).context("the answer has a bad header")?;
        headers.insert(name, value);
    }
    Ok(headers)
}

//! Uploads: the file goes to the object store at the presigned URLs that launching an import returned.

use std::io::SeekFrom;
use std::path::Path;

use anyhow::Context as _;
use futures::{StreamExt as _, TryStreamExt as _, stream};
use reqwest::header::{ETAG, HeaderName};
use reqwest::{Body, Client};
use serde_json::{Value as Json, json};
use tokio::fs::File;
use tokio::io::{AsyncReadExt as _, AsyncSeekExt as _};
use tokio_util::io::ReaderStream;

use crate::answer::{stored, text};
use crate::api::Api;

/// Upload parts that are sent side by side.
const PARTS_AT_ONCE: usize = 4;
/// Bytes that are read from the file at a time.
const READ_BYTES: usize = 256 * 1024;

impl Api {
    /// Uploads a file of `size` bytes as `upload` describes it, a member of the answer to `POST /imports`.
    ///
    /// # Errors
    /// When the file cannot be read, the store cannot be reached, or it refuses the upload.
    pub async fn upload(&self, file: &Path, upload: &Json, size: u64) -> anyhow::Result<()> {
        if let Some(parts) = upload["multipart"]["parts"].as_array() {
            return self.upload_parts(file, parts, &upload["multipart"]).await;
        }
        let url = upload["url"].as_str().context("the answer has no upload URL")?;
        let opened = open(file).await?;
        // A client of its own: the store would refuse a presigned URL that comes with the key as well.
        let mut request = Client::builder().no_proxy().build()?.put(url);
        for (name, value) in upload["headers"].as_object().into_iter().flatten() {
            let name: HeaderName = name.parse().context("the answer has a bad header")?;
            request = request.header(name, value.as_str().unwrap_or_default());
        }
        let body = Body::wrap_stream(ReaderStream::with_capacity(opened, READ_BYTES));
        let request = request.header("content-length", size).body(body);
        stored(request.send().await.map_err(broken_off)?).await.map(|_| ())
    }

    /// Uploads a file in parts, a few at a time, and then has Muster join them.
    async fn upload_parts(&self, file: &Path, parts: &[Json], multipart: &Json) -> anyhow::Result<()> {
        let store = Client::builder().no_proxy().build()?;
        let part_size = multipart["part_size"].as_u64().context("the answer has no part size")?;
        let upload = |part: Json| {
            let (store, file) = (store.clone(), file.to_owned());
            async move {
                let (number, size) = (part["number"].as_u64().unwrap_or(1), part["size"].as_u64().unwrap_or(0));
                let mut opened = open(&file).await?;
                let start = SeekFrom::Start((number - 1) * part_size);
                opened.seek(start).await.with_context(|| unreadable(&file))?;
                let body = Body::wrap_stream(ReaderStream::with_capacity(opened.take(size), READ_BYTES));
                let put = store.put(text(&part, "url")).header("content-length", size).body(body);
                let response = stored(put.send().await.map_err(broken_off)?).await?;
                let etag = response.headers().get(ETAG).and_then(|etag| etag.to_str().ok());
                anyhow::Ok(json!({ "number": number, "etag": etag.context("the store returned no ETag")? }))
            }
        };
        let uploads: Vec<_> = parts.iter().cloned().map(upload).collect();
        let uploaded: Vec<Json> = stream::iter(uploads).buffered(PARTS_AT_ONCE).try_collect().await?;
        self.post_once(text(multipart, "complete_url"), &json!({ "parts": uploaded })).await
    }
}

/// An upload that got no answer. The URL is left out: its signature is as good as a key.
fn broken_off(error: reqwest::Error) -> anyhow::Error {
    anyhow::Error::new(error.without_url()).context("the upload broke off; run the command again")
}

async fn open(file: &Path) -> anyhow::Result<File> {
    File::open(file).await.with_context(|| unreadable(file))
}

fn unreadable(file: &Path) -> String {
    format!("{} cannot be read", file.display())
}

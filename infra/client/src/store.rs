//! Puts bytes of a file into the object store, by presigned URLs.

use std::io::SeekFrom;
use std::path::Path;
use std::sync::atomic::{AtomicBool, Ordering};

use anyhow::{Context as _, anyhow};
use futures::StreamExt as _;
use md5::{Digest as _, Md5};
use reqwest::header::{CONTENT_LENGTH, ETAG, HeaderMap};
use reqwest::{Body, Method, StatusCode, Url};
use tokio::fs::File;
use tokio::io::{AsyncReadExt as _, AsyncSeekExt as _, Take};
use tokio_util::io::ReaderStream;

use crate::answer::refused_by_store;
use crate::http::Http;
use crate::pauses::pauses;

/// How often an upload is sent again that broke off or was refused for the moment: for about two minutes.
const REPEATS: u32 = 10;
/// Bytes that are read from the file at a time.
const READ_BYTES: usize = 256 * 1024;

/// The object store, as one upload sees it.
#[derive(Debug)]
pub(crate) struct Store {
    http: Http,
    /// Whether it took something already. A store that was never reached is probably not there at all.
    was_reached: AtomicBool,
}

/// Consecutive bytes of a file.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Slice<'a> {
    pub(crate) file: &'a Path,
    pub(crate) start: u64,
    pub(crate) size: u64,
}

/// What became of an upload that was not refused.
#[derive(Debug)]
pub(crate) enum Put {
    /// It is there. The ETag names what was stored.
    Stored { etag: Option<String> },
    /// The URL is no longer valid.
    Expired,
}

impl Store {
    pub(crate) fn new(http: Http) -> Self {
        Self { http, was_reached: AtomicBool::new(false) }
    }

    /// Puts bytes at a presigned URL. S3 cannot resume a PUT, so one that broke off begins again with its first byte.
    pub(crate) async fn put(&self, url: &str, headers: &HeaderMap, slice: Slice<'_>) -> anyhow::Result<Put> {
        let url: Url = url.parse().context("the answer has no upload URL")?;
        let mut headers = headers.clone();
        // In place of the length among the signed headers: a store refuses a request that gives it twice.
        headers.insert(CONTENT_LENGTH, slice.size.into());
        let mut pauses = pauses(REPEATS);
        let mut is_repeated = false;
        loop {
            let put = self.http.request(Method::PUT, url.clone()).headers(headers.clone()).body(slice.body().await?);
            let failure = match put.send().await {
                Ok(answer) if answer.status().is_success() => {
                    self.was_reached.store(true, Ordering::Relaxed);
                    let etag = answer.headers().get(ETAG).and_then(|etag| etag.to_str().ok());
                    return Ok(Put::Stored { etag: etag.map(ToOwned::to_owned) });
                }
                // The URL takes one upload: an earlier attempt arrived, and its answer was lost.
                Ok(answer) if is_repeated && answer.status() == StatusCode::PRECONDITION_FAILED => {
                    return Ok(Put::Stored { etag: None });
                }
                Ok(answer) => {
                    self.was_reached.store(true, Ordering::Relaxed);
                    let status = answer.status();
                    let (code, reason) = refused_by_store(answer).await;
                    if is_expired(&code, &reason) {
                        return Ok(Put::Expired);
                    }
                    let refusal = anyhow!("the upload was refused ({status}): {reason}");
                    if !is_momentary(status, &code) {
                        return Err(refusal);
                    }
                    refusal
                }
                Err(error) => {
                    let is_nowhere = error.is_connect() && !is_repeated && !self.was_reached.load(Ordering::Relaxed);
                    // The URL is left out: its signature is as good as a key.
                    let broken = anyhow::Error::new(error.without_url());
                    if is_nowhere {
                        return Err(broken.context("the object store cannot be reached"));
                    }
                    broken.context("the upload broke off")
                }
            };
            let Some(pause) = pauses.next() else { return Err(failure) };
            tokio::time::sleep(pause).await;
            is_repeated = true;
        }
    }
}

impl Slice<'_> {
    /// The MD5 of the bytes in hexadecimal digits.
    pub(crate) async fn md5(&self) -> anyhow::Result<String> {
        let mut bytes = ReaderStream::with_capacity(self.read().await?, READ_BYTES);
        let mut hash = Md5::new();
        while let Some(piece) = bytes.next().await {
            hash.update(piece.with_context(|| format!("{} cannot be read", self.file.display()))?);
        }
        Ok(hash.finalize().iter().map(|byte| format!("{byte:02x}")).collect())
    }

    async fn body(&self) -> anyhow::Result<Body> {
        Ok(Body::wrap_stream(ReaderStream::with_capacity(self.read().await?, READ_BYTES)))
    }

    async fn read(&self) -> anyhow::Result<Take<File>> {
        let unreadable = || format!("{} cannot be read", self.file.display());
        let mut opened = File::open(self.file).await.with_context(unreadable)?;
        opened.seek(SeekFrom::Start(self.start)).await.with_context(unreadable)?;
        Ok(opened.take(self.size))
    }
}

/// Whether a refusal says that the URL, or the session that signed it, has ended.
fn is_expired(code: &str, reason: &str) -> bool {
    code == "ExpiredToken" || (code == "AccessDenied" && reason.contains("expired"))
}

/// Whether the same request may be taken later. S3 gives `RequestTimeout` the status 400.
/// <https://docs.aws.amazon.com/AmazonS3/latest/API/ErrorResponses.html>
fn is_momentary(status: StatusCode, code: &str) -> bool {
    status.is_server_error()
        || status == StatusCode::TOO_MANY_REQUESTS
        || ["RequestTimeout", "SlowDown", "ConditionalRequestConflict", "OperationAborted"].contains(&code)
}

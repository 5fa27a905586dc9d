//! The HTTP API as the command line speaks it; problem details become sentences.

use std::io::SeekFrom;
use std::path::Path;
use std::sync::{Arc, OnceLock};
use std::time::{Duration, SystemTime};

use anyhow::{Context as _, anyhow, ensure};
use futures::{StreamExt as _, TryStreamExt as _, stream};
use reqwest::header::{AUTHORIZATION, ETAG, HeaderMap, HeaderName, HeaderValue, IF_NONE_MATCH, LOCATION};
use reqwest::{Client, Method, RequestBuilder, Response, StatusCode};
use serde_json::{Value as Json, json};
use tokio::io::{AsyncReadExt as _, AsyncSeekExt as _};
use tokio_util::io::ReaderStream;

use super::sign::Signer;

/// Parts of a file that are uploaded at once.
const PARTS_AT_ONCE: usize = 4;
/// Milliseconds before a request is sent again to a Muster that is busy (429) or cannot reach its storage (503).
const PAUSES: [u64; 5] = [500, 1_000, 2_000, 4_000, 8_000];

/// A Muster somewhere.
#[derive(Debug, Clone)]
pub(crate) struct Api {
    client: Client,
    url: String,
    /// Where everything but launching an import is answered, when the URL is that of a deployment's upload function.
    moved: Arc<OnceLock<String>>,
    signer: Option<Signer>,
}

impl Api {
    /// The Muster at a URL, for whoever has a key, or AWS credentials where IAM guards it.
    pub(crate) async fn at(url: &str, key: Option<&str>) -> anyhow::Result<Self> {
        let signer = if key.is_none() { Signer::of(url).await? } else { None };
        Ok(Self { signer, ..Self::new(url, key)? })
    }

    pub(crate) fn new(url: &str, key: Option<&str>) -> anyhow::Result<Self> {
        let mut headers = HeaderMap::new();
        if let Some(key) = key {
            let value =
                HeaderValue::from_str(&format!("Bearer {key}")).context("the key has characters that no key has")?;
            headers.insert(AUTHORIZATION, value);
        }
        let client = Client::builder()
            .default_headers(headers)
            .redirect(reqwest::redirect::Policy::none())
            .no_proxy()
            .build()
            .context("no HTTP client can be made")?;
        Ok(Self { client, url: url.trim_end_matches('/').to_owned(), moved: Arc::default(), signer: None })
    }

    /// Sends a request, which may be sent again: where Muster answers elsewhere, and a little later when it is busy.
    async fn send(
        &self,
        method: Method,
        path: &str,
        set: impl Fn(RequestBuilder) -> RequestBuilder,
    ) -> anyhow::Result<Response> {
        let mut pauses = PAUSES.into_iter();
        loop {
            let base = self.moved.get().unwrap_or(&self.url);
            let request = set(self.client.request(method.clone(), format!("{base}{path}")));
            let response = self.execute(request).await?;
            match response.status() {
                StatusCode::PERMANENT_REDIRECT if self.moved.get().is_none() => {
                    let elsewhere = response.headers().get(LOCATION).and_then(|url| url.to_str().ok());
                    let base = elsewhere.and_then(|url| url.strip_suffix(path)).context("the answer leads nowhere")?;
                    // The key goes along, so nobody may listen in.
                    ensure!(base.starts_with("https://") || is_loopback(base), "{base} is no address for a key");
                    self.moved.get_or_init(|| base.to_owned());
                }
                StatusCode::TOO_MANY_REQUESTS | StatusCode::SERVICE_UNAVAILABLE => match pauses.next() {
                    Some(pause) => tokio::time::sleep(Duration::from_millis(pause)).await,
                    None => return self.answered(response).await,
                },
                StatusCode::NOT_MODIFIED => return Ok(response),
                _ => return self.answered(response).await,
            }
        }
    }

    async fn execute(&self, request: RequestBuilder) -> anyhow::Result<Response> {
        let mut request = request.build().context("the request cannot be made")?;
        if let Some(signer) = &self.signer {
            signer.sign(&mut request, SystemTime::now()).context("the request cannot be signed")?;
        }
        self.client.execute(request).await.map_err(|error| self.unreachable(&error))
    }

    pub(crate) async fn get(&self, path: &str) -> anyhow::Result<Json> {
        json_of(self.send(Method::GET, path, |request| request).await?).await
    }

    pub(crate) async fn get_text(&self, path: &str) -> anyhow::Result<String> {
        let response = self.send(Method::GET, path, |request| request).await?;
        response.text().await.context("the answer was cut off")
    }

    pub(crate) async fn post(
        &self,
        path: &str,
        body: Option<&Json>,
        idempotency_key: Option<&str>,
    ) -> anyhow::Result<Json> {
        let set = |mut request: RequestBuilder| {
            if let Some(body) = body {
                request = request.json(body);
            }
            if let Some(key) = idempotency_key {
                request = request.header("idempotency-key", key);
            }
            request
        };
        json_of(self.send(Method::POST, path, set).await?).await
    }

    pub(crate) async fn delete(&self, path: &str) -> anyhow::Result<()> {
        self.send(Method::DELETE, path, |request| request).await.map(|_| ())
    }

    /// The import, or nothing when it is as it was; with the tag to ask again with.
    pub(crate) async fn import(&self, id: &str, tag: &mut Option<HeaderValue>) -> anyhow::Result<Option<Json>> {
        let known = tag.clone();
        let set = |request: RequestBuilder| match &known {
            Some(tag) => request.header(IF_NONE_MATCH, tag.clone()),
            None => request,
        };
        let response = self.send(Method::GET, &format!("/imports/{id}"), set).await?;
        if response.status() == StatusCode::NOT_MODIFIED {
            return Ok(None);
        }
        *tag = response.headers().get(ETAG).cloned();
        Ok(Some(response.json().await.context("the answer is not JSON")?))
    }

    /// Uploads a file as the answer to `POST /imports` says.
    pub(crate) async fn upload(&self, file: &Path, upload: &Json, size: u64) -> anyhow::Result<()> {
        if let Some(parts) = upload["multipart"]["parts"].as_array() {
            return self.upload_parts(file, parts, &upload["multipart"]).await;
        }
        let url = upload["url"].as_str().context("the answer has no upload URL")?;
        let opened = tokio::fs::File::open(file).await.with_context(|| format!("{} cannot be read", file.display()))?;
        let mut request = Client::builder().no_proxy().build()?.put(url);
        for (name, value) in upload["headers"].as_object().into_iter().flatten() {
            let name: HeaderName = name.parse().context("the answer has a bad header")?;
            request = request.header(name, value.as_str().unwrap_or_default());
        }
        let stream = ReaderStream::with_capacity(opened, 256 * 1024);
        let request = request.header("content-length", size).body(reqwest::Body::wrap_stream(stream));
        let response = request.send().await.context("the upload broke off")?;
        if response.status().is_success() {
            return Ok(());
        }
        Err(refused(response).await)
    }

    /// Uploads a file part by part, a few at a time, and has them joined.
    async fn upload_parts(&self, file: &Path, parts: &[Json], multipart: &Json) -> anyhow::Result<()> {
        let client = Client::builder().no_proxy().build()?;
        let part_size = multipart["part_size"].as_u64().context("the answer has no part size")?;
        let upload = |part: Json| {
            let (client, file) = (client.clone(), file.to_owned());
            async move {
                let (number, size) = (part["number"].as_u64().unwrap_or(1), part["size"].as_u64().unwrap_or(0));
                let unreadable = || format!("{} cannot be read", file.display());
                let mut opened = tokio::fs::File::open(&file).await.with_context(unreadable)?;
                opened.seek(SeekFrom::Start((number - 1) * part_size)).await.with_context(unreadable)?;
                let stream = ReaderStream::with_capacity(opened.take(size), 256 * 1024);
                let put = client.put(text(&part, "url")).header("content-length", size);
                let response =
                    put.body(reqwest::Body::wrap_stream(stream)).send().await.context("the upload broke off")?;
                if !response.status().is_success() {
                    return Err(refused(response).await);
                }
                let etag = response.headers().get(ETAG).and_then(|etag| etag.to_str().ok());
                Ok(json!({ "number": number, "etag": etag.context("the store gave no ETag")? }))
            }
        };
        let uploads: Vec<_> = parts.iter().cloned().map(upload).collect();
        let joined: Vec<Json> = stream::iter(uploads).buffered(PARTS_AT_ONCE).try_collect().await?;
        let complete = self.client.post(text(multipart, "complete_url")).json(&json!({ "parts": joined }));
        let answer = self.execute(complete).await?;
        self.answered(answer).await.map(|_| ())
    }

    /// The report of an import.
    pub(crate) async fn errors(&self, id: &str) -> anyhow::Result<Vec<u8>> {
        self.download(&format!("/imports/{id}/errors")).await
    }

    /// What a path leads to.
    pub(crate) async fn download(&self, path: &str) -> anyhow::Result<Vec<u8>> {
        let response = self.send(Method::GET, path, |request| request).await?;
        let url =
            response.headers().get(LOCATION).and_then(|url| url.to_str().ok()).context("the answer names no file")?;
        let report =
            Client::builder().no_proxy().build()?.get(url).send().await.context("the file cannot be downloaded")?;
        let report = report.error_for_status().context("the file cannot be downloaded")?;
        Ok(report.bytes().await.context("the file was cut off")?.to_vec())
    }

    async fn answered(&self, response: Response) -> anyhow::Result<Response> {
        if response.status().is_success() || response.status().is_redirection() {
            return Ok(response);
        }
        let status = response.status();
        let problem: Json = response.json().await.unwrap_or_default();
        let mut message =
            problem["detail"].as_str().map_or_else(|| format!("the answer was {status}"), ToOwned::to_owned);
        let listed = problem["problems"].as_array().map_or(&[][..], Vec::as_slice);
        for listed in listed.iter().skip(1) {
            message.push_str(&format!("\n  {}: {}", text(listed, "path"), text(listed, "message")));
        }
        if let Some(code) = problem["code"].as_str() {
            message.push_str(&format!(" [{code}]"));
        }
        Err(anyhow!(message))
    }

    fn unreachable(&self, error: &reqwest::Error) -> anyhow::Error {
        let why = if error.is_connect() { "nothing answers there" } else { "the connection broke" };
        anyhow!("{}: {why}", self.url)
    }
}

async fn json_of(response: Response) -> anyhow::Result<Json> {
    response.json().await.context("the answer is not JSON")
}

fn is_loopback(url: &str) -> bool {
    ["http://127.0.0.1:", "http://localhost:"].iter().any(|local| url.starts_with(local))
}

/// Why the store refused an upload.
async fn refused(response: Response) -> anyhow::Error {
    let status = response.status();
    let text = response.text().await.unwrap_or_default();
    let reason = between(&text, "<Message>", "</Message>").unwrap_or("no reason given");
    anyhow!("the upload was refused ({status}): {reason}")
}

/// A member's text, or nothing.
pub(crate) fn text<'a>(json: &'a Json, name: &str) -> &'a str {
    json[name].as_str().unwrap_or_default()
}

fn between<'a>(text: &'a str, from: &str, to: &str) -> Option<&'a str> {
    let rest = &text[text.find(from)? + from.len()..];
    Some(&rest[..rest.find(to)?])
}

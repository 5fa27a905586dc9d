//! The HTTP API as the command line speaks it; problem details become sentences.

use std::io::SeekFrom;
use std::path::Path;

use anyhow::{Context as _, anyhow};
use futures::{StreamExt as _, TryStreamExt as _, stream};
use reqwest::header::{AUTHORIZATION, ETAG, HeaderMap, HeaderName, HeaderValue, IF_NONE_MATCH, LOCATION};
use reqwest::{Client, Method, Response, StatusCode};
use serde_json::{Value as Json, json};
use tokio::io::{AsyncReadExt as _, AsyncSeekExt as _};
use tokio_util::io::ReaderStream;

/// Parts of a file that are uploaded at once.
const PARTS_AT_ONCE: usize = 4;

/// A Muster somewhere.
#[derive(Debug, Clone)]
pub(crate) struct Api {
    client: Client,
    url: String,
}

impl Api {
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
        Ok(Self { client, url: url.trim_end_matches('/').to_owned() })
    }

    pub(crate) async fn get(&self, path: &str) -> anyhow::Result<Json> {
        self.json(self.client.get(format!("{}{path}", self.url)).send().await).await
    }

    pub(crate) async fn get_text(&self, path: &str) -> anyhow::Result<String> {
        let response = self.answered(self.client.get(format!("{}{path}", self.url)).send().await).await?;
        response.text().await.context("the answer was cut off")
    }

    pub(crate) async fn post(
        &self,
        path: &str,
        body: Option<&Json>,
        idempotency_key: Option<&str>,
    ) -> anyhow::Result<Json> {
        let mut request = self.client.request(Method::POST, format!("{}{path}", self.url));
        if let Some(body) = body {
            request = request.json(body);
        }
        if let Some(key) = idempotency_key {
            request = request.header("idempotency-key", key);
        }
        self.json(request.send().await).await
    }

    /// The import, or nothing when it is as it was; with the tag to ask again with.
    pub(crate) async fn import(&self, id: &str, tag: &mut Option<HeaderValue>) -> anyhow::Result<Option<Json>> {
        let mut request = self.client.get(format!("{}/imports/{id}", self.url));
        if let Some(tag) = tag {
            request = request.header(IF_NONE_MATCH, tag.clone());
        }
        let response = request.send().await.map_err(|error| self.unreachable(&error))?;
        if response.status() == StatusCode::NOT_MODIFIED {
            return Ok(None);
        }
        let response = self.answered(Ok(response)).await?;
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
        self.json(complete.send().await).await?;
        Ok(())
    }

    /// The report of an import.
    pub(crate) async fn errors(&self, id: &str) -> anyhow::Result<Vec<u8>> {
        self.download(&format!("/imports/{id}/errors")).await
    }

    /// What a path leads to.
    pub(crate) async fn download(&self, path: &str) -> anyhow::Result<Vec<u8>> {
        let response = self.client.get(format!("{}{path}", self.url)).send().await;
        let response = self.answered(response).await?;
        let url =
            response.headers().get(LOCATION).and_then(|url| url.to_str().ok()).context("the answer names no file")?;
        let report =
            Client::builder().no_proxy().build()?.get(url).send().await.context("the file cannot be downloaded")?;
        let report = report.error_for_status().context("the file cannot be downloaded")?;
        Ok(report.bytes().await.context("the file was cut off")?.to_vec())
    }

    async fn json(&self, response: Result<Response, reqwest::Error>) -> anyhow::Result<Json> {
        self.answered(response).await?.json().await.context("the answer is not JSON")
    }

    async fn answered(&self, response: Result<Response, reqwest::Error>) -> anyhow::Result<Response> {
        let response = response.map_err(|error| self.unreachable(&error))?;
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

//! Requests to one Muster.

use std::sync::{Arc, OnceLock};
use std::time::SystemTime;

use anyhow::{Context as _, anyhow, bail, ensure};
use reqwest::header::{AUTHORIZATION, ETAG, HeaderValue, IF_NONE_MATCH, LOCATION};
use reqwest::{Method, RequestBuilder, Response, StatusCode, Url};
use serde_json::Value as Json;
use tokio::io::{AsyncWrite, AsyncWriteExt as _};

use crate::address::may_get_key;
use crate::answer::{accepted, json};
use crate::http::Http;
use crate::path::encoded;
use crate::pauses::pauses;
use crate::sign::Signer;

/// The paths that launch an import and look at a file before that. In a deployment only the upload function answers them.
const IMPORTS: &str = "/imports";
const PREVIEW: &str = "/imports/preview";
/// Makes one request one launch, however often it is sent.
const IDEMPOTENCY_KEY: &str = "idempotency-key";
/// How often a request is sent again while Muster is busy (429), cannot reach its storage (503), or does not answer.
const REPEATS: u32 = 5;

/// The API of one Muster.
#[derive(Debug, Clone)]
pub struct Api {
    pub(crate) http: Http,
    url: Url,
    key: Option<HeaderValue>,
    /// The status function's URL, once the upload function has redirected a request there.
    status_url: Arc<OnceLock<String>>,
    signer: Option<Signer>,
}

impl Api {
    /// The Muster at a URL, with or without the path of its imports. Without a key, requests to a function URL are
    /// signed with AWS credentials.
    ///
    /// # Errors
    /// When this is no URL, when the key has characters that a header cannot carry, or when no AWS credentials are found
    /// for a function URL.
    pub async fn connect(url: &str, key: Option<&str>) -> anyhow::Result<Self> {
        let api = Self::new(url, key)?;
        let signer = if key.is_none() { Signer::for_url(&api.url).await? } else { None };
        Ok(Self { signer, ..api })
    }

    /// The Muster at a URL, whose requests are never signed.
    ///
    /// # Errors
    /// When this is no URL, or when the key cannot be the value of a header.
    pub fn new(url: &str, key: Option<&str>) -> anyhow::Result<Self> {
        let bearer = |key| {
            let mut value = HeaderValue::from_str(&format!("Bearer {key}"))
                .context("the key contains characters that an HTTP header cannot carry")?;
            value.set_sensitive(true);
            anyhow::Ok(value)
        };
        let key = key.map(bearer).transpose()?;
        Ok(Self { http: Http::new()?, url: base(url)?, key, status_url: Arc::default(), signer: None })
    }

    /// Sends a GET request. Returns the JSON of the answer.
    ///
    /// # Errors
    /// When Muster cannot be reached, refuses the request, or answers something other than JSON.
    pub async fn get(&self, path: &str) -> anyhow::Result<Json> {
        json(self.send(Method::GET, path, |request| request).await?).await
    }

    /// Everything that a listing has, page after page. `member` holds the entries of a page.
    ///
    /// # Errors
    /// As `get`.
    pub async fn list(&self, path: &str, member: &str) -> anyhow::Result<Vec<Json>> {
        let (mut all, mut cursor) = (Vec::new(), String::new());
        loop {
            let mut page = self.get(&format!("{path}{cursor}")).await?;
            if let Json::Array(entries) = page[member].take() {
                all.extend(entries);
            }
            match page["cursor"].as_str() {
                Some(next) => cursor = format!("?cursor={}", encoded(next)),
                None => return Ok(all),
            }
        }
    }

    /// Sends a GET request. Returns the body of the answer as text.
    ///
    /// # Errors
    /// When Muster cannot be reached or refuses the request.
    pub async fn get_text(&self, path: &str) -> anyhow::Result<String> {
        let response = self.send(Method::GET, path, |request| request).await?;
        response.text().await.context("the answer was cut off")
    }

    /// Sends a POST request. Returns the JSON of the answer. With an idempotency key, sending the request twice
    /// launches one import.
    ///
    /// # Errors
    /// When Muster cannot be reached, refuses the request, or answers something other than JSON.
    pub async fn post(&self, path: &str, body: Option<&Json>, idempotency_key: Option<&str>) -> anyhow::Result<Json> {
        let complete = |mut request: RequestBuilder| {
            if let Some(body) = body {
                request = request.json(body);
            }
            if let Some(key) = idempotency_key {
                request = request.header(IDEMPOTENCY_KEY, key);
            }
            request
        };
        json(self.send(Method::POST, path, complete).await?).await
    }

    /// Sends a PUT request. Returns the JSON of the answer.
    ///
    /// # Errors
    /// When Muster cannot be reached, refuses the request, or answers something other than JSON.
    pub async fn put(&self, path: &str, body: &Json) -> anyhow::Result<Json> {
        json(self.send(Method::PUT, path, |request| request.json(body)).await?).await
    }

    /// Sends a DELETE request.
    ///
    /// # Errors
    /// When Muster cannot be reached or refuses the request.
    pub async fn delete(&self, path: &str) -> anyhow::Result<()> {
        self.send(Method::DELETE, path, |request| request).await.map(|_| ())
    }

    /// Reads an import. Returns `None` if it has not changed since the answer whose tag is given, and otherwise leaves
    /// the new answer's tag for the next call.
    ///
    /// # Errors
    /// When Muster cannot be reached, refuses the request, or answers something other than JSON.
    pub async fn import(&self, id: &str, tag: &mut Option<HeaderValue>) -> anyhow::Result<Option<Json>> {
        let last_seen = tag.clone();
        let complete = |request: RequestBuilder| match &last_seen {
            Some(tag) => request.header(IF_NONE_MATCH, tag.clone()),
            None => request,
        };
        let response = self.send(Method::GET, &format!("/imports/{}", encoded(id)), complete).await?;
        if response.status() == StatusCode::NOT_MODIFIED {
            return Ok(None);
        }
        *tag = response.headers().get(ETAG).cloned();
        json(response).await.map(Some)
    }

    /// Downloads the error report of an import.
    ///
    /// # Errors
    /// When the import has no report, or the download fails.
    pub async fn errors(&self, id: &str) -> anyhow::Result<Vec<u8>> {
        self.download(&format!("/imports/{}/errors", encoded(id))).await
    }

    /// Downloads the file to which a path redirects.
    ///
    /// # Errors
    /// When Muster refuses the request, answers without a redirect, or the download fails.
    pub async fn download(&self, path: &str) -> anyhow::Result<Vec<u8>> {
        let mut bytes = Vec::new();
        self.download_into(path, &mut bytes).await?;
        Ok(bytes)
    }

    /// Downloads the file to which a path redirects, of any size.
    ///
    /// # Errors
    /// As [`Api::download`], or when the file cannot be written here.
    pub async fn download_into(&self, path: &str, into: &mut (impl AsyncWrite + Unpin)) -> anyhow::Result<()> {
        let response = self.send(Method::GET, path, |request| request).await?;
        let url =
            response.headers().get(LOCATION).and_then(|url| url.to_str().ok()).context("the answer names no file")?;
        let url: Url = url.parse().context("the answer names no file")?;
        // Without the key: the store would refuse a presigned URL that comes with one.
        let file = self.http.request(Method::GET, url).send().await;
        // The URL has a signature in it, which is as good as a key.
        let file = file.and_then(Response::error_for_status).map_err(reqwest::Error::without_url);
        let mut file = file.context("the file cannot be downloaded")?;
        while let Some(bytes) =
            file.chunk().await.map_err(reqwest::Error::without_url).context("the download was cut off")?
        {
            into.write_all(&bytes).await.context("the file cannot be written")?;
        }
        Ok(())
    }

    /// Reads JSON from a URL that Muster gave.
    pub(crate) async fn get_url(&self, url: &str) -> anyhow::Result<Json> {
        json(accepted(self.repeat(Method::GET, self.given(url)?, true, &|request| request).await?).await?).await
    }

    /// Sends JSON to a URL that Muster gave, which does no more if it arrives twice.
    pub(crate) async fn post_url(&self, url: &str, body: &Json) -> anyhow::Result<()> {
        let response = self.repeat(Method::POST, self.given(url)?, true, &|request| request.json(body)).await?;
        accepted(response).await.map(|_| ())
    }

    /// Sends a request, and follows one redirect to the status function.
    async fn send(
        &self,
        method: Method,
        path: &str,
        complete: impl Fn(RequestBuilder) -> RequestBuilder,
    ) -> anyhow::Result<Response> {
        // The status function does not launch imports, so a launch always begins at the URL that was given.
        let launches = method == Method::POST && [IMPORTS, PREVIEW].contains(&path);
        let base = match self.status_url.get() {
            Some(base) if !launches => base,
            _ => self.url.as_str().trim_end_matches('/'),
        };
        let url: Url = format!("{base}{path}").parse().with_context(|| format!("{path} cannot be a path"))?;
        let repeats = method != Method::POST || path == PREVIEW;
        let response = self.repeat(method.clone(), url.clone(), repeats, &complete).await?;
        if response.status() != StatusCode::PERMANENT_REDIRECT {
            return accepted(response).await;
        }
        let there = self.redirected(&url, &response)?;
        let response = self.repeat(method, there.clone(), repeats, &complete).await?;
        if response.status() == StatusCode::PERMANENT_REDIRECT {
            bail!(
                "{} redirects to {}, which redirects again: this is no Muster, or MUSTER_PUBLIC_URL of its upload function is not the URL of its status function",
                shown(&url),
                shown(&there)
            );
        }
        if let Some(base) = there.as_str().strip_suffix(path).filter(|_| !launches) {
            self.status_url.get_or_init(|| base.to_owned());
        }
        accepted(response).await
    }

    /// Sends a request until it is answered by a Muster that is not busy, or patience ends. If its answer is lost, it is
    /// sent again only if `repeats` or its idempotency key says that arriving twice does no more.
    async fn repeat(
        &self,
        method: Method,
        url: Url,
        repeats: bool,
        complete: &impl Fn(RequestBuilder) -> RequestBuilder,
    ) -> anyhow::Result<Response> {
        let mut pauses = pauses(REPEATS);
        loop {
            let request = complete(self.http.request(method.clone(), url.clone()));
            let mut request = request.build().context("the request cannot be built")?;
            if let Some(key) = &self.key {
                request.headers_mut().insert(AUTHORIZATION, key.clone());
            }
            if let Some(signer) = &self.signer {
                signer.sign(&mut request, SystemTime::now()).await.context("the request cannot be signed")?;
            }
            let may_repeat = repeats || request.headers().contains_key(IDEMPOTENCY_KEY);
            let pause = match self.http.client(&url).execute(request).await {
                Ok(response) => match response.status() {
                    StatusCode::TOO_MANY_REQUESTS | StatusCode::SERVICE_UNAVAILABLE => match pauses.next() {
                        Some(pause) => pause,
                        None => return Ok(response),
                    },
                    _ => return Ok(response),
                },
                Err(error) if error.is_connect() => {
                    bail!("nothing answers at {}: check the URL, and that Muster runs there", shown(&url))
                }
                Err(_) => match pauses.next().filter(|_| may_repeat) {
                    Some(pause) => pause,
                    None => bail!("the connection to {} broke off: try again", shown(&url)),
                },
            };
            tokio::time::sleep(pause).await;
        }
    }

    /// A URL that an answer gave, if the key may be sent there.
    fn given(&self, url: &str) -> anyhow::Result<Url> {
        let url: Url = url.parse().map_err(|_| anyhow!("the answer gives no URL where one is needed"))?;
        ensure!(
            may_get_key(&url, &self.url),
            "the answer leads to {}, where the key would be sent unencrypted",
            shown(&url)
        );
        Ok(url)
    }

    /// Where a response redirects to.
    fn redirected(&self, from: &Url, response: &Response) -> anyhow::Result<Url> {
        let location = response.headers().get(LOCATION).and_then(|url| url.to_str().ok());
        let url = location.and_then(|location| from.join(location).ok()).context("the answer redirects nowhere")?;
        ensure!(
            may_get_key(&url, &self.url),
            "the answer redirects to {}, where the key would be sent unencrypted",
            shown(&url)
        );
        Ok(url)
    }
}

/// The address that paths follow: a URL as somebody copied it, without the path of the imports.
fn base(url: &str) -> anyhow::Result<Url> {
    let mut parsed: Url = url
        .trim()
        .parse()
        .ok()
        .filter(|url: &Url| ["http", "https"].contains(&url.scheme()))
        .with_context(|| format!("“{url}” is not the URL of a Muster: write it like https://muster.example.com"))?;
    let path = parsed.path().trim_end_matches('/');
    let path = match path.rsplit_once(IMPORTS) {
        Some((before, rest)) if rest.is_empty() || rest.starts_with('/') => before,
        _ => path,
    };
    let path = path.to_owned();
    parsed.set_path(&path);
    parsed.set_query(None);
    parsed.set_fragment(None);
    Ok(parsed)
}

/// A URL in a message: the server alone, because a path can name a customer.
fn shown(url: &Url) -> String {
    url.origin().ascii_serialization()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_url_is_taken_with_and_without_the_path_of_the_imports() {
        for (typed, expected) in [
            ("http://127.0.0.1:4600", "http://127.0.0.1:4600/"),
            ("http://127.0.0.1:4600/", "http://127.0.0.1:4600/"),
            ("http://127.0.0.1:4600/imports", "http://127.0.0.1:4600/"),
            (" http://127.0.0.1:4600/imports/ ", "http://127.0.0.1:4600/"),
            ("https://example.com/muster/imports/01K?state=failed", "https://example.com/muster"),
            ("https://example.com/imports-of-muster", "https://example.com/imports-of-muster"),
        ] {
            assert_eq!(base(typed).unwrap().as_str(), expected, "{typed}");
        }
        for typed in ["", "127.0.0.1:4600", "example.com", "ftp://example.com"] {
            assert!(base(typed).unwrap_err().to_string().contains("https://"), "{typed}");
        }
    }
}

//! Requests to one Muster.

use std::sync::{Arc, OnceLock};
use std::time::{Duration, SystemTime};

use anyhow::{Context as _, anyhow, ensure};
use reqwest::header::{AUTHORIZATION, ETAG, HeaderMap, HeaderValue, IF_NONE_MATCH, LOCATION};
use reqwest::{Client, Method, RequestBuilder, Response, StatusCode};
use serde_json::Value as Json;

use crate::answer::{accepted, json};
use crate::path::encoded;
use crate::sign::Signer;

/// The path that launches an import. In a deployment only the upload function answers it.
const IMPORTS: &str = "/imports";
/// Milliseconds to wait before each new attempt when Muster is busy (429) or cannot reach its storage (503).
const PAUSES: [u64; 5] = [500, 1_000, 2_000, 4_000, 8_000];

/// The API of one Muster.
#[derive(Debug, Clone)]
pub struct Api {
    http: Client,
    url: String,
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
        let url = base(url)?;
        let signer = if key.is_none() { Signer::for_url(&url).await? } else { None };
        Ok(Self { signer, ..Self::new(&url, key)? })
    }

    /// The Muster at a URL, whose requests are never signed.
    ///
    /// # Errors
    /// When the key cannot be the value of a header.
    pub fn new(url: &str, key: Option<&str>) -> anyhow::Result<Self> {
        let mut headers = HeaderMap::new();
        if let Some(key) = key {
            let value = HeaderValue::from_str(&format!("Bearer {key}"))
                .context("the key contains characters that an HTTP header cannot carry")?;
            headers.insert(AUTHORIZATION, value);
        }
        let http = Client::builder()
            .default_headers(headers)
            .redirect(reqwest::redirect::Policy::none())
            .no_proxy()
            .build()
            .context("the HTTP client could not be set up")?;
        Ok(Self { http, url: url.trim_end_matches('/').to_owned(), status_url: Arc::default(), signer: None })
    }

    /// Sends a GET request. Returns the JSON of the answer.
    ///
    /// # Errors
    /// When Muster cannot be reached, refuses the request, or answers something other than JSON.
    pub async fn get(&self, path: &str) -> anyhow::Result<Json> {
        json(self.send(Method::GET, path, |request| request).await?).await
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
                request = request.header("idempotency-key", key);
            }
            request
        };
        json(self.send(Method::POST, path, complete).await?).await
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
        let response = self.send(Method::GET, path, |request| request).await?;
        let url =
            response.headers().get(LOCATION).and_then(|url| url.to_str().ok()).context("the answer names no file")?;
        // A client of its own: the store would refuse a presigned URL that comes with the key as well.
        let file = Client::builder().no_proxy().build()?.get(url).send().await;
        // The URL has a signature in it, which is as good as a key.
        let file = file.and_then(Response::error_for_status).map_err(reqwest::Error::without_url);
        let bytes = file.context("the file cannot be downloaded")?.bytes().await.map_err(reqwest::Error::without_url);
        Ok(bytes.context("the download was cut off")?.to_vec())
    }

    /// Sends JSON to a URL that Muster gave, once: a busy Muster is not asked again.
    pub(crate) async fn post_once(&self, url: &str, body: &Json) -> anyhow::Result<()> {
        let response = self.execute(self.http.post(url).json(body)).await?;
        accepted(response).await.map(|_| ())
    }

    /// Sends a request, and sends it again after a redirect to the status function, or after a pause when Muster is
    /// busy.
    async fn send(
        &self,
        method: Method,
        path: &str,
        complete: impl Fn(RequestBuilder) -> RequestBuilder,
    ) -> anyhow::Result<Response> {
        // The status function does not launch imports, so a launch always begins at the URL that was given.
        let launches = method == Method::POST && path == IMPORTS;
        let mut base = self.status_url.get().filter(|_| !launches).unwrap_or(&self.url).clone();
        let mut redirected = false;
        let mut pauses = PAUSES.into_iter();
        loop {
            let request = complete(self.http.request(method.clone(), format!("{base}{path}")));
            let response = self.execute(request).await?;
            match response.status() {
                StatusCode::PERMANENT_REDIRECT if !redirected => {
                    base = redirect_base(&response, path)?;
                    redirected = true;
                    if !launches {
                        self.status_url.get_or_init(|| base.clone());
                    }
                }
                StatusCode::TOO_MANY_REQUESTS | StatusCode::SERVICE_UNAVAILABLE => match pauses.next() {
                    Some(pause) => tokio::time::sleep(Duration::from_millis(pause)).await,
                    None => return accepted(response).await,
                },
                _ => return accepted(response).await,
            }
        }
    }

    async fn execute(&self, request: RequestBuilder) -> anyhow::Result<Response> {
        let mut request = request.build().context("the request cannot be built")?;
        if let Some(signer) = &self.signer {
            signer.sign(&mut request, SystemTime::now()).context("the request cannot be signed")?;
        }
        self.http.execute(request).await.map_err(|error| {
            if error.is_connect() {
                anyhow!("nothing answers at {}: check the URL, and that Muster runs there", self.url)
            } else {
                anyhow!("the connection to {} broke off: try again", self.url)
            }
        })
    }
}

/// The address that paths follow: a URL as somebody copied it, without the path of the imports.
fn base(url: &str) -> anyhow::Result<String> {
    let parsed: reqwest::Url = url
        .trim()
        .parse()
        .ok()
        .filter(|url: &reqwest::Url| ["http", "https"].contains(&url.scheme()))
        .with_context(|| format!("“{url}” is not the URL of a Muster: write it like https://muster.example.com"))?;
    let (scheme, authority) = (parsed.scheme(), parsed.authority());
    let path = parsed.path().trim_end_matches('/');
    let path = match path.rsplit_once(IMPORTS) {
        Some((before, rest)) if rest.is_empty() || rest.starts_with('/') => before,
        _ => path,
    };
    Ok(format!("{scheme}://{authority}{path}"))
}

/// The address to which an answer redirects, without the path.
fn redirect_base(response: &Response, path: &str) -> anyhow::Result<String> {
    let location = response.headers().get(LOCATION).and_then(|url| url.to_str().ok());
    let base = location
        .and_then(|url| url.strip_suffix(path))
        .context("the answer redirects to another path than the one asked for")?;
    // The key goes along, so the connection must be one that nobody can listen in on.
    ensure!(
        base.starts_with("https://") || is_loopback(base),
        "the answer redirects to {base}, where the key would be sent unencrypted"
    );
    Ok(base.to_owned())
}

fn is_loopback(url: &str) -> bool {
    ["http://127.0.0.1:", "http://localhost:"].iter().any(|local| url.starts_with(local))
}

#[cfg(test)]
mod tests {
    use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
    use tokio::net::TcpListener;

    use super::*;

    /// A server that answers each request with what `answer` makes of its first line, such as `GET /imports HTTP/1.1`.
    async fn serve(answer: impl Fn(&str) -> String + Send + 'static) -> String {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("http://{}", listener.local_addr().unwrap());
        tokio::spawn(async move {
            loop {
                let (mut connection, _) = listener.accept().await.unwrap();
                let mut request = vec![0; 16 * 1024];
                let length = connection.read(&mut request).await.unwrap();
                let request = String::from_utf8_lossy(&request[..length]).into_owned();
                let answer = answer(request.lines().next().unwrap_or_default());
                connection.write_all(answer.as_bytes()).await.unwrap();
            }
        });
        url
    }

    fn answer(status: &str, header: &str, body: &str) -> String {
        format!("HTTP/1.1 {status}\r\n{header}connection: close\r\ncontent-length: {}\r\n\r\n{body}", body.len())
    }

    #[tokio::test]
    async fn one_url_is_enough_for_a_deployment_with_two_functions() {
        let status_url = serve(|line| match line.split_once(' ') {
            Some(("GET", _)) => answer("200 OK", "", r#"{"from":"status"}"#),
            _ => answer("405 Method Not Allowed", "", r#"{"detail":"The status function launches nothing."}"#),
        })
        .await;
        let upload_url = serve(move |line| {
            let (method, rest) = line.split_once(' ').unwrap();
            let path = rest.split(' ').next().unwrap();
            match (method, path) {
                ("POST", "/imports") => answer("201 Created", "", r#"{"from":"upload"}"#),
                _ => answer("308 Permanent Redirect", &format!("location: {status_url}{path}\r\n"), ""),
            }
        })
        .await;
        let api = Api::new(&format!("{upload_url}/"), Some("key")).unwrap();
        for _ in 0..2 {
            assert_eq!(api.get("/imports").await.unwrap()["from"], "status");
            assert_eq!(api.post("/imports", Some(&Json::Null), None).await.unwrap()["from"], "upload");
        }
    }

    #[test]
    fn a_url_is_taken_with_and_without_the_path_of_the_imports() {
        for (typed, expected) in [
            ("http://127.0.0.1:4600", "http://127.0.0.1:4600"),
            ("http://127.0.0.1:4600/", "http://127.0.0.1:4600"),
            ("http://127.0.0.1:4600/imports", "http://127.0.0.1:4600"),
            (" http://127.0.0.1:4600/imports/ ", "http://127.0.0.1:4600"),
            ("https://example.com/muster/imports/01K?state=failed", "https://example.com/muster"),
            ("https://example.com/imports-of-muster", "https://example.com/imports-of-muster"),
        ] {
            assert_eq!(base(typed).unwrap(), expected, "{typed}");
        }
        for typed in ["", "127.0.0.1:4600", "example.com", "ftp://example.com"] {
            assert!(base(typed).unwrap_err().to_string().contains("https://"), "{typed}");
        }
    }

    #[tokio::test]
    async fn the_key_is_not_sent_where_others_can_listen_in() {
        let url = serve(|_| answer("308 Permanent Redirect", "location: http://example.com/imports\r\n", "")).await;
        let error = Api::new(&url, Some("key")).unwrap().get("/imports").await.unwrap_err();
        assert_eq!(
            error.to_string(),
            "the answer redirects to http://example.com, where the key would be sent unencrypted"
        );
    }

    #[tokio::test]
    async fn a_refusal_lists_each_problem_once() {
        let problems = r#"{"detail":"mode is wrong.","code":"invalid_request","problems":[
            {"path":"mode","message":"is wrong"},{"path":"encoding","message":"is unknown"}]}"#;
        let url = serve(move |_| answer("400 Bad Request", "", problems)).await;
        let error = Api::new(&url, None).unwrap().get("/imports").await.unwrap_err();
        assert_eq!(error.to_string(), "mode is wrong.\n  encoding: is unknown [invalid_request]");
    }
}

//! A client for a Muster wherever it runs: it calls the API as any client does. It also reads the tables, in
//! [`stored`](crate::stored).

use std::time::Duration;

use anyhow::{Context as _, bail, ensure};
use aws_config::SdkConfig;
use client::Resolver;
use reqwest::Method;
use reqwest::header::{CONTENT_TYPE, LOCATION};
use reqwest::redirect::Policy;
use serde_json::{Value as Json, json};
use tokio::sync::OnceCell;

use crate::described::{Answered, Description, Undescribed};
use crate::model::Tally;

/// How long a test waits for an import before it fails.
const PATIENCE: Duration = Duration::from_secs(240);

/// Where a Muster is, and how to reach it.
#[derive(Debug, Clone)]
pub struct ClientConfig {
    /// The URL that launches imports, without a slash at its end.
    pub upload_url: String,
    /// The URL that answers everything else, without a slash at its end.
    pub status_url: String,
    /// An API key with the role `import`.
    pub key: String,
    /// How its tables are reached.
    pub sdk: SdkConfig,
    /// The table of customers and their feeds.
    pub customers_table: String,
}

/// A client for a Muster.
#[derive(Debug)]
pub struct Client {
    pub(crate) config: ClientConfig,
    http: reqwest::Client,
    description: OnceCell<Description>,
}

/// What the API answered, as its description says.
#[derive(Debug)]
struct Answer {
    status: u16,
    location: Option<String>,
    body: String,
}

impl Answer {
    fn json(&self) -> anyhow::Result<Json> {
        serde_json::from_str(&self.body).with_context(|| format!("{} is no JSON", self.body))
    }

    /// The answer, if the request was served.
    fn served(self) -> anyhow::Result<Self> {
        if self.status >= 400 {
            bail!("{}: {}", self.status, self.body);
        }
        Ok(self)
    }
}

impl Client {
    /// Makes a client.
    ///
    /// # Errors
    /// When the key cannot be the value of a header.
    pub fn new(config: ClientConfig) -> anyhow::Result<Self> {
        Ok(Self { http: http_with_key(&config.key)?, config, description: OnceCell::new() })
    }

    /// Imports a file and waits for its end. Returns the import as `GET /imports/{id}` shows it then.
    ///
    /// # Errors
    /// When a request fails, or the import does not end.
    pub async fn import(&self, file: &[u8], settings: Json) -> anyhow::Result<Json> {
        let id = self.launch(file, settings).await?;
        self.wait_for_end(&id).await
    }

    /// Launches an import and uploads its file. Returns the import's id.
    ///
    /// # Errors
    /// When a request fails.
    pub async fn launch(&self, file: &[u8], settings: Json) -> anyhow::Result<String> {
        let mut body = json!({ "file": { "name": "customers.csv", "size": file.len() } });
        for (name, value) in settings.as_object().into_iter().flatten() {
            body[name] = value.clone();
        }
        let launched = self.ask(Method::POST, "/imports", Some(&body)).await?;
        if launched.status != 201 {
            bail!("the import was refused: {}", launched.body);
        }
        let launched = launched.json()?;
        self.upload(&launched, file).await?;
        Ok(launched["id"].as_str().context("no id")?.to_owned())
    }

    /// Uploads the file of an import, as the answer to its launch says.
    ///
    /// # Errors
    /// When a request fails.
    pub async fn upload(&self, launched: &Json, file: &[u8]) -> anyhow::Result<()> {
        if launched["upload"]["multipart"].is_object() {
            return self.upload_parts(file, launched["upload"]["multipart"].clone()).await;
        }
        let mut put =
            http_without_key()?.put(launched["upload"]["url"].as_str().context("no URL")?).body(file.to_vec());
        for (name, value) in launched["upload"]["headers"].as_object().into_iter().flatten() {
            put = put.header(name, value.as_str().unwrap_or_default());
        }
        put.send().await?.error_for_status().context("the upload")?;
        Ok(())
    }

    async fn upload_parts(&self, file: &[u8], mut multipart: Json) -> anyhow::Result<()> {
        let size = usize::try_from(multipart["part_size"].as_u64().context("no part size")?)?;
        let mut uploaded = Vec::new();
        let mut left = file.chunks(size);
        loop {
            for part in multipart["parts"].as_array().context("no parts")? {
                let bytes = left.next().context("more parts than the file has")?;
                let put = http_without_key()?.put(part["url"].as_str().context("no URL")?).body(bytes.to_vec());
                let answer = put.send().await?.error_for_status()?;
                let etag = answer.headers().get("etag").context("no ETag")?.to_str()?;
                uploaded.push(json!({ "number": part["number"], "etag": etag }));
            }
            let Some(more) = multipart["more_url"].as_str() else { break };
            multipart = self.get(path_of(more)?).await?["upload"]["multipart"].take();
        }
        // A client that lost the answer asks a second time; that must not fail.
        for _ in 0..2 {
            let path = path_of(multipart["complete_url"].as_str().context("no URL")?)?;
            self.post(path, json!({ "parts": uploaded })).await?;
        }
        Ok(())
    }

    /// Waits for the end of an import.
    ///
    /// # Errors
    /// When it does not end within four minutes.
    pub async fn wait_for_end(&self, id: &str) -> anyhow::Result<Json> {
        self.wait_until(id, |import| !import["ended_at"].is_null()).await
    }

    /// Waits until a condition holds for an import.
    ///
    /// # Errors
    /// When it does not hold within four minutes.
    pub async fn wait_until(&self, id: &str, condition: impl Fn(&Json) -> bool) -> anyhow::Result<Json> {
        self.get_until(&format!("/imports/{id}"), condition).await
    }

    /// Asks again and again, until a condition holds for the answer.
    async fn get_until(&self, path: &str, condition: impl Fn(&Json) -> bool) -> anyhow::Result<Json> {
        let deadline = tokio::time::Instant::now() + PATIENCE;
        loop {
            let answer = self.get(path).await;
            match &answer {
                Ok(answer) if condition(answer) => return Ok(answer.clone()),
                Err(error) if error.is::<Undescribed>() => return answer,
                _ => {}
            }
            if tokio::time::Instant::now() > deadline {
                bail!("the condition does not hold after {PATIENCE:?}: {answer:?}");
            }
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
    }

    /// Gets a JSON answer.
    ///
    /// # Errors
    /// When the request fails.
    pub async fn get(&self, path: &str) -> anyhow::Result<Json> {
        self.ask(Method::GET, path, None).await?.served()?.json()
    }

    /// Posts JSON and returns the JSON answer.
    ///
    /// # Errors
    /// When the request is refused; the error shows the answer.
    pub async fn post(&self, path: &str, body: Json) -> anyhow::Result<Json> {
        self.ask(Method::POST, path, Some(&body)).await?.served()?.json()
    }

    /// Puts JSON and returns the JSON answer.
    ///
    /// # Errors
    /// When the request is refused; the error shows the answer.
    pub async fn put(&self, path: &str, body: Json) -> anyhow::Result<Json> {
        self.ask(Method::PUT, path, Some(&body)).await?.served()?.json()
    }

    /// Deletes what a path names.
    ///
    /// # Errors
    /// When the request is refused; the error shows the answer.
    pub async fn delete(&self, path: &str) -> anyhow::Result<()> {
        self.ask(Method::DELETE, path, None).await?.served().map(drop)
    }

    /// The API's description of itself.
    ///
    /// # Errors
    /// When it cannot be asked for.
    pub async fn description(&self) -> anyhow::Result<&Description> {
        let url = format!("{}/openapi.json", self.config.status_url);
        let ask =
            async || anyhow::Ok(Description::new(self.http.get(url).send().await?.error_for_status()?.json().await?));
        self.description.get_or_try_init(ask).await
    }

    /// Asks the API, and holds its answer against its description.
    async fn ask(&self, method: Method, path: &str, body: Option<&Json>) -> anyhow::Result<Answer> {
        let to_upload = method == Method::POST && ["/imports", "/imports/preview"].contains(&path);
        let base = if to_upload { &self.config.upload_url } else { &self.config.status_url };
        let mut request = self.http.request(method.clone(), format!("{base}{path}"));
        if let Some(body) = body {
            request = request.json(body);
        }
        let answer = request.send().await?;
        let header = |name| answer.headers().get(name).and_then(|value| value.to_str().ok()).map(ToOwned::to_owned);
        let (status, location) = (answer.status().as_u16(), header(LOCATION));
        let content_type = header(CONTENT_TYPE).unwrap_or_default();
        let body = answer.text().await?;
        let answered = Answered { method: method.as_str(), path, status, content_type: &content_type, body: &body };
        self.description().await?.check(&answered)?;
        Ok(Answer { status, location, body })
    }

    /// The report of an import.
    ///
    /// # Errors
    /// When the import has no report.
    pub async fn report(&self, id: &str) -> anyhow::Result<String> {
        self.download(&format!("/imports/{id}/errors")).await
    }

    /// Begins a job on the members of a segment, and gives it as it ended.
    ///
    /// # Errors
    /// When Muster refuses it, or when it does not end in time.
    pub async fn segment_job(&self, path: &str) -> anyhow::Result<Json> {
        self.post(path, json!({})).await?;
        self.get_until(path, |job| job["state"] != "running").await
    }

    /// The members of a segment, as they are exported.
    ///
    /// # Errors
    /// When they cannot be exported.
    pub async fn export(&self, segment: &str) -> anyhow::Result<String> {
        let path = format!("/segments/{segment}/export");
        let job = self.segment_job(&path).await?;
        ensure!(job["state"] == "completed", "{job}");
        self.download(&format!("{path}/file")).await
    }

    /// The text that a path redirects to.
    ///
    /// # Errors
    /// When the path does not redirect, or the text cannot be downloaded.
    pub async fn download(&self, path: &str) -> anyhow::Result<String> {
        let url = self.ask(Method::GET, path, None).await?.location.context("no redirection")?;
        Ok(http_without_key()?.get(url).send().await?.error_for_status()?.text().await?)
    }
}

/// The path in the URL of an import.
fn path_of(url: &str) -> anyhow::Result<&str> {
    url.find("/imports/").map(|start| &url[start..]).context("not a URL of an import")
}

/// An HTTP client for presigned URLs: object storage refuses them when they come with an authorization header.
///
/// # Errors
/// When it cannot be set up.
pub fn http_without_key() -> anyhow::Result<reqwest::Client> {
    Ok(tls::client().no_proxy().dns_resolver(Resolver).build()?)
}

/// An HTTP client that sends an API key and follows no redirections.
///
/// # Errors
/// When the key cannot be the value of a header.
pub fn http_with_key(key: &str) -> anyhow::Result<reqwest::Client> {
    let mut headers = reqwest::header::HeaderMap::new();
    headers.insert("authorization", format!("Bearer {key}").parse()?);
    Ok(tls::client().default_headers(headers).redirect(Policy::none()).no_proxy().dns_resolver(Resolver).build()?)
}

/// What an import counted, as the API shows it.
pub fn tally(import: &Json) -> Tally {
    let count = |name: &str| import["counters"][name].as_u64().unwrap_or(u64::MAX);
    Tally {
        created: count("created"),
        updated: count("updated"),
        unchanged: count("unchanged"),
        rejected: count("rejected"),
        warnings: count("warnings"),
    }
}

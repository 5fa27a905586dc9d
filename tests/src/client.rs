//! A client for a Muster wherever it runs: it calls the API as any client does. It also reads the tables, in
//! [`stored`](crate::stored).

use std::time::Duration;

use anyhow::{Context as _, bail};
use aws_config::SdkConfig;
use client::Resolver;
use reqwest::redirect::Policy;
use serde_json::{Value as Json, json};

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
}

impl Client {
    /// Makes a client.
    ///
    /// # Errors
    /// When the key cannot be the value of a header.
    pub fn new(config: ClientConfig) -> anyhow::Result<Self> {
        Ok(Self { http: http_with_key(&config.key)?, config })
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
        let launched = self.http.post(format!("{}/imports", self.config.upload_url)).json(&body).send().await?;
        let status = launched.status();
        let launched: Json = launched.json().await?;
        if status.as_u16() != 201 {
            bail!("the import was refused: {launched}");
        }
        if launched["upload"]["multipart"].is_object() {
            self.upload_parts(file, launched["upload"]["multipart"].clone()).await?;
            return Ok(launched["id"].as_str().context("no id")?.to_owned());
        }
        let mut put =
            http_without_key()?.put(launched["upload"]["url"].as_str().context("no URL")?).body(file.to_vec());
        for (name, value) in launched["upload"]["headers"].as_object().into_iter().flatten() {
            put = put.header(name, value.as_str().unwrap_or_default());
        }
        put.send().await?.error_for_status().context("the upload")?;
        Ok(launched["id"].as_str().context("no id")?.to_owned())
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
        let deadline = tokio::time::Instant::now() + PATIENCE;
        loop {
            let import = self.get(&format!("/imports/{id}")).await;
            if let Ok(import) = &import
                && condition(import)
            {
                return Ok(import.clone());
            }
            if tokio::time::Instant::now() > deadline {
                bail!("the condition does not hold after {PATIENCE:?}: {import:?}");
            }
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
    }

    /// Gets a JSON answer.
    ///
    /// # Errors
    /// When the request fails.
    pub async fn get(&self, path: &str) -> anyhow::Result<Json> {
        Ok(self.http.get(format!("{}{path}", self.config.status_url)).send().await?.error_for_status()?.json().await?)
    }

    /// Posts JSON and returns the JSON answer.
    ///
    /// # Errors
    /// When the request is refused; the error shows the answer.
    pub async fn post(&self, path: &str, body: Json) -> anyhow::Result<Json> {
        let base = if ["/imports", "/imports/preview"].contains(&path) {
            &self.config.upload_url
        } else {
            &self.config.status_url
        };
        answered(self.http.post(format!("{base}{path}")).json(&body).send().await?).await
    }

    /// Puts JSON and returns the JSON answer.
    ///
    /// # Errors
    /// When the request is refused; the error shows the answer.
    pub async fn put(&self, path: &str, body: Json) -> anyhow::Result<Json> {
        answered(self.http.put(format!("{}{path}", self.config.status_url)).json(&body).send().await?).await
    }

    /// Deletes what a path names.
    ///
    /// # Errors
    /// When the request is refused; the error shows the answer.
    pub async fn delete(&self, path: &str) -> anyhow::Result<()> {
        let answer = self.http.delete(format!("{}{path}", self.config.status_url)).send().await?;
        let status = answer.status();
        if !status.is_success() {
            bail!("{status}: {}", answer.text().await?);
        }
        Ok(())
    }

    /// The report of an import.
    ///
    /// # Errors
    /// When the import has no report.
    pub async fn report(&self, id: &str) -> anyhow::Result<String> {
        self.download(&format!("/imports/{id}/errors")).await
    }

    /// The text that a path redirects to.
    ///
    /// # Errors
    /// When the path does not redirect, or the text cannot be downloaded.
    pub async fn download(&self, path: &str) -> anyhow::Result<String> {
        let answer = self.http.get(format!("{}{path}", self.config.status_url)).send().await?;
        let url = answer.headers().get("location").context("no redirection")?.to_str()?.to_owned();
        Ok(http_without_key()?.get(url).send().await?.error_for_status()?.text().await?)
    }
}

/// The JSON of an answer; the error of a refusal shows it.
async fn answered(answer: reqwest::Response) -> anyhow::Result<Json> {
    let status = answer.status();
    let answer: Json = answer.json().await?;
    if !status.is_success() {
        bail!("{status}: {answer}");
    }
    Ok(answer)
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
    Ok(reqwest::Client::builder().no_proxy().dns_resolver(Resolver).build()?)
}

/// An HTTP client that sends an API key and follows no redirections.
///
/// # Errors
/// When the key cannot be the value of a header.
pub fn http_with_key(key: &str) -> anyhow::Result<reqwest::Client> {
    let mut headers = reqwest::header::HeaderMap::new();
    headers.insert("authorization", format!("Bearer {key}").parse()?);
    Ok(reqwest::Client::builder()
        .default_headers(headers)
        .redirect(Policy::none())
        .no_proxy()
        .dns_resolver(Resolver)
        .build()?)
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

//! What a browser does with the console, without a browser: it keeps cookies, follows nothing by itself, and sends forms.

use std::collections::BTreeMap;
use std::sync::{Mutex, PoisonError};

use anyhow::Context as _;
use reqwest::redirect::Policy;
use reqwest::{RequestBuilder, Response, StatusCode};

/// Somebody who looks at a console.
#[derive(Debug)]
pub struct Browser {
    origin: String,
    http: reqwest::Client,
    cookies: Mutex<BTreeMap<String, String>>,
}

/// A page as it was answered.
#[derive(Debug)]
pub struct Page {
    /// The HTTP status.
    pub status: StatusCode,
    /// The headers.
    pub headers: reqwest::header::HeaderMap,
    /// The markup.
    pub text: String,
}

impl Browser {
    /// A browser that has not been at this origin before.
    ///
    /// # Errors
    /// When no client can be made.
    pub fn new(origin: &str) -> anyhow::Result<Self> {
        let http = tls::client().no_proxy().redirect(Policy::none()).build()?;
        Ok(Self { origin: origin.to_owned(), http, cookies: Mutex::default() })
    }

    /// Opens a path of the origin.
    ///
    /// # Errors
    /// When nobody answers.
    pub async fn open(&self, path: &str) -> anyhow::Result<Page> {
        self.send(self.http.get(format!("{}{path}", self.origin))).await
    }

    /// Sends a form, with these fields and a token if one is given.
    ///
    /// # Errors
    /// When nobody answers.
    pub async fn submit(&self, path: &str, fields: &[(&str, &str)], token: Option<&str>) -> anyhow::Result<Page> {
        let fields = fields.iter().copied().chain(token.map(|token| ("csrf", token)));
        let body: Vec<String> = fields
            .map(|(name, value)| {
                let value = percent_encoding::utf8_percent_encode(value, percent_encoding::NON_ALPHANUMERIC);
                format!("{name}={value}")
            })
            .collect();
        let post = self.http.post(format!("{}{path}", self.origin)).header("origin", &self.origin);
        self.send(post.header("content-type", "application/x-www-form-urlencoded").body(body.join("&"))).await
    }

    /// The token of forms on the page of a new import.
    ///
    /// # Errors
    /// When the page has none.
    pub async fn token(&self) -> anyhow::Result<String> {
        let page = self.open("/console/imports").await?;
        let (_, rest) = page.text.split_once("name=\"csrf\" content=\"").context("the page has no token")?;
        Ok(rest.split('"').next().unwrap_or_default().to_owned())
    }

    async fn send(&self, request: RequestBuilder) -> anyhow::Result<Page> {
        let cookies: Vec<String> = self.kept().iter().map(|(name, value)| format!("{name}={value}")).collect();
        let request = if cookies.is_empty() { request } else { request.header("cookie", cookies.join("; ")) };
        let answer: Response = request.send().await?;
        for cookie in answer.headers().get_all("set-cookie") {
            if let Some((name, value)) = cookie.to_str()?.split(';').next().and_then(|pair| pair.split_once('=')) {
                self.kept().insert(name.to_owned(), value.to_owned());
            }
        }
        Ok(Page { status: answer.status(), headers: answer.headers().clone(), text: answer.text().await? })
    }

    fn kept(&self) -> std::sync::MutexGuard<'_, BTreeMap<String, String>> {
        self.cookies.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Page {
    /// A header's text; empty if there is none.
    pub fn header(&self, name: &str) -> &str {
        self.headers.get(name).and_then(|value| value.to_str().ok()).unwrap_or_default()
    }
}

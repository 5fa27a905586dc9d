//! An HTTP client for tests whose answers are written down beforehand, and which keeps the requests. It answers below the
//! SDK, so retries, time limits and bodies are the SDK's own.

use std::collections::VecDeque;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use aws_config::retry::RetryConfig;
use aws_config::{BehaviorVersion, Region, SdkConfig};
use aws_credential_types::Credentials;
use aws_credential_types::provider::SharedCredentialsProvider;
use aws_smithy_async::rt::sleep::{SharedAsyncSleep, TokioSleep};
use aws_smithy_runtime_api::client::http::{
    HttpClient, HttpConnector, HttpConnectorFuture, HttpConnectorSettings, SharedHttpConnector,
};
use aws_smithy_runtime_api::client::orchestrator::{HttpRequest, HttpResponse};
use aws_smithy_runtime_api::client::runtime_components::RuntimeComponents;
use aws_smithy_runtime_api::http::StatusCode;
use aws_smithy_types::body::SdkBody;
use bytes::Bytes;
use futures::stream;

/// One answer.
#[derive(Debug)]
pub(crate) struct Answer {
    status: u16,
    headers: Vec<(&'static str, String)>,
    body: Bytes,
    /// Whether the connection breaks behind the body.
    breaks: bool,
    delay: Duration,
}

impl Answer {
    pub(crate) fn new(status: u16, body: impl Into<Bytes>) -> Self {
        Self { status, headers: Vec::new(), body: body.into(), breaks: false, delay: Duration::ZERO }
    }

    pub(crate) fn with(mut self, name: &'static str, value: impl ToString) -> Self {
        self.headers.push((name, value.to_string()));
        self
    }

    pub(crate) fn breaking(mut self) -> Self {
        self.breaks = true;
        self
    }

    pub(crate) fn after(mut self, delay: Duration) -> Self {
        self.delay = delay;
        self
    }

    fn response(self) -> HttpResponse {
        let body = if self.breaks {
            let frame = |bytes| Ok(http_body::Frame::data(bytes));
            let reset = Err(std::io::Error::other("the connection was reset"));
            let frames = [frame(self.body), reset].into_iter();
            SdkBody::from_body_1_x(http_body_util::StreamBody::new(stream::iter(frames)))
        } else {
            SdkBody::from(self.body)
        };
        let mut response = HttpResponse::new(StatusCode::try_from(self.status).unwrap(), body);
        for (name, value) in self.headers {
            response.headers_mut().insert(name, value);
        }
        response
    }
}

/// What was asked, as far as tests look at it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Asked {
    pub(crate) method: String,
    pub(crate) uri: String,
    pub(crate) range: Option<String>,
    pub(crate) if_match: Option<String>,
    pub(crate) body: Bytes,
}

/// A service that gives these answers, one after another. Behind the last one every call is answered 500.
#[derive(Debug, Clone, Default)]
pub(crate) struct Scripted {
    answers: Arc<Mutex<VecDeque<Answer>>>,
    asked: Arc<Mutex<Vec<Asked>>>,
}

impl Scripted {
    pub(crate) fn new(answers: impl IntoIterator<Item = Answer>) -> Self {
        Self { answers: Arc::new(Mutex::new(answers.into_iter().collect())), asked: Arc::default() }
    }

    pub(crate) fn sdk(&self) -> SdkConfig {
        static CLIENTS: AtomicU64 = AtomicU64::new(0);
        // All clients of a service and region share one budget of retries, so each test has a region of its own.
        let region = format!("test-{}", CLIENTS.fetch_add(1, Ordering::Relaxed));
        let credentials = Credentials::new("test", "test", None, None, "test");
        SdkConfig::builder()
            .behavior_version(BehaviorVersion::latest())
            .region(Region::new(region))
            .endpoint_url("http://test")
            .credentials_provider(SharedCredentialsProvider::new(credentials))
            .retry_config(RetryConfig::standard())
            .sleep_impl(SharedAsyncSleep::new(TokioSleep::new()))
            .http_client(self.clone())
            .build()
    }

    /// The requests until now.
    pub(crate) fn asked(&self) -> Vec<Asked> {
        self.asked.lock().unwrap().clone()
    }
}

impl HttpClient for Scripted {
    fn http_connector(&self, _: &HttpConnectorSettings, _: &RuntimeComponents) -> SharedHttpConnector {
        SharedHttpConnector::new(self.clone())
    }
}

impl HttpConnector for Scripted {
    fn call(&self, request: HttpRequest) -> HttpConnectorFuture {
        let header = |name: &str| request.headers().get(name).map(ToOwned::to_owned);
        self.asked.lock().unwrap().push(Asked {
            method: request.method().to_owned(),
            uri: request.uri().to_owned(),
            range: header("range"),
            if_match: header("if-match"),
            body: Bytes::copy_from_slice(request.body().bytes().unwrap_or_default()),
        });
        let answer = self.answers.lock().unwrap().pop_front().unwrap_or_else(|| Answer::new(500, ""));
        HttpConnectorFuture::new(async move {
            tokio::time::sleep(answer.delay).await;
            Ok(answer.response())
        })
    }
}

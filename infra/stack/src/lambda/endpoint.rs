//! Lambda's invoke endpoint, as `cargo lambda watch` has it.

use std::time::{Duration, Instant};

use serde::Serialize;
use serde::de::DeserializeOwned;
use serde_json::Value as Json;

use super::runner::Failure;

/// The invoke endpoint of some functions.
#[derive(Debug, Clone)]
pub(crate) struct InvokeEndpoint {
    client: reqwest::Client,
    url: String,
}

impl InvokeEndpoint {
    /// The longest that Lambda lets a function run. `cargo lambda watch` builds a function when it is first invoked.
    pub(crate) const TIMEOUT: Duration = Duration::from_secs(15 * 60);
    /// How long an event waits for an endpoint that does not listen, and how often it is looked for. Received messages
    /// come again in the meantime otherwise, and soon to the dead-letter queue.
    const PATIENCE: Duration = Duration::from_secs(5 * 60);
    const PAUSE: Duration = Duration::from_secs(1);

    pub(crate) fn new(url: &str) -> Result<Self, reqwest::Error> {
        let client = tls::client().no_proxy().timeout(Self::TIMEOUT).build()?;
        Ok(Self { client, url: url.trim_end_matches('/').to_owned() })
    }

    /// Invokes a function by the name of its crate, and waits for its answer.
    pub(crate) async fn invoke<T: DeserializeOwned>(
        &self,
        function: &str,
        event: &(impl Serialize + Sync),
    ) -> Result<T, Failure> {
        let result = self.invoke_once_reachable(function, event).await;
        match &result {
            Ok(_) => tracing::info!(function, "invoked"),
            Err(failure) => tracing::warn!(function, "an invocation failed: {failure}"),
        }
        result
    }

    async fn invoke_once_reachable<T: DeserializeOwned>(
        &self,
        function: &str,
        event: &(impl Serialize + Sync),
    ) -> Result<T, Failure> {
        let url = format!("{}/2015-03-31/functions/{function}/invocations", self.url);
        let first = Instant::now();
        let mut is_told = false;
        let answer = loop {
            match self.client.post(&url).json(event).send().await {
                Err(error) if error.is_connect() && first.elapsed() < Self::PATIENCE => {
                    if !std::mem::replace(&mut is_told, true) {
                        tracing::warn!(function, "nothing answers at {}; waiting for it", self.url);
                    }
                    tokio::time::sleep(Self::PAUSE).await;
                }
                Err(error) if error.is_timeout() => return Err(Failure::TimedOut(Self::TIMEOUT)),
                answer => break answer.map_err(Failure::BrokeOff)?,
            }
        };
        let status = answer.status();
        let has_failed = answer.headers().contains_key("x-amz-function-error");
        let text = answer.text().await.map_err(Failure::BrokeOff)?;
        let body: Result<Json, _> = serde_json::from_str(&text);
        match body {
            Ok(body) if status.is_success() && !has_failed && body.get("errorType").is_none() => {
                serde_json::from_value(body).map_err(|error| Failure::Returned(error.into()))
            }
            Ok(_) | Err(_) => Err(Failure::Returned(format!("{status}: {text}").into())),
        }
    }
}

//! A webhook as Standard Webhooks describes it: a POST whose signature proves who sent it.
//! <https://github.com/standard-webhooks/standard-webhooks/blob/main/spec/standard-webhooks.md>

use std::time::Duration;

use aws_config::SdkConfig;
use jiff::Timestamp;
use runtime::deployment::{BadEnvironment, WebhookTarget};
use standardwebhooks::{HEADER_WEBHOOK_ID, HEADER_WEBHOOK_SIGNATURE, HEADER_WEBHOOK_TIMESTAMP, Webhook as Signer};
use stores::StoreError;
use stores::parameters::Parameters;

/// How long a receiver may take to answer.
const PATIENCE: Duration = Duration::from_secs(10);

/// The webhook of the deployment.
#[derive(Debug)]
pub(crate) struct Webhook {
    target: WebhookTarget,
    parameters: Parameters,
    client: reqwest::Client,
}

/// A call. It is the same each time that it is repeated.
#[derive(Debug)]
pub(crate) struct Call {
    /// By which a receiver recognises a repeated call.
    pub(crate) id: String,
    /// JSON.
    pub(crate) body: String,
}

/// A call did not reach its receiver, or was not accepted.
#[derive(Debug, thiserror::Error)]
pub(crate) enum NotCalled {
    #[error("its secret cannot be read: {0}")]
    NoSecret(#[from] StoreError),
    #[error("its secret is not base64 behind `whsec_`; set the parameter {0} anew")]
    BadSecret(String),
    #[error("it answered with status {0}")]
    Refused(u16),
    #[error("it did not answer within {0:?}")]
    TimedOut(Duration),
    #[error("it cannot be reached")]
    Unreachable,
}

impl Webhook {
    /// A client of this webhook.
    ///
    /// # Errors
    /// When the URL is none, or no HTTP client can be made. Otherwise every end would fail to be delivered, hours later.
    pub(crate) fn new(sdk: &SdkConfig, target: WebhookTarget) -> Result<Self, BadEnvironment> {
        let failed = |why: &dyn std::fmt::Display| BadEnvironment::WebhookClient(why.to_string());
        reqwest::Url::parse(&target.url).map_err(|error| failed(&error))?;
        // No redirection is followed: only the URL that was deployed gets the calls.
        let client = tls::client().redirect(reqwest::redirect::Policy::none()).timeout(PATIENCE);
        let client = client.user_agent(concat!("muster/", env!("CARGO_PKG_VERSION"))).build();
        let client = client.map_err(|error| failed(&error))?;
        Ok(Self { target, parameters: Parameters::new(sdk), client })
    }

    /// Calls the webhook, signed with this time.
    pub(crate) async fn call(&self, call: &Call, now: Timestamp) -> Result<(), NotCalled> {
        // The secret is read for each call: imports end rarely, and a replaced secret holds at once.
        let secret = self.parameters.get(&self.target.secret).await?;
        let bad = || NotCalled::BadSecret(self.target.secret.clone());
        let signer = Signer::new(secret.as_deref().ok_or_else(bad)?.trim()).map_err(|_| bad())?;
        let at = now.as_second();
        let signature = signer.sign(&call.id, at, call.body.as_bytes()).map_err(|_| bad())?;
        let request = self
            .client
            .post(&self.target.url)
            .header("content-type", "application/json")
            .header(HEADER_WEBHOOK_ID, &call.id)
            .header(HEADER_WEBHOOK_TIMESTAMP, at)
            .header(HEADER_WEBHOOK_SIGNATURE, signature)
            .body(call.body.clone());
        match request.send().await {
            Ok(answer) if answer.status().is_success() => Ok(()),
            Ok(answer) => Err(NotCalled::Refused(answer.status().as_u16())),
            Err(error) if error.is_timeout() => Err(NotCalled::TimedOut(PATIENCE)),
            Err(_) => Err(NotCalled::Unreachable),
        }
    }
}

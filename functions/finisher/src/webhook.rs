//! A webhook as Standard Webhooks has it: a POST that its receiver can tell from anybody else's by its signature.
//! <https://github.com/standard-webhooks/standard-webhooks/blob/main/spec/standard-webhooks.md>

use std::time::Duration;

use jiff::Timestamp;
use shared::store::parameters::Parameters;
use shared::store::{Announcements, StoreError, WebhookTarget};
use standardwebhooks::{HEADER_WEBHOOK_ID, HEADER_WEBHOOK_SIGNATURE, HEADER_WEBHOOK_TIMESTAMP, Webhook as Signer};

/// How long a receiver may take to answer.
const PATIENCE: Duration = Duration::from_secs(10);

/// The webhook of the deployment.
#[derive(Debug)]
pub(crate) struct Webhook {
    target: WebhookTarget,
    parameters: Parameters,
    client: reqwest::Client,
}

/// A call of it: the same each time that it is repeated.
#[derive(Debug)]
pub(crate) struct Call {
    /// Tells repeated calls from others.
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
    pub(crate) fn of(sdk: &aws_config::SdkConfig, announcements: &Announcements) -> Option<Self> {
        let target = announcements.webhook.clone()?;
        // Where it was deployed to is where it is called: it is sent nowhere else.
        let client = reqwest::Client::builder().redirect(reqwest::redirect::Policy::none()).timeout(PATIENCE);
        let client = client.user_agent(concat!("muster/", env!("CARGO_PKG_VERSION"))).build().ok()?;
        Some(Self { target, parameters: Parameters::new(sdk), client })
    }

    /// Calls it, signed as of now.
    pub(crate) async fn call(&self, call: &Call, now: Timestamp) -> Result<(), NotCalled> {
        // Read each time: imports do not end so often, and a secret that was replaced is the new one at once.
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

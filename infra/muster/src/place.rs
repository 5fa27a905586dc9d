//! Which Muster a command speaks to.

use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use anyhow::Context as _;
use aws_config::{Region, SdkConfig};
use clap::Args;
use client::Api;
use stack::{Error, Options, REGION, Stack, api_key, credentials, find_running, running};

use crate::logs::log_to_stderr;

/// How long to wait for a stack that is about to answer or to end, and how often to look.
const PATIENCE: Duration = Duration::from_secs(10);
const PAUSE: Duration = Duration::from_millis(200);

/// Which Muster a command speaks to.
#[derive(Debug, Args)]
pub(crate) struct Place {
    /// Where the local stack keeps its data
    #[arg(long, env = "MUSTER_DATA", default_value = ".muster", global = true, value_name = "DIR")]
    pub(crate) data: PathBuf,
    /// The URL of another Muster's API, such as `https://muster.example.com`; without it, the local stack is used
    #[arg(long, global = true)]
    url: Option<String>,
    /// The key of that API; without one, requests to a function URL are signed with AWS credentials
    #[arg(long, env = "MUSTER_KEY", global = true, hide_env_values = true)]
    key: Option<String>,
}

/// A Muster to speak to, and the local stack if it was started for this command.
pub(crate) struct Connection {
    pub(crate) api: Api,
    stack: Option<Stack>,
}

impl Place {
    /// Connects to the Muster at the URL, or to the local stack that runs, or starts a stack for this command.
    pub(crate) async fn connect(&self) -> anyhow::Result<Connection> {
        log_to_stderr("off");
        if let Some(url) = &self.url {
            return Ok(Connection { api: Api::connect(url, self.key.as_deref()).await?, stack: None });
        }
        let deadline = Instant::now() + PATIENCE;
        loop {
            if let Some(url) = find_running(&self.data).await {
                return Ok(Connection { api: Api::new(&url, api_key(&self.data).as_deref())?, stack: None });
            }
            match Stack::start(Options::new(&self.data)).await {
                Ok(stack) => {
                    let api = Api::new(stack.api_url(), Some(stack.api_key()))?;
                    return Ok(Connection { api, stack: Some(stack) });
                }
                Err(Error::InUse { .. }) if Instant::now() < deadline => tokio::time::sleep(PAUSE).await,
                Err(error) => return Err(error.into()),
            }
        }
    }
}

impl Connection {
    /// How the object store of the local stack is reached.
    ///
    /// # Errors
    /// When there is no local stack.
    pub(crate) async fn objects(&self, data: &Path) -> anyhow::Result<SdkConfig> {
        if let Some(stack) = &self.stack {
            return Ok(stack.sdk().clone());
        }
        let running = running(data).await.context("`muster drop` is for the local stack. Put the file into the bucket of a deployment with any AWS client, such as `aws s3 cp`")?;
        let credentials = credentials(data).context("the local stack has no credentials that can be read")?;
        let sdk = stores::sdk()
            .endpoint_url(running.endpoint_url)
            .credentials_provider(credentials)
            .region(Region::new(REGION));
        Ok(sdk.load().await)
    }

    /// Whether the stack that answers was started for this command, and ends with it.
    pub(crate) const fn is_own(&self) -> bool {
        self.stack.is_some()
    }

    /// Stops the stack that was started for this command, once its invocations have ended.
    pub(crate) async fn close(self) {
        if let Some(stack) = self.stack {
            stack.stop().await;
        }
    }
}

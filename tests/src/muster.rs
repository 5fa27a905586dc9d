//! A Muster in the process of a test: a local stack, and a client for it.

use std::ops::Deref;
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use stack::{Faults, Options, Stack};

use crate::client::{Client, ClientConfig};

/// Options for an import under faults. Faults alone must not send a batch to the dead letters, so a message may be
/// received 50 times, and all pauses are short.
pub fn options_under(faults: Arc<Faults>, folder: &Path) -> Options {
    Options {
        faults: Some(faults),
        visibility: Some(Duration::from_secs(2)),
        retry: Duration::from_millis(50),
        retry_of_named: Some(Duration::from_millis(50)),
        max_receives: 50,
        sweep_every: Duration::from_secs(1),
        stalled: Duration::from_secs(3),
        job_step: Duration::from_millis(1),
        ..Options::new(folder)
    }
}

/// A Muster in this process. It can be used as its own client.
pub struct Muster {
    /// The stack.
    pub stack: Stack,
    client: Client,
}

impl Muster {
    /// Starts a stack.
    ///
    /// # Errors
    /// When the stack does not start.
    pub async fn start(options: Options) -> anyhow::Result<Self> {
        let stack = Stack::start(options).await?;
        let client = Client::new(ClientConfig {
            upload_url: stack.api_url().to_owned(),
            status_url: stack.api_url().to_owned(),
            key: stack.api_key().to_owned(),
            sdk: stack.sdk().clone(),
            customers_table: stack.resources().customers_table.clone(),
        })?;
        Ok(Self { stack, client })
    }

    /// Puts a file into the bucket as anybody may who has the permission.
    ///
    /// # Errors
    /// When the bucket cannot be written.
    pub async fn drop_into_inbox(&self, key: &str, file: &[u8]) -> anyhow::Result<()> {
        Ok(stack::inbox::put(self.stack.sdk(), key, file.to_vec().into()).await?)
    }
}

impl Deref for Muster {
    type Target = Client;

    fn deref(&self) -> &Client {
        &self.client
    }
}

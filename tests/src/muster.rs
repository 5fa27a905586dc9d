//! A local stack of a test's own, spoken to as clients do.

use std::ops::Deref;
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use local::stack::{Faults, Options, Stack};

use crate::client::{Client, Place};
pub use crate::client::{counted, same, with_key as client};

/// Options for an import under faults: patient enough that faults alone bring no batch to its end, and quick to go on.
pub fn under(faults: Arc<Faults>, folder: &Path) -> Options {
    Options {
        faults: Some(faults),
        visibility: Some(Duration::from_secs(2)),
        retry: Duration::from_millis(50),
        max_receives: 50,
        sweep_every: Duration::from_secs(1),
        stalled: Duration::from_secs(3),
        ..Options::new(folder)
    }
}

/// A Muster in this process.
pub struct Muster {
    /// The stack.
    pub stack: Stack,
    client: Client,
}

impl Muster {
    /// Starts one.
    ///
    /// # Errors
    /// When it does not start.
    pub async fn start(options: Options) -> anyhow::Result<Self> {
        let stack = Stack::start(options).await?;
        let client = Client::of(Place {
            upload_url: stack.api_url().to_owned(),
            status_url: stack.api_url().to_owned(),
            key: stack.api_key().to_owned(),
            sdk: stack.sdk().clone(),
            customers_table: stack.resources().customers_table.clone(),
        })?;
        Ok(Self { stack, client })
    }
}

impl Deref for Muster {
    type Target = Client;

    fn deref(&self) -> &Client {
        &self.client
    }
}

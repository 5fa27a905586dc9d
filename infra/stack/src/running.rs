//! The file through which clients find the stack that runs on a data directory.

use std::fs::File;
use std::io::{self, Write as _};
use std::path::Path;
use std::time::Duration;

use serde::{Deserialize, Serialize};

/// The name of the file.
const FILE: &str = "stack.json";
/// The name under which the file is written. It is renamed once it is complete, so nobody reads half of it.
const DRAFT: &str = "stack.json.tmp";

/// A running stack, as its data directory and `GET /health` describe it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Running {
    /// The id of its process.
    pub pid: u32,
    /// Where its API listens.
    pub api_url: String,
    /// Where its object store, tables and queues answer.
    pub endpoint_url: String,
    /// The version of Muster that it runs.
    pub version: String,
    /// A random name of this run. A client compares it with that of `/health`, because another program may have taken
    /// the port over.
    pub run: String,
}

impl Running {
    /// Describes a new run of this process, which listens on these loopback ports.
    pub(crate) fn new(api_port: u16, services_port: u16) -> Running {
        Running {
            pid: std::process::id(),
            api_url: format!("http://127.0.0.1:{api_port}"),
            endpoint_url: format!("http://127.0.0.1:{services_port}"),
            version: env!("CARGO_PKG_VERSION").to_owned(),
            run: ulid::Ulid::generate().to_string(),
        }
    }

    /// Writes the file into a data directory.
    pub(crate) fn write(&self, data: &Path) -> io::Result<()> {
        let draft = data.join(DRAFT);
        File::create(&draft)?.write_all(&serde_json::to_vec_pretty(self)?)?;
        std::fs::rename(draft, data.join(FILE))
    }

    /// Reads the file of a data directory. The stack that wrote it may have been killed since.
    pub(crate) fn read(data: &Path) -> Option<Running> {
        serde_json::from_slice(&std::fs::read(data.join(FILE)).ok()?).ok()
    }

    /// Removes the file from a data directory.
    pub(crate) fn remove(data: &Path) {
        // A file that is left over only costs the next client one request that nobody answers.
        let _ = std::fs::remove_file(data.join(FILE));
    }
}

/// The stack that runs on a data directory, if there is one and it answers.
pub async fn running(data: &Path) -> Option<Running> {
    let running = Running::read(data)?;
    let client = reqwest::Client::builder().no_proxy().timeout(Duration::from_secs(2)).build().ok()?;
    let answer = client.get(format!("{}/health", running.api_url)).send().await.ok()?;
    let health: Running = answer.error_for_status().ok()?.json().await.ok()?;
    (health.run == running.run).then_some(running)
}

/// The URL of the API of the stack that runs on a data directory, if there is one and it answers.
pub async fn find_running(data: &Path) -> Option<String> {
    running(data).await.map(|running| running.api_url)
}

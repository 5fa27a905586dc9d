//! The data directory: one process at a time owns it, and others find that process through it.

use std::fs::{File, OpenOptions, TryLockError};
use std::io::{self, Write as _};
use std::path::{Path, PathBuf};
use std::time::Duration;

use serde::{Deserialize, Serialize};

use super::Error;

/// The file of the API's key.
const KEY_FILE: &str = "api-key";
/// The file of the webhook's secret.
const WEBHOOK_FILE: &str = "webhook-secret";

/// What a running stack writes into its data directory, for clients to find it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Running {
    /// The process.
    pub pid: u32,
    /// Where its API listens.
    pub api_url: String,
    /// Where its object store, tables and queues answer.
    pub endpoint_url: String,
    /// The version of Muster that it runs.
    pub version: String,
    /// A name of this run, by which an answer on a port used again by another program is told apart.
    pub run: String,
}

/// The data directory, owned until dropped.
#[derive(Debug)]
pub(crate) struct DataDir {
    path: PathBuf,
    // The operating system frees the lock when the process ends, however it ends.
    _lock: File,
}

impl DataDir {
    /// Takes the directory for this process, creating it if need be.
    pub(crate) fn acquire(path: &Path) -> Result<DataDir, Error> {
        let named = |source: io::Error| Error::Data { path: path.to_owned(), source };
        std::fs::create_dir_all(path).map_err(named)?;
        let lock =
            OpenOptions::new().create(true).truncate(false).write(true).open(path.join("lock")).map_err(named)?;
        match lock.try_lock() {
            Ok(()) => Ok(DataDir { path: path.to_owned(), _lock: lock }),
            Err(TryLockError::WouldBlock) => {
                let holder = read(path).map_or_else(
                    || "another process".to_owned(),
                    |running| format!("process {} at {}", running.pid, running.api_url),
                );
                Err(Error::InUse { path: path.to_owned(), holder })
            }
            Err(TryLockError::Error(source)) => Err(named(source)),
        }
    }

    /// The file of the tables.
    pub(crate) fn tables(&self) -> PathBuf {
        self.path.join("dynamodb.sqlite")
    }

    /// The directory of the objects.
    pub(crate) fn objects(&self) -> PathBuf {
        self.path.join("objects")
    }

    /// The file of the events.
    pub(crate) fn events(&self) -> PathBuf {
        self.path.join("events.jsonl")
    }

    /// The key of the API: made when the directory is, and readable by its owner only.
    pub(crate) fn api_key(&self) -> Result<String, Error> {
        match api_key(&self.path) {
            Some(key) => Ok(key),
            None => self.keep_secret(KEY_FILE, (0..4).map(|_| format!("{:016x}", rand::random::<u64>())).collect()),
        }
    }

    /// The secret that calls of the webhook are signed with, made like the key of the API.
    pub(crate) fn webhook_secret(&self) -> Result<String, Error> {
        match read_secret(&self.path, WEBHOOK_FILE) {
            Some(secret) => Ok(secret),
            None => {
                let secret: [u8; 32] = rand::random();
                self.keep_secret(WEBHOOK_FILE, format!("whsec_{}", aws_smithy_types::base64::encode(secret)))
            }
        }
    }

    fn keep_secret(&self, file: &str, secret: String) -> Result<String, Error> {
        let write = || -> io::Result<()> {
            let mut options = OpenOptions::new();
            options.create(true).truncate(true).write(true);
            #[cfg(unix)]
            std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
            options.open(self.path.join(file))?.write_all(secret.as_bytes())
        };
        write().map_err(|source| Error::Data { path: self.path.clone(), source })?;
        Ok(secret)
    }

    /// Lets clients find the running stack.
    pub(crate) fn announce(&self, running: &Running) -> Result<(), Error> {
        let write = || -> io::Result<()> {
            let file = self.path.join("stack.json");
            let draft = self.path.join("stack.json.tmp");
            let mut out = File::create(&draft)?;
            out.write_all(&serde_json::to_vec_pretty(running)?)?;
            std::fs::rename(draft, file)
        };
        write().map_err(|source| Error::Data { path: self.path.clone(), source })
    }

    /// Takes the announcement back.
    pub(crate) fn retract(&self) {
        // A leftover only costs the next client one request that nobody answers.
        let _ = std::fs::remove_file(self.path.join("stack.json"));
    }
}

/// The key of the API of the stack that keeps its data in a directory.
pub fn api_key(data: &Path) -> Option<String> {
    read_secret(data, KEY_FILE)
}

fn read_secret(data: &Path, file: &str) -> Option<String> {
    let secret = std::fs::read_to_string(data.join(file)).ok()?.trim().to_owned();
    (!secret.is_empty()).then_some(secret)
}

fn read(data: &Path) -> Option<Running> {
    serde_json::from_slice(&std::fs::read(data.join("stack.json")).ok()?).ok()
}

/// The stack that runs on a data directory, if one does and answers.
pub async fn running(data: &Path) -> Option<Running> {
    let running = read(data)?;
    let client = reqwest::Client::builder().no_proxy().timeout(Duration::from_secs(2)).build().ok()?;
    let answer = client.get(format!("{}/health", running.api_url)).send().await.ok()?;
    let health: Running = answer.error_for_status().ok()?.json().await.ok()?;
    (health.run == running.run).then_some(running)
}

/// The API's address of the stack that runs on a data directory, if one does and answers.
pub async fn find_running(data: &Path) -> Option<String> {
    running(data).await.map(|running| running.api_url)
}

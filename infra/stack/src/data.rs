//! The data directory of a stack. One process at a time owns it.

use std::fs::{File, OpenOptions, TryLockError};
use std::io::{self, Write as _};
use std::path::{Path, PathBuf};

use crate::error::Error;
use crate::running::Running;

/// The file of the API key.
const KEY_FILE: &str = "api-key";
/// The file of the webhook's secret.
const WEBHOOK_FILE: &str = "webhook-secret";

/// The data directory, owned until dropped.
#[derive(Debug)]
pub(crate) struct DataDir {
    path: PathBuf,
    // The operating system frees the lock when the process ends, even if it is killed.
    _lock: File,
}

impl DataDir {
    /// Takes the directory for this process, and creates it if it is missing.
    pub(crate) fn acquire(path: &Path) -> Result<DataDir, Error> {
        let failed = |source: io::Error| Error::Data { path: path.to_owned(), source };
        std::fs::create_dir_all(path).map_err(failed)?;
        let lock =
            OpenOptions::new().create(true).truncate(false).write(true).open(path.join("lock")).map_err(failed)?;
        match lock.try_lock() {
            Ok(()) => Ok(DataDir { path: path.to_owned(), _lock: lock }),
            Err(TryLockError::WouldBlock) => {
                let holder = Running::read(path).map_or_else(
                    || "another process".to_owned(),
                    |running| format!("process {} at {}", running.pid, running.api_url),
                );
                Err(Error::InUse { path: path.to_owned(), holder })
            }
            Err(TryLockError::Error(source)) => Err(failed(source)),
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

    /// The file to which the event bus appends its events.
    pub(crate) fn events(&self) -> PathBuf {
        self.path.join("events.jsonl")
    }

    /// The API key. It is generated once, and only the owner of the directory can read it.
    pub(crate) fn api_key(&self) -> Result<String, Error> {
        match api_key(&self.path) {
            Some(key) => Ok(key),
            None => self.write_secret(KEY_FILE, (0..4).map(|_| format!("{:016x}", rand::random::<u64>())).collect()),
        }
    }

    /// The secret with which calls of the webhook are signed. It is generated and kept like the API key.
    pub(crate) fn webhook_secret(&self) -> Result<String, Error> {
        match read_secret(&self.path, WEBHOOK_FILE) {
            Some(secret) => Ok(secret),
            None => {
                let secret: [u8; 32] = rand::random();
                self.write_secret(WEBHOOK_FILE, format!("whsec_{}", aws_smithy_types::base64::encode(secret)))
            }
        }
    }

    fn write_secret(&self, file: &str, secret: String) -> Result<String, Error> {
        let write = || -> io::Result<()> {
            let mut options = OpenOptions::new();
            options.create(true).truncate(true).write(true);
            #[cfg(unix)]
            std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
            options.open(self.path.join(file))?.write_all(secret.as_bytes())
        };
        write().map_err(|source| self.failed(source))?;
        Ok(secret)
    }

    /// Lets clients find the running stack through this directory.
    pub(crate) fn publish(&self, running: &Running) -> Result<(), Error> {
        running.write(&self.path).map_err(|source| self.failed(source))
    }

    /// Lets clients know that no stack runs on this directory any more.
    pub(crate) fn withdraw(&self) {
        Running::remove(&self.path);
    }

    fn failed(&self, source: io::Error) -> Error {
        Error::Data { path: self.path.clone(), source }
    }
}

/// The API key of the stack that keeps its data in a directory, if one was started there before.
pub fn api_key(data: &Path) -> Option<String> {
    read_secret(data, KEY_FILE)
}

fn read_secret(data: &Path, file: &str) -> Option<String> {
    let secret = std::fs::read_to_string(data.join(file)).ok()?.trim().to_owned();
    (!secret.is_empty()).then_some(secret)
}

//! The data directory of a stack. One process at a time owns it, and only one user can read it.

use std::fs::{DirBuilder, File, OpenOptions, Permissions, TryLockError};
use std::io;
use std::os::unix::fs::{DirBuilderExt as _, PermissionsExt as _};
use std::path::{Path, PathBuf};

use rustix::fs::Mode;

use crate::error::Error;
use crate::running::Running;

/// The permissions of a directory and of a file that only their owner may use.
const OWNERS_DIRECTORY: u32 = 0o700;
const OWNERS_FILE: u32 = 0o600;
/// Set on directories in which all users may write, such as `/tmp`.
const STICKY: u32 = 0o1000;

/// The data directory, owned until dropped.
#[derive(Debug)]
pub(crate) struct DataDir {
    path: PathBuf,
    // The operating system frees the lock when the process ends, even if it is killed.
    _lock: File,
}

impl DataDir {
    /// Takes the directory for this process, and creates it if it is missing. Nobody else can read what it holds, nor
    /// what this process writes from now on: SQLite and the object store create files with the permissions that the
    /// process leaves them.
    pub(crate) fn acquire(path: &Path) -> Result<DataDir, Error> {
        let failed = |source: io::Error| Error::Data { path: path.to_owned(), source };
        rustix::process::umask(Mode::RWXG | Mode::RWXO);
        DirBuilder::new().recursive(true).mode(OWNERS_DIRECTORY).create(path).map_err(failed)?;
        close_to_others(path).map_err(failed)?;
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

    /// Where it is.
    pub(crate) fn path(&self) -> &Path {
        &self.path
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

    /// Lets clients find the running stack through this directory.
    pub(crate) fn publish(&self, running: &Running) -> Result<(), Error> {
        running.write(&self.path).map_err(|source| self.failed(source))
    }

    /// Lets clients know that no stack runs on this directory any more.
    pub(crate) fn withdraw(&self) {
        Running::remove(&self.path);
    }

    /// The error of a file in this directory.
    pub(crate) fn failed(&self, source: io::Error) -> Error {
        Error::Data { path: self.path.clone(), source }
    }
}

/// Takes the permissions of everybody but the owner from a directory and from what lies directly in it: older versions
/// left files there that others could read.
fn close_to_others(path: &Path) -> io::Result<()> {
    let mode = std::fs::metadata(path)?.permissions().mode();
    if mode & STICKY != 0 {
        return Err(io::Error::new(
            io::ErrorKind::PermissionDenied,
            "other users may write in it; choose a directory in it with --data",
        ));
    }
    if mode & 0o077 == 0 {
        return Ok(());
    }
    std::fs::set_permissions(path, Permissions::from_mode(OWNERS_DIRECTORY))?;
    for entry in std::fs::read_dir(path)? {
        let entry = entry?;
        let kind = entry.file_type()?;
        if kind.is_symlink() {
            continue;
        }
        let mode = if kind.is_dir() { OWNERS_DIRECTORY } else { OWNERS_FILE };
        std::fs::set_permissions(entry.path(), Permissions::from_mode(mode))?;
    }
    Ok(())
}

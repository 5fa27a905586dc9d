//! Files that a command writes for its user: none is overwritten unless that is asked for, and never the one that is
//! imported.

use std::io::ErrorKind;
use std::os::unix::fs::MetadataExt as _;
use std::path::{Path, PathBuf};

use anyhow::{Context as _, bail};
use tokio::io::AsyncWriteExt as _;

/// A file that a command is going to write.
#[derive(Debug, Clone)]
pub(crate) struct Target {
    path: PathBuf,
    overwrite: bool,
}

impl Target {
    /// A file that nothing may be lost in. It is written only if there is no such file yet, unless `force` is given.
    ///
    /// # Errors
    /// When there is a file of this name that may not be overwritten.
    pub(crate) fn new(path: &Path, force: bool) -> anyhow::Result<Self> {
        // A terminal or a pipe keeps nothing that could be lost.
        let exists = std::fs::metadata(path).is_ok_and(|about| about.is_file());
        if exists && !force {
            bail!(already_there(path));
        }
        Ok(Self { path: path.to_owned(), overwrite: force || path.exists() })
    }

    /// A file of the data directory, which only this program writes.
    pub(crate) fn of_data(path: PathBuf) -> Self {
        Self { path, overwrite: true }
    }

    /// Where it is.
    pub(crate) fn path(&self) -> &Path {
        &self.path
    }

    /// Writes the file, and the folder that it is in.
    ///
    /// # Errors
    /// When it cannot be written, or was written by somebody else since.
    pub(crate) async fn write(&self, bytes: &[u8]) -> anyhow::Result<()> {
        let mut file = self.create().await?;
        let unwritable = || format!("{} cannot be written", self.path.display());
        file.write_all(bytes).await.with_context(unwritable)?;
        file.flush().await.with_context(unwritable)
    }

    /// Makes the file, and the folder that it is in, to be written bit by bit.
    ///
    /// # Errors
    /// As [`Target::write`].
    pub(crate) async fn create(&self) -> anyhow::Result<tokio::fs::File> {
        let path = &self.path;
        if let Some(folder) = path.parent() {
            let uncreatable = || format!("the folder {} cannot be created", folder.display());
            tokio::fs::create_dir_all(folder).await.with_context(uncreatable)?;
        }
        let unwritable = || format!("{} cannot be written", path.display());
        let mut options = tokio::fs::OpenOptions::new();
        options.write(true).truncate(true).create(true).create_new(!self.overwrite);
        match options.open(path).await {
            Err(error) if error.kind() == ErrorKind::AlreadyExists => bail!(already_there(path)),
            file => file.with_context(unwritable),
        }
    }
}

fn already_there(path: &Path) -> String {
    format!("{} exists and would be overwritten: choose another name, or add --force", path.display())
}

/// Whether two paths lead to one file, by whatever name.
pub(crate) fn is_same_file(one: &Path, other: &Path) -> bool {
    let about = |path: &Path| std::fs::metadata(path).ok().map(|about| (about.dev(), about.ino()));
    about(one).is_some_and(|one| about(other) == Some(one))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn a_file_is_overwritten_only_by_force() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("new folder/report.csv");
        let target = Target::new(&path, false).unwrap();
        target.write(b"first").await.unwrap();
        assert!(Target::new(&path, false).unwrap_err().to_string().contains("--force"));
        // It was written by somebody else meanwhile.
        assert!(target.write(b"second").await.unwrap_err().to_string().contains("--force"));
        assert_eq!(std::fs::read(&path).unwrap(), b"first");
        Target::new(&path, true).unwrap().write(b"2nd").await.unwrap();
        assert_eq!(std::fs::read(&path).unwrap(), b"2nd");
        assert!(Target::new(Path::new("/dev/null"), false).is_ok());
    }

    #[test]
    fn a_file_is_the_same_by_every_name() {
        let folder = tempfile::tempdir().unwrap();
        let path = |name: &str| folder.path().join(name);
        std::fs::write(path("a.csv"), "a").unwrap();
        std::fs::write(path("b.csv"), "a").unwrap();
        std::os::unix::fs::symlink(path("a.csv"), path("link.csv")).unwrap();
        std::fs::hard_link(path("a.csv"), path("hard.csv")).unwrap();
        for (name, same) in [("a.csv", true), ("link.csv", true), ("hard.csv", true), ("b.csv", false), ("none", false)]
        {
            assert_eq!(is_same_file(&path("a.csv"), &path(name)), same, "{name}");
        }
    }
}

//! The bucket's lifecycle: removes objects that have expired, and what is left of uploads that were never completed.

use std::fs::DirEntry;
use std::io::{self, ErrorKind};
use std::path::{Path, PathBuf};
use std::time::{Duration, SystemTime};

use crate::resources::Bucket;

/// What `s3s-fs` names the parts and side files of uploads, and files that it has not written to their end.
const UNFINISHED: [&str; 3] = [".upload_id-", ".upload-", ".tmp."];

/// The rules of a bucket, and the directory in which its objects are.
#[derive(Clone, Debug)]
pub(crate) struct Lifecycle {
    root: PathBuf,
    bucket: String,
    expiration: Option<Duration>,
    abandoned: Option<Duration>,
}

impl Lifecycle {
    /// The rules of this bucket.
    pub(crate) fn new(root: PathBuf, bucket: &Bucket) -> Lifecycle {
        let Bucket { name, expiration, abandoned, .. } = bucket;
        Lifecycle { root, bucket: name.clone(), expiration: *expiration, abandoned: *abandoned }
    }

    /// Removes what the rules say. Returns how many files that were.
    pub(crate) fn sweep(&self, now: SystemTime) -> io::Result<usize> {
        let mut removed = 0;
        // Beside the bucket are the side files of its objects, which are as old as the objects, and unfinished uploads.
        for entry in entries(&self.root)? {
            let entry = entry?;
            if entry.file_type()?.is_file() {
                let name = entry.file_name().to_string_lossy().into_owned();
                let is_unfinished =
                    UNFINISHED.iter().any(|prefix| name.starts_with(prefix)) || name.contains(".upload-");
                let age = if is_unfinished { self.abandoned } else { self.expiration };
                removed += usize::from(remove_if_older(&entry, age, now)?);
            }
        }
        Ok(removed + self.sweep_folder(&self.root.join(&self.bucket), now)?)
    }

    fn sweep_folder(&self, folder: &Path, now: SystemTime) -> io::Result<usize> {
        let mut removed = 0;
        for entry in entries(folder)? {
            let entry = entry?;
            removed += match entry.file_type()? {
                kind if kind.is_dir() => self.sweep_folder(&entry.path(), now)?,
                _ => usize::from(remove_if_older(&entry, self.expiration, now)?),
            };
        }
        Ok(removed)
    }
}

/// The entries of a directory; none if it is not there (yet, or any more).
fn entries(folder: &Path) -> io::Result<impl Iterator<Item = io::Result<DirEntry>>> {
    match std::fs::read_dir(folder) {
        Ok(entries) => Ok(Some(entries).into_iter().flatten()),
        Err(error) if error.kind() == ErrorKind::NotFound => Ok(None.into_iter().flatten()),
        Err(error) => Err(error),
    }
}

fn remove_if_older(entry: &DirEntry, age: Option<Duration>, now: SystemTime) -> io::Result<bool> {
    let gone = |error: io::Error| if error.kind() == ErrorKind::NotFound { Ok(false) } else { Err(error) };
    let modified = match entry.metadata() {
        Ok(about) => about.modified()?,
        Err(error) => return gone(error),
    };
    // A file from the future, from before the clock was set back, is new.
    let is_old = age.is_some_and(|age| now.duration_since(modified).is_ok_and(|old| old > age));
    if !is_old {
        return Ok(false);
    }
    std::fs::remove_file(entry.path()).map(|()| true).or_else(gone)
}

#[cfg(test)]
mod tests {
    use super::*;

    const DAY: Duration = Duration::from_secs(24 * 3600);

    #[test]
    fn expired_objects_and_abandoned_uploads_are_removed_and_nothing_else() {
        let root = tempfile::tempdir().unwrap();
        let bucket = Bucket {
            name: "files".to_owned(),
            notifications: Vec::new(),
            expiration: Some(DAY * 30),
            abandoned: Some(DAY),
        };
        let now = SystemTime::now();
        std::fs::create_dir_all(root.path().join("files/uploads/01K")).unwrap();
        for (name, age) in [
            ("files/uploads/01K/old.csv", 31),
            ("files/uploads/01K/new.csv", 29),
            (".bucket-YQ.object-b2xk.metadata.json", 31),
            (".bucket-YQ.object-bmV3.metadata.json", 29),
            (".bucket-YQ.object-Yg.upload-0b8e.metadata.json", 2),
            (".upload_id-0b8e.part-1", 2),
            (".upload-0b8e.json", 2),
            (".upload_id-1c9f.part-1", 0),
        ] {
            let file = std::fs::File::create(root.path().join(name)).unwrap();
            file.set_modified(now - DAY * age).unwrap();
        }
        let lifecycle = Lifecycle::new(root.path().to_owned(), &bucket);
        assert_eq!(lifecycle.sweep(now - DAY * 40).unwrap(), 0, "the clock was set back");
        assert_eq!(lifecycle.sweep(now).unwrap(), 5);
        for left in ["files/uploads/01K/new.csv", ".bucket-YQ.object-bmV3.metadata.json", ".upload_id-1c9f.part-1"] {
            assert!(root.path().join(left).exists(), "{left}");
        }
        assert_eq!(lifecycle.sweep(now).unwrap(), 0);
    }
}

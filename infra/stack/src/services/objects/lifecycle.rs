//! The bucket's lifecycle: removes objects that have expired, and what is left of uploads that were never completed.

use std::fs::DirEntry;
use std::io::{self, ErrorKind};
use std::path::{Path, PathBuf};
use std::time::{Duration, SystemTime};

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;

use crate::resources::{Bucket, Expiration};

/// What `s3s-fs` names the parts and side files of uploads, and files that it has not written to their end.
const UNFINISHED: [&str; 3] = [".upload_id-", ".upload-", ".tmp."];

/// The rules of a bucket, and the directory in which its objects are.
#[derive(Clone, Debug)]
pub(crate) struct Lifecycle {
    root: PathBuf,
    bucket: String,
    expirations: Vec<Expiration>,
    abandoned: Option<Duration>,
}

impl Lifecycle {
    /// The rules of this bucket.
    pub(crate) fn new(root: PathBuf, bucket: &Bucket) -> Lifecycle {
        let Bucket { name, expirations, abandoned, .. } = bucket;
        Lifecycle { root, bucket: name.clone(), expirations: expirations.clone(), abandoned: *abandoned }
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
                let age = if is_unfinished { self.abandoned } else { self.expiration(&key_of_side_file(&name)) };
                removed += usize::from(remove_if_older(&entry, age, now)?);
            }
        }
        Ok(removed + self.sweep_folder(&self.root.join(&self.bucket), "", now)?)
    }

    /// How long the object of this key is kept. Of two rules the shorter one holds.
    fn expiration(&self, key: &str) -> Option<Duration> {
        let rules = self.expirations.iter().filter(|rule| key.starts_with(&rule.prefix));
        rules.map(|rule| rule.after).min()
    }

    /// Sweeps the objects whose keys begin with a prefix, which is empty or ends with a slash.
    fn sweep_folder(&self, folder: &Path, prefix: &str, now: SystemTime) -> io::Result<usize> {
        let mut removed = 0;
        for entry in entries(folder)? {
            let entry = entry?;
            let key = format!("{prefix}{}", entry.file_name().to_string_lossy());
            removed += match entry.file_type()? {
                kind if kind.is_dir() => self.sweep_folder(&entry.path(), &format!("{key}/"), now)?,
                _ => usize::from(remove_if_older(&entry, self.expiration(&key), now)?),
            };
        }
        Ok(removed)
    }
}

/// The key of the object that a side file of `s3s-fs` is about: `.bucket-BUCKET.object-KEY.metadata.json`, both in base64.
/// Empty, which no rule is about, if it has another name.
fn key_of_side_file(name: &str) -> String {
    let encoded = name.split_once(".object-").and_then(|(_, rest)| rest.split('.').next()).unwrap_or_default();
    let key = URL_SAFE_NO_PAD.decode(encoded).ok().and_then(|key| String::from_utf8(key).ok());
    key.unwrap_or_default()
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
            expirations: [("uploads/", 30), ("former/", 40)]
                .map(|(prefix, days)| Expiration { prefix: prefix.to_owned(), after: DAY * days })
                .to_vec(),
            abandoned: Some(DAY),
        };
        let now = SystemTime::now();
        std::fs::create_dir_all(root.path().join("files/uploads/01K")).unwrap();
        std::fs::create_dir_all(root.path().join("files/former/01K")).unwrap();
        let side_file = |key: &str| format!(".bucket-YQ.object-{}.metadata.json", URL_SAFE_NO_PAD.encode(key));
        let (of_old, of_new, of_kept) =
            (side_file("uploads/01K/old.csv"), side_file("uploads/01K/new.csv"), side_file("former/01K/00000001"));
        for (name, age) in [
            ("files/uploads/01K/old.csv", 31),
            ("files/uploads/01K/new.csv", 29),
            ("files/former/01K/00000001", 31),
            (of_old.as_str(), 31),
            (of_new.as_str(), 29),
            (of_kept.as_str(), 31),
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
        for left in [
            "files/uploads/01K/new.csv",
            "files/former/01K/00000001",
            of_new.as_str(),
            of_kept.as_str(),
            ".upload_id-1c9f.part-1",
        ] {
            assert!(root.path().join(left).exists(), "{left}");
        }
        assert_eq!(lifecycle.sweep(now).unwrap(), 0);
    }
}

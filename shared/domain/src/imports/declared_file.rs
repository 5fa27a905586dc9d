//! The file as the client declares it, and the sizes of its upload.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// Largest file that one presigned PUT takes: 5 GB (<https://docs.aws.amazon.com/AmazonS3/latest/userguide/qfacts.html>).
pub const MAX_PUT: u64 = 5 * 1024 * 1024 * 1024;
/// Most parts of an upload, and the largest of them
/// (<https://docs.aws.amazon.com/AmazonS3/latest/userguide/qfacts.html>).
const MAX_PARTS: u64 = 10_000;
const MAX_PART: u64 = 5 * 1024 * 1024 * 1024;
/// Largest file at all, which is S3's limit on an object: 50 TB.
pub const MAX_FILE: u64 = MAX_PARTS * MAX_PART;
/// Least bytes of an upload part; S3 takes 5 MiB and more.
const MIN_PART: u64 = 8 * 1024 * 1024;

/// The file as the client declares it.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct DeclaredFile {
    /// Its name.
    pub name: String,
    /// Its length in bytes; an upload of another length is refused.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub size: Option<u64>,
    /// Whether it is uploaded in parts. A file that one PUT cannot take always is.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub multipart: bool,
    /// Its SHA-256 in base64.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub sha256: Option<String>,
}

impl DeclaredFile {
    /// The size in bytes of each upload part but the last; none if the file is uploaded by one PUT.
    pub fn part_size(&self) -> Option<u64> {
        let size = self.size.filter(|size| self.multipart || *size > MAX_PUT)?;
        Some(size.div_ceil(MAX_PARTS).next_multiple_of(1024 * 1024).max(MIN_PART))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn large_files_are_uploaded_in_parts_of_a_size_that_s3_takes() {
        let file = |size, multipart| DeclaredFile { size: Some(size), multipart, ..DeclaredFile::default() };
        assert_eq!(file(MAX_PUT, false).part_size(), None);
        assert_eq!(file(1, true).part_size(), Some(MIN_PART));
        for size in [MAX_PUT + 1, 100 << 30, 5 << 40, MAX_FILE - 1, MAX_FILE] {
            let part = file(size, false).part_size().unwrap();
            assert!((MIN_PART..=MAX_PART).contains(&part) && size.div_ceil(part) <= MAX_PARTS, "{size}: {part}");
        }
    }
}

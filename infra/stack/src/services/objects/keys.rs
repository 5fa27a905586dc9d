//! The keys that the local object store can keep. Each key is the path of a file.

use s3s::{S3Result, s3_error};

/// The longest name of a file, in bytes.
const LONGEST_NAME: usize = 255;

/// What `s3s-fs` adds to bucket and key, both in base64, to name the side file of an object.
const SIDE_FILE: usize = ".bucket-.object-.metadata.json".len();

/// What `s3s-fs` adds while an object is uploaded in parts: the id of the upload.
const UPLOAD_ID: usize = ".upload-01234567-0123-0123-0123-012345678901".len();

/// Refuses a key that is not a path: one with an empty segment or with dots for a segment.
pub(super) fn check_key(key: &str) -> S3Result<()> {
    if key.split('/').any(|segment| matches!(segment, "" | "." | "..")) {
        return Err(s3_error!(InvalidArgument, "the local object store keeps keys as paths"));
    }
    Ok(())
}

/// Checks the key of a new object. It must also be short enough for the name of its side file: some 150 bytes at most,
/// or 120 if the object is uploaded in parts.
pub(super) fn check_new_key(bucket: &str, key: &str, in_parts: bool) -> S3Result<()> {
    check_key(key)?;
    let base64 = |text: &str| (text.len() * 4).div_ceil(3);
    let name = SIDE_FILE + base64(bucket) + base64(key) + if in_parts { UPLOAD_ID } else { 0 };
    if name > LONGEST_NAME {
        return Err(s3_error!(KeyTooLongError, "the local object store cannot keep keys of {} bytes", key.len()));
    }
    Ok(())
}

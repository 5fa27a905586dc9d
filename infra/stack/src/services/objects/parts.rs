//! The parts of an upload that is not complete, listed as S3 lists them: in order, a page at a time, with their ETags.

use std::path::{Path, PathBuf};

use md5::{Digest as _, Md5};
use s3s::dto::*;
use s3s::{S3, S3Request, S3Response, S3Result, s3_error};

use super::store::Store;

/// Parts that S3 lists at a time (<https://docs.aws.amazon.com/AmazonS3/latest/API/API_ListParts.html>).
const MOST: i32 = 1_000;
/// Bytes that are read from a part at a time.
const READ_BYTES: usize = 256 * 1024;

impl Store {
    /// Lists parts. `s3s-fs` lists all of them in any order, and without their ETags.
    pub(super) async fn parts(&self, request: S3Request<ListPartsInput>) -> S3Result<S3Response<ListPartsOutput>> {
        let after = request.input.part_number_marker.unwrap_or_default();
        let most = usize::try_from(request.input.max_parts.unwrap_or(MOST).clamp(0, MOST)).unwrap_or_default();
        let upload = request.input.upload_id.clone();
        let mut response = self.files.list_parts(request).await?;
        let mut parts = response.output.parts.take().unwrap_or_default();
        parts.retain(|part| part.part_number.is_some_and(|number| number > after));
        parts.sort_by_key(|part| part.part_number);
        response.output.is_truncated = Some(parts.len() > most);
        parts.truncate(most);
        response.output.next_part_number_marker = parts.last().and_then(|part| part.part_number);
        for part in &mut parts {
            let file = self.part_file(&upload, part.part_number.unwrap_or_default());
            let etag = tokio::task::spawn_blocking(move || etag(&file)).await;
            let etag = etag.map_err(|error| s3_error!(error, InternalError))?;
            part.e_tag = Some(ETag::Strong(etag.map_err(|error| s3_error!(error, InternalError))?));
        }
        response.output.parts = Some(parts);
        Ok(response)
    }

    /// The file in which `s3s-fs` keeps a part until the upload is completed.
    fn part_file(&self, upload: &str, number: i32) -> PathBuf {
        self.root.join(format!(".upload_id-{upload}.part-{number}"))
    }
}

/// The MD5 of a file in hexadecimal digits, as S3 gives it for a part.
fn etag(file: &Path) -> std::io::Result<String> {
    use std::io::Read as _;
    let mut file = std::fs::File::open(file)?;
    let mut hash = Md5::new();
    let mut buffer = vec![0; READ_BYTES];
    loop {
        match file.read(&mut buffer)? {
            0 => return Ok(hash.finalize().iter().map(|byte| format!("{byte:02x}")).collect()),
            length => hash.update(&buffer[..length]),
        }
    }
}

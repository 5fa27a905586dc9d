//! Reads of objects, with ranges and conditions.

use std::io::SeekFrom;

use s3s::dto::*;
use s3s::{S3, S3Request, S3Response, S3Result, s3_error};
use tokio::io::{AsyncReadExt as _, AsyncSeekExt as _};
use tokio_util::io::ReaderStream;

use super::keys::check_key;
use super::store::Store;

/// How many bytes of an object are read at once. `s3s-fs` reads 4 KiB at a time, which is slow for large files.
const READ_SIZE: usize = 256 * 1024;

impl Store {
    pub(super) async fn get(&self, request: S3Request<GetObjectInput>) -> S3Result<S3Response<GetObjectOutput>> {
        let GetObjectInput { range, if_match, if_none_match, .. } = request.input.clone();
        let about = request.map_input(|input| HeadObjectInput {
            bucket: input.bucket,
            key: input.key,
            if_match,
            if_none_match,
            ..HeadObjectInput::default()
        });
        let (bucket, key) = (about.input.bucket.clone(), about.input.key.clone());
        let about = self.head(about).await?.output;
        let mut file =
            tokio::fs::File::open(self.file(&bucket, &key)).await.map_err(|error| s3_error!(error, NoSuchKey))?;
        let size = file.metadata().await.map_err(|error| s3_error!(error, InternalError))?.len();
        let (bytes, content_range) = match range {
            None => (0..size, None),
            Some(range) => {
                let bytes = range.check(size)?;
                let content_range = format!("bytes {}-{}/{size}", bytes.start, bytes.end - 1);
                (bytes, Some(content_range))
            }
        };
        file.seek(SeekFrom::Start(bytes.start)).await.map_err(|error| s3_error!(error, InternalError))?;
        let length = bytes.end - bytes.start;
        let whole = content_range.is_none();
        let body = ReaderStream::with_capacity(file.take(length), READ_SIZE);
        Ok(S3Response::new(GetObjectOutput {
            body: Some(StreamingBlob::wrap(body)),
            content_length: i64::try_from(length).ok(),
            content_range,
            accept_ranges: Some("bytes".to_owned()),
            e_tag: about.e_tag,
            last_modified: about.last_modified,
            metadata: about.metadata,
            content_type: about.content_type,
            content_encoding: about.content_encoding,
            content_disposition: about.content_disposition,
            content_language: about.content_language,
            cache_control: about.cache_control,
            checksum_crc32: about.checksum_crc32.filter(|_| whole),
            checksum_crc32c: about.checksum_crc32c.filter(|_| whole),
            checksum_crc64nvme: about.checksum_crc64nvme.filter(|_| whole),
            checksum_sha1: about.checksum_sha1.filter(|_| whole),
            checksum_sha256: about.checksum_sha256.filter(|_| whole),
            ..GetObjectOutput::default()
        }))
    }

    pub(super) async fn head(&self, request: S3Request<HeadObjectInput>) -> S3Result<S3Response<HeadObjectOutput>> {
        check_key(&request.input.key)?;
        let HeadObjectInput { if_match, if_none_match, .. } = request.input.clone();
        let response = self.files.head_object(request).await?;
        if let Some(e_tag) = &response.output.e_tag {
            if let Some(ETagCondition::ETag(expected)) = &if_match
                && !e_tag.strong_cmp(expected)
            {
                return Err(s3_error!(PreconditionFailed));
            }
            if let Some(ETagCondition::ETag(known)) = &if_none_match
                && e_tag.weak_cmp(known)
            {
                return Err(s3_error!(NotModified));
            }
        }
        Ok(response)
    }
}

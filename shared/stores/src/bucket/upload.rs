//! Presigned URLs: how clients upload files and download reports without passing through a function.

use std::collections::BTreeMap;
use std::ops::RangeInclusive;
use std::time::Duration;

use aws_sdk_s3::presigning::PresigningConfig;
use aws_sdk_s3::types::{CompletedMultipartUpload, CompletedPart};

use super::{Bucket, is_status};
use crate::client::long_s3_call;
use crate::error::{StoreError, refused};
use crate::written::Written;

/// A URL that takes one upload.
#[derive(Debug, Clone)]
pub struct UploadUrl {
    /// The URL.
    pub url: String,
    /// Headers that the upload must send.
    pub headers: Vec<(String, String)>,
}

/// A part that a multipart upload has already.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct UploadedPart {
    /// Its length in bytes.
    pub size: u64,
    /// Names what was uploaded. Of a bucket with S3's own keys it is the MD5 of the bytes, with quotes
    /// (<https://docs.aws.amazon.com/AmazonS3/latest/API/API_Object.html>).
    pub etag: String,
}

impl Bucket {
    /// A URL for one upload of this key. It is bound to the content type and, where given, the exact length in bytes,
    /// and it takes no second upload.
    ///
    /// # Errors
    /// When it cannot be signed.
    pub async fn upload_url(
        &self,
        key: &str,
        content_type: &str,
        size: Option<u64>,
        valid: Duration,
    ) -> Result<UploadUrl, StoreError> {
        let config = PresigningConfig::expires_in(valid).map_err(|error| StoreError::malformed("expiry", error))?;
        let put = self.client.put_object().bucket(&self.name).key(key).content_type(content_type).if_none_match("*");
        let put = match size.and_then(|size| i64::try_from(size).ok()) {
            Some(size) => put.content_length(size),
            None => put,
        };
        let signed = put.presigned(config).await.map_err(refused("PutObject"))?;
        // In Lambda the SDK adds a trace header that is not signed, so a client need not send it.
        let bound = signed.headers().filter(|(name, _)| *name != "x-amzn-trace-id");
        let headers = bound.map(|(name, value)| (name.to_owned(), value.to_owned()));
        Ok(UploadUrl { url: signed.uri().to_owned(), headers: headers.collect() })
    }

    /// Begins a multipart upload; gives its id.
    ///
    /// # Errors
    /// When it cannot be begun.
    pub async fn begin_multipart(&self, key: &str, content_type: &str) -> Result<String, StoreError> {
        let begun = self
            .client
            .create_multipart_upload()
            .bucket(&self.name)
            .key(key)
            .content_type(content_type)
            .send()
            .await
            .map_err(refused("CreateMultipartUpload"))?;
        begun.upload_id.ok_or_else(|| StoreError::malformed("upload", "it has no id"))
    }

    /// A URL for one part of a multipart upload, bound to its length in bytes.
    ///
    /// # Errors
    /// When it cannot be signed.
    pub async fn upload_part_url(
        &self,
        key: &str,
        upload: &str,
        number: i32,
        length: u64,
        valid: Duration,
    ) -> Result<String, StoreError> {
        let config = PresigningConfig::expires_in(valid).map_err(|error| StoreError::malformed("expiry", error))?;
        let part = self.client.upload_part().bucket(&self.name).key(key).upload_id(upload).part_number(number);
        let part = part.content_length(i64::try_from(length).unwrap_or(i64::MAX));
        let signed = part.presigned(config).await.map_err(refused("UploadPart"))?;
        Ok(signed.uri().to_owned())
    }

    /// The parts with these numbers, at most 1,000, that a multipart upload has already. It has none once it was completed
    /// or removed.
    ///
    /// # Errors
    /// When the bucket cannot be asked.
    pub async fn uploaded_parts(
        &self,
        key: &str,
        upload: &str,
        numbers: RangeInclusive<i32>,
    ) -> Result<BTreeMap<i32, UploadedPart>, StoreError> {
        let list = self.client.list_parts().bucket(&self.name).key(key).upload_id(upload);
        let list = list.part_number_marker((numbers.start() - 1).to_string()).max_parts(numbers.clone().count() as i32);
        let listed = match list.send().await {
            Ok(listed) => listed,
            Err(error) if is_status(&error, 404) => return Ok(BTreeMap::new()),
            Err(error) => return Err(refused("ListParts")(error)),
        };
        let parts = listed.parts.unwrap_or_default().into_iter().filter_map(|part| {
            let size = u64::try_from(part.size?).ok()?;
            Some((part.part_number?, UploadedPart { size, etag: part.e_tag? }))
        });
        // Parts may be missing in between, and then further ones are listed.
        Ok(parts.filter(|(number, _)| numbers.contains(number)).collect())
    }

    /// Makes one object of the uploaded parts, which are named by number and ETag. `Superseded` if these are not the
    /// parts that were uploaded, or the object exists.
    ///
    /// # Errors
    /// When the bucket refuses otherwise.
    pub async fn complete_multipart(
        &self,
        key: &str,
        upload: &str,
        parts: &[(i32, String)],
    ) -> Result<Written, StoreError> {
        let parts = parts
            .iter()
            .map(|(number, etag)| CompletedPart::builder().part_number(*number).e_tag(etag).build())
            .collect();
        let completed = self
            .client
            .complete_multipart_upload()
            .bucket(&self.name)
            .key(key)
            .upload_id(upload)
            .if_none_match("*")
            .multipart_upload(CompletedMultipartUpload::builder().set_parts(Some(parts)).build())
            .customize()
            .config_override(long_s3_call())
            .send()
            .await;
        match completed {
            Ok(_) => Ok(Written::Done),
            Err(error) if is_status(&error, 400) || is_status(&error, 404) || is_status(&error, 412) => {
                Ok(Written::Superseded)
            }
            Err(error) => Err(refused("CompleteMultipartUpload")(error)),
        }
    }

    /// A URL to download an object, named `file_name` where it is saved.
    ///
    /// # Errors
    /// When it cannot be signed.
    pub async fn download_url(&self, key: &str, file_name: &str, valid: Duration) -> Result<String, StoreError> {
        let config = PresigningConfig::expires_in(valid).map_err(|error| StoreError::malformed("expiry", error))?;
        let get = self.client.get_object().bucket(&self.name).key(key);
        let get = get.response_content_disposition(format!("attachment; filename=\"{file_name}\""));
        let signed = get.presigned(config).await.map_err(refused("GetObject"))?;
        Ok(signed.uri().to_owned())
    }
}

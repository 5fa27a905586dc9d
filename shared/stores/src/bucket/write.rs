//! Writing objects.

use aws_sdk_s3::primitives::ByteStream;
use aws_sdk_s3::types::{CompletedMultipartUpload, CompletedPart};
use bytes::{Bytes, BytesMut};

use super::Bucket;
use crate::error::{StoreError, refused};

/// Bytes of a part of a multipart upload; S3 takes no part under 5 MiB but the last.
const PART: usize = 8 * 1024 * 1024;

impl Bucket {
    /// Puts a whole, small object.
    ///
    /// # Errors
    /// When it cannot be written.
    pub async fn put(&self, key: &str, content_type: &str, body: impl Into<Bytes>) -> Result<(), StoreError> {
        let put = self.client.put_object().bucket(&self.name).key(key).content_type(content_type);
        put.body(ByteStream::from(body.into())).send().await.map_err(refused("PutObject"))?;
        Ok(())
    }

    /// An object that is written bit by bit and appears when it is closed.
    pub fn writer(&self, key: &str, content_type: &str) -> ObjectWriter<'_> {
        ObjectWriter {
            bucket: self,
            key: key.to_owned(),
            content_type: content_type.to_owned(),
            buffer: BytesMut::new(),
            upload: None,
        }
    }
}

/// An object being written: small ones by one put, larger ones in parts, so memory stays flat.
#[derive(Debug)]
pub struct ObjectWriter<'a> {
    bucket: &'a Bucket,
    key: String,
    content_type: String,
    buffer: BytesMut,
    upload: Option<(String, Vec<CompletedPart>)>,
}

impl ObjectWriter<'_> {
    /// Adds bytes.
    ///
    /// # Errors
    /// When a part cannot be written.
    pub async fn write(&mut self, bytes: &[u8]) -> Result<(), StoreError> {
        self.buffer.extend_from_slice(bytes);
        if self.buffer.len() >= PART { self.flush().await } else { Ok(()) }
    }

    async fn flush(&mut self) -> Result<(), StoreError> {
        let client = &self.bucket.client;
        if self.upload.is_none() {
            let started = client
                .create_multipart_upload()
                .bucket(&self.bucket.name)
                .key(&self.key)
                .content_type(&self.content_type)
                .send()
                .await
                .map_err(refused("CreateMultipartUpload"))?;
            self.upload = Some((started.upload_id.unwrap_or_default(), Vec::new()));
        }
        let Some((id, parts)) = &mut self.upload else { return Ok(()) };
        let number = i32::try_from(parts.len()).unwrap_or(i32::MAX).saturating_add(1);
        let body = ByteStream::from(self.buffer.split().freeze());
        let part = client
            .upload_part()
            .bucket(&self.bucket.name)
            .key(&self.key)
            .upload_id(id.as_str())
            .part_number(number)
            .body(body)
            .send()
            .await
            .map_err(refused("UploadPart"))?;
        parts.push(CompletedPart::builder().part_number(number).set_e_tag(part.e_tag).build());
        Ok(())
    }

    /// Makes the object appear.
    ///
    /// # Errors
    /// When it cannot be written.
    pub async fn close(mut self) -> Result<(), StoreError> {
        if self.upload.is_none() {
            return self.bucket.put(&self.key, &self.content_type, self.buffer.freeze()).await;
        }
        if !self.buffer.is_empty() {
            self.flush().await?;
        }
        let Some((id, parts)) = self.upload else { return Ok(()) };
        self.bucket
            .client
            .complete_multipart_upload()
            .bucket(&self.bucket.name)
            .key(&self.key)
            .upload_id(id)
            .multipart_upload(CompletedMultipartUpload::builder().set_parts(Some(parts)).build())
            .send()
            .await
            .map_err(refused("CompleteMultipartUpload"))?;
        Ok(())
    }
}

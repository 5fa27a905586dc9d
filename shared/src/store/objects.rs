//! The bucket: uploads and the URLs to make them, work in progress, report parts and reports.

use std::time::Duration;

use aws_sdk_s3::Client;
use aws_sdk_s3::presigning::PresigningConfig;
use aws_sdk_s3::primitives::ByteStream;
use aws_sdk_s3::types::{CompletedMultipartUpload, CompletedPart};
use bytes::{Bytes, BytesMut};

use super::counted::Counted;
use super::{Resources, StoreError, refused};

/// Bytes that a part of a multipart upload has at least: S3's limit is 5 MiB.
const PART: usize = 8 * 1024 * 1024;

/// The bucket.
#[derive(Debug, Clone)]
pub struct Objects {
    client: Client,
    bucket: String,
}

/// What is known of an object without reading it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Head {
    /// Its ETag.
    pub etag: String,
    /// Its length in bytes.
    pub size: u64,
}

/// A URL that takes one upload.
#[derive(Debug, Clone)]
pub struct UploadUrl {
    /// The URL.
    pub url: String,
    /// Headers that the upload must have.
    pub headers: Vec<(String, String)>,
}

impl Objects {
    /// The bucket at the endpoint of this configuration; addressed by path when an endpoint is set, as emulators need.
    pub fn new(sdk: &aws_config::SdkConfig, resources: &Resources) -> Self {
        let own_endpoint = sdk.endpoint_url().is_some() || std::env::var_os("AWS_ENDPOINT_URL_S3").is_some();
        let config = aws_sdk_s3::config::Builder::from(sdk).force_path_style(own_endpoint).interceptor(Counted);
        Self { client: Client::from_conf(config.build()), bucket: resources.bucket.clone() }
    }

    /// A URL for one upload of this key: bound to the type and the exact length where given, and good only once.
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
        let put = self.client.put_object().bucket(&self.bucket).key(key).content_type(content_type).if_none_match("*");
        let put = match size.and_then(|size| i64::try_from(size).ok()) {
            Some(size) => put.content_length(size),
            None => put,
        };
        let signed = put.presigned(config).await.map_err(refused("PutObject"))?;
        // In Lambda the SDK adds a trace header that is not signed; it is none of the client's business.
        let bound = signed.headers().filter(|(name, _)| *name != "x-amzn-trace-id");
        let headers = bound.map(|(name, value)| (name.to_owned(), value.to_owned()));
        Ok(UploadUrl { url: signed.uri().to_owned(), headers: headers.collect() })
    }

    /// Begins an upload in parts; its id.
    ///
    /// # Errors
    /// When it cannot be begun.
    pub async fn begin_parts(&self, key: &str, content_type: &str) -> Result<String, StoreError> {
        let begun = self
            .client
            .create_multipart_upload()
            .bucket(&self.bucket)
            .key(key)
            .content_type(content_type)
            .send()
            .await
            .map_err(refused("CreateMultipartUpload"))?;
        begun.upload_id.ok_or_else(|| StoreError::malformed("upload", "it has no id"))
    }

    /// A URL for one part of such an upload, bound to its length.
    ///
    /// # Errors
    /// When it cannot be signed.
    pub async fn part_url(
        &self,
        key: &str,
        upload: &str,
        number: i32,
        length: u64,
        valid: Duration,
    ) -> Result<String, StoreError> {
        let config = PresigningConfig::expires_in(valid).map_err(|error| StoreError::malformed("expiry", error))?;
        let part = self.client.upload_part().bucket(&self.bucket).key(key).upload_id(upload).part_number(number);
        let part = part.content_length(i64::try_from(length).unwrap_or(i64::MAX));
        let signed = part.presigned(config).await.map_err(refused("UploadPart"))?;
        Ok(signed.uri().to_owned())
    }

    /// Makes one object of the parts that were uploaded, by number and ETag, if there is none yet. False: the parts are not
    /// those that were uploaded.
    ///
    /// # Errors
    /// When the bucket refuses otherwise.
    pub async fn join_parts(&self, key: &str, upload: &str, parts: &[(i32, String)]) -> Result<bool, StoreError> {
        let parts = parts
            .iter()
            .map(|(number, etag)| CompletedPart::builder().part_number(*number).e_tag(etag).build())
            .collect();
        let joined = self
            .client
            .complete_multipart_upload()
            .bucket(&self.bucket)
            .key(key)
            .upload_id(upload)
            .if_none_match("*")
            .multipart_upload(CompletedMultipartUpload::builder().set_parts(Some(parts)).build())
            .send()
            .await;
        match joined {
            Ok(_) => Ok(true),
            Err(error) if is_status(&error, 400) || is_status(&error, 404) || is_status(&error, 412) => Ok(false),
            Err(error) => Err(refused("CompleteMultipartUpload")(error)),
        }
    }

    /// A URL to download an object, named `file_name` where it is saved.
    ///
    /// # Errors
    /// When it cannot be signed.
    pub async fn download_url(&self, key: &str, file_name: &str, valid: Duration) -> Result<String, StoreError> {
        let config = PresigningConfig::expires_in(valid).map_err(|error| StoreError::malformed("expiry", error))?;
        let get = self.client.get_object().bucket(&self.bucket).key(key);
        let get = get.response_content_disposition(format!("attachment; filename=\"{file_name}\""));
        let signed = get.presigned(config).await.map_err(refused("GetObject"))?;
        Ok(signed.uri().to_owned())
    }

    /// What there is under a key.
    ///
    /// # Errors
    /// [`StoreError::ObjectMissing`] when it may not be asked for, or when the bucket cannot be asked.
    pub async fn head(&self, key: &str) -> Result<Option<Head>, StoreError> {
        match self.client.head_object().bucket(&self.bucket).key(key).send().await {
            Ok(head) => Ok(Some(Head {
                etag: head.e_tag.unwrap_or_default(),
                size: head.content_length.and_then(|length| u64::try_from(length).ok()).unwrap_or(0),
            })),
            Err(error) if is_status(&error, 404) => Ok(None),
            Err(error) if is_status(&error, 403) => Err(StoreError::ObjectMissing),
            Err(error) => Err(refused("HeadObject")(error)),
        }
    }

    /// The object's bytes from an offset on, as they arrive; only while it is the object of this ETag.
    ///
    /// # Errors
    /// [`StoreError::ObjectChanged`], [`StoreError::ObjectMissing`], or when the bucket cannot be read.
    pub async fn read(&self, key: &str, etag: &str, offset: u64, end: Option<u64>) -> Result<ByteStream, StoreError> {
        let get = self.client.get_object().bucket(&self.bucket).key(key).if_match(etag);
        let get = match end {
            Some(end) => get.range(format!("bytes={offset}-{}", end.saturating_sub(1))),
            None if offset > 0 => get.range(format!("bytes={offset}-")),
            None => get,
        };
        match get.send().await {
            Ok(object) => Ok(object.body),
            // There is nothing from its end on: a walk may have stopped just there.
            Err(error) if is_status(&error, 416) => Ok(ByteStream::default()),
            Err(error) if is_status(&error, 412) => Err(StoreError::ObjectChanged),
            Err(error) if is_status(&error, 404) || is_status(&error, 403) => Err(StoreError::ObjectMissing),
            Err(error) => Err(refused("GetObject")(error)),
        }
    }

    /// The first bytes of the object of this ETag, which has at least as many.
    ///
    /// # Errors
    /// As [`Objects::read`].
    pub async fn first_bytes(&self, key: &str, etag: &str, count: usize) -> Result<Bytes, StoreError> {
        let mut body = self.read(key, etag, 0, None).await?;
        let mut first = BytesMut::new();
        while first.len() < count
            && let Some(chunk) = body.try_next().await.map_err(interrupted)?
        {
            first.extend_from_slice(&chunk);
        }
        first.truncate(count);
        Ok(first.freeze())
    }

    /// A whole, small object.
    ///
    /// # Errors
    /// When it cannot be read.
    pub async fn get(&self, key: &str) -> Result<Bytes, StoreError> {
        let mut body = self.stream(key).await?;
        let mut bytes = BytesMut::new();
        while let Some(chunk) = body.try_next().await.map_err(interrupted)? {
            bytes.extend_from_slice(&chunk);
        }
        Ok(bytes.freeze())
    }

    /// The bytes of an object of ours, as they arrive.
    ///
    /// # Errors
    /// [`StoreError::ObjectMissing`], or when the bucket cannot be read.
    pub async fn stream(&self, key: &str) -> Result<ByteStream, StoreError> {
        match self.client.get_object().bucket(&self.bucket).key(key).send().await {
            Ok(object) => Ok(object.body),
            Err(error) if is_status(&error, 404) => Err(StoreError::ObjectMissing),
            Err(error) => Err(refused("GetObject")(error)),
        }
    }

    /// Puts a whole, small object.
    ///
    /// # Errors
    /// When it cannot be written.
    pub async fn put(&self, key: &str, content_type: &str, body: impl Into<Bytes>) -> Result<(), StoreError> {
        let put = self.client.put_object().bucket(&self.bucket).key(key).content_type(content_type);
        put.body(ByteStream::from(body.into())).send().await.map_err(refused("PutObject"))?;
        Ok(())
    }

    /// Keys under a prefix in their order, a page at a time; the last key of a page is where the next one starts.
    ///
    /// # Errors
    /// When the bucket cannot be listed.
    pub async fn list(&self, prefix: &str, after: Option<&str>) -> Result<Vec<String>, StoreError> {
        let mut list = self.client.list_objects_v2().bucket(&self.bucket).prefix(prefix);
        if let Some(after) = after {
            list = list.start_after(after);
        }
        let page = list.send().await.map_err(refused("ListObjectsV2"))?;
        Ok(page.contents.unwrap_or_default().into_iter().filter_map(|object| object.key).collect())
    }

    /// Starts an object that is written bit by bit and appears when it is closed.
    pub fn writer(&self, key: &str, content_type: &str) -> ObjectWriter<'_> {
        ObjectWriter {
            objects: self,
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
    objects: &'a Objects,
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
        let client = &self.objects.client;
        if self.upload.is_none() {
            let started = client
                .create_multipart_upload()
                .bucket(&self.objects.bucket)
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
            .bucket(&self.objects.bucket)
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
            return self.objects.put(&self.key, &self.content_type, self.buffer.freeze()).await;
        }
        if !self.buffer.is_empty() {
            self.flush().await?;
        }
        let Some((id, parts)) = self.upload else { return Ok(()) };
        self.objects
            .client
            .complete_multipart_upload()
            .bucket(&self.objects.bucket)
            .key(&self.key)
            .upload_id(id)
            .multipart_upload(CompletedMultipartUpload::builder().set_parts(Some(parts)).build())
            .send()
            .await
            .map_err(refused("CompleteMultipartUpload"))?;
        Ok(())
    }
}

/// A body that ended before its end.
pub fn interrupted(error: aws_sdk_s3::primitives::ByteStreamError) -> StoreError {
    StoreError::Refused { call: "GetObject", code: "interrupted".to_owned(), message: error.to_string() }
}

fn is_status<E>(error: &aws_sdk_s3::error::SdkError<E, aws_sdk_s3::config::http::HttpResponse>, status: u16) -> bool {
    error.raw_response().is_some_and(|response| response.status().as_u16() == status)
}

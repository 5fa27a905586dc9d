//! Reading objects.

use aws_sdk_s3::primitives::{ByteStream, ByteStreamError};
use bytes::{Bytes, BytesMut};

use super::{Bucket, is_status};
use crate::error::{StoreError, refused};

/// What is known of an object without reading it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Head {
    /// Its ETag.
    pub etag: String,
    /// Its length in bytes.
    pub size: u64,
}

impl Bucket {
    /// The object under a key, if there is one.
    ///
    /// # Errors
    /// [`StoreError::ObjectMissing`] when it may not be asked for, or when the bucket cannot be asked.
    pub async fn head(&self, key: &str) -> Result<Option<Head>, StoreError> {
        match self.client.head_object().bucket(&self.name).key(key).send().await {
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
        let get = self.client.get_object().bucket(&self.name).key(key).if_match(etag);
        let get = match end {
            Some(end) => get.range(format!("bytes={offset}-{}", end.saturating_sub(1))),
            None if offset > 0 => get.range(format!("bytes={offset}-")),
            None => get,
        };
        match get.send().await {
            Ok(object) => Ok(object.body),
            // A walk may have stopped at the object's end, from which there is nothing to read.
            Err(error) if is_status(&error, 416) => Ok(ByteStream::default()),
            Err(error) if is_status(&error, 412) => Err(StoreError::ObjectChanged),
            Err(error) if is_status(&error, 404) || is_status(&error, 403) => Err(StoreError::ObjectMissing),
            Err(error) => Err(refused("GetObject")(error)),
        }
    }

    /// The first bytes of the object of this ETag: as many as asked for, or all of a shorter object.
    ///
    /// # Errors
    /// As [`Bucket::read`].
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

    /// The bytes of an object that Muster wrote, as they arrive.
    ///
    /// # Errors
    /// [`StoreError::ObjectMissing`], or when the bucket cannot be read.
    pub async fn stream(&self, key: &str) -> Result<ByteStream, StoreError> {
        match self.client.get_object().bucket(&self.name).key(key).send().await {
            Ok(object) => Ok(object.body),
            Err(error) if is_status(&error, 404) => Err(StoreError::ObjectMissing),
            Err(error) => Err(refused("GetObject")(error)),
        }
    }

    /// A listing of the keys under a prefix, in their order, from after a key on: at most a thousand, and none at the
    /// end.
    ///
    /// # Errors
    /// When the bucket cannot be listed.
    pub async fn list(&self, prefix: &str, after: Option<&str>) -> Result<Vec<String>, StoreError> {
        let mut list = self.client.list_objects_v2().bucket(&self.name).prefix(prefix);
        if let Some(after) = after {
            list = list.start_after(after);
        }
        let listed = list.send().await.map_err(refused("ListObjectsV2"))?;
        Ok(listed.contents.unwrap_or_default().into_iter().filter_map(|object| object.key).collect())
    }
}

/// The error of a body that broke off.
pub fn interrupted(error: ByteStreamError) -> StoreError {
    StoreError::refused_entry("GetObject", "RequestTimeout", error.to_string())
}

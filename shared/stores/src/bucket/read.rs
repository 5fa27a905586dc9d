//! Reading objects.

use bytes::Bytes;

use super::body::Wanted;
use super::{Body, Bucket, is_status};
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
    pub async fn read(&self, key: &str, etag: &str, offset: u64, end: Option<u64>) -> Result<Body, StoreError> {
        Body::open(self, Wanted { key, etag: Some(etag), offset, end }).await
    }

    /// The first bytes of the object of this ETag: as many as asked for, or all of a shorter object.
    ///
    /// # Errors
    /// As [`Bucket::read`].
    pub async fn first_bytes(&self, key: &str, etag: &str, count: usize) -> Result<Bytes, StoreError> {
        self.read(key, etag, 0, Some(count as u64)).await?.rest().await
    }

    /// A whole, small object.
    ///
    /// # Errors
    /// When it cannot be read.
    pub async fn get(&self, key: &str) -> Result<Bytes, StoreError> {
        self.stream(key).await?.rest().await
    }

    /// The bytes of an object that Muster wrote, as they arrive.
    ///
    /// # Errors
    /// [`StoreError::ObjectMissing`], or when the bucket cannot be read.
    pub async fn stream(&self, key: &str) -> Result<Body, StoreError> {
        Body::open(self, Wanted { key, etag: None, offset: 0, end: None }).await
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

//! The store under the protocol: `s3s-fs` over a directory, with write-once uploads and events for new objects.

use std::collections::HashSet;
use std::path::{Path, PathBuf};
use std::sync::{Mutex, PoisonError};

use s3s::dto::*;
use s3s::{S3, S3Error, S3ErrorCode, S3Request, S3Response, S3Result, s3_error};
use s3s_fs::FileSystem;

use super::keys::{check_key, check_new_key};
use crate::error::Error;
use crate::services::object_events::{Created, Notifier};

/// The objects in a directory.
pub(super) struct Store {
    pub(super) files: FileSystem,
    pub(super) root: PathBuf,
    notifier: Notifier,
    /// The objects to which a write-once upload is being written.
    writing: Mutex<HashSet<(String, String)>>,
}

/// The exclusive right to write an object for the first time, until dropped.
struct Claim<'s> {
    store: &'s Store,
    object: (String, String),
}

impl Drop for Claim<'_> {
    fn drop(&mut self) {
        self.store.writing().remove(&self.object);
    }
}

impl Store {
    /// Opens the store over a directory, which is created if it is missing.
    pub(super) fn open(root: &Path, notifier: Notifier) -> Result<Store, Error> {
        let data = |source| Error::Data { path: root.to_owned(), source };
        std::fs::create_dir_all(root).map_err(data)?;
        let root = root.canonicalize().map_err(data)?;
        let files = FileSystem::new(&root).map_err(|_| Error::Objects(format!("{} cannot be read", root.display())))?;
        Ok(Store { files, root, notifier, writing: Mutex::default() })
    }

    fn writing(&self) -> std::sync::MutexGuard<'_, HashSet<(String, String)>> {
        self.writing.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn claim(&self, bucket: &str, key: &str) -> S3Result<Claim<'_>> {
        let object = (bucket.to_owned(), key.to_owned());
        if self.writing().insert(object.clone()) {
            Ok(Claim { store: self, object })
        } else {
            Err(s3_error!(ConditionalRequestConflict, "the object is being written by another request"))
        }
    }

    /// The file of an object. The key must have been checked.
    pub(super) fn file(&self, bucket: &str, key: &str) -> PathBuf {
        self.root.join(bucket).join(key)
    }

    /// Sends the events of a new object.
    async fn created(&self, bucket: &str, key: &str, e_tag: Option<&ETag>, event: &'static str) {
        let size = tokio::fs::metadata(self.file(bucket, key)).await.map_or(0, |metadata| metadata.len());
        let e_tag = e_tag.map_or("", ETag::value);
        self.notifier.object_created(Created { bucket, key, size, e_tag, event }).await;
    }

    pub(super) async fn put(&self, request: S3Request<PutObjectInput>) -> S3Result<S3Response<PutObjectOutput>> {
        let (bucket, key) = (request.input.bucket.clone(), request.input.key.clone());
        check_new_key(&bucket, &key, false)?;
        let once = request.input.if_none_match.as_ref().is_some_and(ETagCondition::is_any);
        let _claim = once.then(|| self.claim(&bucket, &key)).transpose()?;
        match self.files.put_object(request).await {
            Ok(response) => {
                self.created(&bucket, &key, response.output.e_tag.as_ref(), "ObjectCreated:Put").await;
                Ok(response)
            }
            Err(error) => {
                // `s3s-fs` compares checksums only after the object is in place.
                if *error.code() == S3ErrorCode::BadDigest {
                    let _ = tokio::fs::remove_file(self.file(&bucket, &key)).await;
                }
                Err(error)
            }
        }
    }

    pub(super) async fn copy(&self, request: S3Request<CopyObjectInput>) -> S3Result<S3Response<CopyObjectOutput>> {
        let (bucket, key) = (request.input.bucket.clone(), request.input.key.clone());
        check_new_key(&bucket, &key, false)?;
        let response = self.files.copy_object(request).await?;
        let e_tag = response.output.copy_object_result.as_ref().and_then(|result| result.e_tag.as_ref());
        self.created(&bucket, &key, e_tag, "ObjectCreated:Copy").await;
        Ok(response)
    }

    /// Completes an upload in parts.
    pub(super) async fn complete(
        &self,
        request: S3Request<CompleteMultipartUploadInput>,
    ) -> S3Result<S3Response<CompleteMultipartUploadOutput>> {
        let (bucket, key) = (request.input.bucket.clone(), request.input.key.clone());
        check_key(&key)?;
        let once = request.input.if_none_match.as_ref().is_some_and(ETagCondition::is_any);
        let _claim = once.then(|| self.claim(&bucket, &key)).transpose()?;
        // `s3s-fs` answers InternalError for an upload part that was never uploaded, and AccessDenied for an upload
        // that was completed before. S3 answers InvalidPart and NoSuchUpload.
        let missing = |error: S3Error| match error.code() {
            S3ErrorCode::InternalError => s3_error!(InvalidPart),
            S3ErrorCode::AccessDenied => s3_error!(NoSuchUpload),
            _ => error,
        };
        let mut response = self.files.complete_multipart_upload(request).await.map_err(missing)?;
        if let Some(output) = response.output.future.take() {
            response.output = output.await.map_err(missing)?;
        }
        let event = "ObjectCreated:CompleteMultipartUpload";
        self.created(&bucket, &key, response.output.e_tag.as_ref(), event).await;
        Ok(response)
    }
}

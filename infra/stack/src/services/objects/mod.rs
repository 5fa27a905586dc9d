//! The object store: `s3s` speaks the protocol and checks signatures, `s3s-fs` keeps the files, and a thin layer adds
//! what S3 promises and `s3s-fs` leaves out.
//!
//! It adds `If-Match` on reads, `If-None-Match: *` against a request that is still writing, fast reads of large
//! objects, the removal of objects whose checksum is wrong, and events for new objects. `s3s-fs` writes to a temporary
//! file and renames it, so a killed process leaves whole objects or nothing.

mod keys;
pub(crate) mod lifecycle;
mod listing;
mod parts;
mod reading;
mod store;

use std::path::Path;
use std::sync::Arc;

use aws_credential_types::Credentials;
use http::header::{AUTHORIZATION, CONTENT_TYPE};
use http::{HeaderMap, StatusCode, Uri};
use s3s::dto::*;
use s3s::service::{S3Service, S3ServiceBuilder};
use s3s::{S3, S3Request, S3Response, S3Result, s3_error};

use super::object_events::Notifier;
use super::signature::ALGORITHM;
use crate::answers::{Body, answer};
use crate::error::Error;
use keys::{check_key, check_new_key};
use store::Store;

/// What the type of a form with files begins with.
const FORM: &[u8] = b"multipart/";

/// Opens the object store over a directory. It answers whoever signs with the credentials.
pub(super) fn service(root: &Path, notifier: Notifier, credentials: &Credentials) -> Result<S3Service, Error> {
    let mut builder = S3ServiceBuilder::new(Objects(Arc::new(Store::open(root, notifier)?)));
    let (access_key, secret_key) = (credentials.access_key_id(), credentials.secret_access_key());
    builder.set_auth(s3s::auth::SimpleAuth::from_single(access_key, secret_key));
    Ok(builder.build())
}

/// Whether a URL has a signature in it.
pub(super) fn is_presigned(uri: &Uri) -> bool {
    uri.query().is_some_and(|query| query.split('&').any(|pair| pair.starts_with("X-Amz-Signature=")))
}

/// Whether a request has a signature of version 4, which the store then checks. It would check older signatures and those
/// of forms as well, but no client of Muster makes any, and a form can be sent by every web page.
pub(super) fn is_signed(headers: &HeaderMap, uri: &Uri) -> bool {
    let header = headers.get(AUTHORIZATION).and_then(|header| header.to_str().ok());
    let kind = headers.get(CONTENT_TYPE).and_then(|kind| kind.as_bytes().get(..FORM.len()));
    let is_form = kind.is_some_and(|kind| kind.eq_ignore_ascii_case(FORM));
    (is_presigned(uri) || header.is_some_and(|header| header.starts_with(ALGORITHM))) && !is_form
}

/// The answer to a request that may not be carried out.
pub(super) fn refused(code: &str, message: &str) -> http::Response<Body> {
    // The messages of the door and of signatures have no character that XML escapes, except quotes, which text may have.
    let body = format!(
        "<?xml version=\"1.0\" encoding=\"UTF-8\"?><Error><Code>{code}</Code><Message>{message}</Message></Error>"
    );
    answer(StatusCode::FORBIDDEN, "application/xml", body)
}

struct Objects(Arc<Store>);

/// Runs a write to its end even if its client goes away, so that every new object gets its event.
async fn to_the_end<T: Send + 'static>(write: impl Future<Output = S3Result<T>> + Send + 'static) -> S3Result<T> {
    tokio::spawn(write).await.unwrap_or_else(|error| Err(s3_error!(error, InternalError)))
}

#[async_trait::async_trait]
impl S3 for Objects {
    async fn put_object(&self, req: S3Request<PutObjectInput>) -> S3Result<S3Response<PutObjectOutput>> {
        let store = Arc::clone(&self.0);
        to_the_end(async move { store.put(req).await }).await
    }

    async fn copy_object(&self, req: S3Request<CopyObjectInput>) -> S3Result<S3Response<CopyObjectOutput>> {
        let store = Arc::clone(&self.0);
        to_the_end(async move { store.copy(req).await }).await
    }

    async fn complete_multipart_upload(
        &self,
        req: S3Request<CompleteMultipartUploadInput>,
    ) -> S3Result<S3Response<CompleteMultipartUploadOutput>> {
        let store = Arc::clone(&self.0);
        to_the_end(async move { store.complete(req).await }).await
    }

    async fn get_object(&self, req: S3Request<GetObjectInput>) -> S3Result<S3Response<GetObjectOutput>> {
        self.0.get(req).await
    }

    async fn head_object(&self, req: S3Request<HeadObjectInput>) -> S3Result<S3Response<HeadObjectOutput>> {
        self.0.head(req).await
    }

    async fn create_multipart_upload(
        &self,
        req: S3Request<CreateMultipartUploadInput>,
    ) -> S3Result<S3Response<CreateMultipartUploadOutput>> {
        check_new_key(&req.input.bucket, &req.input.key, true)?;
        self.0.files.create_multipart_upload(req).await
    }

    async fn upload_part(&self, req: S3Request<UploadPartInput>) -> S3Result<S3Response<UploadPartOutput>> {
        self.0.files.upload_part(req).await
    }

    async fn list_parts(&self, req: S3Request<ListPartsInput>) -> S3Result<S3Response<ListPartsOutput>> {
        self.0.parts(req).await
    }

    async fn abort_multipart_upload(
        &self,
        req: S3Request<AbortMultipartUploadInput>,
    ) -> S3Result<S3Response<AbortMultipartUploadOutput>> {
        self.0.files.abort_multipart_upload(req).await
    }

    async fn list_objects_v2(&self, req: S3Request<ListObjectsV2Input>) -> S3Result<S3Response<ListObjectsV2Output>> {
        match self.0.folder(&req.input) {
            Some(folder) => self.0.list(&folder, req).await,
            None => self.0.files.list_objects_v2(req).await,
        }
    }

    async fn delete_object(&self, req: S3Request<DeleteObjectInput>) -> S3Result<S3Response<DeleteObjectOutput>> {
        check_key(&req.input.key)?;
        self.0.files.delete_object(req).await
    }

    async fn delete_objects(&self, req: S3Request<DeleteObjectsInput>) -> S3Result<S3Response<DeleteObjectsOutput>> {
        for object in &req.input.delete.objects {
            check_key(&object.key)?;
        }
        self.0.files.delete_objects(req).await
    }

    async fn create_bucket(&self, req: S3Request<CreateBucketInput>) -> S3Result<S3Response<CreateBucketOutput>> {
        self.0.files.create_bucket(req).await
    }

    async fn head_bucket(&self, req: S3Request<HeadBucketInput>) -> S3Result<S3Response<HeadBucketOutput>> {
        self.0.files.head_bucket(req).await
    }

    async fn list_buckets(&self, req: S3Request<ListBucketsInput>) -> S3Result<S3Response<ListBucketsOutput>> {
        self.0.files.list_buckets(req).await
    }

    /// Accepts any configuration and ignores it: the stack has passed the notifications to the store already.
    async fn put_bucket_notification_configuration(
        &self,
        _: S3Request<PutBucketNotificationConfigurationInput>,
    ) -> S3Result<S3Response<PutBucketNotificationConfigurationOutput>> {
        Ok(S3Response::new(PutBucketNotificationConfigurationOutput::default()))
    }
}

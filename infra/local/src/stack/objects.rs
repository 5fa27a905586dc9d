//! The object store: `s3s` speaks the protocol and checks signatures, `s3s-fs` keeps the files, and a thin layer adds
//! what S3 promises and `s3s-fs` leaves out.
//!
//! That is: `If-Match` on reads, `If-None-Match: *` against a writer that is still writing, large reads, no bad object
//! left behind by a wrong checksum, and events for created objects. `s3s-fs` writes to a temporary file and renames
//! it, so a killed process leaves whole objects or none.

use std::collections::HashSet;
use std::io::SeekFrom;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};

use s3s::dto::*;
use s3s::service::{S3Service, S3ServiceBuilder};
use s3s::{S3, S3Error, S3ErrorCode, S3Request, S3Response, S3Result, s3_error};
use s3s_fs::FileSystem;
use tokio::io::{AsyncReadExt as _, AsyncSeekExt as _};
use tokio_util::io::ReaderStream;

use super::events::{Created, Notifier};
use super::{ACCESS_KEY, Error, SECRET_KEY};

/// How much of an object is read at once; `s3s-fs` reads 4 KiB at a time, which is slow for large files.
const READ_SIZE: usize = 256 * 1024;

/// The longest name of a file.
const LONGEST_NAME: usize = 255;

/// What `s3s-fs` adds to bucket and key, both in base64, to name the side file of an object.
const SIDE_FILE: usize = ".bucket-.object-.metadata.json".len();

/// What it adds while an object is uploaded in parts: the upload's id.
const UPLOAD_ID: usize = ".upload-01234567-0123-0123-0123-012345678901".len();

/// Opens the object store over a directory.
pub(crate) fn service(root: &Path, notifier: Notifier) -> Result<S3Service, Error> {
    let data = |source| Error::Data { path: root.to_owned(), source };
    std::fs::create_dir_all(root).map_err(data)?;
    let root = root.canonicalize().map_err(data)?;
    let files = FileSystem::new(&root).map_err(|error| Error::Objects(format!("{error:?}")))?;
    let store = Arc::new(Store { files, root, notifier, writing: Mutex::default() });
    let mut builder = S3ServiceBuilder::new(Objects(store));
    builder.set_auth(s3s::auth::SimpleAuth::from_single(ACCESS_KEY, SECRET_KEY));
    Ok(builder.build())
}

struct Objects(Arc<Store>);

struct Store {
    files: FileSystem,
    root: PathBuf,
    notifier: Notifier,
    /// The objects that a write-once upload is being written to.
    writing: Mutex<HashSet<(String, String)>>,
}

/// The right to write an object for the first time, until dropped.
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

    /// The file of an object whose key was checked.
    fn file(&self, bucket: &str, key: &str) -> PathBuf {
        self.root.join(bucket).join(key)
    }

    async fn created(&self, bucket: &str, key: &str, e_tag: Option<&ETag>, event: &'static str) {
        let size = tokio::fs::metadata(self.file(bucket, key)).await.map_or(0, |metadata| metadata.len());
        let e_tag = e_tag.map_or("", ETag::value);
        self.notifier.object_created(Created { bucket, key, size, e_tag, event }).await;
    }

    async fn put(&self, request: S3Request<PutObjectInput>) -> S3Result<S3Response<PutObjectOutput>> {
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
                // The files' layer compares checksums after it put the object in place.
                if *error.code() == S3ErrorCode::BadDigest {
                    let _ = tokio::fs::remove_file(self.file(&bucket, &key)).await;
                }
                Err(error)
            }
        }
    }

    async fn copy(&self, request: S3Request<CopyObjectInput>) -> S3Result<S3Response<CopyObjectOutput>> {
        let (bucket, key) = (request.input.bucket.clone(), request.input.key.clone());
        check_new_key(&bucket, &key, false)?;
        let response = self.files.copy_object(request).await?;
        let e_tag = response.output.copy_object_result.as_ref().and_then(|result| result.e_tag.as_ref());
        self.created(&bucket, &key, e_tag, "ObjectCreated:Copy").await;
        Ok(response)
    }

    async fn complete(
        &self,
        request: S3Request<CompleteMultipartUploadInput>,
    ) -> S3Result<S3Response<CompleteMultipartUploadOutput>> {
        let (bucket, key) = (request.input.bucket.clone(), request.input.key.clone());
        check_key(&key)?;
        let once = request.input.if_none_match.as_ref().is_some_and(ETagCondition::is_any);
        let _claim = once.then(|| self.claim(&bucket, &key)).transpose()?;
        // To the files' layer a part that was never uploaded is a file that cannot be read, and an upload that was
        // joined already is one of somebody else. S3 answers InvalidPart and NoSuchUpload.
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

    /// The folder that a request lists, if it lists one folder from a key on: the files' layer looks at every file of it for
    /// each page, which is slow for a folder of a hundred thousand.
    fn folder(&self, input: &ListObjectsV2Input) -> Option<PathBuf> {
        let prefix = input.prefix.as_deref().filter(|prefix| prefix.ends_with('/') && !prefix.contains(".."))?;
        input.delimiter.is_none().then(|| self.root.join(&input.bucket).join(prefix)).filter(|folder| folder.is_dir())
    }

    async fn list(
        &self,
        folder: &Path,
        request: S3Request<ListObjectsV2Input>,
    ) -> S3Result<S3Response<ListObjectsV2Output>> {
        let input = request.input.clone();
        let prefix = input.prefix.unwrap_or_default();
        // The token of the next page is the last key of this one.
        let after = input.continuation_token.or(input.start_after).unwrap_or_default();
        let most = usize::try_from(input.max_keys.unwrap_or(1_000)).unwrap_or(0).min(1_000);
        let broken = |error: std::io::Error| s3_error!(error, InternalError);
        let mut keys = Vec::new();
        let mut entries = tokio::fs::read_dir(folder).await.map_err(broken)?;
        while let Some(entry) = entries.next_entry().await.map_err(broken)? {
            let name = entry.file_name().to_string_lossy().into_owned();
            if entry.file_type().await.map_err(broken)?.is_dir() {
                // A folder in it is a longer listing than this one.
                return self.files.list_objects_v2(request).await;
            }
            let key = format!("{prefix}{name}");
            if key > after && !name.starts_with('.') {
                keys.push(key);
            }
        }
        keys.sort_unstable();
        let is_truncated = keys.len() > most;
        keys.truncate(most);
        let next = keys.last().filter(|_| is_truncated).cloned();
        let mut contents = Vec::with_capacity(keys.len());
        for key in keys {
            let about = tokio::fs::metadata(self.file(&input.bucket, &key)).await.map_err(broken)?;
            let (size, modified) = (i64::try_from(about.len()).ok(), about.modified().ok().map(Into::into));
            contents.push(Object { key: Some(key), size, last_modified: modified, ..Object::default() });
        }
        Ok(S3Response::new(ListObjectsV2Output {
            key_count: i32::try_from(contents.len()).ok(),
            contents: Some(contents),
            is_truncated: Some(is_truncated),
            next_continuation_token: next,
            prefix: Some(prefix),
            ..ListObjectsV2Output::default()
        }))
    }

    async fn get(&self, request: S3Request<GetObjectInput>) -> S3Result<S3Response<GetObjectOutput>> {
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

    async fn head(&self, request: S3Request<HeadObjectInput>) -> S3Result<S3Response<HeadObjectOutput>> {
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

/// Keys are kept as paths, so a key must be one: no empty part and no dots.
fn check_key(key: &str) -> S3Result<()> {
    if key.split('/').any(|part| matches!(part, "" | "." | "..")) {
        return Err(s3_error!(InvalidArgument, "the local object store keeps keys as paths"));
    }
    Ok(())
}

/// A new object's key must also leave room for its side files' names: some 150 bytes, 120 in parts.
fn check_new_key(bucket: &str, key: &str, in_parts: bool) -> S3Result<()> {
    check_key(key)?;
    let base64 = |text: &str| (text.len() * 4).div_ceil(3);
    let name = SIDE_FILE + base64(bucket) + base64(key) + if in_parts { UPLOAD_ID } else { 0 };
    if name > LONGEST_NAME {
        return Err(s3_error!(KeyTooLongError, "the local object store cannot keep keys of {} bytes", key.len()));
    }
    Ok(())
}

/// Runs a write to its end though its client may have gone away, so that an object that came to be is also announced.
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
        self.0.files.list_parts(req).await
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

    /// The stack itself knows who is told of new objects; that the notification was asked for is enough.
    async fn put_bucket_notification_configuration(
        &self,
        _: S3Request<PutBucketNotificationConfigurationInput>,
    ) -> S3Result<S3Response<PutBucketNotificationConfigurationOutput>> {
        Ok(S3Response::new(PutBucketNotificationConfigurationOutput::default()))
    }
}

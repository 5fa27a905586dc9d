//! Writing objects.

use aws_sdk_s3::primitives::ByteStream;
use aws_sdk_s3::types::{ChecksumAlgorithm, CompletedMultipartUpload, CompletedPart};
use bytes::{Bytes, BytesMut};
use futures::future::BoxFuture;
use futures::stream::FuturesUnordered;
use futures::{FutureExt as _, StreamExt as _};

use super::Bucket;
use crate::client::long_s3_call;
use crate::error::{StoreError, refused};

/// Bytes of the first parts of a multipart upload; S3 takes no part under 5 MiB but the last.
const FIRST_SIZE: usize = 8 * 1024 * 1024;
/// Parts after which the size grows by [`FIRST_SIZE`]: S3 takes 10,000 parts, which are 352 GiB this way.
const PARTS_OF_A_SIZE: usize = 1_250;
/// Parts that are uploaded at the same time. Each is in memory until it is there.
const UPLOADS_AT_ONCE: usize = 4;

/// Bytes of the part with this number, from 1.
const fn part_size(number: usize) -> usize {
    FIRST_SIZE * (1 + number.saturating_sub(1) / PARTS_OF_A_SIZE)
}

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

    /// Deletes an object; one that does not exist is deleted already.
    ///
    /// # Errors
    /// When the bucket refuses.
    pub async fn delete(&self, key: &str) -> Result<(), StoreError> {
        let delete = self.client.delete_object().bucket(&self.name).key(key);
        delete.send().await.map_err(refused("DeleteObject"))?;
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

/// An object being written: a small one by one put, a larger one in parts, a few of them at the same time. Memory stays
/// flat: it holds the parts that are on their way, and the next one.
///
/// If a part cannot be written, the upload is aborted, so that its parts cost nothing. Who stops for another reason
/// calls [`ObjectWriter::abort`]; of a function that dies, the bucket's lifecycle removes the parts after a week.
#[derive(Debug)]
pub struct ObjectWriter<'a> {
    bucket: &'a Bucket,
    key: String,
    content_type: String,
    buffer: BytesMut,
    upload: Option<MultipartUpload>,
}

#[derive(Debug)]
struct MultipartUpload {
    id: String,
    /// Parts that were begun.
    begun: usize,
    under_way: FuturesUnordered<BoxFuture<'static, Result<CompletedPart, StoreError>>>,
    done: Vec<CompletedPart>,
}

impl ObjectWriter<'_> {
    /// Adds bytes. Waits while as many parts are on their way as may be.
    ///
    /// # Errors
    /// When a part cannot be written; then the upload is aborted.
    pub async fn write(&mut self, bytes: &[u8]) -> Result<(), StoreError> {
        let added = self.add(bytes).await;
        if added.is_err() {
            self.abort().await;
        }
        added
    }

    async fn add(&mut self, mut bytes: &[u8]) -> Result<(), StoreError> {
        loop {
            let begun = self.upload.as_ref().map_or(0, |upload| upload.begun);
            let room = part_size(begun + 1).saturating_sub(self.buffer.len());
            if bytes.len() < room {
                self.buffer.extend_from_slice(bytes);
                break;
            }
            let (now, later) = bytes.split_at(room);
            self.buffer.extend_from_slice(now);
            self.begin_part().await?;
            bytes = later;
        }
        // Uploads go on only when they are polled, and whoever writes may compute for a while.
        if let Some(upload) = &mut self.upload {
            while let Some(Some(part)) = upload.under_way.next().now_or_never() {
                upload.done.push(part?);
            }
        }
        Ok(())
    }

    /// Begins to upload what is buffered as the next part.
    async fn begin_part(&mut self) -> Result<(), StoreError> {
        if self.upload.is_none() {
            self.upload = Some(self.begin().await?);
        }
        let Some(upload) = &mut self.upload else { return Ok(()) };
        while upload.under_way.len() >= UPLOADS_AT_ONCE
            && let Some(part) = upload.under_way.next().await
        {
            upload.done.push(part?);
        }
        upload.begun += 1;
        let next = BytesMut::with_capacity(part_size(upload.begun + 1));
        let number = i32::try_from(upload.begun).unwrap_or(i32::MAX);
        let send = self
            .bucket
            .client
            .upload_part()
            .bucket(&self.bucket.name)
            .key(&self.key)
            .upload_id(&upload.id)
            .part_number(number)
            .checksum_algorithm(ChecksumAlgorithm::Crc32)
            .body(ByteStream::from(std::mem::replace(&mut self.buffer, next).freeze()))
            .customize()
            .config_override(long_s3_call())
            .send();
        upload.under_way.push(Box::pin(async move {
            let part = send.await.map_err(refused("UploadPart"))?;
            let completed = CompletedPart::builder().part_number(number).set_e_tag(part.e_tag);
            Ok(completed.set_checksum_crc32(part.checksum_crc32).build())
        }));
        Ok(())
    }

    async fn begin(&mut self) -> Result<MultipartUpload, StoreError> {
        let begun = self
            .bucket
            .client
            .create_multipart_upload()
            .bucket(&self.bucket.name)
            .key(&self.key)
            .content_type(&self.content_type)
            // The SDK puts a CRC32 on each part. S3 refuses the whole unless that was declared here.
            .checksum_algorithm(ChecksumAlgorithm::Crc32)
            .send()
            .await
            .map_err(refused("CreateMultipartUpload"))?;
        let id = begun.upload_id.ok_or_else(|| StoreError::malformed("upload", "it has no id"))?;
        Ok(MultipartUpload { id, begun: 0, under_way: FuturesUnordered::new(), done: Vec::new() })
    }

    /// Makes the object appear.
    ///
    /// # Errors
    /// When it cannot be written; then the upload is aborted.
    pub async fn close(mut self) -> Result<(), StoreError> {
        if self.upload.is_none() {
            return self.bucket.put(&self.key, &self.content_type, self.buffer.freeze()).await;
        }
        let completed = self.complete().await;
        if completed.is_err() {
            self.abort().await;
        }
        completed
    }

    async fn complete(&mut self) -> Result<(), StoreError> {
        if !self.buffer.is_empty() {
            self.begin_part().await?;
        }
        let Some(upload) = &mut self.upload else { return Ok(()) };
        while let Some(part) = upload.under_way.next().await {
            upload.done.push(part?);
        }
        upload.done.sort_by_key(CompletedPart::part_number);
        let parts = CompletedMultipartUpload::builder().set_parts(Some(upload.done.clone())).build();
        self.bucket
            .client
            .complete_multipart_upload()
            .bucket(&self.bucket.name)
            .key(&self.key)
            .upload_id(&upload.id)
            .multipart_upload(parts)
            .customize()
            .config_override(long_s3_call())
            .send()
            .await
            .map_err(refused("CompleteMultipartUpload"))?;
        Ok(())
    }

    /// Gives the object up. Nothing of it is left, unless the bucket refuses this too; then it expires.
    pub async fn abort(&mut self) {
        self.buffer = BytesMut::new();
        let Some(upload) = self.upload.take() else { return };
        // A part that is still on its way could arrive behind the abort.
        drop(upload.under_way);
        let abort = self.bucket.client.abort_multipart_upload().bucket(&self.bucket.name).key(&self.key);
        if let Err(error) = abort.upload_id(upload.id).send().await.map_err(refused("AbortMultipartUpload")) {
            tracing::warn!(%error, "an upload that failed was not aborted; its parts expire");
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::resources::Resources;
    use crate::scripted::{Answer, Asked, Scripted};

    fn begun() -> Answer {
        let upload = "<InitiateMultipartUploadResult><UploadId>u</UploadId></InitiateMultipartUploadResult>";
        Answer::new(200, upload)
    }

    fn part(number: usize) -> Answer {
        Answer::new(200, "").with("etag", format!("\"{number}\"")).with("x-amz-checksum-crc32", format!("c{number}"))
    }

    fn refused_part() -> Answer {
        Answer::new(403, "<Error><Code>AccessDenied</Code></Error>")
    }

    async fn write(service: &Scripted, pieces: usize) -> Result<(), StoreError> {
        let bucket = Bucket::new(&service.sdk(), &Resources { bucket: "b".to_owned(), ..Resources::default() });
        let mut writer = bucket.writer("k", "text/csv");
        for _ in 0..pieces {
            writer.write(&[b'x'; FIRST_SIZE / 2]).await?;
        }
        writer.close().await
    }

    fn calls(asked: &[Asked]) -> Vec<String> {
        let query = |uri: &str| uri.split_once('?').map_or("", |(_, query)| query).replace("x-id=", "");
        asked.iter().map(|asked| format!("{} {}", asked.method, query(&asked.uri))).collect()
    }

    #[test]
    fn ten_thousand_parts_hold_every_unpacked_file_and_none_is_too_small() {
        let gib = 1024 * 1024 * 1024;
        assert_eq!((1..=10_000).map(part_size).sum::<usize>() / gib, 351);
        assert!((1..=10_000).all(|number| (5 * 1024 * 1024..gib).contains(&part_size(number))));
        // What the parts of 100 GiB have in memory at a time.
        let mut left = 100 * gib;
        let last = (1..).find(|number| {
            left = left.saturating_sub(part_size(*number));
            left == 0
        });
        let last = last.map(part_size).unwrap();
        assert!((UPLOADS_AT_ONCE + 1) * last <= 200 * 1024 * 1024, "{last} bytes a part");
    }

    #[tokio::test(start_paused = true)]
    async fn parts_are_uploaded_side_by_side_and_named_with_their_checksums() {
        let slow = (1..=5).map(|number| part(number).after(std::time::Duration::from_secs(1)));
        let done =
            Answer::new(200, "<CompleteMultipartUploadResult><ETag>\"e\"</ETag></CompleteMultipartUploadResult>");
        let service = Scripted::new([begun()].into_iter().chain(slow).chain([done]));
        let began = tokio::time::Instant::now();
        write(&service, 9).await.unwrap();
        // Five parts, four of them at once.
        assert_eq!(began.elapsed().as_secs(), 2);
        let asked = service.asked();
        assert_eq!(asked.len(), 7, "{:?}", calls(&asked));
        let completed = String::from_utf8_lossy(&asked[6].body).into_owned();
        for number in 1..=5 {
            assert!(completed.contains(&format!("<ChecksumCRC32>c{number}</ChecksumCRC32>")), "{completed}");
            assert!(completed.contains(&format!("<PartNumber>{number}</PartNumber>")), "{completed}");
        }
    }

    #[tokio::test(start_paused = true)]
    async fn an_upload_that_fails_is_aborted() {
        let aborted = || Answer::new(204, "");
        for (answers, pieces) in [
            // The second part fails while more are written; the last part; the completion.
            (vec![begun(), part(1), refused_part(), part(3), part(4), aborted()], 20),
            (vec![begun(), part(1), refused_part(), aborted()], 3),
            (vec![begun(), part(1), refused_part(), aborted()], 2),
        ] {
            let service = Scripted::new(answers);
            assert!(write(&service, pieces).await.is_err_and(|error| !error.can_retry()));
            let calls = calls(&service.asked());
            assert!(calls.last().unwrap().starts_with("DELETE "), "{calls:?}");
        }
    }

    #[tokio::test(start_paused = true)]
    async fn a_small_object_is_one_put() {
        let service = Scripted::new([Answer::new(200, "")]);
        write(&service, 1).await.unwrap();
        assert_eq!(calls(&service.asked()), ["PUT PutObject"]);
    }
}

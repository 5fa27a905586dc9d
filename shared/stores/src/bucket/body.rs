//! The body of an object. When its transfer breaks off, it goes on from where it is, under the same ETag.

use std::time::Duration;

use aws_sdk_s3::operation::get_object::GetObjectOutput;
use aws_sdk_s3::primitives::ByteStream;
use bytes::{Bytes, BytesMut};
use domain::pauses::Pauses;

use super::{Bucket, is_status};
use crate::error::{Refusal, StoreError, refused};

/// Tries to go on with a body that brings no byte. S3 resets long connections, and one more request mends that.
const TRIES_WITHOUT_PROGRESS: u32 = 5;
/// Pauses between these tries: three seconds in all at most, within the deadline of every function.
const PAUSES: Pauses = Pauses { first: Duration::from_millis(100), longest: Duration::from_secs(2) };

/// An object that is being read.
#[derive(Debug)]
pub struct Body {
    bucket: Bucket,
    key: String,
    /// The object's ETag: under any other the bytes that follow would be those of another object.
    etag: Option<String>,
    /// Whether the caller asked for this ETag. Otherwise it is that of the first answer.
    is_pinned: bool,
    stream: ByteStream,
    /// The offset of the next byte.
    offset: u64,
    /// The offset at which the body ends; none if the bucket did not say.
    end: Option<u64>,
    /// Tries since the last byte.
    tries: u32,
}

/// What is read of an object.
#[derive(Debug, Clone, Copy)]
pub(super) struct Wanted<'a> {
    pub(super) key: &'a str,
    pub(super) etag: Option<&'a str>,
    pub(super) offset: u64,
    /// Where to stop, before the object's end.
    pub(super) end: Option<u64>,
}

impl Body {
    /// Begins to read.
    pub(super) async fn open(bucket: &Bucket, wanted: Wanted<'_>) -> Result<Self, StoreError> {
        let opened = get(bucket, wanted).await?;
        let mut body = Self {
            bucket: bucket.clone(),
            key: wanted.key.to_owned(),
            etag: wanted.etag.map(ToOwned::to_owned),
            is_pinned: wanted.etag.is_some(),
            stream: ByteStream::default(),
            offset: wanted.offset,
            end: Some(wanted.offset),
            tries: 0,
        };
        if let Some(object) = opened {
            let length = object.content_length.and_then(|length| u64::try_from(length).ok());
            body.end = length.map(|length| wanted.offset + length).or(wanted.end);
            body.etag = body.etag.or(object.e_tag);
            body.stream = object.body;
        }
        Ok(body)
    }

    /// The next bytes, as they arrive; none at the end.
    ///
    /// # Errors
    /// When the object changed or went away, or when its transfer breaks off again and again.
    pub async fn next(&mut self) -> Result<Option<Bytes>, StoreError> {
        loop {
            let why = match self.stream.try_next().await {
                Ok(Some(chunk)) if chunk.is_empty() => continue,
                Ok(Some(chunk)) => {
                    self.offset += chunk.len() as u64;
                    self.tries = 0;
                    return Ok(Some(chunk));
                }
                Ok(None) if self.end.is_none_or(|end| self.offset >= end) => return Ok(None),
                Ok(None) => "it ended before its length".to_owned(),
                // All bytes are here, so what is wrong is their checksum. Only the whole read can be repeated.
                Err(error) if self.end.is_some_and(|end| self.offset >= end) => return Err(interrupted(error)),
                Err(error) => error.to_string(),
            };
            self.resume(why).await?;
        }
    }

    /// The bytes from here to the end.
    ///
    /// # Errors
    /// As [`Body::next`].
    pub async fn rest(mut self) -> Result<Bytes, StoreError> {
        let mut bytes = BytesMut::new();
        while let Some(chunk) = self.next().await? {
            bytes.extend_from_slice(&chunk);
        }
        Ok(bytes.freeze())
    }

    /// Opens the object again where the transfer broke off; an error if that was tried too often without a byte.
    async fn resume(&mut self, mut why: String) -> Result<(), StoreError> {
        loop {
            self.tries += 1;
            // Without an ETag nothing says whether the bytes that follow belong to those before.
            if self.tries > TRIES_WITHOUT_PROGRESS || self.etag.is_none() {
                return Err(interrupted(why));
            }
            tracing::debug!(offset = self.offset, why, "the transfer of an object broke off, and is resumed");
            tokio::time::sleep(PAUSES.after(self.tries, &self.key)).await;
            figures::retry();
            let etag = self.etag.as_deref();
            match get(&self.bucket, Wanted { key: &self.key, etag, offset: self.offset, end: self.end }).await {
                Ok(object) => {
                    self.stream = object.map(|object| object.body).unwrap_or_default();
                    return Ok(());
                }
                // Somebody wrote the object again. Reading it from its beginning may succeed.
                Err(StoreError::ObjectChanged) if !self.is_pinned => return Err(interrupted("it was written again")),
                Err(error) if error.can_retry() => why = error.to_string(),
                Err(error) => return Err(error),
            }
        }
    }
}

/// Asks for an object; nothing if it ends at or before this offset.
async fn get(bucket: &Bucket, wanted: Wanted<'_>) -> Result<Option<GetObjectOutput>, StoreError> {
    let get = bucket.client.get_object().bucket(&bucket.name).key(wanted.key).set_if_match(wanted.etag.map(Into::into));
    let get = match wanted.end {
        Some(end) => get.range(format!("bytes={}-{}", wanted.offset, end.saturating_sub(1))),
        None if wanted.offset > 0 => get.range(format!("bytes={}-", wanted.offset)),
        None => get,
    };
    match get.send().await {
        Ok(object) => Ok(Some(object)),
        // A walk may have stopped at the object's end, from which there is nothing to read.
        Err(error) if is_status(&error, 416) => Ok(None),
        Err(error) if is_status(&error, 412) => Err(StoreError::ObjectChanged),
        Err(error) if is_status(&error, 404) => Err(StoreError::ObjectMissing),
        Err(error) if is_status(&error, 403) && wanted.etag.is_some() => Err(StoreError::ObjectMissing),
        Err(error) => Err(refused("GetObject")(error)),
    }
}

/// The error of a body that broke off and could not be resumed.
fn interrupted(why: impl ToString) -> StoreError {
    let message = why.to_string();
    StoreError::Refused { call: "GetObject", code: "interrupted".to_owned(), message, refusal: Refusal::Unavailable }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::resources::Resources;
    use crate::scripted::{Answer, Asked, Scripted};

    const TEXT: &str = "email,city\nann@example.org,Rome\n";

    fn bucket(service: &Scripted) -> Bucket {
        Bucket::new(&service.sdk(), &Resources { bucket: "b".to_owned(), ..Resources::default() })
    }

    /// The answer to a read of the text from an offset on. The connection breaks after so many bytes.
    fn answer(from: usize, breaks_after: Option<usize>) -> Answer {
        let (status, left) = (if from == 0 { 200 } else { 206 }, &TEXT[from..]);
        let answer = Answer::new(status, left[..breaks_after.unwrap_or(left.len())].to_owned());
        let answer = answer.with("etag", "\"1\"").with("content-length", left.len());
        if breaks_after.is_some() { answer.breaking() } else { answer }
    }

    fn ranges(asked: &[Asked]) -> Vec<Option<&str>> {
        asked.iter().map(|asked| asked.range.as_deref()).collect()
    }

    #[tokio::test(start_paused = true)]
    async fn a_transfer_that_breaks_off_goes_on_at_its_offset_under_the_same_etag() {
        let service = Scripted::new([answer(0, Some(5)), answer(5, Some(0)), answer(5, Some(7)), answer(12, None)]);
        let body = bucket(&service).read("k", "\"1\"", 0, None).await.unwrap();
        assert_eq!(body.rest().await.unwrap(), TEXT);
        let asked = service.asked();
        assert_eq!(ranges(&asked), [None, Some("bytes=5-31"), Some("bytes=5-31"), Some("bytes=12-31")]);
        assert!(asked.iter().all(|asked| asked.if_match.as_deref() == Some("\"1\"")), "{asked:?}");
    }

    #[tokio::test(start_paused = true)]
    async fn a_whole_object_is_resumed_under_the_etag_of_the_first_answer() {
        let service = Scripted::new([answer(0, Some(9)), answer(9, None)]);
        assert_eq!(bucket(&service).get("k").await.unwrap(), TEXT);
        let asked = service.asked();
        assert_eq!((asked[0].if_match.as_deref(), asked[1].if_match.as_deref()), (None, Some("\"1\"")));
        // Without an ETag the rest could be that of another object.
        let text = Answer::new(200, &TEXT[..9]).with("content-length", TEXT.len()).breaking();
        let service = Scripted::new([text, answer(9, None)]);
        assert!(bucket(&service).get("k").await.is_err_and(|error| error.can_retry()));
        assert_eq!(service.asked().len(), 1);
    }

    #[tokio::test(start_paused = true)]
    async fn a_range_ends_where_it_was_to_end_after_a_break() {
        let part = |from: usize, to: usize| {
            let length = 20 - from;
            let answer =
                Answer::new(206, TEXT[from..to].to_owned()).with("etag", "\"1\"").with("content-length", length);
            if to < 20 { answer.breaking() } else { answer }
        };
        let service = Scripted::new([part(10, 14), part(14, 20)]);
        let body = bucket(&service).read("k", "\"1\"", 10, Some(20)).await.unwrap();
        assert_eq!(body.rest().await.unwrap(), TEXT[10..20]);
        assert_eq!(ranges(&service.asked()), [Some("bytes=10-19"), Some("bytes=14-19")]);
    }

    #[tokio::test(start_paused = true)]
    async fn a_transfer_without_progress_is_given_up_and_one_with_progress_is_not() {
        let broken = (0..20).map(|_| answer(0, Some(0)));
        let service = Scripted::new(broken);
        let body = bucket(&service).read("k", "\"1\"", 0, None).await.unwrap();
        assert!(body.rest().await.is_err_and(|error| error.can_retry()));
        assert_eq!(service.asked().len(), 6);

        let crawling = (0..TEXT.len()).map(|offset| answer(offset, (offset + 1 < TEXT.len()).then_some(1)));
        let service = Scripted::new(crawling);
        let body = bucket(&service).read("k", "\"1\"", 0, None).await.unwrap();
        assert_eq!(body.rest().await.unwrap(), TEXT);
    }

    #[tokio::test(start_paused = true)]
    async fn an_object_that_changed_under_a_read_is_not_mixed_with_its_successor() {
        let changed = || Answer::new(412, "<Error><Code>PreconditionFailed</Code></Error>");
        let service = Scripted::new([answer(0, Some(5)), changed()]);
        let body = bucket(&service).read("k", "\"1\"", 0, None).await.unwrap();
        assert!(matches!(body.rest().await, Err(StoreError::ObjectChanged)));
        // What Muster wrote may be written again: reading it from its beginning helps.
        let service = Scripted::new([answer(0, Some(5)), changed()]);
        assert!(bucket(&service).get("k").await.is_err_and(|error| error.can_retry()));
        let service = Scripted::new([answer(0, Some(5)), Answer::new(404, "")]);
        let body = bucket(&service).read("k", "\"1\"", 0, None).await.unwrap();
        assert!(matches!(body.rest().await, Err(StoreError::ObjectMissing)));
    }

    #[tokio::test(start_paused = true)]
    async fn a_refusal_while_resuming_is_a_try_like_any_other() {
        let slow_down = || Answer::new(503, "<Error><Code>SlowDown</Code></Error>");
        // The SDK tries each call three times.
        let service = Scripted::new([answer(0, Some(5)), slow_down(), slow_down(), slow_down(), answer(5, None)]);
        let body = bucket(&service).read("k", "\"1\"", 0, None).await.unwrap();
        assert_eq!(body.rest().await.unwrap(), TEXT);
    }

    #[tokio::test(start_paused = true)]
    async fn a_read_from_the_end_brings_nothing() {
        let service = Scripted::new([Answer::new(416, "<Error><Code>InvalidRange</Code></Error>")]);
        let mut body = bucket(&service).read("k", "\"1\"", 31, None).await.unwrap();
        assert_eq!(body.next().await.unwrap(), None);
    }
}

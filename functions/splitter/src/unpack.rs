//! Unpacking a compressed file into an object of its own.

use std::borrow::Cow;
use std::io;

use async_compression::tokio::bufread::GzipDecoder;
use bytes::Bytes;
use domain::codes::FileCode;
use domain::file::{Checksum, Content};
use futures::stream::{Stream, TryStreamExt as _, try_unfold};
use jiff::Timestamp;
use stores::StoreError;
use stores::bucket::{Bucket, ObjectWriter};
use stores::clock::Clock;
use tokio::io::{AsyncBufRead, AsyncRead, AsyncReadExt as _, BufReader};
use tokio_util::io::{InspectReader, StreamReader};

/// Largest unpacked file, in bytes. A larger one was made to fill the bucket.
const MAX_UNPACKED: u64 = 100 * 1024 * 1024 * 1024;
/// Bytes that are unpacked at a time.
const PIECE: usize = 256 * 1024;
/// A function unpacks this much in a small part of its time. If it did not get so far when its time ends, the bucket was
/// slow, and the file is not at fault.
const SOON_UNPACKED: u64 = if cfg!(test) { 16 } else { 256 } * 1024 * 1024;

/// Why a file was not unpacked.
#[derive(Debug, thiserror::Error)]
pub(crate) enum NotUnpacked {
    /// A store failed.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// The file is at fault: the code and what to do, for who uploaded it.
    #[error("{1}")]
    File(FileCode, Cow<'static, str>),
}

/// A compressed object, and where to.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Unpacking<'a> {
    pub(crate) from: &'a str,
    pub(crate) etag: &'a str,
    /// The key of the unpacked object.
    pub(crate) to: &'a str,
    /// The SHA-256 of the compressed file that was declared, in base64.
    pub(crate) sha256: Option<&'a str>,
    /// When to stop, so that time is left to say so.
    pub(crate) stop_at: Timestamp,
}

/// Unpacks an object into another, piece by piece, so memory does not depend on the file. If it fails, nothing is left
/// of the other object.
///
/// The state of a decoder cannot be saved, so a file must be unpacked within one invocation. One that takes longer fails
/// its import: to begin again would take as long again, each time.
pub(crate) async fn unpack(bucket: &Bucket, clock: &Clock, unpacking: Unpacking<'_>) -> Result<(), NotUnpacked> {
    let mut writer = bucket.writer(unpacking.to, "text/csv");
    match copy(bucket, clock, unpacking, &mut writer).await {
        Ok(()) => Ok(writer.close().await?),
        Err(error) => {
            writer.abort().await;
            Err(error)
        }
    }
}

/// Writes the unpacked bytes of an object.
async fn copy(
    bucket: &Bucket,
    clock: &Clock,
    unpacking: Unpacking<'_>,
    writer: &mut ObjectWriter<'_>,
) -> Result<(), NotUnpacked> {
    let body = bucket.read(unpacking.from, unpacking.etag, 0, None).await?;
    let compressed = try_unfold(body, async |mut body| Ok(body.next().await?.map(|chunk| (chunk, body))));
    let mut checksum = Checksum::default();
    {
        let inspected = InspectReader::new(reader(compressed), |bytes| checksum.add(bytes));
        let mut pieces = Pieces::new(BufReader::new(inspected));
        let mut first = FirstBytes::default();
        while let Some(piece) = pieces.next().await? {
            first.look(piece)?;
            writer.write(piece).await?;
            if pieces.length >= SOON_UNPACKED && clock.now() >= unpacking.stop_at {
                let message = "The compressed file is too large to be unpacked in one go. Upload it uncompressed, or split it into several files.";
                return Err(NotUnpacked::File(FileCode::GzipTooLarge, message.into()));
            }
        }
        first.judge()?;
    }
    if unpacking.sha256.is_some_and(|declared| declared != checksum.finish()) {
        return Err(NotUnpacked::File(FileCode::ChecksumMismatch, Checksum::MISMATCH.into()));
    }
    Ok(())
}

/// The first bytes of the unpacked file, which tell whether it is a text: a folder may be packed, or a workbook.
#[derive(Default)]
struct FirstBytes(Vec<u8>);

impl FirstBytes {
    fn look(&mut self, piece: &[u8]) -> Result<(), NotUnpacked> {
        if self.0.len() >= Content::FIRST_BYTES {
            return Ok(());
        }
        self.0.extend_from_slice(&piece[..piece.len().min(Content::FIRST_BYTES)]);
        if self.0.len() >= Content::FIRST_BYTES { self.judge() } else { Ok(()) }
    }

    fn judge(&self) -> Result<(), NotUnpacked> {
        let refused = |what| Err(NotUnpacked::File(FileCode::NotCsv, Content::refusal(what).into()));
        Content::unpacked(&self.0).map_or(Ok(()), refused)
    }
}

/// The bytes of these chunks. Its errors hold the store's, so that the decoder's errors can be told from them.
fn reader(chunks: impl Stream<Item = Result<Bytes, StoreError>>) -> impl AsyncRead + Unpin {
    StreamReader::new(Box::pin(chunks.map_err(io::Error::other)))
}

/// The unpacked pieces of a gzip file (RFC 1952), all its members after each other.
struct Pieces<R> {
    decoder: GzipDecoder<R>,
    piece: Vec<u8>,
    length: u64,
}

impl<R: AsyncBufRead + Unpin> Pieces<R> {
    fn new(compressed: R) -> Self {
        let mut decoder = GzipDecoder::new(compressed);
        decoder.multiple_members(true);
        Self { decoder, piece: vec![0; PIECE], length: 0 }
    }

    async fn next(&mut self) -> Result<Option<&[u8]>, NotUnpacked> {
        let read = self.decoder.read(&mut self.piece).await.map_err(not_unpacked)?;
        self.length += read as u64;
        if self.length > MAX_UNPACKED {
            let message = "The file is larger than 100 GiB when it is unpacked. Split it.";
            return Err(NotUnpacked::File(FileCode::FileTooLarge, message.into()));
        }
        Ok((read > 0).then_some(&self.piece[..read]))
    }
}

/// The kind of the error says nothing: the decoder has `Other` for some damage. Whatever the store did not say is the
/// decoder's complaint about the bytes.
fn not_unpacked(error: io::Error) -> NotUnpacked {
    match error.downcast::<StoreError>() {
        Ok(error) => NotUnpacked::Store(error),
        Err(_) => NotUnpacked::File(FileCode::DamagedGzip, Content::DAMAGED_GZIP.into()),
    }
}

#[cfg(test)]
mod tests {
    use async_compression::tokio::bufread::GzipEncoder;
    use futures::stream;

    use super::*;

    async fn packed(text: &[u8]) -> Vec<u8> {
        let mut packed = Vec::new();
        GzipEncoder::new(text).read_to_end(&mut packed).await.unwrap();
        packed
    }

    async fn unpacked(compressed: impl AsyncRead + Unpin) -> Result<Vec<u8>, NotUnpacked> {
        let mut pieces = Pieces::new(BufReader::new(compressed));
        let mut all = Vec::new();
        while let Some(piece) = pieces.next().await? {
            all.extend_from_slice(piece);
        }
        Ok(all)
    }

    fn is_damaged<T>(result: &Result<T, NotUnpacked>) -> bool {
        matches!(result, Err(NotUnpacked::File(FileCode::DamagedGzip, _)))
    }

    #[tokio::test]
    async fn a_file_comes_out_as_it_was_in_one_member_or_several() {
        let text = "email,city\nann@example.org,Köln\n".repeat(20_000).into_bytes();
        assert!(unpacked(packed(&text).await.as_slice()).await.unwrap() == text);
        let mut several = packed(&text[..1_000]).await;
        several.extend(packed(&text[1_000..]).await);
        assert!(unpacked(several.as_slice()).await.unwrap() == text);
        assert!(unpacked(packed(b"").await.as_slice()).await.unwrap().is_empty());
    }

    #[tokio::test]
    async fn a_file_that_is_cut_off_or_damaged_is_the_files_fault() {
        let text = "email\nann@example.org\n".repeat(500).into_bytes();
        let sound = packed(&text).await;
        for length in [1, 9, 12, sound.len() / 2, sound.len() - 1] {
            assert!(is_damaged(&unpacked(&sound[..length]).await), "{length} of {} bytes", sound.len());
        }
        // Bytes 4 to 9 of the header say when and by which system it was packed.
        for place in (0..4).chain(10..sound.len()) {
            let mut damaged = sound.clone();
            damaged[place] ^= 0xff;
            assert!(is_damaged(&unpacked(damaged.as_slice()).await), "byte {place} of {}", sound.len());
        }
        let mut followed = sound.clone();
        followed.extend(b"not gzip");
        assert!(is_damaged(&unpacked(followed.as_slice()).await));
    }

    #[test]
    fn an_archive_that_was_packed_is_told_from_a_text_however_it_arrives() {
        let mut archive = vec![b'a'; 257];
        archive.extend(b"ustar\x0000");
        archive.resize(2_000, 0);
        for size in [1, 100, 512, 2_000] {
            let looked_at = |bytes: &[u8]| {
                let mut first = FirstBytes::default();
                bytes.chunks(size).try_for_each(|piece| first.look(piece)).and_then(|()| first.judge())
            };
            let refused = looked_at(&archive);
            assert!(matches!(refused, Err(NotUnpacked::File(FileCode::NotCsv, _))), "{size} bytes at a time");
            assert!(looked_at(b"email\nann@example.org\n").is_ok() && looked_at(&[b'a'; 2_000]).is_ok());
        }
    }

    #[tokio::test]
    async fn a_transfer_that_breaks_off_is_not_the_files_fault() {
        let mut half = packed(&b"email\nann@example.org\n".repeat(500)).await;
        half.truncate(half.len() / 2);
        let message = "the connection was reset".to_owned();
        let (code, refusal) = ("interrupted".to_owned(), stores::Refusal::Unavailable);
        let reset = StoreError::Refused { call: "GetObject", code, message, refusal };
        let broken = unpacked(reader(stream::iter([Ok(half.into()), Err(reset)]))).await;
        assert!(matches!(broken, Err(NotUnpacked::Store(error)) if error.can_retry()));
    }
}

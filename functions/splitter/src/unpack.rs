//! What the uploaded object is by its first bytes: CSV, a CSV that is compressed, or none at all.

use std::io::Write as _;

use flate2::write::MultiGzDecoder;
use shared::file::Checksum;
use shared::outcome::FileCode;
use shared::store::StoreError;
use shared::store::objects::{Objects, interrupted};

/// Bytes of an unpacked file at most: what is more was made to fill the bucket.
const MAX_UNPACKED: u64 = 100 * 1024 * 1024 * 1024;

/// What an object is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Content {
    /// Text, as far as its first bytes tell.
    Plain,
    /// A file compressed by gzip (RFC 1952).
    Gzip,
    /// No CSV: what it is, in words.
    Other(&'static str),
}

impl Content {
    /// What an object that begins so is.
    pub(crate) fn of(first: &[u8]) -> Self {
        match first {
            [0x1f, 0x8b, ..] => Self::Gzip,
            [b'P', b'K', 3, 4, ..] => Self::Other("an Excel workbook or a ZIP archive"),
            [0xd0, 0xcf, 0x11, 0xe0, ..] => Self::Other("an old Excel workbook"),
            [b'%', b'P', b'D', b'F', ..] => Self::Other("a PDF"),
            _ => Self::Plain,
        }
    }
}

/// Why a file could not be unpacked.
#[derive(Debug)]
pub(crate) enum NotUnpacked {
    /// The store failed.
    Store(StoreError),
    /// The file is at fault.
    File(FileCode, String),
}

impl From<StoreError> for NotUnpacked {
    fn from(error: StoreError) -> Self {
        Self::Store(error)
    }
}

impl NotUnpacked {
    fn damaged() -> Self {
        let message = "The compressed file is damaged or cut off. Compress it again and upload it again.";
        Self::File(FileCode::DamagedGzip, message.to_owned())
    }
}

/// Unpacks an object into another one, chunk by chunk.
pub(crate) async fn unpack(
    objects: &Objects,
    (from, etag): (&str, &str),
    to: &str,
    sha256: Option<&str>,
) -> Result<(), NotUnpacked> {
    let mut body = objects.read(from, etag, 0, None).await?;
    let mut writer = objects.writer(to, "text/csv");
    let mut decoder = MultiGzDecoder::new(Vec::new());
    let mut checksum = Checksum::default();
    let mut length = 0;
    while let Some(chunk) = body.try_next().await.map_err(interrupted)? {
        checksum.add(&chunk);
        decoder.write_all(&chunk).map_err(|_| NotUnpacked::damaged())?;
        length += decoder.get_ref().len() as u64;
        if length > MAX_UNPACKED {
            let message = "The file is larger than 100 GiB when it is unpacked. Split it.".to_owned();
            return Err(NotUnpacked::File(FileCode::FileTooLarge, message));
        }
        writer.write(decoder.get_ref()).await?;
        decoder.get_mut().clear();
    }
    let rest = decoder.finish().map_err(|_| NotUnpacked::damaged())?;
    if sha256.is_some_and(|declared| declared != checksum.finish()) {
        let message = "The file has another SHA-256 than was declared: it was damaged on the way, or is another file. Upload it again.";
        return Err(NotUnpacked::File(FileCode::ChecksumMismatch, message.to_owned()));
    }
    writer.write(&rest).await?;
    Ok(writer.close().await?)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn first_bytes_tell_what_an_object_is() {
        for (first, expected) in [
            (&b"email,city"[..], Content::Plain),
            (b"", Content::Plain),
            (b"PK", Content::Plain),
            (b"\x1f\x8b\x08\0", Content::Gzip),
            (b"PK\x03\x04\x14\0", Content::Other("an Excel workbook or a ZIP archive")),
            (b"%PDF-1.7", Content::Other("a PDF")),
        ] {
            assert_eq!(Content::of(first), expected, "{first:?}");
        }
    }
}

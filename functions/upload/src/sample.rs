//! The text of a sample: unpacked, if the file is compressed.

use std::io::ErrorKind;

use async_compression::tokio::bufread::GzipDecoder;
use domain::codes::FileCode;
use domain::file::{Checksum, Content};
use domain::preview::Sample;
use tokio::io::AsyncReadExt as _;

/// Most bytes that a sample is unpacked to. What comes after them is looked at by the check: a few hundred bytes can be
/// unpacked to a thousand times as many.
const MAX_UNPACKED: usize = 4 * 1024 * 1024;

/// Why a file has no text.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct NoText {
    pub(crate) code: FileCode,
    pub(crate) message: String,
}

/// The plain bytes of a sample, and the checksum that these have to have.
pub(crate) async fn plain(sample: Sample, sha256: Option<&str>) -> Result<(Sample, Option<String>), NoText> {
    match Content::of(&sample.bytes) {
        Content::Plain => Ok((sample, sha256.map(ToOwned::to_owned))),
        Content::Other(what) => Err(NoText { code: FileCode::NotCsv, message: Content::refusal(what) }),
        Content::Gzip => {
            let unpacked = unpacked(&sample).await?;
            if let Some(what) = Content::unpacked(&unpacked.bytes) {
                return Err(NoText { code: FileCode::NotCsv, message: Content::refusal(what) });
            }
            // The declared checksum is that of the compressed file.
            let mut checksum = Checksum::default();
            checksum.add(&sample.bytes);
            if sample.is_whole && sha256.is_some_and(|declared| declared != checksum.finish()) {
                let message = Checksum::MISMATCH.to_owned();
                return Err(NoText { code: FileCode::ChecksumMismatch, message });
            }
            Ok((unpacked, None))
        }
    }
}

/// What a compressed sample is unpacked to, with the decoder that the check has. A file that goes on ends in its midst.
async fn unpacked(sample: &Sample) -> Result<Sample, NoText> {
    let mut decoder = GzipDecoder::new(sample.bytes.as_slice());
    decoder.multiple_members(true);
    let (mut bytes, mut filled) = (vec![0; 64 * 1024], 0);
    let is_whole = loop {
        if filled == bytes.len() {
            if filled >= MAX_UNPACKED {
                break false;
            }
            bytes.resize(filled * 2, 0);
        }
        match decoder.read(&mut bytes[filled..]).await {
            Ok(0) => break sample.is_whole,
            Ok(length) => filled += length,
            Err(error) if error.kind() == ErrorKind::UnexpectedEof && !sample.is_whole => break false,
            Err(_) => {
                let message = Content::DAMAGED_GZIP.to_owned();
                return Err(NoText { code: FileCode::DamagedGzip, message });
            }
        }
    };
    bytes.truncate(filled);
    Ok(Sample { bytes, is_whole })
}

#[cfg(test)]
mod tests {
    use std::io::Write as _;

    use super::*;

    fn packed(text: &[u8]) -> Vec<u8> {
        let mut packed = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
        packed.write_all(text).unwrap();
        packed.finish().unwrap()
    }

    async fn unpacked_from(bytes: &[u8], is_whole: bool) -> Result<Sample, FileCode> {
        let sample = Sample { bytes: bytes.to_vec(), is_whole };
        plain(sample, None).await.map(|(sample, _)| sample).map_err(|no_text| no_text.code)
    }

    #[tokio::test]
    async fn a_compressed_sample_gives_the_text_that_there_is() {
        let text: String =
            (0..20_000).map(|row| format!("p{row}@example.com,City {}\n", row * 7_919 % 1_000)).collect();
        let text = text.as_bytes();
        let file = packed(text);
        assert_eq!(unpacked_from(&file, true).await, Ok(Sample { bytes: text.to_vec(), is_whole: true }));
        for cut in [20, 1_000, file.len() / 2, file.len() - 9, file.len() - 1] {
            let sample = unpacked_from(&file[..cut], false).await.unwrap();
            assert!(text.starts_with(&sample.bytes) && !sample.is_whole, "{cut} of {}", file.len());
            assert_eq!(unpacked_from(&file[..cut], true).await, Err(FileCode::DamagedGzip), "{cut}");
        }
        let half = unpacked_from(&file[..file.len() / 2], false).await.unwrap();
        assert!(half.bytes.len() > text.len() / 3, "{} of {}", half.bytes.len(), text.len());
        let two = [packed(b"email\n"), packed(b"a@b.de\n")].concat();
        assert_eq!(unpacked_from(&two, true).await.unwrap().bytes, b"email\na@b.de\n");
    }

    #[tokio::test]
    async fn damage_in_a_sample_is_damage_of_the_file() {
        let mut file = packed(&b"email\nann@example.org\n".repeat(500));
        file[12] ^= 0xff;
        for is_whole in [true, false] {
            assert_eq!(unpacked_from(&file, is_whole).await, Err(FileCode::DamagedGzip), "{is_whole}");
        }
        assert_eq!(unpacked_from(b"PK\x03\x04 and so on", false).await, Err(FileCode::NotCsv));
    }

    #[tokio::test]
    async fn a_sample_that_unpacks_to_too_much_is_a_beginning() {
        let bomb = packed(&vec![b'a'; 64 * 1024 * 1024]);
        assert!(bomb.len() < 1024 * 1024);
        let sample = unpacked_from(&bomb, true).await.unwrap();
        assert!(sample.bytes.len() == MAX_UNPACKED && !sample.is_whole);
    }

    #[tokio::test]
    async fn the_declared_checksum_is_that_of_the_compressed_file() {
        let file = packed(b"email\na@b.de\n");
        let mut checksum = Checksum::default();
        checksum.add(&file);
        let sha256 = checksum.finish();
        let sample = Sample { bytes: file, is_whole: true };
        let (_, left) = plain(sample.clone(), Some(&sha256)).await.unwrap();
        assert_eq!(left, None);
        let wrong = "47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU=";
        assert_eq!(plain(sample, Some(wrong)).await.unwrap_err().code, FileCode::ChecksumMismatch);
    }
}

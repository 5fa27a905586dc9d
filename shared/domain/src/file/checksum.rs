//! The SHA-256 of a file, computed as it is read. Its state can be saved in a snapshot.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde::{Deserialize, Serialize};
use sha2::digest::common::hazmat::{SerializableState as _, SerializedState};
use sha2::{Digest as _, Sha256};

/// The checksum of the bytes so far.
#[derive(Clone, Default, Serialize, Deserialize)]
#[serde(into = "Vec<u8>", try_from = "Vec<u8>")]
pub struct Checksum(Sha256);

impl Checksum {
    /// What to do about a file that has another checksum than was declared.
    pub const MISMATCH: &'static str = "The file has another SHA-256 than was declared: it was damaged on the way, or is another file. Upload it again.";

    /// Takes the next bytes.
    pub fn add(&mut self, bytes: &[u8]) {
        self.0.update(bytes);
    }

    /// The checksum in base64, as S3 and clients write it.
    pub fn finish(self) -> String {
        STANDARD.encode(self.0.finalize())
    }
}

impl std::fmt::Debug for Checksum {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Checksum")
    }
}

impl From<Checksum> for Vec<u8> {
    fn from(checksum: Checksum) -> Self {
        checksum.0.serialize().to_vec()
    }
}

impl TryFrom<Vec<u8>> for Checksum {
    type Error = &'static str;

    fn try_from(state: Vec<u8>) -> Result<Self, Self::Error> {
        let state = SerializedState::<Sha256>::try_from(state.as_slice()).map_err(|_| "no state of a checksum")?;
        Sha256::deserialize(&state).map(Self).map_err(|_| "no state of a checksum")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_checksum_goes_on_where_it_was_saved() {
        let text = b"The quick brown fox jumps over the lazy dog, and does it again and again and again and again.";
        let mut whole = Checksum::default();
        whole.add(text);
        let expected = whole.finish();
        for cut in [0, 1, 63, 64, 65, text.len()] {
            let mut first = Checksum::default();
            first.add(&text[..cut]);
            let saved = serde_json::to_string(&first).unwrap();
            let mut second: Checksum = serde_json::from_str(&saved).unwrap();
            second.add(&text[cut..]);
            assert_eq!(second.finish(), expected, "cut at {cut}");
        }
        assert_eq!(Checksum::default().finish(), "47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU=");
        assert!(serde_json::from_str::<Checksum>("[1,2]").is_err());
    }
}

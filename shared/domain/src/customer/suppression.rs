//! Keeping somebody out for good who was erased: their identifiers are remembered as keyed hashes, and no row that is
//! decided after that may have one of them. A row that was decided before is kept out by the erasure
//! ([`super::Erasure`]). If nobody has the identifier, somebody who never was is erased in its name.

use std::fmt;

use hmac::{Hmac, KeyInit as _, Mac as _};
use sha2::Sha256;

/// The secret with which the identifiers of a deployment are hashed. Without it nobody can tell from a hash whether an
/// address that they think of is behind it.
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct SuppressionKey([u8; 32]);

impl SuppressionKey {
    /// The key of these bytes, which nobody may guess.
    pub const fn from_bytes(bytes: [u8; 32]) -> Self {
        Self(bytes)
    }

    /// Its bytes.
    pub const fn to_bytes(self) -> [u8; 32] {
        self.0
    }

    /// The hash of an identifier's key: HMAC-SHA256 (RFC 2104), in 64 hexadecimal digits.
    pub fn hash(&self, identifier_key: &str) -> String {
        // A key of any length will do (RFC 2104, section 3).
        let Ok(mut mac) = Hmac::<Sha256>::new_from_slice(&self.0) else { return String::new() };
        mac.update(identifier_key.as_bytes());
        mac.finalize().into_bytes().iter().map(|byte| format!("{byte:02x}")).collect()
    }
}

impl fmt::Debug for SuppressionKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("SuppressionKey")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_hash_is_hmac_sha256_of_the_identifiers_key() {
        // RFC 4231, test case 2, whose key is padded with zeros by HMAC itself.
        let mut key = [0; 32];
        key[..4].copy_from_slice(b"Jefe");
        let hash = SuppressionKey::from_bytes(key).hash("what do ya want for nothing?");
        assert_eq!(hash, "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843");
        assert_ne!(SuppressionKey::from_bytes([1; 32]).hash("a"), SuppressionKey::from_bytes([2; 32]).hash("a"));
    }

    #[test]
    fn nobody_sees_a_key_in_a_log() {
        assert_eq!(format!("{:?}", SuppressionKey::from_bytes([7; 32])), "SuppressionKey");
    }
}

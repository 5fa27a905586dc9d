//! The id of a customer.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};
use ulid::Ulid;

use super::provenance::Provenance;
use crate::imports::ImportId;

/// The id of a customer: a ULID of the launch of the import that created it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(into = "String", try_from = "String")]
pub struct CustomerId(Ulid);

/// The text is not a customer id.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("not the id of a customer: ids have 26 letters and digits")]
pub struct InvalidCustomerId;

impl CustomerId {
    /// The id that a row gives the customer it creates: the same however often the row is processed.
    pub fn created_by(by: Provenance) -> Self {
        let mut hash = Sha256::new();
        hash.update(by.import.to_bytes());
        hash.update(by.row.to_be_bytes());
        Self::launched_with(by.import, hash)
    }

    /// The id in whose name an identifier that nobody has is kept from this import and those before it, by the hash of the
    /// identifier: the same however often that is asked for.
    pub fn standing_in(up_to: ImportId, identifier_hash: &str) -> Self {
        let mut hash = Sha256::new();
        hash.update(up_to.to_bytes());
        hash.update(identifier_hash.as_bytes());
        Self::launched_with(up_to, hash)
    }

    fn launched_with(import: ImportId, hash: Sha256) -> Self {
        let mut bytes = import.to_bytes();
        bytes[6..].copy_from_slice(&hash.finalize()[..10]);
        Self(Ulid::from_bytes(bytes))
    }

    /// Whether an import may have created the customer: the id begins with the time of its launch.
    pub fn may_be_of(self, import: ImportId) -> bool {
        self.to_bytes()[..6] == import.to_bytes()[..6]
    }

    /// The id's 16 bytes.
    pub fn to_bytes(self) -> [u8; 16] {
        self.0.to_bytes()
    }

    /// The id with these 16 bytes.
    pub fn from_bytes(bytes: [u8; 16]) -> Self {
        Self(Ulid::from_bytes(bytes))
    }
}

impl fmt::Display for CustomerId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

impl From<CustomerId> for String {
    fn from(id: CustomerId) -> Self {
        id.to_string()
    }
}

impl TryFrom<String> for CustomerId {
    type Error = InvalidCustomerId;

    fn try_from(text: String) -> Result<Self, InvalidCustomerId> {
        text.parse()
    }
}

impl FromStr for CustomerId {
    type Err = InvalidCustomerId;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        Ulid::from_string(text).map(Self).map_err(|_| InvalidCustomerId)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_row_creates_the_same_customer_however_often_it_runs() {
        let import = ImportId::from_bytes([7; 16]);
        let id = CustomerId::created_by(Provenance { import, row: 3 });
        assert_eq!(id, CustomerId::created_by(Provenance { import, row: 3 }));
        assert_ne!(id, CustomerId::created_by(Provenance { import, row: 4 }));
        assert_eq!(id.to_string().parse(), Ok(id));
        assert!(id.may_be_of(import) && !id.may_be_of(ImportId::from_bytes([8; 16])));
    }

    #[test]
    fn an_identifier_that_nobody_has_is_kept_back_in_one_name_until_another_import_is_launched() {
        let (import, later) = (ImportId::from_bytes([7; 16]), ImportId::from_bytes([8; 16]));
        let id = CustomerId::standing_in(import, "of ann");
        assert_eq!(id, CustomerId::standing_in(import, "of ann"));
        assert_ne!(id, CustomerId::standing_in(import, "of bob"));
        assert_ne!(id, CustomerId::standing_in(later, "of ann"));
    }
}

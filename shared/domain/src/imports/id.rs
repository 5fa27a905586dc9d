//! The id of an import.

use std::fmt;
use std::str::FromStr;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use ulid::Ulid;

/// The id of an import: a ULID, so ids sort by launch.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(into = "String", try_from = "String")]
pub struct ImportId(Ulid);

/// The text is not an import id.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("not the id of an import: ids have 26 letters and digits, like 01KB7Z4Q0VX3H9M2T5R8N6C1DE")]
pub struct InvalidImportId;

impl ImportId {
    /// The id of an import launched at this moment, told apart from its neighbours by 80 random bits.
    pub fn new(launched: Timestamp, random: u128) -> Self {
        Self(Ulid::from_parts(u64::try_from(launched.as_millisecond()).unwrap_or(0), random))
    }

    /// When the import was launched, to the millisecond.
    pub fn launched(self) -> Timestamp {
        let millis = i64::try_from(self.0.timestamp_ms()).unwrap_or(i64::MAX);
        Timestamp::from_millisecond(millis).unwrap_or(Timestamp::MAX)
    }

    /// The id's 16 bytes, in the order of its text.
    pub fn to_bytes(self) -> [u8; 16] {
        self.0.to_bytes()
    }

    /// The id with these 16 bytes.
    pub fn from_bytes(bytes: [u8; 16]) -> Self {
        Self(Ulid::from_bytes(bytes))
    }
}

impl fmt::Display for ImportId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

impl FromStr for ImportId {
    type Err = InvalidImportId;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        Ulid::from_string(text).map(Self).map_err(|_| InvalidImportId)
    }
}

impl From<ImportId> for String {
    fn from(id: ImportId) -> Self {
        id.to_string()
    }
}

impl TryFrom<String> for ImportId {
    type Error = InvalidImportId;

    fn try_from(text: String) -> Result<Self, Self::Error> {
        text.parse()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ids_sort_by_launch_and_survive_their_text() {
        let early = ImportId::new(Timestamp::from_second(1_700_000_000).unwrap(), u128::MAX);
        let late = ImportId::new(Timestamp::from_second(1_700_000_001).unwrap(), 0);
        assert!(early < late && early.to_string() < late.to_string());
        assert_eq!(late.to_string().parse(), Ok(late));
        assert_eq!(late.launched(), Timestamp::from_second(1_700_000_001).unwrap());
        assert_eq!("what".parse::<ImportId>(), Err(InvalidImportId));
    }
}

//! Regions of phone numbers.

use std::str::FromStr as _;

use serde::{Deserialize, Serialize};

/// A region in whose national form phone numbers are written.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(into = "String", try_from = "String")]
pub struct Region(pub(super) rlibphonenumber::Region);

/// The text is no region's code.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("not a region's code")]
pub struct InvalidRegion;

impl Region {
    /// The region of an ISO 3166 code of two letters.
    pub fn parse(code: &str) -> Option<Self> {
        let code = code.to_ascii_uppercase();
        isocountry::CountryCode::for_alpha2(&code).ok()?;
        rlibphonenumber::Region::from_str(&code).ok().map(Self)
    }
}

impl From<Region> for String {
    fn from(region: Region) -> Self {
        region.0.to_string()
    }
}

impl TryFrom<String> for Region {
    type Error = InvalidRegion;

    fn try_from(code: String) -> Result<Self, Self::Error> {
        Self::parse(&code).ok_or(InvalidRegion)
    }
}

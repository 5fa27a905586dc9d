//! The rules by which an import reads its cells.

use jiff::Timestamp;
use jiff::tz::TimeZone;
use serde::{Deserialize, Serialize};

use super::dates::DateFormat;
use super::phone::Region;

/// A decimal mark.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub enum DecimalMark {
    /// 1234.5
    Dot,
    /// 1234,5
    Comma,
}

impl DecimalMark {
    /// The mark that a setting names; none for `auto`.
    pub fn parse(text: &str) -> Option<Self> {
        match text {
            "." => Some(Self::Dot),
            "," => Some(Self::Comma),
            _ => None,
        }
    }
}

/// A time zone, by its IANA name.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(into = "String", try_from = "String")]
pub struct Zone(TimeZone);

impl Zone {
    /// The zone of this name, in any case.
    pub fn parse(name: &str) -> Option<Self> {
        TimeZone::get(name).ok().filter(|zone| zone.iana_name().is_some()).map(Self)
    }

    /// Its IANA name.
    pub fn name(&self) -> &str {
        self.0.iana_name().unwrap_or("UTC")
    }
}

impl Default for Zone {
    fn default() -> Self {
        Self(TimeZone::UTC)
    }
}

impl From<Zone> for String {
    fn from(zone: Zone) -> Self {
        zone.name().to_owned()
    }
}

impl TryFrom<String> for Zone {
    type Error = String;

    fn try_from(name: String) -> Result<Self, Self::Error> {
        Self::parse(&name).ok_or(name)
    }
}

/// The rules by which an import reads its cells.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Rules {
    /// The region that national phone numbers are of.
    pub default_region: Option<Region>,
    /// How dates are written.
    pub date_format: Option<DateFormat>,
    /// The decimal mark of numbers; if unset, it is found column by column.
    pub decimal_mark: Option<DecimalMark>,
    /// Where moments without a zone are.
    pub time_zone: Zone,
    /// Cells that are read as empty, besides those without text. They are compared without regard to case.
    pub null_tokens: Vec<String>,
    /// Whether identifiers such as `NULL` are taken at their word.
    pub keep_placeholders: bool,
    /// Whether an empty cell erases the attribute of its column.
    pub clear_empty: bool,
    /// Whether a bad value rejects its row.
    pub reject_invalid: bool,
    /// When the import was launched. A date after it lies in the future.
    pub launched: Timestamp,
}

//! What cells of a column hold.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// What a cell of a column holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub enum Kind {
    /// An identifier: whom the row is about.
    Identifier,
    /// Text of at most so many characters.
    Text(usize),
    /// Male, female or other.
    Sex,
    /// A date in the past.
    BirthDate,
    /// A language tag (BCP 47).
    Language,
    /// A time zone (IANA).
    TimeZone,
    /// A country (ISO 3166).
    Country,
    /// Yes or no.
    Flag,
    /// Yes or no, and never changed by an empty cell.
    Consent,
    /// A setting of the import, for this row.
    Setting,
    /// A moment.
    Moment,
    /// What a custom field holds.
    Field(FieldKind),
}

impl Kind {
    /// The kind's word in the reference of columns.
    pub const fn word(self) -> &'static str {
        match self {
            Self::Identifier => "identifier",
            Self::Text(_) => "text",
            Self::Sex => "sex",
            Self::BirthDate => "date",
            Self::Language => "language",
            Self::TimeZone => "time_zone",
            Self::Country => "country",
            Self::Flag | Self::Consent => "yes_no",
            Self::Setting => "setting",
            Self::Moment => "datetime",
            Self::Field(kind) => kind.word(),
        }
    }

    /// Whether its cells are dates or moments: their format is found in the file.
    pub const fn is_dated(self) -> bool {
        matches!(self, Self::BirthDate | Self::Moment | Self::Field(FieldKind::Date | FieldKind::Datetime))
    }
}

/// What a custom field holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum FieldKind {
    /// Text.
    Text,
    /// A decimal number.
    Number,
    /// A day.
    Date,
    /// A moment.
    Datetime,
    /// Yes or no.
    YesNo,
    /// A list of texts.
    List,
}

impl FieldKind {
    /// Every kind.
    pub const ALL: [Self; 6] = [Self::Text, Self::Number, Self::Date, Self::Datetime, Self::YesNo, Self::List];

    /// The kind's word.
    pub const fn word(self) -> &'static str {
        match self {
            Self::Text => "text",
            Self::Number => "number",
            Self::Date => "date",
            Self::Datetime => "datetime",
            Self::YesNo => "yes_no",
            Self::List => "list",
        }
    }

    /// The kind with this word.
    pub fn from_word(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|kind| kind.word() == word)
    }
}

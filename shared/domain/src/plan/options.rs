//! How a file is to be read.

use serde::{Deserialize, Serialize};

use crate::columns::{Fields, Mapping};
use crate::file::{Escape, Quoting};
use crate::row::Rules;

/// The import that a file is a report of.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ReportOf {
    /// Its id, as the report's rows have it.
    pub import: String,
    /// Whether there is such an import, so that the file is read with its settings.
    pub is_known: bool,
}

/// How a file is to be read.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct ReadOptions {
    /// A WHATWG encoding label, or `auto`; a byte order mark wins over it.
    pub encoding: String,
    /// The SHA-256 that the client declared, in base64.
    pub sha256: Option<String>,
    /// The delimiter; without one, it is found.
    pub delimiter: Option<char>,
    /// Whether cells may be between quotes; if unset, it is found.
    pub quoting: Option<Quoting>,
    /// How a quote is written inside quotes.
    pub escape: Escape,
    /// The physical line of the header, from 1; if unset, it is the first record.
    pub header_line: Option<u64>,
    /// Headers that the settings map to columns.
    pub mapping: Mapping,
    /// The custom fields that exist.
    pub fields: Fields,
    /// Whether columns without a value are left out instead of failing the file.
    pub ignore_empty_columns: bool,
    /// Whether headers that name no column are left out instead of failing the file.
    pub ignore_unknown_columns: bool,
    /// Whether typed columns in which no value can be read are dropped value by value instead of failing the file.
    pub ignore_unreadable_columns: bool,
    /// Whether the settings name an action for each row.
    #[serde(default)]
    pub has_action: bool,
    /// The import that the file is a report of, if it is one.
    pub report: Option<ReportOf>,
    /// Whether the file is one that Muster made for an undo ([`super::UndoFile`]).
    #[serde(default)]
    pub is_undo: bool,
    /// How cells are read.
    pub rules: Rules,
    /// The object's length in bytes, from which the size of the table of identifiers follows.
    pub bytes: u64,
    /// Most rows of a batch.
    pub batch_rows: u32,
}

#[cfg(test)]
impl ReadOptions {
    /// How a plain UTF-8 file of this length in bytes is read.
    pub(super) fn of_utf8(bytes: u64) -> Self {
        Self {
            encoding: "utf-8".to_owned(),
            sha256: None,
            delimiter: Some(','),
            quoting: None,
            escape: Escape::None,
            header_line: None,
            mapping: Mapping::new(),
            fields: Fields::new(),
            ignore_empty_columns: false,
            ignore_unknown_columns: false,
            ignore_unreadable_columns: false,
            has_action: false,
            report: None,
            is_undo: false,
            rules: Rules::default(),
            bytes,
            batch_rows: super::batch::MAX_ROWS,
        }
    }
}

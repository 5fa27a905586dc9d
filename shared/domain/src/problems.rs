//! What a person must mend, each with its code, its place and its cure.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::codes::{FileCode, NoticeCode, RowCode, Severity};
use crate::wording::cut;

/// Problems that a failure lists; more are only counted.
pub const MAX_PROBLEMS: usize = 100;
/// Notices that a check lists; more are only counted.
pub const MAX_NOTICES: usize = 100;

/// One thing wrong with one row, in words for the person who has the file.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct RowProblem {
    /// Whether the row was applied all the same.
    pub severity: Severity,
    /// The stable code.
    pub code: RowCode,
    /// The place of the cell in the record, from 0; none if the row as a whole is meant.
    pub cell: Option<u16>,
    /// What is wrong and what to do about it. It may quote the cell, so it goes into the report and never into a log.
    pub message: String,
}

/// One thing wrong with a file, and where.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct FileProblem {
    /// The stable code.
    pub code: FileCode,
    /// The row, if the problem is in one: the first record after the header is 1, the header itself 0.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub row: Option<u64>,
    /// The physical line, from 1.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub line: Option<u64>,
    /// The column's header as written in the file, or its place if it has no header.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub column: Option<String>,
    /// What is wrong and what to do about it.
    pub message: String,
}

/// Something strange in a column of a file, at its first cell.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Notice {
    /// The stable code.
    pub code: NoticeCode,
    /// The row of the first cell.
    pub row: u64,
    /// Its physical line.
    pub line: u64,
    /// The column's header, cut if it is long.
    pub column: String,
    /// How many cells of the column are like it.
    pub count: u64,
    /// What happened and how to mend it.
    pub message: String,
}

/// Longest header and message that a problem carries, in bytes of JSON: a hundred problems fit into one stored item.
const MAX_SHOWN: (usize, usize) = (200, 1_500);

impl FileProblem {
    /// The problem with its texts cut, as a broken file can have headers of any length.
    #[must_use]
    pub fn shortened(self) -> Self {
        let column = self.column.map(|column| cut(&column, MAX_SHOWN.0).into_owned());
        Self { column, message: cut(&self.message, MAX_SHOWN.1).into_owned(), ..self }
    }
}

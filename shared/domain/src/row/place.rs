//! A cell that a message names.

use serde::{Deserialize, Serialize};

use crate::wording::cut;

/// Longest example of a cell, in bytes of JSON.
pub(super) const MAX_EXAMPLE: usize = 60;

/// A cell that a message names.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Place {
    /// Its text, cut if it is long.
    pub example: String,
    /// Its row.
    pub row: u64,
    /// Its physical line.
    pub line: u64,
}

impl Place {
    pub(crate) fn new(cell: &str, row: u64, line: u64) -> Self {
        Self { example: cut(cell, MAX_EXAMPLE).into_owned(), row, line }
    }
}

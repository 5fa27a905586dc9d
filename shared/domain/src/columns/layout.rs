//! Which cell of a record is which column.

use serde::{Deserialize, Serialize};

use super::id::ColumnId;

/// Most columns of a file.
pub const MAX_COLUMNS: usize = 1_000;
/// Largest header row as it is stored with its columns, in bytes of JSON: other lists are in the same item, which has at
/// most 400 KB.
pub const MAX_LAYOUT: usize = 128 * 1024;

/// Which cell of a record is which column.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Layout {
    /// The headers as written.
    pub header: Vec<String>,
    /// The column of each cell; none if the cell is left out.
    pub columns: Vec<Option<ColumnId>>,
}

impl Layout {
    /// The place of a column in a record, from 0.
    pub fn position(&self, column: &ColumnId) -> Option<usize> {
        self.columns.iter().position(|at| at.as_ref() == Some(column))
    }

    /// Its length in bytes as it is stored.
    pub(super) fn stored_bytes(&self) -> usize {
        serde_json::to_vec(self).map_or(usize::MAX, |json| json.len())
    }

    /// Whether a file may have such a header.
    pub(super) fn is_storable(&self) -> bool {
        self.columns.len() <= MAX_COLUMNS && self.stored_bytes() <= MAX_LAYOUT
    }
}

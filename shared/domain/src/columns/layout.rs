//! Which cell of a record is which column.

use std::collections::{BTreeMap, BTreeSet};

use serde::{Deserialize, Serialize};

use super::id::ColumnId;
use super::write::Write;

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
    /// When the cells at these places are written, where that is not always.
    #[serde(default)]
    pub writes: BTreeMap<usize, Write>,
}

impl Layout {
    /// The layout of a record with this header, before anything is known of its columns.
    pub(super) fn of(header: &[&str]) -> Self {
        let header: Vec<String> = header.iter().map(|cell| (*cell).to_owned()).collect();
        Self { columns: Vec::with_capacity(header.len()), header, writes: BTreeMap::new() }
    }

    /// Adds what the next cell is. What is never written is left out, unless it says whom a row is about.
    pub(super) fn push(&mut self, column: Option<ColumnId>, write: Write) {
        let column = column.filter(|column| write != Write::Never || column.is_identifier());
        if column.is_some() && write != Write::Always {
            self.writes.insert(self.columns.len(), write);
        }
        self.columns.push(column);
    }

    /// When the cell at a place is written.
    pub fn write(&self, position: usize) -> Write {
        self.writes.get(&position).copied().unwrap_or_default()
    }

    /// The place of a column in a record, from 0.
    pub fn position(&self, column: &ColumnId) -> Option<usize> {
        self.columns.iter().position(|at| at.as_ref() == Some(column))
    }

    /// The names of the custom fields that it has, without `custom.`.
    pub fn custom_fields(&self) -> BTreeSet<String> {
        let custom = self.columns.iter().flatten().filter(|column| matches!(column, ColumnId::Custom(..)));
        custom.filter_map(|column| Some(column.to_string().strip_prefix("custom.")?.to_owned())).collect()
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

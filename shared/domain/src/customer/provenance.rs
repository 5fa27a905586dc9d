//! Where a value came from.

use serde::{Deserialize, Serialize};

use crate::imports::ImportId;

/// The row of an import that set a value or created a customer. Later rows are greater: by launch, then by row.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
pub struct Provenance {
    /// The import.
    pub import: ImportId,
    /// The row, from 1.
    pub row: u64,
}

/// A value and the row that set it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Stamped<T> {
    /// The value. An erased value keeps its stamp, so that an older row cannot bring it back.
    pub value: T,
    /// The row that set it.
    pub by: Provenance,
}

//! What settings say about headers.

use std::collections::{BTreeMap, BTreeSet};

use super::id::{ColumnId, fold};
use super::kind::FieldKind;
use super::write::MappedColumn;

/// Custom fields by name.
pub type Fields = BTreeMap<String, FieldKind>;

/// Columns by header; a header without a column is left out.
pub type Mapping = BTreeMap<String, Option<MappedColumn>>;

/// The headers of one file that settings map.
pub(super) struct MappedHeaders<'a> {
    mapping: &'a Mapping,
    by_folded_name: BTreeMap<String, &'a Option<MappedColumn>>,
    /// The folded names of headers that are mapped just as they are written.
    as_written: BTreeSet<String>,
}

impl<'a> MappedHeaders<'a> {
    pub(super) fn new(mapping: &'a Mapping, header: &[&str]) -> Self {
        Self {
            mapping,
            by_folded_name: mapping.iter().map(|(name, to)| (fold(name), to)).collect(),
            as_written: header.iter().filter(|cell| mapping.contains_key(**cell)).map(|cell| fold(cell)).collect(),
        }
    }

    /// What the settings map a header to. Where a header is mapped as it is written, others that are like it are not
    /// meant.
    pub(super) fn get(&self, header: &str) -> Option<&'a Option<MappedColumn>> {
        let alike = || {
            let folded = fold(header);
            self.by_folded_name.get(&folded).copied().filter(|_| !self.as_written.contains(&folded))
        };
        self.mapping.get(header).or_else(alike)
    }
}

/// Whether two headers are one to Muster.
pub(crate) fn is_same_header(one: &str, other: &str) -> bool {
    fold(one) == fold(other)
}

/// The headers of which Muster knows what they are: its own names, and those that settings map.
#[derive(Debug)]
pub(crate) struct KnownHeaders(BTreeSet<String>);

impl KnownHeaders {
    pub(crate) fn new(mapping: &Mapping) -> Self {
        Self(mapping.keys().map(|header| fold(header)).collect())
    }

    pub(crate) fn contains(&self, header: &str) -> bool {
        !header.trim().is_empty() && (self.0.contains(&fold(header)) || ColumnId::parse(header).is_some())
    }
}

//! Columns of identifiers in which no value can be read, as phones without a country code in a file without a region.

use serde::{Deserialize, Serialize};

use crate::columns::Layout;
use crate::row::{Identifier, IdentifierKey, Place, Rules, Slot, cleaned, says_nothing};

/// What is known so far of each column of identifiers.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
pub(super) struct UnreadableIdentifiers(Vec<Column>);

/// The cells of a column that are no identifiers.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(super) struct Column {
    pub(super) position: usize,
    /// Cells that say that there is no value, or that it is to be erased.
    pub(super) without_value: u64,
    /// Cells that cannot be read.
    pub(super) unreadable: u64,
    /// The first of them, and what is wrong with it.
    pub(super) first: Option<(Place, String)>,
}

impl UnreadableIdentifiers {
    pub(super) fn new(layout: &Layout) -> Self {
        let columns = layout.columns.iter().enumerate();
        let identifiers =
            columns.filter(|(_, column)| column.as_ref().is_some_and(|column| Slot::of_column(column).is_some()));
        let column = |(position, _)| Column { position, without_value: 0, unreadable: 0, first: None };
        Self(identifiers.map(column).collect())
    }

    /// Adds the cells of a row, whose valid identifiers these are.
    pub(super) fn row(
        &mut self,
        (layout, rules): (&Layout, &Rules),
        (row, line): (u64, u64),
        cells: &[&str],
        keys: &[IdentifierKey],
    ) {
        if keys.len() == self.0.len() {
            return;
        }
        for column in &mut self.0 {
            let position = column.position;
            let Some(cell) = cells.get(position).filter(|_| keys.iter().all(|key| key.cell != position)) else {
                continue;
            };
            let text = cleaned(cell);
            if text.is_empty() || rules.is_null(&text) {
                continue;
            }
            if says_nothing(&text, rules) {
                column.without_value += 1;
                continue;
            }
            column.unreadable += 1;
            if column.first.is_none() {
                let slot = layout.columns[position].as_ref().and_then(Slot::of_column);
                let invalid = slot.and_then(|slot| Identifier::of_cell(&slot, &text, rules).err());
                column.first = invalid.map(|invalid| (Place::new(&text, row, line), invalid.message));
            }
        }
    }

    pub(super) fn into_columns(self) -> impl Iterator<Item = Column> {
        self.0.into_iter()
    }
}

//! What a forecast says of a row: which values of whom it would change, and from what to what.
//!
//! A value is counted once for each customer: by the first row of the forecast that changes it. So the counts are kept with
//! the fate of the row, and an attempt that comes again counts what the first one did.

use super::overlay::Overlay;
use super::samples::Sample;
use super::vocabulary::Terms;
use crate::columns::ColumnId;
use crate::customer::{Customer, CustomerId, Provenance, Stamped};
use crate::imports::Foretold;
use crate::row::{Slot, Value};

/// Columns of attributes and identifiers whose changes are counted, in the order of the file: an update of the ledger has
/// room for so many counters, in an expression of 4 KB.
const MAX_COUNTED: usize = 200;

impl Overlay<'_> {
    /// The customer as a row finds it, if what the row changes is to be foretold.
    pub(super) fn before(&self, id: CustomerId) -> Option<Customer> {
        self.stored.customers.get(&id).filter(|_| self.terms.foretells).cloned()
    }

    /// What a row that was applied changed of its customer, if that is to be foretold.
    pub(super) fn foretell(&mut self, before: Option<&Customer>, id: CustomerId, by: Provenance) -> Foretold {
        let Some(after) = self.stored.customers.get(&id).filter(|_| self.terms.foretells) else {
            return Foretold::default();
        };
        let (foretold, samples) = compare(self.terms, before, after, by);
        self.decision.samples.add(samples);
        foretold
    }
}

/// What a row changed that made one customer of another.
fn compare(terms: &Terms, before: Option<&Customer>, after: &Customer, by: Provenance) -> (Foretold, Vec<Sample>) {
    let exists = after.created_by.import != by.import;
    let customer = exists.then_some(after.id);
    let mut foretold = Foretold::default();
    let mut samples = Vec::new();
    let mut sample = |column: String, before: Option<Value>, after: Option<Value>| {
        samples.push(Sample::new(by.row, customer, column, before, after));
    };
    for (name, set) in after.attributes.iter().filter(|(_, set)| set.by == by) {
        let old = before.and_then(|before| before.attributes.get(name));
        if is_first_change(old, set, &None, by) {
            if exists {
                foretold.cells.extend(counted_cell(terms, |column| column.attribute() == Some(name)));
            }
            sample(name.clone(), old.and_then(|old| old.value.clone()), set.value.clone());
        }
    }
    let text = |value: &str| Value::Text(value.to_owned());
    for (slot, set) in after.identifiers.iter().filter(|(_, set)| set.by == by) {
        let old = before.and_then(|before| before.identifiers.get(slot));
        if is_first_change(old, set, &None, by) {
            if exists {
                foretold.identifiers += 1;
                let of_slot = slot.column();
                foretold.cells.extend(counted_cell(terms, |column| *column == of_slot));
            }
            let old = old.and_then(|old| old.value.as_ref());
            sample(slot.to_string(), old.map(|old| text(old.value())), set.value.as_ref().map(|new| text(new.value())));
        }
    }
    for (group, set) in after.segments.iter().filter(|(_, set)| set.by == by) {
        let old = before.and_then(|before| before.segments.get(group));
        let is_move = old.is_none_or(|old| old.value != set.value && old.by.import != by.import);
        foretold.joins |= is_move;
        foretold.leaves |= is_move && old.is_some();
    }
    (foretold, samples)
}

/// Whether a row of an import changed a value that no earlier row of it had set.
fn is_first_change<T: PartialEq>(old: Option<&Stamped<T>>, set: &Stamped<T>, nothing: &T, by: Provenance) -> bool {
    let is_first = old.is_none_or(|old| old.by.import != by.import);
    is_first && old.map_or(nothing, |old| &old.value) != &set.value
}

/// The place of the cell that sets a value, if its changes are counted.
fn counted_cell(terms: &Terms, sets_it: impl Fn(&ColumnId) -> bool) -> Option<u16> {
    let is_counted = |column: &ColumnId| column.attribute().is_some() || Slot::of_column(column).is_some();
    let columns = &terms.layout.columns;
    let place = columns.iter().position(|column| column.as_ref().is_some_and(&sets_it))?;
    let earlier = columns[..place].iter().flatten().filter(|column| is_counted(column)).count();
    u16::try_from(place).ok().filter(|_| earlier < MAX_COUNTED)
}

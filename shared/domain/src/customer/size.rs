//! How large a customer is as an item of DynamoDB, which takes at most 400 KB.

use std::collections::BTreeSet;

use super::provenance::Provenance;
use super::stored::Customer;
use crate::row::Value;

/// Most bytes of a customer. An item may have 409,600. The rest is for what a forecast stores beside a customer, and for
/// numbers, of whose size the documentation says "approximately".
pub const MAX_CUSTOMER: usize = 390_000;

/// Bytes of the key, of the names of the item's attributes, and of the five lists and maps in it.
const FRAME: usize = "pk".len() + ID + "sk".len() + "profile".len() + "vtciagp".len() + 5 * COLLECTION;
/// Bytes of an id: a ULID.
const ID: usize = 26;
/// Bytes of a list or map besides what is in it.
const COLLECTION: usize = 3;
/// Bytes of a member of a list or map besides its name and value.
const MEMBER: usize = 1;
/// Bytes of an import in the list of imports that set something.
const IMPORT: usize = 16 + MEMBER;
/// Bytes of the map with one member in which a date, a moment or a list is kept apart from a text.
const WRAPPED: usize = COLLECTION + MEMBER + 1;

impl Customer {
    /// Most bytes that its item can have: names and texts in UTF-8, a byte a member and three bytes a list or map.
    /// `profile.rs` of the stores says what the item looks like.
    /// <https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/CapacityUnitCalculations.html>
    pub fn most_bytes(&self) -> usize {
        let imports = self.stamps().map(|by| by.import).collect::<BTreeSet<_>>().len();
        let index = number(imports as u64);
        let member = |name: usize, value: usize, by: Provenance| {
            let stamp = if by == self.created_by { 0 } else { COLLECTION + 3 * MEMBER + index + number(by.row) };
            MEMBER + name + value + stamp
        };
        let identifiers = self.identifiers.iter().map(|(slot, held)| {
            let value = held.value.as_ref().map_or(1, |identifier| identifier.key().len());
            member(slot.to_string().len(), value, held.by)
        });
        let attributes = self
            .attributes
            .iter()
            .map(|(name, held)| member(name.len(), held.value.as_ref().map_or(1, value_bytes), held.by));
        let segments =
            self.segments.iter().map(|(group, held)| member(group.as_str().len(), held.value.as_str().len(), held.by));
        let touchpoints = self.touchpoints.iter().map(|name| MEMBER + name.len());
        FRAME
            + number(self.version + 1)
            + number(self.created_by.row)
            + IMPORT * imports
            + identifiers.chain(attributes).chain(segments).chain(touchpoints).sum::<usize>()
    }
}

fn value_bytes(value: &Value) -> usize {
    match value {
        Value::Flag(_) => 1,
        Value::Text(text) => text.len(),
        Value::Number(digits) => digits_bytes(digits.len()),
        Value::Date(text) | Value::DateTime(text) => WRAPPED + text.len(),
        Value::List(items) => WRAPPED + COLLECTION + items.iter().map(|item| MEMBER + item.len()).sum::<usize>(),
    }
}

/// Most bytes of a whole number.
fn number(value: u64) -> usize {
    digits_bytes(value.checked_ilog10().map_or(1, |log| log as usize + 1))
}

/// Most bytes of a number of so many digits, its sign and decimal mark included: a byte for two digits, one more, and one
/// for a sign.
const fn digits_bytes(digits: usize) -> usize {
    digits.div_ceil(2) + 2
}

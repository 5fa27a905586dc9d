//! DynamoDB items to values and back.

use std::collections::{BTreeSet, HashMap};

use aws_sdk_dynamodb::types::AttributeValue;

/// An item as the SDK has it.
pub(crate) type Item = HashMap<String, AttributeValue>;

pub(crate) fn text(value: impl Into<String>) -> AttributeValue {
    AttributeValue::S(value.into())
}

pub(crate) fn number(value: impl ToString) -> AttributeValue {
    AttributeValue::N(value.to_string())
}

/// The text of an attribute; none when the item has no such attribute, or it is no text.
pub(crate) fn read_text<'a>(item: &'a Item, name: &str) -> Option<&'a str> {
    item.get(name)?.as_s().ok().map(String::as_str)
}

/// The number of an attribute; none when the item has no such attribute, or it is no whole number from 0.
pub(crate) fn read_number(item: &Item, name: &str) -> Option<u64> {
    item.get(name)?.as_n().ok()?.parse().ok()
}

/// The whole numbers of an attribute that is a set; none when the item has no such attribute.
pub(crate) fn read_numbers(item: &Item, name: &str) -> BTreeSet<u32> {
    match item.get(name) {
        Some(AttributeValue::Ns(numbers)) => numbers.iter().filter_map(|number| number.parse().ok()).collect(),
        _ => BTreeSet::new(),
    }
}

//! A customer as an item: short names, and the row that set a value only where it is not the row that created it.
//!
//! ```text
//! pk  customer id     sk "profile"
//! v   version         t  the tasks that set something, 16 bytes each      c  [index into t, row] that created it
//! i   slot -> value   a  attribute -> value      g  group -> segment      p  touchpoints
//! ```
//! A value stands alone, or as `[value, index into t, row]`; a date is `{"d": …}`, a time `{"D": …}`, a list `{"l": …}`.
//! So an ordinary customer stays within one write unit (1 KB).

use std::collections::HashMap;

use aws_sdk_dynamodb::primitives::Blob;
use aws_sdk_dynamodb::types::AttributeValue;

use super::StoreError;
use super::dynamo::{Item, Read, number, text};
use crate::customer::{Customer, Provenance, Stamped};
use crate::row::{Identifier, Slot, Value};
use crate::segment::{GroupId, SegmentId};
use crate::task::TaskId;

/// The sort key of a customer's profile.
pub(super) const PROFILE: &str = "profile";

/// The attributes of a customer's item besides its key, in a fixed order.
pub(super) fn attributes(customer: &Customer, version: u64) -> Vec<(&'static str, AttributeValue)> {
    let mut tasks = vec![customer.created_by.task];
    let mut index = |task: TaskId| {
        tasks.iter().position(|known| *known == task).unwrap_or_else(|| {
            tasks.push(task);
            tasks.len() - 1
        })
    };
    let created_by = customer.created_by;
    let mut stamped = |value: AttributeValue, by: Provenance| {
        if by == created_by {
            return value;
        }
        AttributeValue::L(vec![value, number(index(by.task)), number(by.row)])
    };
    let identifiers = customer
        .identifiers
        .iter()
        .map(|(slot, held)| {
            let value = held.value.as_ref().map_or(AttributeValue::Null(true), |id| text(id.key()));
            (slot.to_string(), stamped(value, held.by))
        })
        .collect();
    let values = customer
        .attributes
        .iter()
        .map(|(name, held)| {
            let value = held.value.as_ref().map_or(AttributeValue::Null(true), value_to_item);
            (name.clone(), stamped(value, held.by))
        })
        .collect();
    let segments = customer
        .segments
        .iter()
        .map(|(group, held)| (group.as_str().to_owned(), stamped(text(held.value.as_str()), held.by)))
        .collect();
    let tasks = tasks.into_iter().map(|task| AttributeValue::B(Blob::new(task.to_bytes()))).collect();
    vec![
        ("v", number(version)),
        ("t", AttributeValue::L(tasks)),
        ("c", number(created_by.row)),
        ("i", AttributeValue::M(identifiers)),
        ("a", AttributeValue::M(values)),
        ("g", AttributeValue::M(segments)),
        ("p", AttributeValue::L(customer.touchpoints.iter().map(text).collect())),
    ]
}

/// The customer that an item holds.
pub(super) fn customer(item: &Item) -> Result<Customer, StoreError> {
    let malformed = |why: &str| StoreError::malformed("customer", why);
    let id = item.text("pk").and_then(|id| id.parse().ok()).ok_or_else(|| malformed("pk"))?;
    let tasks = item
        .get("t")
        .and_then(|tasks| tasks.as_l().ok())
        .ok_or_else(|| malformed("t"))?
        .iter()
        .map(|task| {
            let bytes = task.as_b().ok().and_then(|bytes| bytes.as_ref().try_into().ok());
            bytes.map(TaskId::from_bytes).ok_or_else(|| malformed("t"))
        })
        .collect::<Result<Vec<_>, _>>()?;
    let first = *tasks.first().ok_or_else(|| malformed("t"))?;
    let created_by = Provenance { task: first, row: item.number("c").ok_or_else(|| malformed("c"))? };
    let mut customer = Customer::new(id, created_by);
    customer.version = item.number("v").ok_or_else(|| malformed("v"))?;
    let unstamped = |held: &AttributeValue| -> Option<(AttributeValue, Provenance)> {
        let AttributeValue::L(parts) = held else { return Some((held.clone(), created_by)) };
        let [value, task, row] = parts.as_slice() else { return None };
        let task = *tasks.get(task.as_n().ok()?.parse::<usize>().ok()?)?;
        Some((value.clone(), Provenance { task, row: row.as_n().ok()?.parse().ok()? }))
    };
    for (slot, held) in map(item, "i")? {
        let (value, by) = unstamped(held).ok_or_else(|| malformed("i"))?;
        let slot: Slot = slot.parse().map_err(|_| malformed("slot"))?;
        let value = match value {
            AttributeValue::Null(_) => None,
            AttributeValue::S(key) => Some(Identifier::from_key(&key).ok_or_else(|| malformed("identifier"))?),
            _ => return Err(malformed("identifier")),
        };
        customer.identifiers.insert(slot, Stamped { value, by });
    }
    for (name, held) in map(item, "a")? {
        let (value, by) = unstamped(held).ok_or_else(|| malformed("a"))?;
        let value = match value {
            AttributeValue::Null(_) => None,
            value => Some(value_from_item(&value).ok_or_else(|| malformed("value"))?),
        };
        customer.attributes.insert(name.clone(), Stamped { value, by });
    }
    for (group, held) in map(item, "g")? {
        let (value, by) = unstamped(held).ok_or_else(|| malformed("g"))?;
        let segment = value.as_s().map_err(|_| malformed("segment"))?;
        customer.segments.insert(GroupId::from_stored(group), Stamped { value: SegmentId::from_stored(segment), by });
    }
    if let Some(AttributeValue::L(touchpoints)) = item.get("p") {
        customer.touchpoints = touchpoints.iter().filter_map(|name| name.as_s().ok().cloned()).collect();
    }
    Ok(customer)
}

fn map<'a>(item: &'a Item, name: &'static str) -> Result<&'a HashMap<String, AttributeValue>, StoreError> {
    item.get(name).and_then(|value| value.as_m().ok()).ok_or_else(|| StoreError::malformed("customer", name))
}

fn value_to_item(value: &Value) -> AttributeValue {
    let wrapped = |kind: &str, value: AttributeValue| AttributeValue::M(HashMap::from([(kind.to_owned(), value)]));
    match value {
        Value::Text(value) => text(value),
        Value::Flag(value) => AttributeValue::Bool(*value),
        Value::Number(value) => AttributeValue::N(value.clone()),
        Value::Date(value) => wrapped("d", text(value)),
        Value::DateTime(value) => wrapped("D", text(value)),
        Value::List(values) => wrapped("l", AttributeValue::L(values.iter().map(text).collect())),
    }
}

fn value_from_item(item: &AttributeValue) -> Option<Value> {
    match item {
        AttributeValue::S(value) => Some(Value::Text(value.clone())),
        AttributeValue::Bool(value) => Some(Value::Flag(*value)),
        AttributeValue::N(value) => Some(Value::Number(value.clone())),
        AttributeValue::M(wrapped) => {
            let (kind, value) = wrapped.iter().next()?;
            match (kind.as_str(), value) {
                ("d", AttributeValue::S(value)) => Some(Value::Date(value.clone())),
                ("D", AttributeValue::S(value)) => Some(Value::DateTime(value.clone())),
                ("l", AttributeValue::L(values)) => {
                    Some(Value::List(values.iter().filter_map(|value| value.as_s().ok().cloned()).collect()))
                }
                _ => None,
            }
        }
        _ => None,
    }
}

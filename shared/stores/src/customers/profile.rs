//! A customer as an item, in short names. The row that set a value is written only if it is not the row that created
//! the customer.
//!
//! ```text
//! pk  customer id     sk "profile"
//! v   version         t  the imports that set something, 16 bytes each      c  the row that created it
//! i   slot -> value   a  attribute -> value      g  group -> segment      p  touchpoints
//! ```
//! A customer that is being erased has `e` alone, the last import that must not bring it back.
//!
//! A value is written alone, or as `[value, index into t, row]`; a date is `{"d": …}`, a time `{"D": …}`, a list `{"l":
//! …}`. So an ordinary customer stays within one write unit (1 KB).

use std::collections::HashMap;

use aws_sdk_dynamodb::primitives::Blob;
use aws_sdk_dynamodb::types::AttributeValue;

use domain::customer::{Customer, CustomerId, GroupId, Provenance, SegmentId, Stamped};
use domain::imports::ImportId;
use domain::row::{Identifier, Slot, Value};

use crate::dynamo::{Item, number, read_number, read_text, text};
use crate::error::StoreError;

/// The sort key of a customer's profile.
pub(super) const PROFILE: &str = "profile";

/// The attributes of a customer's item besides its key, in a fixed order.
pub(super) fn attributes(customer: &Customer, version: u64) -> Vec<(&'static str, AttributeValue)> {
    let mut imports = vec![customer.created_by.import];
    let mut index = |import: ImportId| {
        imports.iter().position(|known| *known == import).unwrap_or_else(|| {
            imports.push(import);
            imports.len() - 1
        })
    };
    let created_by = customer.created_by;
    let mut stamped = |value: AttributeValue, by: Provenance| {
        if by == created_by {
            return value;
        }
        AttributeValue::L(vec![value, number(index(by.import)), number(by.row)])
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
    let imports = imports.into_iter().map(|import| AttributeValue::B(Blob::new(import.to_bytes()))).collect();
    vec![
        ("v", number(version)),
        ("t", AttributeValue::L(imports)),
        ("c", number(created_by.row)),
        ("i", AttributeValue::M(identifiers)),
        ("a", AttributeValue::M(values)),
        ("g", AttributeValue::M(segments)),
        ("p", AttributeValue::L(customer.touchpoints.iter().map(text).collect())),
    ]
}

/// What is in the place of a customer's profile.
#[derive(Debug)]
pub(super) enum Profile {
    /// The customer.
    Stored(Box<Customer>),
    /// The mark of one that is being erased, with the last import that must not bring it back.
    Erased(CustomerId, ImportId),
}

/// The attribute that marks a customer as being erased. Such an item has no version, so no write that was decided on a
/// profile finds the version that it expects.
pub(super) const ERASED: &str = "e";

/// The profile or the mark that an item holds.
pub(super) fn read_profile(item: &Item) -> Result<Profile, StoreError> {
    let Some(up_to) = item.get(ERASED) else { return Ok(Profile::Stored(Box::new(read_customer(item)?))) };
    let malformed = |why: &str| StoreError::malformed("mark of an erased customer", why);
    let id = read_text(item, "pk").and_then(|id| id.parse().ok()).ok_or_else(|| malformed("pk"))?;
    let up_to = up_to.as_b().ok().and_then(|bytes| bytes.as_ref().try_into().ok()).ok_or_else(|| malformed(ERASED))?;
    Ok(Profile::Erased(id, ImportId::from_bytes(up_to)))
}

/// The customer that an item holds.
pub(super) fn read_customer(item: &Item) -> Result<Customer, StoreError> {
    let malformed = |why: &str| StoreError::malformed("customer", why);
    let id = read_text(item, "pk").and_then(|id| id.parse().ok()).ok_or_else(|| malformed("pk"))?;
    let imports = item
        .get("t")
        .and_then(|imports| imports.as_l().ok())
        .ok_or_else(|| malformed("t"))?
        .iter()
        .map(|import| {
            let bytes = import.as_b().ok().and_then(|bytes| bytes.as_ref().try_into().ok());
            bytes.map(ImportId::from_bytes).ok_or_else(|| malformed("t"))
        })
        .collect::<Result<Vec<_>, _>>()?;
    let first = *imports.first().ok_or_else(|| malformed("t"))?;
    let created_by = Provenance { import: first, row: read_number(item, "c").ok_or_else(|| malformed("c"))? };
    let mut customer = Customer::new(id, created_by);
    customer.version = read_number(item, "v").ok_or_else(|| malformed("v"))?;
    let unstamped = |held: &AttributeValue| -> Option<(AttributeValue, Provenance)> {
        let AttributeValue::L(parts) = held else { return Some((held.clone(), created_by)) };
        let [value, import, row] = parts.as_slice() else { return None };
        let import = *imports.get(import.as_n().ok()?.parse::<usize>().ok()?)?;
        Some((value.clone(), Provenance { import, row: row.as_n().ok()?.parse().ok()? }))
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

#[cfg(test)]
mod tests {
    use domain::customer::MAX_CUSTOMER;
    use domain::row::Region;
    use proptest::prelude::*;

    use super::*;
    use crate::item_size::item_size;

    fn item(customer: &Customer) -> Item {
        let mut item: Item = attributes(customer, customer.version + 1)
            .into_iter()
            .map(|(name, value)| (name.to_owned(), value))
            .collect();
        item.insert("pk".to_owned(), text(customer.id.to_string()));
        item.insert("sk".to_owned(), text(PROFILE));
        item
    }

    /// A customer with all that files usually have, each value set by another row of one of `imports` imports.
    fn ordinary(imports: u8) -> Customer {
        let import = |index: u8| ImportId::from_bytes([index; 16]);
        let created_by = Provenance { import: import(0), row: 1_234_567 };
        let by = |index: usize| Provenance {
            import: import(index as u8 % imports),
            row: 1_234_567 + index as u64 % u64::from(imports),
        };
        let mut customer = Customer::new(domain::customer::CustomerId::created_by(created_by), created_by);
        for (index, (slot, text)) in [
            (Slot::Email, "katherine.von.der.heide@mail.example"),
            (Slot::Phone, "+12015550123"),
            (Slot::ExternalId(None), "C-00012345"),
        ]
        .into_iter()
        .enumerate()
        {
            let identifier = Identifier::parse(&slot, text, Region::parse("US")).unwrap();
            customer.identifiers.insert(slot, Stamped { value: Some(identifier), by: by(index) });
        }
        for (index, (name, value)) in [
            ("first_name", Value::Text("Katherine".into())),
            ("last_name", Value::Text("von der Heide".into())),
            ("sex", Value::Text("female".into())),
            ("birth_date", Value::Date("1990-12-31".into())),
            ("language", Value::Text("de-AT".into())),
            ("country", Value::Text("AT".into())),
            ("city", Value::Text("Sankt Johann im Pongau".into())),
            ("postal_code", Value::Text("5600".into())),
            ("address", Value::Text("Hauptstraße 123 a".into())),
            ("subscribed.email", Value::Flag(true)),
        ]
        .into_iter()
        .enumerate()
        {
            customer.attributes.insert(name.to_owned(), Stamped { value: Some(value), by: by(index) });
        }
        let segment = domain::customer::Segment::new("Surveys", "May survey");
        customer.segments.insert(segment.group_id(), Stamped { value: segment.id(), by: by(1) });
        customer.touchpoints.insert("Muster touchpoint".to_owned());
        customer
    }

    #[test]
    fn an_ordinary_customer_is_within_one_write_unit_whoever_set_its_values() {
        let sizes = [1, 2, 5].map(|imports| item_size(&item(&ordinary(imports))));
        println!("bytes of a customer whose values were set by 1, 2 and 5 imports: {sizes:?}");
        assert!(sizes.iter().all(|size| *size <= 1_024), "{sizes:?} bytes");
    }

    #[test]
    fn a_customer_is_read_back_as_it_was_written() {
        let customer = Customer { version: 3, ..ordinary(5) };
        let after = Customer { version: 4, ..customer.clone() };
        assert_eq!(super::read_customer(&item(&customer)).unwrap(), after);
    }

    fn provenance() -> impl Strategy<Value = Provenance> {
        let row = prop_oneof![1u64..10, any::<u64>()];
        (0u8..20, row).prop_map(|(import, row)| Provenance { import: ImportId::from_bytes([import; 16]), row })
    }

    fn value() -> impl Strategy<Value = Option<Value>> {
        prop_oneof![
            Just(None),
            any::<bool>().prop_map(|flag| Some(Value::Flag(flag))),
            ".{0,80}".prop_map(|text| Some(Value::Text(text))),
            "-?[1-9][0-9]{0,36}(\\.[0-9]{0,3}[1-9])?".prop_map(|digits| Some(Value::Number(digits))),
            Just(Some(Value::Date("1990-12-31".to_owned()))),
            Just(Some(Value::DateTime("2026-02-28T10:00:00.123Z".to_owned()))),
            prop::collection::vec("\\PC{1,10}", 1..8).prop_map(|items| Some(Value::List(items))),
        ]
    }

    prop_compose! {
        fn any_customer()(
            created_by in provenance(),
            version in prop_oneof![0u64..12, any::<u32>().prop_map(u64::from)],
            identifiers in prop::collection::btree_map("[a-z0-9_]{1,32}", ("\\PC{1,60}", any::<bool>(), provenance()), 0..20),
            attributes in prop::collection::btree_map("custom\\.[a-z]{1,32}", (value(), provenance()), 0..60),
            segments in prop::collection::vec((".{1,20}", provenance()), 0..20),
            touchpoints in prop::collection::btree_set(".{1,60}", 0..20),
        ) -> Customer {
            let mut customer = Customer::new(domain::customer::CustomerId::created_by(created_by), created_by);
            customer.version = version;
            for (system, (id, is_set, by)) in identifiers {
                let slot = Slot::ExternalId(Some(system));
                let value = Identifier::parse(&slot, &id, None).ok().filter(|_| is_set);
                customer.identifiers.insert(slot, Stamped { value, by });
            }
            customer.attributes = attributes.into_iter().map(|(name, (value, by))| (name, Stamped { value, by })).collect();
            for (name, by) in segments {
                let segment = domain::customer::Segment::new(&name, &name);
                customer.segments.insert(segment.group_id(), Stamped { value: segment.id(), by });
            }
            customer.touchpoints = touchpoints;
            customer
        }
    }

    proptest! {
        #[test]
        fn the_rules_know_how_large_an_item_can_be(customer in any_customer()) {
            let (most, real) = (customer.most_bytes(), item_size(&item(&customer)));
            prop_assert!(most >= real, "{most} bytes are fewer than {real}");
            prop_assert!(most <= real + real / 10 + 20, "{most} bytes are far more than {real}");
        }
    }

    #[test]
    fn the_largest_customer_fits_into_an_item_of_a_forecast_too() {
        let mut customer = ordinary(5);
        for at in 0.. {
            let by = Provenance { import: ImportId::from_bytes([at as u8; 16]), row: at };
            customer.attributes.insert(format!("custom.f{at}"), Stamped { value: Some(Value::Flag(true)), by });
            if at % 200 == 0 && customer.most_bytes() > MAX_CUSTOMER {
                break;
            }
        }
        // What the documentation calls approximate: a byte more for each number.
        let numbers = 2 * customer.attributes.len();
        let forecast = "dry##".len() + 2 * 26 + "k".len() + "expires".len() + 12;
        assert!(item_size(&item(&customer)) + numbers + forecast < 400 * 1_024);
    }
}

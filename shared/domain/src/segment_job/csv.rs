//! Members as a CSV that can be imported again.

use std::collections::{BTreeMap, BTreeSet};

use crate::columns::COLUMNS;
use crate::customer::Customer;
use crate::report;
use crate::row::Value;

/// The columns in which a customer has a value.
pub fn columns_of(customer: &Customer) -> impl Iterator<Item = String> {
    let identifiers =
        customer.identifiers.iter().filter(|(_, held)| held.value.is_some()).map(|(slot, _)| slot.to_string());
    let attributes = customer.attributes.iter().filter(|(_, held)| held.value.is_some()).map(|(name, _)| name.clone());
    identifiers.chain(attributes)
}

/// The first line of the file, with the mark that makes a spreadsheet read it as UTF-8.
pub fn header(columns: &BTreeSet<String>) -> Vec<u8> {
    let cells: Vec<&str> = in_order(columns).into_iter().chain(["segment"]).collect();
    [report::BYTE_ORDER_MARK, &report::record(cells, ',')].concat()
}

/// A member's line. Values in other columns are left out.
pub fn line(columns: &BTreeSet<String>, customer: &Customer, segment: &str) -> Vec<u8> {
    let identifiers = customer
        .identifiers
        .iter()
        .filter_map(|(slot, held)| Some((slot.to_string(), held.value.as_ref()?.value().to_owned())));
    let attributes =
        customer.attributes.iter().filter_map(|(name, held)| Some((name.clone(), cell(held.value.as_ref()?))));
    let values: BTreeMap<String, String> = identifiers.chain(attributes).collect();
    let cell = |column| values.get(column).map_or("", String::as_str);
    let cells: Vec<&str> = in_order(columns).into_iter().map(cell).chain([segment]).collect();
    report::record(cells, ',')
}

/// A value as a cell that is read back as the same value.
fn cell(value: &Value) -> String {
    match value {
        Value::Flag(true) => "yes".to_owned(),
        Value::Flag(false) => "no".to_owned(),
        Value::Text(text) | Value::Number(text) | Value::Date(text) | Value::DateTime(text) => text.clone(),
        Value::List(items) => items.join(";"),
    }
}

/// As in the template, families after their first member, custom fields last.
fn in_order(columns: &BTreeSet<String>) -> Vec<&str> {
    let mut columns: Vec<&str> = columns.iter().map(String::as_str).collect();
    columns.sort_by_key(|column| place(column));
    columns
}

fn place(column: &str) -> usize {
    let exactly = COLUMNS.iter().position(|known| known.name == column);
    let family = || COLUMNS.iter().rposition(|known| column.starts_with(known.name));
    exactly.or_else(family).unwrap_or(COLUMNS.len())
}

#[cfg(test)]
pub(super) mod tests {
    use super::*;
    use crate::customer::{CustomerId, Provenance, Stamped};
    use crate::imports::ImportId;

    fn by() -> Provenance {
        Provenance { import: ImportId::from_bytes([7; 16]), row: 1 }
    }

    /// A customer with these attributes.
    pub(in super::super) fn customer(id: u8, attributes: &[(&str, Value)]) -> Customer {
        let mut customer = Customer::new(CustomerId::from_bytes([id; 16]), by());
        let stamped = |value: &Value| Stamped { value: Some(value.clone()), by: by() };
        customer.attributes = attributes.iter().map(|(name, value)| ((*name).to_owned(), stamped(value))).collect();
        customer
    }

    #[test]
    fn columns_stand_as_in_the_template_and_cells_are_read_back_as_the_same_values() {
        let tags = Value::List(vec!["red".to_owned(), "blue".to_owned()]);
        let ann = customer(1, &[("custom.tags", tags), ("first_name", Value::Text("=Ann".to_owned()))]);
        let mut bob = customer(2, &[("subscribed.sms", Value::Flag(false))]);
        bob.attributes.insert("city".to_owned(), Stamped { value: None, by: by() });
        let columns: BTreeSet<String> = [&ann, &bob].into_iter().flat_map(columns_of).collect();
        let file = [header(&columns), line(&columns, &ann, "G/S"), line(&columns, &bob, "G/S")].concat();
        assert_eq!(
            String::from_utf8(file).expect("UTF-8"),
            "\u{feff}first_name,subscribed.sms,custom.tags,segment\r\n'=Ann,,red;blue,G/S\r\n,no,,G/S\r\n"
        );
    }

    #[test]
    fn a_value_in_a_column_that_the_file_does_not_have_is_left_out() {
        let columns = BTreeSet::from(["first_name".to_owned()]);
        let ann =
            customer(1, &[("city", Value::Text("Rome".to_owned())), ("first_name", Value::Text("Ann".to_owned()))]);
        assert_eq!(line(&columns, &ann, "G/S"), b"Ann,G/S\r\n");
    }
}

//! Columns that are written only where the customer has nothing, or never.

use domain::columns::{Fields, Layout, MappedColumn, Mapping, Write, read_header};
use domain::customer::Customer;
use domain::decide::{Fate, Row};
use domain::row::{Rules, Slot, Value, parse_row};
use proptest::prelude::*;

use super::memory::{Memory, terms};
use super::shown;

const HEADER: [&str; 4] = ["external_id", "email", "phone", "city"];

/// A file whose emails, phones and cities are written so.
fn layout(email: Write, phone: Write, city: Write) -> Layout {
    let mapped = |column: &str, write| (column.to_owned(), Some(MappedColumn { column: column.to_owned(), write }));
    let mapping = Mapping::from([mapped("email", email), mapped("phone", phone), mapped("city", city)]);
    read_header(&HEADER, 1, &mapping, &Fields::new()).unwrap()
}

/// Applies rows of `external_id,email,phone,city`, numbered by their places in the file.
fn apply(memory: &mut Memory, import: u128, layout: &Layout, file: &[(u64, &str)]) -> Vec<Fate> {
    let rules = Rules { clear_empty: import.is_multiple_of(2), ..Rules::default() };
    let row = |(number, row): &(u64, &str)| {
        let cells: Vec<&str> = row.split(',').collect();
        Row { number: *number, parsed: parse_row(layout, &rules, &cells) }
    };
    let rows: Vec<Row> = file.iter().map(row).collect();
    let terms = domain::decide::Terms { layout: layout.clone(), ..terms(import, "") };
    let fates = memory.apply(&rows, &terms);
    memory.assert_sound();
    fates
}

fn city(customer: &Customer) -> Option<&str> {
    match customer.attributes.get("city")?.value.as_ref()? {
        Value::Text(city) => Some(city),
        _ => None,
    }
}

/// Each customer in the columns of the file, in alphabetical order.
fn customers(memory: &Memory) -> Vec<String> {
    let line = |customer: &Customer| {
        let of = |slot| customer.identifier(&slot).map_or_else(String::new, |identifier| identifier.value().to_owned());
        let city = city(customer).unwrap_or_default();
        format!("{},{},{},{city}", of(Slot::ExternalId(None)), of(Slot::Email), of(Slot::Phone))
    };
    let mut lines: Vec<String> = memory.0.customers.values().map(line).collect();
    lines.sort();
    lines
}

#[test]
fn what_is_empty_is_filled_and_what_is_filled_stays() {
    use Write::{Always, IfBlank, Never};
    let phone = "+12015550101";
    let other = "+12015550102";
    let ann = format!("K1,ann@b.de,{phone},Rome");
    for (write, row, fate, expected) in [
        // Values.
        ((Always, Always, IfBlank), "K1,,,Oslo".to_owned(), "unchanged", vec![ann.clone()]),
        ((Always, Always, IfBlank), "K1,,,".to_owned(), "unchanged", vec![ann.clone()]),
        ((Always, Always, IfBlank), "K1,,,%CLEAR%".to_owned(), "unchanged", vec![ann.clone()]),
        ((Always, Always, Never), "K1,,,Oslo".to_owned(), "unchanged", vec![ann.clone()]),
        ((Always, Always, IfBlank), "K2,,,Oslo".to_owned(), "created", vec![ann.clone(), "K2,,,Oslo".to_owned()]),
        // An identifier that is there stays, and the row's own is left alone without a warning.
        (
            (IfBlank, IfBlank, Always),
            format!("K1,bob@b.de,{other},Oslo"),
            "updated",
            vec![format!("K1,ann@b.de,{phone},Oslo")],
        ),
        // It says whom the row is about as ever.
        (
            (IfBlank, Always, Always),
            format!(",ann@b.de,{other},"),
            "updated",
            vec![format!("K1,ann@b.de,{other},Rome")],
        ),
        ((Always, Never, Always), format!(",,{phone},Oslo"), "updated", vec![format!("K1,ann@b.de,{phone},Oslo")]),
        // One that is never written creates nobody, and is not given to whom others create.
        ((Never, Never, Always), format!(",bob@b.de,{other},Oslo"), "rejected customer_not_found", vec![ann.clone()]),
        ((Never, Always, Always), "K2,bob@b.de,,Oslo".to_owned(), "created", vec![ann.clone(), "K2,,,Oslo".to_owned()]),
    ] {
        let mut memory = Memory::default();
        apply(&mut memory, 1, &layout(Always, Always, Always), &[(1, &ann)]);
        let fates = apply(&mut memory, 3, &layout(write.0, write.1, write.2), &[(1, &row)]);
        assert_eq!((shown(&fates[0]).as_str(), customers(&memory)), (fate, expected), "{write:?} {row}");
    }
}

#[test]
fn the_first_row_of_a_file_fills_a_value_in_whatever_order_its_batches_are_applied() {
    let layout = layout(Write::Always, Write::Always, Write::IfBlank);
    let rows = [(1, "K1,,,"), (2, "K1,,,Rome"), (3, "K1,,,Oslo"), (4, "K2,,,Bonn"), (5, "K1,,,Kiel")];
    for order in [[0, 1, 2, 3, 4], [4, 3, 2, 1, 0], [2, 4, 0, 3, 1], [1, 0, 4, 2, 3]] {
        let mut memory = Memory::default();
        apply(&mut memory, 1, &layout, &[(1, "K1,,,"), (2, "K2,,,")]);
        for place in order {
            apply(&mut memory, 3, &layout, &[rows[place]]);
            // A batch that comes twice changes nothing.
            apply(&mut memory, 3, &layout, &[rows[place]]);
        }
        assert_eq!(customers(&memory), ["K1,,,Rome", "K2,,,Bonn"], "{order:?}");
    }
}

fn write() -> impl Strategy<Value = Write> {
    prop::sample::select(vec![Write::Always, Write::IfBlank, Write::IfBlank, Write::Never])
}

fn row() -> impl Strategy<Value = String> {
    let cell = |values: &[&str]| {
        let values: Vec<String> = values.iter().map(|value| (*value).to_owned()).collect();
        prop::sample::select(values)
    };
    (
        cell(&["", "K1", "K2", "K3"]),
        cell(&["", "a@b.de", "c@d.de", "e@f.de", "%CLEAR%"]),
        cell(&["", "+12015550101", "+12015550102", "%CLEAR%"]),
        cell(&["", "Rome", "Oslo", "%CLEAR%"]),
    )
        .prop_map(|(id, email, phone, city)| format!("{id},{email},{phone},{city}"))
}

proptest! {
    #[test]
    fn a_filled_value_never_changes_through_if_blank(
        imports in prop::collection::vec(((write(), write(), write()), prop::collection::vec(row(), 1..6)), 1..6)
    ) {
        let mut memory = Memory::default();
        for (import, ((email, phone, city_write), file)) in (1..).zip(imports) {
            let layout = layout(email, phone, city_write);
            for (number, row) in (1..).zip(&file) {
                let before = memory.0.customers.clone();
                apply(&mut memory, import, &layout, &[(number, row)]);
                for (id, before) in &before {
                    let after = &memory.0.customers[id];
                    for (slot, write) in [(Slot::Email, email), (Slot::Phone, phone)] {
                        let held = before.identifier(&slot);
                        prop_assert!(write == Write::Always || held.is_none() || after.identifier(&slot) == held);
                        prop_assert!(write != Write::Never || after.identifier(&slot) == held);
                    }
                    let held = city(before);
                    prop_assert!(city_write == Write::Always || held.is_none() || city(after) == held);
                    prop_assert!(city_write != Write::Never || city(after) == held);
                }
            }
        }
    }
}

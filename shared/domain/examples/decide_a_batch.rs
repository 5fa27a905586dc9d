//! Decides two rows about one person, in memory: `cargo run -p domain --example decide_a_batch`. Nothing is stored, so
//! the first row creates the customer, and the second one, which only knows the phone, changes the city.

#![allow(clippy::print_stdout, reason = "what it decides is its output")]

use std::error::Error;

use domain::decide::{Row, Stored, Terms, decide};
use domain::imports::{CatalogueAtLaunch, ImportId, ImportRequest, read_options, row_rules};
use domain::plan::{BatchRecords, BatchText, Planner, Run};
use jiff::Timestamp;

fn main() -> Result<(), Box<dyn Error>> {
    let records = "ann@example.com,+1 201 555 0123,Rome\n,+1 201 555 0123,Milan\n";
    let file = format!("email,phone,city\n{records}");
    let request =
        ImportRequest::parse(br#"{ "file": { "name": "a.csv" }, "settings": { "segment": { "name": "May" } } }"#)
            .map_err(|problems| format!("{problems:?}"))?;
    let catalogue = CatalogueAtLaunch::default();
    let launched = Timestamp::from_second(1_780_000_000)?;

    // The check finds what each column is.
    let options = read_options(&request, &catalogue, launched, file.len() as u64);
    let mut planner = Planner::new(options);
    planner.push(file.as_bytes());
    let (checked, _later_rows) = planner.finish(|_| String::new()).map_err(|failed| format!("{failed:?}"))?;

    // A batch travels as text, with the places of its rows in the file.
    let batch = BatchText { count: 2, runs: vec![Run { at: 0, row: 1, line: 2 }], text: records.to_owned() };
    let records = BatchRecords::read(&batch, &checked)?;
    let rows = Row::parse_all(&records, &checked, &row_rules(&request, launched, &checked));

    let terms = Terms::new(ImportId::new(launched, 0), &request, &catalogue, &checked);
    let decision = decide(&rows, Stored::default(), &terms, &[]);
    for (row, fate) in rows.iter().zip(&decision.fates) {
        println!("row {}: {}", row.number, fate.outcome);
    }
    for customer in decision.stages.iter().flat_map(|stage| &stage.profiles) {
        println!("customer {} is written once, with {} attributes", customer.id, customer.attributes.len());
    }
    Ok(())
}

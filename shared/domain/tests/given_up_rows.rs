//! Rows that were given up and are decided again: no person exists twice, and none is created without being counted.

#![expect(clippy::unwrap_used, reason = "a failed expectation fails the test")]

use std::collections::BTreeSet;

use domain::codes::Outcome;
use domain::columns::{Fields, Layout, Mapping, read_header};
use domain::customer::{CustomerId, Provenance};
use domain::decide::{Decision, Fate, Row, Stored, Terms, decide, fates_without};
use domain::imports::{CatalogueAtLaunch, ImportId, ImportRequest, Mode};
use domain::row::{Rules, parse_row};
use jiff::Timestamp;

const EMAIL: &str = "ann@example.com";
const PHONE: &str = "+12015550101";

fn launched() -> Timestamp {
    Timestamp::from_second(1_780_000_000).unwrap()
}

fn import() -> ImportId {
    ImportId::new(launched(), 7)
}

fn layout() -> Layout {
    read_header(&["email", "phone"], 1, &Mapping::new(), &Fields::new()).unwrap()
}

fn terms(mode: Mode) -> Terms {
    let request = ImportRequest::parse(br#"{"file":{"name":"a"}}"#).unwrap();
    let catalogue = CatalogueAtLaunch::default();
    let file = "email,phone\na@b.de,+12015550100\n";
    let options = domain::imports::read_options(&request, &catalogue, launched(), file.len() as u64);
    let mut planner = domain::plan::Planner::new(options);
    planner.push(file.as_bytes());
    let (checked, _) = planner.finish(|_| String::new()).unwrap();
    Terms { mode, ..Terms::new(import(), &request, &catalogue, &checked) }
}

fn row(number: u64, cells: [&str; 2]) -> Row {
    let rules = Rules { launched: launched(), ..Rules::default() };
    Row { number, parsed: parse_row(&layout(), &rules, &cells) }
}

/// Two rows of Ann. The first one fails whenever it is written.
fn rows_of_ann() -> [Row; 2] {
    [row(1, [EMAIL, PHONE]), row(2, [EMAIL, ""])]
}

fn created_by(row: u64) -> CustomerId {
    CustomerId::created_by(Provenance { import: import(), row })
}

/// What is stored once a decision is written.
fn write(mut stored: Stored, decision: &Decision) -> Stored {
    for stage in &decision.stages {
        stored.claims.extend(stage.claims.iter().map(|write| (write.key.clone(), write.claim)));
        for profile in &stage.profiles {
            let mut written = profile.clone();
            written.version += 1;
            stored.customers.insert(written.id, written);
        }
        for (key, _) in &stage.releases {
            stored.claims.remove(key);
        }
    }
    stored
}

fn noted(decision: &Decision) -> Vec<Option<Fate>> {
    decision.fates.iter().cloned().map(Some).collect()
}

fn outcomes(decision: &Decision) -> Vec<(Outcome, Option<CustomerId>)> {
    decision.fates.iter().map(|fate| (fate.outcome, fate.customer)).collect()
}

#[test]
fn a_row_that_was_given_up_updates_the_customer_that_a_later_row_of_its_batch_created_instead() {
    let (terms, [first, second]) = (terms(Mode::Upsert), rows_of_ann());
    let attempt = decide(&[first.clone(), second.clone()], Stored::default(), &terms, &[None, None]);
    assert_eq!(
        outcomes(&attempt),
        [(Outcome::Created, Some(created_by(1))), (Outcome::Unchanged, Some(created_by(1)))]
    );
    // It cannot be written, so the first row is given up and the second one is applied alone.
    let fates = fates_without(noted(&attempt), &BTreeSet::from([0]));
    let alone = decide(std::slice::from_ref(&second), Stored::default(), &terms, &fates[1..]);
    assert_eq!(outcomes(&alone), [(Outcome::Created, Some(created_by(2)))]);
    let stored = write(Stored::default(), &alone);
    // The import is retried.
    let fates = [fates[0].clone(), Some(alone.fates[0].clone())];
    let retry = decide(&[first, second], stored.clone(), &terms, &fates);
    assert_eq!(outcomes(&retry), [(Outcome::Updated, Some(created_by(2))), (Outcome::Created, Some(created_by(2)))]);
    assert_eq!(write(stored, &retry).customers.len(), 1);
}

#[test]
fn a_row_that_created_its_customer_before_it_was_given_up_is_counted_as_created_by_a_retry() {
    for mode in [Mode::Upsert, Mode::CreateOnly] {
        let (terms, [first, _]) = (terms(mode), rows_of_ann());
        let attempt = decide(std::slice::from_ref(&first), Stored::default(), &terms, &[None]);
        let stored = write(Stored::default(), &attempt);
        let fates = fates_without(noted(&attempt), &BTreeSet::from([0]));
        let retry = decide(&[first], stored, &terms, &fates);
        assert_eq!(outcomes(&retry), [(Outcome::Created, Some(created_by(1)))], "{mode:?}");
    }
}

#[test]
fn giving_rows_up_forgets_only_that_they_were_to_create_a_customer() {
    let fate = |outcome| Some(Fate::new(outcome, None, Vec::new()));
    let decided =
        vec![fate(Outcome::Created), fate(Outcome::Created), fate(Outcome::Updated), fate(Outcome::Rejected), None];
    let left = fates_without(decided.clone(), &(1..5).collect());
    assert_eq!(left, [decided[0].clone(), None, decided[2].clone(), decided[3].clone(), None]);
}

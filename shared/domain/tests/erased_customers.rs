//! Rows about a customer who was erased while imports were under way.

#![expect(clippy::unwrap_used, reason = "a failed expectation fails the test")]

use std::collections::{BTreeMap, BTreeSet};

use domain::codes::{Outcome, RowCode};
use domain::columns::{Fields, Mapping, read_header};
use domain::customer::{CustomerId, Provenance};
use domain::decide::{Claim, Decision, Fate, Row, Stored, Terms, decide};
use domain::imports::{CatalogueAtLaunch, ImportId, ImportRequest, read_options};
use domain::row::{Identifier, Rules, Slot, parse_row};
use jiff::Timestamp;

/// The import that was launched last before Ann was erased.
const LAST_BEFORE: u128 = 5;

fn launched() -> Timestamp {
    Timestamp::from_second(1_780_000_000).unwrap()
}

fn import(number: u128) -> ImportId {
    ImportId::new(launched(), number)
}

fn terms(number: u128) -> Terms {
    let request = br#"{"file":{"name":"a"},"settings":{"segment":{"group":"Surveys","name":"May"}}}"#;
    let request = ImportRequest::parse(request).unwrap();
    let (catalogue, file) = (CatalogueAtLaunch::default(), "email,phone\na@b.de,+12015550100\n");
    let options = read_options(&request, &catalogue, launched(), file.len() as u64);
    let mut planner = domain::plan::Planner::new(options);
    planner.push(file.as_bytes());
    let (checked, _) = planner.finish(|_| String::new()).unwrap();
    Terms::new(import(number), &request, &catalogue, &checked)
}

fn row(number: u64, email: &str, phone: &str) -> Row {
    let layout = read_header(&["email", "phone"], 1, &Mapping::new(), &Fields::new()).unwrap();
    let rules = Rules { launched: launched(), ..Rules::default() };
    Row { number, parsed: parse_row(&layout, &rules, &[email, phone]) }
}

fn address() -> String {
    Identifier::parse(&Slot::Email, "ann@example.com", None).unwrap().key()
}

/// The customer whom row 1 of import 1 created.
fn ann() -> CustomerId {
    CustomerId::created_by(Provenance { import: import(1), row: 1 })
}

/// Ann is being erased, and her address is still claimed.
fn stored() -> Stored {
    Stored {
        claims: BTreeMap::from([(
            address(),
            Claim { customer: ann(), by: Provenance { import: import(1), row: 1 }, is_shared: false },
        )]),
        erased: BTreeMap::from([(ann(), import(LAST_BEFORE))]),
        ..Stored::default()
    }
}

fn decided(number: u128, rows: &[Row], prior: &[Option<Fate>]) -> Decision {
    decide(rows, stored(), &terms(number), prior)
}

fn updated_ann() -> Option<Fate> {
    Some(Fate::new(Outcome::Updated, Some(ann()), Vec::new()))
}

#[test]
fn an_import_that_was_launched_before_does_not_bring_an_erased_customer_back() {
    for number in [1, LAST_BEFORE] {
        let rows = [row(8, "ann@example.com", "+12015550101"), row(9, "bob@example.com", "")];
        let decision = decided(number, &rows, &[]);
        let [about_ann, about_bob] = decision.fates.as_slice() else { panic!("{:?}", decision.fates) };
        assert_eq!(about_ann.outcome, Outcome::Rejected);
        assert_eq!((about_ann.problems[0].code, about_ann.problems[0].cell), (RowCode::Suppressed, Some(0)));
        assert_eq!(about_bob.outcome, Outcome::Created, "one bad thing costs one thing");
        let claimed: Vec<_> = decision.stages.iter().flat_map(|stage| &stage.claims).map(|write| &write.key).collect();
        assert_eq!(claimed.len(), 1, "{claimed:?}");
        assert!(decision.traces.is_empty(), "nobody tried this row before, so it left nothing");
    }
}

#[test]
fn an_import_that_was_launched_later_creates_the_customer_anew() {
    for prior in [None, updated_ann()] {
        let by = Provenance { import: import(LAST_BEFORE + 1), row: 8 };
        let decision = decided(LAST_BEFORE + 1, &[row(8, "ann@example.com", "")], &[prior]);
        let fate = &decision.fates[0];
        assert_eq!((fate.outcome, fate.customer), (Outcome::Created, Some(CustomerId::created_by(by))));
        let claims: Vec<_> = decision.stages.iter().flat_map(|stage| &stage.claims).collect();
        assert_eq!(claims[0].replaces.map(|claim| claim.customer), Some(ann()), "her claim has lapsed");
    }
}

#[test]
fn a_row_whose_own_customer_was_erased_before_it_was_written_stays_without_effect() {
    let by = Provenance { import: import(LAST_BEFORE), row: 8 };
    let own = CustomerId::created_by(by);
    let stored = Stored { erased: BTreeMap::from([(own, import(LAST_BEFORE))]), ..Stored::default() };
    let prior = Fate::new(Outcome::Created, Some(own), Vec::new());
    let rows = [row(8, "", "+12015550101")];
    let decision = decide(&rows, stored, &terms(LAST_BEFORE), &[Some(prior)]);
    assert_eq!(decision.fates[0].problems[0].code, RowCode::Suppressed);
    assert_eq!(decision.fates[0].problems[0].cell, None);
    assert!(decision.stages.is_empty() && decision.activities.is_empty(), "{decision:?}");
}

#[test]
fn what_an_earlier_attempt_may_have_left_of_an_erased_customer_is_noted() {
    let decision = decided(LAST_BEFORE, &[row(8, "ann@example.com", "+12015550101")], &[updated_ann()]);
    assert_eq!(decision.fates[0].problems[0].code, RowCode::Suppressed);
    let traces = &decision.traces[&ann()];
    assert_eq!(traces.identifiers, BTreeSet::from([address()]), "the phone is nobody's");
    assert_eq!(traces.segments.len(), 1);
}

//! Claims that a row left behind whose customer was never written.

#![expect(clippy::unwrap_used, reason = "a failed expectation fails the test")]

use std::collections::BTreeMap;

use domain::codes::Outcome;
use domain::columns::{Fields, Layout, Mapping, read_header};
use domain::customer::{Customer, CustomerId, Provenance, Stamped};
use domain::decide::{Claim, Decision, Row, Stored, Terms, decide};
use domain::imports::{CatalogueAtLaunch, ImportId, ImportRequest};
use domain::row::{Identifier, Rules, Slot, parse_row};
use jiff::Timestamp;

const PHONE: &str = "+12015550101";

fn launched() -> Timestamp {
    Timestamp::from_second(1_780_000_000).unwrap()
}

fn layout() -> Layout {
    read_header(&["email", "phone"], 1, &Mapping::new(), &Fields::new()).unwrap()
}

/// The terms of the import with this number.
fn terms(import: u128) -> Terms {
    let request = ImportRequest::parse(br#"{"file":{"name":"a"}}"#).unwrap();
    let catalogue = CatalogueAtLaunch::default();
    let file = "email,phone\na@b.de,+12015550100\n";
    let options = domain::imports::read_options(&request, &catalogue, launched(), file.len() as u64);
    let mut planner = domain::plan::Planner::new(options);
    planner.push(file.as_bytes());
    let (checked, _) = planner.finish(|_| String::new()).unwrap();
    Terms::new(ImportId::new(launched(), import), &request, &catalogue, &checked)
}

fn row(number: u64, email: &str, phone: &str) -> Row {
    let rules = Rules { launched: launched(), ..Rules::default() };
    Row { number, parsed: parse_row(&layout(), &rules, &[email, phone]) }
}

fn provenance(import: u128, row: u64) -> Provenance {
    Provenance { import: ImportId::new(launched(), import), row }
}

/// Ann is stored. Row 1 of import 7 claimed the phone for a customer that was never written. Decides row 2 of an import.
fn second_row(import: u128, email: &str) -> (Decision, CustomerId, CustomerId) {
    let by = Provenance { import: ImportId::from_bytes([1; 16]), row: 1 };
    let mut ann = Customer::new(CustomerId::created_by(by), by);
    ann.version = 1;
    let address = Identifier::parse(&Slot::Email, "ann@example.com", None).unwrap();
    ann.identifiers.insert(Slot::Email, Stamped { value: Some(address.clone()), by });
    let failed = Provenance { import: ImportId::new(launched(), 7), row: 1 };
    let phone = Identifier::parse(&Slot::Phone, PHONE, None).unwrap();
    let claims = BTreeMap::from([
        (address.key(), Claim { customer: ann.id, by, is_shared: false }),
        (phone.key(), Claim { customer: CustomerId::created_by(failed), by: failed, is_shared: false }),
    ]);
    let id = ann.id;
    let stored = Stored { claims, customers: BTreeMap::from([(id, ann)]), ..Stored::default() };
    let rules = Rules { launched: launched(), ..Rules::default() };
    let row = Row { number: 2, parsed: parse_row(&layout(), &rules, &[email, PHONE]) };
    let own = CustomerId::created_by(Provenance { import: ImportId::new(launched(), import), row: 2 });
    (decide(&[row], stored, &terms(import), &[None]), id, own)
}

#[test]
fn a_claim_of_a_row_that_was_given_up_keeps_no_later_row_of_the_import_from_its_identifier() {
    let (decision, ann, _) = second_row(7, "ann@example.com");
    let [fate] = decision.fates.as_slice() else { panic!("{:?}", decision.fates) };
    assert_eq!((fate.outcome, fate.customer), (Outcome::Updated, Some(ann)));
    assert!(fate.problems.is_empty(), "{:?}", fate.problems);
    let claims: Vec<_> = decision.stages.iter().flat_map(|stage| &stage.claims).collect();
    assert!(claims.iter().any(|write| write.claim.customer == ann && write.replaces.is_some()), "{claims:?}");
}

#[test]
fn a_later_row_of_the_import_creates_a_customer_of_its_own() {
    let (decision, _, own) = second_row(7, "bob@example.com");
    assert_eq!((decision.fates[0].outcome, decision.fates[0].customer), (Outcome::Created, Some(own)));
}

#[test]
fn a_claim_of_another_import_counts_because_its_customer_may_be_about_to_be_written() {
    let (decision, _, _) = second_row(8, "ann@example.com");
    assert_eq!(decision.fates[0].problems.len(), 1);
}

#[test]
fn a_claim_that_was_taken_over_from_another_import_counts_although_its_customer_is_not_stored() {
    // Import 8 is about to write its customer. Import 7 took the claim over and was not told, so it decides again.
    let theirs = CustomerId::created_by(provenance(8, 1));
    let phone = Identifier::parse(&Slot::Phone, PHONE, None).unwrap();
    let claims = BTreeMap::from([(phone.key(), Claim { customer: theirs, by: provenance(7, 2), is_shared: true })]);
    let stored = Stored { claims, ..Stored::default() };
    let decision = decide(&[row(2, "bob@example.com", PHONE)], stored, &terms(7), &[None]);
    assert_eq!((decision.fates[0].outcome, decision.fates[0].customer), (Outcome::Created, Some(theirs)));
}

#[test]
fn a_claim_for_a_customer_of_another_import_is_moved_on_if_that_import_never_made_it() {
    // The row took import 8 to be about to write Ann, and claimed her phone for that customer. By then import 8 had found
    // the customer whom this very row was to create, so it decides again: nobody will ever write the first one.
    let (theirs, own) = (CustomerId::created_by(provenance(8, 1)), CustomerId::created_by(provenance(7, 2)));
    let phone = Identifier::parse(&Slot::Phone, PHONE, None).unwrap();
    let email = Identifier::parse(&Slot::Email, "ann@example.com", None).unwrap();
    let left = Claim { customer: theirs, by: provenance(7, 2), is_shared: false };
    let met = Claim { customer: own, by: provenance(8, 1), is_shared: true };
    let claims = BTreeMap::from([(phone.key(), left), (email.key(), met)]);
    let stored = Stored { claims, ..Stored::default() };
    let decision = decide(&[row(2, "ann@example.com", PHONE)], stored, &terms(7), &[None]);
    assert_eq!(decision.fates[0].customer, Some(own));
    assert!(decision.fates[0].problems.is_empty(), "{:?}", decision.fates[0].problems);
    assert!(decision.stages[0].claims.iter().any(|write| write.key == phone.key() && write.replaces == Some(left)));
}

#[test]
fn a_claim_is_shared_once_another_import_takes_it_over_for_the_same_customer() {
    let theirs = CustomerId::created_by(provenance(8, 1));
    let phone = Identifier::parse(&Slot::Phone, PHONE, None).unwrap();
    let former = Claim { customer: theirs, by: provenance(8, 1), is_shared: false };
    let stored = Stored { claims: BTreeMap::from([(phone.key(), former)]), ..Stored::default() };
    let decision = decide(&[row(2, "", PHONE)], stored, &terms(7), &[None]);
    let write = &decision.stages[0].claims[0];
    assert_eq!((write.claim.customer, write.claim.is_shared), (theirs, true));
}

#[test]
fn no_claim_for_a_customer_that_was_never_written_keeps_a_later_row_from_its_identifier() {
    // Both rows are about Ann, whom the first one creates. Their claims are made, and then both are given up.
    let rows = [row(1, "ann@example.com", ""), row(2, "ann@example.com", PHONE)];
    let given_up = decide(&rows, Stored::default(), &terms(7), &[None, None]);
    let claims = given_up.stages[0].claims.iter().map(|write| (write.key.clone(), write.claim)).collect();
    let stored = Stored { claims, ..Stored::default() };
    let decision = decide(&[row(3, "bob@example.com", PHONE)], stored, &terms(7), &[None]);
    let own = CustomerId::created_by(provenance(7, 3));
    assert_eq!((decision.fates[0].outcome, decision.fates[0].customer), (Outcome::Created, Some(own)));
    assert!(decision.fates[0].problems.is_empty(), "{:?}", decision.fates[0].problems);
}

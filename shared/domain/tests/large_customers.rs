//! A customer near the limit of an item: rows that would make it too large are rejected and leave no trace.

#![expect(clippy::unwrap_used, reason = "a failed expectation fails the test")]

use std::collections::BTreeMap;
use std::sync::LazyLock;

use domain::codes::{Outcome, RowCode, Severity};
use domain::columns::{FieldKind, Fields, Layout, Mapping, read_header};
use domain::customer::{Customer, CustomerId, MAX_CUSTOMER, Provenance, Stamped};
use domain::decide::{Claim, Decision, Fate, Row, Stored, Terms, count, decide};
use domain::imports::{CatalogueAtLaunch, ImportId, ImportRequest};
use domain::row::{Identifier, Rules, Slot, Value, parse_row};
use jiff::Timestamp;
use proptest::prelude::*;

/// Custom fields of the tests: each takes up to 4,000 bytes.
const FIELDS: usize = 120;

static LAYOUT: LazyLock<Layout> = LazyLock::new(|| {
    let fields: Fields = (0..FIELDS).map(|at| (format!("f{at}"), FieldKind::Text)).collect();
    let custom = (0..FIELDS).map(|at| format!("custom.f{at}"));
    let header: Vec<String> =
        ["email", "phone", "segment", "touchpoint"].map(ToOwned::to_owned).into_iter().chain(custom).collect();
    let header: Vec<&str> = header.iter().map(String::as_str).collect();
    read_header(&header, 1, &Mapping::new(), &fields).unwrap()
});

fn terms(import: u128, settings: &str) -> Terms {
    let request = ImportRequest::parse(format!(r#"{{"file":{{"name":"a"}}{settings}}}"#).as_bytes()).unwrap();
    let file = "email\na@b.de\n";
    let launched = Timestamp::from_second(1_780_000_000).unwrap();
    let catalogue = CatalogueAtLaunch::default();
    let options = domain::imports::read_options(&request, &catalogue, launched, file.len() as u64);
    let mut planner = domain::plan::Planner::new(options);
    planner.push(file.as_bytes());
    let (checked, _) = planner.finish(|_| String::new()).unwrap();
    let terms = Terms::new(ImportId::new(launched, import), &request, &catalogue, &checked);
    Terms { layout: LAYOUT.clone(), ..terms }
}

/// A row with an email, other cells by the name of their column, and default settings.
fn row(number: u64, cells: &BTreeMap<&str, String>) -> Row {
    let cells: Vec<&str> = LAYOUT
        .header
        .iter()
        .map(|header| match cells.get(header.as_str()) {
            Some(cell) => cell.as_str(),
            None if header == "email" => "ann@example.com",
            None => "",
        })
        .collect();
    let launched = Timestamp::from_second(1_780_000_000).unwrap();
    let rules = Rules { launched, ..Rules::default() };
    Row { number, parsed: parse_row(&LAYOUT, &rules, &cells) }
}

/// Ann, with `count` fields of 4,000 bytes and one of `rest` bytes.
fn ann(count: usize, rest: usize) -> Stored {
    let by = Provenance { import: ImportId::from_bytes([1; 16]), row: 1 };
    let mut customer = Customer::new(CustomerId::created_by(by), by);
    customer.version = 1;
    let email = Identifier::parse(&Slot::Email, "ann@example.com", None).unwrap();
    customer.identifiers.insert(Slot::Email, Stamped { value: Some(email.clone()), by });
    for at in 0..count {
        let value = Some(Value::Text("é".repeat(2_000)));
        customer.attributes.insert(format!("custom.f{at}"), Stamped { value, by });
    }
    customer.attributes.insert("custom.note".to_owned(), Stamped { value: Some(Value::Text("n".repeat(rest))), by });
    customer.touchpoints.insert("Muster touchpoint".to_owned());
    let claims = BTreeMap::from([(email.key(), Claim { customer: customer.id, by, is_shared: false })]);
    Stored { claims, customers: BTreeMap::from([(customer.id, customer)]), ..Stored::default() }
}

fn only(fates: &[Fate]) -> (Outcome, Vec<RowCode>) {
    let [fate] = fates else { panic!("{fates:?}") };
    (fate.outcome, fate.problems.iter().map(|problem| problem.code).collect())
}

fn is_empty(decision: &Decision) -> bool {
    decision.stages.is_empty()
        && decision.activities.is_empty()
        && decision.segments.is_empty()
        && decision.actions.is_empty()
}

const ACTION: &str = r#","settings":{"source_action":{"name":"Filled in"}}"#;

#[test]
fn a_row_that_would_make_its_customer_too_large_leaves_no_trace() {
    for (column, cell) in
        [("custom.f119", "é".repeat(1_000)), ("phone", "+12015550123".to_owned()), ("segment", "May survey".to_owned())]
    {
        let stored = ann(96, 0);
        let room = MAX_CUSTOMER - stored.customers.values().next().unwrap().most_bytes();
        let rows = [row(1, &BTreeMap::from([(column, cell)]))];
        let terms = terms(2, ACTION);
        let full = ann(96, room);
        assert_eq!(full.customers.values().next().unwrap().most_bytes(), MAX_CUSTOMER);
        let refused = decide(&rows, full.clone(), &terms, &[]);
        assert_eq!(only(&refused.fates), (Outcome::Rejected, vec![RowCode::CustomerTooLarge]), "{column}");
        let problem = &refused.fates[0].problems[0];
        assert!(problem.severity == Severity::Error && problem.message.contains("%CLEAR%"), "{}", problem.message);
        assert!(is_empty(&refused), "{column}: {refused:?}");
        assert_eq!(count(&rows, &refused.fates).codes, BTreeMap::from([(RowCode::CustomerTooLarge, 1)]));
        let applied = decide(&rows, ann(96, 0), &terms, &[]);
        assert!(applied.fates[0].outcome.is_applied() && !is_empty(&applied), "{column}");
        // What was decided holds for a retry, even if there is room by then.
        let prior: Vec<_> = refused.fates.iter().cloned().map(Some).collect();
        let again = decide(&rows, ann(96, 0), &terms, &prior);
        assert_eq!(again.fates, refused.fates);
    }
}

#[test]
fn a_large_customer_can_be_made_smaller_and_be_named() {
    let too_large = ann(100, 0);
    let erased = row(1, &BTreeMap::from([("custom.f0", "%CLEAR%".to_owned())]));
    let named = row(2, &BTreeMap::new());
    let shorter = row(3, &BTreeMap::from([("custom.f1", "short".to_owned())]));
    let longer = row(4, &BTreeMap::from([("custom.f110", "é".repeat(1_000))]));
    let decision = decide(&[named, erased, shorter, longer], too_large, &terms(2, ""), &[]);
    let outcomes: Vec<Outcome> = decision.fates.iter().map(|fate| fate.outcome).collect();
    assert_eq!(outcomes, [Outcome::Unchanged, Outcome::Updated, Outcome::Updated, Outcome::Rejected]);
}

#[test]
fn one_row_cannot_create_a_customer_that_is_too_large() {
    let cells: Vec<String> = (0..FIELDS).map(|at| format!("custom.f{at}")).collect();
    let cells = cells.iter().map(|header| (header.as_str(), "😀".repeat(1_000))).collect();
    let small = row(2, &BTreeMap::from([("custom.f0", "ok".to_owned())]));
    let decision = decide(&[row(1, &cells), small], Stored::default(), &terms(2, ""), &[]);
    assert_eq!(decision.fates[0].problems[0].code, RowCode::CustomerTooLarge);
    assert_eq!((decision.fates[0].outcome, decision.fates[1].outcome), (Outcome::Rejected, Outcome::Created));
}

#[test]
fn a_retry_rejects_a_row_whose_customer_has_grown_meanwhile() {
    let rows = [
        row(1, &BTreeMap::from([("custom.f119", "é".repeat(1_000))])),
        row(2, &BTreeMap::from([("phone", "+12015550123".to_owned())])),
    ];
    let terms = terms(2, ACTION);
    let first = decide(&rows, ann(90, 0), &terms, &[]);
    assert!(first.fates.iter().all(|fate| fate.outcome == Outcome::Updated));
    // A part of the batch is stored: the second row's phone. Another import filled the rest of the item.
    let mut stored = ann(96, 0);
    let customer = stored.customers.values_mut().next().unwrap();
    let by = Provenance { import: terms.import, row: 2 };
    let phone = Identifier::parse(&Slot::Phone, "+12015550123", None).unwrap();
    customer.identifiers.insert(Slot::Phone, Stamped { value: Some(phone.clone()), by });
    customer.attributes.insert(
        "custom.note".to_owned(),
        Stamped { value: Some(Value::Text("n".repeat(MAX_CUSTOMER - customer.most_bytes()))), by: customer.created_by },
    );
    stored.claims.insert(phone.key(), Claim { customer: customer.id, by, is_shared: false });
    let prior: Vec<_> = first.fates.iter().cloned().map(Some).collect();
    let again = decide(&rows, stored, &terms, &prior);
    let outcomes: Vec<Outcome> = again.fates.iter().map(|fate| fate.outcome).collect();
    assert_eq!(outcomes, [Outcome::Rejected, Outcome::Updated]);
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn no_customer_is_written_that_is_too_large(
        start in 90usize..97,
        changes in prop::collection::vec((0..FIELDS, 0usize..1_000, any::<bool>()), 1..40),
    ) {
        let rows: Vec<Row> = changes
            .iter()
            .zip(1..)
            .map(|((field, length, clears), number)| {
                let header = format!("custom.f{field}");
                let cell = if *clears { "%CLEAR%".to_owned() } else { "😀".repeat(*length) };
                row(number, &BTreeMap::from([(header.as_str(), cell), ("touchpoint", String::new())]))
            })
            .collect();
        let stored = ann(start, 0);
        let decision = decide(&rows, stored, &terms(2, ""), &[]);
        for customer in decision.stages.iter().flat_map(|stage| &stage.profiles) {
            prop_assert!(customer.most_bytes() <= MAX_CUSTOMER + 16, "{}", customer.most_bytes());
        }
        for fate in &decision.fates {
            prop_assert!(fate.outcome.is_applied() || fate.problems[0].code == RowCode::CustomerTooLarge);
        }
    }
}

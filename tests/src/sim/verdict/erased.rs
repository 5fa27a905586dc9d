//! What must be stored when customers were erased during imports: the others are as the model has them, and whoever was
//! erased came back only by an import that was launched later, and then whole.

use std::collections::{BTreeMap, BTreeSet};

use anyhow::{Context as _, ensure};
use domain::imports::{ImportRequest, State};
use stores::customers::{Customers as _, StoredCustomers};

use super::super::case::Case;
use super::super::clients::{SeenErasure, SeenLift};
use super::super::deployment::resources;
use super::super::found::Found;
use super::super::run::FinishedRun;
use super::{comparable, compare_customers};
use crate::model::{Customer, Model, ModelImport};

/// Compares the end of a run with the model's.
///
/// # Errors
/// The first difference.
pub(super) async fn judge(
    case: &Case,
    requests: &[ImportRequest],
    found: &Found,
    run: &FinishedRun,
) -> anyhow::Result<()> {
    let erasures = run.log.erasures.as_slice();
    let erased: BTreeSet<u64> = erasures.iter().filter(|seen| is_certain(seen)).map(|seen| seen.person).collect();
    // A request that was not answered, or to which imports left no chance, may have had its effect or may have it later.
    let mut doubtful: BTreeSet<u64> =
        erasures.iter().filter(|seen| !is_certain(seen) && !is_without_effect(seen)).map(|seen| seen.person).collect();
    // Of them only what is suppressed for certain is looked at, and who may certainly come back.
    let was_kept_out = |seen: &&SeenErasure| seen.suppressed.is_some() && !is_over_before(erasures, seen, case);
    doubtful.extend(erasures.iter().filter(was_kept_out).map(|seen| seen.person));
    let over: BTreeSet<u64> =
        erasures.iter().filter(|seen| is_over_before(erasures, seen, case)).map(|seen| seen.person).collect();
    for (number, import) in found.imports.iter().enumerate() {
        ensure!(import.state == State::Completed, "t{number} is {:?}: {:?}", import.state, import.failure);
        let unprocessed = found.counters[number].unprocessed;
        ensure!(unprocessed == 0, "t{number}: {unprocessed} rows are unprocessed");
        let people = people_by_row(&case.imports[number].text)?;
        for (row, code) in found.reports[number].iter().filter(|(_, code)| *code == "suppressed") {
            let person = people.get(row).copied().unwrap_or(u64::MAX);
            ensure!(
                !over.contains(&person) && (erased.contains(&person) || doubtful.contains(&person)),
                "t{number} reports row {row} as {code}, and nobody keeps person {person} out"
            );
        }
    }
    let all: BTreeSet<usize> = (0..case.imports.len()).collect();
    let model = model_of(case, requests, found, &all)?;
    let certain = |(identity, customer): &(&String, &Customer)| {
        let person = person_of(customer);
        (over.contains(&person) || !erased.contains(&person)) && !doubtful.contains(&person) && !identity.is_empty()
    };
    let others = |customers: &BTreeMap<String, Customer>| -> BTreeMap<String, Customer> {
        let others = customers.iter().filter(certain);
        others.map(|(identity, customer)| (identity.clone(), comparable(case, requests, customer))).collect()
    };
    let (stored, expected) = (others(&found.customers), others(&model));
    compare_customers(&stored, &expected.iter().map(|(identity, customer)| (identity.clone(), customer)).collect())?;
    let customers = StoredCustomers::new(&run.sdk, &resources());
    for (index, seen) in erasures.iter().enumerate().filter(|(_, seen)| is_certain(seen)) {
        let Some((slot, value)) = &seen.suppressed else { continue };
        let lifts = erasures.iter().filter(|other| other.suppressed == seen.suppressed && other.lifted.is_some());
        let is_last = !erasures[index + 1..].iter().any(|later| later.person == seen.person);
        let is_suppressed = is_suppressed(&customers, slot, value).await?;
        if lifts.count() == 0 {
            ensure!(is_suppressed, "{slot} {value} was suppressed, and is not");
            judge_suppressed(case, found, seen, slot, value)?;
        } else if is_last && seen.requests == 1 && seen.lifted.as_ref().is_some_and(|lifted| lifted.is_certain) {
            ensure!(!is_suppressed, "the suppression of {slot} {value} was lifted, and it is suppressed");
        }
    }
    for person in erased.difference(&doubtful).filter(|person| !over.contains(person)) {
        let last = erasures.iter().rev().find(|seen| seen.person == *person && is_certain(seen));
        if let Some(last) = last {
            judge_erased(case, requests, found, last)?;
        }
    }
    Ok(())
}

/// Whether the suppression was lifted before any import was launched, and is the only erasure of somebody who never was: then
/// no import knows of it.
fn is_over_before(erasures: &[SeenErasure], seen: &SeenErasure, case: &Case) -> bool {
    let is_only_one = case.erasures.iter().filter(|other| other.person == seen.person).count() == 1;
    let is_lifted = |lifted: &SeenLift| lifted.is_certain && lifted.perhaps_before.is_empty();
    is_only_one
        && erasures.len() == case.erasures.len()
        && seen.requests == 1
        && seen.lifted.as_ref().is_some_and(is_lifted)
}

async fn is_suppressed(customers: &StoredCustomers, slot: &str, value: &str) -> anyhow::Result<bool> {
    let key = format!("{slot}#{value}");
    Ok(!customers.stored(&BTreeSet::from([key]), BTreeSet::new()).await?.suppressed.is_empty())
}

/// Whether the customer was certainly erased.
const fn is_certain(seen: &SeenErasure) -> bool {
    seen.status == 204
}

/// Whether there was nobody to erase.
const fn is_without_effect(seen: &SeenErasure) -> bool {
    seen.status == 404 && seen.requests == 1
}

/// That nobody has an identifier that was suppressed, and that each row with it of an import that was launched later is
/// rejected.
fn judge_suppressed(case: &Case, found: &Found, seen: &SeenErasure, slot: &str, value: &str) -> anyhow::Result<()> {
    for (number, import) in case.imports.iter().enumerate() {
        if seen.perhaps_before.contains(&number) {
            continue;
        }
        let mut reader = csv::Reader::from_reader(import.text.as_slice());
        let column = reader.headers()?.iter().position(|name| name == slot).context("the file has no such column")?;
        for (row, record) in (1..).zip(reader.records()) {
            let code = found.reports[number].get(&row).map(String::as_str);
            // Phones are written with spaces in the files.
            let is_named = record?.get(column).is_some_and(|cell| cell.replace(' ', "") == value);
            ensure!(
                !is_named || code == Some("suppressed"),
                "{slot} {value} was suppressed before t{number} was launched, and its row {row} is reported as {code:?}"
            );
        }
    }
    let holder =
        found.customers.values().find(|customer| customer.identifiers.get(slot).is_some_and(|held| held == value));
    ensure!(holder.is_none(), "{slot} {value} was suppressed, and there is {holder:?}");
    Ok(())
}

/// What must be there of somebody who was erased, and last by this request.
fn judge_erased(case: &Case, requests: &[ImportRequest], found: &Found, last: &SeenErasure) -> anyhow::Result<()> {
    let person = last.person;
    let all: BTreeSet<usize> = (0..case.imports.len()).collect();
    let names = |number: &usize| -> anyhow::Result<bool> {
        Ok(people_by_row(&case.imports[*number].text)?.values().any(|named| *named == person))
    };
    let mut later = BTreeSet::new();
    for number in all.difference(&last.perhaps_before) {
        if names(number)? {
            later.insert(*number);
        }
    }
    let is_there: Vec<&Customer> = found.customers.values().filter(|customer| person_of(customer) == person).collect();
    if last.before == all {
        ensure!(
            is_there.is_empty(),
            "person {person} was erased, and an import that was launched before brought {is_there:?}"
        );
    }
    if later.is_empty() {
        return Ok(());
    }
    ensure!(
        is_there.len() == 1,
        "{later:?} were launched after person {person} was erased, and there are {is_there:?}"
    );
    if last.before == last.perhaps_before && case.imports.iter().skip(1).all(|import| import.waits_for_previous) {
        let model = model_of(case, requests, found, &all.difference(&last.before).copied().collect())?;
        let expected = model.values().find(|customer| person_of(customer) == person);
        ensure!(
            expected == Some(is_there[0]),
            "person {person} came back as {:?}, and should be {expected:?}",
            is_there[0]
        );
    }
    Ok(())
}

/// The customers after these imports, in the order of their launch.
fn model_of(
    case: &Case,
    requests: &[ImportRequest],
    found: &Found,
    numbers: &BTreeSet<usize>,
) -> anyhow::Result<BTreeMap<String, Customer>> {
    let mut by_launch: Vec<usize> = numbers.iter().copied().collect();
    by_launch.sort_by_key(|number| found.imports[*number].id);
    let mut model = Model::default();
    for number in by_launch {
        let file = &case.imports[number].text;
        model.read(&ModelImport { number, file, request: &requests[number], skipped_rows: &BTreeSet::new() })?;
    }
    Ok(model.customers().into_iter().map(|(identity, customer)| (identity, customer.clone())).collect())
}

/// The person whom each row of a steady file is about.
fn people_by_row(text: &[u8]) -> anyhow::Result<BTreeMap<u64, u64>> {
    let mut reader = csv::Reader::from_reader(text);
    let mut people = BTreeMap::new();
    for (row, record) in (1..).zip(reader.records()) {
        people.insert(row, number(&record?[0]));
    }
    Ok(people)
}

fn person_of(customer: &Customer) -> u64 {
    customer.identifiers.get("external_id").map_or(u64::MAX, |id| number(id))
}

fn number(external_id: &str) -> u64 {
    external_id.trim_start_matches('C').parse().unwrap_or(u64::MAX)
}

//! What must be stored when an import was taken back.

use std::collections::{BTreeMap, BTreeSet};

use anyhow::{Context as _, ensure};
use domain::imports::{ImportRequest, State};
use stores::imports::{Import, Imports};

use super::super::case::Case;
use super::super::deployment::resources;
use super::super::found::Found;
use super::super::run::FinishedRun;
use super::compare_customers;
use crate::model::{Customer, Model, ModelImport};

/// The last import was taken back, which may have been cancelled while it ran: customers are as if it had never run. Taking
/// it back is refused if no row of it was applied.
pub(super) async fn judge_last(
    case: &Case,
    requests: &[ImportRequest],
    found: &Found,
    run: &FinishedRun,
) -> anyhow::Result<()> {
    let is_refused = run.log.undo.is_some() && run.log.undo == found.imports.last().map(|last| last.id);
    if !is_refused {
        let counters = completed(run).await?.counters;
        let stays = counters.unchanged + counters.rejected + counters.unprocessed;
        ensure!(stays == 0, "something stays: {counters:?}");
    }
    let model = model_of(case, requests, 0..case.imports.len() - 1)?;
    compare_customers(&found.customers, &model.customers())
}

/// One import was taken back when later ones had ended. A customer without a row in a later import is as if the import had
/// never run. Of the others each value is as without the import, or as before it: a later row that only confirmed a value
/// did not set it. Nor did it touch somebody whom the import created.
pub(super) async fn judge_amid(
    case: &Case,
    requests: &[ImportRequest],
    found: &Found,
    run: &FinishedRun,
) -> anyhow::Result<()> {
    let undone = case.undone.context("the story takes an import back")?;
    let undo = completed(run).await?;
    ensure!(undo.counters.unprocessed == 0, "rows of the undo are unprocessed: {:?}", undo.counters);
    let count = case.imports.len();
    let (all, changed_later) = all_and_changed_after(case, requests, undone)?;
    let before = model_of(case, requests, 0..undone)?;
    let without = model_of(case, requests, (0..count).filter(|number| *number != undone))?;
    let [all, before, without] = [by_id(&all), by_id(&before), by_id(&without)];
    let stored: BTreeMap<&str, &Customer> =
        found.customers.values().map(|customer| (external_id(customer), customer)).collect();
    let is_touched = |id: &str| {
        changed_later.contains(id)
            || all.get(id).is_some_and(|all| all.feed.iter().any(|(number, ..)| *number > undone))
    };
    let expected: BTreeSet<&str> =
        without.keys().copied().filter(|id| before.contains_key(id) || is_touched(id)).collect();
    let there: BTreeSet<&str> = stored.keys().copied().collect();
    // A row that only adds its customer to a segment counts as unchanged; and an import that does not know yet that the one
    // before it has ended sets what it confirms.
    let all_without: BTreeSet<&str> = without.keys().copied().collect();
    ensure!(
        there.is_superset(&expected) && there.is_subset(&all_without),
        "there are {there:?}, and should be {expected:?}"
    );
    for (id, customer) in stored {
        let (without, before, all) = (without[id], before.get(id).copied(), all[id]);
        let feed: BTreeSet<_> = all.feed.iter().filter(|(number, ..)| *number != undone).cloned().collect();
        ensure!(customer.feed == feed, "the feed of {id} is {:?}, and should be {feed:?}", customer.feed);
        // Who stays because of a later import keeps the identifiers.
        let former = before.map_or(&all.identifiers, |before| &before.identifiers);
        each_is_of(id, &customer.identifiers, &without.identifiers, Some(former))?;
        each_is_of(id, &customer.attributes, &without.attributes, before.map(|before| &before.attributes))?;
        each_is_of(id, &customer.segments, &without.segments, before.map(|before| &before.segments))?;
    }
    Ok(())
}

/// The undo, which has completed; the import itself, if it was refused because no row of it was applied.
async fn completed(run: &FinishedRun) -> anyhow::Result<Import> {
    let undo = run.log.undo.context("nothing was taken back")?;
    let import = Imports::new(&run.sdk, &resources()).get(undo).await?.context("the undo is gone")?;
    ensure!(import.state == State::Completed, "the undo is {:?}: {:?}", import.state, import.failure);
    Ok(import)
}

/// The model once it has read all imports, and the external ids of those whom one after this changed or created.
fn all_and_changed_after(
    case: &Case,
    requests: &[ImportRequest],
    undone: usize,
) -> anyhow::Result<(Model, BTreeSet<String>)> {
    let (mut model, mut changed) = (Model::default(), BTreeSet::new());
    for (number, import) in case.imports.iter().enumerate() {
        let (file, request) = (&import.text, &requests[number]);
        let expected = model.read(&ModelImport { number, file, request, skipped_rows: &BTreeSet::new() })?;
        if number <= undone {
            continue;
        }
        for (row, record) in (1..).zip(csv::Reader::from_reader(file.as_slice()).records()) {
            if expected.results.get(&row).is_some_and(|(outcome, _)| *outcome != "unchanged") {
                changed.insert(record?[0].to_owned());
            }
        }
    }
    Ok((model, changed))
}

/// The model once it has read these imports.
fn model_of(
    case: &Case,
    requests: &[ImportRequest],
    numbers: impl IntoIterator<Item = usize>,
) -> anyhow::Result<Model> {
    let mut model = Model::default();
    for number in numbers {
        let (file, request) = (&case.imports[number].text, &requests[number]);
        model.read(&ModelImport { number, file, request, skipped_rows: &BTreeSet::new() })?;
    }
    Ok(model)
}

fn by_id(model: &Model) -> BTreeMap<&str, &Customer> {
    model.customers().into_values().map(|customer| (external_id(customer), customer)).collect()
}

/// Every row of a steady file has the external id of its person.
fn external_id(customer: &Customer) -> &str {
    customer.identifiers.get("external_id").map_or("", String::as_str)
}

/// That each value is as without the import that was taken back, or as before it.
fn each_is_of<V: PartialEq + std::fmt::Debug>(
    id: &str,
    values: &BTreeMap<String, V>,
    without: &BTreeMap<String, V>,
    before: Option<&BTreeMap<String, V>>,
) -> anyhow::Result<()> {
    let names: BTreeSet<&String> =
        values.keys().chain(without.keys()).chain(before.into_iter().flatten().map(|(name, _)| name)).collect();
    for name in names {
        let (value, without, before) =
            (values.get(name), without.get(name), before.and_then(|before| before.get(name)));
        ensure!(
            value == without || value == before,
            "{name} of {id} is {value:?}; without the import it would be {without:?}, and before it was {before:?}"
        );
    }
    Ok(())
}

//! Compares what is stored at the end of a run with what the model says, story by story.

mod erased;
mod undone;

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;

use anyhow::{Context as _, anyhow, bail, ensure};
use domain::customer::CustomerId;
use domain::imports::{ActionFor, Counters, ForetoldCounters, ImportRequest, State};
use stores::imports::{Import, Imports, Listed};

use super::case::{Case, CaseImport, Story};
use super::deployment::resources;
use super::found::{Found, FoundResult, find};
use super::run::FinishedRun;
use crate::model::{Customer, Expected, Model, ModelImport, Tally};

/// Compares the end of a run with the model's.
///
/// # Errors
/// The first difference.
pub(super) async fn judge(case: &Case, run: &FinishedRun) -> anyhow::Result<()> {
    let found = find(case, run).await?;
    for (number, import) in found.imports.iter().enumerate() {
        let ended_at = import.ended_at.with_context(|| format!("t{number} has not ended"))?.to_string();
        let is_delivered = run.world.delivered_end(&import.id.to_string(), &ended_at, import.state.as_str());
        ensure!(is_delivered, "t{number}: its end was not delivered to the event bus");
    }
    let requests: Vec<ImportRequest> = case.imports.iter().map(request).collect::<anyhow::Result<_>>()?;
    match case.story {
        Story::Cancelled if !run.log.nothing_to_retry.is_empty() => cancelled(case, &requests, &found),
        Story::Inbox => {
            let all = Imports::new(&run.sdk, &resources()).list(Listed::All, 2, None).await?;
            ensure!(all.len() == 1, "one file that was put into the inbox three times is {} imports", all.len());
            one_by_one(case, &requests, &found, &[])
        }
        Story::One | Story::Sequence | Story::Cancelled | Story::Poison => one_by_one(case, &requests, &found, &[]),
        Story::Forecast | Story::Launched => {
            let foretold = &found.counters[0].foretold;
            let without = |counters: &Counters| Counters { foretold: Default::default(), ..counters.clone() };
            ensure!(
                without(&found.counters[0]) == found.counters[1],
                "the forecast counted {:?}, the import {:?}",
                found.counters[0],
                found.counters[1]
            );
            ensure!(
                found.reports[0] == found.reports[1],
                "the forecast reports {:?}, the import {:?}",
                found.reports[0],
                found.reports[1]
            );
            // Nobody existed before, so nobody changes, and whoever is in a segment afterwards joins it once.
            let members: usize = found.customers.values().map(|customer| customer.segments.len()).sum();
            let expected = ForetoldCounters { joins: members as u64, ..ForetoldCounters::default() };
            ensure!(*foretold == expected, "the forecast says {foretold:?}, and should say {expected:?}");
            one_by_one(case, &requests, &found, &[0])
        }
        Story::SideBySide | Story::Retried | Story::FailingRowRetried => side_by_side(case, &requests, &found),
        Story::Undone => undone::judge_last(case, &requests, &found, run).await,
        Story::UndoneAmid => undone::judge_amid(case, &requests, &found, run).await,
        Story::Erased => erased::judge(case, &requests, &found, run).await,
        Story::FailingRow => {
            only_failing_row_given_up(case, &requests, &found, run.world.has_refused_row())?;
            one_by_one(case, &requests, &found, &[])
        }
        Story::Overwritten => overwritten(case, &requests, &found),
        Story::BadEnd(end) => {
            let import = &found.imports[0];
            let code = failure_code(import);
            ensure!(
                import.state == State::Failed && code == Some(end.code()),
                "{:?}, and not failed with {}: {code:?}",
                import.state,
                end.code()
            );
            ensure!(found.customers.is_empty(), "it failed, and there are customers");
            Ok(())
        }
    }
}

/// An import that was cancelled and had nothing left to retry: no batch of it was ever sent, or every row was processed.
fn cancelled(case: &Case, requests: &[ImportRequest], found: &Found) -> anyhow::Result<()> {
    let import = &found.imports[0];
    ensure!(import.state == State::Cancelled, "nothing is left to retry of an import that is {:?}", import.state);
    if import.numbers.pages() == 0 {
        ensure!(found.customers.is_empty(), "cancelled before its check, and there are customers");
        return Ok(());
    }
    let counted = found.counters[0].rows();
    ensure!(counted == import.rows, "nothing is left to retry, and {counted} of {} rows are counted", import.rows);
    let mut model = Model::default();
    let file = &case.imports[0].text;
    let import = ModelImport { number: 0, file, request: &requests[0], skipped_rows: &BTreeSet::new() };
    model.read(&import)?;
    compare_customers(&found.customers, &model.customers())
}

/// The row that the tables refuse, and no other, is given up, unless it is rejected for what it says. The tables are not
/// asked to write it if a later row of its batch gives the customer another value in place of the one that they refuse:
/// rows of one customer become one write. Then it is applied as any other row.
fn only_failing_row_given_up(
    case: &Case,
    requests: &[ImportRequest],
    found: &Found,
    has_refused: bool,
) -> anyhow::Result<()> {
    let row = case.failing_row.context("the story has a failing row")?.row;
    let file = &case.imports[0].text;
    let rejected = |skipped_rows: BTreeSet<u64>| {
        let import = ModelImport { number: 0, file, request: &requests[0], skipped_rows: &skipped_rows };
        anyhow::Ok(Model::default().read(&import)?.tally.rejected)
    };
    let later_rows = || row + 1..=found.imports[0].rows;
    let is_rejected = rejected(later_rows().collect())? > rejected(later_rows().chain([row]).collect())?;
    let given_up: Vec<u64> =
        found.reports[0].iter().filter(|(_, code)| *code == "unprocessed").map(|(row, _)| *row).collect();
    let expected = if is_rejected || !has_refused { Vec::new() } else { vec![row] };
    ensure!(given_up == expected, "the rows {given_up:?} were given up, which should be {expected:?}");
    Ok(())
}

fn request(import: &CaseImport) -> anyhow::Result<ImportRequest> {
    ImportRequest::parse(import.request.to_string().as_bytes()).map_err(|problems| anyhow!("{problems:?}"))
}

fn failure_code(import: &Import) -> Option<&str> {
    import.failure.as_ref().map(|failure| failure.code.as_str())
}

/// Imports that ran one after another: counters, reports and customers are exactly the model's. `forecasts` are the
/// numbers of those that write nothing.
fn one_by_one(case: &Case, requests: &[ImportRequest], found: &Found, forecasts: &[usize]) -> anyhow::Result<()> {
    let mut model = Model::default();
    let mut same = SameCustomers::default();
    for (number, (import, request)) in case.imports.iter().zip(requests).enumerate() {
        if forecasts.contains(&number) {
            continue;
        }
        let report = &found.reports[number];
        let given_up: BTreeSet<u64> =
            report.iter().filter(|(_, code)| *code == "unprocessed").map(|(row, _)| *row).collect();
        let may_give_up = matches!(case.story, Story::Poison | Story::FailingRow);
        ensure!(given_up.is_empty() || may_give_up, "t{number}: rows were given up: {given_up:?}");
        if case.story == Story::Poison && found.counters[0].rows() > u64::from(case.batch_rows) {
            let most = usize::try_from(case.batch_rows)?;
            ensure!(given_up.len() <= most, "{} rows were given up, which are more than a batch", given_up.len());
        }
        let unprocessed = found.counters[number].unprocessed;
        ensure!(
            unprocessed == given_up.len() as u64,
            "t{number}: {unprocessed} rows are counted as unprocessed, {given_up:?} reported"
        );
        let import = ModelImport { number, file: &import.text, request, skipped_rows: &given_up };
        let expected = model.read(&import)?;
        counted_and_reported(number, found, &expected, &given_up)?;
        ensure!(request.results == found.results[number].is_some(), "t{number}: results that were not asked for");
        if let Some(results) = &found.results[number] {
            compare_results(results, &expected, &mut same).with_context(|| format!("the results of t{number}"))?;
        }
    }
    compare_customers(&found.customers, &model.customers())
}

/// Which stored customer is which one of the model.
#[derive(Default)]
struct SameCustomers {
    of_stored: BTreeMap<CustomerId, usize>,
    of_model: BTreeMap<usize, CustomerId>,
}

impl SameCustomers {
    /// Whether both may be the same, by all that was seen so far.
    fn are(&mut self, stored: CustomerId, model: usize) -> bool {
        *self.of_stored.entry(stored).or_insert(model) == model
            && *self.of_model.entry(model).or_insert(stored) == stored
    }
}

/// Compares the results of an import with the model's, row by row. Rows that the model leaves out were given up.
fn compare_results(results: &[FoundResult], expected: &Expected, same: &mut SameCustomers) -> anyhow::Result<()> {
    for (row, result) in (1..).zip(results) {
        let (outcome, customer) = expected.results.get(&row).copied().unwrap_or(("unprocessed", None));
        ensure!(result.outcome == outcome, "row {row} is {}, and should be {outcome}", result.outcome);
        let agree = match (result.customer, customer) {
            (Some(stored), Some(model)) => same.are(stored, model),
            (None, None) => true,
            _ => false,
        };
        ensure!(agree, "row {row} was applied to {:?}, and should be to {customer:?}", result.customer);
    }
    Ok(())
}

/// Compares the counters and the report of an import with the model's.
fn counted_and_reported(
    number: usize,
    found: &Found,
    expected: &Expected,
    given_up: &BTreeSet<u64>,
) -> anyhow::Result<()> {
    let (import, report) = (&found.imports[number], &found.reports[number]);
    ensure!(import.state == State::Completed, "t{number} is {:?}: {:?}", import.state, import.failure);
    let tally = tally(&found.counters[number]);
    ensure!(
        tally == expected.tally,
        "t{number} counted {tally:?}, and should have counted {:?}; it reports {report:?}, and should report {:?}",
        expected.tally,
        expected.reported
    );
    for (row, code) in report.iter().filter(|(row, _)| !given_up.contains(row)) {
        let codes = expected.reported.get(row);
        ensure!(
            codes.is_some_and(|codes| codes.contains(code.as_str())),
            "t{number} reports row {row} as {code}, and should report {codes:?}"
        );
    }
    let missing: Vec<_> = expected.reported.keys().filter(|row| !report.contains_key(row)).collect();
    ensure!(missing.is_empty(), "t{number} does not report the rows {missing:?}");
    Ok(())
}

/// Imports that ran at the same time: each value is that of the import launched last, and each row had its other
/// effects.
fn side_by_side(case: &Case, requests: &[ImportRequest], found: &Found) -> anyhow::Result<()> {
    let mut by_launch: Vec<usize> = (0..case.imports.len()).collect();
    by_launch.sort_by_key(|number| found.imports[*number].id);
    let mut model = Model::default();
    let mut expected_created = 0;
    for number in by_launch {
        let file = &case.imports[number].text;
        let import = ModelImport { number, file, request: &requests[number], skipped_rows: &BTreeSet::new() };
        let expected = model.read(&import)?.tally;
        expected_created += expected.created;
        let import = &found.imports[number];
        ensure!(import.state == State::Completed, "t{number} is {:?}: {:?}", import.state, import.failure);
        let counters = &found.counters[number];
        if case.story == Story::Retried && counters.unprocessed > 0 {
            // A copy of the poisoned batch reached the dead letters after the retry. Another retry could apply it.
            let most = u64::from(case.batch_rows);
            ensure!(counters.unprocessed <= most, "more rows than a batch are left unprocessed");
            return Ok(());
        }
        let rows = expected.created + expected.updated + expected.unchanged + expected.rejected;
        ensure!(counters.rows() == rows && counters.unprocessed == 0, "t{number} counted {counters:?} of {rows} rows");
    }
    let created: u64 = found.counters.iter().map(|counters| counters.created).sum();
    ensure!(
        created == expected_created,
        "{created} customers are counted as created, and there are {expected_created}"
    );
    let comparable = |customer: &Customer| comparable(case, requests, customer);
    let model: BTreeMap<String, Customer> =
        model.customers().into_iter().map(|(identity, customer)| (identity, comparable(customer))).collect();
    let stored: BTreeMap<String, Customer> =
        found.customers.iter().map(|(identity, customer)| (identity.clone(), comparable(customer))).collect();
    compare_customers(&stored, &model.iter().map(|(identity, customer)| (identity.clone(), customer)).collect())
}

/// The customer without what depends on the order in which batches of different imports ran.
pub(super) fn comparable(case: &Case, requests: &[ImportRequest], customer: &Customer) -> Customer {
    // Whichever import comes first creates a customer, and the action of a row depends on that. Where every row has
    // one, feeds must have the same rows.
    let has_action_for_every_row = |number: usize| {
        let action = requests[number].settings.source_action.as_ref();
        action.is_some_and(|action| action.added_for == ActionFor::All || action.update_action.is_some())
    };
    let feed = customer.feed.iter().filter(|(number, ..)| has_action_for_every_row(*number));
    let feed = feed.map(|(number, row, _)| (*number, *row, String::new())).collect();
    let mut customer = Customer { feed, ..customer.clone() };
    if matches!(case.story, Story::Retried | Story::FailingRowRetried) {
        // A retried row comes after later rows. Where those only confirmed a value, they left no stamp, and the row
        // sets it.
        customer.attributes.clear();
    }
    customer
}

/// An import whose object was overwritten: it read one file or the other, or it failed, but it never mixed the two.
fn overwritten(case: &Case, requests: &[ImportRequest], found: &Found) -> anyhow::Result<()> {
    let import = &found.imports[0];
    let has_customers_at = |domain: &str| found.customers.keys().any(|identity| identity.contains(domain));
    ensure!(
        !(has_customers_at("@example.com") && has_customers_at("@example.org")),
        "{:?}, and the customers are from both files: {:?}",
        import.state,
        found.customers.keys()
    );
    if import.state == State::Failed {
        let code = failure_code(import);
        ensure!(code == Some("file_changed"), "failed with {code:?}");
        return Ok(());
    }
    let first = one_by_one(case, requests, found, &[]);
    let Some((_, other)) = case.imports.first().and_then(|import| import.overwrite.as_ref()) else { return first };
    let mut second = case.clone();
    second.imports[0].text.clone_from(other);
    first.or_else(|first| {
        one_by_one(&second, requests, found, &[])
            .map_err(|second| anyhow!("not the first file: {first}; nor the second: {second}"))
    })
}

fn tally(counters: &Counters) -> Tally {
    Tally {
        created: counters.created,
        updated: counters.updated,
        unchanged: counters.unchanged,
        rejected: counters.rejected,
        warnings: counters.warnings,
    }
}

/// Compares stored customers with the model's in every respect.
pub(super) fn compare_customers(
    stored: &BTreeMap<String, Customer>,
    model: &BTreeMap<String, &Customer>,
) -> anyhow::Result<()> {
    let mut differences = String::new();
    for (identity, customer) in model {
        match stored.get(identity) {
            None => writeln!(differences, "missing: {identity}")?,
            Some(found) if found != *customer => writeln!(differences, "{found:?}\n  should be {customer:?}")?,
            Some(_) => {}
        }
    }
    for extra in stored.keys().filter(|identity| !model.contains_key(*identity)) {
        writeln!(differences, "should not be there: {extra}")?;
    }
    if differences.is_empty() { Ok(()) } else { bail!("customers differ\n{differences}") }
}

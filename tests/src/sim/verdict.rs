//! What a run came to, beside what it had to come to.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;

use anyhow::{Context as _, anyhow, bail, ensure};
use aws_sdk_dynamodb::types::AttributeValue;
use shared::customer::{Customer as Stored, CustomerId};
use shared::segment::Segment;
use shared::settings::ImportRequest;
use shared::store::batches::Page;
use shared::store::customers::Customers;
use shared::store::segments::Segments;
use shared::store::tasks::{Task, Tasks};
use shared::task::{Counters, State};

use super::case::{Case, Import, Story};
use super::run::Ended;
use crate::model::{self, Counted, Customer, Model, Told, name};

/// Everything that there is in the end.
struct Found {
    tasks: Vec<Task>,
    counters: Vec<Counters>,
    /// Rows in each report, with the code of each.
    reports: Vec<BTreeMap<u64, String>>,
    customers: BTreeMap<String, Customer>,
}

/// Compares a run's end with the model's.
///
/// # Errors
/// What is not as it has to be.
pub(super) async fn judge(case: &Case, ended: &Ended) -> anyhow::Result<()> {
    let found = find(case, ended).await?;
    for (number, task) in found.tasks.iter().enumerate() {
        let ended_at = task.ended_at.with_context(|| format!("t{number} has not ended"))?.to_string();
        let is_told = ended.world.was_told(&task.id.to_string(), &ended_at, task.state.as_str());
        ensure!(is_told, "t{number}: nobody was told of its end");
    }
    let requests: Vec<ImportRequest> = case.imports.iter().map(request).collect::<anyhow::Result<_>>()?;
    match case.story {
        Story::One | Story::Sequence => in_order(case, &requests, &found, &[]),
        Story::Cancelled if !ended.seen.not_retried.is_empty() => {
            ensure!(found.customers.is_empty(), "cancelled before its check, and there are customers");
            Ok(())
        }
        Story::Cancelled => in_order(case, &requests, &found, &[]),
        Story::DryRun => {
            ensure!(
                found.counters[0] == found.counters[1],
                "the dry run counted {:?}, the import {:?}",
                found.counters[0],
                found.counters[1]
            );
            ensure!(
                found.reports[0] == found.reports[1],
                "the dry run reports {:?}, the import {:?}",
                found.reports[0],
                found.reports[1]
            );
            in_order(case, &requests, &found, &[0])
        }
        Story::Poison => in_order(case, &requests, &found, &[]),
        Story::Beside | Story::Retried => beside(case, &requests, &found),
        Story::Overwritten => overwritten(case, &requests, &found),
        Story::BadEnd(end) => {
            let task = &found.tasks[0];
            let code = task.failure.as_ref().map(|failure| failure.code.as_str());
            ensure!(
                task.state == State::Failed && code == Some(end.code()),
                "{:?}, and not failed by {}: {code:?}",
                task.state,
                end.code()
            );
            ensure!(found.customers.is_empty(), "it failed, and there are customers");
            Ok(())
        }
    }
}

fn request(import: &Import) -> anyhow::Result<ImportRequest> {
    ImportRequest::parse(import.request.to_string().as_bytes()).map_err(|problems| anyhow!("{problems:?}"))
}

/// Imports that came one after another, but for those that wrote nothing: all is as the model has it.
fn in_order(case: &Case, requests: &[ImportRequest], found: &Found, nothing: &[usize]) -> anyhow::Result<()> {
    let mut model = Model::default();
    for (number, (import, request)) in case.imports.iter().zip(requests).enumerate() {
        if nothing.contains(&number) {
            continue;
        }
        let report = &found.reports[number];
        let given_up: BTreeSet<u64> =
            report.iter().filter(|(_, code)| *code == "unprocessed").map(|(row, _)| *row).collect();
        ensure!(given_up.is_empty() || case.story == Story::Poison, "t{number}: rows were given up: {given_up:?}");
        if case.story == Story::Poison && found.counters[0].rows() > u64::from(case.batch_rows) {
            let most = usize::try_from(case.batch_rows)?;
            ensure!(given_up.len() <= most, "{} rows were given up, which are more than a batch", given_up.len());
        }
        let unprocessed = found.counters[number].unprocessed;
        ensure!(
            unprocessed == given_up.len() as u64,
            "t{number}: {unprocessed} rows are counted as unprocessed, {given_up:?} reported"
        );
        let import = model::Import { number, file: &import.text, request, left_out: &given_up };
        let told = model.read(&import)?;
        told_the_same(number, &found.tasks[number], &found.counters[number], report, &told, &given_up)?;
    }
    same(&found.customers, &model.customers())
}

fn told_the_same(
    number: usize,
    task: &Task,
    counters: &Counters,
    report: &BTreeMap<u64, String>,
    told: &Told,
    given_up: &BTreeSet<u64>,
) -> anyhow::Result<()> {
    ensure!(task.state == State::Completed, "t{number} is {:?}: {:?}", task.state, task.failure);
    let counted = counted(counters);
    ensure!(counted == told.counted, "t{number} counted {counted:?}, and should have {:?}", told.counted);
    for (row, code) in report.iter().filter(|(row, _)| !given_up.contains(row)) {
        let should = told.listed.get(row);
        ensure!(
            should.is_some_and(|codes| codes.contains(code.as_str())),
            "t{number} reports row {row} as {code}, and should {should:?}"
        );
    }
    let missing: Vec<_> = told.listed.keys().filter(|row| !report.contains_key(row)).collect();
    ensure!(missing.is_empty(), "t{number} does not report the rows {missing:?}");
    Ok(())
}

/// Imports at once: of each value the one of the import that was launched last, and of each row everything else.
fn beside(case: &Case, requests: &[ImportRequest], found: &Found) -> anyhow::Result<()> {
    let mut order: Vec<usize> = (0..case.imports.len()).collect();
    order.sort_by_key(|number| found.tasks[*number].id);
    let mut model = Model::default();
    let mut created = 0;
    let nothing = BTreeSet::new();
    for number in order {
        let import =
            model::Import { number, file: &case.imports[number].text, request: &requests[number], left_out: &nothing };
        let told = model.read(&import)?;
        created += told.counted.created;
        let task = &found.tasks[number];
        ensure!(task.state == State::Completed, "t{number} is {:?}: {:?}", task.state, task.failure);
        if case.story == Story::Retried && found.counters[number].unprocessed > 0 {
            // A copy of the batch that was still on its way to the dead letters: it may be retried once more.
            let most = u64::from(case.batch_rows);
            ensure!(found.counters[number].unprocessed <= most, "more rows than a batch are left unprocessed");
            return Ok(());
        }
        let (rows, should) = (found.counters[number].rows(), told.counted);
        let all = should.created + should.updated + should.unchanged + should.rejected;
        ensure!(
            rows == all && found.counters[number].unprocessed == 0,
            "t{number} counted {:?} of {all} rows",
            found.counters[number]
        );
    }
    let counted: u64 = found.counters.iter().map(|counters| counters.created).sum();
    ensure!(counted == created, "{counted} customers are counted as created, and there are {created}");
    // Which import's row created a customer is the race's: actions that depend on it are compared by row only.
    let by_row = |customers: &BTreeMap<String, Customer>| -> BTreeMap<String, Customer> {
        let of = |customer: &Customer| {
            let customer = Customer { feed: BTreeSet::new(), ..customer.clone() };
            // A row that is retried comes after rows that only confirmed what was there: those left no stamp.
            if case.story == Story::Retried { Customer { attributes: BTreeMap::new(), ..customer } } else { customer }
        };
        customers.iter().map(|(name, customer)| (name.clone(), of(customer))).collect()
    };
    let should: BTreeMap<String, Customer> =
        model.customers().into_iter().map(|(name, customer)| (name, customer.clone())).collect();
    let (stored, should) = (by_row(&found.customers), by_row(&should));
    same(&stored, &should.iter().map(|(name, customer)| (name.clone(), customer)).collect())
}

/// An overwritten object: one file or the other, or failed; never both.
fn overwritten(case: &Case, requests: &[ImportRequest], found: &Found) -> anyhow::Result<()> {
    let task = &found.tasks[0];
    let of = |domain: &str| found.customers.keys().any(|name| name.contains(domain));
    ensure!(
        !(of("@example.com") && of("@example.org")),
        "{:?}, and the customers are of both files: {:?}",
        task.state,
        found.customers.keys()
    );
    if task.state == State::Failed {
        let code = task.failure.as_ref().map(|failure| failure.code.as_str());
        ensure!(code == Some("file_changed"), "failed by {code:?}");
        return Ok(());
    }
    let first = in_order(case, requests, found, &[]);
    let Some((_, other)) = case.imports.first().and_then(|import| import.overwrite.as_ref()) else { return first };
    let mut second = case.clone();
    second.imports[0].text.clone_from(other);
    first.or_else(|first| {
        in_order(&second, requests, found, &[])
            .map_err(|second| anyhow!("not the first file: {first}; nor the second: {second}"))
    })
}

fn counted(counters: &Counters) -> Counted {
    Counted {
        created: counters.created,
        updated: counters.updated,
        unchanged: counters.unchanged,
        rejected: counters.rejected,
        warnings: counters.warnings,
    }
}

fn same(stored: &BTreeMap<String, Customer>, model: &BTreeMap<String, &Customer>) -> anyhow::Result<()> {
    let mut wrong = String::new();
    for (name, customer) in model {
        match stored.get(name) {
            None => writeln!(wrong, "missing: {name}")?,
            Some(found) if found != *customer => writeln!(wrong, "{found:?}\n  should be {customer:?}")?,
            Some(_) => {}
        }
    }
    for extra in stored.keys().filter(|name| !model.contains_key(*name)) {
        writeln!(wrong, "should not be there: {extra}")?;
    }
    if wrong.is_empty() { Ok(()) } else { bail!("customers differ\n{wrong}") }
}

async fn find(case: &Case, ended: &Ended) -> anyhow::Result<Found> {
    let store = Tasks::new(&ended.sdk, &ended.resources);
    let (mut tasks, mut counters, mut reports) = (Vec::new(), Vec::new(), Vec::new());
    for number in 0..case.imports.len() {
        let id = *ended.seen.ids.get(&number).with_context(|| format!("t{number} was never launched"))?;
        let task = store.task(id).await?.context("a task is gone")?;
        let mut counted = task.counters.clone();
        store.pages(id).await?.iter().filter(|page: &&Page| !page.folded).for_each(|page| counted.add(&page.counters));
        if task.state == State::Completed {
            ensure!(counted.rows() == task.rows, "t{number} has {} rows and counted {}", task.rows, counted.rows());
        }
        reports.push(report(ended, &task)?);
        tasks.push(task);
        counters.push(counted);
    }
    let customers = customers(ended).await?;
    Ok(Found { tasks, counters, reports, customers })
}

fn report(ended: &Ended, task: &Task) -> anyhow::Result<BTreeMap<u64, String>> {
    let Some(key) = &task.report else { return Ok(BTreeMap::new()) };
    let bytes = ended.world.objects().get(key).context("the report is gone")?;
    let bytes = bytes.strip_prefix(b"\xEF\xBB\xBF").context("the report has no byte order mark")?;
    let mut reader = csv::Reader::from_reader(bytes);
    let header = reader.headers()?.clone();
    let column = |name: &str| header.iter().position(|found| found == name).context("a column of the report");
    let (row, code) = (column("_row")?, column("_code")?);
    let mut rows = BTreeMap::new();
    let mut before = 0;
    for record in reader.records() {
        let record = record?;
        let number: u64 = record[row].parse()?;
        ensure!(number > before, "row {number} comes after row {before} in the report");
        before = number;
        rows.insert(number, record[code].to_owned());
    }
    Ok(rows)
}

/// The customers as stored, after a look at whether the tables agree with each other.
async fn customers(ended: &Ended) -> anyhow::Result<BTreeMap<String, Customer>> {
    let client = aws_sdk_dynamodb::Client::new(&ended.sdk);
    let text = |value: Option<&AttributeValue>| value.and_then(|value| value.as_s().ok()).cloned().unwrap_or_default();
    let mut pages = client.scan().table_name(&ended.resources.customers_table).into_paginator().items().send();
    let mut ids: BTreeSet<CustomerId> = BTreeSet::new();
    let mut feeds: BTreeMap<CustomerId, BTreeSet<(usize, u64, String)>> = BTreeMap::new();
    while let Some(item) = pages.next().await {
        let item = item?;
        let (id, sort) = (text(item.get("pk")).parse()?, text(item.get("sk")));
        if sort == "profile" {
            ids.insert(id);
            continue;
        }
        let parts: Vec<&str> = sort.split('#').collect();
        let number = ended.seen.ids.iter().find(|(_, task)| parts.get(2) == Some(&task.to_string().as_str()));
        let number = *number.context("an activity of no import")?.0;
        feeds.entry(id).or_default().insert((number, parts[3].parse()?, text(item.get("n"))));
    }
    let store = Customers::new(&ended.sdk, &ended.resources);
    let segments = Segments::new(&ended.sdk, &ended.resources);
    let stored = store.read(ids).await?;
    let claims = claims(ended, &client).await?;
    let mut found = BTreeMap::new();
    for customer in &stored {
        for identifier in customer.identifiers.values().filter_map(|stamped| stamped.value.as_ref()) {
            let holder = claims.get(&identifier.key());
            ensure!(
                holder == Some(&customer.id.to_string()),
                "{} lists {}, which is held by {holder:?}",
                customer.id,
                identifier.key()
            );
        }
        for segment in customer.segments.values() {
            let members = segments.members(&segment.value, 1_000, None).await?;
            ensure!(members.contains(&customer.id), "{} is in a segment that does not list it", customer.id);
        }
        let shown = shown(customer, feeds.remove(&customer.id).unwrap_or_default());
        let name = name(&shown.identifiers);
        ensure!(found.insert(name.clone(), shown).is_none(), "two customers are {name}");
    }
    ensure!(feeds.is_empty(), "there are feeds without a customer: {:?}", feeds.keys());
    Ok(found)
}

async fn claims(ended: &Ended, client: &aws_sdk_dynamodb::Client) -> anyhow::Result<BTreeMap<String, String>> {
    let mut pages = client.scan().table_name(&ended.resources.identities_table).into_paginator().items().send();
    let mut claims = BTreeMap::new();
    while let Some(item) = pages.next().await {
        let item = item?;
        let text = |name: &str| item.get(name).and_then(|value| value.as_s().ok()).cloned().unwrap_or_default();
        claims.insert(text("pk"), text("c"));
    }
    Ok(claims)
}

/// A stored customer in the model's terms.
fn shown(customer: &Stored, feed: BTreeSet<(usize, u64, String)>) -> Customer {
    // Segments are stored by ids: these are all that cases name.
    let named: BTreeMap<_, _> = [("Imported segments", "Blue"), ("Imported segments", "Red"), ("Teams", "Green")]
        .into_iter()
        .chain([("Imported segments", "Spring"), ("Imported segments", "Autumn")])
        .map(|(group, name)| (Segment::new(group, name).id(), (group, name)))
        .collect();
    let segments = customer.segments.values().map(|held| match named.get(&held.value) {
        Some((group, name)) => ((*group).to_owned(), (*name).to_owned()),
        None => (held.value.as_str().to_owned(), "unknown".to_owned()),
    });
    let identifiers = customer.identifiers.iter().filter_map(|(slot, stamped)| {
        let identifier = stamped.value.as_ref()?;
        Some((slot.to_string(), identifier.value().to_owned()))
    });
    let attributes =
        customer.attributes.iter().filter_map(|(name, stamped)| Some((name.clone(), stamped.value.clone()?)));
    Customer {
        identifiers: identifiers.collect(),
        attributes: attributes.collect(),
        segments: segments.collect(),
        feed,
    }
}

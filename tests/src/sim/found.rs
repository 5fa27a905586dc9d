//! What is stored when a run has ended: imports, their counters and reports, and customers. It also checks that the
//! tables agree with each other.

use std::collections::{BTreeMap, BTreeSet};

use anyhow::{Context as _, ensure};
use aws_sdk_dynamodb::types::AttributeValue;
use domain::customer::{self, CustomerId, Segment, SegmentId};
use domain::imports::{Counters, State};
use stores::customers::{Customers as _, StoredCustomers};
use stores::imports::{Import, Imports};
use stores::segments::Segments;

use super::case::{Case, Story};
use super::deployment::resources;
use super::run::FinishedRun;
use crate::model::{Customer, identity};

/// The segments that cases name, by group and name. They are stored by ids only.
const SEGMENTS: [(&str, &str); 5] = [
    ("Imported segments", "Blue"),
    ("Imported segments", "Red"),
    ("Teams", "Green"),
    ("Imported segments", "Spring"),
    ("Imported segments", "Autumn"),
];

/// What is stored when a run has ended. Imports, counters and reports are in the order of the case.
pub(super) struct Found {
    pub(super) imports: Vec<Import>,
    pub(super) counters: Vec<Counters>,
    /// The rows in each report, with the code that the report gives.
    pub(super) reports: Vec<BTreeMap<u64, String>>,
    /// The results of each import that has some.
    pub(super) results: Vec<Option<Vec<FoundResult>>>,
    /// All customers, by [`identity`].
    pub(super) customers: BTreeMap<String, Customer>,
}

/// A row of an import's results.
pub(super) struct FoundResult {
    pub(super) outcome: String,
    pub(super) customer: Option<CustomerId>,
}

/// Reads what is stored.
///
/// # Errors
/// When tables or reports contradict themselves or each other.
pub(super) async fn find(case: &Case, run: &FinishedRun) -> anyhow::Result<Found> {
    let imports_table = Imports::new(&run.sdk, &resources());
    let ledger = imports_table.ledger();
    let (mut imports, mut counters) = (Vec::new(), Vec::new());
    let (mut reports, mut all_results) = (Vec::new(), Vec::new());
    for number in 0..case.imports.len() {
        let id = *run.log.ids.get(&number).with_context(|| format!("t{number} was never launched"))?;
        let import = imports_table.get(id).await?.context("an import is gone")?;
        let mut counted = import.counters.clone();
        for page in ledger.pages(id).await?.iter().filter(|page| !import.folded.contains(&page.number)) {
            counted.add(&page.counters);
        }
        if import.state == State::Completed {
            ensure!(counted.rows() == import.rows, "t{number} has {} rows and counted {}", import.rows, counted.rows());
        }
        reports.push(report(run, &import)?);
        all_results.push(results(run, &import, &counted).with_context(|| format!("the results of t{number}"))?);
        imports.push(import);
        counters.push(counted);
    }
    let customers = customers(case, run).await?;
    Ok(Found { imports, counters, reports, results: all_results, customers })
}

/// The rows of a report, which must be in file order.
fn report(run: &FinishedRun, import: &Import) -> anyhow::Result<BTreeMap<u64, String>> {
    let Some(key) = &import.report else { return Ok(BTreeMap::new()) };
    let bytes = run.world.objects().get(key).context("the report is gone")?;
    let bytes = bytes.strip_prefix(b"\xEF\xBB\xBF").context("the report has no byte order mark")?;
    let mut reader = csv::Reader::from_reader(bytes);
    let header = reader.headers()?.clone();
    let column = |name: &str| header.iter().position(|found| found == name).context("a column of the report");
    let (row, code) = (column("_row")?, column("_code")?);
    let mut rows = BTreeMap::new();
    let mut previous = 0;
    for record in reader.records() {
        let record = record?;
        let number: u64 = record[row].parse()?;
        ensure!(number > previous, "row {number} comes after row {previous} in the report");
        previous = number;
        rows.insert(number, record[code].to_owned());
    }
    Ok(rows)
}

/// The results of an import, which must have every row once and in file order, and agree with the counters.
fn results(run: &FinishedRun, import: &Import, counted: &Counters) -> anyhow::Result<Option<Vec<FoundResult>>> {
    let Some(key) = &import.results else { return Ok(None) };
    let bytes = run.world.objects().get(key).context("they are gone")?;
    let mut reader = csv::Reader::from_reader(&bytes[..]);
    ensure!(reader.headers()? == vec!["_row", "_line", "_outcome", "_customer_id"]);
    let mut outcomes: BTreeMap<String, u64> = BTreeMap::new();
    let mut found = Vec::new();
    for (number, record) in (1..).zip(reader.records()) {
        let record = record?;
        ensure!(record[0].parse() == Ok(number), "row {} comes in place of row {number}", &record[0]);
        let outcome = record[2].to_owned();
        // The line of a row that was left out is nowhere.
        ensure!(!record[1].is_empty() || outcome == "unprocessed", "row {number} has no line");
        let customer = if record[3].is_empty() { None } else { Some(record[3].parse()?) };
        *outcomes.entry(outcome.clone()).or_default() += 1;
        found.push(FoundResult { outcome, customer });
    }
    ensure!(found.len() as u64 == import.rows, "there are {} of {} rows", found.len(), import.rows);
    let unprocessed = counted.unprocessed + (import.rows - counted.rows());
    for (outcome, count) in [
        ("created", counted.created),
        ("updated", counted.updated),
        ("unchanged", counted.unchanged),
        ("rejected", counted.rejected),
        ("unprocessed", unprocessed),
    ] {
        let found = outcomes.remove(outcome).unwrap_or(0);
        ensure!(found == count, "{found} rows are {outcome}, and {count} are counted");
    }
    ensure!(outcomes.is_empty(), "there are rows that are {outcomes:?}");
    Ok(Some(found))
}

/// The customers. What a customer lists must be claimed for it, its segments must list it, and every feed needs a
/// customer. Where nothing was given up, every claim must be listed too, and so must every member of a segment.
async fn customers(case: &Case, run: &FinishedRun) -> anyhow::Result<BTreeMap<String, Customer>> {
    let client = aws_sdk_dynamodb::Client::new(&run.sdk);
    let (ids, mut feeds) = profiles_and_feeds(run, &client).await?;
    let segments = Segments::new(&run.sdk, &resources());
    let stored = StoredCustomers::new(&run.sdk, &resources()).read(ids.clone()).await?;
    let claims = claims(&client).await?;
    ensure!(stored.len() == ids.len(), "some of {ids:?} are still marked as being erased");
    if gives_nothing_up(case) {
        all_claims_are_listed(&claims, &stored)?;
        all_members_exist(&client, &stored).await?;
    }
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
            let members = segments.listed(&segment.value, 1_000, None).await?;
            ensure!(members.contains(&customer.id), "{} is in a segment that does not list it", customer.id);
        }
        let customer = as_in_model(customer, feeds.remove(&customer.id).unwrap_or_default());
        let identity = identity(&customer.identifiers);
        ensure!(found.insert(identity.clone(), customer).is_none(), "two customers are {identity}");
    }
    ensure!(feeds.is_empty(), "there are feeds without a customer: {:?}", feeds.keys());
    Ok(found)
}

/// Whether every row of the case is applied or rejected, however many workers die.
const fn gives_nothing_up(case: &Case) -> bool {
    match case.story {
        Story::One
        | Story::Sequence
        | Story::SideBySide
        | Story::Forecast
        | Story::Launched
        | Story::Inbox
        | Story::Erased
        | Story::Undone
        | Story::UndoneAmid => true,
        Story::Cancelled
        | Story::Overwritten
        | Story::Poison
        | Story::Retried
        | Story::FailingRow
        | Story::FailingRowRetried
        | Story::BadEnd(_) => false,
    }
}

fn all_claims_are_listed(claims: &BTreeMap<String, String>, stored: &[customer::Customer]) -> anyhow::Result<()> {
    let listed = stored.iter().flat_map(|customer| {
        let identifiers = customer.identifiers.values().filter_map(|stamped| stamped.value.as_ref());
        identifiers.map(|identifier| (identifier.key(), customer.id.to_string()))
    });
    let listed: BTreeSet<(String, String)> = listed.collect();
    for (key, id) in claims {
        ensure!(listed.contains(&(key.clone(), id.clone())), "{key} is claimed for {id}, who does not list it");
    }
    Ok(())
}

async fn all_members_exist(client: &aws_sdk_dynamodb::Client, stored: &[customer::Customer]) -> anyhow::Result<()> {
    let ids: BTreeSet<String> = stored.iter().map(|customer| customer.id.to_string()).collect();
    let mut items = client.scan().table_name(resources().segments_table).into_paginator().items().send();
    while let Some(item) = items.next().await {
        let item = item?;
        let sort_key = item.get("sk").and_then(|value| value.as_s().ok()).cloned().unwrap_or_default();
        if let Some(id) = sort_key.strip_prefix("member#") {
            ensure!(ids.contains(id), "a segment lists {id}, who does not exist");
        }
    }
    Ok(())
}

type Feed = BTreeSet<(usize, u64, String)>;

async fn profiles_and_feeds(
    run: &FinishedRun,
    client: &aws_sdk_dynamodb::Client,
) -> anyhow::Result<(BTreeSet<CustomerId>, BTreeMap<CustomerId, Feed>)> {
    let text = |value: Option<&AttributeValue>| value.and_then(|value| value.as_s().ok()).cloned().unwrap_or_default();
    let mut items = client.scan().table_name(resources().customers_table).into_paginator().items().send();
    let mut ids = BTreeSet::new();
    let mut feeds: BTreeMap<CustomerId, Feed> = BTreeMap::new();
    while let Some(item) = items.next().await {
        let item = item?;
        let (id, sort_key) = (text(item.get("pk")).parse()?, text(item.get("sk")));
        if sort_key == "profile" {
            ids.insert(id);
            continue;
        }
        // activity#TIME#IMPORT#ROW
        let fields: Vec<&str> = sort_key.split('#').collect();
        let number = run.log.ids.iter().find(|(_, import)| fields.get(2) == Some(&import.to_string().as_str()));
        let number = *number.context("an activity of no import")?.0;
        feeds.entry(id).or_default().insert((number, fields[3].parse()?, text(item.get("n"))));
    }
    Ok((ids, feeds))
}

/// The ids of the customers that hold identifiers, by identifier key.
async fn claims(client: &aws_sdk_dynamodb::Client) -> anyhow::Result<BTreeMap<String, String>> {
    let mut items = client.scan().table_name(resources().identities_table).into_paginator().items().send();
    let mut claims = BTreeMap::new();
    while let Some(item) = items.next().await {
        let item = item?;
        let text = |name: &str| item.get(name).and_then(|value| value.as_s().ok()).cloned().unwrap_or_default();
        // What is suppressed, and the key of that, is in the same table and claims nothing.
        if item.contains_key("c") {
            claims.insert(text("pk"), text("c"));
        }
    }
    Ok(claims)
}

/// A stored customer in the form of the model's.
fn as_in_model(customer: &customer::Customer, feed: Feed) -> Customer {
    let identifiers = customer.identifiers.iter().filter_map(|(slot, stamped)| {
        let identifier = stamped.value.as_ref()?;
        Some((slot.to_string(), identifier.value().to_owned()))
    });
    let attributes =
        customer.attributes.iter().filter_map(|(name, stamped)| Some((name.clone(), stamped.value.clone()?)));
    Customer {
        identifiers: identifiers.collect(),
        attributes: attributes.collect(),
        segments: customer.segments.values().map(|segment| names(&segment.value)).collect(),
        feed,
    }
}

/// The group and the name of a segment.
fn names(id: &SegmentId) -> (String, String) {
    match SEGMENTS.into_iter().find(|(group, name)| Segment::new(group, name).id() == *id) {
        Some((group, name)) => (group.to_owned(), name.to_owned()),
        None => (id.as_str().to_owned(), "unknown".to_owned()),
    }
}

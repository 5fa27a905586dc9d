//! Intents: what an attempt at a batch decided, noted before it writes, so that a retry decides the same.
//!
//! None of the problems is left out, because a retry reads from them which identifiers were taken. Each text is written
//! once, and with it the rows and cells that have it. So an item of the largest batch stays far below 400 KB: its cells
//! have 56 KiB in all, and a text quotes little of them.

use std::collections::{BTreeSet, HashMap};
use std::ops::Range;

use aws_sdk_dynamodb::primitives::Blob;
use aws_sdk_dynamodb::types::{AttributeValue, ReturnConsumedCapacity};
use domain::codes::{Outcome, RowCode, Severity};
use domain::customer::{CustomerId, Provenance};
use domain::decide::{Fate, fates_without};
use domain::imports::{Foretold, ImportId};
use domain::problems::RowProblem;
use futures::{StreamExt, TryStreamExt, stream};
use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use super::table::Table;
use crate::dynamo::{Item, number, put_if, read_number, read_numbers, read_text, text};
use crate::error::{StoreError, refused};
use crate::written::Written;

/// Days that an intent is kept: longer than a message can live in a queue, which is 14 days.
const KEPT_DAYS: i64 = 15;

/// Partitions that are asked at the same time for the intents of many batches.
const QUERIES_AT_ONCE: usize = 8;

/// What attempts at batches decided.
#[derive(Debug, Clone)]
pub struct Intents {
    table: Table,
}

/// What an attempt at a batch decided.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Intent {
    /// Raised each time it is amended, from 1.
    pub revision: u32,
    /// A fate for each row that was decided.
    pub fates: Vec<Option<Fate>>,
    /// The rows, by their place in the batch, that were given up. Their fates say what earlier attempts decided, unless
    /// they were to create a customer.
    pub given_up: BTreeSet<u32>,
}

impl Intent {
    /// The intent that follows another one of a batch with so many rows, or is its first, when these rows are given up.
    #[must_use]
    pub fn giving_up(before: Option<Self>, rows: usize, given_up: BTreeSet<u32>) -> Self {
        let (revision, fates) = before.map_or((0, vec![None; rows]), |intent| (intent.revision, intent.fates));
        Self { revision: revision + 1, fates: fates_without(fates, &given_up), given_up }
    }

    /// Whether a row of the batch is about this customer.
    pub fn decides_on(&self, customer: CustomerId) -> bool {
        self.fates.iter().flatten().any(|fate| fate.customer == Some(customer))
    }
}

/// The letter of a row that no attempt has decided yet.
const UNDECIDED: char = '-';

/// The problems of a batch as they are stored.
#[derive(Debug, Deserialize, Serialize)]
#[serde(untagged)]
enum StoredProblems {
    /// Problems with the same text in neighbouring places, written as one.
    Grouped {
        /// Every text once.
        texts: Vec<String>,
        /// The problems, in the order of rows.
        groups: Vec<Group>,
    },
    /// Each with its row's place in the batch, as version 0.1.0 wrote them.
    Each(Vec<(usize, RowProblem)>),
}

/// Problems of one row that differ only in their cells.
#[derive(Debug, Deserialize, Serialize)]
struct Group {
    /// The row's place in the batch.
    #[serde(rename = "r")]
    row: usize,
    #[serde(rename = "s")]
    severity: Severity,
    #[serde(rename = "c")]
    code: RowCode,
    /// The place of the text.
    #[serde(rename = "t")]
    text: usize,
    /// A cell for each problem.
    #[serde(rename = "p")]
    cells: Vec<Option<u16>>,
}

impl StoredProblems {
    fn of(fates: &[Option<Fate>]) -> Self {
        let mut texts: Vec<String> = Vec::new();
        let mut places: HashMap<&str, usize> = HashMap::new();
        let mut groups: Vec<Group> = Vec::new();
        let all = fates.iter().enumerate().flat_map(|(row, fate)| {
            fate.iter().flat_map(move |fate| fate.problems.iter().map(move |problem| (row, problem)))
        });
        for (row, RowProblem { severity, code, cell, message }) in all {
            let text = *places.entry(message).or_insert_with(|| {
                texts.push(message.clone());
                texts.len() - 1
            });
            match groups.last_mut() {
                Some(last) if (last.row, last.severity, last.code, last.text) == (row, *severity, *code, text) => {
                    last.cells.push(*cell);
                }
                _ => groups.push(Group { row, severity: *severity, code: *code, text, cells: vec![*cell] }),
            }
        }
        Self::Grouped { texts, groups }
    }

    /// Gives each problem to its row; none if there is no such row or text.
    fn give_to(self, fates: &mut [Option<Fate>]) -> Option<()> {
        let (texts, groups) = match self {
            Self::Grouped { texts, groups } => (texts, groups),
            Self::Each(problems) => {
                for (row, problem) in problems {
                    fates.get_mut(row)?.as_mut()?.problems.push(problem);
                }
                return Some(());
            }
        };
        for Group { row, severity, code, text, cells } in groups {
            let (fate, text) = (fates.get_mut(row)?.as_mut()?, texts.get(text)?);
            let problem = |cell| RowProblem { severity, code, cell, message: text.clone() };
            fate.problems.extend(cells.into_iter().map(problem));
        }
        Some(())
    }
}

/// Partitions that the intents of an import are spread over. A partition takes 1,000 write units a second, and an intent
/// of 200 customers that existed before takes 4.
/// <https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/bp-partition-key-design.html>
const SHARDS: u32 = 16;

/// The partition of the batches whose numbers leave this rest when they are divided by [`SHARDS`].
fn partition(id: ImportId, shard: u32) -> String {
    format!("{id}#{shard:x}")
}

fn sort_key(batch: u32) -> String {
    format!("batch#{batch:08}")
}

fn key(id: ImportId, batch: u32) -> (String, String) {
    (partition(id, batch % SHARDS), sort_key(batch))
}

impl Intents {
    pub(super) const fn new(table: Table) -> Self {
        Self { table }
    }

    /// The intent of a batch, if an attempt came that far.
    ///
    /// # Errors
    /// When the table cannot be read.
    pub async fn get(&self, id: ImportId, batch: u32, rows: &[u64]) -> Result<Option<Intent>, StoreError> {
        let (partition, sort) = key(id, batch);
        self.table.get(&partition, &sort).await?.map(|item| read(&item, id, rows)).transpose()
    }

    /// The batches of a range of numbers that have an intent.
    ///
    /// # Errors
    /// When the table cannot be read.
    pub async fn noted(&self, id: ImportId, batches: Range<u32>) -> Result<BTreeSet<u32>, StoreError> {
        let Some(last) = batches.end.checked_sub(1).filter(|last| *last >= batches.start) else {
            return Ok(BTreeSet::new());
        };
        let of_shards: Vec<BTreeSet<u32>> = stream::iter(0..SHARDS)
            .map(|shard| self.noted_in(partition(id, shard), batches.start, last))
            .buffer_unordered(QUERIES_AT_ONCE)
            .try_collect()
            .await?;
        Ok(of_shards.into_iter().flatten().collect())
    }

    async fn noted_in(&self, partition: String, first: u32, last: u32) -> Result<BTreeSet<u32>, StoreError> {
        let mut noted = BTreeSet::new();
        let mut start = None;
        loop {
            let answer = self
                .table
                .client
                .query()
                .table_name(&self.table.name)
                .key_condition_expression("pk = :id AND sk BETWEEN :first AND :last")
                .expression_attribute_values(":id", text(&partition))
                .expression_attribute_values(":first", text(sort_key(first)))
                .expression_attribute_values(":last", text(sort_key(last)))
                .projection_expression("sk")
                .consistent_read(true)
                .set_exclusive_start_key(start)
                .return_consumed_capacity(ReturnConsumedCapacity::Total)
                .send()
                .await
                .map_err(refused("Query"))?;
            let batch = |item: &Item| read_text(item, "sk")?.strip_prefix("batch#")?.parse::<u32>().ok();
            noted.extend(answer.items.iter().flatten().filter_map(batch));
            start = answer.last_evaluated_key;
            if start.is_none() {
                return Ok(noted);
            }
        }
    }

    /// Notes an intent: as the first of its batch, or in place of the revision before it. `Superseded` if another
    /// attempt was quicker.
    ///
    /// # Errors
    /// When the table cannot be written.
    pub async fn note(
        &self,
        id: ImportId,
        batch: u32,
        rows: &[u64],
        intent: &Intent,
        now: Timestamp,
    ) -> Result<Written, StoreError> {
        let (partition, sort) = key(id, batch);
        let mut item = Table::key(&partition, &sort);
        item.extend(write(intent, id, rows)?);
        item.insert("expires".to_owned(), number(now.as_second() + KEPT_DAYS * 86_400));
        let put = self
            .table
            .client
            .put_item()
            .table_name(&self.table.name)
            .set_item(Some(item))
            .return_consumed_capacity(ReturnConsumedCapacity::Total);
        let put = if intent.revision == 1 {
            put.condition_expression("attribute_not_exists(pk)")
        } else {
            put.condition_expression("revision = :before")
                .expression_attribute_values(":before", number(intent.revision - 1))
        };
        put_if(put).await
    }
}

/// An intent as attributes: a letter a row, then the customers of those rows that did not create the customer of their
/// own number, then the problems.
fn write(intent: &Intent, import: ImportId, rows: &[u64]) -> Result<Item, StoreError> {
    let mut letters = String::with_capacity(intent.fates.len());
    let mut customers = Vec::new();
    for (fate, row) in intent.fates.iter().zip(rows) {
        let Some(fate) = fate else {
            letters.push(UNDECIDED);
            continue;
        };
        let own = CustomerId::created_by(Provenance { import, row: *row });
        match fate.customer {
            Some(customer) if fate.outcome == Outcome::Created && customer == own => letters.push('c'),
            Some(customer) => {
                let letter = fate.outcome.letter();
                letters.push(if letter == 'c' { 'C' } else { letter });
                customers.extend_from_slice(&customer.to_bytes());
            }
            None => letters.push(fate.outcome.letter()),
        }
    }
    let mut item = Item::from([
        ("revision".to_owned(), number(intent.revision)),
        ("fates".to_owned(), text(letters)),
        ("customers".to_owned(), AttributeValue::B(Blob::new(customers))),
    ]);
    if !intent.given_up.is_empty() {
        let rows = intent.given_up.iter().map(ToString::to_string).collect();
        item.insert("given_up".to_owned(), AttributeValue::Ns(rows));
    }
    let fates = (0_u32..).zip(&intent.fates).filter_map(|(row, fate)| Some((row, &fate.as_ref()?.foretold)));
    let foretold: Vec<(u32, &Foretold)> = fates.filter(|(_, foretold)| !foretold.is_empty()).collect();
    if !foretold.is_empty() {
        // They are numbers, so they always have this form.
        let bytes = postcard::to_allocvec(&foretold).unwrap_or_default();
        item.insert("foretold".to_owned(), AttributeValue::B(Blob::new(bytes)));
    }
    if intent.fates.iter().flatten().any(|fate| !fate.problems.is_empty()) {
        let problems = StoredProblems::of(&intent.fates);
        let json = serde_json::to_string(&problems).map_err(|error| StoreError::malformed("intent", error))?;
        item.insert("problems".to_owned(), text(json));
    }
    Ok(item)
}

fn read(item: &Item, import: ImportId, rows: &[u64]) -> Result<Intent, StoreError> {
    let malformed = |why: &str| StoreError::malformed("intent", why);
    let letters = read_text(item, "fates").ok_or_else(|| malformed("fates"))?;
    let customers = item.get("customers").and_then(|blob| blob.as_b().ok()).ok_or_else(|| malformed("customers"))?;
    let mut customers = customers.as_ref().chunks_exact(16);
    let mut next = || {
        let bytes = customers.next().and_then(|bytes| bytes.try_into().ok());
        bytes.map(CustomerId::from_bytes).ok_or_else(|| malformed("customers"))
    };
    let mut fates = Vec::with_capacity(rows.len());
    for (letter, row) in letters.chars().zip(rows) {
        if letter == UNDECIDED {
            fates.push(None);
            continue;
        }
        let outcome = Outcome::from_letter(letter.to_ascii_lowercase()).ok_or_else(|| malformed("fates"))?;
        let customer = match letter {
            'c' => Some(CustomerId::created_by(Provenance { import, row: *row })),
            _ if outcome.is_applied() => Some(next()?),
            _ => None,
        };
        fates.push(Some(Fate::new(outcome, customer, Vec::new())));
    }
    if fates.len() != rows.len() {
        return Err(malformed("another number of rows"));
    }
    if let Some(json) = read_text(item, "problems") {
        let problems: StoredProblems = serde_json::from_str(json).map_err(|_| malformed("problems"))?;
        problems.give_to(&mut fates).ok_or_else(|| malformed("problems"))?;
    }
    if let Some(foretold) = item.get("foretold").and_then(|blob| blob.as_b().ok()) {
        let foretold: Vec<(u32, Foretold)> =
            postcard::from_bytes(foretold.as_ref()).map_err(|_| malformed("foretold"))?;
        for (row, foretold) in foretold {
            let fate = fates.get_mut(row as usize).and_then(Option::as_mut);
            fate.ok_or_else(|| malformed("foretold"))?.foretold = foretold;
        }
    }
    let revision = read_number(item, "revision").and_then(|revision| u32::try_from(revision).ok());
    let given_up = read_numbers(item, "given_up");
    Ok(Intent { revision: revision.ok_or_else(|| malformed("revision"))?, fates, given_up })
}

#[cfg(test)]
mod tests {
    use std::collections::{BTreeMap, BTreeSet};

    use domain::columns::{ColumnId, Layout};
    use domain::decide::{Claim, Row, Stored, Terms, decide};
    use domain::imports::{CatalogueAtLaunch, ImportRequest, read_options, row_rules};
    use domain::plan::{MAX_ROWS, MAX_TEXT, Planner};
    use domain::row::parse_row;

    use super::*;
    use crate::item_size::item_size;

    fn problem(cell: Option<u16>, message: &str) -> RowProblem {
        RowProblem { severity: Severity::Error, code: RowCode::CustomerExists, cell, message: message.to_owned() }
    }

    fn intent(import: ImportId) -> Intent {
        let own = CustomerId::created_by(Provenance { import, row: 1 });
        let other = CustomerId::from_bytes([9; 16]);
        let fate = |outcome, customer, problems| Some(Fate::new(outcome, customer, problems));
        let foretold = Foretold { cells: [0, 7].into(), identifiers: 2, joins: true, leaves: false };
        Intent {
            revision: 2,
            given_up: [0, 4].into(),
            fates: vec![
                fate(Outcome::Created, Some(own), vec![]),
                fate(
                    Outcome::Rejected,
                    None,
                    vec![
                        problem(Some(3), "It is."),
                        problem(None, "It is."),
                        problem(Some(1), "No."),
                        problem(Some(2), "It is."),
                    ],
                ),
                fate(Outcome::Created, Some(other), vec![problem(Some(2), "It is.")])
                    .map(|fate| Fate { foretold, ..fate }),
                fate(Outcome::Unchanged, Some(own), vec![]),
                None,
            ],
        }
    }

    #[test]
    fn an_intent_survives_its_item() {
        let import = ImportId::from_bytes([3; 16]);
        let rows = [1, 2, 5, 9, 10];
        let intent = intent(import);
        let item = write(&intent, import, &rows).unwrap();
        assert_eq!(read(&item, import, &rows).unwrap(), intent);
        let json = read_text(&item, "problems").unwrap();
        assert_eq!(json.matches("It is.").count(), 1, "each text is written once: {json}");
    }

    #[test]
    fn an_intent_of_version_0_1_0_is_read() {
        let import = ImportId::from_bytes([3; 16]);
        let rows = [1, 2, 5, 9, 10];
        let intent = intent(import);
        let mut item = write(&intent, import, &rows).unwrap();
        let each: Vec<(usize, &RowProblem)> = intent
            .fates
            .iter()
            .enumerate()
            .flat_map(|(at, fate)| fate.iter().flat_map(move |fate| fate.problems.iter().map(move |one| (at, one))))
            .collect();
        item.insert("problems".to_owned(), text(serde_json::to_string(&each).unwrap()));
        assert_eq!(read(&item, import, &rows).unwrap(), intent);
    }

    /// Decides a full batch of such rows, each with cells until the batch's text is full, and gives the item's size and
    /// how many problems there were. Every identifier of the rows belongs to a customer of its own.
    fn size_of_batch(columns: &[ColumnId], settings: &str, cells: &dyn Fn(usize, usize) -> String) -> (usize, usize) {
        let request = format!(r#"{{"file":{{"name":"a"}},"on_conflict":"reject"{settings}}}"#);
        let request = ImportRequest::parse(request.as_bytes()).unwrap();
        let (import, catalogue) = (ImportId::from_bytes([3; 16]), CatalogueAtLaunch::default());
        let file = b"email\na@b.de\n";
        let mut planner = Planner::new(read_options(&request, &catalogue, import.launched(), 13));
        planner.push(file);
        let (checked, _) = planner.finish(|_| String::new()).unwrap();
        let header = columns.iter().map(ToString::to_string).collect();
        let known = columns.iter().cloned().map(Some).collect();
        let layout = Layout { header, columns: known, writes: Default::default() };
        let rules = row_rules(&request, import.launched(), &checked);
        let terms = Terms { layout: layout.clone(), ..Terms::new(import, &request, &catalogue, &checked) };
        let room = MAX_TEXT / MAX_ROWS as usize;
        let rows: Vec<Row> = (0..MAX_ROWS as usize)
            .map(|row| {
                let mut left = room - columns.len().min(room);
                let cells: Vec<String> = (0..columns.len())
                    .map(|column| {
                        let cell = cells(row, column);
                        let taken = if cell.len() <= left { cell } else { String::new() };
                        left -= taken.len();
                        taken
                    })
                    .collect();
                let cells: Vec<&str> = cells.iter().map(String::as_str).collect();
                Row { number: row as u64 + 1, parsed: parse_row(&layout, &rules, &cells) }
            })
            .collect();
        let mut stored = Stored::default();
        let keys: BTreeSet<String> = rows
            .iter()
            .filter_map(|row| row.parsed.as_ref().ok())
            .flat_map(|parsed| parsed.given_identifiers().map(domain::row::Identifier::key).collect::<Vec<_>>())
            .collect();
        for (holder, key) in (1..).zip(keys) {
            let by = Provenance { import: ImportId::from_bytes([1; 16]), row: holder };
            let mut customer = domain::customer::Customer::new(CustomerId::created_by(by), by);
            customer.version = 1;
            let identifier = domain::row::Identifier::from_key(&key).unwrap();
            let held = domain::customer::Stamped { value: Some(identifier.clone()), by };
            customer.identifiers.insert(identifier.slot(), held);
            stored.claims.insert(key, Claim { customer: customer.id, by, is_shared: false });
            stored.customers.insert(customer.id, customer);
        }
        let fates: Vec<Option<Fate>> = decide(&rows, stored, &terms, &[]).fates.into_iter().map(Some).collect();
        let problems = fates.iter().flatten().map(|fate| fate.problems.len()).sum();
        let numbers: Vec<u64> = rows.iter().map(|row| row.number).collect();
        let given_up = (0..MAX_ROWS).collect();
        let item = write(&Intent { revision: u32::MAX, fates: fates.clone(), given_up }, import, &numbers).unwrap();
        assert_eq!(read(&item, import, &numbers).unwrap().fates, fates);
        (item_size(&item), problems)
    }

    #[test]
    fn the_worst_batches_have_an_item_far_below_its_limit() {
        let systems: Vec<ColumnId> = (0..1_000).map(|at| ColumnId::ExternalId(Some(format!("s{at}")))).collect();
        let names =
            [ColumnId::Email, ColumnId::ApiEndpoint, ColumnId::Touchpoint, ColumnId::Segment, ColumnId::SourceAction];
        let name = |length: usize| "\\".repeat(length);
        let segment = format!(
            r#","settings":{{"segment":{{"group":"{0}","name":"{0}","create":false}},"source_action":{{"name":"a","create":false}}}}"#,
            "😀".repeat(200)
        );
        let mut sizes = BTreeMap::new();
        for (worst, (bytes, problems)) in [
            (
                "taken identifiers",
                size_of_batch(&systems[..140], "", &|row, column| {
                    char::from_u32(33 + (row * 7 + column) as u32 % 90).unwrap().to_string()
                }),
            ),
            (
                "unknown names",
                size_of_batch(&names, &segment, &|row, column| match column {
                    0 => format!("{row}@b.de"),
                    _ => format!("{row}{column}{}", name(60)),
                }),
            ),
            (
                "a segment of the settings",
                size_of_batch(&names, &segment, &|row, column| match column {
                    0 => format!("{row}@b.de"),
                    3 => String::new(),
                    _ => format!("{row}{column}{}", name(80)),
                }),
            ),
        ] {
            println!("{worst}: {problems} problems in {bytes} bytes");
            assert!(problems >= 600, "{worst}: {problems}");
            assert!(bytes < 300_000, "{worst}: {bytes} bytes");
            sizes.insert(worst, bytes);
        }
        assert!(sizes.values().any(|bytes| *bytes > 100_000), "the batches are large ones: {sizes:?}");
    }
}

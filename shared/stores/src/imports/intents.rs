//! Intents: what an attempt at a batch decided, noted before it writes, so that a retry decides the same.

use std::collections::BTreeSet;
use std::ops::Range;

use aws_sdk_dynamodb::primitives::Blob;
use aws_sdk_dynamodb::types::{AttributeValue, ReturnConsumedCapacity};
use domain::codes::Outcome;
use domain::customer::{CustomerId, Provenance};
use domain::decide::Fate;
use domain::imports::ImportId;
use domain::problems::RowProblem;
use jiff::Timestamp;

use super::table::Table;
use crate::dynamo::{Item, number, read_number, read_numbers, read_text, text};
use crate::error::{StoreError, refused};
use crate::written::Written;

/// Days that an intent is kept: longer than a message can live in a queue, which is 14 days.
const KEPT_DAYS: i64 = 15;

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
    /// The rows, by their place in the batch, that were given up. Their fates say what earlier attempts decided.
    pub given_up: BTreeSet<u32>,
}

/// The letter of a row that no attempt has decided yet.
const UNDECIDED: char = '-';

fn sort_key(batch: u32) -> String {
    format!("batch#{batch:08}")
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
        self.table.get(&id.to_string(), &sort_key(batch)).await?.map(|item| read(&item, id, rows)).transpose()
    }

    /// The batches of a range of numbers that have an intent.
    ///
    /// # Errors
    /// When the table cannot be read.
    pub async fn noted(&self, id: ImportId, batches: Range<u32>) -> Result<BTreeSet<u32>, StoreError> {
        let Some(last) = batches.end.checked_sub(1).filter(|last| *last >= batches.start) else {
            return Ok(BTreeSet::new());
        };
        let mut noted = BTreeSet::new();
        let mut start = None;
        loop {
            let answer = self
                .table
                .client
                .query()
                .table_name(&self.table.name)
                .key_condition_expression("pk = :id AND sk BETWEEN :first AND :last")
                .expression_attribute_values(":id", text(id.to_string()))
                .expression_attribute_values(":first", text(sort_key(batches.start)))
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
        let mut item = Table::key(&id.to_string(), &sort_key(batch));
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
        match put.send().await {
            Ok(_) => Ok(Written::Done),
            Err(error)
                if error.as_service_error().is_some_and(|error| error.is_conditional_check_failed_exception()) =>
            {
                Ok(Written::Superseded)
            }
            Err(error) => Err(refused("PutItem")(error)),
        }
    }
}

/// An intent as attributes: a letter a row, then the customers of those rows that did not create the customer of their
/// own number, then the problems.
fn write(intent: &Intent, import: ImportId, rows: &[u64]) -> Result<Item, StoreError> {
    let mut letters = String::with_capacity(intent.fates.len());
    let mut customers = Vec::new();
    let mut problems: Vec<(usize, &RowProblem)> = Vec::new();
    for (index, (fate, row)) in intent.fates.iter().zip(rows).enumerate() {
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
        problems.extend(fate.problems.iter().map(|problem| (index, problem)));
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
    if !problems.is_empty() {
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
        fates.push(Some(Fate { outcome, customer, problems: Vec::new() }));
    }
    if fates.len() != rows.len() {
        return Err(malformed("another number of rows"));
    }
    if let Some(json) = read_text(item, "problems") {
        let problems: Vec<(usize, RowProblem)> = serde_json::from_str(json).map_err(|_| malformed("problems"))?;
        for (index, problem) in problems {
            let fate = fates.get_mut(index).and_then(Option::as_mut).ok_or_else(|| malformed("problems"))?;
            fate.problems.push(problem);
        }
    }
    let revision = read_number(item, "revision").and_then(|revision| u32::try_from(revision).ok());
    let given_up = read_numbers(item, "given_up");
    Ok(Intent { revision: revision.ok_or_else(|| malformed("revision"))?, fates, given_up })
}

#[cfg(test)]
mod tests {
    use domain::codes::{RowCode, Severity};

    use super::*;

    #[test]
    fn an_intent_survives_its_item() {
        let import = ImportId::from_bytes([3; 16]);
        let rows = [1, 2, 5, 9, 10];
        let own = CustomerId::created_by(Provenance { import, row: 1 });
        let other = CustomerId::from_bytes([9; 16]);
        let problem = RowProblem {
            severity: Severity::Error,
            code: RowCode::CustomerExists,
            cell: Some(3),
            message: "It is.".into(),
        };
        let fate = |outcome, customer, problems| Some(Fate { outcome, customer, problems });
        let intent = Intent {
            revision: 2,
            given_up: [0, 4].into(),
            fates: vec![
                fate(Outcome::Created, Some(own), vec![]),
                fate(Outcome::Rejected, None, vec![problem]),
                fate(Outcome::Created, Some(other), vec![]),
                fate(Outcome::Unchanged, Some(own), vec![]),
                None,
            ],
        };
        let item = write(&intent, import, &rows).unwrap();
        assert_eq!(read(&item, import, &rows).unwrap(), intent);
    }
}

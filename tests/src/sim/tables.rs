//! Tables in memory: `dynoxide` without its server, and batch calls that are only half done.

use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use dynoxide::Database;
use rand::Rng as _;
use rand::rngs::StdRng;
use serde_json::{Value as Json, json};
use stack::resources::{Key, Table};
use stack::table_operations::run;

use super::case::FailingRow;
use super::lag::Log;

pub(super) struct Tables {
    database: Database,
    definitions: Vec<Table>,
    /// What the copy that answers for lagging indexes has not done yet, and the copy, once an index lagged.
    lagging: Mutex<(Log, Option<Database>)>,
}

impl std::fmt::Debug for Tables {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Tables")
    }
}

impl Tables {
    /// Tables with these definitions, empty.
    ///
    /// # Errors
    /// When one cannot be created.
    pub(super) fn new(definitions: &[Table]) -> anyhow::Result<Self> {
        let (database, definitions) = (Database::memory()?, definitions.to_vec());
        create_all(&database, &definitions)?;
        Ok(Self { database, definitions, lagging: Mutex::default() })
    }

    /// Answers a query of an index that lags so far behind its table. It never goes back behind an earlier answer.
    pub(super) fn query_lagging(&self, body: &str, lag: Duration) -> (u16, String) {
        let mut lagging = self.lagging.lock().unwrap_or_else(PoisonError::into_inner);
        let (log, copy) = &mut *lagging;
        let database = match copy {
            Some(database) => database,
            None => {
                let made = Database::memory().map_err(anyhow::Error::from);
                match made.and_then(|database| create_all(&database, &self.definitions).map(|()| database)) {
                    Ok(database) => copy.insert(database),
                    Err(error) => return (500, json!({ "message": error.to_string() }).to_string()),
                }
            }
        };
        while let Some(write) = log.next(lag) {
            run(database, &write.operation, &write.body);
        }
        run(database, "Query", body)
    }

    /// How often the table with indexes was written so far.
    pub(super) fn logged_writes(&self) -> u64 {
        self.lagging.lock().unwrap_or_else(PoisonError::into_inner).0.count
    }

    /// Refuses some of the statements of a batch, because they meet other writes, and runs the others.
    pub(super) fn statements_in_conflict(&self, body: &str, dice: &mut StdRng) -> (u16, String) {
        let Ok(request) = serde_json::from_str::<Json>(body) else { return self.run("BatchExecuteStatement", body) };
        let count = request["Statements"].as_array().map_or(0, Vec::len);
        let mut in_conflict: Vec<bool> = (0..count).map(|_| dice.random()).collect();
        if let Some(one) = (count > 0).then(|| dice.random_range(0..count)) {
            in_conflict[one] = true;
        }
        self.statements_but(request, "TransactionConflict", |index, _| in_conflict[index])
    }

    /// Refuses what writes the failing row: the whole call, or its statements alone.
    pub(super) fn refuse_statements(&self, operation: &str, body: &str, refuses_call: bool) -> (u16, String) {
        match serde_json::from_str::<Json>(body) {
            Ok(request) if operation == "BatchExecuteStatement" && !refuses_call => {
                self.statements_but(request, "ValidationError", |_, statement| {
                    statement.to_string().contains(FailingRow::MARKER)
                })
            }
            _ => {
                let error = "com.amazon.coral.validate#ValidationException";
                (400, json!({ "__type": error, "message": "simulated" }).to_string())
            }
        }
    }

    /// Answers a call. With `partly`, only the first half of a batch call is done, and the answer says so.
    pub(super) fn answer(&self, operation: &str, body: &str, partly: bool) -> (u16, String) {
        if !partly {
            return self.run(operation, body);
        }
        let Ok(mut request) = serde_json::from_str::<Json>(body) else { return self.run(operation, body) };
        let (left, path) = match operation {
            "BatchWriteItem" => (split_tables(&mut request, ""), "UnprocessedItems"),
            "BatchGetItem" => (split_tables(&mut request, "/Keys"), "UnprocessedKeys"),
            _ => {
                let half = request["Statements"].as_array().map_or(0, Vec::len) / 2;
                return self.statements_but(request, "ThrottlingError", |index, _| index >= half);
            }
        };
        let (status, answer) = self.run(operation, &request.to_string());
        let Ok(mut answer) = serde_json::from_str::<Json>(&answer) else { return (status, answer) };
        if status == 200 {
            answer[path] = left;
        }
        (status, answer.to_string())
    }

    /// Refuses some of the statements of a batch with an error, and runs the others.
    fn statements_but(
        &self,
        mut request: Json,
        code: &str,
        is_refused: impl Fn(usize, &Json) -> bool,
    ) -> (u16, String) {
        let Some(statements) = request["Statements"].as_array_mut() else { return (400, "{}".to_owned()) };
        let mut index = 0;
        let mut refused = Vec::with_capacity(statements.len());
        statements.retain(|statement| {
            refused.push(is_refused(index, statement));
            index += 1;
            !refused[index - 1]
        });
        let mut done = json!({ "Responses": [] });
        if !statements.is_empty() {
            let (status, answer) = self.run("BatchExecuteStatement", &request.to_string());
            match serde_json::from_str(&answer) {
                Ok(answer) if status == 200 => done = answer,
                _ => return (status, answer),
            }
        }
        let mut answers = done["Responses"].take().as_array().cloned().unwrap_or_default().into_iter();
        let error = json!({ "Error": { "Code": code, "Message": "simulated" } });
        let answers = refused.into_iter().map(|is_refused| match is_refused {
            true => error.clone(),
            false => answers.next().unwrap_or_default(),
        });
        done["Responses"] = answers.collect();
        (200, done.to_string())
    }

    fn run(&self, operation: &str, body: &str) -> (u16, String) {
        // Only the table of imports has indexes.
        if self.definitions.iter().any(|table| !table.indexes.is_empty() && body.contains(&table.name)) {
            self.lagging.lock().unwrap_or_else(PoisonError::into_inner).0.add(operation, body);
        }
        run(&self.database, operation, body)
    }
}

fn create_all(database: &Database, definitions: &[Table]) -> anyhow::Result<()> {
    for table in definitions {
        let (status, answer) = run(database, "CreateTable", &create(table).to_string());
        anyhow::ensure!(status == 200, "the table {}: {answer}", table.name);
    }
    Ok(())
}

/// Cuts a batch call down to the first half of each table's requests. Returns the others in the form in which the
/// answer lists unprocessed requests.
fn split_tables(request: &mut Json, path: &str) -> Json {
    let mut left = json!({});
    for (table, wanted) in request["RequestItems"].as_object_mut().into_iter().flatten() {
        let mut rest = wanted.clone();
        if let (Some(Json::Array(first)), Some(Json::Array(second))) =
            (wanted.pointer_mut(path), rest.pointer_mut(path))
        {
            // The service does at least one request: if it did none, it would answer with an error.
            let half = first.len().div_ceil(2);
            first.truncate(half);
            second.drain(..half);
            if !second.is_empty() {
                left[table] = rest;
            }
        }
    }
    left
}

fn create(table: &Table) -> Json {
    let schema = |key: &Key| {
        let mut schema = vec![json!({ "AttributeName": key.hash, "KeyType": "HASH" })];
        schema.extend(key.range.iter().map(|range| json!({ "AttributeName": range, "KeyType": "RANGE" })));
        schema
    };
    let keys = std::iter::once(&table.key).chain(table.indexes.iter().map(|index| &index.key));
    let mut names: Vec<&str> =
        keys.flat_map(|key| std::iter::once(key.hash.as_str()).chain(key.range.as_deref())).collect();
    names.sort_unstable();
    names.dedup();
    let attributes: Vec<Json> =
        names.into_iter().map(|name| json!({ "AttributeName": name, "AttributeType": "S" })).collect();
    let mut create = json!({
        "TableName": table.name,
        "BillingMode": "PAY_PER_REQUEST",
        "AttributeDefinitions": attributes,
        "KeySchema": schema(&table.key),
    });
    if !table.indexes.is_empty() {
        let indexes = table.indexes.iter().map(|index| {
            json!({ "IndexName": index.name, "KeySchema": schema(&index.key), "Projection": { "ProjectionType": "KEYS_ONLY" } })
        });
        create["GlobalSecondaryIndexes"] = indexes.collect();
    }
    create
}

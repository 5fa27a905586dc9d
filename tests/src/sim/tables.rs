//! Tables in memory: `dynoxide` without its server, and batch calls that are only half done.

use dynoxide::{Database, DynoxideError};
use serde_json::{Value as Json, json};
use stack::resources::{Key, Table};

pub(super) struct Tables(Database);

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
        let tables = Self(Database::memory()?);
        for table in definitions {
            let (status, answer) = tables.answer("CreateTable", &create(table).to_string(), false);
            anyhow::ensure!(status == 200, "the table {}: {answer}", table.name);
        }
        Ok(tables)
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
            _ => return self.statements_partly(request),
        };
        let (status, answer) = self.run(operation, &request.to_string());
        let Ok(mut answer) = serde_json::from_str::<Json>(&answer) else { return (status, answer) };
        if status == 200 {
            answer[path] = left;
        }
        (status, answer.to_string())
    }

    fn statements_partly(&self, mut request: Json) -> (u16, String) {
        let Some(statements) = request["Statements"].as_array_mut() else { return (400, "{}".to_owned()) };
        let left = statements.split_off(statements.len() / 2);
        let mut answers = json!({ "Responses": [] });
        if !statements.is_empty() {
            let (status, answer) = self.run("BatchExecuteStatement", &request.to_string());
            match serde_json::from_str(&answer) {
                Ok(done) if status == 200 => answers = done,
                _ => return (status, answer),
            }
        }
        if let Some(answers) = answers["Responses"].as_array_mut() {
            let throttled = json!({ "Error": { "Code": "ThrottlingError", "Message": "simulated" } });
            answers.extend(left.iter().map(|_| throttled.clone()));
        }
        (200, answers.to_string())
    }

    fn run(&self, operation: &str, body: &str) -> (u16, String) {
        macro_rules! call {
            ($method:ident) => {
                serde_json::from_str(body)
                    .map_err(|error| DynoxideError::ValidationException(error.to_string()))
                    .and_then(|request| self.0.$method(request))
                    .map(|answer| serde_json::to_string(&answer).unwrap_or_default())
            };
        }
        let answer = match operation {
            "CreateTable" => call!(create_table),
            "GetItem" => call!(get_item),
            "PutItem" => call!(put_item),
            "UpdateItem" => call!(update_item),
            "DeleteItem" => call!(delete_item),
            "Query" => call!(query),
            "Scan" => call!(scan),
            "BatchGetItem" => call!(batch_get_item),
            "BatchWriteItem" => call!(batch_write_item),
            "BatchExecuteStatement" => call!(batch_execute_statement),
            "TransactWriteItems" => call!(transact_write_items),
            other => Err(DynoxideError::ValidationException(format!("{other} is not simulated"))),
        };
        match answer {
            Ok(answer) => (200, answer),
            Err(error) => (error.status_code(), error.to_json()),
        }
    }
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

//! Calls on many items: what a service leaves undone is sent again, with pauses that double.

use std::time::Duration;

use aws_sdk_dynamodb::Client;
use aws_sdk_dynamodb::types::{
    AttributeValue, BatchStatementErrorCodeEnum, BatchStatementRequest, KeysAndAttributes, ReturnConsumedCapacity,
    WriteRequest,
};
use futures::{StreamExt, TryStreamExt, stream};

use super::item::{Item, text};
use crate::error::{StoreError, refused};
use crate::written::Written;

/// Statements of one `BatchExecuteStatement` and writes of one `BatchWriteItem`: the services' limit.
const WRITES_A_CALL: usize = 25;
/// Keys of one `BatchGetItem`: the service's limit.
const KEYS_A_CALL: usize = 100;
/// Calls under way at once; what a partition takes is less than what this asks for.
const CALLS_AT_ONCE: usize = 8;
/// Times that what a batch call left undone is sent again before it is an error; pauses double from 20 ms.
const ATTEMPTS: u32 = 8;

/// The items of a partition from a sort key on, as far as the part up to its `#` is the same.
pub(crate) async fn query_range(
    client: &Client,
    table: &str,
    pk: &str,
    from: &str,
    limit: Option<i32>,
) -> Result<Vec<Item>, StoreError> {
    let end = format!("{}~", from.split_inclusive('#').next().unwrap_or(from));
    let mut found = Vec::new();
    let mut start = None;
    loop {
        let answer = client
            .query()
            .table_name(table)
            .key_condition_expression("pk = :pk AND sk BETWEEN :from AND :end")
            .expression_attribute_values(":pk", text(pk))
            .expression_attribute_values(":from", text(from))
            .expression_attribute_values(":end", text(&end))
            .set_limit(limit)
            .set_exclusive_start_key(start)
            .return_consumed_capacity(ReturnConsumedCapacity::Total)
            .send()
            .await
            .map_err(refused("Query"))?;
        found.extend(answer.items.unwrap_or_default());
        start = answer.last_evaluated_key;
        if start.is_none() || limit.is_some() {
            return Ok(found);
        }
    }
}

/// Reads items by key, strongly consistent; those that do not exist are left out.
pub(crate) async fn get_all(client: &Client, table: &str, keys: Vec<Item>) -> Result<Vec<Item>, StoreError> {
    let found: Vec<Vec<Item>> = stream::iter(chunks(keys, KEYS_A_CALL))
        .map(|keys| get_chunk(client, table, keys))
        .buffer_unordered(CALLS_AT_ONCE)
        .try_collect()
        .await?;
    Ok(found.into_iter().flatten().collect())
}

async fn get_chunk(client: &Client, table: &str, mut keys: Vec<Item>) -> Result<Vec<Item>, StoreError> {
    let mut found = Vec::new();
    for attempt in 0..ATTEMPTS {
        let wanted = KeysAndAttributes::builder()
            .set_keys(Some(keys))
            .consistent_read(true)
            .build()
            .map_err(|error| StoreError::malformed("key", error))?;
        let answer = client
            .batch_get_item()
            .request_items(table, wanted)
            .return_consumed_capacity(ReturnConsumedCapacity::Total)
            .send()
            .await
            .map_err(refused("BatchGetItem"))?;
        found.extend(answer.responses.unwrap_or_default().remove(table).unwrap_or_default());
        keys = answer.unprocessed_keys.unwrap_or_default().remove(table).map(|left| left.keys).unwrap_or_default();
        if keys.is_empty() {
            return Ok(found);
        }
        pause(attempt).await;
    }
    Err(left_undone("BatchGetItem"))
}

/// Puts and deletes without conditions.
pub(crate) async fn write_all(client: &Client, table: &str, writes: Vec<WriteRequest>) -> Result<(), StoreError> {
    stream::iter(chunks(writes, WRITES_A_CALL))
        .map(Ok)
        .try_for_each_concurrent(CALLS_AT_ONCE, |writes| write_chunk(client, table, writes))
        .await
}

async fn write_chunk(client: &Client, table: &str, mut writes: Vec<WriteRequest>) -> Result<(), StoreError> {
    for attempt in 0..ATTEMPTS {
        let answer = client
            .batch_write_item()
            .request_items(table, writes)
            .return_consumed_capacity(ReturnConsumedCapacity::Total)
            .send()
            .await
            .map_err(refused("BatchWriteItem"))?;
        writes = answer.unprocessed_items.unwrap_or_default().remove(table).unwrap_or_default();
        if writes.is_empty() {
            return Ok(());
        }
        pause(attempt).await;
    }
    Err(left_undone("BatchWriteItem"))
}

/// A PartiQL statement and its parameters.
#[derive(Debug, Clone)]
pub(crate) struct Statement {
    pub(crate) text: String,
    pub(crate) parameters: Vec<AttributeValue>,
}

/// Runs conditional statements; says for each, in order, whether its condition held.
pub(crate) async fn execute_all(client: &Client, statements: Vec<Statement>) -> Result<Vec<Written>, StoreError> {
    let written: Vec<Vec<Written>> = stream::iter(chunks(statements, WRITES_A_CALL))
        .map(|statements| execute_chunk(client, statements))
        .buffered(CALLS_AT_ONCE)
        .try_collect()
        .await?;
    Ok(written.into_iter().flatten().collect())
}

async fn execute_chunk(client: &Client, statements: Vec<Statement>) -> Result<Vec<Written>, StoreError> {
    let mut written = vec![Written::Done; statements.len()];
    let mut left: Vec<(usize, Statement)> = statements.into_iter().enumerate().collect();
    for attempt in 0..ATTEMPTS {
        let requests = left
            .iter()
            .map(|(_, statement)| {
                BatchStatementRequest::builder()
                    .statement(&statement.text)
                    .set_parameters(Some(statement.parameters.clone()))
                    .build()
                    .map_err(|error| StoreError::malformed("statement", error))
            })
            .collect::<Result<Vec<_>, _>>()?;
        let answer = client
            .batch_execute_statement()
            .set_statements(Some(requests))
            .return_consumed_capacity(ReturnConsumedCapacity::Total)
            .send()
            .await
            .map_err(refused("BatchExecuteStatement"))?;
        let answers = answer.responses.unwrap_or_default();
        if answers.len() != left.len() {
            return Err(StoreError::malformed("answer", "BatchExecuteStatement answered another number of statements"));
        }
        let mut again = Vec::new();
        for ((index, statement), answer) in left.into_iter().zip(answers) {
            let Some(error) = answer.error else { continue };
            match error.code {
                Some(
                    BatchStatementErrorCodeEnum::DuplicateItem | BatchStatementErrorCodeEnum::ConditionalCheckFailed,
                ) => written[index] = Written::Superseded,
                Some(
                    BatchStatementErrorCodeEnum::ThrottlingError
                    | BatchStatementErrorCodeEnum::ProvisionedThroughputExceeded
                    | BatchStatementErrorCodeEnum::RequestLimitExceeded
                    | BatchStatementErrorCodeEnum::InternalServerError
                    | BatchStatementErrorCodeEnum::TransactionConflict,
                ) => again.push((index, statement)),
                code => {
                    return Err(StoreError::Refused {
                        call: "BatchExecuteStatement",
                        code: code.map_or_else(|| "unknown".to_owned(), |code| code.as_str().to_owned()),
                        message: error.message.unwrap_or_default(),
                    });
                }
            }
        }
        if again.is_empty() {
            return Ok(written);
        }
        left = again;
        pause(attempt).await;
    }
    Err(left_undone("BatchExecuteStatement"))
}

fn chunks<T>(mut items: Vec<T>, size: usize) -> Vec<Vec<T>> {
    let mut parts = Vec::with_capacity(items.len().div_ceil(size));
    while items.len() > size {
        let rest = items.split_off(size);
        parts.push(std::mem::replace(&mut items, rest));
    }
    if !items.is_empty() {
        parts.push(items);
    }
    parts
}

/// Waits before what is left is asked for again: the service asks for exponential backoff on unprocessed items.
async fn pause(attempt: u32) {
    figures::retry();
    tokio::time::sleep(Duration::from_millis(20 << attempt)).await;
}

fn left_undone(call: &'static str) -> StoreError {
    StoreError::Refused {
        call,
        code: "throttled".to_owned(),
        message: "the table's throughput was exceeded for too long".to_owned(),
    }
}

//! Calls on many items: what a service leaves undone is sent again, with pauses that double.
//!
//! A table says in three ways that it is asked for too much: it leaves items undone, it refuses single statements, or,
//! when nothing of a call gets through, it refuses the whole call. All three are handled alike.

use std::time::Duration;

use aws_sdk_dynamodb::Client;
use aws_sdk_dynamodb::error::SdkError;
use aws_sdk_dynamodb::types::{
    AttributeValue, BatchStatementErrorCodeEnum, BatchStatementRequest, KeysAndAttributes, ReturnConsumedCapacity,
    WriteRequest,
};
use aws_smithy_runtime_api::client::orchestrator::HttpResponse;
use aws_smithy_types::error::metadata::ProvideErrorMetadata;
use domain::pauses::Pauses;
use futures::{StreamExt, TryStreamExt, stream};

use super::item::{Item, text};
use crate::error::{Refusal, StoreError, refused};
use crate::written::Written;

/// Statements of one `BatchExecuteStatement` and writes of one `BatchWriteItem`: the services' limit.
const WRITES_A_CALL: usize = 25;
/// Keys of one `BatchGetItem`: the service's limit.
const KEYS_A_CALL: usize = 100;
/// Calls under way at once; what a partition takes is less than what this asks for.
const CALLS_AT_ONCE: usize = 8;
/// Times that a batch call is sent again although nothing of it gets through; the pauses add up to ten seconds at most.
/// A partition that is asked for too much has split or caught up by then, or the message comes again later.
const TRIES_WITHOUT_PROGRESS: u32 = 9;
const PAUSES: Pauses = Pauses { first: Duration::from_millis(50), longest: Duration::from_secs(2) };

/// The items of a partition whose sort keys begin so, in the order of their bytes; those after the sort key `after`, and
/// at most `limit`, if these are given. Strongly consistent: what was created just now is among them.
pub(crate) async fn query_prefix(
    client: &Client,
    table: &str,
    pk: &str,
    prefix: &str,
    after: Option<&str>,
    limit: Option<usize>,
) -> Result<Vec<Item>, StoreError> {
    let mut found = Vec::new();
    let mut start = after.map(|after| Item::from([("pk".to_owned(), text(pk)), ("sk".to_owned(), text(after))]));
    loop {
        let left = limit.map(|limit| i32::try_from(limit.saturating_sub(found.len())).unwrap_or(i32::MAX));
        let answer = client
            .query()
            .table_name(table)
            .key_condition_expression("pk = :pk AND begins_with(sk, :prefix)")
            .expression_attribute_values(":pk", text(pk))
            .expression_attribute_values(":prefix", text(prefix))
            .consistent_read(true)
            .set_limit(left)
            .set_exclusive_start_key(start)
            .return_consumed_capacity(ReturnConsumedCapacity::Total)
            .send()
            .await
            .map_err(refused("Query"))?;
        found.extend(answer.items.unwrap_or_default());
        start = answer.last_evaluated_key;
        if start.is_none() || limit.is_some_and(|limit| found.len() >= limit) {
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
    let mut tries = Tries::of("BatchGetItem", name(keys.first()), keys.len());
    loop {
        let wanted = KeysAndAttributes::builder()
            .set_keys(Some(keys.clone()))
            .consistent_read(true)
            .build()
            .map_err(|error| StoreError::malformed("key", error))?;
        let answer = client
            .batch_get_item()
            .request_items(table, wanted)
            .return_consumed_capacity(ReturnConsumedCapacity::Total)
            .send()
            .await;
        let Some(answer) = tries.answer(answer).await? else { continue };
        found.extend(answer.responses.unwrap_or_default().remove(table).unwrap_or_default());
        keys = answer.unprocessed_keys.unwrap_or_default().remove(table).map(|left| left.keys).unwrap_or_default();
        if keys.is_empty() {
            return Ok(found);
        }
        tries.again(keys.len(), left_undone("BatchGetItem")).await?;
    }
}

/// Puts and deletes without conditions.
pub(crate) async fn write_all(client: &Client, table: &str, writes: Vec<WriteRequest>) -> Result<(), StoreError> {
    stream::iter(chunks(writes, WRITES_A_CALL))
        .map(Ok)
        .try_for_each_concurrent(CALLS_AT_ONCE, |writes| write_chunk(client, table, writes))
        .await
}

async fn write_chunk(client: &Client, table: &str, mut writes: Vec<WriteRequest>) -> Result<(), StoreError> {
    let first = writes.first();
    let first = first.and_then(|write| {
        let put = write.put_request.as_ref().map(|put| &put.item);
        put.or_else(|| write.delete_request.as_ref().map(|delete| &delete.key))
    });
    let mut tries = Tries::of("BatchWriteItem", name(first), writes.len());
    loop {
        let answer = client
            .batch_write_item()
            .request_items(table, writes.clone())
            .return_consumed_capacity(ReturnConsumedCapacity::Total)
            .send()
            .await;
        let Some(answer) = tries.answer(answer).await? else { continue };
        writes = answer.unprocessed_items.unwrap_or_default().remove(table).unwrap_or_default();
        if writes.is_empty() {
            return Ok(());
        }
        tries.again(writes.len(), left_undone("BatchWriteItem")).await?;
    }
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
    let first = left.first().map(|(_, statement)| statement.parameters.iter().filter_map(scalar).collect::<String>());
    let mut tries = Tries::of("BatchExecuteStatement", first.unwrap_or_default(), left.len());
    loop {
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
            .await;
        let Some(answer) = tries.answer(answer).await? else { continue };
        let answers = answer.responses.unwrap_or_default();
        if answers.len() != left.len() {
            return Err(StoreError::malformed("answer", "BatchExecuteStatement answered another number of statements"));
        }
        let mut again = Vec::new();
        let mut why = None;
        for ((index, statement), answer) in left.into_iter().zip(answers) {
            let Some(error) = answer.error else { continue };
            if let Some(
                BatchStatementErrorCodeEnum::DuplicateItem | BatchStatementErrorCodeEnum::ConditionalCheckFailed,
            ) = error.code
            {
                written[index] = Written::Superseded;
                continue;
            }
            let code = error.code.as_ref().map_or("unknown", BatchStatementErrorCodeEnum::as_str);
            let error = StoreError::refused_entry("BatchExecuteStatement", code, error.message.unwrap_or_default());
            if !error.can_retry() {
                return Err(error);
            }
            why = Some(error);
            again.push((index, statement));
        }
        let Some(why) = why else { return Ok(written) };
        left = again;
        tries.again(left.len(), why).await?;
    }
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

/// The tries of one batch call.
struct Tries {
    call: &'static str,
    /// What the call is about, so that calls that were refused together are not sent again together.
    name: String,
    /// Items that no answer has confirmed.
    left: usize,
    tries: u32,
    without_progress: u32,
}

impl Tries {
    fn of(call: &'static str, name: String, left: usize) -> Self {
        Self { call, name, left, tries: 0, without_progress: 0 }
    }

    /// The answer of a try. Gives nothing if the whole call was refused and is to be sent again now.
    async fn answer<T, E>(&mut self, answer: Result<T, SdkError<E, HttpResponse>>) -> Result<Option<T>, StoreError>
    where
        E: ProvideErrorMetadata + std::error::Error + 'static,
    {
        match answer.map_err(refused(self.call)) {
            Ok(answer) => Ok(Some(answer)),
            Err(error @ StoreError::Refused { refusal: Refusal::Throttled | Refusal::Conflict, .. }) => {
                self.again(self.left, error).await.map(|()| None)
            }
            Err(error) => Err(error),
        }
    }

    /// Waits before what is left is sent again. If nothing gets through for too long, gives the error instead.
    async fn again(&mut self, left: usize, why: StoreError) -> Result<(), StoreError> {
        self.without_progress = if left < self.left { 0 } else { self.without_progress + 1 };
        self.left = left;
        self.tries += 1;
        if self.without_progress > TRIES_WITHOUT_PROGRESS {
            return Err(why);
        }
        figures::retry();
        tokio::time::sleep(PAUSES.after(self.tries, &self.name)).await;
        Ok(())
    }
}

/// What an item is called in [`Tries`]: its key.
fn name(item: Option<&Item>) -> String {
    let part = |name: &str| item.and_then(|item| item.get(name)).and_then(scalar).unwrap_or_default();
    format!("{}{}", part("pk"), part("sk"))
}

/// The text of a value that is not made of others: maps have no order of their own.
fn scalar(value: &AttributeValue) -> Option<&str> {
    match value {
        AttributeValue::S(text) | AttributeValue::N(text) => Some(text),
        _ => None,
    }
}

fn left_undone(call: &'static str) -> StoreError {
    StoreError::refused_entry(call, "ThrottlingError", "the table's throughput was exceeded for too long")
}

#[cfg(test)]
mod tests {
    use aws_sdk_dynamodb::types::PutRequest;
    use serde_json::{Value as Json, json};

    use super::*;
    use crate::client::dynamodb;
    use crate::scripted::{Answer, Scripted};

    /// Tries of one call to the tables that the SDK makes.
    const TRIES_OF_THE_SDK: usize = 6;

    fn ok(body: &Json) -> Answer {
        Answer::new(200, body.to_string())
    }

    /// The refusal of a whole call.
    fn refused_call(code: &str) -> Answer {
        Answer::new(400, json!({ "__type": code, "message": "refused" }).to_string())
    }

    fn throttled_for(tries: usize) -> impl Iterator<Item = Answer> {
        (0..tries).map(|_| refused_call("ThrottlingException"))
    }

    fn statements(count: usize) -> Vec<Statement> {
        let statement = |n: usize| Statement { text: "INSERT".to_owned(), parameters: vec![text(n.to_string())] };
        (0..count).map(statement).collect()
    }

    fn errors(codes: &[Option<&str>]) -> Answer {
        let answer = |code: &Option<&str>| code.map_or(json!({}), |code| json!({ "Error": { "Code": code } }));
        ok(&json!({ "Responses": codes.iter().map(answer).collect::<Vec<_>>() }))
    }

    fn sizes(service: &Scripted, pointer: &str) -> Vec<usize> {
        let size = |body: &[u8]| {
            let body: Json = serde_json::from_slice(body).unwrap();
            body.pointer(pointer).and_then(Json::as_array).map_or(0, Vec::len)
        };
        service.asked().iter().map(|asked| size(&asked.body)).collect()
    }

    #[tokio::test(start_paused = true)]
    async fn a_batch_that_is_refused_as_a_whole_is_sent_again_beyond_the_tries_of_the_sdk() {
        for code in ["ThrottlingException", "ProvisionedThroughputExceededException", "RequestLimitExceeded"] {
            let refused = (0..3 * TRIES_OF_THE_SDK).map(|_| refused_call(code));
            let service = Scripted::new(refused.chain([errors(&[None, Some("DuplicateItem")])]));
            let written = execute_all(&dynamodb(&service.sdk()), statements(2)).await.unwrap();
            assert_eq!(written, [Written::Done, Written::Superseded], "{code}");
        }
        let write = || {
            let item = PutRequest::builder().item("pk", text("a")).build().unwrap();
            vec![WriteRequest::builder().put_request(item).build()]
        };
        let service = Scripted::new(throttled_for(10).chain([ok(&json!({ "UnprocessedItems": {} }))]));
        write_all(&dynamodb(&service.sdk()), "t", write()).await.unwrap();
        let found = ok(&json!({ "Responses": { "t": [{ "pk": { "S": "a" } }] }, "UnprocessedKeys": {} }));
        let service = Scripted::new(throttled_for(10).chain([found]));
        let key = Item::from([("pk".to_owned(), text("a"))]);
        assert_eq!(get_all(&dynamodb(&service.sdk()), "t", vec![key]).await.unwrap().len(), 1);
    }

    #[tokio::test(start_paused = true)]
    async fn a_table_that_throttles_for_too_long_is_an_error_that_may_be_retried() {
        let service = Scripted::new(throttled_for(1_000));
        let began = tokio::time::Instant::now();
        let error = execute_all(&dynamodb(&service.sdk()), statements(2)).await.unwrap_err();
        assert!(error.can_retry() && error.to_string().contains("ThrottlingException"), "{error}");
        // Within the minute that a row-processor has.
        assert!((5..30).contains(&began.elapsed().as_secs()), "{:?}", began.elapsed());
        let all_throttled = (0..1_000).map(|_| errors(&[Some("ThrottlingError"), Some("TransactionConflict")]));
        let service = Scripted::new(all_throttled);
        assert!(execute_all(&dynamodb(&service.sdk()), statements(2)).await.is_err_and(|error| error.can_retry()));
    }

    #[tokio::test(start_paused = true)]
    async fn only_statements_that_were_throttled_or_in_conflict_are_sent_again() {
        let service = Scripted::new([
            errors(&[None, Some("ThrottlingError"), Some("ConditionalCheckFailed"), Some("TransactionConflict")]),
            errors(&[Some("ProvisionedThroughputExceeded"), None]),
            errors(&[Some("DuplicateItem")]),
        ]);
        let written = execute_all(&dynamodb(&service.sdk()), statements(4)).await.unwrap();
        assert_eq!(written, [Written::Done, Written::Superseded, Written::Superseded, Written::Done]);
        assert_eq!(sizes(&service, "/Statements"), [4, 2, 1]);
    }

    #[tokio::test(start_paused = true)]
    async fn progress_however_small_is_not_given_up() {
        let throttled = |left: usize| {
            let mut codes = vec![Some("ThrottlingError"); left];
            codes[0] = None;
            errors(&codes)
        };
        let service = Scripted::new((1..=25).rev().map(throttled));
        assert_eq!(execute_all(&dynamodb(&service.sdk()), statements(25)).await.unwrap().len(), 25);
    }

    #[tokio::test(start_paused = true)]
    async fn what_is_invalid_is_refused_at_once_and_for_ever() {
        let service = Scripted::new([refused_call("ValidationException")]);
        let error = execute_all(&dynamodb(&service.sdk()), statements(2)).await.unwrap_err();
        assert!(!error.can_retry() && service.asked().len() == 1, "{error}");
        for code in ["ValidationError", "ItemCollectionSizeLimitExceeded", "AccessDenied"] {
            let service = Scripted::new([errors(&[None, Some(code)])]);
            let error = execute_all(&dynamodb(&service.sdk()), statements(2)).await.unwrap_err();
            assert!(!error.can_retry() && service.asked().len() == 1, "{error}");
        }
    }
}

//! Partitions that are asked for too much: for some seconds, every call that touches one is refused as a whole.

use std::time::Duration;

use rand::Rng as _;
use rand::rngs::StdRng;
use serde_json::{Value as Json, json};
use tokio::time::Instant;

use super::objects::Answer;

/// How long a partition stays hot: longer than the SDK tries a call again, shorter than messages and clients do.
const HOT: std::ops::Range<u64> = 2_000..15_000;

/// How a hot partition refuses calls.
#[derive(Debug, Clone, Copy)]
enum Refusal {
    /// The call fails with this error.
    Call(&'static str),
    /// Every statement of a batch fails with this code; any other call fails.
    Statements(&'static str),
}

const REFUSALS: [Refusal; 4] = [
    Refusal::Call("ProvisionedThroughputExceededException"),
    Refusal::Call("ThrottlingException"),
    Refusal::Statements("ThrottlingError"),
    Refusal::Statements("ProvisionedThroughputExceeded"),
];

/// A partition of a table.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Partition {
    table: String,
    /// Its key; without one it is the whole table.
    key: Option<String>,
}

#[derive(Debug)]
struct Hot {
    partition: Partition,
    until: Instant,
    refusal: Refusal,
}

/// The partitions that are hot.
#[derive(Debug, Default)]
pub(super) struct HotPartitions(Vec<Hot>);

impl HotPartitions {
    /// Makes one of the partitions hot that a call touches, or the whole table of it.
    pub(super) fn heat(&mut self, body: &str, dice: &mut StdRng) {
        let touched = partitions(body);
        if touched.is_empty() {
            return;
        }
        let mut partition = touched[dice.random_range(0..touched.len())].clone();
        if dice.random_bool(0.2) {
            partition.key = None;
        }
        let until = Instant::now() + Duration::from_millis(dice.random_range(HOT));
        let refusal = REFUSALS[dice.random_range(0..REFUSALS.len())];
        tracing::debug!(?partition, ?refusal, "a partition is hot");
        self.0.push(Hot { partition, until, refusal });
    }

    /// The refusal of a call to the tables that touches a hot partition.
    pub(super) fn refuse(&mut self, operation: &str, body: &str) -> Option<Answer> {
        let now = Instant::now();
        self.0.retain(|hot| hot.until > now);
        if self.0.is_empty() {
            return None;
        }
        let touched = partitions(body);
        let is_touched = |hot: &Partition| {
            touched.iter().any(|partition| {
                partition.table == hot.table
                    && (hot.key.is_none() || partition.key.is_none() || partition.key == hot.key)
            })
        };
        let refusal = self.0.iter().find(|hot| is_touched(&hot.partition))?.refusal;
        Some(match refusal {
            Refusal::Statements(code) if operation == "dynamodb.BatchExecuteStatement" => {
                let request: Json = serde_json::from_str(body).unwrap_or_default();
                let refused = json!({ "Error": { "Code": code, "Message": "simulated" } });
                let refused = vec![refused; request["Statements"].as_array().map_or(0, Vec::len)];
                Answer::new(200, json!({ "Responses": refused }).to_string())
            }
            Refusal::Statements(_) => throttled("ThrottlingException"),
            Refusal::Call(error) => throttled(error),
        })
    }
}

fn throttled(error: &str) -> Answer {
    let error = json!({ "__type": format!("com.amazonaws.dynamodb.v20120810#{error}"), "message": "simulated" });
    Answer::new(400, error.to_string())
}

/// The partitions that a call to the tables touches.
fn partitions(body: &str) -> Vec<Partition> {
    let request: Json = serde_json::from_str(body).unwrap_or_default();
    let mut touched = Vec::new();
    let mut touch = |table: &str, key: Option<&str>| {
        touched.push(Partition { table: table.to_owned(), key: key.map(ToOwned::to_owned) });
    };
    let key_of = |item: &Json| item["pk"]["S"].as_str().map(ToOwned::to_owned);
    if let Some(table) = request["TableName"].as_str() {
        let values = &request["ExpressionAttributeValues"];
        let key = key_of(&request["Key"]).or_else(|| key_of(&request["Item"]));
        touch(table, key.as_deref().or_else(|| values[":pk"]["S"].as_str()));
    }
    for (table, wanted) in request["RequestItems"].as_object().into_iter().flatten() {
        let keys = wanted["Keys"].as_array().into_iter().flatten();
        let writes = wanted.as_array().into_iter().flatten();
        let writes = writes.flat_map(|write| [&write["PutRequest"]["Item"], &write["DeleteRequest"]["Key"]]);
        for key in keys.chain(writes).filter_map(key_of) {
            touch(table, Some(&key));
        }
    }
    for item in request["TransactItems"].as_array().into_iter().flatten() {
        for write in item.as_object().into_iter().flat_map(|item| item.values()) {
            let key = key_of(&write["Key"]).or_else(|| key_of(&write["Item"]));
            touch(write["TableName"].as_str().unwrap_or_default(), key.as_deref());
        }
    }
    for statement in request["Statements"].as_array().into_iter().flatten() {
        let text = statement["Statement"].as_str().unwrap_or_default();
        let table = text.split('"').nth(1).unwrap_or_default();
        // The parameters stand in the order of their question marks.
        let before = text.rfind("pk").map_or(0, |at| text[..at].matches('?').count());
        touch(table, statement["Parameters"][before]["S"].as_str());
    }
    touched
}

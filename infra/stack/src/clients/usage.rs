//! What the functions used of the services: their requests, and what these would have cost on AWS.

use std::collections::BTreeMap;
use std::ops::Sub as _;

use serde::{Deserialize, Serialize};

/// A snapshot of all that was counted since the stack started.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Usage {
    /// Requests by operation, such as `dynamodb.PutItem` or `s3.GetObject`. Each attempt counts.
    pub requests: BTreeMap<String, u64>,
    /// Write units by table, as the tables reported them.
    pub write_units: BTreeMap<String, f64>,
    /// Read units by table, as the tables reported them.
    pub read_units: BTreeMap<String, f64>,
    /// Invocations and requests by function.
    pub functions: BTreeMap<String, FunctionUsage>,
    /// Messages that functions sent, by queue.
    #[serde(default)]
    pub messages: BTreeMap<String, QueueUsage>,
    /// Items that each table has now. `GET /local/usage` counts them; a snapshot inside the process leaves this empty.
    #[serde(default)]
    pub items: BTreeMap<String, u64>,
    /// Bytes of the items that each table has now. Empty where `items` is.
    #[serde(default)]
    pub item_bytes: BTreeMap<String, u64>,
}

/// The messages that were sent to one queue.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct QueueUsage {
    /// How many there were.
    pub count: u64,
    /// Bytes of their bodies.
    pub bytes: u64,
    /// Requests that SQS bills: one for each 64 KiB of a call, the last of them rounded up.
    pub billed: u64,
}

impl QueueUsage {
    /// One call that sends messages with this many bytes in all.
    pub(crate) fn one_call(count: u64, bytes: u64) -> QueueUsage {
        QueueUsage { count, bytes, billed: bytes.div_ceil(64 * 1024).max(1) }
    }

    pub(super) fn plus(self, other: QueueUsage) -> QueueUsage {
        QueueUsage {
            count: self.count + other.count,
            bytes: self.bytes + other.bytes,
            billed: self.billed + other.billed,
        }
    }

    fn minus(self, other: QueueUsage) -> QueueUsage {
        QueueUsage {
            count: self.count.saturating_sub(other.count),
            bytes: self.bytes.saturating_sub(other.bytes),
            billed: self.billed.saturating_sub(other.billed),
        }
    }
}

/// The invocations of one function, and its requests.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct FunctionUsage {
    /// How often it was invoked.
    pub invocations: u64,
    /// How many of its invocations returned an error, panicked, timed out or were killed.
    pub failures: u64,
    /// How long its invocations took in all.
    pub milliseconds: u64,
    /// Its requests by operation.
    pub requests: BTreeMap<String, u64>,
}

impl Usage {
    /// All write units.
    pub fn total_write_units(&self) -> f64 {
        self.write_units.values().sum()
    }

    /// All read units.
    pub fn total_read_units(&self) -> f64 {
        self.read_units.values().sum()
    }

    /// All messages that functions sent.
    pub fn total_messages(&self) -> u64 {
        self.messages.values().map(|sent| sent.count).sum()
    }

    /// All requests.
    pub fn total_requests(&self) -> u64 {
        self.requests.values().sum()
    }

    /// What was added since an earlier snapshot of the same stack.
    pub fn since(&self, earlier: &Usage) -> Usage {
        Usage {
            requests: minus(&self.requests, &earlier.requests, u64::saturating_sub),
            write_units: minus(&self.write_units, &earlier.write_units, f64::sub),
            read_units: minus(&self.read_units, &earlier.read_units, f64::sub),
            messages: minus(&self.messages, &earlier.messages, QueueUsage::minus),
            items: minus(&self.items, &earlier.items, u64::saturating_sub),
            item_bytes: minus(&self.item_bytes, &earlier.item_bytes, u64::saturating_sub),
            functions: self
                .functions
                .iter()
                .map(|(name, now)| {
                    let before = earlier.functions.get(name).cloned().unwrap_or_default();
                    let added = FunctionUsage {
                        invocations: now.invocations.saturating_sub(before.invocations),
                        failures: now.failures.saturating_sub(before.failures),
                        milliseconds: now.milliseconds.saturating_sub(before.milliseconds),
                        requests: minus(&now.requests, &before.requests, u64::saturating_sub),
                    };
                    (name.clone(), added)
                })
                .collect(),
        }
    }
}

/// By how much the entries of `now` grew. Entries that did not grow are left out.
fn minus<N>(
    now: &BTreeMap<String, N>,
    before: &BTreeMap<String, N>,
    subtract: impl Fn(N, N) -> N,
) -> BTreeMap<String, N>
where
    N: Copy + Default + PartialEq,
{
    now.iter()
        .map(|(name, &value)| (name.clone(), subtract(value, before.get(name).copied().unwrap_or_default())))
        .filter(|(_, added)| *added != N::default())
        .collect()
}

//! What the functions asked of the services: requests, and the read and write units they would have paid for.

use std::collections::BTreeMap;
use std::ops::Sub as _;
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use serde::{Deserialize, Serialize};

/// A snapshot of everything counted since the stack started.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Usage {
    /// Requests by operation, such as `dynamodb.PutItem` or `s3.GetObject`; each attempt counts.
    pub requests: BTreeMap<String, u64>,
    /// Write units by table, as the table service said.
    pub write_units: BTreeMap<String, f64>,
    /// Read units by table, as the table service said.
    pub read_units: BTreeMap<String, f64>,
    /// What each function did.
    pub functions: BTreeMap<String, FunctionUsage>,
    /// Messages by queue that functions sent.
    #[serde(default)]
    pub messages: BTreeMap<String, Sent>,
    /// Items by table, as they are now; only where the tables were asked.
    #[serde(default)]
    pub items: BTreeMap<String, u64>,
    /// Bytes of all items by table, as they are now; only where the tables were asked.
    #[serde(default)]
    pub item_bytes: BTreeMap<String, u64>,
}

/// What was sent to one queue.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Sent {
    /// Messages.
    pub count: u64,
    /// Bytes of their bodies.
    pub bytes: u64,
    /// What SQS bills for it: of each call a request for every 64 KiB that was begun.
    pub billed: u64,
}

impl Sent {
    /// A call that sends messages with so many bytes in all.
    pub(crate) fn call(count: u64, bytes: u64) -> Sent {
        Sent { count, bytes, billed: bytes.div_ceil(64 * 1024).max(1) }
    }

    fn plus(self, other: Sent) -> Sent {
        Sent { count: self.count + other.count, bytes: self.bytes + other.bytes, billed: self.billed + other.billed }
    }

    fn minus(self, other: Sent) -> Sent {
        Sent {
            count: self.count.saturating_sub(other.count),
            bytes: self.bytes.saturating_sub(other.bytes),
            billed: self.billed.saturating_sub(other.billed),
        }
    }
}

/// What one function did.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct FunctionUsage {
    /// How often it was invoked.
    pub invocations: u64,
    /// How many of its invocations returned an error, panicked, timed out or were killed.
    pub failures: u64,
    /// The time its invocations took, added up.
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
            messages: minus(&self.messages, &earlier.messages, Sent::minus),
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

/// The entries of `now` that grew, by how much.
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

/// Where units are paid: reading or writing.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Units {
    Read,
    Write,
}

/// The running count.
#[derive(Debug, Default)]
pub(crate) struct Meter(Mutex<Usage>);

impl Meter {
    /// One attempt of a request, by a function or by the stack itself.
    pub(crate) fn request(&self, operation: &str, function: Option<&str>) {
        self.with(|usage| {
            *entry(&mut usage.requests, operation) += 1;
            if let Some(function) = function {
                *entry(&mut entry(&mut usage.functions, function).requests, operation) += 1;
            }
        });
    }

    /// Messages sent to a queue by one call.
    pub(crate) fn sent(&self, queue: &str, sent: Sent) {
        self.with(|usage| {
            let total = entry(&mut usage.messages, queue);
            *total = total.plus(sent);
        });
    }

    /// Units consumed on a table.
    pub(crate) fn units(&self, kind: Units, table: &str, units: f64) {
        self.with(|usage| {
            let by_table = match kind {
                Units::Read => &mut usage.read_units,
                Units::Write => &mut usage.write_units,
            };
            *entry(by_table, table) += units;
        });
    }

    /// An invocation that ended.
    pub(crate) fn invocation(&self, function: &str, took: Duration, failed: bool) {
        self.with(|usage| {
            let function = entry(&mut usage.functions, function);
            function.invocations += 1;
            function.failures += u64::from(failed);
            function.milliseconds += u64::try_from(took.as_millis()).unwrap_or(u64::MAX);
        });
    }

    /// The count so far.
    pub(crate) fn snapshot(&self) -> Usage {
        self.with(|usage| usage.clone())
    }

    fn with<T>(&self, change: impl FnOnce(&mut Usage) -> T) -> T {
        // A panic while counting leaves numbers, never a broken structure.
        change(&mut self.0.lock().unwrap_or_else(PoisonError::into_inner))
    }
}

/// The entry of a name, without allocating the name when it is there.
fn entry<'m, V: Default>(map: &'m mut BTreeMap<String, V>, name: &str) -> &'m mut V {
    if !map.contains_key(name) {
        map.insert(name.to_owned(), V::default());
    }
    map.get_mut(name).expect("the entry was just inserted")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_difference_of_two_snapshots_is_what_happened_between_them() {
        let meter = Meter::default();
        meter.request("dynamodb.PutItem", Some("upload"));
        meter.units(Units::Write, "tasks", 1.0);
        let before = meter.snapshot();
        meter.request("dynamodb.PutItem", Some("upload"));
        meter.request("sqs.SendMessage", None);
        meter.units(Units::Write, "tasks", 2.5);
        meter.units(Units::Read, "tasks", 0.5);

        let added = meter.snapshot().since(&before);
        assert_eq!(added.total_requests(), 2);
        assert_eq!(added.functions["upload"].requests["dynamodb.PutItem"], 1);
        assert_eq!((added.total_write_units(), added.total_read_units()), (2.5, 0.5));
        assert!(meter.snapshot().since(&meter.snapshot()).requests.is_empty());
    }
}

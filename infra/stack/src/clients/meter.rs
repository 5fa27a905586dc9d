//! Counts what the functions use of the services, while they run.

use std::collections::BTreeMap;
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use super::usage::{QueueUsage, Usage};
use crate::operation::Units;

/// The running count of one stack.
#[derive(Debug, Default)]
pub(crate) struct Meter(Mutex<Usage>);

impl Meter {
    /// Counts one attempt of a request, by a function or by the stack itself.
    pub(crate) fn request(&self, operation: &str, function: Option<&str>) {
        self.with(|usage| {
            *entry(&mut usage.requests, operation) += 1;
            if let Some(function) = function {
                *entry(&mut entry(&mut usage.functions, function).requests, operation) += 1;
            }
        });
    }

    /// Counts the messages that one call sent to a queue.
    pub(crate) fn sent(&self, queue: &str, sent: QueueUsage) {
        self.with(|usage| {
            let total = entry(&mut usage.messages, queue);
            *total = total.plus(sent);
        });
    }

    /// Counts units that were consumed on a table.
    pub(crate) fn units(&self, kind: Units, table: &str, units: f64) {
        self.with(|usage| {
            let by_table = match kind {
                Units::Read => &mut usage.read_units,
                Units::Write => &mut usage.write_units,
            };
            *entry(by_table, table) += units;
        });
    }

    /// Counts an invocation that has ended.
    pub(crate) fn invocation(&self, function: &str, took: Duration, failed: bool) {
        self.with(|usage| {
            let function = entry(&mut usage.functions, function);
            function.invocations += 1;
            function.failures += u64::from(failed);
            function.milliseconds += u64::try_from(took.as_millis()).unwrap_or(u64::MAX);
        });
    }

    /// All that was counted so far.
    pub(crate) fn snapshot(&self) -> Usage {
        self.with(|usage| usage.clone())
    }

    fn with<T>(&self, change: impl FnOnce(&mut Usage) -> T) -> T {
        // A panic while counting can leave a wrong number at worst, so a poisoned lock is used all the same.
        change(&mut self.0.lock().unwrap_or_else(PoisonError::into_inner))
    }
}

/// The entry of a name. The name is only copied if the entry is missing.
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
    fn the_difference_between_two_snapshots_is_what_happened_in_between() {
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

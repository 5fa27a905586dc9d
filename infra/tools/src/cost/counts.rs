//! What an import asks of the services, as the model computes it, a local run counts it, or another design would.

use std::collections::BTreeMap;

use serde::Serialize;

/// Amounts by name.
pub(super) type Amounts = BTreeMap<&'static str, f64>;

/// The four tables.
pub(super) const TABLES: [&str; 4] = ["customers", "identities", "segments", "tasks"];
/// The functions whose time an import takes.
pub(super) const FUNCTIONS: [&str; 3] = ["splitter", "row-processor", "finisher"];

/// Everything that is billed, and the number of messages, which is not.
#[derive(Debug, Clone, Default, PartialEq, Serialize)]
pub(super) struct Counts {
    /// Write units by table.
    pub(super) write_units: Amounts,
    /// Read units by table.
    pub(super) read_units: Amounts,
    /// Invocations by function.
    pub(super) invocations: Amounts,
    /// GB-seconds by function.
    pub(super) gb_seconds: Amounts,
    /// Messages sent. SQS bills requests, not messages.
    pub(super) messages: f64,
    /// Requests to send, receive and delete that SQS bills, each of at most 64 KiB.
    pub(super) queue_requests: f64,
    /// Those queue requests that the surcharge of fair queues applies to.
    pub(super) fair_requests: f64,
    /// PUT, POST and LIST requests to the object store.
    pub(super) object_puts: f64,
    /// GET and HEAD requests to the object store.
    pub(super) object_gets: f64,
    /// State transitions of standard workflows.
    pub(super) transitions: f64,
    /// Executions of express workflows.
    pub(super) express_requests: f64,
    /// GB-seconds of express workflows.
    pub(super) express_gb_seconds: f64,
    /// Bytes of logs that CloudWatch takes in.
    pub(super) log_bytes: f64,
    /// Bytes by which the tables grow.
    pub(super) table_bytes: f64,
    /// Bytes of objects, which are kept for `UploadDays`.
    pub(super) object_bytes: f64,
}

impl Counts {
    /// Write units of all tables.
    pub(super) fn total_write_units(&self) -> f64 {
        self.write_units.values().sum()
    }

    /// The table with the most write units, and how many. It bounds the import's time, as each table has a rate of its
    /// own.
    pub(super) fn busiest(&self) -> (&'static str, f64) {
        let by_table = self.write_units.iter().map(|(table, units)| (*table, *units));
        by_table.max_by(|(_, one), (_, other)| one.total_cmp(other)).unwrap_or_default()
    }

    /// These counts multiplied by a factor.
    pub(super) fn times(&self, factor: f64) -> Counts {
        let all = |amounts: &Amounts| amounts.iter().map(|(name, amount)| (*name, amount * factor)).collect();
        Counts {
            write_units: all(&self.write_units),
            read_units: all(&self.read_units),
            invocations: all(&self.invocations),
            gb_seconds: all(&self.gb_seconds),
            messages: self.messages * factor,
            queue_requests: self.queue_requests * factor,
            fair_requests: self.fair_requests * factor,
            object_puts: self.object_puts * factor,
            object_gets: self.object_gets * factor,
            transitions: self.transitions * factor,
            express_requests: self.express_requests * factor,
            express_gb_seconds: self.express_gb_seconds * factor,
            log_bytes: self.log_bytes * factor,
            table_bytes: self.table_bytes * factor,
            object_bytes: self.object_bytes * factor,
        }
    }
}

//! What an import asks of the services, whoever counted it: the model, a local run, or another design on paper.

use std::collections::BTreeMap;

use serde::Serialize;

/// Amounts by name, in the order they are shown.
pub(crate) type Amounts = BTreeMap<&'static str, f64>;

/// The four tables.
pub(crate) const TABLES: [&str; 4] = ["customers", "identities", "segments", "tasks"];
/// The functions whose time an import takes.
pub(crate) const FUNCTIONS: [&str; 3] = ["splitter", "row-processor", "finisher"];

/// What is paid for, and what is only worth knowing.
#[derive(Debug, Clone, Default, PartialEq, Serialize)]
pub(crate) struct Counts {
    /// Write units by table.
    pub(crate) write_units: Amounts,
    /// Read units by table.
    pub(crate) read_units: Amounts,
    /// Invocations by function.
    pub(crate) invocations: Amounts,
    /// GB-seconds by function.
    pub(crate) gb_seconds: Amounts,
    /// Messages sent; SQS bills requests, not messages.
    pub(crate) messages: f64,
    /// What SQS bills: requests of at most 64 KiB to send, receive and delete.
    pub(crate) queue_requests: f64,
    /// Those of them that a fair queue's surcharge is asked for.
    pub(crate) fair_requests: f64,
    /// PUT, POST and LIST requests to the object store.
    pub(crate) object_puts: f64,
    /// GET and HEAD requests to the object store.
    pub(crate) object_gets: f64,
    /// State transitions of standard workflows.
    pub(crate) transitions: f64,
    /// Executions of express workflows.
    pub(crate) express_requests: f64,
    /// GB-seconds of express workflows.
    pub(crate) express_gb_seconds: f64,
    /// Bytes of logs.
    pub(crate) log_bytes: f64,
    /// Bytes that the tables grow by.
    pub(crate) table_bytes: f64,
    /// Bytes of objects, kept as long as `UploadDays` says.
    pub(crate) object_bytes: f64,
}

impl Counts {
    /// All write units.
    pub(crate) fn total_write_units(&self) -> f64 {
        self.write_units.values().sum()
    }

    /// The write units of the table that has most of them: tables take so many a second each.
    pub(crate) fn busiest(&self) -> (&'static str, f64) {
        let of_tables = self.write_units.iter().map(|(table, units)| (*table, *units));
        of_tables.max_by(|(_, one), (_, other)| one.total_cmp(other)).unwrap_or_default()
    }

    /// The same for so many times as much.
    pub(crate) fn times(&self, factor: f64) -> Counts {
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

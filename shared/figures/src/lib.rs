//! Every figure of operation that Muster counts, for whoever looks after a deployment.
//!
//! A function writes its figures into its log at the end of each invocation, in the form from which CloudWatch makes
//! metrics; elsewhere they go nowhere. docs/operate.md explains them. No figure holds anything of a customer.

use std::time::Duration;

use domain::imports::{Counters, State};
use metrics::{Unit, counter, histogram};

/// The namespace of the metrics.
pub const NAMESPACE: &str = "Muster";

/// Registers the unit of each figure.
pub fn describe() {
    for name in
        ["Rows", "WriteUnits", "Retries", "ImportsEnded", "ImportsStandingStill", "WebhooksFailed", "EventBusFailed"]
    {
        metrics::describe_counter!(name, Unit::Count, "");
    }
    metrics::describe_histogram!("BatchSeconds", Unit::Seconds, "");
    metrics::describe_histogram!("BatchAge", Unit::Seconds, "");
}

/// Rows of a batch that was counted just now.
pub fn rows(counters: &Counters) {
    for (outcome, rows) in [
        ("created", counters.created),
        ("updated", counters.updated),
        ("unchanged", counters.unchanged),
        ("rejected", counters.rejected),
        ("unprocessed", counters.unprocessed),
    ] {
        if rows > 0 {
            counter!("Rows", "Outcome" => outcome).increment(rows);
        }
    }
}

/// How long a batch took, and how long its message had waited in the queue.
pub fn batch(took: Duration, waited: Option<Duration>) {
    histogram!("BatchSeconds").record(took.as_secs_f64());
    if let Some(waited) = waited {
        histogram!("BatchAge").record(waited.as_secs_f64());
    }
}

/// Write units that a table says a call consumed. Read units are not counted: the sweep reads while nothing else
/// happens, and a figure that is sent all the time is paid for all the time.
pub fn written(table: &str, units: f64) {
    #[expect(
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        reason = "a call writes a few thousand at most"
    )]
    counter!("WriteUnits", "Table" => table.to_owned()).increment(units.ceil() as u64);
}

/// A call, or a part of one, that was sent again.
pub fn retry() {
    counter!("Retries").increment(1);
}

/// An import whose end is delivered.
pub fn ended(state: State) {
    counter!("ImportsEnded", "State" => state.as_str()).increment(1);
}

/// An import that was stalled until the sweep took it up.
pub fn import_stalled() {
    counter!("ImportsStandingStill").increment(1);
}

/// A webhook that was given up.
pub fn webhook_failed() {
    counter!("WebhooksFailed").increment(1);
}

/// An event bus that was given up.
pub fn event_bus_failed() {
    counter!("EventBusFailed").increment(1);
}

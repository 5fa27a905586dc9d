//! Figures of operation, for whoever looks after a deployment: what functions count beside what tasks count.
//!
//! A function writes them into its log at the end of each invocation, in the form that CloudWatch makes metrics of
//! (`lambda.rs`); elsewhere they go nowhere. Names, units and meaning are in docs/operate.md. None of them holds anything
//! of a customer.

use std::time::Duration;

use metrics::{Unit, counter, histogram};

use crate::task::{Counters, State};

/// The namespace of the metrics.
pub const NAMESPACE: &str = "Muster";

/// Says in which units the figures are.
#[cfg(feature = "lambda")]
pub(crate) fn describe() {
    for name in ["Rows", "WriteUnits", "Retries", "ImportsEnded", "ImportsStandingStill", "WebhooksFailed"] {
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

/// How long a batch took, and how long its message had waited.
pub fn batch(took: Duration, waited: Option<Duration>) {
    histogram!("BatchSeconds").record(took.as_secs_f64());
    if let Some(waited) = waited {
        histogram!("BatchAge").record(waited.as_secs_f64());
    }
}

/// Write units that a table says a call consumed. Read units are not counted here: the sweep reads while nothing else
/// happens, and a figure that is always sent is always paid.
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

/// An import that ended, as it is told.
pub fn ended(state: State) {
    counter!("ImportsEnded", "State" => state.as_str()).increment(1);
}

/// An import that stood still until the sweep took it up.
pub fn stands_still() {
    counter!("ImportsStandingStill").increment(1);
}

/// A webhook that was given up.
pub fn webhook_failed() {
    counter!("WebhooksFailed").increment(1);
}

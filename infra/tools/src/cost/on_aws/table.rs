//! The outcomes for people.

use super::super::layout::{line, row};
use super::Outcome;
use crate::readable::{duration, number};

/// A line for each deployment.
pub(crate) fn table(out: &mut String, outcomes: &[Outcome], dollars_a_gb_second: f64) {
    line(out, "Simulated on AWS, with published latencies and limits; nothing was measured there");
    row(out, "row processors", ["units a second", "memory", "time", "longest wait", "Lambda, $"].map(str::to_owned));
    for outcome in outcomes {
        let deployment = outcome.deployment;
        let dollars = (outcome.row_gb_seconds + outcome.split_gb_seconds) * dollars_a_gb_second;
        let cells = [
            number(deployment.write_rate),
            format!("{} MB", number(deployment.row_memory)),
            duration(outcome.seconds),
            format!("{:.1} s", outcome.longest_wait),
            format!("{dollars:.3}"),
        ];
        row(out, &number(f64::from(deployment.concurrency)), cells);
        line(out, &format!("  bound by {} ({:.0} %)", outcome.bound, outcome.busy * 100.0));
    }
    out.push('\n');
}

//! Everything the calculator computed, and its JSON.

use serde_json::{Value as Json, json};

use super::bill::bill;
use super::designs::Design;
use super::on_aws::Outcome;
use super::plan::Plan;
use super::prices::Prices;
use super::workload::{Pace, Workload};

/// The answer of `muster cost`.
pub(super) struct Answer {
    pub(super) work: Workload,
    pub(super) plan: Plan,
    pub(super) pace: Pace,
    pub(super) prices: Prices,
    /// Muster first.
    pub(super) designs: Vec<Design>,
    /// Write units a second that a table may take.
    pub(super) write_rates: Vec<f64>,
    /// Rows of the sample, if one was taken.
    pub(super) counted_rows: Option<u64>,
    /// How the import goes on AWS, if that was simulated.
    pub(super) outcomes: Vec<Outcome>,
}

impl Answer {
    /// What `--json` prints.
    pub(super) fn json(&self) -> Json {
        let design = |design: &Design| {
            let bill = bill(&design.counts, &self.prices);
            let dollars: serde_json::Map<_, _> =
                bill.services.iter().map(|(service, dollars)| ((*service).to_owned(), json!(dollars))).collect();
            json!({ "design": design.name, "counts": design.counts, "write_units": design.counts.total_write_units(),
                "dollars": dollars, "total": bill.total, "stored_month": bill.month })
        };
        let plan = self.plan;
        let (_, busiest) = self.designs[0].counts.busiest();
        json!({
            "workload": self.work,
            "pace": self.pace,
            "prices": self.prices,
            "plan": { "first_wave_batches": plan.first_wave, "later_wave_batches": plan.later_waves,
                "pages": plan.pages, "parts": plan.parts, "message_bytes": plan.message },
            "designs": self.designs.iter().map(design).collect::<Vec<_>>(),
            "simulated": self.outcomes,
            "seconds": self.write_rates.iter().map(|rate| {
                json!({ "write_rate": rate, "seconds": busiest / rate })
            }).collect::<Vec<_>>(),
        })
    }
}

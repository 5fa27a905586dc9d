//! What a deployment costs in a month without imports: polls of the queues, alarms, the dashboard, the sweep.

use serde::Serialize;
use stack::resources::ResourceDefinitions;
use stack::template::Footprint;

use super::layout::{line, row};
use super::prices::Prices;
use crate::readable::{dollars, number};

/// Seconds of a month of 30 days.
const MONTH: f64 = 30.0 * 86_400.0;
/// Pollers that Lambda keeps for a mapping at all times, and seconds that each poll waits for messages. Without a
/// maximum concurrency Lambda may go down to two pollers.
/// <https://docs.aws.amazon.com/lambda/latest/dg/services-sqs-scaling.html>
const POLLERS: (f64, f64) = (5.0, 20.0);
/// Seconds of a sweep that finds nothing: an estimate.
const SWEEP: f64 = 0.1;
/// What AWS never bills in a month: the first so many SQS requests, alarms and dashboards.
const FREE: [(&str, f64); 3] = [("queue requests", 1e6), ("alarms", 10.0), ("dashboards", 3.0)];

/// A line of the bill for a month.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub(super) struct Line {
    /// What is billed.
    pub(super) what: &'static str,
    /// How much of it.
    pub(super) amount: f64,
    /// Dollars if nothing is free.
    pub(super) dollars: f64,
    /// Dollars if nothing else in the account uses up what is free.
    pub(super) beyond_free: f64,
}

/// The bill for a month, without storage.
pub(super) fn lines(definition: &ResourceDefinitions, footprint: &Footprint, prices: &Prices) -> Vec<Line> {
    let polls = definition.mappings.len() as f64 * POLLERS.0 * MONTH / POLLERS.1;
    let sweeps: f64 = definition.schedules.iter().map(|schedule| MONTH / schedule.every.as_secs_f64()).sum();
    let gb = definition.schedules.iter().filter_map(|schedule| footprint.memory.get(&schedule.function)).max();
    let sweep = prices.lambda_requests_million / 1e6
        + SWEEP * f64::from(gb.copied().unwrap_or(0)) / 1024.0 * prices.lambda_gb_second;
    let billed = |what, amount: f64, price: f64| {
        let free = FREE.iter().find(|(name, _)| *name == what).map_or(0.0, |(_, free)| *free);
        Line { what, amount, dollars: amount * price, beyond_free: (amount - free).max(0.0) * price }
    };
    vec![
        billed("queue requests", polls, prices.queue_requests_million / 1e6),
        billed("alarms", footprint.alarms as f64, prices.alarm_month),
        billed("dashboards", footprint.dashboards as f64, prices.dashboard_month),
        // The sweeps stay within the requests and GB-seconds that Lambda never bills.
        Line { beyond_free: 0.0, ..billed("sweeps", sweeps, sweep) },
    ]
}

/// The bill as a table for people.
pub(super) fn table(lines: &[Line], prices: &Prices) -> String {
    let mut out = String::new();
    line(&mut out, &format!("A month without imports; prices of {}, {}", prices.region, prices.date));
    row(&mut out, "", ["amount".to_owned(), "dollars".to_owned(), "beyond free".to_owned()]);
    for entry in lines {
        row(&mut out, entry.what, [number(entry.amount), dollars(entry.dollars), dollars(entry.beyond_free)]);
    }
    let total = |column: fn(&Line) -> f64| dollars(lines.iter().map(column).sum());
    row(&mut out, "total", [String::new(), total(|line| line.dollars), total(|line| line.beyond_free)]);
    line(
        &mut out,
        &format!(
            "Storage comes on top: ${} a GB of tables with point-in-time recovery, ${} a GB of objects.",
            prices.table_storage_gb + prices.table_recovery_gb,
            prices.object_storage_gb
        ),
    );
    out.truncate(out.trim_end().len());
    out
}

#[cfg(test)]
mod tests {
    use stack::{STACK_NAME, template};

    use super::*;

    #[test]
    fn a_deployment_costs_something_while_idle() {
        let prices = Prices::read(None, &[]).unwrap();
        let lines = lines(&template::definitions(STACK_NAME).unwrap(), &template::footprint().unwrap(), &prices);
        let total: f64 = lines.iter().map(|line| line.dollars).sum();
        assert!(total > prices.dashboard_month && total < 10.0, "{lines:?}");
        assert!(lines.iter().all(|line| line.beyond_free <= line.dollars));
    }
}

//! What a deployment costs while nothing is imported: pollers, alarms, the dashboard, the sweep, and what is stored.

use local::stack::resources::Definition;
use local::stack::template::Footprint;
use serde::Serialize;

use super::prices::Prices;

/// Seconds of a month of 30 days.
const MONTH: f64 = 30.0 * 86_400.0;
/// Pollers of a mapping that are always there, and seconds that each waits for messages. Without a maximum concurrency
/// Lambda may go down to two. <https://docs.aws.amazon.com/lambda/latest/dg/services-sqs-scaling.html>
const POLLERS: (f64, f64) = (5.0, 20.0);
/// Seconds of a sweep that finds nothing: an estimate.
const SWEEP: f64 = 0.1;
/// What is free in each month, always: SQS requests, Lambda requests and GB-seconds, alarms, dashboards.
const FREE: [(&str, f64); 3] = [("queue requests", 1e6), ("alarms", 10.0), ("dashboards", 3.0)];

/// A line of the idle bill, a month.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub(crate) struct Line {
    pub(crate) what: &'static str,
    pub(crate) amount: f64,
    /// Dollars without anything free.
    pub(crate) dollars: f64,
    /// Dollars where the account has what is always free to itself.
    pub(crate) beyond_free: f64,
}

/// What stands there costs, without what is stored.
pub(crate) fn idle(definition: &Definition, footprint: &Footprint, prices: &Prices) -> Vec<Line> {
    let polls = definition.mappings.len() as f64 * POLLERS.0 * MONTH / POLLERS.1;
    let sweeps: f64 = definition.schedules.iter().map(|schedule| MONTH / schedule.every.as_secs_f64()).sum();
    let gb = definition.schedules.iter().filter_map(|schedule| footprint.memory.get(&schedule.function)).max();
    let sweep = prices.lambda_requests_million / 1e6
        + SWEEP * f64::from(gb.copied().unwrap_or(0)) / 1024.0 * prices.lambda_gb_second;
    let line = |what, amount: f64, price: f64| {
        let free = FREE.iter().find(|(name, _)| *name == what).map_or(0.0, |(_, free)| *free);
        Line { what, amount, dollars: amount * price, beyond_free: (amount - free).max(0.0) * price }
    };
    vec![
        line("queue requests", polls, prices.queue_requests_million / 1e6),
        line("alarms", footprint.alarms as f64, prices.alarm_month),
        line("dashboards", footprint.dashboards as f64, prices.dashboard_month),
        Line { beyond_free: 0.0, ..line("sweeps", sweeps, sweep) },
    ]
}

#[cfg(test)]
mod tests {
    use local::stack::{STACK_NAME, template};

    use super::*;

    #[test]
    fn the_template_is_not_free_while_idle() {
        let prices = Prices::read(None, &[]).unwrap();
        let lines = idle(&template::definition(STACK_NAME).unwrap(), &template::footprint().unwrap(), &prices);
        let total: f64 = lines.iter().map(|line| line.dollars).sum();
        assert!(total > prices.dashboard_month && total < 10.0, "{lines:?}");
        assert!(lines.iter().all(|line| line.beyond_free <= line.dollars));
    }
}

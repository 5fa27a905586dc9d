//! From counts and prices to dollars, by service.

use serde::Serialize;

use super::counts::{Amounts, Counts};
use super::prices::Prices;

/// Bytes of a GB as AWS bills it.
const GB: f64 = 1024.0 * 1024.0 * 1024.0;

/// What an import costs, in dollars.
#[derive(Debug, Clone, Default, PartialEq, Serialize)]
pub(super) struct Bill {
    /// What each service costs, once.
    pub(super) services: Vec<(&'static str, f64)>,
    /// What all services cost, once.
    pub(super) total: f64,
    /// What storing the result costs each month: tables with their point-in-time recovery, and objects.
    pub(super) month: f64,
}

/// The bill for these counts.
pub(super) fn bill(counts: &Counts, prices: &Prices) -> Bill {
    let million = |amount: f64, price: f64| amount / 1e6 * price;
    let sum = |amounts: &Amounts| amounts.values().sum::<f64>();
    let services = vec![
        ("DynamoDB writes", million(counts.total_write_units(), prices.write_units_million)),
        ("DynamoDB reads", million(sum(&counts.read_units), prices.read_units_million)),
        (
            "Lambda",
            sum(&counts.gb_seconds) * prices.lambda_gb_second
                + million(sum(&counts.invocations), prices.lambda_requests_million),
        ),
        (
            "SQS",
            million(counts.queue_requests, prices.queue_requests_million)
                + million(counts.fair_requests, prices.queue_fair_million),
        ),
        (
            "S3 requests",
            counts.object_puts / 1e3 * prices.object_puts_thousand
                + counts.object_gets / 1e3 * prices.object_gets_thousand,
        ),
        (
            "Step Functions",
            counts.transitions / 1e3 * prices.transitions_thousand
                + million(counts.express_requests, prices.express_requests_million)
                + counts.express_gb_seconds * prices.express_gb_second,
        ),
        ("CloudWatch logs", counts.log_bytes / GB * prices.log_gb),
    ];
    let tables = prices.table_storage_gb + prices.table_recovery_gb;
    Bill {
        total: services.iter().map(|(_, dollars)| dollars).sum(),
        services,
        month: counts.table_bytes / GB * tables + counts.object_bytes / GB * prices.object_storage_gb,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_million_units_cost_the_price_of_a_million() {
        let prices = Prices::read(None, &[]).unwrap();
        let counts = Counts { write_units: [("customers", 2e6), ("tasks", 1e6)].into(), ..Counts::default() };
        let bill = bill(&counts, &prices);
        assert!((bill.total - 3.0 * prices.write_units_million).abs() < 1e-9);
        assert_eq!(bill.services[0], ("DynamoDB writes", bill.total));
    }
}

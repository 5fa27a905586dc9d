//! Counts and prices to dollars, by service.

use serde::Serialize;

use super::counts::Counts;
use super::prices::Prices;

/// Bytes of what AWS calls a GB.
const GB: f64 = 1024.0 * 1024.0 * 1024.0;

/// What an import costs once, by service, in dollars.
#[derive(Debug, Clone, Default, PartialEq, Serialize)]
pub(crate) struct Bill {
    /// Each service and what it asks.
    pub(crate) services: Vec<(&'static str, f64)>,
    /// All of them.
    pub(crate) total: f64,
    /// What is then stored costs so much a month: tables with their point-in-time recovery, and objects.
    pub(crate) month: f64,
}

/// The bill for these counts.
pub(crate) fn bill(counts: &Counts, prices: &Prices) -> Bill {
    let million = |amount: f64, price: f64| amount / 1e6 * price;
    let sum = |amounts: &super::counts::Amounts| amounts.values().sum::<f64>();
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
    fn a_million_units_cost_what_the_table_says() {
        let prices = Prices::read(None, &[]).unwrap();
        let counts = Counts { write_units: [("customers", 2e6), ("tasks", 1e6)].into(), ..Counts::default() };
        let bill = bill(&counts, &prices);
        assert!((bill.total - 3.0 * prices.write_units_million).abs() < 1e-9);
        assert_eq!(bill.services[0], ("DynamoDB writes", bill.total));
    }
}

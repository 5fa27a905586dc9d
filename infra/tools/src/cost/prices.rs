//! Prices: one dated table. Each entry can be replaced.

use std::path::Path;

use anyhow::Context as _;
use serde::{Deserialize, Serialize};

/// The table that comes with the command.
const PUBLISHED: &str = include_str!("prices.yaml");

/// Prices in dollars; `prices.yaml` says where each comes from.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Prices {
    pub(super) region: String,
    pub(super) date: String,
    pub(super) write_units_million: f64,
    pub(super) read_units_million: f64,
    pub(super) table_storage_gb: f64,
    pub(super) table_recovery_gb: f64,
    pub(super) write_unit_hour: f64,
    pub(super) lambda_gb_second: f64,
    pub(super) lambda_requests_million: f64,
    pub(super) queue_requests_million: f64,
    pub(super) queue_fair_million: f64,
    pub(super) object_puts_thousand: f64,
    pub(super) object_gets_thousand: f64,
    pub(super) object_storage_gb: f64,
    pub(super) transitions_thousand: f64,
    pub(super) express_requests_million: f64,
    pub(super) express_gb_second: f64,
    pub(super) log_gb: f64,
    pub(super) alarm_month: f64,
    pub(super) dashboard_month: f64,
}

impl Prices {
    /// The published prices, or those of a file. Replacements are written `NAME=DOLLARS`.
    pub(super) fn read(file: Option<&Path>, replaced: &[String]) -> anyhow::Result<Prices> {
        let text = match file {
            Some(file) => {
                std::fs::read_to_string(file).with_context(|| format!("{} cannot be read", file.display()))?
            }
            None => PUBLISHED.to_owned(),
        };
        let mut table: serde_yaml_ng::Mapping =
            serde_yaml_ng::from_str(&text).context("the prices are not a YAML mapping")?;
        for pair in replaced {
            let price = pair.split_once('=').and_then(|(name, price)| Some((name, price.parse::<f64>().ok()?)));
            let (name, price) = price.with_context(|| format!("--price {pair}: write NAME=DOLLARS"))?;
            table.insert(name.into(), price.into());
        }
        serde_yaml_ng::from_value(table.into()).context("a price is missing, unknown or not a number")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_known_price_can_be_replaced_and_no_other_can_be_added() {
        let published = Prices::read(None, &[]).unwrap();
        let dearer = Prices::read(None, &["write_units_million=1.25".to_owned()]).unwrap();
        assert_eq!(dearer, Prices { write_units_million: 1.25, ..published });
        for wrong in ["write_units=1", "write_units_million=cheap", "write_units_million"] {
            assert!(Prices::read(None, &[wrong.to_owned()]).is_err(), "{wrong}");
        }
    }
}

//! Prices: one dated table, of which each entry can be replaced.

use std::path::Path;

use anyhow::Context as _;
use serde::{Deserialize, Serialize};

/// The table that this was compiled with.
const PUBLISHED: &str = include_str!("prices.yaml");

/// What is asked, in dollars; `prices.yaml` says where each comes from.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Prices {
    pub(crate) region: String,
    pub(crate) date: String,
    pub(crate) write_units_million: f64,
    pub(crate) read_units_million: f64,
    pub(crate) table_storage_gb: f64,
    pub(crate) table_recovery_gb: f64,
    pub(crate) write_unit_hour: f64,
    pub(crate) lambda_gb_second: f64,
    pub(crate) lambda_requests_million: f64,
    pub(crate) queue_requests_million: f64,
    pub(crate) queue_fair_million: f64,
    pub(crate) object_puts_thousand: f64,
    pub(crate) object_gets_thousand: f64,
    pub(crate) object_storage_gb: f64,
    pub(crate) transitions_thousand: f64,
    pub(crate) express_requests_million: f64,
    pub(crate) express_gb_second: f64,
    pub(crate) log_gb: f64,
    pub(crate) alarm_month: f64,
    pub(crate) dashboard_month: f64,
}

impl Prices {
    /// The published ones, those of a file, and what replaces some of them, written `NAME=DOLLARS`.
    pub(crate) fn read(file: Option<&Path>, replaced: &[String]) -> anyhow::Result<Prices> {
        let text = match file {
            Some(file) => {
                std::fs::read_to_string(file).with_context(|| format!("{} cannot be read", file.display()))?
            }
            None => PUBLISHED.to_owned(),
        };
        let mut table: serde_yaml_ng::Mapping = serde_yaml_ng::from_str(&text).context("the prices are no table")?;
        for pair in replaced {
            let price = pair.split_once('=').and_then(|(name, price)| Some((name, price.parse::<f64>().ok()?)));
            let (name, price) = price.with_context(|| format!("--price {pair}: write NAME=DOLLARS"))?;
            table.insert(name.into(), price.into());
        }
        serde_yaml_ng::from_value(table.into()).context("the prices are not those that are needed")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_price_can_be_replaced_and_none_can_be_invented() {
        let published = Prices::read(None, &[]).unwrap();
        let dearer = Prices::read(None, &["write_units_million=1.25".to_owned()]).unwrap();
        assert_eq!(dearer, Prices { write_units_million: 1.25, ..published });
        for wrong in ["write_units=1", "write_units_million=cheap", "write_units_million"] {
            assert!(Prices::read(None, &[wrong.to_owned()]).is_err(), "{wrong}");
        }
    }
}

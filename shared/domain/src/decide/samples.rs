//! Samples of what a forecast would change.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use crate::customer::CustomerId;
use crate::row::Value;
use crate::wording::cut;

/// Samples of a forecast.
const MAX_SAMPLES: usize = 100;
/// Longest text of a sample, in bytes of JSON, and most items of a list.
const MAX_SHOWN: (usize, usize) = (200, 10);

/// A value that a row would change.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Sample {
    row: u64,
    /// None if the forecast would create the customer.
    customer: Option<CustomerId>,
    column: String,
    before: Option<Value>,
    after: Option<Value>,
}

impl Sample {
    /// A sample, with long values cut.
    pub(crate) fn new(
        row: u64,
        customer: Option<CustomerId>,
        column: String,
        before: Option<Value>,
        after: Option<Value>,
    ) -> Self {
        Self { row, customer, column, before: before.map(shortened), after: after.map(shortened) }
    }
}

/// As many samples as a forecast has: those of customers who exist come first, then those of whom it would create, and
/// both in file order.
#[derive(Debug, Clone, Default)]
pub struct Samples {
    known: BTreeMap<(u64, String), Sample>,
    created: BTreeMap<(u64, String), Sample>,
}

impl Samples {
    /// Adds samples. One that is added again is the same.
    pub fn add(&mut self, samples: impl IntoIterator<Item = Sample>) {
        for sample in samples {
            let all = if sample.customer.is_some() { &mut self.known } else { &mut self.created };
            all.entry((sample.row, sample.column.clone())).or_insert(sample);
            if all.len() > MAX_SAMPLES {
                all.pop_last();
            }
        }
    }

    /// The samples that a batch leaves. Of customers who would be created, those of the first batch are enough: it has as
    /// many as a forecast shows, if there are so many at all.
    #[must_use]
    pub fn of_batch(mut self, number: u32) -> Vec<Sample> {
        if number > 0 {
            self.created.clear();
        }
        self.into_vec()
    }

    /// Whether there are as many of customers who exist as a forecast has.
    pub fn is_full(&self) -> bool {
        self.known.len() >= MAX_SAMPLES
    }

    /// The samples of a forecast.
    pub fn into_vec(self) -> Vec<Sample> {
        self.known.into_values().chain(self.created.into_values()).take(MAX_SAMPLES).collect()
    }
}

fn shortened(value: Value) -> Value {
    let short = |text: String| cut(&text, MAX_SHOWN.0).into_owned();
    match value {
        Value::Text(text) => Value::Text(short(text)),
        Value::List(items) => Value::List(items.into_iter().take(MAX_SHOWN.1).map(short).collect()),
        value => value,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn customers_who_exist_come_first_and_each_value_once() {
        let text = |text: &str| Some(Value::Text(text.to_owned()));
        let sample = |row, exists: bool| {
            let customer = exists.then(|| CustomerId::from_bytes([1; 16]));
            Sample::new(row, customer, "city".to_owned(), text("Rome"), text(&"x".repeat(300)))
        };
        let mut samples = Samples::default();
        samples.add((1..=300).map(|row| sample(row, row % 10 == 0)));
        samples.add([sample(10, true), sample(20, true)]);
        let rows = |samples: Vec<Sample>| samples.iter().map(|sample| sample.row).collect::<Vec<_>>();
        let known: Vec<u64> = (1..=30).map(|tenth| tenth * 10).collect();
        assert_eq!(rows(samples.clone().of_batch(1)), known);
        let all = samples.into_vec();
        assert_eq!((all.len(), serde_json::to_string(&all[0]).unwrap().len() < 400), (100, true));
        assert_eq!(rows(all)[..32], [&known[..], &[1, 2]].concat());
    }
}

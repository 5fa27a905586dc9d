//! The sequential model: a file read from top to bottom and applied to maps; nothing of batches, stores or counters.

use std::collections::BTreeMap;

use anyhow::{Context as _, anyhow};
use jiff::Timestamp;
use shared::columns::read_header;
use shared::row::{Change, Identifier, Rules, Slot, Value, parse_row};
use shared::settings::ImportRequest;

/// A customer of the model.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Customer {
    /// Identifiers by slot.
    pub identifiers: BTreeMap<String, String>,
    /// Attributes by name.
    pub attributes: BTreeMap<String, Value>,
    /// Entries of its feed.
    pub activities: u64,
}

/// What is counted.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Counted {
    /// Rows that created a customer.
    pub created: u64,
    /// Rows that changed one.
    pub updated: u64,
    /// Rows that changed nothing.
    pub unchanged: u64,
    /// Rows that could not be applied.
    pub rejected: u64,
    /// Parts of rows that were left out.
    pub warnings: u64,
}

/// All customers.
#[derive(Debug, Clone, Default)]
pub struct Model {
    customers: Vec<Customer>,
    holders: BTreeMap<String, usize>,
}

impl Model {
    /// The customers, by all their identifiers.
    pub fn customers(&self) -> BTreeMap<String, &Customer> {
        let named = |customer: &Customer| {
            customer.identifiers.iter().map(|(slot, value)| format!("{slot}={value}")).collect::<Vec<_>>().join(" ")
        };
        self.customers.iter().map(|customer| (named(customer), customer)).collect()
    }

    /// Imports a file in UTF-8 with default rules; every applied row notes an action if `acts`.
    ///
    /// # Errors
    /// When the file is not sound: the model does not check files.
    pub fn import(&mut self, file: &[u8], acts: bool) -> anyhow::Result<Counted> {
        let request = ImportRequest::parse(br#"{"file":{"name":"a"}}"#).map_err(|found| anyhow!("{found:?}"))?;
        let rules = Rules::new(&request, Timestamp::now());
        let mut reader = csv::ReaderBuilder::new().from_reader(file);
        let header: Vec<String> = reader.headers()?.iter().map(ToOwned::to_owned).collect();
        let header: Vec<&str> = header.iter().map(String::as_str).collect();
        let layout =
            read_header(&header, 1, &BTreeMap::new(), &BTreeMap::new()).map_err(|found| anyhow!("{found:?}"))?;
        let mut counted = Counted::default();
        for record in reader.records() {
            let record = record.context("a record")?;
            let cells: Vec<&str> = record.iter().collect();
            match parse_row(&layout, &rules, &cells) {
                Err(_) => counted.rejected += 1,
                Ok(row) => self.row(&row, acts, &mut counted),
            }
        }
        Ok(counted)
    }

    fn row(&mut self, row: &shared::row::ParsedRow, acts: bool, counted: &mut Counted) {
        counted.warnings += row.warnings.len() as u64;
        let given: Vec<&Identifier> = row
            .identifiers
            .iter()
            .filter_map(|(_, change)| match change {
                Change::Set(identifier) => Some(identifier),
                Change::Clear => None,
            })
            .collect();
        let found = given.iter().find_map(|identifier| {
            let holder = *self.holders.get(&identifier.key())?;
            Some((matches!(identifier.slot(), Slot::ExternalId(_)), holder))
        });
        let is_somebody_else = |holder: usize| {
            given.iter().filter(|identifier| matches!(identifier.slot(), Slot::ExternalId(_))).any(|identifier| {
                let theirs = self.customers[holder].identifiers.get(&identifier.slot().to_string());
                theirs.is_some_and(|theirs| theirs != identifier.value())
            })
        };
        let known = found.filter(|(by_external_id, holder)| *by_external_id || !is_somebody_else(*holder));
        let id = known.map_or_else(
            || {
                self.customers.push(Customer::default());
                self.customers.len() - 1
            },
            |(_, holder)| holder,
        );
        let before = self.customers[id].clone();
        for identifier in given {
            if self.holders.get(&identifier.key()).is_some_and(|holder| *holder != id) {
                counted.warnings += 1;
                continue;
            }
            let slot = identifier.slot().to_string();
            let old = self.customers[id].identifiers.insert(slot.clone(), identifier.value().to_owned());
            if let Some(old) = old.filter(|old| old != identifier.value()) {
                self.holders.remove(&format!("{slot}#{old}"));
            }
            self.holders.insert(identifier.key(), id);
        }
        for (name, change) in &row.attributes {
            match change {
                Change::Set(value) => self.customers[id].attributes.insert(name.clone(), value.clone()),
                Change::Clear => self.customers[id].attributes.remove(name),
            };
        }
        if known.is_none() {
            counted.created += 1;
        } else if before == self.customers[id] {
            counted.unchanged += 1;
        } else {
            counted.updated += 1;
        }
        self.customers[id].activities += u64::from(acts);
    }
}

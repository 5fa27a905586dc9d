//! The sequential model: it reads a file from top to bottom and applies each row to maps. It knows no batches, stores
//! or counters.
//!
//! It shares the column table and the reading of cells with the product, and nothing else.

use std::collections::{BTreeMap, BTreeSet};

use anyhow::{Context as _, anyhow};
use domain::columns::{Fields, read_header};
use domain::imports::{ActionFor, CatalogueAtLaunch, ImportRequest, Mode, OnConflict, OnWeakMatch, read_options};
use domain::row::{Change, Identifier, ParsedRow, Slot, Value, parse_row};
use jiff::Timestamp;

/// A customer of the model.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Customer {
    /// Identifiers by slot.
    pub identifiers: BTreeMap<String, String>,
    /// Attributes by name.
    pub attributes: BTreeMap<String, Value>,
    /// The segment in each group.
    pub segments: BTreeMap<String, String>,
    /// The feed: the import's number, the row and the action of each entry.
    pub feed: BTreeSet<(usize, u64, String)>,
}

/// How many rows had each outcome, and how many warnings were given.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Tally {
    /// Rows that created a customer.
    pub created: u64,
    /// Rows that changed a customer.
    pub updated: u64,
    /// Rows that changed nothing.
    pub unchanged: u64,
    /// Rows that could not be applied.
    pub rejected: u64,
    /// Warnings: one for each value or identifier that was not applied while its row was.
    pub warnings: u64,
}

/// What an import has to count and report.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Expected {
    /// Its counters.
    pub tally: Tally,
    /// The rows of its report, each with the codes of its problems. The report shows one of them.
    pub reported: BTreeMap<u64, BTreeSet<&'static str>>,
    /// The outcome of each row, and the place in the model of the customer that it was applied to.
    pub results: BTreeMap<u64, (&'static str, Option<usize>)>,
}

/// What a row did to a customer.
struct Applied {
    outcome: &'static str,
    customer: usize,
    /// The codes of its warnings.
    warnings: Vec<&'static str>,
}

/// An import for the model to read.
#[derive(Debug)]
pub struct ModelImport<'a> {
    /// Its number, which its feed entries carry.
    pub number: usize,
    /// Its file in UTF-8.
    pub file: &'a [u8],
    /// Its settings.
    pub request: &'a ImportRequest,
    /// Rows that the model leaves out, because the product gave them up.
    pub skipped_rows: &'a BTreeSet<u64>,
}

/// The customer whom a row meets.
enum Met {
    Nobody,
    Customer(usize),
    /// The row meets somebody by email or phone, and has another external id.
    OtherId,
    /// The row meets this customer by phone, and has another email.
    OtherEmail(usize),
}

/// All customers.
#[derive(Debug, Clone, Default)]
pub struct Model {
    customers: Vec<Customer>,
    /// The customer that holds each identifier, by the identifier's key.
    holders: BTreeMap<String, usize>,
}

impl Model {
    /// The customers, by [`identity`].
    pub fn customers(&self) -> BTreeMap<String, &Customer> {
        self.customers.iter().map(|customer| (identity(&customer.identifiers), customer)).collect()
    }

    /// Imports a file in UTF-8 with default settings and the source action `Imported`.
    ///
    /// # Errors
    /// When the file is broken: the model does not check files.
    pub fn import(&mut self, file: &[u8]) -> anyhow::Result<Tally> {
        let request = br#"{"file":{"name":"a"},"settings":{"source_action":{"name":"Imported"}}}"#;
        let request = ImportRequest::parse(request).map_err(|problems| anyhow!("{problems:?}"))?;
        let import = ModelImport { number: 0, file, request: &request, skipped_rows: &BTreeSet::new() };
        Ok(self.read(&import)?.tally)
    }

    /// Reads a file from top to bottom.
    ///
    /// # Errors
    /// When the file is broken: the model does not check files.
    pub fn read(&mut self, import: &ModelImport<'_>) -> anyhow::Result<Expected> {
        let catalogue = CatalogueAtLaunch::default();
        let rules = read_options(import.request, &catalogue, Timestamp::now(), import.file.len() as u64).rules;
        let mut reader = csv::ReaderBuilder::new().from_reader(import.file);
        let header: Vec<String> = reader.headers()?.iter().map(ToOwned::to_owned).collect();
        let header: Vec<&str> = header.iter().map(String::as_str).collect();
        let layout =
            read_header(&header, 1, &import.request.columns, &Fields::new()).map_err(|found| anyhow!("{found:?}"))?;
        let mut expected = Expected::default();
        for (row, record) in (1..).zip(reader.records()) {
            let record = record.context("a record")?;
            if import.skipped_rows.contains(&row) {
                continue;
            }
            let cells: Vec<&str> = record.iter().collect();
            let codes = match parse_row(&layout, &rules.of_row(row), &cells) {
                Err(problems) => Err(problems.iter().map(|problem| problem.code.as_str()).collect()),
                Ok(parsed) => self.apply(import, row, &parsed, &mut expected.tally),
            };
            let codes: Vec<&str> = match codes {
                Ok(Applied { outcome, customer, warnings }) => {
                    expected.tally.warnings += warnings.len() as u64;
                    expected.results.insert(row, (outcome, Some(customer)));
                    warnings
                }
                Err(errors) => {
                    expected.tally.rejected += 1;
                    expected.results.insert(row, ("rejected", None));
                    errors
                }
            };
            if !codes.is_empty() {
                expected.reported.insert(row, codes.into_iter().collect());
            }
        }
        Ok(expected)
    }

    /// Applies a row, or returns the codes of the errors that reject it.
    fn apply(
        &mut self,
        import: &ModelImport<'_>,
        number: u64,
        row: &ParsedRow,
        tally: &mut Tally,
    ) -> Result<Applied, Vec<&'static str>> {
        let request = import.request;
        let given: Vec<&Identifier> = row.given_identifiers().collect();
        let found = match (self.meet(&given), request.on_weak_match) {
            (Met::OtherId | Met::OtherEmail(_), OnWeakMatch::Reject) => return Err(vec!["identifier_conflict"]),
            (Met::Customer(customer), _) | (Met::OtherEmail(customer), OnWeakMatch::Update) => Some(customer),
            (Met::Nobody | Met::OtherId | Met::OtherEmail(_), _) => None,
        };
        match (request.mode, found) {
            (Mode::CreateOnly, Some(_)) => return Err(vec!["customer_exists"]),
            (Mode::UpdateOnly, None) => return Err(vec!["customer_not_found"]),
            _ => {}
        }
        let held_by_another =
            |identifier: &&Identifier| self.holders.get(&identifier.key()).is_some_and(|holder| Some(*holder) != found);
        let is_empty =
            |slot: &Slot| found.is_none_or(|found| !self.customers[found].identifiers.contains_key(&slot.to_string()));
        let offered = row.identifiers.iter().filter_map(|(slot, change)| match change {
            Change::Set(identifier) => Some(identifier),
            Change::Fill(identifier) => is_empty(slot).then_some(identifier),
            Change::Find(_) | Change::Clear => None,
        });
        let (contested, accepted): (Vec<&Identifier>, Vec<&Identifier>) = offered.partition(|id| held_by_another(id));
        if !contested.is_empty() && request.on_conflict == OnConflict::Reject {
            return Err(vec!["identifier_conflict"; contested.len()]);
        }
        if found.is_none() && accepted.is_empty() {
            return Err(vec!["customer_not_found"]);
        }
        let id = found.unwrap_or_else(|| {
            self.customers.push(Customer::default());
            self.customers.len() - 1
        });
        let before = self.customers[id].clone();
        for identifier in accepted {
            let slot = identifier.slot().to_string();
            let old = self.customers[id].identifiers.insert(slot.clone(), identifier.value().to_owned());
            if let Some(old) = old.filter(|old| old != identifier.value()) {
                self.holders.remove(&format!("{slot}#{old}"));
            }
            self.holders.insert(identifier.key(), id);
        }
        for (slot, _) in row.identifiers.iter().filter(|(_, change)| *change == Change::Clear) {
            let slot = slot.to_string();
            if let Some(old) = self.customers[id].identifiers.remove(&slot) {
                self.holders.remove(&format!("{slot}#{old}"));
            }
        }
        for (name, change) in &row.attributes {
            match change {
                Change::Set(value) => {
                    self.customers[id].attributes.insert(name.clone(), value.clone());
                }
                Change::Fill(value) => {
                    self.customers[id].attributes.entry(name.clone()).or_insert_with(|| value.clone());
                }
                Change::Find(_) => {}
                Change::Clear => {
                    self.customers[id].attributes.remove(name);
                }
            }
        }
        let created = found.is_none();
        let (outcome, counter) = match (created, before == self.customers[id]) {
            (true, _) => ("created", &mut tally.created),
            (false, true) => ("unchanged", &mut tally.unchanged),
            (false, false) => ("updated", &mut tally.updated),
        };
        *counter += 1;
        self.add_notes(import, number, row, id, created);
        let warnings = row.warnings.iter().map(|problem| problem.code.as_str());
        let warnings = warnings.chain(contested.iter().map(|_| "identifier_taken")).collect();
        Ok(Applied { outcome, customer: id, warnings })
    }

    /// The customer whom a row meets by its identifiers, strongest first, and whether a stronger one is another than the
    /// customer's.
    fn meet(&self, given: &[&Identifier]) -> Met {
        let found = given.iter().find_map(|given| Some((given.slot(), *self.holders.get(&given.key())?)));
        let Some((found_by, customer)) = found else { return Met::Nobody };
        let other = |slot: &Slot| {
            let theirs = self.customers[customer].identifiers.get(&slot.to_string());
            let given = given.iter().find(|given| given.slot() == *slot);
            given.zip(theirs).is_some_and(|(given, theirs)| given.value() != theirs)
        };
        let has_other_id =
            given.iter().map(|given| given.slot()).any(|slot| matches!(slot, Slot::ExternalId(_)) && other(&slot));
        match found_by {
            Slot::Email | Slot::Phone if has_other_id => Met::OtherId,
            Slot::Phone if other(&Slot::Email) => Met::OtherEmail(customer),
            _ => Met::Customer(customer),
        }
    }

    /// Sets the customer's segment and adds the source action to its feed.
    fn add_notes(&mut self, import: &ModelImport<'_>, number: u64, row: &ParsedRow, id: usize, created: bool) {
        let settings = &import.request.settings;
        let customer = &mut self.customers[id];
        if let Some(segment) = &row.segment {
            let group = segment.group.clone().unwrap_or_else(|| import.request.segment_group().to_owned());
            customer.segments.insert(group, segment.name.clone());
        } else if let Some(segment) = &settings.segment {
            customer.segments.insert(segment.group.clone(), segment.name.clone());
        }
        let action_of_import = settings.source_action.as_ref().and_then(|setting| match created {
            true => Some(setting.name.clone()),
            false => {
                let for_all = (setting.added_for == ActionFor::All).then(|| setting.name.clone());
                setting.update_action.clone().or(for_all)
            }
        });
        if let Some(action) = row.source_action.clone().or(action_of_import) {
            customer.feed.insert((import.number, number, action));
        }
    }
}

/// The name by which customers of the model and of the stores are compared: all their identifiers.
pub fn identity(identifiers: &BTreeMap<String, String>) -> String {
    identifiers.iter().map(|(slot, value)| format!("{slot}={value}")).collect::<Vec<_>>().join(" ")
}

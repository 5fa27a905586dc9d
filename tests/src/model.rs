//! The sequential model: a file read from top to bottom and applied to maps; nothing of batches, stores or counters.
//!
//! It shares the column table and the reading of cells with the product, and nothing else.

use std::collections::{BTreeMap, BTreeSet};

use anyhow::{Context as _, anyhow};
use jiff::Timestamp;
use shared::columns::read_header;
use shared::row::{Change, Identifier, ParsedRow, Rules, Slot, Value, parse_row};
use shared::settings::{ActionFor, ImportRequest, Mode, OnConflict};

/// A customer of the model.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Customer {
    /// Identifiers by slot.
    pub identifiers: BTreeMap<String, String>,
    /// Attributes by name.
    pub attributes: BTreeMap<String, Value>,
    /// The segment in each group.
    pub segments: BTreeMap<String, String>,
    /// The feed: import, row and action.
    pub feed: BTreeSet<(usize, u64, String)>,
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

/// What an import comes to, besides customers.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Told {
    /// Its counters.
    pub counted: Counted,
    /// The rows of its report, with the codes of what is wrong with each.
    pub listed: BTreeMap<u64, BTreeSet<&'static str>>,
}

/// An import as the model sees it.
#[derive(Debug)]
pub struct Import<'a> {
    /// Its number, which entries of feeds have.
    pub number: usize,
    /// Its file in UTF-8.
    pub file: &'a [u8],
    /// Its settings.
    pub request: &'a ImportRequest,
    /// Rows that are not to be applied.
    pub left_out: &'a BTreeSet<u64>,
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
        self.customers.iter().map(|customer| (name(&customer.identifiers), customer)).collect()
    }

    /// Imports a file in UTF-8 with default rules; every applied row notes an action if `acts`.
    ///
    /// # Errors
    /// When the file is not sound: the model does not check files.
    pub fn import(&mut self, file: &[u8], acts: bool) -> anyhow::Result<Counted> {
        let request = match acts {
            true => br#"{"file":{"name":"a"},"settings":{"source_action":{"name":"Imported"}}}"#.as_slice(),
            false => br#"{"file":{"name":"a"}}"#,
        };
        let request = ImportRequest::parse(request).map_err(|found| anyhow!("{found:?}"))?;
        let import = Import { number: 0, file, request: &request, left_out: &BTreeSet::new() };
        Ok(self.read(&import)?.counted)
    }

    /// Reads a file from top to bottom.
    ///
    /// # Errors
    /// When the file is not sound: the model does not check files.
    pub fn read(&mut self, import: &Import<'_>) -> anyhow::Result<Told> {
        let rules = Rules::new(import.request, Timestamp::now());
        let mut reader = csv::ReaderBuilder::new().from_reader(import.file);
        let header: Vec<String> = reader.headers()?.iter().map(ToOwned::to_owned).collect();
        let header: Vec<&str> = header.iter().map(String::as_str).collect();
        let layout =
            read_header(&header, 1, &BTreeMap::new(), &BTreeMap::new()).map_err(|found| anyhow!("{found:?}"))?;
        let mut told = Told::default();
        for (row, record) in (1..).zip(reader.records()) {
            let record = record.context("a record")?;
            if import.left_out.contains(&row) {
                continue;
            }
            let cells: Vec<&str> = record.iter().collect();
            let codes = match parse_row(&layout, &rules, &cells) {
                Err(problems) => Err(problems.iter().map(|problem| problem.code.as_str()).collect()),
                Ok(parsed) => self.row(import, row, &parsed, &mut told.counted),
            };
            let codes: Vec<&str> = match codes {
                Ok(warnings) => {
                    told.counted.warnings += warnings.len() as u64;
                    warnings
                }
                Err(errors) => {
                    told.counted.rejected += 1;
                    errors
                }
            };
            if !codes.is_empty() {
                told.listed.insert(row, codes.into_iter().collect());
            }
        }
        Ok(told)
    }

    /// Applies a row: the codes of its warnings, or of what rejects it.
    fn row(
        &mut self,
        import: &Import<'_>,
        number: u64,
        row: &ParsedRow,
        counted: &mut Counted,
    ) -> Result<Vec<&'static str>, Vec<&'static str>> {
        let request = import.request;
        let given: Vec<&Identifier> = row.identifiers.iter().filter_map(|(_, change)| set(change)).collect();
        let known = self.find(&given);
        match (request.mode, known) {
            (Mode::CreateOnly, Some(_)) => return Err(vec!["customer_exists"]),
            (Mode::UpdateOnly, None) => return Err(vec!["customer_not_found"]),
            _ => {}
        }
        let taken = |identifier: &&&Identifier| {
            self.holders.get(&identifier.key()).is_some_and(|holder| Some(*holder) != known)
        };
        let contested: Vec<&Identifier> = given.iter().filter(taken).copied().collect();
        if !contested.is_empty() && request.on_conflict == OnConflict::Reject {
            return Err(vec!["identifier_conflict"; contested.len()]);
        }
        let id = known.unwrap_or_else(|| {
            self.customers.push(Customer::default());
            self.customers.len() - 1
        });
        let before = self.customers[id].clone();
        for identifier in given.into_iter().filter(|identifier| !contested.contains(identifier)) {
            let slot = identifier.slot().to_string();
            let old = self.customers[id].identifiers.insert(slot.clone(), identifier.value().to_owned());
            if let Some(old) = old.filter(|old| old != identifier.value()) {
                self.holders.remove(&format!("{slot}#{old}"));
            }
            self.holders.insert(identifier.key(), id);
        }
        for (slot, _) in row.identifiers.iter().filter(|(_, change)| set(change).is_none()) {
            let slot = slot.to_string();
            if let Some(old) = self.customers[id].identifiers.remove(&slot) {
                self.holders.remove(&format!("{slot}#{old}"));
            }
        }
        for (name, change) in &row.attributes {
            match change {
                Change::Set(value) => self.customers[id].attributes.insert(name.clone(), value.clone()),
                Change::Clear => self.customers[id].attributes.remove(name),
            };
        }
        let created = known.is_none();
        match (created, before == self.customers[id]) {
            (true, _) => counted.created += 1,
            (false, true) => counted.unchanged += 1,
            (false, false) => counted.updated += 1,
        }
        self.note(import, number, row, id, created);
        let warnings = row.warnings.iter().map(|problem| problem.code.as_str());
        Ok(warnings.chain(contested.iter().map(|_| "identifier_taken")).collect())
    }

    /// The customer that a row with these identifiers, strongest first, is about.
    fn find(&self, given: &[&Identifier]) -> Option<usize> {
        let external = |identifier: &&&Identifier| matches!(identifier.slot(), Slot::ExternalId(_));
        let (by, holder) = given.iter().find_map(|given| Some((given, *self.holders.get(&given.key())?)))?;
        let is_somebody_else = given.iter().filter(external).any(|identifier| {
            let theirs = self.customers[holder].identifiers.get(&identifier.slot().to_string());
            theirs.is_some_and(|theirs| theirs != identifier.value())
        });
        (external(&by) || !is_somebody_else).then_some(holder)
    }

    /// Segment and feed.
    fn note(&mut self, import: &Import<'_>, number: u64, row: &ParsedRow, id: usize, created: bool) {
        let settings = &import.request.settings;
        let customer = &mut self.customers[id];
        if let Some(segment) = &row.segment {
            let group = segment.group.clone().unwrap_or_else(|| import.request.segment_group().to_owned());
            customer.segments.insert(group, segment.name.clone());
        } else if let Some(segment) = &settings.segment {
            customer.segments.insert(segment.group.clone(), segment.name.clone());
        }
        let of_import = settings.source_action.as_ref().and_then(|setting| match created {
            true => Some(setting.name.clone()),
            false => {
                let all = (setting.added_for == ActionFor::All).then(|| setting.name.clone());
                setting.update_action.clone().or(all)
            }
        });
        if let Some(action) = row.source_action.clone().or(of_import) {
            customer.feed.insert((import.number, number, action));
        }
    }
}

/// What a customer is known by in a comparison: all its identifiers.
pub fn name(identifiers: &BTreeMap<String, String>) -> String {
    identifiers.iter().map(|(slot, value)| format!("{slot}={value}")).collect::<Vec<_>>().join(" ")
}

fn set(change: &Change<Identifier>) -> Option<&Identifier> {
    match change {
        Change::Set(identifier) => Some(identifier),
        Change::Clear => None,
    }
}

//! Customers in memory, and imports that change them as a row processor does.

use std::collections::{BTreeMap, BTreeSet};

use domain::columns::{Fields, Layout, Mapping, read_header};
use domain::customer::Customer;
use domain::decide::{Claim, Decision, Fate, Row, Stage, Stored, Terms, decide, may_be_lost};
use domain::imports::{CatalogueAtLaunch, ImportId, ImportRequest, read_options};
use domain::plan::Planner;
use domain::row::{Identifier, ParsedRow, Rules, parse_row};
use jiff::Timestamp;

/// The columns of every row, and the letter of each in [`record`].
const COLUMNS: [(&str, &str); 4] = [("x", "external_id"), ("s", "external_id.shop"), ("e", "email"), ("p", "phone")];

/// The cells of a row such as `x:K1 e:ann p:1`, which is about ann@example.org and +1 201 555 0101.
pub(crate) fn record(row: &str) -> Vec<String> {
    let cell = |letter: &str| {
        let given = row.split(' ').filter_map(|part| part.split_once(':')).find(|(column, _)| *column == letter);
        match given {
            None => String::new(),
            Some((_, "%CLEAR%")) => "%CLEAR%".to_owned(),
            Some(("e", name)) => format!("{name}@example.org"),
            Some(("p", last_digit)) => format!("+1201555010{last_digit}"),
            Some((_, id)) => id.to_owned(),
        }
    };
    COLUMNS.iter().map(|(letter, _)| cell(letter)).collect()
}

fn launched() -> Timestamp {
    Timestamp::from_second(1_780_000_000).unwrap()
}

fn layout() -> Layout {
    read_header(&COLUMNS.map(|(_, name)| name), 1, &Mapping::new(), &Fields::new()).unwrap()
}

/// The rows of a file, numbered from a first one.
pub(crate) fn rows(first: u64, file: &[&str]) -> Vec<Row> {
    let rules = Rules { launched: launched(), ..Rules::default() };
    let layout = layout();
    let row = |(number, row): (u64, &&str)| {
        let cells = record(row);
        let cells: Vec<&str> = cells.iter().map(String::as_str).collect();
        Row { number, parsed: parse_row(&layout, &rules, &cells) }
    };
    (first..).zip(file).map(row).collect()
}

/// The terms of an import with these settings (members of its JSON). Imports are launched in the order of their numbers.
pub(crate) fn terms(import: u128, settings: &str) -> Terms {
    let request = ImportRequest::parse(format!(r#"{{"file":{{"name":"a"}}{settings}}}"#).as_bytes()).unwrap();
    let catalogue = CatalogueAtLaunch::default();
    let file = "email\nann@example.org\n";
    let mut planner = Planner::new(read_options(&request, &catalogue, launched(), file.len() as u64));
    planner.push(file.as_bytes());
    let (checked, _) = planner.finish(|_| String::new()).unwrap();
    let terms = Terms::new(ImportId::new(launched(), import), &request, &catalogue, &checked);
    Terms { layout: layout(), ..terms }
}

/// Everything that is stored.
#[derive(Debug, Clone, Default)]
pub(crate) struct Memory(pub(crate) Stored);

impl Memory {
    /// Decides rows and writes what was decided.
    pub(crate) fn apply(&mut self, rows: &[Row], terms: &Terms) -> Vec<Fate> {
        let decision = self.decide(rows, terms, &vec![None; rows.len()]);
        self.write(&decision, usize::MAX);
        decision.fates
    }

    /// Decides rows on what a row processor reads for them.
    pub(crate) fn decide(&self, rows: &[Row], terms: &Terms, prior: &[Option<Fate>]) -> Decision {
        let named = rows.iter().filter_map(|row| row.parsed.as_ref().ok()).flat_map(ParsedRow::given_identifiers);
        let mut stored = self.0.clone();
        stored.claims = self.claims(&named.map(Identifier::key).collect());
        let chosen = prior.iter().flatten().filter_map(|fate| fate.customer);
        let read: BTreeSet<_> = stored.claims.values().map(|claim| claim.customer).chain(chosen).collect();
        stored.customers.retain(|id, _| read.contains(id));
        let lost = may_be_lost(rows, &stored, prior);
        stored.claims.extend(self.claims(&lost));
        decide(rows, stored, terms, prior)
    }

    fn claims(&self, keys: &BTreeSet<String>) -> BTreeMap<String, Claim> {
        keys.iter().filter_map(|key| Some((key.clone(), *self.0.claims.get(key)?))).collect()
    }

    /// Makes the first writes of a decision, as a worker that dies after so many.
    pub(crate) fn write(&mut self, decision: &Decision, most: usize) {
        self.write_stages(&decision.stages, most);
    }

    /// Makes the first writes of some stages.
    pub(crate) fn write_stages(&mut self, stages: &[Stage], mut most: usize) {
        for stage in stages {
            self.write_stage(stage, &mut most);
        }
    }

    fn write_stage(&mut self, stage: &Stage, most: &mut usize) {
        let mut may_write = || most.checked_sub(1).map(|left| *most = left).is_some();
        for (id, version) in &stage.fences {
            if may_write() {
                let customer = self.0.customers.get_mut(id).unwrap();
                assert_eq!(customer.version, *version);
                customer.version += 1;
            }
        }
        for write in &stage.claims {
            if may_write() {
                let before = self.0.claims.insert(write.key.clone(), write.claim);
                assert_eq!(before, write.replaces, "{}", write.key);
            }
        }
        for profile in &stage.profiles {
            if may_write() {
                let stored = self.0.customers.get(&profile.id).map_or(0, |customer| customer.version);
                assert_eq!(stored, profile.version);
                let written = Customer { version: stored + 1, ..profile.clone() };
                self.0.customers.insert(profile.id, written);
            }
        }
        for (id, version) in &stage.deletes {
            if may_write() {
                assert_eq!(self.0.customers.remove(id).map(|customer| customer.version), Some(*version));
            }
        }
        for (key, claim) in &stage.releases {
            if may_write() && self.0.claims.get(key) == Some(claim) {
                self.0.claims.remove(key);
            }
        }
    }

    /// Each customer as [`record`] would read it, in alphabetical order.
    pub(crate) fn customers(&self) -> Vec<String> {
        let shown = |customer: &Customer| {
            let part = |(letter, name): &(&str, &str)| {
                let identifier = customer.identifier(&name.parse().unwrap())?;
                let value = identifier.value();
                let value = value.strip_suffix("@example.org").or(value.strip_prefix("+1201555010")).unwrap_or(value);
                Some(format!("{letter}:{value}"))
            };
            COLUMNS.iter().filter_map(part).collect::<Vec<_>>().join(" ")
        };
        let mut shown: Vec<String> = self.0.customers.values().map(shown).collect();
        shown.sort();
        shown
    }

    /// Every claim is on an identifier that its customer has.
    pub(crate) fn assert_no_claim_is_left(&self) {
        for (key, claim) in &self.0.claims {
            let is_listed =
                |identifier: Identifier| self.0.customers.get(&claim.customer).is_some_and(|of| of.lists(&identifier));
            assert!(Identifier::from_key(key).is_some_and(is_listed), "{key} is still claimed for {}", claim.customer);
        }
    }

    /// Every identifier of a customer is claimed for it.
    pub(crate) fn assert_sound(&self) {
        for customer in self.0.customers.values() {
            for identifier in customer.identifiers.values().filter_map(|stamped| stamped.value.as_ref()) {
                let holder = self.0.claims.get(&identifier.key()).map(|claim: &Claim| claim.customer);
                assert_eq!(holder, Some(customer.id), "{}", identifier.key());
            }
        }
    }
}

//! Counting the fates of a batch.

use std::collections::{BTreeMap, BTreeSet};

use super::vocabulary::{Fate, Row};
use crate::codes::{Outcome, RowCode, Severity};
use crate::imports::Counters;
use crate::problems::RowProblem;

/// The counters of a batch: its rows by outcome, and its problems by code.
pub fn count(rows: &[Row], fates: &[Fate]) -> Counters {
    let mut counters = Counters::default();
    let mut codes: BTreeMap<RowCode, u64> = BTreeMap::new();
    for (row, fate) in rows.iter().zip(fates) {
        counters.add_row(fate.outcome);
        counters.foretold.add_row(&fate.foretold);
        for problem in problems(row, fate) {
            *codes.entry(problem.code).or_default() += 1;
            if problem.severity == Severity::Warning {
                counters.warnings += 1;
            }
        }
    }
    counters.codes = codes;
    counters
}

/// The fates that a batch is counted with: rows that were given up, or never decided, are unprocessed.
pub fn counted_fates(decided: &[Option<Fate>], given_up: &BTreeSet<u32>) -> Vec<Fate> {
    let rows = (0..).zip(decided);
    rows.map(|(row, fate)| match fate {
        Some(fate) if !given_up.contains(&row) => fate.clone(),
        _ => unprocessed(),
    })
    .collect()
}

/// What stays decided of a batch when some of its rows are given up. The rows after one that was to create its customer
/// are decided without it and may create that person themselves, so a retry decides the row anew. If it did create its
/// customer before it failed, the customer says so.
pub fn fates_without(mut decided: Vec<Option<Fate>>, given_up: &BTreeSet<u32>) -> Vec<Option<Fate>> {
    for (row, fate) in (0..).zip(&mut decided) {
        let creates = fate.as_ref().is_some_and(|fate| fate.outcome == Outcome::Created);
        if creates && given_up.contains(&row) {
            *fate = None;
        }
    }
    decided
}

fn unprocessed() -> Fate {
    let message = "The row was not processed, although it was tried several times. Upload this report again, or retry the import.";
    let problem =
        RowProblem { severity: Severity::Error, code: RowCode::Unprocessed, cell: None, message: message.to_owned() };
    Fate::new(Outcome::Unprocessed, None, vec![problem])
}

/// Everything wrong with a row: what parsing found, then what the decision found.
pub fn problems<'a>(row: &'a Row, fate: &'a Fate) -> impl Iterator<Item = &'a RowProblem> {
    let parsing: &[RowProblem] = match &row.parsed {
        Ok(parsed) if fate.outcome.is_applied() => &parsed.warnings,
        Ok(_) => &[],
        Err(_) if fate.outcome == Outcome::Unprocessed => &[],
        Err(problems) => problems,
    };
    parsing.iter().chain(&fate.problems)
}

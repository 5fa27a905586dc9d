//! Counting the fates of a batch.

use std::collections::BTreeMap;

use super::vocabulary::{Fate, Row};
use crate::codes::{RowCode, Severity};
use crate::imports::Counters;
use crate::problems::RowProblem;

/// The counters of a batch: its rows by outcome, and its problems by code.
pub fn count(rows: &[Row], fates: &[Fate]) -> Counters {
    let mut counters = Counters::default();
    let mut codes: BTreeMap<RowCode, u64> = BTreeMap::new();
    for (row, fate) in rows.iter().zip(fates) {
        counters.add_row(fate.outcome);
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

/// Everything wrong with a row: what parsing found, then what the decision found.
pub fn problems<'a>(row: &'a Row, fate: &'a Fate) -> impl Iterator<Item = &'a RowProblem> {
    let parsing: &[RowProblem] = match &row.parsed {
        Ok(parsed) if fate.outcome.is_applied() => &parsed.warnings,
        Ok(_) => &[],
        Err(problems) => problems,
    };
    parsing.iter().chain(&fate.problems)
}

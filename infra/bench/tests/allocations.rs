//! How many allocations a row takes is counted, not timed, so a test can hold it.
#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

use allocation_counter::measure;
use bench::files::Kind;
use bench::work::{Prepared, check, decided};
use domain::plan::MAX_ROWS;

/// The most allocations a row, a tenth above what was counted on 2026-11-27.
const MOST_TO_DECIDE: [(Kind, f64); 3] =
    [(Kind::Emails, 69.0), (Kind::NationalPhones, 95.0), (Kind::AllColumns, 224.0)];
const MOST_TO_CHECK: [(Kind, f64); 3] = [(Kind::Emails, 3.1), (Kind::NationalPhones, 19.0), (Kind::AllColumns, 29.9)];

#[test]
fn deciding_a_row_takes_no_more_allocations_than_before() {
    let a_row = |kind: Kind| {
        let prepared = Prepared::new(&kind.file(200_000).0, kind.region()).unwrap();
        let counted = counted_again(|| assert_eq!(decided(&prepared, kind.region()), MAX_ROWS as usize));
        counted as f64 / f64::from(MAX_ROWS)
    };
    hold(MOST_TO_DECIDE, a_row);
}

#[test]
fn checking_a_row_takes_no_more_allocations_than_before() {
    let a_row = |kind: Kind| {
        let (text, rows) = kind.file(1_000_000);
        let counted = counted_again(|| assert_eq!(check(text.as_bytes(), kind.region()), Ok(rows)));
        counted as f64 / rows as f64
    };
    hold(MOST_TO_CHECK, a_row);
}

/// The allocations of the second time: the first one in a process also reads the numbering plans of countries and
/// compiles their expressions, and which test comes first is chance.
fn counted_again(work: impl Fn()) -> u64 {
    work();
    measure(work).count_total
}

/// Fails with all figures if one of them is above its limit.
fn hold(limits: [(Kind, f64); 3], a_row: impl Fn(Kind) -> f64) {
    let counted = limits.map(|(kind, most)| (kind.name(), a_row(kind), most));
    let is_held = counted.iter().all(|(_, a_row, most)| a_row <= most);
    assert!(is_held, "kind of file, allocations a row, and the most: {counted:.1?}");
}

//! What an import stores of its file and its settings fits into items of DynamoDB, whatever the file and the settings
//! are. An item has at most 409,600 bytes; it holds the JSON that is measured here.

#![expect(clippy::unwrap_used, reason = "a failed expectation fails the test")]

use std::collections::BTreeMap;

use domain::catalogue::MAX_FIELDS;
use domain::codes::FileCode;
use domain::columns::{FieldKind, Fields, MAX_COLUMNS};
use domain::file::FailedCheck;
use domain::imports::{CatalogueAtLaunch, Failure, ImportRequest, MAX_REQUEST, read_options};
use domain::plan::{Checked, Planner};
use domain::problems::{MAX_NOTICES, MAX_PROBLEMS};
use proptest::prelude::*;
use serde::Serialize;
use serde_json::{Map, Value as Json, json};

/// Largest item that these tests let pass.
const MAX_ITEM: usize = 300_000;
/// Largest check result without the list of the file's parts, for which a test of the planner leaves 200,000 bytes.
const MAX_CHECKED: usize = 200_000;

fn json_len(value: &impl Serialize) -> usize {
    serde_json::to_string(value).unwrap().len()
}

/// Checks a file with these headers mapped; none if the settings are refused.
fn check(columns: &Map<String, Json>, file: &[u8]) -> Option<Result<Checked, FailedCheck>> {
    let body = json!({ "file": { "name": "a" }, "columns": columns, "delimiter": "," });
    let request = ImportRequest::parse(body.to_string().as_bytes()).ok()?;
    let launched = jiff::Timestamp::from_second(1_780_000_000).unwrap();
    let options = read_options(&request, &CatalogueAtLaunch::default(), launched, file.len() as u64);
    let mut planner = Planner::new(options);
    planner.push(file);
    Some(planner.finish(|_| String::new()).map(|(checked, _)| checked))
}

/// Bytes of a check result in its two items: without the first rows, and the first rows.
fn stored(mut checked: Checked) -> (usize, usize) {
    let rows = json_len(&std::mem::take(&mut checked.first_rows));
    (json_len(&checked), rows)
}

fn quoted(cell: &str) -> String {
    format!("\"{}\"", cell.replace('"', "\"\""))
}

/// A file of a thousand columns with the longest names that there are, mapped from these headers, and damage in each.
fn damaged(headers: impl Iterator<Item = String>) -> (Map<String, Json>, Vec<u8>) {
    let headers: Vec<String> = headers.take(MAX_COLUMNS).collect();
    let to = |at: usize| if at == 0 { "email".to_owned() } else { format!("subscribed.mobile_push.{at:0>32}") };
    let columns = headers.iter().enumerate().map(|(at, header)| (header.clone(), to(at).into())).collect();
    let record = |cell: &str| format!("a@b.de{}\n", format!(",{cell}").repeat(headers.len() - 1));
    let header = headers.iter().map(|header| quoted(header)).collect::<Vec<_>>().join(",");
    let rows = ["#N/A", "4.2E+11", "MÃ¼nchen", "33238"].map(record).concat();
    (columns, format!("{header}\n{rows}").into_bytes())
}

#[test]
fn the_check_result_of_the_worst_file_fits_into_its_item() {
    for letter in ["h", "😀", "\"", "\u{1}"] {
        let with_letters = |count: usize| {
            let (columns, file) = damaged((0..).map(|at| format!("{at}{}", letter.repeat(count))));
            check(&columns, &file)?.ok()
        };
        // The longest headers of this letter that the check accepts.
        let (mut accepted, mut refused) = (0, 80);
        while refused - accepted > 1 {
            let middle = (accepted + refused) / 2;
            *(if with_letters(middle).is_some() { &mut accepted } else { &mut refused }) = middle;
        }
        let checked = with_letters(accepted).unwrap();
        assert_eq!(checked.notices.len(), MAX_NOTICES);
        assert!(checked.notices_total > 2_900, "{}", checked.notices_total);
        let (bytes, rows) = stored(checked);
        println!("{letter:?}: {bytes} and {rows} bytes");
        assert!(bytes < MAX_CHECKED && rows < MAX_ITEM, "{letter:?}: {bytes} and {rows} bytes");
    }
}

#[test]
fn the_worst_first_rows_fit_into_their_item() {
    let row = format!("a@b.de,{}\n", "\u{1}".repeat(4_000));
    let checked = check(&Map::new(), format!("email,city\n{}", row.repeat(9)).as_bytes()).unwrap().unwrap();
    let (_, rows) = stored(checked);
    assert!((100_000..MAX_ITEM).contains(&rows), "{rows} bytes");
}

#[test]
fn a_check_result_without_a_total_of_notices_is_read() {
    let mut stored = serde_json::to_value(check(&Map::new(), b"email\na@b.de\n").unwrap().unwrap()).unwrap();
    stored.as_object_mut().unwrap().remove("notices_total");
    let checked: Checked = serde_json::from_value(stored).unwrap();
    assert_eq!(checked.notices_total, 0);
}

#[test]
fn the_failure_of_the_worst_file_fits_into_its_item() {
    for letter in ["a", "é", "\\", "\"", "\u{1}"] {
        let unknown = |at: usize| format!("{at}{}", letter.repeat(24 / letter.len()));
        let header = (0..MAX_COLUMNS).map(|at| quoted(&unknown(at))).collect::<Vec<_>>().join(",");
        let mapping: Map<String, Json> = (0..900).map(|at| (format!("m{}", unknown(at)), Json::Null)).collect();
        let failed = check(&mapping, format!("{header}\n1\n").as_bytes()).unwrap().unwrap_err();
        assert_eq!(failed.problems.len(), MAX_PROBLEMS, "{letter:?}");
        assert_eq!(failed.total, 1_901, "{letter:?}");
        let failure = Failure::from_problems(failed.problems, failed.total);
        assert_eq!(failure.problems_total, 1_901);
        let bytes = json_len(&failure);
        assert!(bytes < MAX_ITEM, "{letter:?}: {bytes} bytes");
    }
}

#[test]
fn a_failure_is_cut_wherever_its_problems_come_from() {
    let problem = |at: u64| domain::problems::FileProblem {
        code: FileCode::UnknownColumn,
        row: Some(at),
        line: Some(u64::MAX),
        column: Some("\u{1}".repeat(10_000)),
        message: "\u{2}".repeat(10_000),
    };
    let failure = Failure::from_problems((0..5_000).map(problem).collect(), 5_000);
    assert_eq!((failure.problems.len(), failure.problems_total), (MAX_PROBLEMS, 5_000));
    assert!(json_len(&failure) < MAX_ITEM, "{} bytes", json_len(&failure));
}

#[test]
fn the_largest_settings_fit_into_their_item_with_all_custom_fields() {
    let fields: Fields = (0..MAX_FIELDS).map(|at| (format!("{at:0>32}"), FieldKind::Datetime)).collect();
    let longest = || Some("😀".repeat(200));
    let catalogue = json_len(&CatalogueAtLaunch {
        fields,
        touchpoint: longest(),
        api_endpoint: longest(),
        chosen_touchpoint: longest(),
    });
    let headers: BTreeMap<String, Option<String>> =
        (0..MAX_COLUMNS).map(|at| (format!("{at:0>60}"), Some(format!("external_id.{at:0>32}")))).collect();
    let mut body = json!({ "file": { "name": "a" }, "columns": headers });
    let room = MAX_REQUEST - body.to_string().len();
    body["description"] = "\u{1}".repeat((room - 20).min(12_000) / 6).into();
    let request = ImportRequest::parse(body.to_string().as_bytes()).unwrap();
    let bytes = json_len(&request) + catalogue;
    assert!(bytes < MAX_ITEM, "{bytes} bytes");
    assert!(MAX_REQUEST + 1_000 + catalogue < MAX_ITEM, "no request is stored in more bytes: {catalogue}");
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(40))]

    #[test]
    fn whatever_the_check_says_fits_into_an_item(
        letters in prop::collection::vec(any::<char>(), 1..40),
        columns in 1usize..1_100,
        length in 0usize..90,
        cells in prop::collection::vec("[ -~é\u{1}\n]{0,30}", 1..5),
    ) {
        let letters: String = letters.into_iter().filter(|letter| *letter != '\0').collect();
        let name: String = letters.chars().cycle().take(length).collect();
        let name = if letters.is_empty() { String::new() } else { name };
        // Names that begin with `_` are left out.
        let header: Vec<String> = (1..columns).map(|at| quoted(&format!("_{at}{name}"))).collect();
        let header = std::iter::once("email".to_owned()).chain(header).collect::<Vec<_>>().join(",");
        let row: Vec<String> = (1..columns).map(|at| quoted(&cells[at % cells.len()])).collect();
        let row = std::iter::once("a@b.de".to_owned()).chain(row).collect::<Vec<_>>().join(",");
        let file = format!("{header}\n{}", format!("{row}\n").repeat(6));
        match check(&Map::new(), file.as_bytes()).unwrap() {
            Ok(checked) => {
                let (without_rows, rows) = stored(checked);
                prop_assert!(without_rows < MAX_CHECKED && rows < MAX_ITEM);
            }
            Err(failed) => {
                prop_assert!(json_len(&Failure::from_problems(failed.problems, failed.total)) < MAX_ITEM);
            }
        }
    }
}

//! The public conformance set of CSV, read as an import reads it.
#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::collections::BTreeMap;
use std::path::Path;

use domain::imports::{CatalogueAtLaunch, ImportRequest, read_options};
use domain::plan::{BatchRecords, Dispatch, LaterRows, Planner, Wave};
use jiff::Timestamp;
use serde_json::{Value as Json, json};

/// The cells of a file's rows, read in chunks of this size. A column `email` is put in front, because every import
/// needs an identifier; the result leaves it out.
fn rows(file: &str, chunk: usize) -> Vec<Vec<String>> {
    let header = file.lines().next().unwrap();
    let width = header.split(',').count();
    let columns: BTreeMap<String, Option<String>> =
        header.split(',').map(|header| (header.trim_matches('"').to_owned(), None)).collect();
    let request = json!({ "file": { "name": "a" }, "columns": columns, "delimiter": ",", "on_empty_column": "ignore" });
    let request = ImportRequest::parse(request.to_string().as_bytes()).unwrap();
    let options = read_options(&request, &CatalogueAtLaunch::default(), Timestamp::UNIX_EPOCH, file.len() as u64);
    let text = with_emails(file);
    let mut check = Planner::new(options);
    check.push(text.as_bytes());
    let checked = check.finish(|_| String::new());
    let (checked, _) = checked.unwrap_or_else(|failed| panic!("{text:?}: {failed:?}"));
    let mut pass = Dispatch::new(&checked, 0, Wave::FIRST, LaterRows::default()).unwrap();
    let mut batches = Vec::new();
    for bytes in text.as_bytes().chunks(chunk) {
        pass.push(bytes, &mut |batch| batches.push(batch)).unwrap();
    }
    pass.finish(&mut |batch| batches.push(batch)).unwrap();
    let mut rows = Vec::new();
    for batch in batches {
        let records = BatchRecords::read(&batch.rows, &checked).unwrap();
        for index in 0..records.len() {
            let (row, _, cells) = records.record(index);
            rows.push((row, cells.into_iter().skip(1).map(str::to_owned).collect::<Vec<_>>()));
        }
    }
    rows.sort();
    assert!(rows.iter().all(|(_, cells)| cells.len() == width), "{rows:?}");
    rows.into_iter().map(|(_, cells)| cells).collect()
}

/// The file with an email in front of each record. Everything else stays byte for byte as it is.
fn with_emails(file: &str) -> String {
    let mut reader = csv::Reader::from_reader(file.as_bytes());
    let starts = reader.records().map(|record| record.unwrap().position().unwrap().byte() as usize);
    let mut text = String::from("email,");
    let mut from = 0;
    for (number, start) in starts.enumerate() {
        // This reader ends a record at its CR, so the LF belongs to the next record.
        let start = start + usize::from(file[start..].starts_with('\n'));
        text.push_str(&file[from..start]);
        text.push_str(&format!("p{number}@example.com,"));
        from = start;
    }
    text.push_str(&file[from..]);
    text
}

#[test]
fn the_conformance_set_is_read_as_it_says_however_it_is_cut() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("data/csv-spectrum");
    let mut files = 0;
    for entry in std::fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.extension().is_none_or(|kind| kind != "csv") {
            continue;
        }
        files += 1;
        let file = std::fs::read_to_string(&path).unwrap();
        let expected: Json =
            serde_json::from_str(&std::fs::read_to_string(path.with_extension("json")).unwrap()).unwrap();
        // The set describes a file of one row by an object, and not by a list of one.
        let objects = expected.as_array().map_or(std::slice::from_ref(&expected), Vec::as_slice);
        let cells =
            |row: &Json| row.as_object().unwrap().values().map(|cell| cell.as_str().unwrap().to_owned()).collect();
        let expected: Vec<Vec<String>> = objects.iter().map(cells).collect();
        for chunk in [1, 5, 1_000] {
            assert_eq!(rows(&file, chunk), expected, "{} in chunks of {chunk}", path.display());
        }
    }
    assert_eq!(files, 12, "the set has 12 files");
}

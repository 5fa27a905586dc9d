//! The public conformance set of CSV, read as an import reads it.
#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::collections::BTreeMap;
use std::path::Path;

use serde_json::Value as Json;
use shared::batch::BatchMessage;
use shared::catalogue::Bound;
use shared::file::{Options, Pass, Planner};
use shared::settings::ImportRequest;
use shared::task::TaskId;

/// The records of a file, in chunks of any size. A column `email` is put in front, as every import needs an identifier.
fn read(file: &str, chunk: usize) -> Vec<Vec<String>> {
    let width = file.lines().next().unwrap().split(',').count();
    let columns: BTreeMap<String, Option<String>> =
        file.lines().next().unwrap().split(',').map(|header| (header.trim_matches('"').to_owned(), None)).collect();
    let request = serde_json::json!({ "file": { "name": "a" }, "columns": columns, "delimiter": ",", "on_empty_column": "ignore" });
    let request = ImportRequest::parse(request.to_string().as_bytes()).unwrap();
    let options = Options::new(&request, &Bound::default(), jiff::Timestamp::UNIX_EPOCH, file.len() as u64);
    // A cell in front of each record; everything else stays byte for byte as it is.
    let mut reader = csv::Reader::from_reader(file.as_bytes());
    let starts = reader.records().map(|record| record.unwrap().position().unwrap().byte() as usize);
    let mut text = String::from("email,");
    let mut from = 0;
    for (number, start) in starts.enumerate() {
        // The reader ends a record at the CR and takes the LF for the begin of the next.
        let start = start + usize::from(file[start..].starts_with('\n'));
        text.push_str(&file[from..start]);
        text.push_str(&format!("p{number}@example.com,"));
        from = start;
    }
    text.push_str(&file[from..]);
    let mut check = Planner::new(options.clone(), Pass::Check);
    check.push(text.as_bytes(), &mut |_| {});
    let checked = check.finish(&mut |_| {}).unwrap_or_else(|failed| panic!("{text:?}: {failed:?}"));
    let mut planner = Planner::dispatch(options, &checked);
    let mut batches = Vec::new();
    for bytes in text.as_bytes().chunks(chunk) {
        planner.push(bytes, &mut |batch| batches.push(batch));
    }
    planner.finish(&mut |batch| batches.push(batch)).unwrap();
    let mut rows = Vec::new();
    for batch in batches {
        let csv = batch.text.clone();
        let message = BatchMessage::new(TaskId::from_bytes([0; 16]), 0, batch);
        let mut reader = csv::ReaderBuilder::new().has_headers(false).flexible(true).from_reader(csv.as_bytes());
        for ((row, _), record) in message.places().zip(reader.records()) {
            rows.push((row, record.unwrap().iter().skip(1).map(str::to_owned).collect::<Vec<_>>()));
        }
    }
    rows.sort();
    assert!(rows.iter().all(|(_, cells)| cells.len() == width), "{rows:?}");
    rows.into_iter().map(|(_, cells)| cells).collect()
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
        // A file of one row is an object, not a list of one.
        let rows = expected.as_array().map_or(std::slice::from_ref(&expected), Vec::as_slice);
        let cells =
            |row: &Json| row.as_object().unwrap().values().map(|cell| cell.as_str().unwrap().to_owned()).collect();
        let expected: Vec<Vec<String>> = rows.iter().map(cells).collect();
        for chunk in [1, 5, 1_000] {
            assert_eq!(read(&file, chunk), expected, "{} in chunks of {chunk}", path.display());
        }
    }
    assert_eq!(files, 12, "the whole set is there");
}

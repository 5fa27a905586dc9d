//! Fuzz targets: whatever comes from outside is read without a panic, and what was read can be written and read again.
//!
//! With the tests, each target runs for a moment, on its corpus (`tests/tests/__fuzz__`) and on random bytes.
//! `cargo bolero test -p tests --test fuzz TARGET` runs one for any time, under an engine that is guided by coverage.
#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::path::Path;

use bolero::check;
use domain::file::FailedCheck;
use domain::imports::{CatalogueAtLaunch, ImportRequest, read_options};
use domain::messages::Message;
use domain::plan::{Batch, BatchText, Checked, Pass, Planner, ReadOptions, Restoring};
use domain::problems::FileProblem;
use jiff::Timestamp;
use splitter::work;

/// Inputs of each target.
const TRIES: usize = 2_000;
/// Inputs of the target for files, which reads each of them four times.
const FILES: usize = 300;

/// Encodings of every kind: with one byte a character, with two, with up to four, with states, and one that is found.
const ENCODINGS: [&str; 8] =
    ["utf-8", "utf-16le", "shift_jis", "windows-1252", "gb18030", "iso-2022-jp", "euc-kr", "auto"];

fn options(encoding: &str, bytes: usize) -> ReadOptions {
    let request = format!(r#"{{"file":{{"name":"a"}},"encoding":"{encoding}","on_empty_column":"ignore"}}"#);
    let request = ImportRequest::parse(request.as_bytes()).unwrap();
    let options = read_options(&request, &CatalogueAtLaunch::default(), Timestamp::UNIX_EPOCH, bytes as u64);
    ReadOptions { batch_rows: 2, ..options }
}

/// Reads a file in chunks of these lengths. After a chunk of odd length, the planner is saved and restored.
fn walk(mut planner: Planner, file: &[u8], chunks: &[u8]) -> (Result<Checked, FailedCheck>, Vec<Batch>) {
    let mut batches = Vec::new();
    let mut left = file;
    for length in chunks {
        let (chunk, rest) = left.split_at(usize::from(*length).min(left.len()));
        planner.push(chunk, &mut |batch| batches.push(batch));
        left = rest;
        if length % 2 == 1 {
            let mut restoring = Restoring::default();
            (0..).map_while(|piece| planner.save(piece)).for_each(|piece| restoring.push(&piece).unwrap());
            planner = restoring.finish().unwrap();
        }
    }
    planner.push(left, &mut |batch| batches.push(batch));
    let result = planner.finish(&mut |batch| batches.push(batch));
    (result, batches)
}

/// The input with a header row in front: random bytes seldom have one.
fn file(bytes: &[u8], encoding: &str) -> Vec<u8> {
    match encoding {
        "utf-16le" => [b"\xFF\xFEe\0m\0a\0i\0l\0,\0c\0i\0t\0y\0\n\0", bytes].concat(),
        _ => [b"email,city\n", bytes].concat(),
    }
}

#[test]
fn a_file_is_read_the_same_however_it_is_cut() {
    check!().with_iterations(FILES).with_type::<(u8, Vec<u8>, Vec<u8>)>().for_each(|(encoding, bytes, chunks)| {
        let encoding = ENCODINGS[usize::from(*encoding) % ENCODINGS.len()];
        let file = file(bytes, encoding);
        let check = || Planner::new(options(encoding, file.len()), Pass::Check);
        let (whole, _) = walk(check(), &file, &[]);
        let (cut, _) = walk(check(), &file, chunks);
        match (whole, cut) {
            (Ok(whole), Ok(cut)) => {
                assert_eq!(whole, cut);
                let dispatch = || Planner::dispatch(options(encoding, file.len()), &whole);
                let (result, batches) = walk(dispatch(), &file, &[]);
                let (result_of_cut, batches_of_cut) = walk(dispatch(), &file, chunks);
                assert!(result.is_ok() && result_of_cut.is_ok());
                assert_eq!(batches, batches_of_cut);
                let rows: u64 = batches.iter().map(|batch| u64::from(batch.rows.count)).sum();
                assert_eq!(rows, whole.rows);
            }
            (Err(whole), Err(cut)) => {
                // The advice may differ: it guesses the encoding from the bytes of one chunk.
                let places = |failed: FailedCheck| -> Vec<_> {
                    let place = |problem: FileProblem| (problem.code, problem.row, problem.line, problem.column);
                    failed.problems.into_iter().map(place).collect()
                };
                assert_eq!(places(whole), places(cut));
            }
            (whole, cut) => panic!("{whole:?} in one piece, {cut:?} in several"),
        }
    });
}

#[test]
fn settings_are_refused_with_a_path_or_read_back_as_they_were() {
    check!().with_iterations(TRIES).for_each(|bytes| match ImportRequest::parse(bytes) {
        Ok(request) => {
            let json = serde_json::to_vec(&request).unwrap();
            assert_eq!(ImportRequest::parse(&json), Ok(request));
        }
        Err(problems) => assert!(!problems.is_empty()),
    });
}

#[test]
fn a_body_is_refused_or_is_a_message_that_reads_back_as_it_was() {
    check!().with_iterations(TRIES).for_each(|bytes| {
        let Ok(text) = std::str::from_utf8(bytes) else { return };
        if let Ok(message) = Message::from_body(text) {
            assert_eq!(Message::from_body(&message.to_body()), Ok(message));
        }
    });
}

#[test]
fn an_object_is_refused_or_has_the_rows_of_a_batch_that_read_back_as_they_were() {
    check!().with_iterations(TRIES).for_each(|bytes| {
        if let Ok(rows) = BatchText::from_body(bytes) {
            assert_eq!(BatchText::from_body(rows.to_body().as_bytes()), Ok(rows));
        }
    });
}

#[test]
fn a_body_of_the_split_queue_asks_for_imports_that_it_names_or_for_nothing() {
    check!().with_iterations(TRIES).for_each(|bytes| {
        let text = String::from_utf8_lossy(bytes);
        for work in work(&text, "b") {
            assert!(text.contains(&work.import().to_string()), "{work:?} is about an import that is not in the body");
        }
    });
}

/// Without this, a target whose corpus fell behind the format would run on refused inputs only.
#[test]
fn every_corpus_has_inputs_that_are_read() {
    let read = |path: &str| {
        let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/__fuzz__").join(path);
        std::fs::read_to_string(path).unwrap()
    };
    let messages = "a_body_is_refused_or_is_a_message_that_reads_back_as_it_was/corpus";
    for name in ["split", "dispatch_part", "parallel", "stored", "finish", "deliver_end"] {
        Message::from_body(&read(&format!("{messages}/{name}.json"))).unwrap();
    }
    let rows = read("an_object_is_refused_or_has_the_rows_of_a_batch_that_read_back_as_they_were/corpus/rows.json");
    BatchText::from_body(rows.as_bytes()).unwrap();
    let event = read("a_body_of_the_split_queue_asks_for_imports_that_it_names_or_for_nothing/corpus/created.json");
    assert_eq!(work(&event, "b").len(), 1);
    for name in ["everything", "least"] {
        let settings = "settings_are_refused_with_a_path_or_read_back_as_they_were/corpus";
        ImportRequest::parse(read(&format!("{settings}/{name}.json")).as_bytes()).unwrap();
    }
}

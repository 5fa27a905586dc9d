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
use domain::plan::{
    Batch, BatchRecords, BatchText, Checked, Dispatch, LaterRows, LaterRowsObject, Planner, ReadOptions, Restoring,
    Wave,
};
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

type Plan = (Checked, Vec<LaterRowsObject>);

/// Checks a file in chunks of these lengths. After a chunk of odd length, the pass is saved and restored; with `cut`, a
/// file part may begin after each chunk.
fn check(mut planner: Planner, file: &[u8], chunks: &[u8], cut: bool) -> Result<Plan, FailedCheck> {
    let key = |part: u32| part.to_string();
    let mut objects = Vec::new();
    let mut left = file;
    for length in chunks {
        let (chunk, rest) = left.split_at(usize::from(*length).min(left.len()));
        planner.push(chunk);
        left = rest;
        if cut {
            objects.extend(planner.begin_part(1, key));
        }
        if length % 2 == 1 {
            let mut restoring = Restoring::default();
            (0..).map_while(|piece| planner.save(piece)).for_each(|piece| restoring.push(&piece).unwrap());
            planner = restoring.finish().unwrap();
        }
    }
    planner.push(left);
    let (checked, object) = planner.finish(key)?;
    objects.extend(object);
    Ok((checked, objects))
}

/// Every batch of a planned file, with its parts read in chunks of this length.
fn dispatch((checked, objects): &Plan, file: &[u8], chunk: usize) -> Vec<Batch> {
    let mut batches = Vec::new();
    for wave in Wave::all() {
        for (number, part) in (0..).zip(&checked.parts) {
            let object = objects.iter().find(|object| part.later_rows.as_ref() == Some(&object.key));
            let later_rows = object.map(|object| LaterRows::read(&object.bytes, part.row).unwrap());
            let mut pass = Dispatch::new(checked, number, wave, later_rows.unwrap_or_default()).unwrap();
            let end = checked.end_of_part(number).map_or(file.len(), |end| usize::try_from(end).unwrap());
            for chunk in file[usize::try_from(part.offset).unwrap()..end].chunks(chunk) {
                pass.push(chunk, &mut |batch| batches.push(batch)).unwrap();
            }
            pass.finish(&mut |batch| batches.push(batch)).unwrap();
        }
    }
    let numbers: Vec<u32> = batches.iter().map(|batch| checked.numbers.number(batch.wave, batch.index)).collect();
    assert_eq!(numbers, checked.numbers.numbers().collect::<Vec<_>>());
    batches
}

/// Each record with its row and line, in file order.
fn records(checked: &Checked, batches: &[Batch]) -> Vec<(u64, u64, Vec<String>)> {
    let mut found = Vec::new();
    for batch in batches {
        let records = BatchRecords::read(&batch.rows, checked).unwrap();
        found.extend((0..records.len()).map(|index| {
            let (row, line, cells) = records.record(index);
            (row, line, cells.into_iter().map(ToOwned::to_owned).collect())
        }));
    }
    found.sort();
    found
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
        let planner = || Planner::new(options(encoding, file.len()));
        let whole = check(planner(), &file, &[], false);
        match (whole, check(planner(), &file, chunks, false)) {
            (Ok(whole), Ok(cut)) => {
                assert_eq!(whole, cut);
                let batches = dispatch(&whole, &file, file.len());
                assert_eq!(dispatch(&whole, &file, usize::from(chunks.first().copied().unwrap_or(0)) + 1), batches);
                let rows: u64 = batches.iter().map(|batch| u64::from(batch.rows.count)).sum();
                assert_eq!(rows, whole.0.rows);
                let in_parts = check(planner(), &file, chunks, true).unwrap();
                let batches_of_parts = dispatch(&in_parts, &file, file.len());
                assert_eq!(records(&in_parts.0, &batches_of_parts), records(&whole.0, &batches));
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
            let import = work.import();
            assert!(
                import.is_none_or(|import| text.contains(&import.to_string())),
                "{work:?} is about an import that is not in the body"
            );
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
    for name in ["split", "dispatch_part", "batch", "stored", "finish", "deliver_end"] {
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

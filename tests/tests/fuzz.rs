//! Fuzz targets: what comes from outside is read without a panic, and as something that can be written and read again.
//!
//! Each runs for a moment with the tests, on its corpus (`tests/tests/__fuzz__`) and on random bytes;
//! `cargo bolero test -p tests --test fuzz TARGET` runs one under a coverage-guided engine for as long as one likes.
#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

use bolero::check;
use jiff::Timestamp;
use shared::batch::{Batch, BatchMessage};
use shared::catalogue::Bound;
use shared::file::{Checked, FailedCheck, Options, Pass, Planner, Restoring};
use shared::outcome::FileProblem;
use shared::settings::ImportRequest;

/// How often each target is tried.
const TRIES: usize = 2_000;
/// How often a file is: it is walked over four times.
const FILES: usize = 300;

/// Encodings of all kinds: of single bytes, of two, of four, with states, and to be found.
const ENCODINGS: [&str; 8] =
    ["utf-8", "utf-16le", "shift_jis", "windows-1252", "gb18030", "iso-2022-jp", "euc-kr", "auto"];

fn options(encoding: &str, bytes: usize) -> Options {
    let request = format!(r#"{{"file":{{"name":"a"}},"encoding":"{encoding}","on_empty_column":"ignore"}}"#);
    let request = ImportRequest::parse(request.as_bytes()).unwrap();
    let options = Options::new(&request, &Bound::default(), Timestamp::UNIX_EPOCH, bytes as u64);
    Options { batch_rows: 2, ..options }
}

/// Walks over the file, cut as `cuts` say; a cut that is odd goes through a snapshot.
fn walk(mut planner: Planner, file: &[u8], cuts: &[u8]) -> (Result<Checked, FailedCheck>, Vec<Batch>) {
    let mut batches = Vec::new();
    let mut left = file;
    for cut in cuts {
        let (chunk, rest) = left.split_at(usize::from(*cut).min(left.len()));
        planner.push(chunk, &mut |batch| batches.push(batch));
        left = rest;
        if cut % 2 == 1 {
            let mut restoring = Restoring::default();
            (0..).map_while(|piece| planner.save(piece)).for_each(|piece| restoring.push(&piece).unwrap());
            planner = restoring.finish().unwrap();
        }
    }
    planner.push(left, &mut |batch| batches.push(batch));
    let ended = planner.finish(&mut |batch| batches.push(batch));
    (ended, batches)
}

/// The input as a file: what looks like one comes seldom by chance.
fn file(bytes: &[u8], encoding: &str) -> Vec<u8> {
    match encoding {
        "utf-16le" => [b"\xFF\xFEe\0m\0a\0i\0l\0,\0c\0i\0t\0y\0\n\0", bytes].concat(),
        _ => [b"email,city\n", bytes].concat(),
    }
}

#[test]
fn a_file_is_read_the_same_however_it_is_cut() {
    check!().with_iterations(FILES).with_type::<(u8, Vec<u8>, Vec<u8>)>().for_each(|(encoding, bytes, cuts)| {
        let encoding = ENCODINGS[usize::from(*encoding) % ENCODINGS.len()];
        let file = file(bytes, encoding);
        let new = || Planner::new(options(encoding, file.len()), Pass::Check);
        let (whole, _) = walk(new(), &file, &[]);
        let (cut, _) = walk(new(), &file, cuts);
        match (whole, cut) {
            (Ok(whole), Ok(cut)) => {
                assert_eq!(whole, cut);
                let new = || Planner::dispatch(options(encoding, file.len()), &whole);
                let (ended, batches) = walk(new(), &file, &[]);
                let (again, cut) = walk(new(), &file, cuts);
                assert!(ended.is_ok() && again.is_ok());
                assert_eq!(batches, cut);
                let rows: u64 = batches.iter().map(|batch| u64::from(batch.count)).sum();
                assert_eq!(rows, whole.rows);
            }
            (Err(whole), Err(cut)) => {
                // What encoding the bytes look like is guessed from those at hand: the advice may differ.
                let places = |failed: FailedCheck| -> Vec<_> {
                    let place = |found: FileProblem| (found.code, found.row, found.line, found.column);
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
fn a_message_is_no_batch_or_the_one_that_was_sent() {
    check!().with_iterations(TRIES).for_each(|bytes| {
        let Ok(text) = std::str::from_utf8(bytes) else { return };
        if let Ok(batch) = BatchMessage::from_body(text) {
            assert_eq!(BatchMessage::from_body(&batch.to_body()).unwrap(), batch);
        }
    });
}

#[test]
fn an_event_names_uploads_or_nothing() {
    check!().with_iterations(TRIES).for_each(|bytes| {
        let text = String::from_utf8_lossy(bytes);
        for work in splitter::work(&text, "b") {
            assert!(text.contains(&work.task.to_string()), "{work:?} is not in the event");
        }
    });
}

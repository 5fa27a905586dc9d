//! Whole files through the planner: what is refused and where, and that the passes agree however the bytes are cut.

#![expect(clippy::unwrap_used, reason = "a failed expectation fails the test")]

use domain::codes::FileCode;
use domain::file::FailedCheck;
use domain::imports::{CatalogueAtLaunch, ImportRequest, read_options};
use domain::plan::{
    BadSnapshot, Batch, BatchNumbers, BatchRecords, Checked, Lane, Pass, Planner, ReadOptions, Restoring,
};
use domain::row::DateFormat;
use proptest::prelude::*;

fn options(settings: &str, bytes: usize) -> ReadOptions {
    let request = ImportRequest::parse(format!(r#"{{"file":{{"name":"a"}}{settings}}}"#).as_bytes()).unwrap();
    let launched = jiff::Timestamp::from_second(1_780_000_000).unwrap();
    read_options(&request, &CatalogueAtLaunch::default(), launched, bytes as u64)
}

fn check(settings: &str, file: &[u8]) -> Result<Checked, FailedCheck> {
    let mut planner = Planner::new(options(settings, file.len()), Pass::Check);
    planner.push(file, &mut |_| {});
    planner.finish(&mut |_| {})
}

/// Code, row, line and column of a problem.
type Found = (FileCode, Option<u64>, Option<u64>, Option<String>);

fn refused(settings: &str, file: impl AsRef<[u8]>) -> Vec<Found> {
    let failed = check(settings, file.as_ref()).unwrap_err();
    failed.problems.into_iter().map(|problem| (problem.code, problem.row, problem.line, problem.column)).collect()
}

#[test]
fn every_refusal_names_its_place() {
    let email = || Some("email".to_owned());
    for (file, expected) in [
        (&b""[..], (FileCode::EmptyFile, None, None, None)),
        (b"\xef\xbb\xbf", (FileCode::EmptyFile, None, None, None)),
        (b"\n\n\n\n", (FileCode::NoHeader, None, None, None)),
        (b"email\n\n", (FileCode::NoRows, None, None, None)),
        (b"city\nRome\n", (FileCode::NoIdentifierColumn, Some(0), Some(1), None)),
        (b"email,city\na@b.de,Rome\n\na@b.de\n", (FileCode::WrongCellCount, Some(2), Some(4), None)),
        (b"city,email\nRome,a@b.de\n\"R\nome\",\"a@b.de", (FileCode::UnclosedQuote, Some(2), Some(4), email())),
        (b"city,email\nRome,a@b.de\nRome,a\xff", (FileCode::UndecodableBytes, Some(2), Some(3), email())),
        (b"email\na\0b\n", (FileCode::NulByte, Some(1), Some(2), email())),
        (b"email,city\na@b.de,\n", (FileCode::EmptyColumn, None, None, Some("city".to_owned()))),
        (b"email,birthday\na@b.de,03/04/1990\n", (FileCode::AmbiguousDates, None, None, Some("birthday".to_owned()))),
    ] {
        assert_eq!(refused("", file), [expected], "{}", String::from_utf8_lossy(file));
    }
    let large = format!("email,city\na@b.de,{}\n", "x".repeat(70_000));
    assert_eq!(refused("", large), [(FileCode::CellTooLarge, Some(1), Some(2), Some("city".to_owned()))]);
    let huge = format!("email,city\na@b.de,\"{}", "x\n".repeat(700_000));
    assert_eq!(refused("", huge)[0].0, FileCode::RowTooLarge);
}

#[test]
fn a_sound_file_is_understood() {
    let checked = check("", b"sep=;\r\nemail;birthday\r\na@b.de;31.12.1990\r\n\"c@d.de\";\"\"\r\n").unwrap();
    assert_eq!((checked.rows, checked.delimiter, checked.filled.as_slice()), (2, b';', &[2, 1][..]));
    assert_eq!(checked.date_format, Some(DateFormat::DayMonthYear));
    let apostrophes = check("", b"'email';'city'\n'a@b.de';'Rome; Italy'\n").unwrap();
    assert_eq!((apostrophes.quote, apostrophes.delimiter, apostrophes.rows), (b'\'', b';', 1));
    let ignored = check(r#","on_empty_column":"ignore""#, b"email,city\na@b.de,\n").unwrap();
    assert_eq!(ignored.layout.columns[1], None);
    assert_eq!(check("", b"email\r\na@b.de\r\n").unwrap().numbers, BatchNumbers { parallel: 1, ordered: 0 });
}

/// Every batch of a file, pushed in chunks; with `saved`, through a snapshot before each.
fn dispatched(settings: &str, file: &[u8], checked: &Checked, chunk: usize, saved: bool) -> Vec<Batch> {
    let mut planner = Planner::dispatch(options(settings, file.len()), checked);
    let mut batches = Vec::new();
    for chunk in file.chunks(chunk) {
        if saved {
            planner = restored(&planner, chunk.len() * 1_000 + 1).unwrap();
        }
        planner.push(chunk, &mut |batch| batches.push(batch));
    }
    let again = planner.finish(&mut |batch| batches.push(batch)).unwrap();
    assert_eq!(again.numbers, checked.numbers);
    batches
}

/// The walk through a snapshot that is read back in chunks of this size.
fn restored(planner: &Planner, chunk: usize) -> Result<Planner, BadSnapshot> {
    let saved: Vec<u8> = (0..).map_while(|piece| planner.save(piece)).flatten().collect();
    let mut restoring = Restoring::default();
    for chunk in saved.chunks(chunk) {
        restoring.push(chunk)?;
    }
    restoring.finish()
}

#[test]
fn a_snapshot_that_is_cut_off_is_refused() {
    let planner = Planner::new(options("", 100), Pass::Check);
    let saved: Vec<u8> = (0..).map_while(|piece| planner.save(piece)).flatten().collect();
    for length in [0, 7, 8, 100, saved.len() - 8, saved.len() - 1] {
        let mut restoring = Restoring::default();
        assert!(restoring.push(&saved[..length]).is_ok(), "{length} bytes may be the start of a snapshot");
        assert!(restoring.finish().is_err(), "{length} of {} bytes", saved.len());
    }
    assert!(restored(&planner, 1_000).is_ok());
}

#[test]
fn snapshots_at_every_byte_change_nothing_in_any_encoding() {
    let text = "email,city\na@b.de,Рим\nA@B.de ,\"Нью\nЙорк\"\nc@d.de,京都\n";
    let wide: Vec<u8> = std::iter::once(0xfeff).chain(text.encode_utf16()).flat_map(u16::to_be_bytes).collect();
    let gb = encoding_rs::GB18030.encode(text).0.into_owned();
    for (settings, file) in [("", text.as_bytes().to_vec()), ("", wide), (r#","encoding":"gb18030""#, gb)] {
        let checked = check(settings, &file).unwrap();
        let whole = dispatched(settings, &file, &checked, file.len(), false);
        assert_eq!(whole.len(), 2, "the second row shares an email with the first");
        for chunk in [1, 2, 3, 7] {
            assert_eq!(dispatched(settings, &file, &checked, chunk, true), whole, "{settings} in chunks of {chunk}");
        }
    }
}

#[test]
fn a_row_that_shares_an_identifier_travels_after_the_others() {
    let file = b"email,phone\na@b.de,\n,+12012914177\nA@B.DE,+12012914177\nx@y.de,\n";
    let checked = check("", file).unwrap();
    let batches = dispatched("", file, &checked, 5, false);
    let rows = |lane| -> Vec<(u64, u64)> {
        let of_lane = batches.iter().filter(|batch| batch.lane == lane).cloned();
        of_lane.flat_map(|batch| batch.rows.places().collect::<Vec<_>>()).collect()
    };
    assert_eq!(rows(Lane::Parallel), [(1, 2), (2, 3), (4, 5)]);
    assert_eq!(rows(Lane::Ordered), [(3, 4)]);
}

proptest! {
    #[test]
    fn parts_that_are_dispatched_apart_give_each_batch_once(
        rows in prop::collection::vec(("[a-e]{1,2}", "[ -~é\n\r]{0,12}"), 1..60),
        chunk in 1usize..60,
        part in 20u64..200,
        batch_rows in 1u32..6,
        utf16 in any::<bool>(),
    ) {
        let mut writer = csv::Writer::from_writer(b"email,city\nz@z.de,z\n".to_vec());
        for (name, city) in &rows {
            writer.write_record([format!("{name}@b.de"), city.clone()]).unwrap();
        }
        let text = String::from_utf8(writer.into_inner().unwrap()).unwrap();
        let file = match utf16 {
            true => [0xFF, 0xFE].into_iter().chain(text.encode_utf16().flat_map(u16::to_le_bytes)).collect(),
            false => text.into_bytes(),
        };
        let options = || ReadOptions { batch_rows, ..options("", file.len()) };
        let mut planner = Planner::new(options(), Pass::Check);
        let mut snapshots = Vec::new();
        for chunk in file.chunks(chunk) {
            planner.push(chunk, &mut |_| {});
            if planner.cut_is_due(part) && planner.cut("here", &mut |_| {}) {
                snapshots.push(restored(&planner, 1_000).unwrap());
            }
        }
        let checked = planner.finish(&mut |_| {}).unwrap();
        prop_assert_eq!(checked.later_parts.len(), snapshots.len());
        let begins = std::iter::once(Planner::dispatch(options(), &checked))
            .chain(snapshots.into_iter().map(Planner::into_dispatch));
        let mut batches = Vec::new();
        for (number, mut planner) in begins.enumerate() {
            let from = usize::try_from(planner.offset()).unwrap();
            match checked.later_parts.get(number) {
                Some(next) => {
                    planner.push(&file[from..usize::try_from(next.offset).unwrap()], &mut |batch| batches.push(batch));
                    planner.cut("", &mut |batch| batches.push(batch));
                }
                None => {
                    planner.push(&file[from..], &mut |batch| batches.push(batch));
                    planner.finish(&mut |batch| batches.push(batch)).unwrap();
                }
            }
        }
        let numbers: Vec<u32> = batches.iter().map(|batch| checked.numbers.number(batch.lane, batch.index)).collect();
        let mut sorted = numbers.clone();
        sorted.sort_unstable();
        prop_assert_eq!(sorted, checked.numbers.numbers().collect::<Vec<_>>());
        let mut found: Vec<u64> = batches
            .into_iter()
            .flat_map(|batch| batch.rows.places().collect::<Vec<_>>())
            .map(|(row, _)| row)
            .collect();
        found.sort_unstable();
        prop_assert_eq!(found, (1..=checked.rows).collect::<Vec<_>>());
    }

    #[test]
    fn what_is_checked_is_dispatched_row_for_row(
        rows in prop::collection::vec(("[a-e]{1,2}", "[ -~é\n\r]{0,12}"), 1..40),
        chunk in 1usize..50,
    ) {
        let mut writer = csv::Writer::from_writer(b"email,city\nz@z.de,z\n".to_vec());
        for (name, city) in &rows {
            writer.write_record([format!("{name}@b.de"), city.clone()]).unwrap();
        }
        let file = writer.into_inner().unwrap();
        let checked = check("", &file).unwrap();
        prop_assert_eq!(checked.rows as usize, rows.len() + 1);
        let mut found = Vec::new();
        for batch in dispatched("", &file, &checked, chunk, false) {
            let records = BatchRecords::read(&batch.rows, checked.delimiter, checked.quote).unwrap();
            found.extend((0..records.len()).map(|index| {
                let (row, _, cells) = records.record(index);
                (row, csv::StringRecord::from(cells))
            }));
        }
        found.sort_by_key(|(row, _)| *row);
        let mut reader = csv::Reader::from_reader(file.as_slice());
        let expected: Vec<(u64, csv::StringRecord)> = (1..).zip(reader.records().map(Result::unwrap)).collect();
        prop_assert_eq!(found, expected);
    }
}

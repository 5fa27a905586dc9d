//! Whole files through the planner: what is refused and where, and that the passes agree however the bytes are cut.

#![expect(clippy::unwrap_used, reason = "a failed expectation fails the test")]

use domain::codes::FileCode;
use domain::file::FailedCheck;
use domain::imports::{CatalogueAtLaunch, ImportRequest, read_options};
use domain::plan::{
    BadSnapshot, Batch, BatchNumbers, BatchRecords, Checked, Dispatch, LaterRows, LaterRowsObject, Planner,
    ReadOptions, Restoring, Wave,
};
use domain::row::DateFormat;
use proptest::prelude::*;

fn options(settings: &str, bytes: usize) -> ReadOptions {
    let request = ImportRequest::parse(format!(r#"{{"file":{{"name":"a"}}{settings}}}"#).as_bytes()).unwrap();
    let launched = jiff::Timestamp::from_second(1_780_000_000).unwrap();
    read_options(&request, &CatalogueAtLaunch::default(), launched, bytes as u64)
}

fn check(settings: &str, file: &[u8]) -> Result<Checked, FailedCheck> {
    let mut planner = Planner::new(options(settings, file.len()));
    planner.push(file);
    planner.finish(key).map(|(checked, _)| checked)
}

fn key(part: u32) -> String {
    format!("later-rows-{part}")
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
        (
            b"email,birthday\na@b.de,03/04/1990\n",
            (FileCode::AmbiguousDates, Some(1), Some(2), Some("birthday".to_owned())),
        ),
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
    assert_eq!((checked.rows, checked.dialect.delimiter, checked.filled.as_slice()), (2, ';', &[2, 1][..]));
    assert_eq!(checked.date_format, Some(DateFormat::DayMonthYear));
    let apostrophes = check("", b"'email';'city'\n'a@b.de';'Rome; Italy'\n").unwrap();
    assert_eq!((apostrophes.dialect.quote(), apostrophes.dialect.delimiter, apostrophes.rows), (Some(b'\''), ';', 1));
    let ignored = check(r#","on_empty_column":"ignore""#, b"email,city\na@b.de,\n").unwrap();
    assert_eq!(ignored.layout.columns[1], None);
    let one = BatchNumbers::new([1, 0, 0, 0, 0, 0, 0, 0, 0]);
    assert_eq!(check("", b"email\r\na@b.de\r\n").unwrap().numbers, one);
}

/// The plan of a file that is pushed in chunks and cut into parts of about so many bytes; with `saved`, through a
/// snapshot before each chunk.
fn planned(options: ReadOptions, file: &[u8], chunk: usize, part: u64, saved: bool) -> (Checked, Vec<LaterRowsObject>) {
    let mut planner = Planner::new(options);
    let mut objects = Vec::new();
    for chunk in file.chunks(chunk) {
        if saved {
            planner = restored(&planner, chunk.len() * 1_000 + 1).unwrap();
        }
        planner.push(chunk);
        objects.extend(planner.begin_part(part, key));
    }
    let (checked, object) = planner.finish(key).unwrap();
    objects.extend(object);
    (checked, objects)
}

/// Every batch of a file, wave by wave and part by part, with each part pushed in chunks.
fn dispatched(file: &[u8], (checked, objects): &(Checked, Vec<LaterRowsObject>), chunk: usize) -> Vec<Batch> {
    let mut batches = Vec::new();
    for wave in Wave::all() {
        let with_batches: Vec<u32> = checked.parts_of(wave).collect();
        for (number, part) in (0..).zip(&checked.parts) {
            let before = batches.len();
            let later_rows = match &part.later_rows {
                Some(key) => {
                    let object = objects.iter().find(|object| object.key == *key).unwrap();
                    LaterRows::read(&object.bytes, part.row).unwrap()
                }
                None => LaterRows::default(),
            };
            let mut pass = Dispatch::new(checked, number, wave, later_rows).unwrap();
            let end = checked.end_of_part(number).unwrap_or(file.len() as u64);
            for chunk in file[part.offset as usize..end as usize].chunks(chunk) {
                pass.push(chunk, &mut |batch| batches.push(batch)).unwrap();
            }
            pass.finish(&mut |batch| batches.push(batch)).unwrap();
            assert_eq!(batches.len() > before, with_batches.contains(&number), "wave {wave}, part {number}");
        }
    }
    let numbers: Vec<u32> = batches.iter().map(|batch| checked.numbers.number(batch.wave, batch.index)).collect();
    assert_eq!(numbers, checked.numbers.numbers().collect::<Vec<_>>(), "each batch has its number, in order");
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
    let planner = Planner::new(options("", 100));
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
        let plan = planned(options(settings, file.len()), &file, file.len(), u64::MAX, false);
        let whole = dispatched(&file, &plan, file.len());
        assert_eq!(whole.len(), 2, "the second row shares an email with the first");
        for chunk in [1, 2, 3, 7] {
            let again = planned(options(settings, file.len()), &file, chunk, u64::MAX, true);
            assert_eq!(again, plan, "{settings} in chunks of {chunk}");
            assert_eq!(dispatched(&file, &again, chunk), whole, "{settings} in chunks of {chunk}");
        }
    }
}

#[test]
fn a_row_that_shares_an_identifier_is_in_the_wave_after_the_row_before_it() {
    let file = b"email,phone\na@b.de,\n,+12012914177\nA@B.DE,+12012914177\nx@y.de,\na@b.de,\n";
    let batches = dispatched(file, &planned(options("", file.len()), file, 5, u64::MAX, false), 5);
    let rows = |wave: u8| -> Vec<(u64, u64)> {
        let of_wave = batches.iter().filter(|batch| u8::from(batch.wave) == wave).cloned();
        of_wave.flat_map(|batch| batch.rows.places().collect::<Vec<_>>()).collect()
    };
    assert_eq!(rows(0), [(1, 2), (2, 3), (4, 5)]);
    assert_eq!((rows(1), rows(2)), (vec![(3, 4)], vec![(5, 6)]));
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
        let options = ReadOptions { batch_rows, ..options("", file.len()) };
        let plan = planned(options, &file, chunk, part, false);
        let checked = &plan.0;
        let batches = dispatched(&file, &plan, chunk + 3);
        for wave in Wave::all().filter(|wave| *wave != Wave::TAIL) {
            let of_wave = batches.iter().filter(|batch| batch.wave == wave);
            let names = of_wave.flat_map(|batch| batch.rows.text.split(['\n', '\r'])).filter_map(|record| {
                let (email, _) = record.split_once(',')?;
                email.ends_with("@b.de").then_some(email)
            });
            let names: Vec<&str> = names.collect();
            let mut unique = names.clone();
            unique.sort_unstable();
            unique.dedup();
            prop_assert_eq!(names.len(), unique.len(), "two rows of wave {} share an email", wave);
        }
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
        let plan = planned(options("", file.len()), &file, chunk, 100, false);
        let checked = &plan.0;
        prop_assert_eq!(checked.rows as usize, rows.len() + 1);
        let mut found = Vec::new();
        for batch in dispatched(&file, &plan, chunk) {
            let records = BatchRecords::read(&batch.rows, &checked).unwrap();
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

//! Whole files through the planner: what is refused and where, and that the passes agree however the bytes are cut.

#![expect(clippy::unwrap_used, reason = "a failed expectation fails the test")]

use domain::codes::{FileCode, NoticeCode};
use domain::file::FailedCheck;
use domain::imports::{CatalogueAtLaunch, ImportRequest, read_options};
use domain::plan::{
    BadSnapshot, Batch, BatchNumbers, BatchRecords, Checked, Dispatch, LaterRows, LaterRowsObject, Planner,
    ReadOptions, Restoring, RowSearch, Wave,
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

/// The batch of one row, with its part pushed in chunks until the batch is found.
fn searched(
    file: &[u8],
    (checked, objects): &(Checked, Vec<LaterRowsObject>),
    row: u64,
    chunk: usize,
) -> Option<Batch> {
    let part = checked.part_of(row);
    let begin = &checked.parts[part as usize];
    let object = |key: &String| objects.iter().find(|object| object.key == *key).unwrap();
    let read = |key| LaterRows::read(&object(key).bytes, begin.row).unwrap();
    let later_rows = begin.later_rows.as_ref().map(read).unwrap_or_default();
    let mut search = RowSearch::new(checked, part, row, later_rows).unwrap();
    let end = checked.end_of_part(part).map_or(file.len(), |end| usize::try_from(end).unwrap());
    for chunk in file[usize::try_from(begin.offset).unwrap()..end].chunks(chunk) {
        if search.push(chunk).unwrap() {
            break;
        }
    }
    search.finish().unwrap()
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
        for batch in &batches {
            for (row, _) in batch.rows.places() {
                let found = searched(&file, &plan, row, chunk);
                prop_assert_eq!(found.as_ref(), Some(batch), "the batch of row {}", row);
            }
        }
        let beyond = searched(&file, &plan, checked.rows + 1, chunk);
        prop_assert_eq!(beyond, None);
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
            let records = BatchRecords::read(&batch.rows, checked).unwrap();
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

/// Row, line, column and message of a problem.
type Told = (Option<u64>, Option<u64>, Option<String>, String);

/// What is said of the encoding of a file that is refused for it.
fn messages(settings: &str, file: &[u8]) -> Vec<Told> {
    let failed = check(settings, file).unwrap_err();
    assert!(failed.problems.iter().all(|problem| problem.code == FileCode::UndecodableBytes), "{failed:?}");
    failed.problems.into_iter().map(|found| (found.row, found.line, found.column, found.message)).collect()
}

#[test]
fn cells_of_another_encoding_in_a_utf_8_file_are_named_whether_it_is_looked_for_or_not() {
    let mut file = "external_id;first_name;city\n".as_bytes().to_vec();
    for row in 0..60 {
        let line = match row {
            20 => b"20;J\xf6rg;D\xfcren\n".to_vec(),
            40 => b"40;\"Zo\xeb\nM\xe4rz\";Rom\n".to_vec(),
            _ => format!("{row};Käthe;Köln\n").into_bytes(),
        };
        file.extend(line);
    }
    for settings in ["", r#","encoding":"auto""#] {
        let found = messages(settings, &file);
        let places: Vec<_> = found.iter().map(|(row, line, column, _)| (*row, *line, column.as_deref())).collect();
        let expected = [(21, 22, "first_name"), (21, 22, "city"), (41, 42, "first_name")];
        assert_eq!(places, expected.map(|(row, line, column)| (Some(row), Some(line), Some(column))), "{settings}");
        for (_, _, _, message) in &found {
            assert!(message.contains("The rest of the file is UTF-8: correct this cell"), "{message}");
            assert!(!message.contains("windows") && !message.contains("auto"), "{message}");
        }
    }
}

#[test]
fn a_file_that_is_not_utf_8_is_told_what_it_looks_like() {
    for (header, place) in
        [("first_name", (Some(1), Some(2), Some("first_name"))), ("Gr\u{fc}\u{df}e", (Some(0), Some(1), None))]
    {
        let text = format!("email;{header};city\na@b.de;J\u{fc}rgen;K\u{f6}ln\nc@d.de;K\u{e4}the;D\u{fc}sseldorf\n");
        let file = encoding_rs::WINDOWS_1252.encode(&text).0.into_owned();
        let found = messages("", &file);
        let [(row, line, column, message)] = found.as_slice() else { panic!("{found:?}") };
        assert_eq!((*row, *line, column.as_deref()), place);
        assert!(message.contains("set `encoding` to `windows-1252`"), "{message}");
        assert!(!message.contains("rest of the file is UTF-8"), "{message}");
    }
}

#[test]
fn a_file_of_two_encodings_is_not_spoilt_by_either() {
    // The numbers of rows, and of those in windows-1252: every so many from this one on.
    for (rows, from, every) in [(40, 0, 4), (10, 9, 10), (10, 0, 10), (6, 0, 2), (30, 1, 3)] {
        let is_windows = |row: usize| row >= from && (row - from).is_multiple_of(every);
        let mut file = "email,city\n".as_bytes().to_vec();
        for row in 0..rows {
            file.extend(format!("a{row}@b.de,").into_bytes());
            file.extend(if is_windows(row) { b"D\xfcren\n".to_vec() } else { "Köln\n".as_bytes().to_vec() });
        }
        for settings in ["", r#","encoding":"auto""#] {
            let found = messages(settings, &file);
            assert_eq!((found.len(), found[0].0), (1, Some(from as u64 + 1)), "{found:?}");
            assert!(found[0].3.contains("mixes encodings"), "{}", found[0].3);
            assert!(!found[0].3.contains("windows"), "{}", found[0].3);
        }
    }
}

/// The codes of a sound file's notices, and its encoding.
fn noticed(settings: &str, file: &[u8]) -> (Vec<NoticeCode>, String) {
    let checked = check(settings, file).unwrap();
    (checked.notices.iter().map(|notice| notice.code).collect(), checked.encoding)
}

#[test]
fn an_encoding_that_the_bytes_contradict_is_noticed_and_a_right_one_is_not() {
    let russian = "email,last_name,city\na@b.ru,Петров,Самара\nc@d.ru,Сидоров,Казань\ne@f.ru,Орлова,Тула\n";
    let german = "email,last_name,city\na@b.de,Bäcker,Köln\nc@d.de,Jäger,Bonn\ne@f.de,Käse,Düren\n";
    let windows_1251 = encoding_rs::WINDOWS_1251.encode(russian).0.into_owned();
    let windows_1252 = encoding_rs::WINDOWS_1252.encode(german).0.into_owned();
    let cp850: Vec<u8> = windows_1252
        .iter()
        .map(|byte| match byte {
            0xe4 => 0x84,
            0xf6 => 0x94,
            0xfc => 0x81,
            _ => *byte,
        })
        .collect();
    for (encoding, file, expected) in [
        ("windows-1251", russian.as_bytes(), Some(NoticeCode::LooksLikeUtf8)),
        ("koi8-r", &windows_1251, Some(NoticeCode::EncodingUncertain)),
        ("windows-1252", &cp850, Some(NoticeCode::EncodingUncertain)),
        ("windows-1251", &windows_1251, None),
        ("windows-1252", &windows_1252, None),
        ("cp850", &cp850, None),
        ("auto", &cp850, None),
        ("auto", &windows_1251, None),
        ("utf-8", russian.as_bytes(), None),
    ] {
        let (codes, _) = noticed(&format!(r#","encoding":"{encoding}""#), file);
        assert_eq!(codes, expected.as_slice(), "{encoding}");
    }
}

#[test]
fn encodings_that_are_no_superset_of_ascii_are_read_or_refused_by_name() {
    let text = "email,first_name,city\na@b.jp,太郎,大阪\nc@d.jp,花子,京都\n";
    let japanese = encoding_rs::ISO_2022_JP.encode(text).0.into_owned();
    let utf16: Vec<u8> = text.encode_utf16().flat_map(u16::to_le_bytes).collect();
    let utf32: Vec<u8> = text.chars().flat_map(|letter| u32::from(letter).to_be_bytes()).collect();
    for settings in ["", r#","encoding":"auto""#, r#","encoding":"windows-1252""#] {
        for (file, encoding) in [(&japanese, "iso-2022-jp"), (&utf16, "utf-16le"), (&utf32, "utf-32be")] {
            let checked = check(settings, file).unwrap();
            assert_eq!((checked.encoding.as_str(), checked.notices.as_slice()), (encoding, &[][..]), "{settings}");
            assert_eq!(checked.first_rows[0].cells, ["a@b.jp", "太郎", "大阪"], "{encoding}");
        }
    }
    for (file, name) in [
        (&b"\x1b$)C\nemail,city\na@b.kr,\x0eGQ19\x0f\n"[..], "iso-2022-kr"),
        (b"email,city\na@b.de,K+APY-ln\nc@d.de,D+APw-ren\n", "utf-7"),
        (b"email,city\na@b.cn,~{11>)~}\nc@d.cn,Rome\n", "hz-gb-2312"),
        (b"email,city\na@b.cn,~{IO:#~}\nc@d.cn,~{11>)~}\ne@f.cn,~{IO:#~}~{MuK9~}\n", "hz-gb-2312"),
    ] {
        let found = messages("", file);
        assert!(found[0].3.contains(name), "{found:?}");
    }
}

#[test]
fn a_mark_inside_a_file_that_was_joined_is_dropped_in_utf_16_too() {
    let text = "\u{feff}email,city\na@b.de,Köln\n\u{feff}c@d.de,Rom\n";
    for file in [text.as_bytes().to_vec(), text.encode_utf16().flat_map(u16::to_be_bytes).collect()] {
        let checked = check("", &file).unwrap();
        assert_eq!(checked.first_rows[1].cells, ["c@d.de", "Rom"], "{}", checked.encoding);
    }
}

#[test]
fn controls_that_are_left_of_windows_1252_are_read_as_its_punctuation() {
    let checked = check("", "email,last_name\na@b.ie,O\u{92}Brien \u{96} x\n".as_bytes()).unwrap();
    assert_eq!((checked.first_rows[0].cells[1].as_str(), checked.notices.len()), ("O’Brien – x", 0));
    let (codes, _) = noticed("", "email,last_name\na@b.ie,Mar\u{81}ek\n".as_bytes());
    assert_eq!(codes, [NoticeCode::EncodingUncertain]);
}

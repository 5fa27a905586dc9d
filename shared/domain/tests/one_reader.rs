//! Check, dispatch, row-processor, report and export read every record of every file to the same cells.

#![expect(clippy::unwrap_used, reason = "a failed expectation fails the test")]

use domain::codes::{Outcome, RowCode, Severity};
use domain::decide::{Fate, Row, counted_fates};
use domain::file::{CellReader, Dialect, Scanner};
use domain::imports::{CatalogueAtLaunch, ImportId, ImportRequest, read_options, row_rules};
use domain::messages::{BatchMessage, BatchRows, Message};
use domain::plan::{Batch, BatchRecords, Checked, Dispatch, LaterRows, LaterRowsObject, Planner, ReadOptions, Wave};
use domain::problems::RowProblem;
use domain::report;
use jiff::Timestamp;
use proptest::prelude::*;

/// The row, physical line and cells of a record.
type Record = (u64, u64, Vec<String>);

fn request() -> ImportRequest {
    // Columns without a value and dates that can be read two ways would refuse most files that chance makes.
    let settings = br#"{ "file": { "name": "a" }, "on_empty_column": "ignore", "date_format": "DD.MM.YYYY" }"#;
    ImportRequest::parse(settings).unwrap()
}

fn launched() -> Timestamp {
    Timestamp::from_second(1_780_000_000).unwrap()
}

fn options(bytes: usize) -> ReadOptions {
    let options = read_options(&request(), &CatalogueAtLaunch::default(), launched(), bytes as u64);
    ReadOptions { batch_rows: 3, ..options }
}

fn check(file: &[u8], chunk: usize) -> Option<(Checked, Option<LaterRowsObject>)> {
    let mut planner = Planner::new(options(file.len()));
    file.chunks(chunk).for_each(|chunk| planner.push(chunk));
    planner.finish(|_| "later-rows".to_owned()).ok()
}

/// The file's records, read as a whole.
fn reference(file: &[u8], checked: &Checked) -> Vec<Record> {
    let text = std::str::from_utf8(file).unwrap();
    let mut scanner = Scanner::default();
    let width = checked.layout.columns.len();
    let mut reader = CellReader::new(checked.dialect).of_width(width);
    let mut records = Vec::new();
    scanner.push(text);
    scanner.scan(checked.dialect, true, &mut |record| {
        let mut cells: Vec<String> = reader.read(record.text).into_iter().map(ToOwned::to_owned).collect();
        // Invisible characters and case mean nothing in a header.
        let plain = |name: &str| name.replace('\u{feff}', "").trim().to_lowercase();
        let mut pairs = cells.iter().zip(&checked.layout.header);
        let is_header = cells.len() == width && pairs.all(|(cell, header)| plain(cell) == plain(header));
        if records.is_empty() {
            cells.truncate(width);
        } else if is_header {
            return;
        }
        records.push((0, record.line, cells));
    });
    // Row 0 is the header.
    (0..).zip(records).map(|(row, (_, line, cells))| (row, line, cells)).skip(1).collect()
}

/// Each batch as a row-processor gets it: through a message's body.
fn received(batch: Batch) -> domain::plan::BatchText {
    let import = ImportId::from_bytes([7; 16]);
    let message = BatchMessage { import, plan: 1, batch: batch.index, rows: BatchRows::Here(batch.rows) };
    match Message::from_body(&Message::Batch(message).to_body()).unwrap() {
        Message::Batch(BatchMessage { rows: BatchRows::Here(rows), .. }) => rows,
        other => panic!("a batch became {other:?}"),
    }
}

fn batches(file: &[u8], checked: &Checked, later_rows: Option<&LaterRowsObject>, chunk: usize) -> Vec<BatchRecords> {
    let mut batches = Vec::new();
    for wave in Wave::all() {
        let later_rows = later_rows.map(|object| LaterRows::read(&object.bytes, 0).unwrap()).unwrap_or_default();
        let mut pass = Dispatch::new(checked, 0, wave, later_rows).unwrap();
        file.chunks(chunk).for_each(|chunk| pass.push(chunk, &mut |batch| batches.push(batch)).unwrap());
        pass.finish(&mut |batch| batches.push(batch)).unwrap();
    }
    let read = |batch| BatchRecords::read(&received(batch), checked).unwrap();
    batches.into_iter().map(read).collect()
}

/// The cells of a CSV record that Muster wrote, as they come back when the file is imported.
fn read_back(csv: &[u8], dialect: Dialect) -> Vec<String> {
    let mut scanner = Scanner::default();
    let mut reader = CellReader::new(dialect);
    let mut found = Vec::new();
    scanner.push(std::str::from_utf8(csv).unwrap());
    scanner.scan(dialect, true, &mut |record| {
        found.push(reader.read(record.text).into_iter().map(ToOwned::to_owned).collect::<Vec<String>>());
    });
    assert!(found.len() <= 1, "one record became {}", found.len());
    found.pop().unwrap_or_default()
}

/// What every way through Muster makes of a file; none when the file is refused as a whole.
fn agreed(file: &[u8], check_chunk: usize, dispatch_chunk: usize) -> Option<Vec<Record>> {
    let (checked, later_rows) = check(file, check_chunk)?;
    let expected = reference(file, &checked);
    assert_eq!(checked.rows as usize, expected.len(), "the check counts rows otherwise than they are read");
    for first in &checked.first_rows {
        let record = (first.row, first.line, first.cells.clone());
        assert_eq!(Some(&record), expected.get(usize::try_from(first.row).unwrap() - 1), "the preview's rows");
    }
    let mut found = Vec::new();
    for records in batches(file, &checked, later_rows.as_ref(), dispatch_chunk) {
        let rows = Row::parse_all(&records, &checked, &row_rules(&request(), launched(), &checked));
        let lines = report::lines(
            ImportId::from_bytes([7; 16]),
            &records,
            &checked,
            &rows,
            &counted_fates(&vec![None; rows.len()], &[].into()),
        );
        assert_eq!(lines.len(), rows.len(), "every row that is not processed is in the report");
        for (index, line) in lines.iter().enumerate() {
            let (row, at, cells) = records.record(index);
            let mut reported = read_back(&line.csv, Dialect::delimited_by(checked.dialect.delimiter));
            reported.truncate(cells.len());
            let written: Vec<String> = cells.iter().map(|cell| report::guarded(cell).into_owned()).collect();
            assert_eq!(reported, written, "the report's cells");
            found.push((row, at, cells.into_iter().map(ToOwned::to_owned).collect()));
        }
    }
    found.sort();
    assert_eq!(found, expected, "the row-processor's cells");
    Some(expected)
}

#[test]
fn a_byte_order_mark_at_the_start_of_a_later_line_changes_nothing() {
    let file = "email\n\u{feff}\"ann@example.org\"\nbob@example.org\n\u{feff}cy@example.org\n";
    let emails: Vec<String> = agreed(file.as_bytes(), 7, 5).unwrap().into_iter().flat_map(|record| record.2).collect();
    assert_eq!(emails, ["ann@example.org", "bob@example.org", "cy@example.org"]);
}

#[test]
fn a_header_that_stands_again_behind_several_byte_order_marks_is_no_row() {
    let file = "email,city\n\u{feff}\u{feff}email,city\nann@example.org,Rome\n";
    assert_eq!(agreed(file.as_bytes(), 1, 1).unwrap().len(), 1);
}

#[test]
fn a_quote_that_opens_after_a_byte_order_mark_and_is_never_closed_refuses_the_file() {
    let file = "email\n\u{feff}\"ann@example.org\nbob@example.org\ncy@example.org\n".as_bytes();
    let mut planner = Planner::new(options(file.len()));
    planner.push(file);
    let refused = planner.finish(|_| String::new()).unwrap_err();
    let place = |problem: &domain::problems::FileProblem| (problem.code.as_str(), problem.row, problem.line);
    assert_eq!(refused.problems.iter().map(place).collect::<Vec<_>>(), [("unclosed_quote", Some(1), Some(2))]);
}

#[test]
fn a_line_of_the_report_is_made_of_the_cells_that_were_decided_on() {
    let file = "email,city\n\u{feff}\"ann@\nexample.org\",Rome\n".as_bytes();
    let (checked, later_rows) = check(file, 4).unwrap();
    let records = batches(file, &checked, later_rows.as_ref(), 3).pop().unwrap();
    let rows = Row::parse_all(&records, &checked, &row_rules(&request(), launched(), &checked));
    let problem = RowProblem {
        severity: Severity::Error,
        code: RowCode::CustomerExists,
        cell: None,
        message: "It is.".to_owned(),
    };
    let fates = [Fate::new(Outcome::Rejected, None, vec![problem])];
    let lines = report::lines(ImportId::from_bytes([7; 16]), &records, &checked, &rows, &fates);
    assert_eq!(read_back(&lines[0].csv, Dialect::delimited_by(','))[..2], ["ann@\nexample.org", "Rome"]);
}

/// Text in which everything that a reader could stumble over is frequent.
fn awkward() -> impl Strategy<Value = String> {
    let piece = prop_oneof![
        Just("\u{feff}"),
        Just("\""),
        Just("\"\""),
        Just(",\""),
        Just("\","),
        Just(", \""),
        Just("\" ,"),
        Just("\\"),
        Just("\u{1a}"),
        Just("email,city"),
        Just("\n"),
        Just("\r"),
        Just("\r\n"),
        Just(","),
        Just(";"),
        Just("\t"),
        Just(" "),
        Just("'"),
        Just("="),
        Just("é"),
        Just("京"),
        Just("a@b.de"),
        Just("x"),
        Just("\u{0}"),
        Just("\u{2028}"),
    ];
    prop::collection::vec(piece, 0..40).prop_map(|pieces| pieces.concat())
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::with_cases(700) })]

    #[test]
    fn all_ways_agree_on_text_of_awkward_characters(text in awkward(), one in 1usize..30, other in 1usize..30) {
        agreed(format!("email,city\n{text}\n").as_bytes(), one, other);
        agreed(text.as_bytes(), one, other);
    }

    #[test]
    fn all_ways_agree_on_rows_that_a_program_wrote(
        rows in prop::collection::vec(("[a-e]{1,2}", "[ -~é\u{feff}\n\r]{0,12}"), 1..20),
        one in 1usize..60,
        other in 1usize..60,
    ) {
        let mut writer = csv::Writer::from_writer(b"email,city\nz@z.de,z\n".to_vec());
        for (name, city) in &rows {
            writer.write_record([format!("{name}@b.de"), city.clone()]).unwrap();
        }
        let read = agreed(&writer.into_inner().unwrap(), one, other).unwrap();
        let cities: Vec<&str> = read[1..].iter().map(|(_, _, cells)| cells[1].as_str()).collect();
        prop_assert_eq!(cities, rows.iter().map(|(_, city)| city.as_str()).collect::<Vec<_>>());
    }

    #[test]
    fn all_ways_agree_on_arbitrary_bytes(
        bytes in prop::collection::vec(any::<u8>(), 0..60),
        one in 1usize..30,
        other in 1usize..30,
    ) {
        let mut file = b"email,city\n".to_vec();
        file.extend(bytes);
        agreed(&file, one, other);
    }
}

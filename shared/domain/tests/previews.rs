//! Previews agree with the check: about the whole file in every word, and about a beginning as far as that can be known.

#![expect(clippy::unwrap_used, reason = "a failed expectation fails the test")]

use std::path::Path;

use domain::codes::{FileCode, RowCode};
use domain::columns::{How, Mapping};
use domain::file::FailedCheck;
use domain::imports::{CatalogueAtLaunch, ImportRequest, read_options};
use domain::plan::{Checked, Planner, ReadOptions};
use domain::preview::{HowEncoded, Preview, Sample, preview};
use domain::row::parse_row;
use proptest::prelude::*;
use serde_json::{Value as Json, json};

fn request(settings: &str) -> ImportRequest {
    ImportRequest::parse(format!(r#"{{"file":{{"name":"a"}}{settings}}}"#).as_bytes()).unwrap()
}

fn options(settings: &str, bytes: usize) -> ReadOptions {
    let launched = jiff::Timestamp::from_second(1_780_000_000).unwrap();
    read_options(&request(settings), &CatalogueAtLaunch::default(), launched, bytes as u64)
}

fn check(settings: &str, file: &[u8], chunk: usize) -> Result<Checked, FailedCheck> {
    let mut planner = Planner::new(options(settings, file.len()));
    file.chunks(chunk.max(1)).for_each(|chunk| planner.push(chunk));
    planner.finish(|part| part.to_string()).map(|(checked, _)| checked)
}

fn look(settings: &str, bytes: &[u8], is_whole: bool) -> Option<Preview> {
    let sample = Sample { bytes: bytes.to_vec(), is_whole };
    preview(&sample, options(settings, bytes.len()), &request(settings).columns).ok()
}

fn whole(settings: &str, file: &[u8]) -> Preview {
    look(settings, file, true).unwrap()
}

/// The preview of a whole file says what its check says.
fn agrees(settings: &str, file: &[u8], chunk: usize) {
    let seen = whole(settings, file);
    assert!(seen.complete);
    let shown = || format!("{settings} {}", String::from_utf8_lossy(&file[..file.len().min(2_000)]));
    match check(settings, file, chunk) {
        Err(failed) => {
            assert_eq!((seen.problems, seen.problems_total), (failed.problems, failed.total), "{}", shown());
            assert!(!seen.ready);
        }
        Ok(checked) => {
            assert_eq!(seen.problems, [], "{}", shown());
            assert!(seen.ready);
            assert_eq!((seen.notices, seen.notices_total), (checked.notices.clone(), checked.notices_total));
            assert_eq!(seen.encoding.label, checked.encoding);
            assert_eq!(seen.delimiter, checked.dialect.delimiter.to_string());
            assert_eq!((seen.escape, seen.rows_seen), (checked.dialect.escape, checked.rows));
            let columns: Vec<_> = seen.columns.iter().map(|column| column.column.clone()).collect();
            let expected: Vec<_> =
                checked.layout.columns.iter().map(|at| at.as_ref().map(ToString::to_string)).collect();
            assert_eq!(columns, expected, "{}", shown());
            let filled: Vec<_> = seen.columns.iter().map(|column| column.filled).collect();
            let share = |filled: &u64| *filled as f64 / checked.rows as f64;
            assert_eq!(filled, checked.filled.iter().map(share).collect::<Vec<_>>());
            let rules = domain::imports::row_rules(
                &request(settings),
                jiff::Timestamp::from_second(1_780_000_000).unwrap(),
                &checked,
            );
            for (first, row) in checked.first_rows.iter().zip(&seen.rows) {
                let cells: Vec<&str> = first.cells.iter().map(String::as_str).collect();
                let read = parse_row(&checked.layout, &rules.of_row(first.row), &cells);
                let (values, problems) = match &read {
                    Ok(row) => (Some(row.stored_values()), &row.warnings),
                    Err(problems) => (None, problems),
                };
                assert_eq!((first.row, first.line, &values), (row.row, row.line, &row.values));
                let codes: Vec<RowCode> = row.problems.iter().map(|problem| problem.code).collect();
                assert_eq!(codes, problems.iter().map(|problem| problem.code).collect::<Vec<_>>());
            }
        }
    }
}

/// The preview of a file's beginning claims nothing that the check of the file does not find.
fn claims_nothing_else(settings: &str, file: &[u8], cut: usize) {
    let Some(seen) = look(settings, &file[..cut], false) else { return };
    assert_eq!(seen.ready, seen.problems.is_empty());
    // Of so few bytes, the encoding may be another one than that of the file.
    if seen.ready || (!seen.encoding.certain && seen.encoding.how != HowEncoded::Set && cut < 4_096) {
        return;
    }
    let shown = || {
        format!(
            "{settings} at {cut} of {}: {:?}",
            String::from_utf8_lossy(&file[..file.len().min(3_000)]),
            seen.problems
        )
    };
    let failed = check(settings, file, file.len()).err();
    let found: Vec<FileCode> = failed.iter().flat_map(|failed| &failed.problems).map(|problem| problem.code).collect();
    assert!(!found.is_empty(), "the file is sound: {}", shown());
    // What ends the walk through a file hides what is only said at its end.
    let ends = |code: &FileCode| {
        matches!(
            code,
            FileCode::UndecodableBytes | FileCode::UnclosedQuote | FileCode::RowTooLarge | FileCode::MixedReports
        )
    };
    if found.iter().any(ends) {
        return;
    }
    // Records that nobody can divide into cells say nothing of its columns.
    let hides = |code: &FileCode| matches!(code, FileCode::WrongCellCount | FileCode::StrayQuote);
    let may_hide = |code: FileCode| matches!(code, FileCode::AmbiguousDates | FileCode::AmbiguousNumbers);
    for problem in &seen.problems {
        let is_found = found.contains(&problem.code) || (may_hide(problem.code) && found.iter().any(hides));
        // A list that is full does not name what is at its end.
        assert!(is_found || found.len() == 100, "{:?} is not among {found:?}: {}", problem.code, shown());
    }
}

const SETTINGS: [&str; 9] = [
    "",
    r#","encoding":"auto""#,
    r#","on_unknown_column":"ignore","on_empty_column":"ignore""#,
    r#","default_region":"DE","on_invalid_value":"reject""#,
    r#","columns":{"Kundennr":"external_id","Notiz":null}"#,
    r#","delimiter":";","quote":"none""#,
    r#","header_line":2,"encoding":"auto""#,
    r#","escape":"backslash","date_format":"DD.MM.YYYY","on_unreadable_column":"ignore""#,
    r#","encoding":"windows-1252""#,
];

const HEADERS: [&str; 16] = [
    "email",
    "E-Mail",
    "phone",
    "external_id",
    "first_name",
    "birth_date",
    "city",
    "Kundennr",
    "Notiz",
    "subscribed",
    "_row",
    "country",
    "",
    "custom.size",
    "action_at",
    "\u{feff}email",
];

const CELLS: [&str; 30] = [
    "",
    "",
    "",
    "a@b.de",
    "C1",
    "C2",
    "+12015550123",
    "03/04/1990",
    "25/04/1990",
    "04/25/1990",
    "1990-12-31",
    "31.12.1990",
    "Köln",
    "naïve",
    "\"a\nb\"",
    "\"x,y\"",
    "\"open",
    "O\"Neil",
    "\"a\"b",
    "a;b",
    "a,b",
    "yes",
    "no",
    "maybe",
    "a\0b",
    " ",
    "日本",
    "NULL",
    "1.234",
    "\\\"",
];

fn encoded(text: &str, encoding: usize) -> Vec<u8> {
    let by = |encoding: &'static encoding_rs::Encoding| encoding.encode(text).0.into_owned();
    match encoding {
        0 => text.as_bytes().to_vec(),
        1 => [&b"\xef\xbb\xbf"[..], text.as_bytes()].concat(),
        2 => [0xff, 0xfe].into_iter().chain(text.encode_utf16().flat_map(u16::to_le_bytes)).collect(),
        3 => text.encode_utf16().flat_map(u16::to_be_bytes).collect(),
        4 => by(encoding_rs::WINDOWS_1252),
        5 => by(encoding_rs::SHIFT_JIS),
        6 => by(encoding_rs::GB18030),
        _ => by(encoding_rs::ISO_2022_JP),
    }
}

prop_compose! {
    fn files()(
        header in prop::collection::vec(prop::sample::select(&HEADERS[..]), 1..6),
        rows in prop::collection::vec(prop::collection::vec(prop::sample::select(&CELLS[..]), 6), 0..40),
        ragged in prop::collection::vec((0usize..40, 1usize..7), 0..2),
        delimiter in prop::sample::select(&[",", ";", "\t"][..]),
        line_end in prop::sample::select(&["\n", "\r\n", "\r"][..]),
        encoding in 0usize..8,
        noise in prop::collection::vec((any::<prop::sample::Index>(), any::<u8>()), 0..2),
        ends in any::<bool>(),
    ) -> Vec<u8> {
        let mut records = vec![header.join(delimiter)];
        for (number, cells) in rows.iter().enumerate() {
            let width = ragged.iter().find(|(at, _)| *at == number).map_or(header.len(), |(_, width)| *width);
            records.push(cells[..width.min(cells.len())].join(delimiter));
        }
        let text = records.join(line_end) + if ends { line_end } else { "" };
        let mut bytes = encoded(&text, encoding);
        for (at, byte) in noise {
            if !bytes.is_empty() {
                let at = at.index(bytes.len());
                bytes[at] = byte;
            }
        }
        bytes
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(256))]

    #[test]
    fn a_preview_of_the_whole_file_is_its_check(
        file in files(),
        settings in prop::sample::select(&SETTINGS[..]),
        chunk in 1usize..5_000,
    ) {
        // What the first bytes of a file show, they show in one piece.
        agrees(settings, &file, chunk.max(4_096));
    }

    #[test]
    fn a_preview_of_a_beginning_claims_nothing_that_the_check_does_not_find(
        file in files(),
        settings in prop::sample::select(&SETTINGS[..]),
        cut in any::<prop::sample::Index>(),
    ) {
        // From so little text, UTF-16 without a mark may not be seen, and a delimiter may be found that the rest contradicts.
        let settings = if settings.contains("delimiter") { settings.to_owned() } else { format!(r#"{settings},"delimiter":",""#) };
        prop_assume!(file.first() != Some(&0));
        claims_nothing_else(&settings, &file, cut.index(file.len() + 1));
    }
}

#[test]
fn large_files_and_those_of_products_agree_at_every_cut() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../tests/data");
    let files = ["", "products"].map(|name| folder.join(name).read_dir().unwrap());
    let paths = files.into_iter().flatten().map(|entry| entry.unwrap().path()).filter(|path| path.is_file());
    for (number, path) in paths.enumerate() {
        let file = std::fs::read(&path).unwrap();
        // As many rows as a large file has.
        let end = file.iter().position(|byte| *byte == b'\n').map_or(0, |at| at + 1);
        let large = [&file[..], &file[end..].repeat(200_000 / (file.len() - end).max(1))].concat();
        // Each file meets some of the settings: without optimization, all of them would take minutes.
        for settings in ["", SETTINGS[1 + number % (SETTINGS.len() - 1)]] {
            agrees(settings, &file, file.len());
            agrees(settings, &large, 65_536);
            claims_nothing_else(settings, &large, [70_000, 131_072, 150_001, 199_999][number % 4].min(large.len()));
        }
    }
}

#[test]
fn an_unknown_header_is_shown_beside_the_others() {
    let file = "Kundennr;E-Mail;Vorname;Billing City;Notiz\n1;a@b.de;Ann;Rome;x\n2;;Bob;Oslo;\n";
    let settings = r#","columns":{"Kundennr":"external_id","Notiz":null}"#;
    let seen = whole(settings, file.as_bytes());
    let columns: Vec<_> = seen
        .columns
        .iter()
        .map(|column| {
            let suggestion = column.suggestion.as_ref().map(|suggestion| suggestion.column.as_str());
            (column.header.as_str(), column.column.as_deref(), column.how, suggestion, column.filled)
        })
        .collect();
    assert_eq!(
        columns,
        [
            ("Kundennr", Some("external_id"), Some(How::Mapping), None, 1.0),
            ("E-Mail", Some("email"), Some(How::Name), None, 0.5),
            ("Vorname", None, None, Some("first_name"), 1.0),
            ("Billing City", None, None, Some("city"), 1.0),
            ("Notiz", None, Some(How::LeftOut), None, 0.5),
        ]
    );
    let problems: Vec<_> = seen.problems.iter().map(|problem| (problem.code, problem.column.as_deref())).collect();
    assert_eq!(problems, [(FileCode::UnknownColumn, Some("Vorname")), (FileCode::UnknownColumn, Some("Billing City"))]);
    let values = seen.rows.iter().map(|row| json!(row.values)).collect::<Vec<Json>>();
    assert_eq!(values, [json!({ "external_id": "1", "email": "a@b.de" }), json!({ "external_id": "2" })]);
    assert_eq!((seen.header_line, seen.delimiter.as_str(), seen.ready), (Some(1), ";", false));
}

#[test]
fn rows_are_shown_as_they_would_be_stored() {
    let file = "email,phone,birth_date,subscribed\n Ann@Example.ORG ,0151 12345675,31.12.1990,ja\nb@c.de,12,31.11.1990,no\n,,,\n?,,,\n";
    let seen = whole(r#","default_region":"DE""#, file.as_bytes());
    assert!(seen.ready, "{:?}", seen.problems);
    assert_eq!(seen.date_format, Some("DD.MM.YYYY"));
    let rows: Vec<_> = seen.rows.iter().map(|row| (row.row, row.line, json!(row.values))).collect();
    let ann = json!({
        "email": "ann@example.org", "phone": "+4915112345675", "birth_date": "1990-12-31", "subscribed": true
    });
    let bob = json!({ "email": "b@c.de", "subscribed": false });
    assert_eq!(rows, [(1, 2, ann), (2, 3, bob), (3, 5, Json::Null)]);
    let problems: Vec<_> =
        seen.rows[1].problems.iter().map(|problem| (problem.code, problem.column.as_deref().unwrap())).collect();
    assert_eq!(problems, [(RowCode::ValueDropped, "birth_date"), (RowCode::ValueDropped, "phone")]);
}

#[test]
fn what_only_later_rows_can_decide_is_open_in_a_beginning() {
    let mut file = "email,birth_date,city\na@b.de,03/04/1990,\n".to_owned();
    let cut = file.len();
    file.push_str("c@d.de,04/25/1990,Rome\n");
    let seen = look("", &file.as_bytes()[..cut], false).unwrap();
    assert!(seen.ready && !seen.complete, "{:?}", seen.problems);
    let undecided: Vec<bool> = seen.columns.iter().map(|column| column.undecided).collect();
    assert_eq!(undecided, [false, true, false]);
    assert_eq!(json!(seen.rows[0].values), json!({ "email": "a@b.de" }));
    assert_eq!(seen.rows[0].problems, []);
    agrees("", file.as_bytes(), file.len());
    let codes: Vec<FileCode> = whole("", &file.as_bytes()[..cut]).problems.iter().map(|problem| problem.code).collect();
    assert_eq!(codes, [FileCode::EmptyColumn, FileCode::AmbiguousDates]);
}

#[test]
fn a_record_that_is_cut_off_is_left_out_in_any_encoding() {
    let text = "email,city\na@b.de,Köln\nc@d.de,Zürich\n";
    for (encoding, label) in ["utf-8", "utf-8", "utf-16le", "utf-16be", "windows-1252"].iter().enumerate() {
        let file = encoded(text, encoding);
        for cut in 0..file.len() {
            let settings = format!(r#","encoding":"{label}""#);
            let Some(seen) = look(&settings, &file[..cut], false) else { continue };
            assert_eq!(seen.problems, [], "{encoding} at {cut}");
            let cities = seen.rows.iter().map(|row| row.values.as_ref().and_then(|values| values.get("city").cloned()));
            let cities: Vec<Option<Json>> = cities.collect();
            let expected = [Some(json!("Köln")), Some(json!("Zürich"))];
            assert_eq!(cities, expected[..cities.len()], "{encoding} at {cut}");
        }
    }
}

#[test]
fn an_encoding_is_certain_only_if_nothing_that_follows_might_show_another() {
    let of = |settings: &str, bytes: &[u8], is_whole: bool| look(settings, bytes, is_whole).unwrap().encoding;
    let auto = r#","encoding":"auto""#;
    for (settings, bytes, is_whole, expected) in [
        ("", &b"email\na@b.de\n"[..], false, ("utf-8", HowEncoded::Set, false)),
        ("", "email\na@b.de\n".repeat(400).as_bytes(), false, ("utf-8", HowEncoded::Set, true)),
        (auto, b"email\na@b.de\n", true, ("utf-8", HowEncoded::Found, true)),
        (auto, b"email\na@b.de\n", false, ("utf-8", HowEncoded::Found, false)),
        (auto, b"\xef\xbb\xbfemail\na@b.de\n", false, ("utf-8", HowEncoded::Bom, true)),
        ("", b"\xff\xfee\0m\0a\0i\0l\0\n\0a\0@\0b\0.\0d\0e\0\n\0", true, ("utf-16le", HowEncoded::Bom, true)),
        ("", b"email,city\na@b.de,K\xf6ln\n", true, ("utf-8", HowEncoded::Set, false)),
    ] {
        let found = of(settings, bytes, is_whole);
        assert_eq!((found.label.to_lowercase().as_str(), found.how, found.certain), expected, "{bytes:?}");
    }
}

#[test]
fn a_sample_without_a_header_is_too_short() {
    for sample in [&b""[..], b"email,ci", b"\xff\xfee\0m\0"] {
        let sample = Sample { bytes: sample.to_vec(), is_whole: false };
        let problem = preview(&sample, options("", 10), &Mapping::new()).unwrap_err();
        assert_eq!((problem.path.as_str(), problem.code), ("sample", "sample_too_short"));
    }
    assert_eq!(whole("", b"").problems[0].code, FileCode::EmptyFile);
}

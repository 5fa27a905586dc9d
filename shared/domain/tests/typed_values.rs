//! Values with a type, from the bytes of a file to what is stored: what the check decides column by column is what rows
//! are read by.

#![expect(clippy::unwrap_used, reason = "a failed expectation fails the test")]

use domain::codes::{FileCode, NoticeCode, RowCode};
use domain::columns::{FieldKind, Fields};
use domain::file::FailedCheck;
use domain::imports::{CatalogueAtLaunch, ImportId, ImportRequest, read_options, row_rules};
use domain::plan::{Checked, Planner};
use domain::report::Origin;
use domain::row::{Change, DecimalMark, ParsedRow, Value, parse_row};
use jiff::Timestamp;
use proptest::prelude::*;

fn launched() -> Timestamp {
    Timestamp::from_second(1_780_000_000).unwrap()
}

fn request(settings: &str) -> ImportRequest {
    ImportRequest::parse(format!(r#"{{"file":{{"name":"a"}}{settings}}}"#).as_bytes()).unwrap()
}

fn check(settings: &str, file: &str) -> Result<Checked, FailedCheck> {
    let fields = Fields::from([
        ("spent".to_owned(), FieldKind::Number),
        ("paid".to_owned(), FieldKind::Number),
        ("seen".to_owned(), FieldKind::Datetime),
    ]);
    let catalogue = CatalogueAtLaunch { fields, ..CatalogueAtLaunch::default() };
    let mut planner = Planner::new(read_options(&request(settings), &catalogue, launched(), file.len() as u64));
    planner.push(file.as_bytes());
    planner.finish(|_| String::new()).map(|(checked, _)| checked)
}

/// The code, row and line of the first problem of a refused file.
fn refused(settings: &str, file: &str) -> (FileCode, Option<u64>, Option<u64>) {
    let first = check(settings, file).unwrap_err().problems.remove(0);
    (first.code, first.row, first.line)
}

/// The rows of a file without quotes, as they are read after its check.
fn rows(settings: &str, file: &str) -> Vec<Result<ParsedRow, Vec<RowCode>>> {
    let checked = check(settings, file).unwrap();
    let rules = row_rules(&request(settings), launched(), &checked);
    let delimiter = checked.dialect.delimiter;
    let cells = file.lines().skip(1).map(|line| line.split(delimiter).collect::<Vec<_>>());
    let codes = |problems: Vec<domain::problems::RowProblem>| problems.iter().map(|problem| problem.code).collect();
    cells.map(|cells| parse_row(&checked.layout, &rules, &cells).map_err(codes)).collect()
}

/// The value of the attribute in each row.
fn values(settings: &str, file: &str, name: &str) -> Vec<Option<Value>> {
    let value = |row: Result<ParsedRow, Vec<RowCode>>| {
        let attributes = row.unwrap().attributes;
        attributes.into_iter().find_map(|(attribute, change)| match change {
            Change::Set(value) if attribute == name => Some(value),
            _ => None,
        })
    };
    rows(settings, file).into_iter().map(value).collect()
}

fn number(digits: &str) -> Option<Value> {
    Some(Value::Number(digits.to_owned()))
}

#[test]
fn each_column_of_numbers_has_its_own_decimal_mark() {
    let file = "email;custom.spent;custom.paid\na@b.de;1.500;1,500\nc@d.de;2.750,25;2,750.25\ne@f.de;9;9\n";
    let checked = check("", file).unwrap();
    assert_eq!(checked.decimal_marks, [None, Some(DecimalMark::Comma), Some(DecimalMark::Dot)]);
    for name in ["custom.spent", "custom.paid"] {
        assert_eq!(values("", file, name), [number("1500"), number("2750.25"), number("9")], "{name}");
    }
}

#[test]
fn a_report_is_read_with_the_decimal_mark_of_its_import() {
    let origin = format!("email;custom.spent;_import\na@b.de;1.500;{}\n", ImportId::from_bytes([7; 16]));
    let origin = Origin::of(origin.as_bytes(), true).unwrap();
    for (paid, given, expected) in
        [("2,75", "", ","), ("2.75", "", "auto"), ("9", "", ","), ("9", r#","decimal_mark":".""#, ".")]
    {
        let file = format!("email;custom.spent;custom.paid\na@b.de;1.500;{paid}\nc@d.de;2,5;9\n");
        let checked = check("", &file).unwrap();
        let merged = request(given).for_report_of(&request(""), Some(&checked), &origin);
        assert_eq!(merged.decimal_mark, expected, "{paid} {given}");
    }
}

#[test]
fn a_number_that_may_be_two_refuses_its_file_unless_the_mark_is_set() {
    let file = "email;custom.spent\na@b.de;40\nc@d.de;3.125\n";
    assert_eq!(refused("", file), (FileCode::AmbiguousNumbers, Some(2), Some(3)));
    let by = |mark| values(&format!(r#","decimal_mark":"{mark}""#), file, "custom.spent");
    assert_eq!(by("."), [number("40"), number("3.125")]);
    assert_eq!(by(","), [number("40"), number("3125")]);
}

#[test]
fn moments_are_in_the_order_that_the_file_shows_and_in_the_zone_that_is_set() {
    let file = "email;custom.seen\na@b.de;5/4/2024 7:00 PM\nc@d.de;30/4/2024 19:00 +03:00\n";
    let seen = |text: &str| Some(Value::DateTime(text.to_owned()));
    let settings = r#","time_zone":"Europe/Berlin""#;
    assert_eq!(values("", file, "custom.seen"), [seen("2024-04-05T19:00:00Z"), seen("2024-04-30T16:00:00Z")]);
    assert_eq!(values(settings, file, "custom.seen"), [seen("2024-04-05T17:00:00Z"), seen("2024-04-30T16:00:00Z")]);
}

#[test]
fn a_column_in_which_nothing_can_be_read_refuses_its_file_unless_that_is_ignored() {
    let lines: String = (0..25).map(|at| format!("c{at}@b.de;Prefers mornings\n")).collect();
    let file = format!("email;country\n{lines}");
    assert_eq!(refused("", &file), (FileCode::UnreadableColumn, Some(1), Some(2)));
    let checked = check(r#","on_unreadable_column":"ignore""#, &file).unwrap();
    let unreadable = &checked.unreadable[0];
    assert_eq!((unreadable.column, unreadable.count, unreadable.first.example.as_str()), (1, 25, "Prefers mornings"));
    // One country makes the rest single cells that are dropped.
    let mostly = format!("{file}z@b.de;Norge\n");
    assert_eq!(check("", &mostly).unwrap().unreadable[0].count, 25);
    // Whoever leaves the column out is not asked about it.
    assert_eq!(check(r#","columns":{"country":null}"#, &file).unwrap().unreadable, []);
}

#[test]
fn null_tokens_make_a_cell_empty_before_anything_is_decided() {
    let settings = r#","null_tokens":["(null)"]"#;
    let cells: String = (0..25).map(|at| format!("c{at}@b.de;(NULL);12.5\n")).collect();
    let file = format!("email;birth_date;custom.spent\n{cells}z@b.de;1990-12-31;(null)\n");
    let checked = check(settings, &file).unwrap();
    assert_eq!((checked.filled, checked.unreadable), (vec![26, 1, 25], vec![]));
    assert_eq!(refused(settings, "email;country\na@b.de;(null)\n").0, FileCode::EmptyColumn);
}

#[test]
fn what_is_quoted_of_cells_is_taken_out_of_the_result() {
    let file = "email,country,city\na@b.de,Mordor,Rome\n";
    let mut checked = check("", file).unwrap();
    let quoted = checked.take_quoted_cells();
    assert_eq!((quoted.examples, quoted.first_rows.len()), (vec!["Mordor".to_owned()], 1));
    let stored = serde_json::to_string(&checked).unwrap();
    assert!(!stored.contains("Mordor") && !stored.contains("Rome"), "{stored}");
    assert_eq!(checked.unreadable[0].count, 1);
}

#[test]
fn a_set_date_format_that_cells_contradict_is_noticed_and_its_values_are_dropped() {
    let settings = r#","date_format":"MM/DD/YYYY""#;
    let file = "email;birth_date\na@b.de;02.03.1980\nc@d.de;30.11.1981\n";
    let checked = check(settings, file).unwrap();
    assert_eq!(checked.notices[0].code, NoticeCode::DateFormatContradicted);
    assert_eq!(values(settings, file, "birth_date"), [Some(Value::Date("1980-02-03".to_owned())), None]);
}

#[test]
fn an_opt_out_is_never_lost() {
    for (cell, expected) in
        [("Abgemeldet", Ok(Some(false))), ("maybe", Err(vec![RowCode::InvalidConsent])), ("?", Ok(None))]
    {
        let file = format!("email;subscribed.sms\na@b.de;yes\nc@d.de;{cell}\n");
        let consent = rows("", &file).remove(1).map(|row| {
            row.attributes.into_iter().find_map(|(_, change)| match change {
                Change::Set(Value::Flag(flag)) => Some(flag),
                _ => None,
            })
        });
        assert_eq!(consent, expected, "{cell}");
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    /// What the check counts as unreadable are the values that rows are read without.
    #[test]
    fn the_check_counts_what_rows_lose(
        cells in prop::collection::vec(
            prop_oneof!["[0-3][0-9]\\.[01][0-9]\\.19[0-9]{2}", "19[0-9]{2}-[01][0-9]-[0-3][0-9]", "[0-9]{1,3},[0-9]{1,3}", "[a-z]{1,4}", Just(String::new())],
            1..12,
        ),
    ) {
        let lines: String = cells.iter().map(|cell| format!("a@b.de;{cell};{cell}\n")).collect();
        let file = format!("email;birth_date;custom.spent\n{lines}");
        let Ok(checked) = check(r#","on_empty_column":"ignore""#, &file) else { return Ok(()) };
        let lost: usize = rows(r#","on_empty_column":"ignore""#, &file)
            .into_iter()
            .map(|row| row.unwrap().warnings.len())
            .sum();
        // Words for a missing value are dropped too, and not counted.
        let missing = cells.iter().filter(|cell| ["null", "none", "nil", "na", "nan"].contains(&cell.as_str())).count();
        let counted: u64 = checked.unreadable.iter().map(|column| column.count).sum();
        prop_assert_eq!(lost, usize::try_from(counted).unwrap() + 2 * missing);
    }
}

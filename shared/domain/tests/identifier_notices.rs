//! What is strange about the identifiers and placeholders of whole files, whose rows are imported all the same.

#![expect(clippy::unwrap_used, reason = "a failed expectation fails the test")]

use domain::codes::NoticeCode;
use domain::imports::{CatalogueAtLaunch, ImportRequest, read_options};
use domain::plan::{Checked, Planner, Restoring};

fn planner(settings: &str, file: &str) -> Planner {
    let request = ImportRequest::parse(format!(r#"{{"file":{{"name":"a"}}{settings}}}"#).as_bytes()).unwrap();
    let launched = jiff::Timestamp::from_second(1_780_000_000).unwrap();
    Planner::new(read_options(&request, &CatalogueAtLaunch::default(), launched, file.len() as u64))
}

/// Code, column, row, line and count of each notice.
fn noticed(checked: &Checked) -> Vec<(NoticeCode, &str, u64, u64, u64)> {
    let notices = checked.notices.iter();
    notices.map(|notice| (notice.code, notice.column.as_str(), notice.row, notice.line, notice.count)).collect()
}

const FILE: &str = "Kundennummer,email,Mobile,last_name\n\
    501.0,kim@example.net,4915112345671,Kim\n\
    502,lee@example.net,+4915112345679,NULL\n\
    503,mia@example.net,+4915112345679,Null\n\
    504,office@example.net,+4915112345679,-\n\
    505,office@example.net,4915112345672,Ono\n\
    506,office@example.net,,Poe\n";
const SETTINGS: &str = r#","default_region":"DE","columns":{"Kundennummer":"external_id"}"#;

#[test]
fn each_strange_thing_is_noticed_once_a_column_at_its_first_row() {
    use NoticeCode::{AmbiguousPhone, NumberBecameFloat, PlaceholderValues, SharedIdentifier};
    let expected = [
        (NumberBecameFloat, "Kundennummer", 1, 2, 1),
        (AmbiguousPhone, "Mobile", 1, 2, 2),
        (SharedIdentifier, "email", 6, 7, 1),
        (SharedIdentifier, "Mobile", 4, 5, 1),
        (PlaceholderValues, "last_name", 2, 3, 3),
    ];
    for bytes in [FILE.len(), 7] {
        let mut planner = planner(SETTINGS, FILE);
        for chunk in FILE.as_bytes().chunks(bytes) {
            planner.push(chunk);
            let mut restoring = Restoring::default();
            for piece in (0..).map_while(|piece| planner.save(piece)) {
                restoring.push(&piece).unwrap();
            }
            planner = restoring.finish().unwrap();
        }
        let (checked, _) = planner.finish(|_| "later-rows".to_owned()).unwrap();
        assert_eq!(noticed(&checked), expected, "in chunks of {bytes}, each after a snapshot");
        for notice in &checked.notices {
            let cure = ["default_region", "on_weak_match", "null_tokens", "Export the column"];
            assert!(cure.iter().any(|cure| notice.message.contains(cure)), "{}", notice.message);
        }
    }
}

#[test]
fn sound_identifiers_are_not_noticed() {
    for (settings, file) in [
        ("", "id,email\n1.0,a@x.org\n1.1,b@x.org\n"),
        (r#","default_region":"DE""#, "phone\n0151 12345671\n+49 151 12345672\n0049 151 12345673\n04921 12345\n"),
        (r#","default_region":"IT""#, "phone\n391 234 5678\n393912345679\n"),
        ("", "email,phone\na@x.org,+12015550123\nb@x.org,+12015550123\nb@x.org,+12015550123\n"),
        (r#","null_tokens":["null"]"#, "email,last_name\na@x.org,NULL\nb@x.org,Poe\n"),
        ("", "email,external_id\na@x.org,NULL\nb@x.org,K-1\n"),
    ] {
        let mut planner = planner(settings, file);
        planner.push(file.as_bytes());
        let (checked, _) = planner.finish(|_| "later-rows".to_owned()).unwrap();
        assert_eq!(noticed(&checked), [], "{file}");
    }
}

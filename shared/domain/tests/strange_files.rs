//! Small files as people have them: what is noticed about them, and what they are refused for.

#![expect(clippy::unwrap_used, reason = "a failed expectation fails the test")]

use domain::codes::{FileCode, NoticeCode};
use domain::file::FailedCheck;
use domain::imports::{CatalogueAtLaunch, ImportRequest, read_options};
use domain::plan::{Checked, Planner};

fn check(settings: &str, file: impl AsRef<[u8]>) -> Result<Checked, FailedCheck> {
    let request = ImportRequest::parse(format!(r#"{{"file":{{"name":"a"}}{settings}}}"#).as_bytes()).unwrap();
    let launched = jiff::Timestamp::from_second(1_780_000_000).unwrap();
    let file = file.as_ref();
    let mut planner = Planner::new(read_options(&request, &CatalogueAtLaunch::default(), launched, file.len() as u64));
    planner.push(file);
    planner.finish(|_| "later-rows".to_owned()).map(|(checked, _)| checked)
}

/// Code and column of each notice.
fn noticed(settings: &str, file: impl AsRef<[u8]>) -> Vec<(NoticeCode, String)> {
    let notices = check(settings, file).unwrap().notices;
    notices.into_iter().map(|notice| (notice.code, notice.column)).collect()
}

/// Code and message of the only problem.
fn refused(settings: &str, file: impl AsRef<[u8]>) -> (FileCode, String) {
    let problems = check(settings, file).unwrap_err().problems;
    assert_eq!(problems.len(), 1, "{problems:?}");
    (problems[0].code, problems[0].message.clone())
}

#[test]
fn na_is_a_missing_value_unless_it_stands_among_codes_of_countries() {
    let placeholder = |column: &str| (NoticeCode::PlaceholderValues, column.to_owned());
    for (file, expected) in [
        ("email,first_name,country\na@x.org,NA,NA\nb@x.org,Bob,DE\n", vec!["first_name", "country"]),
        ("email,country\na@x.org,NA\nb@x.org,Germany\n", vec!["country"]),
        ("email,country\na@x.org,NA\nb@x.org,DE\n", vec![]),
        ("email,last_name\na@x.org,Na\n", vec![]),
    ] {
        let expected: Vec<_> = expected.into_iter().map(placeholder).collect();
        assert_eq!(noticed("", file), expected, "{file}");
    }
    let file = "email,first_name,country\na@x.org,NA,NA\nb@x.org,Bob,Germany\n";
    assert_eq!(noticed(r#","null_tokens":["NA"]"#, file), []);
}

#[test]
fn an_id_of_several_people_is_noticed_with_its_text() {
    let checked = check("", "external_id,email\nNew,a@x.org\nNew,b@x.org\nNew,c@x.org\nNew,d@x.org\n").unwrap();
    let notice = &checked.notices[0];
    assert_eq!((notice.code, notice.row, notice.line, notice.count), (NoticeCode::SharedIdentifier, 3, 4, 1));
    assert!(notice.message.contains("“New”") && notice.message.contains("null_tokens"), "{}", notice.message);
}

#[test]
fn a_time_of_an_action_that_nothing_names_is_noticed() {
    let missing = vec![(NoticeCode::ActionMissing, "action_at".to_owned())];
    let action = r#","settings":{"source_action":{"name":"Visit"}}"#;
    for (settings, file, expected) in [
        ("", "email,action_at\na@x.org,2024-03-14 10:00\n", missing.clone()),
        (action, "email,action_at\na@x.org,2024-03-14 10:00\n", vec![]),
        ("", "email,source_action,action_at\na@x.org,Buy,2024-03-14 10:00\n", vec![]),
    ] {
        assert_eq!(noticed(settings, file), expected, "{file}");
    }
}

#[test]
fn a_column_of_identifiers_of_which_none_can_be_read_is_refused_if_rows_would_be_applied_without_it() {
    let rows = |header: &str, row: &dyn Fn(usize) -> String, count: usize| {
        std::iter::once(format!("{header}\n")).chain((0..count).map(|at| format!("{}\n", row(at)))).collect::<String>()
    };
    let national = |at: usize| format!("p{at}@x.org,0151 123456{at:02}");
    let (code, message) = refused("", rows("email,phone", &national, 25));
    assert_eq!(code, FileCode::UnreadableColumn);
    for part in ["None of the 25 values", "“phone”", "a phone number", "`default_region`", "`on_unreadable_column`"]
    {
        assert!(message.contains(part), "{part}: {message}");
    }
    let words = |at: usize| format!("+120155501{at:02},none of these");
    assert_eq!(refused("", rows("phone,email", &words, 25)).0, FileCode::UnreadableColumn);
    for (settings, file, unreadable) in [
        ("", rows("email,phone", &national, 19), Some((1, 19))),
        (r#","on_unreadable_column":"ignore""#, rows("email,phone", &national, 25), Some((1, 25))),
        (r#","default_region":"DE""#, rows("email,phone", &national, 25), None),
        ("", rows("phone", &|at| format!("0151 123456{at:02}"), 25), Some((0, 25))),
        ("", rows("email,phone", &|at| format!("p{at}@x.org,n/a"), 25), None),
    ] {
        let found = check(settings, &file).unwrap().unreadable;
        let found: Vec<_> = found.iter().map(|column| (column.column, column.count)).collect();
        assert_eq!(found, unreadable.into_iter().collect::<Vec<_>>(), "{settings} {file}");
    }
}

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

/// Row and message of the only problem.
fn undecodable(settings: &str, file: &[u8]) -> (Option<u64>, String) {
    let problems = check(settings, file).unwrap_err().problems;
    assert_eq!((problems.len(), problems[0].code), (1, FileCode::UndecodableBytes), "{problems:?}");
    (problems[0].row, problems[0].message.clone())
}

#[test]
fn bytes_that_cannot_be_read_are_never_given_a_cure_that_does_not_cure() {
    let wide = |text: &str| text.encode_utf16().flat_map(u16::to_le_bytes).collect::<Vec<u8>>();
    let ebcdic = b"\x85\x94\x81\x89\x93k\x86\x89\x99\xa2\xa3m\x95\x81\x94\x85\r%\x81|\xa7K\x96\x99\x87k\xc1\x95\x95\r%";
    let odd_end = [b"\xff\xfe".as_slice(), &wide("email,first_name\na@x.org,Ann\n"), b"\n"].concat();
    let lone = [b"\xff\xfe".as_slice(), &wide("email,first_name\na@x.org,A"), b"\x00\xd8", &wide("nn\n")].concat();
    for (file, row, says) in [
        (&b"\xef\xbb\xbfemail,first_name\na@x.org,J\xf6rg\n"[..], Some(1), "correct this cell"),
        (
            b"\xef\xbb\xbfemail,first_name\na@x.org,\xc0\xe0\xe1\na\xf6,\xf6\xf6\nb\xe0,\xe1\n",
            Some(1),
            "byte order mark of UTF-8",
        ),
        (b"email,first_name\na@x.org,Jos\xc3\nb@x.org,Ann\n", Some(1), "cut off"),
        (b"email,first_name\na@x.org,Caf\xc0\xa9\n", Some(1), "no other encoding"),
        (ebcdic, None, "EBCDIC"),
        (&odd_end, None, "a byte too many"),
        (&lone, Some(1), "half of a character"),
    ] {
        let (at, message) = undecodable("", file);
        assert!(at == row && message.contains(says), "{says}: {at:?} {message}");
        assert!(!message.contains("set `encoding`"), "{message}");
    }
    let (_, message) = undecodable("", b"email,first_name\na@x.org,J\xf6rg\n");
    assert!(message.contains("set `encoding` to `windows-1252`"), "{message}");
}

#[test]
fn the_delimiter_that_shows_an_identifier_wins() {
    for (file, delimiter) in [
        ("email;city, country\na@x.org;Rome, IT\nb@x.org;Oslo, NO\n", ';'),
        ("email\tfirst_name,last_name\na@x.org\tAnn,Lee\n", '\t'),
    ] {
        let settings = r#","on_unknown_column":"ignore""#;
        assert_eq!(check(settings, file).unwrap().dialect.delimiter, delimiter, "{file}");
    }
}

#[test]
fn what_cannot_be_done_with_settings_is_told_to_be_done_in_the_file() {
    let (code, message) = refused("", "email,first_name,first_name\na@x.org,Ann,Lee\n");
    assert!(code == FileCode::DuplicateColumn && message.contains("Rename one of them in the file"), "{message}");
    let (_, message) = refused("", "email,first_name,First name\na@x.org,Ann,Lee\n");
    assert!(message.contains("Leave one out"), "{message}");
    for header in ["HasOptedOutOfEmail", "unsubscribed", "Opt-out", "Blacklisted", "Do Not Email"] {
        let (code, message) = refused("", format!("email,{header}\na@x.org,1\n"));
        assert_eq!(code, FileCode::UnknownColumn);
        assert!(message.contains("who opted out") && !message.contains("on_unknown_column"), "{message}");
    }
}

#[test]
fn a_refusal_is_no_consent_whatever_a_mapping_says() {
    let mapped = r#","columns":{"Unsubscribed":"subscribed.email"}"#;
    for (settings, header) in
        [(mapped, "Unsubscribed"), ("", "subscribed.email.opt_out"), ("", "IsSubscribedByEmailUnsubscribed")]
    {
        let (code, message) = refused(settings, format!("email,{header}\na@x.org,yes\n"));
        assert!(code == FileCode::UnknownColumn && message.contains("who opted out"), "{header}: {message}");
    }
}

#[test]
fn a_frame_of_spreadsheets_is_no_quote_in_a_cell() {
    assert_eq!(noticed("", "external_id,email\n=\"00123\",a@x.org\n"), []);
    let quote = (NoticeCode::QuoteInCell, "email".to_owned());
    assert_eq!(noticed("", "email,external_id\nAnn \"A\" <a@x.org>,7\n"), [quote]);
}

#[test]
fn other_kinds_of_files_are_refused_by_their_name() {
    for (file, kind) in [
        ("BEGIN:VCARD\r\nVERSION:3.0\r\nFN:Ann\r\nEND:VCARD\r\n", "vCard"),
        ("dn: cn=Ann,dc=x\nmail: a@x.org\n", "LDIF"),
        ("version: 1\ndn: cn=Ann,dc=x\n", "LDIF"),
        ("INSERT INTO customers VALUES ('a@x.org');\n", "SQL"),
        ("---\n- email: a@x.org\n", "YAML"),
        ("- email: a@x.org\n  city: Rome\n", "YAML"),
        ("ID;PWXL;N;E\nP;PGeneral\n", "SYLK"),
        ("SQLite format 3\0abc", "SQLite"),
    ] {
        let (code, message) = refused("", file);
        assert!(code == FileCode::NotCsv && message.contains(kind), "{file}: {message}");
    }
    assert!(check("", "ID;Phone\n7;+12015550123\n").is_ok(), "a header of a sound file may begin like a SYLK file");
}

#[test]
fn letters_that_turn_each_others_meaning_are_refused_and_others_are_read() {
    for (column, cells) in [
        ("subscribed.email", ["O", "X"]),
        ("subscribed.email", ["○", "×"]),
        ("subscribed.sms", ["Ya", "T"]),
        ("email_confirmed", ["Y", "t"]),
        ("sex", ["H", "M"]),
        ("sex", ["F", "N"]),
    ] {
        let file = format!("email,{column}\na@x.org,{}\nb@x.org,{}\n", cells[0], cells[1]);
        let (code, message) = refused("", &file);
        assert_eq!(code, FileCode::UnreadableColumn, "{file}");
        assert!(message.contains(cells[0]) && message.contains(cells[1]) && message.contains("Write "), "{message}");
    }
    for (column, cells) in [
        ("subscribed.email", ["x", ""]),
        ("subscribed.email", ["Y", "N"]),
        ("subscribed.email", ["T", "F"]),
        ("sex", ["M", "F"]),
        ("sex", ["M", "V"]),
    ] {
        let file = format!("email,{column}\na@x.org,{}\nb@x.org,{}\n", cells[0], cells[1]);
        assert!(check("", &file).is_ok(), "{file}");
    }
}

#[test]
fn bytes_that_are_no_text_are_not_blamed_on_an_encoding() {
    let mut state = 7_u32;
    let mut byte = || {
        state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
        (state >> 24) as u8
    };
    for length in [300, 20_000, 400_000] {
        let bytes: Vec<u8> = (0..length).map(|_| byte()).collect();
        for settings in ["", r#","encoding":"auto""#] {
            let (code, message) = refused(settings, &bytes);
            assert!(code == FileCode::NotCsv && message.contains("is no text"), "{length} bytes: {code}: {message}");
        }
    }
}

#[test]
fn a_report_that_does_not_name_its_import_is_noticed() {
    let report = (NoticeCode::UnknownReport, "_import".to_owned());
    for file in [
        "email,_row,_line,_severity,_code,_column,_message,_import\nb@x.org,2,3,error,invalid_email,email,No.,\n",
        "email,_row,_code,_message\nb@x.org,2,invalid_email,No.\n",
    ] {
        assert_eq!(noticed(r#","on_empty_column":"ignore""#, file), std::slice::from_ref(&report), "{file}");
    }
    assert_eq!(noticed("", "email,_row\nb@x.org,2\n"), []);
}

#[test]
fn text_that_was_spoiled_before_is_noticed_once() {
    for file in ["email,first_name\na@x.org,MÃ¼ller\n", "email,first_name\na@x.org,M\u{fffd}ller\n"] {
        assert_eq!(noticed("", file), [(NoticeCode::Mojibake, "first_name".to_owned())], "{file}");
    }
}

#[test]
fn a_header_that_no_delimiter_divides_is_told_so_in_one_problem() {
    for (settings, file, says) in [
        ("", "\"email,company,city\"\n\"a@x.org,Fox,Rome\"\n", "quotes around the whole line"),
        (r#","delimiter":";""#, "email,company,city\na@x.org,Fox,Rome\n", "set `delimiter` to `,`"),
    ] {
        let (code, message) = refused(settings, file);
        assert!(code == FileCode::NoIdentifierColumn && message.contains(says), "{message}");
    }
    let (_, message) = refused("", "email,company\na@x.org,\"Fox\" & Co\n");
    assert!(message.contains("has “&” after it"), "{message}");
}

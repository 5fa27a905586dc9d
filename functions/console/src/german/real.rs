//! Whether messages as people meet them become German: those of files that are looked at, of reports, and of undos.

use std::collections::BTreeSet;
use std::fs;
use std::path::Path;

use domain::codes::{RowCode, Severity};
use domain::imports::{CatalogueAtLaunch, ImportId, ImportRequest, read_options};
use domain::preview::{Sample, preview};
use domain::problems::RowProblem;
use domain::report::{ReportRow, header, line, rejected_rows};

/// A message in German that is of no report.
pub(super) fn german(message: &str) -> Option<String> {
    super::german(message, &BTreeSet::new())
}

/// Every message about a file that is looked at with these settings.
fn messages(settings: &str, file: &[u8]) -> Vec<String> {
    let request = ImportRequest::parse(format!(r#"{{"file":{{"name":"a"}}{settings}}}"#).as_bytes()).unwrap();
    let launched = jiff::Timestamp::from_second(1_780_000_000).unwrap();
    let options = read_options(&request, &CatalogueAtLaunch::default(), launched, file.len() as u64);
    let seen = preview(&Sample { bytes: file.to_vec(), is_whole: true }, options, &request.columns).unwrap();
    let rows = seen.rows.into_iter().flat_map(|row| row.problems).map(|problem| problem.message);
    let notices = seen.notices.into_iter().map(|notice| notice.message);
    seen.problems.into_iter().map(|problem| problem.message).chain(notices).chain(rows).collect()
}

/// A file whose rows have these cells in one column beside an email address.
fn column(name: &str, cells: &[&str]) -> Vec<u8> {
    let rows = cells.iter().enumerate().map(|(at, cell)| format!("p{at}@example.com;{cell}\n"));
    format!("email;{name}\n{}", rows.collect::<String>()).into_bytes()
}

fn all_german(messages: &[String]) {
    for message in messages {
        assert!(german(message).is_some(), "no German for: {message}");
    }
}

#[test]
fn what_is_wrong_with_a_file_is_said_in_german() {
    let strict = r#","on_invalid_value":"reject""#;
    let many = |cell: &str| vec![cell.to_owned(); 25];
    let unreadable = |name: &str, cell: &str| {
        let cells = many(cell);
        column(name, &cells.iter().map(String::as_str).collect::<Vec<_>>())
    };
    let files: Vec<(&str, Vec<u8>)> = vec![
        ("", b"".to_vec()),
        ("", b"email\n".to_vec()),
        ("", b";;\n1;2;3\n".to_vec()),
        ("", b"\xff\xfee\0m\0a\0i\0l\0\n\0x".to_vec()),
        ("", b"<?xml version=\"1.0\"?><a/>".to_vec()),
        ("", b"<!doctype html><p>".to_vec()),
        ("", b"{\"a\": 1}".to_vec()),
        ("", b"BEGIN:VCARD\n".to_vec()),
        ("", b"BEGIN:VCALENDAR\n".to_vec()),
        ("", b"dn: x\n".to_vec()),
        ("", b"INSERT INTO x\n".to_vec()),
        ("", b"%YAML\n".to_vec()),
        ("", b"{\\rtf1".to_vec()),
        ("", b"name;colour\nAnn;red\n".to_vec()),
        ("", b"email;emial;colour;custom.size;\na@b.de;c@d.de;red;3;x\n".to_vec()),
        ("", b"email;opt-out\na@b.de;yes\n".to_vec()),
        ("", b"email;e-mail;E-Mail\na@b.de;c@d.de;e@f.de\n".to_vec()),
        ("", b"email;email\na@b.de;c@d.de\n".to_vec()),
        ("", b"email;city\na@b.de;\nc@d.de;\n".to_vec()),
        ("", b"email;city\na@b.de\nc@d.de;x\ne@f.de;y;z\n".to_vec()),
        ("", b"email;city\na@b.de;x;y\nc@d.de;x;y\n".to_vec()),
        ("", b"email;city;zip\na@b.de;x;1\nc@d.de;x;2\nTotal: 2\n".to_vec()),
        ("", b"email;city;zip\na@b.de;x;1\nc@d.de;x;2\nTotal: 2\nEnd;\n".to_vec()),
        ("", b"email;city\na@b.de;\"x\nc@d.de;y\n".to_vec()),
        ("", b"email;city\na@b.de;\"x\"y\nc@d.de;y\n".to_vec()),
        ("", b"email;city\na@b.de;\"x \\\" y\"\nc@d.de;y\n".to_vec()),
        ("", b"email;city\na@b.de;\"x\nc@d.de;y\ne@f.de;z\"\n".to_vec()),
        ("", b"email;city\na@b.de;x \"y\" z\n".to_vec()),
        ("", b"email;\"ci\"ty\na@b.de;x\n".to_vec()),
        ("", b"email;city\na@b.de;x\0y\n".to_vec()),
        ("", b"a@b.de;Ann\nc@d.de;Bob\n".to_vec()),
        ("", b"Customers of May\n\nemail;city\na@b.de;x\n".to_vec()),
        ("", b"email;city\na@b.de;M\xfcller\nc@d.de;M\xc3\xbcller\n".to_vec()),
        (r#","encoding":"utf-8""#, b"email;city\na@b.de;M\xfcller\nc@d.de;Gr\xfc\xdfe\ne@f.de;Stra\xdfe\n".to_vec()),
        (r#","encoding":"windows-1252""#, "email;city\na@b.de;Müller\nc@d.de;Grüße\n".as_bytes().to_vec()),
        (r#","encoding":"windows-1251""#, b"email;city\na@b.de;M\xfcller\nc@d.de;Gr\xfc\xdfe\n".to_vec()),
        (r#","header_line":9"#, b"email\na@b.de\n".to_vec()),
        (r#","columns":{"Ort":"city","Alt":null}"#, b"email\na@b.de\n".to_vec()),
        (r#","delimiter":",""#, b"email;city\na@b.de;x\n".to_vec()),
        ("", column("birth_date", &["03.04.1990", "05.06.1991"])),
        ("", column("birth_date", &["13/04/1990", "05/13/1991"])),
        ("", column("birth_date", &["30/02/1990", "05/06/1991"])),
        ("", column("birth_date", &["13/04/1990", "05/06/1991", "1990-12-31"])),
        ("", column("birth_date", &["13.04.1990", "05/06/1991"])),
        ("", column("birth_date", &["1990-31-12", "1991-05-06"])),
        ("", b"email;birth_date;action_at\na@b.de;13/04/1990;04/13/2026\n".to_vec()),
        (r#","date_format":"MM/DD/YYYY""#, column("birth_date", &["13.04.1990", "05/06/1991"])),
        ("", unreadable("birth_date", "soon")),
        ("", unreadable("subscribed", "maybe")),
        ("", unreadable("country", "Nowhere")),
        ("", unreadable("phone", "call me")),
        ("", b"email;action_at\na@b.de;2026-05-01\n".to_vec()),
        ("", column("first_name", &["NULL", "Ann"])),
        ("", column("country", &["NA", "Germany"])),
        ("", column("last_name", &["MÃ¼ller", "Grüße", "Stra\u{fffd}e"])),
        ("", column("postal_code", &["01234", "12345", "1234", "23456", "34567", "45678", "56789", "67890"])),
        ("", column("external_id", &["1.2E+14", "1001.0", "000000"])),
        ("", column("city", &["#REF!", "#NAME?"])),
        (strict, column("birth_date", &["1990-02-30", "1990-13-01", "2990-01-01", "1890-01-01", "01.02.90", "32874", "soon"])),
        (strict, column("action_at", &["2026-05-01 25:00", "2026-05-01 10:00 XYZ", "2026-05-01 10:00 bald", "2026-05-01 13:00 PM", "2026-03-29 02:30 Europe/Berlin", "2026-10-25 02:30 Europe/Berlin"])),
        (strict, column("email_confirmed", &["maybe", "yes"])),
        (strict, column("country", &["Congo", "Nowhere"])),
        (strict, column("sex", &["x9", "male"])),
        (strict, column("language", &["no language at all", "de"])),
        (strict, column("time_zone", &["Middle/Earth", "Europe/Berlin"])),
        (strict, column("first_name", &["%clear%", "Ann"])),
        (strict, column("touchpoint", &["%CLEAR%", "a"])),
        (strict, column("phone", &["0171 3920012", "+49 1", "call me", "12,015,550,125", "4.2E+11", "+12015550123 x12", "+12015550123 or +12015550124", "NULL"])),
        (r#","default_region":"DE""#, column("phone", &["4915112345675", "AT 0171 3920012"])),
        ("", b"email;phone\n;\nann;\na b@c.de;\n\"\"\"a@b.de\";\na@b;\n@b.de;\na@b.de, c@d.de;\na@\xe2\x80\x99b.de;\na..b@c.de;\na@-.de;\n".to_vec()),
    ];
    let mut count = 0;
    for (settings, file) in files {
        let messages = messages(settings, &file);
        count += messages.len();
        all_german(&messages);
    }
    assert!(count > 80, "only {count} messages were made");
}

#[test]
fn reports_are_german_line_by_line() {
    let golden = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../tests/golden");
    let mut rows = 0;
    for entry in fs::read_dir(golden).unwrap() {
        let path = entry.unwrap().path();
        if path.to_string_lossy().ends_with(".errors.csv") {
            let report = fs::read_to_string(&path).unwrap();
            let delimiter = if report.lines().next().unwrap().contains(';') { ';' } else { ',' };
            let messages: Vec<String> =
                rejected_rows(&report, delimiter).unwrap().rows.into_iter().map(|row| row.message).collect();
            rows += messages.len();
            all_german(&messages);
        }
    }
    assert!(rows > 0);
}

#[test]
fn a_row_with_several_problems_is_german_as_a_whole() {
    let problem = |cell, message: &str| RowProblem {
        severity: Severity::Error,
        code: RowCode::InvalidValue,
        cell: Some(cell),
        message: message.to_owned(),
    };
    let problems = [
        problem(0, "This is not an email address: it has no @. Write one address, such as ann@example.com."),
        problem(
            1,
            "“NULL” stands for a missing value and is nobody's external id. If it is a real one, set `on_placeholder` to `keep`. The value was dropped, the rest of the row applied.",
        ),
        problem(
            2,
            "The time of day cannot be read. Write the moment as 2026-05-01T12:00:00Z. This is not a date. Write it as 1990-12-31.",
        ),
    ];
    let names = ["E-Mail".to_owned(), "Nr.".to_owned(), "Am: um".to_owned()];
    let row = ReportRow {
        import: "01KB7Z4Q0VX3H9M2T5R8N6C1DE".parse::<ImportId>().unwrap(),
        row: 1,
        line: 2,
        cells: &["ann", "NULL", "x y"],
        header: &names,
        problems: &problems.iter().collect::<Vec<_>>(),
    };
    let mut report = header(&names, ',');
    report.extend(line(row, ',').unwrap().csv);
    let rows = rejected_rows(&String::from_utf8(report).unwrap(), ',').unwrap().rows;
    let message =
        super::german(&rows[0].message, &names.into()).unwrap_or_else(|| panic!("no German for: {}", rows[0].message));
    assert!(message.starts_with("E-Mail: Das ist keine E-Mail-Adresse"), "{message}");
    assert!(
        message.contains(" Nr.: „NULL“ steht für einen fehlenden Wert und ist niemandes Kundennummer."),
        "{message}"
    );
    assert!(message.ends_with("Am: um: Die Uhrzeit ist nicht lesbar. Schreiben Sie den Zeitpunkt wie 2026-05-01T12:00:00Z. Das ist kein Datum. Schreiben Sie es wie 1990-12-31."), "{message}");
}

#[test]
fn what_becomes_of_rows_is_said_in_german() {
    for message in [
        "No customer has the row's external id, and the import only updates. The email address belongs to a customer with another external id. If both are one person, import with `on_weak_match` `update`, which replaces their external id, or import with `mode` `upsert` to create a customer.",
        "No customer has the row's email address, and the import only updates. The phone number belongs to a customer with another email address. If both are one person, correct the email address, or import with `mode` `upsert` to create a customer.",
        "The phone number belongs to a customer with another email address and was left with them; the rest of the row was applied to a customer of its own. If both are one person, correct the email address.",
        "The email address belongs to another customer than the row's other identifiers. Correct the identifiers, or import with `on_conflict` `skip_identifier` to apply the row without it.",
        "The phone number belongs to a customer with another external id. Correct the identifiers, or import with `on_conflict` `skip_identifier` to apply the row without it.",
        "The phone number belongs to a customer who was erased after this import was launched, so the row was not applied. If they are to come back, import the row once more: later imports may bring them back.",
        "The customer was erased after this import was launched, so the row was not applied. If they are to come back, import the row once more: later imports may bring them back.",
        "3 of 10 rows were rejected, more than `max_rejected_ratio` allows. The 7 rows that were applied stay. Correct the rows in the report and import it.",
        "3 of the first 10 rows counted were rejected, more than `max_rejected_ratio` allows. The rest was not imported. Look at the report; retry the import to go on regardless, or correct the file.",
        "The bytes at 17 mean nothing in UTF-16LE. They may be half of a character. Export the file again, as UTF-8 if you can.",
        "The bytes at 17 mean nothing in Shift_JIS. The file looks like windows-1252: set `encoding` to `windows-1252`, or save the file as UTF-8.",
        "Three or more rows have the same external id “K-1”, and no email or phone in common. They are about one customer, who keeps only the last email and phone. If the id stands for a missing one or has lost digits, set `null_tokens` to it, or correct it, and import the file again.",
        "Three or more rows have the same email address and different external ids: it may be one of an office or a family. By default each of these rows is a customer of its own, and the email address stays with the first. If they are about one customer, set `on_weak_match` to `update`.",
        "There is no API endpoint “Shop”. There is: “Muster touchpoint”, “Till”. Create it with POST /api-endpoints (muster create api-endpoint NAME), or choose another.",
        "There is no custom field `size`. None exists yet. Declare it (muster create custom-field size --type text), correct the header, or leave the column out by mapping it to nothing.",
        "The segment group “VIP” exists already and differs from this one. Choose another name.",
        "The import is completed; it cannot be cancelled any more.",
        "It cannot be deleted. The segment “VIP” is in it. Delete that first.",
        "default_region: Give the two letters of ISO 3166, such as DE or US.",
    ] {
        assert!(german(message).is_some(), "no German for: {message}");
    }
}

#[test]
fn what_stays_of_an_undo_is_said_in_german_with_the_column_in_words() {
    for (message, expected) in [
        (
            "phone: Row 17 of import 01KB7Z4Q0VX3H9M2T5R8N6C1DE set it since.",
            "Telefonnummer: Zeile 17 des Imports 01KB7Z4Q0VX3H9M2T5R8N6C1DE hat den Wert seitdem gesetzt.",
        ),
        ("custom.shoe_size: It was changed since.", "shoe_size: Der Wert wurde seitdem geändert."),
        (
            "subscribed.email: The customer said no to this, and an undo never takes that back.",
            "Darf per E-Mail angeschrieben werden: Der Kunde hat das abgelehnt, und eine Rücknahme macht das nie rückgängig.",
        ),
        ("segment: It was changed since.", "Segment: Der Wert wurde seitdem geändert."),
    ] {
        assert_eq!(german(message).as_deref(), Some(expected));
    }
}

#[test]
fn no_value_passes_for_a_part_of_the_message() {
    // A value with the quotes of messages in it could be read in two ways.
    for message in [
        "There is no segment “a” in the group “b” in the group “c”, and this import may not create one.",
        "“x” stands for a missing value and is nobody's external id. “y” stands for a missing value and is nobody's phone.",
        "There is no column “a”. Did you mean `email`?”. Rename it",
        "There is: “a”b”, “c”.",
    ] {
        assert_eq!(german(message), None, "{message}");
    }
    // One with the words of a message in it stays as it is.
    assert_eq!(
        german("There is no action “This is not a date. Write it as 1990-12-31.”, and this import may not create one.")
            .as_deref(),
        Some(
            "Eine Aktion „This is not a date. Write it as 1990-12-31.“ gibt es nicht, und dieser Import darf keine anlegen."
        )
    );
    assert_eq!(
        german("There is no segment “{group}” in the group “\"'`<b>”, and this import may not create one.").as_deref(),
        Some("Ein Segment „{group}“ gibt es in der Gruppe „\"'`<b>“ nicht, und dieser Import darf keines anlegen.")
    );
}

#[test]
fn a_message_is_known_only_as_a_whole() {
    let known = "This is not a date. Write it as 1990-12-31.";
    assert!(german(known).is_some());
    for message in [
        "",
        " ",
        "This is not a date.",
        "This is not a date. Write it as 1990-12-31",
        " This is not a date. Write it as 1990-12-31.",
        "This is not a date. Write it as 1990-12-31. ",
        "This is not a date. Write it as 1990-12-31. And more.",
        "Perhaps this is not a date. This is not a date. Write it as 1990-12-31.…",
        "There is no month 13½: a year has 12. Correct the date, or write it as 1990-12-31.",
        "This is 1 if the date is written A, and nothing says so. Write 2, or set `date_format` to `A`.",
    ] {
        assert_eq!(german(message), None, "{message:?}");
    }
}

#[test]
fn a_hostile_message_takes_no_long_time() {
    let quotes = "“” in row 1 (line 1)".repeat(200);
    for message in [
        format!("The dates of the column “{quotes}” contradict each other: {quotes}"),
        "This is not a date. Write it as 1990-12-31. ".repeat(2_000),
        "a: ".repeat(140),
        "` to `".repeat(5_000),
        "ü. ".repeat(140),
    ] {
        let _ = german(&message);
    }
}

//! A header row to columns: which cell of a record is which column, and what is wrong with the header.

use std::collections::BTreeSet;

use super::id::{ColumnId, fold};
use super::kind::Kind;
use super::layout::{Layout, MAX_COLUMNS, MAX_LAYOUT};
use super::lesser::lesser_headers;
use super::mapping::{Fields, Mapping};
use super::meaning::{Meaning, meanings, named};
use super::opt_outs::is_opt_out;
use super::table::COLUMNS;
use crate::codes::FileCode;
use crate::problems::FileProblem;
use crate::wording::{listing, quoted};

/// Largest header row, in bytes of its text.
pub const MAX_HEADER: usize = 64 * 1024;

/// Reads the header record.
///
/// # Errors
/// Everything wrong with it.
pub fn read_header(cells: &[&str], line: u64, mapping: &Mapping, fields: &Fields) -> Result<Layout, Vec<FileProblem>> {
    read(cells, line, mapping, fields, Unknown::Refused)
}

/// Reads the header record, and leaves out the columns that Muster does not know.
///
/// # Errors
/// Everything else wrong with it.
pub fn read_known_headers(
    cells: &[&str],
    line: u64,
    mapping: &Mapping,
    fields: &Fields,
) -> Result<Layout, Vec<FileProblem>> {
    read(cells, line, mapping, fields, Unknown::LeftOut)
}

/// What becomes of a header that names no column.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Unknown {
    Refused,
    LeftOut,
}

fn read(
    cells: &[&str],
    line: u64,
    mapping: &Mapping,
    fields: &Fields,
    on_unknown: Unknown,
) -> Result<Layout, Vec<FileProblem>> {
    let mut problems = Vec::new();
    let mut problem = |code, column: Option<&str>, message: String| {
        let column = column.map(ToOwned::to_owned);
        problems.push(FileProblem { code, row: Some(0), line: Some(line), column, message });
    };
    if cells.len() > MAX_COLUMNS {
        let message = format!("The file has {} columns; {MAX_COLUMNS} are the most. Remove some.", cells.len());
        problem(FileCode::RowTooLarge, None, message);
        return Err(problems);
    }
    if cells.iter().all(|cell| cell.trim().is_empty()) {
        problem(FileCode::NoHeader, None, "The first record names no columns. Put a header row on top.".to_owned());
        return Err(problems);
    }
    let cells = named(cells);
    if let [only] = cells
        && let Some(other) = dividing(only)
    {
        let message = format!(
            "The header is one cell, “{}”, as it is not divided by the delimiter of the file. If {other:?} divides it, set `delimiter` to `{other}`; if there are quotes around the whole line, remove them from each line.",
            quoted(only)
        );
        problem(FileCode::NoIdentifierColumn, None, message);
        return Err(problems);
    }
    let present: BTreeSet<String> = cells.iter().map(|cell| fold(cell)).collect();
    for (header, column) in mapping {
        if !present.contains(&fold(header)) {
            let purpose = if column.is_some() { "map" } else { "leave out" };
            let message = format!("The file has no header “{}” to {purpose}. Correct the name.", quoted(header));
            problem(FileCode::UnknownColumn, Some(header), message);
        }
    }
    let lesser = lesser_headers(cells, mapping);
    let mut layout = Layout::of(cells);
    let leaves_out = on_unknown == Unknown::LeftOut;
    let meanings = meanings(cells, mapping, fields, leaves_out);
    for (position, (cell, meaning)) in cells.iter().zip(meanings).enumerate() {
        let shown = if cell.trim().is_empty() { format!("column {}", position + 1) } else { (*cell).to_owned() };
        let write = meaning.write();
        let id = match meaning {
            Meaning::Column(id, ..) => Some(id),
            Meaning::LeftOut => None,
            Meaning::Undeclared(field) => {
                problem(FileCode::UnknownColumn, Some(&shown), undeclared(&field, fields));
                None
            }
            Meaning::Unknown => {
                problem(FileCode::UnknownColumn, Some(&shown), unknown(cell, position));
                None
            }
        };
        let before = id.as_ref().and_then(|id| layout.position(id));
        if let (Some(id), Some(before)) = (&id, before) {
            // Settings name columns by their headers, so they cannot tell two of one name apart.
            let cure = if cells[before].trim() == cell.trim() {
                "Rename one of them in the file, or remove it there."
            } else {
                "Leave one out, or map it to another column."
            };
            let (first, second) = (before + 1, position + 1);
            let mut message = format!("The columns {first} and {second} are both `{id}`. {cure}");
            if let Some(lesser) = [before, position].into_iter().find(|place| lesser.contains(place)) {
                message.push_str(&format!(
                    " `on_unknown_column` `ignore` leaves out “{}”, with all that is unknown.",
                    quoted(cells[lesser])
                ));
            }
            problem(FileCode::DuplicateColumn, Some(&shown), message);
        }
        layout.push(id, write);
    }
    if !layout.columns.iter().flatten().any(ColumnId::is_identifier) {
        let mut message =
            "No column says whom a row is about. Add a column email, phone or external_id, or map one.".to_owned();
        if let [only] = cells
            && let Some(other) = [';', '\t', '|', ','].into_iter().find(|delimiter| only.contains(*delimiter))
        {
            message.push_str(&format!(
                " The header is a single cell with {other:?} in it: that may be the file's delimiter."
            ));
        }
        problem(FileCode::NoIdentifierColumn, None, message);
    }
    if !problems.is_empty() {
        return Err(problems);
    }
    if !layout.is_storable() {
        let stored = layout.stored_bytes();
        let message = format!(
            "The header row takes {stored} bytes as it is stored with its columns; {MAX_LAYOUT} are the most. Shorten the names of its columns, or remove some."
        );
        return Err(vec![FileProblem {
            code: FileCode::RowTooLarge,
            row: Some(0),
            line: Some(line),
            column: None,
            message,
        }]);
    }
    Ok(layout)
}

fn undeclared(field: &str, fields: &Fields) -> String {
    format!(
        "There is no custom field `{field}`. {} Declare it (muster create custom-field {field} --type text), correct the header, or leave the column out by mapping it to nothing.",
        listing(fields.keys().map(String::as_str))
    )
}

fn unknown(header: &str, position: usize) -> String {
    if header.trim().is_empty() {
        return format!("Column {} has no header. Name it, or remove the column.", position + 1);
    }
    if is_opt_out(header) {
        return format!(
            "“{}” reads like a column that says who opted out, and left out its refusals would be lost. Turn its values round in the file, yes to no and no to yes, and rename the column to one that says who opted in, such as subscribed.email. If it holds something else, leave it out by mapping it to nothing.",
            quoted(header)
        );
    }
    let cure = "Rename it, map it to a column in `columns`, or leave it out by mapping it to nothing; `on_unknown_column` `ignore` leaves out all such columns.";
    match suggestion(header) {
        Some(name) => format!("There is no column “{}”. Did you mean `{name}`? {cure}", quoted(header)),
        None => format!("There is no column “{}”. {cure}", quoted(header)),
    }
}

/// The usual delimiter that cuts a single header into names, if Muster knows two of them and one is an identifier.
fn dividing(only: &str) -> Option<char> {
    [';', '\t', '|', ','].into_iter().find(|delimiter| {
        let columns: Vec<ColumnId> = only.split(*delimiter).filter_map(ColumnId::parse).collect();
        columns.len() > 1 && columns.iter().any(ColumnId::is_identifier)
    })
}

/// Words that say too little about a column alone.
const VAGUE: [&str; 3] = ["name", "address", "state"];

/// The column whose name, or another name of it, has words that are all in the header, the last of them at its end. Two
/// such columns are none. Identifiers and consents are never suggested: a wrong one makes one customer of many, or turns
/// a refusal into a consent.
pub(crate) fn suggestion(header: &str) -> Option<&'static str> {
    let words = words(header);
    let mut best: Option<(usize, &str)> = None;
    let mut is_tie = false;
    for column in
        COLUMNS.iter().filter(|column| !matches!(column.kind, Kind::Identifier | Kind::Setting | Kind::Consent))
    {
        for name in std::iter::once(&column.name).chain(column.aliases) {
            let wanted = self::words(name);
            let count = wanted.len();
            let ends_alike = wanted.iter().any(|word| header.to_lowercase().trim_end().ends_with(word.as_str()));
            let is_vague = count == 1 && wanted.iter().all(|word| VAGUE.contains(&word.as_str()));
            if !ends_alike || is_vague || !wanted.is_subset(&words) || best.is_some_and(|(before, _)| before > count) {
                continue;
            }
            is_tie = best.is_some_and(|(before, other)| before == count && other != column.name);
            best = Some((count, column.name));
        }
    }
    best.filter(|_| !is_tie).map(|(_, name)| name)
}

/// The words of a name, in lower case.
fn words(name: &str) -> BTreeSet<String> {
    let words = name.split(|letter: char| !letter.is_alphanumeric()).filter(|word| !word.is_empty());
    words.map(str::to_lowercase).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(header: &str) -> Result<Layout, Vec<FileCode>> {
        let cells: Vec<&str> = header.split(',').collect();
        read_header(&cells, 1, &Mapping::new(), &Fields::new())
            .map_err(|found| found.into_iter().map(|problem| problem.code).collect())
    }

    #[test]
    fn what_is_wrong_with_a_header_is_named() {
        assert_eq!(read("email,_row,First Name").unwrap().columns[1], None);
        assert_eq!(read(" , "), Err(vec![FileCode::NoHeader]));
        assert_eq!(read("email,E-Mail"), Err(vec![FileCode::DuplicateColumn]));
        assert_eq!(read("first_name"), Err(vec![FileCode::NoIdentifierColumn]));
        assert_eq!(read("email,,city"), Err(vec![FileCode::UnknownColumn]));
        assert_eq!(read("email,city, ,").unwrap().columns.len(), 2);
    }

    #[test]
    fn a_column_is_suggested_only_where_words_agree() {
        for (header, expected) in [
            ("Billing City", Some("city")),
            ("Default Address City", Some("city")),
            ("Legal First Name", Some("first_name")),
            ("frist_name", None),
            ("IP Address", None),
            ("Company ID", None),
            ("subscribed.emial", None),
            ("Sex appeal", None),
            ("ZIP/postal code", Some("postal_code")),
            ("phnoe", None),
            ("form_id", None),
            ("E-mail type", None),
            ("Job Title", None),
            ("Vorname", None),
            ("Land", None),
            ("City or state", None),
        ] {
            assert_eq!(suggestion(header), expected, "{header}");
        }
    }

    #[test]
    fn unknown_columns_are_left_out_on_demand() {
        let header = ["email", "Tags", "", "custom.nowhere", "city"];
        let columns = read_known_headers(&header, 1, &Mapping::new(), &Fields::new()).unwrap().columns;
        assert_eq!(columns.iter().map(Option::is_some).collect::<Vec<_>>(), [true, false, false, false, true]);
        assert_eq!(read_header(&header, 1, &Mapping::new(), &Fields::new()).unwrap_err().len(), 3);
    }

    #[test]
    fn a_header_that_no_item_could_hold_is_refused() {
        let too_large = |cells: Vec<String>, mapping: &Mapping| {
            let cells: Vec<&str> = cells.iter().map(String::as_str).collect();
            let found = read_header(&cells, 1, mapping, &Fields::new()).map_err(|found| found[0].code);
            found.err() == Some(FileCode::RowTooLarge)
        };
        let columns = |count: usize| {
            let ids = (1..count).map(|at| format!("external_id.{at}"));
            std::iter::once("email".to_owned()).chain(ids).collect::<Vec<_>>()
        };
        assert!(!too_large(columns(MAX_COLUMNS), &Mapping::new()));
        assert!(too_large(columns(MAX_COLUMNS + 1), &Mapping::new()));
        for (letter, is_too_large) in [("a", false), ("é", false), ("\"", true), ("\u{1}", true)] {
            let odd = format!("_{}", letter.repeat(MAX_HEADER / letter.len()));
            assert_eq!(too_large(vec!["email".to_owned(), odd], &Mapping::new()), is_too_large, "{letter:?}");
        }
    }

    #[test]
    fn a_refusal_of_a_long_header_still_says_what_to_do() {
        let long = "survey question ".repeat(1_000);
        let mapping = Mapping::from([("m".repeat(5_000), None)]);
        let problems = read_header(&["email", &long], 1, &mapping, &Fields::new()).unwrap_err();
        assert_eq!(problems.len(), 2);
        for problem in problems {
            let message = problem.shortened().message;
            let has_cure = message.contains("mapping") || message.contains("Correct the name");
            assert!(has_cure && message.len() < 400, "{message}");
        }
    }

    #[test]
    fn a_header_that_is_mapped_as_it_is_written_is_meant_alone() {
        let mapping = Mapping::from([("Email".into(), None)]);
        let layout = read_header(&["email", "Email"], 1, &mapping, &Fields::new()).unwrap();
        assert_eq!(layout.columns, [Some(ColumnId::Email), None]);
    }

    #[test]
    fn foreign_headers_are_mapped_or_left_out() {
        let mapping = Mapping::from([("Kundennr".into(), Some("external_id".into())), ("Notes".into(), None)]);
        let layout = read_header(&["kundennr", "Notes"], 1, &mapping, &Fields::new()).unwrap();
        assert_eq!(layout.columns, [Some(ColumnId::ExternalId(None)), None]);
        assert!(read_header(&["email"], 1, &mapping, &Fields::new()).is_err());
    }
}

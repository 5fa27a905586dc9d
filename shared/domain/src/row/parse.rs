//! A record's cells to the values of a row, or to the reasons why it cannot be used.

use std::borrow::Cow;

use jiff::Timestamp;
use xxhash_rust::xxh3::xxh3_64;

use super::missing::is_missing;
use super::placeholders::is_nobodys;
use super::{Identifier, Remark, Rules, Slot, Value, composed, moments, trimmed, values};
use crate::codes::{RowCode, Severity};
use crate::columns::{ColumnId, Kind, Layout, Write};
use crate::input::{BadName, check_name};
use crate::problems::RowProblem;
use crate::report::formula::{begins_like_formula, unguarded};
use crate::wording::quoted;

/// A cell with this text erases the value.
pub(super) const CLEAR: &str = "%CLEAR%";

/// What a cell does to a value.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Change<T> {
    /// The value becomes this.
    Set(T),
    /// The value becomes this where the customer has none.
    Fill(T),
    /// The value stays as it is. An identifier says whom the row is about.
    Find(T),
    /// The value is erased.
    Clear,
}

impl<T> Change<T> {
    /// What a cell with this value does, if it is written so.
    const fn of(value: T, write: Write) -> Self {
        match write {
            Write::Always => Self::Set(value),
            Write::IfBlank => Self::Fill(value),
            Write::Never => Self::Find(value),
        }
    }

    /// The value that the cell has.
    pub const fn value(&self) -> Option<&T> {
        match self {
            Self::Set(value) | Self::Fill(value) | Self::Find(value) => Some(value),
            Self::Clear => None,
        }
    }
}

/// A segment as a cell names it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SegmentName {
    /// Its group, if the cell has it.
    pub group: Option<String>,
    /// Its name.
    pub name: String,
}

impl SegmentName {
    /// The segment as a cell names it.
    pub(super) fn shown(&self) -> String {
        match &self.group {
            Some(group) => format!("{group}/{}", self.name),
            None => self.name.clone(),
        }
    }

    /// The segment that a cell names: `NAME` or `GROUP/NAME`.
    fn parse(text: &str) -> Self {
        match text.split_once('/') {
            Some((group, name)) if !group.trim().is_empty() && !name.trim().is_empty() => {
                Self { group: Some(group.trim().to_owned()), name: name.trim().to_owned() }
            }
            _ => Self { group: None, name: text.to_owned() },
        }
    }
}

/// The values of a row.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ParsedRow {
    /// Identifiers, strongest first; at least one is set.
    pub identifiers: Vec<(Slot, Change<Identifier>)>,
    /// Attributes by their canonical names.
    pub attributes: Vec<(String, Change<Value>)>,
    /// Where this row came from.
    pub api_endpoint: Option<String>,
    /// The touchpoint that this row links the customer to.
    pub touchpoint: Option<String>,
    /// The segment that this row adds to.
    pub segment: Option<SegmentName>,
    /// The action that this row notes.
    pub source_action: Option<String>,
    /// When the action happened.
    pub action_at: Option<Timestamp>,
    /// Values of the row that could not be used.
    pub warnings: Vec<RowProblem>,
}

/// Reads a row.
///
/// # Errors
/// Every problem that rejects it.
pub fn parse_row(layout: &Layout, rules: &Rules, cells: &[&str]) -> Result<ParsedRow, Vec<RowProblem>> {
    Reading::of(layout, rules, cells).end()
}

/// Reads the values of a row, whether it may be applied or not.
pub(crate) fn parse_values(layout: &Layout, rules: &Rules, cells: &[&str]) -> ParsedRow {
    Reading::of(layout, rules, cells).row
}

impl<'a> Reading<'a> {
    fn of(layout: &Layout, rules: &'a Rules, cells: &[&str]) -> Self {
        let mut reading = Reading { rules, row: ParsedRow::empty(), errors: Vec::new(), bad_identifiers: Vec::new() };
        for (position, (column, cell)) in layout.columns.iter().zip(cells).enumerate() {
            if let Some(column) = column {
                let place = u16::try_from(position).unwrap_or(u16::MAX);
                reading.cell(place, column, layout.write(position), &cleaned(cell));
            }
        }
        reading
    }
}

impl ParsedRow {
    /// The identifiers that the row gives, strongest first.
    pub fn given_identifiers(&self) -> impl Iterator<Item = &Identifier> {
        self.identifiers.iter().filter_map(|(_, change)| change.value())
    }

    const fn empty() -> Self {
        Self {
            identifiers: Vec::new(),
            attributes: Vec::new(),
            api_endpoint: None,
            touchpoint: None,
            segment: None,
            source_action: None,
            action_at: None,
            warnings: Vec::new(),
        }
    }
}

struct Reading<'a> {
    rules: &'a Rules,
    row: ParsedRow,
    errors: Vec<RowProblem>,
    bad_identifiers: Vec<RowProblem>,
}

impl Reading<'_> {
    fn cell(&mut self, position: u16, column: &ColumnId, write: Write, text: &str) {
        if text.is_empty() || self.rules.is_null(text) {
            if let Some(name) = column.attribute()
                && self.rules.clear_empty
                && write == Write::Always
                && column.kind() != Kind::Consent
            {
                self.row.attributes.push((name.to_owned(), Change::Clear));
            }
            return;
        }
        let is_consent = column.kind() == Kind::Consent;
        if text != CLEAR && text.eq_ignore_ascii_case(CLEAR) && *column != ColumnId::ActionAt {
            let message = "Write %CLEAR% in capitals to erase the value; anything else is taken as it stands.";
            let code = if is_consent { RowCode::InvalidConsent } else { RowCode::InvalidValue };
            return self.bad(position, code, message.to_owned());
        }
        if is_consent && is_missing(text) {
            return;
        }
        let clear = text == CLEAR;
        if clear && write != Write::Always {
            let message = "%CLEAR% erases, and the import's setting `write` of this column lets it erase nothing.";
            return self.bad(position, RowCode::InvalidValue, message.to_owned());
        }
        match column {
            ColumnId::ExternalId(system) => self.identifier(position, Slot::ExternalId(system.clone()), text, write),
            ColumnId::Email => self.identifier(position, Slot::Email, text, write),
            ColumnId::Phone => self.identifier(position, Slot::Phone, text, write),
            ColumnId::Attribute(name) | ColumnId::Custom(name, _) if clear => {
                self.row.attributes.push((name.clone(), Change::Clear))
            }
            ColumnId::Attribute(name) | ColumnId::Custom(name, _) => {
                match values::parse(column.kind(), text, &self.rules.of_column(usize::from(position))) {
                    Ok(value) => self.row.attributes.push((name.clone(), Change::of(value, write))),
                    Err((code, message)) => self.bad(position, code, missing_message(text).unwrap_or(message)),
                }
            }
            _ if clear && *column != ColumnId::ActionAt => {
                let message = "%CLEAR% erases attributes; leave this cell empty for the import's setting.";
                self.bad(position, RowCode::InvalidValue, message.to_owned());
            }
            ColumnId::ApiEndpoint => match check_name(text) {
                Ok(()) => self.row.api_endpoint = Some(text.to_owned()),
                Err(bad) => self.unknown(position, RowCode::UnknownApiEndpoint, bad),
            },
            ColumnId::Touchpoint => match check_name(text) {
                Ok(()) => self.row.touchpoint = Some(text.to_owned()),
                Err(bad) => self.unknown(position, RowCode::UnknownTouchpoint, bad),
            },
            ColumnId::SourceAction => match check_name(text) {
                Ok(()) => self.row.source_action = Some(text.to_owned()),
                Err(bad) => self.bad(position, RowCode::InvalidValue, bad.message()),
            },
            ColumnId::Segment => {
                let segment = SegmentName::parse(text);
                match segment.group.as_deref().map_or(Ok(()), check_name).and_then(|()| check_name(&segment.name)) {
                    Ok(()) => self.row.segment = Some(segment),
                    Err(bad) => self.bad(position, RowCode::InvalidValue, bad.message()),
                }
            }
            ColumnId::ActionAt => match moments::parse(text, self.rules.date_format, &self.rules.time_zone) {
                Ok(at) => self.row.action_at = Some(at),
                Err(message) => self.reject(position, RowCode::InvalidDate, missing_message(text).unwrap_or(message)),
            },
        }
    }

    fn identifier(&mut self, position: u16, slot: Slot, text: &str, write: Write) {
        if text == CLEAR {
            self.row.identifiers.push((slot, Change::Clear));
            return;
        }
        match Identifier::of_cell(&slot, text, self.rules) {
            Ok(read) => self.row.identifiers.push((slot, Change::of(read.identifier, write))),
            Err(invalid) => self.bad_identifiers.push(RowProblem {
                severity: Severity::Error,
                code: invalid.code,
                cell: Some(position),
                message: invalid.message,
            }),
        }
    }

    /// Rejects the row for a name that nothing in the catalogue can have, as it would be for one that nothing has.
    fn unknown(&mut self, position: u16, code: RowCode, bad: BadName) {
        let message = format!("{} Or leave the cell empty for the import's setting.", bad.message());
        self.errors.push(RowProblem { severity: Severity::Error, code, cell: Some(position), message });
    }

    fn reject(&mut self, position: u16, code: RowCode, message: String) {
        self.errors.push(RowProblem { severity: Severity::Error, code, cell: Some(position), message });
    }

    /// Drops a value that cannot be used, or rejects the row for it, as the import's rule says. A consent always rejects
    /// its row: with the value, a refusal could be lost.
    fn bad(&mut self, position: u16, code: RowCode, message: String) {
        if self.rules.reject_invalid || code == RowCode::InvalidConsent {
            self.reject(position, code, message);
        } else {
            self.drop_value(position, RowCode::ValueDropped, &message);
        }
    }

    fn drop_value(&mut self, position: u16, code: RowCode, message: &str) {
        let message = format!("{message} The value was dropped, the rest of the row applied.");
        self.row.warnings.push(RowProblem { severity: Severity::Warning, code, cell: Some(position), message });
    }

    fn end(mut self) -> Result<ParsedRow, Vec<RowProblem>> {
        self.row.identifiers.sort_by(|a, b| a.0.cmp(&b.0));
        let named = self.row.given_identifiers().next().is_some();
        if !named {
            self.errors.append(&mut self.bad_identifiers);
            if self.errors.is_empty() {
                self.errors.push(RowProblem {
                    severity: Severity::Error,
                    code: RowCode::NoIdentifier,
                    cell: None,
                    message: "Nothing in the row says whom it is about. Fill in an email, a phone or an external id."
                        .to_owned(),
                });
            }
            return Err(self.errors);
        }
        for problem in std::mem::take(&mut self.bad_identifiers) {
            let position = problem.cell.unwrap_or_default();
            match problem.code {
                // The cell says that there is no value, so nothing is lost with it.
                RowCode::PlaceholderIdentifier => self.drop_value(position, problem.code, &problem.message),
                code => self.bad(position, code, problem.message),
            }
        }
        if self.errors.is_empty() { Ok(self.row) } else { Err(self.errors) }
    }
}

/// What is wrong with a cell of a type that says that it has no value.
fn missing_message(text: &str) -> Option<String> {
    let text = quoted(text);
    is_missing(&text).then(|| {
        format!("“{text}” stands for a missing value. Set `null_tokens` to `{text}`, and it is read as an empty cell.")
    })
}

/// Whether a cell of identifiers that is not empty has no identifier to read: a placeholder, or a word that erases one.
pub(crate) fn says_nothing(text: &str, rules: &Rules) -> bool {
    text.eq_ignore_ascii_case(CLEAR) || (!rules.keep_placeholders && is_nobodys(text))
}

/// A valid identifier of a row, as its hash.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct IdentifierKey {
    /// The place of its cell in the record, from 0.
    pub(crate) cell: usize,
    /// The hash of its key, by which rows are found that share it.
    pub(crate) hash: u64,
    /// What is strange about it.
    pub(crate) remark: Option<Remark>,
}

/// Adds the key of each valid identifier of a row: of the same ones that [`parse_row`] gives. `key` is memory to write in.
pub(crate) fn identifier_keys(
    layout: &Layout,
    rules: &Rules,
    cells: &[&str],
    key: &mut String,
    keys: &mut Vec<IdentifierKey>,
) {
    for (position, (column, cell)) in layout.columns.iter().zip(cells).enumerate() {
        let Some(column) = column.as_ref().filter(|column| column.is_identifier()) else { continue };
        let text = cleaned(cell);
        if text.is_empty() || rules.is_null(&text) || text.eq_ignore_ascii_case(CLEAR) {
            continue;
        }
        if let Some(remark) = Identifier::write_key(column, &text, rules, key) {
            keys.push(IdentifierKey { cell: position, hash: xxh3_64(key.as_bytes()), remark });
        }
    }
}

/// A cell in composed form (NFC), without the blanks around it, and without what spreadsheets and reports add: the frame
/// of `="00123"`, an apostrophe before a digit or the start of a formula, and guards of parts.
pub(crate) fn cleaned(cell: &str) -> Cow<'_, str> {
    let text = trimmed(cell);
    let text = match text.strip_prefix('\'') {
        Some(rest)
            if (rest.starts_with(|c: char| c.is_ascii_digit()) || begins_like_formula(rest))
                && !rest.ends_with('\'') =>
        {
            trimmed(rest)
        }
        _ => text,
    };
    if let Some(inner) = text.strip_prefix("=\"").and_then(|rest| rest.strip_suffix('"')) {
        let inner = inner.replace("\"\"", "\"");
        return Cow::Owned(composed(trimmed(&unguarded(&inner))).into_owned());
    }
    match unguarded(text) {
        Cow::Borrowed(text) => composed(text),
        Cow::Owned(text) => Cow::Owned(composed(&text).into_owned()),
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::columns::{Mapping, read_header};
    use crate::input::MAX_NAME;

    const HEADER: [&str; 8] =
        ["email", "phone", "external_id", "birth_date", "city", "subscribed", "segment", "action_at"];

    fn rules() -> Rules {
        Rules { launched: Timestamp::from_second(1_780_000_000).unwrap(), ..Rules::default() }
    }

    fn parse(cells: [&str; 8]) -> Result<ParsedRow, Vec<RowCode>> {
        parse_by(&rules(), cells)
    }

    fn parse_by(rules: &Rules, cells: [&str; 8]) -> Result<ParsedRow, Vec<RowCode>> {
        let layout = read_header(&HEADER, 1, &Mapping::new(), &crate::columns::Fields::new()).unwrap();
        parse_row(&layout, rules, &cells).map_err(|found| found.iter().map(|problem| problem.code).collect())
    }

    #[test]
    fn a_row_without_a_valid_identifier_is_rejected_with_that_identifiers_code() {
        assert_eq!(parse(["", "", "", "", "Rome", "", "", ""]), Err(vec![RowCode::NoIdentifier]));
        assert_eq!(parse(["nobody", "", "", "", "", "", "", ""]), Err(vec![RowCode::InvalidEmail]));
        assert_eq!(
            parse(["nobody", "12", "", "", "", "", "", ""]),
            Err(vec![RowCode::InvalidEmail, RowCode::InvalidPhone])
        );
        assert_eq!(parse(["%CLEAR%", "", "", "", "", "", "", ""]), Err(vec![RowCode::NoIdentifier]));
    }

    #[test]
    fn a_bad_value_is_dropped_or_rejects_the_row_by_the_setting() {
        let cells = ["a@b.de", "12", "", "1990-02-31", "Rome", "", "", ""];
        let row = parse(cells).unwrap();
        assert_eq!(row.warnings.len(), 2);
        assert!(row.warnings.iter().all(|warning| warning.code == RowCode::ValueDropped));
        assert_eq!(row.attributes, [("city".into(), Change::Set(Value::Text("Rome".into())))]);
        assert_eq!(
            parse_by(&Rules { reject_invalid: true, ..rules() }, cells),
            Err(vec![RowCode::InvalidDate, RowCode::InvalidPhone])
        );
    }

    #[test]
    fn empty_cells_keep_or_clear_and_never_change_consent() {
        let cells = ["a@b.de", "", "", "", " ", "", "", ""];
        assert_eq!(parse(cells).unwrap().attributes, []);
        let cleared = parse_by(&Rules { clear_empty: true, ..rules() }, cells).unwrap().attributes;
        assert_eq!(cleared, [("birth_date".into(), Change::Clear), ("city".into(), Change::Clear)]);
        assert_eq!(
            parse(["a@b.de", "%CLEAR%", "", "", "%CLEAR%", "", "", ""]).unwrap().identifiers.last(),
            Some(&(Slot::Phone, Change::Clear))
        );
        assert_eq!(parse(["a@b.de", "", "", "", "%clear%", "", "", ""]).unwrap().warnings.len(), 1);
    }

    #[test]
    fn a_consent_that_cannot_be_read_rejects_its_row_whatever_the_setting() {
        for (cell, expected) in [
            ("perhaps", Err(vec![RowCode::InvalidConsent])),
            ("%clear%", Err(vec![RowCode::InvalidConsent])),
            ("nein", Ok(Some(Change::Set(Value::Flag(false))))),
            ("opted out", Ok(Some(Change::Set(Value::Flag(false))))),
            ("%CLEAR%", Ok(Some(Change::Clear))),
            ("n/a", Ok(None)),
            ("Unknown", Ok(None)),
            ("-", Ok(None)),
        ] {
            for rules in [rules(), Rules { reject_invalid: true, clear_empty: true, ..rules() }] {
                let row = parse_by(&rules, ["a@b.de", "", "", "", "", cell, "", ""]);
                let consent = row.map(|row| {
                    assert_eq!(row.warnings, []);
                    row.attributes.into_iter().find(|(name, _)| name == "subscribed").map(|(_, change)| change)
                });
                assert_eq!(consent, expected, "{cell}");
            }
        }
    }

    #[test]
    fn a_moment_of_an_action_that_cannot_be_read_rejects_its_row() {
        for cell in ["soon", "n/a", "2024-02-30 10:00", "%CLEAR%", "%clear%"] {
            assert_eq!(parse(["a@b.de", "", "", "", "", "", "", cell]), Err(vec![RowCode::InvalidDate]), "{cell}");
        }
        assert_eq!(parse(["a@b.de", "", "", "", "", "", "", ""]).unwrap().action_at, None);
    }

    #[test]
    fn a_null_token_is_read_as_an_empty_cell_everywhere() {
        let rules = Rules { null_tokens: vec!["NULL".into(), "-".into()], clear_empty: true, ..rules() };
        let cells = ["a@b.de", "null", "NULL", "-", " Null ", "null", "-", "NULL"];
        let empty = ["a@b.de", "", "", "", "", "", "", ""];
        assert_eq!(parse_by(&rules, cells), parse_by(&rules, empty));
        let (mut keys, mut expected) = (Vec::new(), Vec::new());
        let layout = read_header(&HEADER, 1, &Mapping::new(), &crate::columns::Fields::new()).unwrap();
        identifier_keys(&layout, &rules, &cells, &mut String::new(), &mut keys);
        identifier_keys(&layout, &rules, &empty, &mut String::new(), &mut expected);
        assert_eq!(keys, expected);
    }

    #[test]
    fn spreadsheet_residue_is_undone() {
        let row = parse(["a@b.de", "'+1 201-291-4177", "=\"00123\"", "", "", "", "Surveys/May", ""]).unwrap();
        let values: Vec<String> = row.given_identifiers().map(|id| id.value().to_owned()).collect();
        assert_eq!(values, ["00123", "a@b.de", "+12012914177"]);
        assert_eq!(row.segment, Some(SegmentName { group: Some("Surveys".into()), name: "May".into() }));
    }

    #[test]
    fn names_in_cells_are_bounded_as_in_settings() {
        let header = ["email", "api_endpoint", "touchpoint", "segment", "source_action"];
        let layout = read_header(&header, 1, &Mapping::new(), &crate::columns::Fields::new()).unwrap();
        let long = |characters: usize| "é".repeat(characters);
        for (name, is_good) in
            [(long(MAX_NAME), true), (long(MAX_NAME + 1), false), (long(1_100), false), ("a\nb".to_owned(), false)]
        {
            for (at, code) in [
                (1, RowCode::UnknownApiEndpoint),
                (2, RowCode::UnknownTouchpoint),
                (3, RowCode::InvalidValue),
                (4, RowCode::InvalidValue),
            ] {
                let mut cells = ["a@b.de", "", "", "", ""];
                cells[at] = &name;
                let place = Some(u16::try_from(at).unwrap());
                let reject = Rules { reject_invalid: true, ..rules() };
                let rejected = parse_row(&layout, &reject, &cells).map(|row| row.warnings);
                let applied = parse_row(&layout, &rules(), &cells).map(|row| row.warnings);
                if is_good {
                    assert_eq!((rejected, applied), (Ok(vec![]), Ok(vec![])), "{at}");
                    continue;
                }
                let problem = rejected.unwrap_err().remove(0);
                assert_eq!((problem.code, problem.cell), (code, place), "{name:?}");
                assert!(
                    problem.message.contains("Shorten") || problem.message.contains("Remove"),
                    "{}",
                    problem.message
                );
                match applied {
                    Ok(warnings) => assert_eq!((warnings[0].code, warnings[0].cell), (RowCode::ValueDropped, place)),
                    Err(errors) => assert_eq!((errors[0].code, at <= 2), (code, true)),
                }
            }
        }
        let both = format!("{}/{}", long(MAX_NAME), long(MAX_NAME));
        let row = parse_row(&layout, &rules(), &["a@b.de", "", "", &both, ""]).unwrap();
        assert_eq!(row.segment, Some(SegmentName { group: Some(long(MAX_NAME)), name: long(MAX_NAME) }));
        let group = format!("{}/a", long(MAX_NAME + 1));
        assert_eq!(parse_row(&layout, &rules(), &["a@b.de", "", "", &group, ""]).unwrap().segment, None);
    }

    /// Texts of which most are an identifier or nearly one.
    fn identifier_like() -> impl Strategy<Value = String> {
        let texts = [
            "ann@example.org",
            "Ann <ann@example.org>",
            "NULL",
            "n/a",
            "-",
            "0000",
            "1.2E+14",
            "1001.0",
            "C-17",
            "Cafe\u{301}",
            "4915112345675",
            "+4915112345675",
            "0151 12345675",
            "391 234 5678",
            "201-555-0123 x12",
            "tel:+12015550123",
            "'00123",
            "=\"00123\"",
            "%CLEAR%",
            "%clear%",
        ];
        let invisible = ["", "\u{200b}", "\u{ad}", "\u{61c}", "\u{fe0f}", "\u{200d}", "\u{a0}"];
        (prop::sample::select(texts.to_vec()), prop::sample::select(invisible.to_vec()), 0usize..20).prop_map(
            |(text, invisible, at)| {
                let mut text = text.to_owned();
                let at = (0..=at.min(text.len())).rfind(|at| text.is_char_boundary(*at)).unwrap_or_default();
                text.insert_str(at, invisible);
                text
            },
        )
    }

    #[test]
    fn a_placeholder_is_no_identifier_whatever_invalid_values_do() {
        for reject_invalid in [false, true] {
            let rules = Rules { reject_invalid, ..rules() };
            let row = parse_by(&rules, ["a@b.de", "", "NULL", "", "NULL", "", "", ""]).unwrap();
            let warnings: Vec<_> = row.warnings.iter().map(|warning| (warning.code, warning.cell)).collect();
            assert_eq!(warnings, [(RowCode::PlaceholderIdentifier, Some(2))]);
            assert_eq!(row.attributes, [("city".into(), Change::Set(Value::Text("NULL".into())))]);
            let nobody = parse_by(&rules, ["n/a", "", "0", "", "Rome", "", "", ""]);
            assert_eq!(nobody, Err(vec![RowCode::PlaceholderIdentifier; 2]));
        }
        let kept = parse_by(&Rules { keep_placeholders: true, ..rules() }, ["", "", "NULL", "", "", "", "", ""]);
        assert_eq!(kept.unwrap().given_identifiers().next().map(Identifier::value), Some("NULL"));
    }

    #[test]
    fn texts_are_composed_and_keep_what_emoji_and_scripts_need() {
        let family = "Team 👩\u{200d}👩\u{200d}👧 ❤\u{fe0f}";
        for (text, expected) in [
            ("Zoe\u{308}", "Zoë"),
            ("\u{200e}Rome\u{2069} ", "Rome"),
            (family, family),
            ("می\u{200c}خواهم", "می\u{200c}خواهم"),
        ] {
            let row = parse(["a@b.de", "", "", "", text, "", text, ""]).unwrap();
            assert_eq!(row.attributes, [("city".into(), Change::Set(Value::Text(expected.into())))], "{text:?}");
            assert_eq!(row.segment, Some(SegmentName { group: None, name: expected.into() }), "{text:?}");
        }
    }

    proptest! {
        #[test]
        fn what_a_row_gives_fits_into_keys_and_items(
            cells in prop::collection::vec(prop_oneof!["\\PC{0,40}", ".{190,210}", "[a-z/]{0,1200}"], 12..13),
            clear in any::<bool>(),
        ) {
            let header = [
                "email", "phone", "external_id", "external_id.shop", "language", "first_name", "custom.note", "custom.tags",
                "api_endpoint", "touchpoint", "segment", "source_action",
            ];
            let fields = crate::columns::Fields::from([
                ("note".to_owned(), crate::columns::FieldKind::Text),
                ("tags".to_owned(), crate::columns::FieldKind::List),
            ]);
            let layout = read_header(&header, 1, &Mapping::new(), &fields).unwrap();
            let mut cells: Vec<&str> = cells.iter().map(String::as_str).collect();
            cells[0] = "a@b.de";
            let rules = Rules { default_region: crate::row::Region::parse("DE"), clear_empty: clear, ..rules() };
            let Ok(row) = parse_row(&layout, &rules, &cells) else { return Ok(()) };
            for identifier in row.given_identifiers() {
                // Forecasts put `dry#IMPORT#` before it; a partition key has at most 2,048 bytes.
                prop_assert!(identifier.key().len() <= 600);
            }
            for (_, change) in &row.attributes {
                let bytes = match change.value() {
                    Some(Value::List(items)) => items.iter().map(String::len).sum(),
                    Some(value) => serde_json::to_string(value).unwrap().len(),
                    None => 0,
                };
                prop_assert!(bytes <= 6_002);
            }
            let segment = row.segment.iter().flat_map(|segment| [segment.group.as_ref(), Some(&segment.name)]);
            let names = [row.api_endpoint.as_ref(), row.touchpoint.as_ref(), row.source_action.as_ref()];
            for name in names.into_iter().chain(segment).flatten() {
                prop_assert_eq!(check_name(name), Ok(()));
            }
        }

        #[test]
        fn any_text_in_any_cell_is_read_or_refused_and_its_keys_agree(
            cells in prop::array::uniform8(prop_oneof![".{0,40}", identifier_like()]),
            keep_placeholders in any::<bool>(),
            region in prop::option::of(prop::sample::select(vec!["DE", "US", "IT"])),
            null_tokens in prop::sample::select(vec![vec![], vec!["NULL".to_owned(), "-".to_owned()]]),
        ) {
            let layout = read_header(&HEADER, 1, &Mapping::new(), &crate::columns::Fields::new()).unwrap();
            let cells: Vec<&str> = cells.iter().map(String::as_str).collect();
            let default_region = region.and_then(crate::row::Region::parse);
            let rules = Rules { keep_placeholders, default_region, null_tokens, ..rules() };
            let mut found = Vec::new();
            identifier_keys(&layout, &rules, &cells, &mut String::new(), &mut found);
            let mut keys: Vec<u64> = found.iter().map(|key| key.hash).collect();
            keys.sort_unstable();
            match parse_row(&layout, &rules, &cells) {
                Ok(row) => {
                    let mut expected: Vec<u64> =
                        row.given_identifiers().map(|id| xxh3_64(id.key().as_bytes())).collect();
                    expected.sort_unstable();
                    prop_assert_eq!(keys, expected);
                    for id in row.given_identifiers() {
                        let again = Identifier::parse(&id.slot(), id.value(), None);
                        prop_assert_eq!(again.as_ref(), Ok(id));
                    }
                }
                Err(problems) => {
                    // A consent and a moment that cannot be read reject a row whoever it is about.
                    let is_refused = |problem: &RowProblem| matches!(problem.cell, Some(5 | 7));
                    prop_assert!(keys.is_empty() || problems.iter().any(is_refused));
                    prop_assert!(!problems.is_empty());
                }
            }
        }
    }
}

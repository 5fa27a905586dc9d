//! Reading the body of `POST /imports`: what is wrong with it, field by field.

use serde_json::Value as Json;

use super::declared_file::MAX_FILE;
use super::request::{ImportRequest, MAX_DESCRIPTION, single_character};
use crate::columns::{ColumnId, MAX_COLUMNS, MAX_HEADER, MappedColumn, Write};
use crate::definitions::SentRequest;
use crate::file::{BadLabel, Charset};
use crate::input::{FieldProblem, MAX_NAME, from_json, name_problems};
use crate::row::{DateFormat, DecimalMark, Region, Zone};
use crate::wording::quoted;

/// Largest body, in bytes. It is stored in one item of at most 400 KB, with the custom fields that exist.
pub const MAX_REQUEST: usize = 200 * 1024;
/// Most words that are read as an empty cell.
const MAX_NULL_TOKENS: usize = 50;
/// Longest label of an encoding and longest date format, in bytes. Their readers skip blanks and separators, however
/// many there are.
const MAX_WORD: usize = 40;

impl ImportRequest {
    /// Reads the body of `POST /imports` that names no definition.
    ///
    /// # Errors
    /// Every problem that was found, each with the path of its field.
    pub fn parse(body: &[u8]) -> Result<Self, Vec<FieldProblem>> {
        SentRequest::parse(body)?.complete(None)
    }

    /// Reads a body that is JSON already, and complete.
    pub(crate) fn from_json(body: &Json) -> Result<Self, Vec<FieldProblem>> {
        let request: Self = from_json(body)?;
        let problems = request.problems();
        if problems.is_empty() { Ok(request) } else { Err(problems) }
    }

    fn problems(&self) -> Vec<FieldProblem> {
        let mut found = Vec::new();
        if self.task != "customer_import" {
            found.push(FieldProblem::new("task", "unknown_value", "The only kind of task is `customer_import`."));
        }
        if self.undoes.is_some() {
            let message = "An import is taken back by POST /imports/ID/undo.";
            found.push(FieldProblem::new("undoes", "unknown_field", message));
        }
        if self.description.chars().count() > MAX_DESCRIPTION {
            found.push(FieldProblem::new(
                "description",
                "too_long",
                format!("A description has at most {MAX_DESCRIPTION} characters."),
            ));
        }
        name_problems("file.name", &self.file.name, &mut found);
        match self.file.size {
            Some(0) => found.push(FieldProblem::new("file.size", "empty_file", "The file is empty.")),
            Some(size) if size > MAX_FILE => {
                found.push(FieldProblem::new("file.size", "file_too_large", "A file has at most 50 TB; split it."))
            }
            _ => {}
        }
        if self.file.multipart && self.file.size.is_none() {
            let message = "Say the file's size: an upload in parts is cut by it.";
            found.push(FieldProblem::new("file.size", "missing_field", message));
        }
        if let Some(sha256) = &self.file.sha256
            && (sha256.len() != 44 || !sha256.ends_with('='))
        {
            found.push(FieldProblem::new(
                "file.sha256",
                "invalid_checksum",
                "Give the SHA-256 in base64: 44 characters.",
            ));
        }
        self.encoding_problems(&mut found);
        if self.delimiter != "auto" && self.delimiter().is_none() {
            found.push(FieldProblem::new("delimiter", "invalid_delimiter", "Give one character, `tab`, or `auto`."));
        }
        if self.quote != "auto" && self.quoting().is_none() {
            let message = "Give one ASCII character, `none` for a file without quotes, or `auto`.";
            found.push(FieldProblem::new("quote", "invalid_quote", message));
        }
        if self.delimiter().is_some_and(|delimiter| single_character(&self.quote) == Some(delimiter)) {
            let message = "The quote character and the delimiter are the same. Correct one of them.";
            found.push(FieldProblem::new("quote", "invalid_quote", message));
        }
        if self.header_line == Some(0) {
            let message = "Lines are counted from 1. Give the line of the header as an editor shows it.";
            found.push(FieldProblem::new("header_line", "out_of_range", message));
        }
        if let Some(region) = &self.default_region
            && Region::parse(region).is_none()
        {
            found.push(FieldProblem::new(
                "default_region",
                "unknown_region",
                "Give the two letters of ISO 3166, such as DE or US.",
            ));
        }
        if let Some(format) = &self.date_format
            && (format.len() > MAX_WORD || DateFormat::parse(format).is_none())
        {
            found.push(FieldProblem::new(
                "date_format",
                "unknown_date_format",
                "Give the format with DD, MM and YYYY, such as DD.MM.YYYY.",
            ));
        }
        if self.decimal_mark != "auto" && DecimalMark::parse(&self.decimal_mark).is_none() {
            found.push(FieldProblem::new("decimal_mark", "unknown_value", "Give `.`, `,` or `auto`."));
        }
        if self.time_zone.len() > MAX_WORD || Zone::parse(&self.time_zone).is_none() {
            let message = "There is no such time zone. Give an IANA name, such as Europe/Berlin.";
            found.push(FieldProblem::new("time_zone", "unknown_time_zone", message));
        }
        if self.null_tokens.len() > MAX_NULL_TOKENS
            || self.null_tokens.iter().any(|token| token.trim().is_empty() || token.chars().count() > MAX_NAME)
        {
            let message = format!(
                "Give up to {MAX_NULL_TOKENS} words of 1 to {MAX_NAME} characters. Cells without text are empty anyway."
            );
            found.push(FieldProblem::new("null_tokens", "out_of_range", message));
        }
        self.column_problems(&mut found);
        let settings = &self.settings;
        for (path, name) in [
            ("settings.api_endpoint", settings.api_endpoint.as_deref()),
            ("settings.touchpoint", settings.touchpoint.as_deref()),
            ("settings.segment.group", settings.segment.as_ref().map(|segment| segment.group.as_str())),
            ("settings.segment.name", settings.segment.as_ref().map(|segment| segment.name.as_str())),
            ("settings.source_action.name", settings.source_action.as_ref().map(|action| action.name.as_str())),
            (
                "settings.source_action.update_action",
                settings.source_action.as_ref().and_then(|action| action.update_action.as_deref()),
            ),
        ] {
            if let Some(name) = name {
                name_problems(path, name, &mut found);
            }
        }
        if settings.segment.as_ref().is_some_and(|segment| segment.group.contains('/')) {
            let message = "The name of a segment group cannot have a slash.";
            found.push(FieldProblem::new("settings.segment.group", "invalid_name", message));
        }
        found
    }

    fn encoding_problems(&self, found: &mut Vec<FieldProblem>) {
        if self.encoding == "auto" {
            return;
        }
        let label =
            if self.encoding.len() <= MAX_WORD { Charset::for_label(&self.encoding) } else { Err(BadLabel::Unknown) };
        let message = match label {
            Ok(_) => return,
            Err(BadLabel::Unknown) => {
                "No such encoding. Give a label such as utf-8, windows-1252, utf-16le, shift_jis, cp850 or macintosh."
                    .to_owned()
            }
            Err(BadLabel::Unreadable(name)) => {
                format!("Files in {name} are not read. Save the file as UTF-8 and set `encoding` to `utf-8`.")
            }
        };
        found.push(FieldProblem::new("encoding", "unknown_encoding", message));
    }

    fn column_problems(&self, found: &mut Vec<FieldProblem>) {
        let count = self.columns.len();
        if count > MAX_COLUMNS {
            let message = format!("The settings map {count} headers; a file has at most {MAX_COLUMNS} columns.");
            found.push(FieldProblem::new("columns", "too_many", message));
            return;
        }
        let bytes: usize = self.columns.keys().map(String::len).sum();
        if bytes > MAX_HEADER {
            let message = format!(
                "The mapped headers have {bytes} bytes together; the header row of a file has at most {MAX_HEADER}."
            );
            found.push(FieldProblem::new("columns", "too_long", message));
        }
        for (header, column) in self.columns.iter().filter_map(|(header, column)| Some((header, column.as_ref()?))) {
            let path = format!("columns.{header}");
            let MappedColumn { column, write } = column;
            if column.chars().count() > MAX_NAME {
                let message = format!("The name of a column has at most {MAX_NAME} characters.");
                found.push(FieldProblem::new(&path, "too_long", message));
                continue;
            }
            let Some(id) = ColumnId::parse(column) else {
                let message = format!("There is no column `{}`; `muster columns` lists them.", quoted(column));
                found.push(FieldProblem::new(&path, "unknown_column", message));
                continue;
            };
            if *write != Write::Always && !id.is_identifier() && id.attribute().is_none() {
                let message = format!(
                    "`{}` is no value of a customer, so it is always written. Map the header to `null` to leave it out.",
                    quoted(column)
                );
                found.push(FieldProblem::new(&format!("{path}.write"), "invalid_write", message));
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::imports::{DEFAULT_API_ENDPOINT, Mode};

    fn codes(body: &str) -> Vec<(String, &'static str)> {
        ImportRequest::parse(body.as_bytes())
            .map_or_else(|problems| problems.into_iter().map(|p| (p.path, p.code)).collect(), |_| Vec::new())
    }

    #[test]
    fn a_file_name_is_all_that_is_needed() {
        let request = ImportRequest::parse(br#"{"file":{"name":"a.csv"}}"#).unwrap();
        assert_eq!((request.encoding.as_str(), request.delimiter(), request.mode), ("utf-8", None, Mode::Upsert));
        assert_eq!(request.api_endpoint(), DEFAULT_API_ENDPOINT);
    }

    /// A body with this text of JSON besides the file.
    fn with(more: &str) -> String {
        format!(r#"{{"file":{{"name":"a"}},{more}}}"#)
    }

    #[test]
    fn settings_are_bounded_part_by_part_and_as_a_whole() {
        let map = |count: usize, name: &dyn Fn(usize) -> String, to: &str| {
            let pairs: Vec<String> = (0..count).map(|at| format!(r#""{}":{to}"#, name(at))).collect();
            with(&format!(r#""columns":{{{}}}"#, pairs.join(",")))
        };
        let name = |characters: usize| "é".repeat(characters);
        let long_header = "h".repeat(MAX_HEADER);
        let dashes = format!(r#""e{}mail""#, "-".repeat(MAX_NAME));
        for (body, expected) in [
            (with(&format!(r#""description":"{}""#, name(MAX_DESCRIPTION))), None),
            (with(&format!(r#""description":"{}""#, name(MAX_DESCRIPTION + 1))), Some(("description", "too_long"))),
            (with(&format!(r#""encoding":"utf-8{}""#, " ".repeat(1_000))), Some(("encoding", "unknown_encoding"))),
            (
                with(&format!(r#""date_format":"DD{}MM.YYYY""#, ".".repeat(90))),
                Some(("date_format", "unknown_date_format")),
            ),
            (with(&format!(r#""settings":{{"touchpoint":"{}"}}"#, name(MAX_NAME))), None),
            (
                with(&format!(r#""settings":{{"touchpoint":"{}"}}"#, name(MAX_NAME + 1))),
                Some(("settings.touchpoint", "too_long")),
            ),
            (with(r#""settings":{"api_endpoint":"a\u0007"}"#), Some(("settings.api_endpoint", "control_character"))),
            (map(MAX_COLUMNS, &|at| at.to_string(), "null"), None),
            (map(MAX_COLUMNS + 1, &|at| at.to_string(), "null"), Some(("columns", "too_many"))),
            (map(1, &|_| long_header.clone(), "null"), None),
            (map(2, &|at| format!("{long_header}{at}"), "null"), Some(("columns", "too_long"))),
            (map(1, &|_| "E".to_owned(), r#""e-mail""#), None),
            (map(1, &|_| "E".to_owned(), &dashes), Some(("columns.E", "too_long"))),
            (with(&format!(r#""description":"{}""#, "a".repeat(MAX_REQUEST))), Some(("", "too_large"))),
        ] {
            let expected: Vec<(String, &str)> =
                expected.into_iter().map(|(path, code)| (path.to_owned(), code)).collect();
            assert_eq!(codes(&body), expected, "{}", &body[..body.len().min(100)]);
        }
        let problems = ImportRequest::parse(map(1, &|_| long_header.clone(), r#""nothing""#).as_bytes()).unwrap_err();
        assert_eq!(problems[0].code, "unknown_column");
        assert!(problems[0].path.len() <= 300, "a path is cut: {} bytes", problems[0].path.len());
    }

    #[test]
    fn accepted_settings_are_stored_in_about_the_bytes_that_were_sent() {
        let controls = r"\u0001".repeat(MAX_DESCRIPTION);
        let pairs: Vec<String> = (0..90).map(|at| format!(r#""{at}{}":null"#, r"\u0001".repeat(320))).collect();
        let body = with(&format!(r#""description":"{controls}","columns":{{{}}}"#, pairs.join(",")));
        let request = ImportRequest::parse(body.as_bytes()).unwrap();
        let stored = serde_json::to_string(&request).unwrap();
        assert!(stored.len() > 180_000 && stored.len() < body.len() + 1_000, "{} of {}", stored.len(), body.len());
    }

    #[test]
    fn every_problem_names_its_field() {
        assert_eq!(codes("{"), [(String::new(), "invalid_json")]);
        assert_eq!(codes("{}"), [(String::new(), "missing_field")]);
        assert_eq!(codes(r#"{"file":{"name":"a","sise":1}}"#), [("file.sise".into(), "unknown_field")]);
        assert_eq!(codes(r#"{"file":{"name":"a","size":"1"}}"#), [("file.size".into(), "wrong_type")]);
        assert_eq!(codes(r#"{"file":{"name":"a"},"mode":"merge"}"#), [("mode".into(), "unknown_value")]);
        assert_eq!(
            codes(r#"{"file":{"name":" "},"encoding":"latin-99","delimiter":";;","default_region":"XX"}"#),
            [
                ("file.name".into(), "empty"),
                ("encoding".into(), "unknown_encoding"),
                ("delimiter".into(), "invalid_delimiter"),
                ("default_region".into(), "unknown_region"),
            ]
        );
    }
}

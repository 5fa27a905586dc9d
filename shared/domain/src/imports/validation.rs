//! Reading the body of `POST /imports`: what is wrong with it, field by field.

use encoding_rs::Encoding;

use super::declared_file::MAX_FILE;
use super::request::{ImportRequest, single_byte};
use crate::columns::ColumnId;
use crate::input::{FieldProblem, name_problems, read_json};
use crate::row::{DateFormat, Region};

/// Longest description, in characters.
pub const MAX_DESCRIPTION: usize = 2_000;
impl ImportRequest {
    /// Reads the body of `POST /imports`.
    ///
    /// # Errors
    /// Every problem that was found, each with the path of its field.
    pub fn parse(body: &[u8]) -> Result<Self, Vec<FieldProblem>> {
        let request: Self = read_json(body)?;
        let problems = request.problems();
        if problems.is_empty() { Ok(request) } else { Err(problems) }
    }

    fn problems(&self) -> Vec<FieldProblem> {
        let mut found = Vec::new();
        if self.task != "customer_import" {
            found.push(FieldProblem::new("task", "unknown_value", "The only kind of task is `customer_import`."));
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
                found.push(FieldProblem::new("file.size", "file_too_large", "A file has at most 5 TB; split it."))
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
        if self.encoding != "auto" && Encoding::for_label(self.encoding.as_bytes()).is_none() {
            found.push(FieldProblem::new(
                "encoding",
                "unknown_encoding",
                "No such encoding. Give a label such as utf-8, windows-1252, utf-16le or shift_jis.",
            ));
        }
        if self.delimiter != "auto" && single_byte(&self.delimiter).is_none() {
            found.push(FieldProblem::new("delimiter", "invalid_delimiter", "Give one ASCII character, or `auto`."));
        }
        if self.quote != "auto" && single_byte(&self.quote).is_none() {
            found.push(FieldProblem::new("quote", "invalid_quote", "Give one ASCII character, or `auto`."));
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
            && DateFormat::parse(format).is_none()
        {
            found.push(FieldProblem::new(
                "date_format",
                "unknown_date_format",
                "Give the format with DD, MM and YYYY, such as DD.MM.YYYY.",
            ));
        }
        if let Some(mark) = &self.decimal_mark
            && mark != "."
            && mark != ","
        {
            found.push(FieldProblem::new("decimal_mark", "unknown_value", "Give `.` or `,`."));
        }
        for (header, column) in &self.columns {
            if let Some(column) = column
                && ColumnId::parse(column).is_none()
            {
                found.push(FieldProblem::new(
                    &format!("columns.{header}"),
                    "unknown_column",
                    format!("There is no column `{column}`; `muster columns` lists them."),
                ));
            }
        }
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
        assert_eq!((request.encoding.as_str(), request.delimiter_byte(), request.mode), ("utf-8", None, Mode::Upsert));
        assert_eq!(request.api_endpoint(), DEFAULT_API_ENDPOINT);
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

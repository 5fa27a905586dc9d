//! What a client may set for an import, and what is wrong with what it sent, a problem per field.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use serde_json::Value as Json;

/// The API endpoint that customer actions are attributed to unless another is set.
pub const DEFAULT_API_ENDPOINT: &str = "Muster touchpoint";
/// The segment group of a segment named without one.
pub const DEFAULT_SEGMENT_GROUP: &str = "Imported segments";

/// What a row may do to customers.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Mode {
    /// Create unknown customers, update known ones.
    #[default]
    Upsert,
    /// Only create: a row of a known customer is rejected.
    CreateOnly,
    /// Only update: a row of an unknown customer is rejected.
    UpdateOnly,
}

/// What an empty cell does to the attribute of its column.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum OnEmptyCell {
    /// The attribute stays as it is.
    #[default]
    Keep,
    /// The attribute is erased.
    Clear,
}

/// What happens to a row with an identifier that another customer holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum OnConflict {
    /// The row is applied without it, with a warning.
    #[default]
    SkipIdentifier,
    /// The row is rejected.
    Reject,
}

/// What happens to a row with a value that cannot be used.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum OnInvalidValue {
    /// The row is applied without it, with a warning.
    #[default]
    DropValue,
    /// The row is rejected.
    Reject,
}

/// What happens to a file with a column that has no value at all.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum OnEmptyColumn {
    /// The import fails in checking.
    #[default]
    Fail,
    /// The column is left out.
    Ignore,
}

/// To whose feed the source action is added.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ActionFor {
    /// To every customer to whom a row was applied.
    #[default]
    All,
    /// Only to customers that the import created.
    Created,
}

/// The segment that customers are added to.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct SegmentSetting {
    /// Its segment group; a customer is in at most one segment of a group.
    #[serde(default = "default_group")]
    pub group: String,
    /// Its name.
    pub name: String,
    /// Whether it may be created; when not, it must exist.
    #[serde(default = "yes")]
    pub create: bool,
}

/// The action noted in customers' feeds.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ActionSetting {
    /// Its name.
    pub name: String,
    /// Whether it may be created; when not, it must exist.
    #[serde(default = "yes")]
    pub create: bool,
    /// Whose feed it is added to.
    #[serde(default, rename = "for")]
    pub added_for: ActionFor,
    /// The action noted instead for customers that already existed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub update_action: Option<String>,
}

fn default_group() -> String {
    DEFAULT_SEGMENT_GROUP.to_owned()
}

fn default_encoding() -> String {
    "utf-8".to_owned()
}

fn auto() -> String {
    "auto".to_owned()
}

fn yes() -> bool {
    true
}

/// The file as the client declares it.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct DeclaredFile {
    /// Its name.
    pub name: String,
    /// Its length in bytes; an upload of another length is refused.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub size: Option<u64>,
    /// Whether it is uploaded in parts; what is larger than one PUT takes always is.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub multipart: bool,
    /// Its SHA-256 in base64.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub sha256: Option<String>,
}

/// The settings that every row falls back to.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ImportSettings {
    /// Where the data came from.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub api_endpoint: Option<String>,
    /// The channel or site that customers are linked to; default: as the API endpoint.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub touchpoint: Option<String>,
    /// The segment that customers are added to.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub segment: Option<SegmentSetting>,
    /// The action noted in customers' feeds.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub source_action: Option<ActionSetting>,
}

/// A share from 0 to 1, kept in millionths so that no float takes part in a decision.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "f64", into = "f64")]
pub struct Ratio(u32);

impl Ratio {
    /// How many of a million it is.
    pub const fn millionths(self) -> u32 {
        self.0
    }
}

impl TryFrom<f64> for Ratio {
    type Error = &'static str;

    fn try_from(ratio: f64) -> Result<Self, Self::Error> {
        if (0.0..=1.0).contains(&ratio) {
            Ok(Self((ratio * 1_000_000.0).round() as u32))
        } else {
            Err("a ratio is a number from 0 to 1")
        }
    }
}

impl From<Ratio> for f64 {
    fn from(ratio: Ratio) -> Self {
        Self::from(ratio.0) / 1_000_000.0
    }
}

/// The body of `POST /imports`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ImportRequest {
    /// The kind of task; only `customer_import` for now.
    #[serde(default = "customer_import")]
    pub task: String,
    /// For the person who looks at the task list.
    #[serde(default)]
    pub description: String,
    /// The file that will be uploaded.
    pub file: DeclaredFile,
    /// A WHATWG encoding label, or `auto`.
    #[serde(default = "default_encoding")]
    pub encoding: String,
    /// The delimiter character, or `auto`.
    #[serde(default = "auto")]
    pub delimiter: String,
    /// The quote character, or `auto`.
    #[serde(default = "auto")]
    pub quote: String,
    /// What a row may do to customers.
    #[serde(default)]
    pub mode: Mode,
    /// Whether to only find out what would happen.
    #[serde(default)]
    pub dry_run: bool,
    /// Headers of the file that are columns of another name (`null`: left out).
    #[serde(default)]
    pub columns: BTreeMap<String, Option<String>>,
    /// ISO 3166 code of the region that national phone numbers are of.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub default_region: Option<String>,
    /// How dates are written, such as `DD.MM.YYYY`; default: found in the file.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub date_format: Option<String>,
    /// The decimal mark of numbers: `.` or `,`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub decimal_mark: Option<String>,
    /// What an empty cell does.
    #[serde(default)]
    pub on_empty_cell: OnEmptyCell,
    /// What a contested identifier does.
    #[serde(default)]
    pub on_conflict: OnConflict,
    /// What a bad value does.
    #[serde(default)]
    pub on_invalid_value: OnInvalidValue,
    /// What an empty column does.
    #[serde(default)]
    pub on_empty_column: OnEmptyColumn,
    /// The share of rejected rows at which the import is stopped, once enough rows are counted.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub max_rejected_ratio: Option<Ratio>,
    /// What every row falls back to.
    #[serde(default)]
    pub settings: ImportSettings,
}

fn customer_import() -> String {
    "customer_import".to_owned()
}

/// Something wrong with a request, at a path of its body.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Problem {
    /// Where, in the form `settings.segment.name`.
    pub path: String,
    /// The stable code.
    pub code: &'static str,
    /// What is wrong and what to do about it.
    pub message: String,
}

impl Problem {
    /// A problem at a path.
    pub fn new(path: &str, code: &'static str, message: impl Into<String>) -> Self {
        Self { path: path.to_owned(), code, message: message.into() }
    }
}

/// Longest name of a segment, action, endpoint or file, in characters.
pub const MAX_NAME: usize = 200;
/// Longest description, in characters.
pub const MAX_DESCRIPTION: usize = 2_000;
/// Largest file that one presigned PUT takes: 5 GB (<https://docs.aws.amazon.com/AmazonS3/latest/userguide/qfacts.html>).
pub const MAX_PUT: u64 = 5 * 1024 * 1024 * 1024;
/// Largest file at all: S3's limit on an object uploaded in parts, 5 TB.
pub const MAX_FILE: u64 = 5 * 1024 * 1024 * 1024 * 1024;
/// Parts of an upload at most, so that the answer with their URLs stays within what a function may answer.
const MAX_PARTS: u64 = 2_000;
/// Bytes of a part at least; S3 takes 5 MiB and more.
const MIN_PART: u64 = 8 * 1024 * 1024;

impl DeclaredFile {
    /// The size of each part but the last, when the file is to be uploaded in parts.
    pub fn part_size(&self) -> Option<u64> {
        let size = self.size.filter(|size| self.multipart || *size > MAX_PUT)?;
        Some(size.div_ceil(MAX_PARTS).next_multiple_of(1024 * 1024).max(MIN_PART))
    }
}

impl ImportRequest {
    /// Reads the body of `POST /imports`.
    ///
    /// # Errors
    /// Every problem that was found, each with the path of its field.
    pub fn parse(body: &[u8]) -> Result<Self, Vec<Problem>> {
        let request: Self = read_json(body)?;
        let problems = request.problems();
        if problems.is_empty() { Ok(request) } else { Err(problems) }
    }

    fn problems(&self) -> Vec<Problem> {
        let mut found = Vec::new();
        if self.task != "customer_import" {
            found.push(Problem::new("task", "unknown_value", "The only kind of task is `customer_import`."));
        }
        if self.description.chars().count() > MAX_DESCRIPTION {
            found.push(Problem::new(
                "description",
                "too_long",
                format!("A description has at most {MAX_DESCRIPTION} characters."),
            ));
        }
        name_problems("file.name", &self.file.name, &mut found);
        match self.file.size {
            Some(0) => found.push(Problem::new("file.size", "empty_file", "The file is empty.")),
            Some(size) if size > MAX_FILE => {
                found.push(Problem::new("file.size", "file_too_large", "A file has at most 5 TB; split it."))
            }
            _ => {}
        }
        if self.file.multipart && self.file.size.is_none() {
            let message = "Say the file's size: an upload in parts is cut by it.";
            found.push(Problem::new("file.size", "missing_field", message));
        }
        if let Some(sha256) = &self.file.sha256
            && (sha256.len() != 44 || !sha256.ends_with('='))
        {
            found.push(Problem::new("file.sha256", "invalid_checksum", "Give the SHA-256 in base64: 44 characters."));
        }
        if self.encoding != "auto" && encoding_rs::Encoding::for_label(self.encoding.as_bytes()).is_none() {
            found.push(Problem::new(
                "encoding",
                "unknown_encoding",
                "No such encoding. Give a label such as utf-8, windows-1252, utf-16le or shift_jis.",
            ));
        }
        if self.delimiter != "auto" && single_byte(&self.delimiter).is_none() {
            found.push(Problem::new("delimiter", "invalid_delimiter", "Give one ASCII character, or `auto`."));
        }
        if self.quote != "auto" && single_byte(&self.quote).is_none() {
            found.push(Problem::new("quote", "invalid_quote", "Give one ASCII character, or `auto`."));
        }
        if let Some(region) = &self.default_region
            && crate::row::Region::parse(region).is_none()
        {
            found.push(Problem::new(
                "default_region",
                "unknown_region",
                "Give the two letters of ISO 3166, such as DE or US.",
            ));
        }
        if let Some(format) = &self.date_format
            && crate::row::DateFormat::parse(format).is_none()
        {
            found.push(Problem::new(
                "date_format",
                "unknown_date_format",
                "Give the format with DD, MM and YYYY, such as DD.MM.YYYY.",
            ));
        }
        if let Some(mark) = &self.decimal_mark
            && mark != "."
            && mark != ","
        {
            found.push(Problem::new("decimal_mark", "unknown_value", "Give `.` or `,`."));
        }
        for (header, column) in &self.columns {
            if let Some(column) = column
                && crate::columns::ColumnId::parse(column).is_none()
            {
                found.push(Problem::new(
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
            found.push(Problem::new("settings.segment.group", "invalid_name", message));
        }
        found
    }

    /// The delimiter, unless it is to be found.
    pub fn delimiter_byte(&self) -> Option<u8> {
        single_byte(&self.delimiter)
    }

    /// The quote character, unless it is to be found.
    pub fn quote_byte(&self) -> Option<u8> {
        single_byte(&self.quote)
    }

    /// The API endpoint that rows without one of their own are attributed to.
    pub fn api_endpoint(&self) -> &str {
        self.settings.api_endpoint.as_deref().unwrap_or(DEFAULT_API_ENDPOINT)
    }

    /// The segment group of a segment that a row names without one.
    pub fn segment_group(&self) -> &str {
        self.settings.segment.as_ref().map_or(DEFAULT_SEGMENT_GROUP, |segment| &segment.group)
    }
}

/// Reads a JSON body.
///
/// # Errors
/// What is wrong with its form, at its path.
pub fn read_json<T: for<'de> Deserialize<'de>>(body: &[u8]) -> Result<T, Vec<Problem>> {
    let json: Json = serde_json::from_slice(body)
        .map_err(|error| vec![Problem::new("", "invalid_json", format!("The body is not JSON: {error}."))])?;
    serde_path_to_error::deserialize(&json).map_err(|error| {
        let path = error.path().to_string();
        let message = error.inner().to_string();
        let code = if message.starts_with("unknown field") {
            "unknown_field"
        } else if message.starts_with("missing field") {
            "missing_field"
        } else if message.starts_with("unknown variant") {
            "unknown_value"
        } else {
            "wrong_type"
        };
        let path = if path == "." { String::new() } else { path };
        vec![Problem { path, code, message: format!("{}.", capitalised(&message)) }]
    })
}

fn single_byte(text: &str) -> Option<u8> {
    match text.as_bytes() {
        [byte] if byte.is_ascii() && !matches!(byte, b'\r' | b'\n' | 0) => Some(*byte),
        _ if text == "\\t" || text == "tab" => Some(b'\t'),
        _ => None,
    }
}

fn capitalised(text: &str) -> String {
    let mut letters = text.chars();
    letters.next().map_or_else(String::new, |first| first.to_uppercase().collect::<String>() + letters.as_str())
}

pub(crate) fn name_problems(path: &str, name: &str, found: &mut Vec<Problem>) {
    if name.trim().is_empty() {
        found.push(Problem::new(path, "empty", "A name cannot be empty."));
    } else if name.chars().count() > MAX_NAME {
        found.push(Problem::new(path, "too_long", format!("A name has at most {MAX_NAME} characters.")));
    } else if name.chars().any(char::is_control) {
        found.push(Problem::new(path, "control_character", "A name cannot have control characters."));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

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
    fn large_files_are_uploaded_in_parts_of_a_size_that_s3_takes() {
        let file = |size, multipart| DeclaredFile { size: Some(size), multipart, ..DeclaredFile::default() };
        assert_eq!(file(MAX_PUT, false).part_size(), None);
        assert_eq!(file(1, true).part_size(), Some(MIN_PART));
        for size in [MAX_PUT + 1, 100 << 30, MAX_FILE] {
            let part = file(size, false).part_size().unwrap();
            assert!((MIN_PART..=MAX_PUT).contains(&part) && size.div_ceil(part) <= MAX_PARTS, "{size}: {part}");
        }
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

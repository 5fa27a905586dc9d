//! The body of `POST /imports`.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::declared_file::DeclaredFile;
use super::id::ImportId;
use super::settings::{
    DEFAULT_API_ENDPOINT, DEFAULT_SEGMENT_GROUP, ImportSettings, Mode, OnConflict, OnEmptyCell, OnEmptyColumn,
    OnInvalidValue, OnPlaceholder, OnUnknownColumn, OnUnreadableColumn, OnWeakMatch, Ratio,
};
use crate::columns::{Fields, Mapping};
use crate::definitions::DefinitionName;
use crate::file::{Escape, Quoting};

/// The word for files in which no cell is between quotes.
pub(super) const NO_QUOTE: &str = "none";

/// What the catalogue said of an import's settings when it was launched. Later changes of the catalogue do not change
/// it.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct CatalogueAtLaunch {
    /// The custom fields that existed.
    pub fields: Fields,
    /// The touchpoint of the import's API endpoint.
    pub touchpoint: Option<String>,
    /// The API endpoint that the settings name, as the catalogue writes it.
    #[serde(default)]
    pub api_endpoint: Option<String>,
    /// The touchpoint that the settings name, as the catalogue writes it.
    #[serde(default)]
    pub chosen_touchpoint: Option<String>,
}

/// The body of `POST /imports`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct ImportRequest {
    /// The kind of task, in the API's word; only `customer_import` for now.
    #[serde(default = "customer_import")]
    pub task: String,
    /// The definition that the import was launched with. Its settings are among these already, so a later change of the
    /// definition changes no import.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub definition: Option<DefinitionName>,
    /// A text for whoever looks at the list of imports.
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
    /// The quote character, `none`, or `auto`.
    #[serde(default = "auto")]
    pub quote: String,
    /// How a quote is written inside quotes.
    #[serde(default)]
    pub escape: Escape,
    /// The physical line of the header, from 1; default: the first record.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub header_line: Option<u64>,
    /// What a row may do to customers.
    #[serde(default)]
    pub mode: Mode,
    /// Whether this is a forecast: nothing is written but what the forecast itself needs.
    #[serde(default)]
    pub dry_run: bool,
    /// Columns of headers that Muster does not know (`null`: the column is left out).
    #[serde(default)]
    pub columns: Mapping,
    /// ISO 3166 code of the region that national phone numbers are of.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub default_region: Option<String>,
    /// How dates are written, such as `DD.MM.YYYY`; default: found in the file.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub date_format: Option<String>,
    /// The decimal mark of numbers: `.`, `,` or `auto`.
    #[serde(default = "auto")]
    pub decimal_mark: String,
    /// The IANA time zone of moments without one.
    #[serde(default = "utc")]
    pub time_zone: String,
    /// Cells that are read as empty, besides those without text.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub null_tokens: Vec<String>,
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
    /// What a header does that names no column.
    #[serde(default)]
    pub on_unknown_column: OnUnknownColumn,
    /// What a typed column does in which no value can be read.
    #[serde(default)]
    pub on_unreadable_column: OnUnreadableColumn,
    /// What a weaker identifier does that a row with another stronger one has in common with a customer.
    #[serde(default)]
    pub on_weak_match: OnWeakMatch,
    /// What a placeholder such as `NULL` does as an identifier.
    #[serde(default)]
    pub on_placeholder: OnPlaceholder,
    /// The share of rejected rows at which the import is stopped, once enough rows are counted.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub max_rejected_ratio: Option<Ratio>,
    /// Whether it is kept what became of each row, so that all of them can be downloaded.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub results: bool,
    /// What every row falls back to.
    #[serde(default)]
    pub settings: ImportSettings,
    /// The import that this one takes back. No client can set it: an undo has a request of its own.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(skip)]
    pub undoes: Option<ImportId>,
}

/// Longest description, in characters.
pub const MAX_DESCRIPTION: usize = 2_000;
/// The name of the file that Muster makes for an undo.
const UNDO_FILE: &str = "undo.csv";

fn customer_import() -> String {
    "customer_import".to_owned()
}

fn default_encoding() -> String {
    "utf-8".to_owned()
}

fn auto() -> String {
    "auto".to_owned()
}

fn utc() -> String {
    "UTC".to_owned()
}

impl ImportRequest {
    /// The request to import a file with default settings.
    pub fn of_file(file: DeclaredFile) -> Self {
        Self {
            task: customer_import(),
            definition: None,
            description: String::new(),
            file,
            encoding: default_encoding(),
            delimiter: auto(),
            quote: auto(),
            escape: Escape::default(),
            header_line: None,
            mode: Mode::default(),
            dry_run: false,
            columns: Mapping::new(),
            default_region: None,
            date_format: None,
            decimal_mark: auto(),
            time_zone: utc(),
            null_tokens: Vec::new(),
            on_empty_cell: OnEmptyCell::default(),
            on_conflict: OnConflict::default(),
            on_invalid_value: OnInvalidValue::default(),
            on_empty_column: OnEmptyColumn::default(),
            on_unknown_column: OnUnknownColumn::default(),
            on_unreadable_column: OnUnreadableColumn::default(),
            on_weak_match: OnWeakMatch::default(),
            on_placeholder: OnPlaceholder::default(),
            max_rejected_ratio: None,
            results: false,
            settings: ImportSettings::default(),
            undoes: None,
        }
    }

    /// The request to take an import back.
    pub fn undoing(import: ImportId, described: &str, dry_run: bool) -> Self {
        Self {
            description: format!("Undo of {described}").chars().take(MAX_DESCRIPTION).collect(),
            delimiter: ",".to_owned(),
            on_empty_column: OnEmptyColumn::Ignore,
            undoes: Some(import),
            dry_run,
            ..Self::of_file(DeclaredFile { name: UNDO_FILE.to_owned(), ..DeclaredFile::default() })
        }
    }

    /// The delimiter; none if Muster finds it.
    pub fn delimiter(&self) -> Option<char> {
        single_character(&self.delimiter)
    }

    /// Whether cells may be between quotes, and between which; none if Muster finds it.
    pub fn quoting(&self) -> Option<Quoting> {
        if self.quote == NO_QUOTE { Some(Quoting::Never) } else { single_byte(&self.quote).map(Quoting::Between) }
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

/// The character that a setting names, if cells may be delimited by it.
pub(super) fn single_character(text: &str) -> Option<char> {
    let mut letters = text.chars();
    match (letters.next(), letters.next()) {
        (Some(letter), None) if !matches!(letter, '\r' | '\n' | '\0' | '\u{feff}') => Some(letter),
        _ => ESCAPES.iter().find(|(name, _)| *name == text).map(|(_, letter)| *letter),
    }
}

/// Delimiters that cannot be typed everywhere, by the names that a setting may give them.
const ESCAPES: [(&str, char); 6] =
    [("\\t", '\t'), ("tab", '\t'), ("space", ' '), ("\\x1f", '\u{1f}'), ("\\u001f", '\u{1f}'), ("\\x01", '\u{1}')];

fn single_byte(text: &str) -> Option<u8> {
    single_character(text).and_then(|letter| u8::try_from(letter).ok()).filter(u8::is_ascii)
}

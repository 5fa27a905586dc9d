//! The file and the settings of an import as flags, and the request that they make.

use std::path::PathBuf;

use anyhow::Context as _;
use clap::Args;
use serde_json::{Value as Json, json};

/// What to import, and by which settings.
#[derive(Debug, Args)]
pub(crate) struct Settings {
    /// The file: CSV with a header row
    pub(crate) file: PathBuf,
    /// The definition whose settings hold where no other flag says so
    #[arg(long, value_name = "NAME")]
    definition: Option<String>,
    /// A description, shown in the list of imports
    #[arg(long, value_name = "TEXT")]
    description: Option<String>,
    /// The file's encoding, such as windows-1252, or auto to detect it [default: utf-8, or what the byte order mark
    /// says]
    #[arg(long, value_name = "LABEL")]
    encoding: Option<String>,
    /// The file's delimiter [default: detected]
    #[arg(long, value_name = "C")]
    delimiter: Option<String>,
    /// The quote character, or none for a file without quotes [default: detected]
    #[arg(long, value_name = "C")]
    quote: Option<String>,
    /// How a quote is written inside quotes: only doubled (none), or behind a backslash, too
    #[arg(long, value_parser = ["none", "backslash"])]
    escape: Option<String>,
    /// The line of the header, as an editor counts lines; what is above it is left out [default: the first record]
    #[arg(long, value_name = "N")]
    header_line: Option<u64>,
    /// The region of phone numbers without a country code, such as DE
    #[arg(long, value_name = "CC")]
    region: Option<String>,
    /// How dates are written, such as DD.MM.YYYY [default: detected]
    #[arg(long, value_name = "FORMAT")]
    date_format: Option<String>,
    /// The decimal mark of numbers: . or , [default: detected]
    #[arg(long, value_name = "C")]
    decimal_mark: Option<String>,
    /// The time zone of moments without one, such as Europe/Berlin [default: UTC]
    #[arg(long, value_name = "ZONE")]
    time_zone: Option<String>,
    /// Words that are read as an empty cell, such as NULL
    #[arg(long, value_name = "WORD", value_delimiter = ',')]
    null_tokens: Vec<String>,
    /// The segment to add the customers to; it is created if it does not exist
    #[arg(long, value_name = "[GROUP/]NAME")]
    segment: Option<String>,
    /// The action to note in the customers' feeds
    #[arg(long, value_name = "NAME")]
    source_action: Option<String>,
    /// The source of the data
    #[arg(long, value_name = "NAME")]
    api_endpoint: Option<String>,
    /// The channel or site that customers are linked to
    #[arg(long, value_name = "NAME")]
    touchpoint: Option<String>,
    /// Whether rows may create customers, update them, or both
    #[arg(long, value_parser = ["upsert", "create_only", "update_only"])]
    mode: Option<String>,
    /// Whether an empty cell keeps the customer's value or clears it
    #[arg(long, value_parser = ["keep", "clear"])]
    on_empty_cell: Option<String>,
    /// Whether an invalid value is dropped or rejects the row
    #[arg(long, value_parser = ["drop_value", "reject"])]
    on_invalid_value: Option<String>,
    /// Whether an identifier that belongs to another customer is skipped or rejects the row
    #[arg(long, value_parser = ["skip_identifier", "reject"])]
    on_conflict: Option<String>,
    /// Whether a column without any value fails the import or is ignored
    #[arg(long, value_parser = ["fail", "ignore"])]
    on_empty_column: Option<String>,
    /// Whether a typed column in which no value can be read fails the import or is ignored
    #[arg(long, value_parser = ["fail", "ignore"])]
    on_unreadable_column: Option<String>,
    /// Whether a row that only a weaker identifier ties to a customer, and whose stronger one differs, is about somebody
    /// else, updates the customer, or is rejected
    #[arg(long, value_parser = ["separate", "update", "reject"])]
    on_weak_match: Option<String>,
    /// Whether an identifier such as NULL is dropped or taken at its word
    #[arg(long, value_parser = ["drop", "keep"])]
    on_placeholder: Option<String>,
    /// Fail once at least 100 rows are counted and more than this share of them is rejected, from 0 to 1
    #[arg(long, value_name = "SHARE")]
    max_rejected_ratio: Option<f64>,
    /// Read this header as a column of another name; with :if_blank its values fill only what is empty, with :never they
    /// are not written
    #[arg(long, value_name = "HEADER=COLUMN[:WRITE]")]
    map: Vec<String>,
    /// Leave this header's cells out
    #[arg(long, value_name = "HEADER")]
    skip: Vec<String>,
    /// Leave out every column that Muster does not know
    #[arg(long)]
    skip_unknown: bool,
    /// Upload in parts, a few at a time; files over 5 GB always are
    #[arg(long)]
    multipart: bool,
}

impl Settings {
    /// The body of `POST /imports` for a file of `size` bytes, without its checksum.
    pub(crate) fn request(&self, size: u64) -> anyhow::Result<Json> {
        let name = self.file.file_name().map(|name| name.to_string_lossy().into_owned()).unwrap_or_default();
        let mut body = json!({ "file": { "name": name, "size": size }, "settings": {} });
        for (field, value) in [
            ("definition", &self.definition),
            ("description", &self.description),
            ("encoding", &self.encoding),
            ("delimiter", &self.delimiter),
            ("default_region", &self.region),
            ("date_format", &self.date_format),
            ("mode", &self.mode),
            ("on_empty_cell", &self.on_empty_cell),
            ("on_invalid_value", &self.on_invalid_value),
            ("on_conflict", &self.on_conflict),
            ("on_empty_column", &self.on_empty_column),
            ("on_unreadable_column", &self.on_unreadable_column),
            ("on_weak_match", &self.on_weak_match),
            ("on_placeholder", &self.on_placeholder),
            ("quote", &self.quote),
            ("escape", &self.escape),
            ("decimal_mark", &self.decimal_mark),
            ("time_zone", &self.time_zone),
        ] {
            if let Some(value) = value {
                body[field] = value.as_str().into();
            }
        }
        if let Some(line) = self.header_line {
            body["header_line"] = line.into();
        }
        if !self.null_tokens.is_empty() {
            body["null_tokens"] = self.null_tokens.clone().into();
        }
        if self.skip_unknown {
            body["on_unknown_column"] = "ignore".into();
        }
        if self.multipart {
            body["file"]["multipart"] = true.into();
        }
        if let Some(ratio) = self.max_rejected_ratio {
            body["max_rejected_ratio"] = ratio.into();
        }
        for (field, value) in [("api_endpoint", &self.api_endpoint), ("touchpoint", &self.touchpoint)] {
            if let Some(value) = value {
                body["settings"][field] = value.as_str().into();
            }
        }
        if let Some(segment) = &self.segment {
            body["settings"]["segment"] = match segment.split_once('/') {
                Some((group, name)) => json!({ "group": group, "name": name, "create": true }),
                None => json!({ "name": segment, "create": true }),
            };
        }
        if let Some(action) = &self.source_action {
            body["settings"]["source_action"] = json!({ "name": action, "create": true });
        }
        for pair in &self.map {
            let (header, column) =
                pair.rsplit_once('=').with_context(|| format!("--map {pair}: write HEADER=COLUMN"))?;
            body["columns"][header] = match column.rsplit_once(':') {
                Some((column, write)) => json!({ "column": column, "write": write }),
                None => column.into(),
            };
        }
        for header in &self.skip {
            body["columns"][header] = Json::Null;
        }
        Ok(body)
    }
}

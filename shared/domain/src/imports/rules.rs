//! The rules that follow from an import's settings: how its file is read, and how its cells are.

use jiff::Timestamp;

use super::request::{CatalogueAtLaunch, ImportRequest};
use super::settings::{OnEmptyCell, OnEmptyColumn, OnInvalidValue};
use crate::plan::{Checked, MAX_ROWS, ReadOptions};
use crate::row::{DateFormat, Region, Rules};

/// How the cells of an import launched at this moment are read, as far as the settings say.
fn rules(request: &ImportRequest, launched: Timestamp) -> Rules {
    Rules {
        default_region: request.default_region.as_deref().and_then(Region::parse),
        date_format: request.date_format.as_deref().and_then(DateFormat::parse),
        decimal_comma: request.decimal_mark.as_deref() == Some(","),
        clear_empty: request.on_empty_cell == OnEmptyCell::Clear,
        reject_invalid: request.on_invalid_value == OnInvalidValue::Reject,
        launched,
    }
}

/// How the cells of a checked file are read. A date format that the check found is used if the settings name none.
pub fn row_rules(request: &ImportRequest, launched: Timestamp, checked: &Checked) -> Rules {
    let rules = rules(request, launched);
    Rules { date_format: rules.date_format.or(checked.date_format), ..rules }
}

/// How a file of this length in bytes is read.
pub fn read_options(
    request: &ImportRequest,
    catalogue: &CatalogueAtLaunch,
    launched: Timestamp,
    bytes: u64,
) -> ReadOptions {
    ReadOptions {
        encoding: request.encoding.clone(),
        sha256: request.file.sha256.clone(),
        delimiter: request.delimiter_byte(),
        quote: request.quote_byte(),
        mapping: request.columns.clone(),
        fields: catalogue.fields.clone(),
        ignore_empty_columns: request.on_empty_column == OnEmptyColumn::Ignore,
        rules: rules(request, launched),
        bytes,
        batch_rows: MAX_ROWS,
    }
}

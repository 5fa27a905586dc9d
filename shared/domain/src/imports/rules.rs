//! The rules that follow from an import's settings: how its file is read, and how its cells are.

use jiff::Timestamp;

use super::request::{CatalogueAtLaunch, ImportRequest};
use super::settings::{OnEmptyCell, OnEmptyColumn, OnInvalidValue, OnPlaceholder, OnUnknownColumn, OnUnreadableColumn};
use crate::plan::{Checked, MAX_ROWS, ReadOptions};
use crate::row::{DateFormat, DecimalMark, Region, Rules, Zone};

/// How the cells of an import launched at this moment are read, as far as the settings say.
fn rules(request: &ImportRequest, launched: Timestamp) -> Rules {
    Rules {
        default_region: request.default_region.as_deref().and_then(Region::parse),
        date_format: request.date_format.as_deref().and_then(DateFormat::parse),
        decimal_mark: DecimalMark::parse(&request.decimal_mark),
        decimal_marks: Vec::new(),
        time_zone: Zone::parse(&request.time_zone).unwrap_or_default(),
        null_tokens: request.null_tokens.clone(),
        keep_placeholders: request.on_placeholder == OnPlaceholder::Keep,
        clear_empty: request.on_empty_cell == OnEmptyCell::Clear,
        reject_invalid: request.on_invalid_value == OnInvalidValue::Reject,
        may_begin_a_count: false,
        launched,
    }
}

/// How the cells of a checked file are read. The date format and the decimal marks that the check found are used if the
/// settings name none.
pub fn row_rules(request: &ImportRequest, launched: Timestamp, checked: &Checked) -> Rules {
    let rules = rules(request, launched);
    Rules {
        date_format: rules.date_format.or(checked.date_format),
        decimal_marks: checked.decimal_marks.clone(),
        ..rules
    }
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
        delimiter: request.delimiter(),
        quoting: request.quoting(),
        escape: request.escape,
        header_line: request.header_line,
        mapping: request.columns.clone(),
        fields: catalogue.fields.clone(),
        ignore_empty_columns: request.on_empty_column == OnEmptyColumn::Ignore,
        ignore_unknown_columns: request.on_unknown_column == OnUnknownColumn::Ignore,
        ignore_unreadable_columns: request.on_unreadable_column == OnUnreadableColumn::Ignore,
        has_action: request.settings.source_action.is_some(),
        report: None,
        is_undo: request.undoes.is_some(),
        rules: rules(request, launched),
        bytes,
        batch_rows: MAX_ROWS,
    }
}

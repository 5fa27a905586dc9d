//! The settings with which a report that comes back is read: those of its import, unless others are given.

use super::origin::Origin;
use crate::file::Escape;
use crate::imports::{ImportRequest, OnEmptyColumn};
use crate::plan::Checked;

impl ImportRequest {
    /// These settings for a file that is the report of the import with the settings `before`, whose file was checked so.
    /// A setting that is not the default is taken as given, and wins.
    #[must_use]
    pub fn for_report_of(self, before: &Self, checked: Option<&Checked>, origin: &Origin) -> Self {
        let unset = Self::of_file(self.file.clone());
        // The setting that is given, else that of the import before.
        macro_rules! given {
            ($($field:ident),* $(,)?) => {
                Self {
                    $($field: if self.$field == unset.$field { before.$field.clone() } else { self.$field.clone() },)*
                    ..self.clone()
                }
            };
        }
        let mut merged = given!(
            mode,
            default_region,
            date_format,
            decimal_mark,
            time_zone,
            null_tokens,
            on_empty_cell,
            on_conflict,
            on_invalid_value,
            on_unknown_column,
            on_unreadable_column,
            on_weak_match,
            on_placeholder,
            max_rejected_ratio
        );
        if let Some(checked) = checked {
            // What the whole file showed, a few rows of it may not show.
            merged.date_format = merged.date_format.or(checked.date_format.map(|format| format.pattern().to_owned()));
            if let Some(mark) = checked.decimal_mark().filter(|_| merged.decimal_mark == unset.decimal_mark) {
                merged.decimal_mark = mark.as_char().to_string();
            }
        }
        // A header that was deleted from the report need not be mapped.
        let kept = before.columns.iter().filter(|(header, _)| origin.has_header(header));
        merged.columns = kept.map(|(header, column)| (header.clone(), column.clone())).chain(self.columns).collect();
        let (settings, earlier) = (&mut merged.settings, &before.settings);
        settings.api_endpoint = settings.api_endpoint.take().or_else(|| earlier.api_endpoint.clone());
        settings.touchpoint = settings.touchpoint.take().or_else(|| earlier.touchpoint.clone());
        settings.segment = settings.segment.take().or_else(|| earlier.segment.clone());
        settings.source_action = settings.source_action.take().or_else(|| earlier.source_action.clone());
        // A report is written in a dialect of its own, and has every column of its file.
        Self {
            quote: "\"".to_owned(),
            escape: Escape::None,
            header_line: None,
            on_empty_column: OnEmptyColumn::Ignore,
            ..merged
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn request(settings: &str) -> ImportRequest {
        ImportRequest::parse(format!(r#"{{"file":{{"name":"a"}}{settings}}}"#).as_bytes()).unwrap()
    }

    #[test]
    fn settings_of_the_import_hold_unless_others_are_given() {
        let before = request(
            r#","default_region":"DE","date_format":"DD.MM.YYYY","encoding":"windows-1251","quote":"none","header_line":3,
            "columns":{"Kundennr":"external_id","Notizen":null},"settings":{"segment":{"name":"May"},"touchpoint":"Shop"}"#,
        );
        let origin = Origin::of(b"Kundennr,_import\nK1,01K\n", true).unwrap();
        let given = request(r#","default_region":"GB","settings":{"touchpoint":"Desk"}"#);
        let merged = given.for_report_of(&before, None, &origin);
        let expected = request(
            r#","default_region":"GB","date_format":"DD.MM.YYYY","quote":"\"","on_empty_column":"ignore",
            "columns":{"Kundennr":"external_id"},"settings":{"segment":{"name":"May"},"touchpoint":"Desk"}"#,
        );
        assert_eq!(merged, expected);
    }
}

//! The start of a file: how it writes its records, and its header.

use super::Planner;
use crate::codes::FileCode;
use crate::columns::{
    KnownHeaders, Layout, MAX_HEADER, is_same_header, known_columns, read_header, read_known_headers,
};
use crate::file::{Content, HeaderSearch, Quoting, Record, delimiter};
use crate::problems::FileProblem;
use crate::report::{is_import_column, is_report};
use crate::row::trimmed;

impl Planner {
    /// Finds out how the file writes its records, as far as the settings do not say.
    pub(super) fn settle_dialect(&mut self, last: bool) {
        let known = KnownHeaders::new(&self.options.mapping);
        let text = self.scanner.buffer();
        if let Some(kind) = Content::of_text(text) {
            self.check.add(FileCode::NotCsv, None, None, None, Content::refusal(kind));
            self.over = true;
            return;
        }
        let first = text.split(['\r', '\n']).next().unwrap_or_default();
        let named = delimiter::named(first);
        if self.options.quoting.is_none() {
            let header = if named.is_some() { text[first.len()..].trim_start() } else { text };
            self.dialect.quoting = Quoting::Between(delimiter::quote(header));
        }
        if !self.is_settled {
            let text = self.scanner.buffer();
            let find = || delimiter::find(text, self.dialect, last, &|name| known.contains(name));
            self.dialect.delimiter = named.unwrap_or_else(find);
            self.is_settled = true;
        }
    }

    /// Takes a record up to the header.
    pub(super) fn head(&mut self, cells: &[&str], record: Record<'_>) {
        self.head_records += 1;
        if self.has_bad_bytes(record) {
            self.name_bad_cells(None, cells, record);
            self.passes_over = true;
        } else if record.text.len() > MAX_HEADER {
            let message = "The header row is larger than 64 KiB. Shorten the names of its columns.".to_owned();
            self.check.add(FileCode::RowTooLarge, Some(0), Some(record.line), None, message);
            self.over = true;
        } else if let Some(mut search) = self.search.take() {
            let known = KnownHeaders::new(&self.options.mapping);
            if search.record(cells, record.line, &|name| known.contains(name)) {
                self.refuse_head(&search);
            } else {
                self.search = Some(search);
            }
        } else if delimiter::named(record.text).is_none() {
            self.header(cells, record);
        }
    }

    fn header(&mut self, cells: &[&str], record: Record<'_>) {
        if let Some(stray) = record.stray {
            let message = format!(
                "In the header, the quote on line {} has text after it, where the name should end. Double it if it is part of the name, or remove it; if quotes are plain characters in this file, set `quote` to `none`.",
                stray.line
            );
            self.check.add(FileCode::StrayQuote, Some(0), Some(stray.line), None, message);
            self.over = true;
            return;
        }
        let known = KnownHeaders::new(&self.options.mapping);
        if let Some(glimpse) = &mut self.glimpse {
            glimpse.header(cells, record.line);
        }
        let read = self.read_header(cells, record.line);
        let read = if self.tolerates() { read.or_else(|found| self.known_part(cells).ok_or(found)) } else { read };
        match read {
            Ok(layout) => {
                self.check.header(&layout, &self.options.rules, cells.len());
                self.import_column = layout.header.iter().position(|header| is_import_column(header));
                match &self.options.report {
                    Some(report) if report.is_known => {}
                    None if !is_report(&layout.header) => {}
                    report => self.check.unknown_report(record.line, report.is_some()),
                }
                self.layout = Some(layout);
            }
            Err(_) if self.options.header_line.is_none() && !cells.iter().any(|cell| known.contains(cell)) => {
                self.search = Some(HeaderSearch::new(cells, record.line));
            }
            Err(problems) => {
                self.check.add_all(problems);
                self.over = true;
            }
        }
    }

    fn read_header(&self, cells: &[&str], line: u64) -> Result<Layout, Vec<FileProblem>> {
        let (mapping, fields) = (&self.options.mapping, &self.options.fields);
        if self.options.ignore_unknown_columns {
            read_known_headers(cells, line, mapping, fields)
        } else {
            read_header(cells, line, mapping, fields)
        }
    }

    /// The columns of a header that is not sound, as far as they are known.
    fn known_part(&self, cells: &[&str]) -> Option<Layout> {
        known_columns(cells, &self.options.mapping, &self.options.fields, self.options.ignore_unknown_columns)
    }

    /// Refuses a file whose first record names no column.
    pub(super) fn refuse_head(&mut self, search: &HeaderSearch) {
        let code =
            if self.options.ignore_unknown_columns { FileCode::NoIdentifierColumn } else { FileCode::UnknownColumn };
        let cells: Vec<&str> = search.cells.iter().map(String::as_str).collect();
        match (search.problem(code), self.read_header(&cells, search.line)) {
            (Some(problem), _) => self.check.add_all([problem]),
            (None, Err(problems)) => self.check.add_all(problems),
            (None, Ok(_)) => {}
        }
        self.over = true;
    }
}

/// Whether a record is the header again.
pub(crate) fn is_header(cells: &[&str], layout: &Layout) -> bool {
    // Rows that begin with another letter are told apart without comparing names.
    if let (Some([first, ..]), Some([header, ..])) =
        (cells.first().map(|cell| cell.as_bytes()), layout.header.first().map(|header| header.as_bytes()))
        && first.is_ascii_alphanumeric()
        && header.is_ascii_alphanumeric()
        && !first.eq_ignore_ascii_case(header)
    {
        return false;
    }
    let letter = |text: &str| trimmed(text).chars().next().map(|letter| letter.to_ascii_lowercase());
    let may_be = cells.first().map(|cell| letter(cell)) == layout.header.first().map(|header| letter(header));
    may_be
        && cells.len() == layout.header.len()
        && cells.iter().zip(&layout.header).all(|(cell, header)| is_same_header(cell, header))
}

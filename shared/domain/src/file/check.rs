//! What is wrong with a file, record by record.

use serde::{Deserialize, Serialize};

use super::damage::Damage;
use super::dialect::Dialect;
use super::identifier_notices::IdentifierNotices;
use super::notices::Notices;
use super::placeholder_values::PlaceholderValues;
use super::plausibility::{Plausibility, Reading};
use super::reader::MAX_CELL;
use super::scanner::StrayQuote;
use super::stray_quotes;
use super::typed_columns::{Found, TypedColumns};
use super::unreadable_identifiers::{self, UnreadableIdentifiers};
use super::widths::{Kind, Widths};
use crate::codes::{FileCode, NoticeCode};
use crate::columns::{ColumnId, Layout};
use crate::problems::{FileProblem, MAX_NOTICES, MAX_PROBLEMS, Notice};
use crate::row::{Identifier, IdentifierKey, Rules, Slot, trimmed};
use crate::wording::quoted;

/// Rows that the summary of a file shows, and the most bytes of text that such a row may have.
const FIRST_ROWS: usize = 5;
const MAX_FIRST_ROW: usize = 4 * 1024;

/// One of the first rows of a file, as written.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct FirstRow {
    /// Its number.
    pub row: u64,
    /// Its physical line.
    pub line: u64,
    /// Its cells.
    pub cells: Vec<String>,
}

/// What is wrong with a file that is not sound.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FailedCheck {
    /// The problems in file order, up to [`MAX_PROBLEMS`].
    pub problems: Vec<FileProblem>,
    /// How many problems there are in all.
    pub total: u64,
}

/// What the check of a sound file found.
pub(crate) struct Summary {
    /// How many values each column has.
    pub(crate) filled: Vec<u64>,
    /// What is strange, up to a limit.
    pub(crate) notices: Vec<Notice>,
    /// How many notices there are in all.
    pub(crate) notices_total: u64,
    /// Its first rows.
    pub(crate) first_rows: Vec<FirstRow>,
}

/// How the end of a file is judged.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Judging {
    /// Whether columns without a value are left out.
    pub(crate) ignore_empty: bool,
    /// Whether values that cannot be read are dropped, even if a column has no other ones.
    pub(crate) ignore_unreadable: bool,
    /// Whether this is the end of the file, and not only of its beginning: what follows might give an empty column a value,
    /// or decide how dates are written.
    pub(crate) is_whole: bool,
}

/// The check so far.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
pub(crate) struct Check {
    problems: Vec<FileProblem>,
    total: u64,
    filled: Vec<u64>,
    damage: Damage,
    plausibility: Plausibility,
    first_rows: Vec<FirstRow>,
    typed: TypedColumns,
    typed_notices: Vec<Notice>,
    identifiers: IdentifierNotices,
    unreadable: UnreadableIdentifiers,
    placeholders: PlaceholderValues,
    widths: Widths,
    notices: Notices,
    /// Whether a line has another number of cells than the header if quotes mean nothing.
    needs_quotes: bool,
    /// Whether nobody can say which cells a record has.
    has_unclear_cells: bool,
}

/// A record as the check sees it.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Seen<'a> {
    /// Its number.
    pub(crate) row: u64,
    /// Its physical line.
    pub(crate) line: u64,
    /// Its text.
    pub(crate) text: &'a str,
    /// Its cells.
    pub(crate) cells: &'a [&'a str],
    /// The place of a cell that has a quote in it without being between quotes.
    pub(crate) quote_in_cell: Option<usize>,
    /// A quote after which a cell should end, and does not.
    pub(crate) stray: Option<StrayQuote>,
}

/// What is known of a record that has another width than the header.
fn kind(layout: &Layout, dialect: Dialect, rules: &Rules, seen: &Seen<'_>) -> Kind {
    let width = layout.columns.len();
    if let [only] = seen.cells
        && width > 1
        && dialect.quote().is_some_and(|quote| seen.text.as_bytes().first() == Some(&quote))
        && only.split(dialect.delimiter).count() == width
    {
        return Kind::QuotedLine;
    }
    let names_somebody = |(column, cell): (&Option<ColumnId>, &&str)| {
        let cell = trimmed(cell);
        let read = |slot: &Slot| Identifier::parse(slot, cell, rules.default_region).is_ok();
        match column {
            Some(ColumnId::Email) => read(&Slot::Email),
            Some(ColumnId::Phone) => read(&Slot::Phone),
            // Any word of a footer could be an id.
            Some(ColumnId::ExternalId(_)) => {
                cell.bytes().any(|byte| byte.is_ascii_digit()) && !cell.contains(char::is_whitespace)
            }
            _ => false,
        }
    };
    if layout.columns.iter().zip(seen.cells).any(names_somebody) { Kind::Customer } else { Kind::Any }
}

impl Check {
    /// Takes the header, which was written with so many cells.
    pub(crate) fn header(&mut self, layout: &Layout, rules: &Rules, written: usize) {
        self.filled = vec![0; layout.columns.len()];
        self.widths = Widths::of_header(layout.columns.len(), written);
        self.damage = Damage::new(layout);
        self.typed = TypedColumns::new(layout, rules);
        self.unreadable = UnreadableIdentifiers::new(layout);
        self.placeholders = PlaceholderValues::new(layout);
    }

    pub(crate) fn record(&mut self, layout: &Layout, dialect: Dialect, rules: &Rules, seen: &Seen<'_>) {
        let Seen { row, line, text, cells, .. } = *seen;
        if self.has_unclear_quotes(layout, dialect, seen)
            || !self.widths.add(row, line, cells, || kind(layout, dialect, rules, seen))
        {
            return;
        }
        if let Some(place) = seen.quote_in_cell
            && layout.columns.get(place).is_some_and(Option::is_some)
        {
            let header = layout.header.get(place).map_or("", String::as_str);
            let message = "A quote stands inside a cell that is not between quotes. It was kept as text.";
            self.notices.add(NoticeCode::QuoteInCell, row, line, header, message);
        }
        self.plausibility.record(layout, row, line, text, cells);
        let has_nul = memchr::memchr(0, text.as_bytes()).is_some();
        for (position, cell) in cells.iter().enumerate() {
            let value = trimmed(cell);
            let has_value = !value.is_empty() && !rules.is_null(value);
            if has_value {
                self.filled[position] += 1;
            } else if !has_nul {
                continue;
            }
            if layout.columns[position].is_none() {
                continue;
            }
            let column = layout.header.get(position).map(String::as_str);
            if has_nul && cell.contains('\0') {
                let message = "The cell has a NUL character, which no text has. Save the file again as CSV.".to_owned();
                self.add(FileCode::NulByte, Some(row), Some(line), column, message);
            }
            if cell.len() > MAX_CELL {
                let message =
                    format!("The cell has {} bytes; 64 KiB are the most. A quote may be missing.", cell.len());
                self.add(FileCode::CellTooLarge, Some(row), Some(line), column, message);
            }
            if has_value {
                self.damage.cell(position, cell, row, line);
            }
        }
        self.typed.record(cells, rules, row, line);
        if self.first_rows.len() < FIRST_ROWS && text.len() <= MAX_FIRST_ROW {
            let cells = cells.iter().map(|cell| (*cell).to_owned()).collect();
            self.first_rows.push(FirstRow { row, line, cells });
        }
    }

    /// Whether nobody can say which cells the record has, because of its quotes. It is a problem then.
    fn has_unclear_quotes(&mut self, layout: &Layout, dialect: Dialect, seen: &Seen<'_>) -> bool {
        let Seen { row, line, text, cells, .. } = *seen;
        let Some(quote) = dialect.quote().filter(|quote| memchr::memchr(*quote, text.as_bytes()).is_some()) else {
            self.needs_quotes |= cells.len() != layout.columns.len();
            return false;
        };
        self.needs_quotes |= !stray_quotes::fits_without_quotes(text, dialect, layout.columns.len());
        let (place, at, what) = if let Some(stray) = seen.stray {
            let after = text.get(stray.at + 1..).and_then(|rest| rest.trim_start().chars().next()).unwrap_or_default();
            let what = format!("the quote on line {} has “{after}” after it, where the cell should end", stray.line);
            (stray_quotes::cell_of(text, stray, dialect), stray.line, what)
        } else if let Some((place, ended)) = stray_quotes::swallowing_cell(text, cells, layout, dialect) {
            let at = line + ended;
            (place, at, format!("up to the quote on line {at} there are whole rows of other customers"))
        } else {
            return false;
        };
        let is_escaped = seen.stray.is_some_and(|stray| text.as_bytes()[..stray.at].ends_with(b"\\"));
        let quote = char::from(quote);
        let cure = if is_escaped {
            "The file writes a quote inside a cell as \\\": set `escape` to `backslash`.".to_owned()
        } else if !self.needs_quotes {
            format!(
                "Without quotes every line so far has the right number of cells: set `quote` to `none` if quotes are plain characters in this file, or double them ({quote}{quote})."
            )
        } else {
            format!("Double it ({quote}{quote}) if it is part of the text, or remove it.")
        };
        let message = format!("The cell begins with a quote, and {what}. {cure}");
        let column = layout.header.get(place).map(String::as_str);
        self.add(FileCode::StrayQuote, Some(row), Some(at), column, message);
        self.has_unclear_cells = true;
        true
    }

    /// Notes that the file is the report of an import that is not known, or that nothing names.
    pub(crate) fn unknown_report(&mut self, line: u64, is_named: bool) {
        let message = if is_named {
            "The file is the report of an import that is not known here, so the settings of that import are not used. Give them again: mapping, region, date format, segment and action."
        } else {
            "The file is the report of an import, and its column `_import` does not name it, so the settings of that import are not used. Fill that column in, or give them again: mapping, region, date format, segment and action."
        };
        self.notices.add(NoticeCode::UnknownReport, 0, line, "_import", message);
    }

    /// Notes that the times of actions in the file are of no action, if none is named.
    pub(crate) fn action_times(&mut self, layout: &Layout) {
        let filled = |column| {
            let place = layout.position(column)?;
            self.filled.get(place).filter(|count| **count > 0).map(|count| (place, *count))
        };
        let Some((place, count)) = filled(&ColumnId::ActionAt) else { return };
        let is_filled = |row: &&FirstRow| row.cells.get(place).is_some_and(|cell| !cell.trim().is_empty());
        let (row, line) = self.first_rows.iter().find(is_filled).map_or((0, 0), |row| (row.row, row.line));
        if filled(&ColumnId::SourceAction).is_none() {
            let message = "The column says when an action happened, and nothing says which: no column of the file, and not the settings. The times are read and not kept. Set `source_action`, or leave the column out by mapping it to nothing.";
            let header = layout.header.get(place).map_or("", String::as_str);
            self.typed_notices.push(Notice {
                code: NoticeCode::ActionMissing,
                row,
                line,
                column: quoted(header).into_owned(),
                count,
                message: message.to_owned(),
            });
        }
    }

    /// Notes a record that is the header again.
    pub(crate) fn repeated_header(&mut self, layout: &Layout, row: u64, line: u64) {
        let header = layout.header.first().map_or("", String::as_str);
        let message = "The header stands here again, as in files that were joined. It was left out.";
        self.notices.add(NoticeCode::RepeatedHeader, row, line, header, message);
    }

    /// Whether every line so far has the header's number of cells if quotes mean nothing, and this text, too.
    pub(crate) fn needs_no_quotes(&self, layout: &Layout, dialect: Dialect, text: &str) -> bool {
        !self.needs_quotes && stray_quotes::fits_without_quotes(text, dialect, layout.columns.len())
    }

    /// Notes what is strange about the values of a sound record, whose valid identifiers these are.
    pub(crate) fn note(
        &mut self,
        (layout, rules): (&Layout, &Rules),
        (row, line): (u64, u64),
        cells: &[&str],
        identifiers: &[IdentifierKey],
    ) {
        self.identifiers.row(layout, row, line, cells, identifiers);
        self.unreadable.row((layout, rules), (row, line), cells, identifiers);
        self.placeholders.row(layout, rules, row, line, cells);
    }

    /// Judges what only the whole file shows; gives what it shows about how values are written.
    pub(crate) fn end(&mut self, layout: &mut Layout, rows: u64, judging: Judging) -> Found {
        let Judging { ignore_empty, ignore_unreadable, is_whole } = judging;
        if rows == 0 && is_whole {
            let message = "The file has a header and no rows below it.".to_owned();
            self.add(FileCode::NoRows, None, None, None, message);
            return Found::default();
        }
        let (misfits, misfits_total) = std::mem::take(&mut self.widths).problems(is_whole);
        if misfits_total > 0 || self.has_unclear_cells {
            // What the other records show of columns would be said without these.
            self.total += misfits_total - misfits.len() as u64;
            self.add_all(misfits);
            self.problems.sort_by_key(|problem| (problem.line, problem.row));
            if is_whole {
                return Found::default();
            }
            return std::mem::take(&mut self.typed).judge(layout, true, false).found;
        }
        for position in 0..layout.columns.len() {
            if !is_whole || layout.columns[position].is_none() || self.filled[position] > 0 {
                continue;
            }
            if ignore_empty {
                layout.columns[position] = None;
                continue;
            }
            let header = layout.header[position].clone();
            let message = format!(
                "The column “{}” has no value in any row. Remove it, leave it out by mapping it to nothing, or import with `on_empty_column` `ignore`.",
                quoted(&header)
            );
            self.add(FileCode::EmptyColumn, None, None, Some(&header), message);
        }
        let mut judged = std::mem::take(&mut self.typed).judge(layout, ignore_unreadable, is_whole);
        let identifiers: Vec<_> = std::mem::take(&mut self.unreadable).into_columns().collect();
        let values =
            |column: &unreadable_identifiers::Column| self.filled[column.position].saturating_sub(column.without_value);
        // If no identifier of the file can be read, each of its rows is rejected, and nothing is lost without a word.
        let names_somebody = identifiers.iter().any(|column| values(column) > column.unreadable);
        for column in identifiers {
            let values = values(&column);
            judged.add_identifiers(layout, column, values, ignore_unreadable || !names_somebody || !is_whole);
        }
        self.add_all(judged.problems);
        self.typed_notices = judged.notices;
        judged.found
    }

    pub(crate) fn add(
        &mut self,
        code: FileCode,
        row: Option<u64>,
        line: Option<u64>,
        column: Option<&str>,
        message: String,
    ) {
        self.add_all([FileProblem { code, row, line, column: column.map(ToOwned::to_owned), message }]);
    }

    pub(crate) fn add_all(&mut self, problems: impl IntoIterator<Item = FileProblem>) {
        for problem in problems {
            self.total += 1;
            if self.problems.len() < MAX_PROBLEMS {
                self.problems.push(problem.shortened());
            }
        }
    }

    pub(crate) const fn has_problems(&self) -> bool {
        self.total > 0 || self.widths.has_misfits()
    }

    pub(crate) fn take_failed(&mut self) -> FailedCheck {
        FailedCheck { problems: std::mem::take(&mut self.problems), total: self.total }
    }

    /// The name of an encoding of seven bits that the file is in, whose text was taken for plain text.
    pub(crate) fn disguise(&self) -> Option<&'static str> {
        self.plausibility.disguise()
    }

    /// Whether a problem of this code was found.
    pub(crate) fn has(&self, code: FileCode) -> bool {
        self.problems.iter().any(|problem| problem.code == code)
    }

    /// Leaves what was found before the first bytes that are no UTF-8, and of those only the first, with this message:
    /// what was found behind them may be wrong, as the file is in another encoding.
    pub(crate) fn blame_encoding(&mut self, message: String) {
        self.keep_to_first_undecodable();
        if let Some(first) = self.problems.last_mut().filter(|problem| problem.code == FileCode::UndecodableBytes) {
            first.message = message;
        }
    }

    /// Leaves what was found up to the first bytes that are no UTF-8.
    pub(crate) fn keep_to_first_undecodable(&mut self) {
        let first = self.problems.iter().position(|problem| problem.code == FileCode::UndecodableBytes);
        if let Some(first) = first {
            self.problems.truncate(first + 1);
            self.total = first as u64 + 1;
        }
    }

    /// In how many rows so far each column has a value.
    pub(crate) fn filled(&self) -> &[u64] {
        &self.filled
    }

    pub(crate) fn into_summary(self, layout: &Layout, reading: &Reading) -> Summary {
        // In a file that is UTF-8 it was another program that read the text wrongly, and naming an encoding would spoil it.
        let is_utf8 = reading.encoding.eq_ignore_ascii_case("utf-8");
        let has_mojibake = is_utf8 && self.damage.notices(layout).any(|notice| notice.code == NoticeCode::Mojibake);
        let is_beside_it = |notice: &Notice| has_mojibake && notice.code == NoticeCode::EncodingUncertain;
        let of_encoding = self.plausibility.notices(layout, reading).filter(|notice| !is_beside_it(notice));
        // In a file of UTF-8 that was set to another encoding, the setting is what spoils the text.
        let is_set_wrong = |notice: &Notice| reading.is_utf8 && notice.code == NoticeCode::Mojibake;
        let damage = self.damage.notices(layout).filter(|notice| !is_set_wrong(notice));
        let of_identifiers = self.identifiers.notices(layout).chain(self.placeholders.notices(layout));
        let of_file = of_encoding.chain(self.notices).chain(self.typed_notices);
        let mut notices: Vec<Notice> = of_file.chain(damage).chain(of_identifiers).collect();
        let notices_total = notices.len() as u64;
        notices.truncate(MAX_NOTICES);
        Summary { filled: self.filled, notices, notices_total, first_rows: self.first_rows }
    }
}

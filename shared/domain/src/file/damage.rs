//! What spreadsheets do to a file: cells that are not what somebody typed any more. Each kind is named once a column.

use serde::{Deserialize, Serialize};

use super::first_seen::FirstSeen;
use super::floats::Floats;
use crate::codes::NoticeCode;
use crate::columns::{ColumnId, Layout};
use crate::problems::Notice;
use crate::row::{is_spreadsheet_error, trimmed};
use crate::wording::quoted;

/// Longest id whose length is counted, in digits.
const MAX_LENGTH: usize = 20;

/// The lengths of the ids in a column. A spreadsheet dropped leading zeros if most ids have one length, some are
/// shorter, no id begins with a zero, and the ids do not simply count upwards.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
struct Lengths {
    by_length: [FirstSeen; MAX_LENGTH],
    last: u128,
    counts_upwards: bool,
    has_other: bool,
}

impl Default for Lengths {
    fn default() -> Self {
        Self { by_length: [FirstSeen::default(); MAX_LENGTH], last: 0, counts_upwards: true, has_other: false }
    }
}

impl Lengths {
    fn add(&mut self, cell: &str, row: u64, line: u64) {
        let plain = cell.len() <= MAX_LENGTH && !cell.starts_with('0');
        match cell.parse::<u128>().ok().filter(|_| plain && cell.bytes().all(|byte| byte.is_ascii_digit())) {
            Some(number) => {
                self.by_length[cell.len() - 1].add(row, line);
                self.counts_upwards &= number > self.last;
                self.last = number;
            }
            None => self.has_other = true,
        }
    }

    /// The first id that is shorter than most, and how many such ids there are.
    fn shorter(&self) -> Option<FirstSeen> {
        let longest = self.by_length.iter().rposition(|seen| seen.count > 0)?;
        let shorter = &self.by_length[..longest];
        let count: u64 = shorter.iter().map(|seen| seen.count).sum();
        let lost = !self.has_other && !self.counts_upwards && longest >= 3 && count > 0;
        let first = shorter.iter().filter(|seen| seen.count > 0).min_by_key(|seen| seen.row)?;
        (lost && count < self.by_length[longest].count).then_some(FirstSeen { count, ..*first })
    }
}

/// What was found in one column.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
struct Column {
    dated: bool,
    scientific: FirstSeen,
    serial: FirstSeen,
    error: FirstSeen,
    mojibake: FirstSeen,
    replaced: FirstSeen,
    lengths: Option<Box<Lengths>>,
    floats: Option<Floats>,
}

/// What was found in the file so far.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Damage(Vec<Column>);

impl Damage {
    pub(crate) fn new(layout: &Layout) -> Self {
        let column = |column: &Option<ColumnId>| Column {
            dated: column.as_ref().is_some_and(|column| column.kind().is_dated()),
            lengths: column.as_ref().is_some_and(has_fixed_length).then(Box::default),
            floats: column.as_ref().is_some_and(has_fixed_length).then(Floats::default),
            ..Column::default()
        };
        Self(layout.columns.iter().map(column).collect())
    }

    /// Looks at a cell that is not empty.
    pub(crate) fn cell(&mut self, position: usize, cell: &str, row: u64, line: u64) {
        let Some(column) = self.0.get_mut(position) else { return };
        let cell = trimmed(cell);
        match cell.as_bytes().first() {
            Some(b'0'..=b'9' | b'+' | b'-') if is_scientific(cell) => column.scientific.add(row, line),
            Some(b'1'..=b'6') if column.dated && cell.len() == 5 && cell.bytes().all(|byte| byte.is_ascii_digit()) => {
                column.serial.add(row, line);
            }
            Some(b'#' | b'E' | b'e') if is_spreadsheet_error(cell) => column.error.add(row, line),
            _ => {}
        }
        if let Some(lengths) = &mut column.lengths {
            lengths.add(cell, row, line);
        }
        if let Some(floats) = &mut column.floats {
            floats.add(cell, row, line);
        }
        if !cell.is_ascii() {
            if cell.contains('\u{fffd}') {
                column.replaced.add(row, line);
            } else if is_mojibake(cell) {
                column.mojibake.add(row, line);
            }
        }
    }

    /// A notice for each kind of damage in each column.
    pub(crate) fn notices<'a>(&'a self, layout: &'a Layout) -> impl Iterator<Item = Notice> + 'a {
        self.0.iter().zip(&layout.header).flat_map(|(column, header)| {
            let shorter = column.lengths.as_ref().and_then(|lengths| lengths.shorter()).unwrap_or_default();
            let float = column.floats.as_ref().map(Floats::found).unwrap_or_default();
            let found = [
                (NoticeCode::ScientificNotation, SCIENTIFIC, column.scientific),
                (NoticeCode::LostLeadingZeros, SHORTER, shorter),
                (NoticeCode::NumberBecameFloat, FLOAT, float),
                (NoticeCode::DateSerial, SERIAL, column.serial),
                (NoticeCode::SpreadsheetError, ERROR, column.error),
                (NoticeCode::Mojibake, MOJIBAKE, column.mojibake),
                (NoticeCode::Mojibake, REPLACED, column.replaced),
            ];
            found.into_iter().filter(|(_, _, seen)| seen.count > 0).map(|(code, message, seen)| Notice {
                code,
                row: seen.row,
                line: seen.line,
                column: quoted(header).into_owned(),
                count: seen.count,
                message: message.to_owned(),
            })
        })
    }
}

const SCIENTIFIC: &str = "A spreadsheet wrote a long number as 4.2E+11 and lost its last digits. Format the column as text in the source, enter the numbers again, and save as CSV.";
const SHORTER: &str = "Most values of this column are of one length and some are shorter: a spreadsheet may have dropped zeros in front. Compare with the source; import the column as text.";
const FLOAT: &str = "A program took these numbers for quantities and wrote 1001 as 1001.0. They are stored as they stand, so an id meets no customer with the id 1001. Export the column as text from the source.";
const SERIAL: &str =
    "This is the number by which a spreadsheet counts days. Format the column as a date and save again.";
const ERROR: &str = "A formula of a spreadsheet failed here, or a column was too narrow to show its number. Correct it, or replace formulas by their values, and save again.";
const MOJIBAKE: &str = "This text was read in a wrong encoding once (such as MÃ¼ller for Müller) and saved so. Export it again as UTF-8 from the source.";

const REPLACED: &str = "A program could not read characters of this text and wrote � in their place. Export it again as UTF-8 from the source.";

/// Columns whose values are of one length in most systems.
fn has_fixed_length(column: &ColumnId) -> bool {
    matches!(column, ColumnId::ExternalId(_)) || matches!(column.attribute(), Some("postal_code" | "discount_card"))
}

/// Whether it is a long number as spreadsheets write it: `4.21907E+11`.
fn is_scientific(cell: &str) -> bool {
    let Some(at) = memchr::memchr2(b'E', b'e', cell.as_bytes()) else { return false };
    let mantissa = cell[..at].trim_start_matches(['+', '-']);
    let Some(exponent) = cell[at + 1..].strip_prefix('+') else { return false };
    let digits = |text: &str| !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
    digits(exponent) && mantissa.split(['.', ',']).count() <= 2 && mantissa.split(['.', ',']).all(digits)
}

/// Whether it is UTF-8 that was read as windows-1252.
fn is_mojibake(cell: &str) -> bool {
    let mut letters = cell.chars().peekable();
    while let Some(letter) = letters.next() {
        // A mark on the letter is a part of it, as windows-1258 writes Vietnamese.
        let next_is_foreign = letters.peek().is_some_and(|next| {
            !next.is_ascii() && !next.is_alphabetic() && !('\u{300}'..='\u{36f}').contains(next) || *next == '\u{192}'
        });
        if matches!(letter, 'Ã' | 'Â' | 'â' | 'Ð' | 'Ñ') && next_is_foreign {
            return true;
        }
    }
    false
}

#[cfg(test)]
mod tests {
    use super::super::check::{Check, Seen};
    use super::super::dialect::Dialect;
    use super::super::plausibility::Reading;
    use super::*;
    use crate::columns::{Mapping, read_header};
    use crate::problems::MAX_NOTICES;
    use crate::row::Rules;

    fn found(header: &str, cells: &[&str]) -> Vec<(NoticeCode, u64, u64)> {
        let layout = read_header(&["email", header], 1, &Mapping::new(), &crate::columns::Fields::new()).unwrap();
        let mut damage = Damage::new(&layout);
        for (row, cell) in (1..).zip(cells) {
            damage.cell(1, cell, row, row + 1);
        }
        damage.notices(&layout).map(|notice| (notice.code, notice.row, notice.count)).collect()
    }

    #[test]
    fn each_damage_is_named_at_its_first_cell() {
        use NoticeCode::{
            DateSerial, LostLeadingZeros, Mojibake, NumberBecameFloat, ScientificNotation, SpreadsheetError,
        };
        for (header, cells, expected) in [
            ("phone", &["+1 201", "4.21907E+11", "4,2E+11"][..], (ScientificNotation, 2, 2)),
            ("birth_date", &["1990-12-31", "33238"], (DateSerial, 2, 1)),
            ("city", &["Rome", "#REF!", "#N/A"], (SpreadsheetError, 2, 2)),
            ("city", &["#WERT!", "#N/D", "Err:502", "########", "#1 Road"], (SpreadsheetError, 1, 4)),
            ("city", &["Rome", "MÃ¼nchen"], (Mojibake, 2, 1)),
            ("city", &["Kﾃｶln", "Kï¿½ln \u{fffd}"], (Mojibake, 2, 1)),
            ("external_id", &["1001.0", "1002", "1003.0"], (NumberBecameFloat, 1, 2)),
            ("postal_code", &["90210", "10115", "1067", "80331"], (LostLeadingZeros, 3, 1)),
            ("discount_card", &["12345.0", "4000120000000000"], (NumberBecameFloat, 1, 1)),
            ("city", &["Rome", "K\u{fffd}ln"], (Mojibake, 2, 1)),
        ] {
            assert_eq!(found(header, cells), [expected], "{header} {cells:?}");
        }
    }

    #[test]
    fn a_damaged_file_of_many_columns_lists_some_and_counts_all() {
        let header: Vec<String> =
            std::iter::once("email".to_owned()).chain((1..1_000).map(|at| format!("external_id.{at}"))).collect();
        let header: Vec<&str> = header.iter().map(String::as_str).collect();
        let layout = read_header(&header, 1, &Mapping::new(), &crate::columns::Fields::new()).unwrap();
        let mut check = Check::default();
        check.header(&layout, &Rules::default(), layout.header.len());
        for (row, cell) in [(1, "#N/A"), (2, "4.2E+11")] {
            let cells = vec![cell; header.len()];
            let seen = Seen { row, line: row + 1, text: "", cells: &cells, quote_in_cell: None, stray: None };
            check.record(&layout, Dialect::delimited_by(','), &Rules::default(), &seen);
        }
        let reading = Reading { encoding: String::new(), is_found: false, is_utf8: false, is_doubtful: false };
        let summary = check.into_summary(&layout, &reading);
        assert_eq!((summary.notices.len(), summary.notices_total), (MAX_NOTICES, 2_000));
    }

    #[test]
    fn utf_8_that_is_read_in_another_encoding_is_not_taken_for_text_that_was_spoiled_before() {
        let header = ["email", "city"];
        let layout = read_header(&header, 1, &Mapping::new(), &crate::columns::Fields::new()).unwrap();
        for (is_utf8, expected) in [(true, NoticeCode::LooksLikeUtf8), (false, NoticeCode::Mojibake)] {
            let mut check = Check::default();
            check.header(&layout, &Rules::default(), layout.header.len());
            for row in 1..4 {
                let cells = ["a@b.de", "KÃ¶ln"];
                let text = "a@b.de,KÃ¶ln";
                let seen = Seen { row, line: row + 1, text, cells: &cells, quote_in_cell: None, stray: None };
                check.record(&layout, Dialect::delimited_by(','), &Rules::default(), &seen);
            }
            let reading = Reading { encoding: "windows-1252".to_owned(), is_found: false, is_utf8, is_doubtful: false };
            let codes: Vec<NoticeCode> =
                check.into_summary(&layout, &reading).notices.into_iter().map(|notice| notice.code).collect();
            assert!(codes.contains(&expected), "{codes:?}");
            assert_eq!(codes.contains(&NoticeCode::Mojibake), !is_utf8, "{codes:?}");
        }
    }

    #[test]
    fn sound_cells_are_left_alone() {
        for (header, cells) in [
            ("external_id", &["7", "8", "9", "10", "11", "1000", "1001", "1002", "1003"][..]),
            ("postal_code", &["90210", "01067", "1067"]),
            ("external_id", &["C-1", "C-22"]),
            ("city", &["São Paulo", "CORAÇÃO", "Ñuñoa", "Санкт-Петербург", "Århus", "Hâ\u{300}", "#1 Road", "12345"]),
            ("company", &["1E+", "E+10", "3M", "«ЦЕНТР»"]),
        ] {
            assert_eq!(found(header, cells), [], "{header} {cells:?}");
        }
    }
}

//! Keeps spreadsheets from running cells. What is added is dropped again when the file is imported.
//!
//! A cell that begins like a formula gets an apostrophe, which spreadsheets show or hide and never run. A spreadsheet
//! that expects another delimiter cuts a cell into parts, and each part may begin like a formula. There an apostrophe
//! could be the cell's own, so such a part gets a character that nobody types.

use std::borrow::Cow;

use crate::row::trimmed;

/// What a spreadsheet takes for the start of a formula, wide forms included: some versions fold them.
const FORMULA: [char; 8] = ['=', '+', '-', '@', '＝', '＋', '－', '＠'];
/// What a spreadsheet may skip before it.
const SKIPPED: [char; 3] = ['\t', '\r', '\n'];
/// Where a spreadsheet with another delimiter cuts a cell. It does not see the quotes around the cell either, so it cuts
/// at line ends as well.
const CUTS: [char; 6] = [',', ';', '|', '\t', '\r', '\n'];
/// The word joiner: it has no width and no meaning between such characters.
const GUARD: char = '\u{2060}';

/// Whether a cell or what follows an apostrophe begins like a formula.
pub(crate) fn begins_like_formula(text: &str) -> bool {
    text.starts_with(FORMULA) || text.starts_with(SKIPPED)
}

/// The cell as it is written, so that no spreadsheet runs it. Reading it gives the cell back.
pub fn guarded(cell: &str) -> Cow<'_, str> {
    let mut guarded = Cow::Borrowed(cell);
    if cell.contains(CUTS) {
        guarded = with_guarded_parts(cell);
    }
    let text = trimmed(cell);
    if begins_like_formula(cell) && !text.is_empty() {
        // Of a cell that begins and ends with an apostrophe none is dropped: it is a quoted word.
        let first = if text.starts_with(FORMULA) && !text.ends_with('\'') { '\'' } else { GUARD };
        guarded.to_mut().insert(0, first);
    }
    guarded
}

fn with_guarded_parts(cell: &str) -> Cow<'_, str> {
    let mut written = String::new();
    let mut copied = 0;
    for (at, cut) in cell.match_indices(CUTS) {
        let part = at + cut.len();
        if cell[part..].trim_start_matches(['"', ' ']).starts_with(FORMULA) {
            written.push_str(&cell[copied..part]);
            written.push(GUARD);
            copied = part;
        }
    }
    if copied == 0 {
        return Cow::Borrowed(cell);
    }
    written.push_str(&cell[copied..]);
    Cow::Owned(written)
}

/// The cell without the guards of its parts.
pub(crate) fn unguarded(cell: &str) -> Cow<'_, str> {
    if !cell.contains(GUARD) {
        return Cow::Borrowed(cell);
    }
    let mut read = String::with_capacity(cell.len());
    let mut rest = cell;
    while let Some(at) = rest.find(GUARD) {
        let (before, after) = (&rest[..at], &rest[at + GUARD.len_utf8()..]);
        read.push_str(before);
        let is_guard = read.ends_with(CUTS) && after.trim_start_matches(['"', ' ']).starts_with(FORMULA);
        if !is_guard {
            read.push(GUARD);
        }
        rest = after;
    }
    read.push_str(rest);
    Cow::Owned(read)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::row::cleaned;

    #[test]
    fn a_cell_that_begins_like_a_formula_gets_an_apostrophe() {
        for cell in ["=1+1", "+49 30", "-5", "@SUM(A1)", "＝1", "＋1", "－1", "＠1"] {
            assert_eq!(guarded(cell), format!("'{cell}"));
        }
        for (cell, expected) in [("\t=1", "'\t\u{2060}=1"), ("\r=1", "'\r\u{2060}=1"), ("\nAnn", "\u{2060}\nAnn")] {
            assert_eq!(guarded(cell), expected);
        }
        for cell in ["", "\t", "Ann", "'=1", "a=1", " =1", "1;2", "a; b", "5 - 3", "a,b|c\td\ne"] {
            assert_eq!(guarded(cell), cell);
        }
    }

    #[test]
    fn no_part_of_a_cell_begins_like_a_formula_for_another_delimiter() {
        for (cell, expected) in [
            ("x;=1+1", "x;\u{2060}=1+1"),
            ("x,\"=1\"", "x,\u{2060}\"=1\""),
            ("x\t -1|@y", "x\t\u{2060} -1|\u{2060}@y"),
            ("x\r\n=1", "x\r\n\u{2060}=1"),
            ("=1;＝2", "'=1;\u{2060}＝2"),
            ("=x'", "\u{2060}=x'"),
        ] {
            assert_eq!(guarded(cell), expected);
        }
    }

    /// What a spreadsheet with another delimiter may make of a cell. It takes quotes off the start of a part; those of the
    /// first part are doubled, as a cell with quotes has quotes around it.
    fn parts(cell: &str) -> impl Iterator<Item = &str> {
        let part = |(at, part): (usize, _)| if at == 0 { part } else { str::trim_start_matches(part, '"') };
        cell.split(CUTS).enumerate().map(part)
    }

    fn text() -> impl Strategy<Value = String> {
        let piece = prop_oneof![
            Just('='),
            Just('+'),
            Just('-'),
            Just('@'),
            Just('＝'),
            Just('\''),
            Just('"'),
            Just(';'),
            Just(','),
            Just('|'),
            Just('\t'),
            Just('\r'),
            Just('\n'),
            Just(' '),
            Just(GUARD),
            Just('1'),
            Just('x'),
            Just('é'),
        ];
        proptest::collection::vec(piece, 0..12).prop_map(|pieces| pieces.into_iter().collect())
    }

    proptest! {
        #[test]
        fn a_guarded_cell_is_read_as_the_cell_itself(cell in text()) {
            let first = guarded(&cell);
            prop_assert_eq!(cleaned(&first), cleaned(&cell));
            let again = guarded(&cell).into_owned();
            let second = guarded(&again);
            prop_assert_eq!(cleaned(&second), cleaned(&cell));
        }

        #[test]
        fn no_part_of_a_guarded_cell_is_a_formula(cell in text()) {
            let written = guarded(&cell).into_owned();
            for part in parts(&written) {
                prop_assert!(!part.starts_with(FORMULA), "{:?} in {:?}", part, written);
            }
        }
    }
}

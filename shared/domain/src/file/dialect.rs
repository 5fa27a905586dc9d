//! How a file writes its records, and how that is found in its first ones.

use serde::{Deserialize, Serialize};

use super::reader::CellReader;
use super::scanner::Scanner;

/// How a file writes its records.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Dialect {
    /// What is between two cells: an ASCII character.
    pub delimiter: u8,
    /// Between what a cell may be that has the delimiter or a line end in it.
    pub quoting: Quoting,
    /// How a quote is written inside quotes.
    pub escape: Escape,
}

/// Whether cells may be between quotes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub enum Quoting {
    /// Between two of this ASCII character.
    Between(u8),
    /// Never: a quote is a character like any other, and every line end ends a record.
    Never,
}

/// How a quote is written inside quotes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Escape {
    /// Only doubled (RFC 4180, 2.7).
    #[default]
    None,
    /// Doubled, or behind a backslash, which makes any character after it a plain one.
    Backslash,
}

impl Dialect {
    /// The dialect of RFC 4180 with this delimiter.
    pub const fn delimited_by(delimiter: u8) -> Self {
        Self { delimiter, quoting: Quoting::Between(b'"'), escape: Escape::None }
    }

    /// The quote character, if there is one.
    pub const fn quote(&self) -> Option<u8> {
        match self.quoting {
            Quoting::Between(quote) => Some(quote),
            Quoting::Never => None,
        }
    }
}

/// Bytes of text from which the delimiter is found.
pub(crate) const SAMPLE: usize = 64 * 1024;
/// The delimiters that are tried, the likelier ones first.
const CANDIDATES: [u8; 4] = [b',', b';', b'\t', b'|'];

/// The delimiter of a file that begins with this text.
pub(crate) fn find(sample: &str, dialect: Dialect, whole: bool) -> u8 {
    let judged =
        CANDIDATES.into_iter().map(|delimiter| (judge(sample, Dialect { delimiter, ..dialect }, whole), delimiter));
    let best = judged.reduce(|best, next| if next.0 > best.0 { next } else { best });
    best.map_or(b',', |(_, delimiter)| delimiter)
}

/// The percentage of records that have as many cells as the first one, and that number of cells. One cell proves
/// nothing.
fn judge(sample: &str, dialect: Dialect, whole: bool) -> (usize, usize) {
    let mut reader = CellReader::new(dialect);
    let mut counts = Vec::new();
    let mut scanner = Scanner::default();
    scanner.push(sample);
    scanner.scan(dialect, whole, &mut |record| {
        counts.push(reader.read(record.text).len());
    });
    match counts.first() {
        Some(&first) if first > 1 => {
            let agree = counts.iter().filter(|count| **count == first).count();
            (agree * 100 / counts.len(), first)
        }
        _ => (0, 0),
    }
}

/// The quote character of a file with this first line: an apostrophe only if the whole header is between apostrophes.
pub(crate) fn quote(first: &str) -> u8 {
    let apostrophes = first.len() > 1 && first.starts_with('\'') && first.ends_with('\'');
    if apostrophes { b'\'' } else { b'"' }
}

/// The delimiter that a first line such as Excel's `sep=;` names.
pub(crate) fn named(first: &str) -> Option<u8> {
    match first.as_bytes() {
        [b's' | b'S', b'e' | b'E', b'p' | b'P', b'=', delimiter] if delimiter.is_ascii() => Some(*delimiter),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_delimiter_is_what_makes_records_alike() {
        for (text, expected) in [
            ("a,b\n1,2\n", b','),
            ("a;b\n\"1,5\";2\n\"3,5\";4\n", b';'),
            ("a\tb\n1,2\t3\n", b'\t'),
            ("a|b\n1|2", b'|'),
            ("email\na@b.de", b','),
            ("name,x;email\nLee, Ann;a\nPoe;b\n", b';'),
        ] {
            assert_eq!(char::from(find(text, Dialect::delimited_by(b','), true)), char::from(expected), "{text}");
        }
        assert_eq!(named("sep=;"), Some(b';'));
        assert_eq!(named("email"), None);
    }
}

//! How a file writes its records.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// How a file writes its records.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Dialect {
    /// What is between two cells.
    pub delimiter: char,
    /// Whether a cell that has the delimiter or a line end in it is between quotes.
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
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Escape {
    /// Only doubled (RFC 4180, 2.7).
    #[default]
    None,
    /// Doubled, or behind a backslash.
    Backslash,
}

/// What follows a closing quote.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum AfterQuote {
    /// The end of the cell, perhaps after blanks. The place is that of the delimiter or line end.
    CellEnd(usize),
    /// Text that belongs to no cell.
    Text,
    /// The text so far does not show it.
    Unknown,
}

impl Dialect {
    /// The dialect of RFC 4180 with this delimiter.
    pub const fn delimited_by(delimiter: char) -> Self {
        Self { delimiter, quoting: Quoting::Between(b'"'), escape: Escape::None }
    }

    /// The quote character, if there is one.
    pub const fn quote(&self) -> Option<u8> {
        match self.quoting {
            Quoting::Between(quote) => Some(quote),
            Quoting::Never => None,
        }
    }

    /// Whether it is a blank between a delimiter and a quote.
    pub(super) fn is_blank(&self, byte: u8) -> bool {
        matches!(byte, b' ' | b'\t') && self.delimiter != char::from(byte)
    }

    /// Whether the delimiter stands here.
    pub(super) fn delimits(&self, bytes: &[u8], at: usize) -> bool {
        if self.delimiter.is_ascii() {
            return bytes.get(at).is_some_and(|byte| char::from(*byte) == self.delimiter);
        }
        let mut buffer = [0; 4];
        bytes[at.min(bytes.len())..].starts_with(self.delimiter.encode_utf8(&mut buffer).as_bytes())
    }

    /// Whether the delimiter ends here.
    pub(super) fn delimited_before(&self, bytes: &[u8], at: usize) -> bool {
        at.checked_sub(self.delimiter.len_utf8()).is_some_and(|begin| self.delimits(&bytes[..at], begin))
    }

    /// Where the quote is that closes the one before `from`, within `most` bytes.
    pub(super) fn closing(&self, quote: u8, bytes: &[u8], from: usize, most: usize) -> Option<usize> {
        let end = bytes.len().min(from.saturating_add(most));
        let mut at = from;
        loop {
            let rest = bytes.get(at..end)?;
            let found = at
                + match self.escape {
                    Escape::None => memchr::memchr(quote, rest)?,
                    Escape::Backslash => memchr::memchr2(quote, b'\\', rest)?,
                };
            let next = bytes.get(found + 1).copied();
            at = match bytes[found] {
                b'\\' if self.escapes(next, quote) => found + 2,
                b'\\' if quote != b'\\' => found + 1,
                _ if next == Some(quote) => found + 2,
                _ => return Some(found),
            };
        }
    }

    /// Whether a backslash before this byte makes it a plain one.
    pub(super) fn escapes(&self, next: Option<u8>, quote: u8) -> bool {
        self.escape == Escape::Backslash && next.is_some_and(|next| next == quote || next == b'\\')
    }

    /// What follows the closing quote before `at`. With `last` the text is complete.
    pub(super) fn after_quote(&self, bytes: &[u8], at: usize, last: bool) -> AfterQuote {
        let blanks = bytes[at..].iter().take_while(|byte| self.is_blank(**byte)).count();
        let next = at + blanks;
        match bytes.get(next) {
            None if last => AfterQuote::CellEnd(next),
            None => AfterQuote::Unknown,
            Some(b'\n' | b'\r') => AfterQuote::CellEnd(next),
            Some(_) if self.delimits(bytes, next) => AfterQuote::CellEnd(next),
            Some(_) => AfterQuote::Text,
        }
    }

    /// Whether the text of a record holds nothing: blanks, delimiters, quotes around nothing, or the Ctrl-Z that ends files of
    /// DOS.
    pub(super) fn is_empty(&self, text: &str) -> bool {
        let mut letters = text.chars().peekable();
        while let Some(letter) = letters.next() {
            if u8::try_from(letter).is_ok_and(|byte| Some(byte) == self.quote()) {
                let closing = letters.by_ref().find(|inside| !inside.is_whitespace());
                let is_pair = closing == Some(letter) && letters.peek() != Some(&letter);
                if !is_pair {
                    return false;
                }
            } else if letter != self.delimiter && !letter.is_whitespace() && letter != '\u{1a}' {
                return false;
            }
        }
        true
    }

    /// How many cells a line has if quotes mean nothing, without empty ones at its end beyond `most`.
    pub(super) fn cells_without_quotes(&self, line: &str, most: usize) -> usize {
        let cells: Vec<&str> = line.split(self.delimiter).collect();
        let surplus = cells.iter().skip(most).rposition(|cell| !cell.trim().is_empty()).map_or(0, |last| last + 1);
        cells.len().min(most + surplus)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn records_of_nothing_are_empty() {
        let dialect = Dialect::delimited_by(',');
        for (text, expected) in [
            ("", true),
            (" , \t,\u{a0}", true),
            ("\u{1a}", true),
            ("\"\",\"\"", true),
            ("\"", false),
            ("\"\"\"\"", false),
            (",a", false),
            ("\" \",", true),
            ("\" a\",", false),
        ] {
            assert_eq!(dialect.is_empty(text), expected, "{text:?}");
        }
    }

    #[test]
    fn a_closing_quote_is_neither_doubled_nor_escaped() {
        let doubled = Dialect::delimited_by(',');
        let escaped = Dialect { escape: Escape::Backslash, ..doubled };
        for (dialect, text, expected) in [
            (doubled, "a\"\"b\",", Some(4)),
            (doubled, "a\\\",", Some(2)),
            (escaped, "a\\\"b\",", Some(4)),
            (escaped, "a\\\\\",", Some(3)),
            (escaped, "\\a\"", Some(2)),
            (doubled, "a\"\"", None),
            (doubled, "", None),
        ] {
            assert_eq!(dialect.closing(b'"', text.as_bytes(), 0, 1_000), expected, "{text}");
        }
        assert_eq!(doubled.closing(b'"', b"aaaa\"", 0, 4), None);
    }
}

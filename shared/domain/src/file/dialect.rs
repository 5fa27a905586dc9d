//! The delimiter, found in the first records of a file.

use super::reader::CellReader;
use super::scanner::Scanner;

/// Bytes of text from which the delimiter is found.
pub(crate) const SAMPLE: usize = 64 * 1024;
/// The delimiters that are tried, the likelier ones first.
const CANDIDATES: [u8; 4] = [b',', b';', b'\t', b'|'];

/// The delimiter of a file that begins with this text.
pub(crate) fn find(sample: &str, quote: u8, whole: bool) -> u8 {
    let judged = CANDIDATES.into_iter().map(|delimiter| (judge(sample, delimiter, quote, whole), delimiter));
    let best = judged.reduce(|best, next| if next.0 > best.0 { next } else { best });
    best.map_or(b',', |(_, delimiter)| delimiter)
}

/// The percentage of records that have as many cells as the first one, and that number of cells. One cell proves
/// nothing.
fn judge(sample: &str, delimiter: u8, quote: u8, whole: bool) -> (usize, usize) {
    let mut reader = CellReader::new(delimiter, quote);
    let mut counts = Vec::new();
    let mut scanner = Scanner::default();
    scanner.push(sample);
    scanner.scan(delimiter, quote, whole, &mut |record| {
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
            assert_eq!(char::from(find(text, b'"', true)), char::from(expected), "{text}");
        }
        assert_eq!(named("sep=;"), Some(b';'));
        assert_eq!(named("email"), None);
    }
}

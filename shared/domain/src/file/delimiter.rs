//! Delimiter and quote character, found in the first records of a file.

use super::dialect::Dialect;
use super::reader::CellReader;
use super::scanner::Scanner;
use crate::columns::ColumnId;

/// Bytes of text from which the delimiter is found.
pub(crate) const SAMPLE: usize = 64 * 1024;
/// The delimiters that are tried, the likelier ones first.
const USUAL: [char; 4] = [',', ';', '\t', '|'];
/// Those that are tried if a header is known then, or no usual one is in the header.
const RARE: [char; 3] = ['\u{1f}', '~', '^'];
/// Those that are in many texts and delimit only where a header says so.
const BY_HEADER: [char; 2] = [':', ' '];
/// Stands for no delimiter at all: no text has it.
const NONE: char = '\u{1}';
/// Records among which the header is looked for.
const HEAD: usize = 20;

/// The delimiter of a file that begins with this text. `is_known` says whether a header is one of Muster's or mapped.
pub(crate) fn find(sample: &str, dialect: Dialect, whole: bool, is_known: &impl Fn(&str) -> bool) -> char {
    let alone = judge(sample, Dialect { delimiter: NONE, ..dialect }, whole, is_known);
    let judged = |delimiters: &'static [char]| {
        let judged = delimiters.iter().map(move |delimiter| {
            (judge(sample, Dialect { delimiter: *delimiter, ..dialect }, whole, is_known), *delimiter)
        });
        judged.filter(|(verdict, _)| verdict.cells > 1).collect::<Vec<_>>()
    };
    let usual = judged(&USUAL);
    let rare = judged(&RARE).into_iter().filter(|(verdict, _)| verdict.has_known || usual.is_empty());
    // `Customer ID` is one header, and not two.
    let by_header = judged(&BY_HEADER).into_iter().filter(|(verdict, _)| verdict.has_known && !alone.has_known);
    let unusual = rare.chain(by_header).filter(|(verdict, _)| verdict.alike == 100);
    let all = usual.iter().copied().chain(unusual);
    match all.reduce(|best, next| if next.0 > best.0 { next } else { best }) {
        Some((best, delimiter)) if best > alone => delimiter,
        _ => ',',
    }
}

/// What speaks for a delimiter, the strongest first.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord)]
struct Verdict {
    /// Whether a header is known.
    has_known: bool,
    /// Whether a header may be an identifier, without which no file is imported.
    has_identifier: bool,
    /// The percentage of records that have as many cells as the header.
    alike: usize,
    /// How many headers are known.
    known: usize,
    /// Cells of the header. One proves nothing.
    cells: usize,
}

fn judge(sample: &str, dialect: Dialect, whole: bool, is_known: &impl Fn(&str) -> bool) -> Verdict {
    let mut reader = CellReader::new(dialect);
    let mut counts = Vec::new();
    let mut known = Vec::new();
    let mut identifies = Vec::new();
    // What settings map may be mapped to one.
    let may_identify =
        |cell: &&str| is_known(cell) && ColumnId::parse(cell).is_none_or(|column| column.is_identifier());
    let mut scanner = Scanner::default();
    scanner.push(sample);
    scanner.scan(dialect, whole, &mut |record| {
        let cells = reader.read(record.text);
        let filled = cells.iter().rposition(|cell| !cell.trim().is_empty()).map_or(0, |last| last + 1);
        if known.len() < HEAD {
            let count = cells.iter().filter(|cell| is_known(cell)).count();
            let names = cells.iter().filter(|cell| !cell.trim().is_empty()).count();
            // A word in a row of data can be a known name, too.
            let may_be_header = counts.is_empty() || count * 2 >= names;
            known.push(if may_be_header { count } else { 0 });
            identifies.push(may_be_header && count > 0 && cells.iter().any(may_identify));
        }
        counts.push((cells.len(), filled));
    });
    // The header is the first record, unless a later one has known names and the first has none.
    let header = known.iter().enumerate().rev().max_by_key(|(_, known)| **known).map_or(0, |(at, _)| at);
    let known = known.get(header).copied().unwrap_or(0);
    let has_identifier = known > 0 && identifies[header];
    let header = if known > 0 { header } else { 0 };
    let Some((cells, filled)) = counts.get(header).copied() else { return Verdict::default() };
    let records = &counts[header..];
    // Empty cells at the end of a record are left out, and so are headers without a name there.
    let alike = records.iter().filter(|(cells, last)| *last <= filled && *cells >= filled).count();
    Verdict { has_known: known > 0, has_identifier, alike: alike * 100 / records.len(), known, cells }
}

/// Rows that show the quote character of a file.
const QUOTED_ROWS: usize = 20;

/// The quote character of a file that begins with these lines: an apostrophe only if the whole header is between apostrophes, or
/// each of the first rows is.
pub(crate) fn quote(text: &str) -> u8 {
    let is_quoted = |line: &str| line.len() > 1 && line.starts_with('\'') && line.ends_with('\'');
    let mut lines = text.split(['\r', '\n']).map(str::trim).filter(|line| !line.is_empty());
    let header = lines.next().is_some_and(is_quoted);
    // The last line may be cut off.
    let rows: Vec<&str> = lines.take(QUOTED_ROWS + 1).collect();
    let whole = &rows[..rows.len().saturating_sub(usize::from(rows.len() > 1))];
    if header || (!whole.is_empty() && whole.iter().all(|line| is_quoted(line))) { b'\'' } else { b'"' }
}

/// The delimiter that a first line such as Excel's `sep=;` names.
pub(crate) fn named(first: &str) -> Option<char> {
    let (word, delimiter) = first.trim_matches('"').split_at_checked(4)?;
    let mut letters = delimiter.chars();
    match (letters.next(), letters.next()) {
        (Some(delimiter), None) if word.eq_ignore_ascii_case("sep=") => Some(delimiter),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_delimiter_is_what_makes_records_alike_and_headers_known() {
        let known =
            ["email", "city, land", "first_name", "city", "name", "address", "Email Address", "id", "Customer ID"];
        for (text, expected) in [
            ("a,b\n1,2\n", ','),
            ("a;b\n\"1,5\";2\n\"3,5\";4\n", ';'),
            ("a\tb\n1,2\t3\n", '\t'),
            ("a|b\n1|2", '|'),
            ("email\na@b.de", ','),
            ("name,x;email\nLee, Ann;a\nPoe;b\n", ';'),
            ("email;city, land\na@b.de;Rome, Italy\nb@b.de;Oslo, Norway\n", ';'),
            ("email~city\na~Rome, IT\nb~Oslo, NO\n", '~'),
            ("id^city\n1^Rome\n", '^'),
            ("email\u{1f}city\na\u{1f}Rome; x\n", '\u{1f}'),
            ("email:first_name:city\na:Ann:Rome\n", ':'),
            ("id first_name city\n1 Ann Rome\n", ' '),
            ("Email Address\nann@example.org\n", ','),
            ("Email Address\nann lee\n", ','),
            ("Email Address\nAnn <a@x.org>\nBob <b@x.org>\n", ','),
            ("Customer ID\nAB 12\nCD 12\n", ','),
            ("'id','city'\n1,2\n", ','),
            ("List of May, Rome\n\nemail;first_name;city\na;Ann;Rome\nb;Bob, Jr;Oslo\n", ';'),
            ("email;first_name;city;;\na;Ann;Rome;;\nb;Bob, x;Oslo\n", ';'),
            ("x~y\n1~2\n", '~'),
            ("email,address,city\na,Hill 3,Rome\nb,Main address 1, Flat 2,Oslo\n", ','),
            ("x y\n1 2\n", ','),
            ("Notes\n12:30 call\n12:45 call\n", ','),
        ] {
            let is_known = |name: &str| known.contains(&name);
            assert_eq!(find(text, Dialect::delimited_by(','), true, &is_known), expected, "{text}");
        }
    }

    #[test]
    fn apostrophes_are_quotes_around_a_whole_header_or_the_first_rows() {
        for (text, expected) in [
            ("'id','city'\n'1','Rome'\n", b'\''),
            ("id,city\n'1','Rome'\n'2','Oslo'\n", b'\''),
            ("id,city\n'1','Rome'\n", b'\''),
            ("id,city\n'1','Rome'\n2,'t Hof'\n'3','Oslo'\n", b'"'),
            ("id,city\n1,Rome\n", b'"'),
            ("id,city\n", b'"'),
        ] {
            assert_eq!(quote(text), expected, "{text}");
        }
    }

    #[test]
    fn a_first_line_may_name_the_delimiter() {
        for (first, expected) in
            [("sep=;", Some(';')), ("SEP=\t", Some('\t')), ("\"sep=;\"", Some(';')), ("email", None), ("sep=", None)]
        {
            assert_eq!(named(first), expected, "{first}");
        }
    }
}

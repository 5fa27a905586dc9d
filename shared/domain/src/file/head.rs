//! A first record that names no column, and what the records after it show: the header may be further down, or missing.

use serde::{Deserialize, Serialize};

use crate::codes::FileCode;
use crate::problems::FileProblem;
use crate::row::{Identifier, Slot};
use crate::wording::quoted;

/// Records that are looked at for the header.
const MOST: u32 = 30;

/// A first record that names no column, while the records after it are looked at.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(crate) struct HeaderSearch {
    /// Its cells.
    pub(crate) cells: Vec<String>,
    /// Its physical line.
    pub(crate) line: u64,
    looked_at: u32,
    /// The line of a record that may be the header, and the place of its only known name.
    candidate: Option<(u64, usize)>,
    found: Option<u64>,
}

impl HeaderSearch {
    pub(crate) fn new(cells: &[&str], line: u64) -> Self {
        let cells = cells.iter().map(|cell| (*cell).to_owned()).collect();
        Self { cells, line, looked_at: 0, candidate: None, found: None }
    }

    /// Looks at a later record. Gives whether nothing more can be found.
    pub(crate) fn record(&mut self, cells: &[&str], line: u64, is_known: &impl Fn(&str) -> bool) -> bool {
        self.looked_at += 1;
        if let Some((at, place)) = self.candidate.take()
            && cells.get(place).is_some_and(|cell| is_data(cell.trim()))
        {
            self.found = Some(at);
            return true;
        }
        let filled = cells.iter().filter(|cell| !cell.trim().is_empty()).count();
        let known: Vec<usize> = (0..cells.len()).filter(|place| is_known(cells[*place])).collect();
        match known.as_slice() {
            // Half of a header's names at least are Muster's own or mapped.
            [_, _, ..] if known.len() * 2 >= filled => self.found = Some(line),
            // A word in a row of data can be a column's name, too: the next record tells.
            [place] if filled <= 2 => self.candidate = Some((line, *place)),
            _ => {}
        }
        self.found.is_some() || self.looked_at >= MOST
    }

    /// What is wrong, if the records show it.
    pub(crate) fn problem(&self, code: FileCode) -> Option<FileProblem> {
        let first = self.cells.iter().find(|cell| !cell.trim().is_empty()).map_or("", String::as_str);
        let message = if let Some(line) = self.found {
            format!(
                "Line {} names no column: “{}”. The header is on line {line}: set `header_line` to `{line}`, or remove the lines above it.",
                self.line,
                quoted(first)
            )
        } else if self.cells.iter().any(|cell| is_data(cell.trim())) {
            format!(
                "The file has no header: its first record is a row of data, which begins with “{}”. Put a header row on top that names each column, such as email, first_name and city.",
                quoted(first)
            )
        } else {
            return None;
        };
        Some(FileProblem { code, row: Some(0), line: Some(self.line), column: None, message })
    }
}

/// Whether a cell is a value rather than a name: an email address, or digits as in a phone number or a date.
fn is_data(cell: &str) -> bool {
    let digits = cell.bytes().filter(u8::is_ascii_digit).count();
    let is_number = digits > 0 && cell.chars().all(|c| c.is_ascii_digit() || " +-()./,:".contains(c));
    let is_email = cell.contains('@') && Identifier::parse(&Slot::Email, cell, None).is_ok();
    is_email || is_number
}

#[cfg(test)]
mod tests {
    use super::*;

    fn message(records: &[&[&str]]) -> Option<String> {
        let is_known = |name: &str| ["email", "first_name", "city"].contains(&name);
        let mut search = HeaderSearch::new(records[0], 1);
        for (line, cells) in (2..).zip(&records[1..]) {
            if search.record(cells, line, &is_known) {
                break;
            }
        }
        search.problem(FileCode::UnknownColumn).map(|problem| problem.message)
    }

    #[test]
    fn a_header_further_down_is_named_by_its_line() {
        for (records, expected) in [
            (&[&["Customers of May"][..], &["email", "city"], &["a@b.de", "Rome"]][..], "on line 2"),
            (&[&["Customers"], &["as of", "1 May"], &["email", "first_name", "Ref"], &["a", "b", "c"]], "on line 3"),
            (&[&["Customers"], &["email"], &["a@b.de"]], "on line 2"),
            (&[&["ann@example.org", "Rome"], &["bob@example.org", "Oslo"]], "no header"),
            (&[&["K-1", "+12015550123"]], "no header"),
            (&[&["Ann", "31.12.1990"]], "no header"),
        ] {
            assert!(message(records).is_some_and(|message| message.contains(expected)), "{records:?}");
        }
        for records in
            [&[&["Nr", "Art"][..], &["a", "email"], &["b", "city"]][..], &[&["Kanal"], &["email"], &["city"]]]
        {
            assert_eq!(message(records), None, "{records:?}");
        }
        assert_eq!(message(&[&["Kundennr", "Vorname"], &["K1", "Ann"], &["K2", "Ann", "city"]]), None);
    }
}

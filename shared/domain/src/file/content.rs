//! What an uploaded object is, by its first bytes.

use super::signatures::{SIGNED, is_no_text, named};

/// The kind of an object.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Content {
    /// Text, as far as its first bytes tell.
    Plain,
    /// A file compressed by gzip (RFC 1952).
    Gzip,
    /// Something else than a CSV, named in words.
    Other(&'static str),
}

impl Content {
    /// How many bytes tell the kind.
    pub const FIRST_BYTES: usize = SIGNED;

    /// The kind of an object that begins with these bytes.
    pub fn of(first: &[u8]) -> Self {
        match first {
            [0x1f, 0x8b, ..] => Self::Gzip,
            _ => Self::unpacked(first).map_or(Self::Plain, Self::Other),
        }
    }

    /// What a file is that is not compressed, or no longer, and begins with these bytes; none if it may be a text.
    pub fn unpacked(first: &[u8]) -> Option<&'static str> {
        let first = &first[..first.len().min(SIGNED)];
        if !first.is_empty() && first.iter().all(|byte| *byte == 0) {
            return Some("nothing but zeros: a copy or a download of it failed");
        }
        named(first)
    }

    /// What to do about a compressed file that cannot be unpacked.
    pub const DAMAGED_GZIP: &'static str =
        "The compressed file is damaged or cut off. Compress it again and upload it again.";

    /// What to do about a file that is something else than a CSV.
    pub fn refusal(what: &str) -> String {
        if what.contains("Excel") {
            return format!("The file is {what}, not a CSV. Open it and save it as CSV.");
        }
        format!("The file is {what}. Save or export the customers as CSV, and import that file.")
    }

    /// What a text is that is no CSV, in words; none if it may be one.
    pub(crate) fn of_text(text: &str) -> Option<&'static str> {
        let text = text.trim_start_matches(|c: char| c.is_whitespace() || c == '\u{feff}');
        let begins = |start: &str| text.get(..start.len()).is_some_and(|begin| begin.eq_ignore_ascii_case(start));
        // A header may begin with a bracket, but not with a bracket and a quote or another bracket.
        let mut without_blanks = text.chars().filter(|c| !c.is_whitespace());
        let json = matches!(
            (without_blanks.next(), without_blanks.next()),
            (Some('{'), Some('"' | '}')) | (Some('['), Some('{' | '[' | '"' | ']'))
        );
        if begins("<?xml") {
            Some("an XML file")
        } else if HTML.iter().any(|tag| begins(tag)) {
            Some("an HTML page: perhaps the page for signing in, in place of the export")
        } else if json {
            Some("a JSON file")
        } else if is_undeclared_xml(text) {
            Some("an XML file")
        } else if begins("%PDF-") {
            Some("a PDF")
        } else if begins("BEGIN:VCARD") {
            Some("a vCard file: open it in an address book")
        } else if begins("BEGIN:VCALENDAR") {
            Some("a calendar")
        } else if begins("dn: ") || begins("dn:: ") || begins("version: 1\ndn:") || begins("version: 1\r\ndn:") {
            Some("an LDIF file")
        } else if begins("SQLite format 3\0") {
            Some("an SQLite database")
        } else if SQL.iter().any(|word| begins(word)) {
            Some("an SQL script")
        } else if begins("%YAML") || begins("---\n") || begins("---\r\n") || is_yaml_list(text) {
            Some("a YAML file")
        } else if is_sylk(text) {
            Some("a SYLK file")
        } else if begins("{\\rtf") {
            Some("an RTF document")
        } else if is_no_text(text) {
            Some("no text: it has many characters that only pictures, archives, programs and the like have")
        } else {
            None
        }
    }
}

/// What scripts of databases begin with.
const SQL: [&str; 8] = [
    "INSERT INTO ",
    "CREATE TABLE ",
    "DROP TABLE ",
    "-- MySQL dump",
    "-- MariaDB dump",
    "-- phpMyAdmin SQL",
    "--\n-- PostgreSQL",
    "SET NAMES ",
];

/// Whether a text is a list of YAML: its first item is a name and a value.
fn is_yaml_list(text: &str) -> bool {
    let line = text.lines().next().unwrap_or_default();
    let name = line.strip_prefix("- ").and_then(|item| item.split_once(": ")).map(|(name, _)| name);
    name.is_some_and(|name| !name.is_empty() && name.chars().all(|c| c.is_alphanumeric() || c == '_' || c == '-'))
}

/// Whether a text is a SYLK file. A header may begin with `ID;P`, too; its second record has no such letter alone.
fn is_sylk(text: &str) -> bool {
    let second = text.lines().nth(1).unwrap_or_default();
    text.starts_with("ID;P") && ["P;", "F;", "B;", "C;", "O;", "NN;"].iter().any(|start| second.starts_with(start))
}

/// Bytes in which the tags of XML show.
const XML_START: usize = 4 * 1024;

/// Whether a text is XML without the declaration: it begins with a tag that is closed, or that other tags follow. A header may have angle brackets around its names, and rows may have HTML in their cells.
fn is_undeclared_xml(text: &str) -> bool {
    let Some(tag) = text.strip_prefix('<').filter(|tag| tag.starts_with(|c: char| c.is_alphabetic() || c == '_'))
    else {
        return false;
    };
    let name_end = tag.find(|c: char| !(c.is_alphanumeric() || "_-.:".contains(c))).unwrap_or(tag.len());
    if !tag[name_end..].starts_with(|c: char| c == '>' || c == '/' || c.is_whitespace()) {
        return false;
    }
    let (name, rest) = tag.split_at(name_end);
    let start = &rest[..rest.floor_char_boundary(XML_START)];
    let Some((attributes, content)) = start.split_once('>') else { return false };
    // A tab or another delimiter behind the tag would make it a cell.
    let is_alone =
        content.trim_start_matches([' ', '\r']).starts_with(['\n', '<']) && content.trim_start().starts_with('<');
    let is_root = attributes.ends_with('/') || content.contains(&format!("</{name}>"));
    is_root || (is_alone && (content.contains("</") || content.contains("/>")))
}

/// What an HTML page begins with.
const HTML: [&str; 10] =
    ["<!doctype html", "<html", "<head", "<body", "<table", "<div", "<!--", "<title", "<meta", "<script"];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn first_bytes_tell_what_an_object_is() {
        for (first, expected) in [
            (&b"email,city"[..], Content::Plain),
            (b"", Content::Plain),
            (b"PK", Content::Plain),
            (b"\x1f\x8b\x08\0", Content::Gzip),
            (b"PK\x03\x04\x14\0", Content::Other("an Excel workbook or a ZIP archive")),
            (b"%PDF-1.7", Content::Other("a PDF")),
            (b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR", Content::Other("a picture")),
            (b"RIFF\x24\0\0\0WEBPVP8 ", Content::Other("a picture")),
            (b"7z\xbc\xaf\x27\x1c\0\x04", Content::Other("an archive: unpack it first")),
            (b"\0\0\0\0\0\0\0\0", Content::Other("nothing but zeros: a copy or a download of it failed")),
        ] {
            assert_eq!(Content::of(first), expected, "{first:?}");
        }
    }

    #[test]
    fn a_text_of_another_kind_is_named() {
        for (text, expected) in [
            ("<!DOCTYPE html>\n<html>", "HTML"),
            ("\u{feff}\n <HTML lang=de>", "HTML"),
            ("<?xml version=\"1.0\"?>", "XML"),
            ("<customers>\n<customer email=\"a\"/>", "XML"),
            ("<ns:list xmlns:ns=\"urn:a,b\">\r\n\t<ns:email>a@b.de</ns:email>", "XML"),
            ("<name>Ann</name>", "XML"),
            ("<customer email=\"a@b.de\" city=\"Rome\"/>", "XML"),
            ("[\n  {\"email\": 1}]", "JSON"),
            ("{ \"email\": 1}", "JSON"),
            ("[]", "JSON"),
            ("%PDF-1.7", "PDF"),
        ] {
            assert!(Content::of_text(text).is_some_and(|kind| kind.contains(expected)), "{text}");
        }
        for text in [
            "email,city",
            "[email],[city]",
            "<email>,<city>",
            "<email>,<note>\na@b.de,<b>hi</b><br/>\n",
            "<email>\t<note>\na@b.de\t<b>hi</b>\n",
            "<email>\na@b.de\n",
            "{email}",
            "",
            "\"<html>\",a",
            "{",
            "[",
        ] {
            assert_eq!(Content::of_text(text), None, "{text}");
        }
    }
}

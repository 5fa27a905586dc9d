//! The encodings that can be named, and whole lines of text in them.

use encoding_rs::{DecoderResult, Encoding, ISO_2022_JP, UTF_8, UTF_16BE, UTF_16LE};
use oem_cp::code_table as tables;
use serde::{Deserialize, Serialize};

/// An encoding that files are read in.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(into = "String", try_from = "String")]
pub struct Charset(Kind);

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Kind {
    /// An encoding of the WHATWG Encoding Standard.
    Web(&'static Encoding),
    /// A code page of DOS, by its place in [`DOS_PAGES`].
    Dos(usize),
    Utf32 {
        big_endian: bool,
    },
}

/// Why a label names no encoding that files are read in.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum BadLabel {
    /// Nothing is called so.
    Unknown,
    /// An encoding of this name exists, and Muster does not read it.
    Unreadable(&'static str),
}

/// Bytes that mean nothing in an encoding: where they begin among those that were given, and how many they are.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct BadBytes {
    pub(crate) at: usize,
    pub(crate) length: usize,
}

/// The upper half of a code page.
#[derive(Debug, Clone, Copy)]
enum Table {
    Full(&'static [char; 128]),
    WithGaps(&'static [Option<char>; 128]),
}

struct DosPage {
    name: &'static str,
    number: u32,
    table: Table,
}

const fn dos(name: &'static str, number: u32, table: Table) -> DosPage {
    DosPage { name, number, table }
}

/// The code pages of DOS but cp866 and cp874, which the web knows too.
static DOS_PAGES: [DosPage; 15] = [
    dos("cp437", 437, Table::Full(&tables::DECODING_TABLE_CP437)),
    dos("cp720", 720, Table::Full(&tables::DECODING_TABLE_CP720)),
    dos("cp737", 737, Table::Full(&tables::DECODING_TABLE_CP737)),
    dos("cp775", 775, Table::Full(&tables::DECODING_TABLE_CP775)),
    dos("cp850", 850, Table::Full(&tables::DECODING_TABLE_CP850)),
    dos("cp852", 852, Table::Full(&tables::DECODING_TABLE_CP852)),
    dos("cp855", 855, Table::Full(&tables::DECODING_TABLE_CP855)),
    dos("cp857", 857, Table::WithGaps(&tables::DECODING_TABLE_CP857)),
    dos("cp858", 858, Table::Full(&tables::DECODING_TABLE_CP858)),
    dos("cp860", 860, Table::Full(&tables::DECODING_TABLE_CP860)),
    dos("cp861", 861, Table::Full(&tables::DECODING_TABLE_CP861)),
    dos("cp862", 862, Table::Full(&tables::DECODING_TABLE_CP862)),
    dos("cp863", 863, Table::Full(&tables::DECODING_TABLE_CP863)),
    dos("cp865", 865, Table::Full(&tables::DECODING_TABLE_CP865)),
    dos("cp869", 869, Table::Full(&tables::DECODING_TABLE_CP869)),
];

/// Numbers of code pages that the web knows by another label.
const WEB_PAGES: [(u32, &str); 24] = [
    (866, "ibm866"),
    (874, "windows-874"),
    (932, "shift_jis"),
    (936, "gbk"),
    (949, "euc-kr"),
    (950, "big5"),
    (1200, "utf-16le"),
    (1201, "utf-16be"),
    (1250, "windows-1250"),
    (1251, "windows-1251"),
    (1252, "windows-1252"),
    (1253, "windows-1253"),
    (1254, "windows-1254"),
    (1255, "windows-1255"),
    (1256, "windows-1256"),
    (1257, "windows-1257"),
    (1258, "windows-1258"),
    (10000, "macintosh"),
    (10007, "x-mac-cyrillic"),
    (20866, "koi8-r"),
    (21866, "koi8-u"),
    (28605, "iso-8859-15"),
    (54936, "gb18030"),
    (65001, "utf-8"),
];

/// Byte order marks. That of UTF-32 begins with that of UTF-16.
const MARKS: [(Charset, &[u8]); 5] = [
    (Charset::UTF_8, b"\xef\xbb\xbf"),
    (Charset::UTF_32LE, b"\xff\xfe\0\0"),
    (Charset::UTF_32BE, b"\0\0\xfe\xff"),
    (Charset::UTF_16LE, b"\xff\xfe"),
    (Charset::UTF_16BE, b"\xfe\xff"),
];

impl Charset {
    pub(crate) const UTF_8: Self = Self(Kind::Web(UTF_8));
    pub(crate) const UTF_16LE: Self = Self(Kind::Web(UTF_16LE));
    pub(crate) const UTF_16BE: Self = Self(Kind::Web(UTF_16BE));
    pub(crate) const UTF_32LE: Self = Self(Kind::Utf32 { big_endian: false });
    pub(crate) const UTF_32BE: Self = Self(Kind::Utf32 { big_endian: true });
    pub(crate) const ISO_2022_JP: Self = Self(Kind::Web(ISO_2022_JP));

    /// The encoding with this label: one of the WHATWG, a code page such as `cp850`, `ibm850` or `850`, or another name
    /// in use, such as `macroman`. Case does not matter.
    ///
    /// # Errors
    /// When nothing is called so, or the encoding is one that is refused.
    pub fn for_label(label: &str) -> Result<Self, BadLabel> {
        let plain: String =
            label.trim().to_ascii_lowercase().chars().filter(|letter| !matches!(letter, '-' | '_' | ' ')).collect();
        match plain.as_str() {
            "utf7" => return Err(BadLabel::Unreadable("utf-7")),
            "iso2022kr" | "csiso2022kr" => return Err(BadLabel::Unreadable("iso-2022-kr")),
            "iso2022cn" | "iso2022cnext" => return Err(BadLabel::Unreadable("iso-2022-cn")),
            "hz" | "hzgb2312" => return Err(BadLabel::Unreadable("hz-gb-2312")),
            // The web means bytes without a meaning by these.
            "xuserdefined" | "replacement" => return Err(BadLabel::Unknown),
            "utf32" | "utf32le" => return Ok(Self::UTF_32LE),
            "utf32be" => return Ok(Self::UTF_32BE),
            "utf8sig" | "utf8bom" => return Ok(Self::UTF_8),
            "macroman" | "applemacintosh" => return Self::web("macintosh"),
            "maccyrillic" | "macukrainian" => return Self::web("x-mac-cyrillic"),
            "tis620" => return Self::web("windows-874"),
            _ => {}
        }
        if let Some(encoding) = Encoding::for_label_no_replacement(label.as_bytes()) {
            return Ok(Self(Kind::Web(encoding)));
        }
        let digits = ["windows", "win", "cp", "ibm", "dos", "oem", "msdos", "xcp", ""]
            .iter()
            .find_map(|prefix| plain.strip_prefix(prefix)?.parse::<u32>().ok());
        digits.and_then(Self::of_page).map_or_else(|| Self::web(&plain), Ok)
    }

    fn web(label: &str) -> Result<Self, BadLabel> {
        let encoding = Encoding::for_label_no_replacement(label.as_bytes());
        encoding.map(|encoding| Self(Kind::Web(encoding))).ok_or(BadLabel::Unknown)
    }

    fn of_page(number: u32) -> Option<Self> {
        if let Some(at) = DOS_PAGES.iter().position(|page| page.number == number) {
            return Some(Self(Kind::Dos(at)));
        }
        let (_, label) = WEB_PAGES.iter().find(|(page, _)| *page == number)?;
        Self::web(label).ok()
    }

    /// Its name in small letters; it is also a label.
    pub fn name(self) -> String {
        match self.0 {
            Kind::Web(encoding) => encoding.name().to_lowercase(),
            Kind::Dos(page) => DOS_PAGES[page].name.to_owned(),
            Kind::Utf32 { big_endian: false } => "utf-32le".to_owned(),
            Kind::Utf32 { big_endian: true } => "utf-32be".to_owned(),
        }
    }

    /// Bytes of a code unit: every character has a multiple of it.
    pub(crate) fn unit(self) -> usize {
        match self.0 {
            Kind::Web(encoding) if encoding == UTF_16LE || encoding == UTF_16BE => 2,
            Kind::Utf32 { .. } => 4,
            _ => 1,
        }
    }

    /// The byte order mark that a file in it may begin with.
    pub(crate) fn mark(self) -> &'static [u8] {
        MARKS.iter().find(|(charset, _)| *charset == self).map_or(b"", |(_, mark)| mark)
    }

    /// The encoding whose byte order mark these bytes begin with.
    pub(crate) fn of_mark(bytes: &[u8]) -> Option<Self> {
        MARKS.iter().find(|(_, mark)| bytes.starts_with(mark)).map(|(charset, _)| *charset)
    }

    /// Where the last whole line ends. LF and CR only ever end a line, as bytes or, in UTF-16 and UTF-32, as units.
    pub(crate) fn after_last_line_end(self, bytes: &[u8]) -> usize {
        let unit = self.unit();
        if unit == 1 {
            return memchr::memrchr2(b'\n', b'\r', bytes).map_or(0, |at| at + 1);
        }
        let low = if self == Self::UTF_16LE || self == Self::UTF_32LE { 0 } else { unit - 1 };
        let is_line_end = |unit: &[u8]| {
            matches!(unit[low], b'\n' | b'\r') && unit.iter().enumerate().all(|(at, byte)| at == low || *byte == 0)
        };
        bytes.chunks_exact(unit).rposition(is_line_end).map_or(0, |at| unit * (at + 1))
    }

    /// Adds the text of whole lines.
    ///
    /// # Errors
    /// The first bytes that mean nothing; the text before them is added.
    pub(crate) fn decode(self, bytes: &[u8], text: &mut String) -> Result<(), BadBytes> {
        match self.0 {
            Kind::Web(encoding) if encoding == UTF_8 => decode_utf8(bytes, text),
            // Every line begins in ASCII (RFC 1468), so what one line leaves behind must not reach the next.
            Kind::Web(encoding) if encoding == ISO_2022_JP => {
                let mut at = 0;
                for line in bytes.split_inclusive(|byte| matches!(byte, b'\n' | b'\r')) {
                    decode_web(encoding, line, text).map_err(|bad| BadBytes { at: at + bad.at, ..bad })?;
                    at += line.len();
                }
                Ok(())
            }
            Kind::Web(encoding) => decode_web(encoding, bytes, text),
            Kind::Dos(page) => decode_page(DOS_PAGES[page].table, bytes, text),
            Kind::Utf32 { big_endian } => decode_utf32(big_endian, bytes, text),
        }
    }
}

fn decode_utf8(bytes: &[u8], text: &mut String) -> Result<(), BadBytes> {
    let Err(error) = std::str::from_utf8(bytes).map(|valid| text.push_str(valid)) else { return Ok(()) };
    let at = error.valid_up_to();
    text.push_str(std::str::from_utf8(&bytes[..at]).unwrap_or_default());
    Err(BadBytes { at, length: error.error_len().unwrap_or(bytes.len() - at) })
}

fn decode_web(encoding: &'static Encoding, bytes: &[u8], text: &mut String) -> Result<(), BadBytes> {
    let mut decoder = encoding.new_decoder_without_bom_handling();
    let mut read = 0;
    loop {
        text.reserve(decoder.max_utf8_buffer_length_without_replacement(bytes.len() - read).unwrap_or(0));
        let (result, taken) = decoder.decode_to_string_without_replacement(&bytes[read..], text, true);
        read += taken;
        match result {
            DecoderResult::InputEmpty => return Ok(()),
            DecoderResult::OutputFull => {}
            DecoderResult::Malformed(length, after) => {
                let at = read.saturating_sub(usize::from(length + after));
                return Err(BadBytes { at, length: usize::from(length) });
            }
        }
    }
}

fn decode_page(table: Table, bytes: &[u8], text: &mut String) -> Result<(), BadBytes> {
    text.reserve(bytes.len());
    for (at, byte) in bytes.iter().enumerate() {
        let letter = match (byte.checked_sub(128).map(usize::from), table) {
            (None, _) => Some(char::from(*byte)),
            (Some(place), Table::Full(letters)) => Some(letters[place]),
            (Some(place), Table::WithGaps(letters)) => letters[place],
        };
        text.push(letter.ok_or(BadBytes { at, length: 1 })?);
    }
    Ok(())
}

fn decode_utf32(big_endian: bool, bytes: &[u8], text: &mut String) -> Result<(), BadBytes> {
    for (place, unit) in bytes.chunks(4).enumerate() {
        let number = <[u8; 4]>::try_from(unit)
            .map(|unit| if big_endian { u32::from_be_bytes(unit) } else { u32::from_le_bytes(unit) });
        let letter = number.ok().and_then(char::from_u32);
        text.push(letter.ok_or(BadBytes { at: 4 * place, length: unit.len() })?);
    }
    Ok(())
}

impl From<Charset> for String {
    fn from(charset: Charset) -> Self {
        charset.name()
    }
}

impl TryFrom<String> for Charset {
    type Error = String;

    fn try_from(label: String) -> Result<Self, Self::Error> {
        Self::for_label(&label).map_err(|_| label)
    }
}

/// What a C1 control at this place of ISO 8859 is in windows-1252, if that is punctuation. No text has these controls:
/// they are what is left of windows-1252 that was taken for ISO 8859-1.
const PUNCTUATION: [Option<char>; 32] = [
    Some('€'),
    None,
    Some('‚'),
    None,
    Some('„'),
    Some('…'),
    Some('†'),
    Some('‡'),
    None,
    Some('‰'),
    None,
    Some('‹'),
    None,
    None,
    None,
    None,
    None,
    Some('‘'),
    Some('’'),
    Some('“'),
    Some('”'),
    Some('•'),
    Some('–'),
    Some('—'),
    None,
    Some('™'),
    None,
    Some('›'),
    None,
    None,
    None,
    None,
];

/// Reads C1 controls behind this place of a text as windows-1252, where that gives punctuation.
pub(crate) fn mend_controls(text: &mut String, from: usize) {
    let place = |pair: &[u8]| match pair {
        [0xc2, second @ 0x80..=0x9f] => PUNCTUATION[usize::from(second - 0x80)],
        _ => None,
    };
    let tail = &text.as_bytes()[from..];
    let Some(first) = memchr::memchr_iter(0xc2, tail).find(|at| place(&tail[*at..tail.len().min(at + 2)]).is_some())
    else {
        return;
    };
    let rest = text.split_off(from + first);
    let mended = |letter: char| match u32::from(letter) {
        control @ 0x80..=0x9f => PUNCTUATION[control as usize - 0x80].unwrap_or(letter),
        _ => letter,
    };
    text.extend(rest.chars().map(mended));
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn encodings_are_known_by_the_names_in_use() {
        for (label, expected) in [
            ("UTF-8", "utf-8"),
            ("utf8", "utf-8"),
            ("latin1", "windows-1252"),
            ("cp1252", "windows-1252"),
            ("Windows1250", "windows-1250"),
            ("win-1251", "windows-1251"),
            ("cp850", "cp850"),
            ("IBM850", "cp850"),
            ("ibm-850", "cp850"),
            ("850", "cp850"),
            ("CP_437", "cp437"),
            ("cp866", "ibm866"),
            ("mac", "macintosh"),
            ("MacRoman", "macintosh"),
            ("mac_roman", "macintosh"),
            ("mac-cyrillic", "x-mac-cyrillic"),
            ("cp932", "shift_jis"),
            ("utf-32", "utf-32le"),
            ("UTF-32BE", "utf-32be"),
            ("iso-2022-jp", "iso-2022-jp"),
            ("iso_8859_15", "iso-8859-15"),
            ("koi8_r", "koi8-r"),
        ] {
            let found = Charset::for_label(label).map(Charset::name);
            assert_eq!(found.as_deref(), Ok(expected), "{label}");
            assert_eq!(Charset::for_label(expected).map(Charset::name).as_deref(), Ok(expected), "a name is a label");
        }
        for (label, expected) in [
            ("latin-99", BadLabel::Unknown),
            ("", BadLabel::Unknown),
            ("x-user-defined", BadLabel::Unknown),
            ("cp999", BadLabel::Unknown),
            ("ISO-2022-KR", BadLabel::Unreadable("iso-2022-kr")),
            ("hz-gb-2312", BadLabel::Unreadable("hz-gb-2312")),
            ("UTF-7", BadLabel::Unreadable("utf-7")),
        ] {
            assert_eq!(Charset::for_label(label), Err(expected), "{label}");
        }
    }

    #[test]
    fn code_pages_and_utf_32_are_read() {
        for (label, bytes, expected) in [
            ("cp437", &b"Nu\xa4ez"[..], "Nuñez"),
            ("cp850", b"J\x81rgen Gro\xe1", "Jürgen Groß"),
            ("cp852", b"Wa\x88\xa9sa \x9d\xa2d\xab", "Wałęsa Łódź"),
            ("ibm866", b"\x92\xa2\xa5\xe0\xec", "Тверь"),
            ("utf-32le", b"A\0\0\0\x41\x01\0\0", "AŁ"),
            ("utf-32be", b"\0\x01\xf6\0", "😀"),
        ] {
            let mut text = String::new();
            let decoded = Charset::for_label(label).unwrap().decode(bytes, &mut text);
            assert_eq!((decoded, text.as_str()), (Ok(()), expected), "{label}");
        }
        let mut text = String::new();
        let bad = Charset::UTF_32LE.decode(b"A\0\0\0\0\xd8\0\0", &mut text);
        assert_eq!((bad, text.as_str()), (Err(BadBytes { at: 4, length: 4 }), "A"));
    }

    #[test]
    fn every_line_of_iso_2022_jp_begins_in_ascii() {
        let mut text = String::new();
        let decoded = Charset::ISO_2022_JP.decode(b"a\x1b(J\\\n\\\x1b$BB@O:\x1b(B\n", &mut text);
        assert_eq!((decoded, text.as_str()), (Ok(()), "a¥\n\\太郎\n"));
    }

    #[test]
    fn controls_become_the_punctuation_of_windows_1252_and_other_controls_stay() {
        for (text, expected) in [
            ("O\u{92}Brien \u{96} \u{a0}x", "O’Brien – \u{a0}x"),
            ("Mar\u{81}ek", "Mar\u{81}ek"),
            ("\u{84}ä\u{93}", "„ä“"),
            ("plain", "plain"),
        ] {
            let mut mended = format!("\u{96}{text}");
            mend_controls(&mut mended, 2);
            assert_eq!(mended, format!("\u{96}{expected}"));
        }
    }
}

//! Encodings that are no superset of ASCII, or write all characters as ASCII: which of them a file is in.

use super::encoding::Charset;

/// An encoding of seven bits that a file switches to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Shift {
    Iso2022Jp,
    /// The encoding of this name, which is not read.
    Refused(&'static str),
}

/// The encoding whose escape comes first in these bytes.
pub(crate) fn shift(bytes: &[u8]) -> Option<Shift> {
    const ESCAPE: u8 = 0x1b;
    memchr::memchr_iter(ESCAPE, bytes).find_map(|at| match bytes[at + 1..] {
        [b'$', b'B' | b'@', ..] | [b'(', b'J' | b'I', ..] => Some(Shift::Iso2022Jp),
        [b'$', b'(', b'D', ..] => Some(Shift::Refused("iso-2022-jp-1")),
        [b'$', b')', b'C', ..] => Some(Shift::Refused("iso-2022-kr")),
        [b'$', b')', b'A' | b'E' | b'G', ..] | [b'$', b'A', ..] => Some(Shift::Refused("iso-2022-cn")),
        _ => None,
    })
}

/// The encoding of two or four bytes a character that a file without a byte order mark is in, by its first bytes.
pub(crate) fn wide(start: &[u8]) -> Option<Charset> {
    const PLAIN: usize = 8;
    let before = memchr::memchr(0, start)?;
    if before >= PLAIN && start[..before].iter().all(|byte| byte.is_ascii_graphic() || byte.is_ascii_whitespace()) {
        // Plain text that a NUL follows.
        return None;
    }
    let utf32 = [Charset::UTF_32LE, Charset::UTF_32BE];
    let utf16 = [Charset::UTF_16LE, Charset::UTF_16BE];
    let found = utf32.into_iter().find(|charset| structure(*charset, start) > 0);
    found
        .or_else(|| utf16.into_iter().max_by_key(|charset| structure(*charset, start)))
        .filter(|charset| structure(*charset, start) > 0)
}

/// How many line ends, delimiters and other characters of ASCII a text in this encoding has; none if it is no text, or
/// if as many bytes would be line ends by themselves.
fn structure(charset: Charset, start: &[u8]) -> usize {
    let unit = charset.unit();
    // The last character may be cut off, as may be the second half of a surrogate pair.
    let cut = charset.after_last_line_end(start);
    let whole = if cut > 0 { cut } else { start.len() - start.len() % unit };
    let mut text = String::new();
    let decoded = charset.decode(&start[..whole], &mut text);
    let is_text = |letter: char| !letter.is_control() || matches!(letter, '\n' | '\r' | '\t' | '\u{1f}');
    if decoded.is_err() || whole == 0 || !text.chars().all(is_text) {
        return 0;
    }
    let ends = text.matches(['\n', '\r']).count();
    // Letters may have the byte of a line end in them, as some of Thai do, but not many to a line.
    let loose = start[..whole].iter().filter(|byte| matches!(byte, b'\n' | b'\r')).count() - ends;
    let ascii = text.chars().filter(char::is_ascii).count();
    if ends == 0 || loose > 8 * ends || ascii < 2 { 0 } else { ascii }
}

/// Whether a file begins in EBCDIC, the family of encodings of mainframes: letters and digits are beyond ASCII there, and
/// what delimits and ends lines elsewhere does not occur.
pub(crate) fn is_ebcdic(start: &[u8]) -> bool {
    const LOOKED_AT: usize = 4 * 1024;
    let start = &start[..start.len().min(LOOKED_AT)];
    let is_letter =
        |byte: &u8| matches!(byte, 0x81..=0x89 | 0x91..=0x99 | 0xa2..=0xa9 | 0xc1..=0xc9 | 0xd1..=0xd9 | 0xe2..=0xe9);
    // Digits, blank, line ends and the usual marks: . , ; @ _ - / " '
    let is_other = |byte: &u8| {
        matches!(
            byte,
            0xf0..=0xf9 | 0x40 | 0x0d | 0x15 | 0x25 | 0x4b | 0x6b | 0x5e | 0x7c | 0x6d | 0x60 | 0x61 | 0x7f | 0x7d
        )
    };
    let letters = start.iter().filter(|byte| is_letter(byte)).count();
    let known = letters + start.iter().filter(|byte| is_other(byte)).count();
    let has_line_end = start.iter().any(|byte| matches!(byte, 0x15 | 0x25));
    let is_elsewhere = start.iter().any(|byte| matches!(byte, b'\n' | b',' | b';' | b'\t'));
    has_line_end && !is_elsewhere && letters * 2 >= start.len() && known * 20 >= start.len() * 19
}

/// Text in ASCII that stands for other characters: UTF-7 and HZ. Both look like text, so it takes some to be sure.
#[derive(Debug, Clone, Default, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub(crate) struct Disguise {
    utf7: Evidence,
    hz: Evidence,
}

#[derive(Debug, Clone, Default, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
struct Evidence {
    /// Something was met that the encoding cannot have.
    is_refuted: bool,
    /// Different pieces that decode to letters, up to [`ENOUGH`].
    pieces: Vec<String>,
    /// Whether one of them has letters of an alphabet, which take no luck.
    has_alphabetic: bool,
    /// Whether one of them is enough by itself.
    is_certain: bool,
}

/// Different pieces that are no chance.
const ENOUGH: usize = 3;

impl Evidence {
    fn add(&mut self, piece: &str, letters: Option<Vec<u16>>) {
        let Some(text) = letters.and_then(|units| String::from_utf16(&units).ok()) else {
            self.is_refuted = true;
            return;
        };
        if text.is_empty() || text.chars().any(|letter| letter.is_ascii() || letter.is_control()) {
            self.is_refuted = true;
        }
        self.has_alphabetic |= text.chars().all(|letter| letter.is_alphabetic() && letter < '\u{590}');
        if self.pieces.len() < ENOUGH && !self.pieces.iter().any(|known| known == piece) {
            self.pieces.push(piece.to_owned());
        }
    }

    fn is_enough(&self) -> bool {
        !self.is_refuted
            && (self.is_certain || self.pieces.len() >= ENOUGH || (self.has_alphabetic && self.pieces.len() >= 2))
    }
}

impl Disguise {
    /// Looks at the text of a record.
    pub(crate) fn add(&mut self, record: &str) {
        if !record.is_ascii() {
            (self.utf7.is_refuted, self.hz.is_refuted) = (true, true);
            return;
        }
        if !self.utf7.is_refuted {
            self.add_utf7(record);
        }
        if !self.hz.is_refuted {
            self.add_hz(record);
        }
    }

    /// The name of the encoding that the file is in, if it is one of these.
    pub(crate) fn found(&self) -> Option<&'static str> {
        if self.utf7.is_enough() {
            Some("utf-7")
        } else if self.hz.is_enough() {
            Some("hz-gb-2312")
        } else {
            None
        }
    }

    /// In UTF-7 (RFC 2152) every plus begins a piece of base64, unless a minus follows.
    fn add_utf7(&mut self, record: &str) {
        for after in record.split('+').skip(1) {
            let length = after.bytes().take_while(|byte| byte.is_ascii_alphanumeric() || *byte == b'/').count();
            let (piece, behind) = after.split_at(length);
            if piece.is_empty() && behind.starts_with('-') {
                continue;
            }
            // Tags of email addresses look alike: `ann+tag@example.org`.
            let letters = if behind.starts_with('@') { None } else { utf16_of_base64(piece) };
            self.utf7.add(piece, letters);
            if self.utf7.is_refuted {
                return;
            }
        }
    }

    /// In HZ (RFC 1843) pairs of bytes between `~{` and `~}` are characters of GB 2312.
    fn add_hz(&mut self, record: &str) {
        for after in record.split("~{").skip(1) {
            let piece = after.split_once("~}").map(|(piece, _)| piece);
            let is_pairs = |piece: &&str| {
                piece.len().is_multiple_of(2)
                    && !piece.is_empty()
                    && piece.bytes().all(|byte| (0x21..=0x7e).contains(&byte))
            };
            let bytes: Option<Vec<u8>> =
                piece.filter(is_pairs).map(|piece| piece.bytes().map(|byte| byte | 0x80).collect());
            self.hz.is_certain |= piece.filter(is_pairs).is_some_and(is_usual_chinese);
            let mut text = String::new();
            let gbk = Charset::for_label("gbk").ok();
            let letters = bytes.filter(|bytes| gbk.is_some_and(|gbk| gbk.decode(bytes, &mut text).is_ok()));
            self.hz.add(piece.unwrap_or_default(), letters.map(|_| text.encode_utf16().collect()));
            if self.hz.is_refuted {
                return;
            }
        }
    }
}

/// Whether these pairs of bytes in HZ are usual characters, and no word that somebody put into such brackets.
fn is_usual_chinese(pairs: &str) -> bool {
    // GB 2312 has its 3755 usual characters in rows 16 to 55.
    const USUAL: std::ops::RangeInclusive<u8> = 0x30..=0x57;
    let is_word = pairs.bytes().all(|byte| byte.is_ascii_uppercase());
    !is_word && pairs.bytes().step_by(2).all(|byte| USUAL.contains(&byte))
}

/// The units of UTF-16 that this text of base64 without padding is, if it is some.
fn utf16_of_base64(text: &str) -> Option<Vec<u16>> {
    let (mut bits, mut held, mut units) = (0_u32, 0_u32, Vec::new());
    for byte in text.bytes() {
        let six = match byte {
            b'A'..=b'Z' => byte - b'A',
            b'a'..=b'z' => byte - b'a' + 26,
            b'0'..=b'9' => byte - b'0' + 52,
            b'+' => 62,
            b'/' => 63,
            _ => return None,
        };
        held = (held << 6 | u32::from(six)) & 0x003f_ffff;
        bits += 6;
        if bits >= 16 {
            bits -= 16;
            units.push(u16::try_from(held >> bits & 0xffff).ok()?);
        }
    }
    let rest = held & ((1 << bits) - 1);
    (bits < 6 && rest == 0 && !units.is_empty()).then_some(units)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn wide_bytes(text: &str, label: &str) -> Vec<u8> {
        match label {
            "utf-16le" => text.encode_utf16().flat_map(u16::to_le_bytes).collect(),
            "utf-16be" => text.encode_utf16().flat_map(u16::to_be_bytes).collect(),
            "utf-32le" => text.chars().flat_map(|letter| u32::from(letter).to_le_bytes()).collect(),
            _ => text.chars().flat_map(|letter| u32::from(letter).to_be_bytes()).collect(),
        }
    }

    #[test]
    fn wide_encodings_are_found_in_any_script_and_nulls_in_other_files_are_not_taken_for_them() {
        for text in [
            "email\tcity\r\na@example.org\tZürich\r\n",
            "Имя;Город\nИван;Казань\nОльга;Пермь\n",
            "姓名,城市\n王明,上海\n一一,〇〇\n",
            "名前,都市\n佐藤　太郎,東京　都\n",
            "ชื่อ,จังหวัด\nชลธิชา,เชียงใหม่\nณัฐพล,กาญจนบุรี\n",
        ] {
            for label in ["utf-16le", "utf-16be", "utf-32le", "utf-32be"] {
                let found = wide(&wide_bytes(text, label)).map(Charset::name);
                assert_eq!(found.as_deref(), Some(label), "{text}");
            }
        }
        for bytes in
            [&b"email\na\0b\n"[..], b"email,city\n\0,\0\n\0,\0\n", b"email\n", b"\0\0\0\0\0\0\0\0", b"a\0", b"\0"]
        {
            assert_eq!(wide(bytes), None, "{bytes:?}");
        }
    }

    #[test]
    fn escapes_name_their_encoding() {
        assert_eq!(shift(b"a,\x1b$BB@O:\x1b(B"), Some(Shift::Iso2022Jp));
        assert_eq!(shift(b"\x1b$)C\na"), Some(Shift::Refused("iso-2022-kr")));
        assert_eq!(shift(b"\x1b[0m plain"), None);
    }

    fn disguise(records: &[&str]) -> Option<&'static str> {
        let mut disguise = Disguise::default();
        records.iter().for_each(|record| disguise.add(record));
        disguise.found()
    }

    #[test]
    fn text_in_disguise_is_found_and_plain_text_is_not_taken_for_it() {
        for (records, expected) in [
            (&["a@b.de,M+APw-ller,K+APY-ln", "c@d.de,+AUEA8w-d+AXo,+-49 30"][..], Some("utf-7")),
            (&["taro@b.jp,+WSqQzg,+WSeWKg", "h@b.jp,+grFbUA,+TqyQ/Q"], Some("utf-7")),
            (&["a@b.cn,~{MuK9~},~{1146~}", "c@b.cn,~{VP9z~},~{IOO~:#~}"], Some("hz-gb-2312")),
            (&["a@b.cn,~{11>)~}", "c@b.cn,Ann"], Some("hz-gb-2312")),
            (&["a@b.cn,~{VP9z~}"], Some("hz-gb-2312")),
            (&["a@b.de,Dear ~{name~}", "b@b.de,~{NAME~}"], None),
            (&["a@b.cn,~{11>)~}", "c@b.cn,~{ is no bracket"], None),
            (&["ann+tag@b.de,+49 30 1234", "bea+tag@b.de,+1 201"], None),
            (&["1+1,a~b", "C++,~{x~}"], None),
            (&["+491511234567", "+4915112345678", "+12012914177"], None),
            (&["M+APw-ller,Köln", "K+APY-ln,x"], None),
        ] {
            assert_eq!(disguise(records), expected, "{records:?}");
        }
    }
}

//! Bytes to text, strictly, and resumable: only whole lines are decoded, so no decoder state outlives a call.

use serde::{Deserialize, Serialize};

use super::detector::{Sample, detect, is_doubtful};
use super::encoding::{BadBytes, Charset, mend_controls};
use super::unusual::{Shift, shift, wide};
use super::utf8_share::Utf8Share;
use crate::row::Region;

/// Largest record, in bytes of its text in UTF-8.
pub(crate) const MAX_ROW: usize = 1024 * 1024;
/// Most bytes that are kept while no line end comes: the largest record in the widest encoding.
const MAX_PENDING: usize = 4 * MAX_ROW;

/// The label that asks for the encoding to be found.
pub(crate) const AUTO: &str = "auto";
/// Bytes from which it shows whether a character takes several of them.
const START: usize = 4 * 1024;
/// Lines beyond ASCII, in bytes, after which an encoding is chosen.
const ENOUGH: usize = 1024 * 1024;
/// Most bytes that are held back from the first line beyond ASCII on, until an encoding is chosen.
const MAX_HELD: usize = 8 * 1024 * 1024;
/// Lines beyond ASCII that are kept, in bytes, to find the encoding that a file seems to have.
const KEPT: usize = 64 * 1024;
/// Stands for bytes that are no UTF-8 in a file whose other text is looked at. Unicode keeps it out of all texts.
pub(crate) const BAD: char = '\u{fdd0}';
/// Characters of UTF-8 that prove a file to be UTF-8 if nothing contradicts them.
const ENOUGH_UTF_8: u64 = 200;

/// Decodes a file that comes in chunks.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(crate) struct Decoder {
    charset: Charset,
    state: State,
    /// Whether the bytes may show another encoding than the one that was set.
    looks: bool,
    is_sure: bool,
    region: Option<Region>,
    /// Bytes that are not decoded yet.
    #[serde(with = "super::as_base64")]
    pending: Vec<u8>,
    /// The offset in the object at which `pending` begins.
    offset: u64,
    /// Whether a byte beyond ASCII was decoded.
    is_beyond_ascii: bool,
    utf8: Utf8Share,
    /// Lines beyond ASCII, without those that are sound UTF-8 and read as such.
    sample: Sample,
}

#[derive(Debug, Clone, Serialize, Deserialize)]
enum State {
    /// Nothing is decoded yet.
    Start { finds: bool },
    /// Lines from the first one beyond ASCII on are held back until they show the encoding.
    Finding(Held),
    /// The encoding is known.
    Reading,
}

/// What is known of the bytes that are held back.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
struct Held {
    /// How many of them are looked at.
    seen: usize,
    utf8: Utf8Share,
    sample: Sample,
}

/// Why bytes cannot be decoded.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Undecodable {
    /// The byte at this offset of the object means nothing.
    At(u64),
    /// More bytes than a record may have came without a line end.
    NoLineEnd,
    /// The file is in the encoding of this name, which is not read.
    Refused(&'static str),
}

impl Decoder {
    /// A decoder of a file that nobody looked at yet: in the encoding of this label, unless the bytes show another one.
    /// It reads bytes that are no UTF-8 as [`BAD`], so that all of them can be named.
    pub(crate) fn finding(label: &str, region: Option<Region>) -> Self {
        Self { state: State::Start { finds: label == AUTO }, looks: true, region, ..Self::of(label) }
    }

    /// A decoder of the start of a file whose encoding is known.
    pub(crate) fn of(label: &str) -> Self {
        Self {
            charset: Charset::for_label(label).unwrap_or(Charset::UTF_8),
            state: State::Start { finds: false },
            looks: false,
            is_sure: true,
            region: None,
            pending: Vec::new(),
            offset: 0,
            is_beyond_ascii: false,
            utf8: Utf8Share::default(),
            sample: Sample::default(),
        }
    }

    /// The decoder of a text that goes on after its start, where a byte order mark is part of the text.
    pub(crate) fn after_start(self) -> Self {
        Self { state: State::Reading, ..self }
    }

    /// Bytes of the object that are decoded: where the last whole line ended.
    pub(crate) const fn offset(&self) -> u64 {
        self.offset
    }

    /// Lets a test go on as if so many bytes were decoded.
    #[cfg(test)]
    pub(crate) fn skip_to(&mut self, offset: u64) {
        self.offset = offset;
    }

    pub(crate) fn is_utf8(&self) -> bool {
        self.charset == Charset::UTF_8
    }

    pub(crate) fn name(&self) -> String {
        self.charset.name()
    }

    /// Whether the encoding was set, or shows clearly.
    pub(crate) const fn is_sure(&self) -> bool {
        self.is_sure
    }

    /// How much of the file is UTF-8, as far as it was looked at.
    pub(crate) const fn utf8(&self) -> Utf8Share {
        self.utf8
    }

    /// The encoding that the lines beyond ASCII seem to have.
    pub(crate) fn likely(&self) -> Charset {
        let mut sample = self.sample.clone();
        sample.add_lines(&self.pending, KEPT);
        if self.utf8.is_plain() { Charset::UTF_8 } else { detect(sample.bytes(), self.region).charset }
    }

    /// Whether another encoding reads the lines beyond ASCII as far likelier text.
    pub(crate) fn is_doubtful(&self) -> bool {
        self.charset.unit() == 1
            && self.charset != Charset::UTF_8
            && !self.sample.is_empty()
            && is_doubtful(self.charset, self.sample.bytes(), self.region)
    }

    /// Takes bytes and adds all whole lines to `text`. With `last` the file is complete, so the rest is added, too.
    pub(crate) fn push(&mut self, bytes: &[u8], last: bool, text: &mut String) -> Result<(), Undecodable> {
        self.pending.extend_from_slice(bytes);
        if let State::Start { finds } = self.state {
            if self.looks && self.pending.len() < START && !last {
                return Ok(());
            }
            if self.pending.len() < 4 && !last {
                return Ok(());
            }
            self.start(finds);
        }
        let known = self.known(last);
        let cut = if last { known } else { self.charset.after_last_line_end(&self.pending[..known]) };
        if self.pending.len() > MAX_PENDING
            && self.pending.len() - self.charset.after_last_line_end(&self.pending) > MAX_PENDING
        {
            return Err(Undecodable::NoLineEnd);
        }
        if self.looks && !self.is_beyond_ascii && self.charset.unit() == 1 {
            self.look_for_shifts(cut)?;
        }
        self.decode(cut, text)
    }

    /// Drops a byte order mark, and lets the first bytes show an encoding of several bytes a character.
    fn start(&mut self, finds: bool) {
        self.state = if finds { State::Finding(Held::default()) } else { State::Reading };
        let shown = if self.looks { Charset::of_mark(&self.pending).or_else(|| wide(&self.pending)) } else { None };
        if let Some(shown) = shown {
            self.charset = shown;
            self.state = State::Reading;
        }
        let mark = self.charset.mark();
        if self.pending.starts_with(mark) {
            self.drop_front(mark.len());
        }
    }

    /// How many bytes may be decoded already.
    fn known(&mut self, last: bool) -> usize {
        let State::Finding(held) = &mut self.state else { return self.pending.len() };
        let plain = encoding_rs::Encoding::ascii_valid_up_to(&self.pending);
        if plain == self.pending.len() {
            return plain;
        }
        let first = Charset::UTF_8.after_last_line_end(&self.pending[..plain]);
        let whole = if last { self.pending.len() } else { Charset::UTF_8.after_last_line_end(&self.pending) };
        let from = held.seen.max(first);
        if whole > from {
            held.utf8.add(&self.pending[from..whole]);
            held.sample.add_lines(&self.pending[from..whole], ENOUGH);
            held.seen = whole;
        }
        let is_utf8 = held.utf8.is_proven(ENOUGH_UTF_8);
        if !last && !is_utf8 && held.sample.len() < ENOUGH && self.pending.len() < MAX_HELD {
            // What is decoded now is dropped from the front.
            held.seen = held.seen.saturating_sub(first);
            return first;
        }
        if held.utf8.is_plain() || held.utf8.is_mixed() {
            self.charset = Charset::UTF_8;
        } else {
            let found = detect(held.sample.bytes(), self.region);
            (self.charset, self.is_sure) = (found.charset, found.is_sure);
        }
        self.state = State::Reading;
        self.pending.len()
    }

    /// Encodings of seven bits write escapes, which a byte order mark is no surer sign than.
    fn look_for_shifts(&mut self, cut: usize) -> Result<(), Undecodable> {
        let ascii = encoding_rs::Encoding::ascii_valid_up_to(&self.pending[..cut]);
        match shift(&self.pending[..ascii]) {
            Some(Shift::Iso2022Jp) => self.charset = Charset::ISO_2022_JP,
            Some(Shift::Refused(name)) => return Err(Undecodable::Refused(name)),
            None => {}
        }
        self.is_beyond_ascii |= ascii < cut || self.charset == Charset::ISO_2022_JP;
        Ok(())
    }

    fn decode(&mut self, cut: usize, text: &mut String) -> Result<(), Undecodable> {
        let lines = &self.pending[..cut];
        let begun = text.len();
        let bad = self.utf8.bad;
        if self.looks && self.charset.unit() == 1 {
            self.utf8.add(lines);
        }
        // Sound UTF-8 shows nothing that is not known.
        if self.looks && (self.charset != Charset::UTF_8 || self.utf8.bad > bad) {
            self.sample.add_lines(lines, KEPT);
        }
        if self.looks && self.charset == Charset::UTF_8 && self.utf8.bad > bad {
            for chunk in lines.utf8_chunks() {
                text.push_str(chunk.valid());
                text.extend((!chunk.invalid().is_empty()).then_some(BAD));
            }
        } else if let Err(BadBytes { at, .. }) = self.charset.decode(lines, text) {
            return Err(Undecodable::At(self.offset + at as u64));
        }
        mend_controls(text, begun);
        self.drop_front(cut);
        Ok(())
    }

    fn drop_front(&mut self, length: usize) {
        self.pending.drain(..length);
        self.offset += length as u64;
    }
}

#[cfg(test)]
mod tests {
    use encoding_rs::Encoding;

    use super::*;

    fn decoded_by(mut decoder: Decoder, bytes: &[u8], size: usize) -> (Result<String, Undecodable>, String) {
        let mut text = String::new();
        let pushed = bytes.chunks(size).try_for_each(|chunk| decoder.push(chunk, false, &mut text));
        let pushed = pushed.and_then(|()| decoder.push(&[], true, &mut text));
        (pushed.map(|()| text), decoder.name())
    }

    fn decoded(label: &str, bytes: &[u8], size: usize) -> Result<String, Undecodable> {
        decoded_by(Decoder::of(label), bytes, size).0
    }

    #[test]
    fn text_survives_any_cut_in_any_encoding() {
        let text = "имя,город\r\nИван,Рим\nАнна,\"a\nb\"";
        for label in ["utf-8", "windows-1251", "koi8-r", "gb18030", "shift_jis", "euc-jp", "iso-2022-jp"] {
            let (bytes, _, bad) = Encoding::for_label(label.as_bytes()).unwrap().encode(text);
            assert!(!bad, "{label}");
            for size in 1..=bytes.len() {
                assert_eq!(decoded(label, &bytes, size).as_deref(), Ok(text), "{label} in chunks of {size}");
            }
        }
        let wide: Vec<u8> = std::iter::once(0xfeff).chain(text.encode_utf16()).flat_map(u16::to_le_bytes).collect();
        let widest: Vec<u8> = text.chars().flat_map(|letter| u32::from(letter).to_be_bytes()).collect();
        for size in 1..=wide.len() {
            for (label, bytes) in [("utf-16le", &wide), ("utf-32be", &widest)] {
                assert_eq!(decoded(label, bytes, size).as_deref(), Ok(text), "{label} in chunks of {size}");
                let found = decoded_by(Decoder::finding("utf-8", None), bytes, size);
                assert_eq!(found, (Ok(text.to_owned()), label.to_owned()), "{label} in chunks of {size}");
            }
        }
    }

    #[test]
    fn a_bad_byte_is_found_at_its_place() {
        assert_eq!(decoded("utf-8", b"ab\ncd\xff\nef", 4), Err(Undecodable::At(5)));
        assert_eq!(decoded("utf-8", b"\xef\xbb\xbfab\xc3", 2), Err(Undecodable::At(5)));
        assert_eq!(decoded("shift_jis", b"ab\n\x82\n", 9), Err(Undecodable::At(3)));
    }

    #[test]
    fn a_first_look_reads_on_behind_bytes_that_are_no_utf_8() {
        for size in [1, 3, 100] {
            let (text, _) = decoded_by(Decoder::finding("utf-8", None), "é\n".repeat(60).as_bytes(), size);
            assert_eq!(text.unwrap(), "é\n".repeat(60));
            let (text, _) = decoded_by(Decoder::finding("utf-8", None), b"a\xff\xc3\nb\xc3\xa9\n", size);
            assert_eq!(text.unwrap(), "a\u{fdd0}\u{fdd0}\nbé\n");
        }
    }

    #[test]
    fn escapes_of_seven_bits_win_over_a_label() {
        let (bytes, _, _) = encoding_rs::ISO_2022_JP.encode("email,city\na@b.de,大阪\n");
        for label in ["utf-8", "windows-1252", AUTO] {
            let (text, name) = decoded_by(Decoder::finding(label, None), &bytes, 7);
            assert_eq!((text.as_deref(), name.as_str()), (Ok("email,city\na@b.de,大阪\n"), "iso-2022-jp"), "{label}");
        }
        let (korean, _) = decoded_by(Decoder::finding(AUTO, None), b"\x1b$)C\nemail\n", 5);
        assert_eq!(korean, Err(Undecodable::Refused("iso-2022-kr")));
    }

    proptest::proptest! {
        #[test]
        fn every_encoding_is_read_back_as_it_was_written(text in "[ -~\\n\u{a0}-\u{ff}\u{400}-\u{45f}あ-ん一-十가-각]{0,60}", size in 1usize..20) {
            for label in ENCODINGS {
                let encoding = Encoding::for_label(label.as_bytes()).unwrap();
                // Leave out the characters that the encoding cannot write.
                let text: String = text.chars().filter(|letter| !encoding.encode(&letter.to_string()).2).collect();
                let (bytes, _, _) = encoding.encode(&text);
                let (expected, bad) = encoding.decode_without_bom_handling(&bytes);
                if !bad {
                    proptest::prop_assert_eq!(decoded(label, &bytes, size), Ok(expected.into_owned()), "{}", label);
                }
            }
        }

        #[test]
        fn what_is_found_does_not_depend_on_the_cuts(
            bytes in proptest::collection::vec(proptest::prelude::prop_oneof![
                proptest::prelude::Just(b'\n'), proptest::prelude::Just(b','), 0x41u8..0x45, 0xc0u8..=0xff, 0x80u8..0xc0, proptest::prelude::Just(0),
            ], 0..80),
            size in 1usize..20,
        ) {
            for label in [AUTO, "utf-8", "windows-1252"] {
                let whole = decoded_by(Decoder::finding(label, None), &bytes, bytes.len().max(1));
                proptest::prop_assert_eq!(decoded_by(Decoder::finding(label, None), &bytes, size), whole);
            }
        }
    }

    /// Every encoding of the web that can be written, but ISO-2022-JP, whose yen sign lasts longer for others.
    const ENCODINGS: [&str; 35] = [
        "utf-8",
        "ibm866",
        "iso-8859-2",
        "iso-8859-3",
        "iso-8859-4",
        "iso-8859-5",
        "iso-8859-6",
        "iso-8859-7",
        "iso-8859-8",
        "iso-8859-8-i",
        "iso-8859-10",
        "iso-8859-13",
        "iso-8859-14",
        "iso-8859-15",
        "iso-8859-16",
        "koi8-r",
        "koi8-u",
        "macintosh",
        "windows-874",
        "windows-1250",
        "windows-1251",
        "windows-1252",
        "windows-1253",
        "windows-1254",
        "windows-1255",
        "windows-1256",
        "windows-1257",
        "windows-1258",
        "x-mac-cyrillic",
        "gbk",
        "gb18030",
        "big5",
        "euc-jp",
        "shift_jis",
        "euc-kr",
    ];

    #[test]
    fn the_encoding_is_found_from_lines_beyond_ascii_however_the_bytes_are_cut() {
        let ascii = "name,city\nAnn,Rome\n".repeat(40);
        for (label, line) in [
            ("utf-8", "Jürgen,Köln\n"),
            ("windows-1252", "Jürgen Müller,Köln am Rhein\n"),
            ("windows-1251", "Иван Петров,Санкт-Петербург\n"),
            ("shift_jis", "佐藤 太郎,東京都千代田区\n"),
            ("gbk", "欧阳思远,上海市浦东新区\n"),
        ] {
            let encoding = Encoding::for_label(label.as_bytes()).unwrap();
            let text = format!("{ascii}{}", line.repeat(10));
            let bytes = encoding.encode(&text).0.into_owned();
            for size in [1, 7, 1_000, bytes.len()] {
                let found = decoded_by(Decoder::finding(AUTO, None), &bytes, size);
                assert_eq!(found, (Ok(text.clone()), label.to_owned()), "in chunks of {size}");
            }
        }
    }

    #[test]
    fn what_decides_may_come_far_behind_the_first_line_beyond_ascii() {
        let text =
            format!("name\nLee – rear\n{}{}", "Ann\n".repeat(20_000), "Wiśniewski,Łódź\nDąbrowska,Gdańsk\n".repeat(9));
        let (bytes, _, _) = encoding_rs::WINDOWS_1250.encode(&text);
        let found = decoded_by(Decoder::finding(AUTO, None), &bytes, 1_000);
        assert_eq!(found, (Ok(text), "windows-1250".to_owned()));
    }

    #[test]
    fn no_more_is_held_back_than_a_state_may_have() {
        let mut decoder = Decoder::finding(AUTO, None);
        let mut text = String::new();
        decoder.push("name\nMüller\n".repeat(2).replace('ü', "\u{fc}").as_bytes(), false, &mut text).unwrap();
        let chunk = "Ann\n".repeat(256 * 1024);
        for _ in 0..12 {
            decoder.push(chunk.as_bytes(), false, &mut text).unwrap();
            assert!(decoder.pending.len() <= MAX_HELD + chunk.len(), "{} bytes", decoder.pending.len());
        }
        let saved = serde_json::to_vec(&decoder).unwrap().len();
        assert!(saved < 2 * MAX_HELD, "{saved} bytes");
        assert_eq!(decoder.push(&vec![b'x'; MAX_PENDING + 1], false, &mut text), Err(Undecodable::NoLineEnd));
    }
}

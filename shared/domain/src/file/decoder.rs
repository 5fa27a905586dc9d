//! Bytes to text, strictly, and resumable: only whole lines are decoded, so no decoder state outlives a call.

use chardetng::{EncodingDetector, Iso2022JpDetection, Utf8Detection};
use encoding_rs::{DecoderResult, Encoding, UTF_8, UTF_16BE, UTF_16LE};
use serde::{Deserialize, Serialize};

/// Largest record, in bytes of its text in UTF-8.
pub(crate) const MAX_ROW: usize = 1024 * 1024;
/// Most bytes that are kept while no line end comes: the largest record in the widest encoding.
const MAX_PENDING: usize = 4 * MAX_ROW;

/// The label that asks for the encoding to be found.
pub(crate) const AUTO: &str = "auto";
/// Bytes from which the encoding is found.
const SAMPLE: usize = 64 * 1024;

/// Decodes a file that comes in chunks.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(crate) struct Decoder {
    encoding: String,
    started: bool,
    /// Whether the encoding is not found yet.
    guessing: bool,
    /// Bytes after the last line end.
    pending: Vec<u8>,
    /// The offset in the object at which `pending` begins.
    offset: u64,
}

/// Why bytes cannot be decoded.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Undecodable {
    /// The byte at this offset of the object means nothing.
    At(u64),
    /// More bytes than a record may have came without a line end.
    NoLineEnd,
}

impl Decoder {
    pub(crate) fn new(label: &str) -> Self {
        let encoding = Encoding::for_label(label.as_bytes()).unwrap_or(UTF_8);
        let guessing = label == AUTO;
        Self { encoding: encoding.name().to_owned(), started: false, guessing, pending: Vec::new(), offset: 0 }
    }

    fn encoding(&self) -> &'static Encoding {
        Encoding::for_label(self.encoding.as_bytes()).unwrap_or(UTF_8)
    }

    /// The decoder of a text that goes on after its start, where a byte order mark is part of the text.
    pub(crate) fn after_start(self) -> Self {
        Self { started: true, ..self }
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

    pub(crate) fn name(&self) -> String {
        self.encoding.to_lowercase()
    }

    /// Takes bytes and adds all whole lines to `text`. With `last` the file is complete, so the rest is added, too.
    pub(crate) fn push(&mut self, bytes: &[u8], last: bool, text: &mut String) -> Result<(), Undecodable> {
        self.pending.extend_from_slice(bytes);
        if !self.started {
            if self.pending.len() < 3 && !last {
                return Ok(());
            }
            self.started = true;
            if let Some((encoding, length)) = Encoding::for_bom(&self.pending) {
                self.encoding = encoding.name().to_owned();
                self.guessing = false;
                self.drop_front(length);
            }
        }
        let known = if self.guessing { self.guess(last) } else { self.pending.len() };
        let encoding = self.encoding();
        let cut = if last { self.pending.len() } else { after_last_line_end(&self.pending[..known], encoding) };
        if cut == 0 && self.pending.len() > MAX_PENDING {
            return Err(Undecodable::NoLineEnd);
        }
        let taken = decode(encoding, &self.pending[..cut], text).map_err(|at| (at, self.offset));
        match taken {
            Ok(()) => {
                self.drop_front(cut);
                Ok(())
            }
            Err((at, offset)) => Err(Undecodable::At(offset + at as u64)),
        }
    }

    /// Finds the encoding once there are enough bytes; gives how many bytes may be decoded already. Lines of plain
    /// ASCII are the same in every encoding, so the first other line decides.
    fn guess(&mut self, last: bool) -> usize {
        let wide = match self.pending.as_slice() {
            [0, second, ..] if *second != 0 => Some(UTF_16BE),
            [first, 0, ..] if *first != 0 => Some(UTF_16LE),
            _ => None,
        };
        let plain = encoding_rs::Encoding::ascii_valid_up_to(&self.pending);
        if wide.is_none() && plain == self.pending.len() {
            return plain;
        }
        let line = after_last_line_end(&self.pending[..plain], UTF_8);
        let sample = &self.pending[line..];
        if wide.is_none() && sample.len() < SAMPLE && !last {
            return line;
        }
        self.encoding = wide.unwrap_or_else(|| guess(&sample[..sample.len().min(SAMPLE)])).name().to_owned();
        self.guessing = false;
        self.pending.len()
    }

    fn drop_front(&mut self, length: usize) {
        self.pending.drain(..length);
        self.offset += length as u64;
    }
}

/// Adds the text of whole lines. An error is the place of the first byte that cannot be decoded; the text before it is
/// added.
fn decode(encoding: &'static Encoding, bytes: &[u8], text: &mut String) -> Result<(), usize> {
    if encoding == UTF_8 {
        return match std::str::from_utf8(bytes) {
            Ok(valid) => {
                text.push_str(valid);
                Ok(())
            }
            Err(error) => {
                text.push_str(std::str::from_utf8(&bytes[..error.valid_up_to()]).unwrap_or_default());
                Err(error.valid_up_to())
            }
        };
    }
    let mut decoder = encoding.new_decoder_without_bom_handling();
    let mut at = 0;
    loop {
        text.reserve(decoder.max_utf8_buffer_length_without_replacement(bytes.len() - at).unwrap_or(0));
        let (result, read) = decoder.decode_to_string_without_replacement(&bytes[at..], text, true);
        at += read;
        match result {
            DecoderResult::InputEmpty => return Ok(()),
            DecoderResult::OutputFull => {}
            DecoderResult::Malformed(length, after) => return Err(at.saturating_sub(usize::from(length + after))),
        }
    }
}

/// Where the last whole line ends. In every encoding of the web but UTF-16 the bytes LF and CR only ever end a line; in
/// UTF-16 they do so as units at even places.
fn after_last_line_end(bytes: &[u8], encoding: &'static Encoding) -> usize {
    if encoding == UTF_16LE || encoding == UTF_16BE {
        let (low, high) = if encoding == UTF_16LE { (0, 1) } else { (1, 0) };
        let units = bytes.chunks_exact(2).rposition(|unit| matches!(unit[low], b'\n' | b'\r') && unit[high] == 0);
        return units.map_or(0, |unit| 2 * unit + 2);
    }
    memchr::memrchr2(b'\n', b'\r', bytes).map_or(0, |at| at + 1)
}

/// The encoding that these bytes most likely have.
pub(crate) fn guess(bytes: &[u8]) -> &'static Encoding {
    let mut detector = EncodingDetector::new(Iso2022JpDetection::Deny);
    detector.feed(bytes, false);
    detector.guess(None, Utf8Detection::Allow)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn decoded(label: &str, bytes: &[u8], size: usize) -> Result<String, Undecodable> {
        let mut decoder = Decoder::new(label);
        let mut text = String::new();
        for chunk in bytes.chunks(size) {
            decoder.push(chunk, false, &mut text)?;
        }
        decoder.push(&[], true, &mut text)?;
        Ok(text)
    }

    #[test]
    fn text_survives_any_cut_in_any_encoding() {
        let text = "имя,город\r\nИван,Рим\nАнна,\"a\nb\"";
        for label in ["utf-8", "windows-1251", "koi8-r", "gb18030", "shift_jis", "euc-jp"] {
            let (bytes, _, bad) = Encoding::for_label(label.as_bytes()).unwrap().encode(text);
            assert!(!bad, "{label}");
            for size in 1..=bytes.len() {
                assert_eq!(decoded(label, &bytes, size).as_deref(), Ok(text), "{label} in chunks of {size}");
            }
        }
        let wide: Vec<u8> = std::iter::once(0xfeff).chain(text.encode_utf16()).flat_map(u16::to_le_bytes).collect();
        for size in 1..=wide.len() {
            assert_eq!(decoded("utf-8", &wide, size).as_deref(), Ok(text), "UTF-16 in chunks of {size}");
        }
    }

    #[test]
    fn a_bad_byte_is_found_at_its_place() {
        assert_eq!(decoded("utf-8", b"ab\ncd\xff\nef", 4), Err(Undecodable::At(5)));
        assert_eq!(decoded("utf-8", b"\xef\xbb\xbfab\xc3", 2), Err(Undecodable::At(5)));
        assert_eq!(decoded("shift_jis", b"ab\n\x82\n", 9), Err(Undecodable::At(3)));
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
    }

    /// Every encoding that can be written, but ISO-2022-JP: its lines depend on each other.
    const ENCODINGS: [&str; 36] = [
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
        "x-user-defined",
    ];

    #[test]
    fn the_encoding_is_found_from_the_first_lines_that_are_not_ascii_however_the_bytes_are_cut() {
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
                let mut decoder = Decoder::new(AUTO);
                let mut read = String::new();
                for chunk in bytes.chunks(size) {
                    decoder.push(chunk, false, &mut read).unwrap();
                }
                decoder.push(&[], true, &mut read).unwrap();
                assert_eq!((decoder.name(), read == text), (label.to_owned(), true), "in chunks of {size}");
            }
        }
        let wide: Vec<u8> = "name\nКёльн\n".encode_utf16().flat_map(u16::to_be_bytes).collect();
        assert_eq!(decoded(AUTO, &wide, 5).as_deref(), Ok("name\nКёльн\n"), "UTF-16 without a byte order mark");
    }
}

//! Bytes to text, strictly, and resumable: only whole lines are decoded, so no decoder state outlives a call.

use encoding_rs::{CoderResult, DecoderResult, Encoding, UTF_8, UTF_16BE, UTF_16LE};
use serde::{Deserialize, Serialize};

use super::MAX_ROW;

/// Bytes without a line end that are kept at most: a record at its limit, in the widest encoding.
const MAX_PENDING: usize = 4 * MAX_ROW;

/// A decoder between two chunks.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(crate) struct Decoder {
    encoding: String,
    started: bool,
    /// Bytes after the last line end.
    pending: Vec<u8>,
    /// Where in the object `pending` begins.
    offset: u64,
}

/// Why bytes are no text.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Undecodable {
    /// The byte at this offset of the object means nothing.
    At(u64),
    /// There is no line end for more than a record may have.
    NoLineEnd,
}

impl Decoder {
    pub(crate) fn new(label: &str) -> Self {
        let encoding = Encoding::for_label(label.as_bytes()).unwrap_or(UTF_8);
        Self { encoding: encoding.name().to_owned(), started: false, pending: Vec::new(), offset: 0 }
    }

    fn encoding(&self) -> &'static Encoding {
        Encoding::for_label(self.encoding.as_bytes()).unwrap_or(UTF_8)
    }

    pub(crate) fn name(&self) -> String {
        self.encoding.to_lowercase()
    }

    /// Takes bytes and adds the lines that are whole to `text`; with `last`, all of them.
    pub(crate) fn push(&mut self, bytes: &[u8], last: bool, text: &mut String) -> Result<(), Undecodable> {
        self.pending.extend_from_slice(bytes);
        if !self.started {
            if self.pending.len() < 3 && !last {
                return Ok(());
            }
            self.started = true;
            if let Some((encoding, length)) = Encoding::for_bom(&self.pending) {
                self.encoding = encoding.name().to_owned();
                self.drop_front(length);
            }
        }
        let encoding = self.encoding();
        let cut = if last { self.pending.len() } else { after_last_line_end(&self.pending, encoding) };
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

    fn drop_front(&mut self, length: usize) {
        self.pending.drain(..length);
        self.offset += length as u64;
    }
}

/// Adds the text of whole lines; or says at which byte it cannot be read, with what stands before it added.
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

/// Where the last whole line ends. LF and CR are trail bytes in no encoding of the web but UTF-16, where they count as
/// units at even places.
fn after_last_line_end(bytes: &[u8], encoding: &'static Encoding) -> usize {
    if encoding == UTF_16LE || encoding == UTF_16BE {
        let (low, high) = if encoding == UTF_16LE { (0, 1) } else { (1, 0) };
        let units = bytes.chunks_exact(2).rposition(|unit| matches!(unit[low], b'\n' | b'\r') && unit[high] == 0);
        return units.map_or(0, |unit| 2 * unit + 2);
    }
    memchr::memrchr2(b'\n', b'\r', bytes).map_or(0, |at| at + 1)
}

/// Whether the bytes would be text in this encoding; for advice only.
pub(crate) fn fits(label: &str, bytes: &[u8]) -> bool {
    let Some(encoding) = Encoding::for_label(label.as_bytes()) else { return false };
    let mut out = vec![0; bytes.len() * 4 + 16];
    let mut decoder = encoding.new_decoder_without_bom_handling();
    let (result, _, _, bad) = decoder.decode_to_utf8(bytes, &mut out, false);
    result == CoderResult::InputEmpty && !bad
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
        assert!(fits("windows-1252", b"M\xfcller") && !fits("utf-8", b"M\xfcller"));
    }
}

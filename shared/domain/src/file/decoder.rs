//! Bytes to text, strictly, and resumable: only whole lines are decoded, so no decoder state outlives a call.

use serde::{Deserialize, Serialize};

use super::detector::{Sample, detect, is_doubtful};
use super::encoding::{BadBytes, Charset, mend_controls};
use super::plausibility::is_odd;
use super::unusual::{Shift, is_ebcdic, shift, wide};
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
    /// Whether a byte order mark says that the file is UTF-8.
    is_marked_utf8: bool,
    /// Whether a byte order mark says which encoding the file has. Only a look at a file asks, and no look is saved.
    #[serde(skip)]
    is_marked: bool,
    /// Whether the file was cut off before its bytes showed its encoding.
    #[serde(skip)]
    is_guessed: bool,
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
            is_marked_utf8: false,
            is_marked: false,
            is_guessed: false,
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

    /// Whether a byte order mark says that the file is UTF-8.
    pub(crate) const fn is_marked_utf8(&self) -> bool {
        self.is_marked_utf8
    }

    /// Whether a byte order mark says which encoding the file has.
    pub(crate) const fn is_marked(&self) -> bool {
        self.is_marked
    }

    /// Whether the bytes, as far as there were any, might have been followed by some that show another encoding.
    pub(crate) const fn is_guessed(&self) -> bool {
        self.is_guessed
    }

    /// Whether the file is read in the encoding of this label.
    pub(crate) fn is_in(&self, label: &str) -> bool {
        Charset::for_label(label).is_ok_and(|charset| charset == self.charset)
    }

    /// Whether a character of the encoding takes two bytes at least.
    pub(crate) fn is_wide(&self) -> bool {
        self.charset.unit() > 1
    }

    /// Whether less than a character of such an encoding begins at this offset, at the end of the bytes so far.
    pub(crate) fn is_cut_off_at(&self, offset: u64) -> bool {
        self.offset + self.pending.len() as u64 - offset < self.charset.unit() as u64
    }

    /// Whether this encoding makes text that nobody writes of the lines beyond ASCII.
    pub(crate) fn is_odd_in(&self, charset: Charset) -> bool {
        let mut text = String::new();
        charset.decode(self.sample.bytes(), &mut text).is_err() || is_odd(&text)
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
        if matches!(self.state, State::Start { .. }) {
            let enough = if self.looks { START } else { 4 };
            if self.pending.len() < enough && !last {
                return Ok(());
            }
            self.begin()?;
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

    /// Ends a file of which only the beginning is at hand: a line that is cut off is left out, and what the bytes so far
    /// show decides.
    pub(crate) fn end_cut_off(&mut self, text: &mut String) -> Result<(), Undecodable> {
        // Some encodings show only in more bytes than these.
        let is_short = matches!(self.state, State::Start { .. });
        self.begin()?;
        let whole = self.charset.after_last_line_end(&self.pending);
        self.pending.truncate(whole);
        self.push(&[], false, text)?;
        self.is_guessed = !self.is_marked && (is_short || matches!(self.state, State::Finding(_)));
        self.push(&[], true, text)
    }

    /// Looks at the first bytes, unless that is done.
    fn begin(&mut self) -> Result<(), Undecodable> {
        let State::Start { finds } = self.state else { return Ok(()) };
        self.start(finds);
        if self.looks && is_ebcdic(&self.pending) { Err(Undecodable::Refused("EBCDIC")) } else { Ok(()) }
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
            self.is_marked = !mark.is_empty();
            self.is_marked_utf8 = self.charset == Charset::UTF_8;
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
mod tests;

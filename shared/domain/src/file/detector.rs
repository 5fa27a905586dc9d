//! Which encoding a file has, by its lines beyond ASCII.
//!
//! Every encoding that the bytes may be in reads them; what it reads is judged by how likely letters follow each other
//! in the names of some language, and by signs and capitals that nobody writes inside words.

use std::collections::BTreeSet;

use serde::{Deserialize, Serialize};

use super::candidates::{CANDIDATES, Candidate};
use super::encoding::Charset;
use super::languages::{EDGE, Language, Languages, languages, of_region};
use crate::row::Region;

/// Pieces of text that are judged; more of them show nothing new.
const MAX_PIECES: usize = 600;
/// How much likelier a word must be in another language than the file's for it to be taken as a word of that language.
const SWITCH: f32 = 4.0;
/// How much likelier than any other text a text must be to be certain.
const MARGIN: f32 = 5.0;
/// How likely a byte beyond ASCII is at least in text of Latin letters, most of which are ASCII, and in other text.
const LIKELY: (f32, f32) = (-7.5, -5.0);
/// How much likelier another text must be for an encoding that was set to be doubted.
const DOUBT: f32 = 15.0;
/// How far an encoding must be behind the best one for its languages not to be looked at.
const FAR: f32 = 50.0;
/// The score of letters that no language has.
const NO_LANGUAGE: f32 = -1e6;
/// What it costs an encoding of another alphabet that the text has Latin letters alone.
const UNUSED: f32 = -7.0;
/// How much likelier it is that a file is in a language of the import's region.
const REGION: f32 = 5.0;

/// Lines beyond ASCII.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
pub(crate) struct Sample(#[serde(with = "super::as_base64")] Vec<u8>);

impl Sample {
    /// Adds the lines of a text that have bytes beyond ASCII, as long as there are fewer bytes than `most`.
    pub(crate) fn add_lines(&mut self, text: &[u8], most: usize) {
        let mut rest = text;
        while self.0.len() < most {
            let plain = encoding_rs::Encoding::ascii_valid_up_to(rest);
            if plain == rest.len() {
                return;
            }
            let begin = Charset::UTF_8.after_last_line_end(&rest[..plain]);
            let end = memchr::memchr2(b'\n', b'\r', &rest[plain..]).map_or(rest.len(), |at| plain + at + 1);
            self.0.extend_from_slice(&rest[begin..end]);
            rest = &rest[end..];
        }
    }

    pub(crate) fn bytes(&self) -> &[u8] {
        &self.0
    }

    pub(crate) const fn len(&self) -> usize {
        self.0.len()
    }

    pub(crate) const fn is_empty(&self) -> bool {
        self.0.is_empty()
    }
}

/// What the bytes show.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Detected {
    pub(crate) charset: Charset,
    /// Whether no other encoding gives another text that is nearly as likely, and the text is a likely one.
    pub(crate) is_sure: bool,
}

/// How well an encoding reads the pieces.
#[derive(Debug, Clone)]
struct Judged {
    charset: Charset,
    is_latin: bool,
    /// The natural logarithm of a likelihood.
    score: f32,
    /// The text, as far as encodings differ.
    reading: Vec<Option<String>>,
}

impl Judged {
    /// Whether the text is as likely as text in the right encoding always is.
    fn is_likely(&self, pieces: &[&[u8]]) -> bool {
        let least = if self.is_latin { LIKELY.0 } else { LIKELY.1 };
        self.score >= least * beyond_ascii(pieces)
    }
}

/// The encoding that these lines most likely have. They have bytes beyond ASCII.
pub(crate) fn detect(lines: &[u8], region: Option<Region>) -> Detected {
    let pieces = pieces(lines);
    let judged = ranking(&pieces, region);
    let Some(best) = judged.first() else {
        return Detected { charset: Charset::UTF_8, is_sure: false };
    };
    let rival = judged.iter().find(|other| other.reading != best.reading);
    let margin = rival.map_or(f32::INFINITY, |rival| best.score - rival.score);
    Detected { charset: best.charset, is_sure: margin >= MARGIN && best.is_likely(&pieces) }
}

/// Whether another encoding than the one that was set reads these lines as far likelier text.
pub(crate) fn is_doubtful(set: Charset, lines: &[u8], region: Option<Region>) -> bool {
    let pieces = pieces(lines);
    let judged = ranking(&pieces, region);
    let (Some(best), Some(own)) = (judged.first(), judged.iter().find(|judged| judged.charset == set)) else {
        return false;
    };
    own.reading != best.reading && best.score - own.score > DOUBT && best.is_likely(&pieces)
}

/// How well each encoding reads the pieces, the best first. Of one that is far behind only an upper bound is known.
fn ranking(pieces: &[&[u8]], region: Option<Region>) -> Vec<Judged> {
    let expected = region.map(String::from).map_or(&[][..], |code| of_region(&code));
    let asian = CANDIDATES.iter().filter_map(|candidate| judge_asian(candidate, pieces, expected));
    let mut judged: Vec<Judged> = asian.collect();
    let alphabetic = CANDIDATES.iter().filter(|candidate| candidate.asian.is_none());
    let mut read: Vec<Read> = alphabetic.filter_map(|candidate| Read::of(candidate, pieces)).collect();
    read.sort_by(|one, other| other.score.total_cmp(&one.score));
    let mut best = judged.iter().map(|judged| judged.score).fold(f32::NEG_INFINITY, f32::max);
    for read in read {
        let found = if read.score + REGION < best - FAR {
            Judged { charset: read.charset, is_latin: read.is_latin, score: read.score, reading: read.reading }
        } else {
            read.judged(expected)
        };
        best = best.max(found.score);
        judged.push(found);
    }
    judged.sort_by(|one, other| other.score.total_cmp(&one.score));
    judged
}

#[expect(clippy::cast_precision_loss, reason = "there are few bytes")]
fn beyond_ascii(pieces: &[&[u8]]) -> f32 {
    pieces.iter().map(|piece| piece.iter().filter(|byte| !byte.is_ascii()).count()).sum::<usize>() as f32
}

/// Different cells that have bytes beyond ASCII, or more of a line where a delimiter may be a part of a character.
fn pieces(lines: &[u8]) -> Vec<&[u8]> {
    let mut seen = BTreeSet::new();
    let mut pieces = Vec::new();
    for piece in lines.split(|byte| matches!(byte, b',' | b';' | b'\t' | b'"' | b'\n' | b'\r')) {
        if !piece.is_ascii() && seen.insert(piece) {
            pieces.push(piece);
            if pieces.len() == MAX_PIECES {
                break;
            }
        }
    }
    pieces
}

/// How an alphabetic encoding reads the pieces, before languages are looked at.
struct Read {
    charset: Charset,
    is_latin: bool,
    /// The text, as far as encodings differ.
    reading: Vec<Option<String>>,
    words: Vec<Word>,
    /// The score without the letters, which can only lower it, but for the bonus of the region.
    score: f32,
}

impl Read {
    fn of(candidate: &Candidate, pieces: &[&[u8]]) -> Option<Self> {
        let charset = Charset::for_label(candidate.label).ok()?;
        let upper = upper_half(charset);
        let mut used = [false; 128];
        for place in pieces.iter().flat_map(|piece| piece.iter()).filter_map(|byte| byte.checked_sub(128)) {
            used[usize::from(place)] = true;
        }
        let reading = (0..128).filter(|at| used[*at]).map(|at| upper[at].map(String::from)).collect();
        let words: Vec<Word> = pieces.iter().flat_map(|piece| words(piece, &upper)).collect();
        let has_own_letters = words.iter().flat_map(Word::letters).any(|letter| letter >= '\u{370}');
        let unused = if candidate.is_latin || has_own_letters { 0.0 } else { UNUSED };
        let fixed: f32 = words.iter().map(|word| word.fixed).sum();
        Some(Self { charset, is_latin: candidate.is_latin, reading, words, score: candidate.prior + unused + fixed })
    }

    fn judged(self, expected: &[&str]) -> Judged {
        let Self { charset, is_latin, reading, words, score } = self;
        let languages = languages();
        let likely: Vec<&Language> =
            languages.alphabetic.iter().filter(|language| has_most_letters(language, &words)).collect();
        let scores: Vec<Vec<f32>> =
            likely.iter().map(|language| words.iter().map(|word| word.score(language, languages)).collect()).collect();
        let best_of_word =
            |at: usize| scores.iter().map(|of_language| of_language[at]).fold(f32::NEG_INFINITY, f32::max);
        let best: Vec<f32> = (0..words.len()).map(best_of_word).collect();
        let of_file = likely.iter().zip(&scores).map(|(language, scores)| {
            let bonus = if expected.contains(&language.code) { REGION } else { 0.0 };
            scores.iter().zip(&best).map(|(score, best)| score.max(best - SWITCH)).sum::<f32>() + bonus
        });
        let of_letters =
            if words.iter().all(|word| word.runs.is_empty()) { 0.0 } else { of_file.fold(NO_LANGUAGE, f32::max) };
        Judged { charset, is_latin, score: score + of_letters, reading }
    }
}

/// The characters of the bytes beyond ASCII.
fn upper_half(charset: Charset) -> [Option<char>; 128] {
    std::array::from_fn(|place| {
        let mut text = String::new();
        let byte = u8::try_from(place + 128).unwrap_or(u8::MAX);
        charset.decode(&[byte], &mut text).ok()?;
        super::encoding::mend_controls(&mut text, 0);
        text.chars().next()
    })
}

/// A word with characters beyond ASCII, or such signs that stand by themselves.
#[derive(Debug)]
struct Word {
    /// Runs of small letters between signs, without those of ASCII alone.
    runs: Vec<Vec<char>>,
    /// What its signs and capitals cost, in any language.
    fixed: f32,
}

/// The words of a piece that have characters beyond ASCII.
fn words(piece: &[u8], upper: &[Option<char>; 128]) -> Vec<Word> {
    let is_inside = |byte: u8| byte.is_ascii_alphabetic() || byte >= 0x80;
    let tokens = piece.split(|byte| !is_inside(*byte)).filter(|token| !token.is_ascii());
    tokens
        .map(|token| {
            let characters: Vec<Option<char>> = token
                .iter()
                .map(|byte| byte.checked_sub(128).map_or(Some(char::from(*byte)), |place| upper[usize::from(place)]))
                .collect();
            Word::of(&characters)
        })
        .collect()
}

impl Word {
    fn of(characters: &[Option<char>]) -> Self {
        let mut word = Self { runs: Vec::new(), fixed: 0.0 };
        let mut run = Vec::new();
        let is_letter = |at: usize| characters.get(at).copied().flatten().is_some_and(is_of_word);
        for (at, character) in characters.iter().enumerate() {
            let Some(letter) = character.filter(|letter| is_of_word(*letter)) else {
                word.fixed += sign(*character, at > 0 && is_letter(at - 1), is_letter(at + 1));
                if !run.is_empty() {
                    word.runs.push(std::mem::take(&mut run));
                }
                continue;
            };
            let before = if at > 0 { characters[at - 1].filter(|before| is_of_word(*before)) } else { None };
            word.fixed += case(before, letter, at.checked_sub(2).and_then(|at| characters[at]));
            run.push(letter.to_lowercase().next().unwrap_or(letter));
        }
        if !run.is_empty() {
            word.runs.push(run);
        }
        word.runs.retain(|run| run.iter().any(|letter| !letter.is_ascii()));
        word
    }

    fn letters(&self) -> impl Iterator<Item = char> {
        self.runs.iter().flatten().copied()
    }

    /// The natural logarithm of its likelihood in a language. Pairs of ASCII letters are the same in every encoding, so
    /// they only count by how much likelier they are in this language than in others.
    fn score(&self, language: &Language, languages: &Languages) -> f32 {
        let mut score = 0.0;
        for run in &self.runs {
            let mut before = EDGE;
            for letter in run.iter().copied().chain([EDGE]) {
                let pair = language.pair(language.place(before), language.place(letter));
                score += if before.is_ascii() && letter.is_ascii() {
                    let latin = &languages.latin;
                    (pair - latin.pair(latin.place(before), latin.place(letter))).clamp(-1.0, 1.0)
                } else {
                    pair
                };
                before = letter;
            }
        }
        score
    }
}

/// Whether a character is a letter, or a mark on one.
fn is_of_word(character: char) -> bool {
    let is_mark = matches!(character, '\u{300}'..='\u{323}' | '\u{5b0}'..='\u{5c2}' | '\u{64b}'..='\u{652}' | '\u{e31}' | '\u{e34}'..='\u{e3a}' | '\u{e47}'..='\u{e4e}');
    (character.is_alphabetic() && !matches!(character, 'ª' | 'º' | 'ˆ' | 'ƒ')) || is_mark
}

/// What a sign costs, by whether letters are next to it.
fn sign(character: Option<char>, after_letter: bool, before_letter: bool) -> f32 {
    let is_inside = after_letter && before_letter;
    match character {
        None => -18.0,
        Some('\u{80}'..='\u{9f}') => -18.0,
        Some('’') => {
            if after_letter {
                -4.0
            } else {
                -9.0
            }
        }
        Some('\u{a0}') => -6.0,
        Some('\u{200e}' | '\u{200f}' | '\u{200c}' | '\u{200d}') => -8.0,
        Some('–' | '—') => {
            if is_inside {
                -9.0
            } else {
                -5.0
            }
        }
        Some('“' | '„' | '«' | '‘' | '”' | '»' | '‚' | '‹' | '›' | '¡' | '¿') => {
            if is_inside {
                -13.0
            } else {
                -6.5
            }
        }
        Some('°' | 'º' | 'ª' | '№' | '€' | '®' | '™' | '§' | '&' | '£' | '½' | '·' | '…' | '•' | '²' | '³') => {
            if before_letter {
                -12.0
            } else {
                -7.5
            }
        }
        Some('´' | '`') => -9.0,
        Some('\u{2500}'..='\u{25ff}' | '\u{e000}'..='\u{f8ff}') => -16.0,
        Some(_) => {
            if is_inside {
                -15.0
            } else {
                -11.0
            }
        }
    }
}

/// What the case of a letter costs, after the letter before it and the one before that.
fn case(before: Option<char>, letter: char, earlier: Option<char>) -> f32 {
    match before {
        None if letter.is_lowercase() => -1.2,
        None => -0.2,
        Some(before) if before.is_ascii() && letter.is_ascii() => 0.0,
        Some(before) if before.is_lowercase() && letter.is_uppercase() => -7.0,
        Some(before) if before.is_uppercase() && letter.is_lowercase() && earlier.is_some_and(char::is_uppercase) => {
            -5.0
        }
        Some(_) => 0.0,
    }
}

fn has_most_letters(language: &Language, words: &[Word]) -> bool {
    let letters = words.iter().flat_map(Word::letters).filter(|letter| !letter.is_ascii());
    let (mut known, mut all) = (0, 0);
    for letter in letters {
        known += usize::from(language.place(letter).is_some());
        all += 1;
    }
    2 * known >= all && all > 0
}

fn judge_asian(candidate: &Candidate, pieces: &[&[u8]], expected: &[&str]) -> Option<Judged> {
    let asian = candidate.asian?;
    let charset = Charset::for_label(candidate.label).ok()?;
    let mut score = candidate.prior + if expected.contains(&asian.code()) { REGION } else { 0.0 };
    let mut reading = Vec::new();
    let mut failed = 0;
    for piece in pieces {
        let mut text = String::new();
        if charset.decode(piece, &mut text).is_err() {
            failed += 1;
            score -= 25.0;
            continue;
        }
        let characters: Vec<char> = text.chars().collect();
        for (at, character) in characters.iter().enumerate().filter(|(_, character)| !character.is_ascii()) {
            let near = [at.checked_sub(1).and_then(|at| characters.get(at)), characters.get(at + 1)];
            let touches = near.into_iter().flatten().any(char::is_ascii_alphabetic);
            score += asian.cost(*character) - if touches { 6.0 } else { 0.0 };
        }
        reading.push(Some(text));
    }
    // A few broken cells are bad luck; many are another encoding.
    (failed * 20 <= pieces.len()).then_some(Judged { charset, is_latin: false, score, reading })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn encoded(label: &str, text: &str) -> Vec<u8> {
        let (bytes, _, bad) = encoding_rs::Encoding::for_label(label.as_bytes()).unwrap().encode(text);
        assert!(!bad, "{label} cannot write {text}");
        bytes.into_owned()
    }

    #[test]
    fn names_show_their_encoding() {
        for (label, region, text) in [
            ("windows-1250", Some("HU"), "Erzsébet;Szűcs;Győr\nGergő;Kővári;Jenő\n"),
            ("windows-1250", Some("PL"), "Gdańsk\n"),
            ("windows-1250", None, "Wiśniewski;Łódź\nDąbrowska;Gdańsk\nKamiński;Poznań\n"),
            ("windows-1252", Some("DE"), "Jürgen;Müller;Köln\n"),
            ("windows-1252", None, "Müller\n"),
            ("windows-1251", None, "Соколов;Санкт-Петербург\nВолкова;Казань\n"),
            ("koi8-r", None, "Соколов;Санкт-Петербург\nВолкова;Казань\n"),
            ("windows-1254", Some("TR"), "Şahin;İzmir\nYıldız;Eskişehir\n"),
            ("windows-1253", None, "Παπαδόπουλος;Αθήνα\nΓεωργίου;Πάτρα\n"),
            ("shift_jis", None, "佐藤;東京都\n鈴木;大阪市\n"),
            ("gbk", None, "王明;上海市\n李静;北京市\n"),
            ("big5", None, "陳志明;臺北市\n林淑芬;高雄市\n"),
            ("euc-kr", None, "김민준;서울특별시\n이서연;부산광역시\n"),
            ("macintosh", None, "José;Besançon\nHélène;Düren\nRené;Lübeck\n"),
        ] {
            let found = detect(&encoded(label, text), region.and_then(Region::parse));
            assert_eq!(found.charset.name(), label, "{text}");
        }
    }

    #[test]
    fn a_single_letter_that_two_encodings_read_as_letters_is_not_sure() {
        assert!(!detect(b"\xf0\n", None).is_sure);
        assert!(detect(&encoded("windows-1251", "Соколов;Санкт-Петербург\nВолкова;Казань\n"), None).is_sure);
    }

    #[test]
    fn a_sample_has_the_lines_beyond_ascii() {
        let mut sample = Sample::default();
        sample.add_lines(b"a\nb\xe4\r\nc\n\xe4d", 100);
        assert_eq!(sample.bytes(), b"b\xe4\r\xe4d");
        sample.add_lines(b"\xe4\n", 5);
        assert_eq!(sample.len(), 5, "it is full");
    }
}

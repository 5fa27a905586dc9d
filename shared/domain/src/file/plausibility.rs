//! Cells beyond ASCII that nobody writes, which shows that a file was read in a wrong encoding.

use serde::{Deserialize, Serialize};
use xxhash_rust::xxh3::xxh3_64;

use super::unusual::Disguise;
use crate::codes::NoticeCode;
use crate::columns::Layout;
use crate::problems::Notice;
use crate::wording::quoted;

/// Cells that a notice shows.
const SHOWN: usize = 3;
/// Cells that are remembered as sound.
const REMEMBERED: usize = 256;
/// Of so many cells beyond ASCII one must be odd before a notice says so.
const SHARE: u64 = 5;

/// A cell's place in the file.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
struct Place {
    row: u64,
    line: u64,
    position: usize,
}

/// What the cells of a file look like so far.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Plausibility {
    disguise: Disguise,
    /// Cells beyond ASCII in columns that are read.
    beyond: u64,
    /// The first ones.
    first: Vec<(Place, String)>,
    /// Cells that have something impossible, such as a control.
    impossible: u64,
    /// Cells that are odd in other ways.
    odd: u64,
    /// The first odd or impossible ones.
    first_odd: Vec<(Place, String)>,
    /// Hashes of cells that are sound. Names and towns come again and again.
    #[serde(skip)]
    sound: Vec<u64>,
}

/// How the encoding of a file came about.
#[derive(Debug, Clone)]
pub(crate) struct Reading {
    /// The name of the encoding.
    pub(crate) encoding: String,
    /// Whether it was found in the bytes.
    pub(crate) is_found: bool,
    /// Whether the bytes would be UTF-8, and are read as something else.
    pub(crate) is_utf8: bool,
    /// Whether another encoding is as likely, or likelier.
    pub(crate) is_doubtful: bool,
}

/// How a cell looks.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Look {
    Sound,
    Odd,
    Impossible,
}

impl Plausibility {
    /// Looks at a record.
    pub(crate) fn record(&mut self, layout: &Layout, row: u64, line: u64, text: &str, cells: &[&str]) {
        self.disguise.add(text);
        if text.is_ascii() {
            return;
        }
        for (position, cell) in cells.iter().enumerate() {
            if cell.is_ascii() || layout.columns.get(position).is_none_or(Option::is_none) {
                continue;
            }
            let place = Place { row, line, position };
            self.beyond += 1;
            keep(&mut self.first, place, cell);
            let hash = xxh3_64(cell.as_bytes());
            self.sound.resize(REMEMBERED, 0);
            let remembered = &mut self.sound[usize::from(hash.to_le_bytes()[0]) % REMEMBERED];
            if *remembered == hash {
                continue;
            }
            let look = look(cell);
            if look == Look::Sound {
                *remembered = hash;
            } else {
                self.odd += u64::from(look == Look::Odd);
                self.impossible += u64::from(look == Look::Impossible);
                keep(&mut self.first_odd, place, cell);
            }
        }
    }

    /// The name of the encoding of seven bits that the file is in.
    pub(crate) fn disguise(&self) -> Option<&'static str> {
        self.disguise.found()
    }

    /// What is strange about the encoding.
    pub(crate) fn notices(&self, layout: &Layout, reading: &Reading) -> impl Iterator<Item = Notice> + use<> {
        let Reading { encoding, is_found, is_utf8, is_doubtful } = reading;
        let is_odd = self.impossible > 0
            || (self.odd > 1 && self.odd * SHARE >= self.beyond)
            || (self.odd == 1 && self.beyond <= 2);
        let notice = |code, count, cells: &[(Place, String)], message| {
            let (place, _) = cells.first()?;
            let column = layout.header.get(place.position).map(|header| quoted(header).into_owned());
            let (row, line) = (place.row, place.line);
            Some(Notice { code, row, line, column: column.unwrap_or_default(), count, message })
        };
        let shown = |cells: &[(Place, String)]| {
            cells.iter().map(|(_, cell)| format!("“{cell}”")).collect::<Vec<_>>().join(", ")
        };
        let utf8 = is_utf8.then(|| {
            let message = format!(
                "The file was read as {encoding}, and its bytes are those of UTF-8. Look at these cells: {}. If they are wrong, set `encoding` to `utf-8` and import the file again.",
                shown(&self.first)
            );
            notice(NoticeCode::LooksLikeUtf8, self.beyond, &self.first, message)
        });
        let odd = (!is_utf8 && (is_odd || *is_doubtful)).then(|| {
            let (count, cells) =
                if is_odd { (self.odd + self.impossible, &self.first_odd) } else { (self.beyond, &self.first) };
            let how = if *is_found { "found to be" } else { "read as" };
            let message = format!(
                "The file was {how} {encoding}, which may be wrong. Look at these cells: {}. If they are wrong, name with `encoding` the one that the file was saved in, or save it as UTF-8, and import it again.",
                shown(cells)
            );
            notice(NoticeCode::EncodingUncertain, count, cells, message)
        });
        [utf8.flatten(), odd.flatten()].into_iter().flatten()
    }
}

/// Keeps one of the first cells, unless it reads as one before it.
fn keep(kept: &mut Vec<(Place, String)>, place: Place, cell: &str) {
    if kept.len() < SHOWN {
        let shown = quoted(cell.trim()).into_owned();
        if kept.iter().all(|(_, cell)| *cell != shown) {
            kept.push((place, shown));
        }
    }
}

/// Whether there is something in a text that nobody writes.
pub(crate) fn is_odd(text: &str) -> bool {
    look(text) > Look::Sound
}

fn look(cell: &str) -> Look {
    let mut worst = Look::Sound;
    let (mut earlier, mut before) = (None::<char>, None::<char>);
    let mut letters = cell.chars().peekable();
    // How many letters of the word came before this one.
    let mut place = 0_usize;
    while let Some(letter) = letters.next() {
        let next = letters.peek().copied();
        worst = worst.max(look_of(earlier, before, letter, next, place));
        place = if letter.is_alphabetic() { place + 1 } else { 0 };
        (earlier, before) = (before, Some(letter));
    }
    worst
}

/// How a character looks between its neighbours; `place` is its place in its word.
fn look_of(earlier: Option<char>, before: Option<char>, letter: char, next: Option<char>, place: usize) -> Look {
    let is_letter = |letter: Option<char>| letter.is_some_and(char::is_alphabetic);
    match letter {
        '\u{1b}' | '\u{80}'..='\u{9f}' | '\u{e000}'..='\u{f8ff}' => return Look::Impossible,
        '\u{2500}'..='\u{259f}' if is_letter(before) || is_letter(next) => return Look::Impossible,
        '\u{2219}' if is_letter(before) && is_letter(next) => return Look::Impossible,
        _ => {}
    }
    let after_small = before.is_some_and(char::is_lowercase);
    let before_small = next.is_some_and(char::is_lowercase);
    let is_odd = match letter {
        // A middle dot is a part of Catalan words, and both quotes are apostrophes to many.
        // Hebrew abbreviations and foreign sounds have the last two.
        '’' | '‘' | '·' | '´' | '`' | '\u{a0}' | '\u{ad}' | '\u{5f3}' | '\u{5f4}' => false,
        '–' | '—' => after_small && before_small,
        // Nº and Mª are abbreviations, as short ones are.
        'ª' | 'º' if !is_letter(next) => after_small && place > 2,
        'ƒ' | 'ˆ' | '˜' | 'ª' | 'º' => is_letter(before) && is_letter(next),
        '°' => {
            is_letter(before) && is_letter(next) || next.is_some_and(|next| !next.is_ascii() && next.is_lowercase())
        }
        '¢' | '£' | '¤' | '¥' | '¦' | '§' | '¨' | '©' | '¬' | '¯' | '±' | '¶' | '¸' | '¹' | '¼' | '½' | '¾' | '×'
        | '÷' | '†' | '‡' | '‰' | '€' => is_letter(next) && (!letter.is_ascii()),
        'ｦ'..='ﾟ' | '\u{4e00}'..='\u{9fff}' | '가'..='힣' => {
            before.is_some_and(|before| before.is_ascii_lowercase())
                || next.is_some_and(|next| next.is_ascii_lowercase())
        }
        _ if letter.is_alphabetic() => {
            let is_beyond = !letter.is_ascii() || before.is_some_and(|before| !before.is_ascii());
            // Latin words may begin with small letters in front of a capital: iPhone, eBay, hÉalaithe, bhFaol.
            let rises = after_small && letter.is_uppercase() && is_beyond && (place > 2 || letter > '\u{24f}');
            let sinks = !letter.is_ascii()
                && letter.is_uppercase()
                && before.is_some_and(char::is_uppercase)
                && before_small
                && !earlier.is_some_and(char::is_uppercase);
            rises || sinks || before.is_some_and(|before| is_other_script(before, letter))
        }
        _ => !letter.is_ascii() && !is_mark(letter) && is_letter(before) && is_letter(next),
    };
    if is_odd { Look::Odd } else { Look::Sound }
}

/// Whether it belongs to the letter before it, or joins emoji.
const fn is_mark(character: char) -> bool {
    matches!(
        character,
        '\u{300}'..='\u{36f}'
            | '\u{483}'..='\u{489}'
            | '\u{591}'..='\u{5c7}'
            | '\u{610}'..='\u{61a}'
            | '\u{64b}'..='\u{65f}'
            | '\u{670}'
            | '\u{900}'..='\u{1cff}'
            | '\u{200b}'..='\u{200f}'
            | '\u{2010}'..='\u{2011}'
            | '\u{2060}'..='\u{206f}'
            | '\u{3000}'..='\u{30ff}'
            | '\u{fe00}'..='\u{fe0f}'
            | '\u{ff00}'..='\u{ff65}'
            | '\u{1f000}'..
    )
}

/// Whether two letters are of alphabets that no word mixes.
fn is_other_script(before: char, letter: char) -> bool {
    let script = |letter: char| match letter {
        'A'..='Z' | 'a'..='z' | '\u{c0}'..='\u{24f}' => Some(0),
        '\u{370}'..='\u{3ff}' => Some(1),
        '\u{400}'..='\u{52f}' => Some(2),
        '\u{5d0}'..='\u{5ea}' => Some(3),
        '\u{620}'..='\u{6ff}' => Some(4),
        '\u{e01}'..='\u{e5b}' => Some(5),
        _ => None,
    };
    matches!((script(before), script(letter)), (Some(one), Some(other)) if one != other)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::columns::{Fields, Mapping, read_header};

    fn noticed(cells: &[&str], reading: &Reading) -> Vec<(NoticeCode, u64, String)> {
        let layout = read_header(&["email", "city"], 1, &Mapping::new(), &Fields::new()).unwrap();
        let mut plausibility = Plausibility::default();
        for (row, cell) in (1..).zip(cells) {
            plausibility.record(&layout, row, row + 1, cell, &["a@b.de", cell]);
        }
        plausibility.notices(&layout, reading).map(|notice| (notice.code, notice.row, notice.message)).collect()
    }

    fn sure() -> Reading {
        Reading { encoding: "windows-1252".to_owned(), is_found: false, is_utf8: false, is_doubtful: false }
    }

    #[test]
    fn cells_that_nobody_writes_are_noticed_and_shown() {
        for (cells, shown) in [
            (&["B„cker", "J„ger", "Bonn", "K„se", "M„rz"][..], "“B„cker”, “J„ger”, “K„se”"),
            (&["Bonn", "Mar\u{81}ek", "Müller", "Köln", "Düren", "Jörg", "Käthe"], "“Mar\u{81}ek”"),
            (&["оЕРПНБ", "яХДНПНБ"], "“оЕРПНБ”"),
            (&["AndrŽ", "HŽlne", "MŸller"], "“AndrŽ”"),
            (&["Wi¶niewski", "D±browska"], "“Wi¶niewski”"),
            (&["Groβ", "Weiβ"], "“Groβ”"),
            (&["M黮ler", "J黵gen"], "“M黮ler”"),
        ] {
            let notices = noticed(cells, &sure());
            assert_eq!(notices.len(), 1, "{cells:?}");
            let (code, _, message) = &notices[0];
            assert_eq!(*code, NoticeCode::EncodingUncertain, "{cells:?}");
            assert!(message.contains(shown) && message.contains("windows-1252"), "{message}");
        }
    }

    #[test]
    fn what_people_do_write_is_not_noticed() {
        for cells in [
            &["O’Neil", "McÉvoy", "Ó hÉalaithe", "Mac nÍomhair", "L’Oréal", "Zum „Goldenen Löwen“"][..],
            &["Rhône–Alpes", "Straße – links", "Wien — Graz", "Nº 5", "1ª planta", "Col·legi", "5 m²", "20 °C"],
            &["ÖZGÜR", "ŞAHİN", "İzmir", "ÅF Öhman", "iPhone für alle", "DeÁngelis", "Müller", "Jörg", "Käthe", "Zoë"],
            &[
                "Санкт-Петербург",
                "ПАО «Газпром»",
                "Ἀθῆναι",
                "東京タワー",
                "ローマ字A",
                "서울 A동",
                "नई दिल्ली",
                "กรุงเทพฯ",
            ],
            &["👩\u{200d}🚀 Mia", "مِصر", "שָׁלוֹם", "Việt Nam", "Tie\u{302}\u{301}n", "T-Mobile® Köln", "Preis: 5 €"],
            &["כהן בע״מ", "ג׳ורג׳"],
            &["B„cker", "Müller", "Jörg", "Käthe", "Zoë", "Düren"],
            &["plain"],
        ] {
            assert_eq!(noticed(cells, &sure()), [], "{cells:?}");
        }
    }

    #[test]
    fn an_encoding_that_is_doubtful_or_contradicted_is_noticed() {
        let utf8 = noticed(&["plain", "РљР°Р·Р°РЅСЊ"], &Reading { is_utf8: true, ..sure() });
        assert_eq!((utf8[0].0, utf8[0].1), (NoticeCode::LooksLikeUtf8, 2));
        let doubtful = noticed(&["ðorn"], &Reading { is_found: true, is_doubtful: true, ..sure() });
        assert_eq!(doubtful[0].0, NoticeCode::EncodingUncertain);
        assert_eq!(noticed(&["plain"], &Reading { is_doubtful: true, ..sure() }), [], "there is nothing to show");
    }
}

//! How much of a file is UTF-8.

use serde::{Deserialize, Serialize};

/// Sequences of several bytes, by whether they are UTF-8.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Utf8Share {
    pub(crate) valid: u64,
    pub(crate) bad: u64,
    /// Words whose letters beyond ASCII are UTF-8 that other encodings do not make by chance, up to [`ENOUGH_WORDS`].
    words: u64,
    /// Whether some of the first sequences are neither Latin letters as words have them nor signs of typography.
    is_strange: bool,
}

/// Sequences that show that a file is UTF-8, whatever they are.
const ENOUGH: u64 = 3;

/// Words that show that a part of a file is UTF-8.
const ENOUGH_WORDS: u64 = 2;

impl Utf8Share {
    /// Counts in bytes that begin and end between two characters.
    pub(crate) fn add(&mut self, bytes: &[u8]) {
        if bytes.is_ascii() {
            return;
        }
        if self.valid < ENOUGH && !self.is_strange {
            self.is_strange = runs(bytes).any(|(run, around)| !is_latin(run, around));
        }
        // What begins a character of several bytes is 0xc0 or more; counted alone, many are counted at once.
        let count = |text: &str| text.bytes().map(|byte| u64::from(byte >= 0xc0)).sum::<u64>();
        if let Ok(text) = std::str::from_utf8(bytes)
            && self.words >= ENOUGH_WORDS
        {
            self.valid += count(text);
            return;
        }
        for chunk in bytes.utf8_chunks() {
            self.valid += count(chunk.valid());
            self.bad += u64::from(!chunk.invalid().is_empty());
        }
        if self.words < ENOUGH_WORDS {
            self.words = (self.words + words(bytes)).min(ENOUGH_WORDS);
        }
    }

    /// Whether the file is UTF-8, perhaps but for a few cells: at least three sequences and 95 % of all are. One or two are
    /// enough if all are Latin letters as words have them: `Köln` alone would be Korean, and `José` Chinese.
    pub(crate) const fn is_plain(self) -> bool {
        let is_enough = self.valid >= ENOUGH && self.valid * 100 >= (self.valid + self.bad) * 95;
        is_enough || (self.valid > 0 && self.bad == 0 && !self.is_strange)
    }

    /// Whether so much of the file is UTF-8 that no single encoding reads it: most of it, or words in it. Up to 5 % may be
    /// cells that were spoiled before.
    pub(crate) const fn is_mixed(self) -> bool {
        let all = self.valid + self.bad;
        let has_words = self.bad > 0 && self.words >= ENOUGH_WORDS && self.valid * 100 >= all * 5;
        has_words || (self.valid >= 10 && self.valid * 10 >= all * 6)
    }

    /// Whether so much is something else that the rest of the file need not be read.
    pub(crate) const fn is_hopeless(self) -> bool {
        self.bad > 10_000 && self.valid < self.bad
    }

    /// Whether so many sequences are UTF-8, and none is anything else.
    pub(crate) const fn is_proven(self, enough: u64) -> bool {
        self.bad == 0 && self.valid >= enough
    }
}

/// Counts runs of bytes beyond ASCII that are letters of UTF-8 as words have them, up to [`ENOUGH_WORDS`].
///
/// Text in another encoding has valid sequences, too: `Лі` in windows-1251, `ÓŻ` in windows-1250, `ё` in KOI8-R. But
/// the bytes around them are no UTF-8, or they are a letter that is strange beside the letters around it.
fn words(bytes: &[u8]) -> u64 {
    let is_word = |(run, around): (&[u8], Around)| std::str::from_utf8(run).is_ok_and(|run| is_of_word(run, around));
    runs(bytes).filter(|run| is_word(*run)).zip(1..=ENOUGH_WORDS).map(|(_, count)| count).last().unwrap_or(0)
}

/// The bytes of ASCII before and after a run of others.
type Around = (Option<u8>, Option<u8>);

/// The runs of bytes beyond ASCII.
fn runs(bytes: &[u8]) -> impl Iterator<Item = (&[u8], Around)> {
    let mut at = 0;
    std::iter::from_fn(move || {
        let begin = at + encoding_rs::Encoding::ascii_valid_up_to(&bytes[at..]);
        if begin == bytes.len() {
            return None;
        }
        at = bytes[begin..].iter().position(u8::is_ascii).map_or(bytes.len(), |length| begin + length);
        Some((&bytes[begin..at], (bytes[..begin].last().copied(), bytes.get(at).copied())))
    })
}

const fn is_latin_letter(c: char) -> bool {
    matches!(c, 'À'..='Ö' | 'Ø'..='ö' | 'ø'..='ſ' | 'Ș'..='ț' | 'Ạ'..='ỹ')
}

/// Whether these characters beyond ASCII are letters that a word has between these two bytes of ASCII.
fn is_of_word(run: &str, around: Around) -> bool {
    if touches_letters(around) {
        return run.chars().all(is_latin_letter) && fits_capitals(run, around);
    }
    // One character alone is too little, and so are characters of several scripts.
    let scripts = ['Ѐ'..='ґ', 'Ά'..='ώ', 'א'..='ת', 'ء'..='ۓ', 'ก'..='๛', 'ぁ'..='ヿ', '一'..='鿿', '가'..='힣'];
    run.chars().count() >= 2 && scripts.iter().any(|script| run.chars().all(|c| script.contains(&c)))
}

/// Whether these bytes are UTF-8 of Latin letters beside letters of ASCII or one alone, and signs such as `’` and `€`.
fn is_latin(run: &[u8], around: Around) -> bool {
    let is_sign = |c: char| matches!(c, '\u{2010}'..='\u{203a}' | '€' | '™');
    let Ok(run) = std::str::from_utf8(run) else { return false };
    let letters = run.chars().filter(|c| !is_sign(*c)).count();
    run.chars().all(|c| is_sign(c) || is_latin_letter(c))
        && (letters <= 1 || touches_letters(around))
        && fits_capitals(run, around)
}

fn touches_letters((before, after): Around) -> bool {
    [before, after].iter().flatten().any(u8::is_ascii_alphabetic)
}

/// Whether capitals and small letters follow each other as in words.
fn fits_capitals(run: &str, (before, after): Around) -> bool {
    let is_small = run.starts_with(char::is_lowercase);
    let leaves_capitals = is_small && after.is_some_and(|after| after.is_ascii_uppercase());
    let leaves_small = run.starts_with(char::is_uppercase) && before.is_some_and(|before| before.is_ascii_lowercase());
    !leaves_capitals && !leaves_small
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sequences_are_counted_by_whether_they_are_utf_8() {
        for (bytes, valid, bad) in [
            (&b"plain"[..], 0, 0),
            ("für Łódź 😀".as_bytes(), 5, 0),
            (b"J\xf6rg, D\xfcren", 0, 2),
            (b"\xc3\xa4\xe4", 1, 1),
        ] {
            let mut share = Utf8Share::default();
            share.add(bytes);
            assert_eq!((share.valid, share.bad), (valid, bad), "{bytes:?}");
        }
    }

    #[test]
    fn a_file_is_utf_8_if_three_sequences_and_nineteen_of_twenty_are() {
        let share = |valid, bad| Utf8Share { valid, bad, is_strange: true, ..Utf8Share::default() };
        assert!(share(3, 0).is_plain() && share(19, 1).is_plain());
        assert!(!share(2, 0).is_plain() && !share(18, 1).is_plain());
        assert!(share(18, 1).is_mixed() && !share(9, 1).is_mixed() && !share(10, 10).is_mixed());
    }

    #[test]
    fn one_or_two_latin_letters_show_that_a_file_is_utf_8() {
        let share = |pieces: &[&[u8]]| {
            let mut share = Utf8Share::default();
            pieces.iter().for_each(|piece| share.add(piece));
            share
        };
        for text in
            ["a@x.de;Köln\n", "José", "São Paulo", "Größe,x", "Ö", "à Paris", "O’Brien", "“José”", "€ 5", "KÖLN"]
        {
            assert!(share(&[text.as_bytes()]).is_plain(), "{text}");
        }
        assert!(share(&[b"email\n", "a@x.de,Köln\n".as_bytes(), b"b@x.de,Rome\n"]).is_plain());
        for (label, text) in [
            ("euc-kr", "Kim,김\n"),
            ("gbk", "李,A\n"),
            ("windows-1252", "Köln\n"),
            ("windows-1252", "Düren,José\n"),
            ("windows-1250", "PĂŞUNE\n"),
            ("windows-1251", "Лі\n"),
            ("koi8-r", "ещё\n"),
            ("shift_jis", "東\n"),
        ] {
            assert!(!share(&[&encoded(label, text)]).is_plain(), "{label} {text}");
        }
        assert!(!share(&["王\n".as_bytes()]).is_plain(), "it may be something else in other encodings");
    }

    fn encoded(label: &str, text: &str) -> Vec<u8> {
        let encoding = encoding_rs::Encoding::for_label(label.as_bytes()).unwrap();
        let (bytes, _, is_bad) = encoding.encode(text);
        assert!(!is_bad, "{label} cannot write {text}");
        bytes.into_owned()
    }

    #[test]
    fn two_words_of_utf_8_show_that_a_file_mixes_encodings_and_chance_does_not() {
        for (pieces, is_mixed) in [
            (&[("utf-8", "Köln\nKöln\nKöln\n"), ("windows-1252", "Düren\n")][..], true),
            (&[("windows-1252", "Düren\nMünchen\n"), ("utf-8", "Köln\nLübeck\n")], true),
            (&[("windows-1251", "Львів\nКиїв\n"), ("utf-8", "Одеса\nХарків\n")], true),
            (&[("utf-8", "KÖLN\nMÜNCHEN\n"), ("windows-1252", "DÜREN\n")], true),
            (&[("utf-8", "Köln\nKöln\n")], false),
            (&[("windows-1252", "Düren\nKöln\n"), ("utf-8", "Köln\n")], false),
            (&[("windows-1251", "Лі,Віра,Гі\nЛі,КИЇВ,Гірник\nЛі\n")], false),
            (&[("windows-1250", "RÓŻA,STRÓŻ,PODRÓŻ\nORĂŞTIE,ORĂŞTIE,Łódź\n")], false),
            (&[("koi8-r", "Алёна,ё,Королёв\nПётр,Фёдор\n")], false),
            (&[("windows-874", "ชลธิชา,เชียงใหม่\nณัฐพล,กาญจนบุรี\nยา,นา\n")], false),
            (&[("gbk", "王明,上海市\n李静,北京市\n")], false),
            (&[("shift_jis", "佐藤,東京都\n鈴木,大阪市\n")], false),
            (&[("euc-kr", "김민준,서울특별시\n이서연,부산광역시\n")], false),
            (&[("ibm866", "Рабат,Соколов,ОРАБ\nраб,раб,Казань\n")], false),
        ] {
            let bytes: Vec<u8> = pieces.iter().flat_map(|(label, text)| encoded(label, text)).collect();
            let mut share = Utf8Share::default();
            share.add(&bytes);
            assert_eq!(share.is_mixed(), is_mixed, "{pieces:?}: {share:?}");
        }
    }
}

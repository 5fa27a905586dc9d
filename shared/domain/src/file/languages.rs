//! How likely letters follow each other in the names, streets and cities of a language.
//!
//! `languages.txt` has a line for each language: its code and words in small letters or, for languages that are not
//! written in letters, their most usual characters. The words are names that the Faker project lists (MIT License) and
//! further ones.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::OnceLock;

/// What stands before the first and behind the last letter of a word.
pub(crate) const EDGE: char = '\0';

/// The natural logarithm of the likelihood of a letter that the language does not have.
const FOREIGN: f32 = -11.0;
/// How many letters the likelihood of a pair that was not met weighs as much as.
const SMOOTHING: f32 = 6.0;

/// A language that is written in letters.
#[derive(Debug)]
pub(crate) struct Language {
    pub(crate) code: &'static str,
    /// Its letters in order; their places are the rows and columns of the table, from 1. The edge is 0.
    letters: Vec<char>,
    table: Vec<f32>,
}

/// The usual characters of a language that is not written in letters.
#[derive(Debug)]
pub(crate) struct Characters(BTreeSet<char>);

/// All languages.
#[derive(Debug)]
pub(crate) struct Languages {
    pub(crate) alphabetic: Vec<Language>,
    /// The likelihood of pairs in any language of Latin letters.
    pub(crate) latin: Language,
    pub(crate) japanese: Characters,
    pub(crate) simplified: Characters,
    pub(crate) traditional: Characters,
    pub(crate) korean: Characters,
}

/// All languages, which are counted when they are first needed.
pub(crate) fn languages() -> &'static Languages {
    static LANGUAGES: OnceLock<Languages> = OnceLock::new();
    LANGUAGES.get_or_init(|| {
        let lines: Vec<(&str, &str)> =
            include_str!("languages.txt").lines().filter_map(|line| line.split_once(": ")).collect();
        let characters = |code: &str| {
            let found = lines.iter().find(|(name, _)| *name == code).map_or("", |(_, text)| text);
            Characters(found.chars().collect())
        };
        let has_words = |text: &&(&'static str, &'static str)| text.1.contains(' ');
        let alphabetic: Vec<Language> =
            lines.iter().filter(has_words).map(|(code, words)| Language::of(code, words)).collect();
        let is_latin = |text: &&(&str, &str)| text.1.bytes().any(|byte| byte.is_ascii_lowercase());
        let latin: Vec<&str> = lines.iter().filter(is_latin).map(|(_, words)| *words).collect();
        Languages {
            alphabetic,
            latin: Language::of("", &latin.join(" ")),
            japanese: characters("ja"),
            simplified: characters("zh"),
            traditional: characters("tw"),
            korean: characters("ko"),
        }
    })
}

impl Characters {
    pub(crate) fn has(&self, character: char) -> bool {
        self.0.contains(&character)
    }
}

impl Language {
    fn of(code: &'static str, words: &str) -> Self {
        let mut pairs: BTreeMap<(char, char), f32> = BTreeMap::new();
        let mut singles: BTreeMap<char, f32> = BTreeMap::new();
        for word in words.split(' ').filter(|word| !word.is_empty()) {
            let mut before = EDGE;
            for letter in word.chars().map(folded).chain([EDGE]) {
                *pairs.entry((before, letter)).or_default() += 1.0;
                *singles.entry(letter).or_default() += 1.0;
                before = letter;
            }
        }
        let letters: Vec<char> = singles.keys().copied().filter(|letter| *letter != EDGE).collect();
        let all: f32 = singles.values().sum();
        let size = letters.len() + 1;
        let mut table = vec![FOREIGN; size * size];
        let with_edge: Vec<char> = std::iter::once(EDGE).chain(letters.iter().copied()).collect();
        for (row, before) in with_edge.iter().enumerate() {
            for (column, letter) in with_edge.iter().enumerate() {
                let met = pairs.get(&(*before, *letter)).copied().unwrap_or_default();
                let alone = singles[letter] / all;
                table[row * size + column] = ((met + SMOOTHING * alone) / (singles[before] + SMOOTHING)).ln();
            }
        }
        Self { code, letters, table }
    }

    /// The place of a small letter or the edge in the table.
    pub(crate) fn place(&self, letter: char) -> Option<usize> {
        if letter == EDGE { Some(0) } else { self.letters.binary_search(&folded(letter)).ok().map(|at| at + 1) }
    }

    /// The natural logarithm of the likelihood that one letter follows another.
    pub(crate) fn pair(&self, before: Option<usize>, letter: Option<usize>) -> f32 {
        let size = self.letters.len() + 1;
        match (before, letter) {
            (Some(before), Some(letter)) => self.table[before * size + letter],
            (None, Some(letter)) => self.table[letter] - 2.0,
            (_, None) => FOREIGN,
        }
    }
}

/// Romanian is written with a cedilla where an encoding has no comma below; both are one letter.
const fn folded(letter: char) -> char {
    match letter {
        'ș' => 'ş',
        'ț' => 'ţ',
        other => other,
    }
}

/// Languages that are written in a region, by its ISO 3166 code.
pub(crate) fn of_region(region: &str) -> &'static [&'static str] {
    match region {
        "DE" | "AT" | "LI" => &["de"],
        "CH" => &["de", "fr", "it"],
        "LU" | "BE" => &["fr", "nl", "de"],
        "FR" | "MC" | "CA" => &["fr"],
        "NL" => &["nl"],
        "ES" => &["es", "ca"],
        "AR" | "BO" | "CL" | "CO" | "CR" | "CU" | "DO" | "EC" | "GT" | "HN" | "MX" | "NI" | "PA" | "PE" | "PR"
        | "PY" | "SV" | "UY" | "VE" => &["es"],
        "PT" | "BR" | "AO" | "MZ" => &["pt"],
        "IT" | "SM" => &["it"],
        "SE" => &["sv"],
        "DK" | "GL" | "FO" => &["da"],
        "NO" => &["no"],
        "FI" => &["fi", "sv"],
        "IS" => &["is"],
        "IE" => &["ga"],
        "PL" => &["pl"],
        "CZ" => &["cs", "sk"],
        "SK" => &["sk", "cs", "hu"],
        "HU" => &["hu"],
        "RO" | "MD" => &["ro"],
        "HR" | "BA" => &["hr", "sr"],
        "SI" => &["sl"],
        "RS" | "ME" => &["sr", "hr"],
        "MK" => &["mk"],
        "BG" => &["bg"],
        "EE" => &["et"],
        "LV" => &["lv"],
        "LT" => &["lt"],
        "TR" => &["tr"],
        "GR" => &["el"],
        "CY" => &["el", "tr"],
        "RU" | "KZ" | "KG" => &["ru"],
        "UA" => &["uk", "ru"],
        "BY" => &["be", "ru"],
        "IL" => &["he"],
        "IR" => &["fa"],
        "AE" | "BH" | "DZ" | "EG" | "IQ" | "JO" | "KW" | "LB" | "LY" | "MA" | "OM" | "QA" | "SA" | "SY" | "TN"
        | "YE" => &["ar"],
        "VN" => &["vi"],
        "TH" => &["th"],
        "JP" => &["ja"],
        "CN" | "SG" => &["zh"],
        "TW" | "HK" | "MO" => &["tw"],
        "KR" => &["ko"],
        _ => &[],
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_word_is_likelier_in_its_own_language() {
        let likelihood = |code: &str, word: &str| {
            let language = languages().alphabetic.iter().find(|language| language.code == code).unwrap();
            let letters: Vec<char> = std::iter::once(EDGE).chain(word.chars()).chain([EDGE]).collect();
            let pairs = letters.windows(2).map(|pair| language.pair(language.place(pair[0]), language.place(pair[1])));
            pairs.sum::<f32>()
        };
        for (word, own, other) in [
            ("łódź", "pl", "cs"),
            ("köln", "de", "hu"),
            ("győr", "hu", "de"),
            ("казань", "ru", "bg"),
            ("şahin", "tr", "ro"),
        ] {
            assert!(likelihood(own, word) > likelihood(other, word), "{word}");
        }
    }

    #[test]
    fn regions_name_languages_that_there_are() {
        for region in ["DE", "PL", "HU", "IL", "VN", "TH", "BY", "RS"] {
            let known = |code: &&&str| languages().alphabetic.iter().any(|language| language.code == **code);
            assert!(of_region(region).iter().all(|code| known(&code)), "{region}");
        }
    }
}

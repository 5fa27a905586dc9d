// How words are compared. The build script includes this file too, so that the table and the lookup agree.

use icu_normalizer::DecomposingNormalizerBorrowed;
use xxhash_rust::xxh3::xxh3_64;

/// Whether the marks over and under letters count: `sí` and `si`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Marks {
    /// They count.
    Kept,
    /// They do not.
    Dropped,
}

/// Longest word that is compared, in bytes. No name in the tables is longer.
pub(crate) const MAX_WORD: usize = 200;

/// The hash of a text as it is compared: without regard to case, width, blanks and punctuation. None if no letter or
/// digit is left, or the text is too long for a word.
pub(crate) fn key(text: &str, marks: Marks) -> Option<u64> {
    if text.len() > MAX_WORD {
        return None;
    }
    if text.is_ascii() {
        let (mut folded, mut length) = ([0_u8; MAX_WORD], 0);
        for byte in text.bytes().filter(u8::is_ascii_alphanumeric) {
            folded[length] = byte.to_ascii_lowercase();
            length += 1;
        }
        return (length > 0).then(|| xxh3_64(&folded[..length]));
    }
    let folded = fold(text, marks);
    (!folded.is_empty()).then(|| xxh3_64(folded.as_bytes()))
}

/// The text as it is compared.
pub(crate) fn fold(text: &str, marks: Marks) -> String {
    let mut folded = String::with_capacity(text.len());
    let lower = text.to_lowercase();
    for letter in DecomposingNormalizerBorrowed::new_nfkd().normalize_iter(lower.chars()) {
        if is_mark(letter) {
            if marks == Marks::Kept {
                folded.push(letter);
            }
            continue;
        }
        match letter {
            // The only one of these that a change of case makes: Turkish capitals.
            'ı' => folded.push('i'),
            'ς' => folded.push('σ'),
            'ß' => folded.push_str("ss"),
            'æ' if marks == Marks::Dropped => folded.push_str("ae"),
            'œ' if marks == Marks::Dropped => folded.push_str("oe"),
            'ø' if marks == Marks::Dropped => folded.push('o'),
            'ł' if marks == Marks::Dropped => folded.push('l'),
            'đ' | 'ð' if marks == Marks::Dropped => folded.push('d'),
            'þ' if marks == Marks::Dropped => folded.push_str("th"),
            _ => folded.extend(letter.to_lowercase().filter(|letter| letter.is_alphanumeric())),
        }
    }
    folded
}

/// Marks that people leave out: accents, and the points of Hebrew and Arabic. The vowel signs of Indian scripts are
/// letters to those who write them.
const fn is_mark(letter: char) -> bool {
    matches!(letter, '\u{300}'..='\u{36f}' | '\u{591}'..='\u{5c7}' | '\u{640}' | '\u{64b}'..='\u{65f}' | '\u{670}')
}

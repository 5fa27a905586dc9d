//! What people and programs write into a typed cell that has no value.

use super::is_placeholder;

/// Words for a value that is not known, besides those that are placeholders anywhere, in lower case.
const WORDS: [&str; 12] = [
    "na",
    "unknown",
    "not set",
    "unset",
    "missing",
    "empty",
    "blank",
    "not available",
    "not applicable",
    "unbekannt",
    "inconnu",
    "desconocido",
];

/// Longest such word, in bytes.
const MAX_WORD: usize = 14;

/// Whether a text is a word for a value that is not known, without those that are placeholders anywhere.
pub(super) fn is_unknown(text: &str) -> bool {
    text.len() <= MAX_WORD && WORDS.iter().any(|word| word.eq_ignore_ascii_case(text))
}

/// Whether a cell says that its value is not known: `-`, `unknown`, `n/a`. A date of nothing but zeros is one that a
/// database has not got.
pub(super) fn is_missing(text: &str) -> bool {
    let is_zeros = || text.starts_with("00") && text.len() >= 8 && text.bytes().all(|byte| b"0-./: ".contains(&byte));
    is_unknown(text) || is_placeholder(text) || is_zeros()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_missing_value_is_known_in_any_case() {
        assert!(WORDS.iter().all(|word| word.len() <= MAX_WORD && is_missing(&word.to_uppercase())));
        for text in ["-", "--", "—", "?", "N/A", "Unknown", "0000-00-00", "00.00.0000", "0000-00-00 00:00:00"] {
            assert!(is_missing(text), "{text}");
        }
        for text in ["", "no", "never", "0", "000", "00-1", "nano", "x", "00", "perhaps"] {
            assert!(!is_missing(text), "{text}");
        }
    }
}

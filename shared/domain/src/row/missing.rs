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

/// The first day that .NET and Go know, which they write for a date that was never set.
const FIRST_DAYS: [&str; 4] = ["0001-01-01", "01.01.0001", "01/01/0001", "1/1/0001"];

/// Longest such word, in bytes.
const MAX_WORD: usize = 14;

/// Whether a text is a word for a value that is not known, without those that are placeholders anywhere.
pub(super) fn is_unknown(text: &str) -> bool {
    text.len() <= MAX_WORD && WORDS.iter().any(|word| word.eq_ignore_ascii_case(text))
}

/// Whether a cell says that its value is not known: `-`, `unknown`, `n/a`. A date of nothing but zeros is one that a
/// database has not got, and the first day of the first year one that a program never set.
pub(super) fn is_missing(text: &str) -> bool {
    let is_zeros = || text.starts_with("00") && text.len() >= 8 && text.bytes().all(|byte| b"0-./: ".contains(&byte));
    let is_first_day = || FIRST_DAYS.iter().any(|day| text.starts_with(day));
    is_unknown(text) || is_placeholder(text) || is_zeros() || is_first_day()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_missing_value_is_known_in_any_case() {
        assert!(WORDS.iter().all(|word| word.len() <= MAX_WORD && is_missing(&word.to_uppercase())));
        for text in [
            "-",
            "--",
            "—",
            "?",
            "N/A",
            "Unknown",
            "0000-00-00",
            "00.00.0000",
            "0000-00-00 00:00:00",
            "0001-01-01T00:00:00Z",
            "1/1/0001 12:00:00 AM",
        ] {
            assert!(is_missing(text), "{text}");
        }
        for text in ["", "no", "never", "0", "000", "00-1", "nano", "x", "00", "perhaps"] {
            assert!(!is_missing(text), "{text}");
        }
    }
}

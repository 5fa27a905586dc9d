//! What people and programs write into a typed cell that has no value.

/// Words for a missing value, in lower case.
const WORDS: [&str; 21] = [
    "null",
    "\\n",
    "n/a",
    "n.a.",
    "na",
    "#n/a",
    "nan",
    "none",
    "nil",
    "undefined",
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

/// Whether a cell says that its value is not known: `-`, `unknown`, `n/a`. A date of nothing but zeros is one that a
/// database has not got.
pub(super) fn is_missing(text: &str) -> bool {
    let is_zeros = || text.starts_with("00") && text.len() >= 8 && text.bytes().all(|byte| b"0-./: ".contains(&byte));
    let is_dashes = || !text.is_empty() && text.chars().all(|c| matches!(c, '-' | '?' | '\u{2010}'..='\u{2015}'));
    (text.len() <= MAX_WORD && WORDS.iter().any(|word| word.eq_ignore_ascii_case(text))) || is_dashes() || is_zeros()
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

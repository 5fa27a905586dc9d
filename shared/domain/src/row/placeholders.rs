//! What programs write where a value is missing.

/// Words that mean that there is no value, in lower case.
const WORDS: [&str; 11] = ["null", "\\n", "n/a", "#n/a", "nan", "none", "nil", "undefined", "n.a.", "<na>", "nat"];
/// What spreadsheets show where a formula failed.
const ERRORS: [&str; 6] = ["#ref!", "#name?", "#value!", "#div/0!", "#null!", "#num!"];
/// Longest text that can be a word, in bytes: `undefined` in brackets.
const MAX_WORD: usize = 11;
/// Pairs in which such a word may be, as in `<null>` and `(none)`.
const AROUND: [(char, char); 6] = [('<', '>'), ('(', ')'), ('[', ']'), ('{', '}'), ('"', '"'), ('\'', '\'')];

/// Whether a text means that there is no value: `NULL`, `n/a`, a dash.
pub(crate) fn is_placeholder(text: &str) -> bool {
    match text.as_bytes() {
        [b'n' | b'N' | b'u' | b'U' | b'\\' | b'#' | b'<', ..] if is_one_of(&WORDS, text) => true,
        [b'<' | b'(' | b'[' | b'{' | b'"' | b'\'', ..] => AROUND.iter().any(|(open, close)| {
            let word = text.strip_prefix(*open).and_then(|rest| rest.strip_suffix(*close));
            word.is_some_and(|word| is_one_of(&WORDS, word))
        }),
        [b'?', ..] => text.bytes().all(|byte| byte == b'?'),
        // The first byte of a dash.
        [b'-' | 0xe2, ..] => text.chars().all(is_dash),
        _ => false,
    }
}

/// Whether a text is nobody's identifier: it means that there is no value, or is nothing but zeros.
pub(super) fn is_nobodys(text: &str) -> bool {
    is_placeholder(text) || is_one_of(&ERRORS, text) || is_zeros(text)
}

fn is_one_of(words: &[&str], text: &str) -> bool {
    text.len() <= MAX_WORD && words.iter().any(|word| word.eq_ignore_ascii_case(text))
}

const fn is_dash(c: char) -> bool {
    matches!(c, '-' | '\u{2010}'..='\u{2015}' | '\u{2212}')
}

/// Nothing but zeros and marks between them: `0`, `000-0000`, `0.0`.
pub(super) fn is_zeros(text: &str) -> bool {
    text.contains('0') && text.bytes().all(|byte| b"0 -./,+()".contains(&byte))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn placeholders_are_known_in_any_case_and_dress() {
        for text in [
            "NULL",
            "null",
            "\\N",
            "N/A",
            "n/a",
            "#N/A",
            "NaN",
            "none",
            "None",
            "nil",
            "undefined",
            "-",
            "--",
            "—",
            "?",
            "???",
            "<NA>",
            "(null)",
            "[none]",
            "<undefined>",
            "\"NULL\"",
            "NaT",
        ] {
            assert!(is_placeholder(text) && is_nobodys(text), "{text}");
        }
        for text in ["0", "0000", "000-000-0000", "+0", "0.0", "#REF!", "#DIV/0!"] {
            assert!(is_nobodys(text) && !is_placeholder(text), "{text}");
        }
    }

    #[test]
    fn what_only_looks_like_a_placeholder_is_none() {
        for text in
            ["", "N-1", "N-A1", "none-7", "00A", "007", "-5", "NA", "Nullmeyer", "n", "()", "1-0", "?x", "+", "."]
        {
            assert!(!is_nobodys(text), "{text}");
        }
    }

    proptest! {
        #[test]
        fn a_text_with_a_digit_from_one_to_nine_is_somebodys(text in "[0a-z-]{0,6}[1-9][0a-z-]{0,6}") {
            prop_assert!(!is_nobodys(&text));
        }
    }
}

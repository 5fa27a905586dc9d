//! What programs and people write where a value is missing.

use super::missing::is_unknown;
use super::spreadsheet_errors::is_spreadsheet_error;

/// Words that mean that there is no value, in lower case.
const WORDS: [&str; 11] = ["null", "\\n", "n/a", "#n/a", "nan", "none", "nil", "undefined", "n.a.", "<na>", "nat"];
/// Longest text that can be a word, in bytes: `undefined` in brackets.
const MAX_WORD: usize = 11;
/// Pairs in which such a word may be, as in `<null>` and `(none)`.
const AROUND: [(char, char); 6] = [('<', '>'), ('(', ')'), ('[', ']'), ('{', '}'), ('"', '"'), ('\'', '\'')];

/// Whether a text means that there is no value: `NULL`, `n/a`, a dash.
pub(crate) fn is_placeholder(text: &str) -> bool {
    match text.as_bytes() {
        [b'n' | b'N' | b'u' | b'U' | b'\\' | b'#' | b'<', ..] if is_one_of(&WORDS, text) => true,
        [b'<' | b'(' | b'[' | b'{' | b'"' | b'\'', ..] => is_one_of(&WORDS, without_brackets(text)),
        [b'?', ..] => text.bytes().all(|byte| byte == b'?'),
        // The first byte of a dash.
        [b'-' | 0xe2, ..] => text.chars().all(is_dash),
        _ => false,
    }
}

/// Whether a text is nobody's identifier: it means that there is no value, or is nothing but zeros.
pub(super) fn is_nobodys(text: &str) -> bool {
    // An email address is in none of the lists.
    if memchr::memchr(b'@', text.as_bytes()).is_some() {
        return false;
    }
    let is_letters = |text: &str| !text.bytes().any(|byte| byte.is_ascii_digit() || byte == b'@');
    is_placeholder(text)
        || is_spreadsheet_error(text)
        || is_zeros(text)
        || is_negative_code(text)
        || (is_letters(text) && is_word_for_nobody(without_brackets(text)))
}

/// What stands in front of sums, in lower case.
const TOTALS: [&str; 28] = [
    "total",
    "totals",
    "grand total",
    "subtotal",
    "sum",
    "summe",
    "gesamt",
    "gesamtsumme",
    "insgesamt",
    "zwischensumme",
    "total general",
    "total général",
    "totale",
    "totaal",
    "suma",
    "razem",
    "celkem",
    "spolu",
    "összesen",
    "toplam",
    "summa",
    "i alt",
    "итого",
    "всего",
    "合計",
    "合计",
    "总计",
    "합계",
];

/// Whether a text in place of an id is what people and programs write above or below the customers: `Total`, `(2 rows affected)`, and
/// the keys that surveys have below their header.
pub(super) fn is_beside_customers(text: &str) -> bool {
    let is_total = |text: &str| TOTALS.contains(&text.trim_end_matches([':', '：']).trim_end().to_lowercase().as_str());
    let is_count = |text: &str| {
        let words = text.strip_prefix('(').and_then(|text| text.strip_suffix(')')).unwrap_or(text);
        let mut words = words.split(' ');
        words.next().is_some_and(|count| count.bytes().all(|byte| byte.is_ascii_digit()))
            && words.next().is_some_and(|word| matches!(word, "row" | "rows" | "row(s)"))
            && words.next().is_none_or(|word| matches!(word, "affected" | "returned" | "selected"))
    };
    text.len() <= 40 && (is_total(text) || is_count(text)) || text.starts_with("{\"ImportId\":")
}

/// Whether it is a number that databases and surveys write for no value: `-1`, `-99`. No system counts below zero.
fn is_negative_code(text: &str) -> bool {
    let code = text.strip_prefix('-').unwrap_or_default();
    code == "1" || (!code.is_empty() && code.bytes().all(|byte| byte == b'9'))
}

/// Words for no identifier, besides those for a value that is not known, in lower case. Some are a yes or a no elsewhere.
const NOBODY: [&str; 39] = [
    "tbd",
    "tba",
    "tbc",
    "no id",
    "no email",
    "no phone",
    "no data",
    "no value",
    "none given",
    "not provided",
    "not known",
    "n.v.",
    "k.a.",
    "k. a.",
    "keine",
    "keine angabe",
    "nicht vorhanden",
    "leer",
    "ohne",
    "vide",
    "aucun",
    "non renseigné",
    "vacío",
    "ninguno",
    "sin datos",
    "vuoto",
    "nessuno",
    "vazio",
    "nenhum",
    "geen",
    "leeg",
    "brak",
    "ingen",
    "нет",
    "нет данных",
    "не указан",
    "не указано",
    "неизвестно",
    "пусто",
];
/// Longest of them, in bytes.
const MAX_NOBODY: usize = 20;

fn is_word_for_nobody(text: &str) -> bool {
    is_unknown(text)
        || (text.len() <= MAX_NOBODY && {
            let is_word = |word: &&str| word.eq_ignore_ascii_case(text);
            NOBODY.iter().any(is_word) || (!text.is_ascii() && NOBODY.contains(&&*text.to_lowercase()))
        })
}

/// What is between a pair of brackets or quotes, or the text if there is none.
fn without_brackets(text: &str) -> &str {
    let inner = |(open, close): &(char, char)| text.strip_prefix(*open).and_then(|rest| rest.strip_suffix(*close));
    AROUND.iter().find_map(inner).unwrap_or(text)
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
        for text in ["0", "0000", "000-000-0000", "+0", "0.0", "#REF!", "#DIV/0!", "#NV", "#Н/Д", "#¡VALOR!", "Err:502"]
        {
            assert!(is_nobodys(text) && !is_placeholder(text), "{text}");
        }
    }

    #[test]
    fn words_for_what_is_not_known_are_nobodys_and_may_be_values_of_other_columns() {
        assert!(NOBODY.iter().all(|word| word.len() <= MAX_NOBODY && is_nobodys(&word.to_uppercase())));
        for text in
            ["NA", "unknown", "Unbekannt", "(blank)", "[leer]", "<no id>", "TBD", "-1", "-99", "Not available", "Нет"]
        {
            assert!(is_nobodys(text) && !is_placeholder(text), "{text}");
        }
    }

    #[test]
    fn what_only_looks_like_a_placeholder_is_none() {
        for text in [
            "",
            "N-1",
            "N-A1",
            "none-7",
            "00A",
            "007",
            "-5",
            "-12",
            "NAB",
            "unknown1",
            "(K-7)",
            "Leerer",
            "Nullmeyer",
            "n",
            "()",
            "1-0",
            "?x",
            "+",
            ".",
        ] {
            assert!(!is_nobodys(text), "{text}");
        }
    }

    proptest! {
        #[test]
        fn a_text_with_a_digit_from_one_to_nine_is_somebodys(text in "([0a-z][0a-z-]{0,5})?[1-9][0a-z-]{0,6}") {
            prop_assert!(!is_nobodys(&text));
        }
    }
}

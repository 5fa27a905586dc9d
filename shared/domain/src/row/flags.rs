//! Yes and no, and consents.

use icu_properties::CodePointMapData;
use icu_properties::props::GeneralCategory;

use crate::codes::RowCode;

/// Yes or no in any language, as a sign, or as a spreadsheet writes it; none if it may be something else.
pub(super) fn flag(text: &str) -> Option<bool> {
    // What most files have, before any table is asked.
    match text {
        "1" | "1.0" | "yes" | "true" | "Yes" | "TRUE" | "✓" | "✔" | "✔\u{fe0f}" | "☑" | "☑\u{fe0f}" | "✅" | "🗸" => {
            Some(true)
        }
        "0" | "0.0" | "no" | "false" | "No" | "FALSE" | "✗" | "✘" | "❌" | "☐" => Some(false),
        _ if is_word(text) => words::yes_or_no(text),
        _ => None,
    }
}

/// Whether a text is nothing but words, perhaps in brackets or with a mark behind: what stands between or before them may turn their
/// meaning, as in `O/N`, `-1`, `yes?` and `!yes`.
fn is_word(text: &str) -> bool {
    let inner = [('[', ']'), ('(', ')'), ('"', '"')]
        .iter()
        .find_map(|(open, close)| text.strip_prefix(*open)?.strip_suffix(*close))
        .unwrap_or(text);
    let inner = inner.trim().trim_end_matches(['.', '!', '。', '！']);
    let is_inside = |c: char| c == ' ' || c == '\u{a0}' || matches!(c, '-' | '_' | '\'' | '’' | '\u{200d}');
    let is_letter = |c: char| c.is_alphanumeric() || is_mark(c);
    inner.starts_with(is_letter) && inner.chars().all(|c| is_letter(c) || is_inside(c))
}

/// Whether it belongs to the letter before it.
fn is_mark(c: char) -> bool {
    !c.is_ascii()
        && matches!(
            CodePointMapData::<GeneralCategory>::new().get(c),
            GeneralCategory::NonspacingMark | GeneralCategory::SpacingMark | GeneralCategory::Format
        )
}

/// Whether somebody agreed to be written to: yes or no, or what systems that send messages write.
pub(super) fn consent(text: &str) -> Option<bool> {
    flag(text).or_else(|| if is_word(text) { words::consent(text) } else { None })
}

/// Why a cell is no yes and no no.
pub(super) const NO_FLAG: (RowCode, &str) =
    (RowCode::InvalidBoolean, "This is neither yes nor no. Write yes or no, true or false, 1 or 0.");

/// Why a cell is no consent.
pub(super) const NO_CONSENT: (RowCode, &str) = (
    RowCode::InvalidConsent,
    "This consent is neither yes nor no, and a refusal must not be lost. Write yes or no, or leave the cell empty to keep what is known.",
);

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn yes_and_no_are_read_in_many_languages_and_as_signs() {
        for text in [
            "true",
            "YES",
            "y",
            "1",
            "1.0",
            "on",
            "ja",
            "Oui",
            "да",
            "VRAI",
            "WAHR",
            "x",
            "X",
            "✓",
            "✔️",
            "T",
            "sí",
            "tak",
            "[x]",
            "(yes)",
            "Yes.",
            "да!",
            "হ্যাঁ",
        ] {
            assert_eq!((flag(text), consent(text)), (Some(true), Some(true)), "{text}");
        }
        for text in
            ["False", "no", "N", "0", "0.0", "off", "nein", "non", "нет", "FALSCH", "FAUX", "F", "nie", "❌", "não"]
        {
            assert_eq!((flag(text), consent(text)), (Some(false), Some(false)), "{text}");
        }
        for text in [
            "perhaps",
            "2",
            "",
            "maybe",
            "yes and no",
            "jo",
            "O/N",
            "o/n",
            "-1",
            "yes?",
            "!yes",
            "1%",
            "<1",
            "≠1",
            "n/o",
            ".1",
            "opt in?",
        ] {
            assert_eq!((flag(text), consent(text)), (None, None), "{text}");
        }
    }

    #[test]
    fn words_of_consent_are_read_in_consents_only() {
        for (text, expected) in
            [("subscribed", true), ("Opted-In", true), ("unsubscribed", false), ("opted out", false), ("never", false)]
        {
            assert_eq!((flag(text), consent(text)), (None, Some(expected)), "{text}");
        }
    }

    proptest! {
        #[test]
        fn case_and_blanks_change_no_answer(text in "[a-zA-Zа-яА-Яéíã]{0,8}") {
            prop_assert_eq!(flag(&text), flag(&format!(" {}", text.to_lowercase())));
        }
    }
}

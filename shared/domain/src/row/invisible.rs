//! Characters that nobody sees, and texts that look the same and are written differently.

use std::borrow::Cow;

use icu_normalizer::ComposingNormalizerBorrowed;
use icu_properties::props::{DefaultIgnorableCodePoint, GeneralCategory};
use icu_properties::{CodePointMapData, CodePointSetData};

/// The text with its letters composed (NFC), so that `é` is one text however it was typed.
pub(crate) fn composed(text: &str) -> Cow<'_, str> {
    if text.is_ascii() { Cow::Borrowed(text) } else { ComposingNormalizerBorrowed::new_nfc().normalize(text) }
}

/// The text without the blanks at its ends, and without the invisible characters there that editors and spreadsheets
/// leave behind. Joiners, variation selectors and tags stay, because emoji and scripts need them.
pub(crate) fn trimmed(text: &str) -> &str {
    // Nearly every cell begins and ends with such a character.
    if let [first, .., last] = text.as_bytes()
        && first.is_ascii_graphic()
        && last.is_ascii_graphic()
    {
        return text;
    }
    text.trim_matches(|c: char| c.is_whitespace() || is_residue(c))
}

/// Whether a character has no meaning at the end of a text.
const fn is_residue(c: char) -> bool {
    matches!(
        c,
        '\u{ad}' | '\u{200b}' | '\u{200e}' | '\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2060}' | '\u{2066}'..='\u{2069}' | '\u{feff}'
    )
}

/// The text without its invisible characters that `drops` names.
pub(super) fn without(text: &str, drops: impl Fn(char) -> bool) -> Cow<'_, str> {
    let is_dropped = |c: char| is_invisible(c) && drops(c);
    if text.is_ascii() || !text.contains(is_dropped) {
        return Cow::Borrowed(text);
    }
    Cow::Owned(text.chars().filter(|c| !is_dropped(*c)).collect())
}

/// The text of an identifier in the form in which it is compared: composed, with no invisible character anywhere and no
/// blank at its ends.
pub(super) fn plain(text: &str) -> Cow<'_, str> {
    if text.is_ascii() {
        return Cow::Borrowed(trimmed(text));
    }
    let visible = without(text, |_| true);
    Cow::Owned(trimmed(&composed(&visible)).to_owned())
}

/// Whether a character shows nothing by itself: format characters (Unicode's category Cf), variation selectors, and the
/// fillers and joiners that Unicode lists beside them as ignorable.
pub(crate) fn is_invisible(c: char) -> bool {
    !c.is_ascii()
        && (CodePointMapData::<GeneralCategory>::new().get(c) == GeneralCategory::Format
            || CodePointSetData::new::<DefaultIgnorableCodePoint>().contains(c))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn invisible_characters_leave_identifiers() {
        for (text, expected) in [
            ("C-\u{ad}17", "C-17"),
            ("\u{feff}C-1\u{2060}8\u{200e} ", "C-18"),
            ("a\u{fe0f}b\u{e0101}c\u{180b}d", "abcd"),
            ("a\u{34f}b\u{3164}", "ab"),
            ("\u{a0}a b\u{3000}", "a b"),
            ("Cafe\u{301}-1", "Café-1"),
            ("e\u{200b}\u{301}", "é"),
        ] {
            assert_eq!(plain(text), expected, "{text:?}");
        }
    }

    #[test]
    fn other_texts_lose_only_what_means_nothing_at_their_ends() {
        for (text, expected) in [
            ("\u{200e}Rome\u{2069}", "Rome"),
            ("\u{2068}Fox \u{200b}", "Fox"),
            ("\u{202f}a\u{200b}b\u{85}", "a\u{200b}b"),
            ("❤\u{fe0f}", "❤\u{fe0f}"),
            ("می\u{200c}", "می\u{200c}"),
            ("🏴\u{e0067}\u{e0062}\u{e007f}", "🏴\u{e0067}\u{e0062}\u{e007f}"),
        ] {
            assert_eq!(trimmed(text), expected, "{text:?}");
        }
    }

    proptest! {
        #[test]
        fn a_plain_text_stays_as_it_is(text in ".{0,30}") {
            let once = plain(&text).into_owned();
            prop_assert_eq!(plain(&once).into_owned(), once);
        }
    }
}

//! What the API says, as a page shows it: in the reader's language if that is known.

use std::collections::BTreeSet;

use crate::fields::{in_german_words_of_form, in_words_of_form};
use crate::german::german;
use crate::language::Language;

/// A message of the API as a page shows it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Wording {
    /// The message.
    pub(crate) text: String,
    /// The tag of its language; none if that is the language of the page and need not be said.
    pub(crate) lang: Option<&'static str>,
}

/// A message about settings, in the words of the form.
pub(crate) fn wording(language: Language, message: &str) -> Wording {
    row_wording(language, message, &BTreeSet::new())
}

/// The message of a row in a report, in the words of the form. `names` are those of its columns, as messages quote them.
pub(crate) fn row_wording(language: Language, message: &str, names: &BTreeSet<String>) -> Wording {
    in_german(language, message, names).unwrap_or_else(|| english(in_words_of_form(language.texts(), message)))
}

/// A message as it is, unless there is a German one.
pub(crate) fn plain_wording(language: Language, message: &str) -> Wording {
    in_german(language, message, &BTreeSet::new()).unwrap_or_else(|| english(message.to_owned()))
}

/// Translated first, and then put into the words of the form: the messages that are known are those of the API.
fn in_german(language: Language, message: &str, names: &BTreeSet<String>) -> Option<Wording> {
    if language != Language::German {
        return None;
    }
    Some(Wording { text: in_german_words_of_form(&german(message, names)?), lang: None })
}

fn english(text: String) -> Wording {
    Wording { text, lang: Some(Language::English.tag()) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_german_page_says_in_german_what_it_can_and_marks_what_it_cannot() {
        let known = wording(
            Language::German,
            "This may be 2026-03-04 or 2026-04-03. Write the one that is meant, or set `date_format` to `DD.MM.YYYY` or `MM/DD/YYYY`.",
        );
        assert_eq!(
            known.text,
            "Das kann 2026-03-04 oder 2026-04-03 sein. Schreiben Sie, was gemeint ist, oder setzen Sie „Datumsangaben“ auf „DD.MM.YYYY“ oder „MM/DD/YYYY“."
        );
        assert_eq!(known.lang, None);
        let unknown = wording(Language::German, "Nobody has written this yet.");
        assert_eq!((unknown.text.as_str(), unknown.lang), ("Nobody has written this yet.", Some("en")));
    }

    #[test]
    fn an_english_page_says_what_the_api_says() {
        for message in ["This is not a date. Write it as 1990-12-31.", "Nobody has written this yet."] {
            for worded in [wording(Language::English, message), plain_wording(Language::English, message)] {
                assert_eq!((worded.text.as_str(), worded.lang), (message, Some("en")));
            }
        }
    }
}

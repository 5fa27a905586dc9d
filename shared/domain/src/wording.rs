//! How messages quote texts and list the names that exist.

use std::borrow::Cow;

/// Longest text of a file or a request that a message quotes, in bytes of JSON.
const MAX_QUOTED: usize = 120;

/// A text as a message quotes it: cut if it is long, so that the message can be stored and its cure is still shown.
pub fn quoted(text: &str) -> Cow<'_, str> {
    cut(text, MAX_QUOTED)
}

/// The text, cut so that its JSON form has at most so many bytes besides the quotes around it. That is the form in which
/// it is stored, and a control character takes six bytes there.
pub fn cut(text: &str, most: usize) -> Cow<'_, str> {
    const MARK: char = '…';
    let (mut bytes, mut end) = (0, 0);
    for (at, letter) in text.char_indices() {
        if bytes + MARK.len_utf8() <= most {
            end = at;
        }
        bytes += bytes_as_json(letter);
        if bytes > most {
            return Cow::Owned(format!("{}{MARK}", &text[..end]));
        }
    }
    Cow::Borrowed(text)
}

/// Bytes of a character in a text of JSON.
const fn bytes_as_json(letter: char) -> usize {
    match letter {
        '"' | '\\' | '\n' | '\r' | '\t' | '\u{8}' | '\u{c}' => 2,
        '\0'..='\u{1f}' => 6,
        _ => letter.len_utf8(),
    }
}

/// The names that exist, as a sentence of a refusal; of many, the first twenty.
pub fn listing<'a>(names: impl IntoIterator<Item = &'a str>) -> String {
    const MOST: usize = 20;
    let names: Vec<&str> = names.into_iter().collect();
    let shown = names.iter().take(MOST).map(|name| format!("“{name}”")).collect::<Vec<_>>().join(", ");
    match names.len() {
        0 => "None exists yet.".to_owned(),
        count if count > MOST => format!("There are: {shown} and {} more.", count - MOST),
        _ => format!("There is: {shown}."),
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn long_texts_are_cut_and_short_ones_are_kept() {
        for (text, most, expected) in
            [("abcdef", 6, "abcdef"), ("abcdefg", 6, "abc…"), ("ééé", 5, "é…"), ("a\u{1}", 6, "a…"), ("", 0, "")]
        {
            assert_eq!(cut(text, most), expected, "{text:?}");
        }
    }

    proptest! {
        #[test]
        fn a_cut_text_has_no_more_bytes_of_json_than_it_may(
            text in prop::collection::vec(any::<char>(), 0..80),
            most in 3usize..200,
        ) {
            let text: String = text.into_iter().collect();
            let cut = cut(&text, most);
            prop_assert!(serde_json::to_string(&cut).unwrap().len() <= most + 2);
            prop_assert!(cut == text || text.starts_with(cut.trim_end_matches('…')));
            if serde_json::to_string(&text).unwrap().len() <= most + 2 {
                prop_assert_eq!(cut.as_ref(), text.as_str());
            }
        }
    }
}

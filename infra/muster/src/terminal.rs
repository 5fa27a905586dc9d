//! Text of files and servers, made safe to show: on a terminal, control characters could move the cursor, change what was
//! printed before or answer in the user's place, and direction characters make a line read as another one.

use std::borrow::Cow;

/// The text with every character that could act on a terminal written as an escape, line ends included.
pub(crate) fn line(text: &str) -> Cow<'_, str> {
    escaped(text, acts, |c| c.escape_default().to_string())
}

/// The text of a file, whose tabs and line ends stay.
pub(crate) fn page(text: &str) -> Cow<'_, str> {
    escaped(text, |c| acts(c) && !matches!(c, '\n' | '\r' | '\t'), |c| c.escape_default().to_string())
}

/// JSON in which the escapes are those of JSON, so it still says the same.
pub(crate) fn json(text: &str) -> Cow<'_, str> {
    let escape = |c: char| {
        let mut units = [0; 2];
        c.encode_utf16(&mut units).iter().map(|unit| format!("\\u{unit:04x}")).collect()
    };
    escaped(text, |c| acts(c) && !matches!(c, '\n' | '\r' | '\t'), escape)
}

fn escaped(text: &str, is_escaped: impl Fn(char) -> bool, escape: impl Fn(char) -> String) -> Cow<'_, str> {
    if !text.contains(&is_escaped) {
        return Cow::Borrowed(text);
    }
    let mut shown = String::with_capacity(text.len());
    for c in text.chars() {
        if is_escaped(c) { shown.push_str(&escape(c)) } else { shown.push(c) }
    }
    Cow::Owned(shown)
}

/// Whether a character does something besides being shown: controls (C0, DEL, C1), marks and overrides of direction,
/// separators of lines, annotations and tags.
fn acts(c: char) -> bool {
    c.is_control()
        || matches!(
            c,
            '\u{61c}'
                | '\u{200e}'
                | '\u{200f}'
                | '\u{2028}'..='\u{202e}'
                | '\u{2066}'..='\u{206f}'
                | '\u{fff9}'..='\u{fffb}'
                | '\u{e0000}'..='\u{e007f}'
        )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_acts_on_the_terminal() {
        for (text, shown) in [
            ("Ann\u{1b}[2J\u{1b}]0;title\u{7}", r"Ann\u{1b}[2J\u{1b}]0;title\u{7}"),
            ("a\rb\nImport completed\t!", r"a\rb\nImport completed\t!"),
            ("\u{9b}31m\u{7f}\0", r"\u{9b}31m\u{7f}\u{0}"),
            ("gpj.\u{202e}exe\u{2066}\u{2069}\u{200f}\u{61c}", r"gpj.\u{202e}exe\u{2066}\u{2069}\u{200f}\u{61c}"),
            ("Zoë 👩\u{200d}🚀 “日本” \u{2060}", "Zoë 👩\u{200d}🚀 “日本” \u{2060}"),
        ] {
            assert_eq!(line(text), shown);
        }
        assert_eq!(page("email\r\na\tb\u{1b}[m\n"), "email\r\na\tb\\u{1b}[m\n");
    }

    #[test]
    fn escaped_json_says_the_same() {
        let json_text = serde_json::json!({ "name": "a\u{1b}\u{9b}\u{202e}\u{e0041}\nb" }).to_string();
        let shown = json(&json_text);
        assert!(!shown.contains(acts), "{shown}");
        let (shown, original): (serde_json::Value, serde_json::Value) =
            (serde_json::from_str(&shown).unwrap(), serde_json::from_str(&json_text).unwrap());
        assert_eq!(shown, original);
    }
}

//! The settings that a message names, so that whoever shows it can write their own names for them, and offer the cure.

/// The settings that a message names with a value, such as `encoding` and `utf-16le` in "`encoding` `utf-16le`". With
/// "`quote` to `'` or `none`" it names both values. `is_setting` says which words in backticks are settings.
pub fn named_settings(message: &str, is_setting: impl Fn(&str) -> bool) -> Vec<(&str, &str)> {
    let spans: Vec<&str> = message.split('`').collect();
    // The text behind a backtick that is never closed is no code.
    let code = |at: usize| spans.get(at).copied().filter(|_| at % 2 == 1 && at + 1 < spans.len());
    let mut found = Vec::new();
    for at in (1..spans.len()).step_by(2) {
        let Some(setting) = code(at).filter(|setting| is_setting(setting)) else { continue };
        let mut next = at;
        while let Some(value) = code(next + 2)
            .filter(|_| if next == at { ties_value(spans[next + 1]) } else { adds_value(spans[next + 1]) })
        {
            if next > at && is_setting(value) {
                break;
            }
            found.push((setting, value));
            next += 2;
        }
    }
    found
}

/// Whether this text of a message ties the setting before it to the value behind it.
pub fn ties_value(text: &str) -> bool {
    matches!(text, " " | " to " | ": ")
}

/// Whether this text adds another value to the one before it.
fn adds_value(text: &str) -> bool {
    matches!(text, " or " | ", ")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_message_says_which_value_a_setting_needs() {
        let named = |message: &'static str| {
            named_settings(message, |word| ["encoding", "quote", "decimal_mark"].contains(&word))
        };
        assert_eq!(
            named("Use `encoding` `utf-16le`, or set `quote` to `none`."),
            [("encoding", "utf-16le"), ("quote", "none")]
        );
        assert_eq!(
            named("Set `decimal_mark` to `.` or `,`, `encoding` `utf-8`."),
            [("decimal_mark", "."), ("decimal_mark", ","), ("encoding", "utf-8")]
        );
        assert_eq!(named("The column `email` `twice`, and an open `encoding` `x"), []);
    }
}

//! Numbers as people write them: with a dot or a comma as decimal mark, and perhaps with marks between thousands.

use super::DecimalMark;

/// Most digits of a number: as many as DynamoDB stores exactly.
const MAX_DIGITS: usize = 38;

/// A number as it is written, without its sign.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Written<'a> {
    is_negative: bool,
    /// Its digits before the decimal mark, with the marks between thousands.
    whole: &'a str,
    fraction: &'a str,
}

/// What a number shows about its decimal mark.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Shows {
    /// Nothing: it has no mark, or is no number.
    Nothing,
    /// It is a number with this mark only.
    Mark(DecimalMark),
    /// It is one number with a dot as decimal mark and another one with a comma: `1.234`.
    Either,
}

/// Marks between thousands besides a dot or a comma: blanks and apostrophes.
const fn is_blank_or_apostrophe(c: char) -> bool {
    matches!(c, ' ' | '\u{a0}' | '\u{2009}' | '\u{202f}' | '\'' | '\u{2019}')
}

fn is_digits(text: &str) -> bool {
    text.bytes().all(|byte| byte.is_ascii_digit())
}

/// Whether these are digits, or groups of three digits with one kind of mark between them. The first group may be
/// shorter, and does not begin with a zero.
fn is_whole(text: &str, thousands: DecimalMark) -> bool {
    if is_digits(text) {
        return true;
    }
    let Some(mark) = text.chars().find(|c| !c.is_ascii_digit()) else { return false };
    if mark != thousands.as_char() && !is_blank_or_apostrophe(mark) {
        return false;
    }
    let mut groups = text.split(mark);
    if mark == ',' && is_indian(text) {
        return true;
    }
    let first = groups.next().unwrap_or_default();
    (1..=3).contains(&first.len())
        && is_digits(first)
        && !first.starts_with('0')
        && groups.all(|group| group.len() == 3 && is_digits(group))
}

/// Whether these are digits in groups as India writes them: three at the end, and twos in front of them (12,34,567).
fn is_indian(text: &str) -> bool {
    let mut groups = text.rsplit(',');
    let last = groups.next().is_some_and(|group| group.len() == 3 && is_digits(group));
    let mut before: Vec<&str> = groups.collect();
    let first =
        before.pop().is_some_and(|group| matches!(group.len(), 1 | 2) && is_digits(group) && !group.starts_with('0'));
    last && first && !before.is_empty() && before.iter().all(|group| group.len() == 2 && is_digits(group))
}

fn unsigned(text: &str) -> (bool, &str) {
    for minus in ['-', '\u{2212}'] {
        if let Some(rest) = text.strip_prefix(minus) {
            return (true, rest);
        }
    }
    (false, text.strip_prefix('+').unwrap_or(text))
}

/// Splits a number at this decimal mark, if it is one then.
fn split(text: &str, mark: DecimalMark) -> Option<Written<'_>> {
    let (is_negative, digits) = unsigned(text);
    let (whole, fraction) = digits.split_once(mark.as_char()).unwrap_or((digits, ""));
    let has_digits = !(whole.is_empty() && fraction.is_empty());
    (has_digits && is_digits(fraction) && is_whole(whole, mark.other())).then_some(Written {
        is_negative,
        whole,
        fraction,
    })
}

/// What a number shows about its decimal mark.
pub(super) fn shows(text: &str) -> Shows {
    if !text.contains(['.', ',']) {
        return Shows::Nothing;
    }
    match (split(text, DecimalMark::Dot), split(text, DecimalMark::Comma)) {
        (Some(_), Some(_)) => Shows::Either,
        (Some(_), None) => Shows::Mark(DecimalMark::Dot),
        (None, Some(_)) => Shows::Mark(DecimalMark::Comma),
        (None, None) => Shows::Nothing,
    }
}

/// Reads a number by the decimal mark of its column. Without one, a number that could be two is refused.
///
/// # Errors
/// What is wrong with it, in words for who has the file.
pub(super) fn scan(text: &str, mark: Option<DecimalMark>) -> Result<Written<'_>, String> {
    let found = match (mark, shows(text)) {
        (Some(mark), _) | (None, Shows::Mark(mark)) => split(text, mark),
        (None, Shows::Nothing) => split(text, DecimalMark::Dot),
        (None, Shows::Either) => {
            return Err(
                "Its mark may be a decimal mark or one of thousands. Set `decimal_mark` to `.` or `,`.".to_owned()
            );
        }
    };
    let written = found.ok_or_else(|| trouble(text, mark))?;
    let digits = |text: &str| text.bytes().filter(u8::is_ascii_digit).count();
    let (whole, fraction) = (written.whole.trim_start_matches('0'), written.fraction.trim_end_matches('0'));
    if digits(whole) + digits(fraction) > MAX_DIGITS {
        return Err(format!("The number has more than {MAX_DIGITS} digits. Shorten it."));
    }
    Ok(written)
}

fn trouble(text: &str, mark: Option<DecimalMark>) -> String {
    if text.contains('%') {
        return "This has a percent sign. Write the number alone.".to_owned();
    }
    let is_number = |rest: &str| shows(rest) != Shows::Nothing || split(rest, DecimalMark::Dot).is_some();
    let bare = text.trim_matches(|c: char| c.is_alphabetic() || is_currency(c) || c.is_whitespace());
    if text.contains(is_currency) || (bare.len() < text.len() && is_number(bare)) {
        return "This has a currency or a unit. Write the number alone.".to_owned();
    }
    if is_scientific(text) {
        return "This is in scientific notation. Write all digits of the number.".to_owned();
    }
    match mark {
        Some(mark) if split(text, mark.other()).is_some() => format!(
            "The decimal mark of this column is “{}”, and here it would be “{}”. Correct the number, or set `decimal_mark` to `{}`.",
            mark.as_char(),
            mark.other().as_char(),
            mark.other().as_char()
        ),
        _ => "This is not a number. Write digits, and no marks but a decimal mark, such as -12.5.".to_owned(),
    }
}

fn is_scientific(text: &str) -> bool {
    text.split_once(['e', 'E']).is_some_and(|(mantissa, exponent)| {
        let (_, exponent) = unsigned(exponent);
        !exponent.is_empty()
            && is_digits(exponent)
            && mantissa.starts_with(|c: char| c.is_ascii_digit() || "+-.,".contains(c))
    })
}

const fn is_currency(c: char) -> bool {
    matches!(c, '$' | '\u{a2}'..='\u{a5}' | '\u{20a0}'..='\u{20cf}' | '\u{fdfc}' | '\u{ff04}')
}

impl Written<'_> {
    /// Its shortest form: without a plus, marks between thousands and needless zeros, and with a dot as decimal mark.
    pub(super) fn shortest(self) -> String {
        let whole: String = self.whole.chars().filter(char::is_ascii_digit).collect();
        let (whole, fraction) = (whole.trim_start_matches('0'), self.fraction.trim_end_matches('0'));
        let is_zero = whole.is_empty() && fraction.is_empty();
        let sign = if self.is_negative && !is_zero { "-" } else { "" };
        let whole = if whole.is_empty() { "0" } else { whole };
        if fraction.is_empty() { format!("{sign}{whole}") } else { format!("{sign}{whole}.{fraction}") }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::DecimalMark::{Comma, Dot};
    use super::*;

    fn read(text: &str, mark: Option<DecimalMark>) -> Option<String> {
        scan(text, mark).ok().map(Written::shortest)
    }

    #[test]
    fn the_mark_of_the_column_decides() {
        for (text, by_dot, by_comma) in [
            ("7", Some("7"), Some("7")),
            ("+012.50", Some("12.5"), None),
            ("-0.0", Some("0"), None),
            (".5", Some("0.5"), None),
            ("12.", Some("12"), None),
            ("1.234", Some("1.234"), Some("1234")),
            ("1,234", Some("1234"), Some("1.234")),
            ("1.234,56", None, Some("1234.56")),
            ("1,234.56", Some("1234.56"), None),
            ("1.234.567", None, Some("1234567")),
            ("12,5", None, Some("12.5")),
            ("0.125", Some("0.125"), None),
            ("1234.567", Some("1234.567"), None),
            ("1 234 567,5", None, Some("1234567.5")),
            ("1\u{202f}234\u{202f}567", Some("1234567"), Some("1234567")),
            ("1'234.50", Some("1234.5"), None),
            ("1’234", Some("1234"), Some("1234")),
            ("\u{2212}3", Some("-3"), Some("-3")),
            ("1.23.456", None, None),
            ("1,23.4", None, None),
            ("1 23", None, None),
            ("1 234.567.890", None, None),
            ("1 234'567", None, None),
            ("0 123", None, None),
            ("1e5", None, None),
            ("-", None, None),
            (".", None, None),
            ("", None, None),
            ("1 234 ", None, None),
            ("123456789012345678901234567890123456789", None, None),
            ("0000000000000000000000000000000000000001", Some("1"), Some("1")),
        ] {
            assert_eq!(read(text, Some(Dot)).as_deref(), by_dot, "{text} by dot");
            assert_eq!(read(text, Some(Comma)).as_deref(), by_comma, "{text} by comma");
        }
    }

    #[test]
    fn a_number_shows_its_mark_where_only_one_is_possible() {
        for (text, expected) in [
            ("7", Shows::Nothing),
            ("1 234", Shows::Nothing),
            ("soon.", Shows::Nothing),
            ("1.2.3", Shows::Nothing),
            ("12.5", Shows::Mark(Dot)),
            ("0.125", Shows::Mark(Dot)),
            (".125", Shows::Mark(Dot)),
            ("1,234.56", Shows::Mark(Dot)),
            ("1,234,567", Shows::Mark(Dot)),
            ("12,34,567", Shows::Mark(Dot)),
            ("12,34,567.50", Shows::Mark(Dot)),
            ("12,345,67", Shows::Nothing),
            ("1'234.567", Shows::Mark(Dot)),
            ("12,5", Shows::Mark(Comma)),
            ("1.234.567", Shows::Mark(Comma)),
            ("1234,567", Shows::Mark(Comma)),
            ("1.234", Shows::Either),
            ("-123,456", Shows::Either),
        ] {
            assert_eq!(shows(text), expected, "{text}");
        }
    }

    #[test]
    fn without_a_mark_only_certain_numbers_are_read() {
        for (text, expected) in [("7", Some("7")), ("12,5", Some("12.5")), ("1.234,5", Some("1234.5")), ("1.234", None)]
        {
            assert_eq!(read(text, None).as_deref(), expected, "{text}");
        }
    }

    #[test]
    fn what_is_no_number_is_told_why() {
        for (text, mark, part) in [
            ("12,5", Some(Dot), "set `decimal_mark` to `,`"),
            ("12.5", Some(Comma), "set `decimal_mark` to `.`"),
            ("1.234", None, "decimal mark or one of thousands"),
            ("$12.50", Some(Dot), "currency"),
            ("12,50 €", Some(Comma), "currency"),
            ("12.50 USD", Some(Dot), "currency"),
            ("12 kg", Some(Dot), "unit"),
            ("12 %", Some(Dot), "percent"),
            ("1.2E+14", Some(Dot), "scientific"),
            ("1e5", None, "scientific"),
            ("many", Some(Dot), "not a number"),
            ("1,2,456", None, "not a number"),
        ] {
            let message = scan(text, mark).unwrap_err();
            assert!(message.contains(part), "{text}: {message}");
        }
    }

    /// A whole number with these marks between its thousands.
    fn grouped(number: u64, mark: &str) -> String {
        let digits = number.to_string();
        let from_end = |at: usize| digits.len() - at;
        let mut text = String::new();
        for (at, digit) in digits.chars().enumerate() {
            if at > 0 && from_end(at) % 3 == 0 {
                text.push_str(mark);
            }
            text.push(digit);
        }
        text
    }

    proptest! {
        #[test]
        fn a_number_in_any_dress_is_read_to_one_form(whole in any::<u64>(), fraction in "[0-9]{0,9}[1-9]", negative in any::<bool>()) {
            let sign = if negative { "-" } else { "" };
            let expected = format!("{sign}{whole}.{fraction}");
            for (mark, thousands) in
                [(Dot, ","), (Dot, ""), (Dot, " "), (Dot, "'"), (Comma, "."), (Comma, "\u{a0}"), (Comma, "")]
            {
                let text = format!("{sign}{}{}{fraction}", grouped(whole, thousands), mark.as_char());
                prop_assert_eq!(read(&text, Some(mark)), Some(expected.clone()), "{}", text);
                prop_assert!(matches!(shows(&text), Shows::Either) || shows(&text) == Shows::Mark(mark), "{}", text);
            }
        }

        #[test]
        fn what_is_read_without_a_mark_is_read_alike_with_the_one_that_fits(text in "[+-]?[0-9., ']{0,12}") {
            let (by_dot, by_comma) = (read(&text, Some(Dot)), read(&text, Some(Comma)));
            let expected = match (&by_dot, &by_comma) {
                (Some(a), Some(b)) if a != b => None,
                _ => by_dot.or(by_comma),
            };
            prop_assert_eq!(read(&text, None), expected);
        }
    }
}

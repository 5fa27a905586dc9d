//! Numbers, times, sizes and delimiters as a reader of the language sees them.

use jiff::Timestamp;
use jiff::civil::Date;
use maud::{Markup, html};
use serde_json::Value as Json;

use crate::language::Language;

/// A number with marks between its thousands.
pub(crate) fn number(language: Language, number: u64) -> String {
    let digits = number.to_string();
    let mut shown = String::with_capacity(digits.len() + digits.len() / 3);
    for (at, digit) in digits.chars().enumerate() {
        if at > 0 && (digits.len() - at).is_multiple_of(3) {
            shown.push(language.thousands());
        }
        shown.push(digit);
    }
    shown
}

/// The delimiter of a file as a reader can see it.
pub(crate) fn delimiter(character: &str) -> &str {
    if character == "\t" { "Tab" } else { character }
}

/// A size in bytes, in the largest unit in which it is at least one.
pub(crate) fn size(language: Language, bytes: u64) -> String {
    let units = ["B", "kB", "MB", "GB", "TB"];
    let mut value = bytes as f64;
    let mut unit = 0;
    while value >= 1000.0 && unit + 1 < units.len() {
        value /= 1000.0;
        unit += 1;
    }
    let digits = usize::from(unit > 0 && value < 10.0);
    let shown = format!("{value:.digits$} {}", units[unit]);
    if language == Language::German { shown.replace('.', ",") } else { shown }
}

/// A moment. Without a script it is shown in UTC; with one, in the reader's own zone.
pub(crate) fn time(language: Language, at: &Json) -> Markup {
    let Some(at) = at.as_str().and_then(|at| at.parse::<Timestamp>().ok()) else { return html! { "–" } };
    let shown = match language {
        Language::English => at.strftime("%Y-%m-%d, %H:%M UTC"),
        Language::German => at.strftime("%d.%m.%Y, %H:%M UTC"),
    };
    html! { time datetime=(at) { (shown.to_string()) } }
}

/// A day or a moment as the API writes it; none if the text is neither.
pub(crate) fn moment(language: Language, text: &str) -> Option<Markup> {
    if text.parse::<Timestamp>().is_ok() {
        return Some(time(language, &text.into()));
    }
    let is_day = text.len() == "2026-05-01".len();
    let day = text.parse::<Date>().ok().filter(|_| is_day)?;
    Some(match language {
        Language::English => html! { time datetime=(day) data-day { (day) } },
        Language::German => html! { time datetime=(day) data-day { (day.strftime("%d.%m.%Y").to_string()) } },
    })
}

/// The share of a whole in percent, rounded so that neither nothing nor everything is claimed wrongly.
pub(crate) fn percent(part: u64, whole: u64) -> u64 {
    match (part, whole) {
        (_, 0) | (0, _) => 0,
        (part, whole) if part >= whole => 100,
        (part, whole) => ((part as f64 / whole as f64) * 100.0).round().clamp(1.0, 99.0) as u64,
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn numbers_and_sizes_are_written_as_in_the_language() {
        assert_eq!(number(Language::English, 1_234_567), "1,234,567");
        assert_eq!(number(Language::German, 1_234), "1.234");
        assert_eq!(number(Language::German, 999), "999");
        assert_eq!(size(Language::English, 225_161), "225 kB");
        assert_eq!(size(Language::German, 2_251_610), "2,3 MB");
        assert_eq!(size(Language::English, 12), "12 B");
    }

    #[test]
    fn a_moment_has_its_zone_and_a_text_that_is_none_is_a_dash() {
        let shown = time(Language::German, &json!("2026-11-26T11:06:00Z")).into_string();
        assert_eq!(shown, "<time datetime=\"2026-11-26T11:06:00Z\">26.11.2026, 11:06 UTC</time>");
        assert_eq!(time(Language::English, &Json::Null).into_string(), "–");
    }

    #[test]
    fn a_percentage_is_100_only_when_everything_is_done() {
        for (part, whole, expected) in [(0, 0, 0), (0, 5, 0), (1, 1_000, 1), (999, 1_000, 99), (1_000, 1_000, 100)] {
            assert_eq!(percent(part, whole), expected, "{part} of {whole}");
        }
    }
}

//! Times of day as people write them, and where that was.

use jiff::civil::Time;
use jiff::tz::{Offset, TimeZone};

use super::zone::Zone;
use crate::wording::quoted;

const NO_TIME: &str = "The time of day cannot be read. Write the moment as 2026-05-01T12:00:00Z.";

pub(super) const UNREADABLE_OFFSET: &str =
    "The offset behind the time cannot be read. Write it as +02:00, or Z for UTC.";

/// Whether a text is empty or a time of day, perhaps with a zone.
pub(super) fn is_time(text: &str) -> bool {
    text.is_empty() || time_of_day(text).is_ok_and(|(_, rest)| whereabouts(rest).is_ok())
}

/// The time of day that a text begins with, and what follows it.
pub(super) fn time_of_day(text: &str) -> Result<(Time, &str), String> {
    let text = text.strip_prefix(['T', 't', ',']).unwrap_or(text).trim_start();
    let text = text.strip_prefix("at ").or_else(|| text.strip_prefix("- ")).unwrap_or(text).trim_start();
    let (before, text) = east_asian_half(text);
    let (hour, mut rest) = digits(text);
    let (mut minute, mut second, mut fraction) = ("", "", "");
    let mut hour = hour;
    if matches!(hour.len(), 4 | 6) {
        // ISO 8601 without colons.
        (hour, minute, second) = (&hour[..2], &hour[2..4], &hour[4..]);
    } else if let Some(mark) = rest.chars().next().filter(|mark| matches!(mark, ':' | '.')) {
        (minute, rest) = digits(&rest[1..]);
        if minute.len() != 2 {
            return Err(NO_TIME.to_owned());
        }
        if let Some(after) = rest.strip_prefix(mark).filter(|after| after.starts_with(|c: char| c.is_ascii_digit())) {
            (second, rest) = digits(after);
            if second.len() != 2 {
                return Err(NO_TIME.to_owned());
            }
        }
    }
    if !second.is_empty()
        && let Some(after) = rest.strip_prefix(['.', ','])
    {
        (fraction, rest) = digits(after);
        if !(1..=9).contains(&fraction.len()) {
            return Err(NO_TIME.to_owned());
        }
    }
    let (half, rest) = half_of_day(rest.trim_start());
    let half = before.or(half);
    if !(1..=2).contains(&hour.len()) || (minute.is_empty() && half.is_none()) {
        return Err(NO_TIME.to_owned());
    }
    let number = |digits: &str| if digits.is_empty() { 0 } else { digits.parse().unwrap_or(i8::MAX) };
    let hour = match (number(hour), half) {
        (12, Some(Half::Morning)) => 0,
        (hour @ 0..=11, Some(Half::Morning)) => hour,
        (hour @ 1..=11, Some(Half::Afternoon)) => hour + 12,
        (hour @ 12..=23, Some(Half::Afternoon)) => hour,
        (hour, None) => hour,
        (_, Some(_)) => {
            return Err("There is no such hour with AM or PM. Write the time from 0:00 to 23:59.".to_owned());
        }
    };
    let nanoseconds = format!("{fraction:0<9}").parse().unwrap_or_default();
    let time = Time::new(hour, number(minute), number(second), nanoseconds);
    let time = time.map_err(|_| {
        "There is no such time of day: it goes from 0:00 to 23:59:59. Correct it; 24:00 is 0:00 of the next day."
            .to_owned()
    })?;
    Ok((time, rest.trim()))
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Half {
    Morning,
    Afternoon,
}

/// The half of the day in Chinese, Japanese or Korean in front of a text, and the rest.
fn east_asian_half(text: &str) -> (Option<Half>, &str) {
    let words = [("上午", Half::Morning), ("午前", Half::Morning), ("오전", Half::Morning)];
    let words =
        words.into_iter().chain([("下午", Half::Afternoon), ("午後", Half::Afternoon), ("오후", Half::Afternoon)]);
    let found = words.into_iter().find_map(|(word, half)| Some((Some(half), text.strip_prefix(word)?.trim_start())));
    found.unwrap_or((None, text))
}

/// AM or PM in front of a text, and the rest.
fn half_of_day(text: &str) -> (Option<Half>, &str) {
    if let (Some(half), rest) = east_asian_half(text) {
        return (Some(half), rest);
    }
    let half = match text.as_bytes().first() {
        Some(b'a' | b'A') => Half::Morning,
        Some(b'p' | b'P') => Half::Afternoon,
        _ => return (None, text),
    };
    let rest = text[1..].strip_prefix('.').unwrap_or(&text[1..]);
    let rest = rest.trim_start_matches([' ', '\u{a0}', '\u{202f}']);
    match rest.strip_prefix(['m', 'M']) {
        Some(rest) if !rest.starts_with(char::is_alphabetic) => {
            (Some(half), rest.strip_prefix('.').unwrap_or(rest).trim_start())
        }
        _ => (None, text),
    }
}

/// Where a time of day was.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Whereabouts {
    Offset(Offset),
    Zone(TimeZone),
}

/// Zones that have one meaning, in hours from UTC. Abbreviations such as CST, IST and PST have several.
const ZONES: [(&str, i8); 15] = [
    ("Z", 0),
    ("UTC", 0),
    ("GMT", 0),
    ("UT", 0),
    ("WET", 0),
    ("WEST", 1),
    ("CET", 1),
    ("CEST", 2),
    ("EET", 2),
    ("EEST", 3),
    ("MSK", 3),
    ("EST", -5),
    ("EDT", -4),
    ("MST", -7),
    ("MDT", -6),
];

/// Reads what follows a time of day: nothing, an offset, a zone, or a zone with an offset from it.
pub(super) fn whereabouts(text: &str) -> Result<Option<Whereabouts>, String> {
    if text.is_empty() {
        return Ok(None);
    }
    // JavaScript writes the zone's name behind the offset: GMT+0100 (Central European Standard Time).
    let text = match text.split_once('(').and_then(|(before, rest)| Some((before.trim_end(), rest.strip_suffix(')')?)))
    {
        Some(("", note)) => note.trim(),
        Some((before, _)) => before,
        None => text,
    };
    let is_utc = |word: &str| ["UTC", "GMT", "UT"].iter().any(|utc| utc.eq_ignore_ascii_case(word));
    let word_end = text.find(|c: char| !c.is_ascii_alphabetic()).unwrap_or(text.len());
    let (word, signed) = text.split_at(word_end);
    let is_signed =
        signed.trim_start().starts_with(['+', '-', '\u{2212}']) || signed.starts_with(|c: char| c.is_ascii_digit());
    if (word.is_empty() && is_signed) || (is_utc(word) && !signed.is_empty()) {
        return offset(signed.trim_start())
            .map(|offset| Some(Whereabouts::Offset(offset)))
            .ok_or_else(|| UNREADABLE_OFFSET.to_owned());
    }
    if let Some((_, hours)) = ZONES.iter().find(|(name, _)| name.eq_ignore_ascii_case(text)) {
        return Ok(Some(Whereabouts::Offset(Offset::constant(*hours))));
    }
    if let Some(zone) = Zone::parse(text).filter(|_| text.contains('/')) {
        return Ok(Some(Whereabouts::Zone(zone.time_zone().clone())));
    }
    let is_abbreviation = (2..=5).contains(&text.len()) && text.bytes().all(|byte| byte.is_ascii_uppercase());
    if !is_abbreviation && !text.contains('/') {
        return Err(format!(
            "The word “{}” behind the time is not known. Write the time from 0:00 to 23:59, and nothing behind it but an offset, as in 2026-05-01T12:00:00-05:00.",
            quoted(text)
        ));
    }
    Err("The time zone behind the time is unknown, or is the name of several. Write the offset, as in 2026-05-01T12:00:00-05:00.".to_owned())
}

/// An offset from UTC: +1, -05, +0200, +02:00.
fn offset(text: &str) -> Option<Offset> {
    let (negative, rest) = match text.chars().next()? {
        '+' => (false, &text[1..]),
        sign @ ('-' | '\u{2212}') => (true, &text[sign.len_utf8()..]),
        _ => return None,
    };
    let (hours, rest) = digits(rest);
    let (hours, minutes) = match (hours.len(), rest.strip_prefix(':')) {
        (1 | 2, None) if rest.is_empty() => (hours, "0"),
        (4, None) if rest.is_empty() => hours.split_at(2),
        (1 | 2, Some(minutes)) if minutes.len() == 2 && digits(minutes).1.is_empty() => (hours, minutes),
        _ => return None,
    };
    let (hours, minutes) = (hours.parse::<i32>().ok()?, minutes.parse::<i32>().ok()?);
    if minutes > 59 {
        return None;
    }
    let seconds = (hours * 60 + minutes) * 60;
    Offset::from_seconds(if negative { -seconds } else { seconds }).ok().filter(|offset| can_be(*offset))
}

/// Whether there may be such an offset: the furthest zones are 14 hours before and 12 hours behind UTC.
pub(super) const fn can_be(offset: Offset) -> bool {
    const HOUR: i32 = 60 * 60;
    offset.seconds() >= -12 * HOUR && offset.seconds() <= 14 * HOUR
}

/// The digits that a text begins with, and the rest.
pub(super) fn digits(text: &str) -> (&str, &str) {
    text.split_at(text.bytes().take_while(u8::is_ascii_digit).count())
}

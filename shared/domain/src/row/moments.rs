//! Moments as people write them: a date, a time of day, and where that was.

use jiff::Timestamp;
use jiff::civil::{Date, Time};
use jiff::tz::{AmbiguousOffset, Offset, TimeZone};

use super::dates::{self, DateFormat, digits};
use super::rules::Zone;
use crate::wording::quoted;

/// Reads a moment. Without a zone of its own it is in `zone`; without a time of day it is the start of the day there.
///
/// A local time that a change of the clocks skips or repeats is no certain moment, so it is refused.
///
/// # Errors
/// What is wrong with it, in words for who has the file.
pub(crate) fn parse(text: &str, format: Option<DateFormat>, zone: &Zone) -> Result<Timestamp, String> {
    if text.as_bytes().first().is_some_and(u8::is_ascii_digit)
        && let Ok(moment) = text.parse::<Timestamp>()
    {
        return Ok(moment);
    }
    let scanned = dates::scan(text).ok_or_else(|| if dates::is_serial(text) { dates::SERIAL } else { NO_MOMENT })?;
    let date = match (scanned.date.read(format), scanned.rest) {
        (Ok(date), _) => date,
        (Err(of_date), "") => return Err(of_date),
        // Both are told at once: who mends one would be told of the other one next.
        (Err(of_date), rest) => {
            let of_time = time_of_day(rest).and_then(|(_, rest)| place(rest)).err();
            return Err(of_time.map_or(of_date.clone(), |of_time| format!("{of_time} {of_date}")));
        }
    };
    if scanned.rest.is_empty() {
        // Where the clocks skip midnight, the day begins when they go on.
        let start = zone.time_zone().to_ambiguous_timestamp(date.to_datetime(Time::midnight()));
        return start.compatible().map_err(|_| OUT_OF_RANGE.to_owned());
    }
    let (time, rest) = time_of_day(scanned.rest)?;
    match place(rest)? {
        Some(Place::Offset(offset)) => offset.to_timestamp(date.to_datetime(time)).map_err(|_| OUT_OF_RANGE.to_owned()),
        Some(Place::Zone(zone)) => local(date, time, &zone),
        None => local(date, time, zone.time_zone()),
    }
}

const NO_MOMENT: &str = "This is not a moment. Write it as 2026-05-01T12:00:00Z.";
const NO_TIME: &str = "The time of day cannot be read. Write the moment as 2026-05-01T12:00:00Z.";
const OUT_OF_RANGE: &str = "This moment is out of range.";

fn local(date: Date, time: Time, zone: &TimeZone) -> Result<Timestamp, String> {
    let moment = zone.to_ambiguous_timestamp(date.to_datetime(time));
    let happened = match moment.offset() {
        AmbiguousOffset::Unambiguous { .. } => return moment.unambiguous().map_err(|_| OUT_OF_RANGE.to_owned()),
        AmbiguousOffset::Gap { .. } => "did not happen: the clocks were put forward",
        AmbiguousOffset::Fold { .. } => "happened twice: the clocks were put back",
    };
    let name = zone.iana_name().unwrap_or("its time zone");
    Err(format!("In {name} this time {happened}. Write the offset behind it, as in 2026-05-01T12:00:00+02:00."))
}

/// Whether a text is empty or a time of day, perhaps with a zone.
pub(super) fn is_time(text: &str) -> bool {
    text.is_empty() || time_of_day(text).is_ok_and(|(_, rest)| place(rest).is_ok())
}

/// The time of day that a text begins with, and what follows it.
fn time_of_day(text: &str) -> Result<(Time, &str), String> {
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
enum Place {
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
fn place(text: &str) -> Result<Option<Place>, String> {
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
            .map(|offset| Some(Place::Offset(offset)))
            .ok_or_else(|| "The offset behind the time cannot be read. Write it as +02:00, or Z for UTC.".to_owned());
    }
    if let Some((_, hours)) = ZONES.iter().find(|(name, _)| name.eq_ignore_ascii_case(text)) {
        return Ok(Some(Place::Offset(Offset::constant(*hours))));
    }
    if let Some(zone) = Zone::parse(text).filter(|_| text.contains('/')) {
        return Ok(Some(Place::Zone(zone.time_zone().clone())));
    }
    let is_abbreviation = (2..=5).contains(&text.len()) && text.bytes().all(|byte| byte.is_ascii_uppercase());
    if !is_abbreviation && !text.contains('/') {
        return Err(format!(
            "The word “{}” behind the time is not known. Remove it, or write an offset in its place, as in 2026-05-01T12:00:00-05:00.",
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
    // The furthest zones are 14 hours before and 12 hours behind UTC.
    if hours > 14 || minutes > 59 {
        return None;
    }
    let seconds = (hours * 60 + minutes) * 60;
    Offset::from_seconds(if negative { -seconds } else { seconds }).ok()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn read_in(text: &str, zone: &str) -> Result<String, String> {
        let zone = Zone::parse(zone).unwrap();
        parse(text, Some(DateFormat::DayMonthYear), &zone).map(|moment| moment.to_string())
    }

    fn read(text: &str) -> Result<String, String> {
        read_in(text, "UTC")
    }

    #[test]
    fn a_moment_without_an_offset_is_in_utc() {
        for (text, expected) in [
            ("2022-05-01T00:37:00Z", Some("2022-05-01T00:37:00Z")),
            ("2022-05-01T02:37:00+02:00", Some("2022-05-01T00:37:00Z")),
            ("2022-05-01 00:37", Some("2022-05-01T00:37:00Z")),
            ("2022-05-01", Some("2022-05-01T00:00:00Z")),
            ("soon", None),
        ] {
            assert_eq!(read(text).ok().as_deref(), expected, "{text}");
        }
    }

    #[test]
    fn times_are_read_as_forms_and_spreadsheets_write_them() {
        for (text, expected) in [
            ("2024/03/14 9:41:03 AM GMT+1", "2024-03-14T08:41:03Z"),
            ("2024/03/14 2:05:00 PM GMT+1", "2024-03-14T13:05:00Z"),
            ("14/3/2024 2:30 PM", "2024-03-14T14:30:00Z"),
            ("14/3/2024 2:30PM", "2024-03-14T14:30:00Z"),
            ("14/3/2024 2:30 p.m.", "2024-03-14T14:30:00Z"),
            ("14/3/2024 2:30\u{202f}p.\u{a0}m.", "2024-03-14T14:30:00Z"),
            ("14/3/2024, 12:05 am", "2024-03-14T00:05:00Z"),
            ("14/3/2024 12:30 PM", "2024-03-14T12:30:00Z"),
            ("14/3/2024 9 AM", "2024-03-14T09:00:00Z"),
            ("14.03.2024 9:41", "2024-03-14T09:41:00Z"),
            ("14.03.2024. 9:41", "2024-03-14T09:41:00Z"),
            ("14.03.2024 9.41", "2024-03-14T09:41:00Z"),
            ("5.4.2024 22:05:59", "2024-04-05T22:05:59Z"),
            ("2024-03-14 09:41:03.25", "2024-03-14T09:41:03.25Z"),
            ("2024-03-14 09:41:03,250", "2024-03-14T09:41:03.25Z"),
            ("2024-03-14 09:41:03 +0200", "2024-03-14T07:41:03Z"),
            ("2024-03-14 09:41:03 UTC", "2024-03-14T09:41:03Z"),
            ("2024-03-14 09:41:03 utc+05:30", "2024-03-14T04:11:03Z"),
            ("2024-03-14 09:41 -5", "2024-03-14T14:41:00Z"),
            ("2024-03-14 09:41 CET", "2024-03-14T08:41:00Z"),
            ("2024-03-14 09:41 EDT", "2024-03-14T13:41:00Z"),
            ("2024-07-14 09:41 Europe/Berlin", "2024-07-14T07:41:00Z"),
            ("20240314T094103Z", "2024-03-14T09:41:03Z"),
            ("20240314T094103", "2024-03-14T09:41:03Z"),
            ("14 Mar 2024 9:41 PM", "2024-03-14T21:41:00Z"),
            ("2024-03-14 09:41:00 (CET)", "2024-03-14T08:41:00Z"),
            ("14.03.2024 9:41 午後", "2024-03-14T21:41:00Z"),
            ("2024/03/14 下午 2:05", "2024-03-14T14:05:00Z"),
            ("2024/03/14 오전 12:05", "2024-03-14T00:05:00Z"),
            ("March 14, 2024 at 9:41 AM", "2024-03-14T09:41:00Z"),
            ("Thu, 14 Mar 2024 09:41:03 +0100", "2024-03-14T08:41:03Z"),
            ("Thu Mar 14 2024 09:41:03 GMT+0100 (Central European Standard Time)", "2024-03-14T08:41:03Z"),
        ] {
            assert_eq!(read(text).as_deref(), Ok(expected), "{text}");
        }
    }

    #[test]
    fn what_is_no_certain_moment_is_refused_and_told_why() {
        for (text, part) in [
            ("2024-03-14 25:00", "no such time"),
            ("2024-03-14 24:00", "0:00 of the next day"),
            ("45365.4", "spreadsheet counts days"),
            ("2024-03-14 09:41 (noon)", "“noon”"),
            ("2024-03-14 09:60", "no such time"),
            ("2024-03-14 0:30 PM", "AM or PM"),
            ("2024-03-14 14:30 AM", "AM or PM"),
            ("2024-03-14 9", "time of day"),
            ("2024-03-14 morning", "time of day"),
            ("2024-03-14 9:4", "time of day"),
            ("2024-03-14 9:41 CST", "several"),
            ("2024-03-14 9:41 PST", "several"),
            ("2024-03-14 9:41 Nowhere/Land", "time zone behind the time is unknown"),
            ("2024-03-14 09:41 Uhr", "The word “Uhr” behind the time is not known"),
            ("14.03.2024 09:41 ч.", "The word “ч.” behind the time is not known"),
            ("2024-03-14 9:41 +99", "offset"),
            ("2024-03-14 9:41 +1:5", "offset"),
            ("2024-02-30 9:41", "no day 30"),
            ("30.02.2024 9:41", "no day 30"),
            ("yesterday", "not a moment"),
        ] {
            let message = read(text).unwrap_err();
            assert!(message.contains(part), "{text}: {message}");
        }
    }

    #[test]
    fn a_moment_without_a_zone_is_in_that_of_the_import() {
        assert_eq!(read_in("14.03.2024 9:41", "Europe/Berlin").as_deref(), Ok("2024-03-14T08:41:00Z"));
        assert_eq!(read_in("14.07.2024 9:41", "Europe/Berlin").as_deref(), Ok("2024-07-14T07:41:00Z"));
        assert_eq!(read_in("14.07.2024 9:41 UTC", "Europe/Berlin").as_deref(), Ok("2024-07-14T09:41:00Z"));
        assert_eq!(read_in("14.07.2024", "Europe/Berlin").as_deref(), Ok("2024-07-13T22:00:00Z"));
        // A day that begins at one o'clock.
        assert_eq!(read_in("04.11.2018", "America/Sao_Paulo").as_deref(), Ok("2018-11-04T03:00:00Z"));
    }

    #[test]
    fn a_time_that_the_clocks_skip_or_repeat_is_refused() {
        let skipped = read_in("31.03.2024 02:30", "Europe/Berlin").unwrap_err();
        assert!(skipped.contains("did not happen"), "{skipped}");
        let repeated = read_in("27.10.2024 02:30", "Europe/Berlin").unwrap_err();
        assert!(repeated.contains("happened twice"), "{repeated}");
        assert_eq!(read_in("27.10.2024 02:30 +01:00", "Europe/Berlin").as_deref(), Ok("2024-10-27T01:30:00Z"));
    }

    proptest! {
        #[test]
        fn a_written_moment_is_read_back(seconds in 0_i64..4_000_000_000, half in any::<bool>(), hours in -12_i8..=14) {
            let moment = Timestamp::from_second(seconds).unwrap();
            let there = moment.to_zoned_datetime(TimeZone::fixed(Offset::constant(hours)));
            let clock = if half { "%-I:%M:%S %p" } else { "%-H:%M:%S" };
            for date in ["%Y-%m-%d", "%-d.%-m.%Y", "%d/%m/%Y", "%d %b %Y"] {
                for zone in ["%z", "%:z", "GMT%:z"] {
                    let text = there.strftime(&format!("{date} {clock} {zone}")).to_string();
                    prop_assert_eq!(read(&text), Ok(moment.to_string()), "{}", text);
                }
            }
        }

        #[test]
        fn any_text_is_a_moment_or_is_told_why(text in "[0-9]{1,4}[./-][0-9]{1,2}[./-][0-9]{1,4}[T ,]?.{0,20}") {
            if let Err(message) = read(&text) {
                prop_assert!(message.ends_with('.'));
            }
        }
    }
}

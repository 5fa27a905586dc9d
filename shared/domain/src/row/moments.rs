//! Moments as people write them: a date, a time of day, and where that was.

use jiff::Timestamp;
use jiff::civil::{Date, Time};
use jiff::fmt::temporal::Pieces;
use jiff::tz::{AmbiguousOffset, TimeZone};

use super::dates::{self, DateFormat};
use super::times::{UNREADABLE_OFFSET, Whereabouts, can_be, time_of_day, whereabouts};
use super::zone::Zone;

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
        return if has_possible_offset(text) { Ok(moment) } else { Err(UNREADABLE_OFFSET.to_owned()) };
    }
    let scanned = dates::scan(text).ok_or_else(|| if dates::is_serial(text) { dates::SERIAL } else { NO_MOMENT })?;
    let date = match (scanned.date.read(format), scanned.rest) {
        (Ok(date), _) => date,
        (Err(of_date), "") => return Err(of_date),
        // Both are told at once: who mends one would be told of the other one next.
        (Err(of_date), rest) => {
            let of_time = time_of_day(rest).and_then(|(_, rest)| whereabouts(rest)).err();
            return Err(of_time.map_or(of_date.clone(), |of_time| format!("{of_time} {of_date}")));
        }
    };
    if scanned.rest.is_empty() {
        // Where the clocks skip midnight, the day begins when they go on.
        let start = zone.time_zone().to_ambiguous_timestamp(date.to_datetime(Time::midnight()));
        return start.compatible().map_err(|_| OUT_OF_RANGE.to_owned());
    }
    let (time, rest) = time_of_day(scanned.rest)?;
    match whereabouts(rest)? {
        Some(Whereabouts::Offset(offset)) => {
            offset.to_timestamp(date.to_datetime(time)).map_err(|_| OUT_OF_RANGE.to_owned())
        }
        Some(Whereabouts::Zone(zone)) => local(date, time, &zone),
        None => local(date, time, zone.time_zone()),
    }
}

/// Whether the offset of a moment that RFC 3339 writes is one that some place has or had: the parser takes up to 25 hours.
fn has_possible_offset(text: &str) -> bool {
    text.ends_with(['Z', 'z']) || Pieces::parse(text).is_ok_and(|pieces| pieces.to_numeric_offset().is_none_or(can_be))
}

const NO_MOMENT: &str = "This is not a moment. Write it as 2026-05-01T12:00:00Z.";
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
    fn an_offset_that_no_place_has_is_refused_and_no_cure_spoils_the_time() {
        for text in [
            "2026-05-25T14:30:00+25:00",
            "2026-05-25T14:30:00+14:30",
            "2026-05-25T14:30:00-12:30",
            "2026-05-25 14:30 +15",
        ] {
            assert!(read(text).unwrap_err().contains("offset"), "{text}");
        }
        assert_eq!(read("2026-05-25T14:30:00+14:00").as_deref(), Ok("2026-05-25T00:30:00Z"));
        assert_eq!(read("2026-05-25T14:30:00-12:00[Etc/GMT+12]").as_deref(), Ok("2026-05-26T02:30:00Z"));
        for text in ["2026-05-25 2:30 p", "2026-05-25 2:30 μμ"] {
            let message = read(text).unwrap_err();
            assert!(message.contains("from 0:00 to 23:59") && !message.contains("Remove"), "{text}: {message}");
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
            let there = moment.to_zoned_datetime(TimeZone::fixed(jiff::tz::Offset::constant(hours)));
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

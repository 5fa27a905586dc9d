//! Values of attributes: typed, in the one form in which they are stored.

use jiff::Timestamp;
use jiff::civil::DateTime;
use jiff::tz::TimeZone;
use serde::{Deserialize, Serialize};

use super::dates;
use super::{DecimalMark, Rules};
use crate::codes::RowCode;
use crate::columns::{FieldKind, Kind};

/// The value of an attribute.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(untagged)]
pub enum Value {
    /// Yes or no.
    Flag(bool),
    /// Text.
    Text(String),
    /// A number, as its digits.
    Number(String),
    /// A date, as 1990-12-31.
    Date(String),
    /// A moment, as RFC 3339 in UTC.
    DateTime(String),
    /// A list of texts.
    List(Vec<String>),
}

/// Why a cell cannot be a value of its column.
pub(crate) type Refused = (RowCode, String);

/// The earliest year of birth that is accepted.
const FIRST_BIRTH_YEAR: i16 = 1900;

/// Reads a cell that is not empty.
pub(crate) fn parse(kind: Kind, text: &str, rules: &Rules) -> Result<Value, Refused> {
    let invalid = |message: &str| (RowCode::InvalidValue, message.to_owned());
    match kind {
        Kind::Text(max) if text.chars().count() > max => Err((
            RowCode::InvalidValue,
            format!("The text is too long: this column takes {max} characters. Shorten it."),
        )),
        Kind::Text(_) => Ok(Value::Text(text.to_owned())),
        Kind::Sex => {
            sex(text).map(|word| Value::Text(word.to_owned())).ok_or_else(|| invalid("Write male, female or other."))
        }
        Kind::BirthDate => birth_date(text, rules).map(Value::Date),
        Kind::Language => language(text).map(Value::Text).ok_or_else(|| {
            invalid("This is not a language tag of up to 64 characters. Write one such as en or de-AT.")
        }),
        Kind::TimeZone => match TimeZone::get(text) {
            Ok(zone) if zone.iana_name().is_some() => Ok(Value::Text(zone.iana_name().unwrap_or(text).to_owned())),
            _ => Err(invalid("This is not a time zone's name. Write one such as Europe/Berlin.")),
        },
        Kind::Country => country(text)
            .map(|code| Value::Text(code.to_owned()))
            .ok_or_else(|| invalid("There is no such country. Write its code of two letters, or its English name.")),
        Kind::Flag | Kind::Consent => flag(text).map(Value::Flag).ok_or_else(|| {
            (RowCode::InvalidBoolean, "This is neither yes nor no. Write yes or no, true or false, 1 or 0.".to_owned())
        }),
        Kind::Field(holds) => field(holds, text, rules),
        Kind::Identifier | Kind::Setting | Kind::Moment => Ok(Value::Text(text.to_owned())),
    }
}

/// Longest text of a custom field, in characters.
const MAX_FIELD: usize = 1_000;
/// Most items of a list.
const MAX_ITEMS: usize = 100;
/// Most digits of a number: as many as DynamoDB stores exactly.
const MAX_DIGITS: usize = 38;
/// Longest language tag, in bytes.
const MAX_LANGUAGE: usize = 64;

fn field(holds: FieldKind, text: &str, rules: &Rules) -> Result<Value, Refused> {
    let dated = |message| (RowCode::InvalidDate, message);
    match holds {
        FieldKind::Text => parse(Kind::Text(MAX_FIELD), text, rules),
        FieldKind::YesNo => parse(Kind::Flag, text, rules),
        FieldKind::Number => number(text, rules.decimal_mark == Some(DecimalMark::Comma)).map(Value::Number),
        FieldKind::Date => {
            dates::parse(text, rules.date_format).map(|date| Value::Date(date.to_string())).map_err(dated)
        }
        FieldKind::Datetime => moment(text, rules).map(|moment| Value::DateTime(moment.to_string())).map_err(dated),
        FieldKind::List => {
            let items: Vec<String> =
                text.split(';').map(str::trim).filter(|item| !item.is_empty()).map(str::to_owned).collect();
            if items.is_empty() || items.len() > MAX_ITEMS || text.chars().count() > MAX_FIELD {
                let message = format!(
                    "A list has 1 to {MAX_ITEMS} items with semicolons between, and at most {MAX_FIELD} characters in all."
                );
                return Err((RowCode::InvalidValue, message));
            }
            Ok(Value::List(items))
        }
    }
}

/// A decimal number in its shortest form: without a plus and needless zeros, and with a dot as decimal mark.
fn number(text: &str, comma: bool) -> Result<String, Refused> {
    let refused = |message: &str| (RowCode::InvalidNumber, message.to_owned());
    let (mark, other) = if comma { (',', '.') } else { ('.', ',') };
    let (negative, digits) = match text.strip_prefix('-') {
        Some(rest) => (true, rest),
        None => (false, text.strip_prefix('+').unwrap_or(text)),
    };
    if digits.contains(other) {
        return Err(refused(&format!(
            "The import's decimal mark is “{mark}”, and this has a “{other}”. Write no thousands separators, or set decimal_mark."
        )));
    }
    let (whole, fraction) = digits.split_once(mark).unwrap_or((digits, ""));
    let plain = |part: &str| part.bytes().all(|byte| byte.is_ascii_digit());
    if (whole.is_empty() && fraction.is_empty()) || !plain(whole) || !plain(fraction) {
        return Err(refused("This is not a number. Write digits only, such as -12.5."));
    }
    let (whole, fraction) = (whole.trim_start_matches('0'), fraction.trim_end_matches('0'));
    if whole.len() + fraction.len() > MAX_DIGITS {
        return Err(refused("The number has more than 38 digits."));
    }
    let sign = if negative && !(whole.is_empty() && fraction.is_empty()) { "-" } else { "" };
    let whole = if whole.is_empty() { "0" } else { whole };
    Ok(if fraction.is_empty() { format!("{sign}{whole}") } else { format!("{sign}{whole}.{fraction}") })
}

fn sex(text: &str) -> Option<&'static str> {
    match text.to_lowercase().as_str() {
        "male" | "m" | "man" | "männlich" | "мужской" | "муж" | "м" | "homme" | "hombre" | "masculino" => {
            Some("male")
        }
        "female" | "f" | "w" | "woman" | "weiblich" | "женский" | "жен" | "ж" | "femme" | "mujer" | "femenino" => {
            Some("female")
        }
        "other" | "o" | "x" | "divers" | "другой" | "autre" | "otro" => Some("other"),
        _ => None,
    }
}

fn birth_date(text: &str, rules: &Rules) -> Result<String, Refused> {
    let date = dates::parse(text, rules.date_format).map_err(|message| (RowCode::InvalidDate, message))?;
    let launched = TimeZone::UTC.to_datetime(rules.launched).date();
    if date > launched {
        return Err((RowCode::InvalidDate, "This birth date is still to come.".to_owned()));
    }
    if date.year() < FIRST_BIRTH_YEAR {
        return Err((RowCode::InvalidDate, "This birth date is before 1900.".to_owned()));
    }
    Ok(date.to_string())
}

/// A well-formed tag of BCP 47 (RFC 5646) in its usual spelling. Its first part must be a language's code: the standard
/// reserves longer words for the future, and in files they are names such as `english`.
///
/// The standard sets no limit; it asks software to take 35 characters (section 4.4.1).
fn language(text: &str) -> Option<String> {
    if text.len() > MAX_LANGUAGE {
        return None;
    }
    let tag = oxilangtag::LanguageTag::parse_and_normalize(&text.replace('_', "-")).ok()?;
    (2..=3).contains(&tag.primary_language().len()).then(|| tag.into_inner())
}

fn country(text: &str) -> Option<&'static str> {
    use isocountry::CountryCode;
    let found = match text.len() {
        2 => CountryCode::for_alpha2_caseless(text).ok(),
        3 => CountryCode::for_alpha3_caseless(text).ok(),
        _ => None,
    };
    let named = || {
        let wanted = text.to_lowercase();
        let usual = match wanted.as_str() {
            "united states" | "united states of america" | "usa" => Some("US"),
            "united kingdom" | "great britain" => Some("GB"),
            "russia" => Some("RU"),
            "south korea" => Some("KR"),
            "vietnam" => Some("VN"),
            "czech republic" | "czechia" => Some("CZ"),
            "iran" => Some("IR"),
            "taiwan" => Some("TW"),
            _ => None,
        };
        match usual {
            Some(code) => CountryCode::for_alpha2(code).ok(),
            None => CountryCode::iter().find(|country| country.name().to_lowercase() == wanted).copied(),
        }
    };
    found.or_else(named).map(|country| country.alpha2())
}

fn flag(text: &str) -> Option<bool> {
    match text.to_ascii_lowercase().as_str() {
        "true" | "yes" | "y" | "1" | "on" => Some(true),
        "false" | "no" | "n" | "0" | "off" => Some(false),
        _ => None,
    }
}

/// Reads a moment. Without an offset it is in UTC.
pub(crate) fn moment(text: &str, rules: &Rules) -> Result<Timestamp, String> {
    if let Ok(moment) = text.parse::<Timestamp>() {
        return Ok(moment);
    }
    if let Ok(local) = text.parse::<DateTime>()
        && text.starts_with(|c: char| c.is_ascii_digit())
    {
        return TimeZone::UTC.to_timestamp(local).map_err(|_| "This moment is out of range.".to_owned());
    }
    let date = dates::parse(text, rules.date_format)?;
    let time = text.trim().split_once(['T', ' ']).map_or("00:00", |(_, time)| time.trim());
    let time: jiff::civil::Time =
        time.parse().map_err(|_| "This is not a moment. Write it as 2026-05-01T12:00:00Z.".to_owned())?;
    TimeZone::UTC.to_timestamp(date.to_datetime(time)).map_err(|_| "This moment is out of range.".to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn rules() -> Rules {
        Rules { launched: Timestamp::from_second(1_780_000_000).unwrap(), ..Rules::default() }
    }

    fn stored(kind: Kind, text: &str) -> String {
        match parse(kind, text, &rules()) {
            Ok(Value::Text(value) | Value::Date(value)) => value,
            Ok(value) => format!("{value:?}"),
            Err((code, _)) => code.to_string(),
        }
    }

    #[test]
    fn values_are_stored_in_one_form() {
        for (kind, text, expected) in [
            (Kind::Text(3), "abc", "abc"),
            (Kind::Text(3), "abcd", "invalid_value"),
            (Kind::Sex, "W", "female"),
            (Kind::Sex, "мужской", "male"),
            (Kind::Sex, "?", "invalid_value"),
            (Kind::BirthDate, "1990-01-01", "1990-01-01"),
            (Kind::BirthDate, "1899-12-31", "invalid_date"),
            (Kind::BirthDate, "2999-01-01", "invalid_date"),
            (Kind::Language, "EN_us", "en-US"),
            (Kind::Language, "zh-hant-tw", "zh-Hant-TW"),
            (Kind::Language, "english", "invalid_value"),
            (Kind::Language, "en-x-tag00001-tag00002-tag00003-tag00004-tag00005-tag00006-tag00007", "invalid_value"),
            (Kind::TimeZone, "europe/berlin", "Europe/Berlin"),
            (Kind::TimeZone, "GMT+99", "invalid_value"),
            (Kind::Country, "United States", "US"),
            (Kind::Country, "deu", "DE"),
            (Kind::Country, "germany", "DE"),
            (Kind::Country, "Atlantis", "invalid_value"),
            (Kind::Flag, "ON", "Flag(true)"),
            (Kind::Consent, "0", "Flag(false)"),
            (Kind::Consent, "maybe", "invalid_boolean"),
        ] {
            assert_eq!(stored(kind, text), expected, "{kind:?} {text}");
        }
    }

    #[test]
    fn custom_fields_are_read_by_their_type() {
        use FieldKind::{Date, Datetime, List, Number, Text, YesNo};
        for (holds, text, expected) in [
            (Text, "00042", r#"Text("00042")"#),
            (Number, "+012.50", r#"Number("12.5")"#),
            (Number, "-0.0", r#"Number("0")"#),
            (Number, ".5", r#"Number("0.5")"#),
            (Number, "1,5", "invalid_number"),
            (Number, "1e5", "invalid_number"),
            (Number, "-", "invalid_number"),
            (Number, "123456789012345678901234567890123456789", "invalid_number"),
            (Date, "2026-02-28", r#"Date("2026-02-28")"#),
            (Date, "2026-02-30", "invalid_date"),
            (Datetime, "2026-02-28 10:00", r#"DateTime("2026-02-28T10:00:00Z")"#),
            (YesNo, "Y", "Flag(true)"),
            (YesNo, "perhaps", "invalid_boolean"),
            (List, " red; blue ;", r#"List(["red", "blue"])"#),
            (List, ";", "invalid_value"),
        ] {
            let read = parse(Kind::Field(holds), text, &rules());
            let read = read.map_or_else(|(code, _)| code.to_string(), |value| format!("{value:?}"));
            assert_eq!(read, expected, "{holds:?} {text}");
        }
        assert_eq!(number("1234,50", true).ok().as_deref(), Some("1234.5"));
        assert!(number("1.234,50", true).is_err(), "a thousands separator could be a decimal mark");
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
            assert_eq!(moment(text, &rules()).ok().map(|moment| moment.to_string()).as_deref(), expected, "{text}");
        }
    }
}

//! Values of attributes: typed, in the one form in which they are stored.

use jiff::Timestamp;
use jiff::civil::DateTime;
use jiff::tz::TimeZone;
use serde::{Deserialize, Serialize};

use super::Rules;
use super::dates;
use crate::columns::Kind;
use crate::outcome::RowCode;

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
    /// Several texts.
    List(Vec<String>),
}

/// Why a cell is no value of its column.
pub(crate) type Refused = (RowCode, String);

/// The first year of a birth that is believed.
const FIRST_BIRTH_YEAR: i16 = 1900;

/// Reads a cell that is not empty.
pub(crate) fn parse(kind: Kind, text: &str, rules: &Rules) -> Result<Value, Refused> {
    let invalid = |message: &str| (RowCode::InvalidValue, message.to_owned());
    match kind {
        Kind::Text(max) if text.chars().count() > max => {
            Err((RowCode::InvalidValue, format!("The text is too long: this column takes {max} characters.")))
        }
        Kind::Text(_) => Ok(Value::Text(text.to_owned())),
        Kind::Sex => {
            sex(text).map(|word| Value::Text(word.to_owned())).ok_or_else(|| invalid("Write male, female or other."))
        }
        Kind::BirthDate => birth_date(text, rules).map(Value::Date),
        Kind::Language => language(text)
            .map(Value::Text)
            .ok_or_else(|| invalid("This is not a language tag. Write one such as en, de-AT or pt-BR.")),
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
        Kind::Identifier | Kind::Setting => Ok(Value::Text(text.to_owned())),
    }
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

/// A well-formed tag of BCP 47 (RFC 5646) in its usual spelling: language, then script, region and variants.
fn language(text: &str) -> Option<String> {
    let text = text.replace('_', "-");
    let mut tag = Vec::new();
    for (index, part) in text.split('-').enumerate() {
        let letters = part.bytes().all(|b| b.is_ascii_alphabetic());
        let plain = part.bytes().all(|b| b.is_ascii_alphanumeric());
        tag.push(match (index, part.len()) {
            (0, 2..=3) if letters => part.to_ascii_lowercase(),
            (1.., 4) if letters => part[..1].to_ascii_uppercase() + &part[1..].to_ascii_lowercase(),
            (1.., 2) if letters => part.to_ascii_uppercase(),
            (1.., 3) if part.bytes().all(|b| b.is_ascii_digit()) => part.to_owned(),
            (1.., 3..=8) if plain => part.to_ascii_lowercase(),
            _ => return None,
        });
    }
    Some(tag.join("-"))
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

/// Reads a moment: with an offset, or in UTC.
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
        let request = crate::settings::ImportRequest::parse(br#"{"file":{"name":"a"}}"#).unwrap();
        Rules::new(&request, Timestamp::from_second(1_780_000_000).unwrap())
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

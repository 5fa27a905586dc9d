//! Values of attributes: typed, in the one form in which they are stored.

use jiff::tz::TimeZone;
use serde::{Deserialize, Serialize};

use super::rules::CellRules;
use super::{countries, dates, flags, moments, numbers};
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

/// Longest text of a custom field, in characters.
const MAX_FIELD: usize = 1_000;
/// Most items of a list.
const MAX_ITEMS: usize = 100;
/// Longest language tag, in bytes.
const MAX_LANGUAGE: usize = 64;

/// Reads a cell that is not empty.
pub(crate) fn parse(kind: Kind, text: &str, rules: &CellRules<'_>) -> Result<Value, Refused> {
    let invalid = |message: &str| (RowCode::InvalidValue, message.to_owned());
    let known = |(code, message): (RowCode, &str)| (code, message.to_owned());
    match kind {
        Kind::Text(max) if text.chars().count() > max => Err((
            RowCode::InvalidValue,
            format!("The text is too long: this column takes {max} characters. Shorten it."),
        )),
        Kind::Text(_) => Ok(Value::Text(text.to_owned())),
        Kind::Sex => {
            sex(text).map(|word| Value::Text(word.to_owned())).ok_or_else(|| invalid("Write male, female or other."))
        }
        Kind::BirthDate => dates::birth_date(text, rules.date_format, rules.launched)
            .map(|date| Value::Date(date.to_string()))
            .map_err(|message| (RowCode::InvalidDate, message)),
        Kind::Language => language(text).map(Value::Text).ok_or_else(|| {
            invalid("This is not a language tag of up to 64 characters. Write one such as en or de-AT.")
        }),
        Kind::TimeZone => match TimeZone::get(text) {
            Ok(zone) if zone.iana_name().is_some() => Ok(Value::Text(zone.iana_name().unwrap_or(text).to_owned())),
            _ => Err(invalid("This is not a time zone's name. Write one such as Europe/Berlin.")),
        },
        Kind::Country => countries::country(text)
            .map(|code| Value::Text(code.to_owned()))
            .map_err(|message| (RowCode::InvalidValue, message)),
        Kind::Flag => flags::flag(text).map(Value::Flag).ok_or_else(|| known(flags::NO_FLAG)),
        Kind::Consent => flags::consent(text).map(Value::Flag).ok_or_else(|| known(flags::NO_CONSENT)),
        Kind::Moment => moments::parse(text, rules.date_format, rules.time_zone)
            .map(|moment| Value::DateTime(moment.to_string()))
            .map_err(|message| (RowCode::InvalidDate, message)),
        Kind::Field(holds) => field(holds, text, rules),
        Kind::Identifier | Kind::Setting => Ok(Value::Text(text.to_owned())),
    }
}

fn field(holds: FieldKind, text: &str, rules: &CellRules<'_>) -> Result<Value, Refused> {
    match holds {
        FieldKind::Text => parse(Kind::Text(MAX_FIELD), text, rules),
        FieldKind::YesNo => parse(Kind::Flag, text, rules),
        FieldKind::Datetime => parse(Kind::Moment, text, rules),
        FieldKind::Number => numbers::scan(text, rules.decimal_mark)
            .map(|number| Value::Number(number.shortest()))
            .map_err(|message| (RowCode::InvalidNumber, message)),
        FieldKind::Date => dates::parse(text, rules.date_format)
            .map(|date| Value::Date(date.to_string()))
            .map_err(|message| (RowCode::InvalidDate, message)),
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

/// Whether [`parse`] reads a cell that is not empty. It makes no text where most cells are sound, as the check asks this
/// of every typed cell of a file.
pub(super) fn is_readable(kind: Kind, text: &str, rules: &CellRules<'_>) -> bool {
    match kind {
        Kind::Sex => sex(text).is_some(),
        Kind::BirthDate => dates::birth_date(text, rules.date_format, rules.launched).is_ok(),
        Kind::Country => countries::country(text).is_ok(),
        Kind::Flag | Kind::Field(FieldKind::YesNo) => flags::flag(text).is_some(),
        Kind::Consent => flags::consent(text).is_some(),
        Kind::Moment | Kind::Field(FieldKind::Datetime) => {
            moments::parse(text, rules.date_format, rules.time_zone).is_ok()
        }
        Kind::Field(FieldKind::Number) => numbers::scan(text, rules.decimal_mark).is_ok(),
        Kind::Field(FieldKind::Date) => dates::parse(text, rules.date_format).is_ok(),
        _ => parse(kind, text, rules).is_ok(),
    }
}

fn sex(text: &str) -> Option<&'static str> {
    match text {
        "m" | "male" | "M" | "Male" => return Some("male"),
        "f" | "female" | "F" | "Female" => return Some("female"),
        _ => {}
    }
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

#[cfg(test)]
mod tests {
    use jiff::Timestamp;
    use proptest::prelude::*;

    use super::super::Rules;
    use super::*;

    fn rules() -> Rules {
        Rules { launched: Timestamp::from_second(1_780_000_000).unwrap(), ..Rules::default() }
    }

    fn stored(kind: Kind, text: &str) -> String {
        match parse(kind, text, &rules().of_column(0)) {
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
            (Kind::Flag, "maybe", "invalid_boolean"),
            (Kind::Consent, "maybe", "invalid_consent"),
            (Kind::Consent, "opted out", "Flag(false)"),
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
            (Number, "1,5", r#"Number("1.5")"#),
            (Number, "1.234", "invalid_number"),
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
            let read = parse(Kind::Field(holds), text, &rules().of_column(0));
            let read = read.map_or_else(|(code, _)| code.to_string(), |value| format!("{value:?}"));
            assert_eq!(read, expected, "{holds:?} {text}");
        }
    }

    proptest! {
        #[test]
        fn what_the_check_counts_as_readable_is_read(
            text in prop_oneof!["\\PC{1,12}", "[0-9]{1,4}[./-][0-9]{1,2}[./-][0-9]{1,4}", "[0-9.,]{1,9}", "[a-zA-Z]{1,5}"],
        ) {
            let kinds = [Kind::Sex, Kind::BirthDate, Kind::Language, Kind::TimeZone, Kind::Country, Kind::Flag, Kind::Consent, Kind::Moment];
            let rules = rules();
            for kind in kinds.into_iter().chain(FieldKind::ALL.map(Kind::Field)) {
                let read = parse(kind, &text, &rules.of_column(0));
                prop_assert_eq!(is_readable(kind, &text, &rules.of_column(0)), read.is_ok(), "{:?}", kind);
            }
        }
    }
}

//! The columns of an import in a marketer's words.

use crate::language::Language;
use crate::texts::fill;

macro_rules! columns {
    ($($name:literal: $english:literal / $german:literal,)*) => {
        /// What a column is called, by its name in the API; none if the table does not have it.
        fn known(language: Language, name: &str) -> Option<&'static str> {
            match (name, language) {
                $(
                    ($name, Language::English) => Some($english),
                    ($name, Language::German) => Some($german),
                )*
                _ => None,
            }
        }
    };
}

columns! {
    "external_id": "Your own id" / "Kundennummer",
    "email": "E-mail address" / "E-Mail-Adresse",
    "phone": "Phone number" / "Telefonnummer",
    "first_name": "First name" / "Vorname",
    "last_name": "Last name" / "Nachname",
    "middle_name": "Middle name" / "Zweiter Vorname",
    "full_name": "Full name" / "Ganzer Name",
    "sex": "Sex" / "Geschlecht",
    "birth_date": "Date of birth" / "Geburtsdatum",
    "language": "Language" / "Sprache",
    "time_zone": "Time zone" / "Zeitzone",
    "country": "Country" / "Land",
    "region": "State or region" / "Bundesland oder Region",
    "city": "City" / "Ort",
    "postal_code": "Postal code" / "Postleitzahl",
    "address": "Street and number" / "Straße und Hausnummer",
    "company": "Company" / "Firma",
    "email_confirmed": "E-mail address confirmed" / "E-Mail-Adresse bestätigt",
    "phone_confirmed": "Phone number confirmed" / "Telefonnummer bestätigt",
    "discount_card": "Loyalty card" / "Kundenkarte",
    "subscribed": "May be written to" / "Darf angeschrieben werden",
    "api_endpoint": "API endpoint" / "API-Endpunkt",
    "touchpoint": "Touchpoint" / "Touchpoint",
    "segment": "Segment" / "Segment",
    "source_action": "Action" / "Aktion",
    "action_at": "Time of the action" / "Zeitpunkt der Aktion",
}

/// A way to write to somebody.
fn channel(language: Language, name: &str) -> Option<&'static str> {
    let texts = language.texts();
    Some(match name {
        "email" => texts.channel_email,
        "sms" => "SMS",
        "mobile_push" => texts.channel_mobile_push,
        "web_push" => texts.channel_web_push,
        "viber" => "Viber",
        "whatsapp" => "WhatsApp",
        _ => return None,
    })
}

/// What a column is called. A name that the reader's project has given stays as it is.
pub(crate) fn words(language: Language, name: &str) -> String {
    let texts = language.texts();
    if let Some(words) = known(language, name) {
        return words.to_owned();
    }
    if let Some(system) = name.strip_prefix("external_id.") {
        return fill(texts.external_id_of, &[("system", system)]);
    }
    if let Some(field) = name.strip_prefix("custom.") {
        return field.to_owned();
    }
    let consent = name.strip_prefix("subscribed.").map(|rest| rest.split_once('.').unwrap_or((rest, "")));
    let Some((by, topic)) = consent else { return name.to_owned() };
    let Some(channel) = channel(language, by) else { return name.to_owned() };
    match topic {
        "" => fill(texts.subscribed_by, &[("channel", channel)]),
        topic => fill(texts.subscribed_topic, &[("channel", channel), ("topic", topic)]),
    }
}

#[cfg(test)]
mod tests {
    use domain::columns::{CHANNELS, COLUMNS};

    use super::*;

    #[test]
    fn every_column_has_words_in_every_language() {
        for column in COLUMNS {
            for language in Language::ALL {
                assert_ne!(words(language, column.name), column.name, "{}", language.tag());
            }
        }
    }

    #[test]
    fn every_channel_has_words() {
        for channel in CHANNELS {
            let column = format!("subscribed.{channel}");
            assert_ne!(words(Language::English, &column), column);
        }
    }

    #[test]
    fn columns_with_a_name_in_them_say_it() {
        for (name, expected) in [
            ("external_id.shop", "Nummer im System „shop“"),
            ("custom.shoe_size", "shoe_size"),
            ("subscribed.whatsapp", "Darf per WhatsApp angeschrieben werden"),
            ("subscribed.email.news", "Darf per E-Mail zu „news“ angeschrieben werden"),
            ("subscribed.pigeon", "subscribed.pigeon"),
            ("no_column", "no_column"),
        ] {
            assert_eq!(words(Language::German, name), expected);
        }
    }
}

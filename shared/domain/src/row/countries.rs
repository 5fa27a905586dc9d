//! Countries by code and by name.

use words::Country;

use crate::wording::quoted;

/// The country of a text such as `Germany (DE)`, if its name and its code agree.
fn with_code(text: &str) -> Option<Country> {
    let (name, code) = text.strip_suffix(')')?.rsplit_once('(')?;
    match (words::country(name.trim()), words::country(code.trim())) {
        (Some(Country::One(named)), Some(Country::One(coded))) if named == coded => Some(Country::One(named)),
        _ => None,
    }
}

/// The country's ISO 3166 code of two letters.
///
/// # Errors
/// Why the text is none, in words for who has the file.
pub(super) fn country(text: &str) -> Result<&'static str, String> {
    match words::country(text).or_else(|| with_code(text)) {
        Some(Country::One(code)) => Ok(code),
        Some(Country::Either(first, second)) => {
            let name = |code| words::english_name(code).unwrap_or_default();
            Err(format!(
                "“{}” may be {} ({first}) or {} ({second}). Write the name in full, or the code of the one that is meant.",
                quoted(text),
                name(first),
                name(second)
            ))
        }
        None => Err("There is no such country. Write its code of two letters, or its name.".to_owned()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn countries_are_read_by_code_and_by_name() {
        for (text, code) in [
            ("de", "DE"),
            ("FRA", "FR"),
            ("united states", "US"),
            ("UK", "GB"),
            ("Holland", "NL"),
            ("Österreich", "AT"),
            ("Россия", "RU"),
            ("日本", "JP"),
            ("Georgia", "GE"),
            ("Germany (DE)", "DE"),
            ("US of A", "US"),
            ("РФ", "RU"),
            ("臺灣", "TW"),
        ] {
            assert_eq!(country(text), Ok(code), "{text}");
        }
    }

    #[test]
    fn a_name_with_the_code_of_another_country_is_refused() {
        assert!(country("Germany (AT)").is_err() && country("(DE)").is_err());
    }

    #[test]
    fn a_name_of_two_countries_is_refused_with_both() {
        let message = country("Korea").unwrap_err();
        assert!(message.contains("South Korea (KR)") && message.contains("North Korea (KP)"), "{message}");
        let message = country("Congo").unwrap_err();
        assert!(message.contains("Kinshasa (CD)") && message.contains("Brazzaville (CG)"), "{message}");
        let message = country("Atlantis").unwrap_err();
        assert!(message.contains("no such country"), "{message}");
    }
}

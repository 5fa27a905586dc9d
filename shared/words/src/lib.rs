//! Words of many languages that people's files are full of: names of countries, yes and no, names of months.
//!
//! The tables are made by the build script from CLDR (countries) and from the locales of glibc (yes and no, months),
//! with the lists in `data/` for what neither has. A lookup hashes the folded word and searches a sorted table of hashes;
//! the words themselves are not in the binary.

mod fold;
mod table;

use fold::{Marks, key};

/// The country or countries that a text may mean.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Country {
    /// One, by its ISO 3166 code of two letters (or `XK`, which is in use for Kosovo).
    One(&'static str),
    /// Either of two, by their codes: `Korea`.
    Either(&'static str, &'static str),
}

/// The country that a text means: an ISO 3166 code of two or three letters or of three digits, or a name in one of CLDR's
/// larger languages.
pub fn country(text: &str) -> Option<Country> {
    let code = if may_be_code(text) { find(&table::CODE_KEYS, &table::CODE_VALUES, text) } else { None };
    let named = |text: &str| find(&table::COUNTRY_KEYS, &table::COUNTRY_VALUES, text);
    let with_and = || if text.contains('&') { named(&text.replace('&', " and ")) } else { None };
    let found = code.or_else(|| named(text)).or_else(with_and)?;
    let (first, second) = table::COUNTRY_MEANINGS.get(usize::from(found)).copied()?;
    Some(if second.is_empty() { Country::One(first) } else { Country::Either(first, second) })
}

/// Whether a text is written as ISO 3166 codes are: two or three letters, or three digits. A code has no punctuation: `N/A` is
/// not Namibia.
fn may_be_code(text: &str) -> bool {
    let all = |is: fn(&u8) -> bool| text.as_bytes().iter().all(is);
    match text.len() {
        2 => all(u8::is_ascii_alphabetic),
        3 => all(u8::is_ascii_alphabetic) || all(u8::is_ascii_digit),
        _ => false,
    }
}

/// The English name of the country with this code of two letters in capitals.
pub fn english_name(code: &str) -> Option<&'static str> {
    let at = table::ENGLISH.binary_search_by_key(&code, |(code, _)| code).ok()?;
    table::ENGLISH.get(at).map(|(_, name)| *name)
}

/// Whether a text means yes or no, in any language of the table.
pub fn yes_or_no(text: &str) -> Option<bool> {
    find(&table::FLAG_KEYS, &table::FLAG_VALUES, text).map(|value| value == 1)
}

/// Whether a text means yes or no to being written to: `opted out`, `subscribed`. Plain words for yes and no are not
/// among these; [`yes_or_no`] has them.
pub fn consent(text: &str) -> Option<bool> {
    find(&table::CONSENT_KEYS, &table::CONSENT_VALUES, text).map(|value| value == 1)
}

/// The number of a month, from 1, by its name or its abbreviation.
pub fn month(text: &str) -> Option<u8> {
    find(&table::MONTH_KEYS, &table::MONTH_VALUES, text).and_then(|value| u8::try_from(value).ok())
}

/// Finds a word as it is written, or else without its accents.
fn find(keys: &[u64], values: &[u16], text: &str) -> Option<u16> {
    let by = |marks| {
        let at = keys.binary_search(&key(text, marks)?).ok()?;
        values.get(at).copied()
    };
    by(Marks::Kept).or_else(|| if text.is_ascii() { None } else { by(Marks::Dropped) })
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn a_country_is_known_by_its_codes_and_by_its_name_in_many_languages() {
        for (texts, code) in [
            (&["DE", "deu", "Germany", "Deutschland", "Allemagne", "ALEMANIA", "Германия", "德国", "ドイツ"][..], "DE"),
            (&["Österreich", "OESTERREICH", "Osterreich", "Autriche", "o\u{308}sterreich"], "AT"),
            (&["TÜRKİYE", "turkiye", "Türkei", "Turkey", "Turquie"], "TR"),
            (&["Россия", "РОССИЯ", "russian federation", "Rußland", "Rusia"], "RU"),
            (&["UK", "u.k.", "England", "United Kingdom of Great Britain and Northern Ireland"], "GB"),
            (&["United States", "U.S.A.", "USA", "Vereinigte Staaten", "États-Unis"], "US"),
            (&["Côte d'Ivoire", "Cote d’Ivoire", "Ivory Coast", "Elfenbeinküste"], "CI"),
            (&["Trinidad & Tobago", "Trinidad and Tobago", "Trinidad und Tobago"], "TT"),
            (&["The Gambia", "Gambia"], "GM"),
            (&["St. Lucia", "Saint Lucia"], "LC"),
            (&["276"], "DE"),
            (&["040"], "AT"),
            (&["Saint Vincent & the Grenadines", "St. Vincent and the Grenadines"], "VC"),
            (&["Congo, The Democratic Republic of the", "Democratic Republic of the Congo"], "CD"),
            (&["Congo-Brazzaville", "Congo Brazzaville"], "CG"),
            (&["Gambia, The", "Gambia (The)"], "GM"),
            (&["Bahamas, The", "The Bahamas"], "BS"),
            (&["Islamic Republic of Iran", "Iran, Islamic Republic of"], "IR"),
            (&["United Republic of Tanzania", "Tanzania, United Republic of"], "TZ"),
            (&["Lao PDR", "Lao P.D.R."], "LA"),
            (&["Holanda", "Hollande"], "NL"),
            (&["Mazedonien", "Macédoine"], "MK"),
            (&["日本", "Japan", "Japonia"], "JP"),
            (&["South Korea", "Korea (Republic of)", "Südkorea", "대한민국"], "KR"),
            (&["Georgia"], "GE"),
            (&["Niger", "Níger"], "NE"),
            (&["Guinea"], "GN"),
            (&["Oman"], "OM"),
            (&["Mali"], "ML"),
        ] {
            for text in texts {
                assert_eq!(country(text), Some(Country::One(code)), "{text}");
            }
        }
        for (text, first, second) in
            [("Korea", "KR", "KP"), ("Congo", "CG", "CD"), ("kongo", "CG", "CD"), ("Virgin Islands", "VI", "VG")]
        {
            assert_eq!(country(text), Some(Country::Either(first, second)), "{text}");
        }
        for text in ["Atlantis", "", "XX", "EU", "Europe", "-", "?", "n/a", "unknown", "000", "999", "27", "2-7-6"] {
            assert_eq!(country(text), None, "{text}");
        }
    }

    #[test]
    fn every_code_has_an_english_name_that_means_it() {
        assert_eq!(english_name("DE"), Some("Germany"));
        assert_eq!(english_name("de"), None);
        for (code, name) in table::ENGLISH {
            assert_eq!(country(code), Some(Country::One(code)));
            assert_eq!(country(name), Some(Country::One(code)), "{name}");
        }
        assert!(table::ENGLISH.len() >= 249);
    }

    #[test]
    fn yes_and_no_are_known_in_many_languages_and_as_spreadsheets_write_them() {
        for text in
            ["yes", "YES", "ja", "oui", "да", "sí", "si", "Sim", "tak", "evet", "VRAI", "WAHR", "ИСТИНА", "x", "T", "1"]
        {
            assert_eq!(yes_or_no(text), Some(true), "{text}");
        }
        for text in [
            "no", "nein", "non", "нет", "nie", "não", "nao", "hayır", "HAYIR", "nem", "FAUX", "FALSCH", "ложь", "F",
            "0", "nee",
        ] {
            assert_eq!(yes_or_no(text), Some(false), "{text}");
        }
        // `jo` is yes in Germany's dialects and no in Albanian; `na` is what a missing value looks like.
        for text in ["perhaps", "jo", "ee", "na", "NA", "n/a", "i", "", "never", "co", "m", "w"] {
            assert_eq!(yes_or_no(text), None, "{text}");
        }
    }

    #[test]
    fn a_consent_has_words_of_its_own() {
        for text in ["subscribed", "Opted-In", "OPT_IN", "abonné"] {
            assert_eq!(consent(text), Some(true), "{text}");
        }
        for text in ["unsubscribed", "opted out", "OPTED_OUT", "opt-out", "never", "NEVER_SUBSCRIBED", "abgemeldet"] {
            assert_eq!(consent(text), Some(false), "{text}");
        }
        for text in ["pending", "cleaned", "perhaps", ""] {
            assert_eq!(consent(text), None, "{text}");
        }
    }

    #[test]
    fn months_are_known_by_name_unless_two_languages_disagree() {
        for (text, number) in [
            ("Mar", 3),
            ("march", 3),
            ("März", 3),
            ("Sept.", 9),
            ("mayo", 5),
            ("декабря", 12),
            ("août", 8),
            ("Dez", 12),
        ] {
            assert_eq!(month(text), Some(number), "{text}");
        }
        // October in Croatian, November in Polish and Czech.
        for text in ["listopad", "soon", "13", ""] {
            assert_eq!(month(text), None, "{text}");
        }
    }

    proptest! {
        #[test]
        fn a_name_is_looked_up_alike_whatever_its_case_blanks_and_points(
            // A code is one only as it is written: `A.D.` is not Andorra.
            text in "\\PC{0,40}".prop_filter("a code", |text| !may_be_code(text))
        ) {
            let spaced: String = text.chars().flat_map(|letter| [' ', letter, '.']).collect();
            prop_assert_eq!(country(&text), country(&spaced));
            prop_assert_eq!(country(&text), country(&text.to_lowercase()));
        }
    }
}

//! What a cell has beside a phone number: a word in front, an extension, another number.

use words::Country;

use super::region::Region;

const TWO: &str = "A cell takes one phone number, and this has more than one. Keep one of them.";
const TWO_OR_EXTENSION: &str = "This is more than one phone number, or a number with an extension. Write one number, and all of its digits without a mark between.";
const EXTENSION: &str =
    "The number has an extension, and customers are found by numbers without one. Remove the extension.";
const CHARACTERS: &str = "The number has letters or other characters that no phone number has. Write digits only, with + and the country code in front.";
const COUNTRY: &str = "The letters in front name another country than the import's `default_region`. Write the number with + and its country code.";

/// Words before the number of an extension.
const EXTENSIONS: &str = "x ext extn extension int interno anexo ramal poste durchwahl dw kl klappe app apparat nst nebenstelle wew linka klapka tst toestel доб доп добавочный вн 内線 分机";
/// Words between two numbers.
const CONJUNCTIONS: &str = "or and oder und bzw ou et o y e of en og eller lub или и або";
/// Words that say what a number is, so that it needs no colon behind them.
const LABELS: &str = "tel telefon telephone telefono teléfono téléphone telefone tlf phone ph p t m mob mobil mobile móvil cell cel celular handy gsm whatsapp тел моб телефон";

/// Most digits of an extension that is named so: more are another number.
const MAX_EXTENSION: usize = 7;
/// Most digits of a number (E.164), with 00 in front.
const MAX_DIGITS: usize = 17;
/// Most digits of what may be an extension, or the end of a second number that stands for the whole.
const MAX_SHORT: usize = 5;

fn is_one_of(words: &str, word: &str) -> bool {
    words.split(' ').any(|known| known == word)
}

fn is_plus(c: char) -> bool {
    matches!(c, '+' | '＋')
}

fn digits(text: &str) -> usize {
    text.chars().filter(|c| c.is_numeric()).count()
}

/// The number of a text, from its first digit or plus on: `p:+12015550123`, `Tel. 030 23125`, `(030) 23125`.
///
/// # Errors
/// When the letters before it do not only say that it is a number.
pub(super) fn number_of(text: &str, region: Option<Region>) -> Result<&str, String> {
    let Some(start) = text.find(|c: char| c.is_numeric() || is_plus(c)) else { return Err(CHARACTERS.to_owned()) };
    let (before, number) = text.split_at(start);
    let before = before.trim_end_matches(|c: char| c == '(' || c.is_whitespace());
    let is_complete = number.starts_with(is_plus) || number.starts_with("00");
    if !is_complete && countries_of(before).any(|named| Some(named) != region) {
        return Err(COUNTRY.to_owned());
    }
    if !before.contains(char::is_alphabetic) {
        return Ok(number);
    }
    // In `Tel1 030 23125123` the 1 belongs to the word.
    if before.len() == start && before.ends_with(char::is_alphabetic) && !number.starts_with(is_plus) {
        return Err(CHARACTERS.to_owned());
    }
    let label = before.trim_matches(|c: char| !c.is_alphabetic());
    let is_label = is_one_of(LABELS, &label.to_lowercase());
    let named = Region::parse(label);
    let is_prefix = is_complete || is_label || named.is_some() || before.ends_with([':', '.', '：']);
    if is_prefix { Ok(number) } else { Err(CHARACTERS.to_owned()) }
}

/// The countries that the text in front of a number names: by code or name, with or without a word for a phone, or by a flag.
fn countries_of(before: &str) -> impl Iterator<Item = Region> {
    let words: Vec<&str> = before
        .split(|c: char| !c.is_alphabetic() && c != '\'')
        .filter(|word| !word.is_empty() && !is_one_of(LABELS, &word.to_lowercase()))
        .collect();
    let named = Region::parse(&words.concat()).or_else(|| match words::country(&words.join(" "))? {
        Country::One(code) | Country::Either(code, _) => Region::parse(code),
    });
    let flag: Vec<char> = before.chars().filter(|c| ('\u{1f1e6}'..='\u{1f1ff}').contains(c)).collect();
    let code = flag.chunks_exact(2).map(|pair| {
        pair.iter().filter_map(|c| char::from_u32(u32::from(*c) - 0x1f1e6 + u32::from('A'))).collect::<String>()
    });
    named.into_iter().chain(code.filter_map(|code| Region::parse(&code)).collect::<Vec<_>>())
}

/// Refuses a text that has more in it than one number. `is_number` says whether a text can be a number by itself: the
/// slash of `0171/3920012` ends an area code, the one of `030 23125 / 12346` a number.
///
/// Letters are refused too. They could be read by the keys of a phone, as in 1-800-FLOWERS, but then a remark behind a
/// number would become digits of it.
///
/// # Errors
/// What is in it.
pub(super) fn refuse_more_than_a_number(text: &str, is_number: impl Fn(&str) -> bool) -> Result<(), String> {
    let refuse = |message: &str| Err(message.to_owned());
    let is_break = |c: char| c.is_alphabetic() || is_plus(c) || ";,|&#*~～〜\r\n".contains(c);
    // Parameters of a tel: URI (RFC 3966) are for the parser of numbers.
    let parameters = text.find(';').filter(|at| {
        let name = text[at + 1..].split('=').next().unwrap_or_default();
        matches!(name, "phone-context" | "isub")
    });
    let text = text[..parameters.unwrap_or(text.len())].trim_end_matches([';', ',', ' ']);
    let first_digit = text.find(char::is_numeric).unwrap_or(text.len());
    if let Some(at) = text[first_digit..].find(is_break).map(|at| first_digit + at) {
        let rest = &text[at..];
        let word = rest.trim_start_matches([';', ',', ' ']);
        let word = &word[..word.find(|c: char| !c.is_alphabetic()).unwrap_or(word.len())];
        let word = word.to_lowercase();
        let further = digits(rest);
        let is_extension = is_one_of(EXTENSIONS, &word) || rest.starts_with('#') || rest.starts_with(",,");
        return refuse(match (further, word.is_empty()) {
            (1..=MAX_EXTENSION, _) if is_extension => EXTENSION,
            (1.., true) if rest.starts_with(['*', '#']) => CHARACTERS,
            (1..=MAX_SHORT, true) => TWO_OR_EXTENSION,
            (1.., true) => TWO,
            (1.., false) if is_one_of(CONJUNCTIONS, &word) => TWO,
            (1.., false) if further > MAX_SHORT && is_number(text[..at].trim_end()) => TWO,
            _ => CHARACTERS,
        });
    }
    for (at, _) in text.match_indices(['/', '\\']) {
        let further = digits(&text[at..]);
        if further > 0 && is_number(text[..at].trim_end()) {
            return refuse(if further > MAX_SHORT { TWO } else { TWO_OR_EXTENSION });
        }
    }
    // Two whole numbers with only a blank or a dash between are too long for one.
    if digits(text) > MAX_DIGITS
        && text
            .match_indices(|c: char| c.is_whitespace() || "-–/".contains(c))
            .any(|(at, _)| is_number(text[..at].trim_end()))
    {
        return refuse(TWO);
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::row::phone::parse;

    fn refused(text: &str, region: &str) -> String {
        parse(text, Region::parse(region)).map(|phone| phone.number).unwrap_err()
    }

    #[test]
    fn a_word_in_front_is_dropped() {
        for text in [
            "p:+12015550123",
            "tel:+12015550123",
            "TEL: +1 201-555-0123",
            "Tel. (201) 555-0123",
            "Tel.: 201 555 0123",
            "mobile 201-555-0123",
            "Mobile phone: +1 201 555 0123",
            "m:2015550123",
            "тел. 201-555-0123",
            "WhatsApp +1 201 555 0123",
            "US 201-555-0123",
            "tel:201-555-0123;phone-context=+1",
            "☎ 201-555-0123",
        ] {
            assert_eq!(
                parse(text, Region::parse("US")).map(|phone| phone.number).as_deref(),
                Ok("+12015550123"),
                "{text}"
            );
        }
        for text in [
            "GB: 020 7946 0018",
            "CH 044 668 18 00",
            "Tel. CH: 044 668 18 00",
            "Schweiz: 044 668 18 00",
            "CHE: 044 668 18 00",
            "Mobil CH: 079 123 45 67",
            "Österreich: 0664 1234567",
            "🇨🇭 079 123 45 67",
            "United States: 617 555 0123",
        ] {
            assert!(refused(text, "DE").contains("another country"), "{text}");
        }
        for text in [
            "Ann 030 23125123",
            "x030 23125123",
            "call me",
            "030 Berlin",
            "1-800-FLOWERS",
            "Tel1 030 23125123",
            "0l51 23456789",
            "O151 23456789",
        ] {
            assert!(refused(text, "DE").contains("letters"), "{text}: {}", refused(text, "DE"));
        }
    }

    #[test]
    fn two_numbers_are_refused_as_such() {
        for (text, region) in [
            ("030 23125 / 12346", "DE"),
            ("030 2312512 / 8", "DE"),
            ("030/23125123/24", "DE"),
            ("+49 30 23125123; +49 171 3920012", "DE"),
            ("+49 30 23125123, 0171 3920012", "DE"),
            ("+49 30 23125123 or +49 171 3920012", ""),
            ("030 23125123 oder 13", "DE"),
            ("030 23125123\n0171 3920012", "DE"),
            ("+493023125123+491713920012", ""),
            ("+49 30 23125123 +49 171 3920012", ""),
            ("030 23125123 0171 3920012", "DE"),
            ("030 23125123\u{2028}0171 3920012", "DE"),
            ("030 23125123 – 0171 3920012", "DE"),
            ("030 23125123 Fax 030 23125124", "DE"),
            ("030 23125123 | 0171 3920012", "DE"),
            ("201-555-0123/201-555-0124", "US"),
            ("391 234 5678 / 391 234 5679", "IT"),
        ] {
            assert!(refused(text, region).contains("more than one"), "{text}: {}", refused(text, region));
        }
    }

    #[test]
    fn an_extension_is_refused_as_such() {
        for (text, region) in [
            ("+1 201-555-0123 x12", ""),
            ("+1 201-555-0123x12", ""),
            ("+1 201-555-0123 ext. 34", ""),
            ("+1 201-555-0123 EXT34", ""),
            ("+1 201-555-0123, ext 34", ""),
            ("+1 201-555-0123 #12", ""),
            ("+1 201-555-0123,,12", ""),
            ("tel:+1-201-555-0123;ext=12", ""),
            ("030 23125-0 Durchwahl 12", "DE"),
            ("030 23125-0 App. 12", "DE"),
            ("+7 916 123-45-67 доб. 12", ""),
            ("030 23125123;12", "DE"),
            ("02-1234-5678~9", "KR"),
            ("03-1234-5678～9", "JP"),
        ] {
            assert!(refused(text, region).contains("extension"), "{text}: {}", refused(text, region));
        }
    }

    #[test]
    fn a_mark_between_an_area_code_and_a_number_is_sound() {
        for (text, region, expected) in [
            ("0171/3920012", "DE", "+491713920012"),
            ("030/23125-123", "DE", "+493023125123"),
            ("+49 (0)30 / 23125123", "DE", "+493023125123"),
            ("49171/3920012", "DE", "+491713920012"),
            ("49 33397/12345", "DE", "+493339712345"),
            ("04921/12345", "DE", "+49492112345"),
            ("0664/1234567", "AT", "+436641234567"),
            ("02/555 12 12", "BE", "+3225551212"),
            ("0905/123 456", "SK", "+421905123456"),
            ("06-30/123-4567", "HU", "+36301234567"),
            ("011/123-4567", "RS", "+381111234567"),
        ] {
            assert_eq!(parse(text, Region::parse(region)).map(|phone| phone.number).as_deref(), Ok(expected), "{text}");
        }
    }
}

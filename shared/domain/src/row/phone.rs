//! Phone numbers, national or international, as people and spreadsheets write them.

use std::borrow::Cow;

use rlibphonenumber::{PHONE_NUMBER_UTIL, PhoneNumber, PhoneNumberFormat};

use super::invisible::plain;
use super::phone_text::{number_of, refuse_more_than_a_number};
use super::region::Region;

/// A phone number.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Phone {
    /// In E.164.
    pub(super) number: String,
    /// Whether it was written without a plus, and both the reading with a country code and the one without can exist.
    pub(super) is_ambiguous: bool,
}

const LOST: &str = "A spreadsheet turned this number into a rounded one, and its last digits are lost. Format the column as text and enter the number again.";
const THOUSANDS: &str = "A program put marks between the thousands of this number. Write its digits without them.";
const NO_CODE: &str = "The number has no country code. Write it with + in front, or set the import's `default_region`.";
const WRONG: &str = "This is not a phone number that can exist. Check its digits and its country code.";

/// The number of a text.
///
/// # Errors
/// What is wrong with it and what to do about it.
pub(super) fn parse(text: &str, region: Option<Region>) -> Result<Phone, String> {
    // Most numbers are written so, and nothing has to be taken off.
    if text.strip_prefix('+').is_some_and(|digits| digits.bytes().all(|byte| byte.is_ascii_digit())) {
        let number = read(text, region).ok_or(WRONG)?;
        return Ok(Phone { number, is_ambiguous: false });
    }
    parse_any(text, region)
}

fn parse_any(text: &str, region: Option<Region>) -> Result<Phone, String> {
    let text = usual_marks(plain(text));
    if is_scientific(&text) {
        return Err(LOST.to_owned());
    }
    if has_thousands(&text) {
        return Err(THOUSANDS.to_owned());
    }
    let number = without_decimal_place(number_of(&text, region)?);
    refuse_more_than_a_number(number, |left| is_whole(left, region))?;
    if !has_country_code(number) && region.is_none() {
        return Err(NO_CODE.to_owned());
    }
    if let Some((with_code, without_code)) = region.and_then(|region| read_both_ways(number, region)) {
        let is_ambiguous = without_code.is_some_and(|other| other != with_code);
        return Ok(Phone { number: with_code, is_ambiguous });
    }
    let is_ambiguous = region.is_some_and(|region| may_be_foreign(number, region));
    let number = read(number, region).ok_or(WRONG)?;
    Ok(Phone { number, is_ambiguous })
}

/// Whether a number without a plus may be a whole number of another country, whose plus a spreadsheet dropped: it can exist, and
/// nobody in the region writes the national number that it can be, too, without what is dialled in front of it.
fn may_be_foreign(number: &str, region: Region) -> bool {
    const SHORTEST: usize = 11;
    // Most numbers are told without a text of their own.
    let mut numerals = number.chars().filter(|c| c.is_numeric());
    if has_country_code(number) || numerals.next().is_none_or(|first| first == '0') || numerals.count() + 1 < SHORTEST {
        return false;
    }
    let digits = PHONE_NUMBER_UTIL.normalize_digits_only(number);
    let Ok(national) = PHONE_NUMBER_UTIL.parse(number, Some(region.0)) else { return false };
    let written = PHONE_NUMBER_UTIL.format(&national, PhoneNumberFormat::National);
    PHONE_NUMBER_UTIL.normalize_digits_only(written.as_ref()) != digits && read(&format!("+{digits}"), None).is_some()
}

/// A text with the blanks and dashes that the parser of numbers knows: narrow blanks as blanks, and the dash that draws out a
/// Japanese vowel as a hyphen.
fn usual_marks(text: Cow<'_, str>) -> Cow<'_, str> {
    if text.is_ascii() {
        return text;
    }
    let usual = |c: char| match c {
        '\u{2000}'..='\u{200a}' | '\u{202f}' | '\u{205f}' => ' ',
        'ー' | 'ｰ' | '―' => '-',
        c => c,
    };
    Cow::Owned(text.chars().map(usual).collect())
}

fn has_country_code(number: &str) -> bool {
    number.starts_with(['+', '＋']) || number.strip_prefix("00").is_some_and(|rest| !rest.starts_with('0'))
}

/// A number that can exist, in E.164.
fn read(number: &str, region: Option<Region>) -> Option<String> {
    let international = match number.strip_prefix("00") {
        Some(rest) if !rest.starts_with('0') => format!("+{rest}"),
        _ => number.to_owned(),
    };
    let parsed = PHONE_NUMBER_UTIL.parse(&international, region.map(|region| region.0)).ok()?;
    in_e164(&parsed).or_else(|| in_e164(&without_old_prefix(&parsed)?))
}

/// A Mexican number without what was dialled before it until 2019: 1 after the country code, and 01, 044 or 045 within
/// the country. Lists and messengers still write them.
fn without_old_prefix(number: &PhoneNumber) -> Option<PhoneNumber> {
    const MEXICO: i32 = 52;
    const DIGITS: usize = 10;
    let national = number.get_national_significant_number();
    let (prefix, digits) = national.split_at_checked(national.len().checked_sub(DIGITS)?)?;
    let is_old = number.country_code == MEXICO && matches!(prefix, "1" | "01" | "044" | "045");
    is_old.then(|| PHONE_NUMBER_UTIL.parse(format!("+{MEXICO}{digits}"), None).ok())?
}

fn in_e164(number: &PhoneNumber) -> Option<String> {
    PHONE_NUMBER_UTIL
        .is_valid_number(number)
        .then(|| PHONE_NUMBER_UTIL.format(number, PhoneNumberFormat::E164).into_owned())
}

/// Whether a text can be a number by itself. `49 171` cannot in Germany, although a town may have such a number: it is
/// the country code and an area code.
fn is_whole(text: &str, region: Option<Region>) -> bool {
    const SHORTEST_WITH_CODE: usize = 8;
    let is_codes = region
        .and_then(|region| digits_with_own_code(text, region))
        .is_some_and(|(_, digits)| digits.len() < SHORTEST_WITH_CODE);
    !is_codes && read(text, region).is_some()
}

/// The country code of the region and the digits of a number, if it has no plus and begins with that code.
fn digits_with_own_code(number: &str, region: Region) -> Option<(String, String)> {
    if has_country_code(number) {
        return None;
    }
    let code = PHONE_NUMBER_UTIL.get_country_code_for_region(region.0)?.to_string();
    let digits = PHONE_NUMBER_UTIL.normalize_digits_only(number);
    digits.starts_with(&code).then_some((code, digits))
}

/// A number without a plus that begins with the country code of its region: as the international number, if that can
/// exist, and as the national one, if that can exist too.
///
/// Germany's numbers have any length, so `4915112345675` could be one of the town whose area code begins with 49. It is
/// read with the country code all the same: databases write numbers so, and people write the 0 of an area code.
fn read_both_ways(number: &str, region: Region) -> Option<(String, Option<String>)> {
    let (code, digits) = digits_with_own_code(number, region)?;
    let with_code = read(&format!("+{digits}"), None)?;
    Some((with_code, read(&format!("+{code}{digits}"), None)))
}

/// A number without the `.0` that programs add when they take it for a quantity.
fn without_decimal_place(number: &str) -> &str {
    let Some((whole, zeros)) = number.rsplit_once(['.', ',']) else { return number };
    let is_quantity = whole.strip_prefix('+').unwrap_or(whole).bytes().all(|byte| byte.is_ascii_digit());
    if is_quantity && whole.len() >= 5 && matches!(zeros, "0" | "00") { whole } else { number }
}

/// Whether a program took it for a quantity: `12,015,550,125`.
fn has_thousands(text: &str) -> bool {
    let mut groups = text.split(',');
    let is_digits = |group: &str| group.bytes().all(|byte| byte.is_ascii_digit());
    let begins = groups.next().is_some_and(|first| (1..=3).contains(&first.len()) && is_digits(first));
    begins && text.matches(',').count() >= 2 && groups.all(|group| group.len() == 3 && is_digits(group))
}

/// Whether it is a long number as Excel shows it: `4.21907E+11`.
fn is_scientific(text: &str) -> bool {
    let Some((mantissa, exponent)) = text.split_once(['e', 'E']) else { return false };
    let is_number =
        |text: &str| !text.is_empty() && text.bytes().all(|b| b.is_ascii_digit() || matches!(b, b'.' | b','));
    is_number(mantissa) && is_number(exponent.trim_start_matches(['+', '-']))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn number(text: &str, region: &str) -> Result<String, String> {
        parse(text, Region::parse(region)).map(|phone| phone.number)
    }

    #[test]
    fn numbers_are_stored_in_e164() {
        for (text, region, expected) in [
            ("+1 201-291-4177", "", "+12012914177"),
            ("0012012914177", "", "+12012914177"),
            ("(+1) 201-291-4177", "", "+12012914177"),
            ("\u{202a}+1 201-291-4177\u{202c}", "", "+12012914177"),
            ("+1\u{a0}201\u{2011}291\u{2011}4177", "", "+12012914177"),
            ("+1 201-291-4177;", "", "+12012914177"),
            ("01510 1152449", "DE", "+4915101152449"),
            ("04921 12345", "DE", "+49492112345"),
            ("(030) 23125-123", "DE", "+493023125123"),
            ("+49 (0)30 23125123", "", "+493023125123"),
            ("090-1945-8073", "JP", "+819019458073"),
            ("０９０－１９４５－８０７３", "JP", "+819019458073"),
            ("+81 90-1945-8073", "DE", "+819019458073"),
            ("044 668 18 00", "CH", "+41446681800"),
        ] {
            assert_eq!(number(text, region).as_deref(), Ok(expected), "{text}");
        }
    }

    #[test]
    fn a_refusal_names_the_trouble() {
        for (text, region, said) in [
            ("4.21907E+11", "SK", "digits are lost"),
            ("4,21907e11", "SK", "digits are lost"),
            ("090-1945-8073", "", "no country code"),
            ("12,015,550,125", "US", "between the thousands"),
            ("12", "DE", "can exist"),
            ("+1 201 29141", "", "can exist"),
        ] {
            assert!(
                number(text, region).is_err_and(|message| message.contains(said)),
                "{text}: {:?}",
                number(text, region)
            );
        }
    }

    #[test]
    fn a_decimal_place_is_no_digit() {
        for (text, expected) in [
            ("493023125123.0", "+493023125123"),
            ("15112345675.0", "+4915112345675"),
            ("15112345675,00", "+4915112345675"),
            ("+493023125123.0", "+493023125123"),
            ("030.2312.5120", "+493023125120"),
        ] {
            assert_eq!(number(text, "DE").as_deref(), Ok(expected), "{text}");
        }
    }

    #[test]
    fn a_number_that_begins_with_its_regions_code_has_it() {
        for (text, region, expected, is_ambiguous) in [
            ("4915112345675", "DE", "+4915112345675", true),
            ("49 171 3920012", "DE", "+491713920012", true),
            ("49(0)30/23125123", "DE", "+493023125123", false),
            ("15112345675", "DE", "+4915112345675", false),
            ("04921 12345", "DE", "+49492112345", false),
            ("393912345679", "IT", "+393912345679", false),
            ("391 234 5678", "IT", "+393912345678", false),
            ("9198765432", "IN", "+919198765432", false),
            ("919876543210", "IN", "+919876543210", false),
            ("12015550123", "US", "+12015550123", false),
            ("2015550123", "US", "+12015550123", false),
            ("447911123456", "GB", "+447911123456", false),
            ("79161234567", "RU", "+79161234567", false),
            ("89161234567", "RU", "+79161234567", false),
            ("55 99912-3456", "BR", "+5555999123456", false),
            ("5555999123456", "BR", "+5555999123456", false),
            ("525512345678", "MX", "+525512345678", false),
            ("5215512345678", "MX", "+525512345678", false),
            ("+52 1 55 1234 5678", "MX", "+525512345678", false),
            ("044 55 1234 5678", "MX", "+525512345678", false),
            ("01 55 1234 5678", "MX", "+525512345678", false),
            ("5491123456789", "AR", "+5491123456789", false),
            ("47123456", "NO", "+4747123456", false),
        ] {
            let expected = Phone { number: expected.to_owned(), is_ambiguous };
            assert_eq!(parse(text, Region::parse(region)), Ok(expected), "{text} in {region}");
        }
    }

    #[test]
    fn a_number_that_may_have_lost_its_plus_is_ambiguous() {
        for (text, region, is_ambiguous) in [
            ("442079460018", "DE", true),
            ("33142685300", "DE", true),
            ("436641234567", "DE", true),
            ("48601234567", "DE", true),
            ("15123456789", "DE", true),
            // Nobody writes another digit in front of these at home.
            ("15012345678", "CN", false),
            ("11987654321", "BR", false),
            ("0442079460018", "DE", false),
            ("3912345678", "IT", false),
        ] {
            let phone = parse(text, Region::parse(region));
            assert_eq!(
                phone.as_ref().map(|phone| phone.is_ambiguous),
                Ok(is_ambiguous),
                "{text} in {region}: {phone:?}"
            );
        }
    }

    #[test]
    fn narrow_blanks_and_long_dashes_are_those_of_a_number() {
        for (text, region, expected) in [
            ("06\u{202f}12\u{202f}34\u{202f}56\u{202f}78", "FR", "+33612345678"),
            ("06\u{2009}12\u{2007}34\u{2009}56\u{2009}78", "FR", "+33612345678"),
            ("090ー1945ー8073", "JP", "+819019458073"),
            ("090ｰ1945ｰ8073", "JP", "+819019458073"),
        ] {
            assert_eq!(number(text, region).as_deref(), Ok(expected), "{text:?}");
        }
    }

    fn regions() -> impl Strategy<Value = rlibphonenumber::Region> {
        let regions: Vec<_> = PHONE_NUMBER_UTIL
            .get_supported_regions()
            .filter(|region| Region::parse(&region.to_string()).is_some())
            .collect();
        prop::sample::select(regions)
    }

    proptest! {
        // The parser compiles expressions for each region, which takes seconds without optimization.
        #![proptest_config(ProptestConfig::with_cases(64))]

        #[test]
        fn digits_behind_a_plus_are_read_as_any_other_number_is(digits in "[0-9]{0,18}", has_region in any::<bool>()) {
            let (text, region) = (format!("+{digits}"), Region::parse("IT").filter(|_| has_region));
            prop_assert_eq!(parse(&text, region), parse_any(&text, region));
        }

        #[test]
        fn a_number_is_the_same_in_every_form(
            region in regions(),
            kind in prop::sample::select(vec![
                rlibphonenumber::PhoneNumberType::Mobile,
                rlibphonenumber::PhoneNumberType::FixedLine,
            ]),
            invisible in prop::sample::select(vec!["", "\u{202a}", "\u{ad}", "\u{200b}", "tel:", "p:", "Mobile: "]),
        ) {
            let Ok(example) = PHONE_NUMBER_UTIL.get_example_number_for_type_and_region(region, kind) else { return Ok(()) };
            let expected = PHONE_NUMBER_UTIL.format(&example, PhoneNumberFormat::E164).into_owned();
            let ours = Region::parse(&region.to_string());
            for form in [PhoneNumberFormat::E164, PhoneNumberFormat::International, PhoneNumberFormat::National] {
                let text = format!("{invisible}{}", PHONE_NUMBER_UTIL.format(&example, form));
                prop_assert_eq!(parse(&text, ours).map(|phone| phone.number), Ok(expected.clone()), "{} in {}", text, region);
            }
            for text in [&expected, &expected.replacen('+', "00", 1)] {
                prop_assert_eq!(parse(text, None), Ok(Phone { number: expected.clone(), is_ambiguous: false }));
            }
            prop_assert_eq!(parse(&expected[1..], ours).map(|phone| phone.number), Ok(expected.clone()), "{}", expected);
        }

        #[test]
        fn reading_a_number_again_changes_nothing(text in "[+]?[0-9 /().-]{5,16}", region in prop::sample::select(vec!["DE", "US", "IT", "AR"])) {
            if let Ok(phone) = parse(&text, Region::parse(region)) {
                prop_assert_eq!(parse(&phone.number, None).map(|again| again.number), Ok(phone.number));
            }
        }
    }
}

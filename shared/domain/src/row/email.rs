//! Email addresses, in the dress in which programs copy them.

use std::borrow::Cow;

use email_address::EmailAddress;
use icu_properties::CodePointMapData;
use icu_properties::props::GeneralCategory;

use super::invisible::{composed, trimmed, without};
use crate::wording::quoted;

/// Longest email address, in bytes (RFC 5321, 4.5.3.1.3, less the angle brackets).
const MAX_EMAIL: usize = 254;
/// Quotes and apostrophes that no keyboard types into an address.
const TYPOGRAPHIC: &[char] = &[
    '‘', '’', '‚', '‛', '“', '”', '„', '‟', '‹', '›', '«', '»', '′', '″', '´', 'ʼ', 'ʻ', 'ʹ', '＂', '＇', '「', '」',
    '『', '』',
];
/// What addresses are put into, beside a name or another writing of themselves.
const BRACKETS: [(char, char); 3] = [('<', '>'), ('[', ']'), ('(', ')')];
/// The two joiners that some domains are written with. IDNA decides where they may be.
const JOINERS: [char; 2] = ['\u{200c}', '\u{200d}'];

const TWO: &str =
    "A cell takes one email address, and this has two or more. Keep one, and give further ones rows of their own.";

/// The address of a text: in lower case, its domain in punycode.
///
/// # Errors
/// What is wrong with it and what to do about it.
pub(super) fn parse(text: &str) -> Result<String, String> {
    if is_usual(text) { Ok(text.to_ascii_lowercase()) } else { parse_any(text) }
}

/// Whether a text is nothing but a usual address: letters, digits and a few marks of ASCII. Most are, and this takes a
/// fraction of the time of [`parse_any`], which gives such a text in lower case.
pub(super) fn is_usual(text: &str) -> bool {
    let bytes = text.as_bytes();
    let Some(at) = memchr::memchr(b'@', bytes) else { return false };
    let (local, domain) = (&bytes[..at], &bytes[at + 1..]);
    if local.len() > 64 || bytes.len() > MAX_EMAIL || domain.len() > 253 {
        return false;
    }
    // No dot begins or ends what is in front of the @, and none follows another one.
    let mut before = b'.';
    for byte in local {
        if LETTERS[usize::from(*byte)] & IN_LOCAL == 0 || (*byte == b'.' && before == b'.') {
            return false;
        }
        before = *byte;
    }
    let is_label = |label: &[u8]| match label {
        [] | [b'-', ..] | [.., b'-'] | [_, _, b'-', b'-', ..] => false,
        label => label.len() <= 63 && label.iter().all(|byte| LETTERS[usize::from(*byte)] & IN_LABEL != 0),
    };
    let mut labels = 0;
    let mut is_sound = |label: &[u8]| {
        labels += 1;
        is_label(label)
    };
    before != b'.' && domain.split(|byte| *byte == b'.').all(&mut is_sound) && labels > 1
}

/// A letter of a usual address in front of the @, and of a label of its domain.
const IN_LOCAL: u8 = 1;
const IN_LABEL: u8 = 2;

/// Where each byte may be in a usual address.
const LETTERS: [u8; 256] = {
    let mut letters = [0; 256];
    let mut byte = 0_u8;
    while byte < 128 {
        letters[byte as usize] = match byte {
            b'0'..=b'9' | b'A'..=b'Z' | b'a'..=b'z' | b'-' => IN_LOCAL | IN_LABEL,
            b'_' | b'+' | b'.' => IN_LOCAL,
            _ => 0,
        };
        byte += 1;
    }
    letters
};

fn parse_any(text: &str) -> Result<String, String> {
    let domain_at = text.rfind('@').unwrap_or(text.len());
    let visible = [without(&text[..domain_at], |_| true), without(&text[domain_at..], |c| !JOINERS.contains(&c))];
    let text = if text.is_ascii() { Cow::Borrowed(text) } else { Cow::Owned(plain_letters(&visible.concat())) };
    normalised(undressed(&composed(&text))?)
}

/// A text with the letters that a keyboard types into an address: those of full width in their usual width, the hyphen at which
/// no line breaks as a hyphen, and the capital I that Turkish writes with a dot as an i, which is the capital of that.
fn plain_letters(text: &str) -> String {
    let plain = |c: char| match c {
        '\u{ff01}'..='\u{ff5e}' if !is_typographic(c) => char::from_u32(u32::from(c) - 0xff01 + 0x21).unwrap_or(c),
        '\u{2010}' | '\u{2011}' => '-',
        'İ' => 'i',
        c => c,
    };
    text.chars().map(plain).collect()
}

/// Dashes that programs write in place of a hyphen.
const DASHES: [char; 5] = ['\u{2012}', '–', '—', '―', '−'];

/// Whether a domain may have this character (RFC 5892): letters, digits and marks, hyphens and dots, and the few others that stand
/// inside the words of some language.
fn is_of_domain(c: char) -> bool {
    c.is_alphanumeric()
        || matches!(
            c,
            '-' | '.' | '\u{3002}' | '\u{ff0e}' | '\u{ff61}' | '·' | '\u{375}' | '\u{5f3}' | '\u{5f4}' | '\u{30fb}'
        )
        || JOINERS.contains(&c)
        || matches!(
            CodePointMapData::<GeneralCategory>::new().get(c),
            GeneralCategory::NonspacingMark | GeneralCategory::SpacingMark
        )
}

fn is_quote(c: char) -> bool {
    matches!(c, '"' | '\'' | '`') || is_typographic(c)
}

fn is_typographic(c: char) -> bool {
    !c.is_ascii() && TYPOGRAPHIC.contains(&c)
}

/// An address without what is around it: quotes, a name, `mailto:`, and marks that ended a sentence or a list.
fn undressed(text: &str) -> Result<&str, String> {
    let mut address = text;
    loop {
        let before = address;
        address = trimmed(address).trim_end_matches([';', ',', '.', '、', '。', JOINERS[0], JOINERS[1]]);
        address = without_word(trimmed(address));
        if let Some(inner) = address.strip_prefix(is_quote).and_then(|rest| rest.strip_suffix(is_quote)) {
            address = inner;
        }
        if let Some((inner, outer)) = BRACKETS.iter().find_map(|brackets| bracketed(address, *brackets)) {
            if inner.contains('@') {
                refuse_another(inner, outer)?;
                address = inner;
            } else if outer.contains('@') && !address.ends_with(']') {
                address = outer;
            }
        }
        if address.len() == before.len() {
            return Ok(address);
        }
    }
}

/// An address without a word and a colon in front, such as `mailto:`, `SMTP:` or `E-mail:`, and without the subject that
/// a link may have.
fn without_word(text: &str) -> &str {
    let is_word = |c: char| c.is_alphabetic() || c == '-' || c == ' ';
    match text.split_once(':') {
        Some((word, rest)) if word.eq_ignore_ascii_case("mailto") => {
            rest.trim_start_matches('/').split('?').next().unwrap_or_default()
        }
        Some((word, rest)) if word.chars().all(is_word) && !rest.starts_with("//") => rest,
        _ => text,
    }
}

/// What is in the brackets at the end of a text, or else at its start, and the rest of the text.
fn bracketed(text: &str, (open, close): (char, char)) -> Option<(&str, &str)> {
    if let Some(rest) = text.strip_suffix(close) {
        let (outer, inner) = rest.rsplit_once(open)?;
        return Some((inner, outer));
    }
    text.strip_prefix(open)?.split_once(close)
}

/// Refuses a text that has another address beside the one in brackets.
fn refuse_another(inner: &str, outer: &str) -> Result<(), String> {
    let inner = normalised(undressed(inner)?);
    let between = |c: char| c.is_whitespace() || ",;<>()[]|".contains(c);
    let words = outer.split(between).map(|word| without_word(word.trim_matches(is_quote)));
    for word in words.filter(|word| word.contains('@')) {
        let other = normalised(word);
        if word.matches('@').count() > 1 || (other.is_ok() && other != inner) {
            return Err(TWO.to_owned());
        }
    }
    Ok(())
}

/// The one form in which an address is compared.
fn normalised(address: &str) -> Result<String, String> {
    let example = "Write one address, such as ann@example.com.";
    let Some((local, domain)) = address.rsplit_once('@') else {
        return Err(format!("This is not an email address: it has no @. {example}"));
    };
    if local.contains('@') {
        return Err(TWO.to_owned());
    }
    if address.contains(char::is_whitespace) {
        return Err(format!("The address has a blank inside. {example}"));
    }
    if let Some(quote) =
        [address.chars().next(), address.chars().next_back()].into_iter().flatten().find(|c| is_quote(*c))
    {
        return Err(format!("The address has a quote at one end only: {quote}. Remove it."));
    }
    if let Some(quote) = domain.chars().find(|c| is_typographic(*c)) {
        return Err(format!("The domain has the typographic quote {quote}, which no domain has. Remove it."));
    }
    if let Some(quote) = local.chars().find(|c| is_typographic(*c)) {
        return Err(format!("The address has the typographic quote {quote}, which no address has. Write it as '."));
    }
    if let Some(dash) = address.chars().find(|c| DASHES.contains(c)) {
        return Err(format!("The address has the dash {dash}, which no address has. Write it as -."));
    }
    if local.is_empty() || domain.is_empty() {
        return Err(format!("There is nothing on one side of the @. {example}"));
    }
    let domain = ascii_domain(domain)
        .filter(|_| domain.chars().all(is_of_domain))
        .ok_or_else(|| format!("“{}” cannot be a domain. Correct what is behind the @.", quoted(domain)))?;
    if !domain.contains('.') {
        return Err("The address has no dot in its domain. Write it in full, such as ann@example.com.".to_owned());
    }
    let local = local.to_lowercase();
    let address = format!("{}@{domain}", composed(&local));
    if address.len() > MAX_EMAIL {
        return Err(format!("An email address has at most {MAX_EMAIL} bytes. Correct it: another cell may be in it."));
    }
    if EmailAddress::is_valid(&address) {
        Ok(address)
    } else {
        Err(format!("“{}” cannot be in front of the @. {example}", quoted(&local)))
    }
}

/// A domain in punycode. A joiner stays in a label only where IDNA allows it.
fn ascii_domain(domain: &str) -> Option<String> {
    if !domain.contains(JOINERS) {
        return idna::domain_to_ascii_strict(domain).ok();
    }
    let labels = domain.split(['.', '\u{3002}', '\u{ff0e}', '\u{ff61}']).map(|label| {
        idna::domain_to_ascii_strict(label).ok().map_or_else(|| Cow::Owned(label.replace(JOINERS, "")), Cow::Owned)
    });
    idna::domain_to_ascii_strict(&labels.collect::<Vec<Cow<'_, str>>>().join(".")).ok()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn addresses_are_compared_in_lower_case_with_their_domain_in_punycode() {
        for (text, expected) in [
            (" VICTORIA1665@YAHOO.CO.UK ", "victoria1665@yahoo.co.uk"),
            ("a.b+c@Example.com", "a.b+c@example.com"),
            ("O'Neil+news@example.org", "o'neil+news@example.org"),
            ("none@example.com", "none@example.com"),
            ("jörg@bücher.de", "jörg@xn--bcher-kva.de"),
            ("jo\u{308}rg@bu\u{308}cher.de", "jörg@xn--bcher-kva.de"),
            ("ann\u{200b}@exa\u{200c}mple\u{ad}.org\u{feff}", "ann@example.org"),
            ("İNFO@FİRMA.COM.TR", "info@firma.com.tr"),
            ("ａｎｎ＠example.com", "ann@example.com"),
            ("ann\u{2011}lee@x\u{2010}y.org", "ann-lee@x-y.org"),
            ("ann@example.org、", "ann@example.org"),
            ("mailto://ann@example.org", "ann@example.org"),
        ] {
            assert_eq!(parse(text).as_deref(), Ok(expected), "{text:?}");
        }
        let with_joiner = parse("a@نامه\u{200c}ای.com").unwrap();
        assert_eq!(with_joiner, "a@xn--mgba3gch31f060k.com", "IDNA allows the joiner here");
    }

    #[test]
    fn what_programs_put_around_an_address_is_dropped() {
        for text in [
            "Ann Lee <ann@example.org>",
            "\"Lee, Ann\" <ann@example.org>",
            "Ann (home) <ANN@example.org>",
            "Ann@Home <ann@example.org>",
            "<ann@example.org> Ann Lee",
            "ann@example.org (Ann Lee)",
            "Ann Lee [ann@example.org]",
            "'ann@example.org' <ann@example.org>",
            "ann@example.org<mailto:ann@example.org>",
            "ann@example.org <MAILTO:Ann@example.org>",
            "[ann@example.org](mailto:ann@example.org)",
            "mailto:<ann@example.org>",
            "mailto:ann@example.org?subject=Hello",
            "SMTP:ann@example.org",
            "E-Mail: ann@example.org",
            "“ann@example.org”",
            "„ann@example.org“",
            "«ann@example.org»",
            "'ann@example.org'",
            "\"ann@example.org\"",
            "`ann@example.org´",
            "<“ann@example.org”>;",
            "<ann@example.org>\u{200d}",
            "ann@example.org;",
            "ann@example.org.",
            "ann@example.org ,",
        ] {
            assert_eq!(parse(text).as_deref(), Ok("ann@example.org"), "{text}");
        }
    }

    #[test]
    fn a_refusal_names_the_trouble() {
        let long = format!("{}@b.de", "x".repeat(250));
        for (text, said) in [
            ("", "no @"),
            ("ann", "no @"),
            ("Ann <nobody>", "no @"),
            ("ann@example", "no dot"),
            ("ann lee@example.org", "blank inside"),
            ("<ann lee@example.org>", "blank inside"),
            ("Ann Lee ann@example.org", "blank inside"),
            ("ann@example.org, bob@example.org", "two or more"),
            ("ann@example.org;bob@example.org", "two or more"),
            ("Ann <ann@example.org>; Bob <bob@example.org>", "two or more"),
            ("ann@example.org <bob@example.org>", "two or more"),
            ("o’neil@example.org", "typographic quote ’"),
            ("<o’neil@example.org>", "typographic quote ’"),
            ("'ann@example.org", "quote at one end"),
            ("ann@example.org\"", "quote at one end"),
            ("bob@example.org”", "quote at one end only: ”. Remove it."),
            ("‘bob@example.org", "quote at one end only: ‘. Remove it."),
            ("bob@exam’ple.org", "typographic quote ’, which no domain has. Remove it."),
            ("@example.org", "nothing on one side"),
            ("ann@", "nothing on one side"),
            ("ann.@example.org", "in front of the @"),
            ("ann@.org", "cannot be a domain"),
            ("ann@[10.0.0.1]", "cannot be a domain"),
            ("ann@exa_mple.org", "cannot be a domain"),
            (&long, "at most 254 bytes"),
        ] {
            assert!(parse(text).is_err_and(|message| message.contains(said)), "{text}: {:?}", parse(text));
        }
    }

    proptest! {
        #[test]
        fn a_usual_address_is_read_as_any_other_is(
            local in "[a-zA-Z0-9._+'-]{0,70}",
            domain in "[a-zA-Z0-9.-]{0,70}",
            dress in prop::sample::select(vec!["", " ", ".", ";", "'", "mailto:", "@"]),
        ) {
            for text in [format!("{local}@{domain}"), format!("{dress}{local}@{domain}"), format!("{local}@{domain}{dress}")] {
                if is_usual(&text) {
                    prop_assert_eq!(parse_any(&text), Ok(text.to_ascii_lowercase()));
                }
            }
        }

        #[test]
        fn reading_an_address_again_changes_nothing(text in ".{0,12}@?[a-zA-ZäΣ.'<>\"\u{200d}\u{301}]{0,12}@[a-zäÖ\u{200c}.-]{1,8}\\.org[>'.]?") {
            if let Ok(address) = parse(&text) {
                prop_assert_eq!(parse(&address), Ok(address));
            }
        }

        #[test]
        fn invisible_characters_anywhere_change_nothing(
            at in 0usize..16,
            invisible in prop::sample::select(vec!['\u{ad}', '\u{200b}', '\u{200d}', '\u{200e}', '\u{2060}', '\u{fe0f}', '\u{feff}', '\u{e0020}']),
        ) {
            let mut text = "ann@example.org".to_owned();
            text.insert(at.min(text.len()), invisible);
            prop_assert_eq!(parse(&text), Ok("ann@example.org".to_owned()));
        }

        #[test]
        fn no_dress_changes_an_address(
            local in "[a-z][a-z0-9+._'-]{0,8}[a-z]",
            name in "[A-Za-z ,.'’-]{0,12}",
            dress in prop::sample::select(vec!["{name} <{}>", "\"{name}\" <{}>", "{}<mailto:{}>", "“{}”", "'{}'", "{} ({name})", "<{}>;", "{}."]),
        ) {
            let address = format!("{local}@example.org");
            if let Ok(plain) = parse(&address) {
                prop_assert_eq!(parse(&dress.replace("{name}", &name).replace("{}", &address)), Ok(plain));
            }
        }
    }
}

//! Makes the tables of words from CLDR, from glibc's locales and from the lists in `data/`.

// Its reader is the library; the script uses a part of it.
#[allow(dead_code)]
#[path = "src/fold.rs"]
mod fold;

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;
use std::path::Path;

use fold::{MAX_WORD, Marks, key};
use icu_locale::Locale;
use icu_locale::names::RegionDisplayName;
use isocountry::CountryCode;
use pure_rust_locales::locale_match;

type Failure = Box<dyn std::error::Error>;

/// The languages in which CLDR's names of countries are known. English comes first: it decides where languages disagree.
const LANGUAGES: [&str; 82] = [
    "en", "af", "am", "ar", "as", "az", "be", "bg", "bn", "bs", "ca", "cs", "cy", "da", "de", "el", "es", "et", "eu",
    "fa", "fi", "fil", "fr", "ga", "gl", "gu", "he", "hi", "hr", "hu", "hy", "id", "is", "it", "ja", "ka", "kk", "km",
    "kn", "ko", "ky", "lo", "lt", "lv", "mk", "ml", "mn", "mr", "ms", "my", "nb", "ne", "nl", "nn", "or", "pa", "pl",
    "ps", "pt", "pt-PT", "ro", "ru", "si", "sk", "sl", "sq", "sr", "sr-Latn", "sv", "sw", "ta", "te", "th", "tk", "tr",
    "uk", "ur", "uz", "vi", "zh", "zh-Hant", "zu",
];

/// The same languages as glibc names them, for yes and no and for months.
const LOCALES: [&str; 82] = [
    "en_US", "af_ZA", "am_ET", "ar_EG", "as_IN", "az_AZ", "be_BY", "bg_BG", "bn_BD", "bs_BA", "ca_ES", "cs_CZ",
    "cy_GB", "da_DK", "de_DE", "de_AT", "el_GR", "es_ES", "et_EE", "eu_ES", "fa_IR", "fi_FI", "fil_PH", "fr_FR",
    "ga_IE", "gl_ES", "gu_IN", "he_IL", "hi_IN", "hr_HR", "hu_HU", "hy_AM", "id_ID", "is_IS", "it_IT", "ja_JP",
    "ka_GE", "kk_KZ", "km_KH", "kn_IN", "ko_KR", "ky_KG", "lb_LU", "lo_LA", "lt_LT", "lv_LV", "mk_MK", "ml_IN",
    "mn_MN", "mr_IN", "ms_MY", "my_MM", "nb_NO", "ne_NP", "nl_NL", "nn_NO", "or_IN", "pa_IN", "pl_PL", "ps_AF",
    "pt_BR", "pt_PT", "ro_RO", "ru_RU", "si_LK", "sk_SK", "sl_SI", "sq_AL", "sr_RS", "sv_SE", "sw_KE", "ta_IN",
    "te_IN", "th_TH", "tr_TR", "uk_UA", "ur_PK", "uz_UZ", "vi_VN", "zh_CN", "zh_TW", "zu_ZA",
];

/// Shortest word that is also known without its accents, in letters: `co` is not `có`.
const SHORTEST_WITHOUT_MARKS: usize = 3;

/// Words that a missing value is written as. They mean nothing, whatever they mean in some language.
const MISSING: [&str; 3] = ["na", "nil", "none"];

fn main() -> Result<(), Failure> {
    for path in ["build.rs", "src/fold.rs", "data"] {
        println!("cargo::rerun-if-changed={path}");
    }
    let mut code = String::new();
    countries(&mut code)?;
    flags(&mut code)?;
    consent(&mut code)?;
    months(&mut code)?;
    std::fs::write(Path::new(&std::env::var("OUT_DIR")?).join("table.rs"), code)?;
    Ok(())
}

/// What words mean, by the hashes of their folded forms. What is said earlier wins over what is said later, and what is
/// said in one breath (one call of `add_all`) cancels itself where it disagrees.
#[derive(Default)]
struct Words(BTreeMap<u64, u16>);

impl Words {
    fn add_all<'a>(&mut self, words: impl IntoIterator<Item = (&'a str, u16)>) {
        let mut meanings: [BTreeMap<u64, BTreeSet<u16>>; 2] = Default::default();
        for (word, meaning) in words {
            assert!(word.len() <= MAX_WORD, "{word} is longer than any word that is looked up");
            let letters = fold::fold(word, Marks::Dropped).chars().count();
            for (marks, meanings) in [Marks::Kept, Marks::Dropped].into_iter().zip(&mut meanings) {
                let is_long = letters >= SHORTEST_WITHOUT_MARKS;
                if let Some(key) = key(word, marks).filter(|_| marks == Marks::Kept || is_long) {
                    meanings.entry(key).or_default().insert(meaning);
                }
            }
        }
        // As it is written first: a word without accents may be another word.
        for meanings in meanings {
            for (key, meanings) in meanings {
                if let (1, Some(meaning)) = (meanings.len(), meanings.first()) {
                    self.0.entry(key).or_insert(*meaning);
                }
            }
        }
    }

    fn write(&self, name: &str, code: &mut String) -> Result<(), Failure> {
        let count = self.0.len();
        writeln!(code, "pub(crate) static {name}_KEYS: [u64; {count}] = {:?};", self.0.keys().collect::<Vec<_>>())?;
        writeln!(code, "pub(crate) static {name}_VALUES: [u16; {count}] = {:?};", self.0.values().collect::<Vec<_>>())?;
        Ok(())
    }
}

/// The lines of a list in `data/` as what stands before and after the sign `=`.
fn list(name: &str) -> Result<Vec<(String, String)>, Failure> {
    let text = std::fs::read_to_string(Path::new("data").join(name))?;
    let lines = text.lines().map(str::trim).filter(|line| !line.is_empty() && !line.starts_with('#'));
    let pairs = lines.map(|line| line.split_once('=').ok_or_else(|| format!("{name}: no `=` in {line}")));
    pairs.map(|pair| pair.map(|(a, b)| (a.trim().to_owned(), b.trim().to_owned())).map_err(Into::into)).collect()
}

fn countries(code: &mut String) -> Result<(), Failure> {
    let iso: Vec<&str> = CountryCode::iter().map(CountryCode::alpha2).chain(["XK"]).collect();
    let mut meanings: Vec<(&str, &str)> = iso.iter().map(|code| (*code, "")).collect();
    let at = |code: &str| iso.iter().position(|other| *other == code).ok_or_else(|| format!("no country {code}"));
    let mut codes: Vec<(&str, u16)> = vec![("XK", u16::try_from(at("XK")?)?)];
    let mut numbers: Vec<(String, u16)> = Vec::new();
    for country in CountryCode::iter() {
        let meaning = u16::try_from(at(country.alpha2())?)?;
        codes.extend([(country.alpha2(), meaning), (country.alpha3(), meaning)]);
        numbers.push((format!("{:03}", country.numeric_id()), meaning));
    }
    let mut words = Words::default();
    words.add_all(codes.into_iter().chain(numbers.iter().map(|(number, meaning)| (number.as_str(), *meaning))));
    words.write("CODE", code)?;

    let mut words = Words::default();
    let usual = list("countries.txt")?;
    let mut first: Vec<(&str, u16)> = Vec::new();
    for (name, codes) in &usual {
        let meaning = match codes.split_once(' ') {
            None => at(codes)?,
            Some((a, b)) => {
                let both = (iso[at(a)?], iso[at(b)?]);
                meanings.iter().position(|meaning| *meaning == both).unwrap_or_else(|| {
                    meanings.push(both);
                    meanings.len() - 1
                })
            }
        };
        first.push((name, u16::try_from(meaning)?));
    }
    words.add_all(first);

    let both_congos = u16::try_from(meanings.iter().position(|meaning| *meaning == ("CG", "CD")).ok_or("no Congo")?)?;
    let mut english: BTreeMap<&str, String> = BTreeMap::new();
    let mut foreign: Vec<(String, u16)> = Vec::new();
    for language in LANGUAGES {
        let mut found: Vec<(String, u16)> = Vec::new();
        for code in &iso {
            let meaning = u16::try_from(at(code)?)?;
            for name in names(language, code)? {
                let is_one_word = name.chars().all(char::is_alphabetic);
                let is_either_congo = is_one_word && name.is_ascii() && ["CG", "CD"].contains(code);
                found.push((name, if is_either_congo { both_congos } else { meaning }));
            }
        }
        if language == "en" {
            for country in CountryCode::iter() {
                found.push((country.name().to_owned(), u16::try_from(at(country.alpha2())?)?));
            }
            for (name, meaning) in std::mem::take(&mut found) {
                if usize::from(meaning) < iso.len() {
                    english.entry(iso[usize::from(meaning)]).or_insert_with(|| name.clone());
                }
                found.extend(english_spellings(&name).into_iter().map(|name| (name, meaning)));
            }
            words.add_all(found.iter().map(|(name, meaning)| (name.as_str(), *meaning)));
            continue;
        }
        if language == "de" {
            let spelled = found.iter().map(|(name, meaning)| (without_umlauts(name), *meaning)).collect::<Vec<_>>();
            found.extend(spelled);
        }
        foreign.append(&mut found);
    }
    words.add_all(foreign.iter().map(|(name, meaning)| (name.as_str(), *meaning)));

    words.write("COUNTRY", code)?;
    writeln!(code, "pub(crate) static COUNTRY_MEANINGS: [(&str, &str); {}] = {meanings:?};", meanings.len())?;
    let english: Vec<(&str, String)> = english.into_iter().collect();
    writeln!(code, "pub(crate) static ENGLISH: [(&str, &str); {}] = {english:?};", english.len())?;
    Ok(())
}

/// CLDR's names of a country in a language: the usual one, and a short one if there is one.
fn names(language: &str, code: &str) -> Result<Vec<String>, Failure> {
    let (locale, region) = (language.parse::<Locale>()?, code.parse()?);
    let usual = RegionDisplayName::try_new_light((&locale).into(), region);
    let short = RegionDisplayName::try_new_short_light((&locale).into(), region);
    Ok([usual, short].into_iter().flatten().map(|name| name.to_string()).collect())
}

/// How an English name is also written: with `and` for `&`, with `Saint` in full, with an article in front or behind,
/// with the kind of state in front (`Islamic Republic of Iran`).
fn english_spellings(name: &str) -> Vec<String> {
    let mut all = vec![name.to_owned(), name.replace('&', "and")];
    let turned = name.split_once(" (").or_else(|| name.split_once(", "));
    if let Some((short, state)) = turned.map(|(short, state)| (short, state.trim_end_matches(')')))
        && (state.ends_with(" of") || state.ends_with(" of the"))
    {
        all.extend([format!("{state} {short}"), format!("{short}, {state}"), format!("{short}, The {state}")]);
    }
    for spelled in all.clone() {
        all.push(spelled.replace("St. ", "Saint "));
        all.push(spelled.replace("Saint ", "St. "));
    }
    for spelled in all.clone() {
        all.push(format!("The {spelled}"));
        all.push(format!("{spelled}, The"));
    }
    all
}

/// A German name on a keyboard without umlauts: `Oesterreich`.
fn without_umlauts(name: &str) -> String {
    let pairs = [("ä", "ae"), ("ö", "oe"), ("ü", "ue"), ("Ä", "Ae"), ("Ö", "Oe"), ("Ü", "Ue")];
    pairs.into_iter().fold(name.to_owned(), |name, (umlaut, letters)| name.replace(umlaut, letters))
}

fn locales() -> Result<Vec<pure_rust_locales::Locale>, Failure> {
    let parse = |name: &&str| (*name).try_into().map_err(|_| format!("no locale {name}").into());
    LOCALES.iter().map(parse).collect()
}

fn flags(code: &mut String) -> Result<(), Failure> {
    let mut found: Vec<(String, u16)> = Vec::new();
    for (meaning, words) in list("flags.txt")? {
        found.extend(words.split_whitespace().map(|word| (word.to_owned(), u16::from(meaning == "yes"))));
    }
    for locale in locales()? {
        for (word, meaning) in
            [(locale_match!(locale => LC_MESSAGES::YESSTR), 1), (locale_match!(locale => LC_MESSAGES::NOSTR), 0)]
        {
            let word = word.unwrap_or_default();
            // A letter alone may be anything; the list above has those that may not.
            if word.chars().count() > 1 && !MISSING.contains(&word) || !word.is_ascii() {
                found.push((word.to_owned(), meaning));
            }
        }
    }
    let mut words = Words::default();
    words.add_all(found.iter().map(|(word, meaning)| (word.as_str(), *meaning)));
    words.write("FLAG", code)
}

fn consent(code: &mut String) -> Result<(), Failure> {
    let lines = list("consent.txt")?;
    let found = lines
        .iter()
        .flat_map(|(meaning, words)| words.split('|').map(move |word| (word.trim(), u16::from(meaning == "yes"))));
    let mut words = Words::default();
    words.add_all(found);
    words.write("CONSENT", code)
}

fn months(code: &mut String) -> Result<(), Failure> {
    let mut words = Words::default();
    let mut found: Vec<(&str, u16)> = vec![("Sept", 9)];
    for (at, locale) in locales()?.into_iter().enumerate() {
        let names = [locale_match!(locale => LC_TIME::MON), locale_match!(locale => LC_TIME::ABMON)];
        for names in names {
            let letters =
                |name: &str| name.chars().any(char::is_alphabetic) && !name.starts_with(|c: char| c.is_numeric());
            found.extend(names.iter().copied().zip(1..=12).filter(|(name, _)| letters(name)));
        }
        if at == 0 {
            words.add_all(std::mem::take(&mut found));
        }
    }
    words.add_all(found);
    words.write("MONTH", code)
}

//! Made-up customers of many languages, and files of them in the encodings that those languages are met in.

use encoding_rs::{Encoding, UTF_8};

use bench::rows::mixed;

/// Customers of a file.
const CUSTOMERS: u64 = 20;

/// What customers of a language are called, and where they live.
#[derive(Debug, Clone)]
pub(crate) struct Language {
    /// The ISO 3166 code of a region where it is spoken.
    pub(crate) region: &'static str,
    /// The encodings that it is met in, besides UTF-8 and UTF-16.
    pub(crate) encodings: Vec<&'static str>,
    given: Vec<&'static str>,
    family: Vec<&'static str>,
    street: Vec<&'static str>,
    city: Vec<&'static str>,
}

/// All languages.
///
/// # Errors
/// The line of the list that cannot be read.
pub(crate) fn languages() -> Result<Vec<Language>, String> {
    let mut languages: Vec<Language> = Vec::new();
    for line in include_str!("customers.txt").lines().filter(|line| !line.starts_with('#')) {
        let mut words = line.split(' ');
        let kind = words.next().unwrap_or_default();
        if kind == "language" {
            let (_, region) = (words.next(), words.next().unwrap_or_default());
            let none = Vec::new;
            let encodings = words.collect();
            languages.push(Language { region, encodings, given: none(), family: none(), street: none(), city: none() });
            continue;
        }
        let language = languages.last_mut().ok_or("the list of customers begins without a language")?;
        let list = match kind {
            "given" => &mut language.given,
            "family" => &mut language.family,
            "street" => &mut language.street,
            "city" => &mut language.city,
            other => return Err(format!("the list of customers has a line of `{other}`")),
        };
        list.extend(words);
    }
    Ok(languages)
}

impl Language {
    /// A file of twenty customers; the same seed makes the same file.
    pub(crate) fn file(&self, seed: u64) -> String {
        let mut text = "email;first_name;last_name;address;city\n".to_owned();
        for customer in 0..CUSTOMERS {
            let random = mixed(seed ^ mixed(customer));
            let of = |words: &[&'static str], shift: u32| {
                let at = (random >> shift) % words.len().max(1) as u64;
                words.get(usize::try_from(at).unwrap_or_default()).copied().unwrap_or_default()
            };
            let number = (random >> 50) % 98 + 1;
            text.push_str(&format!(
                "c{customer}@example.org;{};{};{} {number};{}\n",
                of(&self.given, 0),
                of(&self.family, 10),
                of(&self.street, 20),
                of(&self.city, 30),
            ));
        }
        text
    }
}

/// A text in an encoding.
///
/// # Errors
/// When nothing is called so, or the encoding cannot write the text.
pub(crate) fn encoded(text: &str, label: &str) -> Result<Vec<u8>, String> {
    if label == "utf-16le" {
        return Ok(text.encode_utf16().flat_map(u16::to_le_bytes).collect());
    }
    let page = label.strip_prefix("cp").and_then(|number| number.parse::<u16>().ok());
    if let Some(table) = page.and_then(|page| oem_cp::code_table::ENCODING_TABLE_CP_MAP.get(&page)) {
        let byte =
            |letter: char| u8::try_from(letter).ok().filter(u8::is_ascii).or_else(|| table.get(&letter).copied());
        return text.chars().map(byte).collect::<Option<_>>().ok_or_else(|| format!("{label} cannot write {text}"));
    }
    let encoding = Encoding::for_label(label.as_bytes()).ok_or_else(|| format!("there is no encoding {label}"))?;
    let (bytes, written, bad) = encoding.encode(text);
    if bad || (written == UTF_8 && label != "utf-8") {
        return Err(format!("{label} cannot write {text}"));
    }
    Ok(bytes.into_owned())
}

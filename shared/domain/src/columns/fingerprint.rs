//! What distinguishes one header row from another.

use std::collections::BTreeSet;
use std::fmt;

use xxhash_rust::xxh3::xxh3_128;

use super::id::fold;

/// The set of names in a header row, as a hash: their order, and how they are spelled where Muster does not care, make no
/// difference. Columns that begin with `_` are those that a report adds, and count as little as those without a name.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct HeaderFingerprint(u128);

impl HeaderFingerprint {
    /// The fingerprint of a header; none if it has no names.
    pub fn of<'a>(names: impl IntoIterator<Item = &'a str>) -> Option<Self> {
        let names: BTreeSet<String> = names
            .into_iter()
            .filter(|name| !name.trim_start().starts_with('_'))
            .map(fold)
            .filter(|name| !name.is_empty())
            .collect();
        // No name has the character that is between them: a NUL byte is an error of the file.
        let text: Vec<&str> = names.iter().map(String::as_str).collect();
        (!text.is_empty()).then(|| Self(xxh3_128(text.join("\0").as_bytes())))
    }
}

impl fmt::Display for HeaderFingerprint {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:032x}", self.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn two_headers_are_alike_if_they_have_the_same_set_of_names() {
        let of = |header: &str| HeaderFingerprint::of(header.split(','));
        let first = of("Kundennr,E-Mail,Telefon");
        for (header, is_alike) in [
            ("Telefon,Kundennr,E-Mail", true),
            ("kundennr, e_mail ,TELEFON", true),
            ("_row,_line,Kundennr,E-Mail,Telefon,_message", true),
            ("Kundennr,E-Mail,Telefon,,", true),
            ("Kundennr,E-Mail", false),
            ("Kundennr,E-Mail,Telefon,Ort", false),
            ("KundennrE-Mail,Telefon", false),
        ] {
            assert_eq!(of(header) == first, is_alike, "{header}");
        }
        assert_eq!(of(" ,_row,-"), None);
    }
}

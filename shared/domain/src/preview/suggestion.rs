//! What a header may mean that names no column.

use schemars::JsonSchema;
use serde::Serialize;

use crate::columns::{ColumnId, is_opt_out, suggestion, translated};
use crate::plan::Values;
use crate::row::{Identifier, Region, Slot};

/// Different values that show what a column holds.
const ENOUGH: usize = 3;

/// A column that a header may mean.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
pub struct Suggestion {
    /// The column.
    pub column: String,
    /// What speaks for it.
    pub why: String,
}

/// What a header may mean, by its words or else by its values. A column that the file has already is not suggested.
pub(super) fn suggested(
    header: &str,
    values: &Values,
    taken: &[&ColumnId],
    region: Option<Region>,
) -> Option<Suggestion> {
    if is_opt_out(header) {
        return None;
    }
    let is_free = |name: &&str| ColumnId::parse(name).is_some_and(|column| !taken.contains(&&column));
    if let Some(name) = suggestion(header).filter(is_free) {
        return Some(Suggestion { column: name.to_owned(), why: format!("The header has the words of `{name}`.") });
    }
    if let Some((name, languages)) = translated(header).filter(|(name, _)| is_free(name)) {
        return Some(Suggestion { column: name.to_owned(), why: format!("It is a name of `{name}` in {languages}.") });
    }
    // What many rows share is not about the customer, such as who sold them something.
    let are_different = values.different.len() >= ENOUGH && values.different.len() * 10 >= values.seen * 9;
    let all = |slot: Slot| {
        let is_one = |value: &String| Identifier::parse(&slot, value, region).is_ok();
        are_different && values.different.iter().all(is_one)
    };
    if is_free(&"email") && all(Slot::Email) {
        return Some(Suggestion { column: "email".to_owned(), why: "Its values are email addresses.".to_owned() });
    }
    // Without the country code any number of some digits may be a phone number.
    let are_international = values.different.iter().all(|value| value.starts_with('+'));
    if is_free(&"phone") && are_international && all(Slot::Phone) {
        return Some(Suggestion { column: "phone".to_owned(), why: "Its values are phone numbers.".to_owned() });
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    fn suggestion_of(header: &str, values: &[&str], taken: &[ColumnId]) -> Option<String> {
        let mut different: Vec<String> = values.iter().map(|value| (*value).to_owned()).collect();
        different.dedup();
        let values = Values { different, seen: values.len() };
        let taken: Vec<&ColumnId> = taken.iter().collect();
        suggested(header, &values, &taken, None).map(|suggestion| suggestion.column)
    }

    #[test]
    fn words_and_values_suggest_a_column_that_the_file_does_not_have() {
        let emails = ["a@b.de", "c@d.de", "e@f.de"];
        let phones = ["+4915112345675", "+4915112345676", "+4915112345677"];
        for (header, values, taken, expected) in [
            ("Billing City", &[][..], vec![], Some("city")),
            ("Billing City", &[], vec![ColumnId::Attribute("city".into())], None),
            ("Telefon", &["0151 1152449"], vec![], Some("phone")),
            ("Telefon", &["0151 1152449"], vec![ColumnId::Phone], None),
            ("Kontakt", &emails, vec![], Some("email")),
            ("Kontakt", &emails, vec![ColumnId::Email], None),
            ("Verkauft von", &["a@b.de", "a@b.de", "a@b.de", "c@d.de", "e@f.de"], vec![], None),
            ("Kontakt", &emails[..2], vec![], None),
            ("Kontakt", &["a@b.de", "c@d.de", "nobody"], vec![], None),
            ("Handy", &phones, vec![], Some("phone")),
            ("Nummer", &["15112345675", "15112345676", "15112345677"], vec![], None),
            ("Do not email", &emails, vec![], None),
        ] {
            assert_eq!(suggestion_of(header, values, &taken).as_deref(), expected, "{header} {values:?}");
        }
    }
}

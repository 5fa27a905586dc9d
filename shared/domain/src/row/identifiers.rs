//! Identifiers say whom a row is about. They are compared and stored in one form.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

use super::invisible::plain;
use super::region::Region;
use super::{Rules, email, external_id, phone, placeholders};
use crate::codes::RowCode;
use crate::columns::{ColumnId, is_system};
use crate::wording::quoted;

/// A kind of identifier: a customer has at most one of each. Stronger kinds come first.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
pub enum Slot {
    /// The customer's id in a system; without a name, the main one.
    ExternalId(Option<String>),
    /// The email address.
    Email,
    /// The phone number.
    Phone,
}

/// The text does not name a slot.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("not an identifier's name")]
pub struct InvalidSlot;

impl Slot {
    /// What a value of the slot is called in a message.
    const fn noun(&self) -> &'static str {
        match self {
            Slot::ExternalId(_) => "external id",
            Slot::Email => "email address",
            Slot::Phone => "phone number",
        }
    }

    /// Its name without a system.
    const fn kind(&self) -> &'static str {
        match self {
            Slot::ExternalId(_) => "external_id",
            Slot::Email => "email",
            Slot::Phone => "phone",
        }
    }

    /// The slot that a column's cells fill; none if the column holds no identifier.
    pub fn of_column(column: &ColumnId) -> Option<Self> {
        match column {
            ColumnId::ExternalId(system) => Some(Self::ExternalId(system.clone())),
            ColumnId::Email => Some(Self::Email),
            ColumnId::Phone => Some(Self::Phone),
            _ => None,
        }
    }

    /// The column whose cells fill it.
    pub fn column(&self) -> ColumnId {
        match self {
            Self::ExternalId(system) => ColumnId::ExternalId(system.clone()),
            Self::Email => ColumnId::Email,
            Self::Phone => ColumnId::Phone,
        }
    }
}

impl fmt::Display for Slot {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.kind())?;
        match self {
            Slot::ExternalId(Some(system)) => write!(f, ".{system}"),
            _ => Ok(()),
        }
    }
}

impl FromStr for Slot {
    type Err = InvalidSlot;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        match text {
            "external_id" => Ok(Slot::ExternalId(None)),
            "email" => Ok(Slot::Email),
            "phone" => Ok(Slot::Phone),
            _ => match text.strip_prefix("external_id.") {
                Some(system) if is_system(system) => Ok(Slot::ExternalId(Some(system.to_owned()))),
                _ => Err(InvalidSlot),
            },
        }
    }
}

/// A normalised identifier.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Identifier {
    slot: Slot,
    value: String,
}

/// Why a text is not an identifier.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct InvalidIdentifier {
    /// The stable code.
    pub code: RowCode,
    /// What is wrong and what to do about it.
    pub message: String,
}

impl InvalidIdentifier {
    fn beside_customers(text: &str) -> Self {
        let message = format!(
            "“{}” stands above or below the customers and is nobody's external id: remove its row. If it is a real one, set `on_placeholder` to `keep`.",
            quoted(text)
        );
        Self { code: RowCode::PlaceholderIdentifier, message }
    }

    fn placeholder(slot: &Slot, text: &str) -> Self {
        let noun = slot.noun();
        let mut message = format!("“{}” stands for a missing value and is nobody's {noun}.", quoted(text));
        if matches!(slot, Slot::ExternalId(_)) {
            message.push_str(" If it is a real one, set `on_placeholder` to `keep`.");
        }
        Self { code: RowCode::PlaceholderIdentifier, message }
    }
}

/// What is strange about an identifier, though it can be used.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Remark {
    /// A phone number that can be read with and without a country code.
    AmbiguousPhone,
}

/// An identifier as a cell gives it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CellIdentifier {
    /// The identifier.
    pub identifier: Identifier,
    /// What is strange about it.
    pub remark: Option<Remark>,
}

impl Identifier {
    /// Reads an identifier of a slot at its word, as somebody gives it who looks for a customer.
    ///
    /// # Errors
    /// What is wrong with it.
    pub fn parse(slot: &Slot, text: &str, region: Option<Region>) -> Result<Self, InvalidIdentifier> {
        let value = match slot {
            Slot::ExternalId(_) => external_id::parse(text),
            Slot::Email => email::parse(text),
            Slot::Phone => phone::parse(text, region).map(|phone| phone.number),
        };
        Self::new(slot, value)
    }

    /// Reads the identifier of a cell. Unlike [`Identifier::parse`], this refuses what programs write where a value is
    /// missing or lost.
    ///
    /// # Errors
    /// What is wrong with it.
    pub fn of_cell(slot: &Slot, text: &str, rules: &Rules) -> Result<CellIdentifier, InvalidIdentifier> {
        let is_first_of_a_count =
            rules.may_begin_a_count && matches!(slot, Slot::ExternalId(_)) && placeholders::is_zeros(&plain(text));
        if !rules.keep_placeholders && !is_first_of_a_count && placeholders::is_nobodys(&plain(text)) {
            return Err(InvalidIdentifier::placeholder(slot, text));
        }
        if !rules.keep_placeholders
            && matches!(slot, Slot::ExternalId(_))
            && placeholders::is_beside_customers(&plain(text))
        {
            return Err(InvalidIdentifier::beside_customers(text));
        }
        let (value, remark) = match slot {
            Slot::ExternalId(_) => (external_id::of_cell(text), None),
            Slot::Email => (email::parse(text), None),
            Slot::Phone => match phone::parse(text, rules.default_region) {
                Ok(phone) => (Ok(phone.number), phone.is_ambiguous.then_some(Remark::AmbiguousPhone)),
                Err(message) => (Err(message), None),
            },
        };
        Ok(CellIdentifier { identifier: Self::new(slot, value)?, remark })
    }

    /// Writes the key of a cell's identifier in place of what `key` has: of the one that [`Identifier::of_cell`] reads,
    /// without making it where that can be spared. Gives what is strange about it; none if the cell has no identifier, or
    /// if the column takes none.
    pub(crate) fn write_key(column: &ColumnId, text: &str, rules: &Rules, key: &mut String) -> Option<Option<Remark>> {
        key.clear();
        match column {
            ColumnId::Email if email::is_usual(text) => {
                key.push_str("email#");
                let begin = key.len();
                key.push_str(text);
                key[begin..].make_ascii_lowercase();
                return Some(None);
            }
            ColumnId::ExternalId(system) if external_id::is_usual(text) => {
                key.push_str("external_id");
                if let Some(system) = system {
                    key.push('.');
                    key.push_str(system);
                }
                key.push('#');
                key.push_str(text);
                return Some(None);
            }
            _ => {}
        }
        let slot = Slot::of_column(column)?;
        let CellIdentifier { identifier, remark } = Self::of_cell(&slot, text, rules).ok()?;
        key.push_str(&identifier.key());
        Some(remark)
    }

    fn new(slot: &Slot, value: Result<String, String>) -> Result<Self, InvalidIdentifier> {
        match value {
            Ok(value) => Ok(Self { slot: slot.clone(), value }),
            Err(message) => Err(InvalidIdentifier { code: code(slot), message }),
        }
    }

    /// The slot that it fills.
    pub fn slot(&self) -> Slot {
        self.slot.clone()
    }

    /// Its normalised value.
    pub fn value(&self) -> &str {
        &self.value
    }

    /// Its key in the identities table: `email#…`, `phone#…`, `external_id#…`, `external_id.SYSTEM#…`.
    pub fn key(&self) -> String {
        match &self.slot {
            slot @ Slot::ExternalId(Some(_)) => format!("{slot}#{}", self.value),
            slot => [slot.kind(), "#", &self.value].concat(),
        }
    }

    /// The identifier of a stored key.
    pub fn from_key(key: &str) -> Option<Self> {
        let (slot, value) = key.split_once('#')?;
        Some(Self { slot: slot.parse().ok()?, value: value.to_owned() })
    }
}

/// The code of a value that its slot does not take.
const fn code(slot: &Slot) -> RowCode {
    match slot {
        Slot::ExternalId(_) => RowCode::InvalidExternalId,
        Slot::Email => RowCode::InvalidEmail,
        Slot::Phone => RowCode::InvalidPhone,
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn a_key_is_written_as_the_identifier_of_the_cell_has_it(
            text in "[ '-]{0,1}([A-Za-z0-9@._+-]{0,20}|[0-9-]{0,12}|[Nn][Uu][Ll]{2}|.{0,8})",
            slot in prop::sample::select(vec!["external_id", "external_id.shop", "email"]),
            keep_placeholders in any::<bool>(),
            may_begin_a_count in any::<bool>(),
        ) {
            let slot: Slot = slot.parse().unwrap();
            let rules = Rules { keep_placeholders, may_begin_a_count, ..Rules::default() };
            let mut key = "before".to_owned();
            let written = Identifier::write_key(&slot.column(), &text, &rules, &mut key);
            let read = Identifier::of_cell(&slot, &text, &rules).ok();
            prop_assert_eq!(written.map(|remark| (key, remark)), read.map(|cell| (cell.identifier.key(), cell.remark)));
        }
    }

    fn read(slot: &str, text: &str, rules: &Rules) -> Result<String, RowCode> {
        Identifier::of_cell(&slot.parse().unwrap(), text, rules)
            .map(|cell| cell.identifier.value().to_owned())
            .map_err(|invalid| invalid.code)
    }

    #[test]
    fn slots_and_keys_survive_their_text() {
        let id = Identifier::parse(&"external_id.shop".parse().unwrap(), "a#b", None).unwrap();
        assert_eq!(id.key(), "external_id.shop#a#b");
        assert_eq!(Identifier::from_key(&id.key()), Some(id));
        for system in ["", "Shop", "a#b", &"s".repeat(33)] {
            assert!(format!("external_id.{system}").parse::<Slot>().is_err(), "{system}");
        }
    }

    #[test]
    fn each_slot_refuses_with_its_own_code() {
        let rules = Rules::default();
        assert_eq!(read("external_id", "a\u{1}", &rules), Err(RowCode::InvalidExternalId));
        assert_eq!(read("external_id.shop", "1.2E+14", &rules), Err(RowCode::InvalidExternalId));
        assert_eq!(read("email", "ann", &rules), Err(RowCode::InvalidEmail));
        assert_eq!(read("phone", "+1", &rules), Err(RowCode::InvalidPhone));
    }

    #[test]
    fn zeros_are_an_external_id_only_where_ids_begin_to_count() {
        let rules = Rules::default();
        for (row, slot, text, is_id) in [
            (1, "external_id", "000000", true),
            (1, "external_id.shop", "0", true),
            (2, "external_id", "000000", false),
            (1, "external_id", "NULL", false),
            (1, "phone", "0000000000", false),
        ] {
            let read = Identifier::of_cell(&slot.parse().unwrap(), text, &rules.of_row(row));
            assert_eq!(read.is_ok(), is_id, "{slot} {text} in row {row}");
        }
    }

    #[test]
    fn placeholders_are_nobodys_unless_they_are_kept() {
        let rules = Rules { default_region: Region::parse("US"), ..Rules::default() };
        let kept = Rules { keep_placeholders: true, ..rules.clone() };
        for (slot, text, at_its_word) in [
            ("external_id", "NULL", Ok("NULL")),
            ("external_id.shop", "0000", Ok("0000")),
            ("external_id", "\u{200b}N/A", Ok("N/A")),
            ("external_id", "Total", Ok("Total")),
            ("external_id", "Summe:", Ok("Summe:")),
            ("external_id", "ИТОГО", Ok("ИТОГО")),
            ("external_id", "(2 rows affected)", Ok("(2 rows affected)")),
            ("external_id", r#"{"ImportId":"_recordId"}"#, Ok(r#"{"ImportId":"_recordId"}"#)),
            ("email", "none", Err(RowCode::InvalidEmail)),
            ("phone", "000-000-0000", Err(RowCode::InvalidPhone)),
        ] {
            assert_eq!(read(slot, text, &rules), Err(RowCode::PlaceholderIdentifier), "{slot} {text}");
            assert_eq!(read(slot, text, &kept), at_its_word.map(str::to_owned), "{slot} {text}");
            let looked_up = Identifier::parse(&slot.parse().unwrap(), text, None).map(|found| found.value().to_owned());
            assert_eq!(looked_up.map_err(|invalid| invalid.code), at_its_word.map(str::to_owned), "{slot} {text}");
        }
        let refused = Identifier::of_cell(&Slot::Email, "-", &rules).unwrap_err();
        assert!(!refused.message.contains("keep"), "no setting makes a dash an address");
    }

    #[test]
    fn a_phone_that_can_be_read_two_ways_is_remarked() {
        let rules = Rules { default_region: Region::parse("DE"), ..Rules::default() };
        let remark = |text: &str| Identifier::of_cell(&Slot::Phone, text, &rules).unwrap().remark;
        assert_eq!(remark("4915112345675"), Some(Remark::AmbiguousPhone));
        assert_eq!(remark("+4915112345675"), None);
    }
}

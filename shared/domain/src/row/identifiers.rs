//! Identifiers say whom a row is about. They are compared and stored in one form.

use std::fmt;
use std::str::FromStr;

use email_address::EmailAddress;
use rlibphonenumber::{PHONE_NUMBER_UTIL, PhoneNumberFormat};
use serde::{Deserialize, Serialize};

use crate::codes::RowCode;
use crate::columns::is_system;

/// Longest external id, in bytes.
const MAX_EXTERNAL_ID: usize = 256;
/// Longest email address, in bytes (RFC 5321, 4.5.3.1.3, less the angle brackets).
const MAX_EMAIL: usize = 254;

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

impl fmt::Display for Slot {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Slot::ExternalId(None) => f.write_str("external_id"),
            Slot::ExternalId(Some(system)) => write!(f, "external_id.{system}"),
            Slot::Email => f.write_str("email"),
            Slot::Phone => f.write_str("phone"),
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

impl Identifier {
    /// Reads an identifier of a slot.
    ///
    /// # Errors
    /// What is wrong with it.
    pub fn parse(slot: &Slot, text: &str, region: Option<Region>) -> Result<Self, InvalidIdentifier> {
        let value = match slot {
            Slot::ExternalId(_) => external_id(text)?,
            Slot::Email => email(text)?,
            Slot::Phone => phone(text, region)?,
        };
        Ok(Self { slot: slot.clone(), value })
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
        format!("{}#{}", self.slot, self.value)
    }

    /// The identifier of a stored key.
    pub fn from_key(key: &str) -> Option<Self> {
        let (slot, value) = key.split_once('#')?;
        Some(Self { slot: slot.parse().ok()?, value: value.to_owned() })
    }
}

fn external_id(text: &str) -> Result<String, InvalidIdentifier> {
    let invalid = |message: &str| InvalidIdentifier { code: RowCode::InvalidExternalId, message: message.to_owned() };
    let text = text.trim();
    if text.len() > MAX_EXTERNAL_ID {
        return Err(invalid(&format!("An external id has at most {MAX_EXTERNAL_ID} bytes. Shorten it.")));
    }
    if text.is_empty() || text.chars().any(char::is_control) {
        return Err(invalid("An external id cannot be empty or have control characters."));
    }
    Ok(text.to_owned())
}

fn email(text: &str) -> Result<String, InvalidIdentifier> {
    let invalid = |message: String| InvalidIdentifier { code: RowCode::InvalidEmail, message };
    let text = text.trim();
    let text = text.get(..7).filter(|start| start.eq_ignore_ascii_case("mailto:")).map_or(text, |_| &text[7..]);
    let text = text.strip_prefix('<').and_then(|inner| inner.strip_suffix('>')).unwrap_or(text).to_lowercase();
    let no_address = || invalid("This is not an email address. Write one address, such as ann@example.com.".to_owned());
    let (local, domain) = text.rsplit_once('@').ok_or_else(no_address)?;
    if local.contains('@') || text.contains(char::is_whitespace) {
        return Err(invalid("A cell takes one email address. Give further ones rows of their own.".to_owned()));
    }
    let domain = idna::domain_to_ascii_strict(domain).map_err(|_| no_address())?;
    if !domain.contains('.') {
        return Err(invalid(
            "The address has no dot in its domain. Write it in full, such as ann@example.com.".to_owned(),
        ));
    }
    let address = format!("{local}@{domain}");
    if address.len() > MAX_EMAIL {
        return Err(invalid(format!("An email address has at most {MAX_EMAIL} bytes.")));
    }
    if EmailAddress::is_valid(&address) { Ok(address) } else { Err(no_address()) }
}

/// A region in whose national form phone numbers are written.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(into = "String", try_from = "String")]
pub struct Region(rlibphonenumber::Region);

impl Region {
    /// The region of an ISO 3166 code of two letters.
    pub fn parse(code: &str) -> Option<Self> {
        let code = code.to_ascii_uppercase();
        isocountry::CountryCode::for_alpha2(&code).ok()?;
        rlibphonenumber::Region::from_str(&code).ok().map(Self)
    }
}

impl From<Region> for String {
    fn from(region: Region) -> Self {
        region.0.to_string()
    }
}

impl TryFrom<String> for Region {
    type Error = InvalidSlot;

    fn try_from(code: String) -> Result<Self, Self::Error> {
        Self::parse(&code).ok_or(InvalidSlot)
    }
}

fn phone(text: &str, region: Option<Region>) -> Result<String, InvalidIdentifier> {
    let invalid = |message: &str| InvalidIdentifier { code: RowCode::InvalidPhone, message: message.to_owned() };
    let text = text.trim();
    let text = text.get(..4).filter(|start| start.eq_ignore_ascii_case("tel:")).map_or(text, |_| text[4..].trim());
    if is_scientific(text) {
        return Err(invalid(
            "A spreadsheet turned this number into a rounded one, and its last digits are lost. Format the column as text and enter the number again.",
        ));
    }
    let international = match text.strip_prefix("00") {
        Some(rest) if !rest.starts_with('0') => format!("+{rest}"),
        _ => text.to_owned(),
    };
    let has_code = international.starts_with(['+', '＋']);
    if !has_code && region.is_none() {
        return Err(invalid(
            "The number has no country code. Write it with + in front, or set the import's default region.",
        ));
    }
    let wrong = || invalid("This is not a phone number that can exist. Check its digits and its country code.");
    let number = PHONE_NUMBER_UTIL.parse(&international, region.map(|region| region.0)).map_err(|_| wrong())?;
    if !PHONE_NUMBER_UTIL.is_valid_number(&number) {
        return Err(wrong());
    }
    Ok(PHONE_NUMBER_UTIL.format(&number, PhoneNumberFormat::E164).into_owned())
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
    use super::*;

    fn value(slot: &str, text: &str, region: Option<&str>) -> Result<String, RowCode> {
        let slot: Slot = slot.parse().unwrap();
        Identifier::parse(&slot, text, region.and_then(Region::parse))
            .map(|identifier| identifier.value().to_owned())
            .map_err(|invalid| invalid.code)
    }

    #[test]
    fn emails_are_compared_in_lower_case_with_their_domain_in_punycode() {
        for (text, expected) in [
            (" VICTORIA1665@YAHOO.CO.UK ", "victoria1665@yahoo.co.uk"),
            ("mailto:<a.b+c@Example.com>", "a.b+c@example.com"),
            ("jörg@bücher.de", "jörg@xn--bcher-kva.de"),
        ] {
            assert_eq!(value("email", text, None), Ok(expected.to_owned()), "{text}");
        }
        for text in
            ["", "a", "a@b", "a b@c.de", "a@b.de, c@d.de", "@b.de", "a@.de", &format!("{}@b.de", "x".repeat(250))]
        {
            assert_eq!(value("email", text, None), Err(RowCode::InvalidEmail), "{text}");
        }
    }

    #[test]
    fn phones_are_stored_in_e164() {
        for (text, region, expected) in [
            ("+1 201-291-4177", None, "+12012914177"),
            ("0012012914177", None, "+12012914177"),
            ("tel:+1 (201) 291 4177", None, "+12012914177"),
            ("01510 1152449", Some("DE"), "+4915101152449"),
            ("090-1945-8073", Some("JP"), "+819019458073"),
            ("+81 90-1945-8073", Some("DE"), "+819019458073"),
        ] {
            assert_eq!(value("phone", text, region), Ok(expected.to_owned()), "{text}");
        }
        for (text, region) in
            [("4.21907E+11", Some("SK")), ("090-1945-8073", None), ("12", Some("DE")), ("call me", Some("DE"))]
        {
            assert_eq!(value("phone", text, region), Err(RowCode::InvalidPhone), "{text}");
        }
    }

    #[test]
    fn external_ids_are_kept_as_written() {
        assert_eq!(value("external_id", " 000042 ", None), Ok("000042".to_owned()));
        assert_eq!(value("external_id", "a\u{1}", None), Err(RowCode::InvalidExternalId));
        assert_eq!(value("external_id", &"é".repeat(129), None), Err(RowCode::InvalidExternalId));
        let id = Identifier::parse(&"external_id.shop".parse().unwrap(), "a#b", None).unwrap();
        assert_eq!(Identifier::from_key(&id.key()), Some(id));
        for system in ["", "Shop", "a#b", &"s".repeat(33)] {
            assert!(format!("external_id.{system}").parse::<Slot>().is_err(), "{system}");
        }
    }
}

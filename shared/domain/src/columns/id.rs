//! What a column is, whatever the file calls it.

use std::collections::HashMap;
use std::fmt;
use std::sync::LazyLock;

use serde::{Deserialize, Serialize};

use super::kind::{FieldKind, Kind};
use super::table::{COLUMNS, Column};
use crate::row::{composed, is_invisible};

/// What the columns of custom fields begin with.
pub(super) const CUSTOM: &str = "custom.";

/// The columns of the table by all their names, folded.
static BY_FOLDED_NAME: LazyLock<HashMap<String, &'static str>> = LazyLock::new(|| {
    let names = |column: &'static Column| std::iter::once(column.name).chain(column.other_names());
    COLUMNS.iter().flat_map(|column| names(column).map(|name| (fold(name), column.name))).collect()
});

/// The channels of subscriptions.
pub const CHANNELS: [&str; 6] = ["email", "sms", "mobile_push", "web_push", "viber", "whatsapp"];

/// What a column of a file is.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
pub enum ColumnId {
    /// The customer's id in a system; without a name, the only or main one.
    ExternalId(Option<String>),
    /// The email address.
    Email,
    /// The phone number.
    Phone,
    /// An attribute, by its canonical name.
    Attribute(String),
    /// A custom field, as `custom.NAME`, and what it holds.
    Custom(String, FieldKind),
    /// The row's API endpoint.
    ApiEndpoint,
    /// The row's touchpoint.
    Touchpoint,
    /// The row's segment.
    Segment,
    /// The row's action.
    SourceAction,
    /// When the row's action happened.
    ActionAt,
}

impl ColumnId {
    /// The column that a name or header means.
    pub fn parse(name: &str) -> Option<Self> {
        if let Some(name) = BY_FOLDED_NAME.get(&fold(name)) {
            return Some(Self::canonical(name));
        }
        let lower = name.trim().to_lowercase();
        if let Some(system) = suffix(&lower, &["external_id.", "external id.", "externalidentity"]) {
            return is_system(system).then(|| Self::ExternalId(Some(system.to_owned())));
        }
        if let Some(field) = suffix(&lower, &["custom.", "customfield", "custom_field_"]) {
            return is_system(field).then(|| Self::Attribute(format!("custom.{field}")));
        }
        consent(&lower).map(Self::Attribute)
    }

    fn canonical(name: &str) -> Self {
        match name {
            "external_id" => Self::ExternalId(None),
            "email" => Self::Email,
            "phone" => Self::Phone,
            "api_endpoint" => Self::ApiEndpoint,
            "touchpoint" => Self::Touchpoint,
            "segment" => Self::Segment,
            "source_action" => Self::SourceAction,
            "action_at" => Self::ActionAt,
            attribute => Self::Attribute(attribute.to_owned()),
        }
    }

    /// Whether the column says whom a row is about.
    pub const fn is_identifier(&self) -> bool {
        matches!(self, Self::ExternalId(_) | Self::Email | Self::Phone)
    }

    /// The attribute that the column's cells set.
    pub fn attribute(&self) -> Option<&str> {
        match self {
            Self::Attribute(name) | Self::Custom(name, _) => Some(name),
            _ => None,
        }
    }

    /// What the column's cells hold.
    pub fn kind(&self) -> Kind {
        match self {
            Self::ExternalId(_) | Self::Email | Self::Phone => Kind::Identifier,
            Self::Attribute(name) if name.starts_with("subscribed.") => Kind::Consent,
            Self::Custom(_, holds) => Kind::Field(*holds),
            Self::ActionAt => Kind::Moment,
            Self::Attribute(name) => {
                COLUMNS.iter().find(|column| column.name == name).map_or(Kind::Text(1_000), |column| column.kind)
            }
            _ => Kind::Setting,
        }
    }
}

impl fmt::Display for ColumnId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::ExternalId(None) => f.write_str("external_id"),
            Self::ExternalId(Some(system)) => write!(f, "external_id.{system}"),
            Self::Email => f.write_str("email"),
            Self::Phone => f.write_str("phone"),
            Self::Attribute(name) | Self::Custom(name, _) => f.write_str(name),
            Self::ApiEndpoint => f.write_str("api_endpoint"),
            Self::Touchpoint => f.write_str("touchpoint"),
            Self::Segment => f.write_str("segment"),
            Self::SourceAction => f.write_str("source_action"),
            Self::ActionAt => f.write_str("action_at"),
        }
    }
}

/// The attribute of a header that names a channel, and perhaps a topic. The topic keeps its underscores.
fn consent(header: &str) -> Option<String> {
    let folded = fold(header);
    let whole = folded.strip_prefix("accepts").and_then(|rest| rest.strip_suffix("marketing"));
    if let Some(named) = whole.or_else(|| folded.strip_suffix("marketingconsent")) {
        return CHANNELS.iter().find(|channel| fold(channel) == named).map(|channel| format!("subscribed.{channel}"));
    }
    let by = after(header, "issubscribedby");
    let rest = by.or_else(|| after(header, "subscribed."))?;
    let (channel, rest) = CHANNELS.iter().find_map(|channel| Some((channel, after(rest, &fold(channel))?)))?;
    let topic = if by.is_some() { after(rest, "on").unwrap_or(rest) } else { rest };
    let topic: String = topic.chars().filter(|c| *c == '_' || !is_ignored(*c)).collect();
    match topic.trim_start_matches('.').trim_matches('_') {
        "" => Some(format!("subscribed.{channel}")),
        topic => is_system(topic).then(|| format!("subscribed.{channel}.{topic}")),
    }
}

/// What follows a folded beginning of a name in lower case, as it is written.
fn after<'a>(name: &'a str, beginning: &str) -> Option<&'a str> {
    let mut rest = name;
    for wanted in beginning.chars() {
        rest = rest.trim_start_matches(is_ignored).strip_prefix(wanted)?;
    }
    Some(rest)
}

fn suffix<'a>(name: &'a str, prefixes: &[&str]) -> Option<&'a str> {
    prefixes.iter().find_map(|prefix| name.strip_prefix(prefix)).filter(|rest| !rest.is_empty())
}

/// The name of a system, topic or custom field: `[a-z0-9_]{1,32}`.
pub(crate) fn is_system(name: &str) -> bool {
    (1..=32).contains(&name.len()) && name.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'_')
}

/// A name as it is compared: without regard to case, blanks, `_`, `-`, invisible characters, and how accents are typed.
pub(super) fn fold(name: &str) -> String {
    composed(name).chars().filter(|c| !is_ignored(*c)).flat_map(char::to_lowercase).collect()
}

fn is_ignored(c: char) -> bool {
    c.is_whitespace() || matches!(c, '_' | '-') || is_invisible(c)
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use super::*;

    #[test]
    fn names_and_aliases_are_one_column_in_any_dress() {
        for name in ["Mobile Phone", "mobile_phone", "MobilePhone", "\u{feff}PHONE", "tel", "\u{200e}Pho\u{ad}ne"] {
            assert_eq!(ColumnId::parse(name), Some(ColumnId::Phone), "{name}");
        }
        assert_eq!(ColumnId::parse("ExternalIdentityShop"), Some(ColumnId::ExternalId(Some("shop".into()))));
        assert_eq!(ColumnId::parse("external_id.shop_1"), Some(ColumnId::ExternalId(Some("shop_1".into()))));
        for (name, canonical) in [
            ("IsSubscribedByMobilePushOnNews", "subscribed.mobile_push.news"),
            ("subscribed.sms", "subscribed.sms"),
            ("Subscribed . Email . Spring_Sale", "subscribed.email.spring_sale"),
            ("subscribed.mobile_push.spring-sale", "subscribed.mobile_push.springsale"),
            ("is_subscribed_by_web_push_on_spring_sale", "subscribed.web_push.spring_sale"),
            ("Accepts SMS Marketing", "subscribed.sms"),
            ("Email Marketing Consent", "subscribed.email"),
            ("Accepts Email Marketing", "subscribed.email"),
            ("CustomFieldShoeSize", "custom.shoesize"),
            ("custom.shoe_size", "custom.shoe_size"),
            ("Zip", "postal_code"),
        ] {
            assert_eq!(ColumnId::parse(name), Some(ColumnId::Attribute(canonical.into())), "{name}");
        }
        for name in ["what", "Email Marketing Consent Timestamp", "Accepts Pigeon Marketing", "subscribed.email.ä"] {
            assert_eq!(ColumnId::parse(name), None, "{name}");
        }
    }

    #[test]
    fn no_name_or_alias_means_two_columns() {
        let mut seen = BTreeMap::new();
        for column in COLUMNS {
            for name in std::iter::once(column.name).chain(column.other_names()) {
                let before = seen.insert(fold(name), column.name);
                assert!(before.is_none_or(|before| before == column.name), "{name} is also {before:?}");
                assert_eq!(ColumnId::parse(name).unwrap().to_string(), column.name);
            }
        }
    }
}

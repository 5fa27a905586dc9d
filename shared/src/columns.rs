//! The one table of columns: names, aliases, hints; and how a header row is read with it.

use std::collections::BTreeMap;
use std::fmt;

use serde::{Deserialize, Serialize};

use crate::catalogue::{Fields, listing};
use crate::outcome::{FileCode, FileProblem};

/// What a cell of a column holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// An identifier: whom the row is about.
    Identifier,
    /// Text of at most so many characters.
    Text(usize),
    /// Male, female or other.
    Sex,
    /// A date that is past.
    BirthDate,
    /// A language tag (BCP 47).
    Language,
    /// A time zone (IANA).
    TimeZone,
    /// A country (ISO 3166).
    Country,
    /// Yes or no.
    Flag,
    /// Yes or no, and never changed by an empty cell.
    Consent,
    /// A setting of the import, for this row.
    Setting,
    /// A moment.
    Moment,
    /// What a custom field holds.
    Field(FieldKind),
}

impl Kind {
    /// The kind's word in the reference of columns.
    pub const fn word(self) -> &'static str {
        match self {
            Self::Identifier => "identifier",
            Self::Text(_) => "text",
            Self::Sex => "sex",
            Self::BirthDate => "date",
            Self::Language => "language",
            Self::TimeZone => "time_zone",
            Self::Country => "country",
            Self::Flag | Self::Consent => "yes_no",
            Self::Setting => "setting",
            Self::Moment => "datetime",
            Self::Field(kind) => kind.word(),
        }
    }

    /// Whether its cells are days or moments, whose format is found in the file.
    pub const fn is_dated(self) -> bool {
        matches!(self, Self::BirthDate | Self::Moment | Self::Field(FieldKind::Date | FieldKind::Datetime))
    }
}

/// What a custom field holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum FieldKind {
    /// Text.
    Text,
    /// A decimal number.
    Number,
    /// A day.
    Date,
    /// A moment.
    Datetime,
    /// Yes or no.
    YesNo,
    /// Several texts.
    List,
}

impl FieldKind {
    /// Every kind.
    pub const ALL: [Self; 6] = [Self::Text, Self::Number, Self::Date, Self::Datetime, Self::YesNo, Self::List];

    /// The kind's word.
    pub const fn word(self) -> &'static str {
        match self {
            Self::Text => "text",
            Self::Number => "number",
            Self::Date => "date",
            Self::Datetime => "datetime",
            Self::YesNo => "yes_no",
            Self::List => "list",
        }
    }

    /// The kind with this word.
    pub fn from_word(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|kind| kind.word() == word)
    }
}

/// A column that a file may have.
#[derive(Debug, Clone, Copy)]
pub struct Column {
    /// Its name.
    pub name: &'static str,
    /// What other systems call it.
    pub aliases: &'static [&'static str],
    /// What its cells hold.
    pub kind: Kind,
    /// What to write into it.
    pub hint: &'static str,
    /// A value as it may stand in a file.
    pub example: &'static str,
}

const fn column(
    name: &'static str,
    aliases: &'static [&'static str],
    kind: Kind,
    hint: &'static str,
    example: &'static str,
) -> Column {
    Column { name, aliases, kind, hint, example }
}

/// Every column, in the order of the template. `external_id.SYSTEM`, `subscribed.CHANNEL.TOPIC` and `custom.NAME` stand
/// for families.
pub static COLUMNS: &[Column] = &[
    column(
        "external_id",
        &["customer id", "user id", "id", "crm id"],
        Kind::Identifier,
        "The customer's id in your system, up to 256 bytes; leading zeros stay.",
        "C-0001",
    ),
    column("email", &["e-mail", "email address", "mail"], Kind::Identifier, "One email address.", "ann@example.com"),
    column(
        "phone",
        &["mobile phone", "mobile", "phone number", "tel", "cell"],
        Kind::Identifier,
        "International form with +, or national form of the import's default region.",
        "+1 201 555 0123",
    ),
    column("first_name", &["given name"], Kind::Text(256), "Up to 256 characters.", "Ann"),
    column("last_name", &["surname", "family name"], Kind::Text(256), "Up to 256 characters.", "Lee"),
    column("middle_name", &["patronymic"], Kind::Text(256), "Up to 256 characters.", "Marie"),
    column("full_name", &["name"], Kind::Text(256), "Up to 256 characters; it is not split.", "Ann Marie Lee"),
    column("sex", &["gender"], Kind::Sex, "male, female or other.", "female"),
    column(
        "birth_date",
        &["birthday", "date of birth", "dob"],
        Kind::BirthDate,
        "A date as 1990-12-31, or in the import's date format; from 1900 on.",
        "1990-12-31",
    ),
    column("language", &["locale"], Kind::Language, "A language tag (BCP 47).", "en-US"),
    column("time_zone", &["timezone"], Kind::TimeZone, "A time zone's IANA name.", "Europe/Berlin"),
    column("country", &[], Kind::Country, "An ISO 3166 code, or the English name.", "DE"),
    column("region", &["state", "province"], Kind::Text(256), "Up to 256 characters.", "Hesse"),
    column("city", &["town"], Kind::Text(256), "Up to 256 characters.", "Frankfurt"),
    column(
        "postal_code",
        &["zip", "zip code", "postcode"],
        Kind::Text(32),
        "Up to 32 characters; leading zeros stay.",
        "01067",
    ),
    column(
        "address",
        &["street", "address1", "address line 1"],
        Kind::Text(512),
        "Up to 512 characters.",
        "Main Street 1",
    ),
    column("company", &["organisation", "organization"], Kind::Text(256), "Up to 256 characters.", "Example Ltd"),
    column("email_confirmed", &["is email confirmed"], Kind::Flag, "yes or no.", "yes"),
    column("phone_confirmed", &["is mobile phone confirmed", "is phone confirmed"], Kind::Flag, "yes or no.", "no"),
    column("discount_card", &["loyalty card", "card number"], Kind::Text(256), "Up to 256 characters.", "4000123"),
    column("subscribed", &["is subscribed"], Kind::Consent, "yes or no; empty leaves it as it is.", "yes"),
    column(
        "subscribed.email",
        &["is subscribed by email", "accepts marketing", "accepts email marketing"],
        Kind::Consent,
        "yes or no. Also sms, mobile_push, web_push, viber, whatsapp, each with .TOPIC.",
        "yes",
    ),
    column(
        "api_endpoint",
        &["data source"],
        Kind::Setting,
        "The system name of a known API endpoint.",
        "Muster touchpoint",
    ),
    column(
        "touchpoint",
        &["point of contact", "source point of contact", "brand"],
        Kind::Setting,
        "The system name of a known touchpoint.",
        "Muster touchpoint",
    ),
    column("segment", &["list"], Kind::Setting, "The name of a segment, or GROUP/NAME.", "May survey"),
    column(
        "source_action",
        &["action template", "source action template", "last update action template"],
        Kind::Setting,
        "The action noted in the customer's feed.",
        "Filled in May survey",
    ),
    column(
        "action_at",
        &[
            "action date",
            "source date time",
            "last update date time (utc)",
            "source date time utc",
            "last update date time",
        ],
        Kind::Moment,
        "When the action happened; default: when the import was launched.",
        "2026-05-01T12:00:00Z",
    ),
];

/// What the columns of custom fields begin with.
const CUSTOM: &str = "custom.";

/// The channels that a customer can be subscribed by.
const CHANNELS: [&str; 6] = ["email", "sms", "mobile_push", "web_push", "viber", "whatsapp"];

/// A column of a file, known for what it is.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
pub enum ColumnId {
    /// The customer's id in a system; none: the only or main one.
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
        let folded = fold(name);
        let found = COLUMNS
            .iter()
            .find(|column| fold(column.name) == folded || column.aliases.iter().any(|alias| fold(alias) == folded));
        if let Some(column) = found {
            return Some(Self::canonical(column.name));
        }
        let lower = name.trim().to_lowercase();
        if let Some(system) = suffix(&lower, &["external_id.", "external id.", "externalidentity"]) {
            return is_system(system).then(|| Self::ExternalId(Some(system.to_owned())));
        }
        if let Some(field) = suffix(&lower, &["custom.", "customfield", "custom_field_"]) {
            return is_system(field).then(|| Self::Attribute(format!("custom.{field}")));
        }
        let rest = suffix(&folded, &["subscribed.", "issubscribedby"])?;
        let channel = CHANNELS.into_iter().find(|channel| rest.starts_with(&fold(channel)))?;
        let topic = rest[fold(channel).len()..].trim_start_matches('.');
        match (topic, topic.strip_prefix("on").filter(|_| folded.starts_with("issubscribedby"))) {
            ("", _) => Some(Self::Attribute(format!("subscribed.{channel}"))),
            (_, Some(topic)) | (topic, None) if is_system(topic) => {
                Some(Self::Attribute(format!("subscribed.{channel}.{topic}")))
            }
            _ => None,
        }
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

fn suffix<'a>(name: &'a str, prefixes: &[&str]) -> Option<&'a str> {
    prefixes.iter().find_map(|prefix| name.strip_prefix(prefix)).filter(|rest| !rest.is_empty())
}

/// The name of a system, topic or custom field: `[a-z0-9_]{1,32}`.
pub(crate) fn is_system(name: &str) -> bool {
    (1..=32).contains(&name.len()) && name.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'_')
}

/// A name as it is compared: without regard to case, spaces, `_` and `-`, and to what editors leave invisibly behind.
fn fold(name: &str) -> String {
    name.chars()
        .filter(|c| !c.is_whitespace() && !matches!(c, '_' | '-' | '\u{feff}' | '\u{200b}'..='\u{200d}' | '\u{2060}'))
        .flat_map(char::to_lowercase)
        .collect()
}

/// Headers that are columns of another name; none: the column is left out.
pub type Mapping = BTreeMap<String, Option<String>>;

/// Which cell of a record is which column.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Layout {
    /// The headers as written.
    pub header: Vec<String>,
    /// For each cell its column; none: it is left out.
    pub columns: Vec<Option<ColumnId>>,
}

impl Layout {
    /// Where a column stands in a record.
    pub fn position(&self, column: &ColumnId) -> Option<usize> {
        self.columns.iter().position(|at| at.as_ref() == Some(column))
    }
}

/// Reads the header record.
///
/// # Errors
/// Everything wrong with it.
pub fn read_header(cells: &[&str], line: u64, mapping: &Mapping, fields: &Fields) -> Result<Layout, Vec<FileProblem>> {
    let mut problems = Vec::new();
    let mut problem = |code, column: Option<&str>, message: String| {
        let column = column.map(ToOwned::to_owned);
        problems.push(FileProblem { code, row: Some(0), line: Some(line), column, message });
    };
    if cells.iter().all(|cell| cell.trim().is_empty()) {
        problem(FileCode::NoHeader, None, "The first record names no columns. Put a header row on top.".to_owned());
        return Err(problems);
    }
    let mapped: BTreeMap<String, &Option<String>> = mapping.iter().map(|(header, to)| (fold(header), to)).collect();
    for header in mapping.keys() {
        if !cells.iter().any(|cell| fold(cell) == fold(header)) {
            let message = format!(
                "The settings map the header “{header}”, and the file has no such header. Correct the mapping."
            );
            problem(FileCode::UnknownColumn, Some(header), message);
        }
    }
    let mut columns: Vec<Option<ColumnId>> = Vec::with_capacity(cells.len());
    for (position, cell) in cells.iter().enumerate() {
        let shown = if cell.trim().is_empty() { format!("column {}", position + 1) } else { (*cell).to_owned() };
        let id = match mapped.get(&fold(cell)) {
            Some(None) => None,
            Some(Some(to)) => ColumnId::parse(to),
            None if cell.trim().starts_with('_') => None,
            None => {
                let id = ColumnId::parse(cell);
                if id.is_none() {
                    problem(FileCode::UnknownColumn, Some(&shown), unknown(cell, position));
                }
                id
            }
        };
        let id = match id {
            Some(ColumnId::Attribute(name)) if name.starts_with(CUSTOM) => match fields.get(&name[CUSTOM.len()..]) {
                Some(holds) => Some(ColumnId::Custom(name, *holds)),
                None => {
                    problem(FileCode::UnknownColumn, Some(&shown), undeclared(&name[CUSTOM.len()..], fields));
                    None
                }
            },
            id => id,
        };
        let before = id.as_ref().and_then(|id| columns.iter().position(|other| other.as_ref() == Some(id)));
        if let (Some(id), Some(before)) = (&id, before) {
            let message = format!(
                "The columns {} and {} are both `{id}`. Leave one out, or map it to another column.",
                before + 1,
                position + 1
            );
            problem(FileCode::DuplicateColumn, Some(&shown), message);
        }
        columns.push(id);
    }
    if !columns.iter().flatten().any(ColumnId::is_identifier) {
        let mut message =
            "No column says whom a row is about. Add a column email, phone or external_id, or map one.".to_owned();
        if let [only] = cells
            && let Some(other) = [';', '\t', '|', ','].into_iter().find(|delimiter| only.contains(*delimiter))
        {
            message.push_str(&format!(
                " The header is a single cell with {other:?} in it: that may be the file's delimiter."
            ));
        }
        problem(FileCode::NoIdentifierColumn, None, message);
    }
    if problems.is_empty() {
        Ok(Layout { header: cells.iter().map(|cell| (*cell).to_owned()).collect(), columns })
    } else {
        Err(problems)
    }
}

fn undeclared(field: &str, fields: &Fields) -> String {
    format!(
        "There is no custom field `{field}`. {} Declare it (muster create custom-field {field} --type text), correct the header, or leave the column out by mapping it to nothing.",
        listing(fields.keys().map(String::as_str))
    )
}

fn unknown(header: &str, position: usize) -> String {
    if header.trim().is_empty() {
        return format!("Column {} has no header. Name it, or remove the column.", position + 1);
    }
    let folded = fold(header);
    let names = COLUMNS.iter().flat_map(|column| {
        std::iter::once(column.name).chain(column.aliases.iter().copied()).map(move |name| (name, column.name))
    });
    let near = names
        .map(|(name, canonical)| (strsim::normalized_damerau_levenshtein(&fold(name), &folded), canonical))
        .max_by(|a, b| a.0.total_cmp(&b.0));
    match near {
        Some((likeness, name)) if likeness >= 0.6 => format!(
            "There is no column “{header}”. Did you mean `{name}`? Rename it, map it to a column, or leave it out by mapping it to nothing."
        ),
        _ => format!(
            "There is no column “{header}”. Rename it, map it to a column, or leave it out by mapping it to nothing."
        ),
    }
}

/// The page of documentation on the columns, made from the table.
pub fn page() -> String {
    let mut page = String::from(
        "# The columns of an import\n\n\
         Made from the table in `shared/src/columns.rs`; a test compares it. Names are matched without regard to case, \
         spaces, `_` and `-`. Columns that begin with `_` are left out.\n\n\
         | column | type | also called | what to write | example |\n| --- | --- | --- | --- | --- |\n",
    );
    for column in COLUMNS {
        let Column { name, aliases, kind, hint, example } = column;
        let aliases = aliases.join(", ");
        page.push_str(&format!("| `{name}` | {} | {aliases} | {hint} | {example} |\n", kind.word()));
    }
    page.push_str(
        "\nFamilies: `external_id.SYSTEM`, `subscribed.CHANNEL`, `subscribed.CHANNEL.TOPIC`, and `custom.NAME` for the custom \
         fields that are declared.\n",
    );
    page
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_page_on_columns_is_made_from_the_table() {
        let path = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("../docs/columns.md");
        if std::env::var_os("UPDATE_GOLDEN").is_some() {
            std::fs::write(&path, page()).unwrap();
        }
        let written = std::fs::read_to_string(&path).unwrap_or_default();
        assert!(written == page(), "docs/columns.md is not up to date: UPDATE_GOLDEN=1 cargo test -p shared writes it");
    }

    fn read(header: &str) -> Result<Layout, Vec<FileCode>> {
        let cells: Vec<&str> = header.split(',').collect();
        read_header(&cells, 1, &Mapping::new(), &Fields::new())
            .map_err(|found| found.into_iter().map(|problem| problem.code).collect())
    }

    #[test]
    fn names_and_aliases_are_one_column_in_any_dress() {
        for name in ["Mobile Phone", "mobile_phone", "MobilePhone", "\u{feff}PHONE", "tel"] {
            assert_eq!(ColumnId::parse(name), Some(ColumnId::Phone), "{name}");
        }
        assert_eq!(ColumnId::parse("ExternalIdentityShop"), Some(ColumnId::ExternalId(Some("shop".into()))));
        assert_eq!(ColumnId::parse("external_id.shop_1"), Some(ColumnId::ExternalId(Some("shop_1".into()))));
        for (name, canonical) in [
            ("IsSubscribedByMobilePushOnNews", "subscribed.mobile_push.news"),
            ("subscribed.sms", "subscribed.sms"),
            ("Accepts Email Marketing", "subscribed.email"),
            ("CustomFieldShoeSize", "custom.shoesize"),
            ("custom.shoe_size", "custom.shoe_size"),
            ("Zip", "postal_code"),
        ] {
            assert_eq!(ColumnId::parse(name), Some(ColumnId::Attribute(canonical.into())), "{name}");
        }
        assert_eq!(ColumnId::parse("what"), None);
    }

    #[test]
    fn no_name_or_alias_means_two_columns() {
        let mut seen = BTreeMap::new();
        for column in COLUMNS {
            for name in std::iter::once(&column.name).chain(column.aliases) {
                let before = seen.insert(fold(name), column.name);
                assert!(before.is_none_or(|before| before == column.name), "{name} is also {before:?}");
                assert_eq!(ColumnId::parse(name).unwrap().to_string(), column.name);
            }
        }
    }

    #[test]
    fn what_is_wrong_with_a_header_is_named() {
        assert_eq!(read("email,_row,First Name").unwrap().columns[1], None);
        assert_eq!(read(" , "), Err(vec![FileCode::NoHeader]));
        assert_eq!(read("email,E-Mail"), Err(vec![FileCode::DuplicateColumn]));
        assert_eq!(read("first_name"), Err(vec![FileCode::NoIdentifierColumn]));
        assert_eq!(read("email,"), Err(vec![FileCode::UnknownColumn]));
        let problems = read_header(&["email", "phnoe"], 1, &Mapping::new(), &Fields::new()).unwrap_err();
        assert!(problems[0].message.contains("`phone`"), "{}", problems[0].message);
    }

    #[test]
    fn foreign_headers_are_mapped_or_left_out() {
        let mapping = Mapping::from([("Kundennr".into(), Some("external_id".into())), ("Notes".into(), None)]);
        let layout = read_header(&["kundennr", "Notes"], 1, &mapping, &Fields::new()).unwrap();
        assert_eq!(layout.columns, [Some(ColumnId::ExternalId(None)), None]);
        assert!(read_header(&["email"], 1, &mapping, &Fields::new()).is_err());
    }
}

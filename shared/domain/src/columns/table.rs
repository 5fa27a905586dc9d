//! The one table of columns: names, aliases, hints and examples. The template, the reference, the page of documentation
//! and the reading of headers all come from it.

use super::kind::Kind;

/// A column that a file may have.
#[derive(Debug, Clone, Copy)]
pub struct Column {
    /// Its name.
    pub name: &'static str,
    /// Names that other systems give it.
    pub aliases: &'static [&'static str],
    /// Names that give way where a file has another name of the column, best first. Those that products give to one of
    /// several phones or addresses are only here.
    pub lesser: &'static [&'static str],
    /// What its cells hold.
    pub kind: Kind,
    /// What to write into it.
    pub hint: &'static str,
    /// An example of a cell.
    pub example: &'static str,
}

const fn column(
    name: &'static str,
    aliases: &'static [&'static str],
    kind: Kind,
    hint: &'static str,
    example: &'static str,
) -> Column {
    Column { name, aliases, lesser: &[], kind, hint, example }
}

impl Column {
    const fn lesser(self, lesser: &'static [&'static str]) -> Self {
        Self { lesser, ..self }
    }

    /// The names that mean the column, besides its own.
    pub fn other_names(&self) -> impl Iterator<Item = &'static str> {
        let is_further = |name: &&str| *name != self.name && !self.aliases.contains(name);
        self.aliases.iter().chain(self.lesser.iter().filter(move |name| is_further(name))).copied()
    }
}

/// Names that mean something else beside a header of the same file: the id in a file of lead forms is that of the form
/// filled in, and a person may fill in many.
pub(super) static MEANS_ANOTHER: &[(&str, &str)] = &[("id", "form id"), ("id", "campaign id")];

/// Every column, in the order of the template. Families such as `external_id.SYSTEM`, `subscribed.CHANNEL.TOPIC` and
/// `custom.NAME` are read by `ColumnId::parse`.
pub static COLUMNS: &[Column] = &[
    column(
        "external_id",
        &["customer id", "user id", "id", "crm id"],
        Kind::Identifier,
        "The customer's id in your system, up to 256 bytes; leading zeros stay.",
        "C-0001",
    ),
    column("email", &["e-mail", "email address", "mail"], Kind::Identifier, "One email address.", "ann@example.com")
        .lesser(&["e-mail 1 - value", "primary email", "work email"]),
    column(
        "phone",
        &[
            "mobile phone",
            "mobile",
            "phone number",
            "tel",
            "cell",
            "mobile phone number",
            "mobile number",
            "cell phone",
        ],
        Kind::Identifier,
        "International form with +, or national form of the import's default region.",
        "+1 201 555 0123",
    )
    .lesser(&[
        "phone",
        "phone number",
        "telephone",
        "tel",
        "phone 1 - value",
        "primary phone",
        "home phone",
        "shipping phone number",
        "default address phone",
    ]),
    column("first_name", &["given name", "forename", "fname"], Kind::Text(256), "Up to 256 characters.", "Ann"),
    column("last_name", &["surname", "family name", "lname"], Kind::Text(256), "Up to 256 characters.", "Lee"),
    column("middle_name", &["patronymic", "additional name"], Kind::Text(256), "Up to 256 characters.", "Marie"),
    column("full_name", &["name"], Kind::Text(256), "Up to 256 characters; it is not split.", "Ann Marie Lee"),
    column("sex", &["gender"], Kind::Sex, "male, female or other.", "female"),
    column(
        "birth_date",
        &["birthday", "date of birth", "dob"],
        Kind::BirthDate,
        "A date as 1990-12-31, or in the import's date format; from 1900 on.",
        "1990-12-31",
    ),
    column("language", &["locale"], Kind::Language, "A language tag (BCP 47), up to 64 characters.", "en-US"),
    column("time_zone", &["timezone"], Kind::TimeZone, "A time zone's IANA name.", "Europe/Berlin"),
    column("country", &["country/region"], Kind::Country, "An ISO 3166 code, or the name in a larger language.", "DE")
        .lesser(&[
            "country code",
            "default address country code",
            "home country",
            "home country/region",
            "mailing country",
            "shipping country",
            "address 1 - country",
            "card address country",
        ]),
    column(
        "region",
        &["state", "province", "state/region", "state/province"],
        Kind::Text(256),
        "Up to 256 characters.",
        "Hesse",
    )
    .lesser(&[
        "province code",
        "state code",
        "default address province code",
        "home state",
        "mailing state/province",
        "mailing state",
        "shipping province/state",
        "address 1 - region",
        "card address state",
    ]),
    column("city", &["town"], Kind::Text(256), "Up to 256 characters.", "Frankfurt").lesser(&[
        "default address city",
        "home city",
        "mailing city",
        "shipping city",
        "address 1 - city",
        "card address city",
    ]),
    column(
        "postal_code",
        &["zip", "zip code", "postcode", "zip/postal code"],
        Kind::Text(32),
        "Up to 32 characters; leading zeros stay.",
        "01067",
    )
    .lesser(&[
        "default address zip",
        "home zip",
        "home postal code",
        "mailing zip/postal code",
        "mailing postal code",
        "shipping zip",
        "address 1 - postal code",
        "card address zip",
    ]),
    column(
        "address",
        &["street", "address1", "address line 1", "street address"],
        Kind::Text(512),
        "Up to 512 characters.",
        "Main Street 1",
    )
    .lesser(&[
        "default address address1",
        "home street",
        "home address 1",
        "mailing street",
        "shipping address 1",
        "address 1 - street",
        "card address line1",
    ]),
    column(
        "company",
        &["organisation", "organization", "company name", "organization name", "organization 1 - name"],
        Kind::Text(256),
        "Up to 256 characters.",
        "Example Ltd",
    )
    .lesser(&["default address company", "account name", "associated company"]),
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

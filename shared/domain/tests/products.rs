//! The exports of real products, as they are: which of their columns are taken, and which are left out.

#![expect(clippy::unwrap_used, reason = "a failed expectation fails the test")]

use std::path::PathBuf;

use domain::imports::{CatalogueAtLaunch, ImportRequest, read_options};
use domain::plan::Planner;
use jiff::Timestamp;

/// What is taken of each export: headers with their columns, in the order of the file. Everything else is left out.
const EXPORTS: &[(&str, &[(&str, &str)])] = &[
    (
        "shopify-customers.csv",
        &[
            ("Customer ID", "external_id"),
            ("First Name", "first_name"),
            ("Last Name", "last_name"),
            ("Email", "email"),
            ("Accepts Email Marketing", "subscribed.email"),
            ("Default Address Company", "company"),
            ("Default Address Address1", "address"),
            ("Default Address City", "city"),
            ("Default Address Province Code", "region"),
            ("Default Address Country Code", "country"),
            ("Default Address Zip", "postal_code"),
            ("Phone", "phone"),
            ("Accepts SMS Marketing", "subscribed.sms"),
        ],
    ),
    (
        "shopify-customers-2022.csv",
        &[
            ("First Name", "first_name"),
            ("Last Name", "last_name"),
            ("Email", "email"),
            ("Accepts Marketing", "subscribed.email"),
            ("Company", "company"),
            ("Address1", "address"),
            ("City", "city"),
            ("Province", "region"),
            ("Country", "country"),
            ("Zip", "postal_code"),
            ("Phone", "phone"),
        ],
    ),
    (
        "mailchimp-audience.csv",
        &[
            ("Email Address", "email"),
            ("First Name", "first_name"),
            ("Last Name", "last_name"),
            ("Address", "address"),
            ("Phone Number", "phone"),
            ("Birthday", "birth_date"),
            ("TIMEZONE", "time_zone"),
            ("REGION", "region"),
        ],
    ),
    (
        "hubspot-contacts.csv",
        &[
            ("First Name", "first_name"),
            ("Last Name", "last_name"),
            ("Email", "email"),
            ("Mobile Phone Number", "phone"),
            ("City", "city"),
            ("State/Region", "region"),
            ("Postal Code", "postal_code"),
            ("Country/Region", "country"),
            ("Company Name", "company"),
        ],
    ),
    (
        "google-contacts.csv",
        &[
            ("First Name", "first_name"),
            ("Middle Name", "middle_name"),
            ("Last Name", "last_name"),
            ("Organization Name", "company"),
            ("Birthday", "birth_date"),
            ("E-mail 1 - Value", "email"),
            ("Phone 1 - Value", "phone"),
            ("Address 1 - Street", "address"),
            ("Address 1 - City", "city"),
            ("Address 1 - Region", "region"),
            ("Address 1 - Postal Code", "postal_code"),
            ("Address 1 - Country", "country"),
        ],
    ),
    (
        "google-contacts-2023.csv",
        &[
            ("Name", "full_name"),
            ("Given Name", "first_name"),
            ("Additional Name", "middle_name"),
            ("Family Name", "last_name"),
            ("Birthday", "birth_date"),
            ("Gender", "sex"),
            ("Language", "language"),
            ("E-mail 1 - Value", "email"),
            ("Phone 1 - Value", "phone"),
            ("Address 1 - Street", "address"),
            ("Address 1 - City", "city"),
            ("Address 1 - Region", "region"),
            ("Address 1 - Postal Code", "postal_code"),
            ("Address 1 - Country", "country"),
            ("Organization 1 - Name", "company"),
        ],
    ),
    (
        "outlook-contacts.csv",
        &[
            ("First Name", "first_name"),
            ("Middle Name", "middle_name"),
            ("Last Name", "last_name"),
            ("E-mail Address", "email"),
            ("Mobile Phone", "phone"),
            ("Company", "company"),
            ("Home Street", "address"),
            ("Home City", "city"),
            ("Home State", "region"),
            ("Home Postal Code", "postal_code"),
            ("Home Country/Region", "country"),
            ("Birthday", "birth_date"),
        ],
    ),
    (
        "outlook-contacts-desktop.csv",
        &[
            ("First Name", "first_name"),
            ("Middle Name", "middle_name"),
            ("Last Name", "last_name"),
            ("Company", "company"),
            ("Home Street", "address"),
            ("Home City", "city"),
            ("Home State", "region"),
            ("Home Postal Code", "postal_code"),
            ("Home Country/Region", "country"),
            ("Mobile Phone", "phone"),
            ("Birthday", "birth_date"),
            ("E-mail Address", "email"),
            ("Gender", "sex"),
            ("Language", "language"),
        ],
    ),
    (
        "klaviyo-profiles.csv",
        &[
            ("Email", "email"),
            ("First Name", "first_name"),
            ("Last Name", "last_name"),
            ("Organization", "company"),
            ("Phone Number", "phone"),
            ("Address", "address"),
            ("City", "city"),
            ("State / Region", "region"),
            ("Country", "country"),
            ("Zip Code", "postal_code"),
            ("Email Marketing Consent", "subscribed.email"),
            ("SMS Marketing Consent", "subscribed.sms"),
        ],
    ),
    (
        "stripe-customers.csv",
        &[
            ("id", "external_id"),
            ("Email", "email"),
            ("Name", "full_name"),
            ("Card Address Line1", "address"),
            ("Card Address City", "city"),
            ("Card Address State", "region"),
            ("Card Address Country", "country"),
            ("Card Address Zip", "postal_code"),
        ],
    ),
    (
        "salesforce-contacts.csv",
        &[
            ("First Name", "first_name"),
            ("Last Name", "last_name"),
            ("Mailing Street", "address"),
            ("Mailing City", "city"),
            ("Mailing State/Province", "region"),
            ("Mailing Zip/Postal Code", "postal_code"),
            ("Mailing Country", "country"),
            ("Mobile", "phone"),
            ("Email", "email"),
            ("Account Name", "company"),
        ],
    ),
    (
        "squarespace-contacts.csv",
        &[
            ("Email", "email"),
            ("First Name", "first_name"),
            ("Last Name", "last_name"),
            ("Shipping Address 1", "address"),
            ("Shipping City", "city"),
            ("Shipping Zip", "postal_code"),
            ("Shipping Province/State", "region"),
            ("Shipping Country", "country"),
            ("Shipping Phone Number", "phone"),
            ("Accepts Marketing", "subscribed.email"),
        ],
    ),
    (
        "eventbrite-attendees.csv",
        &[
            ("First Name", "first_name"),
            ("Last Name", "last_name"),
            ("Email", "email"),
            ("Home Address 1", "address"),
            ("Home City", "city"),
            ("Home State", "region"),
            ("Home Zip", "postal_code"),
            ("Home Country", "country"),
            ("Cell Phone", "phone"),
            ("Gender", "sex"),
            ("Birth Date", "birth_date"),
            ("Company", "company"),
        ],
    ),
    (
        "meta-leads.csv",
        &[
            ("full_name", "full_name"),
            ("email", "email"),
            ("phone_number", "phone"),
            ("street_address", "address"),
            ("city", "city"),
            ("state", "region"),
            ("post_code", "postal_code"),
            ("country", "country"),
            ("date_of_birth", "birth_date"),
            ("company_name", "company"),
        ],
    ),
];

fn folder() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../../tests/data/products")
}

/// The columns that are taken of an export, each with its header, if the only setting is that unknown ones are ignored.
fn taken(name: &str) -> Vec<(String, String)> {
    let request = br#"{"file":{"name":"a.csv"},"on_unknown_column":"ignore"}"#;
    let request = ImportRequest::parse(request).unwrap();
    let file = std::fs::read(folder().join(name)).unwrap();
    let launched = Timestamp::from_second(1_780_000_000).unwrap();
    let options = read_options(&request, &CatalogueAtLaunch::default(), launched, file.len() as u64);
    let mut planner = Planner::new(options);
    planner.push(&file);
    let (checked, _) = planner.finish(|_| String::new()).unwrap_or_else(|failure| panic!("{name}: {failure:?}"));
    let columns = checked.layout.header.into_iter().zip(checked.layout.columns);
    columns.filter_map(|(header, column)| Some((header, column?.to_string()))).collect()
}

#[test]
fn the_exports_of_products_are_read_as_they_are() {
    for (name, expected) in EXPORTS {
        let taken = taken(name);
        let taken: Vec<(&str, &str)> =
            taken.iter().map(|(header, column)| (header.as_str(), column.as_str())).collect();
        assert_eq!(taken, *expected, "{name}");
    }
}

#[test]
fn every_export_in_the_folder_is_tested() {
    let mut files: Vec<String> =
        std::fs::read_dir(folder()).unwrap().map(|file| file.unwrap().file_name().into_string().unwrap()).collect();
    files.sort();
    let mut named: Vec<&str> = EXPORTS.iter().map(|(name, _)| *name).collect();
    named.sort_unstable();
    assert_eq!(files, named);
}

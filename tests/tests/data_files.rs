//! Imports files as people have them, and compares counters, reports and stored customers with golden files.
//!
//! `UPDATE_GOLDEN=1 cargo test -p tests --test data_files` overwrites the golden files. Read the difference before you
//! commit.
#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::fmt::Write as _;
use std::path::PathBuf;

use serde_json::{Value as Json, json};
use sha2::{Digest as _, Sha256};
use stack::Options;
use tests::muster::Muster;

/// Customers that a golden file shows. Its checksum covers all of them.
const SHOWN: usize = 25;

fn path_to(path: &str) -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join(path)
}

/// Compares with a golden file, or overwrites it.
fn compare_with_golden(name: &str, found: &str) {
    let path = path_to("golden").join(name);
    if std::env::var_os("UPDATE_GOLDEN").is_some() {
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(&path, found).unwrap();
    }
    let expected = std::fs::read_to_string(&path).unwrap_or_default();
    let differs = expected.lines().zip(found.lines()).find(|(expected, found)| expected != found);
    assert!(expected == found, "{name} differs from tests/golden; the first line that differs: {differs:?}");
}

/// The stored customers as text. Ids and times are left out, because they differ from run to run.
async fn customers(muster: &Muster) -> String {
    let mut lines: Vec<String> = muster
        .customers()
        .await
        .unwrap()
        .values()
        .map(|customer| {
            let attributes: std::collections::BTreeMap<_, _> = customer.attributes.iter().collect();
            format!("{:?} {} feed {}", customer.identifiers, json!(attributes), customer.feed.len())
        })
        .collect();
    lines.sort();
    let checksum = Sha256::digest(lines.join("\n")).iter().fold(String::new(), |mut text, byte| {
        write!(text, "{byte:02x}").unwrap();
        text
    });
    let shown = lines.iter().take(SHOWN).cloned().collect::<Vec<_>>().join("\n");
    format!("{} customers, SHA-256 of all {checksum}\n{shown}\n", lines.len())
}

/// Imports a data file with these settings, and compares what comes of it with the golden files.
async fn import_and_compare(file: &str, settings: Json) {
    let folder = tempfile::tempdir().unwrap();
    let muster = Muster::start(Options::new(folder.path())).await.unwrap();
    let bytes = std::fs::read(path_to("data").join(file)).unwrap();
    let import = muster.import(&bytes, settings).await.unwrap();
    assert_eq!(import["state"], "completed", "{}", import["failure"]);
    let check = &import["check"];
    let shown = json!({
        "file": { "encoding": import["file"]["encoding"], "delimiter": import["file"]["delimiter"] },
        "counters": import["counters"],
        "errors_by_code": import["errors_by_code"],
        "date_format": check["date_format"],
        "columns": check["columns"],
        "repeated_rows": check["repeated_rows"],
        "first_row": check["first_rows"][0],
        "notices": check["notices"],
    });
    compare_with_golden(&format!("{file}.json"), &format!("{}\n", serde_json::to_string_pretty(&shown).unwrap()));
    if !import["links"]["errors"].is_null() {
        let id = import["id"].as_str().unwrap();
        let report = muster.report(id).await.unwrap();
        // A report names its import in each row.
        compare_with_golden(&format!("{file}.errors.csv"), &report.replace(id, "IMPORT"));
    }
    compare_with_golden(&format!("{file}.customers.txt"), &customers(&muster).await);
}

fn german_settings() -> Json {
    json!({
        "default_region": "DE",
        "columns": { "Kundennr": "external_id", "Telefon": "phone", "Vorname": "first_name", "Nachname": "last_name",
                     "E-Mail": "email", "Geburtsdatum": "birth_date", "PLZ": "postal_code", "Ort": "city" },
    })
}

#[tokio::test(flavor = "multi_thread")]
async fn a_shops_export_needs_no_settings() {
    import_and_compare("shop-export-en.csv", json!({})).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_file_saved_by_german_excel_is_read_in_the_encoding_found() {
    let mut settings = german_settings();
    settings["encoding"] = "auto".into();
    import_and_compare("excel-de-windows-1252.csv", settings).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn unicode_text_of_excel_needs_no_settings() {
    import_and_compare("excel-unicode-utf-16.txt", json!({})).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_old_crm_in_windows_1251_has_its_date_format_found() {
    import_and_compare("crm-windows-1251.csv", json!({ "encoding": "auto" })).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn japanese_members_have_national_phone_numbers() {
    import_and_compare("members-shift-jis.csv", json!({ "encoding": "shift_jis", "default_region": "JP" })).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_surveys_rows_name_segment_and_action_themselves() {
    import_and_compare("survey-answers-bom.csv", json!({})).await;
}

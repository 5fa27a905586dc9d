//! Files as people have them, imported whole and compared with golden files: counters, report, customers as stored.
//!
//! `UPDATE_GOLDEN=1 cargo test -p tests --test data_files` writes the golden files anew; read the difference.
#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::fmt::Write as _;
use std::path::PathBuf;

use local::stack::Options;
use serde_json::{Value as Json, json};
use sha2::{Digest as _, Sha256};
use tests::muster::Muster;

/// Customers that a golden file shows; the others are in its checksum.
const SHOWN: usize = 25;

fn at(path: &str) -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join(path)
}

/// Compares with a golden file, or writes it.
fn golden(name: &str, found: &str) {
    let path = at("golden").join(name);
    if std::env::var_os("UPDATE_GOLDEN").is_some() {
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(&path, found).unwrap();
    }
    let expected = std::fs::read_to_string(&path).unwrap_or_default();
    let differs = expected.lines().zip(found.lines()).find(|(expected, found)| expected != found);
    assert!(expected == found, "{name} differs from tests/golden: first line that does: {differs:?}");
}

/// Customers as they are stored, by their identifiers: nothing of ids and times, which differ from run to run.
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

async fn compare(file: &str, settings: Json) {
    let folder = tempfile::tempdir().unwrap();
    let muster = Muster::start(Options::new(folder.path())).await.unwrap();
    let bytes = std::fs::read(at("data").join(file)).unwrap();
    let task = muster.import(&bytes, settings).await.unwrap();
    assert_eq!(task["state"], "completed", "{}", task["failure"]);
    let check = &task["check"];
    let counted = json!({
        "file": { "encoding": task["file"]["encoding"], "delimiter": task["file"]["delimiter"] },
        "counters": task["counters"],
        "errors_by_code": task["errors_by_code"],
        "date_format": check["date_format"],
        "columns": check["columns"],
        "repeated_rows": check["repeated_rows"],
        "first_row": check["first_rows"][0],
        "notices": check["notices"],
    });
    golden(&format!("{file}.json"), &format!("{}\n", serde_json::to_string_pretty(&counted).unwrap()));
    if !task["links"]["errors"].is_null() {
        golden(&format!("{file}.errors.csv"), &muster.report(task["id"].as_str().unwrap()).await.unwrap());
    }
    golden(&format!("{file}.customers.txt"), &customers(&muster).await);
}

fn german() -> Json {
    json!({
        "default_region": "DE",
        "columns": { "Kundennr": "external_id", "Telefon": "phone", "Vorname": "first_name", "Nachname": "last_name",
                     "E-Mail": "email", "Geburtsdatum": "birth_date", "PLZ": "postal_code", "Ort": "city" },
    })
}

#[tokio::test(flavor = "multi_thread")]
async fn a_shops_export_needs_no_settings() {
    compare("shop-export-en.csv", json!({})).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_german_excel_saved_is_read_in_the_encoding_found() {
    let mut settings = german();
    settings["encoding"] = "auto".into();
    compare("excel-de-windows-1252.csv", settings).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn unicode_text_of_excel_needs_no_settings() {
    compare("excel-unicode-utf-16.txt", json!({})).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_old_crm_in_windows_1251_has_its_date_format_found() {
    compare("crm-windows-1251.csv", json!({ "encoding": "auto" })).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn japanese_members_have_national_phone_numbers() {
    compare("members-shift-jis.csv", json!({ "encoding": "shift_jis", "default_region": "JP" })).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_surveys_rows_name_segment_and_action_themselves() {
    compare("survey-answers-bom.csv", json!({})).await;
}

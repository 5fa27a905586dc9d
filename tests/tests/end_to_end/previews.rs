//! Previews of files, next to what their imports come to.

use std::io::Write as _;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde_json::{Value as Json, json};
use tests::muster::Muster;

use super::muster;

async fn preview(muster: &Muster, file: &[u8], settings: Json) -> anyhow::Result<Json> {
    let mut body = settings;
    if body["file"].is_null() {
        body["file"] = json!({ "name": "a.csv", "size": file.len() });
    }
    body["sample"] = STANDARD.encode(file).into();
    muster.post("/imports/preview", body).await
}

#[tokio::test(flavor = "multi_thread")]
async fn a_preview_says_what_the_import_comes_to_and_stores_nothing() {
    let (muster, _folder) = muster().await;
    muster.post("/custom-fields", json!({ "name": "size", "type": "number" })).await.unwrap();
    let latin = b"Kundennr;Vorname;custom.size\n1;J\xfcrgen;42,5\n2;Ann;\n";
    let mapped =
        json!({ "columns": { "Kundennr": "external_id", "Vorname": "first_name" }, "encoding": "windows-1252" });
    let mut packed = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
    packed.write_all(latin).unwrap();
    let packed = packed.finish().unwrap();
    for (file, settings) in [
        (&latin[..], mapped.clone()),
        (&packed, mapped),
        (latin, json!({ "columns": { "Kundennr": "external_id" } })),
        (b"email,Nobody\na@b.de,x\n", json!({})),
        (b"email,birth_date\na@b.de,03/04/1990\n", json!({})),
        (b"email,city\na@b.de,\n", json!({})),
        (b"email\n\"a@b.de\n", json!({})),
        (b"", json!({ "file": { "name": "a.csv" } })),
        (b"\x1f\x8b\x08 no gzip", json!({})),
        (b"PK\x03\x04 and so on", json!({})),
        (
            b"email\na@b.de\n",
            json!({ "file": { "name": "a.csv", "sha256": "47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU=" } }),
        ),
    ] {
        let before = muster.get("/imports").await.unwrap();
        let seen = preview(&muster, file, settings.clone()).await.unwrap();
        assert_eq!(muster.get("/imports").await.unwrap(), before, "a preview is no import");
        let import = muster.import(file, settings).await.unwrap();
        let problems = import["failure"]["problems"].as_array().cloned().unwrap_or_default();
        let failed: Vec<&Json> = problems.iter().map(|problem| &problem["code"]).collect();
        let found: Vec<&Json> = seen["problems"].as_array().unwrap().iter().map(|problem| &problem["code"]).collect();
        if import["state"] == "failed" && problems.is_empty() {
            assert_eq!(found, [&import["failure"]["code"]], "{seen} {import}");
        } else {
            assert_eq!(found, failed, "{seen} {import}");
        }
        assert_eq!(seen["ready"], import["state"] == "completed", "{seen} {import}");
        if import["state"] == "completed" {
            assert_eq!(seen["encoding"]["label"], import["file"]["encoding"]);
            for (row, checked) in
                import["check"]["first_rows"].as_array().unwrap().iter().zip(seen["rows"].as_array().unwrap())
            {
                assert_eq!(row["values"], checked["values"]);
            }
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_report_is_previewed_with_the_settings_of_its_import() {
    let (muster, _folder) = muster().await;
    let file = b"Kundennr,Telefon,Geburtstag\nK1,0151 12345675,03.04.1990\n,12,31.12.1990\n";
    let columns = json!({ "Kundennr": "external_id", "Telefon": "phone", "Geburtstag": "birth_date" });
    let import = muster.import(file, json!({ "columns": columns, "default_region": "DE" })).await.unwrap();
    let id = import["id"].as_str().unwrap();
    let report = muster.report(id).await.unwrap();
    let seen = preview(&muster, report.as_bytes(), json!({ "columns": { "Telefon": "phone" } })).await.unwrap();
    assert_eq!((&seen["report_of"], &seen["ready"]), (&json!(id), &json!(true)), "{seen}");
    let how: Vec<_> =
        seen["columns"].as_array().unwrap().iter().map(|c| (c["header"].as_str().unwrap(), &c["how"])).collect();
    // No row of the report has a number, which is as well.
    assert_eq!(how[0], ("Kundennr", &json!("left_out")), "{how:?}");
    assert_eq!(how[1], ("Telefon", &json!("mapping")));
    assert_eq!(how[2], ("Geburtstag", &json!("report")));
    assert_eq!(seen["date_format"], "DD.MM.YYYY");
}

#[tokio::test(flavor = "multi_thread")]
async fn bad_requests_for_a_preview_are_refused_by_path() {
    let (muster, _folder) = muster().await;
    for (body, expected) in [
        (json!({ "file": { "name": "a.csv" }, "sample": "no base64" }), "invalid_base64"),
        (json!({ "file": { "name": "a.csv" } }), "missing_field"),
        (json!({ "file": { "name": "a.csv" }, "sample": "QUFB".repeat(100_000) }), "too_large"),
        (json!({ "file": { "name": "a.csv", "size": 1 }, "sample": "ZW1haWwK" }), "size_mismatch"),
        (json!({ "file": { "name": "a.csv", "size": 100 }, "sample": "ZW1h" }), "sample_too_short"),
        (
            json!({ "file": { "name": "a.csv" }, "sample": "", "settings": { "api_endpoint": "Nowhere" } }),
            "unknown_api_endpoint",
        ),
    ] {
        let refused = muster.post("/imports/preview", body).await.unwrap_err().to_string();
        assert!(refused.contains("400") && refused.contains(expected), "{refused}");
        assert!(refused.contains("\"path\":\"sample\"") || expected == "unknown_api_endpoint", "{refused}");
    }
}

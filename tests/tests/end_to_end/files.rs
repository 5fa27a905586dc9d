//! Files that are broken, damaged, compressed, large or strange.

use std::io::Write as _;

use serde_json::json;

use super::muster;

#[tokio::test(flavor = "multi_thread")]
async fn a_broken_file_fails_with_its_place_and_changes_nothing() {
    let (muster, _folder) = muster().await;
    muster.import(b"email,city\na@example.com,Rome\n", json!({})).await.unwrap();
    let resources = muster.stack.resources();
    let tables = [&resources.customers_table, &resources.identities_table, &resources.segments_table];
    let mut before = Vec::new();
    for table in tables {
        before.push(muster.items(table).await.unwrap());
    }
    let settings = json!({ "settings": { "segment": { "name": "New" }, "source_action": { "name": "New" } } });
    for (file, code, row, line) in [
        (&b"city\nRome\n"[..], "no_identifier_column", Some(0), Some(1)),
        (b"email,city\nb@example.com,Rome\nc@example.com,\"Os", "unclosed_quote", Some(2), Some(3)),
        (b"email,city\nb@example.com,Rome\nc@example.com,M\xfcnchen\n", "undecodable_bytes", Some(2), Some(3)),
        (b"email,city\nb@example.com\n", "wrong_cell_count", Some(1), Some(2)),
    ] {
        let import = muster.import(file, settings.clone()).await.unwrap();
        assert_eq!(import["state"], "failed");
        let problem = &import["failure"]["problems"][0];
        assert_eq!(import["failure"]["code"], code);
        assert_eq!((problem["row"].as_u64(), problem["line"].as_u64()), (row, line), "{problem}");
        for (table, before) in tables.into_iter().zip(&before) {
            assert!(&muster.items(table).await.unwrap() == before, "{table} changed by {code}");
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn the_check_says_how_a_file_is_read_and_what_is_strange_about_it() {
    let (muster, _folder) = muster().await;
    let text = "external_id;first_name;birthday;phone\n\
                90210;Jürgen;31.12.1990;+49 30 901820\n\
                80331;MÃ¼ller;1.2.1985;4.21907E+11\n\
                01067;Zoë;;\n\
                90210;Jürgen;;\n";
    let (file, _, _) = encoding_rs::WINDOWS_1252.encode(text);
    let import = muster.import(&file, json!({ "encoding": "auto" })).await.unwrap();
    assert_eq!(import["state"], "completed", "{import}");
    assert_eq!((&import["file"]["encoding"], &import["file"]["delimiter"]), (&json!("windows-1252"), &json!(";")));
    let check = &import["check"];
    assert_eq!(check["date_format"], "DD.MM.YYYY");
    let birthday = &check["columns"][2];
    assert_eq!((&birthday["header"], &birthday["column"]), (&json!("birthday"), &json!("birth_date")));
    assert_eq!((&birthday["filled"], &birthday["unreadable"]), (&json!(2), &json!(null)));
    assert_eq!(check["repeated_rows"], 1);
    assert_eq!(check["first_rows"][0]["values"]["phone"], "+4930901820");
    assert_eq!(check["first_rows"][1]["problems"][0]["column"], "phone");
    let notices: Vec<(&str, u64)> = check["notices"]
        .as_array()
        .unwrap()
        .iter()
        .map(|notice| (notice["code"].as_str().unwrap(), notice["row"].as_u64().unwrap()))
        .collect();
    // One spoiled cell of three beyond ASCII is enough to ask whether the encoding is right.
    assert_eq!(notices, [("encoding_uncertain", 1), ("mojibake", 2), ("scientific_notation", 2)]);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_damaged_upload_fails_and_a_launch_names_the_import_that_had_the_same_file() {
    let (muster, _folder) = muster().await;
    let file = b"email\na@example.com\n";
    let sha256 = "DYv3IJm9h2AzS7Ry/9fB9Z5TCG5mWIoUO2uBbLBvZLk=";
    let damaged = json!({ "file": { "name": "a.csv", "size": file.len(), "sha256": sha256 } });
    let import = muster.import(file, damaged).await.unwrap();
    assert_eq!(import["failure"]["code"], "checksum_mismatch", "{import}");
    let import = muster.import(file, json!({})).await.unwrap();
    let sha256 = import["check"]["sha256"].as_str().unwrap();
    let body = json!({ "file": { "name": "b.csv", "size": file.len(), "sha256": sha256 } });
    let launched = muster.post("/imports", body).await.unwrap();
    assert_eq!(launched["imported_before"]["id"], import["id"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_compressed_file_is_imported_and_a_file_that_is_no_csv_is_refused() {
    let (muster, _folder) = muster().await;
    let rows: String = (0..3_000).map(|row| format!("p{row}@example.com,City {row}\n")).collect();
    let mut packed = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::default());
    packed.write_all(format!("email,city\n{rows}").as_bytes()).unwrap();
    let packed = packed.finish().unwrap();
    let import = muster.import(&packed, json!({})).await.unwrap();
    assert_eq!(
        (import["state"].as_str(), import["counters"]["created"].as_u64()),
        (Some("completed"), Some(3_000)),
        "{import}"
    );
    for (file, code) in [
        (&packed[..packed.len() / 2], "damaged_gzip"),
        (b"PK\x03\x04\x14\0\x06\0", "not_csv"),
        (b"\xd0\xcf\x11\xe0\xa1\xb1", "not_csv"),
    ] {
        let import = muster.import(file, json!({})).await.unwrap();
        assert_eq!(import["failure"]["code"], code, "{import}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_file_uploaded_in_parts_is_one_file() {
    let (muster, _folder) = muster().await;
    let long = "x".repeat(4_000);
    let rows: String = (0..2_500).map(|row| format!("p{row}@example.com,\"{long}\n\",{row}\n")).collect();
    let file = format!("email,_note,city\n{rows}");
    let declared = json!({ "file": { "name": "large.csv", "size": file.len(), "multipart": true } });
    let launched = muster.post("/imports", declared.clone()).await.unwrap();
    let multipart = &launched["upload"]["multipart"];
    assert_eq!(multipart["parts"].as_array().unwrap().len(), 2, "{launched}");
    let id = launched["id"].as_str().unwrap();
    let wrong = json!({ "parts": [{ "number": 1, "etag": "\"0\"" }] });
    let refusal = muster.post(&format!("/imports/{id}/upload"), wrong).await.unwrap_err().to_string();
    assert!(refusal.contains("wrong_parts"), "{refusal}");
    let import = muster.import(file.as_bytes(), declared).await.unwrap();
    assert_eq!(
        (import["state"].as_str(), import["counters"]["created"].as_u64()),
        (Some("completed"), Some(2_500)),
        "{import}"
    );
}

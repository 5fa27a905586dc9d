//! Whole imports through real clients, beside the sequential model.
#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::io::Write as _;
use std::time::Duration;

use local::stack::{Options, Timeouts};
use serde_json::json;
use tests::files::{steady_from, tangled};
use tests::model::{Counted, Model};
use tests::muster::{Muster, counted, same};

async fn muster() -> (Muster, tempfile::TempDir) {
    let folder = tempfile::tempdir().unwrap();
    (Muster::start(Options::new(folder.path())).await.unwrap(), folder)
}

#[tokio::test(flavor = "multi_thread")]
async fn a_tangled_file_ends_as_if_read_from_top_to_bottom() {
    for seed in [1, 2, 3] {
        let (muster, _folder) = muster().await;
        let mut model = Model::default();
        let file = tangled(seed, 900);
        let expected = model.import(&file, true).unwrap();
        let settings = json!({ "settings": { "source_action": { "name": "Imported" } } });
        let task = muster.import(&file, settings).await.unwrap();
        assert_eq!(task["state"], "completed", "{task}");
        assert_eq!(counted(&task), expected, "seed {seed}");
        same(&muster.customers().await.unwrap(), &model).unwrap();
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn the_same_file_again_changes_nothing_and_writes_no_customer() {
    let (muster, _folder) = muster().await;
    let file: String = std::iter::once("email,city\n".to_owned())
        .chain((0..1_000).map(|row| format!("p{row}@example.com,Rome\n")))
        .collect();
    let settings = json!({ "settings": { "segment": { "name": "May survey" } } });
    let first = muster.import(file.as_bytes(), settings.clone()).await.unwrap();
    assert_eq!(counted(&first), Counted { created: 1_000, ..Counted::default() });
    let before = muster.stack.usage();
    let second = muster.import(file.as_bytes(), settings).await.unwrap();
    assert_eq!(counted(&second), Counted { unchanged: 1_000, ..Counted::default() });
    let usage = muster.stack.usage().since(&before);
    let resources = muster.stack.resources();
    for table in [&resources.customers_table, &resources.identities_table] {
        assert_eq!(usage.write_units.get(table), None, "{table}: {usage:?}");
    }
    let segments = muster.get("/segments").await.unwrap();
    let id = segments["segments"][0]["id"].as_str().unwrap();
    let members = muster.get(&format!("/segments/{id}/members?limit=200")).await.unwrap();
    assert_eq!(members["members"].as_array().unwrap().len(), 200);
}

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
        let task = muster.import(file, settings.clone()).await.unwrap();
        assert_eq!(task["state"], "failed");
        let problem = &task["failure"]["problems"][0];
        assert_eq!(task["failure"]["code"], code);
        assert_eq!((problem["row"].as_u64(), problem["line"].as_u64()), (row, line), "{problem}");
        for (table, before) in tables.into_iter().zip(&before) {
            assert!(&muster.items(table).await.unwrap() == before, "{table} changed by {code}");
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn the_report_brings_rejected_rows_back_and_can_be_imported_as_it_is() {
    let (muster, _folder) = muster().await;
    let file = "email,phone,city\na@example.com,,Rome\nnobody,,\"=1+1\"\nb@example.com,12,Oslo\n";
    let task = muster.import(file.as_bytes(), json!({})).await.unwrap();
    assert_eq!(counted(&task), Counted { created: 2, rejected: 1, warnings: 1, ..Counted::default() });
    assert_eq!(task["errors_by_code"], json!({ "invalid_email": 1, "value_dropped": 1 }));
    let report = muster.report(task["id"].as_str().unwrap()).await.unwrap();
    let lines: Vec<&str> = report.lines().collect();
    assert_eq!(lines[0], "\u{feff}email,phone,city,_row,_line,_severity,_code,_column,_message");
    assert!(lines[1].starts_with("nobody,,'=1+1,2,3,error,invalid_email,email,"), "{}", lines[1]);
    assert!(lines[2].starts_with("b@example.com,12,Oslo,3,4,warning,value_dropped,phone,"), "{}", lines[2]);
    let corrected = report.replace("nobody", "c@example.com");
    let task = muster.import(corrected.as_bytes(), json!({})).await.unwrap();
    assert_eq!(counted(&task), Counted { created: 1, unchanged: 1, warnings: 1, ..Counted::default() });
    let found = muster.get("/customers?email=C%40Example.com").await.unwrap();
    assert_eq!(found["attributes"]["city"], "=1+1");
}

#[tokio::test(flavor = "multi_thread")]
async fn bad_settings_are_refused_field_by_field_and_a_repeat_is_the_same_task() {
    let (muster, _folder) = muster().await;
    let client = tests::muster::client(muster.stack.api_key()).unwrap();
    let url = format!("{}/imports", muster.stack.api_url());
    let refused = client
        .post(&url)
        .json(&json!({ "file": { "name": "a.csv", "size": 0 }, "delimiter": ";;" }))
        .send()
        .await
        .unwrap();
    assert_eq!(refused.status(), 400);
    assert_eq!(refused.headers()["content-type"], "application/problem+json");
    let body: serde_json::Value = refused.json().await.unwrap();
    let problems: Vec<&str> =
        body["problems"].as_array().unwrap().iter().map(|p| p["path"].as_str().unwrap()).collect();
    assert_eq!(problems, ["file.size", "delimiter"]);
    let mut ids = Vec::new();
    for name in ["a.csv", "a.csv", "b.csv"] {
        let body = json!({ "file": { "name": name } });
        let answer = client.post(&url).header("idempotency-key", "k1").json(&body).send().await.unwrap();
        let (status, body): (u16, serde_json::Value) = (answer.status().as_u16(), answer.json().await.unwrap());
        ids.push((status, body["id"].as_str().map(ToOwned::to_owned)));
    }
    assert_eq!(ids[0].0, 201);
    assert_eq!(ids[1], ids[0]);
    assert_eq!(ids[2], (409, None));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_splitter_out_of_time_goes_on_where_it_stood() {
    let folder = tempfile::tempdir().unwrap();
    let timeouts = Timeouts { splitter: Duration::from_millis(900), ..Timeouts::default() };
    // On a busy machine a run may be cut off before it has stored anything: then it is simply tried again.
    let options = Options {
        timeouts,
        visibility: Some(Duration::from_secs(2)),
        max_receives: 1_000,
        sweep_every: Duration::from_secs(1),
        stalled: Duration::from_secs(5),
        ..Options::new(folder.path())
    };
    let muster = Muster::start(options).await.unwrap();
    // Long rows: much to read and little to apply.
    let (rows, people) = (8_000, 7_500);
    let long = "x".repeat(200);
    let file: String = std::iter::once("email,city,address,company\n".to_owned())
        .chain((0..rows).map(|row| format!("p{}@example.com,City {row},\"{long}\n{long}\",{long}\n", row % people)))
        .collect();
    let task = muster.import(file.as_bytes(), json!({ "dry_run": true })).await.unwrap();
    assert_eq!(task["state"], "completed", "{task}");
    assert_eq!(task["counters"]["rows"], rows);
    let expected = Counted { created: people, updated: rows - people, ..Counted::default() };
    assert_eq!(counted(&task), expected);
    assert_eq!(muster.items(&muster.stack.resources().customers_table).await.unwrap(), Vec::<String>::new());
    let splitter = &muster.stack.usage().functions["splitter"];
    assert!(splitter.invocations > 2, "one run had time enough: {splitter:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_name_that_is_not_in_the_catalogue_is_refused_and_one_that_is_created_is_used() {
    let (muster, _folder) = muster().await;
    let file = b"email,api_endpoint,touchpoint,custom.size\na@example.com,Till,,4.50\nb@example.com,Web,Kiosk,x\nc@example.com,,,\n";
    for (settings, path, code) in [
        (json!({ "settings": { "api_endpoint": "Till" } }), "settings.api_endpoint", "unknown_api_endpoint"),
        (json!({ "settings": { "touchpoint": "Shop" } }), "settings.touchpoint", "unknown_touchpoint"),
        (
            json!({ "settings": { "segment": { "name": "S", "create": false } } }),
            "settings.segment.name",
            "unknown_segment",
        ),
        (
            json!({ "settings": { "source_action": { "name": "A", "create": false } } }),
            "settings.source_action.name",
            "unknown_source_action",
        ),
    ] {
        let refusal = muster.launch(file, settings).await.unwrap_err().to_string();
        assert!(refusal.contains(path) && refusal.contains(code), "{refusal}");
    }
    let failed = muster.import(file, json!({})).await.unwrap();
    assert_eq!(failed["failure"]["code"], "unknown_column", "{failed}");
    muster.post("/api-endpoints", json!({ "name": "Till", "touchpoint": "Shop" })).await.unwrap();
    muster.post("/custom-fields", json!({ "name": "size", "type": "number" })).await.unwrap();
    let again = muster.post("/custom-fields", json!({ "name": "size", "type": "text" })).await.unwrap_err();
    assert!(again.to_string().contains("exists_differently"), "{again}");

    let task = muster.import(file, json!({ "settings": { "api_endpoint": "till" } })).await.unwrap();
    assert_eq!((task["counters"]["created"].as_u64(), task["counters"]["rejected"].as_u64()), (Some(2), Some(1)));
    assert_eq!(task["errors_by_code"], json!({ "unknown_api_endpoint": 1, "unknown_touchpoint": 1 }));
    let customer = muster.get("/customers?email=a@example.com").await.unwrap();
    assert_eq!(customer["attributes"]["custom.size"], "4.5", "{customer}");
    assert_eq!(customer["touchpoints"], json!(["Shop"]), "the touchpoint stands for the API endpoint");
    let groups = muster.get("/api-endpoints").await.unwrap();
    assert_eq!(groups["api_endpoints"][1]["name"], "Till");
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
    let task = muster.import(&file, json!({ "encoding": "auto" })).await.unwrap();
    assert_eq!(task["state"], "completed", "{task}");
    assert_eq!((&task["file"]["encoding"], &task["file"]["delimiter"]), (&json!("windows-1252"), &json!(";")));
    let check = &task["check"];
    assert_eq!(check["date_format"], "DD.MM.YYYY");
    assert_eq!(check["columns"][2], json!({ "header": "birthday", "column": "birth_date", "filled": 2 }));
    assert_eq!(check["repeated_rows"], 1);
    assert_eq!(check["first_rows"][0]["values"]["phone"], "+4930901820");
    assert_eq!(check["first_rows"][1]["problems"][0]["column"], "phone");
    let notices: Vec<(&str, u64)> = check["notices"]
        .as_array()
        .unwrap()
        .iter()
        .map(|notice| (notice["code"].as_str().unwrap(), notice["row"].as_u64().unwrap()))
        .collect();
    assert_eq!(notices, [("mojibake", 2), ("scientific_notation", 2)]);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_damaged_upload_fails_and_a_file_that_was_imported_before_is_said_so() {
    let (muster, _folder) = muster().await;
    let file = b"email\na@example.com\n";
    let sha256 = "DYv3IJm9h2AzS7Ry/9fB9Z5TCG5mWIoUO2uBbLBvZLk=";
    let damaged = json!({ "file": { "name": "a.csv", "size": file.len(), "sha256": sha256 } });
    let task = muster.import(file, damaged).await.unwrap();
    assert_eq!(task["failure"]["code"], "checksum_mismatch", "{task}");
    let task = muster.import(file, json!({})).await.unwrap();
    let sha256 = task["check"]["sha256"].as_str().unwrap();
    let body = json!({ "file": { "name": "b.csv", "size": file.len(), "sha256": sha256 } });
    let launched = muster.post("/imports", body).await.unwrap();
    assert_eq!(launched["imported_before"]["id"], task["id"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_dry_run_counts_and_reports_as_the_import_would_and_writes_nothing() {
    let (muster, _folder) = muster().await;
    let resources = muster.stack.resources();
    let tables = [&resources.customers_table, &resources.identities_table, &resources.segments_table];
    let settings = json!({ "settings": { "segment": { "name": "S" }, "source_action": { "name": "Imported" } } });
    let mut dry_settings = settings.clone();
    dry_settings["dry_run"] = true.into();
    // Rows that are linked only by what is stored may be applied in either order (docs/guarantees.md), so what follows the
    // tangled file is about people of their own, whose rows share the identifiers that link them.
    let people = steady_from(7, 1_000, 120);
    let mut known = steady_from(6, 1_000, 200);
    let of_others = (1_000..1_060).map(|person| format!("C{person},p{}@example.com,,Eve,\n", person + 60));
    known.extend(of_others.collect::<String>().into_bytes());
    for (name, file) in [("tangled", tangled(5, 700)), ("new", people), ("known", known)] {
        let mut before = Vec::new();
        for table in tables {
            before.push(muster.items(table).await.unwrap());
        }
        let dry = muster.import(&file, dry_settings.clone()).await.unwrap();
        for (table, before) in tables.into_iter().zip(&before) {
            assert!(&muster.items(table).await.unwrap() == before, "{table} changed by a dry run");
        }
        let real = muster.import(&file, settings.clone()).await.unwrap();
        assert_eq!(dry["counters"], real["counters"], "{name}");
        assert_eq!(dry["errors_by_code"], real["errors_by_code"], "{name}");
        let reports = [&dry, &real].map(|task| task["id"].as_str().unwrap().to_owned());
        if name != "new" {
            assert_eq!(muster.report(&reports[0]).await.unwrap(), muster.report(&reports[1]).await.unwrap());
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn too_many_rejected_rows_stop_an_import_and_a_retry_goes_on_with_the_rest() {
    let (muster, _folder) = muster().await;
    // Most rows come again, so they travel one batch after another and the import can be stopped between two.
    let mut file = String::from("email\n");
    for row in 0..2_000 {
        file.push_str(&match row {
            0..600 => format!("p{row}@example.com\n"),
            _ if row % 4 == 0 => "nobody\n".to_owned(),
            _ => format!("p{}@example.com\n", row % 600),
        });
    }
    let settings = json!({ "max_rejected_ratio": 0.05, "settings": { "source_action": { "name": "Imported" } } });
    let task = muster.import(file.as_bytes(), settings).await.unwrap();
    assert_eq!(task["failure"]["code"], "too_many_rejected", "{task}");
    let counted = |task: &serde_json::Value, name: &str| task["counters"][name].as_u64().unwrap();
    let outcomes = ["created", "updated", "unchanged", "rejected", "unprocessed"];
    assert_eq!(outcomes.iter().map(|name| counted(&task, name)).sum::<u64>(), 2_000, "{task}");
    assert!(counted(&task, "unprocessed") > 0 && counted(&task, "rejected") > 0, "{task}");
    let id = task["id"].as_str().unwrap();
    muster.until(id, |task| !task["links"]["errors"].is_null()).await.unwrap();
    let report = muster.report(id).await.unwrap();
    assert!(report.contains("invalid_email"), "{report}");

    muster.post(&format!("/imports/{id}/retry"), json!({})).await.unwrap();
    let task = muster.end(id).await.unwrap();
    assert_eq!(task["state"], "completed", "{task}");
    assert_eq!((counted(&task, "created"), counted(&task, "rejected"), counted(&task, "unprocessed")), (600, 350, 0));
    let lines = muster.report(id).await.unwrap().lines().count() as u64;
    assert_eq!(lines, 1 + counted(&task, "rejected"), "a header and every rejected row once");
    let summary = muster.get(&format!("/imports/{id}/errors/summary")).await.unwrap();
    assert_eq!((&summary["codes"][0]["code"], &summary["codes"][0]["rows"]), (&json!("invalid_email"), &json!(350)));
    assert_eq!(summary["codes"][0]["example"]["row"], 601);
    let feed = muster.get("/customers?email=p1@example.com").await.unwrap();
    let feed = muster.get(&format!("/customers/{}/activity", feed["id"].as_str().unwrap())).await.unwrap();
    let times = 1 + (600..2_000).filter(|row| row % 4 != 0 && row % 600 == 1).count();
    assert_eq!(feed["activity"].as_array().unwrap().len(), times, "an activity item for each row, none twice");
    let again = muster.post(&format!("/imports/{id}/retry"), json!({})).await.unwrap_err().to_string();
    assert!(again.contains("nothing_to_retry"), "{again}");
}

#[tokio::test(flavor = "multi_thread")]
async fn an_exported_segment_is_imported_again_without_a_change() {
    let (muster, _folder) = muster().await;
    muster.post("/custom-fields", json!({ "name": "tags", "type": "list" })).await.unwrap();
    let file = "email,phone,external_id.shop,first_name,birth_date,subscribed.sms,custom.tags,city\n\
                a@example.com,+12015550123,007,\"Ann \"\"A\"\"\",1990-12-31,yes,red; blue,\"Rome,\nItaly\"\n\
                b@example.com,,=1+1,-Bo,,no,,\n";
    let settings = json!({ "settings": { "segment": { "group": "Surveys", "name": "May" } } });
    let task = muster.import(file.as_bytes(), settings).await.unwrap();
    assert_eq!(task["counters"]["created"], 2, "{task}");
    let segments = muster.get("/segments").await.unwrap();
    let id = segments["segments"][0]["id"].as_str().unwrap();
    assert_eq!(muster.get(&format!("/segments/{id}")).await.unwrap()["count"], 2);
    let csv = muster.download(&format!("/segments/{id}/export")).await.unwrap();
    let header =
        "\u{feff}external_id.shop,email,phone,first_name,birth_date,city,subscribed.sms,custom.tags,segment\r\n";
    assert!(csv.starts_with(header), "{csv}");
    let again = muster.import(csv.as_bytes(), json!({})).await.unwrap();
    assert_eq!(counted(&again), Counted { unchanged: 2, ..Counted::default() }, "{csv}");
}

#[tokio::test(flavor = "multi_thread")]
async fn an_erased_customer_leaves_nothing_behind_and_others_keep_theirs() {
    let (muster, _folder) = muster().await;
    let file = b"external_id,email,phone,city,segment\nE1,eve@example.com,+12015550199,Rome,A\nE1,eve@example.com,,Oslo,B\nF1,fay@example.com,,Rome,A\n";
    let settings = json!({ "settings": { "source_action": { "name": "Imported" } } });
    muster.import(file, settings.clone()).await.unwrap();
    let eve = muster.get("/customers?email=eve%40example.com").await.unwrap();
    let path = format!("/customers/{}", eve["id"].as_str().unwrap());
    muster.delete(&path).await.unwrap();

    let resources = muster.stack.resources();
    for table in [&resources.customers_table, &resources.identities_table, &resources.segments_table] {
        for item in muster.items(table).await.unwrap() {
            let item = format!("{item:?}");
            for trace in ["eve@example.com", "+12015550199", "external_id#E1", eve["id"].as_str().unwrap()] {
                assert!(!item.contains(trace), "{table} still has {trace}: {item}");
            }
        }
    }
    let again = muster.delete(&path).await.unwrap_err().to_string();
    assert!(again.contains("404") && again.contains("no_such_customer"), "{again}");
    assert_eq!(muster.get("/customers?email=fay%40example.com").await.unwrap()["attributes"]["city"], "Rome");
    let task = muster.import(file, settings).await.unwrap();
    assert_eq!((&task["counters"]["created"], &task["counters"]["updated"]), (&json!(1), &json!(1)), "{task}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_compressed_file_is_imported_and_what_is_no_csv_is_named() {
    let (muster, _folder) = muster().await;
    let rows: String = (0..3_000).map(|row| format!("p{row}@example.com,City {row}\n")).collect();
    let mut packed = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::default());
    packed.write_all(format!("email,city\n{rows}").as_bytes()).unwrap();
    let packed = packed.finish().unwrap();
    let task = muster.import(&packed, json!({})).await.unwrap();
    assert_eq!(
        (task["state"].as_str(), task["counters"]["created"].as_u64()),
        (Some("completed"), Some(3_000)),
        "{task}"
    );
    for (file, code) in [
        (&packed[..packed.len() / 2], "damaged_gzip"),
        (b"PK\x03\x04\x14\0\x06\0", "not_csv"),
        (b"\xd0\xcf\x11\xe0\xa1\xb1", "not_csv"),
    ] {
        let task = muster.import(file, json!({})).await.unwrap();
        assert_eq!(task["failure"]["code"], code, "{task}");
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
    let task = muster.import(file.as_bytes(), declared).await.unwrap();
    assert_eq!(
        (task["state"].as_str(), task["counters"]["created"].as_u64()),
        (Some("completed"), Some(2_500)),
        "{task}"
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn without_a_good_key_there_is_no_answer_but_why() {
    let (muster, _folder) = muster().await;
    for (key, path) in [("wrong", "/imports"), ("", "/customers?email=a%40b.de"), ("wrong", "/nothing/here")] {
        let client = tests::muster::client(key).unwrap();
        let answer = client.get(format!("{}{path}", muster.stack.api_url())).send().await.unwrap();
        assert_eq!(answer.status(), 401, "{path}");
        assert!(answer.headers()["www-authenticate"].to_str().unwrap().starts_with("Bearer"), "{path}");
        let body: serde_json::Value = answer.json().await.unwrap();
        assert_eq!(body["code"], "unauthorized", "{path}");
    }
    let client = tests::muster::client("wrong").unwrap();
    let body = json!({ "file": { "name": "a.csv" } });
    let refused = client.post(format!("{}/imports", muster.stack.api_url())).json(&body).send().await.unwrap();
    assert_eq!(refused.status(), 401);
    assert_eq!(muster.get("/imports").await.unwrap()["imports"], json!([]), "nothing was launched");
}

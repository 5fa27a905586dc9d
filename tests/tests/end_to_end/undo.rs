//! Taking an import back.

use serde_json::{Value as Json, json};
use tests::files::tangled_with;
use tests::muster::Muster;

use super::muster;

/// Takes an import back, and waits for the end of that.
async fn undone(muster: &Muster, import: &Json, body: Json) -> Json {
    let path = format!("/imports/{}/undo", import["id"].as_str().unwrap());
    let undo = muster.post(&path, body).await.unwrap();
    muster.wait_for_end(undo["id"].as_str().unwrap()).await.unwrap()
}

/// Everything that imports write: customers, feeds, claims and members.
async fn everybody(muster: &Muster) -> Vec<String> {
    let names = muster.stack.resources();
    let tables = [names.customers_table.as_str(), &names.identities_table, &names.segments_table];
    muster.everybody(tables).await.unwrap()
}

fn settings(segment: &str) -> Json {
    json!({ "settings": {
        "segment": { "group": "Surveys", "name": segment }, "source_action": { "name": "Imported" },
    } })
}

#[tokio::test(flavor = "multi_thread")]
async fn an_import_that_is_taken_back_leaves_everything_as_it_was() {
    let (muster, _folder) = muster().await;
    assert!(everybody(&muster).await.is_empty());
    let first = muster.import(&tangled_with(3, 300, "Oslo", true), settings("May")).await.unwrap();
    let before = everybody(&muster).await;
    let second = muster.import(&tangled_with(4, 500, "Rome", true), settings("June")).await.unwrap();
    assert_ne!(everybody(&muster).await, before);

    let forecast = undone(&muster, &second, json!({ "dry_run": true })).await;
    let undo = undone(&muster, &second, json!({})).await;
    assert_eq!((&undo["state"], &undo["kind"], &undo["undoes"]), (&json!("completed"), &json!("undo"), &second["id"]));
    assert_eq!(forecast["counters"], undo["counters"]);
    assert_eq!((&undo["counters"]["kept"], &undo["counters"]["failed"]), (&json!(0), &json!(0)), "{undo}");
    let after = everybody(&muster).await;
    let missing: Vec<&String> = before.iter().filter(|item| !after.contains(item)).collect();
    let extra: Vec<&String> = after.iter().filter(|item| !before.contains(item)).collect();
    assert!(missing.is_empty() && extra.is_empty(), "missing: {missing:#?}\nextra: {extra:#?}");

    let shown = muster.get(&format!("/imports/{}", second["id"].as_str().unwrap())).await.unwrap();
    assert_eq!((&shown["undone_by"], &shown["links"]["undo"]), (&undo["id"], &Json::Null), "{shown}");
    let again = muster.post(&format!("/imports/{}/undo", second["id"].as_str().unwrap()), json!({})).await.unwrap();
    assert_eq!(again["id"], undo["id"], "an import is taken back once");

    undone(&muster, &first, json!({})).await;
    assert_eq!(everybody(&muster).await, Vec::<String>::new());
}

#[tokio::test(flavor = "multi_thread")]
async fn what_was_set_since_stays_and_the_report_says_why() {
    let (muster, _folder) = muster().await;
    let email = |name: &str| format!("/customers?email={name}%40example.com");
    muster
        .import(b"email,city,phone\nann@example.com,Rome,+12015550101\nbob@example.com,Rome,\n", json!({}))
        .await
        .unwrap();
    let file = b"email,city,phone,subscribed.email\nann@example.com,Oslo,+12015550102,no\nbob@example.com,Oslo,,\ncleo@example.com,Oslo,,\ndan@example.com,Oslo,,\n";
    let import = muster.import(file, json!({})).await.unwrap();
    muster
        .import(b"email,phone,city\ncleo@example.com,+12015550101,\nbob@example.com,,Bern\n", json!({}))
        .await
        .unwrap();

    let undo = undone(&muster, &import, json!({})).await;
    assert_eq!(undo["counters"], json!({ "rows": 4, "reverted": 1, "kept": 3, "failed": 0 }), "{undo}");
    let codes = json!({ "changed_since": 2, "identifier_taken": 1, "opt_out": 1 });
    assert_eq!(undo["errors_by_code"], codes);
    let ann = muster.get(&email("ann")).await.unwrap();
    assert_eq!((&ann["attributes"]["city"], &ann["attributes"]["subscribed.email"]), (&json!("Rome"), &json!(false)));
    assert_eq!(ann["identifiers"]["phone"], "+12015550102", "cleo has the former one by now");
    assert_eq!(muster.get(&email("bob")).await.unwrap()["attributes"]["city"], "Bern");
    let cleo = muster.get(&email("cleo")).await.unwrap();
    assert_eq!((&cleo["identifiers"]["phone"], &cleo["attributes"]["city"]), (&json!("+12015550101"), &Json::Null));
    assert!(muster.get(&email("dan")).await.unwrap_err().to_string().contains("404"), "nobody else touched dan");
    let report = muster.report(undo["id"].as_str().unwrap()).await.unwrap();
    assert!(report.starts_with("\u{feff}customer,column,outcome,reason\r\n"), "{report}");
    for line in ["subscribed.email,kept,", "phone,kept,Another customer", "city,kept,Row 2 of import"] {
        assert!(report.contains(line), "{report}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn an_identifier_that_was_suppressed_does_not_come_back() {
    let (muster, _folder) = muster().await;
    muster.import(b"email,phone\nann@example.com,+12015550101\n", json!({})).await.unwrap();
    let import = muster.import(b"email,phone\nann@example.com,+12015550102\n", json!({})).await.unwrap();
    muster.delete("/customers?phone=%2B12015550101&suppress=true").await.unwrap();

    let undo = undone(&muster, &import, json!({})).await;
    assert_eq!(undo["counters"], json!({ "rows": 1, "reverted": 0, "kept": 1, "failed": 0 }), "{undo}");
    assert_eq!(undo["errors_by_code"], json!({ "suppressed": 1 }));
    let report = muster.report(undo["id"].as_str().unwrap()).await.unwrap();
    assert!(report.contains(r#"phone,kept,"The former one is suppressed, so it does not come back.""#), "{report}");
    let ann = muster.get("/customers?email=ann%40example.com").await.unwrap();
    assert_eq!(ann["identifiers"]["phone"], "+12015550102");
}

#[tokio::test(flavor = "multi_thread")]
async fn what_cannot_be_taken_back_is_refused_with_the_reason() {
    let (muster, _folder) = muster().await;
    let forecast = muster.import(b"email\nann@example.com\n", json!({ "dry_run": true })).await.unwrap();
    let broken = muster.import(b"email\n\"ann@example.com\n", json!({})).await.unwrap();
    let import = muster.import(b"email\nann@example.com\n", json!({})).await.unwrap();
    let undo = undone(&muster, &import, json!({})).await;
    for (import, code) in [(&forecast, "is_forecast"), (&broken, "nothing_to_undo"), (&undo, "is_undo")] {
        let path = format!("/imports/{}/undo", import["id"].as_str().unwrap());
        let refused = muster.post(&path, json!({})).await.unwrap_err().to_string();
        assert!(refused.contains("409") && refused.contains(code), "{refused}");
    }
    let path = format!("/imports/{}/retry", import["id"].as_str().unwrap());
    let refused = muster.post(&path, json!({})).await.unwrap_err().to_string();
    assert!(refused.contains("undone"), "{refused}");
    let launched = json!({ "file": { "name": "a.csv" }, "undoes": import["id"] });
    let refused = muster.post("/imports", launched).await.unwrap_err().to_string();
    assert!(refused.contains("unknown_field"), "no client can launch an undo as an import: {refused}");
}

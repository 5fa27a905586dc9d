//! Definitions: settings under a name, in requests and previews.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde_json::{Value as Json, json};
use tests::muster::Muster;

use super::muster;

const FILE: &[u8] = b"Kundennr,Telefon,Ort\n1,0151 12345675,Rome\n2,0151 12345676,Oslo\n";

fn mapped() -> Json {
    json!({
        "columns": { "Kundennr": "external_id", "Telefon": "phone", "Ort": "city" },
        "default_region": "DE",
        "settings": { "segment": { "group": "Surveys", "name": "May" } },
    })
}

fn named(name: &str, mut settings: Json) -> Json {
    settings["name"] = name.into();
    settings
}

async fn suggested(muster: &Muster, file: &[u8]) -> Json {
    let body = json!({ "file": { "name": "a.csv", "size": file.len() }, "sample": STANDARD.encode(file) });
    muster.post("/imports/preview", body).await.unwrap()["definition_suggested"].clone()
}

#[tokio::test(flavor = "multi_thread")]
async fn an_import_with_a_definition_has_its_settings_but_for_what_differs_and_keeps_them() {
    let (muster, _folder) = muster().await;
    let defined = muster.post("/definitions", named("Shop", mapped())).await.unwrap();
    assert_eq!((&defined["name"], &defined["default_region"]), (&json!("Shop"), &json!("DE")), "{defined}");
    let import = muster.import(FILE, json!({ "definition": "shop" })).await.unwrap();
    assert_eq!((&import["state"], &import["counters"]["created"]), (&json!("completed"), &json!(2)), "{import}");
    assert_eq!(import["definition"], "Shop");
    let differs = json!({ "definition": "Shop", "settings": { "segment": { "name": "June" } }, "mode": "update_only" });
    let other = muster.import(FILE, differs).await.unwrap();
    assert_eq!(other["counters"]["updated"].as_u64().unwrap() + other["counters"]["unchanged"].as_u64().unwrap(), 2);
    assert_eq!((&other["settings"]["segment"]["name"], &other["mode"]), (&json!("June"), &json!("update_only")));

    let id = import["id"].as_str().unwrap();
    let changed = muster.put("/definitions/Shop", json!({ "default_region": "AT" })).await.unwrap();
    assert_eq!((&changed["default_region"], &changed["columns"]), (&json!("AT"), &Json::Null), "{changed}");
    muster.delete("/definitions/shop").await.unwrap();
    let kept = muster.get(&format!("/imports/{id}")).await.unwrap();
    assert_eq!((&kept["definition"], &kept["settings"]), (&json!("Shop"), &import["settings"]));
    let refused = muster.launch(FILE, json!({ "definition": "Shop" })).await.unwrap_err().to_string();
    assert!(refused.contains("unknown_definition") && refused.contains("\"path\":\"definition\""), "{refused}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_definition_names_the_import_that_it_was_last_used_for_and_no_forecast() {
    let (muster, _folder) = muster().await;
    for name in ["Shop", "Survey"] {
        let defined = muster.post("/definitions", named(name, mapped())).await.unwrap();
        assert_eq!(defined["last_import"], Json::Null);
    }
    muster.import(FILE, json!({ "definition": "shop" })).await.unwrap();
    let last = muster.import(FILE, json!({ "definition": "Shop" })).await.unwrap();
    let forecast = muster.import(FILE, json!({ "definition": "Shop", "dry_run": true })).await.unwrap();
    let expected = json!({ "id": last["id"], "created_at": last["created_at"] });
    assert_eq!(muster.get("/definitions/shop").await.unwrap()["last_import"], expected);
    let listed = muster.get("/definitions").await.unwrap();
    let runs: Vec<&Json> = listed["definitions"].as_array().unwrap().iter().map(|each| &each["last_import"]).collect();
    assert_eq!(runs, [&expected, &Json::Null]);

    // What is shown can be sent back, and the run stays.
    let shown = muster.get("/definitions/Shop").await.unwrap();
    assert_eq!(muster.put("/definitions/Shop", shown).await.unwrap()["last_import"], expected);
    let launched =
        muster.post(&format!("/imports/{}/launch", forecast["id"].as_str().unwrap()), json!({})).await.unwrap();
    assert_eq!(muster.get("/definitions/Shop").await.unwrap()["last_import"]["id"], launched["id"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_preview_suggests_the_definition_whose_header_has_the_same_names() {
    let (muster, _folder) = muster().await;
    let import = muster.import(FILE, mapped()).await.unwrap();
    let kept = json!({ "name": "Monthly", "from_import": import["id"] });
    let defined = muster.post("/definitions", kept).await.unwrap();
    assert_eq!(defined["header"], json!(["Kundennr", "Telefon", "Ort"]), "{defined}");
    assert_eq!(defined["columns"], mapped()["columns"]);
    let other_order = b"ort,TELEFON,Kundennr\nRome,,3\n";
    assert_eq!(suggested(&muster, FILE).await, "Monthly");
    assert_eq!(suggested(&muster, other_order).await, "Monthly");
    assert_eq!(suggested(&muster, b"Kundennr,Telefon\n1,2\n").await, Json::Null);
    let again =
        muster.import(other_order, json!({ "definition": "Monthly", "on_empty_column": "ignore" })).await.unwrap();
    assert_eq!((&again["state"], &again["counters"]["created"]), (&json!("completed"), &json!(1)), "{again}");

    // Without a header, a definition is for files that have just the headers that it maps.
    muster
        .put("/definitions/Monthly", json!({ "columns": { "Kundennr": "external_id", "Ort": "city" } }))
        .await
        .unwrap();
    assert_eq!(suggested(&muster, FILE).await, Json::Null);
    assert_eq!(suggested(&muster, b"Kundennr,Ort\n1,Rome\n").await, "Monthly");
    muster.delete("/definitions/Monthly").await.unwrap();
    assert_eq!(suggested(&muster, b"Kundennr,Ort\n1,Rome\n").await, Json::Null);
}

#[tokio::test(flavor = "multi_thread")]
async fn definitions_are_created_once_and_checked_as_settings_of_an_import_are() {
    let (muster, _folder) = muster().await;
    let create = async |body: Json| muster.post("/definitions", body).await.map_err(|error| error.to_string());
    create(named("Shop", mapped())).await.unwrap();
    for (body, status, code) in [
        (named("SHOP", mapped()), "409", "definition_exists"),
        (named("a/b", mapped()), "400", "invalid_name"),
        (named("Other", json!({ "columns": { "a": "custom.nothing" } })), "400", "\"path\":\"columns.a\""),
        (named("Other", json!({ "settings": { "touchpoint": "nowhere" } })), "400", "unknown_touchpoint"),
        (named("Other", json!({ "mode": "merge" })), "400", "unknown_value"),
        (named("Other", json!({ "from_import": "01KB7Z4Q0VX3H9M2T5R8N6C1DE" })), "404", "no_such_import"),
    ] {
        let refused = create(body).await.unwrap_err();
        assert!(refused.contains(status) && refused.contains(code), "{refused}");
    }
    for name in ["alpha", "Beta", "Café & Söhne"] {
        create(named(name, json!({}))).await.unwrap();
    }
    let names = |listing: &Json| -> Vec<String> {
        let names = listing["definitions"].as_array().unwrap().iter().map(|definition| definition["name"].as_str());
        names.map(|name| name.unwrap().to_owned()).collect()
    };
    let first = muster.get("/definitions?limit=3").await.unwrap();
    assert_eq!(names(&first), ["alpha", "Beta", "Café & Söhne"]);
    let rest = muster.get(&format!("/definitions?cursor={}", "caf%C3%A9%20%26%20s%C3%B6hne")).await.unwrap();
    assert_eq!((names(&rest), &rest["cursor"]), (vec!["Shop".to_owned()], &Json::Null));
    let one = muster.get("/definitions/Caf%C3%A9%20%26%20S%C3%B6hne").await.unwrap();
    assert_eq!(one["name"], "Café & Söhne");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_repeated_request_is_the_same_import_even_if_its_definition_changed_in_between() {
    let (muster, _folder) = muster().await;
    muster.post("/definitions", named("Shop", json!({ "default_region": "DE" }))).await.unwrap();
    let http = tests::client::http_with_key(muster.stack.api_key()).unwrap();
    let launch = async |body: Json| {
        let request = http.post(format!("{}/imports", muster.stack.api_url())).header("idempotency-key", "k");
        let answer = request.json(&body).send().await.unwrap();
        (answer.status().as_u16(), answer.json::<Json>().await.unwrap()["id"].clone())
    };
    let body = json!({ "file": { "name": "a.csv" }, "definition": "Shop" });
    let first = launch(body.clone()).await;
    muster.put("/definitions/Shop", json!({ "default_region": "AT" })).await.unwrap();
    assert_eq!(launch(body).await, first);
    assert_eq!(launch(json!({ "file": { "name": "b.csv" }, "definition": "Shop" })).await.0, 409);
}

//! Requests that are refused: without a key, with bad settings, or with unknown names.

use serde_json::{Value as Json, json};
use tests::client::{http_with_key, http_without_key};

use super::muster;

#[tokio::test(flavor = "multi_thread")]
async fn without_a_valid_key_requests_are_refused_with_a_reason() {
    let (muster, _folder) = muster().await;
    for (key, path) in [("wrong", "/imports"), ("", "/customers?email=a%40b.de"), ("wrong", "/nothing/here")] {
        let client = http_with_key(key).unwrap();
        let answer = client.get(format!("{}{path}", muster.stack.api_url())).send().await.unwrap();
        assert_eq!(answer.status(), 401, "{path}");
        assert!(answer.headers()["www-authenticate"].to_str().unwrap().starts_with("Bearer"), "{path}");
        let body: Json = answer.json().await.unwrap();
        assert_eq!(body["code"], "unauthorized", "{path}");
    }
    let client = http_with_key("wrong").unwrap();
    let body = json!({ "file": { "name": "a.csv" } });
    let refused = client.post(format!("{}/imports", muster.stack.api_url())).json(&body).send().await.unwrap();
    assert_eq!(refused.status(), 401);
    assert_eq!(muster.get("/imports").await.unwrap()["imports"], json!([]), "nothing was launched");
}

/// Ways to ask without a key that is valid: its header, if there is one.
const WITHOUT_KEY: [Option<&str>; 6] = [
    None,
    Some(""),
    Some("Bearer"),
    Some("Bearer wrong"),
    Some("Basic d3Jvbmc6d3Jvbmc="),
    Some("bearer\t wrong wrong"),
];
/// Methods that HTTP has.
const METHODS: [&str; 6] = ["GET", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"];

#[tokio::test(flavor = "multi_thread")]
async fn no_operation_answers_a_request_without_a_valid_key() {
    let (muster, _folder) = muster().await;
    let description: Json = muster.get("/openapi.json").await.unwrap();
    let paths: Vec<String> = description["paths"].as_object().unwrap().keys().cloned().collect();
    let client = http_without_key().unwrap();
    let (mut asked, mut open) = (0, Vec::new());
    for path in paths.iter().map(String::as_str).chain(["/", "/imports/", "/IMPORTS", "/%2e%2e/imports", "/nothing"]) {
        let url = format!("{}{}", muster.stack.api_url(), path.replace(['{', '}'], ""));
        for (method, authorization) in METHODS.iter().flat_map(|method| WITHOUT_KEY.map(|key| (*method, key))) {
            let mut request = client.request(method.parse().unwrap(), &url).body("{}");
            if let Some(authorization) = authorization {
                request = request.header("authorization", authorization);
            }
            let status = request.send().await.unwrap().status().as_u16();
            asked += 1;
            if status != 401 {
                open.push(format!("{method} {path} with {authorization:?}: {status}"));
            }
        }
    }
    println!("{asked} requests without a valid key to {} paths", paths.len());
    assert!(open.is_empty(), "{open:#?}");
    assert_eq!(muster.get("/imports").await.unwrap()["imports"], json!([]), "nothing was launched");
}

#[tokio::test(flavor = "multi_thread")]
async fn bad_settings_are_refused_field_by_field_and_a_repeated_request_is_the_same_import() {
    let (muster, _folder) = muster().await;
    let client = http_with_key(muster.stack.api_key()).unwrap();
    let url = format!("{}/imports", muster.stack.api_url());
    let refused = client
        .post(&url)
        .json(&json!({ "file": { "name": "a.csv", "size": 0 }, "delimiter": ";;" }))
        .send()
        .await
        .unwrap();
    assert_eq!(refused.status(), 400);
    assert_eq!(refused.headers()["content-type"], "application/problem+json");
    let body: Json = refused.json().await.unwrap();
    let problems: Vec<&str> =
        body["problems"].as_array().unwrap().iter().map(|p| p["path"].as_str().unwrap()).collect();
    assert_eq!(problems, ["file.size", "delimiter"]);
    let mut ids = Vec::new();
    for name in ["a.csv", "a.csv", "b.csv"] {
        let body = json!({ "file": { "name": name } });
        let answer = client.post(&url).header("idempotency-key", "k1").json(&body).send().await.unwrap();
        let (status, body): (u16, Json) = (answer.status().as_u16(), answer.json().await.unwrap());
        ids.push((status, body["id"].as_str().map(ToOwned::to_owned)));
    }
    assert_eq!(ids[0].0, 201);
    assert_eq!(ids[1], ids[0]);
    assert_eq!(ids[2], (409, None));
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

    let import = muster.import(file, json!({ "settings": { "api_endpoint": "till" } })).await.unwrap();
    assert_eq!((import["counters"]["created"].as_u64(), import["counters"]["rejected"].as_u64()), (Some(2), Some(1)));
    assert_eq!(import["errors_by_code"], json!({ "unknown_api_endpoint": 1, "unknown_touchpoint": 1 }));
    let customer = muster.get("/customers?email=a@example.com").await.unwrap();
    assert_eq!(customer["attributes"]["custom.size"], "4.5", "{customer}");
    assert_eq!(customer["touchpoints"], json!(["Shop"]), "the touchpoint of the API endpoint");
    let groups = muster.get("/api-endpoints").await.unwrap();
    assert_eq!(groups["api_endpoints"][1]["name"], "Till");
}

#[tokio::test(flavor = "multi_thread")]
async fn names_beyond_ascii_are_listed_and_names_that_differ_by_case_are_one() {
    let (muster, _folder) = muster().await;
    for (path, member) in [("/touchpoints", "touchpoints"), ("/source-actions", "source_actions")] {
        let name = "Магазин 🛍";
        muster.post(path, json!({ "name": name })).await.unwrap();
        for again in [name, "магазин 🛍"] {
            let entry = muster.post(path, json!({ "name": again })).await.unwrap();
            assert_eq!(entry["name"], name, "{again}");
        }
        let listed = muster.get(path).await.unwrap();
        let names: Vec<&Json> = listed[member].as_array().unwrap().iter().map(|entry| &entry["name"]).collect();
        assert_eq!(names.iter().filter(|listed| **listed == name).count(), 1, "{listed}");
    }
    let file = "email,touchpoint\na@example.com,МАГАЗИН 🛍\na@example.com,магазин 🛍\na@example.com,\n";
    let settings = json!({ "settings": { "touchpoint": "мАГАЗИН 🛍", "source_action": { "name": "Came" } } });
    let import = muster.import(file.as_bytes(), settings).await.unwrap();
    assert_eq!(import["counters"]["rejected"], 0, "{import}");
    let customer = muster.get("/customers?email=a@example.com").await.unwrap();
    assert_eq!(customer["touchpoints"], json!(["Магазин 🛍"]));
    let feed = muster.get(&format!("/customers/{}/activity", customer["id"].as_str().unwrap())).await.unwrap();
    let touchpoints: Vec<&Json> = feed["activity"].as_array().unwrap().iter().map(|item| &item["touchpoint"]).collect();
    assert_eq!(touchpoints, ["Магазин 🛍"; 3]);
}

#[tokio::test(flavor = "multi_thread")]
async fn listings_have_cursors() {
    let (muster, _folder) = muster().await;
    for name in ["b", "a", "я", "c"] {
        muster.post("/source-actions", json!({ "name": name })).await.unwrap();
    }
    let rows: String = (0..40).map(|row| format!("p{row}@example.com\n")).collect();
    let settings = json!({ "settings": { "segment": { "name": "All" } } });
    muster.import(format!("email\n{rows}").as_bytes(), settings).await.unwrap();
    let segments = muster.get("/segments").await.unwrap();
    let members = format!("/segments/{}/members", segments["segments"][0]["id"].as_str().unwrap());
    for (path, member, of_entry, expected) in
        [("/source-actions", "source_actions", "name", 4), (members.as_str(), "members", "id", 40)]
    {
        let (mut found, mut cursor) = (std::collections::BTreeSet::new(), String::new());
        loop {
            let listed = muster.get(&format!("{path}?limit=3{cursor}")).await.unwrap();
            let entries = listed[member].as_array().unwrap();
            assert!(entries.len() <= 3, "{listed}");
            for entry in entries {
                assert!(found.insert(entry[of_entry].to_string()), "{entry} is listed twice");
            }
            let Some(next) = listed["cursor"].as_str() else { break };
            cursor = format!("&cursor={}", next.replace('я', "%D1%8F"));
        }
        assert_eq!(found.len(), expected, "{path}");
    }
    let refused = muster.get("/source-actions?limit=0").await.unwrap_err();
    assert!(refused.to_string().contains("400"), "{refused}");
}

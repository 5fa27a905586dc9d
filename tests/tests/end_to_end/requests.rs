//! Requests that are refused: without a key, with bad settings, or with unknown names.

use serde_json::{Value as Json, json};
use tests::client::http_with_key;

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

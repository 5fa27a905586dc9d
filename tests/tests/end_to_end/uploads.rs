//! Uploads in many parts: their URLs come in pieces, and are renewed while the import awaits its file.

use std::collections::BTreeSet;

use serde_json::{Value as Json, json};
use tests::client::http_with_key;
use tests::muster::Muster;

use super::muster;

/// The largest answer of a Lambda function, in bytes.
const MAX_ANSWER: usize = 6 * 1024 * 1024;
/// Bytes that the session token of a function's role adds to each URL at most.
const SESSION_TOKEN: usize = 2_048;
const TIB: u64 = 1 << 40;

async fn launch(muster: &Muster, size: u64) -> Json {
    let body = json!({ "file": { "name": "a.csv", "size": size, "multipart": true } });
    muster.post("/imports", body).await.unwrap()
}

fn numbers(multipart: &Json) -> Vec<u64> {
    multipart["parts"].as_array().unwrap().iter().map(|part| part["number"].as_u64().unwrap()).collect()
}

async fn refused(muster: &Muster, path: &str) -> (u16, String) {
    let client = http_with_key(muster.stack.api_key()).unwrap();
    let answer = client.get(format!("{}{path}", muster.stack.api_url())).send().await.unwrap();
    let status = answer.status().as_u16();
    let body: Json = answer.json().await.unwrap();
    (status, body["code"].as_str().unwrap_or_default().to_owned())
}

#[tokio::test(flavor = "multi_thread")]
async fn the_urls_of_all_parts_are_given_in_answers_that_a_function_may_give() {
    let (muster, _folder) = muster().await;
    // Three answers of parts of the least size.
    let size = 600 * (8 << 20) - 1;
    let mut answer = launch(&muster, size).await;
    let parts = size.div_ceil(answer["upload"]["multipart"]["part_size"].as_u64().unwrap());
    assert_eq!(parts, 600);
    let (mut seen, mut bytes) = (Vec::new(), 0);
    loop {
        let multipart = &answer["upload"]["multipart"];
        assert!(answer.to_string().len() + numbers(multipart).len() * SESSION_TOKEN < MAX_ANSWER);
        seen.extend(numbers(multipart));
        bytes += multipart["parts"].as_array().unwrap().iter().map(|part| part["size"].as_u64().unwrap()).sum::<u64>();
        let Some(more) = multipart["more_url"].as_str() else { break };
        let path = &more[more.find("/imports/").unwrap()..];
        answer = muster.get(path).await.unwrap();
    }
    assert_eq!(seen, (1..=parts).collect::<Vec<_>>());
    assert_eq!(bytes, size);
}

#[tokio::test(flavor = "multi_thread")]
async fn the_largest_file_has_ten_thousand_parts() {
    let (muster, _folder) = muster().await;
    let size = 48 * TIB + 1;
    let launched = launch(&muster, size).await;
    let multipart = &launched["upload"]["multipart"];
    assert_eq!(numbers(multipart), (1..=250).collect::<Vec<_>>());
    let part_size = multipart["part_size"].as_u64().unwrap();
    let parts = size.div_ceil(part_size);
    assert!(parts <= 10_000 && part_size <= 5 << 30, "{parts} parts of {part_size}");
    let last = muster.get(&format!("/imports/{}/upload?from={parts}", launched["id"].as_str().unwrap())).await.unwrap();
    let last = &last["upload"]["multipart"];
    assert_eq!((numbers(last), &last["more_url"]), (vec![parts], &Json::Null));
}

#[tokio::test(flavor = "multi_thread")]
async fn urls_are_renewed_for_the_same_upload_until_the_import_awaits_no_file() {
    let (muster, _folder) = muster().await;
    let launched = launch(&muster, 20 << 20).await;
    let id = launched["id"].as_str().unwrap();
    let path = format!("/imports/{id}/upload");
    let renewed = muster.get(&format!("{path}?from=2")).await.unwrap();
    assert_eq!(numbers(&renewed["upload"]["multipart"]), [2, 3]);
    let upload_ids: BTreeSet<String> = [&launched, &renewed]
        .iter()
        .flat_map(|answer| answer["upload"]["multipart"]["parts"].as_array().unwrap())
        .map(|part| part["url"].as_str().unwrap().split("uploadId=").nth(1).unwrap().to_owned())
        .map(|rest| rest.split('&').next().unwrap().to_owned())
        .collect();
    assert_eq!(upload_ids.len(), 1, "one upload, whose parts can be joined: {upload_ids:?}");
    let until = |answer: &Json| answer["upload"]["expires_at"].as_str().unwrap().to_owned();
    assert!(until(&renewed) > until(&launched), "{renewed}");
    for wrong in ["0", "4", "x", "-1"] {
        let answer = refused(&muster, &format!("{path}?from={wrong}")).await;
        assert_eq!(answer, (400, "invalid_from".to_owned()), "{wrong}");
    }
    muster.post(&format!("/imports/{id}/cancel"), json!({})).await.unwrap();
    assert_eq!(refused(&muster, &path).await, (409, "awaits_no_file".to_owned()));
}

#[tokio::test(flavor = "multi_thread")]
async fn the_url_of_one_put_is_renewed_too_and_takes_the_file() {
    let (muster, _folder) = muster().await;
    let file = "email\na@renewed.example\n";
    let body = json!({ "file": { "name": "a.csv", "size": file.len() } });
    let launched = muster.post("/imports", body).await.unwrap();
    let id = launched["id"].as_str().unwrap();
    let renewed = muster.get(&format!("/imports/{id}/upload")).await.unwrap();
    let upload = &renewed["upload"];
    let http = tls::client().no_proxy().build().unwrap();
    let mut put = http.put(upload["url"].as_str().unwrap()).body(file);
    for (name, value) in upload["headers"].as_object().unwrap() {
        put = put.header(name, value.as_str().unwrap());
    }
    put.send().await.unwrap().error_for_status().unwrap();
    assert_eq!(muster.wait_for_end(id).await.unwrap()["counters"]["created"], 1);
}

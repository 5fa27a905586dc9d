//! The API's description of itself. Every answer that the other tests get is held against it by their client; here its
//! examples are sent.

use serde_json::json;

use super::muster;

/// Operations whose example needs an import in a state of its own; other tests ask for them.
const OF_AN_IMPORT: [&str; 2] = ["/imports/{id}/upload", "/imports/{id}/undo"];

#[tokio::test(flavor = "multi_thread")]
async fn every_example_of_a_body_is_taken() {
    let (muster, _folder) = muster().await;
    let examples = muster.description().await.unwrap().examples();
    let mut taken = 0;
    for (method, path, example) in examples {
        if OF_AN_IMPORT.contains(&path.as_str()) {
            continue;
        }
        let path = path.replace("{name}", "Shop%20export%202");
        let answer = match method.as_str() {
            "POST" => muster.post(&path, example).await,
            "PUT" => muster.put(&path, example).await,
            _ => panic!("{method} {path} has a body"),
        };
        answer.unwrap_or_else(|error| panic!("{method} {path}: {error}"));
        taken += 1;
    }
    assert!(taken >= 10, "only {taken} examples");
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_refused_is_described_too() {
    let (muster, _folder) = muster().await;
    for path in [
        "/imports?state=flying",
        "/imports?limit=0",
        "/imports?from=yesterday",
        "/imports/01KDVDNA0A00000297RC000001",
        "/imports/x/errors",
        "/imports/x/rows/1",
        "/imports/x/results",
        "/customers",
        "/customers?email=nobody",
        "/customers?phone=12",
        "/customers?external_id=",
        "/customers?email=NULL",
        "/customers/x",
        "/customers/x/activity",
        "/segments/x?count_up_to=0",
        "/segments/x/members?count=yes",
        "/segments/x/count",
        "/segments/x/export",
        "/segments/x/export/file",
        "/definitions/nothing",
        "/definitions?cursor=",
        "/touchpoints?limit=1001",
    ] {
        let refused = muster.get(path).await.unwrap_err();
        assert!(!refused.is::<tests::described::Undescribed>(), "{path}: {refused}");
    }
    for path in ["/segments/x", "/source-actions/x", "/api-endpoints/Muster%20touchpoint", "/definitions/x"] {
        let refused = muster.delete(path).await.unwrap_err();
        assert!(!refused.is::<tests::described::Undescribed>(), "{path}: {refused}");
    }
    for path in [
        "/imports/x/launch",
        "/imports/x/cancel",
        "/imports/x/retry",
        "/imports/x/undo",
        "/imports/x/upload",
        "/segments/x/count",
        "/segments/x/export",
    ] {
        let refused = muster.post(path, json!({})).await.unwrap_err();
        assert!(!refused.is::<tests::described::Undescribed>(), "{path}: {refused}");
    }
}

//! Least privilege: what the functions call in whole imports is what their policies in the template allow, no less and no
//! more.
#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::collections::BTreeSet;
use std::io::Write as _;
use std::sync::Arc;
use std::time::Duration;

use local::stack::calls::{CallLog, Permission};
use local::stack::{Options, STACK_NAME, Timeouts, template};
use serde_json::json;
use tests::files::tangled_with;
use tests::muster::Muster;

/// What is needed for a URL that is signed here and used by somebody else, or that no import needs that goes well; with why.
const NOT_CALLED: [(&str, &str, &str); 9] = [
    // Presigned here, used by clients.
    ("upload", "s3:PutObject", "uploads/*"),
    ("status", "s3:GetObject", "exports/*"),
    // A batch of the ordered lane was given up: its text, and the next one.
    ("finisher", "s3:GetObject", "work/*"),
    ("finisher", "sqs:SendMessage", "muster-rows"),
    ("status", "sqs:SendMessage", "muster-rows"),
    // Without it S3 answers 403 for an object that is not there.
    ("splitter", "s3:ListBucket", "bucket"),
    ("status", "s3:ListBucket", "bucket"),
    // A splitter that is out of time, and one that finds everything counted: `end_to_end.rs` and the simulation have both.
    ("splitter", "sqs:SendMessage", "muster-split"),
    ("splitter", "sqs:SendMessage", "muster-finish"),
];

#[tokio::test(flavor = "multi_thread")]
async fn policies_allow_what_functions_call_and_nothing_else() {
    let folder = tempfile::tempdir().unwrap();
    let calls = Arc::new(CallLog::default());
    let options = Options {
        calls: Some(Arc::clone(&calls)),
        timeouts: Timeouts { splitter: Duration::from_millis(900), ..Timeouts::default() },
        sweep_every: Duration::from_millis(300),
        stalled: Duration::from_millis(200),
        // Nobody answers there, and that is soon enough known.
        webhook: Some("http://127.0.0.1:9/".to_owned()),
        ..Options::new(folder.path())
    };
    let muster = Muster::start(options).await.unwrap();
    let file = tangled_with(7, 900, "Łódź", true);
    let settings = json!({
        "segment": { "name": "All" },
        "source_action": { "name": "Imported" },
    });
    muster.post("/api-endpoints", json!({ "name": "Shop", "touchpoint": "shop.example" })).await.unwrap();
    muster.import(&file, json!({ "settings": settings, "dry_run": true })).await.unwrap();
    let task = muster.import(&file, json!({ "settings": settings })).await.unwrap();
    let id = task["id"].as_str().unwrap();
    muster.report(id).await.unwrap();
    muster.get(&format!("/imports/{id}/errors/summary")).await.unwrap();
    muster.import(&file, json!({ "file": { "name": "a.csv", "size": file.len(), "multipart": true } })).await.unwrap();
    let refuse = json!({ "max_rejected_ratio": 0.01, "on_invalid_value": "reject" });
    let stopped = muster.import(&file, refuse).await.unwrap();
    assert_eq!(stopped["state"], "failed", "{stopped}");
    let again = stopped["id"].as_str().unwrap();
    muster.post(&format!("/imports/{again}/retry"), json!({})).await.unwrap();
    muster.until(again, |task| task["state"] == "completed").await.unwrap();
    let mut packed = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
    packed.write_all(b"email,api_endpoint\na@b.de,Shop\n").unwrap();
    let packed = packed.finish().unwrap();
    let named = json!({ "settings": { "api_endpoint": "Shop" }, "file": { "name": "a.csv.gz", "size": packed.len() } });
    let task = muster.import(&packed, named).await.unwrap();
    assert_eq!(task["state"], "completed", "{task}");
    muster.get("/imports").await.unwrap();
    // The sweep looks for uploads that never came, and takes up what has just begun as if it stood still.
    muster.post("/imports", json!({ "file": { "name": "never.csv" } })).await.unwrap();
    let begun = muster.launch(&file, json!({})).await.unwrap();
    for _ in 0..5 {
        muster.stack.sweep(Duration::ZERO).await;
    }
    muster.end(&begun).await.unwrap();
    let cancelled = muster.launch(b"email\na@b.de\n", json!({})).await.unwrap();
    // Whether it comes in time or too late, it is the same permission.
    let _ = muster.post(&format!("/imports/{cancelled}/cancel"), json!({})).await;
    let segments = muster.get("/segments").await.unwrap();
    let segment = segments.as_object().unwrap().values().find_map(|list| list[0]["id"].as_str()).unwrap();
    muster.get(&format!("/segments/{segment}")).await.unwrap();
    muster.download(&format!("/segments/{segment}/export")).await.unwrap();
    let customer = muster.get("/customers?email=p1%40example.com").await.unwrap();
    muster.get(&format!("/customers/{}/activity", customer["id"].as_str().unwrap())).await.unwrap();

    muster.delete(&format!("/customers/{}", customer["id"].as_str().unwrap())).await.unwrap();

    let allowed = template::permissions(STACK_NAME, "function").unwrap();
    let needed = calls.needed();
    let missing: Vec<&Permission> = needed.difference(&allowed).collect();
    assert!(missing.is_empty(), "called, but not allowed: {missing:#?}");
    let excused: BTreeSet<Permission> = NOT_CALLED
        .map(|(function, action, resource)| Permission {
            function: function.to_owned(),
            action: action.to_owned(),
            resource: resource.to_owned(),
        })
        .into();
    let idle: Vec<Permission> = allowed.difference(&needed).filter(|found| !excused.contains(found)).cloned().collect();
    assert!(idle.is_empty(), "allowed, but never called: {idle:#?}");
}

#[test]
fn lambda_takes_messages_of_the_queues_of_a_function_and_of_no_other() {
    let definition = template::definition(STACK_NAME).unwrap();
    let allowed = template::permissions(STACK_NAME, "lambda").unwrap();
    let taken: BTreeSet<(String, String)> = allowed
        .into_iter()
        .filter(|permission| permission.action == "sqs:ReceiveMessage")
        .map(|permission| (permission.function, permission.resource))
        .collect();
    let mapped: BTreeSet<(String, String)> =
        definition.mappings.into_iter().map(|mapping| (mapping.function, mapping.queue)).collect();
    assert_eq!(taken, mapped);
}

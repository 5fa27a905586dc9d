//! Least privilege: the policies in the template allow exactly the calls that the functions make in whole imports.
#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::collections::BTreeSet;
use std::io::Write as _;
use std::sync::Arc;
use std::time::Duration;

use domain::row::{Identifier, Slot};
use serde_json::json;
use stack::calls::{CallLog, Permission};
use stack::{Options, STACK_NAME, Timeouts, template};
use tests::browser::Browser;
use tests::client::http_with_key;
use tests::files::tangled_with;
use tests::muster::Muster;

/// Permissions that are needed although no function makes the call here, each with its reason.
const NOT_CALLED: [(&str, &str, &str); 36] = [
    // Launching the forecast of a file in the inbox looks for it, and so does the sweep if its import does not begin.
    ("status", "s3:GetObject", "inbox/*"),
    ("console", "s3:GetObject", "inbox/*"),
    ("finisher", "s3:GetObject", "inbox/*"),
    // The functions sign these URLs, and clients use them.
    ("upload", "s3:PutObject", "uploads/*"),
    // When a batch of the tail is given up, its rows are read, that is noted, and the next batch is sent. Tested in the
    // simulation.
    ("finisher", "s3:GetObject", "work/*"),
    ("finisher", "dynamodb:PutItem", "muster-tasks"),
    ("finisher", "sqs:SendMessage", "muster-rows"),
    // The sweep asks about an import that is stalled. Here it is told not to wait for that.
    ("finisher", "sqs:GetQueueAttributes", "muster-split"),
    ("finisher", "sqs:GetQueueAttributes", "muster-rows"),
    // Without it, S3 answers 403 in place of 404 for a missing object.
    ("splitter", "s3:ListBucket", "bucket"),
    ("status", "s3:ListBucket", "bucket"),
    ("console", "s3:ListBucket", "bucket"),
    // A splitter that runs out of time sends itself a message; one that finds every batch counted sends one to the
    // finisher. Both are tested in `end_to_end` and in the simulation.
    ("splitter", "sqs:SendMessage", "muster-split"),
    ("splitter", "sqs:SendMessage", "muster-finish"),
    // A message comes again within seconds if its handler fails, and none does here. Tested in `infra/stack/tests`.
    ("splitter", "sqs:ChangeMessageVisibility", "muster-split"),
    ("row-processor", "sqs:ChangeMessageVisibility", "muster-rows"),
    ("finisher", "sqs:ChangeMessageVisibility", "muster-finish"),
    ("finisher", "sqs:ChangeMessageVisibility", "muster-rows-dlq"),
    ("finisher", "sqs:ChangeMessageVisibility", "muster-split-dlq"),
    // An upload in parts is aborted if one of them fails. Tested in `stores`.
    ("splitter", "s3:AbortMultipartUpload", "work/*"),
    ("finisher", "s3:AbortMultipartUpload", "reports/*"),
    ("finisher", "s3:AbortMultipartUpload", "uploads/*"),
    ("finisher", "s3:AbortMultipartUpload", "exports/*"),
    // A large segment is exported in pieces, which are joined. Tested in `faults`.
    ("finisher", "s3:GetObject", "exports/*"),
    // Launching the forecast of a packed file looks for the unpacked one. Here the status function does so.
    ("console", "s3:GetObject", "work/*"),
    // An import that is retried or cancelled while it runs has its next step sent; here there is nothing left of it. Tested in
    // `end_to_end`, for the status function that the console asks.
    ("console", "sqs:SendMessage", "muster-split"),
    // Whoever is erased keeps the claims while an import is open, and one is here. Tested in `end_to_end`.
    ("status", "dynamodb:PartiQLDelete", "muster-identities"),
    ("console", "dynamodb:PartiQLDelete", "muster-identities"),
    // An undo has the segment exist to which it brings customers back. Tested in `end_to_end`.
    ("row-processor", "dynamodb:UpdateItem", "muster-segments"),
    // An undo deletes customers whom nobody else touched; here other imports did. Tested in `end_to_end`.
    ("row-processor", "dynamodb:PartiQLDelete", "muster-customers"),
    // An erasure ends twenty minutes after it was asked for. Tested in the simulation.
    ("row-processor", "dynamodb:DeleteItem", "muster-tasks"),
    ("row-processor", "dynamodb:DeleteItem", "muster-customers"),
    ("row-processor", "dynamodb:PutItem", "muster-customers"),
    ("row-processor", "dynamodb:Query", "muster-customers"),
    ("row-processor", "dynamodb:BatchWriteItem", "muster-segments"),
    // An unpacked file is deleted if its splitter lost the lease, or died. Tested in `end_to_end`.
    ("splitter", "s3:DeleteObject", "work/*"),
];

#[tokio::test(flavor = "multi_thread")]
async fn policies_allow_what_functions_call_and_nothing_else() {
    let folder = tempfile::tempdir().unwrap();
    let calls = Arc::new(CallLog::default());
    let options = Options {
        calls: Some(Arc::clone(&calls)),
        timeouts: Timeouts { splitter: Duration::from_secs(30), ..Timeouts::default() },
        sweep_every: Duration::from_millis(300),
        // Without optimization a check takes seconds on a busy machine.
        stalled: Duration::from_secs(10),
        // Nothing listens there, so calls fail at once.
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
    let mut packed = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
    packed.write_all(b"email\nlaunched@b.de\n").unwrap();
    let forecast = muster.import(&packed.finish().unwrap(), json!({ "dry_run": true })).await.unwrap();
    let forecast = forecast["id"].as_str().unwrap();
    let launched = muster.post(&format!("/imports/{forecast}/launch"), json!({})).await.unwrap();
    muster.wait_for_end(launched["id"].as_str().unwrap()).await.unwrap();
    let sample = json!({ "file": { "name": "a.csv" }, "sample": "ZW1haWwK", "settings": {} });
    muster.post("/imports/preview", sample).await.unwrap();
    muster.post("/definitions", json!({ "name": "All", "settings": settings })).await.unwrap();
    muster.drop_into_inbox("inbox/All/a.csv", b"email\na@b.de\n").await.unwrap();
    let import = muster.import(&file, json!({ "definition": "All", "results": true })).await.unwrap();
    muster.put("/definitions/All", json!({ "header": ["email"] })).await.unwrap();
    muster.delete("/definitions/All").await.unwrap();
    let id = import["id"].as_str().unwrap();
    muster.report(id).await.unwrap();
    muster.download(&format!("/imports/{id}/results")).await.unwrap();
    muster.get(&format!("/imports/{id}/rows/1")).await.unwrap();
    muster.get("/imports?text=customers&from=2026-01-01").await.unwrap();
    muster.get(&format!("/imports/{id}/errors/summary")).await.unwrap();
    muster.import(&file, json!({ "file": { "name": "a.csv", "size": file.len(), "multipart": true } })).await.unwrap();
    let refuse = json!({ "max_rejected_ratio": 0.01, "on_invalid_value": "reject" });
    let stopped = muster.import(&file, refuse).await.unwrap();
    assert_eq!(stopped["state"], "failed", "{stopped}");
    let again = stopped["id"].as_str().unwrap();
    muster.post(&format!("/imports/{again}/retry"), json!({})).await.unwrap();
    muster.wait_until(again, |import| import["state"] == "completed").await.unwrap();
    let mut packed = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
    packed.write_all(b"email,api_endpoint\na@b.de,Shop\n").unwrap();
    let packed = packed.finish().unwrap();
    let named = json!({ "settings": { "api_endpoint": "Shop" }, "file": { "name": "a.csv.gz", "size": packed.len() } });
    let import = muster.import(&packed, named).await.unwrap();
    assert_eq!(import["state"], "completed", "{import}");
    muster.post("/custom-fields", json!({ "name": "size", "type": "text" })).await.unwrap();
    muster.import(b"email,custom.size\na@b.de,41\n", json!({})).await.unwrap();
    for name in ["Gone", "Gone%20too"] {
        muster.post("/source-actions", json!({ "name": name.replace("%20", " ") })).await.unwrap();
    }
    muster.delete("/source-actions/Gone").await.unwrap();
    muster.get("/imports").await.unwrap();
    // The sweep looks for uploads that never came, and takes an import that has just begun for one that stalled.
    muster.post("/imports", json!({ "file": { "name": "never.csv" } })).await.unwrap();
    // A client that launches an upload in parts again learns which parts are there, and so does one that goes on with it.
    let http = http_with_key(muster.stack.api_key()).unwrap();
    let parts = json!({ "file": { "name": "parts.csv", "size": 9, "multipart": true } }).to_string();
    for _ in 0..2 {
        let launch = http.post(format!("{}/imports", muster.stack.api_url())).header("idempotency-key", "parts");
        let launched = launch.body(parts.clone()).send().await.unwrap().text().await.unwrap();
        let launched: serde_json::Value = serde_json::from_str(&launched).unwrap();
        muster.get(&format!("/imports/{}/upload", launched["id"].as_str().unwrap())).await.unwrap();
    }
    // A customer of so many rows is in the tail, where each batch sends the next one.
    let one = (0..600).fold(String::from("email,city\n"), |file, row| format!("{file}a@b.de,City {row}\n"));
    muster.import(one.as_bytes(), json!({})).await.unwrap();
    let begun = muster.launch(&file, json!({})).await.unwrap();
    for _ in 0..5 {
        muster.stack.sweep(Duration::ZERO).await;
    }
    muster.wait_for_end(&begun).await.unwrap();
    let cancelled = muster.launch(b"email\na@b.de\n", json!({})).await.unwrap();
    // It needs the same permission whether it is in time or too late.
    let _ = muster.post(&format!("/imports/{cancelled}/cancel"), json!({})).await;
    let segments = muster.get("/segments").await.unwrap();
    let segment = segments.as_object().unwrap().values().find_map(|list| list[0]["id"].as_str()).unwrap();
    muster.get(&format!("/segments/{segment}")).await.unwrap();
    muster.export(segment).await.unwrap();
    let customer = muster.get("/customers?email=p1%40example.com").await.unwrap();
    muster.get(&format!("/customers/{}/activity", customer["id"].as_str().unwrap())).await.unwrap();

    muster.import(b"email\nerased@b.de\n", json!({ "settings": settings })).await.unwrap();
    let erased = muster.get("/customers?email=erased%40b.de").await.unwrap();
    let erased = erased["id"].as_str().unwrap();
    walk_through_console(&muster, again, segment, customer["id"].as_str().unwrap(), erased).await;
    muster.delete(&format!("/customers/{}?suppress=true", customer["id"].as_str().unwrap())).await.unwrap();
    muster.delete("/suppressions?email=p1%40example.com").await.unwrap();
    // A worker claimed two phones for a customer and did not come to write that. Somebody else gets one. The other one is
    // suppressed beside an open import, and so is an address that nobody has.
    let other = muster.get("/customers?email=a%40b.de").await.unwrap();
    for phone in ["+12015550198", "+12015550199"] {
        let phone = Identifier::parse(&Slot::Phone, phone, None).unwrap();
        let identities = &muster.stack.resources().identities_table;
        muster.claim(identities, &phone, other["id"].as_str().unwrap()).await.unwrap();
    }
    muster.import(b"email,phone\nanother@b.de,+12015550198\n", json!({})).await.unwrap();
    muster.post("/imports", json!({ "file": { "name": "later.csv" } })).await.unwrap();
    muster.delete("/customers?phone=%2B12015550199&suppress=true").await.unwrap();
    muster.delete("/customers?email=nobody%40b.de&suppress=true").await.unwrap();

    let undo = muster.post(&format!("/imports/{id}/undo"), json!({})).await.unwrap();
    let undo = muster.wait_for_end(undo["id"].as_str().unwrap()).await.unwrap();
    assert_eq!(undo["state"], "completed", "{undo}");

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

/// Every page and every form of the console.
async fn walk_through_console(muster: &Muster, import: &str, segment: &str, customer: &str, erased: &str) {
    let browser = Browser::new(muster.stack.api_url()).unwrap();
    let link = muster.stack.console_link().await.unwrap();
    browser.open(link.strip_prefix(muster.stack.api_url()).unwrap()).await.unwrap();
    for page in [
        "imports",
        "imports/new",
        &format!("imports/{import}"),
        &format!("imports/{import}/errors"),
        &format!("imports/{import}/correct"),
        &format!("imports/{import}/correct/rows"),
        "customers",
        &format!("customers/{customer}"),
        "segments",
        &format!("segments/{segment}"),
        &format!("segments/{segment}/live"),
        &format!("segments/{segment}/export/file"),
        "catalogue",
        "definitions",
    ] {
        let shown = browser.open(&format!("/console/{page}")).await.unwrap();
        assert!(shown.status.as_u16() < 400, "{page}: {}", shown.text);
    }
    let token = browser.token().await.unwrap();
    let submit = async |path: &str, fields: &[(&str, &str)]| {
        browser.submit(&format!("/console/{path}"), fields, Some(&token)).await.unwrap()
    };
    submit("customers", &[("q", "p1@example.com")]).await;
    submit("catalogue/source-actions/delete", &[("name", "Gone too")]).await;
    for job in ["count", "export"] {
        submit(&format!("segments/{segment}/{job}"), &[]).await;
    }
    let whole = submit("imports", &[("file.name", "a.csv"), ("file.size", "9")]).await;
    let whole: serde_json::Value = serde_json::from_str(&whole.text).unwrap();
    let fields = [("file.name", "b.csv"), ("file.size", "9"), ("file.multipart", "true")];
    let parts: serde_json::Value = serde_json::from_str(&submit("imports", &fields).await.text).unwrap();
    let page = |created: &serde_json::Value| created["page"].as_str().unwrap().replace("/console/", "");
    browser.open(&format!("/console/{}/upload", page(&parts))).await.unwrap();
    submit(&format!("{}/upload", page(&parts)), &[("parts", r#"[{"number":1,"etag":"\"0\""}]"#)]).await;
    submit(&format!("{}/cancel", page(&whole)), &[]).await;
    submit(&format!("imports/{import}/retry"), &[]).await;
    submit("catalogue/touchpoints", &[("name", "new.example")]).await;
    submit("definitions", &[("name", "Kept"), ("from_import", import)]).await;
    submit("definitions/delete", &[("name", "Kept")]).await;
    let erasing = format!("customers/{erased}/erase");
    assert_eq!(submit(&erasing, &[("suppress", "yes")]).await.status, 400, "it is not confirmed");
    let shown = submit(&erasing, &[("suppress", "yes"), ("confirmed", "yes")]).await;
    assert_eq!(shown.header("location"), "/console/customers?erased=stays_out", "{}", shown.text);
    submit("sign-out", &[]).await;
}

#[test]
fn lambda_takes_messages_of_the_queues_of_a_function_and_of_no_other() {
    let definitions = template::definitions(STACK_NAME).unwrap();
    let allowed = template::permissions(STACK_NAME, "lambda").unwrap();
    let taken: BTreeSet<(String, String)> = allowed
        .into_iter()
        .filter(|permission| permission.action == "sqs:ReceiveMessage")
        .map(|permission| (permission.function, permission.resource))
        .collect();
    let mapped: BTreeSet<(String, String)> =
        definitions.mappings.into_iter().map(|mapping| (mapping.function, mapping.queue)).collect();
    assert_eq!(taken, mapped);
}

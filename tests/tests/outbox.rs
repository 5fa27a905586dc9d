//! The end of every import is delivered to the event bus, and to a webhook that may not answer at first.
#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::convert::Infallible;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use http_body_util::{BodyExt as _, Full};
use hyper::body::{Bytes, Incoming};
use hyper::service::service_fn;
use hyper::{Request, Response};
use hyper_util::rt::{TokioExecutor, TokioIo};
use hyper_util::server::conn::auto::Builder;
use serde_json::{Value as Json, json};
use stack::Options;
use standardwebhooks::Webhook;
use tests::muster::Muster;
use tokio::net::TcpListener;

/// The headers and the body of a call.
type Call = (http::HeaderMap, Bytes);

/// Starts a receiver that answers its first calls with these statuses and all others with 204. Returns its URL and its
/// calls.
async fn receiver(mut statuses: Vec<u16>) -> (String, Arc<Mutex<Vec<Call>>>) {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}/imports", listener.local_addr().unwrap());
    let calls: Arc<Mutex<Vec<Call>>> = Arc::default();
    let received = Arc::clone(&calls);
    statuses.reverse();
    let statuses = Arc::new(Mutex::new(statuses));
    tokio::spawn(async move {
        loop {
            let (stream, _) = listener.accept().await.unwrap();
            let (received, statuses) = (Arc::clone(&received), Arc::clone(&statuses));
            tokio::spawn(async move {
                let answer = service_fn(|request: Request<Incoming>| {
                    let (received, statuses) = (Arc::clone(&received), Arc::clone(&statuses));
                    async move {
                        let (head, body) = request.into_parts();
                        let body = body.collect().await.unwrap().to_bytes();
                        received.lock().unwrap().push((head.headers, body));
                        let status = statuses.lock().unwrap().pop().unwrap_or(204);
                        Ok::<_, Infallible>(Response::builder().status(status).body(Full::<Bytes>::default()).unwrap())
                    }
                });
                // A broken connection shows as a missing call.
                let _ = Builder::new(TokioExecutor::new()).serve_connection(TokioIo::new(stream), answer).await;
            });
        }
    });
    (url, calls)
}

fn events(folder: &tempfile::TempDir) -> Vec<Json> {
    let lines = std::fs::read_to_string(folder.path().join("events.jsonl")).unwrap_or_default();
    lines.lines().map(|line| serde_json::from_str(line).unwrap()).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_webhook_is_called_until_it_answers_and_its_calls_are_signed() {
    let (url, calls) = receiver(vec![500, 404]).await;
    let folder = tempfile::tempdir().unwrap();
    let options =
        Options { webhook: Some(url), webhook_pause: Duration::from_millis(100), ..Options::new(folder.path()) };
    let muster = Muster::start(options).await.unwrap();
    let file = "email,city\nann@example.com,Rome\nnobody,Oslo\n";
    let import = muster.import(file.as_bytes(), json!({ "description": "May" })).await.unwrap();
    let id = import["id"].as_str().unwrap();
    muster.wait_until(id, |_| calls.lock().unwrap().len() == 3).await.unwrap();

    let secret = std::fs::read_to_string(folder.path().join("webhook-secret")).unwrap();
    let secret = secret.trim_end();
    let calls = calls.lock().unwrap().clone();
    for (headers, body) in &calls {
        Webhook::new(secret).unwrap().verify(body, headers).unwrap();
        let changed = [body.as_ref(), b" "].concat();
        assert!(
            Webhook::new(secret).unwrap().verify(&changed, headers).is_err(),
            "the signature holds for a changed body"
        );
        assert_eq!(headers["webhook-id"], calls[0].0["webhook-id"], "a repeated call has another id");
        assert_eq!(body, &calls[0].1);
    }
    let end: Json = serde_json::from_slice(&calls[0].1).unwrap();
    assert_eq!((end["type"].as_str(), end["data"]["id"].as_str()), (Some("import.ended"), Some(id)));
    assert_eq!(end["data"]["state"], "completed");
    assert_eq!(end["data"]["counters"], import["counters"]);
    assert_eq!(end["data"]["errors_by_code"], json!({ "invalid_email": 1 }));
    assert!(!end.to_string().contains("ann@example.com") && !end.to_string().contains("nobody"), "{end}");
}

#[tokio::test(flavor = "multi_thread")]
async fn every_end_becomes_an_event_once() {
    let folder = tempfile::tempdir().unwrap();
    let muster = Muster::start(Options::new(folder.path())).await.unwrap();
    let completed = muster.import(b"email\na@example.com\n", json!({})).await.unwrap();
    let failed = muster.import(b"name\nAnn\n", json!({})).await.unwrap();
    let waiting = muster.post("/imports", json!({ "file": { "name": "never.csv" } })).await.unwrap();
    let cancelled = waiting["id"].as_str().unwrap();
    muster.post(&format!("/imports/{cancelled}/cancel"), json!({})).await.unwrap();
    muster.wait_until(cancelled, |_| events(&folder).len() == 3).await.unwrap();
    let events = events(&folder);
    for (id, state, code) in [
        (completed["id"].as_str().unwrap(), "completed", None),
        (failed["id"].as_str().unwrap(), "failed", Some("no_identifier_column")),
        (cancelled, "cancelled", None),
    ] {
        let event = events.iter().find(|event| event["detail"]["id"] == id).unwrap();
        assert_eq!((&event["source"], &event["detail-type"]), (&json!("muster"), &json!("Import Ended")));
        assert_eq!((&event["detail"]["state"], event["detail"]["failure"]["code"].as_str()), (&json!(state), code));
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_webhook_is_called_although_the_event_bus_fails_and_is_not_called_again_for_it() {
    let (url, calls) = receiver(vec![]).await;
    let folder = tempfile::tempdir().unwrap();
    // The event bus of the stack appends to this file, so it fails as long as there is a folder in its place.
    let file = folder.path().join("events.jsonl");
    std::fs::create_dir_all(&file).unwrap();
    let pause = Duration::from_millis(50);
    let muster =
        Muster::start(Options { webhook: Some(url), webhook_pause: pause, ..Options::new(folder.path()) }).await;
    let muster = muster.unwrap();
    let import = muster.import(b"email\na@example.com\n", json!({})).await.unwrap();
    let id = import["id"].as_str().unwrap();
    let tries = || muster.stack.usage().requests.get("events.PutEvents").copied().unwrap_or(0);
    // The SDK makes three tries each time.
    muster.wait_until(id, |_| tries() >= 9 && calls.lock().unwrap().len() == 1).await.unwrap();
    assert_eq!(calls.lock().unwrap().len(), 1, "the webhook was called again for the event bus");
    std::fs::remove_dir(&file).unwrap();
    muster.wait_until(id, |_| file.is_file()).await.unwrap();
    let tried = tries();
    tokio::time::sleep(Duration::from_millis(1_500)).await;
    assert_eq!((tries(), events(&folder).len(), calls.lock().unwrap().len()), (tried, 1, 1));
}

#[tokio::test(flavor = "multi_thread")]
async fn an_event_is_put_once_although_the_webhook_fails_until_it_is_given_up() {
    let (url, calls) = receiver(vec![503; 100]).await;
    let folder = tempfile::tempdir().unwrap();
    let pause = Duration::from_millis(1);
    let muster =
        Muster::start(Options { webhook: Some(url), webhook_pause: pause, ..Options::new(folder.path()) }).await;
    let muster = muster.unwrap();
    let import = muster.import(b"email\na@example.com\n", json!({})).await.unwrap();
    let id = import["id"].as_str().unwrap();
    muster.wait_until(id, |_| !events(&folder).is_empty()).await.unwrap();
    muster.wait_until(id, |_| calls.lock().unwrap().len() == 12).await.unwrap();
    tokio::time::sleep(Duration::from_millis(1_500)).await;
    assert_eq!((events(&folder).len(), calls.lock().unwrap().len()), (1, 12));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_webhook_that_cannot_be_called_is_an_error_at_the_start() {
    for url in ["https://", "https://[", "http://example.com"] {
        let folder = tempfile::tempdir().unwrap();
        let started = Muster::start(Options { webhook: Some(url.to_owned()), ..Options::new(folder.path()) }).await;
        let error = started.err().map(|error| error.to_string()).unwrap_or_default();
        assert!(error.contains("webhook"), "{url}: {error:?}");
    }
}

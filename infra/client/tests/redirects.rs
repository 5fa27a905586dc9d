//! A deployment has two function URLs, and a client is given only that of the upload function.
#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

mod support;

use client::{Api, Refusal};
use serde_json::json;
use support::{Request, Server, answer, moved};

/// A status function that says which request it got.
async fn status_function() -> Server {
    Server::start(|request| answer("200 OK", "", &json!({ "body": request.body, "ended_at": null }).to_string())).await
}

/// An upload function that launches imports and redirects everything else to a base.
async fn upload_function(status: String) -> Server {
    Server::start(move |request| match (request.method.as_str(), request.target.as_str()) {
        ("POST", "/imports") => answer("201 Created", "", r#"{"id":"1"}"#),
        (_, path) => moved(&format!("{status}{path}")),
    })
    .await
}

fn keys(requests: &[Request]) -> Vec<Option<&str>> {
    requests.iter().map(|request| request.header("authorization")).collect()
}

#[tokio::test]
async fn one_url_is_enough_for_a_deployment_with_two_functions() {
    let status = status_function().await;
    let upload = upload_function(status.url()).await;
    let api = Api::new(&format!("{}/", upload.url()), Some("key")).unwrap();
    for _ in 0..2 {
        assert_eq!(api.post("/imports", Some(&json!({})), None).await.unwrap()["id"], "1");
        api.get("/imports/1").await.unwrap();
    }
    // The second time it is asked at once.
    assert_eq!(upload.lines(), ["POST /imports", "GET /imports/1", "POST /imports"]);
    assert_eq!(status.lines(), ["GET /imports/1", "GET /imports/1"]);
    assert_eq!(keys(&status.asked()), [Some("Bearer key"); 2]);
}

#[tokio::test]
async fn a_redirected_request_keeps_its_method_its_body_and_its_headers() {
    let status = status_function().await;
    let upload = upload_function(status.url()).await;
    let api = Api::new(&upload.url(), Some("key")).unwrap();
    let answered = api.post("/imports/1/cancel", Some(&json!({ "a": 1 })), Some("once")).await.unwrap();
    assert_eq!(answered["body"], r#"{"a":1}"#);
    let asked = &status.asked()[0];
    assert_eq!((asked.method.as_str(), asked.header("idempotency-key")), ("POST", Some("once")));
    assert_eq!(asked.header("content-type"), Some("application/json"));
}

#[tokio::test]
async fn names_of_this_machine_are_followed_without_a_name_server() {
    let status = status_function().await;
    for host in ["localhost", "status.localhost", "abc.lambda-url.us-east-1.localhost.localstack.cloud"] {
        let upload = upload_function(format!("http://{host}:{}", status.port)).await;
        let api = Api::new(&upload.url(), Some("key")).unwrap();
        api.get("/imports").await.unwrap();
        let asked = status.asked();
        let asked = asked.last().unwrap();
        assert_eq!(asked.header("host"), Some(format!("{host}:{}", status.port).as_str()));
        assert_eq!(asked.header("authorization"), Some("Bearer key"));
    }
}

#[tokio::test]
async fn an_address_that_is_redirected_again_is_an_error_for_every_method() {
    let first =
        Server::start(|request| moved(&format!("http://{}{}", request.header("host").unwrap(), request.target)));
    let first = first.await;
    let api = Api::new(&first.url(), Some("key")).unwrap();
    for error in [api.get("/imports").await.map(|_| ()).unwrap_err(), api.delete("/customers/1").await.unwrap_err()] {
        assert!(error.to_string().contains("redirects again"), "{error}");
    }
    assert_eq!(first.lines().len(), 4, "each is followed once");
}

#[tokio::test]
async fn the_key_is_not_sent_where_others_can_listen_in() {
    let upload = Server::start(|_| moved("http://example.com/imports")).await;
    let error = Api::new(&upload.url(), Some("key")).unwrap().get("/imports").await.unwrap_err();
    assert_eq!(
        error.to_string(),
        "the answer redirects to http://example.com, where the key would be sent unencrypted"
    );
}

#[tokio::test]
async fn a_launch_whose_answer_is_lost_is_sent_again_with_the_same_key() {
    let lost = std::sync::atomic::AtomicBool::new(false);
    let upload = Server::start(move |_| {
        if lost.swap(true, std::sync::atomic::Ordering::Relaxed) {
            answer("201 Created", "", r#"{"id":"1"}"#)
        } else {
            None
        }
    })
    .await;
    let api = Api::new(&upload.url(), Some("key")).unwrap();
    assert_eq!(api.post("/imports", Some(&json!({})), Some("once")).await.unwrap()["id"], "1");
    let sent = upload.asked();
    assert_eq!(sent.iter().map(|request| request.header("idempotency-key")).collect::<Vec<_>>(), [Some("once"); 2]);
}

#[tokio::test]
async fn a_request_that_would_do_more_the_second_time_is_not_sent_again() {
    let upload = Server::start(|_| None).await;
    let api = Api::new(&upload.url(), Some("key")).unwrap();
    let error = api.post("/imports", Some(&json!({})), None).await.unwrap_err();
    assert_eq!(error.to_string(), format!("the connection to {} broke off: try again", upload.url()));
    assert_eq!(upload.lines(), ["POST /imports"]);
}

#[tokio::test]
async fn a_refusal_lists_each_problem_once() {
    let problems = r#"{"detail":"mode is wrong.","code":"invalid_request","problems":[
        {"path":"mode","message":"is wrong"},{"path":"encoding","message":"is unknown"}]}"#;
    let server = Server::start(move |_| answer("400 Bad Request", "", problems)).await;
    let error = Api::new(&server.url(), None).unwrap().get("/imports").await.unwrap_err();
    assert_eq!(error.to_string(), "mode is wrong.\n  encoding: is unknown [invalid_request]");
    assert_eq!(error.downcast::<Refusal>().unwrap().status, 400);
}

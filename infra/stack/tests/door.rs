//! Who may speak to the stack: no page of another site, nobody without a signature, and no other user of the machine.
#![allow(clippy::unwrap_used)]

mod support;

use std::os::unix::fs::PermissionsExt as _;
use std::path::Path;
use std::time::{Duration, SystemTime};

use aws_credential_types::Credentials;
use aws_sdk_s3::presigning::PresigningConfig;
use aws_sigv4::http_request::{SignableBody, SignableRequest, SigningSettings, sign};
use aws_sigv4::sign::v4::SigningParams;
use reqwest::{Client, Method, RequestBuilder, StatusCode};
use serde_json::json;
use stack::{Functions, Stack, credentials, find_running};
use support::{TestStack, options};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};

const EVIL: &str = "https://evil.example";

/// A call of each service in the JSON protocol that reads or changes something: the name for its signature, the target
/// and the body.
fn calls(test: &TestStack) -> Vec<(&'static str, &'static str, String)> {
    let names = test.stack.resources();
    let event = json!({ "Source": "s", "DetailType": "d", "Detail": "{}", "EventBusName": "default" });
    vec![
        ("dynamodb", "DynamoDB_20120810.DeleteTable", json!({ "TableName": names.customers_table }).to_string()),
        ("sqs", "AmazonSQS.DeleteQueue", json!({ "QueueUrl": names.finish_queue_url }).to_string()),
        ("ssm", "AmazonSSM.GetParameter", json!({ "Name": "/muster/webhook-secret" }).to_string()),
        ("events", "AWSEvents.PutEvents", json!({ "Entries": [event] }).to_string()),
    ]
}

fn call(test: &TestStack, target: &str, body: &str) -> RequestBuilder {
    let request = client().post(test.stack.endpoint_url()).header("x-amz-target", target);
    request.header("content-type", "application/x-amz-json-1.0").body(body.to_owned())
}

/// The same call, signed with credentials at a time.
fn signed(
    test: &TestStack,
    (service, target, body): &(&str, &str, String),
    credentials: &Credentials,
    time: SystemTime,
) -> RequestBuilder {
    let identity = credentials.clone().into();
    let parameters = SigningParams::builder().identity(&identity).region("us-east-1").name(service).time(time);
    let parameters = parameters.settings(SigningSettings::default()).build().unwrap().into();
    let url = format!("{}/", test.stack.endpoint_url());
    let headers = [("x-amz-target", *target)].into_iter();
    let signable = SignableRequest::new("POST", &url, headers, SignableBody::Bytes(body.as_bytes())).unwrap();
    let (instructions, _) = sign(signable, &parameters).unwrap().into_parts();
    instructions.headers().fold(call(test, target, body), |request, (name, value)| request.header(name, value))
}

fn client() -> Client {
    tls::client().no_proxy().redirect(reqwest::redirect::Policy::none()).build().unwrap()
}

/// Sends a request. Returns its status and its answer, and that no page may read it.
async fn answer(request: RequestBuilder) -> (StatusCode, String) {
    let answer = request.send().await.unwrap();
    assert!(!answer.headers().contains_key("access-control-allow-origin"), "{answer:?}");
    (answer.status(), answer.text().await.unwrap())
}

async fn assert_nothing_changed(test: &TestStack) {
    let tables = test.dynamodb().list_tables().send().await.unwrap().table_names.unwrap();
    let queues = test.sqs().list_queues().send().await.unwrap().queue_urls.unwrap();
    let objects = test.s3().list_objects_v2().bucket(test.bucket()).send().await.unwrap();
    assert_eq!((tables.len(), queues.len(), objects.key_count), (4, 6, Some(0)));
    assert!(!test.data.path().join("events.jsonl").exists());
}

async fn presigned_put(test: &TestStack, key: &str) -> String {
    let for_an_hour = PresigningConfig::expires_in(Duration::from_secs(3600)).unwrap();
    test.s3().put_object().bucket(test.bucket()).key(key).presigned(for_an_hour).await.unwrap().uri().to_owned()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_page_of_another_site_is_refused_by_every_service_and_by_the_api() {
    let test = TestStack::start(|_| {}).await;
    let good = credentials(test.data.path()).unwrap();
    let put = presigned_put(&test, "uploads/01K/a.csv").await;
    let mut requests: Vec<RequestBuilder> =
        calls(&test).iter().map(|call| signed(&test, call, &good, SystemTime::now())).collect();
    requests.push(client().put(&put).body("email\n"));
    for path in ["/health", "/local/usage", "/imports"] {
        requests.push(client().get(format!("{}{path}", test.stack.api_url())).bearer_auth(test.stack.api_key()));
    }
    for request in requests {
        for (name, value, said) in [
            ("origin", EVIL, "web page of another site"),
            ("origin", "null", "web page of another site"),
            ("host", "evil.example:80", "only requests for this machine"),
        ] {
            let (status, body) = answer(request.try_clone().unwrap().header(name, value)).await;
            assert!(status == StatusCode::FORBIDDEN && body.contains(said), "{request:?}: {status} {body}");
        }
    }
    assert_nothing_changed(&test).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_preflight_is_allowed_for_a_presigned_upload_from_the_own_page_and_for_nothing_else() {
    let test = TestStack::start(|_| {}).await;
    let put = presigned_put(&test, "uploads/01K/a.csv").await;
    let own = test.stack.api_url().to_owned();
    let preflight = |url: &str, origin: &str, method: &str| {
        let request = client().request(Method::OPTIONS, url).header("origin", origin);
        request.header("access-control-request-method", method)
    };
    for (url, origin, method) in [
        (put.as_str(), EVIL, "PUT"),
        (&put, &own, "DELETE"),
        (test.stack.endpoint_url(), &own, "POST"),
        (test.stack.endpoint_url(), EVIL, "POST"),
        (test.stack.api_url(), EVIL, "POST"),
    ] {
        let (status, body) = answer(preflight(url, origin, method)).await;
        assert!(!status.is_success(), "{method} {url} from {origin}: {body}");
    }

    let allowed = preflight(&put, &own, "PUT").send().await.unwrap();
    assert_eq!(allowed.status(), StatusCode::NO_CONTENT);
    assert_eq!(allowed.headers()["access-control-allow-origin"], own.as_str());
    assert_eq!(allowed.headers()["access-control-allow-headers"], "content-type, if-none-match");
    let stored = client().put(&put).header("origin", &own).body("email\n").send().await.unwrap();
    assert_eq!(stored.status(), StatusCode::OK);
    assert_eq!(stored.headers()["access-control-allow-origin"], own.as_str());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_call_that_is_not_signed_with_the_secret_and_now_changes_nothing_in_any_service() {
    let test = TestStack::start(|_| {}).await;
    let good = credentials(test.data.path()).unwrap();
    let wrong = Credentials::new(good.access_key_id(), "guess", None, None, "test");
    let public = Credentials::new("test", "test", None, None, "test");
    let now = SystemTime::now();
    let (past, future) = (now - Duration::from_secs(16 * 60), now + Duration::from_secs(16 * 60));
    for each in &calls(&test) {
        for (request, code) in [
            (call(&test, each.1, &each.2), "MissingAuthenticationTokenException"),
            (signed(&test, each, &public, now), "UnrecognizedClientException"),
            (signed(&test, each, &wrong, now), "InvalidSignatureException"),
            (signed(&test, each, &good, past), "RequestExpired"),
            (signed(&test, each, &good, future), "RequestExpired"),
            (signed(&test, each, &good, now).body("{\"Limit\":1}"), "InvalidSignatureException"),
        ] {
            let (status, body) = answer(request).await;
            assert!(status == StatusCode::FORBIDDEN && body.contains(code), "{}: {status} {body}", each.1);
        }
    }
    assert_nothing_changed(&test).await;
    for each in calls(&test).iter().rev() {
        assert_eq!(answer(signed(&test, each, &good, now)).await.0, StatusCode::OK, "{}", each.1);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn the_object_store_takes_no_request_without_a_signature_and_no_form() {
    let test = TestStack::start(|_| {}).await;
    let bucket = format!("{}/{}", test.stack.endpoint_url(), test.bucket());
    let object = format!("{bucket}/uploads/01K/a.csv");
    let form = "--b\r\nContent-Disposition: form-data; name=\"key\"\r\n\r\nuploads/01K/a.csv\r\n\
                --b\r\nContent-Disposition: form-data; name=\"file\"\r\n\r\nemail\r\n--b--\r\n";
    let post = |kind: &str| client().post(&bucket).header("content-type", kind).body(form);
    for request in [
        client().get(&bucket),
        client().put(&object).body("email\n"),
        client().delete(&bucket),
        client().put(&object).header("authorization", "AWS test:c2lnbmF0dXJl").body("email\n"),
        post("multipart/form-data; boundary=b"),
        post("Multipart/Form-Data; boundary=b"),
        post("multipart/form-data; boundary=b").header("authorization", "AWS4-HMAC-SHA256 Credential=x"),
        client().post(format!("{bucket}?X-Amz-Signature=0")).header("content-type", "multipart/form-data; boundary=b"),
    ] {
        let (status, body) = answer(request).await;
        assert!(status == StatusCode::FORBIDDEN && body.contains("<Code>AccessDenied</Code>"), "{status} {body}");
    }
    assert_nothing_changed(&test).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn no_other_user_can_read_what_the_stack_keeps() {
    let test = TestStack::start(|_| {}).await;
    let good = credentials(test.data.path()).unwrap();
    let put = presigned_put(&test, "uploads/01K/a.csv").await;
    assert!(client().put(&put).body("email\n").send().await.unwrap().status().is_success());
    let event = calls(&test).pop().unwrap();
    assert_eq!(answer(signed(&test, &event, &good, SystemTime::now())).await.0, StatusCode::OK);
    let files = assert_closed(test.data.path());
    for name in ["api-key", "credentials", "webhook-secret", "dynamodb.sqlite", "events.jsonl", "stack.json", "a.csv"] {
        assert!(files.iter().any(|file| file == name), "{name} is not among {files:?}");
    }
}

/// Asserts that only the owner may use a directory and what is in it. Returns the names of its files.
fn assert_closed(path: &Path) -> Vec<String> {
    let about = std::fs::metadata(path).unwrap();
    let wanted = if about.is_dir() { 0o700 } else { 0o600 };
    assert_eq!(about.permissions().mode() & 0o777, wanted, "{}", path.display());
    if about.is_file() {
        return vec![path.file_name().unwrap().to_string_lossy().into_owned()];
    }
    std::fs::read_dir(path).unwrap().flat_map(|entry| assert_closed(&entry.unwrap().path())).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_data_directory_that_others_could_read_is_closed_and_a_shared_one_is_refused() {
    let data = tempfile::tempdir().unwrap();
    std::fs::create_dir(data.path().join("objects")).unwrap();
    std::fs::write(data.path().join("api-key"), "kept").unwrap();
    for (name, mode) in [("api-key", 0o644), ("objects", 0o755), ("", 0o755)] {
        std::fs::set_permissions(data.path().join(name), std::fs::Permissions::from_mode(mode)).unwrap();
    }
    let stack = Stack::start_with(options(&data), |_, _| Ok(Functions::doing_nothing())).await.unwrap();
    assert_closed(data.path());
    assert_eq!(stack.api_key(), "kept");
    drop(stack);

    let shared = tempfile::tempdir().unwrap();
    std::fs::set_permissions(shared.path(), std::fs::Permissions::from_mode(0o1777)).unwrap();
    let refused = Stack::start_with(options(&shared), |_, _| Ok(Functions::doing_nothing())).await.err().unwrap();
    let refused = std::error::Error::source(&refused).unwrap().to_string();
    assert!(refused.contains("choose a directory in it with --data"), "{refused}");
    assert_eq!(std::fs::read_dir(shared.path()).unwrap().count(), 0);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_program_that_imitates_the_stack_is_not_taken_for_it() {
    let TestStack { stack, data } = TestStack::start(|_| {}).await;
    let api = stack.api_url().to_owned();
    assert_eq!(find_running(data.path()).await.as_ref(), Some(&api));
    // What anybody on this machine can see of it, while it runs.
    let seen = client().get(format!("{api}/health?nonce=0")).send().await.unwrap().text().await.unwrap();
    assert!(seen.contains("\"proof\""), "{seen}");
    // It is killed, so its file stays, and another program takes its port.
    drop(stack);
    let address = api.strip_prefix("http://").unwrap().to_owned();
    let taken = std::cell::OnceCell::new();
    support::until("the port is free", async || {
        tokio::net::TcpListener::bind(&address).await.is_ok_and(|listener| taken.set(listener).is_ok())
    })
    .await;
    let listener = taken.into_inner().unwrap();
    let imitator = tokio::spawn(async move {
        let (mut connection, _) = listener.accept().await.unwrap();
        let mut request = vec![0; 4096];
        let length = connection.read(&mut request).await.unwrap();
        let head = "HTTP/1.1 200 OK\r\ncontent-type: application/json\r\nconnection: close\r\ncontent-length: ";
        connection.write_all(format!("{head}{}\r\n\r\n{seen}", seen.len()).as_bytes()).await.unwrap();
        String::from_utf8_lossy(&request[..length]).into_owned()
    });
    assert_eq!(find_running(data.path()).await, None);
    let asked = imitator.await.unwrap();
    assert!(asked.starts_with("GET /health?nonce=") && !asked.to_lowercase().contains("authorization"), "{asked}");
}

//! The object store through real clients: presigned uploads, conditions, ranges, uploads in parts, and the events of
//! new objects.
#![allow(clippy::unwrap_used)]

mod support;

use std::sync::{Arc, Mutex};
use std::time::Duration;

use aws_lambda_events::sqs::SqsBatchResponse;
use aws_sdk_s3::error::ProvideErrorMetadata as _;
use aws_sdk_s3::presigning::{PresignedRequest, PresigningConfig};
use aws_sdk_s3::primitives::ByteStream;
use aws_sdk_s3::types::{CompletedMultipartUpload, CompletedPart};
use reqwest::StatusCode;
use serde_json::Value;
use stack::functions::handler;
use support::{TestStack, until};

/// A stack, and the bodies of the messages that its splitter received.
async fn stack_with_events() -> (TestStack, Arc<Mutex<Vec<Value>>>) {
    let events = Arc::new(Mutex::new(Vec::new()));
    let noted = Arc::clone(&events);
    let test = TestStack::start(|functions| {
        functions.splitter = handler(move |event: lambda_runtime::LambdaEvent<aws_lambda_events::sqs::SqsEvent>| {
            let bodies = event.payload.records.into_iter().filter_map(|record| record.body);
            noted.lock().unwrap().extend(bodies.map(|body| serde_json::from_str::<Value>(&body).unwrap()));
            async { Ok(SqsBatchResponse::default()) }
        });
    });
    (test.await, events)
}

async fn presign(test: &TestStack, key: &str, length: i64, seconds: u64) -> PresignedRequest {
    test.s3()
        .put_object()
        .bucket(test.bucket())
        .key(key)
        .content_type("text/csv")
        .content_length(length)
        .if_none_match("*")
        .presigned(PresigningConfig::expires_in(Duration::from_secs(seconds)).unwrap())
        .await
        .unwrap()
}

/// Sends a body with the headers of a presigned request, except for one that a test leaves out.
async fn send(url: &str, presigned: &PresignedRequest, body: &'static str, leave_out: &str) -> reqwest::Response {
    let mut request = tls::client().build().unwrap().put(url).body(body);
    for (name, value) in presigned.headers() {
        if name != "content-length" && name != leave_out {
            request = request.header(name, value);
        }
    }
    request.send().await.unwrap()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_presigned_upload_is_accepted_once_and_sends_one_event() {
    let (test, events) = stack_with_events().await;
    let key = "uploads/01K/May survey+größe.csv";
    let presigned = presign(&test, key, 9, 60).await;
    let first = send(presigned.uri(), &presigned, "email\na@b", "").await;
    assert_eq!(first.status(), StatusCode::OK);
    let e_tag = first.headers()["etag"].to_str().unwrap().to_owned();

    let second = send(presigned.uri(), &presigned, "email\nc@d", "").await;
    assert_eq!(second.status(), StatusCode::PRECONDITION_FAILED);

    until("the event is in the split queue", async || !events.lock().unwrap().is_empty()).await;
    let events = events.lock().unwrap().clone();
    assert_eq!(events.len(), 1);
    let s3 = &events[0]["Records"][0]["s3"];
    assert_eq!(s3["object"]["key"], "uploads/01K/May+survey%2Bgr%C3%B6%C3%9Fe.csv");
    assert_eq!(s3["object"]["size"], 9);
    assert_eq!(s3["bucket"]["name"], test.bucket());
    assert_eq!(format!("\"{}\"", s3["object"]["eTag"].as_str().unwrap()), e_tag);
    assert_eq!(events[0]["Records"][0]["eventName"], "ObjectCreated:Put");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_presigned_upload_is_refused_if_anything_that_was_signed_differs() {
    let (test, events) = stack_with_events().await;
    let presigned = presign(&test, "uploads/01K/a.csv", 9, 60).await;
    let longer = send(presigned.uri(), &presigned, "email\na@b.example", "").await;
    assert_eq!(longer.status(), StatusCode::FORBIDDEN, "{}", longer.text().await.unwrap());

    let overwriting = send(presigned.uri(), &presigned, "email\na@b", "if-none-match").await;
    assert_eq!(overwriting.status(), StatusCode::FORBIDDEN);

    let signature = presigned.uri().rsplit_once("X-Amz-Signature=").unwrap().1.get(..64).unwrap();
    let forged = presigned.uri().replace(signature, &"0".repeat(64));
    assert_eq!(send(&forged, &presigned, "email\na@b", "").await.status(), StatusCode::FORBIDDEN);

    let elsewhere = presigned.uri().replace("a.csv", "b.csv");
    assert_eq!(send(&elsewhere, &presigned, "email\na@b", "").await.status(), StatusCode::FORBIDDEN);

    let unsigned = presigned.uri().split_once('?').unwrap().0;
    assert_eq!(send(unsigned, &presigned, "email\na@b", "").await.status(), StatusCode::FORBIDDEN);

    let brief = presign(&test, "uploads/01K/a.csv", 9, 1).await;
    tokio::time::sleep(Duration::from_millis(2_100)).await;
    assert_eq!(send(brief.uri(), &brief, "email\na@b", "").await.status(), StatusCode::FORBIDDEN);

    let listed = test.s3().list_objects_v2().bucket(test.bucket()).send().await.unwrap();
    assert_eq!(listed.key_count, Some(0));
    assert!(events.lock().unwrap().is_empty());
}

#[tokio::test(flavor = "multi_thread")]
async fn an_upload_that_breaks_off_leaves_no_object() {
    use tokio::io::AsyncWriteExt as _;
    let (test, events) = stack_with_events().await;
    let presigned = presign(&test, "uploads/01K/a.csv", 1_000_000, 60).await;
    let address = test.stack.endpoint_url().strip_prefix("http://").unwrap();
    let path = presigned.uri().strip_prefix(test.stack.endpoint_url()).unwrap();
    let mut connection = tokio::net::TcpStream::connect(address).await.unwrap();
    let head = format!(
        "PUT {path} HTTP/1.1\r\nhost: {address}\r\ncontent-length: 1000000\r\ncontent-type: text/csv\r\nif-none-match: *\r\n\r\n"
    );
    connection.write_all(head.as_bytes()).await.unwrap();
    connection.write_all(&[b'a'; 5_000]).await.unwrap();
    connection.flush().await.unwrap();
    tokio::time::sleep(Duration::from_millis(100)).await;
    drop(connection);

    // The same URL still works: the broken upload wrote no object, and its claim on the key ends.
    let body: &'static str = "a".repeat(1_000_000).leak();
    until("the claim has ended", async || send(presigned.uri(), &presigned, body, "").await.status() == StatusCode::OK)
        .await;
    until("one event is in the split queue", async || events.lock().unwrap().len() == 1).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn reads_take_ranges_and_conditions() {
    let test = TestStack::start(|_| {}).await;
    let (s3, bucket) = (test.s3(), test.bucket());
    let body = (0..700_000_u32).flat_map(|n| n.to_le_bytes()).collect::<Vec<u8>>();
    let put = s3.put_object().bucket(bucket).key("work/1/a").body(ByteStream::from(body.clone())).send().await.unwrap();
    let e_tag = put.e_tag.unwrap();

    let got = s3.get_object().bucket(bucket).key("work/1/a").if_match(&e_tag).send().await.unwrap();
    assert_eq!(got.e_tag.as_ref(), Some(&e_tag));
    assert!(got.body.collect().await.unwrap().into_bytes() == body);
    let got =
        s3.get_object().bucket(bucket).key("work/1/a").range("bytes=300001-").if_match(&e_tag).send().await.unwrap();
    assert_eq!(got.content_range.as_deref(), Some("bytes 300001-2799999/2800000"));
    assert!(got.body.collect().await.unwrap().into_bytes() == body[300_001..]);
    let got = s3.get_object().bucket(bucket).key("work/1/a").range("bytes=-10").send().await.unwrap();
    assert!(got.body.collect().await.unwrap().into_bytes() == body[body.len() - 10..]);

    let other = s3.get_object().bucket(bucket).key("work/1/a").if_match("\"other\"").send().await.unwrap_err();
    assert_eq!(other.code(), Some("PreconditionFailed"));
    let past = s3.get_object().bucket(bucket).key("work/1/a").range("bytes=2800000-").send().await.unwrap_err();
    assert_eq!(past.code(), Some("InvalidRange"));
    let head = s3.head_object().bucket(bucket).key("work/1/a").send().await.unwrap();
    assert_eq!((head.e_tag, head.content_length), (Some(e_tag), Some(2_800_000)));
    let other = s3.head_object().bucket(bucket).key("work/1/a").if_match("\"other\"").send().await.unwrap_err();
    assert_eq!(other.raw_response().unwrap().status().as_u16(), 412);
    let missing = s3.get_object().bucket(bucket).key("work/1/b").send().await.unwrap_err();
    assert_eq!(missing.code(), Some("NoSuchKey"));
    assert!(
        s3.head_object().bucket(bucket).key("work/1/b").send().await.unwrap_err().into_service_error().is_not_found()
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn an_upload_in_parts_sends_its_event_when_it_is_complete() {
    let (test, events) = stack_with_events().await;
    let (s3, bucket, key) = (test.s3(), test.bucket(), "uploads/01K/large.csv");
    let begun = s3.create_multipart_upload().bucket(bucket).key(key).send().await.unwrap();
    let id = begun.upload_id.unwrap();
    let mut parts = CompletedMultipartUpload::builder();
    for (number, size) in [(1, 5 * 1024 * 1024), (2, 1000)] {
        let body = ByteStream::from(vec![b'x'; size]);
        let sent = s3.upload_part().bucket(bucket).key(key).upload_id(&id).part_number(number).body(body).send();
        let part = CompletedPart::builder().part_number(number).set_e_tag(sent.await.unwrap().e_tag).build();
        parts = parts.parts(part);
    }
    assert!(events.lock().unwrap().is_empty());
    let whole = s3
        .complete_multipart_upload()
        .bucket(bucket)
        .key(key)
        .upload_id(&id)
        .multipart_upload(parts.build())
        .send()
        .await
        .unwrap();
    let e_tag = whole.e_tag.unwrap();
    assert!(e_tag.ends_with("-2\""), "{e_tag}");
    until("the event is in the split queue", async || !events.lock().unwrap().is_empty()).await;
    let event = events.lock().unwrap()[0].clone();
    assert_eq!(event["Records"][0]["eventName"], "ObjectCreated:CompleteMultipartUpload");
    assert_eq!(event["Records"][0]["s3"]["object"]["size"], 5 * 1024 * 1024 + 1000);
    assert_eq!(format!("\"{}\"", event["Records"][0]["s3"]["object"]["eTag"].as_str().unwrap()), e_tag);
}

#[tokio::test(flavor = "multi_thread")]
async fn objects_are_listed_by_prefix_in_pages_and_deleted() {
    let (test, events) = stack_with_events().await;
    let (s3, bucket) = (test.s3(), test.bucket());
    for key in ["work/1/b", "work/1/a", "work/10/a", "work/2/a"] {
        s3.put_object().bucket(bucket).key(key).body(ByteStream::from_static(b"x")).send().await.unwrap();
    }
    let page = s3.list_objects_v2().bucket(bucket).prefix("work/1/").max_keys(1).send().await.unwrap();
    assert_eq!(page.contents()[0].key(), Some("work/1/a"));
    let token = page.next_continuation_token.unwrap();
    let page = s3.list_objects_v2().bucket(bucket).prefix("work/1/").continuation_token(token).send().await.unwrap();
    assert_eq!((page.contents()[0].key(), page.is_truncated), (Some("work/1/b"), Some(false)));
    s3.delete_object().bucket(bucket).key("work/1/a").send().await.unwrap();
    s3.delete_object().bucket(bucket).key("work/1/a").send().await.unwrap();
    let left = s3.list_objects_v2().bucket(bucket).prefix("work/1/").send().await.unwrap();
    assert_eq!(left.key_count, Some(1));
    // Only keys under uploads/ send events.
    assert!(events.lock().unwrap().is_empty());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_key_that_is_not_a_path_or_is_too_long_is_refused_before_anything_is_written() {
    let test = TestStack::start(|_| {}).await;
    for key in [format!("uploads/{}", "ä".repeat(80)), "uploads//a".to_owned(), "uploads/../a".to_owned()] {
        let put =
            test.s3().put_object().bucket(test.bucket()).key(&key).body(ByteStream::from_static(b"x")).send().await;
        let code = put.unwrap_err().code().unwrap_or_default().to_owned();
        assert!(
            ["KeyTooLongError", "InvalidArgument", "SignatureDoesNotMatch"].contains(&code.as_str()),
            "{key}: {code}"
        );
    }
    // The longest key that the upload function makes.
    let longest = format!("uploads/{}/{}", "1".repeat(26), "x".repeat(100));
    test.s3()
        .put_object()
        .bucket(test.bucket())
        .key(&longest)
        .body(ByteStream::from_static(b"x"))
        .send()
        .await
        .unwrap();
    let listed = test.s3().list_objects_v2().bucket(test.bucket()).send().await.unwrap();
    assert_eq!(listed.contents()[0].key(), Some(longest.as_str()));
}

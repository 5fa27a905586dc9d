//! Uploads to an object store that breaks off, is busy, or finds URLs expired.
#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

mod support;

use std::collections::{BTreeMap, BTreeSet};
use std::io::Write as _;
use std::sync::{Arc, Mutex};

use client::Api;
use serde_json::{Value as Json, json};
use support::{Request, Server, answer};

const SLOW_DOWN: &str = "<Error><Code>SlowDown</Code><Message>Please reduce your request rate.</Message></Error>";
const EXPIRED: &str = "<Error><Code>AccessDenied</Code><Message>Request has expired</Message></Error>";

fn file(content: &str) -> tempfile::NamedTempFile {
    let mut file = tempfile::NamedTempFile::new().unwrap();
    file.write_all(content.as_bytes()).unwrap();
    file
}

fn stored(request: &Request) -> Option<String> {
    answer("200 OK", &format!("etag: \"{}\"\r\n", request.body), "")
}

/// A store that answers the first attempt at each URL with `first`, and takes the second.
async fn store(first: impl Fn(&Request) -> Option<String> + Send + Sync + 'static) -> Server {
    let seen = Mutex::new(BTreeSet::new());
    Server::start(
        move |request| {
            if seen.lock().unwrap().insert(request.target.clone()) { first(request) } else { stored(request) }
        },
    )
    .await
}

fn one_put(url: String) -> Json {
    json!({ "method": "PUT", "url": url, "headers": { "content-length": "5", "content-type": "text/csv" } })
}

#[tokio::test]
async fn the_length_is_sent_once_though_the_signed_headers_name_it_too() {
    let store = Server::start(stored).await;
    let api = Api::new("http://127.0.0.1:1", Some("key")).unwrap();
    api.upload(file("email").path(), &one_put(format!("{}/a", store.url())), 5).await.unwrap();
    let asked = &store.asked()[0];
    assert_eq!((asked.all("content-length"), asked.all("content-type")), (vec!["5"], vec!["text/csv"]));
    assert_eq!(asked.all("authorization"), Vec::<&str>::new(), "the store refuses a key beside the signature");
}

#[tokio::test]
async fn one_put_that_breaks_off_or_meets_a_busy_store_begins_again() {
    for first in [None, answer("503 Slow Down", "", SLOW_DOWN)] {
        let store = store(move |_| first.clone()).await;
        let api = Api::new("http://127.0.0.1:1", None).unwrap();
        api.upload(file("email").path(), &one_put(format!("{}/a", store.url())), 5).await.unwrap();
        let bodies: Vec<String> = store.asked().into_iter().map(|request| request.body).collect();
        assert_eq!(bodies, ["email", "email"]);
    }
}

#[tokio::test]
async fn a_put_that_arrived_though_its_answer_was_lost_is_not_an_error() {
    let store = Server::start({
        let seen = Mutex::new(false);
        move |_| {
            let lost = !std::mem::replace(&mut *seen.lock().unwrap(), true);
            if lost { None } else { answer("412 Precondition Failed", "", "") }
        }
    })
    .await;
    let api = Api::new("http://127.0.0.1:1", None).unwrap();
    api.upload(file("email").path(), &one_put(format!("{}/a", store.url())), 5).await.unwrap();
    assert_eq!(store.lines().len(), 2);
}

#[tokio::test]
async fn a_refused_upload_is_not_repeated_and_says_why() {
    let refused = "<Error><Code>SignatureDoesNotMatch</Code><Message>The signature is wrong.</Message></Error>";
    let store = Server::start(move |_| answer("403 Forbidden", "", refused)).await;
    let api = Api::new("http://127.0.0.1:1", None).unwrap();
    let error = api.upload(file("email").path(), &one_put(format!("{}/a", store.url())), 5).await.unwrap_err();
    assert_eq!(error.to_string(), "the upload was refused (403 Forbidden): The signature is wrong.");
    assert_eq!(store.lines().len(), 1);
}

/// A Muster whose upload of seven parts of two bytes has URLs for three parts at a time, and notes what was completed.
/// A URL carries how often its part was described. `there` has the ETags of parts that an earlier command uploaded.
async fn muster(store: Server, there: &'static [(u64, &str)]) -> (Server, Arc<Mutex<Json>>) {
    let (completed, given) = (Arc::new(Mutex::new(Json::Null)), Mutex::new(BTreeMap::<u64, u32>::new()));
    let noted = Arc::clone(&completed);
    let muster = Server::start(move |request| {
        let base = format!("http://{}/imports/1/upload", request.header("host").unwrap());
        if request.method == "POST" {
            *noted.lock().unwrap() = serde_json::from_str(&request.body).unwrap();
            return answer("200 OK", "", "{}");
        }
        let from: u64 = request.target.split_once("?from=").map_or(1, |(_, from)| from.parse().unwrap());
        let parts: Vec<Json> = (from..=7.min(from + 2))
            .map(|number| {
                let times = *given.lock().unwrap().entry(number).and_modify(|times| *times += 1).or_insert(1);
                let size = if number == 7 { 1 } else { 2 };
                let mut part =
                    json!({ "number": number, "size": size, "url": format!("{}/{number}/{times}", store.url()) });
                if let Some((_, etag)) = there.iter().find(|(of, _)| *of == number) {
                    part["etag"] = format!("\"{etag}\"").into();
                }
                part
            })
            .collect();
        let more_url = (from + 2 < 7).then(|| format!("{base}?from={}", from + 3));
        let multipart = json!({ "part_size": 2, "parts": parts, "complete_url": base, "more_url": more_url });
        answer("200 OK", "", &json!({ "upload": { "multipart": multipart, "renew_url": base } }).to_string())
    })
    .await;
    (muster, completed)
}

/// Uploads 13 bytes in parts; gives the parts that were completed and how often each URL was used.
async fn upload(store: Server) -> (Json, BTreeMap<String, usize>) {
    upload_rest(store, &[]).await
}

/// The same, where some parts are there already.
async fn upload_rest(store: Server, there: &'static [(u64, &str)]) -> (Json, BTreeMap<String, usize>) {
    let (muster, completed) = muster(store.clone(), there).await;
    let api = Api::new(&muster.url(), Some("key")).unwrap();
    let described = api.get("/imports/1/upload").await.unwrap();
    api.upload(file("aabbccddeeffg").path(), &described["upload"], 13).await.unwrap();
    let completed = completed.lock().unwrap().take();
    (completed, store.counts())
}

fn all_parts() -> Json {
    let parts = ["aa", "bb", "cc", "dd", "ee", "ff", "g"];
    let part = |(at, text): (usize, &&str)| json!({ "number": at + 1, "etag": format!("\"{text}\"") });
    json!({ "parts": parts.iter().enumerate().map(part).collect::<Vec<_>>() })
}

#[tokio::test]
async fn the_urls_of_parts_come_in_pieces() {
    let (completed, puts) = upload(Server::start(stored).await).await;
    assert_eq!(completed, all_parts());
    assert!(puts.len() == 7 && puts.values().all(|times| *times == 1), "{puts:?}");
}

#[tokio::test]
async fn parts_that_an_earlier_command_sent_are_not_sent_again_unless_they_have_other_bytes() {
    // The MD5 of `aa` and of `g`; and what could be the MD5 of an earlier version of the file.
    const AA: &str = "4124bc0a9335c27f086f24ba207a4912";
    const G: &str = "b2f5ff47436671b6e533d8dc3614845d";
    let (completed, puts) = upload_rest(Server::start(stored).await, &[(1, AA), (4, AA), (7, G)]).await;
    let mut expected = all_parts();
    expected["parts"][0]["etag"] = format!("\"{AA}\"").into();
    expected["parts"][6]["etag"] = format!("\"{G}\"").into();
    assert_eq!(completed, expected);
    let sent: Vec<&str> = puts.keys().map(String::as_str).collect();
    assert_eq!(sent, ["PUT /2/1", "PUT /3/1", "PUT /4/1", "PUT /5/1", "PUT /6/1"]);
}

#[tokio::test]
async fn only_the_part_that_broke_off_or_met_a_busy_store_is_sent_again() {
    for refusal in [None, answer("503 Slow Down", "", SLOW_DOWN)] {
        let store =
            store(move |request| if request.target == "/5/1" { refusal.clone() } else { stored(request) }).await;
        let (completed, puts) = upload(store).await;
        assert_eq!(completed, all_parts());
        let again: Vec<_> = puts.iter().filter(|(_, times)| **times > 1).collect();
        assert_eq!(again, [(&"PUT /5/1".to_owned(), &2)]);
    }
}

#[tokio::test]
async fn expired_urls_are_renewed_and_parts_that_are_there_are_not_sent_again() {
    // The first URLs of parts 5 and 6 are used too late.
    let store = Server::start(|request| match request.target.as_str() {
        "/5/1" | "/6/1" => answer("403 Forbidden", "", EXPIRED),
        _ => stored(request),
    })
    .await;
    let (completed, puts) = upload(store).await;
    assert_eq!(completed, all_parts());
    for number in [1, 2, 3, 4, 7] {
        let sent = puts.keys().filter(|line| line.starts_with(&format!("PUT /{number}/"))).count();
        assert_eq!(sent, 1, "part {number} is sent once: {puts:?}");
    }
}

#[tokio::test]
async fn a_store_whose_clock_is_wrong_is_named_as_the_cause() {
    let store = Server::start(|_| answer("403 Forbidden", "", EXPIRED)).await;
    let (muster, _) = muster(store, &[]).await;
    let api = Api::new(&muster.url(), Some("key")).unwrap();
    let described = api.get("/imports/1/upload").await.unwrap();
    let error = api.upload(file("aabbccddeeffg").path(), &described["upload"], 13).await.unwrap_err();
    assert!(error.to_string().contains("check the clock"), "{error}");
}

//! Listings have pages.
#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

mod support;

use client::Api;
use support::{Server, answer};

#[tokio::test]
async fn a_listing_is_read_to_its_last_page() {
    let server = Server::start(|request| {
        let page = match request.target.as_str() {
            "/segments" => r#"{"segments":[1,2],"cursor":"a b&я"}"#,
            "/segments?cursor=a%20b%26%D1%8F" => r#"{"segments":[3],"cursor":"c"}"#,
            _ => r#"{"segments":[],"cursor":null}"#,
        };
        answer("200 OK", "", page)
    })
    .await;
    let api = Api::new(&server.url(), Some("key")).unwrap();
    assert_eq!(api.list("/segments", "segments").await.unwrap(), [1, 2, 3]);
    assert_eq!(server.lines().len(), 3);
}

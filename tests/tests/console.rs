//! The console over HTTP: who gets in, what a form needs, and what every page is sent with. `tests/browser` walks it in Chromium.
#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

use serde_json::json;
use stack::Options;
use tests::browser::Browser;
use tests::muster::Muster;

/// Pages that need nothing to exist.
const PAGES: [&str; 7] = ["imports", "imports/new", "columns", "customers", "segments", "catalogue", "template.csv"];

async fn console(folder: &std::path::Path) -> (Muster, Browser) {
    let muster = Muster::start(Options::new(folder)).await.unwrap();
    let browser = Browser::new(muster.stack.api_url()).unwrap();
    (muster, browser)
}

#[tokio::test(flavor = "multi_thread")]
async fn a_link_signs_in_once_and_a_key_signs_in_until_it_was_wrong_too_often() {
    let folder = tempfile::tempdir().unwrap();
    let (muster, browser) = console(folder.path()).await;
    for page in PAGES {
        assert_eq!(browser.open(&format!("/console/{page}")).await.unwrap().status, 401, "{page}");
    }
    let link = muster.stack.console_link().await.unwrap();
    let path = link.strip_prefix(muster.stack.api_url()).unwrap();
    let opened = browser.open(path).await.unwrap();
    assert_eq!(opened.status, 200, "{}", opened.text);
    let cookie = opened.header("set-cookie");
    assert!(cookie.contains("HttpOnly; SameSite=Strict") && cookie.contains("Max-Age="), "{cookie}");
    assert_eq!(browser.open("/console/imports").await.unwrap().status, 200);
    let other = Browser::new(muster.stack.api_url()).unwrap();
    assert_eq!(other.open(path).await.unwrap().status, 403, "the link was used");
    let sign_in = async |key: &str| other.submit("/console/sign-in", &[("key", key)], None).await.unwrap().status;
    assert_eq!(sign_in(muster.stack.api_key()).await, 200);
    for _ in 0..10 {
        assert_eq!(sign_in("guess").await, 403);
    }
    assert_eq!(sign_in("guess").await, 429);
}

#[tokio::test(flavor = "multi_thread")]
async fn every_page_is_closed_to_foreign_code_and_every_form_needs_its_token() {
    let folder = tempfile::tempdir().unwrap();
    let (muster, browser) = console(folder.path()).await;
    browser.submit("/console/sign-in", &[("key", muster.stack.api_key())], None).await.unwrap();
    let import = muster.import(b"email,first_name\na@b.de,<b>Ann</b>\n", json!({})).await.unwrap();
    let task = format!("imports/{}", import["id"].as_str().unwrap());
    let customer = muster.get("/customers?email=a%40b.de").await.unwrap();
    let card = format!("customers/{}", customer["id"].as_str().unwrap());
    for page in PAGES.iter().copied().chain([task.as_str(), card.as_str(), "nothing"]) {
        let shown = browser.open(&format!("/console/{page}")).await.unwrap();
        let expected = if page == "nothing" { 404 } else { 200 };
        assert_eq!(shown.status, expected, "{page}: {}", shown.text);
        let policy = shown.header("content-security-policy");
        assert!(policy.starts_with("default-src 'none'") && !policy.contains("unsafe"), "{page}: {policy}");
        assert_eq!(shown.header("x-content-type-options"), "nosniff", "{page}");
        assert_eq!(shown.header("cache-control"), "no-store", "{page}");
        assert!(!shown.text.contains(" style=") && !shown.text.contains("<b>"), "{page}");
    }
    let fields = [("file.name", "a.csv"), ("file.size", "10")];
    assert_eq!(browser.submit("/console/imports", &fields, None).await.unwrap().status, 403);
    assert_eq!(browser.submit("/console/imports", &fields, Some("0.0")).await.unwrap().status, 403);
    assert_eq!(muster.get("/imports").await.unwrap()["imports"].as_array().unwrap().len(), 1);
    let token = browser.token().await.unwrap();
    assert_eq!(browser.submit("/console/imports", &fields, Some(&token)).await.unwrap().status, 201);
    let out = browser.submit("/console/sign-out", &[], Some(&token)).await.unwrap();
    assert_eq!(out.status, 200);
    assert_eq!(browser.open("/console/imports").await.unwrap().status, 401);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_new_import_offers_every_definition_however_many_there_are() {
    let folder = tempfile::tempdir().unwrap();
    let (muster, browser) = console(folder.path()).await;
    browser.submit("/console/sign-in", &[("key", muster.stack.api_key())], None).await.unwrap();
    let page = muster.get("/definitions?limit=200").await.unwrap();
    assert_eq!(page["definitions"], json!([]));
    // More than a page of the API has.
    for number in 0..60 {
        muster.put(&format!("/definitions/Shop%20{number:03}"), json!({})).await.unwrap();
    }
    assert!(muster.get("/definitions").await.unwrap()["cursor"].is_string(), "there is a second page");
    let form = browser.open("/console/imports/new").await.unwrap();
    assert_eq!(form.text.matches("<option value=\"Shop ").count(), 60);
}

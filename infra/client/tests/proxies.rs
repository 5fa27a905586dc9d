//! Proxies of the environment are used, but not for this machine.
#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

mod support;

use std::process::Command;

use client::Api;
use support::{Server, answer};

/// What a process with a proxy in its environment asks for.
const ASKED: &str = "MUSTER_TEST_ASKED";

/// Runs this test alone in a process with other variables: those of this one are shared by all its tests.
async fn asked_for(url: &str, proxy: &Server, no_proxy: &str) -> bool {
    let mut child = Command::new(std::env::current_exe().unwrap());
    child.args(["--exact", "requests_go_through_the_proxy_unless_they_stay_here_or_are_excepted"]);
    for name in ["HTTP_PROXY", "http_proxy", "HTTPS_PROXY", "https_proxy", "ALL_PROXY", "all_proxy", "no_proxy"] {
        child.env_remove(name);
    }
    child.env("http_proxy", proxy.url()).env("HTTPS_PROXY", proxy.url()).env("NO_PROXY", no_proxy).env(ASKED, url);
    tokio::task::spawn_blocking(move || child.output().unwrap().status.success()).await.unwrap()
}

#[tokio::test(flavor = "multi_thread")]
async fn requests_go_through_the_proxy_unless_they_stay_here_or_are_excepted() {
    if let Ok(url) = std::env::var(ASKED) {
        assert_eq!(Api::new(&url, None).unwrap().get("/imports").await.unwrap()["from"], "here");
        return;
    }
    let proxy = Server::start(|request| match request.method.as_str() {
        "CONNECT" => answer("403 Forbidden", "", ""),
        _ => answer("200 OK", "", r#"{"from":"here"}"#),
    })
    .await;
    assert!(asked_for("http://muster.invalid", &proxy, "").await);
    assert_eq!(proxy.lines(), ["GET http://muster.invalid/imports"]);
    assert!(!asked_for("https://muster.invalid", &proxy, "").await);
    assert_eq!(proxy.lines()[1..], ["CONNECT muster.invalid:443"]);

    assert!(!asked_for("http://muster.invalid", &proxy, "muster.invalid").await);
    let here = Server::start(|_| answer("200 OK", "", r#"{"from":"here"}"#)).await;
    for host in ["127.0.0.1", "localhost", "status.localhost"] {
        assert!(asked_for(&format!("http://{host}:{}", here.port), &proxy, "").await, "{host}");
    }
    assert_eq!(proxy.lines().len(), 2, "no other request reached it");
    assert_eq!(here.lines().len(), 3);
}

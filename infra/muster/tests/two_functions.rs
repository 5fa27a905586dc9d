//! `muster import --url` with two functions at addresses of their own, as on AWS.
#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

#[path = "../../client/tests/support/mod.rs"]
mod support;

use std::io::{Read as _, Write as _};
use std::path::Path;
use std::process::Command;

use serde_json::Value as Json;
use stack::Options;
use support::{Request, Server, moved};
use tests::muster::Muster;

/// What the stack at a port answers to a request.
fn passed_on(port: u16, request: &Request) -> Option<String> {
    let headers = request.headers.iter().filter(|(name, _)| !["connection", "host"].contains(&name.as_str()));
    let headers: String = headers.map(|(name, value)| format!("{name}: {value}\r\n")).collect();
    let text = format!(
        "{} {} HTTP/1.1\r\nhost: 127.0.0.1:{port}\r\n{headers}connection: close\r\n\r\n{}",
        request.method, request.target, request.body
    );
    let mut stack = std::net::TcpStream::connect(("127.0.0.1", port)).unwrap();
    stack.write_all(text.as_bytes()).unwrap();
    let mut answer = String::new();
    stack.read_to_string(&mut answer).unwrap();
    Some(answer)
}

/// The upload function of a stack: it launches imports and leaves everything else to the status function.
async fn upload_function(status_url: &str) -> Server {
    let status_url = status_url.to_owned();
    let port = status_url.rsplit(':').next().unwrap().parse().unwrap();
    Server::start(move |request| match (request.method.as_str(), request.target.as_str()) {
        // The stack runs in this process, and must go on while its answer is waited for.
        ("POST", "/imports") => tokio::task::block_in_place(|| passed_on(port, request)),
        (_, path) => moved(&format!("{status_url}{path}")),
    })
    .await
}

/// Imports the file `a.csv` of a folder by a URL. Gives the import as the command printed it.
async fn import(folder: &Path, url: &str, key: &str, options: &[&str]) -> Json {
    let mut command = Command::new(env!("CARGO_BIN_EXE_muster"));
    command.args(["import", "a.csv", "--json", "--force", "--errors", "errors.csv", "--url", url, "--key", key]);
    command.args(options).current_dir(folder);
    let answer = tokio::task::spawn_blocking(move || command.output().unwrap()).await.unwrap();
    let (out, err) = (String::from_utf8(answer.stdout).unwrap(), String::from_utf8(answer.stderr).unwrap());
    assert_eq!(answer.status.code(), Some(1), "{out}\n{err}");
    let import: Json = serde_json::from_str(out.lines().last().unwrap()).unwrap();
    let report = std::fs::read_to_string(folder.join("errors.csv")).unwrap();
    assert!(report.contains("nobody,Oslo"), "{report}");
    import
}

/// A folder with a file of 300 customers and one row without an identifier.
fn folder() -> tempfile::TempDir {
    let folder = tempfile::tempdir().unwrap();
    let rows: String = (0..300).map(|row| format!("p{row}@command.example,Rome\n")).collect();
    std::fs::write(folder.path().join("a.csv"), format!("email,city\n{rows}nobody,Oslo\n")).unwrap();
    folder
}

#[tokio::test(flavor = "multi_thread")]
async fn a_file_is_imported_by_the_url_of_the_upload_function_alone() {
    let folder = folder();
    let muster = Muster::start(Options::new(folder.path().join("data"))).await.unwrap();
    let upload = upload_function(muster.stack.api_url()).await;
    for options in [&[][..], &["--multipart"]] {
        let import = import(folder.path(), &upload.url(), muster.stack.api_key(), options).await;
        assert_eq!((import["state"].as_str(), import["counters"]["rejected"].as_u64()), (Some("completed"), Some(1)));
    }
    let launches: Vec<_> = upload.asked().into_iter().filter(|request| request.method == "POST").collect();
    let keys: Vec<&str> = launches.iter().map(|request| request.header("idempotency-key").unwrap()).collect();
    assert!(keys.len() == 2 && keys[0] != keys[1], "each command launches by a key of its own: {keys:?}");
}

/// `infra/localstack/run` deploys one.
#[tokio::test(flavor = "multi_thread")]
#[ignore = "needs a deployed Muster: infra/localstack/run"]
async fn a_file_is_imported_into_a_deployed_muster_by_the_url_of_its_upload_function() {
    let variable = |name: &str| std::env::var(name).unwrap_or_else(|_| panic!("{name} is not set"));
    let (folder, url, key) = (folder(), variable("MUSTER_UPLOAD_URL"), variable("MUSTER_KEY"));
    for options in [&[][..], &["--multipart"]] {
        let import = import(folder.path(), &url, &key, options).await;
        let counters = &import["counters"];
        assert_eq!((import["state"].as_str(), counters["rejected"].as_u64()), (Some("completed"), Some(1)), "{import}");
        assert_eq!(counters["created"].as_u64().unwrap() + counters["unchanged"].as_u64().unwrap(), 300, "{import}");
    }
}

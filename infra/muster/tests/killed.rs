//! `muster up` is killed by SIGKILL in the middle of an import, several times, and started again.
#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use serde_json::{Value as Json, json};
use stack::Options;
use tests::client::{http_with_key, tally};
use tests::files::tangled;
use tests::model::Model;
use tests::muster::Muster;
use tests::stored::compare_customers;

/// How often the process is killed at most.
const MOST_KILLS: u64 = 4;

fn start(data: &Path) -> Child {
    Command::new(env!("CARGO_BIN_EXE_muster"))
        .args(["up", "--port", "0", "--data"])
        .arg(data)
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .spawn()
        .unwrap()
}

fn kill(child: &mut Child) {
    child.kill().unwrap();
    child.wait().unwrap();
}

/// Waits until the stack of a process answers, and returns the URL of its API.
async fn api_url(data: &Path, child: &Child) -> String {
    let deadline = Instant::now() + Duration::from_secs(60);
    loop {
        if let Some(running) = stack::running(data).await
            && running.pid == child.id()
        {
            return running.api_url;
        }
        assert!(Instant::now() < deadline, "the stack does not answer after a minute");
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn an_import_whose_process_is_killed_several_times_ends_as_the_model_does() {
    let folder = tempfile::tempdir().unwrap();
    let file = tangled(41, 3_000);
    let mut model = Model::default();
    let expected = model.import(&file).unwrap();
    let mut child = start(folder.path());
    let mut api = api_url(folder.path(), &child).await;
    let client = http_with_key(&stack::api_key(folder.path()).unwrap()).unwrap();
    let without_key = tls::client().no_proxy().build().unwrap();

    let request = json!({
        "file": { "name": "a.csv", "size": file.len() },
        "settings": { "source_action": { "name": "Imported" } },
    });
    let launched = client.post(format!("{api}/imports")).json(&request).send().await.unwrap();
    let launched: Json = launched.json().await.unwrap();
    let mut put = without_key.put(launched["upload"]["url"].as_str().unwrap()).body(file);
    for (name, value) in launched["upload"]["headers"].as_object().unwrap() {
        put = put.header(name, value.as_str().unwrap());
    }
    put.send().await.unwrap().error_for_status().unwrap();

    let id = launched["id"].as_str().unwrap();
    let mut kills = 0;
    let deadline = Instant::now() + Duration::from_secs(240);
    let import = loop {
        let import = client.get(format!("{api}/imports/{id}")).send().await.unwrap();
        let import: Json = import.json().await.unwrap();
        if import["state"] == "completed" {
            break import;
        }
        assert!(Instant::now() < deadline, "the import has not ended, {kills} kills: {import}");
        let done = import["progress"]["done"].as_u64().unwrap();
        if kills < MOST_KILLS && import["state"] == "importing" && done >= kills * 600 {
            kill(&mut child);
            kills += 1;
            child = start(folder.path());
            api = api_url(folder.path(), &child).await;
        }
        tokio::time::sleep(Duration::from_millis(20)).await;
    };
    kill(&mut child);
    assert!(kills > 0, "the import ended before the process could be killed");
    assert_eq!(tally(&import), expected, "{import}");
    let muster = Muster::start(Options::new(folder.path())).await.unwrap();
    compare_customers(&muster.customers().await.unwrap(), &model).unwrap();
}

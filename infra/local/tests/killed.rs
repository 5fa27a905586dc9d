//! The whole process killed with SIGKILL in the middle of an import, and started again.
#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use local::stack::Options;
use serde_json::{Value as Json, json};
use tests::files::tangled;
use tests::model::Model;
use tests::muster::{Muster, client, counted, same};

fn up(data: &std::path::Path) -> Child {
    Command::new(env!("CARGO_BIN_EXE_muster"))
        .args(["up", "--port", "0", "--data"])
        .arg(data)
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .spawn()
        .unwrap()
}

/// Where the stack answers, once it does.
async fn url(data: &std::path::Path, child: &Child) -> String {
    let deadline = Instant::now() + Duration::from_secs(60);
    loop {
        if let Some(running) = local::stack::running(data).await
            && running.pid == child.id()
        {
            return running.api_url;
        }
        assert!(Instant::now() < deadline, "the stack did not come up");
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_process_killed_at_any_moment_ends_as_the_model_does() {
    let folder = tempfile::tempdir().unwrap();
    let file = tangled(41, 3_000);
    let mut model = Model::default();
    let expected = model.import(&file, true).unwrap();
    let mut child = up(folder.path());
    let mut api = url(folder.path(), &child).await;
    let client = client(&local::stack::api_key(folder.path()).unwrap()).unwrap();
    let plain = reqwest::Client::builder().no_proxy().build().unwrap();
    let body = json!({ "file": { "name": "a.csv", "size": file.len() }, "settings": { "source_action": { "name": "Imported" } } });
    let launched: Json = client.post(format!("{api}/imports")).json(&body).send().await.unwrap().json().await.unwrap();
    let mut put = plain.put(launched["upload"]["url"].as_str().unwrap()).body(file);
    for (name, value) in launched["upload"]["headers"].as_object().unwrap() {
        put = put.header(name, value.as_str().unwrap());
    }
    put.send().await.unwrap().error_for_status().unwrap();
    let id = launched["id"].as_str().unwrap();
    let mut kills = 0;
    let deadline = Instant::now() + Duration::from_secs(240);
    let task = loop {
        let task: Json = client.get(format!("{api}/imports/{id}")).send().await.unwrap().json().await.unwrap();
        if task["state"] == "completed" {
            break task;
        }
        assert!(Instant::now() < deadline, "it did not end after {kills} kills: {task}");
        let counted = task["progress"]["done"].as_u64().unwrap();
        if kills < 4 && task["state"] == "importing" && counted >= kills * 600 {
            child.kill().unwrap();
            child.wait().unwrap();
            kills += 1;
            child = up(folder.path());
            api = url(folder.path(), &child).await;
        }
        tokio::time::sleep(Duration::from_millis(20)).await;
    };
    child.kill().unwrap();
    child.wait().unwrap();
    assert!(kills > 0, "it was over before it could be killed");
    assert_eq!(counted(&task), expected, "{task}");
    let muster = Muster::start(Options::new(folder.path())).await.unwrap();
    same(&muster.customers().await.unwrap(), &model).unwrap();
}

//! scratch
#![allow(clippy::unwrap_used)]
mod support;
use local::stack::Stack;
use std::time::{Duration, Instant};

#[tokio::test(flavor = "multi_thread")]
async fn smoke() {
    tracing_subscriber::fmt().with_env_filter("warn,dynoxide=error").init();
    let data = tempfile::tempdir().unwrap();
    let mut options = support::options(&data);
    let faults = std::env::var("FAULTS").ok().map(|seed| {
        std::sync::Arc::new(
            local::stack::Faults::seeded(seed.parse().unwrap())
                .kill_percent(1.0)
                .throttle_percent(1.0)
                .server_error_percent(1.0)
                .duplicate_percent(20.0)
                .reorder()
                .delay_percent(10.0, Duration::from_millis(100)),
        )
    });
    options.faults = faults.clone();
    options.sweep_every = Duration::from_secs(1);
    options.stalled = Duration::from_secs(3);
    options.timeouts.splitter = Duration::from_secs(5);
    let stack = Stack::start(options).await.unwrap();
    let http = reqwest::Client::new();
    let n: usize = std::env::var("ROWS").ok().and_then(|n| n.parse().ok()).unwrap_or(200);
    let mut body = "external_id,email,first_name\n".to_owned();
    for i in 0..n {
        body += &format!("C-{i},p{i}@example.com,Ann{i}\n");
    }
    let request = serde_json::json!({ "task": "customer_import", "description": "x", "file": { "name": "c.csv", "size": body.len() },
       "settings": { "segment": { "group": "Surveys", "name": "May", "create": true }, "source_action": { "name": "Filled", "create": true } } });
    let answer = http.post(format!("{}/imports", stack.api_url())).json(&request).send().await.unwrap();
    println!("{}", answer.status());
    let task: serde_json::Value = answer.json().await.unwrap();
    println!("{task:#}");
    let mut put = http.put(task["upload"]["url"].as_str().unwrap()).body(body);
    for (k, v) in task["upload"]["headers"].as_object().unwrap() {
        if k != "content-length" {
            put = put.header(k, v.as_str().unwrap());
        }
    }
    let begun = Instant::now();
    let put = put.send().await.unwrap();
    println!("{} {}", put.status(), put.text().await.unwrap());
    loop {
        let status: serde_json::Value =
            http.get(task["url"].as_str().unwrap()).send().await.unwrap().json().await.unwrap();
        let state = status["state"].as_str().unwrap_or("?").to_owned();
        if ["completed", "failed", "?"].contains(&state.as_str()) || begun.elapsed() > Duration::from_secs(60) {
            println!("{status:#} {:?}", begun.elapsed());
            break;
        }
        tokio::time::sleep(Duration::from_millis(100)).await;
    }
    println!("{:#}", serde_json::to_value(stack.usage()).unwrap());
    if let Some(f) = faults {
        println!("{:?}", f.injected());
    }
    stack.stop().await;
}

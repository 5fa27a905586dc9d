//! The event sources of the template, played for functions behind an invoke endpoint.
#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

#[path = "../../client/tests/support/mod.rs"]
mod server;

use std::collections::BTreeSet;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use aws_sdk_sqs::types::QueueAttributeName;
use serde_json::{Value as Json, json};
use server::{Server, answer};
use stack::resources::ResourceDefinitions;
use stack::{Drive, Functions, Options, Stack, provision, template};
use tokio_util::sync::CancellationToken;

/// Queues that the stack itself does not poll, with a sweep ten times a second.
fn definitions() -> ResourceDefinitions {
    let mut definitions = template::definitions("driven").unwrap();
    for queue in &mut definitions.queues {
        queue.visibility = Duration::from_secs(1);
    }
    definitions.schedules[0].every = Duration::from_millis(100);
    definitions
}

/// A stack that has the queues, as LocalStack does.
async fn services() -> (Stack, tempfile::TempDir) {
    let folder = tempfile::tempdir().unwrap();
    let stack = Stack::start_with(Options::new(folder.path()), |_, _| Ok(Functions::doing_nothing())).await.unwrap();
    provision::provision(stack.sdk(), &definitions()).await.unwrap();
    (stack, folder)
}

async fn messages_of(sqs: &aws_sdk_sqs::Client, queue_url: &str) -> i64 {
    let names =
        [QueueAttributeName::ApproximateNumberOfMessages, QueueAttributeName::ApproximateNumberOfMessagesNotVisible];
    let about = sqs.get_queue_attributes().queue_url(queue_url).set_attribute_names(Some(names.to_vec()));
    let about = about.send().await.unwrap().attributes.unwrap();
    about.values().map(|count| count.parse::<i64>().unwrap()).sum()
}

/// The records of an event, as their bodies.
fn bodies(event: &Json) -> Vec<String> {
    let records = event["Records"].as_array().unwrap();
    records.iter().map(|record| record["body"].as_str().unwrap().to_owned()).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn messages_are_delivered_until_their_function_names_them_no_longer_and_the_clock_ticks() {
    let (stack, _folder) = services().await;
    let (events, sweeps) = (Arc::new(Mutex::new(Vec::<Json>::new())), Arc::new(Mutex::new(Vec::<Json>::new())));
    let functions = Server::start({
        let (events, sweeps) = (Arc::clone(&events), Arc::clone(&sweeps));
        move |request| {
            let event: Json = serde_json::from_str(&request.body).unwrap();
            if request.target == "/2015-03-31/functions/finisher/invocations" {
                sweeps.lock().unwrap().push(event);
                return answer("200 OK", "", "null");
            }
            assert_eq!(request.target, "/2015-03-31/functions/row-processor/invocations");
            let mut events = events.lock().unwrap();
            events.push(event.clone());
            let seen = |body: &str| events.iter().flat_map(bodies).filter(|other| other == body).count();
            // The first time that "died" is seen its function dies with it, and the first time "named" is named.
            if bodies(&event).contains(&"died".to_owned()) && seen("died") == 1 {
                return answer("200 OK", "", r#"{"errorType":"Panic","errorMessage":"it died"}"#);
            }
            let records = event["Records"].as_array().unwrap().iter();
            let named = records.filter(|record| record["body"] == "named" && seen("named") == 1);
            let failures: Vec<Json> = named.map(|record| json!({ "itemIdentifier": record["messageId"] })).collect();
            answer("200 OK", "", &json!({ "batchItemFailures": failures }).to_string())
        }
    })
    .await;
    let sqs = aws_sdk_sqs::Client::new(stack.sdk());
    let rows = sqs.get_queue_url().queue_name("driven-rows").send().await.unwrap().queue_url.unwrap();
    let sent: BTreeSet<String> = ["named", "died", "a", "b", "c", "d", "e"].map(ToOwned::to_owned).into();
    for body in &sent {
        sqs.send_message().queue_url(&rows).message_body(body).send().await.unwrap();
    }
    let drive = Drive::new(stack.sdk(), &definitions(), &functions.url()).await.unwrap();
    let stop = CancellationToken::new();
    let driving = tokio::spawn(drive.run(stop.clone()));
    let done = async {
        while messages_of(&sqs, &rows).await > 0 || sweeps.lock().unwrap().is_empty() {
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
    };
    tokio::time::timeout(Duration::from_secs(60), done).await.expect("all messages are deleted");
    stop.cancel();
    driving.await.unwrap();

    let events = events.lock().unwrap().clone();
    assert!(events.iter().all(|event| bodies(event).len() <= 5), "the template's batch size");
    let seen = |body: &str| events.iter().flat_map(bodies).filter(|other| other == body).count();
    assert_eq!((seen("named"), seen("died")), (2, 2));
    assert_eq!(events.iter().flat_map(bodies).collect::<BTreeSet<_>>(), sent);
    let record = &events[0]["Records"][0];
    assert_eq!(record["eventSource"], "aws:sqs");
    assert!(record["eventSourceARN"].as_str().unwrap().ends_with(":driven-rows"), "{record}");
    assert_eq!(record["attributes"]["ApproximateReceiveCount"], "1", "{record}");
    let dead = sqs.get_queue_url().queue_name("driven-rows-dlq").send().await.unwrap().queue_url.unwrap();
    assert_eq!(messages_of(&sqs, &dead).await, 0);
    assert_eq!(sweeps.lock().unwrap()[0], json!({ "source": "muster.sweep", "stalled_seconds": 600 }));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_queue_that_is_not_there_is_named() {
    let (stack, _folder) = services().await;
    let missing = template::definitions("missing").unwrap();
    let error = Drive::new(stack.sdk(), &missing, "http://127.0.0.1:9").await.err().unwrap().to_string();
    assert!(error.starts_with("the queue missing-split cannot be found: "), "{error}");
}

//! The queues and the event source mappings: what a function receives, how often, and what happens to failed messages.
#![allow(clippy::unwrap_used)]

mod support;

use std::collections::HashMap;
use std::sync::atomic::{AtomicU32, AtomicU64, Ordering};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use aws_lambda_events::sqs::{SqsBatchResponse, SqsEvent};
use aws_sdk_sqs::types::{
    MessageSystemAttributeName, MessageSystemAttributeNameForSends, MessageSystemAttributeValue, QueueAttributeName,
    SendMessageBatchRequestEntry,
};
use lambda_runtime::LambdaEvent;
use runtime::queue::one_by_one;
use stack::faults::{Faults, When};
use stack::functions::handler;
use stack::{Functions, Options, Stack};
use stores::queues::Queues;
use support::{TestStack, until};

const TRACE: &str = "Root=1-5759e988-bd862e3fe1be46a994272793;Sampled=1";
const TRACE_HEADER: MessageSystemAttributeNameForSends = MessageSystemAttributeNameForSends::AwsTraceHeader;

async fn send(test: &TestStack, queue_url: &str, bodies: &[&str]) {
    let entries = bodies.iter().enumerate().map(|(index, body)| {
        let trace = MessageSystemAttributeValue::builder().data_type("String").string_value(TRACE).build().unwrap();
        let entry = SendMessageBatchRequestEntry::builder().id(index.to_string()).message_body(*body);
        let entry = entry.message_group_id("import").message_system_attributes(TRACE_HEADER, trace);
        entry.build().unwrap()
    });
    let sent = test.sqs().send_message_batch().queue_url(queue_url).set_entries(Some(entries.collect()));
    let sent = sent.send().await.unwrap();
    assert_eq!(sent.successful.len(), bodies.len());
}

/// How many messages of a queue are visible, and how many are being processed.
async fn waiting(test: &TestStack, queue_url: &str) -> (i32, i32) {
    let attributes = test.sqs().get_queue_attributes().queue_url(queue_url).attribute_names(QueueAttributeName::All);
    let attributes = attributes.send().await.unwrap().attributes.unwrap();
    let count = |name| attributes[&name].parse::<i32>().unwrap();
    (
        count(QueueAttributeName::ApproximateNumberOfMessages),
        count(QueueAttributeName::ApproximateNumberOfMessagesNotVisible),
    )
}

#[tokio::test(flavor = "multi_thread")]
async fn a_function_gets_messages_as_lambda_delivers_them() {
    let seen = Arc::new(Mutex::new(Vec::new()));
    let noted = Arc::clone(&seen);
    let test = TestStack::start(|functions| {
        functions.row_processor = handler(move |event: LambdaEvent<SqsEvent>| {
            noted.lock().unwrap().push(event);
            async { Ok(SqsBatchResponse::default()) }
        });
    })
    .await;
    let rows = test.stack.resources().rows_queue_url.clone();
    send(&test, &rows, &["a", "b"]).await;
    until("both are delivered", async || {
        seen.lock().unwrap().iter().map(|event| event.payload.records.len()).sum::<usize>() == 2
    })
    .await;
    let event = seen.lock().unwrap()[0].clone();
    let record = &event.payload.records[0];
    assert_eq!(record.attributes["ApproximateReceiveCount"], "1");
    assert!(record.attributes.contains_key("SentTimestamp"));
    assert_eq!(
        (record.attributes["MessageGroupId"].as_str(), record.attributes["AWSTraceHeader"].as_str()),
        ("import", TRACE)
    );
    assert_eq!(record.event_source_arn.as_deref(), Some("arn:aws:sqs:us-east-1:000000000000:muster-rows"));
    assert!(record.message_id.is_some() && record.receipt_handle.is_some());
    assert!(!event.context.request_id.is_empty());
    let left = Duration::from_millis(event.context.deadline)
        .saturating_sub(std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH).unwrap());
    assert!(left > Duration::from_secs(20) && left <= Duration::from_secs(30), "{left:?}");
    until("they are deleted", async || waiting(&test, &rows).await == (0, 0)).await;
    let function = test.stack.usage().functions["row-processor"].clone();
    assert!(function.invocations >= 1 && function.failures == 0);
}

#[tokio::test(flavor = "multi_thread")]
async fn only_the_failed_message_of_a_batch_is_delivered_again() {
    let times = Arc::new(Mutex::new(HashMap::<String, u32>::new()));
    let counted = Arc::clone(&times);
    let test = TestStack::start(|functions| {
        functions.row_processor = handler(move |event: LambdaEvent<SqsEvent>| {
            let mut answer = SqsBatchResponse::default();
            for record in event.payload.records {
                let body = record.body.unwrap();
                let mut times = counted.lock().unwrap();
                let times = times.entry(body.clone()).or_default();
                *times += 1;
                if body == "bad" && *times < 3 {
                    answer.add_failure(record.message_id.unwrap());
                }
            }
            async { Ok(answer) }
        });
    })
    .await;
    let rows = test.stack.resources().rows_queue_url.clone();
    send(&test, &rows, &["good 1", "bad", "good 2", "good 3"]).await;
    until("all are done", async || {
        times.lock().unwrap().get("bad") == Some(&3) && waiting(&test, &rows).await == (0, 0)
    })
    .await;
    let times = times.lock().unwrap().clone();
    assert_eq!((times["good 1"], times["good 2"], times["good 3"]), (1, 1, 1));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_message_received_too_often_reaches_the_dead_letter_queue_and_the_finisher() {
    let (receives, dead) = (Arc::new(AtomicU32::new(0)), Arc::new(Mutex::new(Vec::new())));
    let (counted, noted) = (Arc::clone(&receives), Arc::clone(&dead));
    let test = TestStack::start_with(
        |options| options.max_receives = 3,
        |functions| {
            functions.row_processor = handler(move |event: LambdaEvent<SqsEvent>| {
                let count = event.payload.records[0].attributes["ApproximateReceiveCount"].parse().unwrap();
                counted.store(count, Ordering::SeqCst);
                async { Err("this message always fails".into()) }
            });
            functions.finisher = handler(move |event: LambdaEvent<serde_json::Value>| {
                if event.payload.get("Records").is_some() {
                    noted.lock().unwrap().push(event.payload);
                }
                async { Ok(SqsBatchResponse::default()) }
            });
        },
    )
    .await;
    let rows = test.stack.resources().rows_queue_url.clone();
    send(&test, &rows, &["poison"]).await;
    until("it is in the dead-letter queue", async || !dead.lock().unwrap().is_empty()).await;
    let event: SqsEvent = serde_json::from_value(dead.lock().unwrap()[0].clone()).unwrap();
    assert_eq!(event.records[0].body.as_deref(), Some("poison"));
    assert!(event.records[0].event_source_arn.as_deref().unwrap().ends_with("muster-rows-dlq"));
    assert_eq!(receives.load(Ordering::SeqCst), 3);
}

#[tokio::test(flavor = "multi_thread")]
async fn after_a_panic_or_a_timeout_the_message_is_delivered_again() {
    let times = Arc::new(AtomicU32::new(0));
    let counted = Arc::clone(&times);
    let test = TestStack::start_with(
        |options| options.timeouts.row_processor = Duration::from_millis(100),
        |functions| {
            functions.row_processor = handler(move |_: LambdaEvent<SqsEvent>| {
                let nth = counted.fetch_add(1, Ordering::SeqCst);
                async move {
                    match nth {
                        0 => panic!("a defect"),
                        1 => std::future::pending().await,
                        _ => Ok(SqsBatchResponse::default()),
                    }
                }
            });
        },
    )
    .await;
    let rows = test.stack.resources().rows_queue_url.clone();
    send(&test, &rows, &["a"]).await;
    until("it is done", async || times.load(Ordering::SeqCst) == 3 && waiting(&test, &rows).await == (0, 0)).await;
    assert_eq!(test.stack.usage().functions["row-processor"].failures, 2);
}

#[tokio::test(flavor = "multi_thread")]
async fn delays_visibility_timeouts_and_message_bodies_work_as_on_sqs() {
    let test = TestStack::start(|_| {}).await;
    let sqs = test.sqs();
    let queue = sqs.create_queue().queue_name("apart").attributes(QueueAttributeName::VisibilityTimeout, "1");
    let url = queue.send().await.unwrap().queue_url.unwrap();
    let receive = async |seconds| {
        let all = MessageSystemAttributeName::All;
        let received =
            sqs.receive_message().queue_url(&url).message_system_attribute_names(all).wait_time_seconds(seconds);
        received.send().await.unwrap().messages.unwrap_or_default().pop()
    };
    sqs.send_message().queue_url(&url).message_body("later").delay_seconds(1).send().await.unwrap();
    assert!(receive(0).await.is_none(), "it is delayed");
    let first = receive(5).await.expect("it is delivered after its delay");
    assert!(receive(0).await.is_none(), "it is invisible");
    let second = receive(5).await.expect("it is visible again");
    assert_eq!(first.message_id, second.message_id);
    let count = &second.attributes.unwrap()[&MessageSystemAttributeName::ApproximateReceiveCount];
    assert_eq!(count, "2");
    sqs.change_message_visibility()
        .queue_url(&url)
        .receipt_handle(second.receipt_handle.unwrap())
        .visibility_timeout(0)
        .send()
        .await
        .unwrap();
    let third = receive(0).await.expect("it was given back");
    sqs.delete_message().queue_url(&url).receipt_handle(third.receipt_handle.unwrap()).send().await.unwrap();
    assert!(receive(2).await.is_none(), "it is deleted");

    let control = sqs.send_message().queue_url(&url).message_body("a\u{1}b").send().await;
    assert!(control.is_err(), "SQS takes the characters of XML 1.0 only");
    let large = sqs.send_message().queue_url(&url).message_body("x".repeat(256 * 1024)).send().await;
    assert!(large.is_ok(), "256 KiB is a message");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_killed_invocation_does_nothing_more_and_its_call_took_effect_only_if_the_fault_says_so() {
    for (nth, when, written) in [(1, When::Before, 0), (1, When::After, 1), (2, When::Before, 1), (2, When::After, 2)] {
        let faults = Arc::new(Faults::seeded(1).kill_at("row-processor", nth, when));
        let client = Arc::new(std::sync::OnceLock::new());
        let (used, after) = (Arc::clone(&client), Arc::new(AtomicU64::new(0)));
        let went_on = Arc::clone(&after);
        let test = TestStack::start_with(
            |options| {
                options.faults = Some(Arc::clone(&faults));
                options.retry = Duration::from_secs(3600);
            },
            |functions| {
                functions.row_processor = handler(move |_: LambdaEvent<SqsEvent>| {
                    let (client, went_on) = (Arc::clone(&used), Arc::clone(&went_on));
                    async move {
                        let (dynamodb, table): &(aws_sdk_dynamodb::Client, String) = client.get().unwrap();
                        for n in 0..2 {
                            let key = aws_sdk_dynamodb::types::AttributeValue::S(n.to_string());
                            dynamodb.put_item().table_name(table).item("pk", key).send().await?;
                        }
                        went_on.fetch_add(1, Ordering::SeqCst);
                        Ok(SqsBatchResponse::default())
                    }
                });
            },
        )
        .await;
        let table = test.stack.resources().identities_table.clone();
        assert!(client.set((test.dynamodb(), table.clone())).is_ok());
        let rows = test.stack.resources().rows_queue_url.clone();
        send(&test, &rows, &["a"]).await;
        until("it is killed", async || {
            test.stack.usage().functions.get("row-processor").is_some_and(|function| function.failures == 1)
        })
        .await;
        let there = test.dynamodb().scan().table_name(&table).consistent_read(true).send().await.unwrap();
        assert_eq!(there.count, written, "killed at call {nth}, {when:?}");
        assert_eq!(after.load(Ordering::SeqCst), 0);
        let injected = faults.injected();
        assert_eq!(injected.kills_before + injected.kills_after, 1);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn under_faults_every_message_is_delivered_and_some_more_than_once() {
    let faults =
        Arc::new(Faults::seeded(3).duplicate_percent(50.0).delay_percent(20.0, Duration::from_millis(20)).reorder());
    let times = Arc::new(Mutex::new(HashMap::<String, u32>::new()));
    let counted = Arc::clone(&times);
    let test = TestStack::start_with(
        |options| options.faults = Some(Arc::clone(&faults)),
        |functions| {
            functions.row_processor = handler(move |event: LambdaEvent<SqsEvent>| {
                for record in event.payload.records {
                    *counted.lock().unwrap().entry(record.body.unwrap()).or_default() += 1;
                }
                async { Ok(SqsBatchResponse::default()) }
            });
        },
    )
    .await;
    let rows = test.stack.resources().rows_queue_url.clone();
    let bodies: Vec<String> = (0..100).map(|n| n.to_string()).collect();
    for some in bodies.chunks(10) {
        send(&test, &rows, &some.iter().map(String::as_str).collect::<Vec<_>>()).await;
    }
    until("all are delivered and deleted", async || {
        times.lock().unwrap().len() == 100 && waiting(&test, &rows).await == (0, 0)
    })
    .await;
    let injected = faults.injected();
    assert!(injected.duplicates > 0 && injected.delays > 0 && injected.reorders > 0, "{injected:?}");
    assert!(times.lock().unwrap().values().any(|&times| times > 1));
}

#[tokio::test(flavor = "multi_thread")]
async fn the_sdk_repeats_calls_that_are_refused_or_fail() {
    let faults = Arc::new(Faults::seeded(5).throttle_percent(15.0).server_error_percent(15.0));
    let client = Arc::new(std::sync::OnceLock::new());
    let used = Arc::clone(&client);
    let test = TestStack::start_with(
        |options| options.faults = Some(Arc::clone(&faults)),
        |functions| {
            functions.row_processor = handler(move |event: LambdaEvent<SqsEvent>| {
                let client = Arc::clone(&used);
                async move {
                    let (dynamodb, table): &(aws_sdk_dynamodb::Client, String) = client.get().unwrap();
                    for record in event.payload.records {
                        let key = aws_sdk_dynamodb::types::AttributeValue::S(record.body.unwrap());
                        dynamodb.put_item().table_name(table).item("pk", key).send().await?;
                    }
                    Ok(SqsBatchResponse::default())
                }
            });
        },
    )
    .await;
    let table = test.stack.resources().identities_table.clone();
    assert!(client.set((test.dynamodb(), table.clone())).is_ok());
    let rows = test.stack.resources().rows_queue_url.clone();
    for n in 0..5 {
        let bodies: Vec<String> = (0..10).map(|m| (n * 10 + m).to_string()).collect();
        send(&test, &rows, &bodies.iter().map(String::as_str).collect::<Vec<_>>()).await;
    }
    until("all are written", async || waiting(&test, &rows).await == (0, 0)).await;
    assert_eq!(test.dynamodb().scan().table_name(&table).send().await.unwrap().count, 50);
    let injected = faults.injected();
    assert!(injected.throttles > 0 && injected.errors_before > 0 && injected.errors_after > 0, "{injected:?}");
    assert!(test.stack.usage().functions["row-processor"].requests["dynamodb.PutItem"] > 50);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_message_whose_handling_failed_comes_again_when_its_function_said() {
    type Receives = Arc<Mutex<Vec<(String, u32, Instant)>>>;
    async fn fail_once(queues: Queues, noted: Receives, event: SqsEvent) -> SqsBatchResponse {
        one_by_one(&queues, event.records, |message| {
            noted.lock().unwrap().push((message.body, message.receives, Instant::now()));
            async move { if message.receives == 1 { Err("it failed") } else { Ok(()) } }
        })
        .await
    }
    let (receives, data) = (Receives::default(), tempfile::tempdir().unwrap());
    let noted = Arc::clone(&receives);
    let options = Options { retry_of_named: None, ..support::options(&data) };
    let stack = Stack::start_with(options, |sdk, deployment| {
        let queues = Queues::new(sdk, &deployment.resources);
        let mut functions = Functions::doing_nothing();
        let (of_rows, of_dead) = ((queues.clone(), Arc::clone(&noted)), (queues, Arc::clone(&noted)));
        functions.row_processor = handler(move |event: LambdaEvent<SqsEvent>| {
            let (queues, noted) = of_rows.clone();
            async move { Ok(fail_once(queues, noted, event.payload).await) }
        });
        functions.finisher = handler(move |event: LambdaEvent<serde_json::Value>| {
            let (queues, noted) = of_dead.clone();
            let event = serde_json::from_value(event.payload).unwrap_or_default();
            async move { Ok(fail_once(queues, noted, event).await) }
        });
        Ok(functions)
    });
    let test = TestStack { stack: stack.await.unwrap(), data };
    let rows = test.stack.resources().rows_queue_url.clone();
    send(&test, &rows, &["batch"]).await;
    send(&test, &format!("{rows}-dlq"), &["dead batch"]).await;
    until("both come twice", async || receives.lock().unwrap().len() == 4).await;
    let receives = receives.lock().unwrap().clone();
    for body in ["batch", "dead batch"] {
        let times: Vec<_> = receives.iter().filter(|(found, ..)| found == body).collect();
        assert_eq!((times[0].1, times[1].1), (1, 2), "{times:?}");
        let pause = times[1].2 - times[0].2;
        // The queues' visibility timeouts are minutes.
        assert!((Duration::from_millis(900)..Duration::from_secs(5)).contains(&pause), "{body}: {pause:?}");
    }
}

//! The stack as a whole: its data directory, its tables and the units they count, function URLs, starting and stopping.
#![allow(clippy::unwrap_used)]

mod support;

use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use aws_lambda_events::lambda_function_urls::{LambdaFunctionUrlRequest, LambdaFunctionUrlResponse};
use aws_lambda_events::sqs::SqsBatchResponse;
use aws_sdk_dynamodb::types::{
    AttributeValue, BatchStatementRequest, PutRequest, ReturnConsumedCapacity, WriteRequest,
};
use lambda_runtime::LambdaEvent;
use stack::functions::handler;
use stack::{Functions, Stack, Usage, find_running};
use support::{TestStack, options};

fn s(text: impl Into<String>) -> AttributeValue {
    AttributeValue::S(text.into())
}

async fn start(data: &tempfile::TempDir) -> Result<Stack, stack::Error> {
    Stack::start_with(options(data), |_, _| Ok(Functions::doing_nothing())).await
}

#[tokio::test(flavor = "multi_thread")]
async fn data_is_still_there_after_a_restart_and_after_a_kill() {
    let data = tempfile::tempdir().unwrap();
    for run in 0..4 {
        let stack = start(&data).await.unwrap();
        let test = TestStack { stack, data: tempfile::tempdir().unwrap() };
        let table = test.stack.resources().identities_table.clone();
        let scanned = test.dynamodb().scan().table_name(&table).send().await.unwrap();
        assert_eq!(scanned.count, run);
        let listed = test.s3().list_objects_v2().bucket(test.bucket()).send().await.unwrap();
        assert_eq!(listed.key_count, Some(run));
        test.dynamodb().put_item().table_name(&table).item("pk", s(run.to_string())).send().await.unwrap();
        let object = test.s3().put_object().bucket(test.bucket()).key(format!("work/{run}")).body(vec![0; 10].into());
        object.send().await.unwrap();
        if run % 2 == 0 {
            test.stack.stop().await;
        } else {
            drop(test);
            // Nobody waits for the thread of the tables, so it gets a moment to close the file.
            tokio::time::sleep(Duration::from_millis(200)).await;
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_directory_belongs_to_one_process_and_says_where_that_answers() {
    let data = tempfile::tempdir().unwrap();
    assert_eq!(find_running(data.path()).await, None);
    let stack = start(&data).await.unwrap();
    assert_eq!(find_running(data.path()).await.as_deref(), Some(stack.api_url()));
    let refused = start(&data).await.err().unwrap().to_string();
    assert!(refused.contains("is in use by process"), "{refused}");
    assert!(refused.contains(stack.api_url()), "{refused}");
    let published = std::fs::read(data.path().join("stack.json")).unwrap();
    stack.stop().await;
    assert_eq!(find_running(data.path()).await, None);
    // A killed stack leaves its file behind. Nobody takes it for a running stack.
    std::fs::write(data.path().join("stack.json"), published).unwrap();
    assert_eq!(find_running(data.path()).await, None);
    start(&data).await.unwrap().stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn units_are_counted_by_table_and_apart_for_reads_and_writes() {
    let test = TestStack::start(|_| {}).await;
    let (client, names) = (test.dynamodb(), test.stack.resources().clone());
    let total = ReturnConsumedCapacity::Total;
    let before = test.stack.usage();
    let statements = (0..25).map(|n| {
        BatchStatementRequest::builder()
            .statement(format!("INSERT INTO \"{}\" VALUE {{'pk': ?}}", names.identities_table))
            .parameters(s(n.to_string()))
            .build()
            .unwrap()
    });
    let inserted = client.batch_execute_statement().set_statements(Some(statements.collect()));
    inserted.return_consumed_capacity(total.clone()).send().await.unwrap();
    let usage = test.stack.usage().since(&before);
    assert_eq!(usage.write_units[&names.identities_table], 25.0);
    assert_eq!(usage.total_read_units(), 0.0);
    assert_eq!(usage.requests["dynamodb.BatchExecuteStatement"], 1);

    let before = test.stack.usage();
    let put = |n: i32| {
        let item = PutRequest::builder().item("pk", s("a")).item("sk", s(n.to_string())).build().unwrap();
        WriteRequest::builder().put_request(item).build()
    };
    let written = client
        .batch_write_item()
        .request_items(&names.customers_table, (0..3).map(put).collect())
        .request_items(&names.segments_table, (0..2).map(put).collect());
    written.return_consumed_capacity(total.clone()).send().await.unwrap();
    let got = client.get_item().table_name(&names.customers_table).key("pk", s("a")).key("sk", s("1"));
    got.return_consumed_capacity(total).send().await.unwrap();
    let usage = test.stack.usage().since(&before);
    assert_eq!((usage.write_units[&names.customers_table], usage.write_units[&names.segments_table]), (3.0, 2.0));
    assert_eq!(usage.read_units[&names.customers_table], 0.5);
}

#[tokio::test(flavor = "multi_thread")]
async fn statements_of_a_batch_fail_one_by_one() {
    let test = TestStack::start(|_| {}).await;
    let table = &test.stack.resources().identities_table;
    for taken in ["taken", "held"] {
        test.dynamodb().put_item().table_name(table).item("pk", s(taken)).send().await.unwrap();
    }
    let insert = |key: &str| {
        let statement = format!("INSERT INTO \"{table}\" VALUE {{'pk': ?}}");
        BatchStatementRequest::builder().statement(statement).parameters(s(key)).build().unwrap()
    };
    let update = BatchStatementRequest::builder()
        .statement(format!("UPDATE \"{table}\" SET a = ? WHERE pk = ? AND a = ?"))
        .set_parameters(Some(vec![s("new"), s("held"), s("old")]))
        .build()
        .unwrap();
    let answered = test.dynamodb().batch_execute_statement().statements(insert("taken")).statements(insert("free"));
    let answered = answered.statements(update).send().await.unwrap().responses.unwrap();
    let codes: Vec<_> = answered.iter().map(|one| one.error.as_ref().and_then(|error| error.code.clone())).collect();
    let codes: Vec<_> = codes.iter().map(|code| code.as_ref().map(|code| code.as_str())).collect();
    assert_eq!(codes, [Some("DuplicateItem"), None, Some("ConditionalCheckFailed")]);
}

#[tokio::test(flavor = "multi_thread")]
async fn the_tables_do_not_wait_for_the_disk_at_every_write() {
    let test = TestStack::start(|_| {}).await;
    let (client, table) = (test.dynamodb(), test.stack.resources().identities_table.clone());
    let begun = Instant::now();
    let writes = 1_000;
    for n in 0..writes {
        let put = client.put_item().table_name(&table).item("pk", s(n.to_string()));
        put.condition_expression("attribute_not_exists(pk)").send().await.unwrap();
    }
    let per_second = f64::from(writes) / begun.elapsed().as_secs_f64();
    println!("{per_second:.0} conditional puts a second, one after another");
    // The writes are in the write-ahead log, where they outlive a killed process.
    assert!(test.data.path().join("dynamodb.sqlite-wal").metadata().unwrap().len() > 0);
}

#[tokio::test(flavor = "multi_thread")]
async fn requests_become_events_and_answers_become_responses() {
    let seen = Arc::new(Mutex::new(Vec::new()));
    let test = TestStack::start(|functions| {
        for (name, function) in [("upload", &mut functions.upload), ("status", &mut functions.status)] {
            let seen = Arc::clone(&seen);
            *function = handler(move |event: LambdaEvent<LambdaFunctionUrlRequest>| {
                seen.lock().unwrap().push((name, event.payload));
                async move {
                    let mut answer = LambdaFunctionUrlResponse::default();
                    answer.status_code = 201;
                    answer.headers.insert("location", "/imports/1".parse().unwrap());
                    answer.body = Some("aGkK".to_owned());
                    answer.is_base64_encoded = true;
                    Ok(answer)
                }
            });
        }
    })
    .await;
    let http = tls::client().build().unwrap();
    let url = format!("{}/imports", test.stack.api_url());
    let answer = http.post(&url).json(&serde_json::json!({ "a": "größe" })).send().await.unwrap();
    assert_eq!((answer.status().as_u16(), &answer.headers()["location"]), (201, &"/imports/1".parse().unwrap()));
    assert_eq!(answer.text().await.unwrap(), "hi\n");
    http.get(format!("{url}?state=done&cursor=a%20b%26&limit=2"))
        .header("if-none-match", "\"1\"")
        .send()
        .await
        .unwrap();
    http.post(format!("{url}/1/cancel")).body(vec![0_u8, 255]).send().await.unwrap();
    let seen = seen.lock().unwrap().clone();
    let names: Vec<_> = seen.iter().map(|(name, _)| *name).collect();
    assert_eq!(names, ["upload", "status", "status"]);
    let (upload, list, cancel) = (&seen[0].1, &seen[1].1, &seen[2].1);
    assert_eq!((upload.body.as_deref(), upload.is_base64_encoded), (Some("{\"a\":\"größe\"}"), false));
    assert_eq!(upload.request_context.http.method.as_deref(), Some("POST"));
    assert_eq!(list.raw_path.as_deref(), Some("/imports"));
    assert_eq!(list.raw_query_string.as_deref(), Some("state=done&cursor=a%20b%26&limit=2"));
    assert_eq!(list.query_string_parameters["cursor"], "a b&");
    assert_eq!(list.headers["if-none-match"], "\"1\"");
    assert_eq!((cancel.body.as_deref(), cancel.is_base64_encoded), (Some("AP8="), true));
}

#[tokio::test(flavor = "multi_thread")]
async fn payloads_that_are_too_large_are_refused_and_a_function_that_fails_is_a_bad_gateway() {
    let test = TestStack::start(|functions| {
        functions.status = handler(|event: LambdaEvent<LambdaFunctionUrlRequest>| async move {
            let mut answer = LambdaFunctionUrlResponse::default();
            answer.status_code = 200;
            match event.payload.raw_path.as_deref() {
                Some("/panic") => panic!("a defect"),
                Some("/large") => answer.body = Some("x".repeat(6 * 1024 * 1024 + 1)),
                _ => return Err("no".into()),
            }
            Ok(answer)
        });
    })
    .await;
    let http = tls::client().build().unwrap();
    let url = test.stack.api_url();
    let large = http.post(format!("{url}/imports")).body("x".repeat(6 * 1024 * 1024 + 1)).send().await;
    // The server may close the connection before it has read the whole body.
    assert!(large.is_err() || large.is_ok_and(|large| large.status().as_u16() == 413));
    for path in ["/panic", "/large", "/error"] {
        assert_eq!(http.get(format!("{url}{path}")).send().await.unwrap().status().as_u16(), 502, "{path}");
    }
    let usage: Usage = http.get(format!("{url}/local/usage")).send().await.unwrap().json().await.unwrap();
    assert_eq!(usage.functions["status"].invocations, 3);
}

#[tokio::test(flavor = "multi_thread")]
async fn the_start_sweeps_everything_and_later_sweeps_take_up_only_what_makes_no_progress() {
    let swept = Arc::new(Mutex::new(Vec::new()));
    let noted = Arc::clone(&swept);
    let test = TestStack::start_with(
        |options| options.sweep_every = Duration::from_millis(50),
        |functions| {
            functions.finisher = handler(move |event: LambdaEvent<serde_json::Value>| {
                noted.lock().unwrap().push(event.payload);
                async { Ok(SqsBatchResponse::default()) }
            });
        },
    )
    .await;
    assert_eq!(swept.lock().unwrap()[0], serde_json::json!({ "source": "muster.sweep", "stalled_seconds": 0 }));
    support::until("it sweeps again", async || swept.lock().unwrap().len() > 2).await;
    assert_eq!(swept.lock().unwrap()[1]["stalled_seconds"], 120);
    drop(test);
}

#[tokio::test(flavor = "multi_thread")]
async fn clients_outside_the_process_reach_everything_at_one_address() {
    let test = TestStack::start(|_| {}).await;
    let credentials = stack::credentials(test.data.path()).unwrap();
    let sdk = aws_config::SdkConfig::builder()
        .behavior_version(aws_config::BehaviorVersion::latest())
        .region(aws_config::Region::new("us-east-1"))
        .endpoint_url(test.stack.endpoint_url())
        .credentials_provider(aws_credential_types::provider::SharedCredentialsProvider::new(credentials))
        .http_client(tls::for_sdk())
        .build();
    let tables = aws_sdk_dynamodb::Client::new(&sdk).list_tables().send().await.unwrap().table_names.unwrap();
    assert_eq!(tables, ["muster-customers", "muster-identities", "muster-segments", "muster-tasks"]);
    assert_eq!(aws_sdk_sqs::Client::new(&sdk).list_queues().send().await.unwrap().queue_urls.unwrap().len(), 6);
    // Creating everything again changes nothing.
    let definitions = stack::template::definitions("muster").unwrap();
    let again = stack::provision::provision(&sdk, &definitions).await.unwrap();
    assert_eq!(again.rows_queue_url, test.stack.resources().rows_queue_url);

    let access_key = stack::credentials(test.data.path()).unwrap().access_key_id().to_owned();
    let forger = aws_credential_types::Credentials::new(access_key, "guess", None, None, "test");
    let forger = aws_sdk_s3::config::Builder::from(&sdk).credentials_provider(forger).force_path_style(true).build();
    let refused =
        aws_sdk_s3::Client::from_conf(forger).list_objects_v2().bucket(test.bucket()).send().await.unwrap_err();
    assert_eq!(refused.raw_response().unwrap().status().as_u16(), 403);
}

//! Shared by the tests of the stack: a stack in a directory of its own, its clients, and waiting for a condition.
#![allow(dead_code, unreachable_pub, clippy::unwrap_used)]

use std::time::{Duration, Instant};

use stack::{Functions, Options, Stack};

/// A stack whose functions do nothing unless a test replaces them, and its directory.
pub struct TestStack {
    pub stack: Stack,
    pub data: tempfile::TempDir,
}

/// Options of a stack that retries and stops quickly, and that the clock does not sweep during a test.
pub fn options(data: &tempfile::TempDir) -> Options {
    Options {
        retry: Duration::from_millis(20),
        retry_of_named: Some(Duration::from_millis(20)),
        sweep_every: Duration::from_secs(3600),
        grace: Duration::from_secs(1),
        ..Options::new(data.path())
    }
}

impl TestStack {
    /// Starts a stack. `change` replaces the functions that the test needs.
    pub async fn start(change: impl FnOnce(&mut Functions)) -> TestStack {
        TestStack::start_with(|_| {}, change).await
    }

    /// Starts a stack with other options.
    pub async fn start_with(set: impl FnOnce(&mut Options), change: impl FnOnce(&mut Functions)) -> TestStack {
        let data = tempfile::tempdir().unwrap();
        let mut options = options(&data);
        set(&mut options);
        let stack = Stack::start_with(options, |_, _| {
            let mut functions = Functions::doing_nothing();
            change(&mut functions);
            Ok(functions)
        });
        TestStack { stack: stack.await.unwrap(), data }
    }

    pub fn s3(&self) -> aws_sdk_s3::Client {
        let config = aws_sdk_s3::config::Builder::from(self.stack.sdk()).force_path_style(true).build();
        aws_sdk_s3::Client::from_conf(config)
    }

    pub fn sqs(&self) -> aws_sdk_sqs::Client {
        aws_sdk_sqs::Client::new(self.stack.sdk())
    }

    pub fn dynamodb(&self) -> aws_sdk_dynamodb::Client {
        aws_sdk_dynamodb::Client::new(self.stack.sdk())
    }

    pub fn bucket(&self) -> &str {
        &self.stack.resources().bucket
    }
}

/// Waits until a condition holds, at most 20 seconds.
pub async fn until(what: &str, condition: impl AsyncFn() -> bool) {
    let begun = Instant::now();
    while !condition().await {
        assert!(begun.elapsed() < Duration::from_secs(20), "this does not hold after 20 s: {what}");
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
}

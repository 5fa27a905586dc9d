//! What the tests of the stack share: a stack in a directory of its own, clients, and waiting for a condition.
#![allow(dead_code, unreachable_pub, clippy::unwrap_used)]

use std::time::{Duration, Instant};

use local::stack::{Functions, Options, Stack};

/// A stack with toy functions, and its directory.
pub struct Toy {
    pub stack: Stack,
    pub data: tempfile::TempDir,
}

/// Quick to retry and to stop; the clock's sweep stays out of the way.
pub fn options(data: &tempfile::TempDir) -> Options {
    Options {
        retry: Duration::from_millis(20),
        sweep_every: Duration::from_secs(3600),
        grace: Duration::from_secs(1),
        ..Options::new(data.path())
    }
}

impl Toy {
    /// Starts a stack whose functions are toys, changed by `change`.
    pub async fn start(change: impl FnOnce(&mut Functions)) -> Toy {
        Toy::start_with(|_| {}, change).await
    }

    /// The same, with other options.
    pub async fn start_with(set: impl FnOnce(&mut Options), change: impl FnOnce(&mut Functions)) -> Toy {
        let data = tempfile::tempdir().unwrap();
        let mut options = options(&data);
        set(&mut options);
        let stack = Stack::start_with(options, |_, _| {
            let mut functions = Functions::toys();
            change(&mut functions);
            functions
        });
        Toy { stack: stack.await.unwrap(), data }
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

/// Waits until a condition holds.
pub async fn until(what: &str, condition: impl AsyncFn() -> bool) {
    let begun = Instant::now();
    while !condition().await {
        assert!(begun.elapsed() < Duration::from_secs(20), "still not so after 20 s: {what}");
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
}

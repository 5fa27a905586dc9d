//! Runs one invocation of a function as Lambda does: with a context and a deadline, a timeout, and panics caught.
//!
//! An invocation that is killed or times out is a future that is dropped. Nothing of it continues, because handlers
//! spawn no tasks.

use std::collections::BTreeMap;
use std::panic::AssertUnwindSafe;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

use futures::FutureExt as _;
use futures::future::BoxFuture;
use lambda_runtime::{Config, Context};

use crate::account::{ACCOUNT, REGION};
use crate::clients::invocation::Invocation;
use crate::clients::meter::Meter;

/// Why an invocation gave no answer.
#[derive(Debug, thiserror::Error)]
pub(crate) enum Failure {
    #[error("it returned an error: {0}")]
    Returned(lambda_runtime::Error),
    #[error("it panicked: {0}")]
    Panicked(String),
    #[error("it took longer than {0:?}")]
    TimedOut(Duration),
    #[error("its answer was lost: {0}")]
    BrokeOff(reqwest::Error),
    #[error("it was killed on purpose, by a fault")]
    Killed,
}

/// Runs invocations and counts them.
#[derive(Debug)]
pub(crate) struct Runner {
    functions: BTreeMap<&'static str, Function>,
    meter: Arc<Meter>,
}

#[derive(Debug)]
struct Function {
    name: Arc<str>,
    timeout: Duration,
    invocations: AtomicU64,
    config: Arc<Config>,
}

impl Runner {
    pub(crate) fn new(timeouts: &[(&'static str, Duration)], meter: Arc<Meter>) -> Runner {
        let function = |&(name, timeout): &(&'static str, Duration)| {
            let config = Config { function_name: name.to_owned(), memory: 512, ..Config::default() };
            let function =
                Function { name: name.into(), timeout, invocations: AtomicU64::new(0), config: Arc::new(config) };
            (name, function)
        };
        Runner { functions: timeouts.iter().map(function).collect(), meter }
    }

    /// How long a function may run.
    pub(crate) fn timeout(&self, function: &str) -> Duration {
        self.functions.get(function).map_or(Duration::ZERO, |function| function.timeout)
    }

    /// Invokes a function for an event whose messages were received `receives` times at most.
    pub(crate) async fn invoke<T>(
        &self,
        function: &str,
        receives: u32,
        handler: impl FnOnce(Context) -> BoxFuture<'static, Result<T, lambda_runtime::Error>>,
    ) -> Result<T, Failure> {
        let function = self.functions.get(function).expect("every function has a timeout");
        let number = function.invocations.fetch_add(1, Ordering::Relaxed);
        let invocation = Arc::new(Invocation::new(Arc::clone(&function.name), number, receives));
        let context = function.context();
        let request_id = context.request_id.clone();
        let begun = Instant::now();
        let run = {
            let invocation = Arc::clone(&invocation);
            // The handler may panic in its future, and before it returns one.
            let body = async move { handler(context).await };
            AssertUnwindSafe(invocation.scope(body)).catch_unwind()
        };
        let result = tokio::select! {
            biased;
            () = invocation.killed() => Err(Failure::Killed),
            ended = tokio::time::timeout(function.timeout, run) => match ended {
                Err(_) => Err(Failure::TimedOut(function.timeout)),
                Ok(Err(panic)) => Err(Failure::Panicked(panic_message(&*panic))),
                Ok(Ok(Err(error))) => Err(Failure::Returned(error)),
                Ok(Ok(Ok(answer))) => Ok(answer),
            },
        };
        self.meter.invocation(&function.name, begun.elapsed(), result.is_err());
        if let Err(failure) = &result {
            tracing::warn!(function = &*function.name, request_id, "an invocation failed: {failure}");
        }
        result
    }
}

impl Function {
    fn context(&self) -> Context {
        let deadline = SystemTime::now() + self.timeout;
        let deadline = deadline.duration_since(UNIX_EPOCH).unwrap_or_default().as_millis();
        let mut context = Context::default();
        context.request_id = ulid::Ulid::generate().to_string();
        // On AWS every invocation has a trace. X-Ray names it like this if the request does not bring one.
        let random = rand::random::<u128>() >> 32;
        context.xray_trace_id = Some(format!("Root=1-{:08x}-{random:024x};Sampled=0", deadline / 1000));
        context.deadline = u64::try_from(deadline).unwrap_or(u64::MAX);
        context.invoked_function_arn = format!("arn:aws:lambda:{REGION}:{ACCOUNT}:function:{}", self.name);
        context.env_config = Arc::clone(&self.config);
        context
    }
}

fn panic_message(panic: &(dyn std::any::Any + Send)) -> String {
    let text = panic.downcast_ref::<&str>().map(|text| (*text).to_owned());
    text.or_else(|| panic.downcast_ref::<String>().cloned()).unwrap_or_else(|| "no message".to_owned())
}

//! What every function's `main` does beside its wiring: logs as JSON, and figures at the end of each invocation.

use std::future::Future;

use metrics_cloudwatch_embedded::{Builder, Collector};
use tracing_subscriber::EnvFilter;

use crate::figures::{NAMESPACE, describe};

/// The figures of a function, which CloudWatch takes from its log.
pub struct Figures(&'static Collector);

/// The figures cannot be counted: there can be one counter in a process.
#[derive(Debug, thiserror::Error)]
#[error("figures are counted already: {0}")]
pub struct CountedAlready(metrics_cloudwatch_embedded::Error);

/// Begins to log and to count. Lines are JSON with the spans they stand in, and so the request, the task and the batch;
/// `AWS_LAMBDA_LOG_LEVEL` or `RUST_LOG` says from which level on.
///
/// # Errors
/// When it has begun before.
pub fn begin(function: &'static str) -> Result<Figures, CountedAlready> {
    let level = std::env::var("AWS_LAMBDA_LOG_LEVEL").or_else(|_| std::env::var("RUST_LOG"));
    let filter = EnvFilter::new(level.unwrap_or_else(|_| "info".to_owned()).to_lowercase());
    tracing_subscriber::fmt().json().flatten_event(true).with_current_span(false).with_env_filter(filter).init();
    let stack = std::env::var("MUSTER_STACK").unwrap_or_else(|_| "muster".to_owned());
    let figures = Builder::new().cloudwatch_namespace(NAMESPACE).with_dimension("Stack", stack).init();
    let figures = figures.map_err(CountedAlready)?;
    figures.set_property("function", function);
    describe();
    Ok(Figures(figures))
}

impl Figures {
    /// Waits for an invocation's answer, and writes down what was counted meanwhile.
    pub async fn of<T>(&self, invocation: impl Future<Output = T>) -> T {
        let answer = invocation.await;
        if let Err(error) = self.0.flush(std::io::stdout().lock()) {
            tracing::warn!(%error, "the figures of this invocation are lost");
        }
        answer
    }
}

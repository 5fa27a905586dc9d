//! The start of a function: logs as JSON, figures at the end of each invocation, and a deployment from the environment.

use std::future::Future;

use figures::{NAMESPACE, describe};
use metrics_cloudwatch_embedded::{Builder, Collector};
use tracing_subscriber::EnvFilter;

/// The figures of a function, which CloudWatch takes from its log.
pub struct Figures(&'static Collector);

/// Figures are counted already: a process has one counter.
#[derive(Debug, thiserror::Error)]
#[error("figures are counted already: {0}")]
pub struct CountedAlready(metrics_cloudwatch_embedded::Error);

/// Begins to log and to count. A line is JSON and has its spans, so it names the request, the import and the batch.
/// Lines are written from the level on that `RUST_LOG` or, without it, `AWS_LAMBDA_LOG_LEVEL` names. The template sets
/// the latter to `TRACE`: Lambda takes a line without a level, as figures are, for INFO, so it would drop the figures, and
/// with them alarms, at any level above.
/// <https://docs.aws.amazon.com/lambda/latest/dg/monitoring-cloudwatchlogs-log-level.html>
///
/// # Errors
/// When it has begun before.
pub fn begin(function: &'static str) -> Result<Figures, CountedAlready> {
    let level = std::env::var("RUST_LOG").or_else(|_| std::env::var("AWS_LAMBDA_LOG_LEVEL"));
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
    /// Waits for an invocation's answer, and writes the figures that were counted meanwhile.
    pub async fn during<T>(&self, invocation: impl Future<Output = T>) -> T {
        let answer = invocation.await;
        if let Err(error) = self.0.flush(std::io::stdout().lock()) {
            tracing::warn!(%error, "the figures of this invocation are lost");
        }
        answer
    }
}

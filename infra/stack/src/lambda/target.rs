//! What a poller invokes: a function in this process, or one behind an endpoint.

use std::sync::Arc;
use std::time::Duration;

use aws_lambda_events::sqs::{SqsBatchResponse, SqsEvent};
use lambda_runtime::LambdaEvent;

use super::endpoint::InvokeEndpoint;
use super::functions::Handler;
use super::runner::{Failure, Runner};

/// The function that a poller invokes.
pub(crate) enum Target {
    /// A function in this process.
    Here { handler: Handler<SqsEvent, SqsBatchResponse>, runner: Arc<Runner> },
    /// A function behind an endpoint, such as one of `cargo lambda watch`.
    Endpoint(InvokeEndpoint),
}

impl Target {
    /// Invokes it with messages that were received `receives` times at most. Gives those that failed.
    pub(crate) async fn invoke(
        &self,
        function: &str,
        receives: u32,
        event: SqsEvent,
    ) -> Result<SqsBatchResponse, Failure> {
        match self {
            Self::Here { handler, runner } => {
                let handler = Arc::clone(handler);
                runner.invoke(function, receives, move |context| handler(LambdaEvent::new(event, context))).await
            }
            Self::Endpoint(endpoint) => {
                let answer: Option<SqsBatchResponse> = endpoint.invoke(function, &event).await?;
                Ok(answer.unwrap_or_default())
            }
        }
    }

    /// How long an invocation may take.
    pub(crate) fn timeout(&self, function: &str) -> Duration {
        match self {
            Self::Here { runner, .. } => runner.timeout(function),
            Self::Endpoint(_) => InvokeEndpoint::TIMEOUT,
        }
    }
}

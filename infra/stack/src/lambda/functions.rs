//! The six functions, by the types of the events that invoke them.

use std::sync::Arc;

use aws_config::SdkConfig;
use aws_lambda_events::lambda_function_urls::{LambdaFunctionUrlRequest, LambdaFunctionUrlResponse};
use aws_lambda_events::sqs::{SqsBatchResponse, SqsEvent};
use console::Console;
use finisher::Finisher;
use futures::future::BoxFuture;
use lambda_runtime::{Error, LambdaEvent};
use row_processor::RowProcessor;
use runtime::deployment::{BadEnvironment, Deployment};
use serde_json::Value;
use splitter::Splitter;
use status::Status;
use upload::Upload;

use crate::options::Options;

/// A function that answers events of one type.
pub type Handler<E, A> = Arc<dyn Fn(LambdaEvent<E>) -> BoxFuture<'static, Result<A, Error>> + Send + Sync>;

/// The functions, by what invokes them. Tests of the stack put in others, through the public fields.
#[derive(Clone)]
pub struct Functions {
    /// Answers `POST /imports`.
    pub upload: Handler<LambdaFunctionUrlRequest, LambdaFunctionUrlResponse>,
    /// Answers every other request.
    pub status: Handler<LambdaFunctionUrlRequest, LambdaFunctionUrlResponse>,
    /// Answers requests for the pages of the console.
    pub console: Handler<LambdaFunctionUrlRequest, LambdaFunctionUrlResponse>,
    /// Takes the messages of the split queue.
    pub splitter: Handler<SqsEvent, SqsBatchResponse>,
    /// Takes the messages of the rows queue.
    pub row_processor: Handler<SqsEvent, SqsBatchResponse>,
    /// Takes the messages of the finish queue and of the dead-letter queues, and the events of the clock.
    pub finisher: Handler<Value, SqsBatchResponse>,
}

/// Makes a handler from an async function.
pub fn handler<E, A, F>(function: impl Fn(LambdaEvent<E>) -> F + Send + Sync + 'static) -> Handler<E, A>
where
    F: Future<Output = Result<A, Error>> + Send + 'static,
{
    Arc::new(move |event| Box::pin(function(event)))
}

/// Makes a handler that calls the method `handle` of a function.
macro_rules! method {
    ($function:expr) => {{
        let function = Arc::new($function);
        handler(move |event| {
            let function = Arc::clone(&function);
            async move { function.handle(event).await }
        })
    }};
}

impl Functions {
    /// Muster's own functions. The options say how often a batch is received before the row processor gives it up, how
    /// soon the webhook is called again, and how long a job on a segment takes for a step.
    ///
    /// # Errors
    /// When no client can be built for the webhook.
    pub fn new(sdk: &SdkConfig, deployment: &Deployment, options: &Options) -> Result<Functions, BadEnvironment> {
        let finisher = Finisher::new(sdk, deployment)?;
        let finisher = finisher.calling_again_after(options.webhook_pause).stepping_for(options.job_step);
        Ok(Functions {
            upload: method!(Upload::new(sdk, deployment)),
            status: method!(Status::new(sdk, deployment)),
            console: method!(Console::new(sdk, deployment)),
            splitter: method!(Splitter::new(sdk, deployment)),
            row_processor: method!(RowProcessor::new(sdk, deployment).giving_up_after(options.max_receives)),
            finisher: method!(finisher),
        })
    }

    /// Functions that do nothing. Tests replace those that they need.
    pub fn doing_nothing() -> Functions {
        Functions {
            upload: handler(|_| async { Ok(LambdaFunctionUrlResponse::default()) }),
            status: handler(|_| async { Ok(LambdaFunctionUrlResponse::default()) }),
            console: handler(|_| async { Ok(LambdaFunctionUrlResponse::default()) }),
            splitter: handler(|_| async { Ok(SqsBatchResponse::default()) }),
            row_processor: handler(|_| async { Ok(SqsBatchResponse::default()) }),
            finisher: handler(|_| async { Ok(SqsBatchResponse::default()) }),
        }
    }

    /// The function with this crate name, as a handler of messages. `None` if it takes no messages.
    pub fn message_handler(&self, function: &str) -> Option<Handler<SqsEvent, SqsBatchResponse>> {
        match function {
            "splitter" => Some(Arc::clone(&self.splitter)),
            "row-processor" => Some(Arc::clone(&self.row_processor)),
            "finisher" => {
                let finisher = Arc::clone(&self.finisher);
                Some(handler(move |event: LambdaEvent<SqsEvent>| {
                    let finisher = Arc::clone(&finisher);
                    async move {
                        let payload = serde_json::to_value(event.payload)?;
                        finisher(LambdaEvent::new(payload, event.context)).await
                    }
                }))
            }
            _ => None,
        }
    }
}

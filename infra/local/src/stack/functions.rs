//! The five functions, behind the types of the events that invoke them.

use std::sync::Arc;

use aws_config::SdkConfig;
use aws_lambda_events::lambda_function_urls::{LambdaFunctionUrlRequest, LambdaFunctionUrlResponse};
use aws_lambda_events::sqs::{SqsBatchResponse, SqsEvent};
use finisher::Finisher;
use futures::future::BoxFuture;
use lambda_runtime::{Error, LambdaEvent};
use row_processor::RowProcessor;
use serde_json::Value;
use shared::store::Resources;
use splitter::Splitter;
use status::Status;
use upload::Upload;

use super::options::Options;

/// A function for events of one type.
pub type Handler<E, A> = Arc<dyn Fn(LambdaEvent<E>) -> BoxFuture<'static, Result<A, Error>> + Send + Sync>;

/// The functions by what invokes them. [`Functions::toys`] and the public fields let tests of the stack put in others.
#[derive(Clone)]
pub struct Functions {
    /// Answers `POST /imports`.
    pub upload: Handler<LambdaFunctionUrlRequest, LambdaFunctionUrlResponse>,
    /// Answers every other request.
    pub status: Handler<LambdaFunctionUrlRequest, LambdaFunctionUrlResponse>,
    /// Takes the messages of the split queue.
    pub splitter: Handler<SqsEvent, SqsBatchResponse>,
    /// Takes the messages of the rows queue.
    pub row_processor: Handler<SqsEvent, SqsBatchResponse>,
    /// Takes the messages of the finish queue and of the dead-letter queues, and the clock's.
    pub finisher: Handler<Value, SqsBatchResponse>,
}

/// Makes a handler of an async function.
pub fn handler<E, A, F>(function: impl Fn(LambdaEvent<E>) -> F + Send + Sync + 'static) -> Handler<E, A>
where
    F: Future<Output = Result<A, Error>> + Send + 'static,
{
    Arc::new(move |event| Box::pin(function(event)))
}

/// A handler that calls a method of a function's own type.
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
    /// Muster's functions over the services of a configuration, as patient as the options say.
    pub fn of_muster(sdk: &SdkConfig, resources: &Resources, options: &Options) -> Functions {
        let finisher = Finisher::new(sdk, resources).calling_again_after(options.webhook_pause);
        Functions {
            upload: method!(Upload::new(sdk, resources)),
            status: method!(Status::new(sdk, resources)),
            splitter: method!(Splitter::new(sdk, resources)),
            row_processor: method!(RowProcessor::new(sdk, resources).giving_up_after(options.max_receives)),
            finisher: method!(finisher),
        }
    }

    /// Functions that do nothing, for tests to replace one by one.
    pub fn toys() -> Functions {
        Functions {
            upload: handler(|_| async { Ok(LambdaFunctionUrlResponse::default()) }),
            status: handler(|_| async { Ok(LambdaFunctionUrlResponse::default()) }),
            splitter: handler(|_| async { Ok(SqsBatchResponse::default()) }),
            row_processor: handler(|_| async { Ok(SqsBatchResponse::default()) }),
            finisher: handler(|_| async { Ok(SqsBatchResponse::default()) }),
        }
    }

    /// The function that takes the messages of a queue, by the name of its crate.
    pub fn of_queue(&self, function: &str) -> Option<(&'static str, Handler<SqsEvent, SqsBatchResponse>)> {
        match function {
            "splitter" => Some(("splitter", Arc::clone(&self.splitter))),
            "row-processor" => Some(("row-processor", Arc::clone(&self.row_processor))),
            "finisher" => {
                let finisher = Arc::clone(&self.finisher);
                let of_queue = handler(move |event: LambdaEvent<SqsEvent>| {
                    let finisher = Arc::clone(&finisher);
                    async move {
                        let payload = serde_json::to_value(event.payload)?;
                        finisher(LambdaEvent::new(payload, event.context)).await
                    }
                });
                Some(("finisher", of_queue))
            }
            _ => None,
        }
    }
}

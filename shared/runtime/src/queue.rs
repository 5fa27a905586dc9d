//! The loop over the messages of a queue's event, one by one or side by side. A message that fails is named, so that only
//! it comes again, and its visibility is changed, so that it comes again within seconds. The queue's visibility timeout
//! holds for functions that die: it is six times as long as a function may run.
//! <https://docs.aws.amazon.com/lambda/latest/dg/services-sqs-errorhandling.html#services-sqs-batchfailurereporting>

use std::fmt::Display;
use std::future::Future;

use aws_lambda_events::sqs::{BatchItemFailure, SqsBatchResponse, SqsMessage};
use domain::imports::Trace;
use domain::pauses::seconds_until_redelivery;
use futures::future::join_all;
use jiff::Timestamp;
use stores::queues::Queues;
use tracing::field::Empty;
use tracing::{Instrument as _, Span};

/// A message as a function received it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Received {
    /// Its id, by which it is named if it fails.
    pub id: String,
    /// Its body.
    pub body: String,
    /// How many times it was received, this time included.
    pub receives: u32,
    /// When it was sent.
    pub sent: Option<Timestamp>,
    /// The trace that it carries.
    pub trace: Option<Trace>,
}

impl From<SqsMessage> for Received {
    fn from(message: SqsMessage) -> Self {
        let attribute = |name: &str| message.attributes.get(name).map(String::as_str);
        let sent = attribute("SentTimestamp").and_then(|at| at.parse().ok());
        Self {
            receives: attribute("ApproximateReceiveCount").and_then(|count| count.parse().ok()).unwrap_or(1),
            sent: sent.and_then(|sent| Timestamp::from_millisecond(sent).ok()),
            trace: attribute("AWSTraceHeader").and_then(Trace::from_header),
            id: message.message_id.unwrap_or_default(),
            body: message.body.unwrap_or_default(),
        }
    }
}

/// Handles messages one after another.
pub async fn one_by_one<F, E>(
    queues: &Queues,
    messages: Vec<SqsMessage>,
    handle: impl Fn(Received) -> F,
) -> SqsBatchResponse
where
    F: Future<Output = Result<(), E>>,
    E: Display,
{
    let mut failed = Vec::new();
    for message in messages {
        failed.push(handled(queues, message, &handle).await);
    }
    response(failed)
}

/// Handles messages side by side; the event source mapping's batch size bounds how many there are.
pub async fn side_by_side<F, E>(
    queues: &Queues,
    messages: Vec<SqsMessage>,
    handle: impl Fn(Received) -> F,
) -> SqsBatchResponse
where
    F: Future<Output = Result<(), E>>,
    E: Display,
{
    response(join_all(messages.into_iter().map(|message| handled(queues, message, &handle))).await)
}

/// Handles a message in a span of its own, whose fields the handler fills in; gives its id if it failed.
async fn handled<F, E>(queues: &Queues, message: SqsMessage, handle: &impl Fn(Received) -> F) -> Option<String>
where
    F: Future<Output = Result<(), E>>,
    E: Display,
{
    let (queue, receipt) = (message.event_source_arn.clone(), message.receipt_handle.clone());
    let message = Received::from(message);
    let (id, receives) = (message.id.clone(), message.receives);
    let span =
        tracing::info_span!("message", import = Empty, batch = Empty, file_part = Empty, trace = Empty, receives);
    if let Some(trace) = &message.trace {
        span.record("trace", trace.root());
    }
    let error = handle(message).instrument(span.clone()).await.err()?;
    let seconds = seconds_until_redelivery(receives, &id);
    span.in_scope(|| tracing::warn!(message_id = id, %error, seconds, "a message failed and will be delivered again"));
    if let (Some(queue), Some(receipt)) = (queue, receipt)
        && let Err(error) = queues.deliver_again(&queue, &receipt, seconds).await
    {
        span.in_scope(
            || tracing::warn!(message_id = id, %error, "the message comes again only after its visibility timeout"),
        );
    }
    Some(id)
}

/// Notes the trace of an import in the span of the message that is about it.
pub fn note_trace(trace: &Trace) {
    Span::current().record("trace", trace.root());
}

fn response(failed: Vec<Option<String>>) -> SqsBatchResponse {
    let failure = |id| {
        let mut failure = BatchItemFailure::default();
        failure.item_identifier = id;
        failure
    };
    let mut response = SqsBatchResponse::default();
    response.batch_item_failures = failed.into_iter().flatten().map(failure).collect();
    response
}

#[cfg(test)]
mod tests {
    use aws_config::{BehaviorVersion, SdkConfig};
    use stores::Resources;

    use super::*;

    fn message(id: &str, attributes: &[(&str, &str)]) -> SqsMessage {
        let mut message = SqsMessage::default();
        message.message_id = Some(id.to_owned());
        message.body = Some(format!("body of {id}"));
        message.attributes = attributes.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect();
        message
    }

    fn failures(response: &SqsBatchResponse) -> Vec<&str> {
        response.batch_item_failures.iter().map(|failure| failure.item_identifier.as_str()).collect()
    }

    #[tokio::test]
    async fn only_messages_that_failed_come_again() {
        let messages = || ["a", "b", "c"].map(|id| message(id, &[])).to_vec();
        let handle =
            |message: Received| async move { if message.body == "body of b" { Err("it failed") } else { Ok(()) } };
        let sdk = SdkConfig::builder().behavior_version(BehaviorVersion::latest()).build();
        let queues = Queues::new(&sdk, &Resources::default());
        assert_eq!(failures(&one_by_one(&queues, messages(), handle).await), ["b"]);
        assert_eq!(failures(&side_by_side(&queues, messages(), handle).await), ["b"]);
    }

    #[test]
    fn what_a_message_says_of_itself_is_read() {
        let trace = "Root=1-5759e988-bd862e3fe1be46a994272793;Sampled=0";
        let attributes =
            [("ApproximateReceiveCount", "3"), ("SentTimestamp", "1780000000000"), ("AWSTraceHeader", trace)];
        let received = Received::from(message("a", &attributes));
        assert_eq!((received.receives, received.sent), (3, Timestamp::from_second(1_780_000_000).ok()));
        assert_eq!(received.trace.map(|trace| trace.to_string()).as_deref(), Some(trace));
        let received = Received::from(message("a", &[("ApproximateReceiveCount", "x")]));
        assert_eq!((received.receives, received.sent, received.trace), (1, None, None));
    }
}

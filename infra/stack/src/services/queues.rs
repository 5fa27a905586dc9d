//! The queues: `rustack-sqs`, in memory, with the checks of SQS that it leaves out.
//!
//! SQS takes any number of messages, but the memory of this process is limited. So whoever sends a batch of messages
//! waits while the queue is full. A splitter that waits too long continues in its next invocation, as it does on AWS.
//!
//! All messages are lost when the process ends. That does no harm: the sweep at the next start finds every import that
//! makes no progress, and sends again what is missing from its ledger.

use std::pin::Pin;
use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use http::HeaderMap;
use rustack_sqs_core::config::SqsConfig;
use rustack_sqs_core::handler::RustackSqsHandler;
use rustack_sqs_core::provider::RustackSqs;
use rustack_sqs_http::body::SqsResponseBody;
use rustack_sqs_http::dispatch::{SqsHandler, dispatch_operation};
use rustack_sqs_http::response::error_to_response;
use rustack_sqs_http::router::resolve_operation;
use rustack_sqs_model::error::{SqsError, SqsErrorCode};
use rustack_sqs_model::input::{GetQueueAttributesInput, SendMessageBatchInput, SendMessageInput};
use rustack_sqs_model::operations::SqsOperation;

use super::system_attributes;
use crate::account::{ACCOUNT, REGION};

/// Most bytes that one request may send, as on SQS. A single message may have 256 KiB here, a quarter of what SQS
/// takes.
const LARGEST_BATCH: usize = 1024 * 1024;

/// A queue with this many messages is full. A batch of rows has some 56 KiB, so they take about 230 MB.
const FULL: u64 = 4_000;
/// How long a sender waits for room before it sends all the same. Clients give a call up after ten seconds, and would send
/// the same messages again.
const LONGEST_WAIT: Duration = Duration::from_secs(8);
/// How often a waiting sender checks for room.
const CHECK_EVERY: Duration = Duration::from_millis(50);

/// The operations that send messages.
const SENDS: [SqsOperation; 2] = [SqsOperation::SendMessage, SqsOperation::SendMessageBatch];

/// The queues. Their URLs have the port of the gateway.
pub(super) fn provider(port: u16) -> Arc<RustackSqs> {
    Arc::new(RustackSqs::new(SqsConfig {
        // The gateway has checked it.
        skip_signature_validation: true,
        default_region: REGION.to_owned(),
        account_id: ACCOUNT.to_owned(),
        host: "127.0.0.1".to_owned(),
        port,
    }))
}

/// The URL of a queue.
pub(crate) fn url(endpoint: &str, name: &str) -> String {
    format!("{endpoint}/{ACCOUNT}/{name}")
}

/// The ARN of a queue.
pub(crate) fn arn(name: &str) -> String {
    format!("arn:aws:sqs:{REGION}:{ACCOUNT}:{name}")
}

/// The queues as the gateway calls them: what SQS would refuse is refused before `rustack-sqs` sees it.
#[derive(Clone, Debug)]
pub(super) struct Checked {
    queues: Arc<RustackSqsHandler>,
    provider: Arc<RustackSqs>,
}

impl Checked {
    pub(super) fn new(provider: Arc<RustackSqs>) -> Checked {
        Checked { queues: Arc::new(RustackSqsHandler::new(Arc::clone(&provider))), provider }
    }

    /// Answers one request, whose signature has been checked.
    pub(super) async fn answer(&self, headers: &HeaderMap, body: Bytes) -> http::Response<SqsResponseBody> {
        let answer = match resolve_operation(headers) {
            Ok(operation) => dispatch_operation(self, operation, body).await,
            Err(error) => Err(error),
        };
        answer.unwrap_or_else(|error| error_to_response(&error, &ulid::Ulid::generate().to_string()))
    }
}

type Answer = Pin<Box<dyn Future<Output = Result<http::Response<SqsResponseBody>, SqsError>> + Send>>;

impl SqsHandler for Checked {
    fn handle_operation(&self, operation: SqsOperation, body: Bytes) -> Answer {
        let body = match check(operation, &body) {
            Ok(()) if SENDS.contains(&operation) => system_attributes::to_ordinary(&body),
            checked => checked.map(|()| body),
        };
        match body {
            Ok(body) if operation == SqsOperation::SendMessageBatch => {
                let room = wait_for_room(Arc::clone(&self.provider), &body);
                let send = self.queues.handle_operation(operation, body);
                Box::pin(async move {
                    room.await;
                    send.await
                })
            }
            Ok(body) => self.queues.handle_operation(operation, body),
            Err(error) => Box::pin(std::future::ready(Err(error))),
        }
    }
}

/// Waits until the queue to which a request sends has room, at most [`LONGEST_WAIT`].
fn wait_for_room(provider: Arc<RustackSqs>, body: &[u8]) -> impl Future<Output = ()> + use<> {
    let queue = serde_json::from_slice::<SendMessageBatchInput>(body).map(|input| input.queue_url).unwrap_or_default();
    let held = move || {
        let provider = Arc::clone(&provider);
        let input = GetQueueAttributesInput {
            queue_url: queue.clone(),
            attribute_names: vec!["ApproximateNumberOfMessages".to_owned()],
        };
        async move {
            let attributes = provider.get_queue_attributes(input).await.ok()?.attributes;
            attributes.get("ApproximateNumberOfMessages")?.parse::<u64>().ok()
        }
    };
    async move {
        let until = tokio::time::Instant::now() + LONGEST_WAIT;
        while held().await.is_some_and(|held| held >= FULL) && tokio::time::Instant::now() < until {
            // The queues send no signal when there is room again.
            tokio::time::sleep(CHECK_EVERY).await;
        }
    }
}

fn check(operation: SqsOperation, body: &[u8]) -> Result<(), SqsError> {
    match operation {
        SqsOperation::SendMessage => {
            let Ok(input) = serde_json::from_slice::<SendMessageInput>(body) else { return Ok(()) };
            check_characters(&input.message_body)
        }
        SqsOperation::SendMessageBatch => {
            let Ok(input) = serde_json::from_slice::<SendMessageBatchInput>(body) else { return Ok(()) };
            let sum: usize = input.entries.iter().map(|entry| entry.message_body.len()).sum();
            if sum > LARGEST_BATCH {
                let message = format!("Batch requests cannot be longer than {LARGEST_BATCH} bytes.");
                return Err(SqsError::new(SqsErrorCode::BatchRequestTooLong, message));
            }
            input.entries.iter().try_for_each(|entry| check_characters(&entry.message_body))
        }
        _ => Ok(()),
    }
}

/// Refuses characters that XML 1.0 does not allow, as SQS does.
fn check_characters(body: &str) -> Result<(), SqsError> {
    let allowed = |character: char| matches!(character, '\t' | '\n' | '\r' | ' '..='\u{D7FF}' | '\u{E000}'..='\u{FFFD}' | '\u{10000}'..);
    match body.chars().find(|&character| !allowed(character)) {
        None => Ok(()),
        Some(character) => Err(SqsError::invalid_parameter_value(format!(
            "Invalid binary character '{}' was found in the message body",
            character.escape_unicode()
        ))),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn characters_outside_xml_are_refused() {
        for body in ["a\u{1}b", "\u{FFFE}", "\u{0}"] {
            assert!(check_characters(body).is_err(), "{body:?}");
        }
        assert!(check_characters("größe\t\r\n 😀\u{7F}").is_ok());
    }
}

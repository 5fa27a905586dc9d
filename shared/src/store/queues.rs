//! The queues: batches, the splitter's continuations, and tasks whose rows are all counted.

use std::time::Duration;

use aws_sdk_sqs::Client;
use aws_sdk_sqs::operation::send_message::builders::SendMessageFluentBuilder;
use aws_sdk_sqs::types::{
    MessageSystemAttributeNameForSends, MessageSystemAttributeValue, SendMessageBatchRequestEntry,
};

use super::counted::Counted;
use super::{Resources, StoreError, refused};
use crate::batch::BatchMessage;
use crate::task::TaskId;
use crate::trace::Trace;

/// Messages of one `SendMessageBatch`: the service's limit.
pub const MESSAGES_A_CALL: usize = 10;
/// Bytes of one message and of one call's messages together: what every queue takes (SQS takes 1 MiB since 2025, many
/// emulators and older quotas 256 KiB).
pub const MAX_BYTES: usize = 256 * 1024;
/// Times that messages which a call left unsent are sent again before it is an error.
const ATTEMPTS: u32 = 5;

/// The longest that a message can be delayed: the service's limit.
const LONGEST_DELAY: Duration = Duration::from_secs(900);
const TRACE: MessageSystemAttributeNameForSends = MessageSystemAttributeNameForSends::AwsTraceHeader;

/// The import that a message is of. Its task is the message's group: the queues deliver the groups in turn, so that a large
/// import does not keep a small one waiting.
/// <https://docs.aws.amazon.com/AWSSimpleQueueService/latest/SQSDeveloperGuide/sqs-fair-queues.html>
#[derive(Debug, Clone)]
pub struct Origin {
    /// The task.
    pub task: TaskId,
    /// The trace that it belongs to.
    pub trace: Trace,
}

/// The queues that functions send to.
#[derive(Debug, Clone)]
pub struct Queues {
    client: Client,
    split: String,
    rows: String,
    finish: String,
}

impl Queues {
    /// The queues at the endpoint of this configuration.
    pub fn new(sdk: &aws_config::SdkConfig, resources: &Resources) -> Self {
        Self {
            client: Client::from_conf(aws_sdk_sqs::config::Builder::from(sdk).interceptor(Counted).build()),
            split: resources.split_queue_url.clone(),
            rows: resources.rows_queue_url.clone(),
            finish: resources.finish_queue_url.clone(),
        }
    }

    /// Has a splitter go on with a task.
    ///
    /// # Errors
    /// When the queue cannot be written.
    pub async fn go_on(&self, of: &Origin) -> Result<(), StoreError> {
        self.send(&self.split, of, serde_json::json!({ "continue": of.task }).to_string()).await
    }

    /// Has splitters dispatch parts of a task's file, each from its begin or from a snapshot.
    ///
    /// # Errors
    /// When the queue cannot be written.
    pub async fn dispatch(
        &self,
        of: &Origin,
        parts: impl IntoIterator<Item = (u32, Option<String>)>,
    ) -> Result<(), StoreError> {
        for (part, from) in parts {
            let body = serde_json::json!({ "continue": of.task, "part": part, "from": from });
            self.send(&self.split, of, body.to_string()).await?;
        }
        Ok(())
    }

    /// Has the finisher end a task.
    ///
    /// # Errors
    /// When the queue cannot be written.
    pub async fn finish(&self, of: &Origin) -> Result<(), StoreError> {
        self.send(&self.finish, of, serde_json::json!({ "finish": of.task }).to_string()).await
    }

    /// Has the finisher tell of a task's end.
    ///
    /// # Errors
    /// When the queue cannot be written.
    pub async fn announce(&self, of: &Origin) -> Result<(), StoreError> {
        self.send(&self.finish, of, serde_json::json!({ "announce": of.task }).to_string()).await
    }

    /// Has the finisher call the webhook for a task again after so long; it was called so many times before.
    ///
    /// # Errors
    /// When the queue cannot be written.
    pub async fn call_again(&self, of: &Origin, calls: u32, after: Duration) -> Result<(), StoreError> {
        let body = serde_json::json!({ "announce": of.task, "calls": calls }).to_string();
        let send = self.message(&self.finish, of, body)?;
        let seconds = i32::try_from(after.min(LONGEST_DELAY).as_secs()).unwrap_or(0);
        send.delay_seconds(seconds).send().await.map_err(refused("SendMessage"))?;
        Ok(())
    }

    /// Sends one batch.
    ///
    /// # Errors
    /// When the queue cannot be written.
    pub async fn send_batch(&self, of: &Origin, batch: &BatchMessage) -> Result<(), StoreError> {
        self.send(&self.rows, of, batch.to_body()).await
    }

    async fn send(&self, queue: &str, of: &Origin, body: String) -> Result<(), StoreError> {
        self.message(queue, of, body)?.send().await.map_err(refused("SendMessage"))?;
        Ok(())
    }

    fn message(&self, queue: &str, of: &Origin, body: String) -> Result<SendMessageFluentBuilder, StoreError> {
        let send = self.client.send_message().queue_url(queue).message_body(body);
        Ok(send.message_group_id(of.task.to_string()).message_system_attributes(TRACE, trace(of)?))
    }

    /// Sends up to ten bodies to the rows queue in one call; those that the service could not take are sent again.
    ///
    /// # Errors
    /// When the queue cannot be written.
    pub async fn send_batches(&self, of: &Origin, mut bodies: Vec<String>) -> Result<(), StoreError> {
        let mut why = String::new();
        for _ in 0..ATTEMPTS {
            let mut entries = Vec::with_capacity(bodies.len());
            for (index, body) in bodies.iter().enumerate() {
                let entry = SendMessageBatchRequestEntry::builder()
                    .id(index.to_string())
                    .message_body(body)
                    .message_group_id(of.task.to_string())
                    .message_system_attributes(TRACE, trace(of)?);
                entries.push(entry.build().map_err(|error| StoreError::malformed("message", error))?);
            }
            let send = self.client.send_message_batch().queue_url(&self.rows).set_entries(Some(entries));
            let answer = send.send().await.map_err(refused("SendMessageBatch"))?;
            let failed: Vec<usize> = answer.failed.iter().filter_map(|failed| failed.id.parse().ok()).collect();
            let Some(first) = answer.failed.first() else { return Ok(()) };
            why = first.code.clone();
            bodies = failed.into_iter().filter_map(|index| bodies.get(index).cloned()).collect();
        }
        Err(StoreError::Refused {
            call: "SendMessageBatch",
            code: why,
            message: "messages were left unsent".to_owned(),
        })
    }
}

fn trace(of: &Origin) -> Result<MessageSystemAttributeValue, StoreError> {
    let value = MessageSystemAttributeValue::builder().data_type("String").string_value(of.trace.to_string());
    value.build().map_err(|error| StoreError::malformed("trace", error))
}

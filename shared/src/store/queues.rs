//! The queues: batches, the splitter's continuations, and tasks whose rows are all counted.

use aws_sdk_sqs::Client;
use aws_sdk_sqs::types::SendMessageBatchRequestEntry;

use super::{Resources, StoreError, refused};
use crate::batch::BatchMessage;
use crate::task::TaskId;

/// Messages of one `SendMessageBatch`: the service's limit.
pub const MESSAGES_A_CALL: usize = 10;
/// Bytes of one message and of one call's messages together: what every queue takes (SQS takes 1 MiB since 2025, many
/// emulators and older quotas 256 KiB).
pub const MAX_BYTES: usize = 256 * 1024;
/// Times that messages which a call left unsent are sent again before it is an error.
const ATTEMPTS: u32 = 5;

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
            client: Client::new(sdk),
            split: resources.split_queue_url.clone(),
            rows: resources.rows_queue_url.clone(),
            finish: resources.finish_queue_url.clone(),
        }
    }

    /// Has a splitter go on with a task.
    ///
    /// # Errors
    /// When the queue cannot be written.
    pub async fn go_on(&self, task: TaskId) -> Result<(), StoreError> {
        self.send(&self.split, serde_json::json!({ "continue": task }).to_string()).await
    }

    /// Has splitters dispatch parts of a task's file, each from its begin or from a snapshot.
    ///
    /// # Errors
    /// When the queue cannot be written.
    pub async fn dispatch(
        &self,
        task: TaskId,
        parts: impl IntoIterator<Item = (u32, Option<String>)>,
    ) -> Result<(), StoreError> {
        for (part, from) in parts {
            self.send(&self.split, serde_json::json!({ "continue": task, "part": part, "from": from }).to_string())
                .await?;
        }
        Ok(())
    }

    /// Has the finisher end a task.
    ///
    /// # Errors
    /// When the queue cannot be written.
    pub async fn finish(&self, task: TaskId) -> Result<(), StoreError> {
        self.send(&self.finish, serde_json::json!({ "finish": task }).to_string()).await
    }

    /// Sends one batch.
    ///
    /// # Errors
    /// When the queue cannot be written.
    pub async fn send_batch(&self, batch: &BatchMessage) -> Result<(), StoreError> {
        self.send(&self.rows, batch.to_body()).await
    }

    async fn send(&self, queue: &str, body: String) -> Result<(), StoreError> {
        let send = self.client.send_message().queue_url(queue).message_body(body);
        send.send().await.map_err(refused("SendMessage"))?;
        Ok(())
    }

    /// Sends up to ten bodies to the rows queue in one call; those that the service could not take are sent again.
    ///
    /// # Errors
    /// When the queue cannot be written.
    pub async fn send_batches(&self, mut bodies: Vec<String>) -> Result<(), StoreError> {
        let mut why = String::new();
        for _ in 0..ATTEMPTS {
            let mut entries = Vec::with_capacity(bodies.len());
            for (index, body) in bodies.iter().enumerate() {
                let entry = SendMessageBatchRequestEntry::builder().id(index.to_string()).message_body(body);
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

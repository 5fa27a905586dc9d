//! The queues: every message goes to the queue of whoever it is for.

use std::time::Duration;

use aws_config::SdkConfig;
use aws_sdk_sqs::Client;
use aws_sdk_sqs::operation::send_message::builders::SendMessageFluentBuilder;
use aws_sdk_sqs::types::{
    MessageSystemAttributeNameForSends, MessageSystemAttributeValue, QueueAttributeName, SendMessageBatchRequestEntry,
};
use domain::imports::{ImportId, Trace};
use domain::messages::Message;
use domain::segment_job::JobId;

use crate::client;
use crate::error::{StoreError, refused};
use crate::resources::Resources;

/// Messages of one `SendMessageBatch`: the service's limit.
pub const MESSAGES_A_CALL: usize = 10;
/// Most bytes of one message, and of the messages of one call together. SQS takes 1 MiB since 2025, but many emulators
/// and older quotas take 256 KiB.
pub const MAX_BYTES: usize = 256 * 1024;
/// Times that unsent messages of a call are sent again before that is an error.
const ATTEMPTS: u32 = 5;

/// What the name of a queue of dead letters has behind the name of its queue; infra/template.yaml names them.
const DEAD_LETTERS: &str = "-dlq";
/// The longest that a message can be delayed: the service's limit.
const LONGEST_DELAY: Duration = Duration::from_secs(900);
const TRACE: MessageSystemAttributeNameForSends = MessageSystemAttributeNameForSends::AwsTraceHeader;

/// The import that a message belongs to. It is the message's group: the queues deliver the groups in turn, so a large
/// import does not keep a small one waiting.
/// <https://docs.aws.amazon.com/AWSSimpleQueueService/latest/SQSDeveloperGuide/sqs-fair-queues.html>
#[derive(Debug, Clone)]
pub struct Origin {
    /// The import.
    pub import: ImportId,
    /// Its trace.
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
    pub fn new(sdk: &SdkConfig, resources: &Resources) -> Self {
        Self {
            client: client::sqs(sdk),
            split: resources.split_queue_url.clone(),
            rows: resources.rows_queue_url.clone(),
            finish: resources.finish_queue_url.clone(),
        }
    }

    /// Sends a message to the queue of whoever it is for.
    ///
    /// # Errors
    /// When the queue cannot be written.
    pub async fn send(&self, origin: &Origin, message: &Message) -> Result<(), StoreError> {
        self.sending(origin, message)?.send().await.map_err(refused("SendMessage"))?;
        Ok(())
    }

    /// Sends a message that is delivered after a while: 15 minutes at most.
    ///
    /// # Errors
    /// When the queue cannot be written.
    pub async fn send_later(&self, origin: &Origin, message: &Message, after: Duration) -> Result<(), StoreError> {
        let seconds = i32::try_from(after.min(LONGEST_DELAY).as_secs()).unwrap_or(0);
        let send = self.sending(origin, message)?.delay_seconds(seconds);
        send.send().await.map_err(refused("SendMessage"))?;
        Ok(())
    }

    /// Sends the message that has a job on the members of a segment gone on with. The segment is its group.
    ///
    /// # Errors
    /// When the queue cannot be written.
    pub async fn send_job(&self, job: &JobId) -> Result<(), StoreError> {
        let (message, group) = (Message::SegmentJob(job.clone()), job.segment.to_string());
        let send = self.client.send_message().queue_url(self.queue_for(&message)).message_body(message.to_body());
        send.message_group_id(group).send().await.map_err(refused("SendMessage"))?;
        Ok(())
    }

    /// Whether messages wait for splitters or row-processors, or are with them, as far as the service knows: it counts
    /// approximately.
    ///
    /// # Errors
    /// When a queue cannot be asked.
    pub async fn has_backlog(&self) -> Result<bool, StoreError> {
        let counts = [
            QueueAttributeName::ApproximateNumberOfMessages,
            QueueAttributeName::ApproximateNumberOfMessagesNotVisible,
            QueueAttributeName::ApproximateNumberOfMessagesDelayed,
        ];
        for queue in [&self.split, &self.rows] {
            let ask = self.client.get_queue_attributes().queue_url(queue);
            let ask = ask.set_attribute_names(Some(counts.to_vec()));
            let answer = ask.send().await.map_err(refused("GetQueueAttributes"))?;
            let answered = answer.attributes.unwrap_or_default();
            if counts.iter().filter_map(|name| answered.get(name)).any(|count| count != "0") {
                return Ok(true);
            }
        }
        Ok(false)
    }

    fn queue_for(&self, message: &Message) -> &str {
        match message {
            Message::Split { .. } | Message::DispatchPart { .. } => &self.split,
            Message::Batch(_) | Message::UndoAgain(_) | Message::EndErasure { .. } => &self.rows,
            Message::MakeUndoFile { .. }
            | Message::Finish { .. }
            | Message::DeliverEnd { .. }
            | Message::SegmentJob(_) => &self.finish,
        }
    }

    fn sending(&self, origin: &Origin, message: &Message) -> Result<SendMessageFluentBuilder, StoreError> {
        let send = self.client.send_message().queue_url(self.queue_for(message)).message_body(message.to_body());
        let group = origin.import.to_string();
        Ok(send.message_group_id(group).message_system_attributes(TRACE, trace_attribute(origin)?))
    }

    /// Has a received message delivered again after so many seconds, counted from now. Gives false if its queue is none
    /// of this deployment's: then it comes after the queue's visibility timeout.
    ///
    /// # Errors
    /// When the queue refuses, for example because the message came again meanwhile.
    pub async fn deliver_again(&self, queue_arn: &str, receipt: &str, seconds: u32) -> Result<bool, StoreError> {
        let Some(url) = self.url_of(queue_arn) else { return Ok(false) };
        let seconds = i32::try_from(seconds).unwrap_or(i32::MAX);
        let change = self.client.change_message_visibility().queue_url(url).receipt_handle(receipt);
        change.visibility_timeout(seconds).send().await.map_err(refused("ChangeMessageVisibility"))?;
        Ok(true)
    }

    /// The URL of a queue of this deployment, or of the dead letters of one: they have its name with `-dlq` behind.
    fn url_of(&self, arn: &str) -> Option<String> {
        let name = arn.rsplit(':').next()?;
        [&self.split, &self.rows, &self.finish].into_iter().find_map(|url| {
            let (base, queue) = url.rsplit_once('/')?;
            let is_known = !queue.is_empty() && [queue, &format!("{queue}{DEAD_LETTERS}")].contains(&name);
            is_known.then(|| format!("{base}/{name}"))
        })
    }

    /// Sends the bodies of up to ten batches in one call, and again those that the service did not take.
    ///
    /// # Errors
    /// When the queue cannot be written.
    pub async fn send_batches(&self, origin: &Origin, mut bodies: Vec<String>) -> Result<(), StoreError> {
        let mut why = String::new();
        for _ in 0..ATTEMPTS {
            let mut entries = Vec::with_capacity(bodies.len());
            for (index, body) in bodies.iter().enumerate() {
                let entry = SendMessageBatchRequestEntry::builder()
                    .id(index.to_string())
                    .message_body(body)
                    .message_group_id(origin.import.to_string())
                    .message_system_attributes(TRACE, trace_attribute(origin)?);
                entries.push(entry.build().map_err(|error| StoreError::malformed("message", error))?);
            }
            let send = self.client.send_message_batch().queue_url(&self.rows).set_entries(Some(entries));
            let answer = send.send().await.map_err(refused("SendMessageBatch"))?;
            let failed: Vec<usize> = answer.failed.iter().filter_map(|failed| failed.id.parse().ok()).collect();
            let Some(first) = answer.failed.first() else { return Ok(()) };
            why = first.code.clone();
            bodies = failed.into_iter().filter_map(|index| bodies.get(index).cloned()).collect();
        }
        Err(StoreError::refused_entry("SendMessageBatch", why, "messages were left unsent"))
    }
}

fn trace_attribute(origin: &Origin) -> Result<MessageSystemAttributeValue, StoreError> {
    let value = MessageSystemAttributeValue::builder().data_type("String").string_value(origin.trace.to_string());
    value.build().map_err(|error| StoreError::malformed("trace", error))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_queue_is_known_by_its_arn_if_it_is_one_of_the_deployments() {
        let url = |name: &str| format!("https://sqs.eu-central-1.amazonaws.com/123456789012/{name}");
        let resources = Resources {
            split_queue_url: url("muster-split"),
            rows_queue_url: url("muster-rows"),
            ..Resources::default()
        };
        let sdk = SdkConfig::builder().behavior_version(aws_config::BehaviorVersion::latest()).build();
        let queues = Queues::new(&sdk, &resources);
        for (name, is_known) in [
            ("muster-split", true),
            ("muster-rows", true),
            ("muster-split-dlq", true),
            ("muster-rows-dlq", true),
            ("muster-finish", false),
            ("other-rows", false),
            ("rows", false),
            ("-dlq", false),
            ("", false),
        ] {
            let found = queues.url_of(&format!("arn:aws:sqs:eu-central-1:123456789012:{name}"));
            assert_eq!(found, is_known.then(|| url(name)), "{name}");
        }
        assert_eq!(queues.url_of(""), None);
    }
}

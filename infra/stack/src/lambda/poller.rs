//! The poller of an event source mapping: it receives the messages of a queue and invokes a function with them, as
//! Lambda does.

use std::collections::HashSet;
use std::sync::Arc;
use std::time::{Duration, Instant};

use aws_lambda_events::sqs::{SqsEvent, SqsMessage};
use aws_sdk_sqs::Client;
use aws_sdk_sqs::types::{DeleteMessageBatchRequestEntry, Message, MessageSystemAttributeName};
use futures::future::join_all;
use tokio::sync::{OwnedSemaphorePermit, Semaphore};
use tokio::task::JoinSet;
use tokio_util::sync::CancellationToken;

use super::runner::Failure;
use super::target::Target;
use crate::clients::faults::{DeliveryFault, Faults};
use crate::resources::Mapping;
use crate::services::system_attributes;

/// How long a poll waits for messages. It ends as soon as one comes.
const POLL_SECONDS: i32 = 20;

/// Most messages of one receive or delete: SQS's own limit.
const MOST_MESSAGES: usize = 10;

/// A splitter's lease ends at most this long after the deadline of the invocation that took it.
const LEASE_PAST_DEADLINE: Duration = Duration::from_secs(6);

/// How many invocations run side by side for a mapping that sets no limit.
const DEFAULT_CONCURRENCY: usize = 2;

/// The poller of one event source mapping.
pub(crate) struct Poller {
    pub(crate) function: String,
    pub(crate) queue_url: String,
    pub(crate) queue_arn: String,
    pub(crate) batch_size: usize,
    pub(crate) window: Duration,
    pub(crate) concurrency: usize,
    /// How soon a message is delivered again whose invocation died. Each further time takes twice as long.
    pub(crate) retry: Duration,
    /// The same for a message that its function named as failed. Without it the poller leaves the message alone, and its
    /// visibility timeout holds, which the function has changed.
    pub(crate) retry_of_named: Option<Duration>,
    /// Whether the function works under leases. If an invocation dies, its lease lasts until it would have timed out.
    /// Its message must not come back earlier; on AWS the visibility timeout ensures that.
    pub(crate) takes_leases: bool,
    pub(crate) target: Target,
    pub(crate) queues: Client,
    pub(crate) faults: Option<Arc<Faults>>,
}

impl Poller {
    /// The poller of a mapping whose queue has this URL and this ARN.
    pub(crate) fn new(
        mapping: &Mapping,
        (queue_url, queue_arn): (String, String),
        target: Target,
        queues: &Client,
        retry: Duration,
    ) -> Self {
        let concurrency = mapping.concurrency.and_then(|most| usize::try_from(most).ok());
        Self {
            function: mapping.function.clone(),
            queue_url,
            queue_arn,
            batch_size: usize::try_from(mapping.batch_size).unwrap_or(1).max(1),
            window: mapping.window,
            concurrency: concurrency.unwrap_or(DEFAULT_CONCURRENCY).max(1),
            retry,
            retry_of_named: None,
            takes_leases: mapping.function == "splitter",
            target,
            queues: queues.clone(),
            faults: None,
        }
    }

    /// Polls until stopped, and then waits for the running invocations.
    pub(crate) async fn run(self, stop: CancellationToken) {
        let slots = Arc::new(Semaphore::new(self.concurrency));
        let poller = Arc::new(self);
        let mut deliveries = JoinSet::new();
        loop {
            // Messages are received only when there is a slot for them, because their visibility timeout starts then.
            let slot = tokio::select! {
                () = stop.cancelled() => break,
                Ok(slot) = Arc::clone(&slots).acquire_owned() => slot,
            };
            let messages = tokio::select! {
                () = stop.cancelled() => break,
                messages = poller.receive() => messages,
            };
            let mut slot = Some(slot);
            for batch in messages.chunks(poller.batch_size) {
                let slot = match slot.take() {
                    Some(slot) => slot,
                    None => match Arc::clone(&slots).acquire_owned().await {
                        Ok(slot) => slot,
                        Err(_) => return,
                    },
                };
                deliveries.spawn(Arc::clone(&poller).deliver(batch.to_vec(), slot, stop.clone()));
            }
            while deliveries.try_join_next().is_some() {}
        }
        while deliveries.join_next().await.is_some() {}
    }

    /// Receives a batch, and waits for the batching window to fill it. Where messages are reordered it receives more
    /// than a batch.
    async fn receive(&self) -> Vec<Message> {
        let reorder = self.faults.as_ref().filter(|faults| faults.reorders());
        let wanted = if reorder.is_some() { MOST_MESSAGES } else { self.batch_size };
        let mut messages = self.receive_once(wanted.min(MOST_MESSAGES), POLL_SECONDS).await;
        let opened = Instant::now();
        while !messages.is_empty() && messages.len() < wanted {
            // SQS waits for whole seconds, so the rest of the window is rounded up.
            let left = self.window.saturating_sub(opened.elapsed());
            let Ok(seconds @ 1..) = i32::try_from(left.as_millis().div_ceil(1000)) else { break };
            messages.extend(self.receive_once((wanted - messages.len()).min(MOST_MESSAGES), seconds).await);
        }
        if let Some(faults) = reorder {
            faults.shuffle(&self.function, &mut messages);
        }
        messages
    }

    async fn receive_once(&self, most: usize, seconds: i32) -> Vec<Message> {
        let received = self
            .queues
            .receive_message()
            .queue_url(&self.queue_url)
            .max_number_of_messages(i32::try_from(most).unwrap_or(1))
            .wait_time_seconds(seconds)
            .message_system_attribute_names(MessageSystemAttributeName::All)
            .message_attribute_names("All")
            .send()
            .await;
        match received {
            Ok(received) => received.messages.unwrap_or_default(),
            Err(error) => {
                let error = aws_smithy_types::error::display::DisplayErrorContext(&error);
                tracing::error!(queue = self.queue_url, "messages could not be received: {error}");
                tokio::time::sleep(Duration::from_millis(500)).await;
                Vec::new()
            }
        }
    }

    /// Delivers one batch, and deletes the messages that were processed. A fault may delay the batch or deliver it
    /// twice.
    async fn deliver(self: Arc<Self>, batch: Vec<Message>, slot: OwnedSemaphorePermit, stop: CancellationToken) {
        let fault = self.faults.as_ref().map_or_else(DeliveryFault::default, |faults| faults.delivery(&self.function));
        if let Some(delay) = fault.delay {
            tokio::time::sleep(delay).await;
        }
        let begun = Instant::now();
        let duplicate = async {
            if let Some(later) = fault.duplicate {
                tokio::time::sleep(later).await;
                // Its answer does not count: on AWS the duplicate has a receipt of its own.
                self.invoke(&batch).await;
            }
        };
        let (ending, ()) = tokio::join!(self.invoke(&batch), duplicate);
        drop(slot);
        let retry = match ending {
            Ending::Named(_) => self.retry_of_named,
            Ending::Returned(_) | Ending::Died => Some(self.retry),
        };
        let lease_left = match ending {
            Ending::Died if self.takes_leases => {
                (self.target.timeout(&self.function) + LEASE_PAST_DEADLINE).saturating_sub(begun.elapsed())
            }
            _ => Duration::ZERO,
        };
        let (again, done): (Vec<_>, Vec<_>) = batch.into_iter().partition(|message| ending.failed(message));
        self.delete(&done).await;
        let Some(retry) = retry else { return };
        // When the stack stops, it does not wait until failed messages are due again.
        tokio::select! {
            () = stop.cancelled() => {}
            _ = join_all(again.iter().map(|message| self.give_back(message, retry, lease_left))) => {}
        }
    }

    /// Invokes the function. The ending says which messages failed.
    async fn invoke(&self, batch: &[Message]) -> Ending {
        let mut event = SqsEvent::default();
        event.records = batch.iter().map(|message| self.record(message)).collect();
        let receives = batch.iter().map(receives).max().unwrap_or(1);
        let answer = self.target.invoke(&self.function, receives, event).await;
        let ids: HashSet<String> = batch.iter().filter_map(|message| message.message_id.clone()).collect();
        let answer = match answer {
            Ok(answer) => answer,
            Err(Failure::Returned(_)) => return Ending::Returned(ids),
            Err(_) => return Ending::Died,
        };
        let failed: HashSet<String> = answer.batch_item_failures.into_iter().map(|item| item.item_identifier).collect();
        // As on Lambda, the whole batch fails if the answer names a message that is not in it.
        Ending::Named(if failed.is_subset(&ids) { failed } else { ids })
    }

    fn record(&self, message: &Message) -> SqsMessage {
        let mut record = SqsMessage::default();
        record.message_id = message.message_id.clone();
        record.receipt_handle = message.receipt_handle.clone();
        record.body = message.body.clone();
        record.md5_of_body = message.md5_of_body.clone();
        record.attributes = system_attributes::restored(message);
        record.event_source = Some("aws:sqs".to_owned());
        record.event_source_arn = Some(self.queue_arn.clone());
        record.aws_region = self.queue_arn.split(':').nth(3).map(ToOwned::to_owned);
        record
    }

    async fn delete(&self, messages: &[Message]) {
        for some in messages.chunks(MOST_MESSAGES) {
            let entries = some.iter().enumerate().filter_map(|(index, message)| {
                let entry = DeleteMessageBatchRequestEntry::builder().id(index.to_string());
                entry.set_receipt_handle(message.receipt_handle.clone()).build().ok()
            });
            let deleted = self.queues.delete_message_batch().queue_url(&self.queue_url);
            let deleted = deleted.set_entries(Some(entries.collect())).send().await;
            if let Err(error) = deleted {
                // They are delivered again. Every function tolerates that.
                let error = aws_smithy_types::error::display::DisplayErrorContext(&error);
                tracing::warn!(queue = self.queue_url, "messages could not be deleted: {error}");
            }
        }
    }

    /// Makes a failed message visible again before its visibility timeout ends, which would take minutes.
    async fn give_back(&self, message: &Message, retry: Duration, not_before: Duration) {
        let backoff = retry.saturating_mul(1 << receives(message).saturating_sub(1).min(10));
        tokio::time::sleep(backoff.max(not_before)).await;
        let Some(receipt) = &message.receipt_handle else { return };
        let visible = self.queues.change_message_visibility().queue_url(&self.queue_url).receipt_handle(receipt);
        if let Err(error) = visible.visibility_timeout(0).send().await {
            // The visibility timeout has ended already, or the handler has changed it.
            let error = aws_smithy_types::error::display::DisplayErrorContext(&error);
            tracing::debug!(queue = self.queue_url, "a message was not given back: {error}");
        }
    }
}

/// How an invocation for a batch ended.
enum Ending {
    /// Its answer names these messages as failed.
    Named(HashSet<String>),
    /// It returned an error, so all messages failed: these.
    Returned(HashSet<String>),
    /// It gave no answer, so all messages failed.
    Died,
}

impl Ending {
    fn failed(&self, message: &Message) -> bool {
        match self {
            Ending::Named(failed) | Ending::Returned(failed) => {
                message.message_id.as_ref().is_some_and(|id| failed.contains(id))
            }
            Ending::Died => true,
        }
    }
}

/// How many times a message was received.
fn receives(message: &Message) -> u32 {
    let count =
        message.attributes.as_ref().and_then(|all| all.get(&MessageSystemAttributeName::ApproximateReceiveCount));
    count.and_then(|count| count.parse().ok()).unwrap_or(1)
}

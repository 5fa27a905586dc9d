//! Queues in memory. They deliver messages at least once, in any order; after too many receives a message goes to the
//! dead letters.

use std::collections::BTreeMap;
use std::time::Duration;

use serde_json::{Value as Json, json};
use stack::resources::ResourceDefinitions;
use tokio::time::Instant;

#[derive(Debug, Clone)]
pub(super) struct Message {
    pub id: String,
    /// What it is about: `t0.batch3` is batch 3 of the first import.
    pub label: String,
    pub body: String,
    /// How often it was received so far.
    pub receives: u32,
    /// When it can be received next.
    pub visible: Instant,
}

impl Message {
    /// The receipt of the last receive.
    pub(super) fn receipt(&self) -> String {
        format!("{}#{}", self.id, self.receives)
    }
}

#[derive(Debug)]
struct Queue {
    visibility: Duration,
    dead_letters: Option<(String, u32)>,
    messages: Vec<Message>,
}

#[derive(Debug)]
pub(super) struct Queues {
    /// By name.
    queues: BTreeMap<String, Queue>,
    sent: u64,
}

impl Queues {
    /// The queues of a deployment, empty.
    pub(super) fn new(definitions: &ResourceDefinitions) -> Self {
        let queue = |queue: &stack::resources::Queue| {
            let dead_letters = queue.redrive.as_ref().map(|redrive| (redrive.queue.clone(), redrive.max_receives));
            (queue.name.clone(), Queue { visibility: queue.visibility, dead_letters, messages: Vec::new() })
        };
        Self { queues: definitions.queues.iter().map(queue).collect(), sent: 0 }
    }

    /// Adds a message. Returns its id.
    pub(super) fn send(&mut self, queue: &str, label: String, body: String, visible: Instant) -> String {
        self.sent += 1;
        let id = format!("m{}", self.sent);
        if let Some(queue) = self.queues.get_mut(queue) {
            queue.messages.push(Message { id: id.clone(), label, body, receives: 0, visible });
        }
        id
    }

    /// Receives up to `most` messages. Those that were received too often go to the dead letters instead.
    pub(super) fn receive(&mut self, name: &str, most: usize, now: Instant) -> Vec<Message> {
        let Some(queue) = self.queues.get_mut(name) else { return Vec::new() };
        let (mut received, mut dead) = (Vec::new(), Vec::new());
        queue.messages.sort_by_key(|message| message.visible);
        let limit = queue.dead_letters.as_ref().map_or(u32::MAX, |(_, receives)| *receives);
        queue.messages.retain_mut(|message| {
            if message.visible > now || received.len() == most {
                return true;
            }
            if message.receives >= limit {
                dead.push(message.clone());
                return false;
            }
            message.receives += 1;
            message.visible = now + queue.visibility;
            received.push(message.clone());
            true
        });
        if let Some((dead_letters, _)) = queue.dead_letters.clone()
            && let Some(dead_letters) = self.queues.get_mut(&dead_letters)
        {
            dead_letters.messages.extend(dead.into_iter().map(|message| Message {
                receives: 0,
                visible: now,
                ..message
            }));
        }
        received
    }

    /// Makes a message visible at this moment that was received with this receipt. A receipt of an earlier receive does
    /// nothing: the message belongs to whoever received it last.
    pub(super) fn change_visibility(&mut self, queue: &str, receipt: &str, visible: Instant) -> bool {
        let messages = self.queues.get_mut(queue).into_iter().flat_map(|queue| queue.messages.iter_mut());
        let mut received = messages.filter(|message| message.receipt() == receipt);
        received.next().map(|message| message.visible = visible).is_some()
    }

    pub(super) fn delete(&mut self, queue: &str, id: &str) {
        if let Some(queue) = self.queues.get_mut(queue) {
            queue.messages.retain(|message| message.id != id);
        }
    }

    /// When the next message of a queue can be received.
    pub(super) fn next_visible(&self, queue: &str) -> Option<Instant> {
        self.queues.get(queue)?.messages.iter().map(|message| message.visible).min()
    }

    /// Whether no queue that is read has a message.
    pub(super) fn are_empty(&self, is_read: impl Fn(&str) -> bool) -> bool {
        self.queues.iter().all(|(name, queue)| queue.messages.is_empty() || !is_read(name))
    }

    /// Answers how many messages a queue has.
    pub(super) fn count(&self, body: &str) -> (u16, String) {
        let request: Json = serde_json::from_str(body).unwrap_or_default();
        let queue = queue_name(&request);
        let count = self.queues.get(&queue).map_or(0, |queue| queue.messages.len());
        (200, json!({ "Attributes": { "ApproximateNumberOfMessages": count.to_string() } }).to_string())
    }

    /// Answers a call. `send` is called with the queue and the body of each message, `change_visibility` with the queue,
    /// the receipt and the time. With `partly`, only the first half of a batch is sent.
    pub(super) fn answer(
        operation: &str,
        body: &str,
        partly: bool,
        mut send: impl FnMut(&str, String) -> String,
        change_visibility: impl FnOnce(&str, &str, Duration) -> bool,
    ) -> (u16, String) {
        let Ok(request) = serde_json::from_str::<Json>(body) else { return (400, "{}".to_owned()) };
        let queue = queue_name(&request);
        let text = |value: &Json| value["MessageBody"].as_str().unwrap_or_default().to_owned();
        match operation {
            "SendMessage" => {
                let id = send(&queue, text(&request));
                (200, json!({ "MessageId": id, "MD5OfMessageBody": "-" }).to_string())
            }
            "SendMessageBatch" => {
                let entries = request["Entries"].as_array().cloned().unwrap_or_default();
                let most = if partly { entries.len() / 2 } else { entries.len() };
                let (sent, refused) = entries.split_at(most);
                let sent: Vec<Json> = sent
                    .iter()
                    .map(|entry| json!({ "Id": entry["Id"], "MessageId": send(&queue, text(entry)), "MD5OfMessageBody": "-" }))
                    .collect();
                let failed: Vec<Json> = refused
                    .iter()
                    .map(|entry| json!({ "Id": entry["Id"], "Code": "InternalError", "SenderFault": false }))
                    .collect();
                (200, json!({ "Successful": sent, "Failed": failed }).to_string())
            }
            "ChangeMessageVisibility" => {
                let receipt = request["ReceiptHandle"].as_str().unwrap_or_default();
                let timeout = Duration::from_secs(request["VisibilityTimeout"].as_u64().unwrap_or(0));
                match change_visibility(&queue, receipt, timeout) {
                    true => (200, "{}".to_owned()),
                    false => (400, json!({ "__type": "MessageNotInflight" }).to_string()),
                }
            }
            other => (400, json!({ "__type": "UnsupportedOperation", "message": other }).to_string()),
        }
    }
}

fn queue_name(request: &Json) -> String {
    request["QueueUrl"].as_str().and_then(|url| url.rsplit('/').next()).unwrap_or_default().to_owned()
}

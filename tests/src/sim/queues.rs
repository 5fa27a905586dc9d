//! Queues in memory: messages that come at least once, in any order, and after too many receives go elsewhere.

use std::collections::BTreeMap;
use std::time::Duration;

use local::stack::resources::Definition;
use serde_json::{Value as Json, json};
use tokio::time::Instant;

/// A message.
#[derive(Debug, Clone)]
pub(super) struct Message {
    /// Its id.
    pub id: String,
    /// What it is about, in words: `t0.batch3`.
    pub label: String,
    /// Its body.
    pub body: String,
    /// How often it was received.
    pub receives: u32,
    /// From when on it can be received.
    pub visible: Instant,
}

#[derive(Debug)]
struct Queue {
    visibility: Duration,
    dead_letters: Option<(String, u32)>,
    messages: Vec<Message>,
}

/// The queues, by name.
#[derive(Debug)]
pub(super) struct Queues {
    queues: BTreeMap<String, Queue>,
    sent: u64,
}

impl Queues {
    /// Empty queues of a definition.
    pub(super) fn new(definition: &Definition) -> Self {
        let queue = |queue: &local::stack::resources::Queue| {
            let dead_letters = queue.redrive.as_ref().map(|redrive| (redrive.queue.clone(), redrive.max_receives));
            (queue.name.clone(), Queue { visibility: queue.visibility, dead_letters, messages: Vec::new() })
        };
        Self { queues: definition.queues.iter().map(queue).collect(), sent: 0 }
    }

    /// Adds a message; its id.
    pub(super) fn send(&mut self, queue: &str, label: String, body: String, visible: Instant) -> String {
        self.sent += 1;
        let id = format!("m{}", self.sent);
        if let Some(queue) = self.queues.get_mut(queue) {
            queue.messages.push(Message { id: id.clone(), label, body, receives: 0, visible });
        }
        id
    }

    /// Receives up to `most` messages; what was received too often goes to the dead letters instead.
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
        if let Some((elsewhere, _)) = queue.dead_letters.clone()
            && let Some(elsewhere) = self.queues.get_mut(&elsewhere)
        {
            elsewhere.messages.extend(dead.into_iter().map(|message| Message { receives: 0, visible: now, ..message }));
        }
        received
    }

    /// Deletes a message.
    pub(super) fn delete(&mut self, queue: &str, id: &str) {
        if let Some(queue) = self.queues.get_mut(queue) {
            queue.messages.retain(|message| message.id != id);
        }
    }

    /// When the next message of a queue can be received.
    pub(super) fn next(&self, queue: &str) -> Option<Instant> {
        self.queues.get(queue)?.messages.iter().map(|message| message.visible).min()
    }

    /// Whether there is no message anywhere but in dead-letter queues that nobody reads.
    pub(super) fn are_empty(&self, read: impl Fn(&str) -> bool) -> bool {
        self.queues.iter().all(|(name, queue)| queue.messages.is_empty() || !read(name))
    }

    /// Answers a call: `send` is told of each message. With `partly`, only the first half of a batch is sent.
    pub(super) fn answer(
        operation: &str,
        body: &str,
        partly: bool,
        mut send: impl FnMut(&str, String) -> String,
    ) -> (u16, String) {
        let Ok(request) = serde_json::from_str::<Json>(body) else { return (400, "{}".to_owned()) };
        let queue = request["QueueUrl"].as_str().and_then(|url| url.rsplit('/').next()).unwrap_or_default().to_owned();
        let text = |value: &Json| value["MessageBody"].as_str().unwrap_or_default().to_owned();
        match operation {
            "SendMessage" => {
                let id = send(&queue, text(&request));
                (200, json!({ "MessageId": id, "MD5OfMessageBody": "-" }).to_string())
            }
            "SendMessageBatch" => {
                let entries = request["Entries"].as_array().cloned().unwrap_or_default();
                let most = if partly { entries.len() / 2 } else { entries.len() };
                let (now, later) = entries.split_at(most);
                let sent: Vec<Json> = now
                    .iter()
                    .map(|entry| json!({ "Id": entry["Id"], "MessageId": send(&queue, text(entry)), "MD5OfMessageBody": "-" }))
                    .collect();
                let failed: Vec<Json> = later
                    .iter()
                    .map(|entry| json!({ "Id": entry["Id"], "Code": "InternalError", "SenderFault": false }))
                    .collect();
                (200, json!({ "Successful": sent, "Failed": failed }).to_string())
            }
            other => (400, json!({ "__type": "UnsupportedOperation", "message": other }).to_string()),
        }
    }
}

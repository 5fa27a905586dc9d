//! Object-created events, as S3 sends them to a queue.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};
use rustack_sqs_core::provider::RustackSqs;
use rustack_sqs_model::input::SendMessageInput;
use serde_json::json;

use super::queues;
use crate::account::REGION;
use crate::resources::Notification;

/// S3 encodes a key in an event as an HTML form would, except that slashes stay: a space becomes a plus.
const KEY: &AsciiSet = &NON_ALPHANUMERIC.remove(b'-').remove(b'_').remove(b'.').remove(b'*').remove(b'/').remove(b' ');

/// Sends an event for each new object to the queues that want it.
#[derive(Debug)]
pub(super) struct Notifier {
    queues: Arc<RustackSqs>,
    subscriptions: Vec<Subscription>,
    sequence: AtomicU64,
}

/// A queue that wants the events of all keys under a prefix.
#[derive(Debug)]
struct Subscription {
    prefix: String,
    queue_url: String,
}

/// A new object.
#[derive(Debug)]
pub(super) struct Created<'a> {
    pub(super) bucket: &'a str,
    pub(super) key: &'a str,
    pub(super) size: u64,
    pub(super) e_tag: &'a str,
    pub(super) event: &'static str,
}

impl Notifier {
    /// Sends events as `notifications` demand. The queues have their URLs under `endpoint_url`.
    pub(super) fn new(queues: Arc<RustackSqs>, notifications: &[Notification], endpoint_url: &str) -> Notifier {
        let subscription = |notification: &Notification| Subscription {
            prefix: notification.prefix.clone(),
            queue_url: queues::url(endpoint_url, &notification.queue),
        };
        // The sequencers of one key must grow across restarts too, so they start at the clock.
        let now = jiff::Timestamp::now().as_microsecond().unsigned_abs();
        Notifier {
            queues,
            subscriptions: notifications.iter().map(subscription).collect(),
            sequence: AtomicU64::new(now),
        }
    }

    /// Sends the event of one object to every queue that wants it.
    pub(super) async fn object_created(&self, object: Created<'_>) {
        for subscription in self.subscriptions.iter().filter(|wanted| object.key.starts_with(&wanted.prefix)) {
            let sequencer = self.sequence.fetch_add(1, Ordering::Relaxed);
            let input = SendMessageInput {
                queue_url: subscription.queue_url.clone(),
                message_body: object.event(sequencer),
                ..SendMessageInput::default()
            };
            if let Err(error) = self.queues.send_message(input).await {
                // The sweep finds uploads whose event was lost.
                tracing::error!(key = object.key, "an object-created event was not sent: {error}");
            }
        }
    }
}

impl Created<'_> {
    fn event(&self, sequencer: u64) -> String {
        let request = ulid::Ulid::generate().to_string();
        json!({ "Records": [{
            "eventVersion": "2.1",
            "eventSource": "aws:s3",
            "awsRegion": REGION,
            "eventTime": format!("{:.3}", jiff::Timestamp::now()),
            "eventName": self.event,
            "userIdentity": { "principalId": "local" },
            "requestParameters": { "sourceIPAddress": "127.0.0.1" },
            "responseElements": { "x-amz-request-id": request, "x-amz-id-2": request },
            "s3": {
                "s3SchemaVersion": "1.0",
                "configurationId": "object-created",
                "bucket": {
                    "name": self.bucket,
                    "ownerIdentity": { "principalId": "local" },
                    "arn": format!("arn:aws:s3:::{}", self.bucket),
                },
                "object": {
                    "key": encode_key(self.key),
                    "size": self.size,
                    "eTag": self.e_tag,
                    "sequencer": format!("{sequencer:016X}"),
                },
            },
        }] })
        .to_string()
    }
}

fn encode_key(key: &str) -> String {
    utf8_percent_encode(key, KEY).to_string().replace(' ', "+")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keys_in_events_are_encoded_as_in_a_form() {
        assert_eq!(encode_key("uploads/01K/May survey+1.csv"), "uploads/01K/May+survey%2B1.csv");
        assert_eq!(encode_key("uploads/01K/größe=5&x.csv"), "uploads/01K/gr%C3%B6%C3%9Fe%3D5%26x.csv");
    }
}

//! Object-created events, as S3 sends them to a queue.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};
use rustack_sqs_core::provider::RustackSqs;
use rustack_sqs_model::input::SendMessageInput;
use serde_json::json;

use super::REGION;
use super::resources::Notification;

/// S3 encodes a key in an event as an HTML form would: a space is a plus, and the slash stays.
const KEY: &AsciiSet = &NON_ALPHANUMERIC.remove(b'-').remove(b'_').remove(b'.').remove(b'*').remove(b'/').remove(b' ');

/// Sends events for new objects to the queues that want them.
#[derive(Debug)]
pub(crate) struct Notifier {
    queues: Arc<RustackSqs>,
    /// Who wants events, with the queue's URL in place of its name.
    notifications: Vec<Notification>,
    sequence: AtomicU64,
}

/// An object that came to be.
#[derive(Debug)]
pub(crate) struct Created<'a> {
    pub(crate) bucket: &'a str,
    pub(crate) key: &'a str,
    pub(crate) size: u64,
    pub(crate) e_tag: &'a str,
    pub(crate) event: &'static str,
}

impl Notifier {
    /// Tells `queues` of objects, as `notifications` say, in which queues are named by their URLs.
    pub(crate) fn new(queues: Arc<RustackSqs>, notifications: Vec<Notification>) -> Notifier {
        // Sequencers of one key must grow over restarts as well, so they begin at the clock.
        let now = jiff::Timestamp::now().as_microsecond().unsigned_abs();
        Notifier { queues, notifications, sequence: AtomicU64::new(now) }
    }

    /// Sends the event of one object.
    pub(crate) async fn object_created(&self, object: Created<'_>) {
        let wanted = self.notifications.iter().filter(|notification| object.key.starts_with(&notification.prefix));
        for notification in wanted {
            let sequencer = self.sequence.fetch_add(1, Ordering::Relaxed);
            let input = SendMessageInput {
                queue_url: notification.queue.clone(),
                message_body: object.event(sequencer),
                ..SendMessageInput::default()
            };
            if let Err(error) = self.queues.send_message(input).await {
                // The sweep finds objects whose event was lost.
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

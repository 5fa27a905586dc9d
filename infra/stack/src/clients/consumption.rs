//! What calls consume: the messages that a request sends, and the units that a table's answer reports.

use std::borrow::Cow;

use aws_smithy_runtime_api::client::orchestrator::HttpRequest;
use serde::Deserialize;

use super::meter::Meter;
use super::usage::QueueUsage;
use crate::operation::{Operation, Units};

impl Operation {
    /// Counts the messages that a request sends.
    pub(crate) fn meter_messages(&self, request: &HttpRequest, meter: &Meter) {
        if !matches!(self.name.as_str(), "sqs.SendMessage" | "sqs.SendMessageBatch") {
            return;
        }
        let Some(body) = request.body().bytes() else { return };
        let Ok(send) = serde_json::from_slice::<SendRequest<'_>>(body) else { return };
        let bodies = send.body.iter().chain(send.entries.iter().map(|entry| &entry.body));
        let lengths: Vec<u64> = bodies.map(|body| body.len() as u64).collect();
        let queue = send.queue_url.rsplit('/').next().unwrap_or_default();
        meter.sent(queue, QueueUsage::one_call(lengths.len() as u64, lengths.iter().sum()));
    }

    /// Counts the units that the answer of a table reports.
    pub(crate) fn meter_units(&self, answer: &[u8], meter: &Meter) {
        let Ok(Answer { consumed: Some(consumed) }) = serde_json::from_slice(answer) else {
            return;
        };
        let tables = match consumed {
            Consumed::One(table) => vec![table],
            Consumed::Many(tables) => tables,
        };
        for table in tables {
            match (table.read, table.write) {
                (None, None) => meter.units(self.units, &table.name, table.total),
                (read, write) => {
                    meter.units(Units::Read, &table.name, read.unwrap_or_default());
                    meter.units(Units::Write, &table.name, write.unwrap_or_default());
                }
            }
        }
    }
}

/// A request to send one message or several.
#[derive(Deserialize)]
struct SendRequest<'a> {
    #[serde(rename = "QueueUrl", borrow)]
    queue_url: Cow<'a, str>,
    #[serde(rename = "MessageBody", borrow, default)]
    body: Option<Cow<'a, str>>,
    #[serde(rename = "Entries", borrow, default)]
    entries: Vec<SendEntry<'a>>,
}

#[derive(Deserialize)]
struct SendEntry<'a> {
    #[serde(rename = "MessageBody", borrow)]
    body: Cow<'a, str>,
}

#[derive(Deserialize)]
struct Answer {
    #[serde(rename = "ConsumedCapacity")]
    consumed: Option<Consumed>,
}

#[derive(Deserialize)]
#[serde(untagged)]
enum Consumed {
    One(TableUnits),
    Many(Vec<TableUnits>),
}

#[derive(Deserialize)]
struct TableUnits {
    #[serde(rename = "TableName")]
    name: String,
    #[serde(rename = "CapacityUnits")]
    total: f64,
    #[serde(rename = "ReadCapacityUnits")]
    read: Option<f64>,
    #[serde(rename = "WriteCapacityUnits")]
    write: Option<f64>,
}

#[cfg(test)]
mod tests {
    use aws_smithy_types::body::SdkBody;
    use serde_json::json;

    use super::*;

    fn request(target: &str, body: &str) -> HttpRequest {
        let mut request = HttpRequest::new(SdkBody::from(body));
        request.headers_mut().insert("x-amz-target", target.to_owned());
        request
    }

    #[test]
    fn messages_are_counted_by_queue_together_with_the_requests_that_are_billed() {
        let (meter, url) = (Meter::default(), "http://127.0.0.1:1/0/rows");
        let send = |target: &str, body: serde_json::Value| {
            let request = request(target, &body.to_string());
            Operation::from_request(&request).meter_messages(&request, &meter);
        };
        send("AmazonSQS.SendMessage", json!({ "QueueUrl": url, "MessageBody": "a\nb" }));
        let entry = |bytes: usize| json!({ "Id": "0", "MessageBody": "x".repeat(bytes) });
        let entries = [entry(60_000), entry(10_000)];
        send("AmazonSQS.SendMessageBatch", json!({ "QueueUrl": url, "Entries": entries }));
        send("AmazonSQS.DeleteMessageBatch", json!({ "QueueUrl": url, "Entries": [] }));
        let sent = meter.snapshot().messages["rows"];
        assert_eq!((sent.count, sent.bytes, sent.billed), (3, 70_003, 3));
    }

    #[test]
    fn units_are_added_up_for_one_table_and_for_a_list_of_tables() {
        let meter = Meter::default();
        let write = Operation::from_request(&request("DynamoDB_20120810.BatchWriteItem", "{}"));
        write.meter_units(
            br#"{"ConsumedCapacity":[{"TableName":"a","CapacityUnits":2.0},{"TableName":"b","CapacityUnits":3.0}]}"#,
            &meter,
        );
        let read = Operation::from_request(&request("DynamoDB_20120810.GetItem", "{}"));
        read.meter_units(br#"{"Item":{},"ConsumedCapacity":{"TableName":"a","CapacityUnits":0.5}}"#, &meter);
        let usage = meter.snapshot();
        assert_eq!((usage.write_units["a"], usage.write_units["b"], usage.read_units["a"]), (2.0, 3.0, 0.5));
    }
}

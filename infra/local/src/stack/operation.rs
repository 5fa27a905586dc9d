//! What an HTTP request to one of the services asks for, what it consumed, and how that service says no.

use std::borrow::Cow;

use aws_smithy_runtime_api::client::orchestrator::{HttpRequest, HttpResponse};
use aws_smithy_runtime_api::http::StatusCode;
use aws_smithy_types::body::SdkBody;
use serde::Deserialize;
use serde_json::json;

use super::usage::{Meter, Sent, Units};

/// One of the services.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Service {
    /// `DynamoDB`.
    Tables,
    /// SQS.
    Queues,
    /// S3.
    Objects,
    /// Systems Manager's parameters.
    Parameters,
    /// `EventBridge`.
    Events,
}

/// An operation of a service.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Operation {
    /// The service.
    pub service: Service,
    /// Such as `dynamodb.PutItem`.
    pub name: String,
    /// Whether the units that it consumes are read units.
    units: Units,
}

impl Service {
    /// The service and the operation of an `X-Amz-Target` header; without one it is the object store.
    pub(crate) fn of_target(target: Option<&str>) -> (Service, Option<&str>) {
        match target.and_then(|target| target.split_once('.')) {
            Some(("AmazonSQS", operation)) => (Service::Queues, Some(operation)),
            Some(("AmazonSSM", operation)) => (Service::Parameters, Some(operation)),
            Some(("AWSEvents", operation)) => (Service::Events, Some(operation)),
            Some((service, operation)) if service.starts_with("DynamoDB") => (Service::Tables, Some(operation)),
            _ => (Service::Objects, None),
        }
    }

    /// The service's answer to too many requests.
    pub fn throttled(self) -> HttpResponse {
        match self {
            Service::Tables => {
                answer(400, json!({ "__type": "com.amazonaws.dynamodb.v20120810#ThrottlingException" }).to_string())
            }
            Service::Queues => answer(400, json!({ "__type": "com.amazonaws.sqs#RequestThrottled" }).to_string()),
            Service::Objects => answer(503, "<Error><Code>SlowDown</Code></Error>".to_owned()),
            Service::Parameters | Service::Events => {
                answer(400, json!({ "__type": "ThrottlingException" }).to_string())
            }
        }
    }

    /// The service's answer when something in it broke.
    pub fn broken(self) -> HttpResponse {
        match self {
            Service::Tables => {
                answer(500, json!({ "__type": "com.amazonaws.dynamodb.v20120810#InternalServerError" }).to_string())
            }
            Service::Queues => answer(500, json!({ "__type": "com.amazonaws.sqs#InternalError" }).to_string()),
            Service::Objects => answer(500, "<Error><Code>InternalError</Code></Error>".to_owned()),
            Service::Parameters | Service::Events => answer(500, json!({ "__type": "InternalException" }).to_string()),
        }
    }
}

fn answer(status: u16, body: String) -> HttpResponse {
    let status = StatusCode::try_from(status).expect("a status between 100 and 999");
    HttpResponse::new(status, SdkBody::from(body))
}

impl Operation {
    /// The operation that a request of an SDK client asks for.
    pub fn of(request: &HttpRequest) -> Operation {
        let (service, operation) = Service::of_target(request.headers().get("x-amz-target"));
        let (prefix, operation) = match service {
            Service::Tables => ("dynamodb", operation.unwrap_or_default()),
            Service::Queues => ("sqs", operation.unwrap_or_default()),
            Service::Parameters => ("ssm", operation.unwrap_or_default()),
            Service::Events => ("events", operation.unwrap_or_default()),
            Service::Objects => ("s3", object_operation(request.method(), request.uri())),
        };
        let read = match operation {
            "GetItem" | "BatchGetItem" | "TransactGetItems" | "Query" | "Scan" => true,
            // Statements are all reads or all writes.
            "ExecuteStatement" | "BatchExecuteStatement" | "ExecuteTransaction" => selects(request.body()),
            _ => false,
        };
        Operation {
            service,
            name: format!("{prefix}.{operation}"),
            units: if read { Units::Read } else { Units::Write },
        }
    }

    /// Counts the messages that a request sends.
    pub(crate) fn meter_messages(&self, request: &HttpRequest, meter: &Meter) {
        if !matches!(self.name.as_str(), "sqs.SendMessage" | "sqs.SendMessageBatch") {
            return;
        }
        let Some(body) = request.body().bytes() else { return };
        let Ok(send) = serde_json::from_slice::<Send<'_>>(body) else { return };
        let bodies = send.body.iter().chain(send.entries.iter().map(|entry| &entry.body));
        let lengths: Vec<u64> = bodies.map(|body| body.len() as u64).collect();
        let queue = send.queue_url.rsplit('/').next().unwrap_or_default();
        meter.sent(queue, Sent::call(lengths.len() as u64, lengths.iter().sum()));
    }

    /// Counts the units that a table's answer reports.
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
struct Send<'a> {
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

/// Whether the first statement of a request is a SELECT.
fn selects(body: &SdkBody) -> bool {
    let Some(text) = body.bytes().and_then(|bytes| std::str::from_utf8(bytes).ok()) else {
        return false;
    };
    let statement = text.split_once("\"Statement\":").map_or("", |(_, after)| after.trim_start_matches([' ', '"']));
    statement.get(..6).is_some_and(|verb| verb.eq_ignore_ascii_case("select"))
}

/// The operation of a request to the object store, which is spread over method, path and query.
fn object_operation<'a>(method: &str, uri: &'a str) -> &'a str {
    let (path, query) = uri.split_once('?').unwrap_or((uri, ""));
    let parameter = |name: &str| {
        query.split('&').find_map(|pair| {
            let (key, value) = pair.split_once('=').unwrap_or((pair, ""));
            (key == name).then_some(value)
        })
    };
    if let Some(id) = parameter("x-id") {
        return id;
    }
    let path = path.split_once("://").map_or(path, |(_, rest)| rest.split_once('/').map_or("", |(_, path)| path));
    let has_key = path.trim_start_matches('/').split_once('/').is_some_and(|(_, key)| !key.is_empty());
    match (method, has_key) {
        ("GET", false) if parameter("list-type").is_some() => "ListObjectsV2",
        ("GET", true) => "GetObject",
        ("HEAD", true) => "HeadObject",
        ("HEAD", false) => "HeadBucket",
        ("PUT", true) if parameter("partNumber").is_some() => "UploadPart",
        ("PUT", true) => "PutObject",
        ("PUT", false) if query.is_empty() => "CreateBucket",
        ("POST", true) if parameter("uploads").is_some() => "CreateMultipartUpload",
        ("POST", true) => "CompleteMultipartUpload",
        ("POST", false) if parameter("delete").is_some() => "DeleteObjects",
        ("DELETE", true) if parameter("uploadId").is_some() => "AbortMultipartUpload",
        ("DELETE", true) => "DeleteObject",
        _ => "Other",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn operation(method: &str, target: Option<&str>, body: &str) -> Operation {
        let mut request = HttpRequest::new(SdkBody::from(body));
        request.set_method(method).unwrap();
        request.set_uri("http://127.0.0.1:1/").unwrap();
        if let Some(target) = target {
            request.headers_mut().insert("x-amz-target", target.to_owned());
        }
        Operation::of(&request)
    }

    #[test]
    fn a_target_names_service_and_operation() {
        let put = operation("POST", Some("DynamoDB_20120810.PutItem"), "{}");
        assert_eq!((put.service, put.name.as_str(), put.units), (Service::Tables, "dynamodb.PutItem", Units::Write));
        let get = operation("POST", Some("DynamoDB_20120810.BatchGetItem"), "{}");
        assert_eq!(get.units, Units::Read);
        assert_eq!(operation("POST", Some("AmazonSQS.SendMessage"), "{}").name, "sqs.SendMessage");
    }

    #[test]
    fn statements_that_select_consume_read_units() {
        let batch = |statement: &str| {
            let body = json!({ "Statements": [{ "Statement": statement }] }).to_string();
            operation("POST", Some("DynamoDB_20120810.BatchExecuteStatement"), &body).units
        };
        assert_eq!(batch("SELECT * FROM \"t\""), Units::Read);
        assert_eq!(batch("INSERT INTO \"t\" VALUE {'pk': ?}"), Units::Write);
    }

    #[test]
    fn messages_are_counted_by_queue_with_what_is_billed_for_them() {
        let (meter, url) = (Meter::default(), "http://127.0.0.1:1/0/rows");
        let send = |target: &str, body: serde_json::Value| {
            let mut request = HttpRequest::new(SdkBody::from(body.to_string()));
            request.headers_mut().insert("x-amz-target", target.to_owned());
            Operation::of(&request).meter_messages(&request, &meter);
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
    fn requests_to_the_object_store_are_told_apart() {
        for (method, uri, name) in [
            ("PUT", "http://127.0.0.1:1/b/k?x-id=PutObject", "PutObject"),
            ("GET", "http://127.0.0.1:1/b/a/k", "GetObject"),
            ("HEAD", "http://127.0.0.1:1/b/k", "HeadObject"),
            ("GET", "http://127.0.0.1:1/b/?list-type=2&prefix=x", "ListObjectsV2"),
            ("POST", "http://127.0.0.1:1/b/k?uploads", "CreateMultipartUpload"),
            ("POST", "http://127.0.0.1:1/b/k?uploadId=1", "CompleteMultipartUpload"),
        ] {
            assert_eq!(object_operation(method, uri), name, "{method} {uri}");
        }
    }

    #[test]
    fn units_are_summed_over_one_table_or_a_list_of_them() {
        let meter = Meter::default();
        let write = operation("POST", Some("DynamoDB_20120810.BatchWriteItem"), "{}");
        write.meter_units(
            br#"{"ConsumedCapacity":[{"TableName":"a","CapacityUnits":2.0},{"TableName":"b","CapacityUnits":3.0}]}"#,
            &meter,
        );
        let read = operation("POST", Some("DynamoDB_20120810.GetItem"), "{}");
        read.meter_units(br#"{"Item":{},"ConsumedCapacity":{"TableName":"a","CapacityUnits":0.5}}"#, &meter);
        let usage = meter.snapshot();
        assert_eq!((usage.write_units["a"], usage.write_units["b"], usage.read_units["a"]), (2.0, 3.0, 0.5));
    }
}

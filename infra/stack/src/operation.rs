//! What an HTTP request to one of the services asks for.

use aws_smithy_runtime_api::client::orchestrator::HttpRequest;
use aws_smithy_types::body::SdkBody;

/// One of the services.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Service {
    /// `DynamoDB`.
    Tables,
    /// SQS.
    Queues,
    /// S3.
    Objects,
    /// The parameters of Systems Manager.
    Parameters,
    /// `EventBridge`.
    Events,
}

/// An operation of a service.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Operation {
    /// The service.
    pub service: Service,
    /// The service and the operation, such as `dynamodb.PutItem`.
    pub name: String,
    /// The units that it consumes, if it is one of the tables.
    pub(crate) units: Units,
}

/// The units that are paid for on a table.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Units {
    Read,
    Write,
}

impl Service {
    /// The name of the service in the scope of a signature.
    pub(crate) const fn signing_name(self) -> &'static str {
        match self {
            Service::Tables => "dynamodb",
            Service::Queues => "sqs",
            Service::Objects => "s3",
            Service::Parameters => "ssm",
            Service::Events => "events",
        }
    }

    /// Reads the header `X-Amz-Target`: the service, and its operation. A request without the header goes to the object
    /// store.
    pub(crate) fn from_target(target: Option<&str>) -> (Service, Option<&str>) {
        match target.and_then(|target| target.split_once('.')) {
            Some(("AmazonSQS", operation)) => (Service::Queues, Some(operation)),
            Some(("AmazonSSM", operation)) => (Service::Parameters, Some(operation)),
            Some(("AWSEvents", operation)) => (Service::Events, Some(operation)),
            Some((service, operation)) if service.starts_with("DynamoDB") => (Service::Tables, Some(operation)),
            _ => (Service::Objects, None),
        }
    }
}

impl Operation {
    /// The operation that a request of an SDK client asks for.
    pub fn from_request(request: &HttpRequest) -> Operation {
        let (service, operation) = Service::from_target(request.headers().get("x-amz-target"));
        let (prefix, operation) = match service {
            Service::Tables => ("dynamodb", operation.unwrap_or_default()),
            Service::Queues => ("sqs", operation.unwrap_or_default()),
            Service::Parameters => ("ssm", operation.unwrap_or_default()),
            Service::Events => ("events", operation.unwrap_or_default()),
            Service::Objects => ("s3", object_operation(request.method(), request.uri())),
        };
        let read = match operation {
            "GetItem" | "BatchGetItem" | "TransactGetItems" | "Query" | "Scan" => true,
            // All statements of one request are reads, or all are writes.
            "ExecuteStatement" | "BatchExecuteStatement" | "ExecuteTransaction" => selects(request.body()),
            _ => false,
        };
        Operation {
            service,
            name: format!("{prefix}.{operation}"),
            units: if read { Units::Read } else { Units::Write },
        }
    }
}

/// Whether the first statement of a request is a SELECT.
fn selects(body: &SdkBody) -> bool {
    let Some(text) = body.bytes().and_then(|bytes| std::str::from_utf8(bytes).ok()) else {
        return false;
    };
    let statement = text.split_once("\"Statement\":").map_or("", |(_, after)| after.trim_start_matches([' ', '"']));
    statement.get(..6).is_some_and(|verb| verb.eq_ignore_ascii_case("select"))
}

/// The operation of a request to the object store: method, path and query say together which one it is.
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
        ("GET", true) if parameter("uploadId").is_some() => "ListParts",
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
    use serde_json::json;

    use super::*;

    fn operation(target: &str, body: &str) -> Operation {
        let mut request = HttpRequest::new(SdkBody::from(body));
        request.headers_mut().insert("x-amz-target", target.to_owned());
        Operation::from_request(&request)
    }

    #[test]
    fn a_target_names_the_service_and_the_operation() {
        let put = operation("DynamoDB_20120810.PutItem", "{}");
        assert_eq!((put.service, put.name.as_str(), put.units), (Service::Tables, "dynamodb.PutItem", Units::Write));
        let get = operation("DynamoDB_20120810.BatchGetItem", "{}");
        assert_eq!(get.units, Units::Read);
        assert_eq!(operation("AmazonSQS.SendMessage", "{}").name, "sqs.SendMessage");
    }

    #[test]
    fn statements_that_select_consume_read_units() {
        let batch = |statement: &str| {
            let body = json!({ "Statements": [{ "Statement": statement }] }).to_string();
            operation("DynamoDB_20120810.BatchExecuteStatement", &body).units
        };
        assert_eq!(batch("SELECT * FROM \"t\""), Units::Read);
        assert_eq!(batch("INSERT INTO \"t\" VALUE {'pk': ?}"), Units::Write);
    }

    #[test]
    fn requests_to_the_object_store_are_known_by_method_path_and_query() {
        for (method, uri, name) in [
            ("PUT", "http://127.0.0.1:1/b/k?x-id=PutObject", "PutObject"),
            ("GET", "http://127.0.0.1:1/b/a/k", "GetObject"),
            ("HEAD", "http://127.0.0.1:1/b/k", "HeadObject"),
            ("GET", "http://127.0.0.1:1/b/?list-type=2&prefix=x", "ListObjectsV2"),
            ("POST", "http://127.0.0.1:1/b/k?uploads", "CreateMultipartUpload"),
            ("POST", "http://127.0.0.1:1/b/k?uploadId=1", "CompleteMultipartUpload"),
            ("GET", "http://127.0.0.1:1/b/k?max-parts=3&uploadId=1", "ListParts"),
        ] {
            assert_eq!(object_operation(method, uri), name, "{method} {uri}");
        }
    }
}

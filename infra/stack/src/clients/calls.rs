//! The calls of each function in the terms of IAM, so that tests can compare them with the function's policy.

use std::collections::BTreeSet;
use std::sync::{Mutex, PoisonError};

use aws_smithy_runtime_api::client::orchestrator::HttpRequest;
use serde_json::Value as Json;

use crate::operation::{Operation, Service};

/// The permission that a call needs, or that a policy grants.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Permission {
    /// The name of the function's crate.
    pub function: String,
    /// The action, such as `dynamodb:PutItem`.
    pub action: String,
    /// A table, an index as `TABLE/index/NAME`, a queue, the first folder of a key as `uploads/*`, `bucket`,
    /// `parameter/NAME` or `event-bus/NAME`.
    pub resource: String,
}

/// Collects the permissions that the calls of a stack's functions need.
#[derive(Debug, Default)]
pub struct CallLog(Mutex<BTreeSet<Permission>>);

impl CallLog {
    /// The permissions that the calls so far needed.
    pub fn needed(&self) -> BTreeSet<Permission> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// Adds the permissions that a call needs.
    pub(crate) fn add(&self, function: &str, request: &HttpRequest, operation: &Operation) {
        let needed = needed(request, operation).into_iter().map(|(action, resource)| Permission {
            function: function.to_owned(),
            action,
            resource,
        });
        self.0.lock().unwrap_or_else(PoisonError::into_inner).extend(needed);
    }
}

fn needed(request: &HttpRequest, operation: &Operation) -> Vec<(String, String)> {
    let name = operation.name.split_once('.').map_or("", |(_, name)| name);
    match operation.service {
        Service::Objects => vec![object_action(name, request.uri())],
        Service::Tables => table_actions(name, &body(request)),
        Service::Parameters => {
            let named = body(request)["Name"].as_str().unwrap_or_default().to_owned();
            vec![(format!("ssm:{name}"), format!("parameter{named}"))]
        }
        Service::Events => {
            let bus = body(request).pointer("/Entries/0/EventBusName").and_then(Json::as_str).map(ToOwned::to_owned);
            vec![(format!("events:{name}"), format!("event-bus/{}", bus.unwrap_or_default()))]
        }
        Service::Queues => {
            let queue =
                body(request)["QueueUrl"].as_str().and_then(|url| url.rsplit('/').next()).map(ToOwned::to_owned);
            // IAM has no action of its own for sending several messages.
            let action = if name == "SendMessageBatch" { "SendMessage" } else { name };
            vec![(format!("sqs:{action}"), queue.unwrap_or_default())]
        }
    }
}

fn body(request: &HttpRequest) -> Json {
    request.body().bytes().and_then(|bytes| serde_json::from_slice(bytes).ok()).unwrap_or_default()
}

fn object_action(name: &str, uri: &str) -> (String, String) {
    let path = uri.split_once('?').map_or(uri, |(path, _)| path);
    let path = path.split_once("://").map_or(path, |(_, rest)| rest);
    let folder = path.split('/').nth(2).filter(|folder| !folder.is_empty());
    // https://docs.aws.amazon.com/AmazonS3/latest/userguide/using-with-s3-policy-actions.html
    let action = match name {
        "GetObject" | "HeadObject" => "s3:GetObject",
        "ListObjectsV2" => "s3:ListBucket",
        "ListParts" => "s3:ListMultipartUploadParts",
        "PutObject" | "CreateMultipartUpload" | "UploadPart" | "CompleteMultipartUpload" => "s3:PutObject",
        other => &format!("s3:{other}"),
    };
    (action.to_owned(), folder.map_or_else(|| "bucket".to_owned(), |folder| format!("{folder}/*")))
}

fn table_actions(name: &str, body: &Json) -> Vec<(String, String)> {
    let table = |value: &Json| value["TableName"].as_str().unwrap_or_default().to_owned();
    let action = |name: &str| format!("dynamodb:{name}");
    match name {
        "BatchGetItem" | "BatchWriteItem" => {
            let tables = body["RequestItems"].as_object().into_iter().flatten();
            tables.map(|(table, _)| (action(name), table.clone())).collect()
        }
        "TransactWriteItems" => {
            let items = body["TransactItems"].as_array().into_iter().flatten();
            let writes = items.filter_map(Json::as_object).flatten();
            writes.map(|(kind, write)| (action(&format!("{kind}Item")), table(write))).collect()
        }
        "BatchExecuteStatement" => {
            let statements = body["Statements"].as_array().into_iter().flatten();
            statements.filter_map(|statement| statement["Statement"].as_str()).filter_map(statement_action).collect()
        }
        _ => {
            let index = body["IndexName"].as_str().map(|index| format!("/index/{index}")).unwrap_or_default();
            vec![(action(name), format!("{}{index}", table(body)))]
        }
    }
}

/// The action of a `PartiQL` statement, which is named after its verb, and its table, which is in double quotes.
fn statement_action(statement: &str) -> Option<(String, String)> {
    let verb = statement.split_whitespace().next()?.to_ascii_lowercase();
    let (first, rest) = verb.split_at_checked(1)?;
    let table = statement.split('"').nth(1)?;
    Some((format!("dynamodb:PartiQL{}{rest}", first.to_ascii_uppercase()), table.to_owned()))
}

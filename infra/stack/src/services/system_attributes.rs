//! Two system attributes of messages that SQS supports and `rustack-sqs` drops: the group of a message on a standard
//! queue, and its trace header.
//!
//! When a message is sent they are moved among its ordinary attributes, which `rustack-sqs` keeps. When the message is
//! delivered they are presented as system attributes again.

use std::collections::HashMap;

use aws_sdk_sqs::types::{Message, MessageSystemAttributeName};
use bytes::Bytes;
use rustack_sqs_model::error::SqsError;
use serde_json::{Map, Value as Json, json};

const GROUP: &str = "MessageGroupId";
const TRACE_HEADER: &str = "AWSTraceHeader";

/// The longest group in bytes: SQS's own limit.
const LONGEST_GROUP: usize = 128;

/// Rewrites a request that sends one message or several: both attributes become ordinary ones.
pub(super) fn to_ordinary(body: &Bytes) -> Result<Bytes, SqsError> {
    let Ok(mut request) = serde_json::from_slice::<Map<String, Json>>(body) else { return Ok(body.clone()) };
    match request.get_mut("Entries").and_then(Json::as_array_mut) {
        Some(entries) => entries.iter_mut().filter_map(Json::as_object_mut).try_for_each(move_attributes)?,
        None => move_attributes(&mut request)?,
    }
    Ok(serde_json::to_vec(&request).map_or_else(|_| body.clone(), Bytes::from))
}

fn move_attributes(message: &mut Map<String, Json>) -> Result<(), SqsError> {
    let mut moved = Map::new();
    if let Some(group) = message.remove(GROUP) {
        let is_valid = group.as_str().is_some_and(|group| {
            (1..=LONGEST_GROUP).contains(&group.len()) && group.bytes().all(|byte| byte.is_ascii_graphic())
        });
        if !is_valid {
            return Err(SqsError::invalid_parameter_value("Value for parameter MessageGroupId is invalid."));
        }
        moved.insert(GROUP.to_owned(), json!({ "DataType": "String", "StringValue": group }));
    }
    if let Some(Json::Object(system)) = message.remove("MessageSystemAttributes") {
        for (name, value) in system {
            // SQS lets senders set no other system attribute.
            if name != TRACE_HEADER {
                return Err(SqsError::invalid_parameter_value(format!("The system attribute {name} is invalid.")));
            }
            moved.insert(name, value);
        }
    }
    if !moved.is_empty() {
        let attributes = message.entry("MessageAttributes").or_insert_with(|| json!({}));
        if let Some(attributes) = attributes.as_object_mut() {
            attributes.extend(moved);
        }
    }
    Ok(())
}

/// The system attributes of a message, both of these included. It must have been received with all its ordinary
/// attributes.
pub(crate) fn restored(message: &Message) -> HashMap<String, String> {
    let kept = message.attributes.iter().flatten();
    let kept = kept.map(|(name, value): (&MessageSystemAttributeName, _)| (name.as_str().to_owned(), value.clone()));
    let moved = [GROUP, TRACE_HEADER].into_iter().filter_map(|name| {
        let value = message.message_attributes.as_ref()?.get(name)?.string_value.clone()?;
        Some((name.to_owned(), value))
    });
    kept.chain(moved).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn group_and_trace_header_become_ordinary_attributes_and_what_sqs_refuses_is_refused() {
        let sent = json!({ "QueueUrl": "q", "Entries": [{ "Id": "0", "MessageBody": "b", "MessageGroupId": "g",
            "MessageSystemAttributes": { "AWSTraceHeader": { "DataType": "String", "StringValue": "Root=1" } } }] });
        let rewrite = |request: &Json| to_ordinary(&Bytes::from(request.to_string()));
        let request: Json = serde_json::from_slice(&rewrite(&sent).unwrap()).unwrap();
        let attributes = &request["Entries"][0]["MessageAttributes"];
        assert_eq!(attributes["MessageGroupId"]["StringValue"], "g");
        assert_eq!(attributes["AWSTraceHeader"]["StringValue"], "Root=1");
        assert_eq!(request["Entries"][0].get("MessageGroupId"), None);
        for group in [String::new(), "a b".to_owned(), "g".repeat(129)] {
            assert!(rewrite(&json!({ "QueueUrl": "q", "MessageBody": "b", "MessageGroupId": group })).is_err());
        }
        let other = json!({ "MessageBody": "b", "MessageSystemAttributes": { "SenderId": { "DataType": "String" } } });
        assert!(rewrite(&other).is_err());
    }
}

//! What SQS carries beside a message and `rustack-sqs` leaves out: its group, on a standard queue, and its trace header.
//!
//! They travel as ordinary attributes of the message, and are its system attributes again where it is delivered.

use std::collections::HashMap;

use aws_sdk_sqs::types::{Message, MessageSystemAttributeName};
use bytes::Bytes;
use rustack_sqs_model::error::SqsError;
use serde_json::{Map, Value as Json, json};

/// The names of both, as attributes and as system attributes.
const NAMES: [&str; 2] = ["MessageGroupId", "AWSTraceHeader"];
/// The longest group: SQS's own limit.
const LONGEST_GROUP: usize = 128;

/// A request to send one message or several, with what they carry among their ordinary attributes.
pub(super) fn stowed(body: &Bytes) -> Result<Bytes, SqsError> {
    let Ok(mut request) = serde_json::from_slice::<Map<String, Json>>(body) else { return Ok(body.clone()) };
    match request.get_mut("Entries").and_then(Json::as_array_mut) {
        Some(entries) => entries.iter_mut().filter_map(Json::as_object_mut).try_for_each(stow)?,
        None => stow(&mut request)?,
    }
    Ok(serde_json::to_vec(&request).map_or_else(|_| body.clone(), Bytes::from))
}

fn stow(message: &mut Map<String, Json>) -> Result<(), SqsError> {
    let mut carried = Map::new();
    if let Some(group) = message.remove("MessageGroupId") {
        let is_valid = group.as_str().is_some_and(|group| {
            (1..=LONGEST_GROUP).contains(&group.len()) && group.bytes().all(|byte| byte.is_ascii_graphic())
        });
        if !is_valid {
            return Err(SqsError::invalid_parameter_value("Value for parameter MessageGroupId is invalid."));
        }
        carried.insert(NAMES[0].to_owned(), json!({ "DataType": "String", "StringValue": group }));
    }
    if let Some(Json::Object(system)) = message.remove("MessageSystemAttributes") {
        for (name, value) in system {
            // The only one that can be sent.
            if name != NAMES[1] {
                return Err(SqsError::invalid_parameter_value(format!("The system attribute {name} is invalid.")));
            }
            carried.insert(name, value);
        }
    }
    if !carried.is_empty() {
        let attributes = message.entry("MessageAttributes").or_insert_with(|| json!({}));
        if let Some(attributes) = attributes.as_object_mut() {
            attributes.extend(carried);
        }
    }
    Ok(())
}

/// The system attributes of a message that was received with all its attributes.
pub(super) fn system_attributes(message: &Message) -> HashMap<String, String> {
    let own = message.attributes.iter().flatten();
    let own = own.map(|(name, value): (&MessageSystemAttributeName, _)| (name.as_str().to_owned(), value.clone()));
    let carried = NAMES.iter().filter_map(|name| {
        let value = message.message_attributes.as_ref()?.get(*name)?.string_value.clone()?;
        Some(((*name).to_owned(), value))
    });
    own.chain(carried).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_a_message_carries_is_stowed_and_what_sqs_refuses_is_refused() {
        let sent = json!({ "QueueUrl": "q", "Entries": [{ "Id": "0", "MessageBody": "b", "MessageGroupId": "g",
            "MessageSystemAttributes": { "AWSTraceHeader": { "DataType": "String", "StringValue": "Root=1" } } }] });
        let stowed = |request: &Json| super::stowed(&Bytes::from(request.to_string()));
        let request: Json = serde_json::from_slice(&stowed(&sent).unwrap()).unwrap();
        let attributes = &request["Entries"][0]["MessageAttributes"];
        assert_eq!(attributes["MessageGroupId"]["StringValue"], "g");
        assert_eq!(attributes["AWSTraceHeader"]["StringValue"], "Root=1");
        assert_eq!(request["Entries"][0].get("MessageGroupId"), None);
        for group in [String::new(), "a b".to_owned(), "g".repeat(129)] {
            assert!(stowed(&json!({ "QueueUrl": "q", "MessageBody": "b", "MessageGroupId": group })).is_err());
        }
        let other = json!({ "MessageBody": "b", "MessageSystemAttributes": { "SenderId": { "DataType": "String" } } });
        assert!(stowed(&other).is_err());
    }
}

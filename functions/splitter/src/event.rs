//! What a message of the split queue says: an object was created, or a task is to be gone on with.

use percent_encoding::percent_decode_str;
use serde::Deserialize;
use shared::task::TaskId;

#[derive(Deserialize)]
struct Message {
    #[serde(rename = "continue")]
    go_on: Option<TaskId>,
    part: Option<u32>,
    from: Option<String>,
    #[serde(rename = "Records", default)]
    records: Vec<Record>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Record {
    event_name: Option<String>,
    s3: Option<Entity>,
}

#[derive(Deserialize)]
struct Entity {
    bucket: Named,
    object: Keyed,
}

#[derive(Deserialize)]
struct Named {
    name: String,
}

#[derive(Deserialize)]
struct Keyed {
    key: String,
}

/// Something for a splitter to do.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Work {
    /// The task.
    pub task: TaskId,
    /// The part of its file, if it is dispatched in parts.
    pub part: Option<Part>,
}

/// A part of a file, counted from 0, from its begin or from where a snapshot was taken.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Part {
    /// Its number.
    pub number: u32,
    /// The key of the snapshot.
    pub from: Option<String>,
}

/// What a message of the split queue asks for: tasks whose object was created in this bucket, or that are to be gone on
/// with. What is none, such as the test event that S3 sends when notifications are set up, is no error: it would only
/// come again.
pub fn work(body: &str, bucket: &str) -> Vec<Work> {
    let Ok(message) = serde_json::from_str::<Message>(body) else { return Vec::new() };
    let created = message.records.into_iter().filter_map(|record| {
        let name = record.event_name?;
        let created = name.trim_start_matches("s3:").starts_with("ObjectCreated:");
        let entity = record.s3.filter(|entity| created && entity.bucket.name == bucket)?;
        Some(Work { task: task_of(&decoded(&entity.object.key))?, part: None })
    });
    let part = message.part.map(|number| Part { number, from: message.from });
    message.go_on.map(|task| Work { task, part }).into_iter().chain(created).collect()
}

/// The task that a key belongs to, if it is that of an upload: `uploads/TASK/NAME`.
pub(crate) fn task_of(key: &str) -> Option<TaskId> {
    key.strip_prefix("uploads/")?.split('/').next()?.parse().ok()
}

/// Keys come form-urlencoded: a plus is a space.
fn decoded(key: &str) -> String {
    percent_decode_str(&key.replace('+', " ")).decode_utf8_lossy().into_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keys_are_decoded_and_what_is_no_upload_is_passed_over() {
        let id: TaskId = "01KB7Z4Q0VX3H9M2T5R8N6C1DE".parse().unwrap();
        let body = format!(
            r#"{{"Records":[{{"eventName":"ObjectCreated:Put","s3":{{"bucket":{{"name":"b"}},"object":{{"key":"uploads/{id}/a+b%C3%A4.csv"}}}}}},
                {{"eventName":"ObjectRemoved:Delete","s3":{{"bucket":{{"name":"b"}},"object":{{"key":"uploads/{id}/c"}}}}}}]}}"#
        );
        assert_eq!(work(&body, "b"), [Work { task: id, part: None }]);
        assert_eq!(work(&body, "another"), []);
        assert_eq!(decoded("a+b%C3%A4.csv"), "a bä.csv");
        assert_eq!(task_of("uploads/else/x.csv"), None);
        assert_eq!(task_of(&format!("work/{id}/x")), None);
    }

    #[test]
    fn the_test_event_and_noise_are_nothing_to_do() {
        assert_eq!(work(r#"{"Service":"Amazon S3","Event":"s3:TestEvent","Bucket":"b"}"#, "b"), []);
        assert_eq!(work("what", "b"), []);
        let id: TaskId = "01KB7Z4Q0VX3H9M2T5R8N6C1DE".parse().unwrap();
        assert_eq!(work(&format!(r#"{{"continue":"{id}"}}"#), "b"), [Work { task: id, part: None }]);
        let part = Part { number: 3, from: Some("work/x".to_owned()) };
        let body = format!(r#"{{"continue":"{id}","part":3,"from":"work/x"}}"#);
        assert_eq!(work(&body, "b"), [Work { task: id, part: Some(part) }]);
    }
}

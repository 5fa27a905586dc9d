//! What a message of the split queue says: an object was created, or a task is to be gone on with.

use percent_encoding::percent_decode_str;
use serde::Deserialize;
use shared::task::TaskId;

/// Something to do.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Notice {
    /// An object was created.
    Created {
        /// Its bucket.
        bucket: String,
        /// Its key, decoded.
        key: String,
    },
    /// A splitter ran out of time, or the sweep found that a task stands still.
    Continue(TaskId),
}

#[derive(Deserialize)]
struct Message {
    #[serde(rename = "continue")]
    go_on: Option<TaskId>,
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

/// The notices of a message. What is none, such as the test event that S3 sends when notifications are set up, is no
/// error: it would only come again.
pub(crate) fn notices(body: &str) -> Vec<Notice> {
    let Ok(message) = serde_json::from_str::<Message>(body) else { return Vec::new() };
    let created = message.records.into_iter().filter_map(|record| {
        let name = record.event_name?;
        let created = name.trim_start_matches("s3:").starts_with("ObjectCreated:");
        let entity = record.s3.filter(|_| created)?;
        Some(Notice::Created { bucket: entity.bucket.name, key: decoded(&entity.object.key) })
    });
    message.go_on.map(Notice::Continue).into_iter().chain(created).collect()
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
        let key = format!("uploads/{id}/a bä.csv");
        assert_eq!(notices(&body), [Notice::Created { bucket: "b".into(), key: key.clone() }]);
        assert_eq!(task_of(&key), Some(id));
        assert_eq!(task_of("uploads/else/x.csv"), None);
        assert_eq!(task_of(&format!("work/{id}/x")), None);
    }

    #[test]
    fn the_test_event_and_noise_are_nothing_to_do() {
        assert_eq!(notices(r#"{"Service":"Amazon S3","Event":"s3:TestEvent","Bucket":"b"}"#), []);
        assert_eq!(notices("what"), []);
        let id: TaskId = "01KB7Z4Q0VX3H9M2T5R8N6C1DE".parse().unwrap();
        assert_eq!(notices(&format!(r#"{{"continue":"{id}"}}"#)), [Notice::Continue(id)]);
    }
}

//! S3's messages: an object was created.
//! <https://docs.aws.amazon.com/AmazonS3/latest/userguide/notification-content-structure.html>

use aws_lambda_events::s3::S3EventRecord;
use domain::imports::ImportId;
use domain::keys::ObjectKey;
use serde::Deserialize;
use serde_json::Value as Json;

#[derive(Deserialize)]
struct Event {
    #[serde(rename = "Records")]
    records: Vec<Json>,
}

/// A file that somebody put into the bucket.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum CreatedFile {
    /// That of an import which awaits it.
    Upload(ImportId),
    /// One of the inbox, by its key: it is an import by itself.
    Inbox(String),
}

/// The files that were created in this bucket, by a message's body; none if the body is no event of S3. Anything else is
/// ignored, such as S3's test event: an error would only redeliver it.
pub fn created_files(body: &str, bucket: &str) -> Option<Vec<CreatedFile>> {
    let event: Event = serde_json::from_str(body).ok()?;
    // A record that cannot be read costs its own file's event, and no other's.
    let records = event.records.into_iter().filter_map(|record| match serde_json::from_value(record) {
        Ok(record) => Some(record),
        Err(error) => {
            tracing::warn!(kind = ?error.classify(), "a record of an object event cannot be read");
            None
        }
    });
    Some(records.filter_map(|record| created_file(&record, bucket)).collect())
}

fn created_file(record: &S3EventRecord, bucket: &str) -> Option<CreatedFile> {
    let name = record.event_name.as_deref()?.trim_start_matches("s3:");
    if !name.starts_with("ObjectCreated:") || record.s3.bucket.name.as_deref() != Some(bucket) {
        return None;
    }
    let key = decoded(record.s3.object.key.as_deref()?);
    match ObjectKey::parse(&key)? {
        ObjectKey::Upload { import, .. } => Some(CreatedFile::Upload(import)),
        ObjectKey::Inbox { .. } => Some(CreatedFile::Inbox(key)),
        _ => None,
    }
}

/// A key as it was before it was form-urlencoded. Some senders leave `=` and `&` as they are, which would separate
/// pairs.
fn decoded(key: &str) -> String {
    let key = key.replace('=', "%3D").replace('&', "%26");
    form_urlencoded::parse(key.as_bytes()).next().map_or_else(String::new, |(key, _)| key.into_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn record(name: &str, bucket: &str, key: &str) -> String {
        format!(
            r#"{{"eventVersion":"2.1","eventSource":"aws:s3","awsRegion":"eu-central-1","eventTime":"2026-05-01T12:00:00.000Z",
                "eventName":"{name}","userIdentity":{{"principalId":"A"}},"requestParameters":{{"sourceIPAddress":"127.0.0.1"}},
                "responseElements":{{}},"s3":{{"s3SchemaVersion":"1.0","bucket":{{"name":"{bucket}"}},"object":{{"key":"{key}","size":1}}}}}}"#
        )
    }

    fn event(records: &[String]) -> String {
        format!(r#"{{"Records":[{}]}}"#, records.join(","))
    }

    #[test]
    fn uploads_are_found_and_everything_else_is_ignored() {
        let id: ImportId = "01KB7Z4Q0VX3H9M2T5R8N6C1DE".parse().unwrap();
        let upload = |name: &str| record(name, "b", &format!("uploads%2F{id}%2Fa+b%C3%A4.csv"));
        for (records, expected) in [
            (vec![upload("ObjectCreated:Put")], vec![CreatedFile::Upload(id)]),
            (vec![upload("s3:ObjectCreated:CompleteMultipartUpload")], vec![CreatedFile::Upload(id)]),
            (
                vec![record("ObjectCreated:Copy", "b", "inbox/Caf%C3%A9+%26+more/2026/a.csv")],
                vec![CreatedFile::Inbox("inbox/Café & more/2026/a.csv".to_owned())],
            ),
            (vec![record("ObjectCreated:Put", "b", "inbox/Shop/")], vec![]),
            (vec![upload("ObjectRemoved:Delete")], vec![]),
            (vec![record("ObjectCreated:Put", "another", &format!("uploads/{id}/a.csv"))], vec![]),
            (vec![record("ObjectCreated:Put", "b", &format!("work/{id}/a.csv"))], vec![]),
            (vec![record("ObjectCreated:Put", "b", "uploads/else/a.csv")], vec![]),
            (vec!["{}".to_owned(), upload("ObjectCreated:Put")], vec![CreatedFile::Upload(id)]),
        ] {
            assert_eq!(created_files(&event(&records), "b"), Some(expected), "{records:?}");
        }
    }

    #[test]
    fn the_test_event_and_noise_are_no_events() {
        let test = r#"{"Service":"Amazon S3","Event":"s3:TestEvent","Bucket":"b"}"#;
        for body in [test, "what", "{}", r#"{"split":{"import":"01KB7Z4Q0VX3H9M2T5R8N6C1DE"}}"#] {
            assert_eq!(created_files(body, "b"), None, "{body}");
        }
    }

    #[test]
    fn keys_are_decoded_as_forms_are() {
        assert_eq!(decoded("a+b%C3%A4.csv"), "a bä.csv");
        assert_eq!(decoded("a=b&c%3Dd"), "a=b&c=d");
    }
}

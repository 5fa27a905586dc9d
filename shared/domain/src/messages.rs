//! Every message that Muster sends itself, and its body. Object events are AWS's own and are read where they arrive.

use serde::{Deserialize, Serialize};

use crate::customer::CustomerId;
use crate::imports::ImportId;
use crate::plan::{BatchText, Wave};
use crate::segment_job::JobId;

/// A message.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Message {
    /// To a splitter: go on with an import's file, under the import's lease.
    Split {
        /// The import.
        import: ImportId,
    },
    /// To a splitter: send a wave's batches of one part of a file.
    DispatchPart {
        /// The import.
        import: ImportId,
        /// The plan that the part belongs to.
        plan: u32,
        /// The wave.
        wave: Wave,
        /// The part's number, from 0.
        part: u32,
        /// Batches of the part that an earlier splitter sent before its deadline came.
        sent: u32,
    },
    /// To a row-processor: apply a batch.
    Batch(BatchMessage),
    /// To a row-processor: take the same back once more, when no worker of the import that is taken back can still write.
    UndoAgain(BatchMessage),
    /// To a row-processor: end the erasure of a customer, if nothing can write anything of it any more.
    EndErasure {
        /// The customer.
        customer: CustomerId,
        /// The last import that must not bring the customer back.
        import: ImportId,
    },
    /// To the finisher: make the file of an undo.
    MakeUndoFile {
        /// The undo.
        import: ImportId,
    },
    /// To the finisher: every row is counted, or the import was stopped.
    Finish {
        /// The import.
        import: ImportId,
    },
    /// To the finisher: tell the event bus and the webhook that an import has ended.
    DeliverEnd {
        /// The import.
        import: ImportId,
        /// Calls of the webhook that were made before this one.
        calls: u32,
    },
    /// To the finisher: go on with a job on the members of a segment.
    SegmentJob(JobId),
}

/// A batch on its way.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct BatchMessage {
    /// The import.
    pub import: ImportId,
    /// The plan that the batch belongs to ([`crate::plan::Checked::plan_id`]).
    pub plan: u32,
    /// The batch's number in the import.
    pub batch: u32,
    /// Its rows, or where they are.
    pub rows: BatchRows,
}

/// The rows of a batch, or where they are.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum BatchRows {
    /// They travel in the message.
    Here(BatchText),
    /// An object holds them ([`BatchText::to_body`]), because the batch waits for its turn or is too large for a
    /// message.
    Object(String),
}

/// A body that is not a message of this version of Muster. The text says at which place the body differs, and never
/// quotes it: the body may hold a customer's data.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("not a message of this version: {0}")]
pub struct NotAMessage(String);

impl Message {
    /// The import that the message is about, if it is about one.
    pub const fn import(&self) -> Option<ImportId> {
        match self {
            Self::Split { import }
            | Self::DispatchPart { import, .. }
            | Self::EndErasure { import, .. }
            | Self::MakeUndoFile { import }
            | Self::Finish { import }
            | Self::DeliverEnd { import, .. } => Some(*import),
            Self::Batch(batch) | Self::UndoAgain(batch) => Some(batch.import),
            Self::SegmentJob(_) => None,
        }
    }

    /// Its body.
    pub fn to_body(&self) -> String {
        to_body(self)
    }

    /// Reads a body.
    ///
    /// # Errors
    /// When it is not a message. Trying again cannot help.
    pub fn from_body(body: &str) -> Result<Self, NotAMessage> {
        from_body(body)
    }
}

impl BatchText {
    /// The body of the object that holds it.
    pub fn to_body(&self) -> String {
        to_body(self)
    }

    /// Reads the body of such an object.
    ///
    /// # Errors
    /// When it holds no rows of a batch.
    pub fn from_body(body: &[u8]) -> Result<Self, NotAMessage> {
        let text = std::str::from_utf8(body).map_err(|error| NotAMessage(error.to_string()))?;
        from_body(text)
    }
}

/// JSON with the characters escaped that SQS refuses in a body, which are those that XML 1.0 does not have.
/// <https://docs.aws.amazon.com/AWSSimpleQueueService/latest/APIReference/API_SendMessage.html>
fn to_body(value: &impl Serialize) -> String {
    // These types have string keys and no map, so they always have a JSON form.
    let json = serde_json::to_string(value).unwrap_or_default();
    if json.contains(['\u{fffe}', '\u{ffff}']) {
        return json.replace('\u{fffe}', "\\ufffe").replace('\u{ffff}', "\\uffff");
    }
    json
}

fn from_body<T: for<'de> Deserialize<'de>>(body: &str) -> Result<T, NotAMessage> {
    serde_json::from_str(body).map_err(|error| {
        let (kind, line, column) = (error.classify(), error.line(), error.column());
        NotAMessage(format!("a {kind:?} error at line {line}, column {column}").to_lowercase())
    })
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::customer::Segment;
    use crate::plan::Run;
    use crate::segment_job::JobKind;

    fn import() -> ImportId {
        ImportId::from_bytes([1; 16])
    }

    #[test]
    fn every_message_is_read_back_as_it_was_sent() {
        let import = import();
        let batch = |rows| Message::Batch(BatchMessage { import, plan: u32::MAX, batch: 3, rows });
        for message in [
            Message::Split { import },
            Message::DispatchPart { import, plan: 7, wave: Wave::FIRST, part: 2, sent: 0 },
            Message::DispatchPart { import, plan: 7, wave: Wave::TAIL, part: 0, sent: 9 },
            batch(BatchRows::Object("work/y".into())),
            batch(BatchRows::Here(BatchText::default())),
            Message::EndErasure { customer: CustomerId::from_bytes([2; 16]), import },
            Message::MakeUndoFile { import },
            Message::Finish { import },
            Message::DeliverEnd { import, calls: 4 },
        ] {
            assert_eq!(Message::from_body(&message.to_body()), Ok(message.clone()));
            assert_eq!(message.import(), Some(import));
        }
        let segment = Segment::new("Surveys", "May").id();
        let job = Message::SegmentJob(JobId { segment, kind: JobKind::Export, begun: 1_780_000_000_000 });
        assert_eq!(Message::from_body(&job.to_body()), Ok(job));
    }

    #[test]
    fn what_is_no_message_is_refused_without_a_word_of_it() {
        for body in ["", "{}", "ann@example.com", r#"{"finish":{"import":"ann@example.com"}}"#, r#"{"email":"ann"}"#] {
            let refused = Message::from_body(body).unwrap_err().to_string();
            assert!(!refused.contains("ann"), "{refused}");
        }
    }

    proptest! {
        #[test]
        fn any_text_travels_in_characters_that_a_queue_takes(text in "(?s).{0,200}") {
            let text = format!("{text}\u{fffe}\u{1}");
            let rows = BatchText { count: 1, runs: vec![Run { at: 0, row: 1, line: 2 }], text };
            let rows = BatchRows::Here(rows);
            let message = Message::Batch(BatchMessage { import: import(), plan: 1, batch: 0, rows });
            let body = message.to_body();
            let allowed = |c| matches!(c, '\t' | '\n' | '\r' | ' '..='\u{d7ff}' | '\u{e000}'..='\u{fffd}' | '\u{10000}'..);
            prop_assert!(body.chars().all(allowed));
            prop_assert_eq!(Message::from_body(&body).unwrap(), message);
        }
    }
}

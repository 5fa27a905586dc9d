//! What a message of the split queue asks for.

use domain::imports::ImportId;
use domain::messages::Message;
use domain::plan::Wave;
use runtime::object_events::{CreatedFile, created_files};

/// Something for a splitter to do.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Work {
    /// Go on with an import's file, under the import's lease.
    Split {
        /// The import.
        import: ImportId,
    },
    /// Launch the import that a file of the inbox is.
    Launch {
        /// The key of the file.
        key: String,
    },
    /// Send a wave's batches of one part of a file.
    DispatchPart {
        /// The import.
        import: ImportId,
        /// The plan that the part belongs to.
        plan: u32,
        /// The wave.
        wave: Wave,
        /// The part's number, from 0.
        part: u32,
        /// Batches of the part that an earlier splitter sent.
        sent: u32,
    },
}

impl Work {
    /// The import, if it is launched already.
    pub const fn import(&self) -> Option<ImportId> {
        match self {
            Self::Split { import } | Self::DispatchPart { import, .. } => Some(*import),
            Self::Launch { .. } => None,
        }
    }

    /// The file part's number, if it is about one.
    pub const fn file_part(&self) -> Option<u32> {
        match self {
            Self::Split { .. } | Self::Launch { .. } => None,
            Self::DispatchPart { part, .. } => Some(*part),
        }
    }
}

/// What the body of a message asks for: S3 says that objects were created in this bucket, or Muster says to go on.
/// Anything else is ignored, such as S3's test event: an error would only redeliver it.
pub fn work(body: &str, bucket: &str) -> Vec<Work> {
    match Message::from_body(body) {
        Ok(Message::Split { import }) => vec![Work::Split { import }],
        Ok(Message::DispatchPart { import, plan, wave, part, sent }) => {
            vec![Work::DispatchPart { import, plan, wave, part, sent }]
        }
        Ok(
            Message::Batch(_)
            | Message::UndoAgain(_)
            | Message::EndErasure { .. }
            | Message::MakeUndoFile { .. }
            | Message::Finish { .. }
            | Message::DeliverEnd { .. }
            | Message::SegmentJob(_),
        ) => Vec::new(),
        Err(_) => {
            let created = created_files(body, bucket).unwrap_or_default();
            let work = |file| match file {
                CreatedFile::Upload(import) => Work::Split { import },
                CreatedFile::Inbox(key) => Work::Launch { key },
            };
            created.into_iter().map(work).collect()
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn continuations_are_work_and_other_messages_are_not() {
        let import: ImportId = "01KB7Z4Q0VX3H9M2T5R8N6C1DE".parse().unwrap();
        let (plan, wave, part, sent) = (9, Wave::TAIL, 3, 2);
        for (message, expected) in [
            (Message::Split { import }, vec![Work::Split { import }]),
            (
                Message::DispatchPart { import, plan, wave, part, sent },
                vec![Work::DispatchPart { import, plan, wave, part, sent }],
            ),
            (Message::Finish { import }, vec![]),
        ] {
            assert_eq!(work(&message.to_body(), "b"), expected);
        }
        for noise in [r#"{"Service":"Amazon S3","Event":"s3:TestEvent","Bucket":"b"}"#, "what"] {
            assert_eq!(work(noise, "b"), [], "{noise}");
        }
    }
}

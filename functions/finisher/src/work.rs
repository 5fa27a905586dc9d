//! What the finisher is called with: messages of three queues, or the schedule.

use std::time::Duration;

use aws_lambda_events::sqs::{SqsEvent, SqsMessage};
use domain::imports::ImportId;
use domain::messages::{BatchMessage, Message};
use domain::segment_job::JobId;
use runtime::object_events::{CreatedFile, created_files};
use serde::Deserialize;

/// How long an import may not change before the sweep takes it up, unless the schedule says.
const STALLED: Duration = Duration::from_secs(600);

/// An event.
#[derive(Debug)]
pub(crate) enum Event {
    /// The schedule: look for imports that did not change for so long. With zero, every worker is known to be dead.
    Sweep {
        /// How long.
        stalled: Duration,
    },
    /// Messages.
    Messages(Vec<SqsMessage>),
}

/// What a message asks for.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Work {
    /// An import's rows are all counted, or it was stopped.
    Finish {
        /// The import.
        import: ImportId,
    },
    /// An import has ended, and its end is to be delivered.
    DeliverEnd {
        /// The import.
        import: ImportId,
        /// Calls of the webhook that were made before.
        calls: u32,
    },
    /// An undo needs its file.
    MakeUndoFile {
        /// The undo.
        import: ImportId,
    },
    /// Members of a segment are to be counted or exported.
    SegmentJob(JobId),
    /// A batch failed too often.
    GiveUp(Box<BatchMessage>),
    /// A split failed too often.
    SplitterGaveUp {
        /// The import.
        import: ImportId,
    },
}

impl Work {
    /// The import that it is about, if it is about one.
    pub(crate) const fn import(&self) -> Option<ImportId> {
        match self {
            Self::Finish { import }
            | Self::DeliverEnd { import, .. }
            | Self::MakeUndoFile { import }
            | Self::SplitterGaveUp { import } => Some(*import),
            Self::GiveUp(batch) => Some(batch.import),
            Self::SegmentJob(_) => None,
        }
    }
}

#[derive(Deserialize)]
struct Schedule {
    stalled_seconds: Option<u64>,
}

/// Reads an event.
///
/// # Errors
/// When it holds neither messages nor the schedule's input.
pub(crate) fn event(event: serde_json::Value) -> Result<Event, serde_json::Error> {
    if event.get("Records").is_none() {
        let schedule: Schedule = serde_json::from_value(event)?;
        return Ok(Event::Sweep { stalled: schedule.stalled_seconds.map_or(STALLED, Duration::from_secs) });
    }
    let event: SqsEvent = serde_json::from_value(event)?;
    Ok(Event::Messages(event.records))
}

/// What the body of a message asks for: the finish queue has messages to the finisher, the dead-letter queues those
/// that a row-processor or a splitter could not handle. Anything else is ignored: an error would only redeliver it.
pub(crate) fn work(body: &str, bucket: &str) -> Vec<Work> {
    match Message::from_body(body) {
        Ok(Message::Finish { import }) => vec![Work::Finish { import }],
        Ok(Message::DeliverEnd { import, calls }) => vec![Work::DeliverEnd { import, calls }],
        Ok(Message::MakeUndoFile { import }) => vec![Work::MakeUndoFile { import }],
        Ok(Message::SegmentJob(job)) => vec![Work::SegmentJob(job)],
        Ok(Message::Batch(batch)) => vec![Work::GiveUp(Box::new(batch))],
        Ok(Message::UndoAgain(batch)) => {
            tracing::error!(
                batch = batch.batch,
                "what late workers wrote while an import was taken back was not looked for"
            );
            Vec::new()
        }
        // The sweep asks for it again.
        Ok(Message::EndErasure { .. }) => Vec::new(),
        Ok(Message::Split { import } | Message::DispatchPart { import, .. }) => vec![Work::SplitterGaveUp { import }],
        Err(_) => {
            let created = created_files(body, bucket).unwrap_or_default();
            let work = |file| match file {
                CreatedFile::Upload(import) => Some(Work::SplitterGaveUp { import }),
                CreatedFile::Inbox(_) => {
                    // The key may name a person, so it is not logged.
                    tracing::error!("a file of the inbox could not be launched; put it there again");
                    None
                }
            };
            created.into_iter().filter_map(work).collect()
        }
    }
}

#[cfg(test)]
mod tests {
    use domain::customer::CustomerId;
    use domain::messages::BatchRows;
    use domain::plan::Wave;

    use super::*;

    #[test]
    fn every_message_has_its_work_and_noise_has_none() {
        let import: ImportId = "01KB7Z4Q0VX3H9M2T5R8N6C1DE".parse().unwrap();
        for (message, expected) in [
            (Message::Finish { import }, Work::Finish { import }),
            (Message::MakeUndoFile { import }, Work::MakeUndoFile { import }),
            (Message::DeliverEnd { import, calls: 2 }, Work::DeliverEnd { import, calls: 2 }),
            (Message::Split { import }, Work::SplitterGaveUp { import }),
            (
                Message::DispatchPart { import, plan: 3, wave: Wave::FIRST, part: 1, sent: 0 },
                Work::SplitterGaveUp { import },
            ),
        ] {
            assert_eq!(work(&message.to_body(), "b"), [expected]);
        }
        let batch = BatchMessage { import, plan: 3, batch: 7, rows: BatchRows::Object("k".to_owned()) };
        assert_eq!(work(&Message::Batch(batch.clone()).to_body(), "b"), [Work::GiveUp(Box::new(batch.clone()))]);
        assert_eq!(work(&Message::UndoAgain(batch).to_body(), "b"), [], "the undo has counted its rows");
        let erasure = Message::EndErasure { customer: CustomerId::from_bytes([2; 16]), import };
        assert_eq!(work(&erasure.to_body(), "b"), [], "the sweep sends it again");
        assert_eq!(work("what", "b"), []);
    }

    #[test]
    fn an_event_without_messages_is_the_schedules() {
        let sweep = |json: &str| match event(serde_json::from_str(json).unwrap()) {
            Ok(Event::Sweep { stalled }) => Some(stalled),
            _ => None,
        };
        assert_eq!(sweep("{}"), Some(STALLED));
        assert_eq!(sweep(r#"{"stalled_seconds":0}"#), Some(Duration::ZERO));
        assert_eq!(sweep(r#"{"Records":[]}"#), None);
    }
}

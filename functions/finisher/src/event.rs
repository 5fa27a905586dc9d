//! What the finisher is called with: messages of three queues, or the schedule.

use std::time::Duration;

use aws_lambda_events::sqs::SqsEvent;
use serde::Deserialize;
use shared::batch::BatchMessage;
use shared::task::TaskId;

/// How long nothing may change before the sweep takes a task up, unless the schedule says.
const STALLED: Duration = Duration::from_secs(600);

/// What to do.
#[derive(Debug)]
pub(crate) enum Work {
    /// Look for tasks that stand still for so long.
    Sweep(Duration),
    /// Messages, by their ids.
    Messages(Vec<(String, Order)>),
}

/// What a message asks for.
#[derive(Debug)]
pub(crate) enum Order {
    /// A task's rows are all counted.
    Finish(TaskId),
    /// A task has ended, and its end is to be told; the webhook was called so many times before.
    Announce(TaskId, u32),
    /// A batch failed too often.
    GiveUp(Box<BatchMessage>),
    /// A split failed too often.
    SplitterGaveUp(TaskId),
    /// Not a message of ours.
    Nothing,
}

impl Order {
    /// The task that it is about.
    pub(crate) fn task(&self) -> Option<TaskId> {
        match self {
            Self::Finish(id) | Self::Announce(id, _) | Self::SplitterGaveUp(id) => Some(*id),
            Self::GiveUp(batch) => Some(batch.task),
            Self::Nothing => None,
        }
    }
}

#[derive(Deserialize)]
struct Schedule {
    stalled_seconds: Option<u64>,
}

#[derive(Deserialize)]
struct Body {
    finish: Option<TaskId>,
    announce: Option<TaskId>,
    #[serde(default)]
    calls: u32,
    #[serde(rename = "continue")]
    go_on: Option<TaskId>,
    #[serde(rename = "Records", default)]
    records: Vec<serde_json::Value>,
}

/// Reads an event.
///
/// # Errors
/// When it is neither messages nor a schedule's.
pub(crate) fn read(event: serde_json::Value) -> Result<Work, serde_json::Error> {
    if event.get("Records").is_none() {
        let schedule: Schedule = serde_json::from_value(event)?;
        return Ok(Work::Sweep(schedule.stalled_seconds.map_or(STALLED, Duration::from_secs)));
    }
    let event: SqsEvent = serde_json::from_value(event)?;
    let messages = event.records.into_iter().map(|message| {
        let order = order(message.body.as_deref().unwrap_or_default());
        (message.message_id.unwrap_or_default(), order)
    });
    Ok(Work::Messages(messages.collect()))
}

/// The three queues' messages differ in shape: a batch, a task at its end, or what the splitter could not do.
fn order(body: &str) -> Order {
    if let Ok(batch) = BatchMessage::from_body(body) {
        return Order::GiveUp(Box::new(batch));
    }
    let Ok(body) = serde_json::from_str::<Body>(body) else { return Order::Nothing };
    if let Some(id) = body.finish {
        return Order::Finish(id);
    }
    if let Some(id) = body.announce {
        return Order::Announce(id, body.calls);
    }
    let created = body.records.iter().find_map(|record| {
        let key = record.pointer("/s3/object/key")?.as_str()?;
        key.replace("%2F", "/").strip_prefix("uploads/")?.split('/').next()?.parse().ok()
    });
    body.go_on.or(created).map_or(Order::Nothing, Order::SplitterGaveUp)
}

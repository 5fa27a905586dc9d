//! Tells that an import has ended: an event on the account's bus, and a signed call of a webhook.
//!
//! ```text
//! ended, in one update: state, and listed as unannounced ──> finish queue ──> announce ──> bus, webhook ──> announced
//!                                        └──── the sweep, when that message is lost ──┘          └─ no answer: again, later
//! ```
//!
//! Both come at least once. The event's detail and the webhook's id are the same each time, so that a receiver can tell.

use std::time::Duration;

use jiff::Timestamp;
use serde_json::{Value as Json, json};
use shared::figures;
use shared::progress::ProgressError;
use shared::store::tasks::{Definition, Task};
use shared::task::{Counters, TaskId};
use tracing::Span;

use crate::Finisher;
use crate::webhook::Call;

/// What kind of event it is on the bus.
const DETAIL_TYPE: &str = "Import Ended";
/// Times that a webhook is called before it is given up, which is an hour and three quarters after the end.
const CALLS: u32 = 12;
/// The pause before the webhook's second call; each further one is twice as long, up to the longest.
pub(crate) const PAUSE: Duration = Duration::from_secs(30);
const LONGEST_PAUSE: Duration = Duration::from_secs(900);

impl Finisher {
    /// Tells of a task's end, unless that was done; `calls` were made of the webhook before.
    pub(crate) async fn announce(&self, id: TaskId, calls: u32) -> Result<(), ProgressError> {
        let progress = &self.progress;
        let Some(task) = progress.tasks.task(id).await? else { return Ok(()) };
        let (Some(ended_at), Some(due)) = (task.ended_at, task.announce_at) else { return Ok(()) };
        Span::current().record("trace", task.trace.root());
        let definition = progress.tasks.definition(id).await?;
        let notice = notice(&task, &definition, &progress.counters(&task).await?, &self.public_url);
        if calls == 0 {
            if let Some(bus) = &self.bus {
                bus.put(DETAIL_TYPE, &notice).await?;
            }
            figures::ended(task.state);
            tracing::info!(state = task.state.as_str(), rows = task.rows, "ended");
        }
        if let Some(webhook) = &self.webhook {
            let call = Call { id: format!("{id}-{}", ended_at.as_millisecond()), body: body(ended_at, &notice) };
            match webhook.call(&call, progress.clock.now()).await {
                Ok(()) => {}
                Err(error) if calls + 1 < CALLS => {
                    let pause = self.first_pause.saturating_mul(1 << calls.min(10)).min(LONGEST_PAUSE);
                    tracing::warn!(%error, calls = calls + 1, "the webhook is called again later");
                    if progress.tasks.announce_again_at(id, due, progress.clock.now() + pause).await? {
                        progress.queues.call_again(&task.origin(), calls + 1, pause).await?;
                    }
                    return Ok(());
                }
                Err(error) => {
                    tracing::error!(%error, calls = calls + 1, "the webhook is given up");
                    figures::webhook_failed();
                }
            }
        }
        progress.tasks.announced(id, ended_at).await?;
        Ok(())
    }

    /// Has an end told whose message was lost.
    pub(crate) async fn announce_again(&self, id: TaskId, stalled: Duration) -> Result<(), ProgressError> {
        let Some(task) = self.progress.tasks.task(id).await? else { return Ok(()) };
        let Some(due) = task.announce_at else { return Ok(()) };
        let now = self.progress.clock.now();
        let is_lost = Timestamp::from_millisecond(due).is_ok_and(|due| due + stalled <= now);
        if is_lost && self.progress.tasks.announce_again_at(id, due, now).await? {
            self.progress.queues.announce(&task.origin()).await?;
        }
        Ok(())
    }
}

/// What is told: an import as `GET /imports/{id}` gives it, without what a cell may have been quoted in.
fn notice(task: &Task, definition: &Definition, counters: &Counters, public_url: &str) -> Json {
    let url = format!("{public_url}/imports/{}", task.id);
    let request = &definition.request;
    let failure =
        task.failure.as_ref().map(|failure| json!({ "code": failure.code, "problems_total": failure.problems_total }));
    json!({
        "id": task.id,
        "url": url,
        "description": request.description,
        "state": task.state,
        "dry_run": request.dry_run,
        "created_at": task.id.launched(),
        "started_at": task.started_at,
        "ended_at": task.ended_at,
        "file": { "name": request.file.name, "size": task.size, "rows": definition.checked.as_ref().map(|checked| checked.rows) },
        "counters": counters.shown(task.rows),
        "errors_by_code": counters.codes,
        "failure": failure,
        "links": { "self": url, "errors": task.report.as_ref().map(|_| format!("{url}/errors")) },
    })
}

/// A webhook's body, in the form that Standard Webhooks asks for.
fn body(ended_at: Timestamp, notice: &Json) -> String {
    json!({ "type": "import.ended", "timestamp": ended_at, "data": notice }).to_string()
}

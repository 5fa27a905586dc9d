//! Delivers the end of an import: an event on the account's bus, and a signed call of a webhook.
//!
//! ```text
//! ended, in one update: state, and in the outbox ──> finish queue ──> deliver ──> bus, webhook ──> out of the outbox
//!                                   └──── the sweep, if that message is lost ──┘        └─ no answer: again, later
//! ```
//!
//! Both come at least once. The event's detail and the webhook's id are the same each time, so that a receiver can
//! tell.

use std::time::Duration;

use domain::imports::{Counters, ImportId};
use domain::messages::Message;
use jiff::Timestamp;
use runtime::queue::note_trace;
use serde_json::{Value as Json, json};
use steps::{StepError, counters, deliver_end};
use stores::imports::{Import, Setup};

use crate::Finisher;
use crate::webhook::Call;

/// The detail type of the event on the bus.
const DETAIL_TYPE: &str = "Import Ended";
/// Calls of a webhook before it is given up, an hour and three quarters after the end.
const CALLS: u32 = 12;
/// The pause before the webhook's second call. Each further pause is twice as long, up to the longest.
pub(crate) const FIRST_PAUSE: Duration = Duration::from_secs(30);
const LONGEST_PAUSE: Duration = Duration::from_secs(900);

impl Finisher {
    /// Delivers an import's end, unless that was done; `calls` of the webhook were made before.
    pub(crate) async fn deliver(&self, id: ImportId, calls: u32) -> Result<(), StepError> {
        let stores = &self.stores;
        let Some(import) = stores.imports.get(id).await? else { return Ok(()) };
        let (Some(ended_at), Some(due)) = (import.ended_at, import.delivery_due) else { return Ok(()) };
        note_trace(&import.trace);
        let setup = stores.imports.setup(&import).await?;
        let summary = summary(&import, &setup, &counters(stores, &import).await?, &self.public_url);
        if calls == 0 {
            if let Some(bus) = &self.bus {
                bus.put(DETAIL_TYPE, &summary).await?;
            }
            figures::ended(import.state);
            tracing::info!(state = import.state.as_str(), rows = import.rows, "ended");
        }
        if let Some(webhook) = &self.webhook {
            let call = Call { id: format!("{id}-{}", ended_at.as_millisecond()), body: body(ended_at, &summary) };
            match webhook.call(&call, stores.clock.now()).await {
                Ok(()) => {}
                Err(error) if calls + 1 < CALLS => {
                    tracing::warn!(%error, calls = calls + 1, "the webhook is called again later");
                    return self.call_again(&import, due, calls + 1).await;
                }
                Err(error) => {
                    tracing::error!(%error, calls = calls + 1, "the webhook is given up");
                    figures::webhook_failed();
                }
            }
        }
        stores.imports.note_ended(id).await?;
        // Superseded means that another delivery was quicker, or that the import was taken up again.
        let _superseded = stores.outbox.delivered(id, ended_at).await?;
        Ok(())
    }

    /// Has the webhook called again after a pause; `calls` were made until now.
    async fn call_again(&self, import: &Import, due: i64, calls: u32) -> Result<(), StepError> {
        let pause = self.first_pause.saturating_mul(1 << (calls - 1).min(10)).min(LONGEST_PAUSE);
        let at = self.stores.clock.now() + pause;
        if self.stores.outbox.due_again(import.id, due, at).await?.is_done() {
            let message = Message::DeliverEnd { import: import.id, calls };
            self.stores.queues.send_later(&import.origin(), &message, pause).await?;
        }
        Ok(())
    }

    /// Has an end delivered whose message was lost: it is overdue by as long as an import must be stalled.
    pub(crate) async fn deliver_overdue(&self, id: ImportId, stalled: Duration) -> Result<(), StepError> {
        let Some(import) = self.stores.imports.get(id).await? else { return Ok(()) };
        let Some(due) = import.delivery_due else { return Ok(()) };
        let now = self.stores.clock.now();
        let is_lost = Timestamp::from_millisecond(due).is_ok_and(|due| due + stalled <= now);
        if is_lost && self.stores.outbox.due_again(id, due, now).await?.is_done() {
            deliver_end(&self.stores, &import).await?;
        }
        Ok(())
    }
}

/// The import as `GET /imports/{id}` gives it, without the messages in which a cell may have been quoted.
fn summary(import: &Import, setup: &Setup, counters: &Counters, public_url: &str) -> Json {
    let url = format!("{public_url}/imports/{}", import.id);
    let request = &setup.request;
    let failure = import
        .failure
        .as_ref()
        .map(|failure| json!({ "code": failure.code, "problems_total": failure.problems_total }));
    json!({
        "id": import.id,
        "url": url,
        "description": request.description,
        "state": import.state,
        "dry_run": request.dry_run,
        "created_at": import.id.launched(),
        "started_at": import.started_at,
        "ended_at": import.ended_at,
        "file": { "name": request.file.name, "size": import.size, "rows": setup.checked.as_ref().map(|checked| checked.rows) },
        "counters": counters.shown(import.rows),
        "errors_by_code": counters.codes,
        "failure": failure,
        "links": { "self": url, "errors": import.report.as_ref().map(|_| format!("{url}/errors")) },
    })
}

/// A webhook's body, in the form that Standard Webhooks asks for.
fn body(ended_at: Timestamp, summary: &Json) -> String {
    json!({ "type": "import.ended", "timestamp": ended_at, "data": summary }).to_string()
}

//! Delivers the end of an import: an event on the account's bus, and a signed call of a webhook.
//!
//! ```text
//! ended, in one update: state, and in the outbox ──> finish queue ──> deliver ──> bus, webhook ──> out of the outbox
//!                                   └──── the sweep, if that message is lost ──┘        └─ one failed: again, later
//! ```
//!
//! Neither waits for the other. If one fails, the other is noted as reached, and only the one that failed is tried again.
//! Both come at least once: a function may die before it notes that. The event's detail and the webhook's id are the same
//! each time, so that a receiver can tell.

use std::time::Duration;

use domain::imports::{Counters, ImportId, ending};
use domain::messages::Message;
use jiff::Timestamp;
use runtime::queue::note_trace;
use serde_json::{Value as Json, json};
use steps::{StepError, counters, deliver_end};
use stores::imports::{Import, Reached, Setup};

use crate::Finisher;
use crate::webhook::Call;

/// The detail type of the event on the bus.
const DETAIL_TYPE: &str = "Import Ended";
/// Tries to reach the bus or the webhook before it is given up, an hour and three quarters after the end.
const TRIES: u32 = 12;
/// The pause before the second try. Each further pause is twice as long, up to the longest.
pub(crate) const FIRST_PAUSE: Duration = Duration::from_secs(30);
const LONGEST_PAUSE: Duration = Duration::from_secs(900);

impl Finisher {
    /// Delivers an import's end to the bus and the webhook, as far as that was not done; it was tried `tries` times
    /// before.
    pub(crate) async fn deliver(&self, id: ImportId, tries: u32) -> Result<(), StepError> {
        let stores = &self.stores;
        let Some(import) = stores.imports.get(id).await? else { return Ok(()) };
        let (Some(ended_at), Some(due)) = (import.ended_at, import.delivery_due) else { return Ok(()) };
        note_trace(&import.trace);
        let setup = stores.imports.setup(&import).await?;
        let summary = summary(&import, &setup, &counters(stores, &import).await?, &self.public_url);
        if tries == 0 {
            figures::ended(import.state);
            tracing::info!(state = import.state.as_str(), rows = import.rows, "ended");
        }
        let before = import.reached;
        let is_last = tries + 1 >= TRIES;
        let (bus, webhook) =
            tokio::join!(async { before.bus || self.reach_bus(&summary, tries + 1, is_last).await }, async {
                before.webhook || self.call_webhook(id, ended_at, &summary, tries + 1, is_last).await
            },);
        let reached = Reached { bus, webhook };
        if is_last || (reached.bus && reached.webhook) {
            stores.imports.note_ended(id).await?;
            // Superseded means that another delivery was quicker, or that the import was taken up again.
            let _superseded = stores.outbox.delivered(id, ended_at).await?;
            return Ok(());
        }
        self.deliver_again(&import, due, reached, tries + 1).await
    }

    /// Puts the event on the bus, if there is one; says whether it is there.
    async fn reach_bus(&self, summary: &Json, tries: u32, is_last: bool) -> bool {
        let Some(bus) = &self.bus else { return true };
        match bus.put(DETAIL_TYPE, summary).await {
            Ok(()) => true,
            Err(error) if is_last => {
                tracing::error!(%error, tries, "the event bus is given up");
                figures::event_bus_failed();
                false
            }
            Err(error) => {
                tracing::warn!(%error, tries, "the event bus is tried again later");
                false
            }
        }
    }

    /// Calls the webhook, if there is one; says whether it accepted the call.
    async fn call_webhook(&self, id: ImportId, ended_at: Timestamp, summary: &Json, calls: u32, is_last: bool) -> bool {
        let Some(webhook) = &self.webhook else { return true };
        let call = Call { id: format!("{id}-{}", ended_at.as_millisecond()), body: body(ended_at, summary) };
        match webhook.call(&call, self.stores.clock.now()).await {
            Ok(()) => true,
            Err(error) if is_last => {
                tracing::error!(%error, calls, "the webhook is given up");
                figures::webhook_failed();
                false
            }
            Err(error) => {
                tracing::warn!(%error, calls, "the webhook is called again later");
                false
            }
        }
    }

    /// Notes what was reached, and has the rest tried again after a pause; there were `tries` until now.
    async fn deliver_again(&self, import: &Import, due: i64, reached: Reached, tries: u32) -> Result<(), StepError> {
        let pause = self.first_pause.saturating_mul(1 << (tries - 1).min(10)).min(LONGEST_PAUSE);
        let at = self.stores.clock.now() + pause;
        if self.stores.outbox.due_again(import, due, at, reached).await?.is_done() {
            let message = Message::DeliverEnd { import: import.id, calls: tries };
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
        if is_lost && self.stores.outbox.due_again(&import, due, now, import.reached).await?.is_done() {
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
        "kind": if request.undoes.is_some() { "undo" } else { "import" },
        "undoes": request.undoes,
        "ending": ending(request, import.state, import.failure.as_ref(), counters, import.rows),
        "url": url,
        "description": request.description,
        "state": import.state,
        "dry_run": request.dry_run,
        "created_at": import.id.launched(),
        "started_at": import.started_at,
        "ended_at": import.ended_at,
        "file": { "name": request.file.name, "size": import.size, "rows": setup.checked.as_ref().map(|checked| checked.rows) },
        "counters": counters.shown_of(request, import.rows),
        "errors_by_code": counters.codes,
        "failure": failure,
        "links": { "self": url, "errors": import.report.as_ref().map(|_| format!("{url}/errors")) },
    })
}

/// A webhook's body, in the form that Standard Webhooks asks for.
fn body(ended_at: Timestamp, summary: &Json) -> String {
    json!({ "type": "import.ended", "timestamp": ended_at, "data": summary }).to_string()
}

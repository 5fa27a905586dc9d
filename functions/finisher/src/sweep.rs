//! The sweep: a stalled import is taken up where it stopped, or ended with the reason.

use std::collections::HashSet;
use std::time::Duration;

use domain::codes::FileCode;
use domain::imports::{ImportId, State, Trace, patience};
use domain::messages::Message;
use domain::plan::Wave;
use jiff::Timestamp;
use runtime::queue::note_trace;
use steps::{Resumed, Settled, StepError, counters_so_far, fail, resume, send_tail_batch, settle};
use stores::imports::{Import, Listed};
use stores::queues::Origin;
use stores::{StoreError, Written};
use tracing::Instrument as _;
use tracing::field::Empty;

use crate::Finisher;

/// Imports of one listing.
const LISTED: usize = 200;
/// How long an upload may take beyond the validity of its URL: an upload that began in time may finish.
const UPLOAD_GRACE: Duration = Duration::from_secs(60 * 60);

impl Finisher {
    /// Looks at every open import, and at those whose end is not delivered. With `stalled` zero, every worker is known
    /// to be dead, and nothing is waited for.
    pub(crate) async fn sweep(&self, stalled: Duration) -> Result<(), StepError> {
        let mut swept = Ok(());
        let mut listed_open = HashSet::new();
        for which in [Listed::Open, Listed::Undelivered] {
            let mut before: Option<ImportId> = None;
            loop {
                let ids = self.stores.imports.list(which, LISTED, before).await?;
                for id in &ids {
                    let span = tracing::info_span!("sweep", import = %id, trace = Empty);
                    let one = async {
                        match which {
                            Listed::Undelivered => self.deliver_overdue(*id, stalled).await,
                            Listed::Open | Listed::All => self.sweep_one(*id, stalled).await,
                        }
                    };
                    // An import that cannot be looked after must not keep the sweep from the others.
                    if let Err(error) = one.instrument(span.clone()).await {
                        span.in_scope(|| tracing::error!(%error, "the sweep could not look after an import"));
                        swept = Err(error);
                    }
                }
                before = ids.last().copied();
                if which == Listed::Open {
                    listed_open.extend(&ids);
                }
                if ids.len() < LISTED {
                    break;
                }
            }
        }
        if let Err(error) = self.forget_ended(&listed_open).await {
            tracing::error!(%error, "the sweep could not look after the open imports");
            swept = Err(error);
        }
        if let Err(error) = self.end_erasures().await {
            tracing::error!(%error, "the sweep could not look after erasures");
            swept = Err(error);
        }
        swept
    }

    /// Takes imports that have ended out of the list of open ones, should that have been lost at their end. Those that were
    /// open a moment ago are left to the next sweep.
    async fn forget_ended(&self, open: &HashSet<ImportId>) -> Result<(), StepError> {
        for id in self.stores.imports.open_ids().await?.into_iter().filter(|id| !open.contains(id)) {
            if self.stores.imports.get(id).await?.is_none_or(|import| import.ended_at.is_some()) {
                self.stores.imports.note_ended(id).await?;
            }
        }
        Ok(())
    }

    /// Has the erasures ended that nobody can undo any more.
    async fn end_erasures(&self) -> Result<(), StepError> {
        let mut after = None;
        loop {
            let listed = self.stores.erasures.list(LISTED, after).await?;
            if listed.is_empty() {
                return Ok(());
            }
            let (open, now) = (self.stores.imports.open_ids().await?, self.stores.clock.now());
            for erasure in listed.iter().filter(|erasure| erasure.can_end(&open, now)) {
                let message = Message::EndErasure { customer: erasure.customer, import: erasure.up_to };
                let origin = Origin { import: erasure.up_to, trace: Trace::for_import(erasure.up_to) };
                self.stores.queues.send(&origin, &message).await?;
            }
            after = listed.last().map(|erasure| erasure.customer);
        }
    }

    async fn sweep_one(&self, id: ImportId, stalled: Duration) -> Result<(), StepError> {
        match self.stores.imports.get(id).await? {
            Some(import) if import.state == State::AwaitingUpload => self.look_for_upload(&import, stalled).await,
            Some(import) => self.take_up_if_stalled(&import, stalled).await,
            None => Ok(()),
        }
    }

    async fn take_up_if_stalled(&self, import: &Import, stalled: Duration) -> Result<(), StepError> {
        let now = self.stores.clock.now();
        let progress = self.progress(import).await?;
        let unchanged_since = import.last_seen.as_ref().filter(|(seen, _)| *seen == progress).map(|(_, at)| *at);
        let Some(since) = unchanged_since else {
            if stalled.is_zero() {
                return self.take_up(import, &progress, now).await;
            }
            return self.remember(import.id, &progress, now).await.map_err(StepError::from);
        };
        let unchanged_for = now.as_millisecond() - i64::try_from(since).unwrap_or(i64::MAX);
        let is_stalled =
            |has_backlog| unchanged_for >= millis(patience(stalled, import.state, import.taken_up, has_backlog));
        // The queues are asked only about an import that is stalled unless they hold its messages.
        if is_stalled(false) && (is_stalled(true) || !self.stores.queues.has_backlog().await?) {
            return self.take_up(import, &progress, now).await;
        }
        Ok(())
    }

    async fn take_up(&self, import: &Import, progress: &str, now: Timestamp) -> Result<(), StepError> {
        figures::import_stalled();
        note_trace(&import.trace);
        tracing::warn!(state = import.state.as_str(), "an import is stalled; it is taken up again");
        if import.state == State::Importing && resume(&self.stores, import.id).await? == Resumed::Yes {
            let _unless_it_ended = self.stores.imports.resumed(import.id, progress, now).await?;
            return Ok(());
        }
        let Some(import) = self.stores.imports.split_again(import.id, progress, now).await? else { return Ok(()) };
        match import.state {
            State::Checking | State::Importing => self.split_again(&import).await?,
            State::Finishing => self.finish_again(&import).await?,
            State::Failed | State::Cancelled => self.settle_again(&import).await?,
            State::AwaitingUpload | State::Completed => {}
        }
        Ok(())
    }

    async fn finish_again(&self, import: &Import) -> Result<(), StoreError> {
        self.stores.queues.send(&import.origin(), &Message::Finish { import: import.id }).await
    }

    /// Has a stopped import ended, and those of its batches processed that it waits for and whose messages may be lost.
    /// The message is sent first: it comes again until it is done with, while a sweep that dies begins anew much later.
    async fn settle_again(&self, import: &Import) -> Result<(), StepError> {
        self.finish_again(import).await?;
        if let Settled::WaitsFor(batches) = settle(&self.stores, import).await? {
            if import.wave == Wave::TAIL {
                for batch in batches {
                    send_tail_batch(&self.stores, import, batch).await?;
                }
            } else {
                self.split_again(import).await?;
            }
        }
        Ok(())
    }

    /// Goes on with an import whose file exists but whose event was lost, or fails it when its upload URL has expired.
    async fn look_for_upload(&self, import: &Import, stalled: Duration) -> Result<(), StepError> {
        let now = self.stores.clock.now();
        let is_expired = now > import.upload_until + UPLOAD_GRACE;
        let is_quiet = now.duration_since(import.id.launched()).as_millis() >= i128::from(millis(stalled));
        if !is_expired && !is_quiet {
            return Ok(());
        }
        if !is_expired && self.stores.imports.setup(import).await?.request.undoes.is_some() {
            let message = Message::MakeUndoFile { import: import.id };
            return Ok(self.stores.queues.send(&import.origin(), &message).await?);
        }
        let (code, message) = match self.stores.bucket.head(&import.object_key).await {
            Ok(Some(_)) => return Ok(self.split_again(import).await?),
            Err(StoreError::ObjectMissing) => (
                FileCode::FileUnreadable,
                "Muster may not look for the file. Have the bucket's permissions looked at, and start a new import.",
            ),
            Ok(None) => {
                (FileCode::UploadExpired, "No file was uploaded before the upload URL expired. Start a new import.")
            }
            Err(error) => return Err(error.into()),
        };
        if is_expired { Ok(fail(&self.stores, import, code, message).await?) } else { Ok(()) }
    }

    async fn split_again(&self, import: &Import) -> Result<(), StoreError> {
        self.stores.queues.send(&import.origin(), &Message::Split { import: import.id }).await
    }

    async fn remember(&self, id: ImportId, progress: &str, now: Timestamp) -> Result<(), StoreError> {
        match self.stores.imports.remember_progress(id, progress, now).await? {
            // It ended meanwhile, so nothing has to be compared any more.
            Written::Done | Written::Superseded => Ok(()),
        }
    }

    /// What of an import changes while it goes on.
    async fn progress(&self, import: &Import) -> Result<String, StoreError> {
        let rows = counters_so_far(&self.stores, import).await?.rows();
        let (state, wave, sent) = (import.state.as_str(), import.wave, import.file_parts_done.len());
        Ok(format!("{state}/{}/{rows}/{wave}/{sent}/{}", import.bytes_done, import.dispatched))
    }
}

fn millis(duration: Duration) -> i64 {
    i64::try_from(duration.as_millis()).unwrap_or(i64::MAX)
}

//! The sweep: a task that stands still is taken up where it stands, or ended with the reason.

use std::collections::BTreeSet;
use std::time::Duration;

use jiff::Timestamp;
use shared::figures;
use shared::ledger::Next;
use shared::outcome::FileCode;
use shared::progress::ProgressError;
use shared::store::StoreError;
use shared::store::tasks::{Listed, Task};
use shared::task::{Counters, State, TaskId};
use tracing::field::Empty;
use tracing::{Instrument as _, Span};

use crate::Finisher;

/// Tasks of one page of the lists that are gone through.
const TASKS: usize = 200;
/// What an upload may take longer than its URL is good: one that began in time is let finish.
const UPLOAD_GRACE: Duration = Duration::from_secs(60 * 60);

impl Finisher {
    /// Looks at every open task, and at those whose end was not told. With `stalled` zero, all workers are known to be dead, and nothing is waited for.
    pub(crate) async fn sweep(&self, stalled: Duration) -> Result<(), ProgressError> {
        let mut swept = Ok(());
        for which in [Listed::Open, Listed::Unannounced] {
            let mut before: Option<TaskId> = None;
            loop {
                let ids = self.progress.tasks.list(which, TASKS, before).await?;
                for id in &ids {
                    let span = tracing::info_span!("task", task = %id, trace = Empty);
                    let looked = async {
                        match which {
                            Listed::Unannounced => self.announce_again(*id, stalled).await,
                            _ => self.look_after_one(*id, stalled).await,
                        }
                    };
                    // One that cannot be looked after keeps nobody from looking after the others.
                    if let Err(error) = looked.instrument(span.clone()).await {
                        span.in_scope(|| tracing::error!(%error, "a task could not be looked after"));
                        swept = Err(error);
                    }
                }
                before = ids.last().copied();
                if ids.len() < TASKS {
                    break;
                }
            }
        }
        swept
    }

    async fn look_after_one(&self, id: TaskId, stalled: Duration) -> Result<(), ProgressError> {
        match self.progress.tasks.task(id).await? {
            Some(task) => self.look_after(&task, stalled).await,
            None => Ok(()),
        }
    }

    async fn look_after(&self, task: &Task, stalled: Duration) -> Result<(), ProgressError> {
        let now = self.progress.clock.now();
        if task.state == State::AwaitingUpload {
            return self.look_for_upload(task, stalled, now).await;
        }
        // A report may take as long as a function runs, and its message comes again by itself.
        let stalled = if task.state == State::Finishing { stalled * 4 } else { stalled };
        let looks = self.looks(task).await?;
        let since = task.seen.as_ref().filter(|(seen, _)| *seen == looks).map(|(_, at)| *at);
        let stands = match since {
            _ if stalled.is_zero() => true,
            Some(at) => now.as_millisecond() - i64::try_from(at).unwrap_or(i64::MAX) >= millis(stalled),
            None => false,
        };
        if !stands {
            if since.is_none() {
                self.progress.tasks.seen(task.id, &looks, now).await?;
            }
            return Ok(());
        }
        figures::stands_still();
        Span::current().record("trace", task.trace.root());
        tracing::warn!(state = task.state.as_str(), "a task stands still; it is taken up again");
        match task.state {
            State::Checking | State::Importing => {
                if task.state == State::Importing && self.resume_ordered(task).await? {
                    self.progress.tasks.seen(task.id, &looks, now).await?;
                    return Ok(());
                }
                if self.progress.tasks.dispatch_again(task.id, &looks, now).await? {
                    self.progress.queues.go_on(&task.origin()).await?;
                }
            }
            State::Finishing => {
                self.progress.queues.finish(&task.origin()).await?;
                self.progress.tasks.seen(task.id, &looks, now).await?;
            }
            _ => {}
        }
        Ok(())
    }

    /// Once the parallel lane is counted, exactly one ordered batch is due: it is sent again. True: it was.
    async fn resume_ordered(&self, task: &Task) -> Result<bool, ProgressError> {
        let ledger = task.ledger;
        if !task.dispatched || ledger.parallel == 0 {
            return Ok(false);
        }
        let mut done = BTreeSet::new();
        for page in self.progress.tasks.pages(task.id).await? {
            if page.done.len() >= ledger.page_size(page.number) as usize && !page.folded {
                self.progress.tasks.fold(task.id, &page).await?;
            }
            done.extend(page.done);
        }
        let folded = self.progress.tasks.task(task.id).await?.map_or(0, |task| task.pages_folded);
        if !(0..ledger.parallel).all(|number| done.contains(&number)) {
            return Ok(false);
        }
        let due = ledger.numbers().find(|number| !done.contains(number));
        match due.map_or(Next::Finish, Next::Ordered) {
            Next::Ordered(number) => {
                self.progress.send_ordered(task, number).await?;
                Ok(true)
            }
            Next::Finish if folded >= ledger.pages() => {
                if self.progress.tasks.begin_finishing(task.id, ledger.pages()).await? {
                    self.progress.queues.finish(&task.origin()).await?;
                }
                Ok(true)
            }
            Next::Finish | Next::Wait => Ok(false),
        }
    }

    async fn look_for_upload(&self, task: &Task, stalled: Duration, now: Timestamp) -> Result<(), ProgressError> {
        let expired = now > task.upload_until + UPLOAD_GRACE;
        let quiet = now.duration_since(task.id.launched()).as_millis() >= i128::from(millis(stalled));
        if !expired && !quiet {
            return Ok(());
        }
        match self.progress.objects.head(&task.object_key).await {
            // The file is there and its event was lost.
            Ok(Some(_)) => return Ok(self.progress.queues.go_on(&task.origin()).await?),
            Err(StoreError::ObjectMissing) if expired => {
                let message = "Muster may not look for the file. Have the bucket's permissions looked at, and start a new import.";
                return self.fail(task, FileCode::FileUnreadable, message).await;
            }
            Ok(None) | Err(StoreError::ObjectMissing) => {}
            Err(error) => return Err(error.into()),
        }
        if expired {
            let message = "No file was uploaded before the upload URL expired. Start a new import.";
            return self.fail(task, FileCode::UploadExpired, message).await;
        }
        Ok(())
    }

    /// What of a task changes while it goes on.
    async fn looks(&self, task: &Task) -> Result<String, ProgressError> {
        let mut counted: Counters = task.counters.clone();
        for page in self.progress.tasks.pages(task.id).await? {
            if !page.folded {
                counted.add(&page.counters);
            }
        }
        Ok(format!("{}/{}/{}/{}", task.state.as_str(), task.bytes_done, counted.rows(), task.dispatched))
    }
}

fn millis(duration: Duration) -> i64 {
    i64::try_from(duration.as_millis()).unwrap_or(i64::MAX)
}

//! What is done behind a batch that is counted.

use std::time::Duration;

use domain::imports::ImportId;
use domain::messages::{BatchMessage, Message};
use jiff::SignedDuration;
use steps::{Delivery, advance, batch_records, former_of};
use stores::imports::{Import, Intent, LedgerPage};

use crate::batch::Undo;
use crate::{BatchError, Received, RowProcessor};

/// After this time no worker runs any more that ran before it: twice the timeout of the function.
const WORKERS_GONE: Duration = Duration::from_secs(120);
/// An import that ended longer ago than this has no worker left, though the clocks of two machines differ by minutes.
const LONG_ENDED: SignedDuration = SignedDuration::from_mins(15);

/// A batch that is counted.
pub(crate) struct Counted {
    pub(crate) import: Import,
    pub(crate) intent: Intent,
    /// What is put back, if the import is an undo.
    pub(crate) undo: Option<Undo>,
}

impl RowProcessor {
    /// What follows a batch is done by the delivery that counted it. A delivery that finds it counted does it again
    /// only if the message came before, because the other delivery may then have died. If every copy of a message
    /// did it, every copy would send the next batch of the tail again, and the copies would multiply along it.
    pub(crate) async fn counted_before(
        &self,
        message: &BatchMessage,
        page: &LedgerPage,
        received: Received,
    ) -> Result<(), BatchError> {
        if received.receives == 1 {
            return Ok(());
        }
        advance(&self.stores, message.import, message.batch, page, Delivery::Again).await?;
        let Some(counted) = self.counted(message).await? else { return Ok(()) };
        let former = match &counted.undo {
            None => former_of(&self.stores, message.import, message.batch).await?,
            Some(undo) => undo.former(),
        };
        self.remove_traces(message.import, &former, &counted.intent).await?;
        match &counted.undo {
            None => Ok(()),
            Some(undo) => self.undo_again_later(message, &counted.import, undo.terms.undoes).await,
        }
    }

    /// A counted batch with what it was decided on; none of a forecast, which leaves nothing.
    pub(crate) async fn counted(&self, message: &BatchMessage) -> Result<Option<Counted>, BatchError> {
        let (id, number) = (message.import, message.batch);
        let Some(import) = self.stores.imports.get(id).await?.filter(|import| import.plan == message.plan) else {
            return Ok(None);
        };
        let setup = self.setup(&import).await?;
        let Some(checked) = setup.checked.as_ref().filter(|_| !setup.request.dry_run) else { return Ok(None) };
        let records = batch_records(&self.stores, message, checked).await?;
        let Some(intent) = self.stores.intents.get(id, number, &records.numbers()).await? else { return Ok(None) };
        let undo = match setup.request.undoes {
            Some(undoes) => Some(self.undo(id, undoes, &records).await?),
            None => None,
        };
        Ok(Some(Counted { import, intent, undo }))
    }

    /// Has a batch of an undo taken back once more when the workers are gone that the import had at its end.
    pub(crate) async fn undo_again_later(
        &self,
        message: &BatchMessage,
        undo: &Import,
        undoes: ImportId,
    ) -> Result<(), BatchError> {
        let ended_at = self.stores.imports.get(undoes).await?.and_then(|import| import.ended_at);
        if ended_at.is_some_and(|ended_at| self.stores.clock.now().duration_since(ended_at) > LONG_ENDED) {
            return Ok(());
        }
        let again = Message::UndoAgain(message.clone());
        Ok(self.stores.queues.send_later(&undo.origin(), &again, WORKERS_GONE).await?)
    }
}

//! Why a step could not be taken.

use domain::messages::NotAMessage;
use domain::plan::WrongCount;
use stores::StoreError;

/// A step could not be taken.
#[derive(Debug, thiserror::Error)]
pub enum StepError {
    /// A store failed.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// The object of a batch holds no rows.
    #[error(transparent)]
    NotAMessage(#[from] NotAMessage),
    /// The text of a batch does not have its rows.
    #[error(transparent)]
    WrongCount(#[from] WrongCount),
    /// A message of a plan that the import does not have.
    #[error("the message belongs to another plan of the file")]
    OtherPlan,
    /// The import was stopped just now, and whether it waits for the batch is not decided yet.
    #[error("the import is being stopped; whether it waits for the batch is decided soon")]
    Stopping,
    /// Other attempts at the batch kept amending its intent.
    #[error("other attempts at the batch kept amending its intent")]
    Contended,
    /// A batch or a report of an import whose file is not checked.
    #[error("the import's file is not checked")]
    NotChecked,
}

impl StepError {
    /// Whether the same step may succeed later.
    pub const fn can_retry(&self) -> bool {
        match self {
            Self::Store(error) => error.can_retry(),
            Self::Stopping | Self::Contended => true,
            Self::NotAMessage(_) | Self::WrongCount(_) | Self::NotChecked | Self::OtherPlan => false,
        }
    }
}

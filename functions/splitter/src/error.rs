//! Why a splitter could not go on this time.

use domain::plan::{BadLaterRows, NotAsChecked};
use stores::StoreError;
use stores::imports::LeaseError;

/// A splitter could not go on this time.
#[derive(Debug, thiserror::Error)]
pub(crate) enum SplitError {
    #[error(transparent)]
    Store(#[from] StoreError),
    #[error("the lease on the import was lost to another splitter, or the import has ended")]
    LeaseLost,
    #[error(transparent)]
    LaterRows(#[from] BadLaterRows),
    #[error(transparent)]
    NotAsChecked(#[from] NotAsChecked),
    #[error("an import of the inbox could not be recorded beside others that are launched")]
    NotLaunched,
    #[error("the check result of an import that is past its check is missing")]
    NotChecked,
}

impl From<LeaseError> for SplitError {
    fn from(error: LeaseError) -> Self {
        match error {
            LeaseError::Lost => Self::LeaseLost,
            LeaseError::Store(error) => Self::Store(error),
        }
    }
}

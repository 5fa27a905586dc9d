//! Why a splitter could not go on this time.

use domain::plan::BadSnapshot;
use stores::StoreError;
use stores::imports::LeaseError;

/// A splitter could not go on this time.
#[derive(Debug, thiserror::Error)]
pub(crate) enum SplitError {
    #[error(transparent)]
    Store(#[from] StoreError),
    #[error("the lease on the import was lost to another splitter, or the import has ended")]
    LeaseLost,
    #[error("the work so far cannot be read back: {0}")]
    Snapshot(#[from] BadSnapshot),
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

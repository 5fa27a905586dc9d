//! Why a store could not do what it was asked.

use aws_smithy_types::error::display::DisplayErrorContext;
use aws_smithy_types::error::metadata::ProvideErrorMetadata;

/// A store could not do what it was asked. The message names the call and the service's own code, and never an item.
#[derive(Debug, thiserror::Error)]
pub enum StoreError {
    /// The service refused the call, or did not answer.
    #[error("{call} failed: {code}: {message}")]
    Refused {
        /// The API call.
        call: &'static str,
        /// The service's code.
        code: String,
        /// The service's message.
        message: String,
    },
    /// Something stored is not as this version of Muster writes it.
    #[error("a stored {what} cannot be read: {why}")]
    Malformed {
        /// What it should be.
        what: &'static str,
        /// What is wrong with it.
        why: String,
    },
    /// The object changed or went away while it was read.
    #[error("the object is not the one that was checked any more")]
    ObjectChanged,
    /// The object does not exist, or may not be read.
    #[error("the object does not exist, or may not be read")]
    ObjectMissing,
}

impl StoreError {
    /// Whether the same call may succeed later. What is malformed, changed or gone stays so.
    pub const fn can_retry(&self) -> bool {
        matches!(self, Self::Refused { .. })
    }

    /// Something stored that this version did not write so.
    pub fn malformed(what: &'static str, why: impl ToString) -> Self {
        Self::Malformed { what, why: why.to_string() }
    }
}

/// Turns an error of the SDK into ours: the service's code and message or, if there was no answer, how the call was
/// lost.
pub(crate) fn refused<E>(call: &'static str) -> impl FnOnce(E) -> StoreError
where
    E: ProvideErrorMetadata + std::error::Error,
{
    move |error| {
        let code = error.code().unwrap_or("no answer").to_owned();
        let message = match error.message() {
            Some(message) => message.to_owned(),
            None => DisplayErrorContext(&error).to_string(),
        };
        StoreError::Refused { call, code, message }
    }
}

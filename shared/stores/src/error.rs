//! Why a store could not do what it was asked, and whether asking again can help.

use aws_smithy_runtime_api::client::orchestrator::HttpResponse;
use aws_smithy_runtime_api::client::result::SdkError;
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
        /// What kind of refusal the code stands for.
        refusal: Refusal,
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

/// What kind of refusal a call met.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Refusal {
    /// There were too many calls. The same call succeeds later, if there are fewer.
    Throttled,
    /// Another write of the same item was under way. The same call succeeds in a moment.
    Conflict,
    /// The service failed or did not answer, so the call may have taken effect. The same call may succeed later.
    Unavailable,
    /// The service refuses what the call asks for. The same call is refused each time.
    Permanent,
}

impl Refusal {
    /// Whether the same call may succeed later.
    pub const fn can_retry(self) -> bool {
        match self {
            Self::Throttled | Self::Conflict | Self::Unavailable => true,
            Self::Permanent => false,
        }
    }

    /// What an error stands for, by its code, its message and the status of the answer; none of them is there if there
    /// was no answer. Codes are those of whole calls and those of single statements and writes of a batch.
    fn of(code: Option<&str>, message: &str, status: Option<u16>) -> Self {
        match code {
            // A transaction fails for the reasons of its writes, which the message lists: `[None, TransactionConflict]`.
            Some("TransactionCanceledException") => Self::of_cancelled(message),
            Some(
                "TransactionConflictException"
                | "TransactionConflict"
                | "TransactionInProgressException"
                | "ReplicatedWriteConflictException"
                | "ConditionalRequestConflict"
                | "OperationAborted",
            ) => Self::Conflict,
            Some(
                "ProvisionedThroughputExceededException"
                | "ProvisionedThroughputExceeded"
                | "Throttling"
                | "ThrottlingException"
                | "ThrottlingError"
                | "ThrottledException"
                | "RequestLimitExceeded"
                | "RequestThrottled"
                | "RequestThrottledException"
                | "TooManyRequestsException"
                | "LimitExceededException"
                | "BandwidthLimitExceeded"
                | "SlowDown"
                | "OverLimit"
                | "KmsThrottled",
            ) => Self::Throttled,
            Some(
                "InternalServerError" | "InternalError" | "InternalFailure" | "InternalException" | "ServiceUnavailable"
                | "RequestTimeout" | "RequestTimeoutException"
                // New credentials and a clock that is set mend these.
                | "ExpiredToken" | "ExpiredTokenException" | "RequestExpired" | "RequestTimeTooSkewed",
            ) => Self::Unavailable,
            _ => match status {
                Some(429) => Self::Throttled,
                Some(409) => Self::Conflict,
                Some(408) => Self::Unavailable,
                Some(400..500) => Self::Permanent,
                // A single write or statement has no status. What is not known of it will be refused again.
                None if code.is_some() => Self::Permanent,
                _ => Self::Unavailable,
            },
        }
    }

    fn of_cancelled(message: &str) -> Self {
        let names = |reasons: &[&str]| reasons.iter().any(|reason| message.contains(reason));
        if names(&["ValidationError", "ItemCollectionSizeLimitExceeded", "AccessDenied"]) {
            Self::Permanent
        } else if names(&["ThrottlingError", "ProvisionedThroughputExceeded"]) {
            Self::Throttled
        } else {
            Self::Conflict
        }
    }
}

impl StoreError {
    /// Whether the same call may succeed later. What is malformed, changed or gone stays so, and a call that is invalid
    /// stays invalid.
    pub const fn can_retry(&self) -> bool {
        match self {
            Self::Refused { refusal, .. } => refusal.can_retry(),
            Self::Malformed { .. } | Self::ObjectChanged | Self::ObjectMissing => false,
        }
    }

    /// Something stored that this version did not write so.
    pub fn malformed(what: &'static str, why: impl ToString) -> Self {
        Self::Malformed { what, why: why.to_string() }
    }

    /// One write, statement or message of a call that the service refused, while it answered the call as a whole.
    pub(crate) fn refused_entry(call: &'static str, code: impl Into<String>, message: impl Into<String>) -> Self {
        let (code, message) = (code.into(), message.into());
        let refusal = Refusal::of(Some(&code), &message, None);
        Self::Refused { call, code, message, refusal }
    }
}

/// Turns an error of the SDK into ours: the service's code and message or, if there was no answer, how the call was
/// lost.
pub(crate) fn refused<E>(call: &'static str) -> impl FnOnce(SdkError<E, HttpResponse>) -> StoreError
where
    E: ProvideErrorMetadata + std::error::Error + 'static,
{
    move |error| {
        let message = match error.message() {
            Some(message) => message.to_owned(),
            None => DisplayErrorContext(&error).to_string(),
        };
        let status = error.raw_response().map(|response| response.status().as_u16());
        let refusal = match error {
            SdkError::ConstructionFailure(_) => Refusal::Permanent,
            _ => Refusal::of(error.code(), &message, status),
        };
        let code = error.code().unwrap_or("no answer").to_owned();
        StoreError::Refused { call, code, message, refusal }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn codes_and_statuses_say_whether_the_same_call_can_succeed_later() {
        use Refusal::{Conflict, Permanent, Throttled, Unavailable};
        for (code, message, status, refusal) in [
            // Whole calls of tables.
            (Some("ProvisionedThroughputExceededException"), "", Some(400), Throttled),
            (Some("ThrottlingException"), "", Some(400), Throttled),
            (Some("RequestLimitExceeded"), "", Some(400), Throttled),
            (Some("TransactionConflictException"), "", Some(400), Conflict),
            (Some("ValidationException"), "", Some(400), Permanent),
            (Some("ItemCollectionSizeLimitExceededException"), "", Some(400), Permanent),
            (Some("ResourceNotFoundException"), "", Some(400), Permanent),
            (Some("AccessDeniedException"), "", Some(400), Permanent),
            (Some("InternalServerError"), "", Some(500), Unavailable),
            (Some("TransactionCanceledException"), "reasons [None, TransactionConflict]", Some(400), Conflict),
            (Some("TransactionCanceledException"), "reasons [ThrottlingError, None]", Some(400), Throttled),
            (Some("TransactionCanceledException"), "reasons [ValidationError]", Some(400), Permanent),
            // Single statements.
            (Some("ThrottlingError"), "", None, Throttled),
            (Some("ProvisionedThroughputExceeded"), "", None, Throttled),
            (Some("TransactionConflict"), "", None, Conflict),
            (Some("InternalServerError"), "", None, Unavailable),
            (Some("ValidationError"), "", None, Permanent),
            (Some("ItemCollectionSizeLimitExceeded"), "", None, Permanent),
            (Some("AccessDenied"), "", None, Permanent),
            // The bucket and the queues.
            (Some("SlowDown"), "", Some(503), Throttled),
            (Some("ConditionalRequestConflict"), "", Some(409), Conflict),
            (Some("RequestTimeout"), "", Some(400), Unavailable),
            (Some("AccessDenied"), "", Some(403), Permanent),
            (Some("ExpiredToken"), "", Some(400), Unavailable),
            // Answers without a code, and none at all.
            (None, "", Some(503), Unavailable),
            (None, "", Some(429), Throttled),
            (None, "", Some(403), Permanent),
            (None, "", None, Unavailable),
        ] {
            let found = Refusal::of(code, message, status);
            assert_eq!(found, refusal, "{code:?} {message} {status:?}");
            assert_eq!(found.can_retry(), refusal != Permanent);
        }
    }
}

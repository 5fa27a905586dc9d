//! The bodies of requests: how large they may be, and how long they may take.

use std::time::Duration;

use http::StatusCode;
use http_body::Body;
use http_body_util::{BodyExt as _, LengthLimitError, Limited};
use hyper::body::{Bytes, Incoming};
use tower_http::timeout::TimeoutBody;

/// How long a body that is read as a whole may take.
const WITHIN: Duration = Duration::from_secs(60);
/// How long a body that is read piece by piece may be silent.
const SILENCE: Duration = Duration::from_secs(30);

/// A body that could not be read.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub(crate) enum Unread {
    /// It is too large.
    #[error("the body is larger than {0} bytes")]
    TooLarge(usize),
    /// It did not arrive in time.
    #[error("the body did not arrive within {} seconds", .0.as_secs())]
    TooSlow(Duration),
    /// It broke off.
    #[error("the body broke off")]
    BrokenOff,
}

impl Unread {
    /// The status that says so.
    pub(crate) const fn status(self) -> StatusCode {
        match self {
            Self::TooLarge(_) => StatusCode::PAYLOAD_TOO_LARGE,
            Self::TooSlow(_) => StatusCode::REQUEST_TIMEOUT,
            Self::BrokenOff => StatusCode::BAD_REQUEST,
        }
    }
}

/// Reads a body of at most so many bytes.
pub(crate) async fn whole(body: Incoming, largest: usize) -> Result<Bytes, Unread> {
    whole_within(body, largest, WITHIN).await
}

async fn whole_within<B>(body: B, largest: usize, within: Duration) -> Result<Bytes, Unread>
where
    B: Body<Data = Bytes>,
    B::Error: Into<Box<dyn std::error::Error + Send + Sync>>,
{
    match tokio::time::timeout(within, Limited::new(body, largest).collect()).await {
        Ok(Ok(body)) => Ok(body.to_bytes()),
        Ok(Err(error)) if error.is::<LengthLimitError>() => Err(Unread::TooLarge(largest)),
        Ok(Err(_)) => Err(Unread::BrokenOff),
        Err(_) => Err(Unread::TooSlow(within)),
    }
}

/// A body that breaks off once it has been silent for too long. As a whole it may take any time.
pub(crate) fn that_keeps_coming(body: Incoming) -> s3s::Body {
    // The store checks the signature of a request without a body in another way, so an empty body must look empty.
    if body.is_end_stream() {
        return s3s::Body::from(body);
    }
    s3s::Body::http_body_unsync(TimeoutBody::new(SILENCE, body))
}

#[cfg(test)]
mod tests {
    use std::convert::Infallible;
    use std::pin::Pin;
    use std::task::{Context, Poll};

    use http_body::Frame;
    use http_body_util::Full;

    use super::*;

    /// A body that never arrives.
    struct Silent;

    impl Body for Silent {
        type Data = Bytes;
        type Error = Infallible;

        fn poll_frame(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<Option<Result<Frame<Bytes>, Infallible>>> {
            Poll::Pending
        }
    }

    #[tokio::test(start_paused = true)]
    async fn a_body_that_does_not_come_and_one_that_is_too_large_are_refused() {
        let within = Duration::from_secs(60);
        assert_eq!(whole_within(Silent, 9, within).await, Err(Unread::TooSlow(within)));
        let body = || Full::new(Bytes::from_static(b"0123456789"));
        assert_eq!(whole_within(body(), 9, within).await, Err(Unread::TooLarge(9)));
        assert_eq!(whole_within(body(), 10, within).await.as_deref(), Ok(&b"0123456789"[..]));
    }

    #[tokio::test(start_paused = true)]
    async fn a_body_that_falls_silent_breaks_off() {
        let body = TimeoutBody::new(SILENCE, Silent);
        assert!(body.collect().await.is_err());
    }
}

//! The time, from where the SDK's clients have it: one clock for signatures, leases and stamps, which tests may own.

use std::time::SystemTime;

use aws_config::SdkConfig;
use aws_smithy_async::time::SharedTimeSource;
use jiff::Timestamp;

/// A clock.
#[derive(Debug, Clone)]
pub struct Clock(Option<SharedTimeSource>);

impl Clock {
    /// The clock of this configuration; the system's, when it names none.
    pub fn of(sdk: &SdkConfig) -> Self {
        Self(sdk.time_source())
    }

    /// The time.
    pub fn now(&self) -> Timestamp {
        let now = self.0.as_ref().map_or_else(SystemTime::now, |source| source.now());
        // A clock that stands outside of the years -9999 to 9999 is no clock.
        Timestamp::try_from(now).unwrap_or(Timestamp::UNIX_EPOCH)
    }
}

//! The time, taken from where the SDK's clients take it, so that signatures, leases and stamps follow one clock and a
//! test can set it.

use std::time::SystemTime;

use aws_config::SdkConfig;
use aws_smithy_async::time::SharedTimeSource;
use jiff::Timestamp;

/// A clock.
#[derive(Debug, Clone)]
pub struct Clock(Option<SharedTimeSource>);

impl Clock {
    /// The clock of this configuration, or the system's if it names none.
    pub fn from_sdk(sdk: &SdkConfig) -> Self {
        Self(sdk.time_source())
    }

    /// The time.
    pub fn now(&self) -> Timestamp {
        let now = self.0.as_ref().map_or_else(SystemTime::now, |source| source.now());
        // Timestamps reach from the year -9999 to 9999: a clock outside of that is broken.
        Timestamp::try_from(now).unwrap_or(Timestamp::UNIX_EPOCH)
    }
}

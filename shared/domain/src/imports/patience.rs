//! How long the sweep waits before it has the work of an import sent again.

use std::time::Duration;

use super::State;

/// Each time that an import is taken up without progress since, the wait doubles, so many times at most.
const DOUBLINGS: u32 = 6;
/// The same for an import on which one worker works under a lease. Its one message is all that is sent again, while
/// batches would be sent again by the thousand.
const DOUBLINGS_UNDER_LEASE: u32 = 2;
/// How much longer it waits while messages wait in the queues: they may be the import's own, or ahead of it.
const WITH_BACKLOG: u32 = 4;

/// How long an import in this state may stand still before it is taken up, when one that never was may for `stalled`.
pub fn patience(stalled: Duration, state: State, taken_up: u32, has_backlog: bool) -> Duration {
    let most = match state {
        State::AwaitingUpload | State::Checking | State::Finishing => DOUBLINGS_UNDER_LEASE,
        State::Importing | State::Completed | State::Failed | State::Cancelled => DOUBLINGS,
    };
    let doubled = stalled.saturating_mul(1 << taken_up.min(most));
    if has_backlog { doubled.saturating_mul(WITH_BACKLOG) } else { doubled }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_wait_grows_with_each_time_and_with_a_backlog_and_has_an_end() {
        let minutes = |minutes: u64| Duration::from_secs(minutes * 60);
        for (state, taken_up, has_backlog, expected) in [
            (State::Importing, 0, false, 10),
            (State::Importing, 1, false, 20),
            (State::Importing, 3, false, 80),
            (State::Importing, 0, true, 40),
            (State::Importing, 6, false, 640),
            (State::Cancelled, 100, true, 2_560),
            (State::Checking, 1, false, 20),
            (State::Finishing, 2, false, 40),
            (State::Finishing, 100, true, 160),
        ] {
            let found = patience(minutes(10), state, taken_up, has_backlog);
            assert_eq!(found, minutes(expected), "{state:?} {taken_up} {has_backlog}");
        }
        assert_eq!(patience(Duration::ZERO, State::Importing, 9, true), Duration::ZERO);
    }
}

//! How long the sweep waits before it has the work of an import sent again.

use std::time::Duration;

/// Each time that an import is taken up without progress since, the wait doubles, so many times at most.
const DOUBLINGS: u32 = 6;
/// How much longer it waits while messages wait in the queues: they may be the import's own, or ahead of it.
const WITH_BACKLOG: u32 = 4;

/// How long an import may stand still before it is taken up, when one that never was may for `stalled`.
pub fn patience(stalled: Duration, taken_up: u32, has_backlog: bool) -> Duration {
    let doubled = stalled.saturating_mul(1 << taken_up.min(DOUBLINGS));
    if has_backlog { doubled.saturating_mul(WITH_BACKLOG) } else { doubled }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_wait_grows_with_each_time_and_with_a_backlog_and_has_an_end() {
        let minutes = |minutes: u64| Duration::from_secs(minutes * 60);
        for (taken_up, has_backlog, expected) in
            [(0, false, 10), (1, false, 20), (3, false, 80), (0, true, 40), (6, false, 640), (100, true, 2_560)]
        {
            assert_eq!(patience(minutes(10), taken_up, has_backlog), minutes(expected), "{taken_up} {has_backlog}");
        }
        assert_eq!(patience(Duration::ZERO, 9, true), Duration::ZERO);
    }
}

//! Pauses between tries: each about twice as long as the one before, and spread so that many who failed together do not
//! come again together.
//!
//! The spread is a hash of who waits and of the try, not a random number: a simulated run can be replayed.

use std::time::Duration;

use xxhash_rust::xxh3::xxh3_64_with_seed;

/// The pauses of something that is tried again.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Pauses {
    /// The longest that the first pause can be; the longest of each further one is twice as long.
    pub first: Duration,
    /// The longest that any pause can be.
    pub longest: Duration,
}

/// Pauses before a message comes again whose handler failed. A fault that was mended within seconds costs seconds, and
/// a service that is down for minutes is not asked by every message all the time.
pub const FAILED_MESSAGE: Pauses = Pauses { first: Duration::from_secs(2), longest: Duration::from_secs(120) };

impl Pauses {
    /// The pause after the failure of this try, counted from 1: between half of the longest that it can be and all of
    /// it. The same name and try always give the same pause.
    pub fn after(&self, tries: u32, name: &str) -> Duration {
        let doublings = tries.saturating_sub(1).min(31);
        let most = self.first.saturating_mul(1 << doublings).min(self.longest);
        let hash = xxh3_64_with_seed(name.as_bytes(), u64::from(tries));
        // The upper 32 bits as a fraction of one.
        let fraction = f64::from(u32::try_from(hash >> 32).unwrap_or(u32::MAX)) / f64::from(u32::MAX);
        most.mul_f64(0.5 + fraction / 2.0)
    }
}

/// How many seconds a message stays invisible after its handler failed at this receive: at least one. SQS counts whole
/// seconds.
pub fn seconds_until_redelivery(receives: u32, message_id: &str) -> u32 {
    let pause = FAILED_MESSAGE.after(receives, message_id).as_secs_f64().round();
    // Two minutes at most, so this loses nothing.
    (pause as u32).max(1)
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    #[test]
    fn a_failed_message_comes_again_after_seconds_that_double_up_to_two_minutes() {
        for (receives, least, most) in [
            (0, 1, 2),
            (1, 1, 2),
            (2, 2, 4),
            (3, 4, 8),
            (4, 8, 16),
            (5, 16, 32),
            (6, 32, 64),
            (7, 60, 120),
            (8, 60, 120),
            (1_000, 60, 120),
            (u32::MAX, 60, 120),
        ] {
            for message in 0..500 {
                let seconds = seconds_until_redelivery(receives, &format!("message-{message}"));
                assert!((least..=most).contains(&seconds), "receive {receives}: {seconds} s");
            }
        }
    }

    #[test]
    fn messages_that_failed_together_come_again_apart_and_the_same_way_each_time() {
        let delays = || (0..200).map(|message| seconds_until_redelivery(6, &format!("m{message}"))).collect::<Vec<_>>();
        assert_eq!(delays(), delays());
        let distinct: BTreeSet<u32> = delays().into_iter().collect();
        assert!(distinct.len() > 25, "only {} different delays of 200", distinct.len());
        let of_one: BTreeSet<u32> = (7..20).map(|receives| seconds_until_redelivery(receives, "m")).collect();
        assert!(of_one.len() > 5, "{of_one:?}");
    }

    #[test]
    fn pauses_stay_between_half_of_their_longest_and_all_of_it() {
        let pauses = Pauses { first: Duration::from_millis(100), longest: Duration::from_secs(5) };
        for (tries, most) in [(1, 100), (2, 200), (3, 400), (6, 3_200), (7, 5_000), (40, 5_000)] {
            let pause = pauses.after(tries, "GetObject");
            let most = Duration::from_millis(most);
            assert!(pause >= most / 2 && pause <= most, "try {tries}: {pause:?}");
        }
    }
}

//! Wrong keys, counted by address, so that whoever guesses has to wait.

use std::collections::BTreeMap;
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use jiff::Timestamp;

/// Wrong keys of one address before it has to wait.
const MAX_TRIES: u32 = 10;
/// How long it waits.
const TRIES_WITHIN: Duration = Duration::from_secs(5 * 60);
/// Addresses that are remembered; beyond them the oldest are forgotten.
const MAX_ADDRESSES: usize = 10_000;

/// Wrong keys by address, in this process. Keys are random, so this only keeps the log and the list of keys from being
/// busy with somebody who guesses.
#[derive(Debug, Default)]
pub(crate) struct Tries(Mutex<BTreeMap<String, (u32, Timestamp)>>);

impl Tries {
    /// Whether an address has to wait.
    pub(crate) fn are_too_many(&self, address: &str, now: Timestamp) -> bool {
        let tries = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        tries.get(address).is_some_and(|(count, since)| *count >= MAX_TRIES && now < *since + TRIES_WITHIN)
    }

    /// Counts a wrong key of an address.
    pub(crate) fn add(&self, address: &str, now: Timestamp) {
        let mut tries = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if tries.len() >= MAX_ADDRESSES {
            tries.retain(|_, (_, since)| now < *since + TRIES_WITHIN);
        }
        let (count, since) = tries.entry(address.to_owned()).or_insert((0, now));
        if now >= *since + TRIES_WITHIN {
            (*count, *since) = (0, now);
        }
        *count += 1;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn whoever_guesses_keys_has_to_wait() {
        let (tries, now) = (Tries::default(), Timestamp::UNIX_EPOCH);
        for _ in 0..MAX_TRIES {
            assert!(!tries.are_too_many("a", now));
            tries.add("a", now);
        }
        assert!(tries.are_too_many("a", now) && !tries.are_too_many("b", now));
        assert!(!tries.are_too_many("a", now + TRIES_WITHIN));
    }
}

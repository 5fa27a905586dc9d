//! Faults on purpose, for tests. A seed decides which faults strike, so that a failure can be replayed.
//!
//! Whether a call fails depends on the seed, the name of the function, the number of its invocation and the number of
//! the call in it. Whether a delivery goes wrong depends on the seed, the name of the function and the number of the
//! delivery.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use rand::rngs::StdRng;
use rand::seq::SliceRandom as _;
use rand::{Rng as _, SeedableRng as _};

/// When the fault of a call strikes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum When {
    /// The service never sees the call.
    Before,
    /// The call takes effect, but its answer is lost.
    After,
}

/// The faults that strike in a stack. Unless some are added, nothing goes wrong and calls are only counted.
#[derive(Debug)]
pub struct Faults {
    seed: u64,
    kill: f64,
    throttle: f64,
    server_error: f64,
    duplicate: f64,
    delay: f64,
    longest_delay: Duration,
    reorder: bool,
    only: Option<BTreeSet<String>>,
    until_receive: u32,
    kill_at: Mutex<BTreeSet<(String, u64, When)>>,
    calls: Mutex<BTreeMap<String, u64>>,
    deliveries: AtomicU64,
    injected: Mutex<FaultCounts>,
}

/// How often each fault struck.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct FaultCounts {
    /// Invocations killed before a call.
    pub kills_before: u64,
    /// Invocations killed after a call took effect.
    pub kills_after: u64,
    /// Calls refused because there were too many.
    pub throttles: u64,
    /// Calls answered by a server error before they took effect.
    pub errors_before: u64,
    /// Calls answered by a server error after they took effect.
    pub errors_after: u64,
    /// Batches delivered twice.
    pub duplicates: u64,
    /// Batches delivered late.
    pub delays: u64,
    /// Receives whose messages were put into another order.
    pub reorders: u64,
}

/// The fault of one call.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum CallFault {
    Kill(When),
    Throttle,
    ServerError(When),
}

/// The fault of one delivery.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct DeliveryFault {
    /// How late the batch is delivered.
    pub(crate) delay: Option<Duration>,
    /// The batch is delivered a second time, this long after the first delivery began.
    pub(crate) duplicate: Option<Duration>,
}

impl Faults {
    /// No faults yet. The seed decides about those that are added.
    pub fn seeded(seed: u64) -> Faults {
        Faults {
            seed,
            kill: 0.0,
            throttle: 0.0,
            server_error: 0.0,
            duplicate: 0.0,
            delay: 0.0,
            longest_delay: Duration::ZERO,
            reorder: false,
            only: None,
            until_receive: 3,
            kill_at: Mutex::default(),
            calls: Mutex::default(),
            deliveries: AtomicU64::new(0),
            injected: Mutex::default(),
        }
    }

    /// Kills the invocation at this share of its calls, half of them before the call and half after it took effect.
    pub fn kill_percent(mut self, percent: f64) -> Faults {
        self.kill = percent / 100.0;
        self
    }

    /// Refuses this share of calls before they take effect, as a service does when there are too many.
    pub fn throttle_percent(mut self, percent: f64) -> Faults {
        self.throttle = percent / 100.0;
        self
    }

    /// Answers this share of calls with a server error, half of them after they took effect.
    pub fn server_error_percent(mut self, percent: f64) -> Faults {
        self.server_error = percent / 100.0;
        self
    }

    /// Delivers this share of batches a second time: at the same moment, or up to half a second later.
    pub fn duplicate_percent(mut self, percent: f64) -> Faults {
        self.duplicate = percent / 100.0;
        self
    }

    /// Delays this share of deliveries, each for up to `longest`.
    pub fn delay_percent(mut self, percent: f64, longest: Duration) -> Faults {
        self.delay = percent / 100.0;
        self.longest_delay = longest;
        self
    }

    /// Receives more messages at a time than a batch holds, and delivers them in another order.
    pub fn reorder(mut self) -> Faults {
        self.reorder = true;
        self
    }

    /// Lets faults strike this function, and others that are named in the same way. If none is named, the functions
    /// behind function URLs are spared, because nobody repeats their requests.
    pub fn only(mut self, function: &str) -> Faults {
        self.only.get_or_insert_default().insert(function.to_owned());
        self
    }

    /// Spares calls for messages that were received more than `receives` times, 3 by default, so that faults alone do
    /// not send a message to the dead-letter queue.
    pub fn until_receive(mut self, receives: u32) -> Faults {
        self.until_receive = receives;
        self
    }

    /// Kills the invocation once, at the `nth` call that a function makes after the start of the stack. The first call
    /// is 1.
    pub fn kill_at(self, function: &str, nth: u64, when: When) -> Faults {
        lock(&self.kill_at).insert((function.to_owned(), nth, when));
        self
    }

    /// How many calls a function has made. [`Faults::kill_at`] can strike at each of them.
    pub fn calls(&self, function: &str) -> u64 {
        lock(&self.calls).get(function).copied().unwrap_or_default()
    }

    /// How often each fault struck so far.
    pub fn injected(&self) -> FaultCounts {
        *lock(&self.injected)
    }

    /// Decides about a call of an invocation whose messages were received `receives` times at most.
    pub(crate) fn call(&self, function: &str, invocation: u64, call: u64, receives: u32) -> Option<CallFault> {
        let nth = {
            let mut calls = lock(&self.calls);
            let calls = calls.entry(function.to_owned()).or_default();
            *calls += 1;
            *calls
        };
        let fault = self.kill_here(function, nth).or_else(|| {
            if receives > self.until_receive || self.spares(function) {
                return None;
            }
            self.roll_call(function, invocation, call)
        })?;
        let mut injected = lock(&self.injected);
        *match fault {
            CallFault::Kill(When::Before) => &mut injected.kills_before,
            CallFault::Kill(When::After) => &mut injected.kills_after,
            CallFault::Throttle => &mut injected.throttles,
            CallFault::ServerError(When::Before) => &mut injected.errors_before,
            CallFault::ServerError(When::After) => &mut injected.errors_after,
        } += 1;
        Some(fault)
    }

    fn spares(&self, function: &str) -> bool {
        match &self.only {
            Some(only) => !only.contains(function),
            None => matches!(function, "upload" | "status"),
        }
    }

    fn kill_here(&self, function: &str, nth: u64) -> Option<CallFault> {
        let mut points = lock(&self.kill_at);
        [When::Before, When::After]
            .into_iter()
            .find(|&when| points.remove(&(function.to_owned(), nth, when)))
            .map(CallFault::Kill)
    }

    fn roll_call(&self, function: &str, invocation: u64, call: u64) -> Option<CallFault> {
        let mut dice = self.dice(function, invocation, call);
        let when = if dice.random() { When::Before } else { When::After };
        let roll: f64 = dice.random();
        if roll < self.kill {
            Some(CallFault::Kill(when))
        } else if roll < self.kill + self.throttle {
            Some(CallFault::Throttle)
        } else if roll < self.kill + self.throttle + self.server_error {
            Some(CallFault::ServerError(when))
        } else {
            None
        }
    }

    /// Decides about one delivery of a batch to a function.
    pub(crate) fn delivery(&self, function: &str) -> DeliveryFault {
        if self.spares(function) {
            return DeliveryFault::default();
        }
        let mut dice = self.dice(function, self.deliveries.fetch_add(1, Ordering::Relaxed), u64::MAX);
        let delay = (dice.random::<f64>() < self.delay).then(|| self.longest_delay.mul_f64(dice.random()));
        let duplicate = (dice.random::<f64>() < self.duplicate).then(|| {
            let later: f64 = if dice.random() { dice.random() } else { 0.0 };
            Duration::from_millis(500).mul_f64(later)
        });
        let mut injected = lock(&self.injected);
        injected.delays += u64::from(delay.is_some());
        injected.duplicates += u64::from(duplicate.is_some());
        DeliveryFault { delay, duplicate }
    }

    /// Whether messages are delivered out of order.
    pub(crate) fn reorders(&self) -> bool {
        self.reorder
    }

    /// Puts received messages into another order.
    pub(crate) fn shuffle<T>(&self, function: &str, messages: &mut [T]) {
        if messages.len() > 1 {
            let receive = self.deliveries.fetch_add(1, Ordering::Relaxed);
            messages.shuffle(&mut self.dice(function, receive, u64::MAX - 1));
            lock(&self.injected).reorders += 1;
        }
    }

    /// Random numbers for one decision.
    fn dice(&self, function: &str, first: u64, second: u64) -> StdRng {
        // A variant of FNV-1a over everything that the decision depends on.
        let name = function.bytes().map(u64::from);
        let mixed = name.chain([first, second, self.seed]).fold(0xcbf2_9ce4_8422_2325_u64, |hash, value| {
            (hash ^ value).wrapping_mul(0x0000_0100_0000_01b3).rotate_left(29)
        });
        StdRng::seed_from_u64(mixed)
    }
}

fn lock<T>(mutex: &Mutex<T>) -> std::sync::MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn decisions(faults: &Faults) -> Vec<Option<CallFault>> {
        (0..2_000).map(|call| faults.call("row-processor", call / 20, call % 20, 1)).collect()
    }

    #[test]
    fn the_same_seed_makes_the_same_faults_and_another_seed_makes_others() {
        let mixed = |seed| Faults::seeded(seed).kill_percent(3.0).throttle_percent(2.0).server_error_percent(1.0);
        assert_eq!(decisions(&mixed(7)), decisions(&mixed(7)));
        assert_ne!(decisions(&mixed(7)), decisions(&mixed(8)));
    }

    #[test]
    fn a_percentage_strikes_about_that_share_of_the_calls_and_each_fault_is_counted() {
        let faults = Faults::seeded(1).kill_percent(10.0);
        let kills = decisions(&faults).iter().flatten().count() as u64;
        assert!((140..260).contains(&kills), "{kills} of 2,000 calls");
        let injected = faults.injected();
        assert_eq!(injected.kills_before + injected.kills_after, kills);
        assert!(injected.kills_before > 50 && injected.kills_after > 50);
        assert_eq!(faults.calls("row-processor"), 2_000);
    }

    #[test]
    fn a_kill_at_a_call_strikes_once_however_often_the_message_was_received() {
        let faults = Faults::seeded(1).kill_at("splitter", 2, When::After);
        assert_eq!(faults.call("splitter", 0, 0, 9), None);
        assert_eq!(faults.call("splitter", 0, 1, 9), Some(CallFault::Kill(When::After)));
        assert_eq!(faults.call("splitter", 1, 0, 9), None);
    }

    #[test]
    fn calls_for_messages_received_often_and_calls_of_other_functions_are_spared() {
        let faults = Faults::seeded(1).kill_percent(100.0).only("splitter").until_receive(2);
        assert!(faults.call("splitter", 0, 0, 2).is_some());
        assert!(faults.call("splitter", 0, 0, 3).is_none());
        assert!(faults.call("row-processor", 0, 0, 1).is_none());
        let faults = Faults::seeded(1).kill_percent(100.0);
        assert!(faults.call("status", 0, 0, 1).is_none());
    }
}

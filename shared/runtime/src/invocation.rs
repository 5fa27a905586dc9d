//! One invocation of a function: who works, and until when.

use std::time::Duration;

use jiff::Timestamp;
use lambda_runtime::Context;

/// Keep a lease this long past Lambda's deadline, so no second worker starts while the first is being killed.
const LEASE_PAST_DEADLINE: Duration = Duration::from_secs(30);

/// One invocation: who works, and until when.
#[derive(Debug, Clone, Copy)]
pub struct Invocation<'a> {
    /// The request's id, by which a lease knows its owner.
    pub owner: &'a str,
    /// When Lambda ends it.
    deadline: Timestamp,
    begun: Timestamp,
}

impl<'a> Invocation<'a> {
    /// The invocation with this context, which begins now. Where the context has no deadline, it has so much time.
    pub fn new(context: &'a Context, now: Timestamp, time: Duration) -> Self {
        let deadline = i64::try_from(context.deadline).ok().and_then(|at| Timestamp::from_millisecond(at).ok());
        let deadline = deadline.filter(|deadline| *deadline > now).unwrap_or_else(|| now + time);
        Self { owner: &context.request_id, deadline, begun: now }
    }

    /// When Lambda ends it.
    pub fn deadline(&self) -> Timestamp {
        self.deadline
    }

    /// When it stops what a later one goes on with: so long before its deadline, and with half of its time left where that is
    /// less. It does not depend on how late it is, so that the moment comes.
    pub fn stop_at(&self, reserve: Duration) -> Timestamp {
        self.deadline - reserve.min(self.time() / 2)
    }

    /// The time that it has in all.
    fn time(&self) -> Duration {
        Duration::try_from(self.deadline.duration_since(self.begun)).unwrap_or_default()
    }

    /// Until when it holds a lease: past its deadline, but by less than its own time, so that a worker with little time
    /// is not waited for much longer than it takes.
    pub fn lease_until(&self) -> Timestamp {
        self.deadline + LEASE_PAST_DEADLINE.min(self.time() / 2)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_lease_outlives_its_invocation_by_half_a_minute_or_half_of_a_short_time() {
        let now = Timestamp::from_second(1_780_000_000).expect("a moment");
        for (seconds, expected) in [(900, 930), (60, 90), (10, 15)] {
            let context = &mut Context::default();
            context.deadline = u64::try_from((now + Duration::from_secs(seconds)).as_millisecond()).expect("a moment");
            let invocation = Invocation::new(context, now, Duration::from_secs(60));
            assert_eq!(invocation.deadline, now + Duration::from_secs(seconds));
            assert_eq!(invocation.lease_until(), now + Duration::from_secs(expected));
        }
        let context = &mut Context::default();
        context.deadline = u64::try_from((now + Duration::from_secs(30)).as_millisecond()).expect("a moment");
        let invocation = Invocation::new(context, now, Duration::from_secs(60));
        assert_eq!(invocation.stop_at(Duration::from_secs(10)), now + Duration::from_secs(20));
        assert_eq!(invocation.stop_at(Duration::from_secs(20)), now + Duration::from_secs(15));
        let context = Context::default();
        let without = Invocation::new(&context, now, Duration::from_secs(60));
        assert_eq!(without.deadline, now + Duration::from_secs(60));
    }
}

//! Events in the order of their times.

use std::cmp::Reverse;
use std::collections::BinaryHeap;

/// What is to happen, and when.
#[derive(Debug)]
pub(super) struct Clock<E> {
    /// By microsecond, and then in the order in which they were planned.
    planned: BinaryHeap<Reverse<(u64, u64, Slot)>>,
    events: Vec<Option<E>>,
    free: Vec<usize>,
    count: u64,
}

type Slot = usize;

impl<E> Clock<E> {
    pub(super) const fn new() -> Self {
        Self { planned: BinaryHeap::new(), events: Vec::new(), free: Vec::new(), count: 0 }
    }

    /// Plans an event for a moment, in seconds.
    pub(super) fn plan(&mut self, at: f64, event: E) {
        let slot = self.free.pop().unwrap_or_else(|| {
            self.events.push(None);
            self.events.len() - 1
        });
        self.events[slot] = Some(event);
        self.count += 1;
        self.planned.push(Reverse(((at.max(0.0) * 1e6) as u64, self.count, slot)));
    }

    /// The next event and its moment.
    pub(super) fn next(&mut self) -> Option<(f64, E)> {
        let Reverse((at, _, slot)) = self.planned.pop()?;
        self.free.push(slot);
        self.events[slot].take().map(|event| (at as f64 / 1e6, event))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn events_come_in_the_order_of_their_times_and_then_of_their_plans() {
        let mut clock = Clock::new();
        for (at, event) in [(2.0, "c"), (1.0, "a"), (1.0, "b")] {
            clock.plan(at, event);
        }
        assert_eq!(clock.next(), Some((1.0, "a")));
        clock.plan(1.5, "between");
        let rest: Vec<_> = std::iter::from_fn(|| clock.next()).map(|(_, event)| event).collect();
        assert_eq!(rest, ["b", "between", "c"]);
    }
}

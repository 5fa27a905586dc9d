//! Where the end of an import was delivered already.

use crate::dynamo::{Item, read_text};

/// The end that the bus got, and the one that the webhook got, by the moment of the end: an import that is taken up again
/// ends again, and that end is to be delivered too.
pub(super) const EVENT_SENT: &str = "event_sent";
pub(super) const WEBHOOK_CALLED: &str = "webhook_called";

/// Where an import's end was delivered already, while it is still to be delivered elsewhere.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Reached {
    /// The event bus has the event.
    pub bus: bool,
    /// The webhook accepted its call.
    pub webhook: bool,
}

impl Reached {
    /// What an import's item notes of its last end.
    pub(super) fn read(item: &Item) -> Self {
        let ended_at = read_text(item, "ended_at");
        let is_noted = |name| ended_at.is_some() && read_text(item, name) == ended_at;
        Self { bus: is_noted(EVENT_SENT), webhook: is_noted(WEBHOOK_CALLED) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::dynamo::text;

    #[test]
    fn what_was_reached_at_an_earlier_end_does_not_count_for_a_later_one() {
        let (first, second) = ("2026-05-01T12:00:00Z", "2026-05-01T13:00:00Z");
        for (ended_at, event_sent, webhook_called, bus, webhook) in [
            (Some(first), None, None, false, false),
            (Some(first), Some(first), None, true, false),
            (Some(first), None, Some(first), false, true),
            (Some(second), Some(first), Some(first), false, false),
            (Some(second), Some(first), Some(second), false, true),
            (None, None, None, false, false),
            (None, Some(first), Some(first), false, false),
        ] {
            let attributes = [("ended_at", ended_at), (EVENT_SENT, event_sent), (WEBHOOK_CALLED, webhook_called)];
            let attributes = attributes.into_iter().filter_map(|(name, at)| Some((name.to_owned(), text(at?))));
            assert_eq!(Reached::read(&attributes.collect()), Reached { bus, webhook });
        }
    }
}

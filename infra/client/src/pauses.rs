//! Pauses between attempts.

use std::time::Duration;

/// The first pause, and the longest.
const FIRST: Duration = Duration::from_millis(500);
const LONGEST: Duration = Duration::from_secs(30);

/// This many pauses. Each may take twice as long as the one before; how long is left to chance, so that those who were
/// refused together do not come back together.
pub(crate) fn pauses(times: u32) -> impl Iterator<Item = Duration> + Send {
    (0..times).map(|time| (FIRST * (1 << time.min(10))).min(LONGEST).mul_f64(rand::random_range(0.5..1.0)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pauses_grow_up_to_a_limit_and_differ() {
        let pauses: Vec<Duration> = pauses(12).collect();
        assert_eq!(pauses.len(), 12);
        for (time, pause) in pauses.iter().enumerate() {
            let most = (FIRST * (1 << time)).min(LONGEST);
            assert!((most / 2..=most).contains(pause), "{time}: {pause:?}");
        }
        let differ = pauses.iter().zip(self::pauses(12)).filter(|(one, other)| *one != other);
        assert!(differ.count() > 0, "{pauses:?}");
    }
}

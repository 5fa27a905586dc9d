//! What calls wait for.

/// Memory with which a function has a whole core, in MB. <https://docs.aws.amazon.com/lambda/latest/dg/configuration-memory.html>
pub(super) const CORE_MB: f64 = 1_769.0;
/// Cores that a function can use: its calls are made by one task, and the runtime's own work runs beside it.
const MOST_CORES: f64 = 2.0;
/// Write units a second of one partition key. <https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/bp-partition-key-design.html>
pub(super) const PARTITION_WRITES: f64 = 1_000.0;
/// Read units a second of one partition key. The same page.
pub(super) const PARTITION_READS: f64 = 3_000.0;
/// Partition keys among which the members of a segment are spread.
pub(super) const SHARDS: f64 = 16.0;

/// Cores of a function with so much memory.
pub(super) fn cores(memory: f64) -> f64 {
    (memory / CORE_MB).min(MOST_CORES)
}

/// Something that does so much a second, in the order in which it is asked.
#[derive(Debug, Clone, Copy)]
pub(super) struct Rate {
    a_second: f64,
    free_at: f64,
    busy: f64,
}

impl Rate {
    pub(super) const fn of(a_second: f64) -> Self {
        Self { a_second, free_at: 0.0, busy: 0.0 }
    }

    /// When so much is done that is asked for at this moment.
    pub(super) fn done_at(&mut self, now: f64, amount: f64) -> f64 {
        let takes = amount / self.a_second;
        self.free_at = self.free_at.max(now) + takes;
        self.busy += takes;
        self.free_at
    }

    /// The seconds for which it was busy.
    pub(super) const fn busy(&self) -> f64 {
        self.busy
    }
}

/// Kinds of calls, by how long they take. DynamoDB's "single-digit milliseconds" are taken for an item, twice as long for a
/// batch; S3 says 100 to 200 ms for the first byte of small objects in its advice on performance, and usually takes less.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Call {
    Item,
    Batch,
    Object,
    Send,
}

/// Latencies, drawn from a log-normal distribution of which one call in a hundred takes four times as long as most.
#[derive(Debug, Clone)]
pub(super) struct Latencies {
    item_ms: f64,
    state: u64,
}

impl Latencies {
    pub(super) const fn new(item_ms: f64) -> Self {
        Self { item_ms, state: 0x9E37_79B9_7F4A_7C15 }
    }

    /// Seconds until the slowest of so many calls at once has answered.
    pub(super) fn slowest_of(&mut self, call: Call, count: u32) -> f64 {
        const SPREAD: f64 = 0.596; // ln 4 / 2.326, the 99th percentile of the normal distribution.
        let median = match call {
            Call::Item => self.item_ms,
            Call::Batch => 2.0 * self.item_ms,
            Call::Object => 8.0 * self.item_ms,
            Call::Send => 3.0 * self.item_ms,
        };
        let share = self.draw().powf(1.0 / f64::from(count.max(1)));
        median / 1e3 * (SPREAD * normal_quantile(share)).exp()
    }

    /// A number between 0 and 1, the same ones in every run (xorshift64*).
    fn draw(&mut self) -> f64 {
        self.state ^= self.state >> 12;
        self.state ^= self.state << 25;
        self.state ^= self.state >> 27;
        let bits = self.state.wrapping_mul(0x2545_F491_4F6C_DD1D) >> 11;
        (bits as f64 + 0.5) / (1_u64 << 53) as f64
    }
}

/// The quantile of the normal distribution, within 0.0005 (Abramowitz and Stegun, 26.2.23).
fn normal_quantile(share: f64) -> f64 {
    let tail = share.min(1.0 - share).max(1e-12);
    let t = (-2.0 * tail.ln()).sqrt();
    let quantile =
        t - (2.515_517 + t * (0.802_853 + t * 0.010_328)) / (1.0 + t * (1.432_788 + t * (0.189_269 + t * 0.001_308)));
    if share < 0.5 { -quantile } else { quantile }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_rate_serves_one_after_another_and_counts_its_work() {
        let mut rate = Rate::of(100.0);
        assert_eq!([rate.done_at(1.0, 50.0), rate.done_at(1.0, 50.0), rate.done_at(9.0, 100.0)], [1.5, 2.0, 10.0]);
        assert_eq!(rate.busy(), 2.0);
    }

    #[test]
    fn half_of_the_calls_take_the_median_and_one_in_a_hundred_four_times_as_long() {
        let mut latencies = Latencies::new(5.0);
        let mut drawn: Vec<f64> = (0..20_000).map(|_| latencies.slowest_of(Call::Item, 1)).collect();
        drawn.sort_by(f64::total_cmp);
        let near = |at: usize, expected: f64| (drawn[at] / expected - 1.0).abs() < 0.05;
        assert!(near(10_000, 0.005) && near(19_800, 0.02), "{} {}", drawn[10_000], drawn[19_800]);
        let of_eight = (0..1_000).map(|_| latencies.slowest_of(Call::Item, 8)).sum::<f64>() / 1e3;
        assert!((0.008..0.02).contains(&of_eight), "{of_eight}");
    }
}

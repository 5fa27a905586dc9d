//! Identifiers of which only a fingerprint is kept: 16 bits of a hash, in one of two buckets of a cache line.
//!
//! Two identifiers with the same fingerprint in a bucket are taken for one. An identifier that was added is never missed.

/// Fingerprints of a bucket: with their count they fill 64 bytes.
const SLOTS: usize = 31;
/// Bytes of a bucket.
const BUCKET: usize = 64;
/// Share of its places up to which a table is filled, in percent. Beyond it, both buckets of an identifier may be full.
const FULL_PERCENT: u64 = 92;
/// Smallest table, in bytes.
const SMALLEST: u64 = 64 * 1024;

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[repr(C, align(64))]
struct Bucket {
    fingerprints: [u16; SLOTS],
    count: u16,
}

const _: () = assert!(size_of::<Bucket>() == BUCKET, "a bucket is a cache line");

impl Bucket {
    const EMPTY: Self = Self { fingerprints: [0; SLOTS], count: 0 };

    fn contains(&self, fingerprint: u16) -> bool {
        // Compared without an early end, so that the compiler compares many at once.
        let mut equal = 0_u32;
        for (slot, kept) in self.fingerprints.iter().enumerate() {
            equal |= u32::from(*kept == fingerprint) << slot;
        }
        equal & ((1_u32 << self.count) - 1) != 0
    }

    fn is_full(&self) -> bool {
        usize::from(self.count) == SLOTS
    }
}

/// A set of identifiers by their fingerprints.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct Fingerprints {
    /// The last table takes new fingerprints, unless the budget is spent.
    tables: Vec<Vec<Bucket>>,
    kept_in_last: u64,
    /// Bytes of the first table.
    first: u64,
    budget: u64,
    /// Bytes of a bucket that is being read back.
    unread: Vec<u8>,
}

impl Fingerprints {
    /// None so far; about so many are expected. The table is made when the first one comes.
    pub(super) fn expecting(count: u64, budget: u64) -> Self {
        let wanted = count / SLOTS as u64 * 100 / FULL_PERCENT * BUCKET as u64;
        Self { first: wanted.clamp(SMALLEST, budget.max(SMALLEST)), budget, ..Self::default() }
    }

    /// Whether an identifier may have been added.
    pub(super) fn contains(&self, hash: u64) -> bool {
        let fingerprint = hash as u16;
        let is_kept = |table: &Vec<Bucket>| places(table, hash).iter().any(|at| table[*at].contains(fingerprint));
        // Where no place was left, the identifier may have been added without being kept.
        let is_full = |table: &Vec<Bucket>| places(table, hash).iter().all(|at| table[*at].is_full());
        self.tables.iter().any(is_kept) || self.tables.last().is_some_and(is_full)
    }

    /// Adds an identifier that it does not contain.
    pub(super) fn add(&mut self, hash: u64) {
        if !self.last_is_full() && self.keep(hash) {
            return;
        }
        self.grow();
        // Without a place it is dropped; `contains` tells that from the buckets.
        let _is_kept = self.keep(hash);
    }

    fn last_is_full(&self) -> bool {
        let Some(last) = self.tables.last() else { return true };
        self.kept_in_last * 100 >= (last.len() * SLOTS) as u64 * FULL_PERCENT
    }

    /// Adds an identifier to the last table; false if it has no place there.
    fn keep(&mut self, hash: u64) -> bool {
        let Some(table) = self.tables.last_mut() else { return false };
        let [first, second] = places(table, hash);
        let emptier = if table[second].count < table[first].count { second } else { first };
        let bucket = &mut table[emptier];
        if bucket.is_full() {
            return false;
        }
        bucket.fingerprints[usize::from(bucket.count)] = hash as u16;
        bucket.count += 1;
        self.kept_in_last += 1;
        true
    }

    /// Begins a further table, unless the budget is spent. Once it is, the last table stays the last one.
    fn grow(&mut self) {
        let bytes = if self.tables.is_empty() { self.first } else { self.bytes() };
        let bytes = bytes.min(self.budget.max(SMALLEST).saturating_sub(self.bytes()));
        if bytes >= SMALLEST {
            self.tables.push(vec![Bucket::EMPTY; usize::try_from(bytes / BUCKET as u64).unwrap_or(1)]);
            self.kept_in_last = 0;
        }
    }

    /// Bytes of its tables.
    pub(super) fn bytes(&self) -> u64 {
        self.tables.iter().map(|table| (table.len() * BUCKET) as u64).sum()
    }

    /// The lengths of its tables in buckets.
    pub(super) fn shape(&self) -> Vec<u64> {
        self.tables.iter().map(|table| table.len() as u64).collect()
    }

    /// The bytes of a piece of at most 1 MiB, counted from 0; none after the last one.
    pub(super) fn save(&self, piece: usize) -> Option<Vec<u8>> {
        let mut skip = piece;
        for table in &self.tables {
            let mut buckets = table.chunks(1024 * 1024 / BUCKET);
            if skip < buckets.len() {
                let numbers =
                    |bucket: &Bucket| bucket.fingerprints.into_iter().chain([bucket.count]).flat_map(u16::to_le_bytes);
                return Some(buckets.nth(skip)?.iter().flat_map(numbers).collect());
            }
            skip -= buckets.len();
        }
        None
    }

    /// None so far, to be filled by [`Fingerprints::take`].
    pub(super) fn to_restore(budget: u64) -> Self {
        Self { first: SMALLEST, budget, ..Self::default() }
    }

    /// Takes the next 8 saved bytes of tables of this shape; false if it has them all.
    pub(super) fn take(&mut self, word: [u8; 8], shape: &[u64]) -> bool {
        let is_begun = self.tables.last().is_some_and(|last| (last.len() as u64) < shape[self.tables.len() - 1]);
        if !is_begun {
            let Some(buckets) = shape.get(self.tables.len()) else { return false };
            self.tables.push(Vec::with_capacity(usize::try_from(*buckets).unwrap_or(0)));
            self.kept_in_last = 0;
        }
        self.unread.extend_from_slice(&word);
        if let Ok(bytes) = <&[u8; BUCKET]>::try_from(self.unread.as_slice())
            && let Some(table) = self.tables.last_mut()
        {
            let mut numbers = bytes.as_chunks::<2>().0.iter().map(|pair| u16::from_le_bytes(*pair));
            let fingerprints = std::array::from_fn(|_| numbers.next().unwrap_or(0));
            let count = numbers.next().unwrap_or(0).min(SLOTS as u16);
            table.push(Bucket { fingerprints, count });
            self.kept_in_last += u64::from(count);
            self.unread.clear();
        }
        true
    }

    /// The share of rows, from 0 to 1, of which an identifier is taken for another one, while so many identifiers that are
    /// all different are added.
    pub(super) fn mistaken_rows(&self, identifiers: f64, identifiers_a_row: u32) -> f64 {
        const STEPS: u32 = 1_000;
        let places = (self.first / BUCKET as u64 * SLOTS as u64) as f64;
        let at = |step: u32| {
            let kept = (identifiers * (f64::from(step) + 0.5) / f64::from(STEPS)).min(places);
            // Two buckets, each with its share of the fingerprints, of 65,536 there are.
            let compared = 2.0 * SLOTS as f64 * kept / places;
            let mistaken = -f64::exp_m1(compared * f64::ln_1p(-1.0 / 65_536.0));
            1.0 - (1.0 - mistaken).powf(f64::from(identifiers_a_row))
        };
        (0..STEPS).map(at).sum::<f64>() / f64::from(STEPS)
    }
}

/// The two buckets of an identifier.
fn places(table: &[Bucket], hash: u64) -> [usize; 2] {
    let length = table.len() as u64;
    let bucket = |hash: u64| (((hash >> 32) * length) >> 32) as usize;
    [bucket(hash), bucket(hash.wrapping_mul(0x9E37_79B9_7F4A_7C15))]
}

#[cfg(test)]
mod tests {
    use xxhash_rust::xxh3::xxh3_64;

    use super::*;

    fn hash(n: u64) -> u64 {
        xxh3_64(&n.to_le_bytes())
    }

    /// How many of so many new identifiers are taken for known ones.
    fn mistaken(fingerprints: &mut Fingerprints, count: u64) -> u64 {
        let mut mistaken = 0;
        for n in 0..count {
            if fingerprints.contains(hash(n)) {
                mistaken += 1;
            } else {
                fingerprints.add(hash(n));
            }
        }
        mistaken
    }

    #[test]
    fn few_identifiers_are_taken_for_others_and_how_many_is_foretold() {
        let count = 300_000;
        let mut fingerprints = Fingerprints::expecting(count, u64::MAX);
        let share = mistaken(&mut fingerprints, count) as f64 / count as f64;
        let foretold = fingerprints.mistaken_rows(count as f64, 1);
        assert!(share < 0.001 && share < foretold * 1.5 && share > foretold / 1.5, "{share}, foretold {foretold}");
        assert!((0..count).all(|n| fingerprints.contains(hash(n))));
    }

    #[test]
    fn more_identifiers_than_expected_get_tables_of_their_own_within_the_budget() {
        let mut fingerprints = Fingerprints::expecting(0, u64::MAX);
        assert!(mistaken(&mut fingerprints, 200_000) < 600);
        let mut fingerprints = Fingerprints::expecting(0, 3 * SMALLEST);
        mistaken(&mut fingerprints, 200_000);
        assert_eq!(fingerprints.bytes(), 3 * SMALLEST);
        assert!((0..200_000).all(|n| fingerprints.contains(hash(n))));
    }
}

//! A filter of fixed size that says which identifiers may have been seen before.

/// Words of a block, which are 64 bytes: the bits of one identifier lie in one cache line.
const BLOCK_WORDS: usize = 8;
/// Bits set for an identifier.
const BITS: u32 = 6;
/// Bytes of a file for each identifier that is expected in it.
const BYTES_AN_IDENTIFIER: u64 = 32;
/// Bits of the filter for each expected identifier. With 16, about one unseen identifier in a thousand is taken for
/// seen.
const BITS_AN_IDENTIFIER: u64 = 16;
/// The least and the greatest size of the filter, in bytes.
const SIZES: (u64, u64) = (64 * 1024, 32 * 1024 * 1024);

/// Words that are saved at a time: 1 MiB.
const PIECE_WORDS: usize = 128 * 1024;

/// A blocked Bloom filter. It may take a new identifier for a seen one; then a row travels in the slower lane for
/// nothing.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Filter {
    words: Vec<u64>,
}

impl Filter {
    /// The filter for a file of this length in bytes. Its size depends on nothing else, so both passes agree.
    pub(crate) fn for_file(bytes: u64) -> Self {
        Self { words: vec![0; words_for(bytes)] }
    }

    /// An empty filter for the same file, to be filled by [`Filter::restore`].
    pub(crate) fn to_restore(bytes: u64) -> Self {
        Self { words: Vec::with_capacity(words_for(bytes)) }
    }

    /// Whether it has the size of the filter for such a file.
    pub(crate) fn is_for(&self, bytes: u64) -> bool {
        self.words.len() == words_for(bytes)
    }

    /// Adds an identifier's hash; true if it may have been added before.
    pub(crate) fn add(&mut self, hash: u64) -> bool {
        let blocks = self.words.len() / BLOCK_WORDS;
        let block = (hash >> 32) as usize % blocks * BLOCK_WORDS;
        let mut bits = hash.wrapping_mul(0x9E37_79B9_7F4A_7C15);
        let mut seen = true;
        for _ in 0..BITS {
            let bit = (bits & 511) as usize;
            bits >>= 9;
            let word = &mut self.words[block + bit / 64];
            let mask = 1 << (bit % 64);
            seen &= *word & mask != 0;
            *word |= mask;
        }
        seen
    }

    /// The bytes of a piece of the filter, for pieces counted from 0; none after the last one.
    pub(crate) fn save(&self, piece: usize) -> Option<Vec<u8>> {
        let words = self.words.chunks(PIECE_WORDS).nth(piece)?;
        Some(words.iter().flat_map(|word| word.to_le_bytes()).collect())
    }

    /// Adds saved bytes, whole words only; gives how many bytes that were.
    pub(crate) fn restore(&mut self, bytes: &[u8]) -> usize {
        let (words, rest) = bytes.as_chunks::<8>();
        self.words.extend(words.iter().map(|word| u64::from_le_bytes(*word)));
        bytes.len() - rest.len()
    }
}

/// Words of the filter for a file of this length.
fn words_for(bytes: u64) -> usize {
    let wanted = bytes / BYTES_AN_IDENTIFIER * BITS_AN_IDENTIFIER / 8;
    let size = wanted.next_power_of_two().clamp(SIZES.0, SIZES.1);
    usize::try_from(size / 8).unwrap_or(0)
}

/// The share of rows, from 0 to 1, that the filter sends into the ordered lane by mistake, in a file of this length in
/// bytes where no row shares an identifier with another. The filter fills up on the way, so this is the mean over the
/// file.
pub fn mistaken_rows(bytes: u64, rows: u64, identifiers_a_row: u32) -> f64 {
    const STEPS: u32 = 1_000;
    let bits = words_for(bytes) as f64 * 64.0;
    let added = rows as f64 * f64::from(identifiers_a_row);
    let at = |step: u32| {
        let set = -f64::exp_m1(-f64::from(BITS) * added * (f64::from(step) + 0.5) / f64::from(STEPS) / bits);
        1.0 - (1.0 - set.powf(f64::from(BITS))).powf(f64::from(identifiers_a_row))
    };
    (0..STEPS).map(at).sum::<f64>() / f64::from(STEPS)
}

#[cfg(test)]
mod tests {
    use xxhash_rust::xxh3::xxh3_64;

    use super::*;

    #[test]
    fn nothing_seen_is_forgotten_and_little_is_taken_for_seen() {
        let rows: u64 = 100_000;
        let mut filter = Filter::for_file(rows * 64);
        let hash = |n: u64| xxh3_64(&n.to_le_bytes());
        let wrong = (0..rows).filter(|n| filter.add(hash(*n))).count();
        assert!(wrong < 300, "{wrong} of {rows} taken for seen");
        assert!((0..rows).all(|n| filter.add(hash(n))));
        let bytes: Vec<u8> = (0..).map_while(|piece| filter.save(piece)).flatten().collect();
        let mut again = Filter::to_restore(rows * 64);
        assert_eq!(again.restore(&bytes), bytes.len());
        assert_eq!(again, filter);
    }
    #[test]
    fn what_a_full_filter_takes_for_seen_is_foretold() {
        // The filter of a small file has 64 KiB; these rows have more identifiers than it is made for.
        for rows in [30_000, 60_000, 200_000] {
            let mut filter = Filter::for_file(0);
            let mut row =
                |row: u64| (0..3).fold(false, |seen, n| filter.add(xxh3_64(&(row * 3 + n).to_le_bytes())) | seen);
            let mistaken = (0..rows).filter(|n| row(*n)).count() as f64 / rows as f64;
            let foretold = mistaken_rows(0, rows, 3);
            println!("{rows} rows in 64 KiB: {mistaken:.4} mistaken, {foretold:.4} foretold");
            assert!((mistaken / foretold - 1.0).abs() < 0.25, "{mistaken} of {rows} rows, {foretold} foretold");
        }
    }
}

//! Random numbers that are the same on every machine: each depends on seed, purpose and row alone.

/// What a stream of numbers is used for. Each purpose has a stream of its own, so switching one flag on does not change
/// what another flag draws.
#[derive(Clone, Copy)]
pub(crate) enum Purpose {
    /// Who a person is.
    Person = 1,
    /// Which kind of row this is.
    Kind = 2,
    /// Which earlier row it repeats.
    Origin = 3,
    /// How it is spelled or broken.
    Spelling = 4,
    /// Which of its cells are empty or `%CLEAR%`.
    Cells = 5,
    /// What the cells of optional columns contain.
    Extras = 6,
}

/// SplitMix64 (Steele, Lea, Flood 2014), started anew for each row. Any earlier row can be made again from its number
/// instead of being remembered, so memory stays flat however many rows are written.
pub(crate) struct Random {
    state: u64,
}

const GOLDEN_GAMMA: u64 = 0x9E37_79B9_7F4A_7C15;

fn mix(mut z: u64) -> u64 {
    z = (z ^ (z >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
    z = (z ^ (z >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
    z ^ (z >> 31)
}

impl Random {
    /// The numbers of one row for one purpose.
    pub(crate) fn new(seed: u64, purpose: Purpose, row: u64) -> Self {
        let stream = mix(seed ^ mix((purpose as u64).wrapping_mul(GOLDEN_GAMMA)));
        Self { state: mix(stream.wrapping_add(row.wrapping_mul(GOLDEN_GAMMA))) }
    }

    fn next(&mut self) -> u64 {
        self.state = self.state.wrapping_add(GOLDEN_GAMMA);
        mix(self.state)
    }

    /// A number from 0 to `bound` - 1; 0 if `bound` is 0.
    pub(crate) fn below(&mut self, bound: u64) -> u64 {
        ((u128::from(self.next()) * u128::from(bound)) >> 64) as u64
    }

    /// One of the choices, which must not be empty.
    pub(crate) fn pick<'a, T>(&mut self, choices: &'a [T]) -> &'a T {
        &choices[self.below(choices.len() as u64) as usize]
    }

    /// True in the given share of cases.
    pub(crate) fn happens(&mut self, share: Share) -> bool {
        self.below(Share::WHOLE) < share.0
    }
}

/// A percentage, kept in millionths so that no float takes part in a decision.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Share(pub(crate) u64);

impl Share {
    /// 100 percent.
    pub(crate) const WHOLE: u64 = 1_000_000;
}

impl std::str::FromStr for Share {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let number = text.strip_suffix('%').unwrap_or(text).trim();
        match number.parse::<f64>() {
            Ok(percent) if (0.0..=100.0).contains(&percent) => Ok(Self((percent * 10_000.0).round() as u64)),
            _ => Err(format!("`{text}` is not a percentage from 0 to 100")),
        }
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    #[test]
    fn numbers_depend_on_seed_purpose_and_row_and_on_nothing_else() {
        let draw = |seed, purpose, row| Random::new(seed, purpose, row).next();
        assert_eq!(draw(1, Purpose::Person, 1), draw(1, Purpose::Person, 1));
        assert_ne!(draw(1, Purpose::Person, 1), draw(2, Purpose::Person, 1));
        assert_ne!(draw(1, Purpose::Person, 1), draw(1, Purpose::Kind, 1));
        assert_ne!(draw(1, Purpose::Person, 1), draw(1, Purpose::Person, 2));
    }

    #[test]
    fn a_share_is_met_over_many_rows() {
        let share: Share = "2.5".parse().unwrap();
        let hits = (0..100_000).filter(|&row| Random::new(7, Purpose::Kind, row).happens(share)).count();
        assert!((2_300..2_700).contains(&hits), "{hits}");
    }

    #[test]
    fn a_share_that_is_not_a_percentage_is_refused() {
        for text in ["-1", "101", "many", "NaN", ""] {
            assert!(text.parse::<Share>().is_err(), "{text}");
        }
        assert_eq!("100%".parse::<Share>().unwrap().0, Share::WHOLE);
    }
}

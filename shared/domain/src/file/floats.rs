//! Whole numbers that a program took for decimal ones: 1001.0 for 1001.

use serde::{Deserialize, Serialize};

use super::first_seen::FirstSeen;

/// Digits of an id before a decimal mark from which on it is no version.
const SHORTEST_ID: usize = 3;

/// The ids of a column, by how they are written.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Floats {
    /// Such as 1001.0 and 1001.00.
    whole: FirstSeen,
    /// How many have other decimals: 1003.5.
    decimal: u64,
    /// Whether one of these is short, as a version is: 1.1.
    has_versions: bool,
    has_integers: bool,
    has_others: bool,
}

impl Floats {
    /// Adds an id.
    pub(super) fn add(&mut self, id: &str, row: u64, line: u64) {
        let is_digits = |text: &str| !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
        match id.split_once(['.', ',']) {
            Some((number, decimals)) if is_digits(number) && is_digits(decimals) => {
                if decimals.bytes().all(|digit| digit == b'0') {
                    self.whole.add(row, line);
                } else {
                    self.decimal += 1;
                    self.has_versions |= number.len() < SHORTEST_ID;
                }
            }
            None if is_digits(id) => self.has_integers = true,
            _ => self.has_others = true,
        }
    }

    /// The first id that got a decimal place, and how many did: those that end in .0 or .00 where the others are integers,
    /// or where most do.
    pub(super) fn found(&self) -> FirstSeen {
        let are_quantities = self.has_versions || self.decimal >= self.whole.count;
        let is_found = !are_quantities && (self.has_integers || !self.has_others);
        if is_found { self.whole } else { FirstSeen::default() }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ids_with_a_decimal_place_are_found_unless_they_are_versions() {
        for (ids, expected) in [
            (&["1001.0", "1002", "1003"][..], 1),
            (&["1001.0", "1002.0"], 2),
            (&["1001,0", "1002", "C-7"], 1),
            (&["1.0", "1.1", "2.10"], 0),
            (&["1.0", "2.0", "beta"], 0),
            (&["1.0.0", "2.0"], 0),
            (&["1001", "1002"], 0),
            (&["1001.00", "1002.0"], 2),
            (&["1001,00", "1002,00"], 2),
            (&["1001.0", "1001", "1002.0", "1003.50"], 2),
            (&["1001.50", "1002.25", "1003.00"], 0),
            (&["10.0", "11", "11.2"], 0),
        ] {
            let mut floats = Floats::default();
            ids.iter().for_each(|id| floats.add(id, 1, 2));
            assert_eq!(floats.found().count, expected, "{ids:?}");
        }
    }
}

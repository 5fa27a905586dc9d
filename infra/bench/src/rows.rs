//! Made-up rows, fast enough that the check of them is what takes the time.

/// The header row.
const HEADER: &str = "external_id,email,phone,first_name,last_name,city,birth_date,postal_code\n";
/// Bytes of a row. All rows are equally long, so the length of a file is known before it is made. The number is odd, so
/// that a chunk of 256 KiB ends between two rows now and then, where a file part may begin.
const ROW_BYTES: u64 = 93;
/// People that can be told apart: each has a phone number of its own.
pub const MAX_PEOPLE: u64 = PHONES.len() as u64 * PHONES_EACH;

/// The codes of German mobile networks whose numbers have eight more digits.
const PHONES: [&str; 4] = ["+49151", "+49152", "+49157", "+49159"];
const PHONES_EACH: u64 = 100_000_000;

const FIRST_NAMES: [&str; 8] = ["Maria", "Peter", "Laura", "Simon", "Julia", "Frank", "Sarah", "David"];
const LAST_NAMES: [&str; 8] = ["Miller", "Fisher", "Weaver", "Taylor", "Potter", "Cooper", "Turner", "Walker"];
const CITIES: [&str; 8] = ["Berlin", "London", "Madrid", "Dublin", "Vienna", "Lisbon", "Athens", "Warsaw"];

/// The rows of a file.
#[derive(Debug, Clone, Copy)]
pub struct Rows {
    /// How many there are.
    pub rows: u64,
    /// How many people they are about, each row about one of them at random. Without it, each row is about another one.
    pub people: Option<u64>,
    /// The same seed makes the same rows.
    pub seed: u64,
}

impl Rows {
    /// The length of the file.
    pub const fn bytes(&self) -> u64 {
        HEADER.len() as u64 + self.rows * ROW_BYTES
    }

    /// The file in chunks of this length; the last one is shorter.
    pub fn chunks(self, length: usize, mut take: impl FnMut(&[u8])) {
        let mut text = HEADER.as_bytes().to_vec();
        for row in 0..self.rows {
            self.write(row, &mut text);
            if text.len() >= length {
                take(&text[..length]);
                text.drain(..length);
            }
        }
        take(&text);
    }

    /// Writes a row, counted from 0.
    fn write(&self, row: u64, text: &mut Vec<u8>) {
        let random = mixed(self.seed ^ mixed(row));
        let person = self.people.map_or(row, |people| ((u128::from(random) * u128::from(people)) >> 64) as u64);
        let about = mixed(person);
        let of_eight = |words: [&'static str; 8], shift: u32| words[((about >> shift) & 7) as usize].as_bytes();
        let first_name = of_eight(FIRST_NAMES, 0);
        text.extend_from_slice(b"C-");
        digits(text, person, 9);
        text.push(b',');
        text.extend_from_slice(first_name);
        text.push(b'.');
        digits(text, person, 9);
        text.extend_from_slice(b"@mail.example,");
        text.extend_from_slice(PHONES[(person / PHONES_EACH) as usize % PHONES.len()].as_bytes());
        digits(text, person % PHONES_EACH, 8);
        text.push(b',');
        text.extend_from_slice(first_name);
        text.push(b',');
        text.extend_from_slice(of_eight(LAST_NAMES, 3));
        text.push(b',');
        text.extend_from_slice(of_eight(CITIES, 6));
        text.push(b',');
        digits(text, 1950 + (about >> 9) % 50, 4);
        text.push(b'-');
        digits(text, 1 + (about >> 20) % 12, 2);
        text.push(b'-');
        digits(text, 1 + (about >> 30) % 28, 2);
        text.push(b',');
        digits(text, (about >> 40) % 100_000, 5);
        text.push(b'\n');
    }
}

/// Writes a number with leading zeros.
fn digits(text: &mut Vec<u8>, mut number: u64, width: usize) {
    let begin = text.len();
    text.resize(begin + width, b'0');
    for digit in text[begin..].iter_mut().rev() {
        *digit = b'0' + (number % 10) as u8;
        number /= 10;
    }
}

/// A number that looks random (SplitMix64, Steele, Lea, Flood 2014).
pub const fn mixed(number: u64) -> u64 {
    let mut z = number.wrapping_add(0x9E37_79B9_7F4A_7C15);
    z = (z ^ (z >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
    z = (z ^ (z >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
    z ^ (z >> 31)
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use domain::row::{Identifier, Slot};

    use super::*;

    fn text(rows: Rows) -> String {
        let mut text = Vec::new();
        rows.chunks(1_000, |chunk| text.extend_from_slice(chunk));
        String::from_utf8(text).unwrap()
    }

    #[test]
    fn a_file_is_as_long_as_was_said_before() {
        for people in [None, Some(7)] {
            let rows = Rows { rows: 100, people, seed: 1 };
            let text = text(rows);
            assert_eq!(text.len() as u64, rows.bytes());
            assert_eq!(text.lines().count(), 101);
        }
    }

    #[test]
    fn identifiers_are_valid_and_each_person_has_others() {
        let mut last = Vec::new();
        for person in [0, 1, 99_999_999, 100_000_000, 399_999_999] {
            let rows = Rows { rows: 1, people: None, seed: 1 };
            let mut text = Vec::new();
            rows.write(person, &mut text);
            let text = String::from_utf8(text).unwrap();
            let cells: Vec<&str> = text.split(',').collect();
            let slots = [Slot::ExternalId(None), Slot::Email, Slot::Phone];
            let identifiers = slots.iter().zip(cells).map(|(slot, cell)| Identifier::parse(slot, cell, None).unwrap());
            let keys: Vec<String> = identifiers.map(|identifier| identifier.key()).collect();
            assert!(keys.iter().all(|key| !last.contains(key)));
            last.extend(keys);
        }
    }
}

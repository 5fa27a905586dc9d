//! Made-up people, each computed from the seed and a number alone.

use super::names::{AREA_CODES, CULTURES, Culture};
use super::random::{Purpose, Random};

/// Phone numbers under one exchange of one area code.
const LINES: u64 = 10_000;
/// Phone numbers under one exchange of all area codes.
const EXCHANGE_BLOCK: u64 = AREA_CODES.len() as u64 * LINES;
/// Number of exchanges: they run from 200 to 999.
const EXCHANGES: u64 = 800;
/// The exchange to begin with, 555, counted from 200: almost none of its numbers belong to anybody.
const FIRST_EXCHANGE: u64 = 555 - 200;
/// A factor that has no divisor in common with `EXCHANGE_BLOCK`, so multiplying by it shuffles the numbers and maps no
/// two of them to one.
const SHUFFLE: u64 = 618_033;

/// Whom a row is about. No two numbers below 800 million give the same identifiers.
#[derive(Clone, Debug)]
pub(crate) struct Person {
    /// The customer number, with the seed in it.
    pub(crate) external_id: String,
    /// An address in lower case, under a domain that is reserved for examples.
    pub(crate) email: String,
    /// The ten digits of a North American number, as area code, exchange and line.
    pub(crate) phone: [u16; 3],
    /// First name, in one of several scripts.
    pub(crate) first_name: &'static str,
    /// Last name, in the script of the first name.
    pub(crate) last_name: &'static str,
    /// Date of birth, as ISO 8601 writes it.
    pub(crate) birth_date: String,
    /// Country of the city, by its ISO 3166 code.
    pub(crate) country: &'static str,
    /// City, in the script of the first name.
    pub(crate) city: &'static str,
}

/// The people of one seed, with names that the file's encoding can write.
pub(crate) struct People {
    seed: u64,
    cultures: Vec<&'static Culture>,
}

impl People {
    /// People from the cultures that can be written in the file's encoding.
    pub(crate) fn new(seed: u64, can_be_written: impl Fn(&str) -> bool) -> Self {
        let cultures = CULTURES.iter().filter(|culture| culture.can_be_written(&can_be_written)).collect();
        Self { seed, cultures }
    }

    /// The person with this number, counted from 0.
    pub(crate) fn person(&self, number: u64) -> Person {
        let mut random = Random::new(self.seed, Purpose::Person, number);
        // Half of the people have names in plain ASCII, as in most real files.
        let culture = if self.cultures.len() < 2 || random.below(2) == 0 {
            &CULTURES[0]
        } else {
            self.cultures[1 + random.below(self.cultures.len() as u64 - 1) as usize]
        };
        let (first_name, first_ascii) = *random.pick(culture.first);
        let (last_name, last_ascii) = *random.pick(culture.last);
        let (city, country) = *random.pick(culture.cities);
        let domain = random.pick(&["example.com", "example.org", "example.net", "mail.example"]);
        let (seed, serial) = (self.seed, number + 1);
        Person {
            external_id: format!("C{seed}-{serial:07}"),
            email: format!("{first_ascii}.{last_ascii}{serial}.{seed}@{domain}"),
            phone: self.phone(number),
            first_name,
            last_name,
            birth_date: birth_date(&mut random),
            country,
            city,
        }
    }

    fn phone(&self, number: u64) -> [u16; 3] {
        let shuffled = (number % EXCHANGE_BLOCK) * SHUFFLE % EXCHANGE_BLOCK;
        // Each seed begins at an exchange of its own, so files of different seeds are about different people.
        let block = (number / EXCHANGE_BLOCK).wrapping_add(self.seed.wrapping_sub(1));
        let exchange = 200 + (FIRST_EXCHANGE + block % EXCHANGES) % EXCHANGES;
        [AREA_CODES[(shuffled / LINES) as usize], exchange as u16, (shuffled % LINES) as u16]
    }
}

fn birth_date(random: &mut Random) -> String {
    // Every month has a 28th, so no calendar is needed.
    let (year, month, day) = (1940 + random.below(68), 1 + random.below(12), 1 + random.below(28));
    format!("{year:04}-{month:02}-{day:02}")
}

/// Attributes that most files do not have, all in plain ASCII.
pub(crate) fn extra_attributes(random: &mut Random, row: u64) -> [String; 12] {
    let yes_or_no = |random: &mut Random| (*random.pick(&["yes", "no"])).to_owned();
    let middle_name = (*random.pick(&["Marie", "Lee", "Alexander", "J."])).to_owned();
    let sex = (*random.pick(&["female", "male", "other", "f", "m"])).to_owned();
    let language = (*random.pick(&["en", "en-US", "de", "pt-BR", "ja"])).to_owned();
    let time_zone = (*random.pick(&["Europe/Berlin", "America/New_York", "Asia/Tokyo", "UTC"])).to_owned();
    let region = (*random.pick(&["Hesse", "Ohio", "Provence", "Kanto"])).to_owned();
    let postal_code = format!("{:05}", random.below(100_000));
    let address = format!("Main Street {}", 1 + random.below(200));
    let company = (*random.pick(&["Example Ltd", "Sample & Sons", "Acme Inc."])).to_owned();
    let (confirmed, subscribed, by_email) = (yes_or_no(random), yes_or_no(random), yes_or_no(random));
    let card = format!("{:010}", 4_000_000_000 + row);
    [
        middle_name,
        sex,
        language,
        time_zone,
        region,
        postal_code,
        address,
        company,
        confirmed,
        card,
        subscribed,
        by_email,
    ]
}

/// A phone number as `+1 201-555-0123`.
pub(crate) fn international([area, exchange, line]: [u16; 3]) -> String {
    format!("+1 {area}-{exchange}-{line:04}")
}

/// A phone number as `(201) 555-0123`, which only a default region makes valid.
pub(crate) fn national([area, exchange, line]: [u16; 3]) -> String {
    format!("({area}) {exchange}-{line:04}")
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use std::collections::HashSet;

    use super::*;

    fn people(seed: u64) -> People {
        People::new(seed, |_| true)
    }

    #[test]
    fn every_phone_number_is_valid_in_both_spellings() {
        use rlibphonenumber::PHONE_NUMBER_UTIL;
        // This step meets every area code and many exchanges.
        for number in (0..20_000_000).step_by(10_007) {
            let phone = people(1).person(number).phone;
            for text in [international(phone), national(phone)] {
                let parsed = PHONE_NUMBER_UTIL.parse(&text, "US".parse().ok()).unwrap();
                assert!(PHONE_NUMBER_UTIL.is_valid_number(&parsed), "{text}");
            }
        }
    }

    #[test]
    fn no_two_people_share_an_identifier() {
        let mut seen = HashSet::new();
        for seed in [1, 2, 3] {
            for number in (0..20_000).chain(EXCHANGE_BLOCK - 100..EXCHANGE_BLOCK) {
                let person = people(seed).person(number);
                assert!(seen.insert(international(person.phone)), "{person:?}");
                assert!(seen.insert(person.email.clone()), "{person:?}");
                assert!(seen.insert(person.external_id.clone()), "{person:?}");
            }
        }
    }

    #[test]
    fn the_first_million_numbers_lie_in_exchange_555() {
        assert_eq!(people(1).person(0).phone[1], 555);
        assert_eq!(people(1).person(999_999).phone[1], 555);
        assert_eq!(people(1).person(1_000_000).phone[1], 556);
    }

    #[test]
    fn names_come_in_several_scripts_unless_the_encoding_forbids_it() {
        let not_ascii = |people: &People| (0..1_000).filter(|&n| !people.person(n).first_name.is_ascii()).count();
        assert!(not_ascii(&people(1)) > 200);
        assert_eq!(not_ascii(&People::new(1, str::is_ascii)), 0);
    }
}

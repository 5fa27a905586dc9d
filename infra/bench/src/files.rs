//! Made-up files of the kinds that a check takes differently long for.

use std::fmt::Write as _;

use crate::rows::mixed;

/// What a file has in its columns.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// Email, names and city.
    Emails,
    /// The same with a phone number with its country code.
    InternationalPhones,
    /// The same with a phone number as people write it within Germany.
    NationalPhones,
    /// Twenty columns of all types.
    AllColumns,
}

const FIRST_NAMES: [&str; 8] = ["Maria", "Peter", "Laura", "Jörg", "Julia", "Frank", "Zoë", "David"];
const LAST_NAMES: [&str; 8] = ["Müller", "Fischer", "Weber", "Taylor", "Krüger", "Cooper", "Turner", "Walker"];
const CITIES: [&str; 8] = ["Berlin", "Köln", "Madrid", "Dublin", "Wien", "Lisbon", "München", "Bonn"];

impl Kind {
    /// All of them.
    pub const ALL: [Self; 4] = [Self::Emails, Self::InternationalPhones, Self::NationalPhones, Self::AllColumns];

    /// Its name in a report.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Emails => "emails only",
            Self::InternationalPhones => "international phones",
            Self::NationalPhones => "national phones",
            Self::AllColumns => "all columns",
        }
    }

    /// The region that its phone numbers without a country code are of.
    pub const fn region(self) -> Option<&'static str> {
        match self {
            Self::Emails | Self::InternationalPhones => None,
            Self::NationalPhones | Self::AllColumns => Some("DE"),
        }
    }

    /// A file of at least so many bytes, and how many rows it has. No two rows are about one person.
    pub fn file(self, bytes: usize) -> (String, u64) {
        let mut text = match self {
            Self::Emails => "email,first_name,last_name,city\n",
            Self::InternationalPhones | Self::NationalPhones => "email,phone,first_name,last_name,city\n",
            Self::AllColumns => {
                "external_id,email,phone,first_name,last_name,middle_name,sex,birth_date,language,country,region,city,\
                 postal_code,address,company,subscribed,subscribed.email,discount_card,source_action,action_at\n"
            }
        }
        .to_owned();
        text.reserve(bytes);
        let mut rows = 0;
        while text.len() < bytes {
            // Writing to a string cannot fail.
            let _written = self.write(&mut text, rows);
            rows += 1;
        }
        (text, rows)
    }

    fn write(self, text: &mut String, row: u64) -> std::fmt::Result {
        let about = mixed(row);
        let of_eight = |words: [&'static str; 8], shift: u32| words[((about >> shift) & 7) as usize];
        let (first, last, city) = (of_eight(FIRST_NAMES, 0), of_eight(LAST_NAMES, 3), of_eight(CITIES, 6));
        match self {
            Self::Emails => writeln!(text, "person.{row}@mail.example,{first},{last},{city}"),
            // 151 is the code of a mobile network whose numbers have eight more digits.
            Self::InternationalPhones => {
                writeln!(text, "person.{row}@mail.example,+49 151 {row:08},{first},{last},{city}")
            }
            Self::NationalPhones => writeln!(text, "person.{row}@mail.example,0151 {row:08},{first},{last},{city}"),
            Self::AllColumns => writeln!(
                text,
                "C-{row:08},person.{row}@mail.example,0151 {row:08},{first},{last},M.,{sex},{day:02}.{month:02}.{year},de,DE,NRW,{city},{postcode:05},Hauptstr. {house},\"{last}, {first} GmbH\",{flag},yes,D{row:08},Signed up,2024-{month:02}-{day:02}",
                sex = if about & 1 == 0 { "f" } else { "m" },
                day = 1 + (about >> 9) % 28,
                month = 1 + (about >> 20) % 12,
                year = 1950 + (about >> 30) % 50,
                postcode = (about >> 40) % 100_000,
                house = (about >> 50) % 200,
                flag = if about & 2 == 0 { "ja" } else { "nein" },
            ),
        }
    }
}

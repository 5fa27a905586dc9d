//! The header and the cells of each row, drawn from the seed and the row's number.

use super::arguments::Generate;
use super::people::{People, Person, extra_attributes, international, national};
use super::random::{Purpose, Random};

/// The position of the city in a row.
pub(super) const CITY: usize = 7;

/// The columns of every file.
const COLUMNS: [&str; 8] =
    ["external_id", "email", "phone", "first_name", "last_name", "birth_date", "country", "city"];
/// The columns of `--all-columns`.
pub(super) const EXTRA_COLUMNS: [&str; 12] = [
    "middle_name",
    "sex",
    "language",
    "time_zone",
    "region",
    "postal_code",
    "address",
    "company",
    "email_confirmed",
    "discount_card",
    "subscribed",
    "subscribed.email",
];

impl Generate {
    /// Number of columns.
    pub(crate) fn columns(&self) -> usize {
        self.header().len()
    }

    pub(super) fn header(&self) -> Vec<String> {
        let mut header = COLUMNS.to_vec();
        if self.all_columns {
            header.extend(EXTRA_COLUMNS);
        }
        header.extend((self.segments > 0).then_some("segment"));
        header.extend(["source_action", "action_at"].into_iter().filter(|_| self.actions > 0));
        header.extend(self.unknown_column.then_some("favourite colour"));
        header.extend(self.duplicate_column.then_some("City"));
        header.extend(self.empty_column.then_some("company"));
        header.into_iter().map(str::to_owned).collect()
    }

    /// The cells of a row, whose number is counted from 1.
    pub(super) fn cells(&self, people: &People, row: u64) -> Vec<String> {
        let mut kind = Random::new(self.seed, Purpose::Kind, row);
        let mut origin = Random::new(self.seed, Purpose::Origin, row);
        let earlier = (row > 1).then(|| origin.below(row - 1));
        let repeats = kind.happens(self.duplicates);
        let invalid = kind.happens(self.invalid);
        let conflicts = kind.happens(self.conflicts);
        let Person { mut external_id, mut email, mut phone, first_name, last_name, mut birth_date, country, city } =
            people.person(earlier.filter(|_| repeats).unwrap_or(row - 1));
        let (mut first_name, mut city) = (first_name.to_owned(), city.to_owned());
        if repeats {
            email = format!(" {} ", email.to_uppercase());
        }
        if let Some(other) = earlier.filter(|_| conflicts) {
            phone = people.person(other).phone;
        }
        let mut phone_cell = international(phone);
        if invalid {
            match Random::new(self.seed, Purpose::Spelling, row).below(4) {
                0 => email = email.replace('@', " at "),
                1 => phone_cell = "4.21907E+11".to_owned(),
                2 => birth_date = "1990-02-31".to_owned(),
                _ => {
                    phone_cell = national(phone);
                    external_id.clear();
                    email = "nobody".to_owned();
                }
            }
        }
        if self.newlines {
            city.push_str("\nOld Town");
        }
        if self.stray_quotes {
            first_name.push_str(" O\"Neil");
        }
        let mut blank = Random::new(self.seed, Purpose::Cells, row);
        let mut attribute = |text: String| match (blank.happens(self.empty), blank.happens(self.clear)) {
            (true, _) => String::new(),
            (_, true) => "%CLEAR%".to_owned(),
            _ => text,
        };
        if self.day_first
            && let [year, month, day] = birth_date.split('-').collect::<Vec<_>>()[..]
        {
            birth_date = format!("{day}.{month}.{year}");
        }
        let attributes = [first_name, last_name.to_owned(), birth_date, country.to_owned(), city].map(&mut attribute);
        let mut cells: Vec<String> = [external_id, email, phone_cell].into_iter().chain(attributes).collect();
        let mut extras = Random::new(self.seed, Purpose::Extras, row);
        if self.all_columns {
            cells.extend(extra_attributes(&mut extras, row).map(&mut attribute));
        }
        if self.segments > 0 {
            cells.push(format!("Segment {}", 1 + extras.below(self.segments)));
        }
        if self.actions > 0 {
            cells.push(format!("Action {}", 1 + extras.below(self.actions)));
            let (month, day, hour) = (1 + extras.below(12), 1 + extras.below(28), extras.below(24));
            cells.push(format!("2025-{month:02}-{day:02}T{hour:02}:00:00Z"));
        }
        cells.extend(self.unknown_column.then(|| "green".to_owned()));
        cells.extend(self.duplicate_column.then(|| "Rome".to_owned()));
        cells.extend(self.empty_column.then(String::new));
        cells
    }
}

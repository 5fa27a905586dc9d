//! Generated files whose rows depend on each other in every way that Muster knows.

/// A generator of numbers from a seed (SplitMix64).
#[derive(Debug)]
pub struct Numbers(pub u64);

impl Numbers {
    /// A number below `bound`.
    pub fn below(&mut self, bound: u64) -> u64 {
        self.0 = self.0.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mut mixed = self.0;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        (mixed ^ (mixed >> 31)) % bound
    }
}

/// A file with `rows` rows about a third as many people. They come again, have identifiers of other people, and bad
/// values.
pub fn tangled(seed: u64, rows: u64) -> Vec<u8> {
    tangled_with(seed, rows, "Łódź", false)
}

/// A tangled file. `place` is a city whose name may need an encoding; `with_notes` adds the columns for segment and
/// action.
pub fn tangled_with(seed: u64, rows: u64, place: &str, with_notes: bool) -> Vec<u8> {
    let mut numbers = Numbers(seed);
    let people = rows.div_ceil(3);
    let mut text = String::from("external_id,email,phone,first_name,city,birth_date");
    text.push_str(if with_notes { ",segment,source_action\n" } else { "\n" });
    for row in 0..rows {
        let person = if row < people { row } else { numbers.below(people) };
        let other = numbers.below(people);
        let external_id = if numbers.below(3) == 0 { format!("C{person}") } else { String::new() };
        let email = match numbers.below(10) {
            0 => format!("p{other}@example.com"),
            1 => format!(" P{person}@EXAMPLE.com"),
            2 => format!("p{person}.new@example.com"),
            3 => "nobody".to_owned(),
            _ => format!("p{person}@example.com"),
        };
        let phone = match numbers.below(8) {
            0 => format!("+1 201 555 {:04}", other % 10_000),
            1 => "12".to_owned(),
            2..=4 => format!("+1 201 555 {:04}", person % 10_000),
            _ => String::new(),
        };
        let city = ["Rome", "Oslo", "", place, "\"New\nYork\""][numbers.below(5) as usize];
        let birth = ["1990-01-02", "", "1990-02-31", "1985-12-31"][numbers.below(4) as usize];
        text.push_str(&format!("{external_id},{email},{phone},N{},{city},{birth}", numbers.below(4)));
        if with_notes {
            let segment = ["", "Blue", "Red", "Teams/Green"][numbers.below(4) as usize];
            text.push_str(&format!(",{segment},{}", ["", "", "Called"][numbers.below(3) as usize]));
        }
        text.push('\n');
    }
    text.into_bytes()
}

/// A file with twice as many rows as people. Everybody keeps their identifiers; their attributes change from row to
/// row.
pub fn steady(seed: u64, people: u64) -> Vec<u8> {
    steady_from(seed, 0, people)
}

/// A steady file about the people with the numbers from `first` on.
pub fn steady_from(seed: u64, first: u64, people: u64) -> Vec<u8> {
    let mut numbers = Numbers(seed);
    let mut text = String::from("external_id,email,phone,first_name,city\n");
    for _ in 0..people * 2 {
        let person = first + numbers.below(people);
        let phone = if numbers.below(2) == 0 { format!("+1 201 555 {person:04}") } else { String::new() };
        let first_name = ["", "Ann", "Bob", "Cleo"][numbers.below(4) as usize];
        let city = ["", "Rome", "Oslo"][numbers.below(3) as usize];
        text.push_str(&format!("C{person},p{person}@example.com,{phone},{first_name},{city}\n"));
    }
    text.into_bytes()
}

/// A file about households of three people who share a phone. Every row has the phone, most have the email of one of
/// them or a new one, and some have an external id.
pub fn households(seed: u64, people: u64) -> Vec<u8> {
    let mut numbers = Numbers(seed);
    let mut text = String::from("external_id,email,phone,first_name,city\n");
    for _ in 0..people * 2 {
        let person = numbers.below(people);
        let external_id = if numbers.below(4) == 0 { format!("C{person}") } else { String::new() };
        let email = match numbers.below(6) {
            0 => String::new(),
            1 => format!("p{person}.new@example.com"),
            _ => format!("p{person}@example.com"),
        };
        let phone = format!("+1 201 555 {:04}", person / 3);
        let first_name = ["", "Ann", "Bob", "Cleo"][numbers.below(4) as usize];
        let city = ["", "Rome", "Oslo"][numbers.below(3) as usize];
        text.push_str(&format!("{external_id},{email},{phone},{first_name},{city}\n"));
    }
    text.into_bytes()
}

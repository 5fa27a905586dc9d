//! Identifiers that several people of a file seem to have in common: a phone of a family, an address of an office.

use std::collections::{BTreeMap, HashMap};
use std::hash::{BuildHasherDefault, Hasher};

use base64::Engine;
use base64::prelude::BASE64_STANDARD_NO_PAD;
use serde::{Deserialize, Serialize, Serializer};

use super::first_seen::FirstSeen;
use crate::columns::{ColumnId, Layout};
use crate::row::IdentifierKey;

/// Most identifiers that are kept: as many as fit into a table of 6.5 MB. The next one would double it.
const MAX_KEPT: usize = (1 << 18) / 8 * 7;
/// Rows with different stronger identifiers from which on an identifier counts as shared.
const SHARED_BY: usize = 3;

/// The identifiers that rows with different stronger identifiers have in common, by column: emails below external ids,
/// phones below emails and external ids.
///
/// It is exact for the first 229,376 emails and phones of a file that come with a stronger identifier; later ones are not
/// looked at, so the counts of a larger file are at least so many. Rows are compared by the strongest identifier of the
/// first row that has the weaker one, or of the first row that lacks that column's value: two ids of different systems
/// do not contradict each other.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
pub(super) struct SharedIdentifiers {
    kept: Kept,
    /// By column, the first row that shows that a value is shared, and how many values are.
    found: BTreeMap<usize, FirstSeen>,
}

#[derive(Debug, Clone, Default, Deserialize)]
#[serde(try_from = "String")]
struct Kept(HashMap<u64, Holders, BuildHasherDefault<AsItIs>>);

/// Who has an identifier.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Holders {
    /// The column of the stronger identifiers.
    column: u16,
    /// How many different ones were seen, up to [`SHARED_BY`].
    count: u8,
    /// The first two of them, as halves of their hashes.
    first: [u32; 2],
}

impl Holders {
    const fn new(column: u16, hash: u32) -> Self {
        Self { column, count: 1, first: [hash, 0] }
    }

    /// Adds a stronger identifier. Returns whether this is the one that makes the weaker one shared.
    fn add(&mut self, hash: u32) -> bool {
        let count = usize::from(self.count);
        if count >= SHARED_BY || self.first[..count].contains(&hash) {
            return false;
        }
        if let Some(place) = self.first.get_mut(count) {
            *place = hash;
        }
        self.count += 1;
        usize::from(self.count) == SHARED_BY
    }
}

impl SharedIdentifiers {
    /// Adds the identifiers of a row.
    pub(super) fn row(&mut self, layout: &Layout, row: u64, line: u64, keys: &[IdentifierKey]) {
        if keys.len() < 2 {
            return;
        }
        let column = |key: &IdentifierKey| layout.columns.get(key.cell).and_then(Option::as_ref);
        let Some(strongest) = keys.iter().min_by_key(|key| column(key)) else { return };
        let Ok(place) = u16::try_from(strongest.cell) else { return };
        for weak in keys.iter().filter(|key| rank(column(key)) > rank(column(strongest))) {
            let is_full = self.kept.0.len() >= MAX_KEPT;
            let Some(holders) = self.kept.0.get_mut(&weak.hash) else {
                if !is_full {
                    self.kept.0.insert(weak.hash, Holders::new(place, half(strongest.hash)));
                }
                continue;
            };
            let compared = keys.iter().find(|key| key.cell == usize::from(holders.column));
            match compared {
                Some(compared) if holders.add(half(compared.hash)) => {
                    self.found.entry(weak.cell).or_default().add(row, line);
                }
                None if usize::from(holders.count) < SHARED_BY => *holders = Holders::new(place, half(strongest.hash)),
                _ => {}
            }
        }
    }

    /// The columns with shared values, each with the first row that shows it and how many values are shared.
    pub(super) fn found(&self) -> impl Iterator<Item = (usize, FirstSeen)> + '_ {
        self.found.iter().map(|(column, seen)| (*column, *seen))
    }
}

/// The kinds of identifiers by their strength. Ids of different systems are equally strong.
const fn rank(column: Option<&ColumnId>) -> u8 {
    match column {
        Some(ColumnId::ExternalId(_)) => 0,
        Some(ColumnId::Email) => 1,
        _ => 2,
    }
}

/// The upper half of a hash.
fn half(hash: u64) -> u32 {
    u32::try_from(hash >> 32).unwrap_or_default()
}

/// Takes a hash for the hash of itself.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct AsItIs(u64);

impl Hasher for AsItIs {
    fn finish(&self) -> u64 {
        self.0
    }

    fn write(&mut self, bytes: &[u8]) {
        for byte in bytes {
            self.0 = self.0.rotate_left(8) ^ u64::from(*byte);
        }
    }

    fn write_u64(&mut self, hash: u64) {
        self.0 = hash;
    }
}

/// Bytes of an identifier and its holders in a snapshot.
const SAVED: usize = 8 + 2 + 1 + 4 + 4;

impl Serialize for Kept {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut bytes = Vec::with_capacity(self.0.len() * SAVED);
        for (hash, Holders { column, count, first: [first, second] }) in &self.0 {
            bytes.extend_from_slice(&hash.to_le_bytes());
            bytes.extend_from_slice(&column.to_le_bytes());
            bytes.push(*count);
            bytes.extend_from_slice(&first.to_le_bytes());
            bytes.extend_from_slice(&second.to_le_bytes());
        }
        serializer.serialize_str(&BASE64_STANDARD_NO_PAD.encode(bytes))
    }
}

impl TryFrom<String> for Kept {
    type Error = &'static str;

    fn try_from(text: String) -> Result<Self, Self::Error> {
        let bytes = BASE64_STANDARD_NO_PAD.decode(text).map_err(|_| "identifiers are not base64")?;
        let (saved, rest) = bytes.as_chunks::<SAVED>();
        if !rest.is_empty() {
            return Err("identifiers are cut off");
        }
        let kept = saved.iter().map(|saved| {
            let [h0, h1, h2, h3, h4, h5, h6, h7, c0, c1, count, a0, a1, a2, a3, b0, b1, b2, b3] = *saved;
            let first = [u32::from_le_bytes([a0, a1, a2, a3]), u32::from_le_bytes([b0, b1, b2, b3])];
            let holders = Holders { column: u16::from_le_bytes([c0, c1]), count: count.min(3), first };
            (u64::from_le_bytes([h0, h1, h2, h3, h4, h5, h6, h7]), holders)
        });
        Ok(Self(kept.collect()))
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::columns::{Fields, Mapping, read_header};
    use crate::row::{Rules, identifier_keys};

    fn layout() -> Layout {
        read_header(&["external_id", "external_id.shop", "email", "phone"], 1, &Mapping::new(), &Fields::new()).unwrap()
    }

    /// Column, first row and number of values of what rows have in common.
    fn shared(rows: &[[&str; 4]]) -> Vec<(usize, u64, u64)> {
        let (layout, mut shared) = (layout(), SharedIdentifiers::default());
        for (row, cells) in (1..).zip(rows) {
            let mut keys = Vec::new();
            identifier_keys(&layout, &Rules::default(), cells, &mut String::new(), &mut keys);
            shared.row(&layout, row, row + 1, &keys);
            shared = serde_json::from_str(&serde_json::to_string(&shared).unwrap()).unwrap();
        }
        shared.found().map(|(column, seen)| (column, seen.row, seen.count)).collect()
    }

    const PHONE: &str = "+12015550123";

    #[test]
    fn a_value_of_three_people_is_shared() {
        for (rows, expected) in [
            (&[["", "", "a@x.org", PHONE], ["", "", "b@x.org", PHONE], ["", "", "c@x.org", PHONE]][..], (3, 3)),
            (&[["1", "", "a@x.org", ""], ["2", "", "a@x.org", ""], ["3", "", "a@x.org", ""]], (2, 3)),
            (&[["1", "", "", PHONE], ["2", "", "", PHONE], ["2", "", "", PHONE], ["3", "", "", PHONE]], (3, 4)),
            (&[["", "", "a@x.org", PHONE], ["1", "", "", PHONE], ["2", "", "", PHONE], ["3", "", "", PHONE]], (3, 4)),
            (&[["", "1", "", PHONE], ["", "2", "", PHONE], ["", "3", "", PHONE]], (3, 3)),
        ] {
            assert_eq!(shared(rows), [(expected.0, expected.1, 1)], "{rows:?}");
        }
    }

    #[test]
    fn what_one_or_two_people_have_is_not() {
        for rows in [
            &[["", "", "a@x.org", PHONE], ["", "", "b@x.org", PHONE]][..],
            &[["1", "", "a@x.org", PHONE]; 4],
            &[["", "", "", PHONE]; 4],
            &[["1", "", "a@x.org", PHONE], ["1", "", "b@x.org", PHONE], ["1", "", "c@x.org", PHONE]],
            &[["1", "7", "", PHONE], ["", "8", "", PHONE], ["2", "9", "", PHONE]],
            &[["1", "7", "", ""], ["2", "7", "", ""], ["3", "7", "", ""]],
        ] {
            assert_eq!(shared(rows), [], "{rows:?}");
        }
    }

    #[test]
    fn a_large_file_takes_bounded_memory() {
        let (layout, mut shared) = (layout(), SharedIdentifiers::default());
        let key = |cell, hash| IdentifierKey { cell, hash, remark: None };
        for row in 0..300_000_u64 {
            let hash = row.wrapping_mul(0x9e37_79b9_7f4a_7c15);
            shared.row(&layout, row, row, &[key(0, !hash), key(3, hash)]);
        }
        assert_eq!(shared.kept.0.len(), MAX_KEPT);
        assert!(shared.kept.0.capacity() < 2 * MAX_KEPT);
    }

    proptest! {
        #[test]
        fn what_is_shared_is_what_three_rows_differ_by(rows in prop::collection::vec((0u64..5, 0u64..3), 0..30)) {
            let (layout, mut found) = (layout(), SharedIdentifiers::default());
            let key = |cell, hash| IdentifierKey { cell, hash, remark: None };
            for (row, (id, phone)) in (1..).zip(&rows) {
                found.row(&layout, row, row, &[key(0, (id + 1) << 32), key(3, *phone)]);
            }
            let expected = (0..3).filter(|phone| {
                let ids: std::collections::BTreeSet<u64> = rows.iter().filter(|row| row.1 == *phone).map(|row| row.0).collect();
                ids.len() >= SHARED_BY
            });
            let count: u64 = found.found().map(|(_, seen)| seen.count).sum();
            prop_assert_eq!(count, expected.count() as u64);
        }
    }
}

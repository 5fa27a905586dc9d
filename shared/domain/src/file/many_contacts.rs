//! External ids that come with different emails and phones in each row: a word for no id, or an id that lost digits.

use std::collections::{BTreeMap, HashMap};
use std::hash::BuildHasherDefault;

use serde::{Deserialize, Serialize};

use super::first_seen::FirstSeen;
use super::shared_identifiers::AsItIs;
use crate::columns::{ColumnId, Layout};
use crate::row::IdentifierKey;

/// Most external ids that are kept. Those of a larger file that come later are not looked at.
const MAX_KEPT: usize = (1 << 17) / 8 * 7;
/// Rows without a common email or phone from which on an id counts as one of several people.
const SHARED_BY: u8 = 3;
/// Longest id that a notice shows, in bytes: words for no id are short, and people's numbers are not shown.
const MAX_SHOWN: usize = 16;

/// The external ids that come with different emails and phones, by column. Rows in which either is the same are about one
/// person.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
pub(super) struct ManyContacts {
    #[serde(with = "saved")]
    kept: Kept,
    found: BTreeMap<usize, Found>,
}

type Kept = HashMap<u64, Contacts, BuildHasherDefault<AsItIs>>;

/// What is known of an id.
#[derive(Debug, Clone, Copy, Default)]
struct Contacts {
    /// How many rows without a common email or phone were seen, up to [`SHARED_BY`].
    rows: u8,
    /// The upper halves of the hashes of the first two such rows' emails and phones; zero is none.
    first: [[u32; 2]; 2],
}

/// The ids of a column that several people have.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
pub(super) struct Found {
    pub(super) seen: FirstSeen,
    /// The first such id, if it names nobody.
    pub(super) example: Option<String>,
}

impl Contacts {
    /// Adds a row. Returns whether this is the one that makes the id one of several people.
    fn add(&mut self, contact: [u32; 2]) -> bool {
        let is_common = |before: &[u32; 2]| before.iter().zip(&contact).any(|(before, now)| before == now && *now != 0);
        let count = usize::from(self.rows);
        if self.rows >= SHARED_BY || self.first[..count].iter().any(is_common) {
            return false;
        }
        if let Some(place) = self.first.get_mut(count) {
            *place = contact;
        }
        self.rows += 1;
        self.rows == SHARED_BY
    }
}

impl ManyContacts {
    /// Adds the identifiers of a row.
    pub(super) fn row(&mut self, layout: &Layout, row: u64, line: u64, cells: &[&str], keys: &[IdentifierKey]) {
        if keys.len() < 2 {
            return;
        }
        let mut contact = [0; 2];
        for key in keys {
            match column(layout, key) {
                Some(ColumnId::Email) => contact[0] = half(key.hash),
                Some(ColumnId::Phone) => contact[1] = half(key.hash),
                _ => {}
            }
        }
        if contact == [0, 0] {
            return;
        }
        for id in keys.iter().filter(|key| matches!(column(layout, key), Some(ColumnId::ExternalId(_)))) {
            let is_full = self.kept.len() >= MAX_KEPT;
            let contacts = match self.kept.get_mut(&id.hash) {
                Some(contacts) => contacts,
                None if is_full => continue,
                None => self.kept.entry(id.hash).or_default(),
            };
            if contacts.add(contact) {
                let found = self.found.entry(id.cell).or_default();
                found.seen.add(row, line);
                if found.seen.count == 1 {
                    found.example = cells.get(id.cell).and_then(|cell| shown(cell)).map(ToOwned::to_owned);
                }
            }
        }
    }

    /// The columns with such ids.
    pub(super) fn found(&self) -> impl Iterator<Item = (usize, &Found)> + '_ {
        self.found.iter().map(|(column, found)| (*column, found))
    }
}

fn column<'a>(layout: &'a Layout, key: &IdentifierKey) -> Option<&'a ColumnId> {
    layout.columns.get(key.cell).and_then(Option::as_ref)
}

/// An id that may be shown: a word or a sign. Two digits and more may be the number of somebody.
fn shown(cell: &str) -> Option<&str> {
    let id = cell.trim();
    let digits = id.bytes().filter(u8::is_ascii_digit).count();
    (id.len() <= MAX_SHOWN && digits < 2 && !id.contains('@')).then_some(id)
}

/// The upper half of a hash, which is never zero.
fn half(hash: u64) -> u32 {
    u32::try_from(hash >> 32).unwrap_or_default().max(1)
}

/// The ids in a snapshot, in a third of the bytes that their names and digits would take.
mod saved {
    use base64::Engine as _;
    use base64::prelude::BASE64_STANDARD_NO_PAD;
    use serde::{Deserialize as _, Deserializer, Serializer, de};

    use super::{Contacts, Kept, SHARED_BY};

    type Saved = (u64, u8, [[u32; 2]; 2]);

    pub(super) fn serialize<S: Serializer>(kept: &Kept, serializer: S) -> Result<S::Ok, S::Error> {
        let all: Vec<Saved> = kept.iter().map(|(hash, contacts)| (*hash, contacts.rows, contacts.first)).collect();
        let bytes = postcard::to_allocvec(&all).map_err(serde::ser::Error::custom)?;
        serializer.serialize_str(&BASE64_STANDARD_NO_PAD.encode(bytes))
    }

    pub(super) fn deserialize<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Kept, D::Error> {
        let text = String::deserialize(deserializer)?;
        let bytes = BASE64_STANDARD_NO_PAD.decode(text).map_err(|_| de::Error::custom("ids are not base64"))?;
        let all: Vec<Saved> = postcard::from_bytes(&bytes).map_err(|_| de::Error::custom("ids are cut off"))?;
        let contacts = |rows: u8, first| Contacts { rows: rows.min(SHARED_BY), first };
        Ok(all.into_iter().map(|(hash, rows, first)| (hash, contacts(rows, first))).collect())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::columns::{Fields, Mapping, read_header};
    use crate::row::{Rules, identifier_keys};

    /// Column, row, number of ids and the first id of what was found.
    fn found(rows: &[[&str; 3]]) -> Vec<(usize, u64, u64, Option<String>)> {
        let header = ["external_id", "email", "phone"];
        let layout = read_header(&header, 1, &Mapping::new(), &Fields::new()).unwrap();
        let mut contacts = ManyContacts::default();
        for (row, cells) in (1..).zip(rows) {
            let mut keys = Vec::new();
            identifier_keys(&layout, &Rules::default(), cells, &mut String::new(), &mut keys);
            contacts.row(&layout, row, row + 1, cells, &keys);
            contacts = serde_json::from_str(&serde_json::to_string(&contacts).unwrap()).unwrap();
        }
        contacts.found().map(|(at, found)| (at, found.seen.row, found.seen.count, found.example.clone())).collect()
    }

    const PHONE: &str = "+12015550123";

    #[test]
    fn an_id_of_three_rows_without_a_common_email_or_phone_is_found() {
        for (rows, example) in [
            (&[["1", "a@x.org", ""], ["1", "b@x.org", ""], ["1", "c@x.org", ""]][..], Some("1")),
            (&[["New", "a@x.org", PHONE], ["New", "b@x.org", ""], ["New", "", "+12015550124"]], Some("New")),
            (&[["1234567800", "a@x.org", ""], ["1234567800", "b@x.org", ""], ["1234567800", "c@x.org", ""]], None),
        ] {
            assert_eq!(found(rows), [(0, 3, 1, example.map(ToOwned::to_owned))], "{rows:?}");
        }
    }

    #[test]
    fn a_customer_who_changes_an_email_or_has_one_phone_throughout_is_not() {
        for rows in [
            &[["1", "a@x.org", ""], ["1", "b@x.org", ""], ["1", "b@x.org", ""], ["1", "a@x.org", ""]][..],
            &[["1", "a@x.org", PHONE], ["1", "b@x.org", PHONE], ["1", "c@x.org", PHONE]],
            &[["1", "a@x.org", ""], ["2", "b@x.org", ""], ["3", "c@x.org", ""]],
            &[["1", "", ""], ["1", "", ""], ["1", "", ""]],
        ] {
            assert_eq!(found(rows), [], "{rows:?}");
        }
    }

    #[test]
    fn a_large_file_takes_bounded_memory() {
        let layout = read_header(&["external_id", "email"], 1, &Mapping::new(), &Fields::new()).unwrap();
        let mut contacts = ManyContacts::default();
        let key = |cell, hash| IdentifierKey { cell, hash, remark: None };
        for row in 0..200_000_u64 {
            let hash = row.wrapping_mul(0x9e37_79b9_7f4a_7c15);
            contacts.row(&layout, row, row, &[], &[key(0, hash), key(1, !hash)]);
        }
        assert_eq!(contacts.kept.len(), MAX_KEPT);
    }
}

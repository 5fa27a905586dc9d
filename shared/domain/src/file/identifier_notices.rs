//! What is strange about the identifiers of a sound file.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::first_seen::FirstSeen;
use super::many_contacts::ManyContacts;
use super::shared_identifiers::SharedIdentifiers;
use crate::codes::NoticeCode;
use crate::columns::{ColumnId, Layout};
use crate::problems::Notice;
use crate::row::{IdentifierKey, Remark};
use crate::wording::quoted;

/// What was found in the file so far.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
pub(super) struct IdentifierNotices {
    /// Phone numbers that can be read two ways, by column.
    ambiguous: BTreeMap<usize, FirstSeen>,
    shared: SharedIdentifiers,
    contacts: ManyContacts,
}

impl IdentifierNotices {
    /// Adds the identifiers of a row.
    pub(super) fn row(&mut self, layout: &Layout, row: u64, line: u64, cells: &[&str], keys: &[IdentifierKey]) {
        for key in keys.iter().filter(|key| key.remark == Some(Remark::AmbiguousPhone)) {
            self.ambiguous.entry(key.cell).or_default().add(row, line);
        }
        self.shared.row(layout, row, line, keys);
        self.contacts.row(layout, row, line, cells, keys);
    }

    /// A notice for each kind of thing in each column.
    pub(super) fn notices<'a>(&'a self, layout: &'a Layout) -> impl Iterator<Item = Notice> + 'a {
        let ambiguous = self.ambiguous.iter().map(|(column, seen)| (*column, *seen, NoticeCode::AmbiguousPhone));
        let ambiguous = ambiguous.map(|(column, seen, code)| (column, seen, code, AMBIGUOUS.to_owned()));
        let shared = self.shared.found().map(|(column, seen)| {
            let message = shared_message(layout.columns.get(column).and_then(Option::as_ref));
            (column, seen, NoticeCode::SharedIdentifier, message)
        });
        let contacts = self.contacts.found().map(|(column, found)| {
            (column, found.seen, NoticeCode::SharedIdentifier, contacts_message(found.example.as_deref()))
        });
        ambiguous.chain(shared).chain(contacts).map(|(column, FirstSeen { row, line, count }, code, message)| Notice {
            code,
            row,
            line,
            column: layout.header.get(column).map(|header| quoted(header).into_owned()).unwrap_or_default(),
            count,
            message,
        })
    }
}

const AMBIGUOUS: &str = "These numbers have no + and can be read in two ways: with a country code in front, or as national numbers without the 0 in front. Those that begin with the country code of the import's `default_region` were read with it, all others as national numbers of that region. Write them with the 0, or all numbers with +.";

fn contacts_message(example: Option<&str>) -> String {
    let id = example.map_or_else(|| "external id".to_owned(), |id| format!("external id “{}”", quoted(id)));
    format!(
        "Three or more rows have the same {id}, and no email or phone in common. They are about one customer, who keeps only the last email and phone. If the id stands for a missing one or has lost digits, set `null_tokens` to it, or correct it, and import the file again."
    )
}

fn shared_message(column: Option<&ColumnId>) -> String {
    let (noun, stronger) = match column {
        Some(ColumnId::Email) => ("email address", "external ids"),
        _ => ("phone number", "emails or external ids"),
    };
    format!(
        "Three or more rows have the same {noun} and different {stronger}: it may be one of an office or a family. By default each of these rows is a customer of its own, and the {noun} stays with the first. If they are about one customer, set `on_weak_match` to `update`."
    )
}

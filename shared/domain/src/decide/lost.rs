//! Identifiers that customers lose to others which rows give them.

use std::collections::BTreeSet;

use super::vocabulary::{Fate, Row, Stored};
use crate::customer::{Customer, CustomerId};
use crate::row::{Change, Identifier, ParsedRow};

/// The keys of identifiers that customers may lose by these rows and that no row names. Whoever reads what the rows name
/// reads the claims on these too, so that they are given up. `prior` is what an earlier attempt decided of each row.
pub fn may_be_lost(rows: &[Row], stored: &Stored, prior: &[Option<Fate>]) -> BTreeSet<String> {
    let mut named = BTreeSet::new();
    // Rows that share an identifier may be about a customer whom only one of them names.
    let mut are_linked = false;
    for identifier in rows.iter().filter_map(|row| row.parsed.as_ref().ok()).flat_map(ParsedRow::given_identifiers) {
        are_linked |= !named.insert(identifier.key());
    }
    let mut lost = BTreeSet::new();
    for (index, row) in rows.iter().enumerate() {
        let Ok(parsed) = &row.parsed else { continue };
        let about: BTreeSet<CustomerId> = if are_linked {
            stored.customers.keys().copied().collect()
        } else {
            let claims = parsed.given_identifiers().filter_map(|identifier| stored.claims.get(&identifier.key()));
            let earlier = prior.get(index).and_then(Option::as_ref).and_then(|fate| fate.customer);
            claims.map(|claim| claim.customer).chain(earlier).collect()
        };
        for customer in about.iter().filter_map(|id| stored.customers.get(id)) {
            lost.extend(replaced(parsed, customer).map(Identifier::key).filter(|key| !named.contains(key)));
        }
    }
    lost
}

/// The identifiers of a customer that a row would replace or erase.
fn replaced<'a>(parsed: &'a ParsedRow, customer: &'a Customer) -> impl Iterator<Item = &'a Identifier> {
    parsed.identifiers.iter().filter_map(|(slot, change)| {
        let held = customer.identifier(slot)?;
        match change {
            Change::Set(given) => (given != held).then_some(held),
            Change::Clear => Some(held),
            Change::Fill(_) | Change::Find(_) => None,
        }
    })
}

//! What a row changes: identifiers and attributes, and the claims that go with them.

use super::overlay::Overlay;
use super::row_settings::RowSettings;
use super::vocabulary::{Claim, ClaimWrite};
use super::{notes, refusals};
use crate::customer::{Customer, CustomerId, MAX_CUSTOMER, Provenance, Stamped};
use crate::problems::RowProblem;
use crate::row::{Change, Identifier, ParsedRow, Slot};

/// What an identifier of a row did to its customer.
enum Attached {
    /// Nothing: a newer row has set the slot.
    Refused,
    /// The customer had it already; `confirmed` if the row stamped it again.
    Listed { confirmed: bool },
    /// The customer has it now, in place of another one if it had one.
    Set { instead_of: Option<Identifier> },
}

/// Puts an identifier into its slot.
fn attach(customer: &mut Customer, identifier: &Identifier, by: Provenance, restamps: bool) -> Attached {
    let slot = identifier.slot();
    let stored = customer.identifiers.get(&slot);
    let stamped = Stamped { value: Some(identifier.clone()), by };
    if customer.lists(identifier) {
        let confirmed = restamps && stored.is_some_and(|stamped| stamped.by < by);
        if confirmed {
            customer.identifiers.insert(slot, stamped);
        }
        return Attached::Listed { confirmed };
    }
    if !Customer::takes(stored, by) {
        return Attached::Refused;
    }
    let instead_of = customer.identifiers.insert(slot, stamped).and_then(|before| before.value);
    Attached::Set { instead_of }
}

/// What an erased slot did to its customer.
enum Detached {
    /// Nothing: a newer row has set it, or it was empty.
    Unchanged,
    /// It was empty, and the row stamped it.
    Stamped,
    /// The customer had this identifier.
    Lost(Identifier),
}

/// Empties a slot.
fn detach(customer: &mut Customer, slot: &Slot, by: Provenance, restamps: bool) -> Detached {
    let held = customer.identifier(slot).cloned();
    if !Customer::takes(customer.identifiers.get(slot), by) || (held.is_none() && !restamps) {
        return Detached::Unchanged;
    }
    customer.identifiers.insert(slot.clone(), Stamped { value: None, by });
    held.map_or(Detached::Stamped, Detached::Lost)
}

/// Sets and erases attributes. Whether one changed, and whether one was only stamped again.
fn set_attributes(customer: &mut Customer, parsed: &ParsedRow, by: Provenance, restamps: bool) -> (bool, bool) {
    let (mut changed, mut confirmed) = (false, false);
    for (name, change) in &parsed.attributes {
        let stored = customer.attributes.get(name);
        let value = match change {
            Change::Set(value) => Some(value.clone()),
            Change::Clear => None,
            Change::Fill(value) => {
                if Customer::fills(stored, by) {
                    changed |= stored.is_none_or(|stamped| stamped.value.as_ref() != Some(value));
                    customer.attributes.insert(name.clone(), Stamped { value: Some(value.clone()), by });
                    confirmed = true;
                }
                continue;
            }
            Change::Find(_) => continue,
        };
        let same = stored.map_or(value.is_none(), |stamped| stamped.value == value);
        if !same && Customer::takes(stored, by) {
            customer.attributes.insert(name.clone(), Stamped { value, by });
            changed = true;
        } else if same && restamps && stored.is_none_or(|stamped| stamped.by < by) {
            customer.attributes.insert(name.clone(), Stamped { value, by });
            confirmed = true;
        }
    }
    (changed, confirmed)
}

impl Overlay<'_> {
    /// The identifiers that a row is to give to its customer: not those that only say whom it is about, and of those that
    /// fill what is empty only the ones whose slot is empty.
    pub(super) fn offered<'a>(&self, parsed: &'a ParsedRow, id: CustomerId, by: Provenance) -> Vec<&'a Identifier> {
        let slots = self.stored.customers.get(&id).map(|customer| &customer.identifiers);
        let is_empty = |slot: &Slot| {
            let stored = slots.and_then(|slots| slots.get(slot));
            stored.is_none_or(|stamped| stamped.value.is_none() && stamped.by <= by)
        };
        let offered = |(slot, change): &'a (Slot, Change<Identifier>)| match change {
            Change::Set(identifier) => Some(identifier),
            Change::Fill(identifier) => is_empty(slot).then_some(identifier),
            Change::Find(_) | Change::Clear => None,
        };
        parsed.identifiers.iter().filter_map(offered).collect()
    }
}

/// The slots that a row empties.
fn cleared(parsed: &ParsedRow) -> impl Iterator<Item = &Slot> {
    parsed.identifiers.iter().filter(|(_, change)| matches!(change, Change::Clear)).map(|(slot, _)| slot)
}

impl Overlay<'_> {
    /// The refusal of a row that would make its customer larger than one can be stored. Nothing is changed yet, so such
    /// a row leaves no trace. A row that does not make the customer larger is applied to one of any size.
    pub(super) fn too_large(
        &self,
        parsed: &ParsedRow,
        id: CustomerId,
        accepted: &[&Identifier],
        settings: &RowSettings,
        by: Provenance,
    ) -> Option<RowProblem> {
        let restamps = self.terms.restamps_unchanged;
        let before = self.stored.customers.get(&id);
        let mut after = before.cloned().unwrap_or_else(|| Customer::new(id, by));
        for identifier in accepted {
            attach(&mut after, identifier, by, restamps);
        }
        for slot in cleared(parsed) {
            detach(&mut after, slot, by, restamps);
        }
        set_attributes(&mut after, parsed, by, restamps);
        if let Some(segment) = &settings.segment {
            notes::enter(&mut after, segment, by, restamps);
        }
        after.link(&settings.touchpoint);
        let bytes = after.most_bytes();
        let is_too_large = bytes > MAX_CUSTOMER && before.is_none_or(|before| bytes > before.most_bytes());
        is_too_large.then(|| refusals::customer_too_large(bytes))
    }

    /// Applies the row to its customer; true if an attribute or identifier changed.
    pub(super) fn apply(
        &mut self,
        parsed: &ParsedRow,
        id: CustomerId,
        accepted: &[&Identifier],
        by: Provenance,
    ) -> bool {
        if accepted.iter().any(|identifier| self.dropped.contains(&identifier.key())) {
            self.end_stage();
        }
        let mut changed = false;
        for identifier in accepted {
            changed |= self.attach(identifier, id, by);
        }
        for slot in cleared(parsed) {
            changed |= self.detach(slot, id, by);
        }
        let restamps = self.terms.restamps_unchanged;
        let customer = self.customer(id, by);
        let (attributes_changed, confirmed) = set_attributes(customer, parsed, by, restamps);
        changed |= attributes_changed;
        if changed || confirmed || customer.version == 0 {
            self.dirty.insert(id);
        }
        changed
    }

    fn attach(&mut self, identifier: &Identifier, id: CustomerId, by: Provenance) -> bool {
        let restamps = self.terms.restamps_unchanged;
        let customer = self.customer(id, by);
        let is_stored = customer.version > 0;
        let (listed, confirmed) = match attach(customer, identifier, by, restamps) {
            Attached::Refused => return false,
            Attached::Listed { confirmed } => (true, confirmed),
            Attached::Set { instead_of } => {
                if let Some(old) = instead_of {
                    self.release(&old, id);
                }
                (false, false)
            }
        };
        self.claim(identifier, id, by, listed, is_stored);
        if confirmed {
            self.dirty.insert(id);
        }
        !listed
    }

    fn detach(&mut self, slot: &Slot, id: CustomerId, by: Provenance) -> bool {
        let restamps = self.terms.restamps_unchanged;
        match detach(self.customer(id, by), slot, by, restamps) {
            Detached::Unchanged => false,
            Detached::Stamped => {
                self.dirty.insert(id);
                false
            }
            Detached::Lost(old) => {
                self.release(&old, id);
                true
            }
        }
    }

    /// Makes sure that the customer holds the identifier. A claim that exists is kept only if the customer's profile
    /// lists the identifier, or if this batch made the claim for a customer that is not stored yet. Any other claim
    /// is made again: the batch that made it could still move it, and a customer that is not stored cannot be
    /// fenced against that. The claims of such a customer are all those of the row that creates it.
    fn claim(&mut self, identifier: &Identifier, id: CustomerId, by: Provenance, listed: bool, is_stored: bool) {
        let key = identifier.key();
        let replaces = self.stored.claims.get(&key).copied();
        if let Some(claim) = replaces {
            if claim.customer == id && (listed || (!is_stored && self.is_of_batch(&claim))) {
                return;
            }
            if claim.customer != id
                && let Some(former) = self.stored.customers.get_mut(&claim.customer)
                && former.version > 0
                && !self.stage.fences.iter().any(|(fenced, _)| *fenced == former.id)
            {
                self.stage.fences.push((former.id, former.version));
                former.version += 1;
            }
        }
        let creator = self.stored.customers.get(&id).filter(|_| !is_stored).map(|customer| customer.created_by);
        let by = creator.unwrap_or(by);
        let is_theirs = |former: Claim| former.is_shared || former.by.import != by.import;
        let is_shared = replaces.is_some_and(|former| former.customer == id && is_theirs(former));
        let claim = Claim { customer: id, by, is_shared };
        self.stored.claims.insert(key.clone(), claim);
        self.stage.claims.push(ClaimWrite { key, claim, replaces });
    }

    fn release(&mut self, identifier: &Identifier, id: CustomerId) {
        let key = identifier.key();
        let Some(claim) = self.stored.claims.get(&key).copied().filter(|claim| claim.customer == id) else { return };
        if let Some(position) = self.stage.claims.iter().position(|write| write.key == key) {
            let write = self.stage.claims.swap_remove(position);
            match write.replaces {
                Some(former) => self.stored.claims.insert(key, former),
                None => self.stored.claims.remove(&key),
            };
            return;
        }
        self.dropped.insert(key.clone());
        self.stage.releases.push((key, claim));
    }
}

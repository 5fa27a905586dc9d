//! What a row changes: identifiers and attributes, and the claims that go with them.

use super::overlay::Overlay;
use super::vocabulary::{Claim, ClaimWrite};
use crate::customer::{Customer, CustomerId, Provenance, Stamped};
use crate::row::{Change, Identifier, ParsedRow, Slot};

impl Overlay<'_> {
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
        for (slot, change) in &parsed.identifiers {
            if matches!(change, Change::Clear) {
                changed |= self.detach(slot, id, by);
            }
        }
        let restamps = self.terms.restamps_unchanged;
        let mut confirmed = false;
        let customer = self.customer(id, by);
        for (name, change) in &parsed.attributes {
            let stored = customer.attributes.get(name);
            let value = match change {
                Change::Set(value) => Some(value.clone()),
                Change::Clear => None,
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
        if changed || confirmed || customer.version == 0 {
            self.dirty.insert(id);
        }
        changed
    }

    fn attach(&mut self, identifier: &Identifier, id: CustomerId, by: Provenance) -> bool {
        let slot = identifier.slot();
        let restamps = self.terms.restamps_unchanged;
        let customer = self.customer(id, by);
        let stored = customer.identifiers.get(&slot);
        let listed = customer.lists(identifier);
        if !listed && !Customer::takes(stored, by) {
            return false;
        }
        let is_stored = customer.version > 0;
        let old = customer.identifier(&slot).filter(|old| *old != identifier).cloned();
        let confirmed = restamps && stored.is_some_and(|stamped| stamped.by < by);
        if !listed || confirmed {
            customer.identifiers.insert(slot, Stamped { value: Some(identifier.clone()), by });
        }
        if let Some(old) = old {
            self.release(&old, id);
        }
        self.claim(identifier, id, by, listed, is_stored);
        if confirmed {
            self.dirty.insert(id);
        }
        !listed
    }

    fn detach(&mut self, slot: &Slot, id: CustomerId, by: Provenance) -> bool {
        let restamps = self.terms.restamps_unchanged;
        let customer = self.customer(id, by);
        let held = customer.identifier(slot).cloned();
        if !Customer::takes(customer.identifiers.get(slot), by) || (held.is_none() && !restamps) {
            return false;
        }
        customer.identifiers.insert(slot.clone(), Stamped { value: None, by });
        let Some(old) = held else {
            self.dirty.insert(id);
            return false;
        };
        self.release(&old, id);
        true
    }

    /// Makes sure that the customer holds the identifier. A claim that exists is kept only if the customer's profile
    /// lists the identifier, or if this batch made the claim for a customer that is not stored yet. Any other claim
    /// is made again: the batch that made it could still move it, and a customer that is not stored cannot be
    /// fenced against that.
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
        let claim = Claim { customer: id, by };
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

//! Whom a row is about.

use super::overlay::Overlay;
use super::vocabulary::{Claim, Fate};
use crate::codes::Outcome;
use crate::customer::{CustomerId, Provenance};
use crate::row::{Identifier, ParsedRow, Slot};

impl Overlay<'_> {
    /// The customer that the row is about: who holds the strongest of its identifiers that anybody holds, else the
    /// customer that it creates.
    pub(super) fn whom(&self, parsed: &ParsedRow, by: Provenance) -> CustomerId {
        let own = CustomerId::created_by(by);
        let Some((found, holder)) =
            parsed.given_identifiers().find_map(|identifier| Some((identifier, self.holder(identifier)?)))
        else {
            return own;
        };
        let by_external_id = matches!(found.slot(), Slot::ExternalId(_));
        let is_somebody_else = !by_external_id
            && self.stored.customers.get(&holder).is_some_and(|customer| {
                parsed.given_identifiers().filter(|identifier| matches!(identifier.slot(), Slot::ExternalId(_))).any(
                    |identifier| customer.identifier(&identifier.slot()).is_some_and(|theirs| theirs != identifier),
                )
            });
        if is_somebody_else { own } else { holder }
    }

    /// Who holds an identifier. A claim has lapsed if its customer does not list the identifier, or if this import made
    /// it for a customer that is not stored. Rows that share an identifier are never under way side by side, so either
    /// an attempt at this batch died and left the claim behind, or its row was given up and nobody will create the
    /// customer.
    pub(super) fn holder(&self, identifier: &Identifier) -> Option<CustomerId> {
        let claim = self.stored.claims.get(&identifier.key())?;
        match self.stored.customers.get(&claim.customer) {
            Some(customer) => customer.lists(identifier).then_some(claim.customer),
            None => (claim.by.import != self.terms.import).then_some(claim.customer),
        }
    }

    /// Whether this batch made a claim, now or in an earlier attempt.
    pub(super) fn is_of_batch(&self, claim: &Claim) -> bool {
        claim.by.import == self.terms.import && self.numbers.contains(&claim.by.row)
    }

    /// Whether an earlier attempt's decision about this row still holds. It does once anything of the batch is stored:
    /// a new decision would see what later rows did.
    pub(super) fn still_holds(&self, parsed: &ParsedRow, fate: &Fate, id: CustomerId, by: Provenance) -> bool {
        if !self.landed {
            return false;
        }
        match (self.stored.customers.get(&id), fate.outcome) {
            (Some(customer), Outcome::Created) => customer.created_by == by,
            (Some(_), _) => true,
            (None, Outcome::Created) => {
                parsed.given_identifiers().any(|identifier| self.holder(identifier).is_none_or(|holder| holder == id))
            }
            (None, _) => false,
        }
    }
}

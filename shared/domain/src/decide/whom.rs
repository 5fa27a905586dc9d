//! Whom a row is about.

use super::overlay::Overlay;
use super::vocabulary::{Claim, Fate};
use crate::codes::{Outcome, RowCode};
use crate::customer::{CustomerId, Provenance};
use crate::imports::OnWeakMatch;
use crate::row::{Identifier, ParsedRow, Slot};

/// Whom a row is about.
pub(super) struct Whom<'a> {
    /// The customer, who may not exist yet.
    pub(super) customer: CustomerId,
    /// The customer whom the row met and is not about.
    pub(super) passed_over: Option<WeakMatch<'a>>,
}

/// A row meets a customer by one identifier, and gives a stronger one that differs from the customer's.
#[derive(Clone, Copy)]
pub(super) struct WeakMatch<'a> {
    /// The identifier that both have.
    pub(super) shared: &'a Identifier,
    /// The strongest identifier of the row that differs from the customer's.
    pub(super) differing: &'a Identifier,
}

impl WeakMatch<'_> {
    /// Whether the differing identifier replaces that of the customer with `on_weak_match` `update`. An external id is
    /// given by a system to one person, so it never does.
    pub(super) fn can_update(&self) -> bool {
        !matches!(self.differing.slot(), Slot::ExternalId(_))
    }
}

/// Whether one identifier says more surely than another whom a row is about. External ids are equally strong.
fn is_stronger(slot: &Slot, other: &Slot) -> bool {
    !matches!(other, Slot::ExternalId(_)) && slot < other
}

impl Overlay<'_> {
    /// Whom the row is about: the holder of the strongest of its identifiers that anybody holds, unless a stronger one
    /// of the row says that it is about somebody else. A weak match is an error if the import rejects such rows.
    pub(super) fn whom<'a>(&self, parsed: &'a ParsedRow, by: Provenance) -> Result<Whom<'a>, WeakMatch<'a>> {
        let own = CustomerId::created_by(by);
        let about = |customer| Ok(Whom { customer, passed_over: None });
        let found = parsed.given_identifiers().find_map(|identifier| Some((identifier, self.holder(identifier)?)));
        let Some((shared, holder)) = found else { return about(own) };
        // The row's own customer exists already if an earlier attempt created it.
        let Some(weak) = self.weak_match(parsed, shared, holder).filter(|_| holder != own) else {
            return about(holder);
        };
        match self.terms.on_weak_match {
            OnWeakMatch::Reject => Err(weak),
            OnWeakMatch::Update if weak.can_update() => about(holder),
            OnWeakMatch::Update | OnWeakMatch::Separate => Ok(Whom { customer: own, passed_over: Some(weak) }),
        }
    }

    /// Compares the identifiers of the row that are stronger than the shared one with those of its holder. One that the
    /// holder lacks does not differ.
    fn weak_match<'a>(
        &self,
        parsed: &'a ParsedRow,
        shared: &'a Identifier,
        holder: CustomerId,
    ) -> Option<WeakMatch<'a>> {
        let customer = self.stored.customers.get(&holder)?;
        let differs = |given: &Identifier| customer.identifier(&given.slot()).is_some_and(|theirs| theirs != given);
        let mut stronger = parsed.given_identifiers().filter(|given| is_stronger(&given.slot(), &shared.slot()));
        let differing = stronger.find(|given| differs(given))?;
        Some(WeakMatch { shared, differing })
    }

    /// Who holds an identifier. A claim has lapsed if its customer does not list the identifier, or if this import made it
    /// for a customer who is not stored. Rows that share an identifier are never under way side by side, so either an
    /// attempt at this batch left the claim behind when it died or was decided anew, or its row was given up. A claim
    /// that this import took over from another one has not lapsed: the other one may be about to write the customer, and
    /// who is not stored cannot be fenced against that.
    pub(super) fn holder(&self, identifier: &Identifier) -> Option<CustomerId> {
        let claim = self.stored.claims.get(&identifier.key())?;
        let counts = match self.stored.customers.get(&claim.customer) {
            _ if self.stored.erased.contains_key(&claim.customer) => false,
            Some(customer) => customer.lists(identifier),
            None => claim.by.import != self.terms.import || claim.is_shared,
        };
        counts.then_some(claim.customer)
    }

    /// Whether this batch made a claim, now or in an earlier attempt.
    pub(super) fn is_of_batch(&self, claim: &Claim) -> bool {
        claim.by.import == self.terms.import && self.numbers.contains(&claim.by.row)
    }

    /// Whether an earlier attempt left an identifier of the row with another customer.
    pub(super) fn was_taken(&self, identifier: &Identifier, fate: &Fate) -> bool {
        let cell = self.terms.cell_of(&identifier.slot().column());
        fate.problems.iter().any(|problem| problem.code == RowCode::IdentifierTaken && problem.cell == cell)
    }

    /// Whether a row outside this batch has given the identifier to another customer since the attempt that decided the
    /// row's fate: the row was given up, and a later row created the customer in its place, or another import did.
    fn is_taken_since(&self, identifier: &Identifier, fate: &Fate, id: CustomerId) -> bool {
        let is_other = self.holder(identifier).is_some_and(|holder| holder != id);
        let claim = self.stored.claims.get(&identifier.key());
        is_other && !self.was_taken(identifier, fate) && claim.is_some_and(|claim| !self.is_of_batch(claim))
    }

    /// Whether an earlier attempt's decision about this row still holds. It does once anything of the batch is stored:
    /// a new decision would see what later rows did.
    pub(super) fn still_holds(&self, parsed: &ParsedRow, fate: &Fate, id: CustomerId, by: Provenance) -> bool {
        if !self.landed {
            return false;
        }
        match (self.stored.customers.get(&id), fate.outcome) {
            _ if self.stored.erased.contains_key(&id) => false,
            (Some(customer), Outcome::Created) => customer.created_by == by,
            (Some(_), _) => true,
            (None, Outcome::Created) => {
                let is_left = |identifier: &&Identifier| self.holder(identifier).is_none_or(|holder| holder == id);
                let offered = self.offered(parsed, id, by);
                // A later row of the batch may have handed the row's identifiers on, and given the customer another.
                let has_another =
                    || self.stored.claims.values().any(|claim| claim.customer == id && self.is_of_batch(claim));
                (offered.iter().any(is_left) || has_another())
                    && !offered.iter().any(|identifier| self.is_taken_since(identifier, fate, id))
            }
            (None, _) => false,
        }
    }
}

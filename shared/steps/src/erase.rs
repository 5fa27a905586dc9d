//! Erasing a customer, at once and for good. [`domain::customer::Erasure`] says in which order and why.

use std::collections::BTreeSet;
use std::time::Duration;

use domain::customer::{Customer, CustomerId, Erasure, Provenance, SuppressionKey, Traces};
use domain::decide::{Claim, ClaimWrite};
use domain::row::Identifier;
use stores::customers::{Customers as _, StoredCustomers};
use stores::segments::Segments;
use stores::{StoreError, Stores, Written};

/// Times that a customer is read again, if imports change it meanwhile.
const TRIES: usize = 10;
/// How long a worker may take to end an erasure: longer than its function runs.
const ENDING: Duration = Duration::from_secs(120);

/// Whether a customer is erased.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Erased {
    /// Nobody can find the customer any more, and no import that was launched before brings it back.
    Yes,
    /// Nothing is stored of such a customer.
    NoSuchCustomer,
    /// Imports kept changing the customer. The erasure is recorded; the sweep goes on with it.
    Changing,
}

/// Whether imports that are launched later may bring an erased customer back.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Afterwards {
    /// They may.
    MayComeBack,
    /// They may not: the identifiers are suppressed.
    StaysOut {
        /// The key with which they are hashed, if nothing was suppressed before.
        fresh_key: SuppressionKey,
    },
}

/// The stores that hold something of customers.
#[derive(Debug, Clone, Copy)]
pub struct Erasing<'a> {
    /// The imports and the erasures.
    pub stores: &'a Stores,
    /// The customers.
    pub customers: &'a StoredCustomers,
    /// Their memberships.
    pub segments: &'a Segments,
}

impl Erasing<'_> {
    /// Erases the customer who has an identifier, or what is left of whoever it is claimed for: a worker may have died
    /// before it wrote the profile. If that one was erased before an import was launched, nobody has the identifier any
    /// more.
    ///
    /// # Errors
    /// When a store fails. Repeat it then; the sweep goes on with it too.
    pub async fn erase_holder(self, identifier: &Identifier, afterwards: Afterwards) -> Result<Erased, StoreError> {
        let suppression = self.suppression(afterwards).await?;
        let found = Traces { identifiers: BTreeSet::from([identifier.key()]), ..Traces::default() };
        if let Some(suppression) = suppression {
            self.customers.suppress(suppression, &found.identifiers).await?;
        }
        for _ in 0..TRIES {
            let stored = self.customers.stored(&found.identifiers, BTreeSet::new()).await?;
            let claim = stored.claims.values().next().copied();
            // The holder gave the identifier up, or a worker claimed it and has not written that.
            let lapsed = claim.and_then(|claim| stored.customers.get(&claim.customer));
            let lapsed = lapsed.filter(|customer| !customer.lists(identifier));
            let erased = match claim {
                Some(claim) if lapsed.is_none() => self.erase_with(claim.customer, found.clone(), suppression).await?,
                _ => Erased::NoSuchCustomer,
            };
            let Some(suppression) = suppression.filter(|_| erased == Erased::NoSuchCustomer) else { return Ok(erased) };
            let fences: Vec<(CustomerId, u64)> =
                lapsed.map(|customer| (customer.id, customer.version)).into_iter().collect();
            // Nobody has the identifier, and nobody will.
            if self.keep_from_open_imports(identifier, suppression, claim, &fences).await?.is_done() {
                return Ok(Erased::Yes);
            }
        }
        Ok(Erased::Changing)
    }

    /// Keeps an identifier that nobody has from the imports that are open: a worker may have decided a row with it before
    /// it was suppressed. It is claimed, in place of the claim that was read, for somebody who never was and is being
    /// erased. Whoever loses a claim by that is fenced. `Superseded` if a worker was quicker: read the claim again.
    async fn keep_from_open_imports(
        self,
        identifier: &Identifier,
        suppression: SuppressionKey,
        replaces: Option<Claim>,
        fences: &[(CustomerId, u64)],
    ) -> Result<Written, StoreError> {
        let imports = &self.stores.imports;
        let Some(up_to) = imports.last_launched().await? else { return Ok(Written::Done) };
        let key = identifier.key();
        let customer = CustomerId::standing_in(up_to, &suppression.hash(&key));
        let traces = Traces { identifiers: BTreeSet::from([key.clone()]), ..Traces::default() };
        let erasure = Erasure { customer, up_to, at: self.stores.clock.now(), traces };
        if erasure.is_unopposed(&imports.open_ids().await?) {
            return Ok(Written::Done);
        }
        self.stores.erasures.record(&erasure).await?;
        // Superseded means that an earlier request came this far.
        let _superseded = self.customers.mark_erased(customer, 0, up_to).await?;
        if !self.customers.fence(fences).await?.is_done() {
            return Ok(Written::Superseded);
        }
        // No row has the number 0, so no batch takes the claim for its own.
        let by = Provenance { import: up_to, row: 0 };
        let claim = Claim { customer, by, is_shared: false };
        self.customers.claim(&[ClaimWrite { key, claim, replaces }]).await
    }

    /// Erases a customer with all that is stored of it.
    ///
    /// # Errors
    /// When a store fails. Repeat it then; the sweep goes on with it too.
    pub async fn erase(self, id: CustomerId, afterwards: Afterwards) -> Result<Erased, StoreError> {
        let suppression = self.suppression(afterwards).await?;
        self.erase_with(id, Traces::default(), suppression).await
    }

    async fn suppression(self, afterwards: Afterwards) -> Result<Option<SuppressionKey>, StoreError> {
        match afterwards {
            Afterwards::MayComeBack => Ok(None),
            Afterwards::StaysOut { fresh_key } => self.customers.suppression_key_or(fresh_key).await.map(Some),
        }
    }

    async fn erase_with(
        self,
        id: CustomerId,
        found: Traces,
        suppression: Option<SuppressionKey>,
    ) -> Result<Erased, StoreError> {
        let imports = &self.stores.imports;
        // Only imports write customers.
        let Some(up_to) = imports.last_launched().await? else { return Ok(Erased::NoSuchCustomer) };
        for _ in 0..TRIES {
            let stored = self.customers.profiles(BTreeSet::from([id])).await?;
            let customer = stored.customers.get(&id);
            let mut traces = customer.map_or_else(Traces::default, traces_of);
            traces.extend(found.clone());
            let marked_up_to = stored.erased.get(&id).copied();
            let recorded = match marked_up_to {
                Some(_) => self.stores.erasures.get(id).await?,
                None => None,
            };
            if let Some(recorded) = &recorded {
                traces.extend(recorded.erasure.traces.clone());
            }
            // Before anything is erased: whoever repeats this after a failure may find no identifier any more.
            if let Some(suppression) = suppression {
                self.customers.suppress(suppression, &traces.identifiers).await?;
            }
            let mut erasure = Erasure { customer: id, up_to, at: self.stores.clock.now(), traces };
            if let Some(marked_up_to) = marked_up_to {
                if recorded.is_none() || marked_up_to < up_to {
                    // Whoever was erased is not there to be kept from a later import.
                    self.stores.erasures.add_traces(id, &erasure.traces).await?;
                    return Ok(Erased::NoSuchCustomer);
                }
                erasure.up_to = marked_up_to;
                self.stores.erasures.record(&erasure).await?;
            } else {
                if erasure.traces.is_empty() && self.customers.feed(id, 1, None).await?.is_empty() {
                    return Ok(Erased::NoSuchCustomer);
                }
                self.stores.erasures.record(&erasure).await?;
                let version = customer.map_or(0, |customer| customer.version);
                if !self.customers.mark_erased(id, version, up_to).await?.is_done() {
                    continue;
                }
            }
            self.delete_all_but_claims(&erasure).await?;
            // The claims keep open imports from bringing the customer back.
            if erasure.is_unopposed(&imports.open_ids().await?) {
                self.customers.give_up_claims(id, &erasure.traces.identifiers).await?;
            }
            return Ok(Erased::Yes);
        }
        Ok(Erased::Changing)
    }

    /// Ends the erasure of a customer, if nobody can write anything of it any more.
    ///
    /// # Errors
    /// When a store fails.
    pub async fn end(self, id: CustomerId) -> Result<(), StoreError> {
        let Some(recorded) = self.stores.erasures.get(id).await? else { return Ok(()) };
        let (erasure, now) = (recorded.erasure, self.stores.clock.now());
        if !erasure.can_end(&self.stores.imports.open_ids().await?, now) {
            return Ok(());
        }
        let stored = self.customers.profiles(BTreeSet::from([id])).await?;
        if !recorded.is_ending && !stored.erased.contains_key(&id) {
            // Whoever was to erase the customer died before it was marked.
            return self.erase_with(id, erasure.traces, None).await.map(drop);
        }
        let Some(erasure) = self.stores.erasures.begin_ending(&erasure, now, now + ENDING).await? else {
            return Ok(());
        };
        self.delete_all_but_claims(&erasure).await?;
        self.customers.give_up_claims(id, &erasure.traces.identifiers).await?;
        self.customers.remove_mark(id).await?;
        // Superseded means that somebody asked again: the sweep ends that erasure too.
        let _superseded = self.stores.erasures.forget(&erasure).await?;
        Ok(())
    }

    async fn delete_all_but_claims(self, erasure: &Erasure) -> Result<(), StoreError> {
        self.segments.erase(erasure.customer, &erasure.traces.segments).await?;
        self.customers.erase_feed(erasure.customer).await
    }
}

/// Where something of a stored customer is besides its profile and its feed.
fn traces_of(customer: &Customer) -> Traces {
    Traces {
        identifiers: customer.identifiers.values().filter_map(|held| Some(held.value.as_ref()?.key())).collect(),
        segments: customer.segments.values().map(|held| held.value.clone()).collect(),
    }
}

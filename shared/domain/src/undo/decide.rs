//! What a row of an undo does to its customer.

use std::collections::{BTreeMap, BTreeSet};

use super::merge::merged;
use crate::codes::{Outcome, RowCode, Severity};
use crate::customer::{Customer, CustomerId, FeedPlace, Former, Provenance, Stamped};
use crate::decide::{Claim, ClaimWrite, Fate, Stage, Stored};
use crate::imports::ImportId;
use crate::problems::RowProblem;
use crate::row::{Identifier, Slot, Value};

/// What holds for all rows of an undo.
#[derive(Debug, Clone, Copy)]
pub struct UndoTerms {
    /// The import that is taken back.
    pub undoes: ImportId,
    /// Whether no import was launched after it. Touchpoints carry no stamp, so they are unlinked only then.
    pub is_latest: bool,
}

/// A row of an undo.
#[derive(Debug, Clone)]
pub struct UndoRow {
    /// Its number in the undo's file.
    pub number: u64,
    /// What a batch replaced of one customer; none if the row cannot be read.
    pub former: Option<Former>,
}

/// What rows of an undo come to.
#[derive(Debug, Clone, Default)]
pub struct UndoDecision {
    /// A fate for each row, in order: `updated` if everything of it comes back or goes, `unchanged` if something stays,
    /// which its problems name.
    pub fates: Vec<Fate>,
    /// Writes, stage after stage.
    pub stages: Vec<Stage>,
    /// Feed entries to delete.
    pub feed: BTreeSet<(CustomerId, FeedPlace)>,
}

/// Decides rows of an undo. `prior` is what an earlier attempt decided of each, if one did: its writes may be stored.
/// `foreign_feeds` are the customers whose feeds have entries of other imports.
pub fn decide_undo(
    rows: &[UndoRow],
    stored: &Stored,
    foreign_feeds: &BTreeSet<CustomerId>,
    terms: UndoTerms,
    prior: &[Option<Fate>],
) -> UndoDecision {
    let mut undo = Undo { stored: stored.clone(), foreign_feeds, terms, decision: UndoDecision::default() };
    for (index, row) in rows.iter().enumerate() {
        let decided = undo.row(row);
        let fate = match prior.get(index).cloned().flatten() {
            Some(earlier) => with_suppressed(earlier, decided),
            None => decided,
        };
        undo.decision.fates.push(fate);
    }
    let UndoDecision { fates, stages, feed } = undo.decision;
    UndoDecision { fates, stages: merged(stages), feed }
}

/// What an earlier attempt decided, with the identifiers that were suppressed since: they do not come back.
fn with_suppressed(mut earlier: Fate, decided: Fate) -> Fate {
    let since = decided.problems.into_iter().filter(|problem| problem.code == RowCode::Suppressed);
    let since: Vec<RowProblem> = since.filter(|problem| !earlier.problems.contains(problem)).collect();
    if !since.is_empty() {
        earlier.outcome = Outcome::Unchanged;
        earlier.problems.extend(since);
    }
    earlier
}

struct Undo<'a> {
    stored: Stored,
    foreign_feeds: &'a BTreeSet<CustomerId>,
    terms: UndoTerms,
    decision: UndoDecision,
}

impl Undo<'_> {
    fn row(&mut self, row: &UndoRow) -> Fate {
        let Some(former) = &row.former else { return unreadable() };
        let id = former.customer;
        let feed = former.feed.iter().map(|place| (id, *place));
        self.decision.feed.extend(feed);
        self.take_back_identifiers(former);
        let mut kept = Vec::new();
        let stage = match self.stored.customers.get(&id) {
            _ if self.stored.erased.contains_key(&id) => Stage::default(),
            None => self.sweep_up(former),
            Some(customer) if self.is_all_of_the_import(customer) => self.delete(customer.clone()),
            Some(customer) => self.give_back(customer.clone(), former, &mut kept),
        };
        self.write(stage);
        let outcome = if kept.is_empty() { Outcome::Updated } else { Outcome::Unchanged };
        Fate::new(outcome, Some(id), kept)
    }

    /// Empties the slots of those who got an identifier of this customer from the import and are to give it up, if their
    /// own rows come later. Rows that only what is stored links may come in any order. Their slots keep the stamp of the
    /// import, so their own rows put back what was there before.
    fn take_back_identifiers(&mut self, former: &Former) {
        let Some(customer) = self.stored.customers.get(&former.customer) else { return };
        let wanted = former.identifiers.iter().filter(|(slot, before)| {
            let now = customer.identifiers.get(slot);
            now != before.as_ref() && now.is_some_and(|stamped| self.is_ours(stamped.by))
        });
        let wanted = wanted.filter_map(|(_, before)| before.as_ref()?.value.clone());
        let wanted: Vec<Identifier> = wanted.collect();
        for identifier in wanted {
            let key = identifier.key();
            let Some(claim) = self.stored.claims.get(&key).copied() else { continue };
            if claim.customer == former.customer {
                continue;
            }
            let Some(holder) = self.stored.customers.get(&claim.customer) else { continue };
            let Some(held) = holder.identifiers.get(&identifier.slot()) else { continue };
            let gives_it_up = !self.is_ours(holder.created_by) || self.is_all_of_the_import(holder);
            if held.value.as_ref() == Some(&identifier) && self.is_ours(held.by) && gives_it_up {
                let mut holder = holder.clone();
                holder.identifiers.insert(identifier.slot(), Stamped { value: None, by: held.by });
                self.write(Stage { profiles: vec![holder], releases: vec![(key, claim)], ..Stage::default() });
            }
        }
    }

    fn write(&mut self, stage: Stage) {
        if stage != Stage::default() {
            self.apply(&stage);
            self.decision.stages.push(stage);
        }
    }

    fn is_ours(&self, by: Provenance) -> bool {
        by.import == self.terms.undoes
    }

    /// Whether the import created the customer, nobody else touched it, and it has not said no to anything since.
    fn is_all_of_the_import(&self, customer: &Customer) -> bool {
        customer.stamps().all(|by| self.is_ours(by))
            && !self.foreign_feeds.contains(&customer.id)
            && !customer.attributes.iter().any(|(name, stamped)| is_opt_out(name, stamped.value.as_ref()))
    }

    /// What is left of a customer that an earlier attempt deleted, or that somebody erased.
    fn sweep_up(&self, former: &Former) -> Stage {
        let is_left = |(key, claim): &(&String, &Claim)| {
            claim.customer == former.customer && former.claimed.get(*key) == Some(&claim.by)
        };
        Stage {
            releases: self.stored.claims.iter().filter(is_left).map(|(key, claim)| (key.clone(), *claim)).collect(),
            leaves: former.joined.iter().map(|(segment, by)| ((segment.clone(), former.customer), *by)).collect(),
            ..Stage::default()
        }
    }

    fn delete(&self, customer: Customer) -> Stage {
        let identifiers = customer.identifiers.values().filter_map(|stamped| stamped.value.as_ref());
        let releases = identifiers.filter_map(|identifier| self.own_claim(identifier, customer.id));
        let leaves = customer.segments.values().map(|held| ((held.value.clone(), customer.id), held.by));
        Stage {
            releases: releases.collect(),
            leaves: leaves.collect(),
            deletes: vec![(customer.id, customer.version)],
            ..Stage::default()
        }
    }

    fn own_claim(&self, identifier: &Identifier, id: CustomerId) -> Option<(String, Claim)> {
        let key = identifier.key();
        let claim = self.stored.claims.get(&key).copied().filter(|claim| claim.customer == id)?;
        Some((key, claim))
    }

    /// Puts back what the batch replaced, as far as nobody else has set it since.
    fn give_back(&mut self, customer: Customer, former: &Former, kept: &mut Vec<RowProblem>) -> Stage {
        let mut after = customer.clone();
        let mut stage = Stage::default();
        let created_here = self.is_ours(customer.created_by);
        let mut identifiers = former.identifiers.clone();
        let mut attributes = former.attributes.clone();
        let mut segments = former.segments.clone();
        if created_here {
            // Nothing was kept of a customer that the import created: there was nothing before.
            identifiers.extend(own(&customer.identifiers, self.terms.undoes));
            attributes.extend(own(&customer.attributes, self.terms.undoes));
            segments.extend(own(&customer.segments, self.terms.undoes));
        }
        // Those that come back first: whoever has one of them again can do without one that goes.
        let comes_back = |before: &Option<Stamped<Option<Identifier>>>| {
            before.as_ref().is_some_and(|stamped| stamped.value.is_some())
        };
        let (back, gone): (Vec<_>, Vec<_>) = identifiers.into_iter().partition(|(_, before)| comes_back(before));
        for (slot, before) in back.into_iter().chain(gone) {
            self.give_identifier_back(&mut after, &mut stage, &slot, before, &former.released, kept);
        }
        for (name, before) in attributes {
            let now = customer.attributes.get(&name);
            if now == before.as_ref() {
                continue;
            }
            match now {
                Some(stamped) if self.is_ours(stamped.by) && is_opt_out(&name, stamped.value.as_ref()) => {
                    kept.push(stays(
                        &name,
                        RowCode::OptOut,
                        "The customer said no to this, and an undo never takes that back.",
                    ));
                }
                Some(stamped) if self.is_ours(stamped.by) => put_back(&mut after.attributes, name, before),
                now => kept.push(changed_since(&name, now.map(|stamped| stamped.by))),
            }
        }
        for (group, before) in segments {
            let now = customer.segments.get(&group);
            if now == before.as_ref() {
                continue;
            }
            match now {
                Some(stamped) if self.is_ours(stamped.by) => {
                    stage.leaves.insert((stamped.value.clone(), customer.id), stamped.by);
                    if let Some(before) = &before {
                        if before.value == stamped.value {
                            // The list names the import's row, and a join does not replace a later one.
                            let leaves = std::mem::take(&mut stage.leaves);
                            self.write(Stage { leaves, ..Stage::default() });
                        }
                        stage.joins.insert((before.value.clone(), customer.id), before.by);
                    }
                    put_back(&mut after.segments, group, before);
                }
                now => kept.push(changed_since("segment", now.map(|stamped| stamped.by))),
            }
        }
        if self.terms.is_latest && !created_here {
            after.touchpoints.retain(|name| !former.linked.contains(name));
            after.touchpoints.extend(former.unlinked.iter().cloned());
        }
        stage.releases.extend(self.left_claims(former, &after, &stage));
        if after != customer {
            stage.profiles.push(after);
        }
        stage
    }

    /// The import's claims on identifiers that the customer does not have: an earlier attempt died before it gave them up.
    fn left_claims(&self, former: &Former, after: &Customer, stage: &Stage) -> Vec<(String, Claim)> {
        let is_left = |key: &String, claim: &Claim| {
            claim.customer == after.id
                && former.claimed.get(key) == Some(&claim.by)
                && Identifier::from_key(key).is_some_and(|identifier| !after.lists(&identifier))
                && !stage.releases.iter().any(|(released, _)| released == key)
        };
        let claims = self.stored.claims.iter().filter(|(key, claim)| is_left(key, claim));
        claims.map(|(key, claim)| (key.clone(), *claim)).collect()
    }

    fn give_identifier_back(
        &self,
        after: &mut Customer,
        stage: &mut Stage,
        slot: &Slot,
        before: Option<Stamped<Option<Identifier>>>,
        released: &BTreeMap<String, Provenance>,
        kept: &mut Vec<RowProblem>,
    ) {
        let created_here = self.is_ours(after.created_by);
        let now = after.identifiers.get(slot).cloned();
        if now == before {
            return;
        }
        let name = slot.to_string();
        let Some(now) = now.filter(|stamped| self.is_ours(stamped.by)) else {
            kept.push(changed_since(&name, after.identifiers.get(slot).map(|stamped| stamped.by)));
            return;
        };
        if created_here {
            kept.push(stays(
                &name,
                RowCode::ChangedSince,
                "A later import changed the customer, which is known by this.",
            ));
            return;
        }
        let former = before.as_ref().and_then(|stamped| stamped.value.as_ref());
        if let Some(former) = former {
            let key = former.key();
            if self.stored.suppressed.contains(&key) {
                kept.push(stays(&name, RowCode::Suppressed, "The former one is suppressed, so it does not come back."));
                return;
            }
            let claim = self.stored.claims.get(&key).copied();
            if claim.is_some_and(|claim| self.is_held_by_another(former, &claim, after.id)) {
                kept.push(stays(&name, RowCode::IdentifierTaken, "Another customer has the former one by now."));
                return;
            }
            if claim.is_none_or(|claim| claim.customer != after.id || self.is_ours(claim.by)) {
                let by = before.as_ref().map_or(now.by, |stamped| stamped.by);
                let by = released.get(&key).copied().unwrap_or(by);
                stage.claims.push(ClaimWrite {
                    key,
                    claim: Claim { customer: after.id, by, is_shared: false },
                    replaces: claim,
                });
            }
        }
        let others = after.identifiers.iter().filter(|(other, held)| *other != slot && held.value.is_some()).count();
        if former.is_none() && others == 0 {
            kept.push(stays(&name, RowCode::ChangedSince, "It is the only identifier that the customer has left."));
            return;
        }
        if let Some(set) = now.value.as_ref().filter(|set| Some(*set) != former) {
            stage.releases.extend(self.own_claim(set, after.id));
        }
        put_back(&mut after.identifiers, slot.clone(), before);
    }

    /// Whether another customer has an identifier, or may be about to be written with it.
    fn is_held_by_another(&self, identifier: &Identifier, claim: &Claim, id: CustomerId) -> bool {
        if claim.customer == id || self.stored.erased.contains_key(&claim.customer) {
            return false;
        }
        match self.stored.customers.get(&claim.customer) {
            Some(holder) => holder.lists(identifier),
            None => !self.is_ours(claim.by),
        }
    }

    /// What is stored once a stage is written, for the rows that follow.
    fn apply(&mut self, stage: &Stage) {
        for customer in &stage.profiles {
            let written = Customer { version: customer.version + 1, ..customer.clone() };
            self.stored.customers.insert(customer.id, written);
        }
        for (id, _) in &stage.deletes {
            self.stored.customers.remove(id);
        }
        for write in &stage.claims {
            self.stored.claims.insert(write.key.clone(), write.claim);
        }
        for (key, _) in &stage.releases {
            self.stored.claims.remove(key);
        }
    }
}

/// The values of a customer that an import set, as values that were not there before.
fn own<K: Clone + Ord, V>(values: &BTreeMap<K, Stamped<V>>, import: ImportId) -> Vec<(K, Option<Stamped<V>>)> {
    values.iter().filter(|(_, stamped)| stamped.by.import == import).map(|(name, _)| (name.clone(), None)).collect()
}

fn put_back<K: Ord, V>(values: &mut BTreeMap<K, Stamped<V>>, name: K, before: Option<Stamped<V>>) {
    match before {
        Some(before) => values.insert(name, before),
        None => values.remove(&name),
    };
}

/// Whether an attribute says that the customer does not want to be written to.
fn is_opt_out(name: &str, value: Option<&Value>) -> bool {
    let is_consent = name == "subscribed" || name.starts_with("subscribed.");
    is_consent && value == Some(&Value::Flag(false))
}

fn changed_since(name: &str, by: Option<Provenance>) -> RowProblem {
    let why = match by {
        Some(by) => format!("Row {} of import {} set it since.", by.row, by.import),
        None => "It was changed since.".to_owned(),
    };
    stays(name, RowCode::ChangedSince, &why)
}

/// Why a value stays. The message begins with the column, because an undo's file has no such column.
fn stays(name: &str, code: RowCode, why: &str) -> RowProblem {
    RowProblem { severity: Severity::Warning, code, cell: None, message: format!("{name}: {why}") }
}

fn unreadable() -> Fate {
    let message = "What the import replaced here is gone, so it cannot be put back.".to_owned();
    let problem = RowProblem { severity: Severity::Error, code: RowCode::FormerValuesGone, cell: None, message };
    Fate::new(Outcome::Rejected, None, vec![problem])
}

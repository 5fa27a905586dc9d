//! Stages of writes that do not touch one another, made one: a stage is written in as many calls, however much is in it.

use std::collections::{BTreeMap, BTreeSet};

use crate::customer::CustomerId;
use crate::decide::Stage;

/// The stages in as few as there can be: each is added to the first one behind all that touch a customer or an identifier
/// that it touches. Only between those does the order of writes matter.
pub(super) fn merged(stages: Vec<Stage>) -> Vec<Stage> {
    let mut merged: Vec<Stage> = Vec::new();
    // Behind which stage the next write to a customer or an identifier comes.
    let mut customers: BTreeMap<CustomerId, usize> = BTreeMap::new();
    let mut identifiers: BTreeMap<String, usize> = BTreeMap::new();
    for stage in stages {
        let touched = Touched::by(&stage);
        let of_customers = touched.customers.iter().filter_map(|id| customers.get(id));
        let of_identifiers = touched.identifiers.iter().filter_map(|key| identifiers.get(key));
        let at = of_customers.chain(of_identifiers).copied().max().unwrap_or(0);
        match merged.get_mut(at) {
            Some(earlier) => add(earlier, stage),
            None => merged.push(stage),
        }
        customers.extend(touched.customers.into_iter().map(|id| (id, at + 1)));
        identifiers.extend(touched.identifiers.into_iter().map(|key| (key, at + 1)));
    }
    merged
}

/// What the writes of a stage touch.
struct Touched {
    customers: BTreeSet<CustomerId>,
    identifiers: BTreeSet<String>,
}

impl Touched {
    fn by(stage: &Stage) -> Self {
        let Stage { fences, claims, joins, profiles, deletes, releases, leaves } = stage;
        let mut customers: BTreeSet<CustomerId> = fences.iter().chain(deletes).map(|(id, _)| *id).collect();
        customers.extend(profiles.iter().map(|profile| profile.id));
        customers.extend(joins.keys().chain(leaves.keys()).map(|(_, id)| *id));
        customers.extend(releases.iter().map(|(_, claim)| claim.customer));
        let claimed = claims.iter().flat_map(|write| [Some(write.claim), write.replaces]).flatten();
        customers.extend(claimed.map(|claim| claim.customer));
        let released = releases.iter().map(|(key, _)| key);
        let identifiers = claims.iter().map(|write| &write.key).chain(released).cloned().collect();
        Self { customers, identifiers }
    }
}

fn add(to: &mut Stage, stage: Stage) {
    let Stage { fences, claims, joins, profiles, deletes, releases, leaves } = stage;
    to.fences.extend(fences);
    to.claims.extend(claims);
    to.joins.extend(joins);
    to.profiles.extend(profiles);
    to.deletes.extend(deletes);
    to.releases.extend(releases);
    to.leaves.extend(leaves);
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::customer::{Customer, Provenance, Segment, SegmentId};
    use crate::decide::{Claim, ClaimWrite};
    use crate::imports::ImportId;

    /// Who holds which identifier, how often customers were written, and who is listed under which segment.
    #[derive(Debug, Clone, Default, PartialEq, Eq)]
    struct Tables {
        claims: BTreeMap<String, CustomerId>,
        versions: BTreeMap<CustomerId, u64>,
        members: BTreeSet<(SegmentId, CustomerId)>,
    }

    impl Tables {
        /// Writes a stage in the order of its fields. Gives whether every condition held, as a stage is written at once: a
        /// customer has one write in it.
        fn write(&mut self, stage: &Stage) -> bool {
            let mut held = true;
            for write in &stage.claims {
                held &= self.claims.get(&write.key).copied() == write.replaces.map(|claim| claim.customer);
                self.claims.insert(write.key.clone(), write.claim.customer);
            }
            self.members.extend(stage.joins.keys().cloned());
            let before = self.versions.clone();
            for profile in &stage.profiles {
                held &= before.get(&profile.id).copied().unwrap_or(0) == profile.version;
                self.versions.insert(profile.id, profile.version + 1);
            }
            for (id, version) in &stage.deletes {
                held &= before.get(id).copied().unwrap_or(0) == *version;
                self.versions.remove(id);
            }
            for (key, claim) in &stage.releases {
                if self.claims.get(key) == Some(&claim.customer) {
                    self.claims.remove(key);
                }
            }
            for leave in stage.leaves.keys() {
                self.members.remove(leave);
            }
            held
        }

        fn written(stages: &[Stage]) -> (Self, bool) {
            let mut tables = Self::default();
            let mut held = true;
            for stage in stages {
                held &= tables.write(stage);
            }
            (tables, held)
        }
    }

    fn customer(id: u8) -> CustomerId {
        CustomerId::from_bytes([id; 16])
    }

    fn by() -> Provenance {
        Provenance { import: ImportId::from_bytes([7; 16]), row: 1 }
    }

    /// What one row writes of its customer, given what the rows before it wrote: it claims an identifier, gives one up, joins
    /// a segment, leaves one, writes its customer, or deletes it.
    fn stage((kind, id, key): (u8, u8, u8), tables: &Tables) -> Stage {
        let claim = |id: CustomerId| Claim { customer: id, by: by(), is_shared: false };
        let (id, key) = (customer(id), format!("email#{key}"));
        let member = (Segment::new("G", "S").id(), id);
        let version = tables.versions.get(&id).copied().unwrap_or(0);
        match kind {
            0 => {
                let replaces = tables.claims.get(&key).copied().map(claim);
                Stage { claims: vec![ClaimWrite { key, claim: claim(id), replaces }], ..Stage::default() }
            }
            1 => Stage { releases: vec![(key, claim(id))], ..Stage::default() },
            2 => Stage { joins: BTreeMap::from([(member, by())]), ..Stage::default() },
            3 => Stage { leaves: BTreeMap::from([(member, by())]), ..Stage::default() },
            4 => {
                let profile = Customer { version, ..Customer::new(id, by()) };
                Stage { profiles: vec![profile], ..Stage::default() }
            }
            _ => Stage { deletes: vec![(id, version)], ..Stage::default() },
        }
    }

    /// The stages of rows, and what they wrote.
    fn stages(rows: impl IntoIterator<Item = (u8, u8, u8)>) -> Vec<Stage> {
        let mut tables = Tables::default();
        let stage = |row| {
            let stage = stage(row, &tables);
            tables.write(&stage);
            stage
        };
        rows.into_iter().map(stage).collect()
    }

    #[test]
    fn what_touches_different_customers_is_one_stage() {
        assert_eq!(merged(stages((0..200).map(|id| (1, id, id)))).len(), 1);
    }

    #[test]
    fn two_writes_of_each_customer_are_two_stages() {
        let rows = (0..200).flat_map(|id| [(3, id, 0), (2, id, 0)]);
        assert_eq!(merged(stages(rows)).len(), 2);
    }

    #[test]
    fn an_identifier_that_one_gives_up_is_taken_by_another_in_a_later_stage() {
        assert_eq!(merged(stages([(0, 1, 5), (1, 1, 5), (0, 2, 5)])).len(), 3);
    }

    proptest! {
        #[test]
        fn merged_stages_write_what_they_wrote_one_by_one(rows in prop::collection::vec((0_u8..6, 0_u8..6, 0_u8..6), 0..40)) {
            let stages = stages(rows);
            let (one_by_one, held) = Tables::written(&stages);
            prop_assert!(held);
            prop_assert_eq!(Tables::written(&merged(stages)), (one_by_one, true));
        }
    }
}

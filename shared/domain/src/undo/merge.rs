//! Stages of writes that do not touch one another, made one: a stage is written in as many calls, however much is in it.

use std::collections::BTreeSet;

use crate::customer::CustomerId;
use crate::decide::Stage;

/// The stages with each added to the one before it, unless both touch the same customer or identifier: then the order
/// between their writes matters.
pub(super) fn merged(stages: Vec<Stage>) -> Vec<Stage> {
    let mut merged: Vec<Stage> = Vec::new();
    let mut touched = Touched::default();
    for stage in stages {
        let touches = Touched::by(&stage);
        match merged.last_mut().filter(|_| !touched.meets(&touches)) {
            Some(last) => add(last, stage),
            None => {
                merged.push(stage);
                touched = Touched::default();
            }
        }
        touched.customers.extend(touches.customers);
        touched.identifiers.extend(touches.identifiers);
    }
    merged
}

/// What the writes of a stage touch.
#[derive(Default)]
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

    fn meets(&self, other: &Self) -> bool {
        !self.customers.is_disjoint(&other.customers) || !self.identifiers.is_disjoint(&other.identifiers)
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
    use std::collections::BTreeMap;

    use proptest::prelude::*;

    use super::*;
    use crate::customer::{Provenance, Segment, SegmentId};
    use crate::decide::{Claim, ClaimWrite};
    use crate::imports::ImportId;

    /// Who holds which identifier, which customers there are, and who is listed under which segment.
    #[derive(Debug, Clone, Default, PartialEq, Eq)]
    struct Tables {
        claims: BTreeMap<String, CustomerId>,
        deleted: Vec<CustomerId>,
        members: BTreeSet<(SegmentId, CustomerId)>,
    }

    impl Tables {
        /// Writes a stage in the order of its fields.
        fn write(&mut self, stage: &Stage) {
            for write in &stage.claims {
                self.claims.insert(write.key.clone(), write.claim.customer);
            }
            self.members.extend(stage.joins.keys().cloned());
            self.deleted.extend(stage.deletes.iter().map(|(id, _)| *id));
            for (key, claim) in &stage.releases {
                if self.claims.get(key) == Some(&claim.customer) {
                    self.claims.remove(key);
                }
            }
            for leave in stage.leaves.keys() {
                self.members.remove(leave);
            }
        }

        fn written(stages: &[Stage]) -> Self {
            let mut tables = Self::default();
            stages.iter().for_each(|stage| tables.write(stage));
            tables
        }
    }

    fn customer(id: u8) -> CustomerId {
        CustomerId::from_bytes([id; 16])
    }

    fn by() -> Provenance {
        Provenance { import: ImportId::from_bytes([7; 16]), row: 1 }
    }

    /// What one row writes: it claims an identifier, gives one up, joins a segment, leaves one, or deletes its customer.
    fn stage((kind, id, key): (u8, u8, u8)) -> Stage {
        let claim = Claim { customer: customer(id), by: by(), is_shared: false };
        let key = format!("email#{key}");
        let member = (Segment::new("G", "S").id(), customer(id));
        match kind {
            0 => Stage { claims: vec![ClaimWrite { key, claim, replaces: None }], ..Stage::default() },
            1 => Stage { releases: vec![(key, claim)], ..Stage::default() },
            2 => Stage { joins: BTreeMap::from([(member, by())]), ..Stage::default() },
            3 => Stage { leaves: BTreeMap::from([(member, by())]), ..Stage::default() },
            _ => Stage { deletes: vec![(customer(id), 1)], ..Stage::default() },
        }
    }

    #[test]
    fn what_touches_different_customers_is_one_stage() {
        let stages: Vec<Stage> = (0..200).map(|id| stage((1, id, id))).collect();
        assert_eq!(merged(stages).len(), 1);
    }

    #[test]
    fn an_identifier_that_one_gives_up_is_taken_by_another_in_a_later_stage() {
        assert_eq!(merged(vec![stage((1, 1, 5)), stage((0, 2, 5))]).len(), 2);
        assert_eq!(merged(vec![stage((3, 1, 0)), stage((2, 1, 0))]).len(), 2);
    }

    proptest! {
        #[test]
        fn merged_stages_write_what_they_wrote_one_by_one(rows in prop::collection::vec((0_u8..5, 0_u8..6, 0_u8..6), 0..40)) {
            let stages: Vec<Stage> = rows.into_iter().map(stage).collect();
            prop_assert_eq!(Tables::written(&merged(stages.clone())), Tables::written(&stages));
        }
    }
}

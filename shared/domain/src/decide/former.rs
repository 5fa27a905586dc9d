//! What the writes of a batch replace, so that its import can be taken back.

use std::collections::BTreeMap;

use super::vocabulary::Decision;
use crate::customer::{Customer, CustomerId, FeedPlace, Former};
use crate::imports::ImportId;

/// What a decision replaces of each customer that it touches.
pub(super) fn replaced(decision: &Decision, import: ImportId, before: &BTreeMap<CustomerId, Customer>) -> Vec<Former> {
    let mut touched: BTreeMap<CustomerId, Former> = BTreeMap::new();
    let mut former = |id: CustomerId, row: u64| {
        let former = touched.entry(id).or_insert_with(|| Former::new(id));
        former.last_row = former.last_row.max(row);
    };
    for profile in decision.stages.iter().flat_map(|stage| &stage.profiles) {
        let last = profile.stamps().filter(|by| by.import == import).map(|by| by.row).max();
        former(profile.id, last.unwrap_or(0));
    }
    for activity in &decision.activities {
        former(activity.customer, activity.by.row);
    }
    for stage in &decision.stages {
        for write in &stage.claims {
            if let Some(former) = touched.get_mut(&write.claim.customer) {
                former.claimed.insert(write.key.clone(), write.claim.by);
            }
        }
        for (key, claim) in &stage.releases {
            let Some(former) = touched.get_mut(&claim.customer) else { continue };
            if claim.by.import == import {
                former.claimed.entry(key.clone()).or_insert(claim.by);
            } else {
                former.released.insert(key.clone(), claim.by);
            }
        }
        for ((segment, customer), by) in &stage.joins {
            if let Some(former) = touched.get_mut(customer) {
                former.joined.insert(segment.clone(), *by);
            }
        }
    }
    // A customer is written once in each stage; the last one is how it ends.
    let mut last: BTreeMap<CustomerId, &Customer> = BTreeMap::new();
    last.extend(decision.stages.iter().flat_map(|stage| &stage.profiles).map(|profile| (profile.id, profile)));
    for (id, after) in last {
        if let Some(former) = touched.get_mut(&id) {
            former.note_changes(import, before.get(&id), after);
        }
    }
    for activity in &decision.activities {
        if let Some(former) = touched.get_mut(&activity.customer) {
            former.feed.insert(FeedPlace { at: activity.at.as_millisecond(), row: activity.by.row });
        }
    }
    touched.into_values().collect()
}

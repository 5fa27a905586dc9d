//! What a row notes whether or not it changed its customer: segment, touchpoint and feed.

use super::overlay::Overlay;
use super::row_settings::RowSettings;
use crate::codes::Outcome;
use crate::customer::{Activity, Customer, CustomerId, Provenance, Segment, SegmentId, Stamped};
use crate::imports::ActionFor;
use crate::row::ParsedRow;

/// What a segment of a row did to its customer.
pub(super) enum Entered {
    /// Nothing: a newer row has set the group, or the customer is in it already.
    Unchanged,
    /// The customer was in it already, and the row stamped it again.
    Stamped,
    /// The customer is in it now, and no longer in this other one of its group.
    Moved { left: Option<Stamped<SegmentId>> },
}

/// Puts a customer into a segment, in its own item.
pub(super) fn enter(customer: &mut Customer, segment: &Segment, by: Provenance, restamps: bool) -> Entered {
    let (group, joined) = (segment.group_id(), segment.id());
    let stored = customer.segments.get(&group);
    if !Customer::takes(stored, by) {
        return Entered::Unchanged;
    }
    if let Some(stamped) = stored.filter(|stamped| stamped.value == joined) {
        if !restamps || stamped.by == by {
            return Entered::Unchanged;
        }
        customer.segments.insert(group, Stamped { value: joined, by });
        return Entered::Stamped;
    }
    let left = customer.segments.insert(group, Stamped { value: joined, by });
    Entered::Moved { left }
}

impl Overlay<'_> {
    /// Notes the row's segment, touchpoint and action.
    pub(super) fn note(
        &mut self,
        parsed: &ParsedRow,
        id: CustomerId,
        settings: &RowSettings,
        outcome: Outcome,
        by: Provenance,
    ) {
        if let Some(segment) = &settings.segment {
            self.join(segment, id, by);
        }
        if self.customer(id, by).link(&settings.touchpoint) {
            self.dirty.insert(id);
        }
        let action = settings.action.clone().or_else(|| self.action_of_the_import(outcome));
        if let Some(action) = action {
            self.decision.actions.insert(action.clone());
            self.decision.activities.push(Activity {
                customer: id,
                action,
                at: parsed.action_at.unwrap_or_else(|| self.terms.import.launched()),
                api_endpoint: settings.api_endpoint.clone(),
                touchpoint: settings.touchpoint.clone(),
                by,
            });
        }
    }

    fn join(&mut self, segment: &Segment, id: CustomerId, by: Provenance) {
        let restamps = self.terms.restamps_unchanged;
        let left = match enter(self.customer(id, by), segment, by, restamps) {
            Entered::Unchanged => return,
            Entered::Stamped => {
                self.dirty.insert(id);
                return;
            }
            Entered::Moved { left } => left,
        };
        let joined = segment.id();
        if let Some(left) = left
            && self.stage.joins.remove(&(left.value.clone(), id)).is_none()
        {
            self.stage.leaves.insert((left.value, id), left.by);
        }
        self.stage.leaves.remove(&(joined.clone(), id));
        self.stage.joins.insert((joined, id), by);
        self.decision.segments.insert(segment.clone());
        self.dirty.insert(id);
    }

    fn action_of_the_import(&self, outcome: Outcome) -> Option<String> {
        let setting = self.terms.source_action.as_ref()?;
        if outcome == Outcome::Created {
            return Some(setting.name.clone());
        }
        setting.update_action.clone().or_else(|| (setting.added_for == ActionFor::All).then(|| setting.name.clone()))
    }
}

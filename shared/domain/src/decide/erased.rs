//! Rows about customers who are being erased.

use std::collections::BTreeSet;

use super::overlay::Overlay;
use super::refusals;
use super::vocabulary::Fate;
use crate::customer::{CustomerId, Provenance};
use crate::imports::ImportId;
use crate::problems::RowProblem;
use crate::row::{Identifier, ParsedRow};

impl Overlay<'_> {
    /// The refusal of a row that would bring somebody back who was erased after the import was launched. What an
    /// earlier attempt at the row may have written of them is noted, so that it is erased too.
    pub(super) fn refuse_erased(
        &mut self,
        parsed: &ParsedRow,
        earlier: Option<&Fate>,
        by: Provenance,
    ) -> Option<RowProblem> {
        if self.stored.erased.is_empty() {
            return None;
        }
        let own = CustomerId::created_by(by);
        let named = parsed
            .given_identifiers()
            .find(|identifier| self.erased_holder(identifier).is_some_and(|(_, up_to)| self.terms.import <= up_to));
        if named.is_none() && !self.stored.erased.contains_key(&own) {
            return None;
        }
        if let Some(earlier) = earlier {
            self.note_traces(parsed, earlier, own);
        }
        Some(refusals::erased(self.terms, named))
    }

    /// The customer being erased for whom an identifier is claimed, and the last import that must not bring them back.
    fn erased_holder(&self, identifier: &Identifier) -> Option<(CustomerId, ImportId)> {
        let claim = self.stored.claims.get(&identifier.key())?;
        Some((claim.customer, *self.stored.erased.get(&claim.customer)?))
    }

    fn note_traces(&mut self, parsed: &ParsedRow, earlier: &Fate, own: CustomerId) {
        let segment = self.row_settings(parsed).ok().and_then(|settings| settings.segment);
        let held: Vec<(CustomerId, String)> = parsed
            .given_identifiers()
            .filter_map(|identifier| Some((self.erased_holder(identifier)?.0, identifier.key())))
            .collect();
        let holders = held.iter().map(|(id, _)| *id);
        let erased: BTreeSet<CustomerId> =
            holders.chain(earlier.customer).chain([own]).filter(|id| self.stored.erased.contains_key(id)).collect();
        for id in erased {
            let traces = self.decision.traces.entry(id).or_default();
            traces.identifiers.extend(held.iter().filter(|(holder, _)| *holder == id).map(|(_, key)| key.clone()));
            traces.segments.extend(segment.as_ref().map(|segment| segment.id()));
        }
    }
}

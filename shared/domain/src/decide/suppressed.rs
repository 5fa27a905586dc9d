//! Rows about people who are to stay out.

use super::overlay::Overlay;
use super::refusals;
use crate::problems::RowProblem;
use crate::row::ParsedRow;

impl Overlay<'_> {
    /// The refusal of a row with an identifier that was suppressed.
    pub(super) fn refuse_suppressed(&self, parsed: &ParsedRow) -> Option<RowProblem> {
        if self.stored.suppressed.is_empty() {
            return None;
        }
        let named = parsed.given_identifiers().find(|identifier| self.stored.suppressed.contains(&identifier.key()))?;
        Some(refusals::suppressed(self.terms, named))
    }
}

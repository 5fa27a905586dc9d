//! Stored customers and the rows of a batch in, outcomes and writes out: where a row's fate is decided.
//!
//! Rows are applied one after another to an overlay of what is stored, so the rows of one customer fold into one
//! write. The writes come in stages. Within a stage they run in this order, and a worker may die between any two:
//!
//! ```text
//! fences    raise the version of each customer that loses a lapsed claim: a worker about to use that claim then fails
//! claims    take identifiers, each on the condition that it is as it was read
//! joins     list segment members first: a listed customer whose profile says otherwise counts as no member
//! profiles  write customers, each on the condition that its version is the one that was read
//! releases  give up identifiers and memberships that were left
//! ```
//! A row that would make its customer too large for an item is rejected before it changes anything.
//!
//! A claim counts only while its customer's profile lists the identifier, or is not written yet. A claim that a worker
//! left behind when it died has therefore lapsed, and may be taken. So has a claim of a customer that is being erased,
//! but only for imports that were launched after that ([`crate::customer::Erasure`]), and not where the identifier is
//! suppressed ([`crate::customer::SuppressionKey`]).

mod changes;
mod counting;
mod erased;
mod foretell;
mod former;
mod lost;
mod notes;
mod overlay;
mod refusals;
mod row_settings;
mod samples;
mod suppressed;
mod vocabulary;
mod whom;

pub use counting::{count, counted_fates, fates_without, problems};
pub use lost::may_be_lost;
pub use samples::{Sample, Samples};
pub use vocabulary::{ApiEndpoint, Claim, ClaimWrite, Decision, Fate, Row, Stage, Stored, Terms};

use overlay::Overlay;
use row_settings::RowSettings;
use whom::Whom;

use std::collections::BTreeMap;

use crate::codes::Outcome;
use crate::customer::{CustomerId, Provenance};
use crate::imports::OnConflict;
use crate::row::{Identifier, ParsedRow};

/// Decides rows of a batch. `prior` is what an earlier attempt decided of each, if one did. It holds once anything of the batch is stored, so that
/// a retry does not take its own writes for somebody else's.
pub fn decide(rows: &[Row], stored: Stored, terms: &Terms, prior: &[Option<Fate>]) -> Decision {
    let before = if terms.keeps_former { stored.customers.clone() } else { BTreeMap::new() };
    let mut overlay = Overlay::new(rows, stored, terms);
    for (index, row) in rows.iter().enumerate() {
        let earlier = prior.get(index).and_then(Option::as_ref);
        let fate = fate(&mut overlay, row, earlier);
        overlay.decision.fates.push(fate);
    }
    overlay.end_stage();
    if terms.keeps_former {
        overlay.decision.former = former::replaced(&overlay.decision, terms.import, &before);
    }
    overlay.decision
}

/// What becomes of one row: what an earlier attempt decided where that still holds, else what is decided now.
fn fate(overlay: &mut Overlay<'_>, row: &Row, earlier: Option<&Fate>) -> Fate {
    let Ok(parsed) = &row.parsed else { return refusals::rejected(Vec::new()) };
    let by = Provenance { import: overlay.terms.import, row: row.number };
    if let Some(fate) = earlier.filter(|fate| !fate.outcome.is_applied()) {
        return fate.clone();
    }
    if let Some(problem) = overlay.refuse_erased(parsed, earlier, by) {
        return refusals::rejected(vec![problem]);
    }
    // An earlier attempt may have written what it decided.
    if earlier.is_none()
        && let Some(problem) = overlay.refuse_suppressed(parsed)
    {
        return refusals::rejected(vec![problem]);
    }
    if let Some(fate) = earlier
        && let Some(id) = fate.customer
        && overlay.still_holds(parsed, fate, id, by)
    {
        return keep_earlier(overlay, parsed, fate, id, by);
    }
    match overlay.row_settings(parsed) {
        Err(problems) => refusals::rejected(problems),
        Ok(settings) => decide_anew(overlay, parsed, by, &settings),
    }
}

/// Whom the row is about, whether the import lets it, what it changes, and what it notes.
fn decide_anew(overlay: &mut Overlay<'_>, parsed: &ParsedRow, by: Provenance, settings: &RowSettings) -> Fate {
    let terms = overlay.terms;
    let Whom { customer: id, passed_over } = match overlay.whom(parsed, by) {
        Ok(whom) => whom,
        Err(weak) => return refusals::rejected(vec![refusals::weak_match(terms, &weak)]),
    };
    // If this very row created the customer, an earlier attempt wrote it, and nothing is noted of that any more.
    let exists = overlay.stored.customers.get(&id).is_some_and(|customer| customer.created_by != by);
    if let Some(problem) = refusals::mode_forbids(terms.mode, exists, passed_over.as_ref()) {
        return refusals::rejected(vec![problem]);
    }
    let is_contested = |identifier: &&Identifier| overlay.holder(identifier).is_some_and(|holder| holder != id);
    let (contested, accepted): (Vec<&Identifier>, Vec<&Identifier>) =
        overlay.offered(parsed, id, by).into_iter().partition(is_contested);
    let weak_match_by = |identifier: &Identifier| passed_over.as_ref().filter(|weak| weak.shared == identifier);
    if !contested.is_empty() && terms.on_conflict == OnConflict::Reject {
        return refusals::rejected(
            contested.iter().map(|id| refusals::identifier_conflict(terms, id, weak_match_by(id))).collect(),
        );
    }
    // Whoever has no identifier could never be found again.
    if accepted.is_empty() && !overlay.stored.customers.contains_key(&id) {
        return refusals::rejected(vec![refusals::nobody_to_create()]);
    }
    if let Some(problem) = overlay.too_large(parsed, id, &accepted, settings, by) {
        return refusals::rejected(vec![problem]);
    }
    let problems = contested.iter().map(|id| refusals::identifier_taken(terms, id, weak_match_by(id))).collect();
    let before = overlay.before(id);
    let changed = overlay.apply(parsed, id, &accepted, by);
    let outcome = match (exists, changed) {
        (false, _) => Outcome::Created,
        (true, true) => Outcome::Updated,
        (true, false) => Outcome::Unchanged,
    };
    overlay.note(parsed, id, settings, outcome, by);
    let foretold = overlay.foretell(before.as_ref(), id, by);
    Fate { outcome, customer: Some(id), problems, foretold }
}

/// Applies a row as an earlier attempt decided it.
fn keep_earlier(overlay: &mut Overlay<'_>, parsed: &ParsedRow, fate: &Fate, id: CustomerId, by: Provenance) -> Fate {
    let Ok(settings) = overlay.row_settings(parsed) else { return fate.clone() };
    // An identifier that was contested then stays with its holder, even if the holder has given it up since.
    let accepted: Vec<&Identifier> = overlay
        .offered(parsed, id, by)
        .into_iter()
        .filter(|identifier| !overlay.was_taken(identifier, fate))
        .filter(|identifier| overlay.holder(identifier).is_none_or(|holder| holder == id))
        .collect();
    // Other imports may have made the customer larger since the earlier attempt, which did not come to write it.
    if let Some(problem) = overlay.too_large(parsed, id, &accepted, &settings, by) {
        return refusals::rejected(vec![problem]);
    }
    let before = overlay.before(id);
    overlay.apply(parsed, id, &accepted, by);
    overlay.note(parsed, id, &settings, fate.outcome, by);
    // What the earlier attempt wrote is no change any more, so its count holds; it may have left no samples.
    overlay.foretell(before.as_ref(), id, by);
    fate.clone()
}

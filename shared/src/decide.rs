//! Stored customers and the rows of a batch in, outcomes and writes out: where a row's fate is decided.
//!
//! Rows are applied one after another to an overlay of what is stored, so the rows of one customer fold into one
//! write. The writes come in stages; within a stage they are safe in this order, whatever dies between them:
//!
//! ```text
//! fences    a customer from whom a lapsed claim is taken is written, so that a worker that is about to use the claim fails
//! claims    identifiers, each conditional on what was read
//! members   segment members: a listed one whose customer says otherwise is no member, the reverse must not be
//! profiles  customers, each conditional on the version that was read
//! releases  identifiers and members that were left
//! ```
//! A claim counts only while its customer's profile lists the identifier (or is not written yet): what a worker left
//! behind when it died has lapsed and may be taken.

use std::collections::{BTreeMap, BTreeSet};

use jiff::Timestamp;

use crate::catalogue::Bound;
use crate::columns::{ColumnId, Layout};
use crate::customer::{Customer, CustomerId, Provenance, Stamped};
use crate::file::Checked;
use crate::outcome::{Outcome, RowCode, RowProblem, Severity};
use crate::row::{Change, Identifier, ParsedRow, Slot};
use crate::segment::{Segment, SegmentId, folded};
use crate::settings::{
    ActionFor, ActionSetting, DEFAULT_API_ENDPOINT, ImportRequest, Mode, OnConflict, SegmentSetting,
};
use crate::task::TaskId;

/// A row of the batch, parsed.
#[derive(Debug, Clone)]
pub struct Row {
    /// Its number in the file, from 1.
    pub number: u64,
    /// What it says, or why it cannot be used.
    pub parsed: Result<ParsedRow, Vec<RowProblem>>,
}

/// What an import settles for all its rows.
#[derive(Debug, Clone)]
pub struct Terms {
    /// The task.
    pub task: TaskId,
    /// What a row may do to customers.
    pub mode: Mode,
    /// What a contested identifier does.
    pub on_conflict: OnConflict,
    /// Where the data came from, unless the row says.
    pub api_endpoint: String,
    /// What customers are linked to, unless the row says; none: what stands for the API endpoint.
    pub touchpoint: Option<String>,
    /// What stands for the import's API endpoint, if not a touchpoint of its name.
    pub endpoint_touchpoint: Option<String>,
    /// The segment, unless the row says.
    pub segment: Option<SegmentSetting>,
    /// The group of a segment that a row names without one.
    pub segment_group: String,
    /// The action, unless the row says.
    pub source_action: Option<ActionSetting>,
    /// Which cell is which column.
    pub layout: Layout,
    /// Whether a row also stamps what it only confirms. Needed while an import that was launched earlier is under way,
    /// which would overwrite it; otherwise an unchanged customer is not written.
    pub confirms: bool,
}

impl Terms {
    /// What the settings of an import and its header come to.
    pub fn new(task: TaskId, request: &ImportRequest, bound: &Bound, checked: &Checked) -> Self {
        Self {
            task,
            mode: request.mode,
            on_conflict: request.on_conflict,
            api_endpoint: request.api_endpoint().to_owned(),
            touchpoint: request.settings.touchpoint.clone(),
            endpoint_touchpoint: bound.touchpoint.clone(),
            segment: request.settings.segment.clone(),
            segment_group: request.segment_group().to_owned(),
            source_action: request.settings.source_action.clone(),
            layout: checked.layout.clone(),
            confirms: false,
        }
    }
}

impl Terms {
    /// What customers are linked to unless the row says.
    fn touchpoint(&self) -> &str {
        self.touchpoint.as_ref().or(self.endpoint_touchpoint.as_ref()).unwrap_or(&self.api_endpoint)
    }
}

/// Who holds an identifier, and the row that claimed it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Claim {
    /// The customer.
    pub customer: CustomerId,
    /// The row. A claim that is made again has another, so that what was decided on the old one fails.
    pub by: Provenance,
}

/// What is stored of all that a batch's rows name.
#[derive(Debug, Clone, Default)]
pub struct Known {
    /// Claims by identifier key.
    pub claims: BTreeMap<String, Claim>,
    /// Customers that are written.
    pub customers: BTreeMap<CustomerId, Customer>,
    /// Which of the segments that rows name exist; looked up only when they may not be created.
    pub segments: BTreeSet<SegmentId>,
    /// Which of the actions that rows name exist (folded names); looked up only when they may not be created.
    pub actions: BTreeSet<String>,
    /// Those of the API endpoints that rows name which there are (folded names), with their touchpoints.
    pub api_endpoints: BTreeMap<String, Option<String>>,
    /// Those of the touchpoints that rows name which there are (folded names).
    pub touchpoints: BTreeSet<String>,
}

/// What became of a row, and why.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Fate {
    /// Its outcome.
    pub outcome: Outcome,
    /// The customer that it was applied to.
    pub customer: Option<CustomerId>,
    /// What the decision found wrong; what parsing found is not repeated here.
    pub problems: Vec<RowProblem>,
}

/// An identifier to be claimed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ClaimWrite {
    /// The identifier's key.
    pub key: String,
    /// The claim as it shall be.
    pub claim: Claim,
    /// The lapsed claim that it takes the place of; none: the identifier must be free.
    pub replaces: Option<Claim>,
}

/// Writes that may run in the order of the fields, each field's beside each other.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Stage {
    /// Customers whose version is raised, with the version they must have.
    pub fences: Vec<(CustomerId, u64)>,
    /// Identifiers to claim.
    pub claims: Vec<ClaimWrite>,
    /// Members to list.
    pub joins: BTreeSet<(SegmentId, CustomerId)>,
    /// Customers to write; each must be stored with the version it carries (0: not stored).
    pub profiles: Vec<Customer>,
    /// Claims to give up, if they are still these.
    pub releases: Vec<(String, Claim)>,
    /// Members to list no longer.
    pub leaves: BTreeSet<(SegmentId, CustomerId)>,
}

/// One entry of a customer's feed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Activity {
    /// Whose feed.
    pub customer: CustomerId,
    /// The action's name.
    pub action: String,
    /// When it happened: never the worker's clock, so a redelivery writes the same item.
    pub at: Timestamp,
    /// What it is attributed to.
    pub api_endpoint: String,
    /// Where it happened.
    pub touchpoint: String,
    /// The row that noted it.
    pub by: Provenance,
}

/// What is to be done about a batch.
#[derive(Debug, Clone, Default)]
pub struct Decision {
    /// A fate for each row, in order.
    pub fates: Vec<Fate>,
    /// Writes, stage after stage.
    pub stages: Vec<Stage>,
    /// Feed entries, once the stages are written.
    pub activities: Vec<Activity>,
    /// Segments that rows were added to; those that do not exist are to be created.
    pub segments: BTreeSet<Segment>,
    /// Actions that were noted; those that do not exist are to be created.
    pub actions: BTreeSet<String>,
}

/// Decides a batch. `prior` is what an earlier attempt decided: it holds once anything of the batch is stored, so that a
/// retry does not take its own writes for somebody's.
pub fn decide(rows: &[Row], known: Known, terms: &Terms, prior: Option<&[Fate]>) -> Decision {
    let mut overlay = Overlay::new(rows, known, terms);
    for (index, row) in rows.iter().enumerate() {
        let earlier = prior.and_then(|fates| fates.get(index));
        let fate = overlay.row(row, earlier);
        overlay.decision.fates.push(fate);
    }
    overlay.end_stage();
    overlay.decision
}

/// What is stored, as it will be once the rows so far are applied.
struct Overlay<'a> {
    terms: &'a Terms,
    known: Known,
    decision: Decision,
    stage: Stage,
    dirty: BTreeSet<CustomerId>,
    /// The rows of the batch.
    numbers: BTreeSet<u64>,
    /// Whether a customer was stored with something of this batch.
    landed: bool,
    /// Identifiers that a customer loses in this stage; only in the next one may another take them.
    dropped: BTreeSet<String>,
}

/// What the row's own cells and the import's settings make of its segment, action and sources.
struct Effective {
    segment: Option<Segment>,
    action: Option<String>,
    api_endpoint: String,
    touchpoint: String,
}

impl<'a> Overlay<'a> {
    fn new(rows: &[Row], known: Known, terms: &'a Terms) -> Self {
        let numbers: BTreeSet<u64> = rows.iter().map(|row| row.number).collect();
        let of_batch = |by: Provenance| by.task == terms.task && numbers.contains(&by.row);
        let landed = known.customers.values().any(|customer| customer.stamps().any(of_batch));
        Self {
            numbers,
            landed,
            terms,
            known,
            decision: Decision::default(),
            stage: Stage::default(),
            dirty: BTreeSet::new(),
            dropped: BTreeSet::new(),
        }
    }

    fn row(&mut self, row: &Row, earlier: Option<&Fate>) -> Fate {
        let Ok(parsed) = &row.parsed else {
            return Fate { outcome: Outcome::Rejected, customer: None, problems: Vec::new() };
        };
        let by = Provenance { task: self.terms.task, row: row.number };
        if let Some(fate) = earlier {
            if !fate.outcome.is_applied() {
                return fate.clone();
            }
            if let Some(id) = fate.customer
                && self.stands(parsed, fate, id, by)
            {
                return self.apply_again(parsed, fate, id, by);
            }
        }
        match self.effective(parsed) {
            Err(problems) => Fate { outcome: Outcome::Rejected, customer: None, problems },
            Ok(effective) => self.resolve_and_apply(parsed, by, &effective),
        }
    }

    /// Whether what an earlier attempt decided on this row holds. Once anything of the batch is stored it does: to decide
    /// anew would be to see what later rows did.
    fn stands(&self, parsed: &ParsedRow, fate: &Fate, id: CustomerId, by: Provenance) -> bool {
        if !self.landed {
            return false;
        }
        match (self.known.customers.get(&id), fate.outcome) {
            (Some(customer), Outcome::Created) => customer.created_by == by,
            (Some(_), _) => true,
            (None, Outcome::Created) => {
                identifiers(parsed).any(|identifier| self.holder(identifier).is_none_or(|holder| holder == id))
            }
            (None, _) => false,
        }
    }

    fn apply_again(&mut self, parsed: &ParsedRow, fate: &Fate, id: CustomerId, by: Provenance) -> Fate {
        let Ok(effective) = self.effective(parsed) else { return fate.clone() };
        // What was contested then stays with its holder, even if that one has given it up since.
        let was_taken = |identifier: &Identifier| {
            let cell = self.cell(&column(identifier));
            fate.problems.iter().any(|problem| problem.code == RowCode::IdentifierTaken && problem.cell == cell)
        };
        let accepted: Vec<&Identifier> = identifiers(parsed)
            .filter(|identifier| !was_taken(identifier))
            .filter(|identifier| self.holder(identifier).is_none_or(|holder| holder == id))
            .collect();
        self.apply(parsed, id, &accepted, by);
        self.note(parsed, id, &effective, fate.outcome, by);
        fate.clone()
    }

    fn resolve_and_apply(&mut self, parsed: &ParsedRow, by: Provenance, effective: &Effective) -> Fate {
        let id = self.resolve(parsed, by);
        let exists = self.known.customers.contains_key(&id);
        let rejected = |code, message: &str| Fate {
            outcome: Outcome::Rejected,
            customer: None,
            problems: vec![RowProblem { severity: Severity::Error, code, cell: None, message: message.to_owned() }],
        };
        match (self.terms.mode, exists) {
            (Mode::CreateOnly, true) => {
                return rejected(
                    RowCode::CustomerExists,
                    "This customer exists already, and the import only creates. Import with mode `upsert` to update it.",
                );
            }
            (Mode::UpdateOnly, false) => {
                return rejected(
                    RowCode::CustomerNotFound,
                    "No customer has any of the row's identifiers, and the import only updates. Import with mode `upsert` to create it.",
                );
            }
            _ => {}
        }
        let mut accepted = Vec::new();
        let mut contested = Vec::new();
        for identifier in identifiers(parsed) {
            match self.holder(identifier) {
                Some(holder) if holder != id => contested.push(identifier),
                _ => accepted.push(identifier),
            }
        }
        if !contested.is_empty() && self.terms.on_conflict == OnConflict::Reject {
            let problems = contested.iter().map(|identifier| self.conflict(identifier)).collect();
            return Fate { outcome: Outcome::Rejected, customer: None, problems };
        }
        let problems = contested.iter().map(|identifier| self.taken(identifier)).collect();
        let changed = self.apply(parsed, id, &accepted, by);
        let outcome = match (exists, changed) {
            (false, _) => Outcome::Created,
            (true, true) => Outcome::Updated,
            (true, false) => Outcome::Unchanged,
        };
        self.note(parsed, id, effective, outcome, by);
        Fate { outcome, customer: Some(id), problems }
    }

    /// The customer that the row is about: of the strongest identifier that is known, else the one that it creates.
    fn resolve(&self, parsed: &ParsedRow, by: Provenance) -> CustomerId {
        let own = CustomerId::created_by(by);
        let Some((found, holder)) =
            identifiers(parsed).find_map(|identifier| Some((identifier, self.holder(identifier)?)))
        else {
            return own;
        };
        let by_external_id = matches!(found.slot(), Slot::ExternalId(_));
        let is_somebody_else = !by_external_id
            && self.known.customers.get(&holder).is_some_and(|customer| {
                identifiers(parsed).filter(|identifier| matches!(identifier.slot(), Slot::ExternalId(_))).any(
                    |identifier| customer.identifier(&identifier.slot()).is_some_and(|theirs| theirs != identifier),
                )
            });
        if is_somebody_else { own } else { holder }
    }

    /// Who holds an identifier. A claim whose customer does not list it has lapsed, and so has one that this batch made for
    /// a customer that it then did not create: an attempt that died left it, and its rows are decided anew.
    fn holder(&self, identifier: &Identifier) -> Option<CustomerId> {
        let claim = self.known.claims.get(&identifier.key())?;
        match self.known.customers.get(&claim.customer) {
            Some(customer) => customer.lists(identifier).then_some(claim.customer),
            None => (!self.is_of_batch(claim)).then_some(claim.customer),
        }
    }

    /// Whether this batch made a claim, now or in an earlier attempt.
    fn is_of_batch(&self, claim: &Claim) -> bool {
        claim.by.task == self.terms.task && self.numbers.contains(&claim.by.row)
    }

    /// Applies the row to its customer; tells whether an attribute or identifier changed.
    fn apply(&mut self, parsed: &ParsedRow, id: CustomerId, accepted: &[&Identifier], by: Provenance) -> bool {
        if accepted.iter().any(|identifier| self.dropped.contains(&identifier.key())) {
            self.end_stage();
        }
        let mut changed = false;
        for identifier in accepted {
            changed |= self.attach(identifier, id, by);
        }
        for (slot, change) in &parsed.identifiers {
            if matches!(change, Change::Clear) {
                changed |= self.detach(slot, id, by);
            }
        }
        let confirms = self.terms.confirms;
        let mut confirmed = false;
        let customer = self.customer(id, by);
        for (name, change) in &parsed.attributes {
            let stored = customer.attributes.get(name);
            let value = match change {
                Change::Set(value) => Some(value.clone()),
                Change::Clear => None,
            };
            let same = stored.map_or(value.is_none(), |stamped| stamped.value == value);
            if !same && Customer::takes(stored, by) {
                customer.attributes.insert(name.clone(), Stamped { value, by });
                changed = true;
            } else if same && confirms && stored.is_none_or(|stamped| stamped.by < by) {
                customer.attributes.insert(name.clone(), Stamped { value, by });
                confirmed = true;
            }
        }
        if changed || confirmed || customer.version == 0 {
            self.dirty.insert(id);
        }
        changed
    }

    fn attach(&mut self, identifier: &Identifier, id: CustomerId, by: Provenance) -> bool {
        let slot = identifier.slot();
        let confirms = self.terms.confirms;
        let customer = self.customer(id, by);
        let stored = customer.identifiers.get(&slot);
        let listed = customer.lists(identifier);
        if !listed && !Customer::takes(stored, by) {
            return false;
        }
        let is_stored = customer.version > 0;
        let old = customer.identifier(&slot).filter(|old| *old != identifier).cloned();
        let confirmed = confirms && stored.is_some_and(|stamped| stamped.by < by);
        if !listed || confirmed {
            customer.identifiers.insert(slot, Stamped { value: Some(identifier.clone()), by });
        }
        if let Some(old) = old {
            self.release(&old, id);
        }
        self.claim(identifier, id, by, listed, is_stored);
        if confirmed {
            self.dirty.insert(id);
        }
        !listed
    }

    fn detach(&mut self, slot: &Slot, id: CustomerId, by: Provenance) -> bool {
        let confirms = self.terms.confirms;
        let customer = self.customer(id, by);
        let held = customer.identifier(slot).cloned();
        if !Customer::takes(customer.identifiers.get(slot), by) || (held.is_none() && !confirms) {
            return false;
        }
        customer.identifiers.insert(slot.clone(), Stamped { value: None, by });
        let Some(old) = held else {
            self.dirty.insert(id);
            return false;
        };
        self.release(&old, id);
        true
    }

    /// Sees to it that the customer holds the identifier. A claim of its own is made again unless its profile lists it, or
    /// this batch made it for a customer that is not stored yet: one that another batch made could be taken elsewhere by
    /// that batch, and a customer that is not stored cannot be fenced.
    fn claim(&mut self, identifier: &Identifier, id: CustomerId, by: Provenance, listed: bool, is_stored: bool) {
        let key = identifier.key();
        let replaces = self.known.claims.get(&key).copied();
        if let Some(claim) = replaces {
            if claim.customer == id && (listed || (!is_stored && self.is_of_batch(&claim))) {
                return;
            }
            if claim.customer != id
                && let Some(former) = self.known.customers.get_mut(&claim.customer)
                && former.version > 0
                && !self.stage.fences.iter().any(|(fenced, _)| *fenced == former.id)
            {
                self.stage.fences.push((former.id, former.version));
                former.version += 1;
            }
        }
        let claim = Claim { customer: id, by };
        self.known.claims.insert(key.clone(), claim);
        self.stage.claims.push(ClaimWrite { key, claim, replaces });
    }

    fn release(&mut self, identifier: &Identifier, id: CustomerId) {
        let key = identifier.key();
        let Some(claim) = self.known.claims.get(&key).copied().filter(|claim| claim.customer == id) else { return };
        if let Some(position) = self.stage.claims.iter().position(|write| write.key == key) {
            let write = self.stage.claims.swap_remove(position);
            match write.replaces {
                Some(former) => self.known.claims.insert(key, former),
                None => self.known.claims.remove(&key),
            };
            return;
        }
        self.dropped.insert(key.clone());
        self.stage.releases.push((key, claim));
    }

    /// Segment, touchpoint and feed: what applies whether or not the row changed the customer.
    fn note(&mut self, parsed: &ParsedRow, id: CustomerId, effective: &Effective, outcome: Outcome, by: Provenance) {
        if let Some(segment) = &effective.segment {
            self.join(segment, id, by);
        }
        let customer = self.customer(id, by);
        if !customer.touchpoints.contains(&effective.touchpoint) {
            customer.touchpoints.insert(effective.touchpoint.clone());
            self.dirty.insert(id);
        }
        let action = effective.action.clone().or_else(|| self.action_of_the_import(outcome));
        if let Some(action) = action {
            self.decision.actions.insert(action.clone());
            self.decision.activities.push(Activity {
                customer: id,
                action,
                at: parsed.action_at.unwrap_or_else(|| self.terms.task.launched()),
                api_endpoint: effective.api_endpoint.clone(),
                touchpoint: effective.touchpoint.clone(),
                by,
            });
        }
    }

    fn join(&mut self, segment: &Segment, id: CustomerId, by: Provenance) {
        let (group, joined) = (segment.group_id(), segment.id());
        let confirms = self.terms.confirms;
        let customer = self.customer(id, by);
        let stored = customer.segments.get(&group);
        if !Customer::takes(stored, by) {
            return;
        }
        if let Some(stamped) = stored.filter(|stamped| stamped.value == joined) {
            if confirms && stamped.by < by {
                customer.segments.insert(group, Stamped { value: joined, by });
                self.dirty.insert(id);
            }
            return;
        }
        let left = customer.segments.insert(group, Stamped { value: joined.clone(), by });
        if let Some(left) = left
            && !self.stage.joins.remove(&(left.value.clone(), id))
        {
            self.stage.leaves.insert((left.value, id));
        }
        self.stage.leaves.remove(&(joined.clone(), id));
        self.stage.joins.insert((joined, id));
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

    /// The row's cells where it has them, else the import's settings; or what names something that is not there.
    fn effective(&self, parsed: &ParsedRow) -> Result<Effective, Vec<RowProblem>> {
        let terms = self.terms;
        let mut problems = Vec::new();
        let segment = match (&parsed.segment, &terms.segment) {
            (Some(named), _) => Some(Segment::new(named.group.as_deref().unwrap_or(&terms.segment_group), &named.name)),
            (None, Some(setting)) => Some(Segment::new(&setting.group, &setting.name)),
            (None, None) => None,
        };
        if let Some(segment) = &segment
            && terms.segment.as_ref().is_some_and(|setting| !setting.create)
            && !self.known.segments.contains(&segment.id())
        {
            problems.push(self.unknown(
                RowCode::UnknownSegment,
                &ColumnId::Segment,
                &format!(
                    "There is no segment “{}” in the group “{}”, and this import may not create one.",
                    segment.name, segment.group
                ),
            ));
        }
        if let Some(action) = &parsed.source_action
            && terms.source_action.as_ref().is_some_and(|setting| !setting.create)
            && !self.known.actions.contains(&folded(action))
        {
            problems.push(self.unknown(
                RowCode::UnknownSourceAction,
                &ColumnId::SourceAction,
                &format!("There is no action “{action}”, and this import may not create one."),
            ));
        }
        if let Some(endpoint) = &parsed.api_endpoint
            && !self.known.api_endpoints.contains_key(&folded(endpoint))
            && ![terms.api_endpoint.as_str(), DEFAULT_API_ENDPOINT].map(folded).contains(&folded(endpoint))
        {
            problems.push(self.unknown(
                RowCode::UnknownApiEndpoint,
                &ColumnId::ApiEndpoint,
                &format!(
                    "There is no API endpoint “{endpoint}”. Correct the cell, or leave it empty for the import's."
                ),
            ));
        }
        if let Some(touchpoint) = &parsed.touchpoint
            && !self.known.touchpoints.contains(&folded(touchpoint))
            && ![terms.touchpoint(), DEFAULT_API_ENDPOINT].map(folded).contains(&folded(touchpoint))
        {
            problems.push(self.unknown(
                RowCode::UnknownTouchpoint,
                &ColumnId::Touchpoint,
                &format!(
                    "There is no touchpoint “{touchpoint}”. Correct the cell, or leave it empty for the import's."
                ),
            ));
        }
        if !problems.is_empty() {
            return Err(problems);
        }
        let api_endpoint = parsed.api_endpoint.clone().unwrap_or_else(|| terms.api_endpoint.clone());
        let touchpoint = match (&parsed.touchpoint, &parsed.api_endpoint, &terms.touchpoint) {
            (Some(touchpoint), _, _) | (None, _, Some(touchpoint)) => touchpoint.clone(),
            (None, None, None) => terms.touchpoint().to_owned(),
            (None, Some(endpoint), None) => {
                self.known.api_endpoints.get(&folded(endpoint)).cloned().flatten().unwrap_or_else(|| endpoint.clone())
            }
        };
        Ok(Effective { segment, action: parsed.source_action.clone(), api_endpoint, touchpoint })
    }

    fn unknown(&self, code: RowCode, column: &ColumnId, message: &str) -> RowProblem {
        RowProblem { severity: Severity::Error, code, cell: self.cell(column), message: message.to_owned() }
    }

    fn taken(&self, identifier: &Identifier) -> RowProblem {
        let what = noun(identifier);
        RowProblem {
            severity: Severity::Warning,
            code: RowCode::IdentifierTaken,
            cell: self.cell(&column(identifier)),
            message: format!(
                "The {what} belongs to another customer and was left with them; the rest of the row was applied. If both are one person, give the same identifiers in one row of their own."
            ),
        }
    }

    fn conflict(&self, identifier: &Identifier) -> RowProblem {
        let what = noun(identifier);
        RowProblem {
            severity: Severity::Error,
            code: RowCode::IdentifierConflict,
            cell: self.cell(&column(identifier)),
            message: format!(
                "The {what} belongs to another customer than the row's other identifiers. Correct the identifiers, or import with on_conflict `skip_identifier`."
            ),
        }
    }

    fn cell(&self, column: &ColumnId) -> Option<u16> {
        self.terms.layout.position(column).and_then(|position| u16::try_from(position).ok())
    }

    fn customer(&mut self, id: CustomerId, by: Provenance) -> &mut Customer {
        self.known.customers.entry(id).or_insert_with(|| Customer::new(id, by))
    }

    fn end_stage(&mut self) {
        for id in std::mem::take(&mut self.dirty) {
            if let Some(customer) = self.known.customers.get_mut(&id) {
                self.stage.profiles.push(customer.clone());
                customer.version += 1;
            }
        }
        for (key, _) in &self.stage.releases {
            self.known.claims.remove(key);
        }
        self.dropped.clear();
        let stage = std::mem::take(&mut self.stage);
        if stage != Stage::default() {
            self.decision.stages.push(stage);
        }
    }
}

/// The identifiers that a row gives, strongest first.
pub fn identifiers(parsed: &ParsedRow) -> impl Iterator<Item = &Identifier> {
    parsed.identifiers.iter().filter_map(|(_, change)| match change {
        Change::Set(identifier) => Some(identifier),
        Change::Clear => None,
    })
}

fn column(identifier: &Identifier) -> ColumnId {
    match identifier.slot() {
        Slot::ExternalId(system) => ColumnId::ExternalId(system),
        Slot::Email => ColumnId::Email,
        Slot::Phone => ColumnId::Phone,
    }
}

fn noun(identifier: &Identifier) -> &'static str {
    match identifier.slot() {
        Slot::ExternalId(_) => "external id",
        Slot::Email => "email address",
        Slot::Phone => "phone number",
    }
}

/// What the report counts of a batch: outcomes, and every problem by its code.
pub fn count(rows: &[Row], fates: &[Fate]) -> crate::task::Counters {
    let mut counters = crate::task::Counters::default();
    let mut codes: BTreeMap<RowCode, u64> = BTreeMap::new();
    for (row, fate) in rows.iter().zip(fates) {
        counters.add_row(fate.outcome);
        for problem in problems(row, fate) {
            *codes.entry(problem.code).or_default() += 1;
            if problem.severity == Severity::Warning {
                counters.warnings += 1;
            }
        }
    }
    counters.codes = codes;
    counters
}

/// Everything wrong with a row: what parsing found, then what the decision found.
pub fn problems<'a>(row: &'a Row, fate: &'a Fate) -> impl Iterator<Item = &'a RowProblem> {
    let parsing: &[RowProblem] = match &row.parsed {
        Ok(parsed) if fate.outcome.is_applied() => &parsed.warnings,
        Ok(_) => &[],
        Err(problems) => problems,
    };
    parsing.iter().chain(&fate.problems)
}

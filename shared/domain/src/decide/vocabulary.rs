//! What a decision is made of: rows and stored customers go in, fates and writes come out.

use std::collections::{BTreeMap, BTreeSet};

use super::samples::Samples;
use crate::codes::Outcome;
use crate::columns::{ColumnId, Layout};
use crate::customer::{Activity, Customer, CustomerId, Former, Provenance, Segment, SegmentId, Traces};
use crate::imports::{
    ActionSetting, CatalogueAtLaunch, Foretold, ImportId, ImportRequest, Mode, OnConflict, OnWeakMatch, SegmentSetting,
};
use crate::plan::{BatchRecords, Checked};
use crate::problems::RowProblem;
use crate::row::{ParsedRow, Rules, parse_row};

/// A row of the batch, parsed.
#[derive(Debug, Clone)]
pub struct Row {
    /// Its number in the file, from 1.
    pub number: u64,
    /// What it says, or why it cannot be used.
    pub parsed: Result<ParsedRow, Vec<RowProblem>>,
}

impl Row {
    /// Parses each record of a batch.
    pub fn parse_all(records: &BatchRecords, checked: &Checked, rules: &Rules) -> Vec<Self> {
        (0..records.len())
            .map(|index| {
                let (number, _, cells) = records.record(index);
                Self { number, parsed: parse_row(&checked.layout, &rules.of_row(number), &cells) }
            })
            .collect()
    }
}

/// What holds for all rows of an import.
#[derive(Debug, Clone)]
pub struct Terms {
    /// The import.
    pub import: ImportId,
    /// What a row may do to customers.
    pub mode: Mode,
    /// What a contested identifier does.
    pub on_conflict: OnConflict,
    /// What a row does that meets a customer by a weaker identifier only.
    pub on_weak_match: OnWeakMatch,
    /// Where the data came from, unless the row says.
    pub api_endpoint: String,
    /// The touchpoint that customers are linked to unless the row names one; without it, the API endpoint's.
    pub touchpoint: Option<String>,
    /// The touchpoint of the import's API endpoint, if it is not named as the endpoint is.
    pub endpoint_touchpoint: Option<String>,
    /// The segment, unless the row says.
    pub segment: Option<SegmentSetting>,
    /// The group of a segment that a row names without one.
    pub segment_group: String,
    /// The action, unless the row says.
    pub source_action: Option<ActionSetting>,
    /// Which cell is which column.
    pub layout: Layout,
    /// Whether what rows replace is noted, so that the import can be taken back.
    pub keeps_former: bool,
    /// Whether it is noted what rows would change, and from what to what.
    pub foretells: bool,
    /// Whether a row also stamps the values that it only confirms. While an import that was launched earlier is under
    /// way, an unstamped value would be overwritten by it; otherwise an unchanged customer is not written.
    pub restamps_unchanged: bool,
}

impl Terms {
    /// What follows from the settings of an import and the header of its file.
    pub fn new(import: ImportId, request: &ImportRequest, catalogue: &CatalogueAtLaunch, checked: &Checked) -> Self {
        Self {
            import,
            mode: request.mode,
            on_conflict: request.on_conflict,
            on_weak_match: request.on_weak_match,
            api_endpoint: catalogue.api_endpoint.clone().unwrap_or_else(|| request.api_endpoint().to_owned()),
            touchpoint: catalogue.chosen_touchpoint.clone().or_else(|| request.settings.touchpoint.clone()),
            endpoint_touchpoint: catalogue.touchpoint.clone(),
            segment: request.settings.segment.clone(),
            segment_group: request.segment_group().to_owned(),
            source_action: request.settings.source_action.clone(),
            layout: checked.layout.clone(),
            keeps_former: false,
            foretells: false,
            restamps_unchanged: false,
        }
    }

    /// The touchpoint of rows that name neither a touchpoint nor an API endpoint.
    pub(super) fn touchpoint(&self) -> &str {
        self.touchpoint.as_ref().or(self.endpoint_touchpoint.as_ref()).unwrap_or(&self.api_endpoint)
    }

    /// The place of a column in a record, from 0.
    pub(super) fn cell_of(&self, column: &ColumnId) -> Option<u16> {
        self.layout.position(column).and_then(|position| u16::try_from(position).ok())
    }
}

/// Who holds an identifier, and the row that claimed it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Claim {
    /// The customer.
    pub customer: CustomerId,
    /// The row, or the one that creates the customer if that is not stored yet. A claim that is made again names another
    /// row, so a write that was decided on the old claim fails.
    pub by: Provenance,
    /// Whether another import had claimed the identifier for the same customer before.
    pub is_shared: bool,
}

/// Where data comes from, as the catalogue has it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ApiEndpoint {
    /// Its name.
    pub name: String,
    /// The touchpoint that its customers are linked to; without one, the touchpoint of its name.
    pub touchpoint: Option<String>,
}

/// Everything stored that the rows of a batch name.
#[derive(Debug, Clone, Default)]
pub struct Stored {
    /// Claims by identifier key.
    pub claims: BTreeMap<String, Claim>,
    /// Customers that are written.
    pub customers: BTreeMap<CustomerId, Customer>,
    /// Customers that are being erased, each with the last import that must not bring it back.
    pub erased: BTreeMap<CustomerId, ImportId>,
    /// The keys of identifiers that are suppressed.
    pub suppressed: BTreeSet<String>,
    /// The segments that rows name and that exist; looked up only if the import may not create segments.
    pub segments: BTreeSet<SegmentId>,
    /// The actions that rows name and that exist (folded names); looked up only if the import may not create actions.
    pub actions: BTreeSet<String>,
    /// The API endpoints that rows name and that exist, by folded name.
    pub api_endpoints: BTreeMap<String, ApiEndpoint>,
    /// The touchpoints that rows name and that exist, as the catalogue writes them, by folded name.
    pub touchpoints: BTreeMap<String, String>,
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
    /// What it would change, if the terms ask for it.
    pub foretold: Foretold,
}

impl Fate {
    /// A fate without a forecast of changes.
    pub const fn new(outcome: Outcome, customer: Option<CustomerId>, problems: Vec<RowProblem>) -> Self {
        let foretold = Foretold { cells: BTreeSet::new(), identifiers: 0, joins: false, leaves: false };
        Self { outcome, customer, problems, foretold }
    }
}

/// A claim to write on an identifier.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ClaimWrite {
    /// The identifier's key.
    pub key: String,
    /// The claim to write.
    pub claim: Claim,
    /// The lapsed claim that it replaces; without one, the identifier must be free.
    pub replaces: Option<Claim>,
}

/// Writes that run in the order of the fields; those of one field may run side by side.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Stage {
    /// Customers whose version is raised, with the version they must have.
    pub fences: Vec<(CustomerId, u64)>,
    /// Identifiers to claim.
    pub claims: Vec<ClaimWrite>,
    /// Members to list, each with the row that put the customer into the segment.
    pub joins: BTreeMap<(SegmentId, CustomerId), Provenance>,
    /// Customers to write; each must be stored with the version it carries (0: not stored).
    pub profiles: Vec<Customer>,
    /// Customers to delete; each must be stored with the version that is given.
    pub deletes: Vec<(CustomerId, u64)>,
    /// Claims to give up, unless somebody else has taken them.
    pub releases: Vec<(String, Claim)>,
    /// Members to take off the list, each with the row that had put the customer into the segment. A member that a
    /// later row listed stays: this write may come late.
    pub leaves: BTreeMap<(SegmentId, CustomerId), Provenance>,
}

/// What a batch comes to: what to write, and what to say of each row.
#[derive(Debug, Clone, Default)]
pub struct Decision {
    /// A fate for each row, in order.
    pub fates: Vec<Fate>,
    /// Writes, stage after stage.
    pub stages: Vec<Stage>,
    /// Feed entries, once the stages are written.
    pub activities: Vec<Activity>,
    /// Segments that rows were added to; the missing ones are created.
    pub segments: BTreeSet<Segment>,
    /// Actions that were noted; the missing ones are created.
    pub actions: BTreeSet<String>,
    /// What the rows replace, by customer, if the terms ask for it.
    pub former: Vec<Former>,
    /// What the rows would change, if the terms ask for it.
    pub samples: Samples,
    /// What an earlier attempt may have left of customers that were erased meanwhile. It is noted before anything is
    /// written, so that it goes with them.
    pub traces: BTreeMap<CustomerId, Traces>,
}

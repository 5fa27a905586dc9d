//! What is stored of all that the rows of a batch name.

use std::collections::BTreeSet;

use domain::catalogue::{Entry, EntryKind};
use domain::customer::{Segment, folded};
use domain::decide::{ApiEndpoint, Fate, Row, Stored, Terms, may_be_lost};
use domain::row::{Identifier, ParsedRow};
use stores::StoreError;
use stores::customers::Customers;

use crate::RowProcessor;

impl RowProcessor {
    /// Everything stored that the rows name, the customers that an earlier attempt chose, and the claims on identifiers that
    /// rows replace.
    pub(crate) async fn stored(
        &self,
        customers: &impl Customers,
        rows: &[Row],
        terms: &Terms,
        prior: &[Option<Fate>],
    ) -> Result<Stored, StoreError> {
        let parsed: Vec<&ParsedRow> = rows.iter().filter_map(|row| row.parsed.as_ref().ok()).collect();
        let keys: BTreeSet<String> =
            parsed.iter().flat_map(|parsed| parsed.given_identifiers().map(Identifier::key)).collect();
        let chosen = prior.iter().flatten().filter_map(|fate| fate.customer).collect();
        let mut stored = customers.stored(&keys, chosen).await?;
        let lost = may_be_lost(rows, &stored, prior);
        stored.claims.extend(customers.claims(&lost).await?.claims);
        if let Some(setting) = terms.segment.as_ref().filter(|setting| !setting.create) {
            let mut named = BTreeSet::from([Segment::new(&setting.group, &setting.name).id()]);
            named.extend(parsed.iter().filter_map(|parsed| parsed.segment.as_ref()).map(|segment| {
                Segment::new(segment.group.as_deref().unwrap_or(&terms.segment_group), &segment.name).id()
            }));
            stored.segments = self.catalogue.segments(&named).await?.iter().map(Segment::id).collect();
        }
        let named = |name: fn(&ParsedRow) -> Option<&String>| -> BTreeSet<String> {
            parsed.iter().filter_map(|parsed| name(parsed).cloned()).collect()
        };
        if terms.source_action.as_ref().is_some_and(|setting| !setting.create) {
            let actions = named(|parsed| parsed.source_action.as_ref());
            let existing = self.catalogue.named(EntryKind::SourceAction, &actions).await?;
            stored.actions = existing.iter().map(Entry::id).collect();
        }
        let endpoints = named(|parsed| parsed.api_endpoint.as_ref());
        for entry in self.catalogue.named(EntryKind::ApiEndpoint, &endpoints).await? {
            if let Entry::ApiEndpoint { name, touchpoint } = entry {
                stored.api_endpoints.insert(folded(&name), ApiEndpoint { name, touchpoint });
            }
        }
        let touchpoints = named(|parsed| parsed.touchpoint.as_ref());
        let existing = self.catalogue.named(EntryKind::Touchpoint, &touchpoints).await?;
        stored.touchpoints = existing.iter().map(|entry| (entry.id(), entry.name().to_owned())).collect();
        Ok(stored)
    }
}

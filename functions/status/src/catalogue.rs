//! The catalogue: lists of what settings and cells may name, and new entries.

use aws_lambda_events::lambda_function_urls::{LambdaFunctionUrlRequest, LambdaFunctionUrlResponse};
use domain::catalogue::{Entry, EntryKind, MAX_FIELDS};
use domain::imports::DEFAULT_API_ENDPOINT;
use runtime::http::{self, HttpProblem};
use serde_json::json;

use stores::catalogue::Created;

use crate::listing::Listing;
use crate::{Status, failed, invalid_cursor, limit_up_to};

/// Most entries of a listing of the catalogue, and as many as it has unless the request says.
pub(crate) const MAX_ENTRIES: usize = 1_000;
/// Longest cursor, in bytes: no name that an entry is known by is longer.
const MAX_CURSOR: usize = 1_000;

impl Status {
    pub(crate) async fn entries(
        &self,
        kind: EntryKind,
        request: &LambdaFunctionUrlRequest,
    ) -> Result<LambdaFunctionUrlResponse, HttpProblem> {
        let limit = limit_up_to(request, MAX_ENTRIES, MAX_ENTRIES)?;
        let after = http::query(request, "cursor");
        if after.as_ref().is_some_and(|after| after.len() > MAX_CURSOR) {
            return Err(invalid_cursor());
        }
        let mut listing = Listing::default();
        let default = || DEFAULT_API_ENDPOINT.to_owned();
        // These exist without anybody having created them.
        let entry = match kind {
            EntryKind::ApiEndpoint => Some(Entry::ApiEndpoint { name: default(), touchpoint: None }),
            EntryKind::Touchpoint => Some(Entry::Touchpoint(default())),
            _ => None,
        };
        if let Some(entry) = entry.filter(|_| after.is_none()) {
            listing.add(entry.to_json());
        }
        let (entries, mut cursor) = self.catalogue.list_after(kind, after.as_deref(), limit).await.map_err(failed)?;
        let mut shown_last = after;
        for entry in &entries {
            if !listing.add(entry.to_json()) {
                cursor = shown_last;
                break;
            }
            shown_last = Some(entry.id());
        }
        Ok(http::json(200, &json!({ kind.member(): listing.into_json(), "cursor": cursor }), &[]))
    }

    pub(crate) async fn create_entry(
        &self,
        kind: EntryKind,
        request: &LambdaFunctionUrlRequest,
    ) -> Result<LambdaFunctionUrlResponse, HttpProblem> {
        let entry = Entry::parse(kind, &http::body(request)?).map_err(HttpProblem::invalid)?;
        if let Entry::CustomField { name, .. } = &entry {
            self.room_for_field(name).await?;
        }
        let created = self.catalogue.create(&entry).await.map_err(failed)?;
        if let Entry::Segment(segment) = &entry {
            // After the segment: a group without one may be deleted.
            self.catalogue.create(&Entry::SegmentGroup(segment.group.clone())).await.map_err(failed)?;
        }
        if created == Created::JustNow {
            return Ok(http::json(201, &entry.to_json(), &[]));
        }
        // It exists. Asking for the same entry again is no error, asking for a different one is.
        let existing = self.catalogue.get(kind, &entry.id()).await.map_err(failed)?;
        let existing = existing.ok_or_else(HttpProblem::unavailable)?;
        let differs = match (&existing, &entry) {
            (Entry::CustomField { holds, .. }, Entry::CustomField { holds: wanted, .. }) => holds != wanted,
            (Entry::ApiEndpoint { touchpoint, .. }, Entry::ApiEndpoint { touchpoint: wanted, .. }) => {
                touchpoint != wanted
            }
            _ => false,
        };
        if differs {
            let detail = format!(
                "The {} “{}” exists already and differs from this one. Choose another name.",
                kind.noun(),
                existing.name()
            );
            return Err(HttpProblem::new(409, "exists_differently", detail));
        }
        Ok(http::json(200, &existing.to_json(), &[]))
    }

    /// Refuses a further custom field when there are as many as a project may have.
    async fn room_for_field(&self, name: &str) -> Result<(), HttpProblem> {
        let fields = self.catalogue.fields().await.map_err(failed)?;
        if fields.len() < MAX_FIELDS || fields.contains_key(name) {
            return Ok(());
        }
        let detail =
            format!("There are {} custom fields; {MAX_FIELDS} are the most. Use one that exists.", fields.len());
        Err(HttpProblem::new(409, "too_many_custom_fields", detail))
    }
}

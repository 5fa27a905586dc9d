//! The catalogue: lists of what settings and cells may name, and new entries.

use aws_lambda_events::lambda_function_urls::{LambdaFunctionUrlRequest, LambdaFunctionUrlResponse};
use domain::catalogue::{Entry, EntryKind, MAX_FIELDS};
use domain::imports::DEFAULT_API_ENDPOINT;
use runtime::http::{self, HttpProblem};
use serde_json::{Value as Json, json};

use stores::catalogue::Created;

use crate::{Status, failed};

impl Status {
    pub(crate) async fn entries(&self, kind: EntryKind) -> Result<LambdaFunctionUrlResponse, HttpProblem> {
        let entries = self.catalogue.list(kind).await.map_err(failed)?;
        let mut shown: Vec<Json> = entries.iter().map(Entry::to_json).collect();
        // These exist without anybody having created them.
        match kind {
            EntryKind::ApiEndpoint => {
                let default = Entry::ApiEndpoint { name: DEFAULT_API_ENDPOINT.to_owned(), touchpoint: None };
                shown.insert(0, default.to_json());
            }
            EntryKind::Touchpoint => shown.insert(0, Entry::Touchpoint(DEFAULT_API_ENDPOINT.to_owned()).to_json()),
            _ => {}
        }
        Ok(http::json(200, &json!({ kind.member(): shown }), &[]))
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
        if let Entry::Segment(segment) = &entry {
            self.catalogue.create(&Entry::SegmentGroup(segment.group.clone())).await.map_err(failed)?;
        }
        if self.catalogue.create(&entry).await.map_err(failed)? == Created::JustNow {
            return Ok(http::json(201, &entry.to_json(), &[]));
        }
        // It exists. Asking for the same entry again is no error, asking for a different one is.
        let existing = self.catalogue.list(kind).await.map_err(failed)?;
        let existing =
            existing.into_iter().find(|existing| existing.id() == entry.id()).ok_or_else(HttpProblem::unavailable)?;
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

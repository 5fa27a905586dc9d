//! The catalogue: lists of what settings and cells may name, and new entries.

use aws_lambda_events::lambda_function_urls::{LambdaFunctionUrlRequest, LambdaFunctionUrlResponse};
use serde_json::{Value as Json, json};
use shared::catalogue::{Entry, EntryKind};
use shared::http::{self, HttpProblem};
use shared::settings::DEFAULT_API_ENDPOINT;

use crate::{Status, failed};

impl Status {
    pub(crate) async fn entries(&self, kind: EntryKind) -> Result<LambdaFunctionUrlResponse, HttpProblem> {
        let entries = self.catalogue.list(kind).await.map_err(failed)?;
        let mut shown: Vec<Json> = entries.iter().map(Entry::to_json).collect();
        // What there is without anybody having created it.
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
        if let Entry::Segment(segment) = &entry {
            self.catalogue.create(&Entry::SegmentGroup(segment.group.clone())).await.map_err(failed)?;
        }
        if self.catalogue.create(&entry).await.map_err(failed)? {
            return Ok(http::json(201, &entry.to_json(), &[]));
        }
        // It is there already. To ask for the same once more is no error; to ask for another is.
        let there = self.catalogue.list(kind).await.map_err(failed)?;
        let there = there.into_iter().find(|there| there.id() == entry.id()).ok_or_else(HttpProblem::unavailable)?;
        let differs = match (&there, &entry) {
            (Entry::CustomField { holds, .. }, Entry::CustomField { holds: wanted, .. }) => holds != wanted,
            (Entry::ApiEndpoint { touchpoint, .. }, Entry::ApiEndpoint { touchpoint: wanted, .. }) => {
                touchpoint != wanted
            }
            _ => false,
        };
        if differs {
            let detail = format!(
                "The {} “{}” is there already, and is not like this one. Choose another name.",
                kind.noun(),
                there.name()
            );
            return Err(HttpProblem::new(409, "exists_differently", detail));
        }
        Ok(http::json(200, &there.to_json(), &[]))
    }
}

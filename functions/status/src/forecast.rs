//! What a forecast says besides its counters: who would change, and from what to what.

use domain::imports::State;
use domain::keys::ObjectKey;
use runtime::http::HttpProblem;
use runtime::keys::Caller;
use serde_json::{Value as Json, json};
use steps::counters;
use stores::StoreError;
use stores::imports::{Import, Setup};

use crate::{Status, failed, needed_role};

impl Status {
    /// What a completed forecast says; none of any other import. Samples are of customers, so only a caller who may read
    /// those gets them.
    pub(crate) async fn forecast(
        &self,
        import: &Import,
        setup: &Setup,
        caller: &Caller,
    ) -> Result<Option<Json>, HttpProblem> {
        let is_forecast = setup.request.dry_run && setup.request.undoes.is_none();
        let Some(checked) = setup.checked.as_ref().filter(|_| is_forecast && import.state == State::Completed) else {
            return Ok(None);
        };
        let foretold = counters(&self.stores, import).await.map_err(failed)?.foretold;
        let column = |cell: u16| checked.layout.columns.get(usize::from(cell))?.as_ref().map(ToString::to_string);
        let changes: Vec<Json> = foretold
            .customers
            .iter()
            .filter_map(|(cell, customers)| Some(json!({ "column": column(*cell)?, "customers": customers })))
            .collect();
        let may_read = caller.role >= needed_role("GET", &["customers"]);
        let samples = if may_read { self.samples(import).await? } else { json!([]) };
        Ok(Some(json!({
            "at": import.ended_at,
            "changes": changes,
            "identifiers_changed": foretold.identifiers,
            "segment_joins": foretold.joins,
            "segment_leaves": foretold.leaves,
            "samples": samples,
        })))
    }

    /// The samples of a forecast; none if nothing would change, or once they have expired.
    async fn samples(&self, import: &Import) -> Result<Json, HttpProblem> {
        let key = ObjectKey::Samples { import: import.id, run: import.run }.to_string();
        match self.stores.bucket.get(&key).await {
            Ok(bytes) => serde_json::from_slice(&bytes).map_err(|_| HttpProblem::unavailable()),
            Err(StoreError::ObjectMissing) => Ok(json!([])),
            Err(error) => Err(failed(error)),
        }
    }
}

//! Imports: how far one is, and the listing of them.

use aws_lambda_events::lambda_function_urls::{LambdaFunctionUrlRequest, LambdaFunctionUrlResponse};
use domain::definitions::settings_of;
use domain::imports::{ImportId, Search};
use futures::stream::{self, StreamExt as _, TryStreamExt as _};
use runtime::http::{self, HttpProblem};
use runtime::keys::Caller;
use serde_json::{Value as Json, json};
use steps::counters;
use stores::imports::{Import, Listed};

use crate::check_summary::check_summary;
use crate::listing::Listing;
use crate::{Status, failed, invalid_cursor, limit};

/// Imports that one call looks at if it searches: some of them are read twice, for a few milliseconds each.
const LOOKED_AT: usize = 200;
/// Imports of a listing that are read at once.
const READ_AT_ONCE: usize = 10;

impl Status {
    pub(crate) async fn import(
        &self,
        id: &str,
        request: &LambdaFunctionUrlRequest,
        caller: &Caller,
    ) -> Result<LambdaFunctionUrlResponse, HttpProblem> {
        let import = self.find_import(id).await?;
        let setup = self.stores.imports.setup(&import).await.map_err(failed)?;
        let mut shown = self.shown_with(&import, &setup, request).await?;
        shown["columns"] = json!(setup.request.columns);
        shown["request"] = Json::Object(settings_of(&setup.request));
        if let Some(forecast) = self.forecast(&import, &setup, caller).await? {
            shown["forecast"] = forecast;
        }
        if let (Some(forecast), Some(_)) = (import.based_on, import.ended_at) {
            shown["forecast_counters"] = self.forecast_counters(forecast).await?;
        }
        if let Some(checked) = &setup.checked {
            // The check of a launched forecast is that of the forecast.
            let checked_for = import.based_on.unwrap_or(import.id);
            let quoted = self.stores.imports.quoted_cells(checked_for).await.map_err(failed)?;
            shown["check"] = check_summary(&import, &setup, checked, &quoted);
        }
        Ok(http::json(200, &shown, &[]))
    }

    /// What the forecast counted that an import was launched from.
    async fn forecast_counters(&self, forecast: ImportId) -> Result<Json, HttpProblem> {
        let Some(forecast) = self.stores.imports.get(forecast).await.map_err(failed)? else { return Ok(Json::Null) };
        let counted = counters(&self.stores, &forecast).await.map_err(failed)?;
        Ok(json!(counted.shown(forecast.rows)))
    }

    pub(crate) async fn imports(
        &self,
        request: &LambdaFunctionUrlRequest,
    ) -> Result<LambdaFunctionUrlResponse, HttpProblem> {
        let limit = limit(request)?;
        let search = Search::parse(&http::query_pairs(request)).map_err(HttpProblem::invalid)?;
        let cursor = match http::query(request, "cursor") {
            None => None,
            Some(cursor) => Some(cursor.parse().map_err(|_| invalid_cursor())?),
        };
        // Of many imports that are not searched for, a call reads so many, and the next one goes on behind them.
        let read = if search.is_for_all() { limit } else { LOOKED_AT.max(limit) };
        let before = [cursor, search.before()].into_iter().flatten().min();
        let ids = self.stores.imports.list(Listed::All, read, before).await.map_err(failed)?;
        let mut listing = Listing::default();
        let mut cursor = ids.last().copied().filter(|last| ids.len() == read && !search.is_over_at(*last));
        let mut passed = before;
        let ids = ids.into_iter().take_while(|id| !search.is_over_at(*id));
        let found = ids.map(|id| self.found(id, &search, request));
        // Boxed, because the futures of SDK calls are large.
        let mut found = Box::pin(stream::iter(found).buffered(READ_AT_ONCE));
        while let Some((id, import)) = found.try_next().await? {
            if let Some(import) = import
                && !listing.add(import)
            {
                cursor = passed;
                break;
            }
            if listing.len() == limit {
                cursor = Some(id);
                break;
            }
            passed = Some(id);
        }
        Ok(http::json(200, &json!({ "imports": listing.into_json(), "cursor": cursor }), &[]))
    }

    /// An import as the API shows one, if the search is for it.
    async fn found(
        &self,
        id: ImportId,
        search: &Search,
        request: &LambdaFunctionUrlRequest,
    ) -> Result<(ImportId, Option<Json>), HttpProblem> {
        let import = self.stores.imports.get(id).await.map_err(failed)?;
        let Some(import) = import.filter(|import| search.is_for(import.state, import.created_by.as_deref())) else {
            return Ok((id, None));
        };
        let setup = self.stores.imports.setup(&import).await.map_err(failed)?;
        if !search.is_for_text(&setup.request) {
            return Ok((id, None));
        }
        Ok((id, Some(self.shown_with(&import, &setup, request).await?)))
    }

    pub(crate) async fn find_import(&self, id: &str) -> Result<Import, HttpProblem> {
        let id: ImportId = id.parse().map_err(|_| no_such_import())?;
        self.stores.imports.get(id).await.map_err(failed)?.ok_or_else(no_such_import)
    }
}

fn no_such_import() -> HttpProblem {
    HttpProblem::new(404, "no_such_import", "There is no import of this id.")
}

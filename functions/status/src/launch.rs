//! Launching a forecast: the import that it foretold, on the same file and by the same check.

use aws_lambda_events::lambda_function_urls::{LambdaFunctionUrlRequest, LambdaFunctionUrlResponse};
use domain::imports::{ImportId, State, Trace};
use domain::input::FieldProblem;
use domain::messages::Message;
use runtime::http::{self, HttpProblem};
use runtime::keys::Caller;
use stores::imports::{Import, Launched, NewFile, NewImport, Setup};

use crate::{Status, failed};

impl Status {
    /// Refuses to launch a forecast whose names of the catalogue are gone, or mean something else by now.
    async fn ensure_names_exist(&self, setup: &Setup) -> Result<(), HttpProblem> {
        let looked_up = Box::pin(steps::at_launch(&self.catalogue, &setup.request)).await.map_err(failed)?;
        let now = looked_up.map_err(HttpProblem::invalid)?;
        let columns = setup.checked.iter().flat_map(|checked| checked.layout.custom_fields());
        let other = columns.filter(|field| now.fields.get(field) != setup.catalogue.fields.get(field));
        let problems: Vec<FieldProblem> = other
            .map(|field| {
                let message = format!("The custom field `{field}` was deleted since. Make a new forecast.");
                FieldProblem::new("columns", "unknown_column", message)
            })
            .collect();
        if problems.is_empty() { Ok(()) } else { Err(HttpProblem::invalid(problems)) }
    }

    /// Launches a completed forecast. A forecast is launched once, so a repeated request answers with the same import.
    pub(crate) async fn launch(
        &self,
        id: &str,
        request: &LambdaFunctionUrlRequest,
        caller: &Caller,
        trace: Option<&Trace>,
    ) -> Result<LambdaFunctionUrlResponse, HttpProblem> {
        let forecast = self.find_import(id).await?;
        let mut setup = self.stores.imports.setup(&forecast).await.map_err(failed)?;
        if setup.request.undoes.is_some() {
            let detail = "This is the forecast of an undo. Take the import back by POST /imports/ID/undo.";
            return Err(HttpProblem::new(409, "is_undo", detail));
        }
        if !setup.request.dry_run {
            let detail = "This is no forecast. Only an import with `dry_run` can be launched.";
            return Err(HttpProblem::new(409, "not_a_forecast", detail));
        }
        if let Some(launched) = forecast.launched_as {
            return self.launched(launched, 200, request).await;
        }
        if forecast.state != State::Completed || forecast.ended_at.is_none() {
            return Err(not_completed(&forecast));
        }
        if !self.has_its_file(&forecast).await? {
            let detail = "The file of the forecast is gone, or another one is in its place. Start a new import.";
            return Err(HttpProblem::new(409, "file_expired", detail));
        }
        self.ensure_names_exist(&setup).await?;
        setup.request.dry_run = false;
        let new = NewImport {
            request: &setup.request,
            catalogue: &setup.catalogue,
            file: NewFile::OfForecast(&forecast),
            created_by: caller.name.as_deref(),
            trace,
            idempotency: None,
        };
        match self.stores.imports.launch(&new, &self.stores.clock, self.random).await.map_err(failed)? {
            Launched::New(id) => self.launched(id, 201, request).await,
            Launched::Before(id) => self.launched(id, 200, request).await,
            Launched::NotCompleted => Err(not_completed(&self.find_import(id).await?)),
            Launched::KeyReused | Launched::NotUndoable | Launched::Contended => {
                tracing::error!("an import could not be recorded beside others that are launched");
                Err(HttpProblem::unavailable())
            }
        }
    }

    /// Has a launched import begin, unless it did, and shows it. If the message is lost, the sweep finds the import.
    async fn launched(
        &self,
        id: ImportId,
        status: u16,
        request: &LambdaFunctionUrlRequest,
    ) -> Result<LambdaFunctionUrlResponse, HttpProblem> {
        let import = self.stores.imports.get(id).await.map_err(failed)?.ok_or_else(HttpProblem::unavailable)?;
        if import.state == State::Checking {
            let begin = Message::Split { import: id };
            self.stores.queues.send(&import.origin(), &begin).await.map_err(failed)?;
        }
        let shown = self.shown(&import, request).await?;
        let url = format!("{}/imports/{id}", self.base(request));
        Ok(http::json(status, &shown, &[("location", url)]))
    }

    /// Whether the file is there as it was checked.
    async fn has_its_file(&self, forecast: &Import) -> Result<bool, HttpProblem> {
        let head = self.stores.bucket.head(&forecast.object_key).await.map_err(failed)?;
        Ok(head.is_some_and(|head| forecast.etag.as_ref() == Some(&head.etag)))
    }
}

fn not_completed(forecast: &Import) -> HttpProblem {
    let detail = match forecast.state {
        State::Failed | State::Cancelled => {
            format!("The forecast is {}, so it cannot be launched. Start a new import.", forecast.state.as_str())
        }
        state => format!("The forecast is {}. Launch it once it is completed.", state.as_str()),
    };
    HttpProblem::new(409, "forecast_not_completed", detail)
}

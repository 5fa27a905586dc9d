//! Definitions: settings under a name, created, replaced, listed and deleted.

use aws_lambda_events::lambda_function_urls::{LambdaFunctionUrlRequest, LambdaFunctionUrlResponse};
use domain::definitions::{Definition, DefinitionName, NewDefinition};
use domain::imports::ImportId;
use runtime::http::{self, HttpProblem};
use serde_json::{Value as Json, json};
use stores::definitions::{Defined, StoredDefinition, Undefined};

use crate::listing::Listing;
use crate::{Status, failed, invalid_cursor, limit};

/// Longest cursor, in bytes: the id of a definition is no longer.
const MAX_CURSOR: usize = 1_000;

impl Status {
    pub(crate) async fn definitions(
        &self,
        request: &LambdaFunctionUrlRequest,
    ) -> Result<LambdaFunctionUrlResponse, HttpProblem> {
        let limit = limit(request)?;
        let after = http::query(request, "cursor");
        if after.as_ref().is_some_and(|after| after.is_empty() || after.len() > MAX_CURSOR) {
            return Err(invalid_cursor());
        }
        let stored = self.definitions.list_after(after.as_deref(), limit).await.map_err(failed)?;
        let runs = self.stores.imports.last_runs(after.as_deref()).await.map_err(failed)?;
        let mut listing = Listing::default();
        let mut cursor = stored.last().filter(|_| stored.len() >= limit).map(|last| last.definition.name.id());
        let mut shown_last = None;
        for definition in &stored {
            let run = runs.get(&definition.definition.name.id()).copied();
            if !listing.add(self.shown_definition(definition, run, request)) {
                cursor = shown_last;
                break;
            }
            shown_last = Some(definition.definition.name.id());
        }
        Ok(http::json(200, &json!({ "definitions": listing.into_json(), "cursor": cursor }), &[]))
    }

    pub(crate) async fn definition(
        &self,
        name: &str,
        request: &LambdaFunctionUrlRequest,
    ) -> Result<LambdaFunctionUrlResponse, HttpProblem> {
        let name = DefinitionName::parse(name).map_err(|_| no_such_definition())?;
        let stored = self.definitions.get(&name).await.map_err(failed)?.ok_or_else(no_such_definition)?;
        let run = self.stores.imports.last_run(&stored.definition.name).await.map_err(failed)?;
        Ok(http::json(200, &self.shown_definition(&stored, run, request), &[]))
    }

    /// Creates a definition whose name nothing has yet.
    pub(crate) async fn create_definition(
        &self,
        request: &LambdaFunctionUrlRequest,
    ) -> Result<LambdaFunctionUrlResponse, HttpProblem> {
        let definition = self.new_definition(request, None).await?;
        match self.definitions.create(&definition, self.stores.clock.now()).await.map_err(failed)? {
            Defined::JustNow => self.defined(201, &definition.name, request).await,
            Defined::Before => {
                let detail = format!(
                    "There is a definition “{}” already. Choose another name, or replace it by PUT /definitions/NAME.",
                    definition.name
                );
                Err(HttpProblem::new(409, "definition_exists", detail))
            }
            Defined::Contended => Err(contended()),
        }
    }

    /// Puts a definition in place of the one of this name, or creates it.
    pub(crate) async fn replace_definition(
        &self,
        name: &str,
        request: &LambdaFunctionUrlRequest,
    ) -> Result<LambdaFunctionUrlResponse, HttpProblem> {
        let name = DefinitionName::parse(name).map_err(|bad| HttpProblem::invalid(vec![bad.problem("name")]))?;
        let definition = self.new_definition(request, Some(&name)).await?;
        match self.definitions.replace(&definition, self.stores.clock.now()).await.map_err(failed)? {
            Defined::JustNow => self.defined(201, &definition.name, request).await,
            Defined::Before => self.defined(200, &definition.name, request).await,
            Defined::Contended => Err(contended()),
        }
    }

    /// Deletes a definition. Imports that were launched with it have its settings, and keep them.
    pub(crate) async fn delete_definition(&self, name: &str) -> Result<LambdaFunctionUrlResponse, HttpProblem> {
        let name = DefinitionName::parse(name).map_err(|_| no_such_definition())?;
        match self.definitions.delete(&name, self.stores.clock.now()).await.map_err(failed)? {
            Undefined::Done => Ok(http::answer(204, "text/plain", String::new(), &[])),
            Undefined::Missing => Err(no_such_definition()),
            Undefined::Contended => Err(contended()),
        }
    }

    /// The definition that a body asks for. What it names in the catalogue has to exist, as for an import.
    async fn new_definition(
        &self,
        request: &LambdaFunctionUrlRequest,
        name: Option<&DefinitionName>,
    ) -> Result<Definition, HttpProblem> {
        let new = NewDefinition::parse(&http::body(request)?, name).map_err(HttpProblem::invalid)?;
        let definition = match new {
            NewDefinition::Given(definition) => definition,
            NewDefinition::FromImport { import, given } => {
                let import = self.find_import(&import.to_string()).await?;
                let setup = self.stores.imports.setup(&import).await.map_err(failed)?;
                if setup.request.undoes.is_some() {
                    let detail = "This import takes another one back: it has no settings to keep.";
                    return Err(HttpProblem::new(409, "is_undo", detail));
                }
                given.completed_from(&setup.request, setup.checked.as_ref()).map_err(HttpProblem::invalid)?
            }
        };
        let settings = definition.request().map_err(HttpProblem::invalid)?;
        let looked_up = Box::pin(steps::at_launch(&self.catalogue, &settings)).await.map_err(failed)?;
        looked_up.map_err(HttpProblem::invalid)?;
        Ok(definition)
    }

    async fn defined(
        &self,
        status: u16,
        name: &DefinitionName,
        request: &LambdaFunctionUrlRequest,
    ) -> Result<LambdaFunctionUrlResponse, HttpProblem> {
        let stored = self.definitions.get(name).await.map_err(failed)?.ok_or_else(contended)?;
        let run = self.stores.imports.last_run(name).await.map_err(failed)?;
        let shown = self.shown_definition(&stored, run, request);
        let url = shown["url"].as_str().unwrap_or_default().to_owned();
        Ok(http::json(status, &shown, &[("location", url)]))
    }

    fn shown_definition(
        &self,
        stored: &StoredDefinition,
        run: Option<ImportId>,
        request: &LambdaFunctionUrlRequest,
    ) -> Json {
        let mut shown = stored.definition.to_json();
        shown["last_import"] = json!(run.map(|run| json!({ "id": run, "created_at": run.launched() })));
        shown["changed_at"] = json!(stored.changed_at);
        shown["url"] =
            json!(format!("{}/definitions/{}", self.base(request), http::segment(stored.definition.name.as_str())));
        shown
    }
}

fn no_such_definition() -> HttpProblem {
    HttpProblem::new(404, "no_such_definition", "There is no such definition. GET /definitions lists those that exist.")
}

fn contended() -> HttpProblem {
    HttpProblem::new(409, "definition_changed", "Somebody else changes this definition at the moment. Try again.")
}

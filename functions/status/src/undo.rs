//! Taking an import back.

use std::time::Duration;

use aws_lambda_events::lambda_function_urls::{LambdaFunctionUrlRequest, LambdaFunctionUrlResponse};
use domain::imports::{CatalogueAtLaunch, ImportId, ImportRequest, State};
use domain::keys::ObjectKey;
use domain::messages::Message;
use runtime::http::{self, HttpProblem};
use runtime::keys::Caller;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use stores::imports::{Import, Launched, NewFile, NewImport, Setup};

use crate::{Status, failed};

/// How long Muster may take to make the file of an undo.
const FILE_UNTIL: Duration = Duration::from_secs(24 * 60 * 60);

/// The body of `POST /imports/{id}/undo`.
#[derive(Debug, Default, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub(crate) struct UndoBody {
    /// Whether it is only counted what would come back.
    dry_run: bool,
}

/// Whether an import can be taken back: it has ended, it wrote customers, and it was not taken back before.
pub(crate) fn can_be_undone(import: &Import, setup: &Setup) -> bool {
    import.undone_by.is_none() && refusal(import, setup).is_none()
}

fn refusal(import: &Import, setup: &Setup) -> Option<(&'static str, &'static str)> {
    let request = &setup.request;
    if request.undoes.is_some() {
        return Some(("is_undo", "This is an undo itself. Import the file again to bring its rows back."));
    }
    if request.dry_run {
        return Some(("is_forecast", "A forecast changes nothing, so there is nothing to take back."));
    }
    if import.ended_at.is_none() {
        return Some(("not_ended", "The import has not ended. Cancel it, or wait; then take it back."));
    }
    if import.numbers.pages() == 0 {
        return Some((
            "nothing_to_undo",
            "The import ended before it applied a row, so there is nothing to take back.",
        ));
    }
    None
}

impl Status {
    /// Takes an import back. A repeat answers with the same undo.
    pub(crate) async fn undo(
        &self,
        id: &str,
        request: &LambdaFunctionUrlRequest,
        caller: &Caller,
    ) -> Result<LambdaFunctionUrlResponse, HttpProblem> {
        let import = self.find_import(id).await?;
        let body = http::body(request)?;
        let body: UndoBody = if body.is_empty() {
            UndoBody::default()
        } else {
            serde_json::from_slice(&body).map_err(|_| {
                HttpProblem::new(400, "invalid_body", "The body is empty, or an object that has `dry_run` at most.")
            })?
        };
        let setup = self.stores.imports.setup(&import).await.map_err(failed)?;
        if let Some((code, detail)) = refusal(&import, &setup) {
            return Err(HttpProblem::new(409, code, detail));
        }
        if import.undone_by.is_none() && self.replaced_nothing(&import).await? {
            let detail = "The import replaced nothing, or what it replaced is no longer kept.";
            return Err(HttpProblem::new(409, "nothing_to_undo", detail));
        }
        let named = Some(setup.request.description.as_str()).filter(|text| !text.is_empty());
        let undoing = ImportRequest::undoing(import.id, named.unwrap_or(&setup.request.file.name), body.dry_run);
        let (status, undo) = match import.undone_by.filter(|_| !body.dry_run) {
            Some(before) => (200, before),
            None => self.record_undo(&import, &undoing, caller).await?,
        };
        let undo = self.stores.imports.get(undo).await.map_err(failed)?.ok_or_else(HttpProblem::unavailable)?;
        if undo.state == State::AwaitingUpload {
            // Also when the request is repeated, so nothing is lost if the function died before it sent this.
            let message = Message::MakeUndoFile { import: undo.id };
            self.stores.queues.send(&undo.origin(), &message).await.map_err(failed)?;
        }
        let shown = self.shown(&undo, request).await?;
        let location = shown["links"]["self"].as_str().unwrap_or_default().to_owned();
        Ok(http::json(status, &shown, &[("location", location)]))
    }

    /// Whether nothing is kept of what an import replaced.
    async fn replaced_nothing(&self, import: &Import) -> Result<bool, HttpProblem> {
        let kept = self.stores.bucket.list(&ObjectKey::all_former(import.id), None).await.map_err(failed)?;
        Ok(kept.is_empty())
    }

    /// Launches an undo, and notes it on the import that it takes back. Gives the status of the answer, and the undo's id.
    async fn record_undo(
        &self,
        import: &Import,
        undoing: &ImportRequest,
        caller: &Caller,
    ) -> Result<(u16, ImportId), HttpProblem> {
        let stores = &self.stores;
        let new = NewImport {
            request: undoing,
            catalogue: &CatalogueAtLaunch::default(),
            file: NewFile::Awaited(FILE_UNTIL),
            created_by: caller.name.as_deref(),
            trace: None,
            idempotency: None,
        };
        match stores.imports.launch(&new, &stores.clock, self.random).await.map_err(failed)? {
            Launched::New(id) => Ok((201, id)),
            Launched::NotUndoable => {
                let import = stores.imports.get(import.id).await.map_err(failed)?;
                match import.and_then(|import| import.undone_by) {
                    Some(before) => Ok((200, before)),
                    None => {
                        let detail = "The import was taken up again. Take it back when it has ended.";
                        Err(HttpProblem::new(409, "not_ended", detail))
                    }
                }
            }
            Launched::Before(_) | Launched::KeyReused | Launched::NotCompleted | Launched::Contended => {
                tracing::error!("an undo could not be recorded beside imports that are launched");
                Err(HttpProblem::unavailable())
            }
        }
    }
}

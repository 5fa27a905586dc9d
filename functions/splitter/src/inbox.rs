//! Launching the import that a file of the inbox is: once for each key and ETag, whoever put it there and however often
//! its event comes.

use domain::codes::FileCode;
use domain::definitions::{DefinitionName, SentRequest};
use domain::imports::{CatalogueAtLaunch, DeclaredFile, ImportRequest, Trace};
use domain::keys::{ObjectKey, shown_file_name};
use runtime::invocation::Invocation;
use serde_json::json;
use stores::StoreError;
use stores::imports::{Idempotency, Import, Launched, NewFile, NewImport, Setup};

use crate::Splitter;
use crate::error::SplitError;

/// Why a file of the inbox cannot be imported with its definition.
#[derive(Debug)]
pub(crate) struct Refused {
    pub(crate) code: FileCode,
    pub(crate) message: String,
}

impl Splitter {
    /// Launches the import of a file in the inbox, unless it was launched before, and goes on with it.
    ///
    /// A file that was overwritten before its event came is imported as it is now: the event of the other one finds that
    /// import. One that is gone is no import.
    pub(crate) async fn launch(
        &self,
        key: &str,
        trace: Option<&Trace>,
        invocation: Invocation<'_>,
    ) -> Result<(), SplitError> {
        let Some(head) = self.stores.bucket.head(key).await? else {
            tracing::warn!("a file of the inbox is gone before it could be imported");
            return Ok(());
        };
        let Some(ObjectKey::Inbox { definition, path }) = ObjectKey::parse(key) else { return Ok(()) };
        let file = DeclaredFile { name: shown_file_name(&path), size: Some(head.size), ..DeclaredFile::default() };
        let (request, catalogue) = match self.settings(&definition, &file).await? {
            Ok(settings) => settings,
            // Without a definition among its settings it fails before it is read. It is recorded all the same, so that
            // somebody sees why.
            Err(_) => (ImportRequest::of_file(file), CatalogueAtLaunch::default()),
        };
        let object = Idempotency::of_object(key, &head.etag);
        let new = NewImport {
            request: &request,
            catalogue: &catalogue,
            file: NewFile::InBucket { key, etag: &head.etag },
            created_by: None,
            trace,
            idempotency: Some(&object),
        };
        match self.stores.imports.launch(&new, &self.stores.clock, self.random).await? {
            Launched::New(id) => {
                tracing::info!(import = %id, "a file of the inbox is an import");
                self.split(id, invocation).await
            }
            // If whoever launched it died, this delivery goes on in its place.
            Launched::Before(id) => self.split(id, invocation).await,
            Launched::KeyReused | Launched::NotCompleted | Launched::NotUndoable | Launched::Contended => {
                Err(SplitError::NotLaunched)
            }
        }
    }

    /// Why an import of the inbox must not be read: it was launched without its definition.
    pub(crate) async fn refused_by_definition(
        &self,
        import: &Import,
        setup: &Setup,
    ) -> Result<Option<Refused>, SplitError> {
        let key = import.inbox.as_deref().and_then(ObjectKey::parse);
        let Some(ObjectKey::Inbox { definition, .. }) = key else { return Ok(None) };
        if setup.request.definition.is_some() {
            return Ok(None);
        }
        let file = setup.request.file.clone();
        Ok(Some(match self.settings(&definition, &file).await? {
            Err(refused) => refused,
            // It was created or mended meanwhile.
            Ok(_) => unknown(&definition),
        }))
    }

    /// The settings of a file with a definition, and what the catalogue says of them.
    async fn settings(
        &self,
        definition: &str,
        file: &DeclaredFile,
    ) -> Result<Result<(ImportRequest, CatalogueAtLaunch), Refused>, StoreError> {
        let Ok(name) = DefinitionName::parse(definition) else { return Ok(Err(unknown(definition))) };
        let Some(stored) = self.definitions.get(&name).await? else { return Ok(Err(unknown(definition))) };
        let sent = json!({ "definition": name, "file": file });
        let request = SentRequest::parse(sent.to_string().as_bytes());
        let request = match request.and_then(|sent| sent.complete(Some(&stored.definition))) {
            Ok(request) => request,
            Err(problems) => return Ok(Err(unusable(&problems))),
        };
        let catalogue = Box::pin(steps::at_launch(&self.catalogue, &request)).await?;
        Ok(catalogue.map(|catalogue| (request, catalogue)).map_err(|problems| unusable(&problems)))
    }
}

fn unknown(definition: &str) -> Refused {
    let message = if definition.is_empty() {
        "The file is not in the folder of a definition. Put it under inbox/DEFINITION/.".to_owned()
    } else {
        format!(
            "There is no definition “{}” with which the file could be imported. Create it, and put the file into its folder again under another name.",
            domain::wording::quoted(definition)
        )
    };
    Refused { code: FileCode::UnknownDefinition, message }
}

fn unusable(problems: &[domain::input::FieldProblem]) -> Refused {
    let first = problems.first().map(|problem| format!(" {}: {}", problem.path, problem.message)).unwrap_or_default();
    Refused {
        code: FileCode::UnusableDefinition,
        message: format!(
            "The definition cannot be used any more.{first} Mend it, and put the file into its folder again under another name."
        ),
    }
}

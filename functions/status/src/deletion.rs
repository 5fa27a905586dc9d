//! Deleting entries of the catalogue that nothing uses.

use aws_lambda_events::lambda_function_urls::LambdaFunctionUrlResponse;
use domain::catalogue::{Entry, EntryKind, group_id};
use domain::customer::{Segment, SegmentId, folded};
use domain::definitions::Definition;
use domain::imports::{DEFAULT_API_ENDPOINT, ImportRequest, State};
use runtime::http::{self, HttpProblem};
use stores::catalogue::{Deletion, Doomed};
use stores::imports::{Import, Setup};

use crate::{Status, failed};

/// Longest id of an entry, in bytes: no name is longer.
const MAX_ID: usize = 1_000;

/// Definitions that are read at a time.
const DEFINITIONS_AT_ONCE: usize = 200;

impl Status {
    /// Deletes an entry, given by its name, or a segment, given by its id.
    pub(crate) async fn delete_entry(
        &self,
        kind: EntryKind,
        name: &str,
    ) -> Result<LambdaFunctionUrlResponse, HttpProblem> {
        let mark = format!("{:032x}", (self.random)());
        let id = id(kind, name);
        let no_such_entry = || {
            let detail = format!("There is no {} “{name}”.", kind.noun());
            HttpProblem::new(404, "no_such_entry", detail)
        };
        if id.is_empty() || id.len() > MAX_ID {
            return Err(no_such_entry());
        }
        let doomed = match self.catalogue.begin_deletion(kind, &id, &mark).await.map_err(failed)? {
            Deletion::Begun(doomed) => doomed,
            Deletion::MayHaveValues => {
                return Err(in_use("An import had a column for it, so customers may have values in it."));
            }
            Deletion::NoSuchEntry if is_default(kind, name) => return Err(in_use("It always exists.")),
            Deletion::NoSuchEntry => return Err(no_such_entry()),
        };
        self.ensure_unused(&doomed.entry).await?;
        self.end_deletion(&doomed).await
    }

    /// Deletes an entry that nothing uses, unless somebody has used it since that was looked at.
    async fn end_deletion(&self, doomed: &Doomed) -> Result<LambdaFunctionUrlResponse, HttpProblem> {
        if !self.catalogue.delete(doomed).await.map_err(failed)?.is_done() {
            return Err(in_use("Somebody has used it just now, or deletes it too. Look again."));
        }
        Ok(http::answer(204, "text/plain", String::new(), &[]))
    }

    /// Refuses to delete an entry that something uses. Imports that are open come first: what one of them does after that takes
    /// the mark off.
    async fn ensure_unused(&self, entry: &Entry) -> Result<(), HttpProblem> {
        for open in self.stores.imports.open_ids().await.map_err(failed)? {
            let Some(import) = self.stores.imports.get(open).await.map_err(failed)? else { continue };
            let setup = self.stores.imports.setup(&import).await.map_err(failed)?;
            if import.ended_at.is_none() && may_use(&import, &setup, entry) {
                return Err(in_use(&format!("The import {open} has not ended and may use it. Try again when it has.")));
            }
        }
        match entry {
            Entry::Segment(segment) => {
                let (members, is_all) = self.count(&segment.id(), 1).await?;
                if members > 0 || !is_all {
                    return Err(in_use("Customers are in it."));
                }
            }
            Entry::SegmentGroup(group) => {
                let segments = self.catalogue.list(EntryKind::Segment).await.map_err(failed)?;
                if let Some(one) = segments.iter().find(|one| is_in_group(one, group)) {
                    return Err(in_use(&format!("The segment “{}” is in it. Delete that first.", one.name())));
                }
            }
            Entry::Touchpoint(touchpoint) => {
                let endpoints = self.catalogue.list(EntryKind::ApiEndpoint).await.map_err(failed)?;
                if let Some(one) = endpoints.iter().find(|one| links_to(one, touchpoint)) {
                    return Err(in_use(&format!("The API endpoint “{}” links customers to it.", one.name())));
                }
            }
            Entry::ApiEndpoint { .. } | Entry::SourceAction(_) | Entry::CustomField { .. } => {}
        }
        if let Some(definition) = self.definition_naming(entry).await? {
            let name = definition.name.as_str();
            return Err(in_use(&format!("The definition “{name}” names it. Change or delete that first.")));
        }
        Ok(())
    }

    async fn definition_naming(&self, entry: &Entry) -> Result<Option<Definition>, HttpProblem> {
        let mut after: Option<String> = None;
        loop {
            let stored = self.definitions.list_after(after.as_deref(), DEFINITIONS_AT_ONCE).await.map_err(failed)?;
            after = stored.last().filter(|_| stored.len() >= DEFINITIONS_AT_ONCE).map(|last| last.definition.name.id());
            let names_it = |definition: &Definition| definition.request().is_ok_and(|request| names(&request, entry));
            if let Some(found) = stored.into_iter().map(|stored| stored.definition).find(names_it) {
                return Ok(Some(found));
            }
            if after.is_none() {
                return Ok(None);
            }
        }
    }
}

/// Whether an open import may use an entry: it is importing, and cells may name anything; its settings name the entry; or it
/// knows the custom field, and its file may have a column for it.
fn may_use(import: &Import, setup: &Setup, entry: &Entry) -> bool {
    let is_importing = matches!(import.state, State::Importing | State::Finishing) || import.is_stopping();
    let knows = match entry {
        Entry::CustomField { name, .. } => setup.catalogue.fields.contains_key(name),
        _ => false,
    };
    is_importing || knows || names(&setup.request, entry)
}

/// The id of the entry that a path names.
fn id(kind: EntryKind, name: &str) -> String {
    match kind {
        EntryKind::Segment => name.to_owned(),
        EntryKind::SegmentGroup => group_id(name).as_str().to_owned(),
        _ => folded(name),
    }
}

fn is_default(kind: EntryKind, name: &str) -> bool {
    matches!(kind, EntryKind::ApiEndpoint | EntryKind::Touchpoint) && folded(name) == folded(DEFAULT_API_ENDPOINT)
}

fn is_in_group(entry: &Entry, group: &str) -> bool {
    matches!(entry, Entry::Segment(segment) if segment.group_id() == group_id(group))
}

fn links_to(entry: &Entry, touchpoint: &str) -> bool {
    matches!(entry, Entry::ApiEndpoint { touchpoint: Some(linked), .. } if folded(linked) == folded(touchpoint))
}

/// Whether settings name an entry.
fn names(request: &ImportRequest, entry: &Entry) -> bool {
    let settings = &request.settings;
    let is = |named: &Option<String>, name: &str| named.as_ref().is_some_and(|named| folded(named) == folded(name));
    match entry {
        Entry::ApiEndpoint { name, .. } => is(&settings.api_endpoint, name),
        Entry::Touchpoint(name) => is(&settings.touchpoint, name),
        Entry::Segment(segment) => {
            let id = |group: &str, name: &str| -> SegmentId { Segment::new(group, name).id() };
            settings.segment.as_ref().is_some_and(|named| id(&named.group, &named.name) == segment.id())
        }
        Entry::SegmentGroup(group) => {
            settings.segment.as_ref().is_some_and(|named| group_id(&named.group) == group_id(group))
        }
        Entry::SourceAction(name) => settings
            .source_action
            .as_ref()
            .is_some_and(|named| folded(&named.name) == folded(name) || is(&named.update_action, name)),
        Entry::CustomField { name, .. } => {
            let column = format!("custom.{name}");
            request.columns.values().flatten().any(|to| folded(&to.column) == column)
        }
    }
}

fn in_use(why: &str) -> HttpProblem {
    HttpProblem::new(409, "in_use", format!("It cannot be deleted. {why}"))
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn request(json: &serde_json::Value) -> ImportRequest {
        ImportRequest::parse(json.to_string().as_bytes()).expect("settings")
    }

    #[test]
    fn settings_name_entries_in_any_spelling() {
        let settings = request(&json!({
            "file": { "name": "a.csv" },
            "columns": { "Size": "custom.shoe_size", "Nothing": null },
            "settings": {
                "api_endpoint": "web shop",
                "touchpoint": "SHOP.example",
                "segment": { "group": "surveys", "name": "may" },
                "source_action": { "name": "Signed up", "update_action": "came back" },
            },
        }));
        let named = [
            Entry::ApiEndpoint { name: "Web shop".to_owned(), touchpoint: None },
            Entry::Touchpoint("shop.example".to_owned()),
            Entry::Segment(Segment::new("Surveys", "May")),
            Entry::SegmentGroup("Surveys".to_owned()),
            Entry::SourceAction("signed up".to_owned()),
            Entry::SourceAction("Came back".to_owned()),
            Entry::CustomField { name: "shoe_size".to_owned(), holds: domain::columns::FieldKind::Number },
        ];
        let other = [
            Entry::ApiEndpoint { name: "Web".to_owned(), touchpoint: None },
            Entry::Segment(Segment::new("Surveys", "June")),
            Entry::SourceAction("May".to_owned()),
            Entry::CustomField { name: "size".to_owned(), holds: domain::columns::FieldKind::Number },
        ];
        for entry in &named {
            assert!(names(&settings, entry), "{entry:?}");
        }
        for entry in &other {
            assert!(!names(&settings, entry), "{entry:?}");
        }
    }
}
